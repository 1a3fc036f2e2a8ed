"""Rejects loaded again: exactly what was mended, exactly once, and over nothing that is newer."""
import base64
import json
import signal

import pytest

import crash_matrix
from ingot_program import COUNTS, ingot, run, run_measured

COLUMNS = "columns: { id: integer required, name: text, amount: 'numeric(10,2)' }\n"
APPEND = "from: '*.csv'\n" + COLUMNS + "to: { table: p }\n"
HEADER = "\ufeffid;name;amount\n".encode()


def replay(pipeline, target, *arguments, **more):
    return ingot("rejects", "replay", pipeline, "--json", "--set", f"to.connection={target.url}", *arguments, **more)


def export(target, *arguments):
    return [json.loads(line) for line in ingot("rejects", "export", target.url, *arguments).ok().out.splitlines()]


def mended(folder, records, name="mended.ndjson"):
    """A file of mended records: reject → bytes."""
    lines = []
    for number, raw in records.items():
        try:
            lines.append(json.dumps({"id": number, "raw": raw.decode()}))
        except UnicodeDecodeError:
            lines.append(json.dumps({"id": number, "raw_base64": base64.b64encode(raw).decode()}))
    return folder.write(name, "\n".join(lines) + "\n")


def states(target):
    return {number: (state, by) for number, state, by in target.query("select id, state, coalesce(resolved_by, 0) from ingot.rejects")}


def counts(done, **expected):
    assert done.ok().counts == {**dict.fromkeys(COUNTS, 0), **expected}, done.text()


@pytest.fixture
def loaded(folder, target):
    folder.write("a.csv", HEADER + b'1;good;1.00\n2;fine;2.005\n3;"two\nlines";3.123\nx;no id;4.00\n5;\xff;5.00\n')
    folder.write("b.csv", b"name,amount,id\nother order,7.777,7\n")
    pipeline = folder.pipeline(APPEND)
    counts(run(pipeline, target), read=6, inserted=1, rejected=5)
    return pipeline


def test_after_a_fix_of_the_pipeline(loaded, target, folder):
    """The same bytes, read as their own file was: header, delimiter, byte order mark."""
    fixed = folder.pipeline(APPEND.replace("10,2", "10,3"), "q.yaml")
    fixed.write_text("name: p\n" + fixed.read_text())
    done = replay(fixed, target)
    # The table holds numeric(10,2): it is the target that narrows. A wider column cures it.
    counts(done, read=5, rejected=5)
    target.execute("drop table p; create table p (id integer, name text, amount numeric(10,3))")
    counts(replay(fixed, target), read=5, inserted=3, rejected=2)
    assert target.rows("p") == [("2", "fine", "2.005"), ("3", "two\nlines", "3.123"), ("7", "other order", "7.777")]
    assert sorted(by for state, by in states(target).values() if state == "replayed") == [2] * 5 + [3] * 5
    left = export(target)
    assert [(r["code"], r["file"], r["line"]) for r in left] == [("not_a_number", "a.csv", 6), ("bad_utf8", "a.csv", 7)]
    # The files are what they were to a run: known.
    assert run(fixed, target).ok().json["state"] == "nothing_new"
    target.books_reconcile()
    units = target.query("select plan, unit, name, read, inserted, rejected from ingot.units order by 1, 2")
    assert units[-2:] == [(3, 0, "a.csv", 4, 2, 2), (3, 1, "b.csv", 1, 1, 0)]
    assert target.query("select distinct kind from ingot.plans where plan > 1") == [("replay",)]


