"""CSV as people have it: encodings, numbers and dates as they are written, what stands around the records."""
import base64
import codecs
import csv
import io
import json
import random

import psycopg2
import pytest

from ingot_program import COUNTS, ingot, run

COLUMNS = "columns: { id: integer required, name: text, amount: 'numeric(10,2)' }\n"
TEXT = 'id;name;amount\n1;Zoë “quoted” €;1.50\n2;"two\nlines;é";oops\n3;Łódź?;3.00\n4;plain;4.005\n'
# By encoding: what it is called in Python, and whether a byte order mark is written.
ENCODINGS = {"utf-16": ("utf-16-le", codecs.BOM_UTF16_LE), "utf-16le": ("utf-16-le", b""), "utf-16be": ("utf-16-be", b""),
             "": ("utf-16-be", codecs.BOM_UTF16_BE), "windows-1252": ("cp1252", b""), "latin-1": ("latin-1", b""), "latin-9": ("iso8859-15", b""),
             "windows-1250": ("cp1250", b""), "latin-2": ("iso8859-2", b""), "koi8-r": ("koi8-r", b""), "cp850": ("cp850", b""),
             "windows-1251": ("cp1251", b"")}


def pipeline_of(folder, source, columns=COLUMNS, more="", name="p.yaml"):
    return folder.pipeline(f"from: {{ path: '*.csv', {source} }}\nmax_rejects: 100%\n{columns}{more}to: {{ table: t }}\n", name)


def write(folder, name, data):
    (folder.path / name).write_bytes(data)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_an_encoding_loads_exactly_and_addresses_are_of_the_file(folder, target, encoding):
    codec, mark = ENCODINGS[encoding]
    text = "".join(c for c in TEXT if c.encode(codec, "ignore"))
    data = mark + text.encode(codec)
    write(folder, "a.csv", data)
    given = f"encoding: {encoding}" if encoding else "format: csv"
    pipeline = pipeline_of(folder, given, more="", columns=COLUMNS)
    run(pipeline, target, "--set", "to.lineage=true").ok()
    records = list(csv.reader(io.StringIO(text, newline=""), delimiter=";"))
    found = target.query("select id, name, _ingot_offset from t order by id")
    places = {n: len(mark) + len(text[:text.index(f"\n{n};") + 1].encode(codec)) for n in "1234"}
    assert [tuple(row) for row in found] == [(int(r[0]), r[1], places[r[0]]) for r in records if r[0] in "13"]
    rejects = target.query('select line, "column", code, byte_offset, byte_length, field from ingot.rejects order by byte_offset')
    record = text[text.index("\n2;") + 1:text.index("\n3;")]
    column = len(record[record.index("\n") + 1:record.index("oops")].encode(codec)) + 1
    last = len(text.split("\n")[5].rsplit(";", 1)[0].encode(codec)) + len(";".encode(codec)) + 1
    assert [tuple(r) for r in rejects] == [
        (4, column, "not_a_number", places["2"], len(record.encode(codec)), "amount"),
        (6, last, "not_exact", places["4"], len("4;plain;4.005".encode(codec)), "amount")]
    for offset, length, raw in target.query(f"select byte_offset, byte_length, {target.hexadecimal('raw')} from ingot.rejects"):
        assert bytes.fromhex(raw) == data[offset:offset + length], "the bytes of the file, where it has them"


@pytest.mark.parametrize("encoding", ["utf-16", "windows-1252"])
def test_rejects_of_another_encoding_are_replayed(folder, target, encoding):
    codec, mark = ENCODINGS[encoding]
    text = "id,name,amount\n1,é€,1.5\n2,é€,x\n3,ü,y\n4,ö,z\n"
    write(folder, "a.csv", mark + text.encode(codec))
    pipeline = pipeline_of(folder, f"encoding: {encoding}")
    run(pipeline, target).ok()
    exported = [json.loads(line) for line in ingot("rejects", "export", target.url).ok().out.splitlines()]
    assert len(exported) == 3
    lines = []
    for reject, amount in zip(exported, ["2.5", "3.5"]):
        raw = base64.b64decode(reject["raw_base64"]) if "raw_base64" in reject else reject["raw"].encode()
        fixed = raw.decode(codec).rsplit(",", 1)[0] + "," + amount
        lines.append(json.dumps({"id": reject["id"], "raw_base64": base64.b64encode(fixed.encode(codec)).decode()}))
    folder.write("mended.ndjson", "\n".join(lines) + "\n")
    replay = lambda *more: ingot("rejects", "replay", pipeline, "--json", "--set", f"to.connection={target.url}", *more)
    assert replay("--with", folder.path / "mended.ndjson").ok().json["inserted"] == 2
    assert target.query("select id, name, cast(amount as varchar) from t order by id") == [(1, "é€", "1.50"), (2, "é€", "2.50"), (3, "ü", "3.50")]
    folder.write("text.ndjson", json.dumps({"id": exported[2]["id"], "raw": "4,ö,4.5"}) + "\n")
    replay("--with", folder.path / "text.ndjson").failed("source_unreadable", "are given as text", "raw_base64")


