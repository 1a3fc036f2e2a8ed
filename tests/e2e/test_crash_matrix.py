"""kill -9 at any moment, then run again: the target holds what an uninterrupted run would have put there."""
import random
import signal
import time

import pytest

import crash_matrix
from crash_matrix import AHEAD, AlterCase, CASES, KINDS, MODEL, TABLE, Case, ChildrenCase, ConnectionsCase, FilesCase, first_and_last, rerun, try_every_step
from e2e_data import write_large
from ingot_program import run, start


@pytest.mark.parametrize("kind, mode, scope", CASES)
def test_killed_at_every_step(tmp_path, fresh, kind, mode, scope):
    steps, failures = try_every_step(Case(tmp_path, kind, mode, scope, fresh))
    assert not failures, "\n".join(failures.values())
    assert len([s for s in steps if "commit" in s]) >= (5 if scope == "part" else 3 if scope == "unit" and mode in crash_matrix.KEYED else 1)


@pytest.mark.parametrize("mode, scope, partitioned", [("append", "unit", False), ("append", "unit", True), ("replace", "run", True)])
def test_files_killed_at_every_step(tmp_path, fresh, mode, scope, partitioned):
    steps, failures = try_every_step(FilesCase(tmp_path, mode, scope, fresh, partitioned))
    assert not failures, "\n".join(failures.values())
    assert {"files.written", "files.kept", "duckdb.committed", "files.renamed", "files.published"} <= set(steps)


@pytest.mark.parametrize("mode", ["append", "upsert"])
@pytest.mark.parametrize("kind", KINDS)
def test_killed_while_a_table_is_altered(tmp_path, fresh, kind, mode):
    steps, failures = try_every_step(AlterCase(tmp_path, kind, mode, fresh))
    assert not failures, "\n".join(failures.values())


@pytest.mark.parametrize("mode", ["append", "upsert"])
def test_killed_while_several_connections_load(tmp_path, fresh, mode):
    case = ConnectionsCase(tmp_path, mode, fresh)
    steps, failures = try_every_step(case, lambda steps: [n for n in first_and_last(steps) if steps[n - 1] in AHEAD])
    assert not failures, "\n".join(failures.values())
    assert steps.count("engine.ahead") > 1


@pytest.mark.parametrize("kind, mode", [("postgres", "append"), ("duckdb", "upsert"), ("postgres", "upsert"), ("duckdb", "insert_new"), ("postgres", "insert_new"),
                                        ("duckdb", "merge_delete")])
def test_killed_while_child_tables_load(tmp_path, fresh, kind, mode):
    """The page of the matrix has every mode into both kinds of target."""
    steps, failures = try_every_step(ChildrenCase(tmp_path, kind, mode, fresh))
    assert not failures, "\n".join(failures.values())
    assert mode not in ("upsert", "merge_delete") or any("children_deleted" in step for step in steps)


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
