"""Several connections into Postgres. Batches are loaded at the same time and commit one after the other: whatever happens, the
target and the ledger are as one connection leaves them."""
import random
import signal

import psycopg2
import pytest

from ingot_program import finish, ingot, reconciles, run
from mid_run import backends, copying, in_flight, run_while_in_flight, start_run, wait_for
from test_parts import lines, ndjson, parts_of

COLUMNS = "columns: { id: integer, t: text, n: integer }\n"
PART = ", commit: part, part_size: 1KiB"


def pipeline(folder, to="", source="{ path: '*.csv', delimiter: ',' }", more="max_rejects: 50%\n"):
    return folder.pipeline(f"from: {source}\n{more}{COLUMNS}to: {{ table: t{to} }}\n")


def csv(rows, **options):
    return "".join(lines(rows, **options))


def call(file, target, connections, *args, env=None):
    return run(file, target, "--set", f"to.connections={connections}", *args, env=env)


def steps_of(folder, file, target, connections=3, *args):
    """A run, and the steps that it passed."""
    steps = folder.path / "steps"
    steps.unlink(missing_ok=True)
    done = call(file, target, connections, *args, env={"INGOT_CRASH_LIST": str(steps)})
    return done, steps.read_text().split()


def outcome(done):
    """What a run says of itself, but for times."""
    return {name: value for name, value in done.json.items() if name not in ("seconds", "retried", "target", "rate")}


def state(target, table="t", columns="*"):
    return target.state(table, columns=columns)


def assert_like_one(folder, fresh, file, prepare="", ahead=True, columns="*", table="t", code=0):
    """Loads with one connection and with three; returns the steps of the latter."""
    one, several = fresh("postgres"), fresh("postgres")
    for target in (one, several):
        if prepare:
            target.execute(prepare)
    expected = call(file, one, 1)
    done, steps = steps_of(folder, file, several)
    assert expected.code == done.code, done.text()
    assert outcome(done) == outcome(expected) | {"run": done.json["run"]}
    assert state(several, table, columns) == state(one, table, columns)
    several.books_reconcile()
    assert (steps.count("engine.ahead") > 1) == ahead, steps
    assert call(file, several, 3).json["state"] == "nothing_new" or code
    return steps


@pytest.mark.parametrize("source", ["a.csv", "a.ndjson"])
@pytest.mark.parametrize("to", ["", ", mode: upsert, key: id", ", mode: insert_new, key: id, keep: first",
                                ", mode: merge_delete, key: id, delete_when: n % 7 = 3"],
                         ids=["append", "upsert", "insert_new", "merge_delete"])
def test_parts(folder, fresh, source, to):
    """Repeated keys over all parts, rejects in any of them."""
    folder.write(source, csv(600) if source == "a.csv" else ndjson(600))
    steps = assert_like_one(folder, fresh, pipeline(folder, to + PART, source if "json" in source else "{ path: a.csv, delimiter: ',' }"))
    assert steps.count("engine.committed") > 5


@pytest.mark.parametrize("to", ["", ", mode: upsert, key: id", ", mode: upsert, key: id, keep: first", ", mode: upsert, key: id, order_by: n",
                                ", mode: insert_new, key: id", ", mode: merge_delete, key: id, delete_when: n % 7 = 3"],
                         ids=["append", "last", "first", "order_by", "insert_new", "merge_delete"])
def test_files(folder, fresh, to):
    for number in range(6):
        folder.write(f"{number}.csv", csv(60, seed=number) if number != 3 else "id,t,n\n")
    file = pipeline(folder, to)
    # Append puts small files into one transaction.
    assert_like_one(folder, fresh, file, ahead=to != "", prepare="" if not to else
                    "create table t (id integer primary key, t text, n integer); insert into t select i, 'old', i from generate_series(0, 40, 3) i")


def test_versions_of_rows(folder, fresh):
    for number in range(5):
        folder.write(f"{number}.csv", csv(40, seed=number))
    one, several = fresh("postgres"), fresh("postgres")
    file = pipeline(folder, ", mode: scd2, key: id, delete_when: n % 7 = 3")
    call(file, one, 1).ok()
    done, steps = steps_of(folder, file, several)
    assert done.ok() and steps.count("engine.ahead") > 1
    history = "select id, t, n, row_number() over (partition by id order by valid_from), valid_to is null from t order by 1, 4"
    assert several.query(history) == one.query(history)
    several.books_reconcile()


