"""Tables that others made: every kind of column and constraint, names of any kind, and tables that are not there."""
import subprocess

import pytest

from ingot_program import run, ingot
from targets import quoted


def pipeline(folder, columns="{ id: integer, t: text }", to="{ table: p }", text="id,t\n1,a\n2,b\n"):
    folder.write("in.csv", text)
    return folder.pipeline(f"from: in.csv\ncolumns: {columns}\nto: {to}\n")


def test_generated_ids_and_defaults(folder, postgres):
    postgres.execute("""
        create table p (serial_id serial primary key, identity_id int generated always as identity, id integer,
          t text, at timestamptz not null default now(), kind text not null default 'k',
          doubled integer generated always as (id * 2) stored)""")
    assert run(pipeline(folder), postgres).ok().counts["inserted"] == 2
    assert postgres.query("select serial_id, identity_id, id, t, at is not null, kind, doubled from p order by id") == [
        (1, 1, 1, "a", True, "k", 2), (2, 2, 2, "b", True, "k", 4)]


def test_generated_column_in_the_contract_is_refused(folder, postgres):
    postgres.execute("create table p (id integer, t text generated always as ('x') stored)")
    run(pipeline(folder), postgres).failed("target_refused", "t", "p")


def test_not_null_without_default_is_noticed_beforehand(folder, postgres):
    postgres.execute("create table p (id integer, t text, needed text not null)")
    run(pipeline(folder), postgres).failed("target_refused", "needed", "p")
    assert postgres.count("p") == 0


def test_missing_column_is_noticed_beforehand(folder, postgres):
    postgres.execute("create table p (id integer)")
    run(pipeline(folder), postgres).failed("target_refused", "t", "p")


@pytest.mark.parametrize("there, declared", [("integer", "text"), ("date", "timestamp"), ("boolean", "integer")])
def test_type_that_cannot_hold_the_contract(folder, postgres, there, declared):
    postgres.execute(f"create table p (id integer, v {there})")
    done = run(pipeline(folder, f"{{ id: integer, v: {declared} }}", text="id,v\n1,1\n"), postgres)
    done.failed("target_refused", "v", there)


def test_narrower_columns_reject_and_never_round_or_cut(folder, postgres):
    """Postgres itself trims 'abc   ' into varchar(3) and rounds 9.994 into numeric(4,2)."""
    postgres.execute("create table p (id integer primary key, t varchar(3), n numeric(4,2), s smallint)")
    file = pipeline(folder, "{ id: bigint, t: text, n: 'numeric(10,4)', s: integer }", text=(
        "id,t,n,s\n1,abc,9.99,1\n2,abc   ,1,1\n3,äöü,99.99,32767\n4,abcd,1,1\n5,a,9.994,1\n6,a,100,1\n7,a,1,32768\n"
        "3000000000,a,1,1\n9,a,1.5000,-32768\n"))
    assert run(file, postgres).ok().counts["inserted"] == 3
    assert postgres.query("select id, t, n::text, s from p order by id") == [
        (1, "abc", "9.99", 1), (3, "äöü", "99.99", 32767), (9, "a", "1.50", -32768)]
    assert postgres.query("select line, field, code from ingot.rejects order by line") == [
        (3, "t", "too_long"), (5, "t", "too_long"), (6, "n", "not_exact"), (7, "n", "out_of_range"),
        (8, "s", "out_of_range"), (9, "id", "out_of_range")]


def test_jsonb_cannot_hold_what_json_can(folder, postgres):
    """jsonb has no NUL character: that record is a reject, alone."""
    postgres.execute("create table p (id integer, j jsonb)")
    folder.write("in.ndjson", '{"id": 1, "j": {"a": "x"}}\n{"id": 2, "j": "\\u0000"}\n{"id": 3, "j": [1.50]}\n')
    file = folder.pipeline("from: in.ndjson\ncolumns: { id: integer, j: json }\nto: { table: p }\n")
    run(file, postgres).ok()
    assert postgres.query("select id, j::text from p order by id") == [(1, '{"a": "x"}'), (3, "[1.50]")]
    assert postgres.query("select line from ingot.rejects") == [(2,)]