def test_mended_bytes(loaded, target, folder):
    rejects = {r["id"]: r for r in export(target)}
    bytes_of = {n: r["raw"].encode() if "raw" in r else base64.b64decode(r["raw_base64"]) for n, r in rejects.items()}
    by_code = {(r["code"], r["file"]): n for n, r in rejects.items() if r["line"] > 3 or r["file"] == "b.csv"}
    no_id, bad_utf8 = by_code["not_a_number", "a.csv"], by_code["bad_utf8", "a.csv"]
    file = mended(folder, {no_id: b"4;no id;4.00", bad_utf8: b"5;\xfe;5.00"})
    counts(replay(loaded, target, "--with", file), read=2, inserted=1, rejected=1)
    assert ("4", "no id", "4.00") in target.rows("p")
    assert states(target)[no_id] == states(target)[bad_utf8] == ("replayed", 2)
    new = target.query(f"select id, code, origin, mended, unit_name, byte_offset, byte_length, {target.hexadecimal('raw')} from ingot.rejects "
                       "where origin is not null")
    assert [n[1:] for n in new] == [("bad_utf8", bad_utf8, True, "a.csv", rejects[bad_utf8]["offset"], 8, b"5;\xfe;5.00".hex())]
    # Exported, and not touched: then it is what was read, not mended.
    untouched = mended(folder, {n: raw for n, raw in bytes_of.items() if n not in (no_id, bad_utf8)}, "untouched.ndjson")
    counts(replay(loaded, target, "--with", untouched), read=3, rejected=3)
    assert target.value("select count(*) from ingot.rejects where run = 3 and not mended and origin is not null") == 3
    # A third time: the origin is the first one still.
    file = mended(folder, {new[0][0]: b'"5";five;5.00\r\n'}, "again.ndjson")
    counts(replay(loaded, target, "--with", file), read=1, inserted=1)
    assert ("5", "five", "5.00") in target.rows("p")
    target.books_reconcile()


def test_shapes_of_json(folder, target):
    """In an array, alone, many lines long; a record that is itself an array is one record."""
    folder.write("a.json", b'[{"id": 1},\n {"id": "x",\n  "name": "multi"}, [{"id": 8}, {"id": 9}], {"id": 3}]')
    folder.write("b.json", b'{"id": 1.5}{"id": 4}')
    pipeline = folder.pipeline("from: { path: '*.json', format: json }\ncolumns: { id: integer, name: text, line: { type: bigint, value: meta.line } }\n"
                               "to: { table: p, lineage: true }\n")
    counts(run(pipeline, target), read=6, inserted=3, rejected=3)
    counts(replay(pipeline, target), read=3, rejected=3)
    codes = {r["code"]: r for r in export(target)}
    assert set(codes) == {"not_a_number", "not_an_object", "not_an_integer"}
    file = mended(folder, {codes["not_a_number"]["id"]: b'\n {"id": 2,\n"name": "mended"} \n', codes["not_an_object"]["id"]: b'{"id": 8}',
                           codes["not_an_integer"]["id"]: b'{"id": 15}'})
    counts(replay(pipeline, target, "--with", file), read=3, inserted=3)
    assert target.query("select id, name, line, _ingot_run, _ingot_unit, _ingot_offset from p where _ingot_run > 1 order by id") == [
        (2, "mended", 2, 3, 0, 13), (8, None, 3, 3, 0, 45), (15, None, 1, 3, 1, 0)]
    # What is several records is not taken for one, nor is what is none.
    folder.write("c.json", b'[{"id": "y"}]')
    run(pipeline, target).ok()
    number = export(target)[0]["id"]
    for raw in (b'{"id": 1}, {"id": 2}', b" "):
        replay(pipeline, target, "--with", mended(folder, {number: raw})).failed("source_unreadable", f"reject {number}: its bytes are")
    replay(pipeline, target, "--with", mended(folder, {number: b'{"id": 1'})).failed("source_unreadable", f"reject {number}:")
    assert states(target)[number] == ("open", 0)


@pytest.mark.parametrize("header", ["false", "detect"])
def test_csv_without_a_header(folder, target, header):
    """Each record has as many fields as the first of its file had, which is not there any more."""
    folder.write("in.csv", b"1|one|1.00\n2|too|few|fields\n\xef\xbb\xbf3|three|3.00\n4|four|4.000\n")
    pipeline = folder.pipeline(f"from: {{ path: in.csv, format: csv, header: {header} }}\n" + COLUMNS + "to: { table: p }\n")
    counts(run(pipeline, target), read=4, inserted=2, rejected=2)
    counts(replay(pipeline, target), read=2, rejected=2)
    few = next(r["id"] for r in export(target) if r["code"] == "ragged")
    counts(replay(pipeline, target, "--with", mended(folder, {few: b"2|two|2.00"})), read=1, inserted=1)
    assert target.value("select name from p where id = 2") == "two"
    replay(pipeline, target, "--set", "from.header=true").failed("source_unreadable", "its file had no header", "header: true")
    replay(pipeline, target, "--with", mended(folder, {export(target)[0]["id"]: b'3|"open|3.00'})).failed("source_unreadable", "unclosed quote")