def test_routed_records(folder, fresh):
    folder.write("a.csv", csv(600))
    file = folder.pipeline("from: { path: a.csv, delimiter: ',' }\nmax_rejects: 50%\ntables:\n"
                           "  odd: { when: cast(n as integer) % 2 = 1, columns: { id: integer, n: integer } }\n"
                           "  t: { mode: upsert, key: id, columns: { id: integer, t: text, n: integer } }\n"
                           "to: { commit: part, part_size: 2KiB }\n")
    one, several = fresh("postgres"), fresh("postgres")
    call(file, one, 1).ok()
    done, steps = steps_of(folder, file, several)
    assert done.ok() and steps.count("engine.ahead") > 2
    assert several.state("odd", "t") == one.state("odd", "t")


def test_append_of_large_files_shares_nothing(folder, fresh):
    """Batches of 32 MiB: each waits for its turn with its rows in the table, which nobody sees."""
    row = "x" * 1000
    for number in range(3):
        folder.write(f"{number}.csv", "id,t,n\n" + "".join(f"{i},{row},{number}\n" for i in range(17_000)))
    steps = assert_like_one(folder, fresh, pipeline(folder, source="'*.csv'"), prepare="create table t (id integer, t text, n integer)")
    assert steps.count("engine.committed") == 3


# What goes wrong

@pytest.mark.parametrize("to", ["", ", mode: upsert, key: id"], ids=["append", "upsert"])
def test_too_many_rejects_in_the_middle(folder, fresh, to):
    """What came before is loaded, what comes behind is not, and the message is the same."""
    good = "".join(f"{i},{'x' * 40},{i}\n" for i in range(100))
    folder.write("a.csv", "id,t,n\n" + good + "1,bad,x\n" * 60 + good)
    file = pipeline(folder, to + PART, more="max_rejects: 5\n")
    one, several = fresh("postgres"), fresh("postgres")
    for target in (one, several):
        target.execute("create table t (id integer, t text, n integer)" if not to else "create table t (id integer primary key, t text, n integer)")
    expected = call(file, one, 1).failed("too_many_rejects")
    done, steps = steps_of(folder, file, several)
    assert done.code == expected.code and steps.count("engine.ahead") > 1
    assert outcome(done) == outcome(expected)
    assert state(several) == state(one) and several.count("t") > 0
    folder.write("a.csv", "id,t,n\n" + good + good)  # mended: it goes on at the part
    for target in (one, several):
        call(file, target, 3).ok()
    assert several.rows("t") == one.rows("t") and parts_of(several) == parts_of(one)


@pytest.mark.parametrize("to", ["", ", mode: upsert, key: id"], ids=["append", "upsert"])
def test_rows_that_the_server_refuses(folder, fresh, to):
    rows = "".join(f"{i % 150},{'x' * 40},{-1 if i in (77, 180, 299) else i}\n" for i in range(300))
    folder.write("a.csv", "id,t,n\n" + rows)
    key = " primary key" if to else ""
    steps = assert_like_one(folder, fresh, pipeline(folder, to + PART), f"create table t (id integer{key}, t text, n integer check (n >= 0))")
    assert "engine.ahead" in steps


def test_a_damaged_file_among_others(folder, fresh):
    """Append goes on without it, upsert stops there."""
    big = "x" * 1000
    for number in range(4):
        folder.write(f"{number}.csv", "id,t,n\n" + "".join(f"{i},{big},{number}\n" for i in range(12_000)) + ('1,"open\n' if number == 1 else ""))
    for to in ("", ", mode: upsert, key: id"):
        one, several = fresh("postgres"), fresh("postgres")
        key = " primary key" if to else ""
        file = pipeline(folder, to)
        for target in (one, several):
            target.execute(f"create table t (id integer{key}, t text, n integer)")
        expected, done = call(file, one, 1).failed("source_unreadable"), call(file, several, 3)
        assert outcome(done) == outcome(expected)
        assert state(several, columns="id,n") == state(one, columns="id,n")


KILLS = ["pg.begin_ahead:5", "pg.ahead:4", "engine.ahead:6", "pg.before_commit:3", "pg.committed:2", "engine.committed:4", "pg.merged:3"]