def test_a_wrong_encoding_costs_records_not_characters(folder, target):
    """Latin-1 read as UTF-8 rejects what is not ASCII; once the pipeline says what it is, the rejects are loaded."""
    write(folder, "a.csv", "id,name,amount\n1,plain,1\n2,café,2\n3,naïve,3\n".encode("latin-1"))
    pipeline = pipeline_of(folder, "format: csv")
    assert run(pipeline, target).ok().json["rejected"] == 2
    assert {code for code, in target.query("select code from ingot.rejects")} == {"bad_utf8"}
    fixed = pipeline_of(folder, "encoding: latin-1")
    done = ingot("rejects", "replay", fixed, "--json", "--set", f"to.connection={target.url}").ok()
    assert done.json["inserted"] == 2
    assert target.query("select id, name from t order by id") == [(1, "plain"), (2, "café"), (3, "naïve")]


@pytest.mark.parametrize("source, data, code, text", [
    ("encoding: latin-1", codecs.BOM_UTF8 + b"id,name,amount\n", "source_unreadable", "begins with the byte order mark of utf-8"),
    ("format: csv", "id,name,amount\n1,a,2\n".encode("utf-16-le"), "source_unreadable", "say from.encoding: utf-16le"),
    ("encoding: utf-16", b"id,name,amount\n", "source_unreadable", "has no byte order mark"),
    ("encoding: utf-16le", "id,name,amount\n1,a,2\n".encode("utf-16-le")[:-1], "source_unreadable", "odd number of bytes"),
    ("format: csv", "id,name,amount\n".encode("utf-32"), "source_unreadable", "UTF-32"),
    ("format: csv", "id,näme,amount\n".encode("latin-1"), "source_unreadable", "See from.encoding"),
    ("format: csv", b"id,name,amount\r1,a,2\r", "source_unreadable", "say from.newline: cr"),
    ("skip: 9", b"id,name,amount\n", "source_unreadable", "fewer lines than are to be skipped: 9"),
    ("format: csv", b"id,name,name,amount\n", "source_unreadable", "names a column twice: name"),
])
def test_what_cannot_be_known_is_refused(folder, target, source, data, code, text):
    write(folder, "a.csv", data)
    run(pipeline_of(folder, source), target).failed(code, text)
    assert not target.has_table("t") or target.count("t") == 0


def test_json_of_another_encoding(folder, target):
    lines = [json.dumps({"id": i, "name": name}, ensure_ascii=False) for i, name in enumerate(["é", "x", "€uro"])]
    data = codecs.BOM_UTF16_LE + "\n".join([*lines, '{"id": "x"}', ""]).encode("utf-16-le")
    write(folder, "a.ndjson", data)
    pipeline = folder.pipeline("from: a.ndjson\nmax_rejects: 100%\ncolumns: { id: integer, name: text }\nto: { table: t }\n")
    run(pipeline, target).ok()
    assert target.query("select id, name from t order by id") == [(0, "é"), (1, "x"), (2, "€uro")]
    offset, raw, column = target.query(f'select byte_offset, {target.hexadecimal("raw")}, "column" from ingot.rejects')[0]
    assert bytes.fromhex(raw).decode("utf-16-le") == '{"id": "x"}' and data[offset:].startswith(bytes.fromhex(raw))
    replayed = ingot("rejects", "replay", pipeline, "--json", "--set", f"to.connection={target.url}").ok().json
    assert (replayed["read"], replayed["rejected"]) == (1, 1)
    assert target.query(f'select byte_offset, {target.hexadecimal("raw")}, "column" from ingot.rejects')[-1] == (offset, raw, column)


