"""No silent coercion: a value that does not fit its column exactly is a reject, in every format and target.

The traps are those of CORRECTNESS 10: each is a value that DuckDB's or Postgres's own casts change without a word.
"""
import json

import pytest

from ingot_program import run

# type → texts that are taken, with what the table then says (as text), and texts that are refused, with the reason.
TRAPS = {
    "integer": ({"1": "1", "-0": "0", "+7": "7", "2.0": "2", "1e3": "1000", "2147483647": "2147483647"},
                {"2.5": "not_an_integer", "1.7": "not_an_integer", "0x1A": "not_a_number", "1_000": "not_a_number",
                 "1,000": "not_a_number", "2147483648": "out_of_range", " 1": "not_a_number", "1 ": "not_a_number",
                 "٣": "not_a_number", "1e400": "out_of_range", "true": "not_a_number", "--1": "not_a_number"}),
    "smallint": ({"-32768": "-32768"}, {"32768": "out_of_range"}),
    "bigint": ({"9223372036854775807": "9223372036854775807", "9007199254740993": "9007199254740993"},
               {"9223372036854775808": "out_of_range", "9223372036854775807.5": "not_an_integer"}),
    "numeric(4,2)": ({"9.99": "9.99", "2.30": "2.30", "99.99": "99.99", "-0.01": "-0.01", "1e1": "10.00", "5": "5.00"},
                     {"9.999": "not_exact", "2.345": "not_exact", "100": "out_of_range", "9.994": "not_exact", "NaN": "not_a_number",
                      "1e400": "out_of_range", "inf": "not_a_number"}),
    "double precision": ({"0.1": "0.1", "1e300": "1e300", "Infinity": "inf", "NaN": "nan"},
                         {"1e400": "out_of_range", "1e-400": "out_of_range", "1,5": "not_a_number", "0x10": "not_a_number"}),
    "boolean": ({"true": "true", "0": "false", "YES": "true", "off": "false"}, {"2": "not_a_boolean", "tru": "not_a_boolean", "null": "not_a_boolean"}),
    "date": ({"2024-02-29": "2024-02-29"}, {"2023-02-29": "out_of_range", "29.02.2024": "not_a_date", "2024-2-9": "not_a_date",
                                              "2024-01-01 00:00:00": "not_a_date", "infinity": "not_a_date", "today": "not_a_date"}),
    "timestamp": ({"2024-01-01 12:00:00": "2024-01-01 12:00:00", "2024-01-01T12:00:00.123456": "2024-01-01 12:00:00.123456"},
                  {"2024-01-01 12:00:00+02": "has_time_zone", "2024-01-01 12:00:00Z": "has_time_zone",
                   "2024-01-01 12:00:00.123456789": "not_exact", "2024-01-01 25:00:00": "out_of_range", "now": "not_a_timestamp"}),
    "varchar(3)": ({"abc": "abc", "äöü": "äöü", "ab ": "ab ", "😀😀😀": "😀😀😀"}, {"abcd": "too_long", "abc   ": "too_long", "abc ": "too_long"}),
    "text": ({"  x ": "  x ", "NULL": "NULL"}, {}),
    "uuid": ({"A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11": "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"}, {"a0eebc99": "not_a_uuid"}),
    "json": ({'{"a": 1}': '{"a": 1}'}, {"{a: 1}": "not_json", "{'a': 1}": "not_json"}),
}
TYPES = list(TRAPS)


def csv_field(text):
    return '"' + text.replace('"', '""') + '"'


def as_rows(type_name):
    """(text, expected text or None, reason or None) in order."""
    good, bad = TRAPS[type_name]
    return [(t, e, None) for t, e in good.items()] + [(t, None, r) for t, r in bad.items() if r]


def normal(type_name, text):
    if type_name == "double precision":
        return repr(float(text))
    if type_name == "json":
        return json.dumps(json.loads(text))
    if type_name == "timestamp":
        return text.rstrip("0").rstrip(".") if "." in text else text
    return text


