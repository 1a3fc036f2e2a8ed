"""Mode scd2: every version of a row is kept, and of each key one is the current one."""

import psycopg2
import pytest

import crash_matrix
from ingot_program import finish, ingot, run
from mid_run import start_run
from test_modes import counts, pipeline, plan, while_waited_for

SCD2 = "mode: scd2, key: id"
COLUMNS = "id integer not null, t text, n integer, valid_from timestamptz, valid_to timestamptz"


def make(target, constraint="", rows=""):
    """A table as somebody else would make it."""
    target.execute(f"create table t ({COLUMNS}{constraint}); create unique index t_key on t (id, valid_from)")
    if target.kind == "postgres":
        target.execute("create unique index t_current on t (id) where valid_to is null")
    if rows:
        target.execute(f"insert into t values {rows}")


def history(target, data="t", table="t"):
    """Versions in order: key, data, is it the current one, does it begin when the one before ended?"""
    return target.query(f"select id, {data}, valid_to is null, coalesce(lag(valid_to) over (partition by id order by valid_from) = valid_from, true) "
                        f"from {table} order by id, valid_from")


def versions(target, data="t", table="t"):
    """The same as text: 'a-b-C' where C is current; | where there is a gap or an overlap."""
    out = {}
    for key, value, current, joins in history(target, data, table):
        out[key] = out.get(key, "") + ("" if key not in out else "-" if joins else "|") + str(value) + ("*" if current else "")
    return out


def begin_micros(target, table="t"):
    """When each version began, in microseconds after the plan was made, in order of time."""
    return [int(row[0]) for row in target.query(f"select extract(microseconds from (valid_from - (select max(loaded_at) from ingot.plans))) from {table} "
                                                "where valid_from >= (select max(loaded_at) from ingot.plans) order by valid_from, id")]


@pytest.mark.parametrize("constraint", [None, "", ", check (n >= 0)"])
def test_versions(folder, target, constraint):
    """`constraint`: the table is made by Ingot, by somebody else, and so that a row may be refused: it comes to the same."""
    if constraint is not None:
        make(target, constraint)
    p = pipeline(folder, SCD2)
    folder.write("1.csv", "id,t,n\n1,a,1\n2,b,1\n5,,\n1,A,1\n")
    assert "t: scd2 by id" in plan(p, target)
    assert counts(run(p, target)) == {"inserted": 3, "duplicate": 1}
    assert versions(target) == {1: "A*", 2: "b*", 5: "*"}
    # New, changed, the same, changed twice (the last stays), changed from NULL and to it.
    folder.write("2.csv", "id,t,n\n3,c,1\n1,B,1\n2,b,1\n5,,3\n1,C,1\n")
    done = run(p, target)
    assert counts(done) == {"inserted": 1, "updated": 2, "unchanged": 1, "duplicate": 1}
    assert versions(target) == {1: "A-C*", 2: "b*", 3: "c*", 5: "-*"}
    assert versions(target, "n")[5] == "None-3*"
    folder.write("3.csv", "id,t,n\n1,A,1\n5,,\n2,b,2\n")
    assert counts(run(p, target)) == {"updated": 3}
    assert versions(target)[1] == "A-C-A*" and versions(target, "n")[5] == "None-3-None*" and versions(target, "n")[2] == "1-2*"
    assert run(p, target).ok().json["state"] == "nothing_new"
    assert counts(run(p, target, "--set", "from.path=3.csv", "--set", "from.new=all")) == {"unchanged": 3}
    target.books_reconcile()


