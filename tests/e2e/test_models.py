"""Models: what is derived in the target after a load is never stale, never wrong, and keeps its ids."""
import collections
import signal
import threading
import time

import pytest

from ingot_program import EXIT, ingot, run

BASE = "from: '*.csv'\ncolumns: { id: integer, name: text, n: integer }\nto: { table: p, mode: upsert, key: id }\n"
PER_NAME = """  per_name:
    materialized: table
    key: name
    columns: { id: uuid generated, name: text, count: integer }
    sql: select name, count(*) as count from p group by name
"""
COUNTS = ("rows", "inserted", "updated", "unchanged", "deleted")


def with_models(folder, models=PER_NAME, base=BASE):
    return folder.pipeline(base + "models:\n" + models)


def table_model(sql, columns="name: text, v: integer", key="key: name", materialized="table"):
    return f"  m:\n    materialized: {materialized}\n    {key}\n    columns: {{ {columns} }}\n    sql: {sql}\n"


def write(folder, name, rows, header="id,name,n\n"):
    return folder.write(name, header + "".join(",".join(map(str, row)) + "\n" for row in rows))


def counts(done, number=0):
    return tuple(done.json["models"][number][name] for name in COUNTS)


def built(done):
    return {model["name"].split(".")[-1]: model["state"] for model in done.json["models"]}


def pending(target):
    return {row[0].split(".")[-1] for row in target.query("select model from ingot.models where pending_run is not null")}


def rows(target, table, columns):
    return sorted(target.query(f"select {columns} from {table}"), key=str)


# --- tables by key ---

def test_a_table_is_synced_by_key(folder, target):
    p = with_models(folder)
    write(folder, "1.csv", [(1, "a", 1), (2, "a", 1), (3, "b", 1), (4, "c", 1)])
    done = run(p, target).ok()
    assert counts(done) == (3, 3, 0, 0, 0)
    assert done.json["state"] == "done" and "models" in done.json["seconds"]
    before = dict(target.query("select name, cast(id as varchar) from per_name"))
    assert rows(target, "per_name", "name, count") == [("a", 2), ("b", 1), ("c", 1)]
    version = dict(target.query("select name, xmin::text from per_name")) if target.kind == "postgres" else {}

    write(folder, "2.csv", [(2, "b", 1), (4, "d", 1), (5, "e", 1)])  # a 2 → 1, b 1 → 2, c vanishes, d and e are new
    assert counts(run(p, target).ok()) == (4, 2, 2, 0, 1)
    write(folder, "3.csv", [(6, "e", 1)])
    assert counts(run(p, target).ok()) == (4, 0, 1, 3, 0)
    after = dict(target.query("select name, cast(id as varchar) from per_name"))
    assert rows(target, "per_name", "name, count") == [("a", 1), ("b", 2), ("d", 1), ("e", 2)]
    assert {name: after[name] for name in ("a", "b")} == {name: before[name] for name in ("a", "b")}
    assert len(set(after.values()) | set(before.values())) == 5
    if target.kind == "postgres":
        touched = dict(target.query("select name, xmin::text from per_name"))
        assert touched["a"] != version["a"]
        write(folder, "4.csv", [(7, "e", 1)])
        run(p, target).ok()
        again = dict(target.query("select name, xmin::text from per_name"))
        assert {name for name in again if again[name] != touched[name]} == {"e"}  # the others were not touched
    assert pending(target) == set()


def test_nothing_new_builds_nothing(folder, target):
    p = with_models(folder)
    write(folder, "1.csv", [(1, "a", 1)])
    run(p, target).ok()
    done = run(p, target).ok()
    assert done.json["state"] == "nothing_new" and done.json["models"] == []
    assert target.count("ingot.model_runs") == 1