FORMS = {
    "day": ("date, parse: ['%d.%m.%Y', '%m %d, %Y']", {"29.02.2024": "2024-02-29", "9 13, 2009": "2009-09-13"},
            {"30.02.2024": "out_of_range", "2024-02-29": "not_a_date", " 1.1.2024": "not_a_date"}),
    "at": ("timestamp, parse: '%d/%b/%Y %I:%M:%S %p'", {"29/Feb/2024 01:05:09 pm": "2024-02-29 13:05:09"},
           {"29/Feb/2024 13:05:09 pm": "out_of_range", "29/Foo/2024 01:05:09 pm": "not_a_timestamp"}),
    "flag": ("boolean, parse: { 'true': [Y, ja], 'false': N }", {"Y": "true", "ja": "true", "N": "false"},
             {"true": "not_a_boolean", "y": "not_a_boolean"}),
    "price": ("'numeric(12,2)', parse: { decimal: ',', thousands: ['.', ' '], currency: ['€', EUR], parentheses: true }",
              {"1.234,50 €": "1234.50", "(1 000,5)": "-1000.50", "EUR -7": "-7.00", "12345,6": "12345.60"},
              {"1.23": "not_a_number", "1,234": "not_exact", "1,234.5": "not_a_number", "12.345.67": "not_a_number", "1 234.567": "not_a_number"}),
    "share": ("'numeric(6,4)', parse: { percent: fraction }", {"12.5 %": "0.1250", "-3%": "-0.0300"},
              {"12.5": "not_a_number", "1.23456%": "not_exact"}),
    "count": ("bigint, parse: { thousands: \"'\" }, 'null': [n/a, '-']", {"1'234'567": "1234567", "n/a": None, "-": None},
              {"1'2345": "not_a_number", "9'223'372'036'854'775'808": "out_of_range", "1'234.5": "not_an_integer", "N/A": "not_a_number"}),
}


@pytest.mark.parametrize("form", ["csv", "ndjson"])
@pytest.mark.parametrize("name", FORMS)
def test_a_value_has_the_form_that_was_said_or_is_a_reject(folder, target, name, form):
    declared, good, bad = FORMS[name]
    texts = [*good, *bad]
    if form == "csv":
        data = "id,v\n" + "".join(f'{i},"{t}"\n' for i, t in enumerate(texts))
    else:
        data = "".join(json.dumps({"id": i, "v": t}, ensure_ascii=i % 2 == 0) + "\n" for i, t in enumerate(texts))
    folder.write(f"a.{form}", data)
    pipeline = folder.pipeline(f"from: a.{form}\nmax_rejects: 100%\ncolumns:\n  id: integer\n  v: {{ type: {declared} }}\nto: {{ table: t }}\n")
    run(pipeline, target).ok()
    assert dict(target.query("select id, cast(v as varchar) from t")) == {i: good[t] for i, t in enumerate(texts) if t in good}
    assert [c for c, in target.query("select code from ingot.rejects order by line")] == list(bad.values())


def test_numbers_of_json_are_jsons(folder, target):
    folder.write("a.ndjson", '{"n": 1.25, "d": 20240229, "b": 1}\n{"n": "1,25", "d": "20240301", "b": "0"}\n{"n": -99, "d": null, "b": null}\n')
    columns = ("columns:\n  n: { type: 'numeric(6,2)', parse: { decimal: ',', thousands: '.' }, 'null': '-99' }\n"
               "  d: { type: date, parse: '%Y%m%d' }\n  b: { type: boolean, parse: { 'true': '1', 'false': '0' } }\n")
    run(folder.pipeline(f"from: a.ndjson\n{columns}to: {{ table: t }}\n"), target).ok()
    assert target.rows("t") == [("1.25", "2024-02-29", "true"), ("1.25", "2024-03-01", "false"), (None, None, None)]


