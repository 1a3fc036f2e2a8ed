"""A trial loads the first records of each file, and never makes the ledger say that a file is loaded."""
import gzip
import json
import signal

import pytest

from crash_matrix import until_free
from ingot_program import ingot, reconciles, run

UPSERT = "from: '*.csv'\ncolumns: { id: integer, t: text }\nto: { table: p, mode: upsert, key: id }\n"
APPEND = "from: '*.csv'\ncolumns: { id: integer, t: text }\nto: { table: p, lineage: true }\n"


def ids(target):
    return [row[0] for row in target.query("select id from p order by id")]


@pytest.fixture
def two(folder):
    """1.csv has three records, 2.csv two."""
    folder.write("1.csv", "id,t\n1,a\n2,b\n3,c\n")
    folder.write("2.csv", "id,t\n4,d\n5,e\n")
    return folder.pipeline(UPSERT)


def test_a_trial_is_followed_by_all(two, target):
    done = run(two, target, "--limit", "2").ok()
    assert (done.json["limit"], done.json["units"], done.json["cut_off"], done.counts["read"]) == (2, 2, 1, 4)
    assert ids(target) == [1, 2, 4, 5] and reconciles(done.counts)
    assert target.query("select record_limit, kind from ingot.plans") == [(2, "load")]
    assert target.query("select name, read, hash = '' from ingot.units order by 1") == [("1.csv", 2, True), ("2.csv", 2, False)]
    # The file that was read to its end is known, the other is not.
    done = run(two, target).ok()
    assert (done.json["limit"], done.json["known"], done.json["units"], done.json["cut_off"]) == (None, 1, 1, 0)
    assert (done.counts["read"], done.counts["inserted"], done.counts["unchanged"]) == (3, 1, 2)
    assert ids(target) == [1, 2, 3, 4, 5] and run(two, target).ok().json["state"] == "nothing_new"
    target.books_reconcile()


def test_people_are_told(two, target):
    to = ("--set", f"to.connection={target.url}")
    assert "--limit: only the first 2 of each file's records" in ingot("plan", two, *to, "--limit", "2").ok().out
    said = ingot("run", two, *to, "--limit", "2").ok().out
    assert "--limit: the first 2 records of each file; 1 of 2 files has more, and is not known by it" in said
    assert "--limit: the first 2 records of each file" in ingot("runs", target.url).ok().out
    assert ingot("runs", "show", "r1", target.url, "--json").ok().json["limit"] == 2
    run(two, target, "--limit", "0").failed("usage", "--limit 0 would load nothing", "at least 1")
    assert ingot("run", two, *to, "--limit", "x").code == 2


FORMATS = {
    "a.csv": lambda rows: "id,t\n\n" + "".join(f'{i},"line\nbreak {t}"\n' for i, t in rows),
    "a.tsv": lambda rows: "".join(f"{i}\t{t}\n" for i, t in rows),
    "a.csv.gz": lambda rows: gzip.compress(("id,t\n" + "".join(f"{i},{t}\n" for i, t in rows)).encode()),
    "a.ndjson": lambda rows: "\n\n".join(json.dumps({"id": i, "t": t}) for i, t in rows),
    "a.json": lambda rows: json.dumps([{"id": i, "t": t} for i, t in rows]),
}


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("chunk", ["1", "2048"])
def test_just_the_first_records(folder, duckdb, name, chunk):
    """Files of several blocks; what is no record does not count."""
    rows = [(i, "x" * 180) for i in range(12_000)]
    file = folder.write(name, FORMATS[name](rows))
    pipeline = folder.pipeline(f"from: {name}\ncolumns: {{ id: integer, t: text }}\nto: {{ table: p }}\n")
    limits = (1, 7_000, 12_000, 20_000) if chunk == "2048" else (3,)
    for limit in limits:
        duckdb.reset()
        done = run(pipeline, duckdb, "--limit", limit, "--threads", "2", env={"INGOT_CHUNK_ROWS": chunk}).ok()
        taken = min(limit, 12_000)
        assert duckdb.query("select count(*), min(id), max(id) from p") == [(taken, 0, taken - 1)]
        assert (done.counts["read"], done.json["cut_off"]) == (taken, int(limit < 12_000))
        assert (run(pipeline, duckdb).code == 0) == (limit >= 12_000)  # known, or refused
    if chunk == "2048" and not name.endswith(".json"):  # what lies far beyond is not looked at
        data = file.read_bytes()
        file.write_bytes(data[:-5] if name.endswith(".gz") else data + b'13,"open')
        duckdb.reset()
        assert run(pipeline, duckdb, "--limit", "10").ok().counts["read"] == 10


def test_rejects_filtered_and_repeated_records_count(folder, target):
    folder.write("1.csv", "id,t\n1,a\nx,b\n2,c\n2,d\n9,e\n3,f\n")
    pipeline = folder.pipeline("from: '*.csv'\ncolumns: { id: integer, t: text }\nwhere: id < 9\nto: { table: p, mode: upsert, key: id }\n")
    done = run(pipeline, target, "--limit", "5").ok()
    assert done.counts == {"read": 5, "inserted": 2, "updated": 0, "unchanged": 0, "filtered": 1, "duplicate": 1, "rejected": 1}
    assert target.query("select id, t from p order by id") == [(1, "a"), (2, "d")]
    assert run(pipeline, target).ok().counts["inserted"] == 1


