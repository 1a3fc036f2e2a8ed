"""As if units were read in listing order and records in order; and what makes a file a new one."""
import os
import time

import pytest

from ingot_program import ingot, run

COLUMNS = "columns: { id: integer, t: text }\n"


def upsert(folder, keep="last", source="'*.csv'", commit="unit"):
    return folder.pipeline(f"from: {source}\n{COLUMNS}to: {{ mode: upsert, key: id, keep: {keep}, commit: {commit} }}\n")


def append(folder, source="'*.csv'"):
    return folder.pipeline(f"from: {source}\n{COLUMNS}")


def content(target):
    return target.query("select id, t from p order by id, t")


@pytest.mark.parametrize("commit, keep, expected, counts", [
    ("unit", "last", [(1, "b2"), (2, "a2"), (3, "b3"), (4, "c4")], (4, 1, 1, 1)),
    ("unit", "first", [(1, "b2"), (2, "a2"), (3, "b3"), (4, "c4")], None),
    ("run", "last", [(1, "b2"), (2, "a2"), (3, "b3"), (4, "c4")], None),
])
def test_last_and_first_over_files(folder, target, commit, keep, expected, counts):
    """`keep` decides within one commit; across commits the later record updates. Listing order is bytewise by name."""
    folder.write("B.csv", "id,t\n1,b1\n1,b2\n3,b3\n")
    folder.write("a.csv", "id,t\n2,a1\n2,a2\n")
    folder.write("10.csv", "id,t\n1,ten\n4,c4\n")
    done = run(upsert(folder, keep, commit=commit), target).ok()
    assert target.query("select name from ingot.units order by unit") == [("10.csv",), ("B.csv",), ("a.csv",)]
    if keep == "first":
        expected = {"unit": [(1, "b1"), (2, "a1"), (3, "b3"), (4, "c4")]}[commit]
    assert content(target) == expected
    said = done.counts
    assert said["read"] == 7 and said["inserted"] == 4
    if commit == "unit":
        assert (said["updated"], said["duplicate"]) == (1, 2)
        assert target.query("select inserted, updated, duplicate from ingot.units order by unit") == [
            (2, 0, 0), (1, 1, 1), (1, 0, 1)]
    else:
        assert (said["updated"], said["duplicate"]) == (0, 3)


def test_keep_first_in_one_commit(folder, target):
    folder.write("a.csv", "id,t\n1,first\n1,second\n")
    folder.write("b.csv", "id,t\n1,third\n2,x\n")
    run(upsert(folder, "first", commit="run"), target).ok()
    assert content(target) == [(1, "first"), (2, "x")]


def test_several_entries_are_read_as_given(folder, target):
    folder.write("a.csv", "id,t\n1,a\n")
    folder.write("z.csv", "id,t\n1,z\n")
    run(upsert(folder, source="[z.csv, '*.csv']"), target).ok()
    assert content(target) == [(1, "a")]


def test_order_of_many_records_of_one_key(folder, target):
    """The winner is the last record, whichever thread decoded it."""
    rows = 60_000
    folder.write("a.csv", "id,t\n" + "".join(f"{i % 7},{i}\n" for i in range(rows)))
    run(upsert(folder), target, "--threads", "8").ok()
    assert content(target) == sorted((i % 7, str(i)) for i in range(rows - 7, rows))


@pytest.mark.parametrize("keep", ["last", "first"])
def test_order_where_the_table_has_a_constraint(folder, target, keep):
    """All rows are staged then, and the target chooses."""
    target.execute("create table p (id integer primary key, t text check (t <> 'bad'))")
    rows = 60_000
    folder.write("a.csv", "id,t\n" + "".join(f"{i % 7},{i}\n" for i in range(rows)))
    done = run(upsert(folder, keep), target, "--threads", "8").ok()
    assert content(target) == sorted((i % 7, str(i)) for i in (range(7) if keep == "first" else range(rows - 7, rows)))
    assert (done.counts["inserted"], done.counts["duplicate"]) == (7, rows - 7)


def test_a_refused_row_does_not_take_the_good_one_along(folder, target):
    target.execute("create table p (id integer primary key, t text check (t <> 'bad'))")
    folder.write("a.csv", "id,t\n1,good\n1,bad\n2,x\n")
    run(upsert(folder), target).ok()
    assert content(target) == [(1, "good"), (2, "x")]


