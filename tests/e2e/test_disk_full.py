"""No space left, in the database's file and in the folder for spilling: a clear outcome, nothing lost or doubled."""
import os
import shutil
import subprocess

import pytest

import crash_matrix
from e2e_data import write_large
from ingot_program import EXIT, ingot, run
from targets import DuckDbTarget


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 4 MB."""
    if os.geteuid() != 0:
        pytest.skip("mounting a small file system needs root")
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", folder], capture_output=True, text=True)
    if mounted.returncode:
        pytest.skip(f"mounting is not allowed here: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


@pytest.mark.parametrize("mode", ["append", "upsert"])
def test_disk_of_the_duckdb_file(folder, fresh, small_disk, mode):
    # More than the disk takes even at its entropy: 100 bytes for each row, or for each key (some 47,000).
    write_large(folder.path, files=6, rows=25_000, filler=lambda dice: dice.randbytes(100).hex())
    pipeline = crash_matrix.write_pipeline(folder.path, mode, "unit")
    full = DuckDbTarget(small_disk / "t.duckdb")
    done = run(pipeline, full)
    done.failed("resource", "No space left", "run again")
    # With room again the run goes on from what was committed.
    roomy = fresh("duckdb")
    for name in os.listdir(small_disk):
        shutil.copy(small_disk / name, os.path.dirname(roomy.file))
    crash_matrix.rerun(pipeline, roomy)
    whole = fresh("duckdb")
    run(pipeline, whole).ok()
    assert not crash_matrix.difference(whole.state("p"), roomy.state("p"))


def test_disk_for_spilling(folder, fresh, small_disk):
    rows = 600_000
    with open(folder.path / "a.csv", "w") as out:
        out.write("id,t\n")
        out.writelines(f"{i * 7919 % rows},text {'y' * 150} {i}\n" for i in range(rows))
    target = fresh("duckdb")
    pipeline = folder.pipeline("from: a.csv\ncolumns: { id: integer, t: text }\nto: { table: p, mode: upsert, key: id }\n")
    target.execute("create table p (id integer primary key, t text); insert into p values (1, 'old')")
    done = run(pipeline, target, "--memory-limit", "128MiB", "--temp-dir", small_disk)
    assert done.code in (0, EXIT["resource"]), done.text()
    if done.code:
        assert target.query("select * from p") == [(1, "old")]
    run(pipeline, target).ok()
    assert target.query("select count(*), count(distinct id) from p") == [(rows, rows)]


def test_standard_input_larger_than_the_disk(folder, duckdb, small_disk):
    pipeline = folder.pipeline("from: { path: '-', format: csv }\ncolumns: { id: integer, t: text }\nto: { table: p }\n")
    data = b"id,t\n" + b"1,xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n" * 200_000
    done = ingot("run", "--json", pipeline, "--set", f"to.connection={duckdb.url}", "--temp-dir", small_disk, stdin=data)
    assert done.code == EXIT["resource"], done.text()
    assert "space" in done.err.lower()
    assert not duckdb.exists("p") or duckdb.count("p") == 0