def test_a_table_that_ingot_makes(folder, target):
    folder.write("1.csv", "id,t,n\n1,a,1\n")
    p = pipeline(folder, SCD2 + ", lineage: true")
    assert ('PRIMARY KEY ("id", "valid_from")' in plan(p, target)) == (target.kind == "postgres")
    run(p, target).ok()
    assert target.columns("t") == ["id", "t", "n", "valid_from", "valid_to", "_ingot_run", "_ingot_unit", "_ingot_offset"]
    folder.write("2.csv", "id,t,n\n1,b,1\n")
    run(p, target).ok()
    assert target.query("select t, _ingot_run from t order by valid_from") == [("a", 1), ("b", 2)]
    # A row that only comes from elsewhere is no other version.
    folder.write("3.csv", "id,t,n\n1,b,1\n")
    assert counts(run(p, target)) == {"unchanged": 1}
    if target.kind == "postgres":
        with pytest.raises(psycopg2.errors.UniqueViolation):
            target.execute("insert into t (id, valid_from) values (1, now())")


def test_a_version_begins_with_its_plan(folder, target):
    """Files of one plan follow one another; what commits together begins together."""
    for name in "123":
        folder.write(f"{name}.csv", f"id,t,n\n1,{name},1\n{name}0,x,1\n")
    p = pipeline(folder, SCD2)
    assert counts(run(p, target)) == {"inserted": 4, "updated": 2}
    assert versions(target) == {1: "1-2-3*", 10: "x*", 20: "x*", 30: "x*"}
    assert begin_micros(target) == [0, 0, 1, 1, 2, 2]
    assert target.query("select count(*) from t join ingot.plans on valid_from = loaded_at") == [(2,)]
    for name in "456":
        folder.write(f"{name}.csv", f"id,t,n\n1,{name},1\n{name}0,x,1\n")
    assert counts(run(p, target, "--set", "to.commit=run")) == {"inserted": 3, "updated": 1, "duplicate": 2}
    assert versions(target)[1] == "1-2-3-6*"
    assert begin_micros(target) == [0, 0, 0, 0]


def test_a_resumed_plan_keeps_its_time(folder, target):
    for name in "12":
        folder.write(f"{name}.csv", f"id,t,n\n1,{name},1\n")
    p = pipeline(folder, SCD2)
    assert run(p, target, env={"INGOT_CRASH_AT": "engine.committed:1"}).code < 0
    crash_matrix.rerun(p, target)
    assert versions(target) == {1: "1-2*"} and begin_micros(target) == [0, 1]


def test_no_version_begins_before_the_one_that_it_succeeds(folder, target):
    """A clock that went back, or another writer: the order of versions is that of the commits."""
    folder.write("1.csv", "id,t,n\n1,new,1\n2,same,1\n")
    for constraint in ("", ", check (n >= 0)"):
        target.execute("drop table if exists t")
        make(target, constraint, "(1, 'old', 1, '2199-12-31 23:59:59.999999+00', null), (2, 'same', 1, '2200-01-01 00:00:00+00', null)")
        assert counts(run(pipeline(folder, SCD2), target, "--set", "from.new=all")) == {"updated": 1, "unchanged": 1}
        assert versions(target) == {1: "old-new*", 2: "same*"}
        assert target.query("select count(*) from t where t = 'new' and valid_from = '2200-01-01 00:00:00+00'") == [(1,)]


def test_a_key_whose_versions_are_all_closed_comes_back(folder, target):
    make(target, "", "(1, 'old', 1, '2020-01-01 00:00:00+00', '2021-01-01 00:00:00+00')")
    folder.write("1.csv", "id,t,n\n1,old,1\n")
    assert counts(run(pipeline(folder, SCD2), target)) == {"inserted": 1}
    assert versions(target) == {1: "old|old*"}


def test_keep_first(folder, target):
    folder.write("1.csv", "id,t,n\n1,a,1\n1,b,1\n")
    p = pipeline(folder, SCD2 + ", keep: first")
    assert counts(run(p, target)) == {"inserted": 1, "duplicate": 1}
    folder.write("2.csv", "id,t,n\n1,c,1\n1,d,1\n")
    assert counts(run(p, target)) == {"updated": 1, "duplicate": 1}
    assert versions(target) == {1: "a-c*"}


# Tombstones

