"""The server as it is found at work: poolers before it, time-outs set for the user, other transactions in the way."""
import signal

import psycopg2
import pytest

import crash_matrix
from crash_matrix import TABLE, difference, rerun
from ingot_program import finish, ingot, run
from mid_run import backends, start_run, wait_for
from pgbouncer import PgBouncer

LOCKS = "select count(*) from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())"


def pipeline(folder, rows="1,a\n2,b\n", to="mode: upsert, key: id"):
    folder.write("1.csv", "id,t\n" + rows)
    return folder.pipeline(f"from: '*.csv'\ncolumns: {{ id: integer, t: text }}\nto: {{ table: p, {to} }}\n")


# --- PgBouncer

class Pooled:
    kind = "postgres"

    def __init__(self, database, bouncer):
        self.database, self.bouncer, self.url = database, bouncer, bouncer.url


@pytest.fixture
def pooled(postgres):
    """The database behind a PgBouncer that gives each transaction another connection as it likes."""
    bouncer = PgBouncer(postgres.url)
    yield Pooled(postgres, bouncer)
    bouncer.stop()


@pytest.mark.parametrize("mode", ["append", "upsert"])
def test_behind_a_transaction_pooler(tmp_path, fresh, mode):
    """Everything that a run does, killed in between, ends as it does without one; nothing of Ingot's stays behind."""
    case = crash_matrix.Case(tmp_path, "postgres", mode, "unit", fresh)
    expected = case.uninterrupted().state()
    target = case.beginning()
    bouncer = PgBouncer(target.url)
    before = settings_of(bouncer)
    behind = Pooled(target, bouncer)
    try:
        for step in ("pg.plan_stored:1", "pg.copied:1", "pg.committed:1"):
            assert run(case.pipeline, behind, env={"INGOT_CRASH_AT": step}).code == -signal.SIGKILL
        rerun(case.pipeline, behind)
        assert run(case.pipeline, behind).ok().json["state"] == "nothing_new"
        assert not difference(expected, case.state())
        target.books_reconcile()
        assert target.value(LOCKS) == 0
        assert settings_of(bouncer) == before
        assert "lost" in ingot("runs", case.pipeline, "--set", f"to.connection={bouncer.url}").ok().out
    finally:
        bouncer.stop()


def settings_of(bouncer):
    """What another client of the pool finds, in every connection that the pool has."""
    found, clients = set(), []
    for _ in range(5):
        client = psycopg2.connect(bouncer.url)
        clients.append(client)
        with client.cursor() as cursor:  # in a transaction each, so that each has a connection of its own
            cursor.execute("select string_agg(name || '=' || setting, ' ' order by name) from pg_settings "
                           "where name not in ('application_name', 'transaction_isolation')")
            found.add(cursor.fetchall()[0][0])
    for client in clients:
        client.close()
    assert len(found) == 1
    return found


def test_two_runs_behind_a_pooler(folder, pooled):
    """The second is told so, and `runs` knows that the first is under way."""
    file = pipeline(folder)
    target = pooled.database
    target.execute("create table p (id integer primary key, t text)")
    other = target.connect()
    other.autocommit = False
    other.cursor().execute("lock table p in share mode")
    first = start_run(file, pooled)
    wait_for(lambda: backends(target, "wait_event_type = 'Lock'"))
    run(file, pooled).failed("busy", "run 1")
    run(file, target).failed("busy", "run 1")  # past the pooler, too
    assert "running" in ingot("runs", file, "--set", f"to.connection={pooled.url}").ok().out
    other.rollback()
    finish(first).ok()
    assert run(file, pooled).ok().json["state"] == "nothing_new"
    other.close()


def test_a_pool_that_is_too_small(folder, postgres):
    bouncer = PgBouncer(postgres.url, size=1, wait=1)
    try:
        run(pipeline(folder), Pooled(postgres, bouncer)).failed("target_unreachable", "query_wait_timeout", "two connections")
        assert not postgres.exists("p")
    finally:
        bouncer.stop()
    run(pipeline(folder), postgres).ok()


@pytest.mark.parametrize("mode", ["session", "statement"])
def test_other_ways_of_pooling(folder, postgres, mode):
    bouncer = PgBouncer(postgres.url, mode=mode)
    try:
        done = run(pipeline(folder), Pooled(postgres, bouncer))
        if mode == "session":
            assert done.ok().counts["inserted"] == 2
        else:
            done.failed("target_refused", "statement pooling mode", "pool_mode = transaction")
    finally:
        bouncer.stop()


def test_options_that_a_pooler_refuses(folder, pooled):
    run(pipeline(folder), pooled, env={"PGOPTIONS": "-c lock_timeout=1s"}).failed(
        "target_unreachable", "unsupported startup parameter", "without PGOPTIONS")


# --- time-outs

