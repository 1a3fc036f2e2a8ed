"""The server restarted, its backend killed, the connection cut in mid-COPY and in mid-COMMIT, a lock held by another."""
import os
import signal

import pytest

import crash_matrix
from crash_matrix import MODEL, TABLE, rerun
from e2e_data import write_large
from ingot_program import COUNTS, EXIT, finish, run
from mid_run import catch_loading, start_run, wait_for, waiting
from postgres_proxy import PostgresProxy


@pytest.fixture
def large(folder):
    write_large(folder.path, files=4, rows=30_000)
    return folder


@pytest.mark.parametrize("mode", ["append", "upsert"])
@pytest.mark.parametrize("how", ["terminate", "sigkill", "restart"])
def test_server_lost_in_mid_run(large, own_postgres_server, mode, how):
    server = own_postgres_server
    pipeline = crash_matrix.write_pipeline(large.path, mode, "unit")
    whole = server.create_database()
    run(pipeline, whole).ok()
    expected = whole.state(TABLE)
    target = server.create_database()
    process, (pid, *_) = catch_loading(pipeline, target)
    if how == "terminate":
        target.execute("select pg_terminate_backend(%s)", (pid,))
    elif how == "sigkill":
        os.kill(pid, signal.SIGKILL)  # the server ends all its other backends and recovers
    else:
        server.restart("immediate")
    done = finish(process)
    assert done.code in (0, EXIT["target_unreachable"]), done.text()
    if done.code:
        assert "run again" in done.err
    whole.close(), target.close()
    wait_for(lambda: server.call("url") and is_up(target))
    rerun(pipeline, target)
    assert not crash_matrix.difference(expected, target.state(TABLE))
    assert left_over_tables(target) == [(TABLE,), (MODEL,)]
    target.books_reconcile()


def is_up(target):
    try:
        return target.value("select 1")
    except Exception:
        target.close()
        return False


def left_over_tables(target):
    return target.query("select relname from pg_class c join pg_namespace n on n.oid = relnamespace where relkind = 'r' and "
                        "nspname not in ('pg_catalog', 'information_schema', 'ingot') and nspname not like 'pg_toast%' order by 1")


@pytest.mark.parametrize("mode", ["append", "upsert"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_connection_cut_in_mid_commit(folder, fresh, mode, when):
    """After: the outcome is unknown to the client; it must look into the ledger and neither lose nor double."""
    write_large(folder.path, files=1, rows=2_000)
    pipeline = crash_matrix.write_pipeline(folder.path, mode, "unit")
    whole, target = fresh("postgres"), fresh("postgres")
    run(pipeline, whole).ok()
    # Ledger and plan stored by a run that is killed before its first rows, so that the next COMMIT is that of the rows.
    run(pipeline, target, env={"INGOT_CRASH_AT": "engine.plan_stored"})
    assert target.count("ingot.plans") == 1 and target.count("ingot.units") == 0
    proxy = PostgresProxy(target.url, b"COMMIT\0", when)
    target_url, target.url = target.url, proxy.url
    try:
        done = run(pipeline, target)
    finally:
        proxy.stop()
        target.url = target_url
    assert proxy.cuts == 1
    if when == "after":
        done.ok()
        assert done.counts == run_counts(whole)
    else:
        assert done.code in (0, EXIT["target_unreachable"]), done.text()
    rerun(pipeline, target)
    assert not crash_matrix.difference(whole.state(TABLE), target.state(TABLE))
    target.books_reconcile()


def run_counts(target):
    return dict(zip(COUNTS, target.query(f"select {', '.join(COUNTS)} from ingot.runs order by run limit 1")[0]))


def test_connection_cut_in_mid_copy(large, fresh):
    pipeline = crash_matrix.write_pipeline(large.path, "append", "unit")
    whole, target = fresh("postgres"), fresh("postgres")
    run(pipeline, whole).ok()
    proxy = PostgresProxy(target.url, b"text 2 29", "before")
    target_url, target.url = target.url, proxy.url
    try:
        done = run(pipeline, target)
    finally:
        proxy.stop()
        target.url = target_url
    assert proxy.cuts == 1
    assert done.code in (0, EXIT["target_unreachable"]), done.text()
    rerun(pipeline, target)
    assert not crash_matrix.difference(whole.state(TABLE), target.state(TABLE))


def test_no_server_at_all(folder):
    folder.write("1.csv", "id\n1\n")
    pipeline = folder.pipeline("from: 1.csv\ncolumns: { id: integer }\n"
                               "to: { connection: 'postgresql://me:hunter2@127.0.0.1:1/x', table: t }\n")
    done = run(pipeline).failed("target_unreachable", "127.0.0.1")
    assert "hunter2" not in done.out + done.err


def test_lock_held_by_another_session(folder, postgres):
    """The run waits, and goes on when the lock is gone."""
    folder.write("1.csv", "id\n1\n2\n")
    pipeline = folder.pipeline("from: 1.csv\ncolumns: { id: integer }\nto: { table: p }\n")
    postgres.execute("create table p (id integer)")
    other = postgres.connect()
    other.autocommit = False
    other.cursor().execute("lock table p in access exclusive mode")
    process = start_run(pipeline, postgres)
    wait_for(lambda: waiting(postgres))
    assert process.poll() is None
    other.rollback()
    assert finish(process).ok().counts["inserted"] == 2
    assert postgres.count("p") == 2
    other.close()


def test_deadlock_with_another_session_is_no_loss(folder, postgres):
    """Another writer updates the same rows in the opposite order; one of the two is refused by the server, nothing is lost."""
    folder.write("1.csv", "id,v\n" + "".join(f"{i},new\n" for i in range(200)))
    pipeline = folder.pipeline("from: 1.csv\ncolumns: { id: integer, v: text }\nto: { table: p, mode: upsert, key: id }\n")
    postgres.execute("create table p (id integer primary key, v text); insert into p select i, 'old' from generate_series(0, 199) i")
    other = postgres.connect()
    other.autocommit = False
    cursor = other.cursor()
    cursor.execute("update p set v = 'other' where id = 150")
    process = start_run(pipeline, postgres)
    wait_for(lambda: waiting(postgres))
    try:
        cursor.execute("update p set v = 'other' where id = 3")
        other.commit()
    except Exception:
        other.rollback()
    other.close()
    done = finish(process)
    assert done.code in (0, EXIT["target_refused"], EXIT["target_unreachable"], EXIT["busy"]), done.text()
    rerun(pipeline, postgres)
    assert postgres.query("select v, count(*) from p group by v") == [("new", 200)]
