"""Every type, into both targets, at its edges: what Ingot loads equals what the database made of a literal of its own."""
import csv
import io
import json

import pytest

from ingot_program import run

PLANES = "".join(chr(plane * 0x10000 + at) for plane in range(17) for at in (0x20, 0xD7FF, 0xFFFD)
                 if not 0xD800 <= plane * 0x10000 + at <= 0xDFFF)
ALL_BYTES = bytes(range(256)).hex()


def same(*texts):
    """Literals that both targets read like the source's text."""
    return [(text, f"'{text}'") for text in texts]


def interval(text, months, days, micros):
    hours, rest = divmod(abs(micros), 3600 * 10**6)
    sign = "-" if micros < 0 else ""
    return (text, {"duckdb": f"to_months({months}) + to_days({days}) + to_microseconds({micros})",
                   "postgres": f"make_interval(months => {months}, days => {days}, hours => {sign}{hours}) + {sign}{rest} * '1 microsecond'::interval"})


def array(text, type_name, *elements):
    listed = ", ".join(elements)
    return (text, {"duckdb": f"[{listed}]::{type_name}", "postgres": f"array[{listed}]::{type_name}"})


# type → (the source's text, a literal of the database's own, or one for each)
GOOD = {
    "smallint": same("-32768", "32767", "0"),
    "integer": same("-2147483648", "2147483647"),
    "bigint": same("-9223372036854775808", "9223372036854775807"),
    "numeric(38,0)": same("9" * 38, "-" + "9" * 38, "0"),
    "numeric(38,38)": same("0." + "9" * 38, "-0." + "0" * 37 + "1"),
    "numeric(38,19)": same("9" * 19 + "." + "9" * 19),
    "real": same("3.4028235e38", "-3.4028235e38", "1e-45", "0.1", "-0", "NaN", "Infinity", "-Infinity", "16777217"),
    "double precision": same("1.7976931348623157e308", "5e-324", "2.2250738585072014e-308", "0.1", "-0", "NaN", "Infinity", "-Infinity",
                             "9007199254740993"),
    "boolean": same("true", "f"),
    "text": [("", "''"), (PLANES, f"'{PLANES}'"), ("  \t\r\n ", "'  \t\r\n '"), ("\u0001\u007f", "'\u0001\u007f'")],
    "varchar(51)": [(PLANES, f"'{PLANES}'")],
    "date": same("0001-01-01", "9999-12-31", "2000-02-29", "1970-01-01"),
    "timestamp": same("0001-01-01 00:00:00", "9999-12-31 23:59:59.999999", "1969-12-31 23:59:59.999999"),
    "timestamptz": same("0001-01-01 00:00:00+00", "9999-12-31 23:59:59.999999+00", "2024-03-31 03:30:00+02:00"),
    "time": same("00:00:00", "23:59:59.999999", "24:00:00", "12:34:56.5"),
    "interval": [interval("P0D", 0, 0, 0), interval("P1M", 1, 0, 0), interval("30 days", 0, 30, 0), interval("720:00:00", 0, 0, 720 * 3600 * 10**6),
                 interval("-1 years -2 mons +3 days -04:05:06.789", -14, 3, -14706789000), interval("P1Y-2M3W4DT-5H6M7.000008S", 10, 25, -17632999992),
                 interval("178956970 years 7 mons", 2147483647, 0, 0), interval("-2147483647 days", 0, -2147483647, 0)],
    "uuid": same("00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff", "80000000-0000-0000-0000-000000000001"),
    "bytea": [(f"\\x{ALL_BYTES}", {"duckdb": f"unhex('{ALL_BYTES}')", "postgres": f"decode('{ALL_BYTES}', 'hex')"}),
              ("\\x", {"duckdb": "unhex('')", "postgres": "decode('', 'hex')"}), ("\\x00", {"duckdb": "unhex('00')", "postgres": "decode('00', 'hex')"})],
    "bytea(base64)": [("AP/+", {"duckdb": "unhex('00fffe')", "postgres": "decode('00fffe', 'hex')"}),
                      ("AA==", {"duckdb": "unhex('00')", "postgres": "decode('00', 'hex')"})],
    "smallint[]": [array("[]", "smallint[]"), array("{-32768,NULL,32767}", "smallint[]", "-32768", "null", "32767")],
    "bigint[]": [array("[9223372036854775807,-9223372036854775808]", "bigint[]", "9223372036854775807", "'-9223372036854775808'::bigint")],
    "numeric(38,2)[]": [array("[0.10, 1e2, null]", "numeric(38,2)[]", "0.10", "100", "null"),
                        array("{" + "9" * 36 + ".99}", "numeric(38,2)[]", f"'{'9' * 36}.99'::numeric(38,2)")],
    "double precision[]": [array('["NaN", "-Infinity", 5e-324, 0.1]', "double precision[]", "'NaN'::double precision", "'-Infinity'::double precision",
                                 "5e-324::double precision", "0.1")],
    "boolean[]": [array("[true,false,null]", "boolean[]", "true", "false", "null")],
    "text[]": [array('["", "NULL", null, "a\\"b\\\\c", "{,}", "\\ud83d\\ude00"]', "text[]", "''", "'NULL'", "null", "'a\"b\\c'", "'{,}'", "'😀'"),
               array('{"",NULL,"NULL","a \\"b\\" \\\\c"}', "text[]", "''", "null", "'NULL'", "'a \"b\" \\c'"),
               array(json.dumps([PLANES]), "text[]", f"'{PLANES}'")],
    "varchar(2)[]": [array('["äö", null]', "varchar(2)[]", "'äö'", "null")],
    "date[]": [array('["0001-01-01", "9999-12-31"]', "date[]", "'0001-01-01'::date", "'9999-12-31'::date")],
    "timestamptz[]": [array('["2024-01-01T00:00:00Z"]', "timestamptz[]", "'2024-01-01 00:00:00+00'::timestamptz")],
    "time[]": [array('{12:00:00.000001,24:00:00}', "time[]", "'12:00:00.000001'::time", "'24:00:00'::time")],
    "uuid[]": [array('["ffffffff-ffff-ffff-ffff-ffffffffffff"]', "uuid[]", "'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid")],
}

