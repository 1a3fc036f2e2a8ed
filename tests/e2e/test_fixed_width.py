"""Lines with fields of fixed width: places, padding, short lines, addresses."""
import pytest

from ingot_program import ingot, run
from targets import DuckDbTarget

COLUMNS = "columns: { id: { type: bigint, at: [1, 4], required: true }, name: { type: text, at: [5, 6] }, amount: { type: \"numeric(8,2)\", width: 8 } }\n"


class Folder:
    def __init__(self, path):
        self.path, self.target = path, DuckDbTarget(path / "t.duckdb")

    def load(self, data, options="", columns=COLUMNS, *args):
        (self.path / "a.txt").write_bytes(data if isinstance(data, bytes) else data.encode())
        (self.path / "p.yaml").write_text(f"from: {{ path: a.txt, format: fixed, {options} }}\n{columns}to: {{ table: t }}\n")
        return run(self.path / "p.yaml", self.target, *args)

    def rows(self):
        return self.target.query("select * from t order by id")


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path)


def test_places_padding_and_null(folder):
    folder.load("HEADER\n   1Zürich    1.50\r\n   2 abc  \n\n0003          -7.00\n   4x     9999.99 and more\nTRAILER 4\n", "skip: 1, skip_footer: 1, ragged: pad, null: ['9999.99']").ok()
    assert folder.rows() == [(1, "Zürich", "1.50"), (2, "abc", None), (3, "", "-7.00"), (4, "x", None)]


@pytest.mark.parametrize("trim, name", [("none", " ab "), ("left", "ab "), ("right", " ab"), ("both", "ab")])
def test_trim(folder, trim, name):
    folder.load("1 ab \n", f"trim: {trim}", "columns: { id: { type: bigint, at: [1, 1] }, name: { type: text, width: 4 } }\n").ok()
    assert folder.rows() == [(1, name)]


def test_characters_and_bytes(folder):
    columns = "columns: { id: { type: bigint, at: [1, 1] }, a: { type: text, width: 3 }, b: { type: text, width: 2 } }\n"
    folder.load("1äöüxy\n", "", columns).ok()
    assert folder.rows() == [(1, "äöü", "xy")]
    folder.target.reset()
    folder.load("1äöx\n2äbxy\n", "count: bytes, ragged: pad", columns).ok()
    assert folder.rows() == [(2, "äb", "xy")]
    assert folder.target.query("select line, field, code from ingot.rejects") == [(1, "a", "bad_utf8")]
    folder.target.reset()
    folder.load("1äöüxy\n".encode("latin-1"), "encoding: latin-1, count: bytes", columns).ok()
    assert folder.rows() == [(1, "äöü", "xy")]
    folder.target.reset()
    folder.load(b"\xef\xbb\xbf1abcde\n", "", columns).ok()
    assert folder.rows() == [(1, "abc", "de")]


def test_addresses_and_replay(folder):
    lines = [b"   1abc       1.00", b"   xabc       1.00", b"   3abc      1.005", b"   4ab", "   5ä".encode() + b"\xff        2.00"]
    offsets = [sum(len(line) + 1 for line in lines[:i]) for i in range(5)]
    done = folder.load(b"\n".join(lines) + b"\n")
    assert done.ok().counts["rejected"] == 4
    assert folder.target.query("""select line, "column", byte_offset, byte_length, field, code from ingot.rejects order by 1""") == [
        (2, 4, offsets[1], 18, "id", "not_a_number"), (3, 14, offsets[2], 18, "amount", "not_exact"),
        (4, 7, offsets[3], 6, "", "ragged"), (5, 7, offsets[4], len(lines[4]), "", "bad_utf8")]
    (folder.path / "m.ndjson").write_text('{"id": 1, "raw": "   2abc       1.00"}\n')
    replayed = ingot("rejects", "replay", folder.path / "p.yaml", "--set", f"to.connection={folder.target.url}", "--with", folder.path / "m.ndjson")
    replayed.ok()
    assert (2, "abc", "1.00") in folder.rows()


def test_large_files_are_cut_at_lines(folder):
    data = "".join(f"{i:>7}name{i % 10}   {i}.25\n" for i in range(200_000))
    columns = "columns: { id: { type: bigint, at: [1, 7] }, name: { type: text, at: [8, 8] }, v: { type: \"numeric(12,2)\", width: 10 } }\n"
    assert folder.load(data + "END\n", "skip_footer: 1, ragged: pad", columns).ok().counts["inserted"] == 200_000
    assert folder.target.query("select sum(id), sum(v), max(name) from t") == [(19999900000, "19999950000.00", "name9")]


@pytest.mark.parametrize("columns, said", [
    ("columns: { a: text }\n", "a column without a place"),
    ("columns: { a: { type: text, at: [0, 3] } }\n", "expected two numbers for at"),
    ("columns: { a: { type: text, at: [1, 3], width: 3 } }\n", "at and width exclude each other"),
    ("columns: { a: { type: text, at: [1, 3], from: b } }\n", "fields of fixed width have no names"),
    ("columns: { a: { type: text, value: b } }\n", "fields of fixed width have no names"),
    ("", "missing key"),
])
def test_what_is_wrong(folder, columns, said):
    folder.load("abc\n", "", columns).failed("invalid_pipeline", said)


def test_at_is_for_fixed_width_only(folder):
    (folder.path / "a.csv").write_text("a\n1\n")
    (folder.path / "p.yaml").write_text("from: a.csv\ncolumns: { a: { type: text, at: [1, 3] } }\n")
    run(folder.path / "p.yaml", folder.target).failed("invalid_pipeline", 'only with format: fixed: "at"')