@pytest.mark.parametrize("form", ["csv", "ndjson"])
@pytest.mark.parametrize("type_name", TYPES)
@pytest.mark.parametrize("kind", ["duckdb", "postgres"])
def test_every_text_is_taken_exactly_or_refused(folder, fresh, kind, type_name, form):
    target, rows = fresh(kind), as_rows(type_name)
    if form == "csv":
        text = "id,v\n" + "".join(f"{i},{csv_field(t)}\n" for i, (t, _, _) in enumerate(rows))
    else:
        text = "".join(json.dumps({"id": i, "v": t}, ensure_ascii=i % 2 == 0) + "\n" for i, (t, _, _) in enumerate(rows))
        if type_name == "json":  # a JSON text within a string is a string
            rows = [(t, json.dumps(t), None) for t, _, _ in rows]
    folder.write(f"in.{form}", text)
    pipeline = folder.pipeline(f"from: in.{form}\nmax_rejects: 100%\ncolumns: {{ id: integer, v: '{type_name}' }}\nto: {{ table: t }}\n")
    run(pipeline, target).ok()
    found = {i: v for i, v in target.query("select id, cast(v as varchar) from t")}
    expected = {i: e for i, (_, e, reason) in enumerate(rows) if reason is None}
    assert {i: normal(type_name, v) for i, v in found.items()} == {i: normal(type_name, v) for i, v in expected.items()}
    first = 2 if form == "csv" else 1
    assert target.query("select line, code, field from ingot.rejects order by line") == [
        (i + first, reason, "v") for i, (_, _, reason) in enumerate(rows) if reason]


JSON_VALUES = {
    "integer": ([("1", "1"), ("1.0", "1"), ("1E2", "100")], [("1.5", "not_an_integer"), ("12345678901", "out_of_range"),
                 ("true", "wrong_shape"), ("[1]", "wrong_shape"), ("{}", "wrong_shape"), ("01", "bad_json"), ("+1", "bad_json"),
                 (".5", "bad_json"), ("NaN", "bad_json"), ("1e", "bad_json")]),
    "numeric(20,2)": ([("123456789012345678.25", "123456789012345678.25"), ("0.10", "0.10")], [("0.105", "not_exact")]),
    "bigint": ([("9007199254740993", "9007199254740993")], [("9223372036854775808", "out_of_range"), ("1e19", "out_of_range")]),
    "double precision": ([("0.1", "0.1"), ("123456789012345678901234567890", "1.2345678901234568e+29")], [("1e400", "out_of_range")]),
    "boolean": ([("true", "true"), ("false", "false")], [("[]", "wrong_shape")]),
    "text": ([('"a\\u00e9\\ud83d\\ude00\\n"', "aé😀\n"), ('""', "")],
             [('"a\\ud800"', "lone_surrogate"), ('"\\u0000"', "nul_byte"), ("{}", "wrong_shape"), ('"tab\there"', "bad_json"),
              ('"\\x"', "bad_json")]),
    "json": ([('{"b": [1, 2.50, null], "a": "x"}', '{"b": [1, 2.50, null], "a": "x"}'), ("12345678901234567890123", "12345678901234567890123"),
              ('"s"', '"s"'), ('"\\u0000"', '"\\u0000"')], [('{"a": "\\ud800"}', "lone_surrogate")]),
}


@pytest.mark.parametrize("type_name", JSON_VALUES)
def test_json_values(folder, target, type_name):
    good, bad = JSON_VALUES[type_name]
    values = [(v, e, None) for v, e in good] + [("null", None, None)] + [(v, None, r) for v, r in bad]
    folder.write("in.ndjson", "".join(f'{{"id": {i}, "v": {v}}}\n' for i, (v, _, _) in enumerate(values)))
    pipeline = folder.pipeline(f"from: in.ndjson\nmax_rejects: 100%\ncolumns: {{ id: integer, v: '{type_name}' }}\nto: {{ table: t }}\n")
    run(pipeline, target).ok()
    found = {i: v for i, v in target.query("select id, cast(v as varchar) from t")}
    expected = {i: e for i, (_, e, reason) in enumerate(values) if reason is None}
    if type_name in ("double precision",):
        found = {i: v if v is None else repr(float(v)) for i, v in found.items()}
    if type_name == "json":
        parse = lambda v: v if v is None else json.loads(v, parse_int=str, parse_float=str)
        found, expected = ({i: parse(v) for i, v in rows.items()} for rows in (found, expected))
    assert found == expected
    assert target.query("select line, code from ingot.rejects order by line") == [
        (i + 1, reason) for i, (_, _, reason) in enumerate(values) if reason]