BAD = {
    "date": {"0000-01-01": "out_of_range", "10000-01-01": "not_a_date", "0044-03-15 BC": "not_a_date", "-0043-03-15": "not_a_date",
             "infinity": "not_a_date"},
    "timestamp": {"2016-12-31 23:59:60": "out_of_range", "0044-03-15 00:00:00 BC": "not_a_timestamp", "-infinity": "not_a_timestamp"},
    "timestamptz": {"0001-01-01 00:00:00+01": "out_of_range", "9999-12-31 23:59:59-01": "out_of_range", "2016-12-31 23:59:60Z": "out_of_range"},
    "time": {"23:59:60": "out_of_range", "24:00:01": "out_of_range", "12:00:00+02": "has_time_zone", "12:00:00.0000001": "not_exact", "noon": "not_a_time"},
    "interval": {"P1.5D": "not_exact", "1 day ago": "not_an_interval", "5": "not_an_interval", "2147483648 days": "out_of_range",
                 "infinity": "not_an_interval"},
    "bytea": {"abc": "not_binary", "\\x0": "not_binary", "\\\\000": "not_binary"},
    "bytea(base64)": {"AP/+=": "not_binary", "AB==": "not_binary", "A-_A": "not_binary"},
    "smallint[]": {"[32768]": "out_of_range", "[1.5]": "not_an_integer", "[[1]]": "wrong_shape", "1,2": "not_an_array", "{1,2": "not_an_array",
                   "[0:1]={1,2}": "not_an_array", "[true]": "wrong_shape"},
    "varchar(2)[]": {'["abc"]': "too_long"},
    "date[]": {'["2023-02-29"]': "out_of_range", "[20230101]": "wrong_shape"},
    "numeric(38,2)[]": {"[0.001]": "not_exact"},
    "text[]": {'["\\u0000"]': "nul_byte", "[{}]": "wrong_shape"},
    "text": {"a\0b": "nul_byte"},
}


def written(name, rows):
    """As a CSV file, or as JSON strings: both are read by the same rules."""
    if name == "csv":
        out = io.StringIO()
        csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows([("id", "v"), *rows])
        return out.getvalue()
    return "".join(json.dumps({"id": i, "v": text}, ensure_ascii=i % 2 == 0) + "\n" for i, text in rows)


