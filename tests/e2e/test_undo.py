"""Going back: a run's rows are deleted, all of them and no others; a known file is loaded again."""
import signal

import pytest

import crash_matrix
from ingot_program import ingot, run

PIPELINE = "from: '*.csv'\ncolumns: { id: integer, t: text }\nto: { table: p, lineage: true }\n"


def undo(what, pipeline, target, *arguments):
    return ingot("undo", what, pipeline, "--json", "--set", f"to.connection={target.url}", *arguments)


def rows(target):
    return target.query("select id, t from p order by id, t")


@pytest.fixture
def two(folder, target):
    """Two runs: 1.csv with a reject, then 2.csv."""
    folder.write("1.csv", "id,t\n1,a\n2,b\nx,c\n")
    pipeline = folder.pipeline(PIPELINE)
    run(pipeline, target).ok()
    folder.write("2.csv", "id,t\n3,c\n")
    run(pipeline, target).ok()
    return pipeline


def test_just_the_rows_of_the_run(two, target, folder):
    target.execute("insert into p (id, t) values (2, 'b')")  # the same, by somebody else
    assert undo("r1", two, target).ok().json == {"undone": "r1", "files": 1, "inserted": 2, "deleted": 2, "discarded": 1, "reopened": 0}
    assert rows(target) == [(2, "b"), (3, "c")]
    assert target.query("select name, inserted, undone_by from ingot.units order by plan") == [("1.csv", 2, 3), ("2.csv", 1, None)]
    assert target.query("select state, resolved_by from ingot.rejects") == [("discarded", 3)]
    assert target.query("select run, state from ingot.runs order by run") == [(1, "done"), (2, "done"), (3, "done")]
    # The file is not known any more, whatever is in it now; the other is.
    folder.write("1.csv", "id,t\n1,mended\n4,d\n")
    done = run(two, target).ok()
    assert (done.json["units"], done.json["known"], done.json["inserted"]) == (1, 1, 2)
    assert rows(target) == [(1, "mended"), (2, "b"), (3, "c"), (4, "d")]
    undo("r1", two, target).failed("conflict", "nothing of r1 is left to be undone", "was undone before")
    assert target.value("select state from ingot.runs where run = 5") == "failed"
    said = ingot("undo", "r4", two, "--set", f"to.connection={target.url}").ok().out
    assert "2 rows of 1 file deleted, which is not known any more" in said
    target.books_reconcile()


def test_rows_that_are_not_all_there(two, target):
    target.execute("delete from p where id = 1")
    before = target.state("p")
    undo("r1", two, target).failed("conflict", "r1 inserted 2 rows, and 1 of them are there now", "--force")
    assert target.state("p") == before
    assert undo("r1", two, target, "--force").ok().json["deleted"] == 1
    assert rows(target) == [(3, "c")]


def test_an_earlier_version_is_known_again(two, target):
    run(two, target, "--set", "from.new=all").ok()
    assert len(rows(target)) == 6
    assert undo("r3", two, target).ok().json["files"] == 2
    assert len(rows(target)) == 3 and run(two, target).ok().json["state"] == "nothing_new"


def test_replays_are_undone_first(two, target, folder):
    mended = folder.write("mended.ndjson", '{"id": 1, "raw": "7,mended"}\n')
    ingot("rejects", "replay", two, "--with", mended, "--set", f"to.connection={target.url}").ok()
    assert (7, "mended") in rows(target)
    undo("r1", two, target).failed("conflict", "rejects of r1 were loaded again by r3", "ingot undo r3")
    assert undo("r3", two, target).ok().json == {"undone": "r3", "files": 1, "inserted": 1, "deleted": 1, "discarded": 0, "reopened": 1}
    assert rows(target) == [(1, "a"), (2, "b"), (3, "c")]
    assert target.query("select state, resolved_by, resolved_at from ingot.rejects") == [("open", None, None)]
    said = ingot("undo", "r1", two, "--set", f"to.connection={target.url}").ok().out
    assert "1 rejects of theirs discarded" in said
    assert rows(target) == [(3, "c")]