# name → (bytes, from, columns, rows as text by column). Each restates a case of the public collections of odd CSV files.
CASES = {
    "comments": (b"# don't \"worry\n#,\"\nid,name\n# 1,x\n1,a#b\n#2,b\n\"#3\",c\n", "comment: '#', null: [x]", ("id", "name"),
                 [("1", "a#b"), ("#3", "c")]),
    "preamble": (b"Report \"of\n\n2024;x\nid;name\n1;a\n", "skip: 3", ("id", "name"), [("1", "a")]),
    "footer": (b"id,name\n1,a\n2,b\nTotal,2\nend\n", "skip_footer: 2", ("id", "name"), [("1", "a"), ("2", "b")]),
    "only a footer": (b"id,name\nTotal,2\n", "skip_footer: 3", ("id", "name"), []),
    "two header rows": (b"price,price,,id\nnet,gross,note,\n1,2,x,7\n", "header_rows: 2", ("id", "price gross", "note"), [("7", "2", "x")]),
    "duplicate and empty names": (b"a,,a,\n1,2,3,4\n", "header: true", ("[2]", "[1]", "[3]", "[0]"), [("3", "2", "4", "1")]),
    "CR alone": (b"id,name\r1,\"a\rb\"\r2,c\nd\r", "newline: cr", ("id", "name"), [("1", "a\rb"), ("2", "c\nd")]),
    "CRLF and LF mixed": (b"id,name\r\n1,a\n2,b\r\n3,\"x\r\ny\"\n", "header: true", ("id", "name"), [("1", "a"), ("2", "b"), ("3", "x\r\ny")]),
    "no quotes": (b"id,name\n1,\"a\n2,b\"\"c\n", "quote: none", ("id", "name"), [("1", '"a'), ("2", 'b""c')]),
    "backslash": (b'id,name\n1,"a\\"b\\\\c"\n', "escape: '\\'", ("id", "name"), [("1", 'a"b\\c')]),
    "short records": (b"id,name,note\n1\n2,b\n3,c,d\n", "ragged: pad", ("id", "name", "note"), [("1", None, None), ("2", "b", None), ("3", "c", "d")]),
    "short and long records": (b"id,name\n1\n2,b,c,\"d\n\"\n3,c\n", "ragged: pad_and_cut", ("id", "name"), [("1", None), ("2", "b"), ("3", "c")]),
    "no last newline": (b"id,name\n1,a\n2,", "header: true", ("id", "name"), [("1", "a"), ("2", "")]),
    "empty quoted": (b'id,name\n"",""\n', "header: true", ("id", "name"), [("", "")]),
    "pipes": (b"id|name\n1|a,b\n2|c;d\n", "header: true", ("id", "name"), [("1", "a,b"), ("2", "c;d")]),
    "tabs": (b"id\tname\n1\ta b\n", "header: true", ("id", "name"), [("1", "a b")]),
    "space in quotes": (b'id,name\n1, "a"\n2,"b" \n', "max_rejects: x", ("id", "name"), None),
    "mark and comment": (codecs.BOM_UTF8 + b"#x\nid,name\n1,a\n", "comment: '#'", ("id", "name"), [("1", "a")]),
}


@pytest.mark.parametrize("name", [n for n in CASES if CASES[n][3] is not None])
def test_odd_files(folder, target, name):
    data, source, columns, rows = CASES[name]
    write(folder, "a.csv", data)
    declared = "".join(f'  c{i}: {{ type: text, from: \'{c if c[0] == "[" else chr(34) + c + chr(34)}\' }}\n' for i, c in enumerate(columns))
    done = run(pipeline_of(folder, source, columns=f"columns:\n{declared}"), target).ok()
    assert target.rows("t") == sorted(rows, key=lambda r: tuple((v is None, v or "") for v in r))
    assert done.json["rejected"] == 0 and done.json["read"] == len(rows)


def test_text_around_quotes_is_a_reject_or_the_value(folder, target):
    write(folder, "a.csv", CASES["space in quotes"][0])
    done = run(pipeline_of(folder, "header: true", columns="columns: { id: text, name: text }\n"), target).ok()
    assert target.rows("t") == [("1", ' "a"')] and done.json["rejected"] == 1
    assert target.query('select line, "column", code from ingot.rejects') == [(3, 6, "bad_quoting")]


@pytest.mark.parametrize("source, text", [
    ("encoding: latin1", 'did you mean "latin-1"?'),
    ("quote: none, escape: '\\'", "no effect with quote: none"),
    ("comment: ','", "comment must differ"),
    ("header: false, header_rows: 2", "no effect with header: false"),
    ("format: json, skip: 1", 'no effect with format json: "skip"'),
])
def test_senseless_options_are_refused(folder, source, text):
    write(folder, "a.csv", b"id,name,amount\n")
    if "comment" in source:
        source += ", delimiter: ','"
    ingot("check", pipeline_of(folder, source)).failed("invalid_pipeline", text)