def test_null_in_a_key_is_a_value(folder, target):
    p = with_models(folder, base=BASE.replace("'*.csv'", "{ path: '*.csv', 'null': ['NULL'] }"))
    write(folder, "1.csv", [(1, "NULL", 1), (2, "", 1), (3, "NULL", 1), (4, "x", 1)])
    assert counts(run(p, target).ok()) == (3, 3, 0, 0, 0)
    query = "select name, count, cast(id as varchar) from per_name order by name nulls first"
    before = target.query(query)
    assert [row[:2] for row in before] == [(None, 2), ("", 1), ("x", 1)]
    write(folder, "2.csv", [(5, "y", 1)])
    assert counts(run(p, target).ok()) == (4, 1, 0, 3, 0)
    write(folder, "3.csv", [(6, "NULL", 1)])
    assert counts(run(p, target).ok()) == (4, 0, 1, 3, 0)
    after = target.query(query)
    assert [row[:2] for row in after] == [(None, 3), ("", 1), ("x", 1), ("y", 1)]
    assert [row[2] for row in after[:3]] == [row[2] for row in before]
    target.execute("delete from p where name is null")
    write(folder, "4.csv", [(4, "x", 2)])
    assert counts(run(p, target).ok()) == (3, 0, 0, 3, 1)


def test_a_key_of_two_columns_with_nulls(folder, target):
    model = table_model("select name, n, count(*) as v from p group by name, n", "id: uuid generated, name: text, n: integer, v: bigint",
                        "key: [name, n]")
    p = with_models(folder, model, base=BASE.replace("'*.csv'", "{ path: '*.csv', 'null': ['NULL'] }"))
    write(folder, "1.csv", [(1, "NULL", ""), (2, "a", ""), (3, "NULL", 1), (4, "a", 1), (5, "a", 1)])
    assert counts(run(p, target).ok()) == (4, 4, 0, 0, 0)
    before = {row[:2]: row[2] for row in target.query("select name, n, cast(id as varchar) from m")}
    write(folder, "2.csv", [(6, "a", ""), (7, "NULL", ""), (3, "b", 1)])
    assert counts(run(p, target).ok()) == (4, 1, 2, 1, 1)
    after = {row[:2]: (row[2], row[3]) for row in target.query("select name, n, cast(id as varchar), v from m")}
    assert {key: v for key, (_, v) in after.items()} == {(None, None): 2, ("a", None): 2, ("a", 1): 2, ("b", 1): 1}
    for key in ((None, None), ("a", None), ("a", 1)):
        assert after[key][0] == before[key]


def test_a_repeated_key_fails_and_names_no_row(folder, target):
    p = with_models(folder, table_model("select name, n as v from p"))
    write(folder, "1.csv", [(1, "secret", 1), (2, "secret", 2), (3, "b", 1)])
    done = run(p, target)
    done.failed("target_refused", "model ", "its sql yields 1 key (name) more than once",
                "hint: group by the key, or add to it what tells the rows apart. what was loaded is committed; the model stays pending, and the next run builds it")
    assert "secret" not in done.text() and "p.yaml:9" in done.err
    assert target.count("p") == 3 and built(done) == {"m": "failed"}
    assert target.query("select state from ingot.runs") == [("failed",)]
    assert run(p, target).code == EXIT["target_refused"]  # nothing new, and still not silent
    write(folder, "2.csv", [(2, "c", 2)])  # what is loaded mends it
    assert counts(run(p, target).ok()) == (3, 3, 0, 0, 0)
    assert pending(target) == set()


def test_a_pending_model_comes_before_a_load_that_fails(folder, target):
    p = with_models(folder)
    write(folder, "1.csv", [(1, "a", 1)])
    run(p, target).ok()
    write(folder, "2.csv", [(2, "b", 1)])
    assert run(p, target, env={"INGOT_CRASH_AT": "engine.committed"}).code == -signal.SIGKILL
    assert pending(target) == {"per_name"}
    folder.write("3.csv", 'id,name,n\n3,"unclosed')
    done = run(p, target).failed("source_unreadable", "3.csv")
    assert built(done) == {"per_name": "built"} and pending(target) == set()
    assert rows(target, "per_name", "name, count") == [("a", 1), ("b", 1)]


def test_what_was_loaded_before_a_failure_is_followed(folder, target):
    p = with_models(folder)
    write(folder, "1.csv", [(1, "a", 1)])
    folder.write("2.csv", 'id,name,n\n3,"unclosed')
    run(p, target).failed("source_unreadable", "2.csv")
    assert rows(target, "per_name", "name, count") == [("a", 1)]


def test_nothing_loaded_into_a_missing_table(folder, target):
    p = with_models(folder)
    folder.write("1.csv", 'id,name,n\n3,"unclosed')
    done = run(p, target).failed("source_unreadable", "1.csv")
    assert done.json["models"] == []