@pytest.mark.parametrize("keep", ["last", "first"])
def test_order_of_a_routed_pipeline(folder, target, keep):
    rows = 30_000
    folder.write("a.ndjson", "".join('{"k": "%s", "id": %d, "t": "%d"}\n' % ("ab"[i % 2], i % 14, i) for i in range(rows)))
    pipeline = folder.pipeline(f"from: a.ndjson\nto: {{ mode: upsert, key: id, keep: {keep} }}\ntables:\n"
                               "  p: { when: k = 'a', columns: { id: integer, t: text } }\n"
                               "  q: { when: k = 'b', columns: { id: integer, t: text } }\n")
    run(pipeline, target, "--threads", "8").ok()
    expected = {}
    for i in range(rows):
        if keep == "last" or i % 14 not in expected:
            expected[i % 14] = str(i)
    found = dict(target.query("select id, t from p union all select id, t from q"))
    assert found == expected


def test_keys_of_two_columns_are_not_run_together(folder, target):
    folder.write("a.csv", "a,b,t\na,bc,1\nab,c,2\na,bc,3\n")
    pipeline = folder.pipeline("from: a.csv\ncolumns: { a: text, b: text, t: text }\nto: { table: p, mode: upsert, key: [a, b] }\n")
    assert run(pipeline, target).ok().counts["duplicate"] == 1
    assert target.query("select a, b, t from p order by a, b") == [("a", "bc", "3"), ("ab", "c", "2")]


def test_equal_numbers_are_one_key(folder, target):
    """Zero has two signs, and not a number equals itself where it is a key."""
    folder.write("a.csv", "id,t\n0.0,a\n-0.0,b\nNaN,c\nnan,d\n1,e\n")
    pipeline = folder.pipeline("from: a.csv\ncolumns: { id: double precision, t: text }\nto: { table: p, mode: upsert, key: id }\n")
    done = run(pipeline, target).ok()
    assert (done.counts["inserted"], done.counts["duplicate"]) == (3, 2)
    assert target.query("select t from p order by t") == [("b",), ("d",), ("e",)]


def test_overwritten_a_b_a(folder, target):
    """Compared with the latest loaded version of a path, not with all versions: A again is new work."""
    pipeline = upsert(folder)
    a, b = "id,t\n1,A\n2,same\n", "id,t\n1,B\n2,same\n3,only B\n"
    for text, expected, counts in ((a, "A", (2, 0, 0)), (b, "B", (1, 1, 1)), (a, "A", (0, 1, 1))):
        folder.write("x.csv", text)
        done = run(pipeline, target).ok().counts
        assert (done["inserted"], done["updated"], done["unchanged"]) == counts
        assert target.value("select t from p where id = 1") == expected
        assert run(pipeline, target).ok().json["state"] == "nothing_new"
    assert target.value("select count(distinct plan) from ingot.units where name = 'x.csv'") == 3


def test_append_refuses_an_overwritten_file(folder, target):
    pipeline = append(folder)
    folder.write("x.csv", "id,t\n1,A\n")
    run(pipeline, target).ok()
    folder.write("x.csv", "id,t\n1,B\n")
    folder.write("y.csv", "id,t\n2,C\n")
    run(pipeline, target).failed("conflict", "x.csv", "overwritten", "hint:")
    assert content(target) == [(1, "A")]
    folder.write("x.csv", "id,t\n1,A\n")
    assert run(pipeline, target).ok().counts["inserted"] == 1
    assert content(target) == [(1, "A"), (2, "C")]


def test_rewrite_in_the_same_second_with_the_same_size(folder, target):
    """Time and size alike: the content tells."""
    pipeline = upsert(folder)
    file = folder.write("x.csv", "id,t\n1,A\n")
    os.utime(file, ns=(1_700_000_000_000_000_000,) * 2)
    run(pipeline, target).ok()
    with open(file, "r+") as same_inode:
        same_inode.write("id,t\n1,B\n")
    os.utime(file, ns=(1_700_000_000_000_000_000,) * 2)
    assert run(pipeline, target).ok().counts["updated"] == 1
    assert content(target) == [(1, "B")]


def forge_stamp(target, file):
    """Gives the ledger the stamp that the file has now, as if the clock had not ticked since it was loaded."""
    now = os.stat(file)
    target.execute(f"update ingot.units set size = {now.st_size}, mtime_ns = {now.st_mtime_ns}, ctime_ns = {now.st_ctime_ns}")


def loaded_and_rewritten(folder, target):
    """A pipeline whose file was loaded and then written again, with a stamp that does not tell. Row 1 was A and is B."""
    pipeline = upsert(folder)
    file = folder.write("x.csv", "id,t\n1,A\n")
    run(pipeline, target).ok()
    with open(file, "r+") as same_inode:
        same_inode.write("id,t\n1,B\n")
    forge_stamp(target, file)
    return pipeline


