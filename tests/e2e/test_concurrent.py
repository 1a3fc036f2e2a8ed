"""Two runs of one pipeline at once: a clear message, and nothing doubled; and what a dead or a frozen run leaves."""
import signal
import time

import pytest

import crash_matrix
from crash_matrix import TABLE, rerun
from e2e_data import write_large
from ingot_program import EXIT, finish, run
from mid_run import backends, catch_loading, in_flight, run_while_in_flight, start_run, wait_for, waiting


@pytest.fixture
def small(folder):
    folder.write("1.csv", "id,t,n\n1,a,1\n2,b,x\n")
    folder.write("2.csv", "id,t,n\n1,c,1\n3,d,1\n")
    return folder


def hold(target):
    """Holds a lock on the table, so that a run stands still in mid-transaction."""
    target.execute(f"create table {TABLE} (id integer primary key, t text, n integer)")
    other = target.connect()
    other.autocommit = False
    other.cursor().execute(f"lock table {TABLE} in access exclusive mode")
    return other


def test_second_run_says_who_is_busy(small, postgres):
    pipeline = crash_matrix.write_pipeline(small.path, "upsert", "unit")
    other = hold(postgres)
    first = start_run(pipeline, postgres)
    wait_for(lambda: waiting(postgres))
    # The look-ups of a second run may wait for the same lock: it is over before it gets that far, or after.
    postgres.execute("select 1")
    second = start_run(pipeline, postgres)
    time.sleep(1)
    other.rollback()
    outcomes = sorted((finish(first), finish(second)), key=lambda done: done.code)
    assert outcomes[0].code == 0, outcomes[0].text()
    assert outcomes[1].code in (0, EXIT["busy"]), outcomes[1].text()
    if outcomes[1].code == EXIT["busy"]:
        assert "run 1" in outcomes[1].err and "p" in outcomes[1].err
    assert postgres.query("select id, t from p order by id") == [(1, "c"), (3, "d")]
    assert postgres.count("ingot.units") == 2
    postgres.books_reconcile()
    other.close()


@pytest.mark.parametrize("kind", ["duckdb", "postgres"])
def test_busy_while_another_runs(folder, fresh, kind):
    """The first is frozen in mid-run; the second must not wait for ever, nor touch anything."""
    target = fresh(kind)
    write_large(folder.path, files=4, rows=30_000)
    pipeline = crash_matrix.write_pipeline(folder.path, "append", "unit")
    first, _ = catch_loading(pipeline, target)
    first.send_signal(signal.SIGSTOP)
    try:
        second = run(pipeline, target, timeout=30)
    finally:
        first.send_signal(signal.SIGCONT)
    second.failed("busy")
    finish(first).ok()
    whole = fresh(kind)
    run(pipeline, whole).ok()
    assert not crash_matrix.difference(whole.state(TABLE), target.state(TABLE))
    assert target.query("select count(*) from ingot.runs where state = 'running'") == [(0,)]


@pytest.mark.parametrize("kind", ["duckdb", "postgres"])
def test_take_over_of_what_a_killed_run_left(small, fresh, kind):
    pipeline = crash_matrix.write_pipeline(small.path, "upsert", "unit")
    target, whole = fresh(kind), fresh(kind)
    run(pipeline, whole).ok()
    killed = run(pipeline, target, env={"INGOT_CRASH_AT": "engine.committed:1"})
    assert killed.code == -signal.SIGKILL
    assert target.count("ingot.units") == 1
    small.write("0.csv", "id,t,n\n1,new file,1\n")  # not of the plan: comes after it, though it is listed before
    done = rerun(pipeline, target)
    assert done.json["resumed"] is True
    run(pipeline, target).ok()
    assert target.rejects()[0] == whole.rejects()[0] and target.units()[:2] == whole.units()
    assert target.query("select id, t from p order by id") == [(1, "new file"), (3, "d")]
    assert target.query("select name, plan from ingot.units order by plan, unit") == [
        ("1.csv", 1), ("2.csv", 1), ("0.csv", 2)]


