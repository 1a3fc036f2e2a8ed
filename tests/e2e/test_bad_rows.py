"""One bad record costs one record, and its address is exact."""
import random
from decimal import Decimal

import pytest

from ingot_program import reconciles, run

SEED = 20_240_601


def addresses(target):
    """(line, column, field, code, raw) of every reject, by address; raw as bytes."""
    rows = target.query('select line, "column", field, code, byte_offset, byte_length, '
                        f"{target.hexadecimal('raw')} from ingot.rejects order by unit, byte_offset")
    return [(line, column, field, code, offset, length, bytes.fromhex(raw))
            for line, column, field, code, offset, length, raw in rows]


class Records:
    """Bytes of a file, record by record, which knows where each begins."""

    def __init__(self, header=b""):
        self.bytes, self.starts, self.lines = header, [], []

    def add(self, record):
        self.starts.append(len(self.bytes))
        self.lines.append(self.bytes.count(b"\n") + 1)
        self.bytes += record


def test_ragged_utf8_and_nul_among_10_000(folder, target):
    """The case that every tool tried failed."""
    bad = {1234: b"1234,too,many,fields,9\n", 5678: b"5678,bad \xff byte,1.00\n", 9876: b"9876,nul \x00 byte,1.00\n"}
    lines = [bad.get(i, b"%d,name %d,%d.25\n" % (i, i, i)) for i in range(10_000)]
    folder.write("in.csv", b"id,name,amount\n" + b"".join(lines))
    pipeline = folder.pipeline("from: in.csv\ncolumns: { id: integer, name: text, amount: 'numeric(10,2)' }\n")
    done = run(pipeline, target).ok()
    assert done.counts == {"read": 10_000, "inserted": 9_997, "updated": 0, "unchanged": 0, "filtered": 0,
                           "duplicate": 0, "rejected": 3}
    assert target.count("p") == 9_997
    assert target.value("select count(distinct id) from p where id not in (1234, 5678, 9876)") == 9_997
    assert Decimal(target.value("select sum(amount) from p")) == sum(
        Decimal(i) + Decimal("0.25") for i in range(10_000) if i not in bad)
    found = addresses(target)
    assert [(line, code) for line, _, _, code, *_ in found] == [
        (1236, "ragged"), (5680, "bad_utf8"), (9878, "nul_byte")]
    assert [raw.rstrip(b"\n") for *_, raw in found] == [bad[i].rstrip(b"\n") for i in sorted(bad)]
    said = run(pipeline, target, "--set", "from.new=all", "--set", "to.table=again", "--create").ok().json
    assert {(r["code"], r["line"]) for r in said["rejects"]} == {("ragged", 1236), ("bad_utf8", 5680), ("nul_byte", 9878)}
    target.books_reconcile()


# Kind of fault → (the bad record's bytes, code, field, column within its line, line within the record).
CSV_FAULTS = {
    "too_few_fields": (b"%d,only two\n", "ragged", None, None, 0),
    "too_many_fields": (b"%d,x,1.00,2024-01-01,extra\n", "ragged", None, None, 0),
    "type_number": (b"%d,x,12;5O,2024-01-01\n", "not_a_number", "amount", b"12;5O", 0),
    "type_rounding": (b"%d,x,1.999,2024-01-01\n", "not_exact", "amount", b"1.999", 0),
    "type_range": (b"%d,x,123456789.00,2024-01-01\n", "out_of_range", "amount", b"123456789", 0),
    "type_date": (b"%d,x,1.00,2023-02-29\n", "out_of_range", "day", b"2023-02-29", 0),
    "length": (b"%d,elevenchars,1.00,2024-01-01\n", "too_long", "name", b"elevenchars", 0),
    "encoding": (b"%d,a\xc3(b,1.00,2024-01-01\n", "bad_utf8", None, b"\xc3(b", 0),
    "nul": (b"%d,a\x00b,1.00,2024-01-01\n", "nul_byte", None, b"\x00b", 0),
    "quoting": (b'%d,"a"b,1.00,2024-01-01\n', "bad_quoting", None, None, 0),
    "second_line": (b'%d,"a\nb",nope,2024-01-01\n', "not_a_number", "amount", b"nope", 1),
    "missing": (b"%d,x,,2024-01-01\n", "missing", "amount", None, 0),
}


