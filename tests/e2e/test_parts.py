"""commit: part. A large file in parts, each a transaction of its own, is the same file: rows, rejects, counts, addresses."""
import gzip
import json
import random

import pytest

from ingot_program import COUNTS, ingot, reconciles, run
from mid_run import backends, in_flight, run_while_in_flight, wait_for

KINDS = ("duckdb", "postgres")
COLUMNS = "columns: { id: integer, t: text, n: integer }\n"


def lines(rows, seed=5, end="\n"):
    """Repeated keys, line breaks and quotes within values, a reject now and then, empty lines."""
    dice = random.Random(seed)
    out = [f"id,t,n{end}"]
    for i in range(rows):
        text = f'"multi{end}line, ""{i}"""' if i % 5 == 0 else f"plain {i} {'é' * (i % 7)}"
        number = "x" if i % 97 == 13 else i
        out.append(f"{dice.randrange(rows // 2)},{text},{number}{end}")
        if i % 50 == 49:
            out.append(end)
    return out


def csv(rows, **options):
    return "".join(lines(rows, **options))


def ndjson(rows):
    dice = random.Random(6)
    return "".join(json.dumps({"id": dice.randrange(rows // 2), "t": f"{i} é\n", "n": "x" if i % 97 == 13 else i}) + "\n" for i in range(rows))


def pipeline(folder, file="a.csv", to="", more="", delimiter=True):
    source = f"{{ path: {file}, delimiter: ',' }}" if delimiter and ".csv" in file else file
    return folder.pipeline(f"from: {source}\nmax_rejects: 50%\n{COLUMNS}{more}to: {{ table: t{to} }}\n")


def parts_of(target, name="a.csv"):
    """Number, from, to, line, complete of each part, in the order of plans."""
    return target.query("select part, from_byte, to_byte, to_line, complete from ingot.units "
                        f"where name = '{name}' order by plan, unit, part")


def check_parts(target, size, name="a.csv"):
    parts = parts_of(target, name)
    assert parts[0][1] == 0 and parts[-1][2] == size and parts[-1][4]
    for before, after in zip(parts, parts[1:]):
        assert after[1] == before[2] and not before[4]
        assert after[3] > before[3]
    return len(parts)


def sums(target):
    return target.query(f"select {', '.join(f'sum({name})' for name in COUNTS)} from ingot.units")[0]


def rejects(target):
    return [row[1:] for row in target.rejects()]


def assert_same(target, whole, keyed):
    assert target.rows("t") == whole.rows("t")
    assert rejects(target) == rejects(whole)
    mine, theirs = dict(zip(COUNTS, sums(target))), dict(zip(COUNTS, sums(whole)))
    for name in ("read", "filtered", "rejected") if keyed else COUNTS:
        assert mine[name] == theirs[name]
    target.books_reconcile()


CONFIGURATIONS = [
    ("1KiB", ["--threads", "1"], {}),
    ("4KiB", ["--threads", "8"], {"INGOT_CHUNK_ROWS": "1"}),
    ("20KiB", ["--threads", "8"], {}),
    ("30KiB", ["--memory-limit", "128MiB"], {"INGOT_CHUNK_ROWS": "7"}),
    ("256MiB", [], {}),
]


@pytest.mark.parametrize("mode", ["append", "upsert"])
@pytest.mark.parametrize("file", ["a.csv", "a.ndjson"])
@pytest.mark.parametrize("kind", KINDS)
def test_same_as_in_one(folder, fresh, kind, file, mode):
    text = (csv if file == "a.csv" else ndjson)(1500)
    folder.write(file, text)
    # Of a key's rows of the same content that come again, the first keeps its lineage: only append has one to compare.
    to = ", lineage: true" if mode == "append" else ", mode: upsert, key: id"
    whole = fresh(kind)
    run(pipeline(folder, file, to), whole).ok()
    hash_ = whole.value("select hash from ingot.units")
    for size, arguments, env in CONFIGURATIONS if kind == "duckdb" else CONFIGURATIONS[1:3]:
        target = fresh(kind)
        done = run(pipeline(folder, file, f"{to}, commit: part, part_size: {size}"), target, *arguments, env=env).ok()
        assert reconciles(done.counts) and (done.json["units"], done.json["state"]) == (1, "done")
        count = check_parts(target, len(text.encode()), file)
        assert (count > 1) == (size != "256MiB")
        if count > 1:
            assert done.json["parts"] == [{"unit": file, "committed": count, "to_byte": len(text.encode()),
                                           "to_line": text.count("\n") + 1, "complete": True}]
        assert target.value("select hash from ingot.units where complete") == hash_
        assert_same(target, whole, mode == "upsert")
        assert run(folder.path / "p.yaml", target).ok().json["state"] == "nothing_new"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("text", ["", "id,t,n\n", "\ufeff" + csv(300), csv(300, end="\r\n"), csv(300).rstrip("\n"),
                                  "\n\n\nid,t,n\n" + "\n" * 5000 + "1,a,2\n", "id,t,n\n1,a,2\n" + "\n" * 5000],
                         ids=["empty", "header", "bom", "crlf", "no_newline", "empty_lines", "empty_tail"])
def test_ends_and_beginnings(folder, fresh, kind, text):
    folder.write("a.csv", text)
    whole, target = fresh(kind), fresh(kind)
    run(pipeline(folder), whole).ok()
    run(pipeline(folder, to=", commit: part, part_size: 1KiB"), target).ok()
    if text:
        check_parts(target, len(text.encode()))
    assert_same(target, whole, False)


def test_the_delimiter_is_detected_on_the_files_beginning(folder, duckdb):
    """Of a file in which another delimiter would seem right further down."""
    text = "id;t;n\n" + "".join(f"{i};a;{i}\n" for i in range(20_000)) + "".join(f"{i};a,b,c,d,e;{i}\n" for i in range(20_000))
    folder.write("a.csv", text)
    run(pipeline(folder, to=", commit: part, part_size: 16KiB", delimiter=False), duckdb).ok()
    assert check_parts(duckdb, len(text)) > 10
    assert duckdb.query("select count(*), sum(n) from t where t in ('a', 'a,b,c,d,e')") == [(40_000, 2 * sum(range(20_000)))]


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_one_part(folder, fresh, kind):
    """Compressed files, JSON of which only the beginning tells what it is, small files; they share a transaction."""
    folder.write("a.csv", "id,t,n\n1,a,1\n")
    folder.write("b.csv", "id,t,n\n2,b,2\n")
    folder.write("c.csv.gz", gzip.compress(csv(500).encode(), mtime=0))
    target = fresh(kind)
    file = folder.pipeline(f"from: {{ path: ['*.csv', '*.csv.gz'], format: csv, delimiter: ',' }}\nmax_rejects: 50%\n{COLUMNS}"
                           "to: { table: t, commit: part, part_size: 1KiB }\n")
    listed = ingot("plan", "--json", file, "--set", f"to.connection={target.url}").ok().json["units"]
    assert [unit["parts"] for unit in listed] == [1, 1, 1]
    done = run(file, target).ok()
    assert (done.json["units"], done.json["parts"]) == (3, [])
    assert target.query("select name, part, from_byte, complete from ingot.units order by unit") == [
        ("a.csv", 0, 0, True), ("b.csv", 0, 0, True), ("c.csv.gz", 0, 0, True)]
    folder.write("d.json", json.dumps([json.loads(line) for line in ndjson(500).splitlines()]))
    run(pipeline(folder, "d.json", ", commit: part, part_size: 1KiB"), target).ok()
    assert len(parts_of(target, "d.json")) == 1


def test_standard_input_is_one_part(folder, duckdb):
    file = folder.pipeline(f"from: {{ path: '-', format: csv }}\nmax_rejects: 50%\n{COLUMNS}to: {{ table: t, commit: part, part_size: 1KiB }}\n")
    run(file, duckdb, stdin=csv(500).encode()).ok()
    assert len(parts_of(duckdb, "-")) == 1


def test_records_larger_than_a_part(folder, duckdb):
    text = "id,t,n\n" + "".join(f'{i},"{"x" * 5000}\n",{i}\n' for i in range(20))
    folder.write("a.csv", text)
    run(pipeline(folder, to=", commit: part, part_size: 1KiB"), duckdb).ok()
    assert check_parts(duckdb, len(text)) >= 10
    assert duckdb.count("t") == 20


def test_routed_records(folder, target, fresh):
    folder.write("a.csv", csv(600))
    text = ("from: { path: a.csv, delimiter: ',' }\nmax_rejects: 50%\ntables:\n"
            "  odd: { when: cast(n as integer) % 2 = 1, columns: { id: integer, n: integer } }\n"
            "  even: { mode: upsert, key: id, columns: { id: integer, t: text, n: integer } }\n")
    whole = fresh(target.kind)
    run(folder.pipeline(text), whole).ok()
    done = run(folder.pipeline(text + "to: { commit: part, part_size: 2KiB }\n"), target).ok()
    assert done.json["parts"][0]["committed"] > 3
    for table in ("odd", "even"):
        assert target.rows(table) == whole.rows(table)
    assert rejects(target) == rejects(whole)
    assert json.loads(target.query("select cast(tables as varchar) from ingot.units order by part")[1][0]).keys() == \
        json.loads(whole.query("select cast(tables as varchar) from ingot.units")[0][0]).keys()


def test_later_parts_update_what_earlier_ones_inserted(folder, target):
    """*duplicate* is within a part."""
    rows = [(i % 2, i) for i in range(200)]
    folder.write("a.csv", "id,t,n\n" + "".join(f"{k},{'x' * 50},{n}\n" for k, n in rows))
    done = run(pipeline(folder, to=", mode: upsert, key: id, commit: part, part_size: 4KiB"), target).ok()
    parts = done.json["parts"][0]["committed"]
    assert parts > 2
    assert done.counts == dict(zip(COUNTS, (200, 2, 2 * (parts - 1), 0, 0, 200 - 2 * parts, 0)))
    assert target.query("select id, n from t order by id") == [(0, 198), (1, 199)]


def test_unchanged_rows_are_fetched_part_by_part(folder, postgres):
    folder.write("a.csv", "id,t,n\n" + "".join(f"{i},text {i},{i}\n" for i in range(3000)))
    file = pipeline(folder, to=", mode: upsert, key: id, commit: part, part_size: 8KiB, unchanged: fetch")
    assert run(file, postgres).ok().counts["inserted"] == 3000
    again = run(file, postgres, "--set", "from.new=all").ok()
    assert again.counts["unchanged"] == 3000 and again.json["parts"][0]["committed"] > 5


# What is begun

PART = ", commit: part, part_size: 1KiB"
UPSERT = ", mode: upsert, key: id" + PART


def killed(folder, target, to, text, commits=2):
    """A run that died when it had committed so many parts. Returns the pipeline and how far it came."""
    folder.write("a.csv", text)
    file = pipeline(folder, to=to)
    run(file, target, env={"INGOT_CRASH_AT": f"engine.committed:{commits}"})
    parts = parts_of(target)
    assert len(parts) == commits and not parts[-1][4]
    return file, parts[-1][2]


def loaded_whole(folder, target, to):
    run(pipeline(folder, to=to.replace(PART, "")), target).ok()
    return target


@pytest.mark.parametrize("to", [PART, UPSERT], ids=["append", "upsert"])
def test_a_killed_run_goes_on_at_the_part(folder, target, fresh, to):
    file, byte = killed(folder, target, to, csv(300))
    shown = ingot("plan", file, "--set", f"to.connection={target.url}").ok().out
    assert f"loaded up to byte {byte:,}, about " in shown and "parts of 1 KiB" in shown
    done = run(file, target).ok()
    assert done.json["resumed"] and done.json["units"] == 1
    assert_same(target, loaded_whole(folder, fresh(target.kind), to), to == UPSERT)
    assert run(file, target).ok().json["state"] == "nothing_new"
    run_number = done.json["run"]
    shown = ingot("runs", "show", f"r{run_number}", target.url).ok().out
    assert f"a.csv, part 2 from byte {byte:,}" in shown and "(the last)" in shown


def test_a_file_is_known_by_its_last_part_only(folder, target):
    file, _ = killed(folder, target, PART, csv(300))
    assert target.query("select state, units from ingot.runs") == [("running", 0)]
    run(file, target).ok()
    run(file, target).ok()
    assert target.value("select count(*) from ingot.units where complete") == 1


@pytest.mark.parametrize("change", ["tail", "grown", "shortened", "touched"])
@pytest.mark.parametrize("to", [PART, UPSERT], ids=["append", "upsert"])
def test_a_file_that_changed_behind_what_is_loaded_is_continued(folder, target, fresh, to, change):
    text = csv(300)
    file, byte = killed(folder, target, to, text)
    before = len(text.encode()[:byte].decode())
    text = {"tail": text[:before] + "1000,new,1\n1001,new,2\n" + text[before:], "grown": text + csv(200, seed=9).split("\n", 1)[1],
            "shortened": text[:before], "touched": text}[change]
    folder.write("a.csv", text)
    # The plan is frozen: whoever runs it gives up the rest of it knowingly.
    run(file, target).failed("source_changed", "plan 1 was not finished", "give --replan")
    done = run(file, target, "--replan").ok()
    assert done.json["units"] == 1 and not done.json["resumed"]
    assert parts_of(target)[2][:2] == (0, byte)
    assert_same(target, loaded_whole(folder, fresh(target.kind), to), to == UPSERT)
    assert run(file, target).ok().json["state"] == "nothing_new"


def test_a_file_that_changed_before_it_is_not_appended_again(folder, target):
    text = csv(300)
    file, byte = killed(folder, target, PART, text)
    count = target.count("t")
    folder.write("a.csv", text.replace("plain 1 ", "PLAIN 1 "))
    run(file, target).failed("source_changed")
    run(file, target, "--replan").failed("conflict", f"the first {byte} bytes of a file were loaded, and have been overwritten: a.csv",
                                         "appended again, it would double its rows")
    assert target.count("t") == count
    folder.write("a.csv", text[:200])  # shorter than what is loaded
    run(file, target, "--replan").failed("conflict", "have been overwritten")
    folder.write("a.csv", text)
    run(file, target, "--replan").ok()
    assert target.count("t") == target.value("select sum(inserted) from ingot.units") > count


def test_a_file_that_changed_before_it_is_upserted_anew(folder, target, fresh):
    text = csv(300)
    file, _ = killed(folder, target, UPSERT, text)
    folder.write("a.csv", text.replace("plain 1 ", "PLAIN 1 "))
    run(file, target, "--replan").ok()
    assert parts_of(target)[2][:2] == (0, 0)
    assert target.rows("t") == loaded_whole(folder, fresh(target.kind), UPSERT).rows("t")


def test_the_version_before_is_new_when_another_was_begun(folder, target):
    """A, a part of B, A: A's rows must be there again."""
    a = "id,t,n\n" + "".join(f"{i},A,{i}\n" for i in range(500))
    folder.write("a.csv", a)
    run(pipeline(folder, to=UPSERT), target).ok()
    b = a.replace("A", "B")
    folder.write("a.csv", b)
    run(folder.path / "p.yaml", target, env={"INGOT_CRASH_AT": "engine.committed:2"})
    assert target.value("select count(*) from t where t = 'B'") > 0
    folder.write("a.csv", a)
    run(folder.path / "p.yaml", target, "--replan").ok()
    assert target.value("select count(*) from t where t = 'B'") == 0


def test_the_ledger_must_agree_with_the_file(folder, target):
    """Same stamp, other bytes: nobody could tell but by the hash."""
    file, byte = killed(folder, target, PART, csv(300))
    count = target.count("t")
    target.execute("update ingot.units set hash = 'ffff' where part = 1")
    run(file, target).failed("source_changed", f"the first {byte} bytes of a file, which are loaded, have changed: a.csv")
    assert target.count("t") == count


def test_a_pipeline_under_which_no_record_begins_there(folder, target):
    """With another quote the place is within a value."""
    text = "id,t,n\n" + "".join(f"{i},{'x' if i else chr(39)} {i},{i}\n" for i in range(300))
    file, byte = killed(folder, target, PART, text)
    count = target.count("t")
    run(file, target, "--replan", "--set", "from.quote=\"'\"").failed(
        "conflict", f"the first {byte} bytes of a file are loaded, but with the pipeline as it is now no record begins behind them: a.csv",
        "run the pipeline as it was")
    assert target.count("t") == count
    folder.write("p.yaml", f"from: {{ path: a.csv, format: json }}\n{COLUMNS}to: {{ table: t }}\n")
    run(file, target, "--replan").failed("conflict", f"the first {byte} bytes of a file were loaded, and format: json cannot go on behind them: a.csv")


def test_what_was_begun_in_parts_is_ended_in_one(folder, target, fresh):
    """Another scope, another size: what is loaded stays loaded."""
    file, byte = killed(folder, target, PART, csv(300))
    one = pipeline(folder)
    run(one, target).failed("conflict", "the pipeline has been changed since")
    run(one, target, "--replan").ok()
    assert [row[1] for row in parts_of(target)] == [0, parts_of(target)[0][2], byte]
    assert_same(target, loaded_whole(folder, fresh(target.kind), PART), False)


@pytest.mark.parametrize("to", [PART, UPSERT], ids=["append", "upsert"])
def test_a_broken_tail_and_its_mending(folder, target, fresh, to):
    text = csv(300)
    folder.write("a.csv", text + '7,"never closed,1\n')
    folder.write("b.csv", "id,t,n\n5000,other,1\n")
    file = folder.pipeline(f"from: {{ path: '*.csv', delimiter: ',' }}\nmax_rejects: 50%\n{COLUMNS}to: {{ table: t{to} }}\n")
    done = run(file, target).failed("source_unreadable", "unclosed quote, opened at line", "are loaded")
    last = parts_of(target)[-1]
    assert not last[4]
    assert f"; the first {last[2]} bytes ({last[3] - 1} lines) of a.csv are loaded" in done.err
    assert done.json["parts"] == [{"unit": "a.csv", "committed": len(parts_of(target)), "to_byte": last[2], "to_line": last[3], "complete": False}]
    assert done.json["units"] == (1 if to == PART else 0)  # in keyed modes later files do not overtake
    count = target.count("t")
    run(file, target).failed("source_unreadable")  # found again: nothing of it is loaded again
    assert target.count("t") == count
    folder.write("a.csv", text + '7,"closed",1\n')
    run(file, target).ok()
    assert_same(target, loaded_whole_of(folder, fresh(target.kind), file, to), to == UPSERT)


def loaded_whole_of(folder, target, file, to):
    run(folder.pipeline(file.read_text().replace(PART, ""), "whole.yaml"), target, "--set", "name=p").ok()
    return target


def test_too_many_rejects_count_part_by_part(folder, target):
    good = "".join(f"{i},text {i},{i}\n" for i in range(200))
    bad = "".join(f"{i},text {i},x\n" for i in range(200))
    folder.write("a.csv", "id,t,n\n" + good + bad)
    file = folder.pipeline(f"from: {{ path: a.csv, delimiter: ',' }}\nmax_rejects: 60%\n{COLUMNS}to: {{ table: t{PART} }}\n")
    done = run(file, target).failed("too_many_rejects", "nothing more of this file was loaded", "are loaded")
    assert 0 < target.count("t") <= 200 and not done.json["parts"][0]["complete"]
    run(file, target, "--set", "max_rejects=100%").ok()
    assert (target.count("t"), target.count("ingot.rejects")) == (200, 200)


def test_loading_everything_again_is_on_purpose(folder, target):
    file, _ = killed(folder, target, PART, "id,t,n\n" + "".join(f"{i},text {i},{i}\n" for i in range(300)))
    loaded = target.count("t")
    run(file, target, "--replan", "--set", "from.new=all").ok()
    assert target.count("t") == 300 + loaded


def test_interrupted_runs_say_how_far_they_came(folder, target):
    """What a person reads."""
    folder.write("a.csv", csv(300) + '7,"never closed,1\n')
    done = ingot("run", pipeline(folder, to=PART), "--set", f"to.connection={target.url}")
    last = parts_of(target)[-1]
    count = len(parts_of(target))
    assert f"  a.csv: {count} parts committed, to byte {last[2]:,} (line {last[3]:,}); the next run goes on there\n" in done.out
    assert f"  {count} parts of a file were committed before that; nothing else was changed; run again to go on\n" in done.err
    folder.write("a.csv", csv(300))
    assert ": 1 part committed, to its end\n" in ingot("run", folder.path / "p.yaml", "--set", f"to.connection={target.url}").ok().out


PLAIN = "id,t,n\n" + "".join(f"{i},text {i},{i}\n" for i in range(300))


@pytest.mark.parametrize("arguments", [[], ["--replan"]], ids=["resume", "replan"])
def test_a_part_whose_commit_was_in_flight(folder, fresh, arguments):
    """Its process is dead, its server goes on: the next run waits for it, and goes on behind it."""
    to = ", lineage: true" + PART
    target, whole = fresh("postgres"), fresh("postgres")
    folder.write("a.csv", PLAIN)
    run(pipeline(folder, to=to), whole).ok()
    file, byte = killed(folder, target, to, PLAIN)
    assert parts_of(whole)[2][1] == byte
    wait_for(lambda: not backends(target))
    rival = in_flight(target, whole, "part = 2", f"_ingot_offset >= {byte} and _ingot_offset < {parts_of(whole)[2][2]}")
    done = run_while_in_flight(file, target, rival, *arguments).ok()
    assert done.json["units"] == 1 and done.json["parts"][0]["committed"] == len(parts_of(whole)) - 3
    assert target.rows("t", "id,t,n") == whole.rows("t", "id,t,n")
    if not arguments:
        assert target.units() == whole.units() and target.rows("t") == whole.rows("t")
    target.books_reconcile()
    assert run(file, target).ok().json["state"] == "nothing_new"


REPLACING = f"from: {{ path: a.csv, delimiter: ',', overwritten: replace_rows }}\n{COLUMNS}to: {{ table: t, lineage: true }}\n"


def test_what_parts_of_several_plans_have_brought_is_replaced(folder, target):
    file, _ = killed(folder, target, ", lineage: true" + PART, PLAIN)
    folder.write("a.csv", PLAIN + "1000,new,1\n")
    run(file, target, "--replan").ok()
    folder.write("a.csv", PLAIN.replace("text 7,", "TEXT 7,"))
    done = run(folder.pipeline(REPLACING), target).ok()
    assert (done.json["deleted"], done.counts["inserted"], target.count("t")) == (301, 300, 300)


def test_rows_of_the_first_parts_that_have_no_lineage_do_not_double(folder, target):
    """Only what continued the file has it."""
    file, _ = killed(folder, target, PART, PLAIN)
    for column in ("_ingot_run bigint", "_ingot_unit integer", "_ingot_offset bigint"):
        target.execute(f"alter table t add column {column}")
    run(pipeline(folder, to=", lineage: true" + PART), target, "--replan").ok()
    folder.write("a.csv", PLAIN.replace("text 7,", "TEXT 7,"))
    run(folder.pipeline(REPLACING), target).failed("conflict", "has rows without lineage, which a.csv may have brought")
    assert target.count("t") == 300


def test_a_large_reject_of_a_later_part_is_read_again_in_its_file(folder, target):
    text = "".join(f'{{"id": {i}, "name": "{"s" * 1000}"}}\n' for i in range(1, 1200)) + f'{{"id": "x", "name": "{"n" * (5 << 20)}"}}\n{{"id": 3}}\n'
    folder.write("a.ndjson", text)
    file = folder.pipeline("from: a.ndjson\ncolumns: { id: text, name: text }\nwhere: cast(id as integer) > 0\nto: { table: t, commit: part, part_size: 1MiB }\n")
    assert run(file, target, "--memory-limit", "256MiB").ok().counts["rejected"] == 1
    assert target.value("select octet_length(raw) < byte_length from ingot.rejects")
    assert [part for part, in target.query("select part from ingot.units where rejected = 1")] == [1]
    folder.write("a.ndjson", text)  # another time, the same content
    ingot("rejects", "replay", file, "--set", f"to.connection={target.url}", "--set", "where=null", "--memory-limit", "256MiB").ok()
    assert target.value("select length(name) from t where id = 'x'") == 5 << 20


def test_a_mistake_of_the_pipeline_is_told_as_such(folder, target):
    """Not as one of the place where the file is to be continued."""
    killed(folder, target, PART, PLAIN)
    file = folder.pipeline("from: { path: a.csv, delimiter: ',' }\ncolumns: { id: integer, t: text, n: integer, more: text }\nto: { table: t }\n")
    target.execute("alter table t add column more text")
    run(file, target, "--replan").failed("source_unreadable", "more")


def test_undo_takes_back_what_continued_a_file_first(folder, target):
    """Else the file's beginning would be gone, and the file known all the same."""
    text = "id,t,n\n" + "".join(f"{i},text {i},{i}\n" for i in range(300))
    file, _ = killed(folder, target, ", lineage: true" + PART, text)
    folder.write("a.csv", text + "7,new,7\n")
    done = run(file, target, "--replan").ok()
    last = f"r{done.json['run']}"
    ingot("undo", "r1", file, "--set", f"to.connection={target.url}").failed(
        "conflict", f"{last} has continued a file behind what r1 had loaded of it", f"undo that first: ingot undo {last}")
    for number in (last, "r1"):
        assert ingot("undo", "--json", number, file, "--set", f"to.connection={target.url}").ok().json["files"] == 1
    assert target.count("t") == 0
    assert run(file, target).ok().counts["inserted"] == 301


def test_rejects_of_a_later_part_are_replayed(folder, target):
    """What they cannot be read without stands at the file's beginning."""
    text = "n;id;t\n" + "".join(f"{i if i != 250 else 'x'};{i};text {i}\n" for i in range(300))
    folder.write("a.csv", text)
    file = folder.pipeline(f"from: {{ path: a.csv, delimiter: ';' }}\n{COLUMNS}to: {{ table: t{PART} }}\n")
    run(file, target).ok()
    assert target.query("select plan, unit from ingot.rejects") == [(1, 0)]
    lenient = file.read_text().replace("n: integer", "n: { type: integer, value: \"case when n = 'x' then '-1' else n end\" }")
    file.write_text(lenient)
    ingot("rejects", "replay", file, "--set", f"to.connection={target.url}").ok()
    assert target.query("select id, t from t where n = -1") == [(250, "text 250")]


def test_plan_tells_the_number_of_parts(folder, duckdb):
    text = csv(1000)
    folder.write("a.csv", text)
    shown = ingot("plan", pipeline(folder, to=", commit: part, part_size: 4KiB"), "--set", f"to.connection={duckdb.url}").ok().out
    assert f"about {-(-len(text.encode()) // 4096)} parts of 4 KiB" in shown


@pytest.mark.parametrize("kind", KINDS)
def test_a_full_refresh_is_at_once(folder, fresh, kind):
    """Whatever `commit` says, it deletes and loads in one transaction: no file is cut."""
    target, whole = fresh(kind), fresh(kind)
    folder.write("a.csv", csv(600))
    run(pipeline(folder), whole).ok()
    p = pipeline(folder, to=", commit: part, part_size: 4KiB")
    run(p, target).ok()
    assert len(parts_of(target)) > 2
    target.execute("update t set n = -1")
    done = run(p, target, "--full-refresh").ok()
    assert reconciles(done.counts) and done.counts["inserted"] == len(whole.rows("t"))
    assert target.rows("t") == whole.rows("t")
    assert target.query("select count(*), bool_and(complete) from ingot.units where undone_by is null") == [(1, True)]
    assert run(p, target).ok().json["state"] == "nothing_new"
    target.books_reconcile()


@pytest.mark.parametrize("kind", KINDS)
def test_a_trial_is_of_the_file(folder, fresh, kind):
    """--limit counts the records of a file, not those of its parts; afterwards all of it is loaded, in parts."""
    target, whole = fresh(kind), fresh(kind)
    folder.write("a.csv", csv(600))
    upsert = ", mode: upsert, key: id"
    run(pipeline(folder, to=upsert), whole).ok()
    p = pipeline(folder, to=upsert + ", commit: part, part_size: 4KiB")
    done = run(p, target, "--limit", "300").ok()
    assert done.counts["read"] == 300 and done.json["cut_off"] == 1
    assert len(parts_of(target)) == 1
    assert run(p, target).ok().counts["read"] == 600
    assert target.rows("t") == whole.rows("t") and len(parts_of(target)) > 3
    target.books_reconcile()


@pytest.mark.parametrize("kind", KINDS)
def test_the_order_of_a_column_across_parts(folder, fresh, kind):
    """order_by: the latest record stays, in whichever part it is."""
    dice = random.Random(3)
    folder.write("a.csv", "id,t,n\n" + "".join(f"{dice.randrange(40)},text {i},{dice.randrange(10**9)}\n" for i in range(800)))
    to = ", mode: upsert, key: id, order_by: n"
    whole, target = fresh(kind), fresh(kind)
    run(pipeline(folder, to=to), whole).ok()
    run(pipeline(folder, to=to + ", commit: part, part_size: 2KiB"), target).ok()
    assert len(parts_of(target)) > 5 and target.rows("t") == whole.rows("t")
    target.books_reconcile()