@pytest.mark.parametrize("mode", ["append", "upsert"])
def test_zombie_cannot_commit_what_another_has_taken_over(folder, fresh, mode):
    """A run frozen in mid-COPY loses its connections (a firewall, a failover), another completes its plan, then it wakes."""
    write_large(folder.path, files=3, rows=30_000)
    pipeline = crash_matrix.write_pipeline(folder.path, mode, "unit")
    target, whole = fresh("postgres"), fresh("postgres")
    run(pipeline, whole).ok()
    zombie, _ = catch_loading(pipeline, target)
    zombie.send_signal(signal.SIGSTOP)
    try:
        for pid in backends(target):
            target.execute("select pg_terminate_backend(%s)", (pid,))
        wait_for(lambda: not backends(target))
        rerun(pipeline, target)
        expected = whole.state(TABLE)
        assert not crash_matrix.difference(expected, target.state(TABLE))
    finally:
        zombie.send_signal(signal.SIGCONT)
    done = finish(zombie)
    assert done.code in (EXIT["target_unreachable"], EXIT["conflict"], EXIT["busy"]), done.text()
    assert not crash_matrix.difference(expected, target.state(TABLE))
    target.books_reconcile()


@pytest.mark.parametrize("mode", ["append", "upsert"])
def test_zombie_that_only_lost_its_advisory_lock(folder, fresh, mode):
    """The fence is the primary key: without the courtesy lock two runs at once still double nothing."""
    write_large(folder.path, files=3, rows=10_000)
    pipeline = crash_matrix.write_pipeline(folder.path, mode, "unit")
    target, whole = fresh("postgres"), fresh("postgres")
    run(pipeline, whole).ok()
    target.execute(f"create table {TABLE} (id integer {'primary key' if mode == 'upsert' else ''}, t text, n integer)")
    run(pipeline, target, env={"INGOT_CRASH_AT": "engine.plan_stored"})
    # A function of the same name in front of the server's own: every run believes that it has the lock.
    target.execute("create schema unfenced; create function unfenced.pg_try_advisory_lock(bigint) returns boolean "
                   "language sql as 'select true'; create function unfenced.pg_try_advisory_lock(integer, integer) returns "
                   "boolean language sql as 'select true';"
                   f"alter database {target.database} set search_path = public, unfenced, pg_catalog")
    runs = [start_run(pipeline, target) for _ in range(3)]
    outcomes = [finish(process) for process in runs]
    for done in outcomes:
        assert done.code in (0, EXIT["busy"], EXIT["conflict"]), done.text()
        assert "is loading pipeline" not in done.err, "the lock was not disabled: this proves nothing"
    rerun(pipeline, target)
    assert not crash_matrix.difference(whole.state(TABLE), target.state(TABLE))
    assert target.value("select sum(inserted + updated + unchanged + duplicate) from ingot.units") == whole.value(
        "select sum(inserted + updated + unchanged + duplicate) from ingot.units")
    target.books_reconcile()


def test_different_pipelines_load_one_table_at_once(folder, postgres):
    for name in "ab":
        folder.write(f"{name}.csv", "id\n" + "\n".join(map(str, range(20_000))) + "\n")
        folder.pipeline(f"from: {name}.csv\ncolumns: {{ id: integer }}\nto: {{ table: p }}\n", f"{name}.yaml")
    postgres.execute("create table p (id integer)")
    runs = [start_run(folder.path / f"{name}.yaml", postgres) for name in "ab"]
    for process in runs:
        finish(process).ok()
    assert postgres.query("select count(*), count(distinct id) from p") == [(40_000, 20_000)]


def test_a_commit_that_is_in_flight_when_its_plan_is_given_up(small, fresh):
    """--replan waits for it before it looks at what is loaded."""
    small.write("2.csv", "id,t,n\n4,c,1\n3,d,1\n")
    pipeline = small.pipeline("from: '*.csv'\ncolumns: { id: integer, t: text, n: integer }\nto: { table: t, mode: upsert, key: id, commit: unit }\n")
    target, whole = fresh("postgres"), fresh("postgres")
    run(pipeline, whole).ok()
    assert run(pipeline, target, env={"INGOT_CRASH_AT": "engine.committed:1"}).code == -signal.SIGKILL
    wait_for(lambda: not backends(target))
    rival = in_flight(target, whole, "unit = 1", "id > 2")
    done = run_while_in_flight(pipeline, target, rival, "--replan").ok()
    assert done.json["state"] == "nothing_new" and done.json["known"] == 2
    assert target.rows("t") == whole.rows("t")
