"""What a review of the engine and of the DuckDB target found: each failed, or lied, before."""
import gzip

import pytest

from ingot_program import run

COLUMNS = "columns: { id: integer, t: text }\n"
NDJSON = "from: { path: '*.ndjson', format: ndjson }\n"


def test_a_bad_value_in_the_first_record_of_a_later_block(folder, target):
    """Its place was looked for 4 GiB beyond the block."""
    lines = ["id,t\n"] + [f"bad{i:06},{'x' * 60}\n" for i in range(50_000)]
    folder.write("a.csv", "".join(lines))
    done = run(folder.pipeline(f"from: a.csv\n{COLUMNS}max_rejects: 100%\nto: {{ table: p }}\n"), target).ok()
    assert done.counts["rejected"] == 50_000
    assert target.query("select count(*), count(distinct byte_offset), min(line), max(line) from ingot.rejects") == [
        (50_000, 50_000, 2, 50_001)]
    assert target.query('select count(*) from ingot.rejects where "column" <> 1') == [(0,)]


def test_a_table_named_as_the_stage(folder, fresh):
    """main.ingot_stage meant the temporary table: rows were compared with themselves and counted as unchanged."""
    duckdb = fresh("duckdb")
    pipeline = folder.pipeline(f"from: '*.csv'\n{COLUMNS}to: {{ table: ingot_stage, mode: upsert, key: id }}\n")
    folder.write("a.csv", "id,t\n1,a\n2,b\n")
    run(pipeline, duckdb).ok()
    folder.write("b.csv", "id,t\n1,z\n3,c\n")
    done = run(pipeline, duckdb).ok()
    assert (done.counts["updated"], done.counts["inserted"]) == (1, 1)
    assert duckdb.query("select id, t from main.ingot_stage order by id") == [(1, "z"), (2, "b"), (3, "c")]


def test_macros_in_the_file_change_no_expression(folder, fresh):
    duckdb = fresh("duckdb")
    duckdb.execute("create macro upper(x) as 'evil'; create macro ingot_guard() as false; create macro ingot_cast(a, b) as 'evil'")
    folder.write("a.csv", "id,t\n1,a\n")
    run(folder.pipeline("from: a.csv\ncolumns: { id: integer, t: { type: text, value: upper(t) } }\nto: { table: p }\n"), duckdb).ok()
    assert duckdb.query("select id, t from p") == [(1, "A")]


def test_a_text_column_under_numbers_is_compared_as_text(folder, fresh):
    """'1.499' became 1.50 for the comparison, and the row stayed as unchanged; key '7.4' was updated as 7."""
    duckdb = fresh("duckdb")
    duckdb.execute("create table p (id varchar primary key, v varchar); insert into p values ('7.4', '9'), ('8', '1.499')")
    folder.write("a.csv", "id,v\n7,1.5\n8,1.5\n")
    done = run(folder.pipeline("from: a.csv\ncolumns: { id: integer, v: 'decimal(10,2)' }\nto: { table: p, mode: upsert, key: id }\n"), duckdb).ok()
    assert (done.counts["inserted"], done.counts["updated"]) == (1, 1)
    assert duckdb.query("select id, v from p order by id") == [("7", "1.50"), ("7.4", "9"), ("8", "1.50")]


def test_a_column_called_there(folder, fresh):
    duckdb = fresh("duckdb")
    pipeline = folder.pipeline("from: a.csv\ncolumns: { id: integer, __there: text }\nto: { table: p, mode: upsert, key: id }\n")
    folder.write("a.csv", "id,__there\n1,x\n")
    run(pipeline, duckdb).ok()
    assert run(pipeline, duckdb, "--set", "from.new=all").ok().counts["unchanged"] == 1


def test_a_long_computed_text_is_cut_between_characters(folder, target):
    """The reject's detail was cut within a character, and the ledger refused the whole batch."""
    folder.write("a.csv", "id,t\n1," + "ä" * 60 + "\n2,b\n")
    pipeline = folder.pipeline("from: a.csv\ncolumns: { id: integer, t: { type: varchar(10), value: \"concat('x', t)\" } }\nto: { table: p }\n")
    done = run(pipeline, target).ok()
    assert (done.counts["inserted"], done.counts["rejected"]) == (1, 1)
    assert target.query("select code, detail from ingot.rejects") == [("too_long", "x" + "ä" * 29)]


def damaged_gzip(line, lines=60_000):
    return gzip.compress(line * lines, 1)[:-6]


def test_a_damaged_large_file_does_not_stop_the_others_of_a_routed_pipeline(folder, target):
    pipeline = folder.pipeline(NDJSON + "tables:\n  songs: { when: k = 's', columns: { a: integer } }\n"
                               "  films: { when: k = 'f', columns: { a: integer } }\n")
    folder.write("a.ndjson", '{"k":"s","a":1}\n')
    folder.write("b.ndjson", damaged_gzip(b'{"k":"s","a":1,"b":"%s"}\n' % (b"x" * 100)))
    folder.write("c.ndjson", '{"k":"f","a":2}\n')
    done = run(pipeline, target).failed("source_unreadable")
    assert done.counts["inserted"] == 2
    assert [failed["unit"] for failed in done.json["failed"]] == ["b.ndjson"]
    assert target.query("select a from films") == [(2,)]


