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
    if target.kind == "postgres":
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


def test_insert_new_needs_the_index(folder, postgres):
    postgres.execute("create table t (id integer, t text, n integer)")
    folder.write("1.csv", "id,t,n\n1,a,1\n")
    done = run(pipeline(folder, "mode: insert_new, key: id"), postgres)
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


def test_insert_new_where_the_server_finds_keys_equal(folder, postgres):
    postgres.execute("create extension if not exists citext; create table t (id citext primary key, n integer); insert into t values ('A', 1)")
    folder.write("1.csv", "id,n\na,2\nb,3\nB,4\n")
    p = folder.pipeline("from: 1.csv\ncolumns: { id: text, n: integer }\nto: { table: t, mode: insert_new, key: id, keep: last }\n")
    assert counts(run(p, postgres)) == {"inserted": 1, "duplicate": 2}
    assert postgres.rows("t") == [("A", "1"), ("B", "4")]


# merge_delete

CHANGES = "mode: merge_delete, key: id, delete_when: op = 'd'"


def changes(folder, to=CHANGES, columns="{ id: integer, t: text required, n: integer }", head=""):
    return folder.pipeline(f"from: '*.csv'\n{head}columns: {columns}\nto: {{ table: t, {to} }}\n")


@pytest.mark.parametrize("constraint", ["", ", check (n >= 0)"])
def test_merge_delete(folder, target, constraint):
    target.execute(f"create table t (id integer primary key, t text not null, n integer{constraint});"
                   "insert into t values (1, 'goes', 1), (2, 'changes', 1), (3, 'stays', 1), (6, 'goes and comes back', 1)")
    folder.write("1.csv", "op,id,t,n\nd,1,,\nu,2,changed,2\nu,3,stays,1\ni,4,new,4\nd,5,,\nd,6,,\ni,6,back,6\ni,7,came,7\nd,7,,\n")
    p = changes(folder)
    assert "t: merge_delete by id" in plan(p, target)
    done = run(p, target)
    # 1 is deleted; 5 and 7 were not there; of 6 and 7 the last record stays.
    assert counts(done) == {"inserted": 1, "updated": 3, "unchanged": 3, "duplicate": 2}
    assert done.json["deleted"] == 1
    assert target.rows("t") == [("2", "changed", "2"), ("3", "stays", "1"), ("4", "new", "4"), ("6", "back", "6")]
    # Across files: deleted, then there again.
    folder.write("2.csv", "op,id,t,n\nd,2,,\nd,4,,\n")
    folder.write("3.csv", "op,id,t,n\ni,2,again,1\n")
    done = run(p, target)
    assert counts(done) == {"inserted": 1, "updated": 2}
    assert done.json["deleted"] == 2 and "2 deleted" in ingot("run", p, "--set", f"to.connection={target.url}", "--set", "from.new=all").ok().out
    assert target.rows("t", "id,t") == [("2", "again"), ("3", "stays"), ("6", "back")]
    target.books_reconcile()


def test_merge_delete_keep_first_and_one_transaction(folder, target):
    folder.write("1.csv", "op,id,t,n\ni,1,a,1\nd,1,,\nd,2,,\ni,2,b,2\n")
    folder.write("2.csv", "op,id,t,n\nd,1,,\ni,3,c,3\n")
    done = run(changes(folder, CHANGES + ", keep: first, commit: run"), target)
    assert counts(done) == {"inserted": 2, "unchanged": 1, "duplicate": 3}
    assert target.rows("t", "id,t") == [("1", "a"), ("3", "c")]


def test_merge_delete_a_tombstone_needs_its_key_only(folder, target):
    """What else is there must be readable all the same; a condition that cannot be told rejects the record."""
    target.execute("create table t (id integer primary key, t text not null, n integer check (n >= 0)); insert into t values (1, 'a', 1), (2, 'b', 1)")
    folder.write("1.ndjson", '{"op":"d","id":1}\n{"op":"d"}\n{"op":"d","id":2,"n":"x"}\n{"op":"i","id":3}\n{"op":"d","id":4,"n":-1}\n'
                             '{"id":5,"t":"no op is no tombstone"}\n')
    p = folder.pipeline("from: '*.ndjson'\nmax_rejects: 5\ncolumns: { id: integer, t: text required, n: integer }\nto: { table: t, " + CHANGES + " }\n")
    assert counts(run(p, target)) == {"inserted": 1, "updated": 1, "unchanged": 1, "rejected": 3}
    assert [(r[6], r[9]) for r in target.rejects()] == [(2, "null_key"), (3, "not_a_number"), (4, "missing")]
    assert target.rows("t", "id") == [("2",), ("5",)]


