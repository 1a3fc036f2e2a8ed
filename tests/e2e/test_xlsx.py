"""XLSX: of openpyxl, and made by hand where a maker would not write it so."""
import datetime
import zipfile

import pytest

from ingot_program import ingot, run
from targets import DuckDbTarget

openpyxl = pytest.importorskip("openpyxl")


class Folder:
    def __init__(self, path):
        self.path, self.target = path, DuckDbTarget(path / "t.duckdb")

    def write(self, *sheets, name="a.xlsx", epoch=None):
        book = openpyxl.Workbook()
        if epoch:
            book.epoch = epoch
        book.remove(book.active)
        for title, rows in sheets:
            sheet = book.create_sheet(title)
            for row in rows:
                sheet.append(row)
        book.save(self.path / name)
        return book

    def load(self, columns, options="", *args):
        (self.path / "p.yaml").write_text(f"from: {{ path: '*.xlsx', format: xlsx{options} }}\ncolumns: {columns}\nto: {{ table: t }}\n")
        return run(self.path / "p.yaml", self.target, *args)

    def rows(self, columns="*"):
        return self.target.query(f"select {columns} from t order by 1")


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path)


EVERYTHING = "{ id: bigint required, price: \"numeric(10,2)\", f: double precision, name: text, day: date, seen: timestamp, at: time, ok: boolean }"


@pytest.mark.parametrize("epoch", [None, "1904"])
def test_typed_cells(folder, epoch):
    day, seen = datetime.date(2024, 2, 29), datetime.datetime(2024, 2, 29, 13, 45, 30, 500_000)
    folder.write(("S", [
        ["id", "price", "f", "name", "day", "seen", "at", "ok"],
        [1, 19.99, 0.1, "plain", day, seen, datetime.time(8, 30), True],
        [2, 0.07, 1e300, 'a "q"\nü', datetime.date(1905, 1, 1), datetime.datetime(1999, 12, 31, 23, 59, 59), datetime.time(0, 0, 1), False],
        [],
        [9007199254740992, None, None, None, None, day, None, None],
    ]), epoch=openpyxl.utils.datetime.CALENDAR_MAC_1904 if epoch else None)
    assert folder.load(EVERYTHING).ok().counts["inserted"] == 3
    assert folder.rows() == [
        (1, "19.99", 0.1, "plain", "2024-02-29", "2024-02-29 13:45:30.5", "08:30:00", True),
        (2, "0.07", 1e300, 'a "q"\nü', "1905-01-01", "1999-12-31 23:59:59", "00:00:01", False),
        (9007199254740992, None, None, None, None, "2024-02-29 00:00:00", None, None)]


def test_errors_and_misfits_are_rejects(folder):
    folder.write(("S", [["id", "v", "day"], [1, 1.5, None], [2, "#N/A", None], [3, 2.505, None], ["x", 1, None], [5, 1, "2024-02-30"], [6, True, None]]))
    assert folder.load("{ id: bigint, v: \"numeric(8,2)\", day: date }").ok().counts["rejected"] == 5
    assert folder.target.query("select line, field, code, detail from ingot.rejects order by 1") == [
        (3, "v", "wrong_shape", '{"error":"#N/A"}'), (4, "v", "not_exact", "2.505"), (5, "id", "not_a_number", "x"),
        (6, "day", "out_of_range", "2024-02-30"), (7, "v", "wrong_shape", "true")]
    assert folder.target.value("select decode(raw) from ingot.rejects where line = 5") == '{"id":"x","v":1}'


def test_sheets(folder):
    rows = [["id"], [1]]
    folder.write(("One", rows), ("Zwei & ü", [["id"], [2]]))
    folder.load("{ id: bigint }").failed("source_unreadable", "a workbook of 2 sheets: One, Zwei & ü", "sheet: One")
    folder.load("{ id: bigint }", ", sheet: On").failed("source_unreadable", "no such sheet: On", "did you mean One")
    folder.load("{ id: bigint }", ", sheet: 'Zwei & ü'").ok()
    assert folder.rows() == [(2,)]