def test_one_column(folder, target):
    folder.write("in.csv", b"n\n1\n\nx\n")
    pipeline = folder.pipeline("from: in.csv\ncolumns: { n: integer required }\nto: { table: p }\n")
    counts(run(pipeline, target), read=3, inserted=1, rejected=2)
    fixed = folder.pipeline("name: p\nfrom: in.csv\ncolumns: { n: { type: integer, default: 7 } }\nto: { table: p }\n", "q.yaml")
    counts(replay(fixed, target), read=2, inserted=1, rejected=1)
    assert target.query("select n from p order by n") == [(1,), (7,)]


def test_filtered_and_routed(folder, target):
    folder.write("in.ndjson", b'{"type": "song", "year": "x"}\n{"type": "movie", "year": 1}\n{"type": "book"}\n')
    text = ("from: in.ndjson\ntables:\n  songs: { when: type = 'song', columns: { year: integer } }\n"
            "  movies: { when: type = 'movie', columns: { year: integer } }\n")
    pipeline = folder.pipeline(text)
    counts(run(pipeline, target), read=3, inserted=1, rejected=2)
    song, book = [r["id"] for r in export(target)]
    counts(replay(pipeline, target, "--set", "unmatched=skip", "--id", book), read=1, filtered=1)
    assert states(target) == {song: ("open", 0), book: ("replayed", 2)}
    done = replay(pipeline, target, "--with", mended(folder, {song: b'{"type": "movie", "year": 2}'})).ok()
    assert {name.split(".")[-1]: t["inserted"] for name, t in done.json["tables"].items()} == {"songs": 0, "movies": 1}


UPSERT = "from: '*.csv'\ncolumns: { id: integer, n: integer }\nto: { table: p, mode: upsert, key: id, lineage: true }\n"


def write(folder, name, *rows):
    folder.write(name, "id,n\n" + "".join(f"{i},{n}\n" for i, n in rows))


def conflicts(target):
    return {(r["id"], r["code"], r["detail"]) for r in export(target) if r["code"] == "conflict"}


def test_an_upsert_replays_under_what_came_later(folder, target):
    """With lineage: a row of an earlier record is updated, one of a later record is not."""
    write(folder, "1.csv", (1, 1), (2, 1), (3, 1))
    write(folder, "2.csv", (1, "x"), (2, "x"), (3, "x"), (4, "x"), (5, "x"), (5, "y"), (3, 2))
    pipeline = folder.pipeline(UPSERT)
    run(pipeline, target).ok()
    write(folder, "3.csv", (2, 3))
    run(pipeline, target).ok()
    ids = {r["line"]: r["id"] for r in export(target)}
    file = mended(folder, {number: b"%d,%d" % ({2: 1, 3: 2, 4: 3, 5: 4, 6: 5, 7: 5}[line], 20 + line) for line, number in ids.items()})
    # 1: of 1.csv, earlier. 2: of 3.csv, later. 3: later in the same file. 4: not there. 5: the last of two.
    counts(replay(pipeline, target, "--with", file), read=6, inserted=2, updated=1, duplicate=1, rejected=2)
    assert target.query("select id, n from p order by id") == [(1, 22), (2, 3), (3, 2), (4, 25), (5, 27)]
    assert {(code, detail) for _, code, detail in conflicts(target)} == {("conflict", "r2"), ("conflict", "r1")}
    # What conflicts stays one, and changes nothing.
    before = target.table_hash("p")
    counts(replay(pipeline, target), read=2, rejected=2)
    assert target.table_hash("p") == before
    assert run(pipeline, target).ok().json["state"] == "nothing_new"


def test_two_files_of_one_replay(folder, target):
    """The row that the first wrote is the second's to update."""
    write(folder, "1.csv", (1, "x"), (2, 0))
    write(folder, "2.csv", (1, "y"), (3, 0))
    pipeline = folder.pipeline(UPSERT)
    run(pipeline, target).ok()
    one, two = [r["id"] for r in export(target)]
    counts(replay(pipeline, target, "--with", mended(folder, {one: b"1,11", two: b"1,12"})), read=2, inserted=1, updated=1)
    assert target.value("select n from p where id = 1") == 12