# --- exactness ---

@pytest.mark.parametrize("sql, column, message", [
    ("select name, n + 0.5 as v from p", "integer", "1 of 1 values of column v do not fit integer exactly"),
    ("select name, cast(n as double precision) / 3 as v from p", "'numeric(6,2)'", "1 of 1 values of column v do not fit numeric(6,2) exactly"),
    ("select name, name || 'xyz' as v from p", "varchar(3)", "1 of 1 values of column v do not fit varchar(3) exactly"),
    ("select name, name || '   ' as v from p", "varchar(3)", "1 of 1 values of column v do not fit varchar(3) exactly"),
    ("select name, timestamp '2026-01-01 10:00:00' as v from p", "date", "1 of 1 values of column v do not fit date exactly"),
    ("select name, cast(null as integer) as v from p", "integer required", "column v is required, and NULL in 1 of 1 rows"),
    ("select name, name as v from p", "integer", " for column v, which is declared integer"),
    ("select name, n as v from p", "text", " for column v, which is declared text"),
])
def test_values_fit_exactly_or_fail(folder, target, sql, column, message):
    p = with_models(folder, table_model(f'"{sql}"', f"name: text, v: {column}"))
    write(folder, "1.csv", [(1, "a", 10)])
    done = run(p, target)
    assert done.code in (EXIT["target_refused"], EXIT["invalid_pipeline"]), done.text()
    assert message in done.err and not target.has_table("m")


def test_a_number_too_large_fails(folder, target):
    p = with_models(folder, table_model("select name, cast(n as bigint) * 1000000000 as v from p"))
    write(folder, "1.csv", [(1, "a", 10)])
    done = run(p, target)
    assert done.code == EXIT["target_refused"] and "model " in done.err


def test_what_fits_is_converted(folder, target):
    p = with_models(folder, table_model("\"select name, n * 1.0 as v, 'abc' as t, timestamp '2026-01-01 00:00:00' as d from p\"",
                                        "name: varchar(1), v: integer, t: varchar(3), d: date"))
    write(folder, "1.csv", [(1, "a", 10)])
    run(p, target).ok()
    assert target.query("select name, v, t, cast(d as varchar) from m") == [("a", 10, "abc", "2026-01-01")]


@pytest.mark.parametrize("sql, message", [
    ("select name from p", 'its sql yields no column "v"'),
    ("select name, n as v, n as w from p", 'its sql yields a column that is not declared: "w"'),
])
def test_columns_are_those_declared(folder, target, sql, message):
    p = with_models(folder, table_model(sql))
    write(folder, "1.csv", [(1, "a", 10)])
    run(p, target).failed("invalid_pipeline", message)


def test_an_sql_that_fails_says_so(folder, target):
    p = with_models(folder, table_model("select name, n as v from nowhere"))
    write(folder, "1.csv", [(1, "a", 10)])
    done = run(p, target).failed("target_refused", "nowhere", "stays pending")
    assert done.json["models"][0]["error"]["code"] == "target_refused"
    text = ingot("run", p, "--set", f"to.connection={target.url}")
    assert "model " in text.out and "failed, and stays pending" in text.out


def test_one_statement_only(folder, target):
    p = with_models(folder, table_model("select 1 as name, 2 as v; drop table p"))
    write(folder, "1.csv", [(1, "a", 10)])
    done = run(p, target)
    assert done.code in (EXIT["invalid_pipeline"], EXIT["target_refused"])
    assert target.kind == "duckdb" or target.count("p") == 1


def test_a_comment_ends_the_sql(folder, target):
    p = with_models(folder, table_model("|\n      select name, n as v from p  -- the end\n      ;"))
    write(folder, "1.csv", [(1, "a", 10)])
    run(p, target).ok()
    assert target.query("select name, v from m") == [("a", 10)]


# --- an existing table ---

def test_a_table_of_ones_own(folder, target):
    """As the products job has it: the id is the primary key, and a column has a default."""
    target.execute("create table per_name (id uuid primary key, name varchar(420), count integer, noted varchar default 'yes')")
    p = with_models(folder)
    write(folder, "1.csv", [(1, "a", 1)])
    run(p, target).ok()
    assert target.query("select name, count, noted from per_name") == [("a", 1, "yes")]


