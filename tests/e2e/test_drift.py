"""Fields of the source that no column takes: named, kept, refused; never lost without a word."""
import json

import pytest

from ingot_program import ingot, reconciles, run

COLUMNS = "columns: { id: integer, city: { type: text, from: address.city } }\n"


def pipeline(folder, name, drift=None, to="{ table: t }"):
    return folder.pipeline(f"from: {name}\n{COLUMNS}to: {to}\n" + (f"drift: {drift}\n" if drift else ""))


RECORDS = [
    {"id": 1, "address": {"city": "Bern", "zip": "3000"}, "size": [1, {"a": None}]},
    {"id": 2, "address": {"city": "Thun"}},
    {"address": {"street": {"name": "Weg", "no": 7}}, "id": 3, "a.b": "é\n", "é": True},
]


@pytest.fixture(params=["a.json", "a.ndjson", "a.txt"])
def file(folder, request):
    """The `from` of a file with the records; the last has them as Python literals."""
    lines = [json.dumps(r, ensure_ascii=r["id"] != 3) for r in RECORDS]
    if request.param == "a.txt":
        lines = [repr(r) for r in RECORDS]
    folder.write(request.param, "[" + ",\n".join(lines) + "]" if request.param == "a.json" else "\n".join(lines))
    return "{ path: a.txt, format: pyliteral }" if request.param == "a.txt" else request.param


def test_ignored_fields_are_named(folder, target, file):
    yaml = pipeline(folder, file)
    said = ingot("run", yaml, "--set", f"to.connection={target.url}").ok().out
    assert 'ignored, as no column takes them: "a.b", address.street, address.zip, size, é\n' in said
    done = run(yaml, target, "--set", "from.new=all").ok()
    assert done.json["ignored"] == ['"a.b"', "address.street", "address.zip", "size", "é"]


def test_rescued_fields_lie_as_in_the_record(folder, target, file):
    done = run(pipeline(folder, file, "rescue"), target).ok()
    assert done.json["ignored"] == [] and done.counts["inserted"] == 3
    rescued = [r and json.loads(r) if isinstance(r, str) or r is None else r
               for r, in target.query("select _rescued from t order by id")]
    assert rescued == [{"size": [1, {"a": None}], "address": {"zip": "3000"}}, None,
                       {"a.b": "é\n", "é": True, "address": {"street": {"name": "Weg", "no": 7}}}]


def test_a_column_that_takes_the_whole_leaves_nothing_over(folder, target, file):
    yaml = folder.pipeline(f"from: {file}\ncolumns: {{ id: integer, address: json }}\nto: {{ table: t }}\ndrift: rescue\n")
    run(yaml, target).ok()
    keys = [set(json.loads(r) if isinstance(r, str) else r or {}) if r else set()
            for r, in target.query("select _rescued from t order by id")]
    assert keys == [{"size"}, set(), {"a.b", "é"}]


def test_a_difference_in_what_is_rescued_is_a_difference(folder, target):
    yaml = pipeline(folder, "a.ndjson", "rescue", "{ table: t, mode: upsert, key: id }")
    folder.write("a.ndjson", '{"id": 1, "x": 1}\n{"id": 2}\n')
    run(yaml, target).ok()
    folder.write("a.ndjson", '{"id": 1, "x": 2}\n{"id": 2}\n')
    counts = run(yaml, target).ok().counts
    assert (counts["updated"], counts["unchanged"]) == (1, 1)


def test_rejected_records_name_the_field(folder, target, file):
    done = run(pipeline(folder, file, "reject"), target).ok()
    assert (done.counts["inserted"], done.counts["rejected"]) == (1, 2) and reconciles(done.counts)
    shown = target.query("select code, detail from ingot.rejects order by byte_offset")
    assert [code for code, _ in shown] == ["unknown_field"] * 2
    assert [detail.strip("\"'") for _, detail in shown] == ["zip", "street"]


def test_a_unit_fails_at_the_first(folder, target, file):
    failed = run(pipeline(folder, file, "fail"), target).failed("source_unreadable")
    error = failed.json["error"]
    assert error["message"].startswith("a field that no column takes: ") and error["message"].strip("\"'").endswith("zip")
    assert error["where"]["file"] in file and error["where"]["line"] == 1 and error["where"]["column"] > 20
    assert not target.has_table("t") or target.count("t") == 0


def test_repeated_fields_that_are_kept_are_a_reject(folder, target):
    folder.write("a.ndjson", '{"id": 1, "x": 1, "\\u0078": 2}\n{"id": 2, "x": 1}\n')
    done = run(pipeline(folder, "a.ndjson", "rescue"), target).ok()
    assert target.query("select code from ingot.rejects") == [("duplicate_key",)] and done.counts["inserted"] == 1


CSV = 'id,city,size,"a ""b"""\n1,Bern,3,"x ""y"""\n2,Thun,,NULL\n'
FLAT = "from: { path: a.csv, null: 'NULL' }\ncolumns: { id: integer, city: text }\nto: { table: t }\n"


@pytest.mark.parametrize("drift", ["ignore", "rescue", "reject", "fail"])
def test_csv(folder, target, drift):
    folder.write("a.csv", CSV)
    done = run(folder.pipeline(FLAT + f"drift: {drift}\n"), target)
    if drift in ("reject", "fail"):
        done.failed("source_unreadable")
        assert "a field that no column takes: size" in done.json["error"]["message"]
        return
    assert done.ok().json["ignored"] == (['"a ""b"""', "size"] if drift == "ignore" else [])
    if drift == "rescue":
        rescued = [json.loads(r) if isinstance(r, str) else r for r, in target.query("select _rescued from t order by id")]
        assert rescued == [{"size": "3", 'a "b"': 'x "y"'}, {"size": "", 'a "b"': None}]


def test_csv_header_names_that_rescue_cannot_tell_apart(folder, target):
    folder.write("a.csv", "id,city,x,x\n1,Bern,1,2\n")
    run(folder.pipeline(FLAT), target).ok()
    failed = run(folder.pipeline(FLAT.replace("table: t", "table: other") + "drift: rescue\n", name="other.yaml"), target).failed("source_unreadable")
    assert "twice" in failed.json["error"]["message"]


def test_mistakes(folder):
    bad = folder.pipeline("from: a.csv\ncolumns: { id: integer, _RESCUED: text }\ndrift: rescue\n")
    ingot("check", bad).failed("invalid_pipeline", "drift: rescue adds a column of this name")