def test_what_lineage_cannot_tell_is_a_conflict(folder, target):
    """Records that found a row unchanged, loads without lineage and other pipelines leave no mark."""
    def case(name, later):
        target.reset()
        for old in folder.path.glob("*.csv"):
            old.unlink()
        write(folder, "1.csv", (1, 1), (9, 9))
        write(folder, "2.csv", (1, "x"))
        pipeline = folder.pipeline(UPSERT)
        run(pipeline, target).ok()
        later(pipeline)
        number = export(target)[0]["id"]
        counts(replay(pipeline, target, "--with", mended(folder, {number: b"1,2"})), read=1, rejected=1)
        assert target.value("select n from p where id = 1") == 1, name
        number = export(target)[0]["id"]
        counts(replay(pipeline, target, "--with", mended(folder, {number: b"1,1"})), read=1, unchanged=1)  # the same anyway
        return True

    def unchanged(pipeline):
        write(folder, "3.csv", (1, 1))
        run(pipeline, target).ok()

    def without_lineage(pipeline):
        write(folder, "3.csv", (9, 10))
        run(pipeline, target, "--set", "to.lineage=false").ok()

    def another_pipeline(pipeline):
        write(folder, "3.csv", (9, 10))
        run(pipeline, target, "--set", "name=other", "--set", "from.path=3.csv").ok()

    assert case("unchanged", unchanged) and case("without lineage", without_lineage) and case("another pipeline", another_pipeline)


def test_keep_first_shares_no_commit(folder, target):
    write(folder, "1.csv", (1, 1), (2, 1), (2, "x"))
    pipeline = folder.pipeline(UPSERT.replace("key: id", "key: id, keep: first"))
    run(pipeline, target).ok()
    number = export(target)[0]["id"]
    counts(replay(pipeline, target, "--with", mended(folder, {number: b"2,2"})), read=1, rejected=1)
    assert target.value("select n from p where id = 2") == 1


def test_without_lineage_a_row_that_is_there_is_a_conflict(folder, target):
    write(folder, "1.csv", (1, 1), (1, "x"), (2, "x"))
    pipeline = folder.pipeline(UPSERT.replace(", lineage: true", ""))
    run(pipeline, target).ok()
    one, two = [r["id"] for r in export(target)]
    counts(replay(pipeline, target, "--with", mended(folder, {one: b"1,2", two: b"2,2"})), read=2, inserted=1, rejected=1)
    assert target.query("select id, n from p order by id") == [(1, 1), (2, 2)]
    assert {(code, detail) for _, code, detail in conflicts(target)} == {("conflict", "")}


def test_files_whose_rows_are_replaced(folder, target):
    """A replay deletes no rows of its file; the file's next version deletes what was replayed, too."""
    folder.write("1.csv", "id,n\n1,1\n2,x\n3,y\n")
    pipeline = folder.pipeline("from: { path: 1.csv, overwritten: replace_rows }\ncolumns: { id: integer, n: integer }\nto: { table: p, lineage: true }\n")
    run(pipeline, target).ok()
    two, three = [r["id"] for r in export(target)]
    counts(replay(pipeline, target, "--with", mended(folder, {two: b"2,2"})), read=1, inserted=1)
    assert target.query("select id, n from p order by id") == [(1, 1), (2, 2)]
    folder.write("1.csv", "id,n\n4,4\n5,z\n")
    run(pipeline, target).ok()
    assert target.query("select id, n from p order by id") == [(4, 4)]
    replay(pipeline, target).failed("conflict", "1.csv was loaded again since its rejects of r1", "ingot rejects discard --run r1")
    five = export(target)[-1]["id"]
    counts(replay(pipeline, target, "--with", mended(folder, {five: b"5,5"})), read=1, inserted=1)
    assert target.query("select id, n from p order by id") == [(4, 4), (5, 5)]
    assert states(target)[three] == ("open", 0)


def keyed(mode, more=""):
    return f"from: '*.csv'\ncolumns: {{ id: integer, n: integer, op: text }}\nto: {{ table: p, mode: {mode}, key: id, lineage: true{more} }}\n"


def write_ops(folder, name, *rows):
    folder.write(name, "id,n,op\n" + "".join(f"{i},{n},{op}\n" for i, n, op in rows))


def by_key(target):
    """The numbers of the rejects of each key."""
    return {int(r["raw"].split(",")[0]): r["id"] for r in export(target)}