def test_rows_of_others_are_not_deleted(folder, target):
    target.execute("create table per_name (id uuid primary key, name varchar(420), count integer)")
    target.execute("insert into per_name values ('00000000-0000-4000-8000-000000000001', 'a', 9), "
                   "('00000000-0000-4000-8000-000000000002', 'mine', 1)")
    p = with_models(folder)
    write(folder, "1.csv", [(1, "a", 1)])
    run(p, target).failed("conflict", "per_name holds rows that no model has written",
                          "or give --create, and rows that are not in its result are deleted", "p.yaml:5:3")
    assert not target.exists("p") and target.count("per_name") == 2
    assert counts(run(p, target, "--create").ok()) == (1, 0, 1, 0, 1)
    assert target.query("select cast(id as varchar), count from per_name") == [("00000000-0000-4000-8000-000000000001", 1)]
    write(folder, "2.csv", [(2, "a", 1)])
    run(p, target).ok()  # from now on it is the model's


def test_columns_that_do_not_fit(folder, target):
    target.execute("create table per_name (id uuid primary key, name varchar(420), count date)")
    p = with_models(folder)
    write(folder, "1.csv", [(1, "a", 1)])
    done = run(p, target).failed("target_refused", "count")
    assert not target.exists("p") and "integer" in done.err


def test_something_else_of_that_name(folder, target):
    target.execute("create table v (a integer); create view per_name as select 1 as name")
    p = with_models(folder)
    write(folder, "1.csv", [(1, "a", 1)])
    run(p, target).failed("target_refused", "per_name is a view, and the model a table", "drop it, or give the model another name")
    p = with_models(folder, "  v: { sql: select 1 as one }\n")
    run(p, target).failed("target_refused", ".v is a table, and the model a view")


def test_a_key_twice_in_the_table(folder, target):
    target.execute("create table per_name (id uuid primary key, name varchar(420), count integer)")
    p = with_models(folder)
    write(folder, "1.csv", [(1, "a", 1)])
    run(p, target).ok()
    target.execute("insert into per_name values ('00000000-0000-4000-8000-000000000001', 'a', 9)")
    write(folder, "2.csv", [(2, "a", 1)])
    run(p, target).failed("target_refused", "per_name holds a key more than once (name)", "delete the surplus rows")
    target.execute("delete from per_name where count = 9")
    assert counts(run(p, target).ok()) == (1, 0, 1, 0, 0)


def test_rows_that_others_changed_are_mended(folder, target):
    p = with_models(folder)
    write(folder, "1.csv", [(1, "a", 1), (2, "b", 1)])
    run(p, target).ok()
    target.execute("update per_name set count = 99 where name = 'a'; delete from per_name where name = 'b'; "
                   "insert into per_name (id, name, count) values ('00000000-0000-4000-8000-000000000001', 'z', 9)")
    write(folder, "2.csv", [(1, "a", 2)])
    assert counts(run(p, target).ok()) == (2, 1, 1, 0, 1)
    assert rows(target, "per_name", "name, count") == [("a", 1), ("b", 1)]


def test_a_dropped_table_is_built_anew(folder, target):
    p = with_models(folder)
    write(folder, "1.csv", [(1, "a", 1)])
    run(p, target).ok()
    target.execute("drop table per_name")
    done = run(p, target).ok()
    assert counts(done) == (1, 1, 0, 0, 0) and done.json["state"] == "done"


def test_in_a_schema_of_its_own(folder, target):
    write(folder, "1.csv", [(1, "a", 1)])
    p = with_models(folder, PER_NAME.replace("  per_name:", "  '\"my stats\".\"per name\"':"))
    run(p, target).ok()
    assert target.query('select name, count from "my stats"."per name"') == [("a", 1)]


def test_a_trigger_that_suppresses_rows(folder, fresh):
    target = fresh("postgres")
    target.execute("create table per_name (id uuid primary key, name text, count integer); "
                   "create function no() returns trigger language plpgsql as 'begin return null; end'; "
                   "create trigger no before insert on per_name for each row execute function no()")
    p = with_models(folder)
    write(folder, "1.csv", [(1, "a", 1)])
    run(p, target).failed("books_broken", "its sql yields 1 rows, 0 were placed, and table public.per_name now holds 0",
                          "a trigger or a policy of the table may suppress rows")