@pytest.mark.parametrize("kind", CSV_FAULTS)
def test_one_bad_csv_record_at_random_places(folder, duckdb, kind):
    record, code, field, at, line_within = CSV_FAULTS[kind]
    dice = random.Random(f"{SEED}{kind}")
    count, bad = 3_000, sorted(dice.sample(range(3_000), 3) + [0, 2_999])
    file = Records(b"id,name,amount,day\r\n" if kind == "length" else b"id,name,amount,day\n")
    for i in range(count):
        good = (b'%d,"line\nbreak",%d.50,2024-01-%02d\n' if i % 5 == 0 else b"%d,n,%d.50,2024-01-%02d\n") % (
            i, i, 1 + i % 28)
        file.add(record % i if i in bad else good)
    folder.write("in.csv", file.bytes)
    pipeline = folder.pipeline(
        "from: in.csv\ncolumns: { id: integer required, name: varchar(10), amount: 'numeric(8,2) required', day: date }\n")
    done = run(pipeline, duckdb).ok()
    assert reconciles(done.counts) and done.counts["rejected"] == len(set(bad))
    assert [r[0] for r in duckdb.query("select id from p order by id")] == [i for i in range(count) if i not in bad]
    found = addresses(duckdb)
    assert len(found) == len(set(bad))
    for i, (line, column, its_field, its_code, offset, length, raw) in zip(sorted(set(bad)), found):
        expected = record % i
        assert its_code == code
        assert offset == file.starts[i]
        assert length in (len(expected), len(expected) - 1)  # with or without its line end
        assert raw.rstrip(b"\n") == expected.rstrip(b"\n")
        assert line == file.lines[i] + line_within
        if field is not None:
            assert its_field == field
        if at is not None:
            line_start = expected.rfind(b"\n", 0, expected.index(at)) + 1
            assert column == expected.index(at) - line_start + 1


JSON_FAULTS = {
    "not_json": (b'{"id": %d, "name": }', "bad_json", None),
    "type": (b'{"id": %d, "name": "x", "amount": "1,5"}', "not_a_number", "amount"),
    "rounding": (b'{"id": %d, "name": "x", "amount": 1.005}', "not_exact", "amount"),
    "range": (b'{"id": %d, "name": "x", "amount": 1e300}', "out_of_range", "amount"),
    "shape": (b'{"id": %d, "name": "x", "amount": [1]}', "wrong_shape", "amount"),
    "length": (b'{"id": %d, "name": "elevenchars", "amount": 1}', "too_long", "name"),
    "encoding": (b'{"id": %d, "name": "a\xc3(", "amount": 1}', "bad_utf8", None),
    "nul": (b'{"id": %d, "name": "a\\u0000b", "amount": 1}', "nul_byte", "name"),
    "surrogate": (b'{"id": %d, "name": "a\\ud800b", "amount": 1}', "lone_surrogate", None),
    "twice": (b'{"id": %d, "name": "x", "name": "y", "amount": 1}', "duplicate_key", None),
    "array": (b"[%d]", "not_an_object", None),
    "missing": (b'{"id": %d, "name": "x"}', "missing", "amount"),
}


@pytest.mark.parametrize("kind", JSON_FAULTS)
def test_one_bad_ndjson_record_at_random_places(folder, duckdb, kind):
    record, code, field = JSON_FAULTS[kind]
    dice = random.Random(f"{SEED}{kind}")
    count, bad = 2_000, sorted(set(dice.sample(range(2_000), 3) + [0, 1_999]))
    file = Records()
    for i in range(count):
        file.add((record % i if i in bad else b'{"id": %d, "name": "n\\n", "amount": %d.5}' % (i, i)) + b"\n")
    folder.write("in.ndjson", file.bytes)
    pipeline = folder.pipeline(
        "from: in.ndjson\ncolumns: { id: integer, name: varchar(10), amount: 'numeric(8,2) required' }\n")
    done = run(pipeline, duckdb).ok()
    assert reconciles(done.counts) and done.counts["rejected"] == len(bad)
    assert [r[0] for r in duckdb.query("select id from p order by id")] == [i for i in range(count) if i not in bad]
    for i, (line, _, its_field, its_code, offset, length, raw) in zip(bad, addresses(duckdb), strict=True):
        expected = record % i
        assert (its_code, line, offset) == (code, i + 1, file.starts[i])
        assert raw.rstrip(b"\n") == expected and length in (len(expected), len(expected) + 1)
        if field is not None:
            assert its_field == field