@pytest.mark.parametrize("form", ["csv", "ndjson"])
def test_every_edge_arrives_as_the_database_itself_has_it(folder, target, form):
    if target.kind == "postgres":
        target.execute(f"alter database {target.database} set timezone = 'UTC'")
        target.close()
    for n, (type_name, values) in enumerate(GOOD.items()):
        sql_type = type_name.partition("(base64)")[0]
        bad = BAD.get(type_name, {})
        folder.write(f"in{n}.{form}", written(form, enumerate([text for text, _ in values] + list(bad))))
        pipeline = folder.pipeline(f"from: in{n}.{form}\nmax_rejects: 100%\ncolumns: {{ id: integer, v: '{type_name}' }}\nto: {{ table: t{n} }}\n",
                                   f"p{n}.yaml")
        run(pipeline, target, "--create", env={"INGOT_CHUNK_ROWS": "1"} if form == "ndjson" else {}).ok()
        literals = [v if isinstance(v, str) else v[target.kind] for _, v in values]
        target.execute(f"create table e{n} (id integer, v {sql_type})")
        target.execute(f"insert into e{n} values " + ", ".join(f"({i}, ({v})::{sql_type})" for i, v in enumerate(literals)))
        found, expected = (target.query(f"select id, cast(v as varchar) from {t}{n} order by id") for t in "te")
        assert found == expected, type_name
        types = target.query(f"select t.data_type = e.data_type from information_schema.columns t, information_schema.columns e "
                             f"where t.table_name = 't{n}' and e.table_name = 'e{n}' and t.column_name = 'v' and e.column_name = 'v'")
        assert types == [(True,)], type_name
        rejects = target.query(f"select code from ingot.rejects where unit_name like '%in{n}.%' order by byte_offset")
        assert [code for code, in rejects] == list(bad.values()), type_name


def test_arrays_from_json(folder, target):
    folder.write("in.ndjson", '{"a": [1, 2.0, null, "3"], "b": ["x", 1, true, "\\u00e4\\"", null]}\n{"a": [], "b": null}\n{}\n{"a": [1.5], "b": []}\n'
                 '{"a": [[1]], "b": []}\n{"a": 1, "b": []}\n{"a": {}, "b": []}\n{"a": [1], "b": [{"c": 1}]}\n')
    pipeline = folder.pipeline('from: in.ndjson\nmax_rejects: 100%\ncolumns: { a: "integer[]", b: "text[]" }\nto: { table: t }\n')
    assert run(pipeline, target).ok().counts["rejected"] == 5
    length = "len" if target.kind == "duckdb" else "cardinality"
    assert target.query(f"select {length}(a), a[1], a[2], a[3], a[4], b[1], b[2], b[3], b[4], b[5] from t order by 1 desc nulls last") == [
        (4, 1, 2, None, 3, "x", "1", "true", 'ä"', None), (0, *[None] * 9), (None, *[None] * 9)]
    assert [code for code, in target.query("select code from ingot.rejects order by line")] == [
        "not_an_integer", "wrong_shape", "wrong_shape", "wrong_shape", "wrong_shape"]


def test_many_arrays_in_many_blocks(folder, target):
    """Lists of many blocks share a vector; long ones outgrow it."""
    rows = 20000
    lists = [list(range(i % 40)) if i % 1000 else list(range(9000)) for i in range(rows)]
    folder.write("in.csv", "id,a,s\n" + "".join(f'{i},"{{{",".join(map(str, a))}}}","{json.dumps(["é" * (i % 30)] * (i % 3)).replace(chr(34), chr(34) * 2)}"\n'
                                                  for i, a in enumerate(lists)))
    pipeline = folder.pipeline('from: in.csv\ncolumns: { id: integer, a: "integer[]", s: "text[]" }\nto: { table: t }\n')
    run(pipeline, target).ok()
    length, total = ("len", "list_sum(a)") if target.kind == "duckdb" else ("cardinality", "(select sum(x) from unnest(a) x)")
    found = target.query(f"select id, {length}(a), {total}, {length}(s), s[2] from t order by id")
    assert [tuple(None if v is None else v if isinstance(v, str) else int(v) for v in row) for row in found] == [
        (i, len(a), sum(a) if a else None, i % 3, "é" * (i % 30) if i % 3 == 2 else None) for i, a in enumerate(lists)]


