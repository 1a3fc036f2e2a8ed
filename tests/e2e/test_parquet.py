"""Parquet, as DuckDB and (where it is installed) pyarrow write it."""
import datetime
import decimal
import zipfile

import pytest

from ingot_program import ingot, run
from targets import DuckDbTarget

COLUMNS = """
columns:
  id: bigint required
  small: smallint
  price: numeric(10,2)
  ratio: double precision
  name: text
  day: date
  seen: timestamp
  z: timestamptz
  raw: bytea
  u: uuid
  tags: text[]
  city: { type: text, from: place.city }
  zip: { type: integer, from: place.zip }
  all_of_it: { type: json, from: place }
"""
ROWS = """
select i::bigint as id, (i % 100)::smallint as small, (i / 4.0)::decimal(10,2) as price, i / 8.0::double as ratio,
  'n"' || i as name, date '2024-01-01' + (i % 300)::int as day, timestamp '2024-01-01 10:00:00.5' + interval (i) second as seen,
  timestamptz '2024-01-01 10:00:00+02' as z, 'x'::blob as raw, '12345678-1234-1234-1234-123456789abc'::uuid as u,
  ['a', null, 'b' || i] as tags, {'city': 'Bern', 'zip': case when i % 2 = 0 then i end} as place
from range(ROWS) t(i)
"""


class Folder:
    def __init__(self, path):
        self.path, self.target, self.maker = path, DuckDbTarget(path / "t.duckdb"), DuckDbTarget(path / "maker.duckdb")

    def write(self, name, select, options=""):
        self.maker.execute(f"set timezone = 'UTC'; copy ({select}) to '{self.path / name}' (format parquet{options})")
        return self.path / name

    def pipeline(self, source, columns=COLUMNS, more=""):
        (self.path / "p.yaml").write_text(f"from: {source}\n{columns}to: {{ table: t }}\n{more}")

    def run(self, *args):
        return run(self.path / "p.yaml", self.target, *args)


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path)


@pytest.mark.parametrize("options", ["", ", compression zstd, row_group_size 2048", ", compression uncompressed", ", compression gzip, parquet_version v2"])
def test_types_are_exact(folder, options):
    rows = 9_000
    folder.write("a.parquet", ROWS.replace("ROWS", str(rows)), options)
    folder.pipeline("a.parquet")
    assert folder.run().ok().counts["inserted"] == rows
    theirs = f"(select *, place.city as city, place.zip as zip from read_parquet('{folder.path / 'a.parquet'}'))"
    columns = "id, small, price, ratio, name, day, seen, z, raw, u, tags"
    assert folder.target.value(f"select count(*) from (select {columns}, city, zip from t except all select {columns}, city, zip from {theirs})") == 0
    assert folder.target.query("select all_of_it, zip from t where id = 3") == [('{"city":"Bern","zip":null}', None)]
    assert folder.target.value("select count(*) from ingot.units") == 1
    assert folder.run().ok().counts["read"] == 0


def test_decimals_without_digits_before_the_point(folder):
    """DuckDB writes no zero there, and JSON wants one."""
    folder.write("a.parquet", "select * from (values (0.25::decimal(2,2), -0.00000000000000000000000000000000000001::decimal(38,38)), (0, 0), (-0.5, null)) v(a, b)")
    folder.pipeline("a.parquet", "columns: { a: 'numeric(2,2)', b: 'numeric(38,38)' }\n")
    assert folder.run().ok().counts["inserted"] == 3
    assert folder.target.value(f"select count(*) from (from t except all from read_parquet('{folder.path / 'a.parquet'}'))") == 0


def test_rejects_have_addresses(folder):
    folder.write("a.parquet", "select i as id, case when i = 7 then 1.005 else i end::decimal(10,3) as price from range(20) t(i)")
    folder.pipeline("{ path: a.parquet, format: parquet }", "columns: { id: bigint, price: \"numeric(10,2)\" }\n")
    assert folder.run().ok().counts["rejected"] == 1
    assert folder.target.query("select unit_name, line, field, code, decode(raw) from ingot.rejects") == [
        ("a.parquet", 8, "price", "not_exact", '{"id":7,"price":1.005}')]
    # Mended, it is loaded.
    (folder.path / "m.ndjson").write_text('{"id": 1, "raw": "{\\"id\\":7,\\"price\\":1.01}"}\n')
    done = ingot("rejects", "replay", folder.path / "p.yaml", "--set", f"to.connection={folder.target.url}", "--with", folder.path / "m.ndjson")
    assert done.code == 0, done.text()
    assert folder.target.value("select price from t where id = 7") == "1.01"