CONSTRAINTS = {
    "check": ("create table p (id integer, v integer, constraint small check (v < 1000))", b"%d,5000\n", "small"),
    "not_null": ("create table p (id integer, v integer not null)", b"%d,\n", None),
    "unique": ("create table p (id integer, v integer, constraint once unique (v))", b"%d,500\n", "once"),
    "foreign_key": ("create table parent (v integer primary key); insert into parent select * from generate_series(0, 999);"
                    "create table p (id integer, v integer, constraint known foreign key (v) references parent (v))",
                    b"%d,5000\n", "known"),
    "deferred_foreign_key": (
        "create table parent (v integer primary key); insert into parent select * from generate_series(0, 999);"
        "create table p (id integer, v integer, constraint known foreign key (v) references parent (v) "
        "deferrable initially deferred)", b"%d,5000\n", "known"),
}


@pytest.mark.parametrize("mode", ["append", "upsert"])
@pytest.mark.parametrize("target_kind, kind", [(target, kind) for target in ("duckdb", "postgres") for kind in CONSTRAINTS
                                               if (target, kind) != ("duckdb", "deferred_foreign_key")])
def test_rows_that_a_constraint_refuses(folder, fresh, target_kind, kind, mode):
    ddl, record, constraint = CONSTRAINTS[kind]
    if target_kind == "duckdb":
        ddl = ddl.replace("constraint small ", "").replace("constraint once ", "").replace("constraint known ", "")
        constraint = None  # DuckDB does not keep their names
    target = fresh(target_kind)
    if mode == "upsert":
        ddl = ddl.replace("p (id integer,", "p (id integer primary key,")
    target.execute(ddl)
    dice = random.Random(f"{SEED}{kind}{mode}")
    count = 1_000
    bad = sorted(dice.sample(range(501, count), 4))
    file = Records(b"id,v\n")
    for i in range(count):
        file.add(record % i if i in bad else b"%d,%d\n" % (i, i))
    folder.write("in.csv", file.bytes)
    to = "mode: append" if mode == "append" else "mode: upsert, key: id"
    pipeline = folder.pipeline(f"from: in.csv\ncolumns: {{ id: integer, v: integer }}\nto: {{ table: p, {to} }}\n")
    done = run(pipeline, target).ok()
    assert reconciles(done.counts) and done.counts["rejected"] == 4
    assert [r[0] for r in target.query("select id from p order by id")] == [i for i in range(count) if i not in bad]
    found = target.query('select line, code, byte_offset, byte_length, detail, "table", '
                         f"{target.hexadecimal('raw')} from ingot.rejects order by byte_offset")
    for i, (line, code, offset, length, detail, table, raw) in zip(bad, found, strict=True):
        assert (line, offset) == (file.lines[i], file.starts[i])
        assert bytes.fromhex(raw).rstrip(b"\n") == (record % i).rstrip(b"\n")
        assert length in (len(record % i), len(record % i) - 1)
        assert code in (("constraint", "missing") if kind == "not_null" else ("constraint",))
        assert table.split(".")[-1] == "p"
        if constraint:
            assert constraint in detail
    target.books_reconcile()


def test_unique_keeps_the_first_in_order_of_records(folder, target):
    """As if rows were applied one after the other: a later row that collides is the one refused."""
    target.execute("create table p (id integer, v integer unique)")
    folder.write("1.csv", "id,v\n1,10\n2,20\n3,10\n")
    folder.write("2.csv", "id,v\n4,20\n5,30\n6,30\n")
    pipeline = folder.pipeline("from: '*.csv'\ncolumns: { id: integer, v: integer }\n")
    run(pipeline, target).ok()
    assert target.query("select id, v from p order by id") == [(1, 10), (2, 20), (5, 30)]
    assert target.query("select unit_name, line from ingot.rejects order by unit, byte_offset") == [
        ("1.csv", 4), ("2.csv", 2), ("2.csv", 4)]