@pytest.mark.parametrize("to", ["", ", mode: upsert, key: id"], ids=["append", "upsert"])
def test_killed_anywhere(folder, fresh, to):
    """SIGKILL with three batches under way, then again with several connections, or with one."""
    folder.write("a.csv", csv(400))
    file = pipeline(folder, to + PART)
    prepare = "create table t (id integer, t text, n integer)" if not to else "create table t (id integer primary key, t text, n integer)"
    whole = fresh("postgres")
    whole.execute(prepare)
    call(file, whole, 1).ok()
    expected, target = state(whole), fresh("postgres")
    for number, point in enumerate(KILLS):
        if point.startswith("pg.merged") and not to:
            continue
        target.reset()
        target.execute(prepare)
        killed = call(file, target, 3, env={"INGOT_CRASH_AT": point})
        assert killed.code == -signal.SIGKILL, f"{point}: {killed.text()}"
        wait_for(lambda: not backends(target))
        call(file, target, 1 + 2 * (number % 2)).ok()
        assert state(target) == expected, point
        target.books_reconcile()


def large(folder, rows=60_000):
    folder.write("a.csv", "id,t,n\n" + "".join(f"{i % (rows // 2)},{'x' * 60},{i}\n" for i in range(rows)))


LARGE = ", commit: part, part_size: 256KiB"


@pytest.mark.parametrize("to", ["", ", mode: upsert, key: id"], ids=["append", "upsert"])
def test_a_backend_is_terminated(folder, fresh, to):
    """Its batch and those behind it are loaded once more; those before it are not touched."""
    large(folder)
    file = pipeline(folder, to + LARGE)
    target = fresh("postgres")
    target.execute("create table t (id integer, t text, n integer)" if not to else "create table t (id integer primary key, t text, n integer)")
    process = start_run(file, target, "--set", "to.connections=3")
    terminated = 0
    for _ in range(2):
        found = wait_for(lambda: process.poll() is not None or copying(target))
        if process.poll() is None:
            terminated += target.value(f"select count(*) from (select pg_terminate_backend({found[-1]})) x")
            wait_for(lambda: process.poll() is not None or found[-1] not in backends(target))
    done = finish(process)
    assert terminated > 0
    if done.code:  # it was the one connection that loads what did not go smoothly
        done.failed("target_unreachable")
        call(file, target, 3).ok()
    assert target.value("select count(*) from t") == (30_000 if to else 60_000)
    assert target.value("select sum(n) from t") == sum(range(30_000 if to else 0, 60_000))
    assert target.value("select count(*) from ingot.units where complete") == 1
    target.books_reconcile()


def test_somebody_who_changes_the_table_comes_between(folder, fresh):
    """CREATE INDEX waits for the connections under way and the next one waits for it: nobody waits for ever."""
    large(folder)
    for to, prepare in (("", "create table t (id integer, t text, n integer)"),
                        (", mode: upsert, key: id", "create table t (id integer primary key, t text, n integer)")):
        file, target = pipeline(folder, to + LARGE), fresh("postgres")
        target.execute(prepare)
        process = start_run(file, target, "--set", "to.connections=3")
        for number, statement in enumerate(("create index on t (n)", "alter table t add column more integer", "create unique index on t (n)")):
            if wait_for(lambda: process.poll() is not None or copying(target)) and process.poll() is None:
                other = target.connect()
                other.cursor().execute(statement)
                other.close()
        finish(process).ok()
        assert target.value("select sum(n) from t") == sum(range(30_000 if to else 0, 60_000))
        target.books_reconcile()


def test_others_write_the_same_rows(folder, fresh):
    """Upserts against a writer that takes the rows in another order: deadlocks are tried again."""
    large(folder)
    target = fresh("postgres")
    target.execute("create table t (id integer primary key, t text, n integer, seen integer default 0);"
                   "insert into t select i, 'old', -1 from generate_series(0, 29999) i")
    process = start_run(pipeline(folder, ", mode: upsert, key: id" + LARGE), target, "--set", "to.connections=3")
    dice, lost = random.Random(3), 0
    other = target.connect()
    other.autocommit = False
    while process.poll() is None:
        try:
            with other.cursor() as cursor:
                for key in dice.sample(range(30_000), 20):
                    cursor.execute("update t set seen = seen + 1 where id = %s", (key,))
            other.commit()
        except psycopg2.errors.DeadlockDetected:
            lost += 1
            other.rollback()
    other.close()
    finish(process).ok()
    assert target.query("select count(*), sum(n) from t where t <> 'old'") == [(30_000, sum(range(30_000, 60_000)))]
    target.books_reconcile()


