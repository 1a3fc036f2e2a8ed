"""Avro object containers, written by fastavro where it is installed, and by a few lines of our own."""
import bz2
import datetime
import decimal
import io
import json
import lzma
import struct
import uuid
import zlib

import pytest

from ingot_program import ingot, run
from targets import DuckDbTarget

SYNC = bytes(range(16))
CODECS = {
    "null": lambda data: data,
    "deflate": lambda data: (lambda c: c.compress(data) + c.flush())(zlib.compressobj(wbits=-15)),
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    # One literal: what a snappy compressor may write, too.
    "snappy": lambda data: varint(len(data)) + b"\xf0" + bytes([len(data) - 1]) + data + struct.pack(">I", zlib.crc32(data)),
}


def varint(number):
    out = b""
    while number > 127:
        out, number = out + bytes([number & 127 | 128]), number >> 7
    return out + bytes([number])


def long(number):
    return varint(((number << 1) ^ (number >> 63)) & (1 << 64) - 1)


def text(value):
    data = value.encode() if isinstance(value, str) else value
    return long(len(data)) + data


def container(fields, records, codec="null", per_block=3, named=None):
    schema = json.dumps({"type": "record", "name": "r", "fields": [{"name": name, "type": kind} for name, kind in fields]})
    out = b"Obj\x01" + long(2) + text("avro.schema") + text(schema) + text("avro.codec") + text(named or codec) + long(0) + SYNC
    for at in range(0, len(records), per_block):
        block = records[at:at + per_block]
        data = CODECS[codec](b"".join(block))
        out += long(len(block)) + long(len(data)) + data + SYNC
    return out


class Folder:
    def __init__(self, path):
        self.path, self.target = path, DuckDbTarget(path / "t.duckdb")

    def load(self, columns, more=""):
        (self.path / "p.yaml").write_text(f"from: '*.avro'\ncolumns: {columns}\nto: {{ table: t }}\n{more}")
        return run(self.path / "p.yaml", self.target)

    def rows(self, columns="*"):
        return self.target.query(f"select {columns} from t order by 1")


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path)


SIMPLE = [("id", "long"), ("t", ["null", "string"])]


@pytest.mark.parametrize("codec", CODECS)
def test_codecs(folder, codec):
    records = [long(i) + (long(0) if i % 3 == 0 else long(1) + text(f"é{i}")) for i in range(10)]
    (folder.path / "a.avro").write_bytes(container(SIMPLE, records, codec))
    assert folder.load("{ id: bigint, t: text }").ok().counts["inserted"] == 10
    assert folder.rows() == [(i, None if i % 3 == 0 else f"é{i}") for i in range(10)]


def test_types(folder):
    fields = [
        ("id", "int"), ("d", {"type": "bytes", "logicalType": "decimal", "precision": 20, "scale": 2}), ("day", {"type": "int", "logicalType": "date"}),
        ("ms", {"type": "long", "logicalType": "timestamp-millis"}), ("us", {"type": "long", "logicalType": "local-timestamp-micros"}),
        ("tm", {"type": "int", "logicalType": "time-millis"}), ("e", {"type": "enum", "name": "e", "symbols": ["A", "B"]}),
        ("f", {"type": "fixed", "name": "f", "size": 2}), ("a", {"type": "array", "items": "int"}), ("m", {"type": "map", "values": "string"}),
        ("r", {"type": "record", "name": "s.in", "fields": [{"name": "x", "type": "float"}, {"name": "again", "type": ["null", "s.in"]}]}),
        ("o", "boolean"), ("x", "double"), ("b", "bytes"), ("du", {"type": "fixed", "name": "du", "size": 12, "logicalType": "duration"}),
        ("u", {"type": "string", "logicalType": "uuid"})]
    record = (long(-5) + text((-123456).to_bytes(3, "big", signed=True)) + long(19723) + long(1704067200123) + long(-1) + long(45296789) + long(1) + b"\x0a\xff"
              + long(-2) + long(2) + long(7) + long(-8) + long(1) + long(9) + long(0) + long(1) + text("k\"") + text("v") + long(0)
              + struct.pack("<f", 0.1) + long(1) + struct.pack("<f", 2) + long(0) + b"\x01" + struct.pack("<d", 1e-7) + text(b"\x00\x01")
              + struct.pack("<III", 14, 3, 1500) + text("12345678-1234-1234-1234-123456789abc"))
    (folder.path / "a.avro").write_bytes(container(fields, [record]))
    done = ingot("load", folder.path / "a.avro", folder.target.url, "--table", "t", cwd=folder.path)
    assert done.code == 0, done.text()
    assert folder.rows("id, d, day, ms, us, tm, e, f, a, m, r, o, x, b, du") == [
        (-5, "-1234.56", "2024-01-01", "2024-01-01 00:00:00.123+00", "1969-12-31 23:59:59.999999", "12:34:56.789", "B", "0aff", "[7, -8, 9]", '{"k\\"":"v"}',
         '{"x":0.1,"again":{"x":2,"again":null}}', True, 1e-7, "0001", "1 year 2 months 3 days 00:00:01.5")]
    assert folder.target.query("select data_type from duckdb_columns() where table_name = 't' and schema_name = 'main' and column_name in ('id', 'd', 'ms', 'a', 'e') order by column_index") == [
        ("INTEGER",), ("DECIMAL(20,2)",), ("TIMESTAMP WITH TIME ZONE",), ("VARCHAR",), ("INTEGER[]",)]