def test_insert_new_inserts_what_is_not_there(folder, target):
    write_ops(folder, "1.csv", (1, 1, ""), (2, "x", ""), (3, "x", ""))
    write_ops(folder, "2.csv", (3, 30, ""))
    pipeline = folder.pipeline(keyed("insert_new"))
    run(pipeline, target).ok()
    numbers = by_key(target)
    counts(replay(pipeline, target, "--with", mended(folder, {numbers[2]: b"2,2,", numbers[3]: b"3,3,"})), read=2, inserted=1, duplicate=1)
    assert target.query("select id, n from p order by id") == [(1, 1), (2, 2), (3, 30)]


DELETING = ", delete_when: op = 'd'"


def test_merge_delete_changes_only_what_is_older(folder, target):
    write_ops(folder, "1.csv", (1, 1, ""), (2, 1, ""), (4, 1, ""), (1, "x", ""), (2, "x", ""), (3, "x", ""), (4, "x", ""), (5, "x", ""))
    write_ops(folder, "2.csv", (4, 2, ""))
    pipeline = folder.pipeline(keyed("merge_delete", DELETING))
    run(pipeline, target).ok()
    at = by_key(target)
    file = mended(folder, {at[1]: b"1,11,", at[2]: b"2,0,d", at[3]: b"3,3,", at[4]: b"4,0,d", at[5]: b"5,0,d"})
    done = replay(pipeline, target, "--with", file)
    counts(done, read=5, inserted=1, updated=2, unchanged=1, rejected=1)  # of 4 there is a later row
    assert target.query("select id, n from p order by id") == [(1, 11), (3, 3), (4, 2)]
    assert {(code, detail) for _, code, detail in conflicts(target)} == {("conflict", "r1")}


@pytest.mark.parametrize("later", [(2, 0, "d"), (1, 0, "d")], ids=["of_it", "of_another"])
@pytest.mark.parametrize("mode", ["merge_delete", "scd2"])
def test_a_key_that_may_have_been_deleted_does_not_come_back(folder, target, mode, later):
    """A tombstone leaves nothing behind, least of all one that found nothing: the ledger says that there were some."""
    write_ops(folder, "1.csv", (1, 1, ""), (2, "x", ""))
    pipeline = folder.pipeline(keyed(mode, DELETING))
    run(pipeline, target).ok()
    write_ops(folder, "2.csv", later)
    run(pipeline, target).ok()
    before = target.rows("p")
    file = mended(folder, {by_key(target)[2]: b"2,2,"})
    counts(replay(pipeline, target, "--with", file), read=1, rejected=1)
    assert target.rows("p") == before and {code for _, code, _ in conflicts(target)} == {"conflict"}
    # Nor does it after a change of the mode.
    upsert = folder.pipeline("name: p\n" + keyed("upsert"), "q.yaml")
    if mode == "merge_delete":
        counts(replay(upsert, target, "--with", mended(folder, {max(states(target)): b"2,2,"})), read=1, rejected=1)
        assert target.rows("p") == before


def test_nor_after_the_table_was_replaced(folder, target):
    write_ops(folder, "1.csv", (1, 1, ""), (2, "x", ""))
    replace, upsert = folder.pipeline(keyed("replace")), folder.pipeline("name: p\n" + keyed("upsert"), "q.yaml")
    run(replace, target).ok()
    number = by_key(target)[2]
    write_ops(folder, "2.csv", (3, 1, ""))
    run(replace, target, "--set", "from.path=2.csv").ok()
    counts(replay(upsert, target, "--with", mended(folder, {number: b"2,2,"})), read=1, rejected=1)
    assert target.query("select id, n from p") == [(3, 1)]


def test_scd2_a_replayed_record_is_the_next_version(folder, target):
    write_ops(folder, "1.csv", (1, 1, ""), (3, 1, ""), (1, "x", ""), (2, "x", ""), (3, "x", ""))
    write_ops(folder, "2.csv", (3, 2, ""))
    pipeline = folder.pipeline(keyed("scd2"))
    run(pipeline, target).ok()
    at = by_key(target)
    counts(replay(pipeline, target, "--with", mended(folder, {at[1]: b"1,11,", at[2]: b"2,2,", at[3]: b"3,3,"})), read=3, inserted=1, updated=1, rejected=1)
    assert target.query("select id, n, valid_to is null from p order by id, valid_from") == [
        (1, 1, False), (1, 11, True), (2, 2, True), (3, 1, False), (3, 2, True)]
    assert target.query("select a.id from p a join p b on a.id = b.id and a.valid_to = b.valid_from where a.id = 1") == [(1,)]