def test_a_partitioned_table_is_refused(folder, fresh):
    target = fresh("postgres")
    target.execute("create table per_name (id uuid, name text, count integer) partition by list (name)")
    p = with_models(folder)
    write(folder, "1.csv", [(1, "a", 1)])
    run(p, target).failed("target_refused", "public.per_name is partitioned, foreign or the like, and the model a table")


# --- the other kinds ---

def test_a_table_without_a_key_is_replaced(folder, target):
    p = with_models(folder, "  m: { materialized: table, columns: { name: text, v: integer }, sql: \"select name, n as v from p\" }\n")
    write(folder, "1.csv", [(1, "a", 1), (2, "a", 1)])
    assert counts(run(p, target).ok()) == (2, 2, 0, 0, 0)
    write(folder, "2.csv", [(3, "b", 1)])
    assert counts(run(p, target).ok()) == (3, 3, 0, 0, 2)
    assert rows(target, "m", "name, v") == [("a", 1), ("a", 1), ("b", 1)]


def test_an_incremental_table_keeps_what_is_gone(folder, target):
    p = with_models(folder, table_model("select name, max(n) as v from p group by name", "id: uuid generated, name: text, v: integer",
                                        materialized="incremental"))
    write(folder, "1.csv", [(1, "a", 1), (2, "b", 1)])
    assert counts(run(p, target).ok()) == (2, 2, 0, 0, 0)
    write(folder, "2.csv", [(1, "c", 1), (2, "b", 5)])
    assert counts(run(p, target).ok()) == (2, 1, 1, 0, 0)
    assert rows(target, "m", "name, v") == [("a", 1), ("b", 5), ("c", 1)]


def test_a_view_follows_its_definition(folder, target):
    p = with_models(folder, "  v: { sql: \"select name, n from p where n > 1\" }\n")
    write(folder, "1.csv", [(1, "a", 1), (2, "b", 2)])
    assert built(run(p, target).ok()) == {"v": "built"}
    assert target.query("select name, n from v") == [("b", 2)]
    write(folder, "2.csv", [(3, "c", 3)])
    done = run(p, target).ok()  # a view need not be built again
    assert done.json["models"] == [] and target.count("v") == 2
    p = with_models(folder, "  v: { sql: \"select n as other from p\" }\n")  # other columns
    done = run(p, target).ok()
    assert built(done) == {"v": "built"} and done.json["state"] == "done"
    assert sorted(target.query("select other from v")) == [(1,), (2,), (3,)]
    target.execute("drop view v")
    assert built(run(p, target).ok()) == {"v": "built"}
    assert target.count("v") == 3


def test_a_view_that_others_read_is_not_taken_from_them(folder, fresh):
    target = fresh("postgres")
    p = with_models(folder, "  v: { sql: \"select name, n from p\" }\n")
    write(folder, "1.csv", [(1, "a", 1)])
    run(p, target).ok()
    target.execute("create view theirs as select n from v")
    p = with_models(folder, "  v: { sql: \"select name from p\" }\n")
    run(p, target).failed("target_refused", "because other objects depend on it")
    assert target.query("select n from theirs") == [(1,)]


def test_a_materialized_view_is_refreshed(folder, fresh):
    target = fresh("postgres")
    p = with_models(folder, "  v: { materialized: materialized_view, sql: \"select name, n from p\" }\n")
    write(folder, "1.csv", [(1, "a", 1)])
    assert built(run(p, target).ok()) == {"v": "built"}
    write(folder, "2.csv", [(2, "b", 2)])
    assert built(run(p, target).ok()) == {"v": "built"}
    assert target.count("v") == 2
    p = with_models(folder, "  v: { materialized: materialized_view, sql: \"select n from p\" }\n")
    assert built(run(p, target).ok()) == {"v": "built"}
    assert sorted(target.query("select * from v")) == [(1,), (2,)]
    assert run(p, target).ok().json["state"] == "nothing_new"


# --- order ---