def test_a_sheet_of_load_and_init(folder):
    folder.write(("One", [["id"], [1]]), ("Zwei & ü", [["id", "name"], [2, "b"], [3, "c"]]))
    made = ingot("init", "a.xlsx", "--sheet", "Zwei & ü", cwd=folder.path).ok().out
    assert made.startswith('from: { path: a.xlsx, sheet: "Zwei & ü" }\n') and "name: text" in made, made
    done = ingot("load", "a.xlsx", folder.target.url, "--table", "t", "--sheet", "Zwei & ü", "--save", "s.yaml", "--json", cwd=folder.path).ok()
    assert done.counts["inserted"] == 2
    assert "1 file known" in ingot("run", "s.yaml", cwd=folder.path).ok().out
    ingot("load", "a.xlsx", folder.target.url, "--table", "u", cwd=folder.path).failed("source_unreadable", "a workbook of 2 sheets")


def test_headers(folder):
    folder.write(("S", [["Report of 2024"], [], ["id", "two words", 2024], [1, "x", 5], [2]]))
    folder.load("{ id: bigint, w: { type: text, from: '\"two words\"' }, y: { type: integer, from: '\"2024\"' } }", ", skip: 1").ok()
    assert folder.rows() == [(1, "x", 5), (2, None, None)]
    folder.target.reset()
    folder.load("{ a: { type: text, from: A }, b: { type: text, from: B } }", ", header: false, skip: 3").ok()
    assert folder.rows() == [("1", "x"), ("2", None)]
    folder.target.reset()
    folder.load("{ idd: bigint }", ", skip: 1").failed("source_unreadable", "the file lacks a column: idd", "did you mean id")
    folder.write(("S", [["id", "id"], [1, 2]]))
    folder.load("{ id: bigint }").failed("source_unreadable", "names a column twice: id (A and B)")


def test_inferred(folder):
    folder.write(("S", [["id", "price", "day", "name"], [1, 1.5, datetime.date(2024, 1, 1), "x"], [2, 2.25, datetime.date(2024, 1, 2), "y"]]))
    done = ingot("load", folder.path / "a.xlsx", folder.target.url, "--table", "t", cwd=folder.path)
    assert done.code == 0, done.text()
    assert folder.rows() == [(1, "1.50", "2024-01-01", "x"), (2, "2.25", "2024-01-02", "y")]


CONTENT = {
    "_rels/.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="x/officeDocument" Target="/xl/workbook.xml"/></Relationships>',
    "xl/_rels/workbook.xml.rels": '<Relationships><Relationship Id="s1" Type="x/worksheet" Target="worksheets/s.xml"/><Relationship Id="t" Type="x/sharedStrings" Target="strings.xml"/><Relationship Id="y" Type="x/styles" Target="styles.xml"/></Relationships>',
    "xl/workbook.xml": '<x:workbook xmlns:x="u" xmlns:r="v"><x:workbookPr DATE/><x:sheets><x:sheet name="S" sheetId="1" r:id="s1"/><x:sheet name="H" sheetId="2" state="hidden" r:id="s2"/></x:sheets></x:workbook>',
    "xl/strings.xml": '<sst><si><t>id</t></si><si><r><t>ri</t></r><r><t xml:space="preserve">ch </t></r><rPh><t>no</t></rPh></si></sst>',
    "xl/styles.xml": '<styleSheet><numFmts><numFmt numFmtId="200" formatCode="yyyy\\-mm\\-dd&quot;d&quot;"/><numFmt numFmtId="201" formatCode="&quot;day&quot;0.0\\d"/></numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="200"/><xf numFmtId="201"/><xf numFmtId="46"/></cellXfs></styleSheet>',
}


def by_hand(folder, rows, date="", name="a.xlsx"):
    with zipfile.ZipFile(folder.path / name, "w", zipfile.ZIP_DEFLATED) as archive:
        for part, text in CONTENT.items():
            archive.writestr(part, text.replace("DATE", date))
        archive.writestr("xl/worksheets/s.xml", f"<worksheet><sheetData>{rows}</sheetData></worksheet>")


HEAD = '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="inlineStr"><is><t>v</t></is></c></row>'


