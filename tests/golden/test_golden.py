"""Whole pipelines as folders of data: pipeline.yaml, input/, and expected/ or expected_error.txt.

Each is run under every configuration below, into both kinds of target, and must come to the same.

    expected/TABLE.csv       the table's rows, sorted; NULL is \\N, a time of a history (time)
    expected/rejects.csv     file, line, column, offset, length, table, field, code, detail
    expected/counts.json     the run's counts
    expected_error.txt       what `check` and `run` say, the folder's path left out

INGOT_BLESS=1 writes what is expected from what one run gives: read it before you commit it.
"""
import csv
import io
import json
import os
import shutil
from pathlib import Path

import pytest

from ingot_program import ingot, reconciles, run

HERE = Path(__file__).resolve().parent
CASES = sorted(path.parent.name for path in HERE.glob("*/pipeline.yaml"))
BLESS = os.environ.get("INGOT_BLESS") == "1"
CONFIGURATIONS = {
    "duckdb-1-thread": ("duckdb", ["--threads", "1"], {}),
    "duckdb-8-threads": ("duckdb", ["--threads", "8"], {}),
    "duckdb-1-row-chunks": ("duckdb", ["--threads", "8"], {"INGOT_CHUNK_ROWS": "1"}),
    "duckdb-little-memory": ("duckdb", ["--memory-limit", "128MiB"], {}),
    "postgres-1-thread": ("postgres", ["--threads", "1"], {}),
    "postgres-1-row-chunks": ("postgres", ["--threads", "8"], {"INGOT_CHUNK_ROWS": "1"}),
}
REJECT_COLUMNS = ("file", "line", "column", "offset", "length", "table", "field", "code", "detail")


def copied(case, tmp_path):
    folder = tmp_path / case
    shutil.copytree(HERE / case, folder)
    return folder


def as_csv(header, rows):
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([["\\N" if value is None else value for value in row] for row in rows])
    return out.getvalue()


def rejects_of(target):
    return target.query('select unit_name, line, coalesce("column", 0), byte_offset, byte_length, coalesce("table", \'\'), coalesce(field, \'\'), code, '
                        "coalesce(detail, '') from ingot.rejects order by unit, byte_offset, field, code")


def results(target, done, tables):
    """File name → text, for all that expected/ may hold."""
    texts = {"counts.json": json.dumps(done.counts, indent=1) + "\n"}
    rejects = [(*row[:5], row[5].split(".")[-1], *row[6:]) for row in rejects_of(target)]
    if rejects:
        texts["rejects.csv"] = as_csv(REJECT_COLUMNS, rejects)
    for table in tables:
        columns = target.columns(table)
        texts[f"{table}.csv"] = as_csv(columns, timeless(columns, target.rows(table)))
    return texts


def timeless(columns, rows):
    """The times of a history differ from run to run."""
    times = [i for i, name in enumerate(columns) if name in ("valid_from", "valid_to")]
    return sorted((["(time)" if i in times and value is not None else value for i, value in enumerate(row)] for row in rows),
                  key=lambda row: [(value is None, value or "") for value in row])


def tables_of(done):
    models = [model["name"] for model in done.json["models"] if model["materialized"] == "table"]
    return [name.split(".")[-1].strip('"') for name in done.json["created"] + models]


@pytest.mark.parametrize("configuration", CONFIGURATIONS)
@pytest.mark.parametrize("case", [c for c in CASES if not (HERE / c / "expected_error.txt").exists()])
def test_pipeline(tmp_path, fresh, case, configuration):
    kind, arguments, env = CONFIGURATIONS[configuration]
    target = fresh(kind)
    done = run(copied(case, tmp_path) / "pipeline.yaml", target, *arguments, env=env).ok()
    assert reconciles(done.counts)
    found = results(target, done, tables_of(done))
    expected = HERE / case / "expected"
    if BLESS and configuration == "duckdb-1-thread":
        shutil.rmtree(expected, ignore_errors=True)
        expected.mkdir()
        for name, text in found.items():
            (expected / name).write_bytes(text.encode())
    assert sorted(found) == sorted(path.name for path in expected.iterdir())
    for name, text in found.items():
        assert text == (expected / name).read_bytes().decode(), name
    target.books_reconcile()


@pytest.mark.parametrize("case", [c for c in CASES if (HERE / c / "expected_error.txt").exists()])
def test_error(tmp_path, case):
    """`check` says it all; `run` says the same, and touches nothing."""
    folder = copied(case, tmp_path)
    before = sorted(os.listdir(folder))
    checked, ran = ingot("check", folder / "pipeline.yaml"), ingot("run", folder / "pipeline.yaml")
    said = f"exit {checked.code}\n{checked.err}".replace(str(folder) + "/", "")
    if BLESS:
        (HERE / case / "expected_error.txt").write_text(said)
    assert said == (HERE / case / "expected_error.txt").read_text()
    assert (ran.code, ran.err) == (checked.code, checked.err)
    assert sorted(os.listdir(folder)) == before


def test_there_are_cases():
    assert len(CASES) >= 15