CHAIN = """  last: { materialized: table, columns: { n: bigint }, sql: select sum(v) as n from middle }
  middle: { materialized: table, key: name, columns: { name: text, v: integer }, sql: "select name, v from first" }
  first: { sql: "select name, n as v from p" }
  aside: { sql: select 1 as one }
"""


def test_models_come_after_those_that_they_read(folder, target):
    p = with_models(folder, CHAIN)
    write(folder, "1.csv", [(1, "a", 1), (2, "b", 2)])
    done = run(p, target).ok()
    assert [model["name"].split(".")[-1] for model in done.json["models"]] == ["first", "middle", "last", "aside"]
    write(folder, "2.csv", [(3, "c", 4)])
    run(p, target).ok()
    assert target.query("select n from last") == [(7,)]


def test_after_says_what_the_sql_does_not(folder, target):
    p = with_models(folder, "  one: { sql: select 1 as a, after: two }\n  two: { sql: select 2 as a }\n")
    write(folder, "1.csv", [(1, "a", 1)])
    assert [model["name"].split(".")[-1] for model in run(p, target).ok().json["models"]] == ["two", "one"]


def test_models_that_read_a_failed_one_wait(folder, target):
    p = with_models(folder, CHAIN.replace("select name, v from first", "select 'x' as name, v from first"))
    write(folder, "1.csv", [(1, "a", 1), (2, "b", 2)])
    done = run(p, target).failed("target_refused", "model ", "middle: its sql yields 1 key (name) more than once")
    assert built(done) == {"first": "built", "middle": "failed", "last": "waiting", "aside": "built"}
    text = ingot("run", p, "--set", f"to.connection={target.url}").out
    assert "last: not built, it reads one that failed" in text


def test_a_circle_is_an_error(folder, target):
    p = with_models(folder, "  a: { sql: select * from b }\n  b: { sql: select * from c }\n  c: { sql: select * from a }\n")
    done = ingot("check", p, "--set", f"to.connection={target.url}")
    assert done.code == EXIT["invalid_pipeline"]
    assert "models depend on one another: a (line 5) → b (line 6) → c (line 7) → a (" in done.err and "p.yaml:5:3" in done.err


# --- plan, ledger ---

def test_plan_shows_what_will_be_done(folder, target):
    p = with_models(folder, PER_NAME + "  v: { sql: select name from per_name }\n")
    write(folder, "1.csv", [(1, "a", 1)])
    connection = f"to.connection={target.url}"
    text = ingot("plan", p, "--set", connection).ok().out
    assert "per_name: table (will be created)" in text and "CREATE TABLE" in text and "CREATE VIEW" in text
    plan = ingot("plan", "--json", p, "--set", connection).ok().json
    assert [(m["materialized"], m["exists"], m["due"]) for m in plan["models"]] == [("table", False, True), ("view", False, True)]
    run(p, target).ok()
    assert "per_name: table (up to date)" in ingot("plan", p, "--set", connection).ok().out
    write(folder, "2.csv", [(2, "a", 1)])
    text = ingot("plan", p, "--set", connection).ok().out
    assert "per_name: table (follows what is loaded)" in text and "v: view (up to date)" in text
    changed = with_models(folder, PER_NAME.replace("count(*)", "count(*) + 1") + "  v: { sql: select name from per_name }\n")
    assert "per_name: table (will be built)" in ingot("plan", changed, "--set", connection).ok().out


def test_a_changed_definition_is_built_even_if_nothing_is_new(folder, target):
    p = with_models(folder)
    write(folder, "1.csv", [(1, "a", 1), (2, "b", 1)])
    run(p, target).ok()
    p = with_models(folder, PER_NAME.replace("count(*)", "10 * count(*)"))
    done = run(p, target).ok()
    assert counts(done) == (2, 0, 2, 0, 0) and rows(target, "per_name", "name, count") == [("a", 10), ("b", 10)]
    assert run(p, target).ok().json["state"] == "nothing_new"


