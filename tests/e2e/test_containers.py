"""Compressed files, as Python's own modules write them; the kind is told by the first bytes, whatever the name."""
import bz2
import gzip
import lzma

import pytest

from ingot_program import run
from targets import DuckDbTarget

ROWS = 20_000
PLAIN = b"id,t\n" + b"".join(b"%d,text %d\n" % (i, i * 7919 % 1000) for i in range(ROWS))
HALF = len(PLAIN) // 2
KINDS = {
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "bzip2 of small blocks": lambda data: bz2.compress(data, 1),
    "xz": lzma.compress,
    "xz with sha256": lambda data: lzma.compress(data, check=lzma.CHECK_SHA256),
    "xz without check": lambda data: lzma.compress(data, check=lzma.CHECK_NONE),
}


def load(tmp_path, files):
    (tmp_path / "p.yaml").write_text('from: { path: "in/*", format: csv }\ncolumns: { id: bigint required, t: text }\nto: { table: t }\n')
    (tmp_path / "in").mkdir()
    for name, data in files.items():
        (tmp_path / "in" / name).write_bytes(data)
    target = DuckDbTarget(tmp_path / "t.duckdb")
    return run(tmp_path / "p.yaml", target), target


def test_kinds_and_members(tmp_path):
    files = {}
    for number, compress in enumerate(KINDS.values()):
        files[f"{number}.one"] = compress(PLAIN)
        files[f"{number}.two"] = compress(PLAIN[:HALF]) + compress(b"") + compress(PLAIN[HALF:])
    done, target = load(tmp_path, files)
    done.ok()
    assert done.counts["inserted"] == ROWS * len(files)
    assert target.query("select count(*), count(distinct id), count(distinct t) from t") == [(ROWS * len(files), ROWS, 1000)]


@pytest.mark.parametrize("kind", ["bzip2", "xz"])
def test_what_is_broken_costs_its_file(tmp_path, kind):
    whole = KINDS[kind](PLAIN)
    damaged = bytearray(whole)
    damaged[len(whole) // 2] ^= 0x10
    done, target = load(tmp_path, {"a": whole, "cut": whole[:-5], "damaged": bytes(damaged), "more": whole + b"what should not be there", "z": whole})
    done.failed("source_unreadable", f"truncated {kind} stream")
    said = {file["unit"]: file["error"]["message"] for file in done.json["failed"]}
    assert f"truncated {kind} stream" in said["in/cut"] and f"damaged {kind} stream" in said["in/damaged"]
    assert f"other bytes follow the last {kind}" in said["in/more"]
    assert target.query("select name from ingot.units order by name") == [("in/a",), ("in/z",)]
    assert target.count("t") == 2 * ROWS