def test_merge_delete_condition_that_fails(folder, target):
    folder.write("1.csv", "op,id,t,n\n1,1,a,1\nx,2,b,1\n0,3,c,1\n")
    p = changes(folder, "mode: merge_delete, key: id, delete_when: cast(op as integer) = 1")
    assert counts(run(p, target)) == {"inserted": 1, "unchanged": 1, "rejected": 1}
    assert [(r[6], r[8], r[9]) for r in target.rejects()] == [(3, "delete_when", "expression_failed")]


def test_merge_delete_of_some_tables(folder, target):
    folder.write("1.ndjson", "".join(f'{{"k":"{k}","id":{i},"gone":{gone}}}\n' for k, i, gone in
                                     [("x", 1, "false"), ("y", 1, "false"), ("x", 1, "true"), ("y", 1, "true"), ("x", 2, "false")]))
    p = folder.pipeline("""
from: "*.ndjson"
tables:
  xs: { when: k = 'x', mode: merge_delete, delete_when: "gone = 'true'", columns: { id: integer } }
  ys: { when: k = 'y', columns: { id: integer, gone: boolean } }
to: { mode: upsert, key: id }
""")
    assert counts(run(p, target)) == {"inserted": 2, "unchanged": 1, "duplicate": 2}
    assert (target.rows("xs"), target.rows("ys")) == ([("2",)], [("1", "true")])
    folder.write("2.ndjson", '{"k":"x","id":2,"gone":true}\n')
    done = run(p, target)
    assert counts(done) == {"updated": 1} and done.json["tables"][next(n for n in done.json["tables"] if n.endswith("xs"))]["deleted"] == 1


def test_merge_delete_where_casts_and_refusals_meet(folder, postgres):
    """The careful way: values that the server casts, rows that it refuses, tombstones among them."""
    postgres.execute("create type mood as enum ('good', 'bad'); create table t (id integer primary key, t mood not null, n integer check (n >= 0));"
                     "insert into t values (1, 'good', 1), (2, 'good', 1)")
    folder.write("1.csv", "op,id,t,n\nd,1,good,1\nu,2,bad,-1\ni,3,bad,1\ni,4,none,1\nd,5,,\n")
    done = run(changes(folder), postgres)
    assert counts(done) == {"inserted": 1, "updated": 1, "unchanged": 1, "rejected": 2}
    assert postgres.query("select id, t::text from t order by 1") == [(2, "good"), (3, "bad")]


def test_merge_delete_counts_a_row_that_somebody_else_deletes(folder, postgres):
    postgres.execute("create table t (id integer primary key, t text, n integer); insert into t select i, 'a', 1 from generate_series(1, 100) i")
    folder.write("1.csv", "op,id,t,n\n" + "".join(f"d,{i},,\n" for i in range(1, 51)))
    other = psycopg2.connect(postgres.url)
    with other.cursor() as cursor:
        cursor.execute("delete from t where id in (10, 11)")
    thread = while_waited_for(postgres, other.commit)
    done = run(changes(folder, columns="{ id: integer, t: text, n: integer }"), postgres)
    thread.join()
    other.close()
    assert counts(done) == {"updated": 48, "unchanged": 2} and done.json["deleted"] == 48
    assert postgres.count("t") == 50


# replace

