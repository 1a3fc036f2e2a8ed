"""Everything is loaded again, in the place of all that was there: at once, or not at all."""
import signal

import pytest

import crash_matrix
from crash_matrix import until_free
from ingot_program import ingot, run

COLUMNS = "columns: { id: integer, t: text }\n"
MODES = {
    "append": "", "upsert": ", mode: upsert, key: id", "insert_new": ", mode: insert_new, key: id",
    "merge_delete": ", mode: merge_delete, key: id, delete_when: t = 'gone'", "replace": ", mode: replace, key: id",
    "replace_partitions": ", mode: replace_partitions, partition_by: t",
}


def text(mode="append", more=""):
    return f"from: '*.csv'\n{COLUMNS}to: {{ table: p{MODES[mode]} }}\n{more}"


def rows(target):
    return target.query("select id, t from p order by id, t")


def write_two(folder):
    folder.write("1.csv", "id,t\n1,a\n2,b\nx,c\n")
    folder.write("2.csv", "id,t\n2,gone\n3,c\n")


@pytest.fixture
def two(folder, target):
    write_two(folder)
    pipeline = folder.pipeline(text("upsert"))
    run(pipeline, target).ok()
    return pipeline


@pytest.mark.parametrize("mode", MODES)
def test_what_a_first_load_would_have_left(folder, fresh, target, mode):
    write_two(folder)
    pipeline = folder.pipeline(text(mode))
    other = fresh(target.kind)
    run(pipeline, other, "--set", "to.commit=run").ok()
    run(pipeline, target).ok()
    target.execute("insert into p (id, t) values (77, 'stray')")
    if mode != "insert_new":
        target.execute("update p set t = 'changed' where id = 1")
    before = target.count("p")
    done = run(pipeline, target, "--full-refresh").ok()
    assert (done.json["refresh"], done.json["deleted"], done.json["units"]) == (True, before, 2)
    assert rows(target) == rows(other)
    assert target.query("select plan, kind from ingot.plans order by plan") == [(1, "load"), (2, "refresh")]
    assert target.query("select plan, undone_by from ingot.units order by plan, unit") == [(1, 2), (1, 2), (2, None), (2, None)]
    assert target.query("select run, state, resolved_by from ingot.rejects order by id") == [(1, "discarded", 2), (2, "open", None)]
    assert run(pipeline, target).ok().json["state"] == "nothing_new"
    target.books_reconcile()


def test_people_are_told(two, target):
    to = ("--set", f"to.connection={target.url}")
    before = target.state("p")
    assert "its rows are deleted, and those of all files inserted, in one transaction" in ingot("plan", two, *to, "--full-refresh").ok().out
    assert target.state("p") == before
    said = ingot("run", two, *to, "--full-refresh").ok().out
    assert "full refresh: in the place of all that was loaded before" in said and "(3 deleted)" in said


def test_files_that_are_gone(two, target, folder):
    (folder.path / "2.csv").unlink()
    before = target.state("p")
    run(two, target, "--full-refresh").failed("conflict", "1 file loaded before is not there any more, first 2.csv", "give --yes if they may go")
    assert target.state("p") == before
    run(two, target, "--full-refresh", "--yes").ok()
    assert rows(target) == [(1, "a"), (2, "b")]
    # Should it come back, it is not known: its rows are not there.
    folder.write("2.csv", "id,t\n2,gone\n3,c\n")
    assert run(two, target).ok().json["units"] == 1
    assert rows(target) == [(1, "a"), (2, "gone"), (3, "c")]


def test_no_files_at_all(two, target, folder):
    for name in ("1.csv", "2.csv"):
        (folder.path / name).unlink()
    run(two, target, "--full-refresh", "--yes").failed("no_input", "a table is not emptied for want of files")
    assert target.count("p") == 3


def test_rows_that_others_loaded(two, target, folder):
    other = folder.pipeline(text("upsert"), "other.yaml")
    run(other, target, "--full-refresh").failed("conflict", "has rows of pipeline p, too", "--yes")
    run(other, target).ok()
    run(two, target, "--full-refresh").failed("conflict", "has rows of pipeline other, too", "--yes")
    target.execute("create table q (id integer primary key, t text); insert into q values (9, 'kept')")
    third = folder.pipeline(text("upsert").replace("table: p", "table: q"), "third.yaml")
    run(third, target, "--full-refresh").failed("conflict", "pipeline third has loaded nothing of what it holds", "--yes")
    assert target.query("select id, t from q") == [(9, "kept")]
    run(third, target, "--full-refresh", "--yes").ok()
    assert target.count("q") == 3