@pytest.mark.parametrize("value, type_name, result", [
    ("cast(v as integer)", "integer", {"2.5": "expression_failed", "0x1A": "expression_failed", "1_000": "expression_failed", "7": "7"}),
    ("v", "integer", {"2.5": "not_an_integer", "7": "7"}),
    ("cast(v as double precision) / 2", "integer", {"5": "expression_failed", "4": "2"}),
    ("1 / cast(v as integer)", "double precision", {"0": None, "4": "0.25"}),
    ("cast(v as timestamp)", "timestamp", {"2024-01-01 00:00:00+02": "expression_failed", "2024-01-01 00:00:00": "2024-01-01 00:00:00"}),
    ("cast(v as numeric(6,3))", "numeric(4,2)", {"2.345": "expression_failed", "2.340": "2.34"}),
])
def test_expressions_are_as_strict(folder, duckdb, value, type_name, result):
    folder.write("in.csv", "v\n" + "".join(f"{v}\n" for v in result))
    pipeline = folder.pipeline(f'from: in.csv\nmax_rejects: 100%\ncolumns: {{ x: {{ type: "{type_name}", value: "{value}" }} }}\nto: {{ table: t }}\n'
                               .replace("value: \"v\"", "from: v"))
    run(pipeline, duckdb).ok()
    bad = [(i + 2, r) for i, r in enumerate(result.values()) if r and r.replace("_", "").isalpha()]
    found = duckdb.query("select line, code from ingot.rejects order by line")
    if None in result.values():  # division by zero must not become inf; the reason is free
        zero = list(result.values()).index(None) + 2
        assert [line for line, _ in found] == [zero]
    else:
        assert found == bad
    good = [r for r in result.values() if r and not r.replace("_", "").isalpha()]
    assert [normal(type_name, row[0]) for row in duckdb.query("select cast(x as varchar) from t")] == [normal(type_name, r) for r in good]


def test_names_bind_from_the_contract_never_from_the_data(folder, duckdb):
    """In plain SQL `upper(n) as name, length(name)` changes its meaning when the source gains a `name`."""
    pipeline = folder.pipeline("from: { path: '*.ndjson', new: all }\ncolumns:\n  name: { type: text, value: upper(n) }\n"
                               "  size: { type: bigint, value: length(name) }\nto: { table: t }\n")
    folder.write("a.ndjson", '{"n": "ab"}\n')
    run(pipeline, duckdb).ok()
    folder.write("a.ndjson", '{"n": "ab", "name": "a longer one"}\n')
    run(pipeline, duckdb).ok()
    assert duckdb.query("select name, size from t") == [("AB", 2), ("AB", 2)]


def test_where_does_not_hide_rejects(folder, target):
    """Pushed down as SQL's WHERE it would."""
    folder.write("in.csv", "id,n\n1,5\n2,x\n3,-1\n4,\n")
    pipeline = folder.pipeline("from: in.csv\nwhere: n > 0\ncolumns: { id: integer, n: integer }\nto: { table: t }\n")
    done = run(pipeline, target).ok()
    assert (done.counts["inserted"], done.counts["filtered"], done.counts["rejected"]) == (1, 2, 1)
    assert target.query("select line, code from ingot.rejects") == [(3, "not_a_number")]


def test_a_condition_that_fails_rejects_and_does_not_filter(folder, target):
    folder.write("in.csv", "id,t\n1,5\n2,x\n3,-1\n")
    pipeline = folder.pipeline("from: in.csv\nwhere: cast(t as integer) > 0\ncolumns: { id: integer, t: text }\nto: { table: t }\n")
    done = run(pipeline, target).ok()
    assert (done.counts["inserted"], done.counts["filtered"], done.counts["rejected"]) == (1, 1, 1)
    assert target.query("select line, code, field, detail from ingot.rejects") == [(3, "expression_failed", "where", "cast(t as integer) > 0")]


def test_a_value_that_routes_and_cannot_be_read_rejects_and_does_not_skip(folder, target):
    folder.write("in.ndjson", '{"k": "a", "id": 1}\n{"k": "a\\u0000", "id": 2}\n{"k": "other", "id": 3}\n')
    pipeline = folder.pipeline("from: in.ndjson\nunmatched: skip\ntables:\n  t: { when: k = 'a', columns: { id: integer } }\n")
    done = run(pipeline, target).ok()
    assert (done.counts["inserted"], done.counts["filtered"], done.counts["rejected"]) == (1, 1, 1)
    assert target.query("select line, code from ingot.rejects") == [(2, "nul_byte")]