@pytest.mark.parametrize("key_type, values, expected", [
    ("citext", ["Ab", "aB", "c"], 2), ("char(3)", ["a", "a ", "b"], 2), ("text", ["Ab", "aB", "c"], 3)])
def test_keys_are_equal_as_the_server_says(folder, postgres, key_type, values, expected):
    if key_type == "citext":
        try:
            postgres.execute("create extension citext")
        except Exception:
            pytest.skip("this server has no citext")
    postgres.execute(f"create table p (id {key_type} primary key, t text)")
    file = pipeline(folder, "{ id: text, t: text }", "{ table: p, mode: upsert, key: id }",
                    "id,t\n" + "".join(f"{v},{i}\n" for i, v in enumerate(values)))
    done = run(file, postgres)
    if done.code == 0:
        assert postgres.count("p") == expected
        assert done.counts["inserted"] == expected and done.counts["duplicate"] + done.counts["rejected"] == 3 - expected
        if expected == 2 and done.counts["rejected"] == 0:
            assert postgres.value("select t from p where t = '1'") == "1"  # the last won
    else:
        done.failed("target_refused", "id")  # refused beforehand is honest, too; half a load is not
        assert postgres.count("p") == 0


def test_upsert_needs_a_unique_key(folder, postgres):
    postgres.execute("create table p (id integer, t text)")
    file = pipeline(folder, to="{ table: p, mode: upsert, key: id }")
    run(file, postgres).failed("target_refused", "unique", "hint:")


def test_second_unique_constraint_in_upsert(folder, postgres):
    """A row that collides with another row's email is refused alone."""
    postgres.execute("create table p (id integer primary key, t text constraint one_email unique);"
                     "insert into p values (1, 'a@x'), (2, 'b@x')")
    file = pipeline(folder, to="{ table: p, mode: upsert, key: id }",
                    text="id,t\n3,a@x\n4,d@x\n2,new@x\n5,d@x\n1,a@x\n")
    done = run(file, postgres).ok()
    assert postgres.query("select id, t from p order by id") == [(1, "a@x"), (2, "new@x"), (4, "d@x")]
    assert done.counts == {"read": 5, "inserted": 1, "updated": 1, "unchanged": 1, "filtered": 0, "duplicate": 0, "rejected": 2}
    assert postgres.query("select line, code from ingot.rejects order by line") == [(2, "constraint"), (5, "constraint")]
    assert all("one_email" in row[0] for row in postgres.query("select detail from ingot.rejects"))


def test_good_row_before_a_refused_one_of_the_same_key(folder, postgres):
    """`keep: last` chooses among the rows that the target takes: a refused last row must not take the good one along."""
    postgres.execute("create table p (id integer primary key, t text, constraint no_bad check (t <> 'bad'))")
    file = pipeline(folder, to="{ table: p, mode: upsert, key: id }", text="id,t\n1,good\n1,bad\n2,x\n")
    run(file, postgres).ok()
    assert postgres.query("select id, t from p order by id") == [(1, "good"), (2, "x")]


def test_trigger_that_refuses_a_row(folder, postgres):
    """It costs that row."""
    postgres.execute("""
        create table p (id integer, t text);
        create function refuse() returns trigger language plpgsql as
          $$ begin if new.id = 2 then raise exception 'no twos please'; end if; return new; end $$;
        create trigger refuse before insert on p for each row execute function refuse()""")
    done = run(pipeline(folder, text="id,t\n1,a\n2,b\n3,c\n"), postgres).ok()
    assert postgres.query("select id from p order by id") == [(1,), (3,)]
    assert (done.counts["inserted"], done.counts["rejected"]) == (2, 1)


