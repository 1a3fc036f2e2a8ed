"""Public suites of CSV: every file loads exactly, or is refused or rejected for a reason that stands here."""
import collections
import json
import subprocess
from pathlib import Path

import pytest

from ingot_program import EXIT, REPOSITORY, run
from targets import DuckDbTarget

WIDTH = 6  # fields of the widest record


@pytest.fixture(scope="module")
def suites():
    done = subprocess.run([REPOSITORY / "scripts" / "fetch-csv-test-suites"], check=True, stdout=subprocess.PIPE, text=True)
    return Path(done.stdout.strip())


def load(folder, files, options, columns):
    """Loads the files (name: bytes). Returns by name their rows, codes of rejects, and the error if the file failed."""
    (folder / "in").mkdir(parents=True)
    for name, data in files.items():
        (folder / "in" / name).write_bytes(data)
    (folder / "p.yaml").write_text(f"from: {{ path: in/*.csv, format: csv, delimiter: ',', {options} }}\nmax_rejects: 100%\n"
                                   f"columns: {columns}\nto: {{ table: t }}\n")
    target = DuckDbTarget(folder / "t.duckdb")
    done = run(folder / "p.yaml", target)
    assert done.code in (0, EXIT["source_unreadable"]), done.text()
    target.books_reconcile()
    rows, codes = collections.defaultdict(list), collections.defaultdict(list)
    if target.has_table("t"):
        for unit, *values in target.query("select * from t order by unit, n"):
            rows[unit.removeprefix("in/")].append(values[1:])
    for unit, code in target.query("select unit_name, code from ingot.rejects order by id"):
        codes[unit.removeprefix("in/")].append(code)
    loaded = {name.removeprefix("in/") for name, in target.query("select name from ingot.units")}
    return {name: (rows[name], codes[name], name not in loaded) for name in files}


def by_place(fields):
    """Columns for fields that have no names."""
    places = ", ".join(f'c{i}: {{ type: text, from: "[{i}]" }}' for i in range(fields))
    return f"{{ unit: {{ type: text, value: meta.unit }}, n: {{ type: bigint, value: meta.offset }}, {places} }}"


# Papa Parse mends these, and says so; here each costs its record, or the file where nobody knows where the record ends.
# What stays of them, in as many columns as that library finds in the first record; None: the file fails.
NOT_MENDED = {
    "Quoted field has no closing quote": None,
    "Quoted field has invalid trailing quote after delimiter with a valid closer": [],
    "Quoted field has invalid trailing quote after delimiter": [],
    "Quoted field has invalid trailing quote before delimiter": [["e", "f"]],
    "Quoted field has invalid trailing quote after new line": [],
    "Input is just empty fields": [["", "", ""]],  # the second record has a field too many
}


def is_of_csv(case):
    """The others try that library's own options: comments of several characters, or 5; headers that are mended."""
    config = case.get("config") or {}
    comment = config.get("comments") or "#"
    return not config.get("header") and (comment is True or isinstance(comment, str) and len(comment) == 1)


def test_papaparse(tmp_path, suites):
    groups = collections.defaultdict(dict)
    cases = [case for case in json.loads((suites / "papaparse.json").read_text()) if is_of_csv(case)]
    assert len(cases) == 56
    for number, case in enumerate(cases):
        comment = (case.get("config") or {}).get("comments")
        groups["#" if comment is True else comment, width(case)][f"{number:02}.csv"] = case["input"].encode()
    for number, ((comment, fields), files) in enumerate(groups.items()):
        options = "header: false" + (f", comment: '{comment}'" if comment else "")
        for name, found in load(tmp_path / str(number), files, options, by_place(fields)).items():
            check(cases[int(name[:2])], *found)


def width(case):
    """Fields of the first record, as its line has them."""
    return len(case["expected"]["data"][0]) if case["expected"]["data"] else 1


def check(case, rows, codes, failed):
    what = case["description"]
    preview = (case.get("config") or {}).get("preview")
    # Papa Parse makes a record of nothing at all, as behind the last line end; here also an empty line is none, but of one column.
    expected = case["expected"]["data"]
    expected = expected[:-1] if expected[-1:] == [[""]] else expected
    expected = [row for row in expected if row != [""] or width(case) == 1]
    if what not in NOT_MENDED:
        assert (rows[:preview], codes, failed) == (expected, [], False), what
    elif NOT_MENDED[what] is None:
        assert failed and not rows, what
    else:
        assert (rows, bool(codes), failed) == (NOT_MENDED[what], True, False), what


def test_csv_spectrum(tmp_path, suites):
    files = sorted((suites / "csvs").glob("*.csv"))
    assert len(files) == 12
    for file in files:
        expected = json.loads((suites / "json" / f"{file.stem}.json").read_text())
        expected = expected if isinstance(expected, list) else [expected]
        names = ", ".join(f"{json.dumps(name)}: text" for name in expected[0])
        columns = f"{{ unit: {{ type: text, value: meta.unit }}, n: {{ type: bigint, value: meta.offset }}, {names} }}"
        found = load(tmp_path / file.stem, {file.name: file.read_bytes()}, "header: true", columns)[file.name]
        rows = [list(row.values()) for row in expected]
        if file.stem == "location_coordinates":
            rows[0][0] = "2095257564"  # as the file has it; the suite's own account of it does not
        assert found == (rows, [], False), file.stem