def test_earlier_versions(folder, target):
    """Overwritten since, the files do not bring them back."""
    folder.write("1.csv", "id,t\n1,a\n2,b\n")
    pipeline = folder.pipeline(text("upsert").replace("mode: upsert", "mode: scd2"))
    run(pipeline, target).ok()
    folder.write("1.csv", "id,t\n1,A\n2,b\n")
    run(pipeline, target).ok()
    run(pipeline, target, "--full-refresh").failed("conflict", "keeps versions, and the files do not say since when", "--yes")
    assert target.count("p") == 3
    run(pipeline, target, "--full-refresh", "--yes").ok()
    assert target.query("select id, t, valid_to is null from p order by id") == [(1, "A", True), (2, "b", True)]
    assert run(pipeline, target).ok().json["state"] == "nothing_new"


def test_a_new_table(folder, target):
    write_two(folder)
    assert run(folder.pipeline(text()), target, "--full-refresh").ok().counts["inserted"] == 4


def test_standard_input(folder, duckdb):
    pipeline = folder.pipeline(f"from: {{ path: '-', format: csv }}\n{COLUMNS}to: {{ table: p }}\n")
    run(pipeline, duckdb, stdin=b"id,t\n1,a\n").ok()
    again = b"id,t\n2,b\n"
    run(pipeline, duckdb, "--full-refresh", stdin=again).failed("conflict", "standard input, which cannot be read again", "--yes")
    run(pipeline, duckdb, "--full-refresh", "--yes", stdin=again).ok()
    assert rows(duckdb) == [(2, "b")]


def test_a_file_that_fails_leaves_all_as_it_was(two, target, folder):
    folder.write("3.csv", 'id,t\n4,"open\n')
    before = target.state("p")
    run(two, target, "--full-refresh").failed("source_unreadable")
    assert target.state("p") == before
    folder.write("3.csv", "id,t\n4,d\n")
    assert run(two, target).ok().json["units"] == 1  # what was known is known
    assert len(rows(target)) == 4


def test_several_tables(folder, target):
    folder.write("in.ndjson", '{"k": "a", "n": 1}\n{"k": "b", "n": 2}\n{"k": "b", "n": 3}\n')
    pipeline = folder.pipeline("from: in.ndjson\ntables:\n  a: { when: k = 'a', columns: { n: integer } }\n  b: { when: k = 'b', columns: { n: integer } }\nto: {}\n")
    run(pipeline, target).ok()
    target.execute("insert into a values (9)")
    assert run(pipeline, target, "--full-refresh").ok().json["deleted"] == 4
    assert (target.count("a"), target.count("b")) == (1, 2)


def test_models_follow(folder, target):
    write_two(folder)
    models = "".join(f"  m_{kind}: {{ materialized: {kind}, key: id, columns: {{ id: integer, t: text }}, sql: \"select id, t from p\" }}\n"
                     for kind in ("table", "incremental"))
    pipeline = folder.pipeline(text("upsert", "models:\n" + models))
    run(pipeline, target).ok()
    folder.write("2.csv", "id,t\n2,gone\n")
    done = run(pipeline, target, "--full-refresh").ok()
    assert [(m["name"].split(".")[-1], m["deleted"]) for m in done.json["models"]] == [("m_table", 1), ("m_incremental", 1)]
    for model in ("m_table", "m_incremental"):
        assert target.query(f"select id, t from {model} order by id") == [(1, "a"), (2, "gone")]
    # An incremental model deletes nothing else.
    target.execute("delete from p where id = 1")
    folder.write("3.csv", "id,t\n5,e\n")
    run(pipeline, target).ok()
    assert (target.count("m_table"), target.count("m_incremental")) == (2, 3)