def test_a_stamp_settles_nothing_for_two_seconds(folder, target):
    """Written again in the tick of the clock in which it was read: everything but the content is the same."""
    pipeline = loaded_and_rewritten(folder, target)
    assert run(pipeline, target).ok().counts["updated"] == 1
    assert content(target) == [(1, "B")]


def test_an_older_stamp_spares_the_reading(folder, target):
    """Else every run would read all files again. That it was not read is seen by a ledger that lies."""
    pipeline = loaded_and_rewritten(folder, target)
    target.execute("update ingot.plans set loaded_at = loaded_at + interval '1 hour'")
    assert run(pipeline, target).ok().json["known"] == 1


def test_time_and_size_alone_settle_nothing(folder, target):
    """A copy that keeps the time (cp -p, rsync): ctime and content tell."""
    pipeline = upsert(folder)
    file = folder.write("x.csv", "id,t\n1,A\n")
    os.utime(file, ns=(1_700_000_000_000_000_000,) * 2)
    run(pipeline, target).ok()
    target.execute("update ingot.plans set loaded_at = loaded_at + interval '1 hour'")
    with open(file, "r+") as same_inode:
        same_inode.write("id,t\n1,B\n")
    os.utime(file, ns=(1_700_000_000_000_000_000,) * 2)
    assert run(pipeline, target).ok().counts["updated"] == 1


def test_touched_but_not_changed_is_not_new(folder, target):
    pipeline = append(folder)
    file = folder.write("x.csv", "id,t\n1,A\n")
    run(pipeline, target).ok()
    os.utime(file)
    done = run(pipeline, target).ok().json
    assert (done["state"], done["known"], done["read"]) == ("nothing_new", 1, 0)
    assert content(target) == [(1, "A")]


def test_file_that_appears_in_the_same_second_as_the_run(folder, target):
    """\"Only new files\" by a timestamp skips it."""
    pipeline = append(folder)
    for i in range(3):
        folder.write(f"{i}.csv", f"id,t\n{i},x\n")
        os.utime(folder.path / f"{i}.csv", ns=(1_700_000_000_000_000_000,) * 2)
        run(pipeline, target).ok()
    assert target.count("p") == 3


def test_new_all_loads_again(folder, target):
    pipeline = append(folder)
    folder.write("x.csv", "id,t\n1,A\n")
    run(pipeline, target).ok()
    again = run(pipeline, target, "--set", "from.path=*.csv", "--set", "from.new=all")
    again.ok()
    assert content(target) == [(1, "A"), (1, "A")]
    assert target.query("select plan from ingot.units order by plan") == [(1,), (2,)]


def test_no_input_is_an_error(folder, target):
    pipeline = append(folder)
    run(pipeline, target).failed("no_input", "*.csv", "hint:")
    named = append(folder, "data.csv")
    folder.write("date.csv", "id,t\n1,x\n")
    run(named, target).failed("not_found", "data.csv", "date.csv")


def test_empty_files(folder, target):
    folder.write("a.csv", "id,t\n")
    done = run(append(folder), target).ok()
    assert done.counts["read"] == 0 and done.json["units"] == 1
    assert run(append(folder), target).ok().json["state"] == "nothing_new"


def test_renamed_file_is_another_file(folder, target):
    pipeline = upsert(folder)
    file = folder.write("x.csv", "id,t\n1,A\n")
    run(pipeline, target).ok()
    file.rename(folder.path / "y.csv")
    assert run(pipeline, target).ok().counts["unchanged"] == 1


def test_file_changed_between_crash_and_rerun(folder, target):
    """A plan is frozen: what it names must be what it was, or the choice is explained."""
    pipeline = upsert(folder)
    folder.write("1.csv", "id,t\n1,one\n")
    file = folder.write("2.csv", "id,t\n1,two\n")
    assert run(pipeline, target, env={"INGOT_CRASH_AT": "engine.committed:1"}).code < 0
    before = file.read_text()
    folder.write("2.csv", "id,t\n1,changed\n")
    stopped = run(pipeline, target).failed("source_changed", "2.csv", "--replan")
    assert "plan 1" in stopped.err
    assert content(target) == [(1, "one")]
    done = run(pipeline, target, "--replan").ok()
    assert done.json["plan"] == 2
    assert content(target) == [(1, "changed")]
    assert before != file.read_text()