def test_a_month_is_not_30_days(folder, target):
    """They are equal for both databases, and yet another value."""
    pipeline = folder.pipeline("from: in*.csv\ncolumns: { id: integer, v: interval }\nto: { table: t, mode: upsert, key: id }\n")
    folder.write("in1.csv", "id,v\n1,30 days\n2,24:00:00\n3,1 mon\n")
    assert run(pipeline, target).ok().counts["inserted"] == 3
    folder.write("in2.csv", "id,v\n1,1 mon\n2,1 day\n3,1 month\n")
    counts = run(pipeline, target).ok().counts
    assert (counts["updated"], counts["unchanged"]) == (2, 1)
    months = "datepart('month', v)" if target.kind == "duckdb" else "extract(month from v)::integer"
    days = "datepart('day', v)" if target.kind == "duckdb" else "extract(day from v)::integer"
    assert target.query(f"select id, {months}, {days} from t order by id") == [(1, 1, 0), (2, 0, 1), (3, 1, 0)]


def test_keys_winners_and_unchanged_rows(folder, target):
    pipeline = folder.pipeline("from: in*.csv\ncolumns: { t: time, b: bytea, v: 'integer[]', w: interval }\n"
                               "to: { table: t, mode: upsert, key: [t, b] }\n")
    folder.write("in1.csv", 't,b,v,w\n12:00,\\x00,"{1}",P1D\n12:00:00.000,\\x00,"{1,NULL}",P1D\n12:00,\\x0000,{},PT1S\n,\\x00,{},\n')
    counts = run(pipeline, target).ok().counts
    assert (counts["inserted"], counts["duplicate"], counts["rejected"]) == (2, 1, 1)
    folder.write("in2.csv", 't,b,v,w\n12:00,\\x00,"[1,null]",1 day\n12:00,\\x0000,"{}",PT2S\n24:00,\\x0000,"{2}",PT2S\n')
    counts = run(pipeline, target).ok().counts
    assert (counts["unchanged"], counts["updated"], counts["inserted"]) == (1, 1, 1)


def test_latest_by_time(folder, target):
    pipeline = folder.pipeline("from: in.csv\ncolumns: { id: integer, t: time }\nto: { table: t, mode: upsert, key: id, order_by: t }\n")
    folder.write("in.csv", "id,t\n1,24:00\n1,23:59:59\n")
    assert run(pipeline, target).ok().counts["duplicate"] == 1
    assert target.value("select cast(t as varchar) from t") == "24:00:00"


def test_expressions(folder, target):
    folder.write("in.csv", 't,i,b,a,nothing\n12:30,P1D,\\x0a,"{1,2}",\n08:00,2 days,\\x0b,{},\nnoon,1 day,\\x,"{1}",\n13:00,x,\\x,"{1}",\n'
                           '14:00,1 day,zz,"{1}",\n15:00,1 day,\\x,1,\n16:00,1 day,\\x,"{3,NULL}",\n')
    pipeline = folder.pipeline("""
from: in.csv
max_rejects: 100%
where: cast(t as time) > cast('09:00' as time)
columns:
  t: time
  until: { type: time, value: "cast(t as time)" }
  day: { type: timestamp, value: "cast('2024-01-30' as timestamp) + cast(i as interval)" }
  i: { type: interval, value: i }
  b: { type: bytea, value: b }
  a: { type: "integer[]", value: a }
  n: { type: integer, value: "len(cast(a as integer[]))" }
  parts: { type: "text[]", value: "string_split(record.i, ' ')" }
  d: { type: "smallint[]", from: nothing, default: "[7]" }
  e: { type: bytea, from: nothing, default: '\\x07' }
to: { table: t }
""")
    counts = run(pipeline, target).ok().counts
    assert (counts["inserted"], counts["filtered"], counts["rejected"]) == (2, 1, 4)
    hexadecimal = "lower(hex({}))" if target.kind == "duckdb" else "encode({}, 'hex')"
    assert target.query(f"select cast(until as varchar), cast(day as varchar), {hexadecimal.format('b')}, a[1], n, parts[1], d[1], {hexadecimal.format('e')} "
                        "from t order by t") == [("12:30:00", "2024-01-31 00:00:00", "0a", 1, 2, "P1D", 7, "07"),
                                                 ("16:00:00", "2024-01-31 00:00:00", "", 3, 2, "1", 7, "07")]
    assert [code for code, in target.query("select code from ingot.rejects order by line")] == ["not_a_time", *["expression_failed"] * 3]