def test_cells_by_hand(folder):
    values = [('s="1"><v>59</v>', "1900-02-28"), ('s="1"><v>61</v>', "1900-03-01"), ('s="1"><v>45000.5000115741</v>', "2023-03-15 12:00:01"),
              ('s="1"><v>0.75</v>', "18:00:00"), ('s="2"><v>0.30000000000000004</v>', "0.30000000000000004"), ('s="2"><v>0.10000000000000001</v>', "0.1"),
              ('s="3"><v>1.5</v>', "36:00:00"), ('t="s"><v>1</v>', "rich "), ('t="str"><f>1+1</f><v>formula</v>', "formula"), ('t="b"><v>1</v>', "true"),
              ('t="d"><v>2024-01-31</v>', "2024-01-31"), ('><f>1/3</f><v>12345678901</v>', "12345678901"), ('t="inlineStr"><is><r><t>a</t></r><r><t>b</t></r></is>', "ab"),
              ('s="1"/><c r="C1" t="s"><v>0</v>', None)]
    by_hand(folder, HEAD + "".join(f'<row r="{i + 2}"><c r="A{i + 2}"><v>{i}</v></c><c r="B{i + 2}" {cell}</c></row>' for i, (cell, _) in enumerate(values)).replace('s="1"/><c r="C1"', 's="1"/><c r="C15"'))
    folder.load("{ id: bigint, v: text }").ok()
    assert folder.rows() == [(i, value) for i, (_, value) in enumerate(values)]


def test_the_day_that_never_was_and_1904(folder):
    rows = HEAD + '<row r="2"><c r="A2"><v>1</v></c><c r="B2" s="1"><v>60</v></c></row><row r="5"><c r="A5"><v>2</v></c><c r="B5" s="1"><v>-1</v></c></row>'
    by_hand(folder, rows)
    assert folder.load("{ id: bigint, v: date }").ok().counts["rejected"] == 2
    assert folder.target.query("select line, detail from ingot.rejects order by 1") == [(2, '{"error":"60"}'), (5, '{"error":"-1"}')]
    folder.target.reset()
    by_hand(folder, HEAD + '<row><c><v>1</v></c><c s="1"><v>0</v></c></row><row><c><v>2</v></c><c s="1"><v>60</v></c></row>', 'date1904="1"')
    folder.load("{ id: bigint, v: date }").ok()
    assert folder.rows() == [(1, "1904-01-01"), (2, "1904-03-01")]


@pytest.mark.parametrize("rows, said", [
    (HEAD + '<row r="1"/>', "out of order"),
    (HEAD + '<row><c r="B2"><v>1</v></c><c r="A2"><v>1</v></c></row>', "out of order"),
    (HEAD + '<row><c t="s"><v>7</v></c></row>', "a text that is not there"),
    (HEAD + "<row>", "damaged XML"),
    ('<!DOCTYPE a [<!ENTITY e "e">]>', "damaged XML"),
    (HEAD + '<row r="2"><c r="A2"><row/></c></row>', "a row begins within another"),
    (HEAD + '<row r="2"><c r="A2"><row/><v>1</v></c></row>', "a row begins within another"),
    (HEAD + '<row r="2"><c r="A2"><c r="B2"/></c></row>', "a cell begins within another"),
    (HEAD + '<c r="A2"><v>1</v></c>', "a cell stands in no row"),
    (HEAD + '<row><c><v>1</v><v>2</v></c></row>', "two values"),
    (HEAD + "<a>" * 300 + "</a>" * 300, "too deep"),
    (HEAD + '<row><c t="str"><v>' + "x" * (1 << 20) + "x</v></c></row>", "a cell is longer than 1 MiB in row 2"),
    (HEAD + f'<row><c t="{"x" * (3 << 20)}"/></row>', "comment is longer than 1 MiB"),
], ids=lambda text: text[-30:].strip())
def test_damage(folder, rows, said):
    by_hand(folder, rows)
    folder.load("{ id: bigint }").failed("source_unreadable", said, "a.xlsx")