def test_file_gone_between_crash_and_rerun(folder, target):
    pipeline = upsert(folder)
    folder.write("1.csv", "id,t\n1,one\n")
    file = folder.write("2.csv", "id,t\n2,two\n")
    assert run(pipeline, target, env={"INGOT_CRASH_AT": "engine.committed:1"}).code < 0
    file.unlink()
    run(pipeline, target).failed("source_changed", "plan 1 was not finished, and a file it names is gone: 2.csv", "--replan")
    assert run(pipeline, target, "--replan").ok().json["state"] == "nothing_new"
    assert content(target) == [(1, "one")]


def test_standard_input_of_a_plan_must_be_the_same(folder, target):
    pipeline = folder.pipeline(f"from: {{ path: '-', format: csv }}\n{COLUMNS}")
    assert run(pipeline, target, env={"INGOT_CRASH_AT": "engine.plan_stored"}, stdin=b"id,t\n1,a\n").code < 0
    run(pipeline, target, stdin=b"id,t\n1,b\n").failed("source_changed", "a file it names has changed since: -", "--replan")
    assert run(pipeline, target, stdin=b"id,t\n1,a\n").ok().json["resumed"] is True
    assert content(target) == [(1, "a")]


def test_pipeline_changed_between_crash_and_rerun(folder, target):
    pipeline = upsert(folder)
    folder.write("1.csv", "id,t\n1,one\n")
    folder.write("2.csv", "id,t\n2,two\n")
    assert run(pipeline, target, env={"INGOT_CRASH_AT": "engine.committed:1"}).code < 0
    run(pipeline, target, "--set", "columns.t.type=varchar(9)").failed(
        "conflict", 'plan 1 of pipeline "p" was not finished, and the pipeline has been changed since', "--replan")
    run(pipeline, target).ok()
    assert content(target) == [(1, "one"), (2, "two")]


SOURCE = "from: { path: in.json, format: json }\n"
COLUMN = "columns: { id: integer, t: text }\nto: { table: p }\n"
ROUTED = "tables:\n  p: { when: k = 1, root: data, columns: { id: integer } }\nunmatched: skip\n"


@pytest.mark.parametrize("before, after", [
    (SOURCE + COLUMN, SOURCE.replace("format: json", "format: ndjson") + COLUMN),
    (SOURCE + COLUMN, SOURCE.replace("json }", "json, max_depth: 5 }") + COLUMN),
    (SOURCE + COLUMN, SOURCE + COLUMN.replace("t: text", "u: { type: text, from: t }")),
    (SOURCE + COLUMN.replace("t: text", "t: { type: text, value: upper(t) }"), SOURCE + COLUMN.replace("t: text", "t: { type: text, value: lower(t) }")),
    (SOURCE + ROUTED, SOURCE + ROUTED.replace("k = 1", "k = 2")),
    (SOURCE + ROUTED, SOURCE + ROUTED.replace("root: data, ", "")),
    (SOURCE + ROUTED, SOURCE + ROUTED.replace("skip", "reject")),
    (SOURCE + COLUMN.replace("table: p", "table: p, mode: upsert, key: id"), SOURCE + COLUMN.replace("table: p", "table: p, mode: upsert, key: t")),
    (SOURCE + COLUMN.replace("table: p", "table: p, mode: upsert, key: t"), SOURCE + COLUMN.replace("table: p", "table: p, mode: upsert, key: t, order_by: id")),
    (SOURCE + COLUMN, SOURCE + "where: id > 0\n" + COLUMN),
])
def test_whatever_decides_the_result_is_part_of_the_plan(folder, duckdb, before, after):
    folder.write("in.json", '{"id": 1, "t": "a", "k": "1", "data": {"id": 1}}')
    before, after = (text.replace("k = 1", "k = '1'").replace("k = 2", "k = '2'") for text in (before, after))
    assert run(folder.pipeline(before), duckdb, env={"INGOT_CRASH_AT": "engine.plan_stored"}).code < 0
    run(folder.pipeline(after), duckdb).failed("conflict", "the pipeline has been changed since")
    run(folder.pipeline(before), duckdb).ok()


ROUTED_OR_NOT = [COLUMN, "to: {}\ntables:\n  p: { when: t <> 'a', columns: { id: integer, t: text } }\n  q: { when: t = 'a', columns: { id: integer } }\n"]