@pytest.mark.parametrize("constraint", ["", ", check (n >= 0)"])
def test_a_tombstone_closes(folder, target, constraint):
    make(target, constraint, "(1, 'a', 1, '2020-01-01 00:00:00+00', null), (2, 'b', 1, '2020-01-01 00:00:00+00', null)")
    p = pipeline(folder, SCD2 + ", delete_when: op = 'd'")
    folder.write("1.csv", "op,id,t,n\nd,1,,\nu,2,B,1\nd,3,,\ni,4,x,1\nd,4,,\n")
    done = run(p, target)
    assert counts(done) == {"updated": 2, "unchanged": 2, "duplicate": 1} and done.json["deleted"] == 1
    assert versions(target) == {1: "a", 2: "b-B*"}
    # Across files of one plan: gone, then there again.
    folder.write("2.csv", "op,id,t,n\ni,1,a,1\nd,2,,\n")
    folder.write("3.csv", "op,id,t,n\nd,1,,\ni,2,B,1\n")
    done = run(p, target)
    assert counts(done) == {"inserted": 2, "updated": 2} and done.json["deleted"] == 2
    assert versions(target) == {1: "a|a", 2: "b-B|B*"}
    target.books_reconcile()


def test_a_key_comes_back_no_earlier_than_it_went(folder, target):
    make(target, "", "(1, 'a', 1, '2020-01-01 00:00:00+00', '2021-01-01 00:00:00+00'), (1, 'b', 1, '2021-01-01 00:00:00+00', '2199-01-01 00:00:00+00')")
    folder.write("1.csv", "op,id,t,n\ni,1,c,1\ni,2,d,1\n")
    assert counts(run(pipeline(folder, SCD2 + ", delete_when: op = 'd'"), target)) == {"inserted": 2}
    assert versions(target) == {1: "a-b-c*", 2: "d*"}


# Refused rows

def test_a_refused_version_closes_nothing(folder, target):
    """Where the version that is preferred is refused, the next one stands; where all are, the old one stays current."""
    make(target, ", check (n >= 0)", "(1, 'old', 1, '2020-01-01 00:00:00+00', null), (2, 'old', 1, '2020-01-01 00:00:00+00', null),"
                                     "(3, 'old', 1, '2020-01-01 00:00:00+00', null)")
    folder.write("1.csv", "id,t,n\n1,bad,-1\n2,good,1\n2,bad,-1\n3,new,1\n4,bad,-1\n5,good,1\n")
    p = pipeline(folder, SCD2, "max_rejects: 10\n")
    assert counts(run(p, target)) == {"inserted": 1, "updated": 2, "rejected": 3}
    assert versions(target) == {1: "old*", 2: "old-good*", 3: "old-new*", 5: "good*"}
    assert [(r[6], r[9]) for r in target.rejects()] == [(2, "constraint"), (4, "constraint"), (6, "constraint")]
    target.books_reconcile()


def test_a_unique_value_that_an_older_version_holds(folder, target):
    """What is closed stays, and holds its values; only a record that is the same writes nothing and so breaks nothing."""
    make(target, ", constraint t_once unique (t)", "(1, 'one', 1, '2020-01-01 00:00:00+00', null), (2, 'two', 1, '2020-01-01 00:00:00+00', null)")
    folder.write("1.csv", "id,t,n\n1,one,2\n2,two,1\n3,three,1\n2,zwei,1\n2,two,1\n")
    p = pipeline(folder, SCD2, "max_rejects: 10\n")
    assert counts(run(p, target)) == {"inserted": 1, "unchanged": 1, "duplicate": 2, "rejected": 1}
    assert versions(target) == {1: "one*", 2: "two*", 3: "three*"}
    folder.write("2.csv", "id,t,n\n2,zwei,1\n3,two,1\n")
    assert counts(run(p, target)) == {"updated": 1, "rejected": 1}
    assert versions(target) == {1: "one*", 2: "two-zwei*", 3: "three*"}
    folder.write("3.csv", "id,t,n\n2,two,1\n")  # a version of its own key holds it, too
    assert counts(run(p, target)) == {"rejected": 1}
    assert versions(target)[2] == "two-zwei*"