def test_rejects_and_missing_columns(folder):
    (folder.path / "a.avro").write_bytes(container(SIMPLE, [long(1) + long(1) + text(b"\xff"), long(2) + long(1) + text("abc"), long(3) + long(1) + text("a")]))
    assert folder.load("{ id: bigint, t: varchar(2) }").ok().counts["rejected"] == 2
    assert folder.target.query("select line, code, field from ingot.rejects order by 1") == [(1, "bad_utf8", ""), (2, "too_long", "t")]
    folder.target.reset()
    folder.load("{ id: bigint, tt: text }").failed("source_unreadable", "the file lacks a column: tt")


def test_every_truncation_and_other_damage(folder):
    whole = container(SIMPLE, [long(i) + long(1) + text("abc") for i in range(4)])
    ends = [at + 16 for at in range(len(whole)) if whole[at:].startswith(SYNC)]
    for size in range(0, len(whole)):
        if size not in ends:
            (folder.path / f"{size}.avro").write_bytes(whole[:size])
    (folder.path / "codec.avro").write_bytes(container(SIMPLE, [], named="lz77"))
    (folder.path / "sync.avro").write_bytes(whole[:-1] + b"x")
    (folder.path / "branch.avro").write_bytes(container(SIMPLE, [long(1) + long(2)]))
    (folder.path / "more.avro").write_bytes(container(SIMPLE, [long(1) + long(0) + b"x"]))
    (folder.path / "crc.avro").write_bytes(container(SIMPLE, [long(1) + long(0)], "snappy").replace(b"\x02\x00", b"\x04\x00"))
    (folder.path / "bomb.avro").write_bytes(container([("id", "long"), ("n", {"type": "array", "items": "null"})], [long(1) + long(1 << 60) + long(0)]))
    done = folder.load("{ id: bigint }").failed("source_unreadable")
    failed = {unit["unit"]: unit["error"]["message"] for unit in done.json["failed"]}
    assert set(failed) == {file.name for file in folder.path.glob("*.avro")} and done.counts["read"] == 0
    assert "codec is not supported: lz77" in failed["codec.avro"] and "mark" in failed["sync.avro"] and "branch" in failed["branch.avro"]
    assert "more bytes than records" in failed["more.avro"] and "CRC32" in failed["crc.avro"] and "too many values" in failed["bomb.avro"]


def test_of_fastavro(folder):
    fastavro = pytest.importorskip("fastavro")
    schema = {"type": "record", "name": "r", "namespace": "n.s", "fields": [
        {"name": "id", "type": "long"}, {"name": "p", "type": ["null", {"type": "bytes", "logicalType": "decimal", "precision": 12, "scale": 3}]},
        {"name": "seen", "type": {"type": "long", "logicalType": "timestamp-micros"}}, {"name": "u", "type": {"type": "string", "logicalType": "uuid"}},
        {"name": "k", "type": {"type": "enum", "name": "k", "symbols": ["X", "Y"]}}]}
    start = datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone.utc)
    records = [{"id": i, "p": None if i % 5 == 0 else decimal.Decimal(i) / 8, "seen": start + datetime.timedelta(microseconds=i), "u": str(uuid.UUID(int=i)), "k": "XY"[i % 2]} for i in range(3000)]
    for codec in ("null", "deflate", "bzip2", "xz"):
        out = io.BytesIO()
        fastavro.writer(out, schema, records, codec=codec)
        (folder.path / f"{codec}.avro").write_bytes(out.getvalue())
    assert folder.load("{ id: bigint, p: \"numeric(12,3)\", seen: timestamptz, u: uuid, k: text }").ok().counts["inserted"] == 12_000
    assert folder.rows("count(distinct (id, p, seen, u, k)), sum(p), max(seen)") == [(3000, str(4 * sum(r["p"] or 0 for r in records)), "2024-01-01 00:00:00.002999+00")]