def test_a_model_whose_building_was_cut_off(folder, target):
    write_two(folder)
    pipeline = folder.pipeline(text("upsert", "models:\n  m: { materialized: incremental, key: id, columns: { id: integer, t: text }, sql: \"select id, t from p\" }\n"))
    run(pipeline, target).ok()
    folder.write("2.csv", "id,t\n2,gone\n")
    assert run(pipeline, target, "--full-refresh", env={"INGOT_CRASH_AT": "model.begun"}).code == -signal.SIGKILL
    crash_matrix.rerun(pipeline, target)
    assert target.query("select id, t from m order by id") == [(1, "a"), (2, "gone")]


def test_what_cannot_be_taken_back(folder, target):
    write_two(folder)
    pipeline = folder.pipeline(text().replace("table: p", "table: p, lineage: true"))
    to = ("--set", f"to.connection={target.url}")
    run(pipeline, target).ok()
    run(pipeline, target, "--full-refresh").ok()
    ingot("undo", "r2", pipeline, *to).failed("conflict", "r2 was a full refresh: it cannot be undone", "not kept")
    ingot("undo", "r1", pipeline, *to).failed("conflict", "nothing of r1 is left to be undone")
    assert target.query("select distinct _ingot_run from p") == [(2,)]


def test_unfinished_plans(two, target, folder):
    """One that would be loaded again all the same is given up; a refresh is completed by whatever run comes next."""
    folder.write("3.csv", "id,t\n4,d\n")
    assert run(two, target, env={"INGOT_CRASH_AT": "engine.plan_stored"}).code == -signal.SIGKILL
    done = until_free(lambda: run(two, target, "--full-refresh")).ok()
    assert (done.json["resumed"], done.json["units"], len(rows(target))) == (False, 3, 4)
    target.execute("insert into p values (77, 'stray')")
    assert run(two, target, "--full-refresh", env={"INGOT_CRASH_AT": "engine.plan_stored"}).code == -signal.SIGKILL
    changed = ("--set", "where=id > 1")
    until_free(lambda: run(two, target, "--full-refresh", *changed)).failed("conflict", "the pipeline has been changed since", "--replan")
    folder.write("4.csv", "id,t\n5,e\n")
    done = run(two, target).ok()
    assert (done.json["resumed"], done.json["refresh"]) == (True, True)
    assert [row[0] for row in rows(target)] == [1, 2, 3, 4, 5]  # what has come since is loaded, not all anew
    assert target.query("select kind, unit_count from ingot.plans order by plan") == [
        ("load", 2), ("load", 1), ("refresh", 3), ("refresh", 3), ("load", 1)]


def test_a_trial(two, target):
    run(two, target, "--full-refresh", "--limit", "1").failed("conflict", "--limit would replace rows of table", "--yes")
    run(two, target, "--full-refresh", "--limit", "1", "--yes").ok()
    assert rows(target) == [(1, "a"), (2, "gone")]
    run(two, target, "--full-refresh", "--limit", "2").ok()  # a trial may replace a trial
    assert target.count("p") == 3
    run(two, target, "--full-refresh").ok()
    assert run(two, target).ok().json["state"] == "nothing_new"


def test_after_an_appended_trial(folder, target):
    """Without lineage nothing else gets rid of its rows."""
    write_two(folder)
    pipeline = folder.pipeline(text())
    run(pipeline, target, "--limit", "1").ok()
    run(pipeline, target).failed("conflict", "only the first records are loaded", "--full-refresh")
    run(pipeline, target, "--full-refresh").ok()
    assert rows(target) == [(1, "a"), (2, "b"), (2, "gone"), (3, "c")]


def test_what_postgres_does_not_allow(folder, postgres):
    write_two(folder)
    pipeline = folder.pipeline(text())
    run(pipeline, postgres).ok()
    postgres.execute("alter table p rename to base; create view p as select * from base")
    run(pipeline, postgres, "--full-refresh").failed("target_refused", "is a view: --full-refresh needs the table itself")
    postgres.execute("drop view p; alter table base rename to p; alter table p add primary key (id, t);"
                     "create table child (id integer, t text, foreign key (id, t) references p); insert into child values (1, 'a')")
    run(pipeline, postgres, "--full-refresh").failed("target_refused", "rows of another table refer to its rows")
    assert postgres.count("p") == 4
