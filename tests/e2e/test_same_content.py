"""from.same_content: a file is known by what is in it, whatever it is called; by choice."""
import gzip
import signal

from ingot_program import ingot, run

CONTRACT = "columns: { id: integer }\nto: { table: t }\n"


def pipeline(folder, options="", to=CONTRACT):
    return folder.pipeline(f"from: {{ path: ['*.csv', '*.gz'], format: csv, header: true{options} }}\n{to}")


def test_a_file_of_another_name_is_known_by_its_content(folder, duckdb):
    folder.write("a.csv", "id\n1\n2\n")
    skip = pipeline(folder, ", same_content: skip")
    run(skip, duckdb).ok()
    folder.write("b.csv", "id\n1\n2\n")
    folder.write("c.csv", "id\n3\n")
    plan = ingot("plan", "--json", skip, "--set", f"to.connection={duckdb.url}").ok().json
    assert plan["same_content"] == [["b.csv", "a.csv"]] and plan["known"] == 2
    assert "known by its content: b.csv  (that of a.csv)" in ingot("plan", skip, "--set", f"to.connection={duckdb.url}").ok().out
    done = run(skip, duckdb).ok().json
    assert (done["inserted"], done["known"], done["same_content"]) == (1, 2, 1)
    assert run(skip, duckdb).ok().json["state"] == "nothing_new"
    assert duckdb.query("select id from t order by 1") == [(1,), (2,), (3,)]
    # Asked for by its name it is loaded, and without the option it is new.
    assert run(skip, duckdb, "--reload", "b.csv").ok().counts["inserted"] == 2
    folder.write("d.csv", "id\n3\n")
    assert run(pipeline(folder), duckdb).ok().counts["inserted"] == 1


def test_two_new_files_of_one_content(folder, duckdb):
    """The first in the listing is loaded, on a first run too; what is compared are the bytes as they are stored."""
    for name in ("a.csv", "b.csv"):
        folder.write(name, "id\n1\n")
    folder.write("c.gz", gzip.compress(b"id\n1\n", mtime=0))
    done = run(pipeline(folder, ", same_content: skip"), duckdb).ok().json
    assert (done["inserted"], done["units"], done["known"]) == (2, 2, 1)
    assert duckdb.query("select name from ingot.units order by 1") == [("a.csv",), ("c.gz",)]


def test_a_file_that_takes_the_content_of_another(folder, duckdb):
    """Overwritten with what is loaded already: nothing is doubled, and nothing refused."""
    folder.write("a.csv", "id\n1\n")
    folder.write("b.csv", "id\n2\n")
    apply = pipeline(folder, ", same_content: skip, overwritten: apply")
    run(apply, duckdb).ok()
    folder.write("b.csv", "id\n1\n")
    assert run(apply, duckdb).ok().json["state"] == "nothing_new"


def test_killed_before_its_twin_is_loaded(folder, duckdb):
    for name in ("a.csv", "b.csv"):
        folder.write(name, "id\n1\n")
    skip = pipeline(folder, ", same_content: skip")
    assert run(skip, duckdb, env={"INGOT_CRASH_AT": "duckdb.before_commit"}).code == -signal.SIGKILL
    assert run(skip, duckdb).ok().counts["inserted"] == 1
    assert run(skip, duckdb).ok().json["state"] == "nothing_new"
    assert duckdb.count("t") == 1


def test_what_undo_took_back_is_not_known(folder, duckdb):
    folder.write("a.csv", "id\n1\n")
    skip = pipeline(folder, ", same_content: skip", "columns: { id: integer }\nto: { table: t, lineage: true }\n")
    run(skip, duckdb).ok()
    ingot("undo", "r1", skip, "--set", f"to.connection={duckdb.url}").ok()
    (folder.path / "a.csv").rename(folder.path / "b.csv")
    assert run(skip, duckdb).ok().counts["inserted"] == 1


def test_a_full_refresh_loads_one_of_them(folder, duckdb):
    for name in ("a.csv", "b.csv"):
        folder.write(name, "id\n1\n")
    skip = pipeline(folder, ", same_content: skip")
    run(skip, duckdb).ok()
    run(skip, duckdb, "--full-refresh").ok()
    assert duckdb.query("select id from t") == [(1,)]


def test_the_twin_of_a_file_that_is_loaded_in_part(folder, duckdb):
    """a.csv fails behind its first parts; when it goes on, its twin stays known by its content."""
    rows = "".join(f"{i}\n" for i in range(400)) + "x\n" * 30
    for name in ("a.csv", "b.csv"):
        folder.write(name, "id\n" + rows)
    to = "columns: { id: integer }\nto: { table: t, commit: part, part_size: 1KiB }\n"
    skip = ", same_content: skip, delimiter: ','"
    run(pipeline(folder, skip, to), duckdb).failed("too_many_rejects")
    assert 0 < duckdb.count("t") < 400
    done = run(pipeline(folder, skip, to + "max_rejects: 100%\n"), duckdb).ok().json
    assert done["same_content"] == 1
    assert duckdb.query("select count(*), count(distinct id) from t") == [(400, 400)]


def test_where_it_has_no_effect(folder, duckdb):
    folder.write("a.csv", "id\n1\n")
    run(pipeline(folder, ", same_content: skip, new: all"), duckdb).failed("invalid_pipeline", "same_content: skip with new: all")
    run(pipeline(folder, ", same_content: skip", CONTRACT.replace("table: t", "table: t, mode: replace")), duckdb).failed("invalid_pipeline", "same_content: skip with mode replace")
    run(pipeline(folder, ", same_content: skip, overwritten: replace_rows", CONTRACT.replace("table: t", "table: t, lineage: true")), duckdb).failed(
        "invalid_pipeline", "overwritten: replace_rows with same_content: skip")