@pytest.mark.parametrize("key", ["", ", key: id"])
@pytest.mark.parametrize("constraint", ["", ", check (n >= 0)"])
def test_replace(folder, target, key, constraint):
    target.execute(f"create table t (id integer{' primary key' if key else ''}, t text, n integer{constraint});"
                   "insert into t values (1, 'old', 1), (9, 'old', 9); create view v as select count(*) as n from t")
    folder.write("1.csv", "id,t,n\n1,a,1\n2,b,2\n")
    p = pipeline(folder, "mode: replace" + key)
    assert "its rows are deleted" in plan(p, target)
    done = run(p, target)
    assert counts(done) == {"inserted": 2} and done.json["deleted"] == 2
    assert target.rows("t", "id,t") == [("1", "a"), ("2", "b")]
    # Nothing has changed: the table is left alone, unless it is wanted.
    assert run(p, target).ok().json["state"] == "nothing_new" and "0 of 1 files" in plan(p, target)
    again = run(p, target, "--set", "from.new=all")
    assert counts(again) == {"inserted": 2} and again.json["deleted"] == 2
    # One more file, and all are read; one less, and its rows are gone.
    folder.write("2.csv", "id,t,n\n3,c,3\n")
    assert counts(run(p, target)) == {"inserted": 3}
    (folder.path / "1.csv").unlink()
    assert counts(run(p, target)) == {"inserted": 1}
    assert target.rows("t", "id") == [("3",)] and target.value("select n from v") == 1
    folder.write("2.csv", "id,t,n\n4,d,4\n")
    assert counts(run(p, target)) == {"inserted": 1}
    assert target.rows("t", "id") == [("4",)]
    target.books_reconcile()


def test_replace_keys_of_all_files_are_of_one_commit(folder, target):
    folder.write("1.csv", "id,t,n\n1,a,1\n1,b,1\n")
    folder.write("2.csv", "id,t,n\n1,c,1\n2,d,1\n")
    assert counts(run(pipeline(folder, "mode: replace, key: id, keep: last"), target)) == {"inserted": 2, "duplicate": 2}
    assert target.rows("t", "id,t") == [("1", "c"), ("2", "d")]


def test_replace_never_empties_its_table_for_want_of_files(folder, target):
    folder.write("1.csv", "id,t,n\n1,a,1\n")
    p = pipeline(folder, "mode: replace")
    run(p, target).ok()
    (folder.path / "1.csv").unlink()
    run(p, target).failed("no_input", "a table is not emptied for want of files")
    assert target.rows("t", "id") == [("1",)]
    folder.write("1.csv", "id,t,n\n")  # a file without records is another matter
    done = run(p, target)
    assert counts(done) == {} and done.json["deleted"] == 1 and target.count("t") == 0


def test_replace_is_all_or_nothing(folder, target):
    folder.write("1.csv", "id,t,n\n1,a,1\n")
    p = pipeline(folder, "mode: replace", "max_rejects: 0\n")
    run(p, target).ok()
    folder.write("2.csv", "id,t,n\n2,b,x\n")
    run(p, target).failed("too_many_rejects")
    assert target.rows("t", "id") == [("1",)]
    (folder.path / "2.csv").unlink()
    assert counts(run(p, target)) == {"inserted": 1}  # the last plan loaded nothing: it is done again
    assert run(p, target).ok().json["state"] == "nothing_new"


def test_replace_by_another_pipeline_is_another_load(folder, target):
    folder.write("1.csv", "id,t,n\n1,a,1\n")
    run(pipeline(folder, "mode: append"), target).ok()
    p = pipeline(folder, "mode: replace")
    assert counts(run(p, target)) == {"inserted": 1}
    assert target.count("t") == 1
    assert run(p, target).ok().json["state"] == "nothing_new"


def test_replace_by_a_set_that_was_there_before(folder, target):
    """Compared with the set that was loaded last: each of these files is known, and as it was."""
    texts = {name: f"id,t,n\n{name},a,1\n" for name in "123"}
    p = pipeline(folder, "mode: replace")
    for names in ("12", "13", "12"):
        for name in "123":
            file = folder.path / f"{name}.csv"
            file.write_text(texts[name]) if name in names else file.unlink(missing_ok=True)
        assert counts(run(p, target)) == {"inserted": 2}
        assert target.rows("t", "id") == [(name,) for name in names]