def test_too_many_rejects_close_nothing(folder, target):
    make(target, "", "(1, 'old', 1, '2020-01-01 00:00:00+00', null)")
    folder.write("1.csv", "id,t,n\n1,new,1\n2,b,x\n")
    run(pipeline(folder, SCD2, "max_rejects: 0\n"), target).failed("too_many_rejects")
    assert versions(target) == {1: "old*"}


# Tables that do not fit

def test_tables_that_do_not_fit(folder, target):
    folder.write("1.csv", "id,t,n\n1,a,1\n")
    p = pipeline(folder, SCD2)
    target.execute("create table t (id integer, t text, n integer)")
    run(p, target).failed("target_refused", "has no column valid_from", "ADD COLUMN valid_from timestamptz", "ADD COLUMN valid_to timestamptz")
    target.execute("alter table t add column valid_from timestamptz; alter table t add column valid_to timestamptz")
    if target.kind == "postgres":
        run(p, target).failed("target_refused", "scd2 needs a unique index on exactly (id): valid, not deferrable, WHERE valid_to IS NULL",
                              'CREATE UNIQUE INDEX ON "public"."t" ("id") WHERE valid_to IS NULL;')
        target.execute("create unique index t_some on t (id) where valid_to > '2020-01-01 00:00:00+00'")
        run(p, target).failed("target_refused", "WHERE valid_to IS NULL")
        target.execute("create unique index t_current on t (id) where valid_to is null")
    target.execute("create unique index t_id on t (id)")
    run(p, target).failed("target_refused", "takes no second version of a key: t_id", "drop what makes it unique by id alone, or load it with mode: upsert")
    target.execute("drop index t_id; insert into t (id, t, n) values (1, 'since an unknown time', 1)")
    assert counts(run(p, target)) == {"updated": 1}
    assert target.query("select t, valid_from is null, valid_to is null from t order by valid_to is null") == [
        ("since an unknown time", True, False), ("a", False, True)]


def test_a_column_without_microseconds(folder, postgres):
    folder.write("1.csv", "id,t,n\n1,a,1\n")
    postgres.execute("create table t (id integer, t text, n integer, valid_from timestamptz(3), valid_to timestamptz);"
                     "create unique index on t (id) where valid_to is null")
    run(pipeline(folder, SCD2), postgres).failed("target_refused", "column valid_from does not keep microseconds", "TYPE timestamptz")


def test_two_current_rows_of_a_key(folder, fresh):
    """PostgreSQL's index keeps them out."""
    target = fresh("duckdb")
    make(target, "", "(1, 'a', 1, '2020-01-01 00:00:00+00', null), (1, 'b', 1, '2021-01-01 00:00:00+00', null)")
    folder.write("1.csv", "id,t,n\n2,a,1\n")
    p = pipeline(folder, SCD2)
    assert counts(run(p, target)) == {"inserted": 1}
    folder.write("2.csv", "id,t,n\n1,a,1\n")
    run(p, target).failed("target_refused", "table main.t has more than one current row of 1 key of this load", "HAVING count(*) > 1 finds them")
    assert target.count("t") == 3


# What scd2 meets

def test_names_that_scd2_adds(folder, target):
    folder.write("1.csv", "id,valid_from\n1,2020-01-01\n")
    p = folder.pipeline("from: '*.csv'\ncolumns: { id: integer, since: { type: date, value: valid_from } }\nto: { table: t, mode: scd2, key: id }\n")
    run(p, target).failed("invalid_pipeline", 'a column that mode scd2 adds: "valid_from"', "record.valid_from is the source's field")
    p = folder.pipeline("from: '*.csv'\ncolumns: { id: integer, since: { type: date, value: record.valid_from } }\nto: { table: t, mode: scd2, key: id }\n")
    assert counts(run(p, target)) == {"inserted": 1}
    assert target.rows("t", "id,since") == [("1", "2020-01-01")]


