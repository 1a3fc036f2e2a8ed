"""What each mode does with a row that is new, there and the same, there and different; the order of keys within and across files."""
import threading
import time

import psycopg2
import pytest

from ingot_program import ingot, run

COLUMNS = "columns: { id: integer, t: text, n: integer }\n"


def pipeline(folder, to, head=""):
    return folder.pipeline(f"from: '*.csv'\n{head}{COLUMNS}to: {{ table: t, {to} }}\n")


def counts(done):
    return {name: count for name, count in done.ok().counts.items() if count and name != "read"}


def plan(file, target):
    return ingot("plan", file, "--set", f"to.connection={target.url}").ok().out


def while_waited_for(postgres, then):
    """Calls `then` in a thread once some session waits for a lock."""
    def wait():
        for _ in range(400):
            if postgres.value("select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"):
                break
            time.sleep(0.05)
        then()

    thread = threading.Thread(target=wait)
    thread.start()
    return thread


# insert_new

@pytest.mark.parametrize("keep, kept", [("first", "a"), ("last", "c")])
@pytest.mark.parametrize("constraint", ["", ", check (n >= 0)"])
def test_insert_new_leaves_the_rows_that_are_there(folder, target, keep, kept, constraint):
    """`constraint`: rows go another way where one may refuse them, and it comes to the same."""
    target.execute(f"create table t (id integer primary key, t text, n integer, extra text default 'x'{constraint});"
                   "insert into t (id, t, n) values (1, 'old', 1)")
    p = pipeline(folder, f"mode: insert_new, key: id, keep: {keep}")
    folder.write("1.csv", "id,t,n\n1,new,1\n2,a,1\n2,b,1\n1,old,1\n2,c,1\n")
    assert "table " in plan(p, target) and "t: insert_new by id" in plan(p, target)
    assert counts(run(p, target)) == {"inserted": 1, "duplicate": 4}
    assert target.rows("t") == [("1", "old", "1", "x"), ("2", kept, "1", "x")]
    # Across files the first stays, whatever `keep` says.
    folder.write("2.csv", "id,t,n\n2,z,1\n3,d,1\n")
    assert counts(run(p, target)) == {"inserted": 1, "duplicate": 1}
    assert target.rows("t", "id,t") == [("1", "old"), ("2", kept), ("3", "d")]
    target.books_reconcile()


def test_insert_new_into_a_new_table(folder, target):
    folder.write("1.csv", "id,t,n\n1,a,1\n1,b,2\n")
    folder.write("2.csv", "id,t,n\n1,c,3\n2,d,4\n")
    p = pipeline(folder, "mode: insert_new, key: id, keep: first")
    assert counts(run(p, target)) == {"inserted": 2, "duplicate": 2}
    assert target.rows("t", "id,t") == [("1", "a"), ("2", "d")]
    assert target.query("select unit, inserted, duplicate from ingot.units order by 1") == [(0, 1, 1), (1, 1, 1)]
    with pytest.raises(Exception, match="(?i)duplicate"):  # the key is the table's own
        target.execute("insert into t values (1, 'x', 1)")


def test_insert_new_takes_an_overwritten_file(folder, target):
    p = pipeline(folder, "mode: insert_new, key: id")
    folder.write("1.csv", "id,t,n\n1,a,1\n")
    run(p, target).ok()
    folder.write("1.csv", "id,t,n\n1,changed,1\n2,b,1\n")
    assert counts(run(p, target)) == {"inserted": 1, "duplicate": 1}
    assert target.rows("t", "id,t") == [("1", "a"), ("2", "b")]
    assert run(p, target).ok().json["state"] == "nothing_new"


def test_insert_new_a_held_key_is_no_reject(folder, target):
    """A record that is not written cannot be refused; of those that are, exactly the bad ones are."""
    target.execute("create table t (id integer primary key, t text unique, n integer check (n >= 0));"
                   "insert into t values (1, 'one', 1), (5, 'five', 1)")
    folder.write("1.csv", "id,t,n\n1,other,-1\n2,two,-1\n3,five,1\n4,four,1\n4,vier,-1\n6,one,1\n7,four,1\n")
    p = pipeline(folder, "mode: insert_new, key: id, keep: last", "max_rejects: 10\n")
    done = run(p, target)
    assert counts(done) == {"inserted": 1, "duplicate": 1, "rejected": 5}
    assert target.rows("t", "id,t") == [("1", "one"), ("4", "four"), ("5", "five")]
    assert [r[6] for r in target.rejects()] == [3, 4, 6, 7, 8]
    target.books_reconcile()