@pytest.mark.parametrize("mode, hint", [("replace", "mend these, and run again"), ("replace_partitions", "run again with --reload")])
def test_what_is_replaced_as_a_whole_is_not_replayed(folder, target, mode, hint):
    folder.write("1.csv", "id,n\n1,1\n2,x\n")
    more = ", partition_by: id" if mode == "replace_partitions" else ""
    pipeline = folder.pipeline(f"from: 1.csv\ncolumns: {{ id: integer, n: integer }}\nto: {{ table: p, mode: {mode}{more} }}\n")
    run(pipeline, target).ok()
    replay(pipeline, target).failed("conflict", f"rejects of table p cannot be replayed: its mode is {mode}", hint)


def test_constraints_refuse_again(folder, target):
    target.execute("create table p (id integer primary key, n integer check (n > 0), _ingot_run bigint, _ingot_unit integer, _ingot_offset bigint)")
    write(folder, "1.csv", (1, 1), (2, -1), (1, -5))
    pipeline = folder.pipeline(UPSERT)
    counts(run(pipeline, target), read=3, inserted=1, rejected=2)
    two, one = [r["id"] for r in export(target)]
    counts(replay(pipeline, target, "--with", mended(folder, {two: b"2,-2", one: b"1,5"})), read=2, updated=1, rejected=1)
    assert target.query("select id, n from p") == [(1, 5)]


def test_wrong_calls(loaded, target, folder):
    file = mended(folder, {1: b"1;one;1.00"})
    replay(loaded, target, "--with", file, "--code", "ragged").failed("usage", "--with FILE goes with no other choice of rejects")
    replay(loaded, target, "--with", folder.path / "none").failed("not_found", "cannot open the file of mended records")
    replay(loaded, target, "--with", folder.write("empty", "\n \n")).failed("usage", "no record in", "ingot rejects export")
    replay(loaded, target, "--id", "99").failed("not_found", "no reject 99")
    for line, text in (("[]", "not a JSON object"), ("{", "not a JSON object"), ('{"raw": "x"}', "no reject's id"), ('{"id": "1", "raw": "x"}', "no reject's id"),
                       ('{"id": 1}', "neither raw nor raw_base64 is there, or both"), ('{"id": 1, "raw": "x", "raw_base64": ""}', "or both"),
                       ('{"id": 1, "raw": 7}', "neither raw"), ('{"id": 1, "raw_base64": "x"}', "neither raw"),
                       ('{"id": 1, "raw": "x"}\n{"id": 1, "raw": "y"}', "reject 1 a second time")):
        replay(loaded, target, "--with", folder.write("wrong", "\n" + line)).failed("source_unreadable", text, "wrong:")
    ingot("rejects", "discard", target.url, "--id", "1").ok()
    replay(loaded, target, "--with", file).failed("conflict", "reject 1 is discarded already", "only open rejects")
    other = folder.pipeline(APPEND.replace("table: p", "table: other"), "other.yaml")
    run(other, target).ok()
    replay(other, target, "--id", "2").failed("conflict", "reject 2 is one of pipeline p into", "this is pipeline other into")
    target.execute("drop table p")
    replay(loaded, target).failed("conflict", "which the rejects were for, is gone")
    assert {by for _, by in states(target).values()} == {0}


def test_nothing_to_replay(folder, target):
    folder.write("in.csv", "id,name,amount\n1,a,1\n")
    pipeline = folder.pipeline(APPEND)
    assert replay(pipeline, target).ok().json["state"] == "nothing_new"
    assert not target.exists("units")
    run(pipeline, target).ok()
    assert replay(pipeline, target).ok().json["state"] == "nothing_new"
    said = ingot("rejects", "replay", pipeline, "--set", f"to.connection={target.url}").ok().out
    assert "nothing to replay: no such reject of pipeline p is open" in said


def test_meanwhile_discarded_by_somebody_else(loaded, postgres, folder):
    """The rejects' state is part of the transaction: what is not open any more is not loaded."""
    run(loaded, postgres).ok()
    postgres.execute("create function f() returns trigger language plpgsql as $$ begin update ingot.rejects set state = 'discarded' "
                     "where state = 'open'; return null; end $$; create trigger t after insert on p execute function f()")
    file = mended(folder, {n: b"%d;n;1.00" % n for n in states(postgres)})
    replay(loaded, postgres, "--with", file).failed("busy", "was replayed or discarded by somebody else meanwhile")
    assert postgres.count("p") == 1