def test_what_an_earlier_process_still_commits(folder, postgres, fresh):
    """Its COMMIT is in flight while three connections have the next parts under way."""
    folder.write("a.csv", csv(300))
    file = pipeline(folder, PART)
    whole = fresh("postgres")
    prepare = "create table t (id integer, t text, n integer)"
    whole.execute(prepare)
    call(file, whole, 1).ok()
    postgres.execute(prepare)
    call(file, postgres, 1, env={"INGOT_CRASH_AT": "engine.committed:2"})
    loaded = postgres.count("t")
    third = whole.value("select inserted from ingot.units where part = 2")
    rival = in_flight(postgres, whole, "part = 2", f"ctid in (select ctid from t offset {loaded} limit {third})")
    done = run_while_in_flight(file, postgres, rival, "--set", "to.connections=3").ok()
    assert postgres.rows("t") == whole.rows("t")
    assert [row[:4] for row in parts_of(postgres)] == [row[:4] for row in parts_of(whole)]
    assert reconciles(done.counts)
    postgres.books_reconcile()


def test_interrupted(folder, postgres):
    large(folder, 200_000)
    file = pipeline(folder, LARGE)
    process = start_run(file, postgres, "--set", "to.connections=3")
    wait_for(lambda: len(copying(postgres)) > 0)
    process.send_signal(signal.SIGINT)
    assert finish(process).code == 130
    call(file, postgres, 3).ok()
    assert postgres.query("select count(*), sum(n) from t") == [(200_000, sum(range(200_000)))]


# Where it is not done

@pytest.mark.parametrize("prepare", [
    "create table t (id integer unique, t text, n integer)",
    "create table t (id integer, t text, n integer, number serial)",
    "create table o (id integer primary key); create table t (id integer, t text, n integer references o)",
    "create table t (id integer, t text, n integer, exclude using btree (n with =))",
    "create function f() returns trigger language plpgsql as 'begin return null; end'; create table t (id integer, t text, n integer);"
    "create trigger f after insert on t execute function f()",
    "create table t (id integer, t text, n integer) partition by range (id); create table t1 partition of t default",
], ids=["unique", "serial", "foreign_key", "exclusion", "trigger", "partitioned"])
def test_append_where_rows_may_wait_for_one_another(folder, postgres, prepare):
    folder.write("a.csv", "id,t,n\n" + "".join(f"{i},{'x' * 50},\n" for i in range(100)))
    postgres.execute(prepare)
    file = pipeline(folder, PART)
    shown = ingot("plan", file, "--set", f"to.connection={postgres.url}", "--set", "to.connections=4").ok().out
    assert "connections" not in shown
    done, steps = steps_of(folder, file, postgres)
    assert done.ok().counts["inserted"] == 100 and "engine.ahead" not in steps


def test_plan_says_how_many(folder, postgres, duckdb):
    folder.write("a.csv", csv(100))
    file = pipeline(folder, PART)
    def shown(target, *args):
        return ingot("plan", "--json", file, "--set", f"to.connection={target.url}", *args).ok().json["connections"]
    assert shown(postgres) == 1  # what the tests set
    assert shown(postgres, "--set", "to.connections=4") == 4
    assert shown(postgres, "--set", "to.connections=4", "--memory-limit", "256MiB") == 2
    assert shown(duckdb, "--set", "to.connections=4") == 1
    text = ingot("plan", file, "--set", f"to.connection={postgres.url}", "--set", "to.connections=4").ok().out
    assert "  connections: up to 4 load at a time, and commit one after the other\n" in text


def test_what_makes_no_sense(folder):
    folder.write("a.csv", csv(10))
    file = pipeline(folder, ", connections: 2, commit: run")
    ingot("check", file).failed("invalid_pipeline", 'no effect where all is one commit: "connections"', "write commit: unit or part, or remove it")
    ingot("check", pipeline(folder, ", connections: 0")).failed("invalid_pipeline", "expected a whole number from 1 to 64 for connections")
