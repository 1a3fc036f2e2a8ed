"""Tables with a key and without an index in DuckDB: what Ingot makes, what others have made, and a key that is there twice."""
import pytest

from ingot_program import run

COLUMNS = "columns: { id: integer, t: text }\n"


def pipeline(folder, to, columns=COLUMNS):
    return folder.pipeline(f"from: '*.csv'\n{columns}to: {{ table: t, {to} }}\n")


def counts(done):
    return {name: count for name, count in done.ok().counts.items() if count and name != "read"}


def indexes(target):
    return target.value("select count(*) from duckdb_constraints() where table_name = 't' and constraint_type <> 'NOT NULL'") + target.value(
        "select count(*) from duckdb_indexes() where table_name = 't'")


def test_a_table_that_ingot_makes_has_no_index(folder, duckdb):
    p = pipeline(folder, "mode: upsert, key: id")
    folder.write("1.csv", "id,t\n1,a\n2,b\n3,c\n2,B\n")
    assert counts(run(p, duckdb)) == {"inserted": 3, "duplicate": 1}
    assert indexes(duckdb) == 0
    assert duckdb.value("select is_nullable from duckdb_columns() where table_name = 't' and column_name = 'id'") is False
    folder.write("2.csv", "id,t\n1,a\n2,new\n4,d\n2,newest\n")
    assert counts(run(p, duckdb)) == {"inserted": 1, "updated": 1, "unchanged": 1, "duplicate": 1}
    assert duckdb.rows("t") == [("1", "a"), ("2", "newest"), ("3", "c"), ("4", "d")]
    duckdb.books_reconcile()


def test_columns_that_the_contract_lacks_keep_their_value(folder, duckdb):
    duckdb.execute("create sequence s start 100; create table t (n integer default nextval('s'), id integer, twice integer "
                   "generated always as (id * 2), \"T\" varchar, extra varchar default 'x', rowid varchar);"
                   "insert into t (n, id, t, extra, rowid) values (1, 1, 'a', 'kept', 'r1'), (2, 2, 'b', 'kept, too', 'r2')")
    folder.write("1.csv", "id,t\n2,new\n3,c\n1,a\n")
    assert counts(run(pipeline(folder, "mode: upsert, key: id"), duckdb)) == {"inserted": 1, "updated": 1, "unchanged": 1}
    assert duckdb.rows("t") == [("1", "1", "2", "a", "kept", "r1"), ("100", "3", "6", "c", "x", None), ("2", "2", "4", "new", "kept, too", "r2")]


def test_a_key_of_several_columns_all_of_which_are_the_row(folder, duckdb):
    p = pipeline(folder, "mode: upsert, key: [id, t]")
    folder.write("1.csv", "id,t\n1,a\n1,b\n")
    run(p, duckdb).ok()
    folder.write("2.csv", "id,t\n1,b\n2,b\n")
    assert counts(run(p, duckdb)) == {"inserted": 1, "unchanged": 1}
    assert duckdb.rows("t") == [("1", "a"), ("1", "b"), ("2", "b")]


def test_a_primary_key_that_was_added_later(folder, duckdb):
    p = pipeline(folder, "mode: upsert, key: id")
    folder.write("1.csv", "id,t\n1,a\n2,b\n")
    run(p, duckdb).ok()
    duckdb.execute("alter table t add primary key (id)")
    duckdb.execute("create table child (t integer references t (id)); insert into child values (1)")
    folder.write("2.csv", "id,t\n2,new\n3,c\n")
    assert counts(run(p, duckdb)) == {"inserted": 1, "updated": 1}
    assert duckdb.rows("t") == [("1", "a"), ("2", "new"), ("3", "c")]


@pytest.mark.parametrize("to, record", [
    ("mode: upsert, key: id", "1,new"),
    ("mode: upsert, key: id", "1,a"),
    ("mode: merge_delete, key: id, delete_when: t = 'gone'", "1,gone"),
    ("mode: merge_delete, key: id, delete_when: t = 'gone'", "1,new"),
])
def test_a_key_that_somebody_wrote_twice(folder, duckdb, to, record):
    """It is found where the load has that key, whatever becomes of the record; nothing is changed."""
    duckdb.execute("create table t (id integer, t varchar); insert into t values (1, 'a'), (1, 'b'), (2, 'c')")
    p = pipeline(folder, to)
    folder.write("1.csv", "id,t\n2,new\n")
    assert counts(run(p, duckdb)) == {"updated": 1}  # another key
    folder.write("2.csv", f"id,t\n{record}\n3,x\n")
    run(p, duckdb).failed("target_refused", "table main.t has more than one row of 1 key of this load", "HAVING count(*) > 1 finds them: delete the surplus rows")
    assert duckdb.rows("t") == [("1", "a"), ("1", "b"), ("2", "new")]
    duckdb.execute("delete from t where t = 'b'")
    run(p, duckdb).ok()


def test_insert_new_has_nothing_to_do_with_a_key_that_is_there_twice(folder, duckdb):
    duckdb.execute("create table t (id integer, t varchar); insert into t values (1, 'a'), (1, 'b')")
    folder.write("1.csv", "id,t\n1,new\n2,c\n")
    assert counts(run(pipeline(folder, "mode: insert_new, key: id"), duckdb)) == {"inserted": 1, "duplicate": 1}
    assert duckdb.rows("t") == [("1", "a"), ("1", "b"), ("2", "c")]


@pytest.mark.parametrize("check", ["", ", check (n >= 0)"])
def test_order_by_of_many_keys(folder, duckdb, check):
    """The latest record of each key, whatever the passes in which they are looked for."""
    duckdb.execute(f"create table t (id integer, t varchar, n integer{check})")
    rows = [(i * 7919 % 5000, f"t{i}", i * 31 % 1009) for i in range(40_000)]
    folder.write("1.csv", "id,t,n\n" + "".join(f"{a},{b},{c}\n" for a, b, c in rows))
    p = folder.pipeline("from: '*.csv'\ncolumns: { id: integer, t: text, n: integer }\nto: { table: t, mode: upsert, key: id, order_by: n }\n")
    assert counts(run(p, duckdb)) == {"inserted": 5000, "duplicate": 35_000}
    latest = {}
    for a, b, c in rows:
        if a not in latest or c >= latest[a][1]:
            latest[a] = (b, c)
    assert dict((a, (b, c)) for a, b, c in duckdb.query("select id, t, n from t")) == latest