@pytest.mark.parametrize("column, text", [
    ("text, parse: '%Y'", "no effect on a column of type text"),
    ("date, parse: '%d.%m'", "does not say a day"),
    ("date, parse: '%F %H'", "which a date cannot keep"),
    ("boolean, parse: '%Y'", "parse of boolean needs a mapping"),
    ("integer, parse: { 'true': x }", 'no effect on a column of type integer: "true"'),
    ("integer, parse: { thousands: '.' }", "thousands and decimal are the same"),
    ("integer, parse: { decimal: '5' }", "expected one character"),
    ("boolean, parse: { 'true': x, 'false': [y, x] }", "both true and false"),
    ("json, 'null': x", "no effect on a json column"),
    ("integer, value: id + 1, 'null': x", "no effect on a computed column"),
])
def test_senseless_forms_are_refused(folder, column, text):
    pipeline = folder.pipeline(f"from: a.csv\ncolumns: {{ id: integer, v: {{ type: {column} }} }}\nto: {{ table: t }}\n")
    ingot("check", pipeline).failed("invalid_pipeline", text)


def random_file(rng):
    """Rows, how they are written, and what from: says of it."""
    delimiter, quote = rng.choice(",;\t|"), rng.choice("\"'")
    end = rng.choice(["\n", "\r\n", "\r"])
    escape = rng.choice([None, "\\"])
    width = rng.randint(2, 4)
    alphabet = ["a", "b", "é", "€", " ", delimiter, quote, "x", "1", "\\", "#", "ß"] + (["\n"] if end != "\r\n" else ["\r\n"])
    rows = [["".join(rng.choice(alphabet) for _ in range(rng.randint(0, 6))) for _ in range(width)] for _ in range(rng.randint(1, 30))]
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter, quotechar=quote, lineterminator=end, doublequote=escape is None, escapechar=escape,
                        quoting=csv.QUOTE_ALL)
    writer.writerow([f"c{i}" for i in range(width)])
    preamble, footer, comment = rng.randint(0, 2), rng.randint(0, 2), rng.random() < 0.3
    for row in rows:
        writer.writerow(row)
        if comment and rng.random() < 0.3:
            out.write(f"# {quote}{delimiter}{quote}{end}")
    text = f"about {quote} this{end}" * preamble + out.getvalue() + f"total{delimiter}{end}" * footer
    encoding = rng.choice(["utf-8", "windows-1252", "utf-16", "utf-16be"])
    codec, mark = ENCODINGS.get(encoding, ("utf-8", b""))
    options = {"encoding": encoding, "delimiter": "tab" if delimiter == "\t" else delimiter, "quote": quote, "skip": preamble, "skip_footer": footer}
    if escape:
        options["escape"] = escape
    if comment:
        options["comment"] = "#"
    if end == "\r":
        options["newline"] = "cr"
    return rows, mark + text.encode(codec), options


@pytest.mark.parametrize("seed", range(12))
def test_random_dialects_load_what_python_wrote(folder, fresh, seed):
    """Python's csv writes, Ingot reads: every field is what it was."""
    rng = random.Random(seed)
    rows, data, options = random_file(rng)
    write(folder, "a.csv", data)
    source = ", ".join(f"{key}: {json.dumps(value)}" for key, value in options.items())
    columns = "columns: { " + ", ".join(f"c{i}: text" for i in range(len(rows[0]))) + " }\n"
    target = fresh("duckdb")
    run(pipeline_of(folder, source, columns=columns), target).ok()
    found = target.query("select * from t")
    assert sorted(map(tuple, found)) == sorted(map(tuple, rows)), (options, data)


# --- what other readers make of the same bytes: docs/decisions/csv-differences.md explains every difference ---

def odd_texts(count):
    rng = random.Random(2026)
    alphabets = ['a,"\n', 'ab,\n', '",\n', 'a," \n', 'aé,"\r\n', '"a",\n']
    for i in range(count):
        pieces = [rng.choice(alphabets[i % len(alphabets)]) for _ in range(rng.randint(0, 12))]
        yield "x,y\n" + "".join(pieces).replace("\r", "\r\n" if rng.random() < 0.8 else "\r")