SLOW = """
    create table p (id integer primary key, t text);
    create function slow() returns trigger language plpgsql as $$ begin perform pg_sleep(0.5); return new; end $$;
    create trigger slow before insert on p for each row execute function slow();"""
TIMEOUTS = ["statement_timeout", "idle_in_transaction_session_timeout", "idle_session_timeout"]


def behind(postgres, way):
    return PgBouncer(postgres.url) if way == "pooled" else None


@pytest.mark.parametrize("way", ["direct", "pooled"])
def test_time_outs_of_the_database_do_not_end_a_load(folder, postgres, way):
    """They are meant for people and services; a load takes as long as it takes."""
    postgres.execute(SLOW + "".join(f"alter database {postgres.database} set {name} = '300ms';" for name in TIMEOUTS))
    postgres.close()
    bouncer = behind(postgres, way)
    folder.write("2.csv", "id,t\n3,c\n")
    try:
        done = run(pipeline(folder), Pooled(postgres, bouncer) if bouncer else postgres).ok()
    finally:
        if bouncer:
            bouncer.stop()
        postgres.close()
        postgres.execute(f"alter database {postgres.database} reset all")
    assert done.counts["inserted"] == 3


@pytest.mark.parametrize("setting, code, said", [
    ("statement_timeout=200ms", "target_refused", "statement_timeout"), ("lock_timeout=200ms", "busy", "lock_timeout")])
def test_time_outs_that_the_user_gives_hold(folder, postgres, setting, code, said):
    postgres.execute(SLOW)
    other = postgres.connect()
    other.autocommit = False
    if code == "busy":
        other.cursor().execute("lock table p in share mode")
    file = pipeline(folder)
    run(file, postgres, env={"PGOPTIONS": f"-c {setting}"}).failed(code, said)
    other.close()
    assert postgres.count("p") == 0
    assert rerun(file, postgres).counts["inserted"] == 2


# --- other transactions in the way

def test_deadlock_is_tried_again(folder, postgres):
    """Another writer updates the same rows the other way round. The server ends one of the two; the merge is done again from its savepoint."""
    file = pipeline(folder, "".join(f"{i},new\n" for i in range(200)))
    postgres.execute("create table p (id integer primary key, t text); insert into p select i, 'old' from generate_series(0, 199) i")
    other = postgres.connect()
    other.autocommit = False
    cursor = other.cursor()
    cursor.execute("set deadlock_timeout = '60s'")  # so that it is the run that is ended
    cursor.execute("update p set t = 'other' where id = 150")
    process = start_run(file, postgres)
    wait_for(lambda: backends(postgres, "wait_event_type = 'Lock'"))
    cursor.execute("update p set t = 'other' where id = 3")  # returns when the run's transaction is gone
    other.commit()
    other.close()
    done = finish(process).ok()
    assert done.counts["updated"] == 200
    wait_for(lambda: postgres.value("select deadlocks from pg_stat_database where datname = current_database()") > 0)
    assert postgres.query("select t, count(*) from p group by t") == [("new", 200)]
    postgres.books_reconcile()


FAILS = """
    create table p (id integer primary key, t text); create sequence tries;
    create function fails() returns trigger language plpgsql as $$ begin
      if nextval('tries') <= {} then raise exception 'secret %', new.t using errcode = '40001'; end if;
      return new; end $$;
    create trigger fails before insert on p for each row execute function fails()"""


@pytest.mark.parametrize("to", ["mode: append", "mode: upsert, key: id", "mode: append, commit: run"])
def test_serialisation_failures_are_tried_again(folder, postgres, to):
    """A sequence does not go back with its transaction: the third attempt goes through."""
    postgres.execute(FAILS.format(2))
    folder.write("2.csv", "id,t\n3,c\n4,x,y\n")
    file = pipeline(folder, to=to)
    done = run(file, postgres).ok()
    assert done.counts == {"read": 4, "inserted": 3, "updated": 0, "unchanged": 0, "filtered": 0, "duplicate": 0, "rejected": 1}
    assert done.json["retried"] == 2
    assert postgres.query("select id from p order by id") == [(1,), (2,), (3,)]
    assert postgres.count("ingot.rejects") == 1
    postgres.books_reconcile()
    folder.write("3.csv", "id,t\n5,c\n")
    postgres.execute("select setval('tries', 1)")
    assert "1 transaction was tried again" in ingot("run", file, "--set", f"to.connection={postgres.url}").ok().out


def test_what_fails_for_ever_ends(folder, postgres):
    postgres.execute(FAILS.format(1_000_000))
    done = run(pipeline(folder), postgres).failed("busy", "40001", "a function of the database raised", "tried 6 times")
    assert "secret" not in done.err + done.out
    assert done.json["retried"] == 5
    assert postgres.count("p") == 0 and postgres.count("ingot.units") == 0