def test_too_many_rejects_fail_the_file_alone(folder, target):
    folder.write("1.csv", "id\n" + "\n".join(map(str, range(100))) + "\n")
    folder.write("2.csv", "id\n" + "x\n" * 11 + "\n".join(map(str, range(100, 189))) + "\n")
    folder.write("3.csv", "id\n" + "x\n" * 10 + "\n".join(map(str, range(200, 290))) + "\n")
    pipeline = folder.pipeline("from: '*.csv'\ncolumns: { id: integer }\n")
    done = run(pipeline, target).failed("too_many_rejects", "2.csv")
    assert done.json["state"] == "failed"
    assert [f["unit"] for f in done.json["failed"]] == ["2.csv"]
    assert target.query("select count(*), max(id) from p") == [(190, 289)]
    assert target.query("select distinct unit_name from ingot.rejects") == [("3.csv",)]
    folder.write("2.csv", "id\n" + "\n".join(map(str, range(100, 189))) + "\n")
    assert run(pipeline, target).ok().counts["inserted"] == 89
    assert target.count("p") == 279


@pytest.mark.parametrize("limit, fails", [("0", True), ("3", False), ("2", True), ("0%", True), ("10%", False)])
def test_limits_of_rejects(folder, duckdb, limit, fails):
    folder.write("1.csv", "id\nx\ny\nz\n" + "\n".join(map(str, range(97))) + "\n")
    pipeline = folder.pipeline(f"from: 1.csv\nmax_rejects: {limit}\ncolumns: {{ id: integer }}\n")
    done = run(pipeline, duckdb)
    if fails:
        done.failed("too_many_rejects")
        # Nothing was committed, so that there is no table either: a mended pipeline finds nothing in its way.
        assert not duckdb.has_table("p")
        assert duckdb.count("ingot.rejects") == 0 and duckdb.count("ingot.units") == 0
    else:
        assert done.ok().counts["rejected"] == 3


def test_strict_loads_and_fails(folder, target):
    folder.write("1.csv", "id\nx\n1\n")
    pipeline = folder.pipeline("from: 1.csv\ncolumns: { id: integer }\n")
    run(pipeline, target, "--strict").failed("rejects_refused")
    assert target.query("select id from p") == [(1,)]


def test_structural_faults_fail_the_unit(folder, target):
    """Truncated gzip, unclosed quote: not one bad record but a broken file; in append mode the others load."""
    import gzip

    whole = gzip.compress(b"id,t\n" + b"".join(b"%d,x\n" % i for i in range(50_000)))
    folder.write("1.csv", "id,t\n1,a\n")
    folder.write("2.csv.gz", whole[: len(whole) // 2])
    folder.write("3.csv", 'id,t\n3,"open\n4,a\n')
    folder.write("4.csv", "id,t\n5,a\n")
    pipeline = folder.pipeline("from: ['*.csv', '*.csv.gz']\ncolumns: { id: integer, t: text }\n")
    done = run(pipeline, target).failed("source_unreadable")
    assert {f["unit"] for f in done.json["failed"]} == {"2.csv.gz", "3.csv"}
    assert target.query("select id from p order by id") == [(1,), (5,)]
    assert target.count("ingot.units") == 2 and target.count("ingot.rejects") == 0
    folder.write("2.csv.gz", whole)
    folder.write("3.csv", 'id,t\n3,"open\n4,a"\n')
    assert run(pipeline, target).ok().counts["inserted"] == 50_001


def test_keyed_modes_stop_at_the_first_failed_unit(folder, target):
    """Else the rerun's older rows would overwrite newer ones."""
    folder.write("1.csv", "id,t\n1,one\n")
    folder.write("2.csv", 'id,t\n1,"two\n')
    folder.write("3.csv", "id,t\n1,three\n")
    pipeline = folder.pipeline("from: '*.csv'\ncolumns: { id: integer, t: text }\nto: { mode: upsert, key: id }\n")
    run(pipeline, target).failed("source_unreadable", "2.csv")
    assert target.query("select * from p") == [(1, "one")]
    folder.write("2.csv", 'id,t\n1,"two"\n')
    run(pipeline, target).ok()
    assert target.query("select * from p") == [(1, "three")]