def test_several_tables(folder, target):
    folder.write("in.ndjson", "".join(f'{{"k": "{"ab"[i % 2]}", "n": {i}}}\n' for i in range(10)))
    pipeline = folder.pipeline("from: in.ndjson\ntables:\n  a: { when: k = 'a', columns: { n: integer }, mode: upsert, key: n }\n"
                               "  b: { when: k = 'b', columns: { n: integer }, mode: upsert, key: n }\nto: {}\n")
    assert run(pipeline, target, "--limit", "5").ok().counts["read"] == 5
    assert (target.count("a"), target.count("b")) == (3, 2)
    run(pipeline, target).ok()
    assert (target.count("a"), target.count("b")) == (5, 5)


def test_appended_rows_are_not_doubled(folder, target):
    folder.write("1.csv", "id,t\n1,a\n2,b\n3,c\n")
    pipeline = folder.pipeline(APPEND)
    run(pipeline, target, "--limit", "2").ok()
    for more in ((), ("--limit", "2"), ("--set", "from.overwritten=apply")):
        run(pipeline, target, *more).failed("conflict", "of 1.csv only the first records are loaded, by r1 (--limit)", "ingot undo r1")
    assert ids(target) == [1, 2]
    ingot("undo", "r1", pipeline, "--set", f"to.connection={target.url}").ok()
    run(pipeline, target).ok()
    assert ids(target) == [1, 2, 3]


def test_lineage_replaces_the_trial_by_all(folder, target):
    folder.write("1.csv", "id,t\n1,a\n2,b\n3,c\n")
    pipeline = folder.pipeline(APPEND.replace("from: '*.csv'", "from: { path: '*.csv', overwritten: replace_rows }"))
    run(pipeline, target, "--limit", "2").ok()
    done = run(pipeline, target).ok()
    assert (done.json["deleted"], done.counts["inserted"]) == (2, 3)
    assert ids(target) == [1, 2, 3]


@pytest.mark.parametrize("mode", ["replace", "replace_partitions, partition_by: t"])
def test_whole_files_are_not_replaced_by_a_trial(two, target, folder, mode):
    pipeline = folder.pipeline(UPSERT.replace("upsert, key: id", mode))
    run(pipeline, target).ok()
    folder.write("1.csv", "id,t\n1,a\n6,a\n7,a\n")
    again = ("--set", "from.new=all")
    refused = run(pipeline, target, "--limit", "2", *again)
    refused.failed("conflict", "--limit would replace rows of table", "by those of the first 2 records of each file", "--set to.table=NAME")
    assert ids(target) == [1, 2, 3, 4, 5]
    assert run(pipeline, target, "--limit", "2", "--yes", *again).ok().counts["read"] == 4
    run(pipeline, target, "--limit", "1", *again).ok()  # a trial may replace a trial
    # Nothing of the files or the pipeline has changed, but they are not loaded.
    assert run(pipeline, target).ok().counts["read"] == 5
    assert {1, 6, 7} <= set(ids(target))


def test_a_trial_that_was_cut_off(two, target):
    assert run(two, target, "--limit", "2", env={"INGOT_CRASH_AT": "engine.committed"}).code == -signal.SIGKILL
    until_free(lambda: run(two, target)).failed("conflict", "it is of the first 2 records of each file", "give --limit 2 to complete it, or --replan")
    run(two, target, "--limit", "3").failed("conflict", "give --limit 2 to complete it")
    done = run(two, target, "--limit", "2").ok()
    assert (done.json["resumed"], done.counts["read"], ids(target)) == (True, 2, [1, 2, 4, 5])
    assert run(two, target, env={"INGOT_CRASH_AT": "engine.plan_stored"}).code == -signal.SIGKILL
    until_free(lambda: run(two, target, "--limit", "2")).failed("conflict", "it is of whole files", "run without --limit to complete it, or give --replan")
    run(two, target).ok()
    assert ids(target) == [1, 2, 3, 4, 5]


def test_rejects_of_a_trial_are_replayed(folder, target):
    folder.write("1.csv", "id,t\n1,a\nx,b\n3,c\n")
    pipeline = folder.pipeline(UPSERT)
    run(pipeline, target, "--limit", "2").ok()
    mended = folder.write("mended.ndjson", '{"id": 1, "raw": "2,b"}\n')
    ingot("rejects", "replay", pipeline, "--with", mended, "--set", f"to.connection={target.url}").ok()
    assert ids(target) == [1, 2]
    run(pipeline, target).ok()
    assert ids(target) == [1, 2, 3]


def test_standard_input(folder, duckdb):
    pipeline = folder.pipeline("from: { path: '-', format: csv }\ncolumns: { id: integer }\nto: { table: p, mode: upsert, key: id }\n")
    assert run(pipeline, duckdb, "--limit", "2", stdin=b"id\n1\n2\n3\n").ok().counts["read"] == 2
    assert run(pipeline, duckdb, stdin=b"id\n1\n2\n3\n").ok().counts["read"] == 3