def test_what_cannot_be_is_refused(folder, duckdb):
    folder.write("in.csv", "v\n")
    for columns, to, message in [
            ("v: interval", "mode: upsert, key: v", "a column of type interval cannot be a key"),
            ("v: 'integer[]'", "mode: upsert, key: v", "a column of type integer[] cannot be a key"),
            ("v: interval, w: integer", "mode: upsert, key: w, order_by: v", "order_by a column of type interval"),
            ("v: 'bytea(base64)', w: { type: 'bytea(base64)', value: v }", "", "a value cannot be bytea(base64)"),
            ("v: text, w: { type: 'varchar(3)[]', value: v }", "", "a value cannot be varchar(3)[]"),
            ("v: { type: bytea, default: abc }", "", "default does not fit bytea"),
            ("v: text, w: { type: bytea, value: cast(v as time) }", "", "no exact conversion from TIME to BLOB")]:
        pipeline = folder.pipeline(f"from: in.csv\ncolumns: {{ {columns} }}\nto: {{ table: t, {to} }}\n")
        run(pipeline, duckdb).failed("invalid_pipeline", message)


def test_columns_that_postgres_has(folder, postgres):
    postgres.execute("create type mood as enum ('sad', 'ok'); create domain noon as time check (value <= '12:00');"
                     "create table t (t3 time(3), n noon, i interval, b bytea, s varchar(3)[], a smallint[], m mood, r int4range, ip inet)")
    folder.write("in.csv", 't3,n,i,b,s,a,m,r,ip\n12:00:00.123,11:00,P1M,AA==,"[""abc""]","{1}",ok,"[1,3]",10.0.0.1/32\n'
                           '12:00:00.1234,11:00,P1M,AA==,{},{},ok,"[1,3)",10.0.0.1\n'       # finer than time(3)
                           '12:00:00,13:00,P1M,AA==,{},{},ok,"[1,3)",10.0.0.1\n'            # against the domain
                           '12:00:00,11:00,P1M,AA==,"[""abcd""]",{},ok,"[1,3)",10.0.0.1\n'  # too long
                           '12:00:00,11:00,P1M,AA==,{},"[32768]",ok,"[1,3)",10.0.0.1\n'     # beyond smallint
                           '12:00:00,11:00,P1M,AA==,{},{},glad,"[1,3)",10.0.0.1\n'
                           '12:00:00,11:00,P1M,AA==,{},{},ok,"[3,1)",10.0.0.1\n'
                           '12:00:00,11:00,P1M,AA==,{},{},ok,"[1,3)",10.0.0\n')
    pipeline = folder.pipeline("from: in.csv\nmax_rejects: 100%\ncolumns: { t3: time, n: time, i: interval, b: 'bytea(base64)', s: 'text[]', a: 'integer[]', "
                               "m: text, r: text, ip: text }\nto: { table: t }\n")
    assert run(pipeline, postgres).ok().counts["rejected"] == 7
    assert postgres.query("select t3::text, n::text, i::text, b::text, s, a, m, r::text, ip::text from t") == [
        ("12:00:00.123", "11:00:00", "1 mon", "\\x00", ["abc"], [1], "ok", "[1,4)", "10.0.0.1/32")]
    assert [code for code, in postgres.query("select code from ingot.rejects order by line")] == [
        "not_exact", "constraint", "too_long", "out_of_range", "refused", "refused", "refused"]