def test_a_damaged_file_of_a_keyed_pipeline_is_looked_at_anew(folder, target):
    """Repaired, it is not the file of the plan: that must not hold the pipeline up."""
    pipeline = folder.pipeline(NDJSON + "columns: { a: integer }\nto: { table: p, mode: upsert, key: a }\n")
    folder.write("a.ndjson", '{"a":1}\n')
    folder.write("b.ndjson", damaged_gzip(b'{"a":2}\n', 10))
    folder.write("c.ndjson", '{"a":3}\n')
    run(pipeline, target).failed("source_unreadable")
    assert target.query("select a from p") == [(1,)]
    folder.write("b.ndjson", '{"a":2}\n')
    run(pipeline, target).ok()
    assert target.query("select a from p order by a") == [(1,), (2,), (3,)]


@pytest.mark.parametrize("point", ["engine.committed", "engine.plan_closed"])
def test_what_has_come_since_is_loaded_after_what_was_left(folder, target, point):
    """A run that only completed a plan said "nothing new", whatever had come."""
    pipeline = folder.pipeline(NDJSON + "columns: { a: integer }\nto: { table: p }\n")
    folder.write("a.ndjson", '{"a":1}\n')
    run(pipeline, target, env={"INGOT_CRASH_AT": point})
    folder.write("b.ndjson", '{"a":2}\n')
    run(pipeline, target).ok()
    assert target.query("select a from p order by a") == [(1,), (2,)]
    assert run(pipeline, target).ok().json["state"] == "nothing_new"


def test_a_resumed_plan_lists_nothing_twice(folder, target):
    """Under `new: all` and from standard input what was loaded is not known: completing is all that may be done."""
    pipeline = folder.pipeline(NDJSON.replace("ndjson }", "ndjson, new: all }") + "columns: { a: integer }\nto: { table: p }\n")
    folder.write("a.ndjson", '{"a":1}\n')
    run(pipeline, target, env={"INGOT_CRASH_AT": "engine.committed"})
    run(pipeline, target).ok()
    assert target.query("select a from p") == [(1,)]
    stdin = folder.pipeline("from: { path: '-', format: ndjson }\ncolumns: { a: integer }\nto: { table: q }\n", "q.yaml")
    run(stdin, target, env={"INGOT_CRASH_AT": "engine.committed"}, stdin=b'{"a":1}\n')
    run(stdin, target, stdin=b'{"a":1}\n').ok()
    assert target.query("select a from q") == [(1,)]


def test_meta_run_of_a_resumed_plan(folder, target):
    folder.write("a.ndjson", '{"a":1}\n')
    folder.write("b.ndjson", '{"a":2}\n')
    pipeline = folder.pipeline(NDJSON + "columns: { a: integer, r: { type: bigint, value: meta.run } }\nto: { table: p, mode: upsert, key: a }\n")
    run(pipeline, target, env={"INGOT_CRASH_AT": "engine.committed"})
    run(pipeline, target).ok()
    assert target.query("select a, r from p order by a") == [(1, 1), (2, 1)]


def test_many_files_with_too_many_rejects_each(folder, target):
    """Each looked through the rejects of all."""
    for i in range(3000):
        folder.write(f"f{i:04}.ndjson", '{"a":"x"}\n' * 12)
    done = run(folder.pipeline(NDJSON + "columns: { a: integer }\nto: { table: p }\n"), target, timeout=60).failed("too_many_rejects")
    assert len(done.json["failed"]) == 3000
    assert done.json["failed"][7]["rejects"][0]["count"] == 12


def test_a_row_refused_while_the_file_is_still_being_read(folder, target):
    """The feed, stopped in the middle of a file, gave its own reason instead of the query's: interrupted."""
    target.execute("create table p (id integer, t text, check (id <> 7))")
    folder.write("a.csv", "id,t\n" + "".join(f"{i},{i}{'x' * 90}\n" for i in range(300_000)))
    done = run(folder.pipeline(f"from: a.csv\n{COLUMNS}to: {{ table: p }}\n"), target, "--memory-limit", "128MiB").ok()
    assert (done.counts["inserted"], done.counts["rejected"]) == (299_999, 1)


def test_a_record_longer_than_the_budget(folder, target):
    folder.write("a.csv", b"id,t\n1," + b"x" * (40 << 20) + b"\n")
    folder.write("b.csv", "id,t\n2,b\n")
    done = run(folder.pipeline(f"from: '*.csv'\n{COLUMNS}to: {{ table: p }}\n"), target, "--memory-limit", "128MiB")
    done.failed("source_unreadable", "a record longer than")
    assert target.query("select id from p") == [(2,)]


def test_a_batch_of_which_nothing_can_be_read(folder, target):
    """Postgres was asked to commit nothing, and called that a defect."""
    folder.write("a.ndjson", damaged_gzip(b'{"a":2}\n', 10))
    run(folder.pipeline(NDJSON + "columns: { a: integer }\nto: { table: p }\n"), target).failed("source_unreadable")
    assert target.query("select count(*) from ingot.units") == [(0,)]