def test_insert_new_of_some_tables(folder, target):
    folder.write("1.ndjson", '{"k":"x","id":1,"t":"a"}\n{"k":"y","id":1,"t":"b"}\n{"k":"x","id":1,"t":"c"}\n{"k":"y","id":1,"t":"d"}\n')
    p = folder.pipeline("""
from: "*.ndjson"
tables:
  xs: { when: k = 'x', columns: { id: integer, t: text } }
  ys: { when: k = 'y', mode: upsert, columns: { id: integer, t: text } }
to: { mode: insert_new, key: id, keep: first }
""")
    assert counts(run(p, target)) == {"inserted": 2, "duplicate": 2}
    folder.write("2.ndjson", '{"k":"x","id":1,"t":"e"}\n{"k":"y","id":1,"t":"f"}\n{"k":"y","id":1,"t":"f"}\n')
    assert counts(run(p, target)) == {"updated": 1, "duplicate": 2}
    assert (target.rows("xs"), target.rows("ys")) == ([("1", "a")], [("1", "f")])


def test_insert_new_needs_the_index(folder, target):
    target.execute("create table t (id integer, t text, n integer)")
    folder.write("1.csv", "id,t,n\n1,a,1\n")
    done = run(pipeline(folder, "mode: insert_new, key: id"), target)
    done.failed("target_refused", "insert_new", "unique index", "CREATE UNIQUE INDEX")


def test_insert_new_counts_a_key_that_races_in(folder, postgres):
    postgres.execute("create table t (id integer primary key, t text, n integer); insert into t values (1, 'old', 1)")
    folder.write("1.csv", "id,t,n\n" + "".join(f"{i},mine,1\n" for i in range(100)))
    other = psycopg2.connect(postgres.url)
    with other.cursor() as cursor:
        cursor.execute("insert into t values (50, 'theirs', 1), (51, 'theirs', 1)")  # the load will wait for them
    thread = while_waited_for(postgres, other.commit)
    done = run(pipeline(folder, "mode: insert_new, key: id"), postgres)
    thread.join()
    other.close()
    assert counts(done) == {"inserted": 97, "duplicate": 3}
    assert postgres.query("select count(*), count(*) filter (where t = 'theirs'), count(*) filter (where t = 'old') from t") == [(100, 2, 1)]


def test_insert_new_needs_no_right_to_update(folder, postgres):
    """Nor to lock the table: a key that comes in while refused rows are looked for is a duplicate all the same."""
    postgres.execute("create schema ingot; create table t (id integer primary key, t text, n integer check (n >= 0)); "
                     "insert into t values (1, 'old', 1)")
    postgres.execute("drop role if exists inserter; create role inserter login; grant insert, select on t to inserter; "
                     "grant all on schema ingot, public to inserter")
    url = postgres.url.replace("://", "://inserter@") if "@" not in postgres.url else postgres.url
    folder.write("1.csv", "id,t,n\n1,new,1\n2,bad,-1\n3,new,1\n4,new,1\n")
    p = pipeline(folder, "mode: insert_new, key: id")
    try:
        done = ingot("run", "--json", p, "--set", f"to.connection={url}")
        assert counts(done) == {"inserted": 2, "duplicate": 1, "rejected": 1}
    finally:
        postgres.execute("drop owned by inserter cascade; drop role inserter")


def test_insert_new_where_the_server_finds_keys_equal(folder, postgres):
    postgres.execute("create extension if not exists citext; create table t (id citext primary key, n integer); insert into t values ('A', 1)")
    folder.write("1.csv", "id,n\na,2\nb,3\nB,4\n")
    p = folder.pipeline("from: 1.csv\ncolumns: { id: text, n: integer }\nto: { table: t, mode: insert_new, key: id, keep: last }\n")
    assert counts(run(p, postgres)) == {"inserted": 1, "duplicate": 2}
    assert postgres.rows("t") == [("A", "1"), ("B", "4")]