def test_an_unfinished_plan_comes_first(loaded, target, folder):
    ended = run(loaded, target, "--set", "from.new=all", env={"INGOT_CRASH_AT": "engine.plan_stored"})
    assert ended.code == -signal.SIGKILL
    crash_matrix.until_free(lambda: replay(loaded, target)).failed("conflict", "plan 2 of pipeline \"p\" was not finished", "ingot run completes it")
    ended = replay(loaded, target, "--replan", env={"INGOT_CRASH_AT": "engine.plan_stored"})
    assert ended.code == -signal.SIGKILL
    crash_matrix.until_free(lambda: run(loaded, target)).failed("conflict", "plan 3, a replay of rejects, was not finished", "--replan")
    replay(loaded, target, "--set", "columns.name.required=true").failed("conflict", "and the pipeline has been changed since")
    replay(loaded, target, "--code", "not_a_number").failed("conflict", "and its rejects of", "are not those meant now", "--replan")
    counts(replay(loaded, target), read=5, rejected=5)
    assert run(loaded, target, "--replan").ok().json["state"] == "nothing_new"


LARGE = 24 << 20


@pytest.fixture
def large(folder, target):
    """A reject of which a part is kept only."""
    folder.write("in.ndjson", b'{"id": 1, "name": "small"}\n{"id": "x", "name": "%s"}\n{"id": 3}\n' % (b"n" * LARGE))
    pipeline = folder.pipeline("from: in.ndjson\ncolumns: { id: text, name: text }\nwhere: cast(id as integer) > 0\nto: { table: p }\n")
    counts(run(pipeline, target, "--memory-limit", "256MiB"), read=3, inserted=2, rejected=1)
    assert target.value("select octet_length(raw) < byte_length from ingot.rejects")
    return pipeline


def test_a_large_reject_is_read_again_in_its_file(large, target):
    done = run_measured("rejects", "replay", large, "--json", "--set", f"to.connection={target.url}", "--set", "where=null",
                        "--memory-limit", "256MiB")
    counts(done, read=1, inserted=1)
    assert target.value("select length(name) from p where id = 'x'") == LARGE
    assert done.max_rss_kib < 300 << 10


@pytest.mark.parametrize("damage, text", [("gone", "is gone"), ("changed", "is not what it was")])
def test_what_was_not_kept_and_is_not_there(large, target, folder, damage, text):
    file = folder.path / "in.ndjson"
    content = file.read_bytes()
    if damage == "gone":
        file.unlink()
        folder.write("other.ndjson", content)
    else:
        file.write_bytes(content.replace(b"small", b"SMALL"))
    replay(large, target, "--set", "where=null", "--set", "from.path=*.ndjson").failed(
        "source_changed", "of reject 1 only the first", text, "--with FILE")
    file.write_bytes(content)  # another inode or time, the same content
    counts(replay(large, target, "--set", "where=null", "--memory-limit", "256MiB"), read=1, inserted=1)


def test_a_large_reject_and_too_little_memory(folder, target):
    folder.write("in.ndjson", b'{"id": "x", "name": "%s"}\n' % (b"n" * (40 << 20)))
    pipeline = folder.pipeline("from: in.ndjson\ncolumns: { id: integer, name: text }\nto: { table: p }\n")
    counts(run(pipeline, target, "--memory-limit", "512MiB"), read=1, rejected=1)
    replay(pipeline, target, "--memory-limit", "128MiB").failed("resource", "reject 1 has 419430", "follows from --memory-limit: raise it")
    line = mended(folder, {1: b'{"id": 1, "name": "%s"}' % (b"n" * (40 << 20))})
    replay(pipeline, target, "--memory-limit", "128MiB", "--with", line).failed("resource", "a mended record longer than")


def test_of_mended_bytes_only_the_first_are_kept(folder, target):
    folder.write("in.ndjson", b'{"id": "x"}\n')
    pipeline = folder.pipeline("from: in.ndjson\ncolumns: { id: integer, name: text }\nto: { table: p }\n")
    run(pipeline, target).ok()
    long = mended(folder, {1: b'{"id": "y", "name": "%s"}' % (b"n" * (3 << 20))})
    counts(replay(pipeline, target, "--with", long, "--memory-limit", "128MiB"), read=1, rejected=1)
    replay(pipeline, target).failed("conflict", "of the mended bytes of reject 2 only the first are kept", "--with FILE")