def test_replace_several_tables(folder, target):
    folder.write("1.ndjson", '{"k":"x","id":1}\n{"k":"y","id":2}\n{"k":"x","id":1}\n')
    p = folder.pipeline("""
from: "*.ndjson"
tables:
  xs: { when: k = 'x', key: id, columns: { id: integer } }
  ys: { when: k = 'y', columns: { id: integer } }
to: { mode: replace }
""")
    assert counts(run(p, target)) == {"inserted": 2, "duplicate": 1}
    folder.write("1.ndjson", '{"k":"x","id":3}\n')
    done = run(p, target)
    assert counts(done) == {"inserted": 1} and done.json["deleted"] == 2
    assert (target.rows("xs"), target.rows("ys")) == ([("3",)], [])


def test_replace_readers_see_the_old_rows_until_it_commits(folder, postgres):
    postgres.execute("create table t (id integer, t text, n integer); insert into t values (0, 'old', 0)")
    folder.write("1.csv", "id,t,n\n1,new,1\n")
    reader = psycopg2.connect(postgres.url)
    with reader.cursor() as cursor:  # a transaction that has read the table does not hold the load up, nor see it
        cursor.execute("set transaction isolation level repeatable read; select id from t")
        assert counts(run(pipeline(folder, "mode: replace"), postgres)) == {"inserted": 1}
        cursor.execute("select id from t")
        assert cursor.fetchall() == [(0,)]
    reader.close()
    assert postgres.rows("t", "id") == [("1",)]


def test_replace_what_postgres_would_not_delete(folder, postgres):
    folder.write("1.csv", "id,t,n\n1,new,1\n")
    p = pipeline(folder, "mode: replace")
    postgres.execute("create table t (id integer primary key, t text, n integer); insert into t values (1, 'old', 0);"
                     "create table child (id integer constraint to_t references t); insert into child values (1)")
    run(p, postgres).failed("target_refused", "rows of another table refer to its rows: to_t", "the load has to delete them first")
    postgres.execute("drop table child; create function keep() returns trigger language plpgsql as $$ begin return null; end $$;"
                     "create trigger keep before delete on t for each row execute function keep()")
    run(p, postgres).failed("target_refused", "a trigger keeps its rows")
    postgres.execute("drop trigger keep on t; create view w as select * from t")
    run(p, postgres, "--set", "to.table=w").failed("target_refused", "is a view: replace needs")
    assert postgres.rows("t", "id,t") == [("1", "old")]


# overwritten files

REPLACE_ROWS = "lineage: true"


def replacing(folder, to=REPLACE_ROWS):
    return folder.pipeline(f"from: {{ path: '*.csv', overwritten: replace_rows }}\n{COLUMNS}to: {{ table: t, {to} }}\n")


@pytest.mark.parametrize("constraint", ["", ", check (n >= 0)"])
def test_replace_rows_of_an_overwritten_file(folder, target, constraint):
    target.execute(f"create table t (id integer, t text, n integer{constraint}, _ingot_run bigint, _ingot_unit integer, _ingot_offset bigint)")
    p = replacing(folder)
    folder.write("1.csv", "id,t,n\n1,a,1\n2,a,1\n")
    folder.write("2.csv", "id,t,n\n3,b,1\n")
    run(p, target).ok()
    target.execute("insert into t (id, t, n) values (9, 'of somebody else', 1)")
    for text, ids in (("1,A,1\n", "1"), ("1,A,1\n5,A,1\n6,A,1\n", "156"), ("", ""), ("7,A,1\n", "7")):
        before = target.value("select count(*) from t where id not in (3, 9)")
        folder.write("1.csv", "id,t,n\n" + text)
        assert "rows that one of these files brought before are deleted" in plan(p, target)
        done = run(p, target)
        assert counts(done) == ({"inserted": len(ids)} if ids else {}) and done.json["deleted"] == before
        assert sorted(r[0] for r in target.rows("t", "id")) == sorted([*ids, "3", "9"])
        assert run(p, target).ok().json["state"] == "nothing_new"
    # Loaded again on purpose, a file does not double its rows either.
    done = run(p, target, "--set", "from.new=all")
    assert counts(done) == {"inserted": 2} and done.json["deleted"] == 2
    assert sorted(r[0] for r in target.rows("t", "id")) == ["3", "7", "9"]
    target.books_reconcile()