def test_trigger_that_suppresses_rows_does_not_make_the_books_lie(folder, postgres):
    postgres.execute("""
        create table p (id integer, t text);
        create function drop_it() returns trigger language plpgsql as
          $$ begin if new.id = 2 then return null; end if; return new; end $$;
        create trigger drop_it before insert on p for each row execute function drop_it()""")
    done = run(pipeline(folder), postgres)
    if done.code == 0:
        assert done.counts["inserted"] == postgres.count("p")
    else:
        done.failed("books_broken", "trigger")
        assert postgres.count("p") == 0


@pytest.mark.parametrize("event", ["insert", "update"])
def test_trigger_that_suppresses_a_row_of_an_upsert(folder, postgres, event):
    """Counted as what it is: neither inserted nor updated, nor unchanged."""
    postgres.execute(f"""
        create table p (id integer primary key, t text); insert into p values (1, 'old'), (2, 'old');
        create function drop_it() returns trigger language plpgsql as
          $$ begin if new.id in (2, 3) then return null; end if; return new; end $$;
        create trigger drop_it before {event} on p for each row execute function drop_it()""")
    file = pipeline(folder, to="{ table: p, mode: upsert, key: id }", text="id,t\n1,new\n2,new\n3,new\n4,new\n")
    done = run(file, postgres).ok()
    suppressed = 2 if event == "update" else 3
    expected = {1: "new", 2: "old" if event == "update" else "new", 4: "new"} | ({3: "new"} if event == "update" else {})
    assert dict(postgres.query("select id, t from p")) == expected
    assert postgres.query("select line, code, detail from ingot.rejects") == [(suppressed + 1, "refused", "suppressed by a trigger")]
    assert (done.counts["inserted"], done.counts["updated"], done.counts["rejected"]) == ((2, 1, 1) if event == "update" else (1, 2, 1))


WEIRD = ["Mixed Case", 'quo"te', "semi;colon", "ünïcode", "select", "a.b", "with\ttab", "x" * 63, "percent%s", "$1", "back\\slash"]


def test_weird_identifiers(folder, postgres):
    for name in ('odd "schema"', "plain"):
        postgres.execute(f"create schema {quoted(name)}")
    columns = "{ " + ", ".join("%s: text" % yaml_quoted(n) for n in WEIRD) + " }"
    header = ",".join('"' + n.replace('"', '""') + '"' for n in WEIRD)
    folder.write("in.csv", header + "\n" + ",".join(f"v{i}" for i in range(len(WEIRD))) + "\n")
    table = '"odd ""schema"""."Odd; ""Table"" %s"'
    key = yaml_quoted(WEIRD[1])
    file = folder.pipeline(f"from: in.csv\ncolumns: {columns}\nto: {{ table: {yaml_quoted(table)}, mode: upsert, key: {key} }}\n")
    run(file, postgres).ok()
    rows = postgres.query(f"select {', '.join(map(quoted, WEIRD))} from {table}")
    assert rows == [tuple(f"v{i}" for i in range(len(WEIRD)))]
    folder.write("in.csv", header + "\n" + ",".join(f"v{i}" if i == 1 else "new" for i in range(len(WEIRD))) + "\n")
    assert run(file, postgres).ok().counts["updated"] == 1


def yaml_quoted(text):
    import json

    return json.dumps(text)


def test_mistyped_table_is_noticed(folder, target):
    target.execute("create table data_product (id integer, t text)")
    file = pipeline(folder, to="{ table: data_produkt }")
    for command in ("plan", "run"):
        ingot(command, file, "--set", f"to.connection={target.url}").failed("conflict", "data_produkt", "data_product", "--create")
    assert not target.exists("data_produkt")
    done = run(file, target, "--create").ok()
    assert [name.split(".")[-1] for name in done.json["created"]] == ["data_produkt"]
    assert target.count("data_produkt") == 2 and target.count("data_product") == 0