def test_text_that_only_the_server_reads(folder, postgres):
    """Geometry, vectors and what else extensions bring: what the server refuses is a reject, and rows are told apart by their
    text where the type's own equality is wider (polygons of one area)."""
    postgres.execute("create extension cube; create extension hstore; create extension ltree;"
                     "create table t (id integer primary key, at point, area polygon, v cube, h hstore, path ltree)")
    pipeline = folder.pipeline("from: '*.csv'\nmax_rejects: 100%\ncolumns: { id: integer, at: text, area: text, v: text, h: text, path: text }\n"
                               "to: { table: t, mode: upsert, key: id }\n")
    square, other = "((0,0),(0,2),(2,2),(2,0))", "((0,0),(0,4),(1,4),(1,0))"
    folder.write("1.csv", f'id,at,area,v,h,path\n1,"(1.5,-2)","{square}","(1,2,3)",a=>1,top.sub\n2,"(1,2)","{square}","(1,2)",b=>2,x\n'
                          f'3,somewhere,"{square}","(1,2)",b=>2,x\n4,"(1,2)","{square}","(1,",b=>2,x\n')
    assert run(pipeline, postgres).ok().json["rejected"] == 2
    assert postgres.query("select line, code from ingot.rejects order by line") == [(4, "refused"), (5, "refused")]
    folder.write("2.csv", f'id,at,area,v,h,path\n1,"(1.5, -2.0)","{square}","(1, 2, 3)","a => 1",top.sub\n2,"(1,2)","{other}","(1,2)",b=>2,x\n')
    done = run(pipeline, postgres).ok().json
    assert (done["unchanged"], done["updated"]) == (1, 1)
    assert postgres.query("select at::text, area::text, v::text, h::text, path::text from t order by id") == [
        ("(1.5,-2)", square, "(1, 2, 3)", '"a"=>"1"', "top.sub"), ("(1,2)", other, "(1, 2)", '"b"=>"2"', "x")]


def test_an_extension_may_refuse_a_row_as_an_internal_error(folder, postgres):
    """As PostGIS does with text that is no geometry. Elsewhere an internal error is the server's, and fails the file."""
    postgres.execute("create extension cube; create function no() returns trigger language plpgsql as $$ begin raise 'no geometry' using errcode = 'XX000'; end $$;"
                     "create table t (id integer primary key, v cube); create trigger no before insert on t for each row when (new.id = 2) execute function no();"
                     "create table u (id integer primary key); create trigger no before insert on u for each row when (new.id = 2) execute function no()")
    folder.write("in.csv", 'id,v\n1,"(1,2)"\n2,"(1,2)"\n3,"(1,2)"\n')
    run(folder.pipeline("from: in.csv\ncolumns: { id: integer, v: text }\nto: { table: t, mode: upsert, key: id }\n"), postgres).ok()
    assert postgres.query("select id from t order by id") == [(1,), (3,)]
    assert postgres.query("select line, code, detail from ingot.rejects") == [(3, "refused", "XX000")]
    run(folder.pipeline("from: in.csv\ncolumns: { id: integer }\nto: { table: u, mode: upsert, key: id }\n", "u.yaml"), postgres).failed("target_refused", "(XX000)")


def test_a_time_finer_than_its_column(folder, postgres):
    """PostgreSQL would round it without a word, and no other row is refused."""
    postgres.execute("create table t (v time(3))")
    folder.write("in.csv", "v\n12:00:00.123\n12:00:00.1236\n")
    run(folder.pipeline("from: in.csv\ncolumns: { v: time }\nto: { table: t }\n"), postgres).ok()
    assert postgres.query("select v::text from t") == [("12:00:00.123",)]
    assert postgres.query("select line, code from ingot.rejects") == [(3, "not_exact")]


def test_columns_that_cannot_hold_it(folder, target):
    folder.write("in.csv", "v\n")
    columns = [("time", "timestamp"), ("interval", "time"), ("text", "bytea"), ("bytea", "text"), ("integer[]", "text[]" if target.kind == "postgres" else "date[]"),
               ("text[]", "integer[]"), ("integer[]", "integer"), ("integer", "integer[]"), ("time", "date")]
    if target.kind == "postgres":
        columns += [("text", "daterange"), ("text", "tsrange"), ("interval", "interval(3)"), ("time", "timetz"), ("timestamp[]", "timestamp(3)[]"), ("text", "money")]
    else:
        columns += [("integer[]", "integer[3]"), ("text", "enum('a')"), ("time", "time with time zone")]
    for n, (declared, there) in enumerate(columns):
        target.execute(f"create table t{n} (v {there})")
        pipeline = folder.pipeline(f"from: in.csv\ncolumns: {{ v: '{declared}' }}\nto: {{ table: t{n} }}\n")
        run(pipeline, target).failed("target_refused", "exactly")
    if target.kind == "postgres":
        run(folder.pipeline("from: in.csv\ncolumns: { v: text }\nto: { table: t9 }\n"), target).failed(
            "target_refused", "Ingot does not write columns of type daterange")