def test_replace_rows_keeps_the_rows_of_a_file_that_cannot_be_loaded(folder, target):
    p = replacing(folder)
    for name in "123":
        folder.write(f"{name}.csv", f"id,t,n\n{name},a,1\n")
    run(p, target).ok()
    for name in "13":
        folder.write(f"{name}.csv", f"id,t,n\n{name},A,1\n")
    folder.write("2.csv", 'id,t,n\n2,"open,1\n')
    done = run(p, target)
    assert done.code != 0 and done.counts["inserted"] == 2 and done.json["deleted"] == 2
    assert target.rows("t", "id,t") == [("1", "A"), ("2", "a"), ("3", "A")]


def test_replace_rows_of_several_tables(folder, target):
    p = folder.pipeline("""
from: { path: "*.ndjson", overwritten: replace_rows }
tables:
  xs: { when: k = 'x', columns: { id: integer } }
  ys: { when: k = 'y', columns: { id: integer } }
to: { lineage: true }
""")
    folder.write("1.ndjson", '{"k":"x","id":1}\n{"k":"y","id":2}\n')
    folder.write("2.ndjson", '{"k":"x","id":3}\n')
    run(p, target).ok()
    folder.write("1.ndjson", '{"k":"x","id":4}\n{"k":"x","id":5}\n')
    done = run(p, target)
    assert counts(done) == {"inserted": 2} and done.json["deleted"] == 2
    assert (target.rows("xs", "id"), target.rows("ys", "id")) == ([("3",), ("4",), ("5",)], [])


def test_replace_rows_refuses_what_has_no_lineage(folder, target):
    """Rows that were loaded before the table had the columns are not found by them: they would double in silence."""
    p = pipeline(folder, "mode: append")
    folder.write("1.csv", "id,t,n\n1,a,1\n")
    run(p, target).ok()
    for column in ("_ingot_run bigint", "_ingot_unit integer", "_ingot_offset bigint"):
        target.execute(f"alter table t add column {column}")
    folder.write("1.csv", "id,t,n\n1,A,1\n")
    p = replacing(folder)
    run(p, target).failed("conflict", "has rows without lineage, which 1.csv may have brought")
    assert target.rows("t", "id,t") == [("1", "a")]
    target.execute("delete from t")
    assert counts(run(p, target)) == {"inserted": 1}


def test_overwritten_as_the_user_chose(folder, target):
    p = folder.pipeline(f"from: '*.csv'\n{COLUMNS}to: {{ table: t }}\n")
    folder.write("1.csv", "id,t,n\n1,a,1\n")
    run(p, target).ok()
    folder.write("1.csv", "id,t,n\n1,A,1\n")
    run(p, target).failed("conflict", "overwritten: 1.csv", "replace_rows")
    assert counts(run(p, target, "--set", "from.overwritten=apply")) == {"inserted": 1}
    assert target.rows("t", "id,t") == [("1", "A"), ("1", "a")]
    p = folder.pipeline("from: { path: '*.csv', overwritten: refuse }\n" + COLUMNS + "to: { table: u, mode: upsert, key: id }\n", "u.yaml")
    run(p, target).ok()
    folder.write("1.csv", "id,t,n\n1,b,1\n")
    run(p, target).failed("conflict", "overwritten: 1.csv")
    assert counts(run(p, target, "--set", "from.overwritten=apply")) == {"updated": 1}


# replace_partitions