def test_another_table_than_before_is_noticed(folder, target):
    file = pipeline(folder, to="{ table: orders }")
    run(file, target).ok()
    run(file, target, "--set", "to.table=zebra").failed("conflict", "zebra", "orders", "--create")
    assert not target.exists("zebra")


def test_dropped_table_is_noticed(folder, target):
    file = pipeline(folder)
    run(file, target).ok()
    target.execute("drop table p")
    run(file, target).failed("conflict", "p", "gone", "--create")
    assert run(file, target, "--create").ok().counts["inserted"] == 2
    assert target.count("p") == 2


def test_table_created_as_declared(folder, postgres):
    file = pipeline(folder, "{ id: bigint required, t: varchar(7), n: 'numeric(4,2)', at: timestamptz, j: json, u: uuid, d: date, b: boolean, f: real }",
                    "{ table: shop.p, mode: upsert, key: id }", "id,t,n,at,j,u,d,b,f\n")
    run(file, postgres).ok()
    assert postgres.query("select attname, format_type(atttypid, atttypmod), attnotnull from pg_attribute where attrelid = "
                          "'shop.p'::regclass and attnum > 0 order by attnum") == [
        ("id", "bigint", True), ("t", "character varying(7)", False), ("n", "numeric(4,2)", False),
        ("at", "timestamp with time zone", False), ("j", "json" if has_json(postgres) else "jsonb", False), ("u", "uuid", False),
        ("d", "date", False), ("b", "boolean", False), ("f", "real", False)]
    assert postgres.value("select count(*) from pg_index where indrelid = 'shop.p'::regclass and indisprimary") == 1


def has_json(postgres):
    return postgres.value("select format_type(atttypid, null) from pg_attribute where attrelid = 'shop.p'::regclass and attname = 'j'") == "json"


def dump(target):
    if target.kind == "duckdb":
        import os

        return open(target.file, "rb").read() if os.path.exists(target.file) else None
    done = subprocess.run(["pg_dump", target.url], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if b"server version mismatch" in done.stderr:
        pytest.skip("pg_dump is older than the server (INGOT_POSTGRES_VERSION)")
    assert done.returncode == 0, done.stderr
    text = done.stdout
    return [line for line in text.splitlines() if not line.startswith((b"\\restrict", b"\\unrestrict"))]  # random


@pytest.mark.parametrize("when", ["empty", "loaded", "half done"])
def test_plan_changes_nothing(folder, target, when):
    file = pipeline(folder, to="{ table: p, mode: upsert, key: id }")
    if when != "empty":
        run(file, target, env={"INGOT_CRASH_AT": "engine.plan_stored"} if when == "half done" else {})
    folder.write("in2.csv", "id,t\n9,x\n")
    before = dump(target)
    listed = sorted(path.name for path in folder.path.iterdir())
    done = ingot("plan", file, "--set", f"to.connection={target.url}").ok()
    assert dump(target) == before
    assert sorted(path.name for path in folder.path.iterdir()) == listed
    if when == "empty":
        assert "in.csv" in done.out and "CREATE TABLE" in done.out.upper()
    if when == "half done":
        assert "not finished" in done.out


def test_view_and_partitioned_table(folder, postgres):
    postgres.execute("create view p as select 1 as id, 'x' as t")
    run(pipeline(folder), postgres).failed("target_refused", "view")
    postgres.execute("drop view p; create table p (id integer primary key, t text) partition by range (id);"
                     "create table p1 partition of p for values from (0) to (2); create table p2 partition of p for values from (2) to (3)")
    file = pipeline(folder, to="{ table: p, mode: upsert, key: id }", text="id,t\n1,a\n2,b\n7,no partition\n")
    done = run(file, postgres).ok()
    assert postgres.query("select id from p order by id") == [(1,), (2,)]
    assert done.counts["rejected"] == 1
