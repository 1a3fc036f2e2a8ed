"""kill -9 at any moment, then run again: the target holds what an uninterrupted run would have put there."""
import random
import signal
import subprocess
import sys
import time

import pytest

import crash_matrix
from crash_matrix import KINDS, MODEL, TABLE, Case, rerun
from e2e_data import write_large
from ingot_program import run, start


@pytest.mark.parametrize("words", crash_matrix.cases_to_test(), ids=crash_matrix.name_of)
def test_killed_at_every_step(tmp_path, fresh, words):
    row = crash_matrix.try_case(words, tmp_path, fresh)
    crash_matrix.leave_row(words, row)
    assert not row.wrong, "\n".join(map(": ".join, row.wrong))


def test_the_page_of_the_matrix(tmp_path, monkeypatch):
    """What the tests leave is a page once no case is missing."""
    monkeypatch.setenv("INGOT_CRASH_ROWS", str(tmp_path / "rows"))
    *most, last = crash_matrix.every_case()
    for words in most:
        crash_matrix.leave_row(words, crash_matrix.Row(["a.begun", "a.committed"]))
    write = [sys.executable, crash_matrix.__file__, "--from", tmp_path / "rows", "--write", tmp_path / "page.md"]
    missing = subprocess.run(write, capture_output=True, text=True)
    assert missing.returncode == 1 and " ".join(last) in missing.stderr and not (tmp_path / "page.md").exists()
    crash_matrix.leave_row(last, crash_matrix.Row(["a.begun"], [("a.begun", "a row too many")]))
    wrong = subprocess.run(write, capture_output=True, text=True)
    assert wrong.returncode == 1 and f"{' '.join(last)}: a.begun: a row too many" in wrong.stderr
    page = (tmp_path / "page.md").read_text()
    count = len(most)
    assert f"{2 * count + 1} kills, 1 wrong." in page and f"| `a.begun` | {count + 1} | 1 |" in page and f"| {' | '.join(last)} | 1 | 1 |" in page


def test_the_comparison_sees_what_it_must(tmp_path, fresh):
    """The matrix is worth nothing if a doubled row, a lost reject or a changed count went unnoticed."""
    case = Case(tmp_path, "duckdb", "append", "unit", fresh)
    expected = case.uninterrupted().state()
    for damage in (f"insert into {TABLE} select * from {TABLE} limit 1", f"delete from {TABLE} where n = 3",
                   "delete from ingot.rejects where unit = 0 and code = 'ragged'", "update ingot.units set inserted = inserted + 1",
                   f"delete from {MODEL} where n = 3", f"update {MODEL} set count = count + 1 where n = 3"):
        case.uninterrupted()
        assert not crash_matrix.difference(expected, case.state())
        case.target.execute(damage)
        assert crash_matrix.difference(expected, case.state()), damage


@pytest.mark.parametrize("mode, scope", [("append", "unit"), ("upsert", "unit"), ("upsert", "run"), ("insert_new", "unit"), ("merge_delete", "unit"), ("replace", "run"), ("replace_partitions", "run"), ("append", "part"), ("upsert", "part")])
@pytest.mark.parametrize("kind", KINDS)
def test_killed_at_random_moments(folder, fresh, kind, mode, scope, scale):
    write_large(folder.path)
    pipeline = crash_matrix.write_pipeline(folder.path, mode, scope, part_size="100KiB")
    whole = fresh(kind)
    began = time.monotonic()
    run(pipeline, whole).ok()
    duration = time.monotonic() - began
    expected = whole.state(TABLE, MODEL)
    dice, killed = random.Random(f"{kind}{mode}{scope}"), 0
    for _ in range(max(2, int(3 * scale))):
        target = fresh(kind)
        for _ in range(4):
            process = start("run", "--json", pipeline, "--set", f"to.connection={target.url}")
            time.sleep(dice.uniform(0.02, duration))
            process.send_signal(signal.SIGKILL)
            process.communicate()
            killed += process.returncode == -signal.SIGKILL
        rerun(pipeline, target)
        assert not crash_matrix.difference(expected, target.state(TABLE, MODEL))
        target.books_reconcile()
    assert killed > 0