@pytest.mark.parametrize("constraint", ["", ", check (n >= 0)"])
def test_replace_partitions(folder, target, constraint):
    target.execute(f"create table t (id integer, t text, n integer{constraint});"
                   "insert into t values (1, 'a', 1), (2, 'a', 2), (3, 'b', 1), (4, null, 1), (5, 'c', null)")
    p = pipeline(folder, "mode: replace_partitions, partition_by: [t, n]")
    folder.write("1.csv", "id,t,n\n10,a,1\n11,b,2\n")
    folder.write("2.csv", "id,t,n\n12,a,1\n13,c,\n")
    assert "the partitions (t, n) that the files have rows of are replaced" in plan(p, target)
    done = run(p, target)
    assert counts(done) == {"inserted": 4} and done.json["deleted"] == 2
    assert [r[0] for r in target.rows("t", "id")] == ["10", "11", "12", "13", "2", "3", "4"]
    assert run(p, target).ok().json["state"] == "nothing_new"
    # A later file takes the place of what earlier ones had brought into the same partition.
    folder.write("3.csv", "id,t,n\n20,a,1\n")
    done = run(p, target)
    assert counts(done) == {"inserted": 1} and done.json["deleted"] == 2
    folder.write("1.csv", "id,t,n\n21,b,2\n")
    assert counts(run(p, target)) == {"inserted": 1}
    assert [r[0] for r in target.rows("t", "id")] == ["13", "2", "20", "21", "3", "4"]
    target.books_reconcile()


def test_replace_partitions_with_refused_rows(folder, target):
    target.execute("create table t (id integer primary key, t text, n integer check (n >= 0)); insert into t values (1, 'a', 1), (2, 'b', 1)")
    folder.write("1.csv", "id,t,n\n1,a,5\n3,a,-1\n2,a,1\n4,a,1\n")  # 1 is free again, 2 is of a partition that stays
    done = run(pipeline(folder, "mode: replace_partitions, partition_by: t"), target)
    assert counts(done) == {"inserted": 2, "rejected": 2} and done.json["deleted"] == 1
    assert target.rows("t") == [("1", "a", "5"), ("2", "b", "1"), ("4", "a", "1")]


def test_replace_partitions_is_all_or_nothing(folder, target):
    p = pipeline(folder, "mode: replace_partitions, partition_by: n", "max_rejects: 0\n")
    folder.write("1.csv", "id,t,n\n1,a,1\n")
    run(p, target).ok()
    folder.write("2.csv", "id,t,n\n2,b,1\n")
    folder.write("3.csv", "id,t,n\n3,b,x\n")
    run(p, target).failed("too_many_rejects")
    assert target.rows("t", "id") == [("1",)]


def test_replace_partitions_of_a_partitioned_table(folder, postgres):
    postgres.execute("create table t (id integer, t text, n integer) partition by list (n); create table t1 partition of t for values in (1);"
                     "create table t2 partition of t for values in (2); insert into t values (1, 'a', 1), (2, 'a', 2)")
    folder.write("1.csv", "id,t,n\n3,b,2\n")
    done = run(pipeline(folder, "mode: replace_partitions, partition_by: n"), postgres)
    assert counts(done) == {"inserted": 1} and done.json["deleted"] == 1
    assert postgres.rows("t", "id") == [("1",), ("3",)]


@pytest.mark.parametrize("more", [[], ["--threads", "8"]])
def test_the_same_at_any_chunk_and_number_of_threads(folder, target, more):
    rows = [f"{'d' if i % 7 == 3 else 'u'},{i * i % 101},r{i},{i}" for i in range(3000)]
    folder.write("1.csv", "op,id,t,n\n" + "\n".join(rows[:1500]) + "\n")
    folder.write("2.csv", "op,id,t,n\n" + "\n".join(rows[1500:]) + "\n")
    held = {}
    for row in rows:
        op, key, text, _ = row.split(",")
        held.pop(key, None) if op == "d" else held.__setitem__(key, text)
    run(changes(folder), target, *more, env={"INGOT_CHUNK_ROWS": "1" if not more else "2048"}).ok()
    assert dict(target.rows("t", "id,t")) == held
    first = {}
    for row in rows:
        first.setdefault(row.split(",")[1], row.split(",")[2])
    new = folder.pipeline("from: '*.csv'\ncolumns: { id: integer, t: text }\nto: { table: u, mode: insert_new, key: id, keep: first }\n", "n.yaml")
    run(new, target, *more, env={"INGOT_CHUNK_ROWS": "1" if not more else "2048"}).ok()
    assert dict(target.rows("u", "id,t")) == first