def test_what_does_not_fit(folder):
    folder.write("a.parquet", "select 'x' as name, {'b': 1} as s")
    folder.pipeline("a.parquet", "columns: { nam: text }\n")
    folder.run().failed("source_unreadable", "the file lacks a column: nam", "did you mean name", "a.parquet")
    folder.pipeline("a.parquet", "columns: { x: { type: integer, from: s.c } }\n")
    folder.run().failed("source_unreadable", "the file lacks a column: s.c")
    folder.pipeline("{ path: a.parquet, delimiter: ',' }", "columns: { name: text }\n")
    folder.run().failed("invalid_pipeline", 'no effect with format parquet: "delimiter"')
    folder.pipeline("a.parquet", "columns: { name: text }\n", "drift: fail\n")
    folder.run().failed("source_unreadable", "s")


def test_damage_costs_the_file(folder):
    whole = folder.write("whole.parquet", "select range as id from range(3000)").read_bytes()
    (folder.path / "cut.parquet").write_bytes(whole[:-9])
    (folder.path / "half.parquet").write_bytes(whole[: len(whole) // 2] + whole[-200:])
    (folder.path / "text.parquet").write_bytes(b"id\n1\n")
    (folder.path / "empty.parquet").write_bytes(b"")
    folder.pipeline("'*.parquet'", "columns: { id: bigint }\n")
    done = folder.run().failed("source_unreadable", "cannot read Parquet file")
    assert {unit["unit"] for unit in done.json["failed"]} == {"cut.parquet", "half.parquet", "text.parquet", "empty.parquet"}
    assert done.counts["inserted"] == 3000


def test_compressed_archived_and_overwritten(folder):
    whole = folder.write("a.parquet", "select range as id from range(10)").read_bytes()
    with zipfile.ZipFile(folder.path / "z.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x/a.parquet", whole)
    folder.pipeline('["z.zip!/**/*.parquet", a.parquet]', "columns: { id: bigint }\n")
    assert folder.run().ok().counts["inserted"] == 20
    folder.write("a.parquet", "select range as id from range(11)")
    folder.run().failed("conflict", "a.parquet")


def test_upsert_and_routing_and_expressions(folder):
    folder.write("a.parquet", "select range % 10 as id, range as v, {'t': range % 2} as s from range(100)")
    folder.pipeline("a.parquet", "columns: { id: bigint required, v: bigint, w: { type: bigint, value: v * 2 }, t: { type: text, value: s.t } }\nwhere: v > 4\n")
    (folder.path / "p.yaml").write_text((folder.path / "p.yaml").read_text().replace("{ table: t }", "{ table: t, mode: upsert, key: id }"))
    counts = folder.run().ok().counts
    assert (counts["inserted"], counts["duplicate"], counts["filtered"]) == (10, 85, 5)
    assert folder.target.query("select v, w, t from t where id = 3") == [(93, 186, "1")]


def test_inferred_types(folder):
    folder.write("a.parquet", "select 1::smallint as s, 2::integer as i, 1.5::decimal(9,3) as d, 2.0::double as f, date '2024-01-01' as day, 'a' as t, [1, 2] as l, {'a': 1} as o, null::integer as n")
    done = ingot("load", folder.path / "a.parquet", folder.target.url, "--table", "t", cwd=folder.path)
    assert done.code == 0, done.text()
    assert folder.target.query("select column_name, data_type from duckdb_columns() where table_name = 't' and schema_name = 'main' order by column_index") == [
        ("s", "SMALLINT"), ("i", "INTEGER"), ("d", "DECIMAL(9,3)"), ("f", "DOUBLE"), ("day", "DATE"), ("t", "VARCHAR"), ("l", "INTEGER[]"), ("o", "JSON"), ("n", "INTEGER")]


def patch_footer(file, *changes):
    """Makes types that DuckDB does not write."""
    whole = file.read_bytes()
    footer = whole[-8 - int.from_bytes(whole[-8:-4], "little"):]
    head = whole[: len(whole) - len(footer)]
    for old, new in changes:
        assert old in footer and len(old) == len(new)
        footer = footer.replace(old, new)
    file.write_bytes(head + footer)


@pytest.mark.parametrize("select, changes, said", [
    ("timestamp_ns '2024-01-01 10:00:00.123456789'", [(b"\x12\x1c\x3c", b"\x11\x1c\x3c")], "column odd is of a type that is not read exactly: TIMESTAMP(NANOS, UTC)"),
    ("{'at': [timestamp_ns '2024-01-01 10:00:00.123456789']}", [(b"\x12\x1c\x3c", b"\x11\x1c\x3c")], "TIMESTAMP(NANOS, UTC)"),
    ("time '10:00:00'", [(b"\x12\x1c\x2c", b"\x12\x1c\x3c")], "TIME(NANOS)"),
    ("1.25::decimal(38,2)", [(b"\x15\x4c", b"\x15\x50")], "DECIMAL of more than 38 digits"),
    ("'10:00:00+02'::timetz", [], "column odd is of a type that is not supported"),
])
def test_what_is_not_exact_is_not_taken(folder, select, changes, said):
    file = folder.write("a.parquet", f"select 1 as id, {select} as odd, 'x' as ingot_row, [1] as last")
    patch_footer(file, *changes)
    for columns, more in (("id: bigint, odd: text", ""), ("id: bigint", "drift: rescue\n")):
        folder.pipeline("a.parquet", f"columns: {{ {columns} }}\n", more)
        folder.run().failed("source_unreadable", said, "a.parquet")
    assert ingot("load", file, folder.target.url, "--table", "u", cwd=folder.path).code != 0
    # Where no column takes it, the rest is loaded.
    folder.pipeline("a.parquet", "columns: { id: bigint, ingot_row: text, last: \"bigint[]\" }\n")
    assert folder.run().ok().counts["inserted"] == 1
    assert folder.target.query("select id, ingot_row, last::varchar from t") == [(1, "x", "[1]")]


def test_json_is_json(folder):
    folder.write("a.parquet", """select i as id, ['{"a": [1,\n 1e400]}', null, '"s"'][i]::json as j, ['{"a": 1}', null, 'x'][i] as v from range(1, 4) t(i)""")
    folder.pipeline("a.parquet", "columns: { id: bigint, j: json, v: json }\n")
    assert folder.run().ok().counts["inserted"] == 3
    assert folder.target.query("select j->>'$.a[0]', json_type(j), json_type(v) from t order by id") == [("1", "OBJECT", "VARCHAR"), (None, None, None), (None, "VARCHAR", "VARCHAR")]


def test_new_columns_are_optional(folder):
    folder.write("1.parquet", "select 1 as id")
    folder.pipeline("'*.parquet'", "columns: { id: bigint }\n", "drift: add\n")
    folder.run().ok()
    folder.write("2.parquet", "select 2 as id, ['a', 'b'] as \"Tags\"")
    assert [(c["name"], c["type"]) for c in folder.run().ok().json["added"]] == [("tags", "text[]")]
    folder.write("3.parquet", "select 3 as id")
    assert folder.run().ok().counts["inserted"] == 1
    assert folder.target.query("select id, tags::varchar from t order by 1") == [(1, None), (2, "[a, b]"), (3, None)]


def test_new_columns_have_the_types_of_the_file(folder):
    folder.pipeline("'*.parquet'", "columns: { id: bigint }\n", "drift: add\n")
    folder.write("1.parquet", "select 1 as id")
    folder.run().ok()
    folder.write("2.parquet", "select 2 as id, date '2024-01-31' as day, 1.50::decimal(10,2) as price, '12'::varchar as code, {'a': 1} as place, "
                              "timestamptz '2024-01-01 10:00:00+02' as z, 'x'::blob as raw, null::integer as never, '10:00:00+02'::timetz as untold")
    done = folder.run().ok()
    assert [(c["name"], c["type"]) for c in done.json["added"]] == [
        ("day", "date"), ("price", "numeric(10,2)"), ("code", "text"), ("place", "json"), ("z", "timestamptz"), ("raw", "bytea")], done.json["added"]
    assert folder.target.query("select day::varchar, price::varchar, code, place::varchar from t where id = 2") == [("2024-01-31", "1.50", "12", '{"a":1}')]
    assert "untold" in done.text(), done.text()


def test_a_damaged_member_of_a_new_archive(folder):
    folder.write("a.parquet", "select 1 as id")
    def pack(damage, *names):
        with zipfile.ZipFile(folder.path / "z.zip", "w", zipfile.ZIP_STORED) as archive:
            for name in names:
                archive.writestr(name, (folder.path / "a.parquet").read_bytes())
        whole = (folder.path / "z.zip").read_bytes()
        (folder.path / "z.zip").write_bytes(whole[:60] + b"?" + whole[61:] if damage else whole)
    pack(False, "x.parquet")
    folder.pipeline("{ path: 'z.zip!/**/*.parquet', overwritten: apply }", "columns: { id: bigint }\n")
    folder.run().ok()
    pack(True, "x.parquet", "y.parquet")
    done = folder.run().failed("source_unreadable")
    assert [unit["unit"] for unit in done.json["failed"]] == ["z.zip!/x.parquet"] and done.counts["inserted"] == 1


def test_of_pyarrow(folder):
    pa = pytest.importorskip("pyarrow")
    pq = pytest.importorskip("pyarrow.parquet")
    table = pa.table({
        "id": pa.array(range(5000), pa.int64()),
        "price": pa.array([decimal.Decimal(i) / 4 for i in range(5000)], pa.decimal128(12, 2)),
        "name": pa.array([None if i % 7 == 0 else f"é{i}" for i in range(5000)]).dictionary_encode(),
        "seen": pa.array([datetime.datetime(2024, 1, 1) + datetime.timedelta(seconds=i) for i in range(5000)], pa.timestamp("ns")),
        "tags": pa.array([["a"] * (i % 3) for i in range(5000)]),
    })
    for number, options in enumerate([{}, {"compression": "gzip", "row_group_size": 700}, {"version": "1.0", "use_dictionary": False}]):
        pq.write_table(table, folder.path / f"{number}.parquet", **options)
    folder.pipeline("'*.parquet'", "columns: { id: bigint, price: \"numeric(12,2)\", name: text, seen: timestamp, tags: \"text[]\" }\n")
    assert folder.run().ok().counts["inserted"] == 15_000
    assert folder.target.query("select count(distinct (price, name, seen, tags)), sum(price) from t") == [(5000, "9373125.00")]


def int96_of(moment, nanos=0):
    """Spark's and Impala's: nanoseconds of the day, and the Julian day."""
    of_day = ((moment.hour * 60 + moment.minute) * 60 + moment.second) * 10**9 + moment.microsecond * 1000 + nanos
    return of_day.to_bytes(8, "little") + (moment.toordinal() + 1721425).to_bytes(4, "little")


MOMENTS = [datetime.datetime(*m) for m in (
    (1, 1, 1), (1582, 10, 4, 23, 59, 59, 999999), (1677, 9, 21, 0, 12, 43), (1969, 12, 31, 23, 59, 59, 999999), (1970, 1, 1),
    (2024, 2, 29, 12, 30, 0, 500000), (2262, 4, 11, 23, 47, 17), (2500, 6, 1, 1, 2, 3), (9999, 12, 31, 23, 59, 59, 999999))]


@pytest.mark.parametrize("options", [{}, {"use_dictionary": False, "compression": "zstd"}, {"version": "1.0", "row_group_size": 100, "data_page_version": "2.0"}])
def test_int96(folder, options):
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    moments = (MOMENTS + [None]) * 50
    table = pa.table({"id": pa.array(range(len(moments)), pa.int64()), "seen": pa.array(moments, pa.timestamp("us")),
                      "raw": pa.array([int96_of(m or MOMENTS[0]) for m in moments], pa.binary(12)),
                      "s": pa.array([{"at": m, "n": i} for i, m in enumerate(moments)], pa.struct([("at", pa.timestamp("us")), ("n", pa.int32())])),
                      "l": pa.array([[m, None] for m in moments], pa.list_(pa.timestamp("us")))})
    pq.write_table(table, folder.path / "a.parquet", use_deprecated_int96_timestamps=True, **options)
    assert "int96" in str(pq.ParquetFile(folder.path / "a.parquet").schema)
    folder.pipeline("a.parquet", 'columns: { id: bigint, seen: timestamp, raw: bytea, at: { type: timestamp, from: s.at }, n: { type: integer, from: s.n }, l: "timestamp[]" }\n')
    assert folder.run("--strict").ok().counts["inserted"] == len(moments)
    shown = [None if m is None else f"{m.year:04}-{m:%m-%d %H:%M:%S}" + (f".{m.microsecond:06}".rstrip("0") if m.microsecond else "") for m in moments]
    assert folder.target.query("select seen::varchar, \"at\"::varchar, l[1]::varchar, n::varchar from t order by id") == [(m, m, m, str(i)) for i, m in enumerate(shown)]
    done = ingot("load", folder.path / "a.parquet", folder.target.url, "--table", "u", cwd=folder.path).ok()
    assert "seen: timestamp" in done.out, done.out
    # Nothing but the bytes of the file says what a row is: the file's hash is known.
    assert folder.run().ok().json["known"] == 1


def test_int96_that_no_timestamp_holds(folder):
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    moment = datetime.datetime(2024, 1, 1, 10)
    nanos = pa.array([0, 1_000, 1, 999, None], pa.int64())
    base = int((moment - datetime.datetime(1970, 1, 1)).total_seconds()) * 10**9
    table = pa.table({"id": [0, 1, 2, 3, 4], "seen": pa.array([None if n.as_py() is None else base + n.as_py() for n in nanos], pa.timestamp("ns"))})
    pq.write_table(table, folder.path / "a.parquet", use_deprecated_int96_timestamps=True, use_dictionary=False, compression="none")
    folder.pipeline("a.parquet", "columns: { id: bigint, seen: timestamp }\n")
    done = folder.run().ok()
    assert (done.counts["inserted"], done.counts["rejected"]) == (3, 2)
    assert folder.target.query("select line, code, detail, decode(raw) from ingot.rejects order by line") == [
        (3, "not_exact", "2024-01-01 10:00:00.000000001", '{"id":2,"seen":"2024-01-01 10:00:00.000000001"}'),
        (4, "not_exact", "2024-01-01 10:00:00.000000999", '{"id":3,"seen":"2024-01-01 10:00:00.000000999"}')]
    assert folder.target.query("select id, seen::varchar from t order by id") == [(0, "2024-01-01 10:00:00"), (1, "2024-01-01 10:00:00.000001"), (4, None)]
    # As texts they are all there. A day that has no such time stands as its bytes.
    whole = (folder.path / "a.parquet").read_bytes()
    at = whole.index(int96_of(moment, 999))
    (folder.path / "b.parquet").write_bytes(whole[:at] + b"\xff" * 7 + b"\x7f" + whole[at + 8:])
    folder.pipeline("b.parquet", "columns: { id: bigint, seen: timestamp, same: { type: text, from: seen } }\n")
    (folder.path / "p.yaml").write_text((folder.path / "p.yaml").read_text().replace("table: t", "table: v"))
    assert folder.run("--create").ok().counts["rejected"] == 2
    assert folder.target.value("select detail from ingot.rejects where unit_name = 'b.parquet' and line = 4") == "INT96 ffffffffffffff7f" + whole[at + 8:at + 12].hex()


def test_int96_in_a_damaged_file(folder):
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    table = pa.table({"seen": pa.array(MOMENTS, pa.timestamp("us"))})
    pq.write_table(table, folder.path / "a.parquet", use_deprecated_int96_timestamps=True)
    whole = (folder.path / "a.parquet").read_bytes()
    folder.pipeline("a.parquet", "columns: { seen: timestamp }\n")
    (folder.path / "a.parquet").write_bytes(whole[:-4] + b"PARX")
    folder.run().failed("source_unreadable", "cannot read Parquet file")
    (folder.path / "a.parquet").write_bytes(whole[:len(whole) // 2] + whole[len(whole) // 2 + 1:])
    done = folder.run()
    assert done.code != 0 or done.counts["rejected"] > 0, done.text()