def test_what_cannot_be_taken_back(folder, target):
    folder.write("1.csv", "id,t,n\n1,a,1\n2,b,x\n")
    p = pipeline(folder, SCD2 + ", lineage: true")
    assert counts(run(p, target)) == {"inserted": 1, "rejected": 1}
    connection = ("--set", f"to.connection={target.url}")
    ingot("undo", "r1", p, "--json", *connection).failed("conflict", "table t is not appended to", "what they overwrote is not kept")
    run(p, target, "--full-refresh").failed("conflict", "keeps versions, and the files do not say since when", "give --yes if they may go")
    assert versions(target) == {1: "a*"}
    folder.write("2.csv", "id,t,n\n1,b,1\n")
    run(p, target).ok()
    done = run(p, target, "--full-refresh", "--yes").ok()
    assert done.json["deleted"] == 2 and versions(target) == {1: "b*"}


def test_several_tables_and_a_model(folder, target):
    folder.write("1.ndjson", "".join('{"k":"%s","id":%d,"t":"%s"}\n' % r for r in [("x", 1, "a"), ("y", 1, "b"), ("x", 1, "c"), ("x", 2, "d")]))
    p = folder.pipeline("""
from: "*.ndjson"
tables:
  xs: { when: k = 'x', mode: scd2, columns: { id: integer, t: text } }
  ys: { when: k = 'y', columns: { id: integer, t: text } }
to: { mode: upsert, key: id }
models:
  now_xs: { materialized: table, key: id, columns: { id: integer, t: text }, sql: "select id, t from xs where valid_to is null" }
""")
    assert counts(run(p, target)) == {"inserted": 3, "duplicate": 1}
    folder.write("2.ndjson", "".join('{"k":"%s","id":%d,"t":"%s"}\n' % r for r in [("x", 1, "e"), ("y", 1, "b"), ("y", 2, "f"), ("x", 2, "d")]))
    assert counts(run(p, target)) == {"inserted": 1, "updated": 1, "unchanged": 2}
    assert versions(target, table="xs") == {1: "c-e*", 2: "d*"}
    assert target.rows("ys") == [("1", "b"), ("2", "f")] and target.rows("now_xs") == [("1", "e"), ("2", "d")]
    # Read first where it can be, in one transaction with a table of which every version is kept.
    again = run(p, target, "--set", "from.new=all", "--set", "to.unchanged=fetch")
    assert counts(again) == {"updated": 2, "unchanged": 5, "duplicate": 1}
    target.books_reconcile()


def test_a_key_that_the_table_numbers(folder, postgres):
    """A surrogate key, a generated flag, and keys that the server finds equal."""
    postgres.execute("create extension if not exists citext; create table t (nr bigint generated always as identity primary key, id citext not null, n integer, "
                     "valid_from timestamptz not null, valid_to timestamptz, is_current boolean generated always as (valid_to is null) stored);"
                     "create unique index on t (id) where valid_to is null")
    p = folder.pipeline("from: '*.csv'\ncolumns: { id: text, n: integer }\nto: { table: t, mode: scd2, key: id }\n")
    folder.write("1.csv", "id,n\nA,1\nb,1\nB,2\n")
    assert counts(run(p, postgres)) == {"inserted": 2, "duplicate": 1}
    folder.write("2.csv", "id,n\na,2\nb,2\n")
    assert counts(run(p, postgres)) == {"updated": 1, "unchanged": 1}
    assert postgres.query("select id::text, n, is_current from t order by lower(id::text), n") == [("A", 1, False), ("a", 2, True), ("B", 2, True)]