def test_1600_columns(folder, target):
    """As many as a table of Postgres can have."""
    kinds = [("integer", "7"), ("boolean", "t"), ("smallint", "-1"), ("date", "2024-01-01")]
    columns = {f"c{i}": kinds[i % len(kinds)] for i in range(1600)}
    folder.write("in.csv", ",".join(columns) + "\n" + (",".join(text for _, text in columns.values()) + "\n") * 3)
    pipeline = folder.pipeline("from: in.csv\ncolumns:\n" + "".join(f"  {c}: {t}\n" for c, (t, _) in columns.items()) + "to: { table: t }\n")
    run(pipeline, target).ok()
    assert target.query("select count(*), min(c0), max(c1596), min(c1598), max(cast(c1599 as varchar)) from t") == [(3, 7, 7, -1, "2024-01-01")]


@pytest.mark.slow
def test_large_values(folder, target, scale):
    """INGOT_TEST_SCALE=10: 100 MB each."""
    size = int(10_000_000 * scale)
    folder.write("in.csv", b"b,t,a\n\\x" + b"0f" * size + b"," + b"x" * size + b',"[' + b"1," * (size // 40) + b'2]"\n')
    pipeline = folder.pipeline("from: in.csv\ncolumns: { b: bytea, t: text, a: 'integer[]' }\nto: { table: t }\n")
    run(pipeline, target, "--memory-limit", "4GiB" if scale > 2 else "1GiB", timeout=600).ok()
    sizes = "octet_length(b), length(t), len(a)" if target.kind == "duckdb" else "octet_length(b), length(t), cardinality(a)"
    assert target.query(f"select {sizes} from t") == [(size, size, size // 40 + 1)]


def test_more_columns_than_postgres_has(folder, target):
    columns = "\n".join(f"  c{i}: integer" for i in range(1601))
    folder.write("in.csv", ",".join(f"c{i}" for i in range(1601)) + "\n" + ",".join("7" for _ in range(1601)) + "\n")
    pipeline = folder.pipeline(f"from: in.csv\ncolumns:\n{columns}\nto: {{ table: t }}\n")
    done = run(pipeline, target)
    if target.kind == "duckdb":
        assert done.ok().counts["inserted"] == 1
    else:
        done.failed("target_refused", "1600 columns")


@pytest.mark.parametrize("how", ["merge", "fetch"])
def test_minus_zero_over_zero_is_unchanged(folder, target, how):
    """They are one number to either database; where one is there, it stays."""
    if how == "fetch" and target.kind == "duckdb":
        pytest.skip("of Postgres only")
    more = f", unchanged: {how}" if target.kind == "postgres" else ""
    pipeline = folder.pipeline(f"from: in*.csv\ncolumns: {{ id: integer, d: double precision, r: real }}\nto: {{ table: t, mode: upsert, key: id{more} }}\n")
    folder.write("in1.csv", "id,d,r\n1,0,0\n2,-0,-0\n3,1,1\n4,NaN,NaN\n5,-Infinity,Infinity\n")
    assert run(pipeline, target).ok().counts["inserted"] == 5
    folder.write("in2.csv", "id,d,r\n1,-0,-0\n2,0,0\n3,-1,1\n4,NaN,NaN\n5,-Infinity,Infinity\n6,-0,0\n")
    counts = run(pipeline, target).ok().counts
    assert (counts["inserted"], counts["updated"], counts["unchanged"]) == (1, 1, 4)
    shown = [tuple(text.removesuffix(".0").lower().replace("infinity", "inf") for text in row) for row in
             target.query("select cast(d as varchar), cast(r as varchar) from t order by id")]
    assert shown == [("0", "0"), ("-0", "-0"), ("-1", "1"), ("nan", "nan"), ("-inf", "inf"), ("-0", "0")]