@pytest.mark.parametrize("part, text, said", [
    ("xl/strings.xml", "<sst><si><t>" + "x" * 1_100_000 + "</t></si></sst>", "shared text 0 is longer than 1 MiB"),
    ("xl/strings.xml", "<sst><si><si><t>x</t></si></si></sst>", "a text begins within another"),
    ("xl/workbook.xml", "<workbook>" + " " * (17 << 20) + "</workbook>", "a part is larger than 16 MiB: xl/workbook.xml"),
    ("xl/_rels/workbook.xml.rels", "<Relationships>" + " " * (17 << 20) + "</Relationships>", "a part is larger than 16 MiB"),
], ids=lambda text: text[-30:].strip())
def test_memory_is_bounded(folder, monkeypatch, part, text, said):
    monkeypatch.setitem(CONTENT, part, text)
    by_hand(folder, HEAD)
    folder.load("{ id: bigint }").failed("source_unreadable", said, "a.xlsx")


def test_escapes_and_digits(folder, monkeypatch):
    monkeypatch.setitem(CONTENT, "xl/strings.xml", "<sst><si><t>i_x0064_</t></si><si><r><t>a_x000D_\n_x00</t></r><r><t>0D__xD83D__xDE00__xD83D_</t></r></si></sst>")
    by_hand(folder, HEAD + '<row r="2"><c r="A2"><v>1234567890123456789</v></c><c r="B2" t="s"><v>1</v></c></row>'
            '<row r="3"><c r="A3"><v>9007199254740993</v></c><c r="B3" t="inlineStr"><is><t>_x005F_x0041_</t></is></c></row>'
            '<row r="4"><c r="A4"><v>-3</v></c><c r="B4" t="str"><v>x_x000D_</v></c></row>')
    folder.load("{ id: bigint, v: text }").ok()
    assert folder.rows() == [(-3, "x\r"), (9007199254740993, "_x0041_"), (1234567890123456789, "a\r\n_x000D_\U0001F600_xD83D_")]


def test_letters_that_a_header_has_are_not_given_to_another_column(folder):
    by_hand(folder, '<row><c r="A1" t="str"><v>C</v></c></row><row><c t="str"><v>x</v></c><c r="C2"><v>2</v></c><c r="D2"><v>3</v></c></row>')
    assert folder.load("{ c: { type: bigint, from: C } }").ok().counts["rejected"] == 1
    assert folder.target.value("select decode(raw) from ingot.rejects") == '{"C":"x","C_2":2,"D":3}'


def test_a_workbook_of_any_name_and_others_of_its_name(folder):
    folder.write(("S", [["id"], [1]]), name="a.bin")
    (folder.path / "p.yaml").write_text("from: { path: a.bin, format: xlsx }\ncolumns: { id: bigint }\nto: { table: t }\n")
    run(folder.path / "p.yaml", folder.target).ok()
    assert folder.rows() == [(1,)]
    (folder.path / "a.bin").rename(folder.path / "b.xlsx")
    (folder.path / "p.yaml").write_text("from: { path: b.xlsx, format: csv }\ncolumns: { id: bigint }\nto: { table: t }\n")
    run(folder.path / "p.yaml", folder.target).failed("source_unreadable", "file is a zip archive", "format: xlsx")
    (folder.path / "b.xlsx").write_bytes(b"\n<html><table>secret")
    assert "secret" not in folder.load("{ id: bigint }").failed("source_unreadable", "no XLSX workbook", "HTML", "format").text()
    (folder.path / "b.xlsx").write_bytes(b"id,secret\n1,2\n")
    folder.load("{ id: bigint }").failed("source_unreadable", "no XLSX workbook", "does not begin as a zip archive")


def test_truncation_and_other_files(folder):
    folder.write(("S", [["id"], [1]]))
    whole = (folder.path / "a.xlsx").read_bytes()
    (folder.path / "a.xlsx").unlink()
    for size in (0, 1, 30, len(whole) // 2, len(whole) - 1):
        (folder.path / f"{size}.xlsx").write_bytes(whole[:size])
    (folder.path / "old.xlsx").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))
    done = folder.load("{ id: bigint }").failed("source_unreadable")
    failed = {unit["unit"]: unit["error"]["message"] for unit in done.json["failed"]}
    assert set(failed) == {file.name for file in folder.path.glob("*.xlsx")} and "encrypted" in failed["old.xlsx"] and done.counts["read"] == 0