def quote_within(text):
    """Does a quote stand in an unquoted field, behind its first byte?"""
    state = "start"
    for c in text:
        if state == "quoted":
            state = "closed" if c == '"' else "quoted"
        elif c == '"':
            if state == "plain":
                return True
            state = "quoted"
        else:
            state = "start" if c in ",\n" else "plain" if state != "closed" else "closed"
    return False


def by_python(text):
    """Rows, or what is wrong."""
    rows = []
    try:
        for row in csv.reader(io.StringIO(text, newline=""), strict=True):
            rows.append(tuple(row))
    except csv.Error as error:
        return None, "open" if "end of data" in str(error) else "behind a quote"
    return rows, ""


def by_postgres(cursor, text):
    try:
        cursor.execute("savepoint s")
        cursor.execute("create temp table c (a text, b text)")
        cursor.copy_expert("copy c from stdin with (format csv, null 'no text is this')", io.StringIO(text))
        cursor.execute("select a, b from c")
        return cursor.fetchall(), ""
    except Exception as error:  # whatever the server says
        return None, str(error).splitlines()[0]
    finally:
        cursor.execute("rollback to savepoint s")


def by_duckdb(database, file):
    try:
        return database.execute(f"select a, b from read_csv('{file}', header=false, delim=',', quote='\"', escape='\"', auto_detect=false, "
                                "columns={'a': 'varchar', 'b': 'varchar'}, strict_mode=true, nullstr='no text is this')")
    except RuntimeError:
        return None


def test_differences_from_other_readers_are_the_known_ones(folder, fresh):
    texts = {f"f{i:03}.csv": text for i, text in enumerate(odd_texts(300))}
    for name, text in texts.items():
        write(folder, name, text.encode())
    target = fresh("postgres")
    columns = "columns: { a: text, b: text, file: { type: text, value: meta.unit } }\n"
    run(pipeline_of(folder, "header: false, delimiter: ','", columns=columns), target)
    loaded = {name for name, in target.query("select name from ingot.units where part = 0")}
    rows, rejects = {}, {}
    for file, a, b in target.query("select file, a, b from t"):
        rows.setdefault(file, []).append((a, b))
    for file, code in target.query("select unit_name, code from ingot.rejects"):
        rejects.setdefault(file, []).append(code)
    server, database = psycopg2.connect(target.url), fresh("duckdb")
    explained = {}
    with server.cursor() as cursor:
        for name, text in texts.items():
            ours, wrong = rows.get(name, []), rejects.get(name, [])
            note = lambda why: explained.__setitem__(why, explained.get(why, 0) + 1)
            lone_cr = "\r" in text.replace("\r\n", "")
            theirs, fault = by_python(text)
            if lone_cr:
                note("python: a lone CR ends a line")
            elif fault:  # of a record that is ragged as well, that is said
                assert name not in loaded or {"bad_quoting", "ragged"} & set(wrong), text
            else:
                assert name in loaded, text
                assert sorted(ours) == sorted(r for r in theirs if len(r) == 2), text
                assert wrong.count("ragged") == len([r for r in theirs if len(r) not in (0, 2)]), text
            theirs, fault = by_postgres(cursor, text)
            if theirs is None:
                refused = name not in loaded or wrong
                assert refused or lone_cr or "\n\n" in text or "\n\r\n" in text or "\r\n" in text or quote_within(text), (fault, text)
            elif quote_within(text):
                note("postgres: a quote within a field is a quote")
            elif "bad_quoting" in wrong:
                note("postgres: text behind a closing quote belongs to the field")
            else:
                assert name in loaded and not wrong and sorted(ours) == sorted(theirs), (text, ours, theirs, wrong)
            if name > "f100":  # a process each
                continue
            theirs = by_duckdb(database, folder.path / name)
            if theirs is None:
                assert name not in loaded or wrong or quote_within(text) or "\r" in text, text
            elif wrong and by_python(text)[0] and all(r[2:] in ((), ("",)) for r in by_python(text)[0] if len(r) != 1):
                note("duckdb: an empty field too many is left out")
            else:
                assert name in loaded and not wrong and sorted(ours) == sorted(theirs), (text, ours, theirs, wrong)
    server.close()
    assert len(explained) >= 3 and sum(explained.values()) < 50, explained