def test_several_tables(folder, target):
    folder.write("in.ndjson", '{"k": "a", "n": 1}\n{"k": "b", "n": 2}\n{"k": "b", "n": 3}\n')
    pipeline = folder.pipeline("from: in.ndjson\ntables:\n  a: { when: k = 'a', columns: { n: integer } }\n  b: { when: k = 'b', columns: { n: integer } }\n"
                               "to: { lineage: true }\n")
    run(pipeline, target).ok()
    run(pipeline, target, "--set", "from.new=all").ok()
    assert undo("r1", pipeline, target).ok().json["deleted"] == 3
    assert (target.count("a"), target.count("b")) == (1, 2)


def test_what_cannot_be_undone(two, target, folder):
    undo("r1", two, target, "--set", "to.lineage=false").failed("conflict", "do not say where they come from", "lineage: true")
    undo("r1", two, target, "--set", "to.mode=upsert", "--set", "to.key=id").failed("conflict", "is not appended to", "overwrote")
    undo("r9", two, target).failed("not_found", "r9 made no plan for pipeline p", "ingot runs")
    undo("seven", two, target).failed("usage", 'not a run: "seven"')
    undo("r1", folder.path / "none.yaml", target).failed("not_found")
    other = folder.pipeline(PIPELINE, "other.yaml")
    undo("r1", other, target).failed("not_found", "r1 made no plan for pipeline other")
    folder.write("3.csv", "id,t\n5,e\n")
    assert run(two, target, env={"INGOT_CRASH_AT": "engine.plan_stored"}).code == -signal.SIGKILL
    crash_matrix.until_free(lambda: undo("r3", two, target)).failed("conflict", "the plan of r3 was not finished", "--replan")
    assert len(rows(target)) == 3


def test_nothing_there(folder, target):
    folder.write("1.csv", "id,t\n1,a\n")
    undo("r1", folder.pipeline(PIPELINE), target).failed("not_found", "r1 made no plan")


def test_a_known_file_again(two, target):
    done = run(two, target, "--reload", "1.csv").ok()
    assert (done.json["units"], done.json["known"]) == (1, 1)
    assert rows(target) == [(1, "a"), (1, "a"), (2, "b"), (2, "b"), (3, "c")]
    run(two, target, "--reload", "1.cvs").failed("not_found", "--reload: no such file is listed: 1.cvs", "did you mean 1.csv?")
    run(two, target, "--reload", "elsewhere").failed("not_found", "files are named as in the ledger")
    assert run(two, target).ok().json["state"] == "nothing_new"


def test_a_reload_brings_back_what_others_changed(folder, target):
    folder.write("1.csv", "id,t\n1,a\n2,b\n")
    pipeline = folder.pipeline("from: '*.csv'\ncolumns: { id: integer, t: text }\nto: { table: p, mode: upsert, key: id }\n")
    run(pipeline, target).ok()
    target.execute("update p set t = 'changed' where id = 1")
    done = run(pipeline, target, "--reload", "1.csv").ok()
    assert (done.counts["updated"], done.counts["unchanged"]) == (1, 1)
    assert rows(target) == [(1, "a"), (2, "b")]


def test_what_replaced_rows_is_not_undone(folder, target):
    """By whatever the pipeline says now: the ledger knows."""
    folder.write("1.csv", "id,t\n1,a\n")
    pipeline = folder.pipeline(PIPELINE)
    run(pipeline, target, "--set", "from.overwritten=replace_rows").ok()
    folder.write("1.csv", "id,t\n1,b\n")
    run(pipeline, target, "--set", "from.overwritten=replace_rows").ok()
    for more in ((), ("--set", "from.overwritten=replace_rows")):
        undo("r2", pipeline, target, *more).failed("conflict", "r2 has deleted or replaced rows, which are not kept")
    assert rows(target) == [(1, "b")]
    folder.write("2.csv", "id,t\n2,c\n")
    run(pipeline, target, "--set", "from.overwritten=replace_rows").ok()
    assert undo("r5", pipeline, target, "--set", "from.overwritten=replace_rows").ok().json["deleted"] == 1  # it replaced nothing
    assert rows(target) == [(1, "b")]