def test_the_ledger_keeps_every_build(folder, target):
    p = with_models(folder)
    write(folder, "1.csv", [(1, "a", 1), (2, "b", 1)])
    run(p, target).ok()
    write(folder, "2.csv", [(3, "a", 1)])
    run(p, target).ok()
    assert target.query("select run, rows, inserted, updated, unchanged, deleted from ingot.model_runs order by run") == [
        (1, 2, 2, 0, 0, 0), (2, 2, 0, 1, 1, 0)]
    assert target.query("select materialized, built_run, pending_run from ingot.models") == [("table", 2, None)]
    assert target.query("select count(*) from ingot.model_runs where seconds > 0") == [(2,)]
    assert target.value("select cast(seconds as varchar) from ingot.runs where run = 2").count("models") == 1


def test_what_is_printed(folder, target):
    p = with_models(folder)
    write(folder, "1.csv", [(1, "a", 1), (2, "b", 1)])
    out = ingot("run", p, "--set", f"to.connection={target.url}").ok().out
    assert "per_name: 2 rows = 2 inserted  " in out
    write(folder, "2.csv", [(2, "a", 1), (3, "c", 1)])
    out = ingot("run", p, "--set", f"to.connection={target.url}").ok().out
    assert "per_name: 2 rows = 1 inserted + 1 updated, 1 deleted  " in out


# --- crashes and others at work ---

STEPS = ("engine.models_announced", "engine.committed", "engine.plan_closed", "model.begun", "model.staged", "model.written",
         "model.recorded", "model.committed")


@pytest.mark.parametrize("step", STEPS)
def test_killed_between_load_and_model(folder, target, step):
    p = with_models(folder)
    write(folder, "1.csv", [(1, "a", 1), (2, "b", 1)])
    run(p, target).ok()
    ids = dict(target.query("select name, cast(id as varchar) from per_name"))
    write(folder, "2.csv", [(2, "a", 1), (3, "c", 1)])
    assert run(p, target, env={"INGOT_CRASH_AT": step}).code == -signal.SIGKILL
    limit = time.monotonic() + 20
    while (done := run(p, target)).code == EXIT["busy"] and time.monotonic() < limit:
        time.sleep(0.2)
    done.ok()
    assert rows(target, "per_name", "name, count") == [("a", 2), ("c", 1)]
    assert target.value("select cast(id as varchar) from per_name where name = 'a'") == ids["a"]
    assert pending(target) == set() and run(p, target).ok().json["state"] == "nothing_new"


def test_a_commit_waits_for_a_build_and_marks_it_stale(folder, fresh):
    """The fence: what is loaded while a model is being built is not overlooked by the build that began before."""
    target = fresh("postgres")
    p = with_models(folder)
    write(folder, "1.csv", [(1, "a", 1)])
    run(p, target).ok()
    build = target.connect()
    build.autocommit = False
    with build.cursor() as cursor:
        cursor.execute("select 1 from ingot.models for update")
        write(folder, "2.csv", [(2, "b", 1)])
        done = []
        loader = threading.Thread(target=lambda: done.append(run(p, target)))
        loader.start()
        time.sleep(1.5)
        assert not done and target.count("p") == 1
        cursor.execute("update ingot.models set pending_run = null")
        build.commit()
    loader.join(60)
    build.close()
    assert counts(done[0].ok()) == (2, 1, 0, 1, 0)


def test_two_pipelines_with_one_model(folder, target):
    a = with_models(folder)
    b = folder.pipeline(BASE.replace("'*.csv'", "other/*.csv") + "models:\n" + PER_NAME, "q.yaml")
    write(folder, "1.csv", [(1, "a", 1)])
    write(folder, "other/1.csv", [(2, "a", 1), (3, "b", 1)])
    run(a, target).ok()
    assert counts(run(b, target).ok()) == (2, 1, 1, 0, 0)
    assert target.count("ingot.models") == 2


def test_rows_by_the_thousand(folder, target):
    p = with_models(folder)
    data = [(i, f"n{i * i % 7919}", i) for i in range(30_000)]
    write(folder, "1.csv", data)
    run(p, target).ok()
    expected = collections.Counter(name for _, name, _ in data)
    assert dict(target.query("select name, count from per_name")) == dict(expected)
    write(folder, "2.csv", [(i, f"n{i % 7}", i) for i in range(0, 30_000, 3)])
    run(p, target).ok()
    names = {i: name for i, name, _ in data} | {i: f"n{i % 7}" for i in range(0, 30_000, 3)}
    assert dict(target.query("select name, count from per_name")) == dict(collections.Counter(names.values()))
