"""N. Seriot's JSONTestSuite, each document a file: what must be taken (y_) loads exactly, what must be refused (n_) costs its record or its file,
and what is left open (i_) is as docs/decisions/json-own-second-stage.md says."""
import json
import subprocess

import pytest

from ingot_program import EXIT, REPOSITORY, run
from targets import DuckDbTarget

PIPELINE = """
from: {{ path: "in/*.json", format: {format} }}
columns: {{ unit: {{ type: text, value: meta.unit }}, v: {{ type: json, from: $ }} }}
to: {{ table: t }}
max_rejects: 100%
"""
# The package holds texts: what is not UTF-8 is lost in it, and has tests of its own.
LOST = "\ufffd"


@pytest.fixture(scope="module")
def suite():
    path = subprocess.run([REPOSITORY / "scripts" / "fetch-json-test-suite"], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
    cases = {case["name"].removesuffix(".json"): case["input"] for case in json.load(open(path))}
    return {name: text for name, text in cases.items() if LOST not in text}


def load(tmp_path, cases, format):
    """Name → (values, codes of rejects, whether the file failed)."""
    (tmp_path / "in").mkdir()
    for name, text in cases.items():
        (tmp_path / "in" / f"{name}.json").write_bytes(text.encode())
    (tmp_path / "p.yaml").write_text(PIPELINE.format(format=format))
    target = DuckDbTarget(tmp_path / "t.duckdb")
    done = run(tmp_path / "p.yaml", target)
    assert done.code in (0, EXIT["source_unreadable"]), done.text()
    found = {name: ([], set(), True) for name in cases}
    for (unit,) in target.query("select name from ingot.units"):
        found[stem(unit)] = ([], set(), False)
    for unit, value in target.query("select unit, v from t order by rowid"):
        found[stem(unit)][0].append(None if value is None else json.loads(value))
    for unit, code in target.query("select unit_name, code from ingot.rejects"):
        found[stem(unit)][1].add(code)
    return found


def stem(unit):
    return unit.removeprefix("in/").removesuffix(".json")


def is_stream(text):
    """Values one after another, which format: json takes, where the first is no array."""
    def no_constant(name):
        raise ValueError(name)
    decoder = json.JSONDecoder(parse_constant=no_constant)
    text = text.removeprefix("\ufeff").strip(" \t\r\n")
    if text.startswith("["):
        return False
    while text:
        try:
            _, end = decoder.raw_decode(text)
        except ValueError:
            return False
        text = text[end:].lstrip(" \t\r\n")
    return True


def test_format_json(tmp_path, suite):
    found = load(tmp_path, suite, "json")
    for name, text in suite.items():
        values, codes, failed = found[name]
        if name.startswith("y_"):
            document = json.loads(text)
            assert not failed and not codes, name
            assert values == (document if isinstance(document, list) else [document]), name
        elif name.startswith("n_") and not is_stream(text):
            assert failed or codes, (name, values)
    for name, (values, codes, failed) in found.items():
        if name.startswith("i_"):
            surrogate = "surrogate" in name
            expected = {"lone_surrogate"} if surrogate else {"too_deep"} if "nested" in name else set()
            assert not failed and codes == expected and bool(values) == (not expected), (name, values, codes)


def test_format_ndjson(tmp_path, suite):
    cases = {name: text for name, text in suite.items() if "\n" not in text and text.strip(" \t\r\ufeff")}
    found = load(tmp_path, cases, "ndjson")
    for name, text in cases.items():
        values, codes, failed = found[name]
        assert not failed
        if name.startswith("y_"):
            assert not codes and values == [json.loads(text)], name
        elif name.startswith("n_"):
            assert len(codes) == 1 and not values, name