def test_rights_to_close_are_enough(folder, postgres_server, postgres):
    """INSERT, SELECT, and UPDATE of valid_to: no right to change what a version said."""
    make(postgres, "", "(1, 'old', 1, '2020-01-01 00:00:00+00', null)")
    role = "closer_" + postgres.database
    postgres.execute(f"create role {role} login; create schema ingot authorization {role}; grant insert, select on t to {role};"
                     f"grant temporary on database {postgres.database} to {role}")
    folder.write("1.csv", "id,t,n\n1,new,1\n2,b,1\n")
    url = postgres.url.replace("postgresql://", f"postgresql://{role}@", 1) if "@" not in postgres.url else \
        "postgresql://" + role + "@" + postgres.url.split("@", 1)[1]
    p = pipeline(folder, SCD2)
    try:
        ingot("run", "--json", p, "--set", f"to.connection={url}").failed("target_refused", "no right to update and select")
        postgres.execute(f"grant update (valid_to) on t to {role}")
        assert counts(ingot("run", "--json", p, "--set", f"to.connection={url}")) == {"inserted": 1, "updated": 1}
        assert versions(postgres) == {1: "old-new*", 2: "b*"}
    finally:
        postgres.execute(f"drop owned by {role} cascade; drop role {role}")


# Other writers

@pytest.mark.parametrize("constraint", ["", ", check (n >= 0)"])
def test_another_writer_gets_in_between(folder, postgres, constraint):
    """Versions that somebody else closes, and keys that somebody else brings, while the load waits for them."""
    make(postgres, constraint, ", ".join(f"({i}, 'old', 1, '2020-01-01 00:00:00+00', null)" for i in range(50)))
    folder.write("1.csv", "id,t,n\n" + "".join(f"{i},mine,1\n" for i in range(100)))
    other = psycopg2.connect(postgres.url)
    with other.cursor() as cursor:
        cursor.execute("update t set valid_to = '2199-01-01' where id in (10, 11);"  # and by a clock that is ahead
                       "insert into t select i, 'theirs', 1, '2199-01-01', null from unnest(array[10, 11, 60]) i;"
                       "insert into t values (61, 'mine', 1, '2199-01-01', null)")
    thread = while_waited_for(postgres, other.commit)
    done = run(pipeline(folder, SCD2), postgres)
    thread.join()
    other.close()
    assert counts(done) == {"inserted": 48, "updated": 51, "unchanged": 1}
    found = versions(postgres)
    assert (found[10], found[60], found[61], found[5], found[70]) == ("old-theirs-mine*", "theirs-mine*", "mine*", "old-mine*", "mine*")
    postgres.books_reconcile()


def test_two_pipelines_write_one_history(folder, postgres):
    """Whatever comes between: each key's versions follow one another, and one is the current one."""
    make(postgres)
    pipelines = []
    for name in "ab":
        (folder.path / name).mkdir()
        for number in range(6):
            (folder.path / name / f"{number}.csv").write_text("id,t,n\n" + "".join(f"{i},{name}{number},1\n" for i in range(number, 400, 1 + number % 3)))
        pipelines.append(folder.pipeline(f"name: {name}\nfrom: '{name}/*.csv'\ncolumns: {{ id: integer, t: text, n: integer }}\nto: {{ table: t, {SCD2} }}\n", f"{name}.yaml"))
    runs = [start_run(p, postgres) for p in pipelines]
    done = [finish(r) for r in runs]
    assert all(d.code == 0 for d in done), "\n".join(d.text() for d in done)
    assert postgres.query("select count(*) from t where valid_to is null") == [(400,)]
    assert postgres.query("select count(*) from (select valid_to, lead(valid_from) over (partition by id order by valid_from) as next from t) v "
                          "where valid_to is distinct from next") == [(0,)]
    assert postgres.query("select count(*) from t where valid_to <= valid_from") == [(0,)]
    # As many versions as the books say; and of each pipeline the versions of a key stand in the order of its files.
    assert postgres.query("select (select count(*) from t) - (select sum(inserted + updated) from ingot.units)") == [(0,)]
    assert postgres.query("select count(*) from (select t, lag(t) over (partition by id, left(t, 1) order by valid_from) as before from t) v where before >= t") == [(0,)]
    postgres.books_reconcile()