@pytest.mark.parametrize("to", ROUTED_OR_NOT, ids=["one table", "routed"])
def test_a_plan_that_cannot_be_stored(folder, postgres, to):
    """Files are read while it is being stored, but nothing is loaded before it is."""
    folder.write("1.ndjson", '{"id": 1, "t": "a"}\n{"id": 2, "t": "b"}\n')
    pipeline = folder.pipeline("from: { path: '*.ndjson', format: ndjson }\n" + to)
    run(pipeline, postgres).ok()
    folder.write("2.ndjson", '{"id": 3, "t": "c"}\n')
    postgres.execute("create function refuse() returns trigger language plpgsql as $$ begin perform pg_sleep(1); raise 'no'; end $$")
    postgres.execute("create trigger refuse before insert on ingot.plan_units for each row execute function refuse()")
    before = postgres.count("p"), postgres.count("ingot.units"), postgres.count("ingot.plans")
    failed = run(pipeline, postgres)
    assert failed.code != 0 and "ledger has no plan" not in failed.text()
    assert (postgres.count("p"), postgres.count("ingot.units"), postgres.count("ingot.plans")) == before
    postgres.execute("drop trigger refuse on ingot.plan_units")
    assert run(pipeline, postgres).ok().counts["inserted"] == 1


def test_table_gone_between_crash_and_rerun(folder, target):
    pipeline = upsert(folder)
    folder.write("1.csv", "id,t\n1,one\n")
    folder.write("2.csv", "id,t\n2,two\n")
    assert run(pipeline, target, env={"INGOT_CRASH_AT": "engine.committed:1"}).code < 0
    target.execute("drop table p")
    run(pipeline, target).failed("conflict", "plan 1 was not finished, and its table", "is gone", "--replan --create")
    run(pipeline, target, "--replan", "--create").ok()
    assert content(target) == [(1, "one"), (2, "two")]


def test_a_routed_table_made_anew_gets_only_new_files_and_that_is_said(folder, target):
    folder.write("1.ndjson", '{"k": "a", "id": 1}\n{"k": "b", "id": 2}\n')
    pipeline = folder.pipeline("from: '*.ndjson'\ntables:\n  ta: { when: k = 'a', columns: { id: integer } }\n"
                               "  tb: { when: k = 'b', columns: { id: integer } }\n")
    into = ("--set", f"to.connection={target.url}")
    assert "loaded before" not in ingot("run", pipeline, *into).ok().out
    target.execute("drop table tb")
    folder.write("2.ndjson", '{"k": "b", "id": 3}\n')
    said = "1 file that was loaded before is not loaded into it (--set from.new=all"
    assert said in ingot("plan", pipeline, "--create", *into).ok().out
    assert said in ingot("run", pipeline, "--create", *into).ok().out
    assert target.query("select id from tb") == [(3,)]


def test_loaded_at_is_that_of_the_plan(folder, target):
    folder.write("1.csv", "id\n1\n")
    folder.write("2.csv", "id\n2\n")
    pipeline = folder.pipeline("from: '*.csv'\ncolumns: { id: integer, loaded: { type: timestamp, value: meta.loaded_at } }\n"
                               "to: { mode: upsert, key: id }\n")
    assert run(pipeline, target, env={"INGOT_CRASH_AT": "engine.committed:1"}).code < 0
    time.sleep(0.01)
    run(pipeline, target).ok()
    assert target.query("select count(*), count(distinct loaded) from p") == [(2, 1)]


def test_standard_input(folder, target):
    pipeline = folder.pipeline(f"from: {{ path: '-', format: csv }}\n{COLUMNS}")
    assert run(pipeline, target, stdin=b"id,t\n1,a\n").ok().counts["inserted"] == 1
    assert run(pipeline, target, stdin=b"id,t\n1,a\n").ok().counts["inserted"] == 1
    assert content(target) == [(1, "a"), (1, "a")]


@pytest.mark.parametrize("layout, hint", [(2, "older than Ingot's first release"), (4, "use the newer Ingot that wrote it")])
def test_a_ledger_of_another_layout(folder, target, layout, hint):
    folder.write("1.csv", "id\n1\n")
    pipeline = folder.pipeline("from: '*.csv'\ncolumns: { id: integer }\nto: { table: p }\n")
    run(pipeline, target).ok()
    target.execute(f"update ingot.version set version = {layout}")
    what = f"the ledger in schema ingot has layout {layout}; this Ingot knows 3"
    run(pipeline, target).failed("conflict", what, hint)
    ingot("runs", target.url).failed("conflict", what, hint)
    assert what in ingot("doctor", pipeline, "--set", f"to.connection={target.url}").out
    assert target.count("ingot.runs") == 1
