"""Tables as they are found at work: partitions, triggers, policies, views, and users who may do little."""
import random
import signal

import pytest

from ingot_program import ingot, run

UPSERT = "mode: upsert, key: id"
EXPECTED = "select line, code, coalesce(detail, '') from ingot.rejects order by line"


def pipeline(folder, text, to="mode: append", name="in.csv"):
    folder.write(name, "id,t,n\n" + text)
    return folder.pipeline(f"from: '*.csv'\ncolumns: {{ id: integer, t: text, n: integer }}\nto: {{ table: p, {to} }}\n")


class User:
    """A login role that may do what it is granted; `url` is the database's, for it."""
    kind = "postgres"

    def __init__(self, postgres, name):
        self.postgres, self.name = postgres, name
        self.url = postgres.url.replace("postgres@", f"{name}@")
        postgres.server.execute(f"do $$ begin create role {name} login; exception when duplicate_object then null; end $$")
        postgres.execute(f"revoke create on database {postgres.database} from public")

    def may(self, rights):
        self.postgres.execute(f"grant {rights} to {self.name}")
        return self


@pytest.fixture
def poor(postgres):
    return User(postgres, "poor")


@pytest.fixture
def user(postgres):
    """Who may make the ledger."""
    return User(postgres, "worker").may(f"create on database {postgres.database}")


# --- partitions

PARTED = """
    create table p (id integer, t text constraint no_bad check (t <> 'bad'), n integer, primary key (id, n)) partition by range (n);
    create table p1 partition of p for values from (0) to (10);
    create table p2 partition of p for values from (10) to (20) partition by list (n);
    create table p2a partition of p2 for values in (15); create table p2b partition of p2 for values in (16);
    insert into p values (7, 'old', 7), (8, 'same', 8)"""


@pytest.mark.parametrize("to", ["mode: append", "mode: upsert, key: [id, n]"])
def test_rows_without_a_partition(folder, postgres, to):
    postgres.execute(PARTED)
    done = run(pipeline(folder, "1,a,1\n2,b,15\n3,c,99\n4,bad,3\n5,z,17\n6,q,\n", to), postgres).ok()
    assert postgres.query("select * from p order by id") == [(1, "a", 1), (2, "b", 15), (7, "old", 7), (8, "same", 8)]
    last = (7, "null_key", "") if "upsert" in to else (7, "constraint", "23502 not_null_violation")
    assert postgres.query(EXPECTED) == [
        (4, "constraint", "no partition takes it"), (5, "constraint", "no_bad"), (6, "constraint", "no partition takes it"), last]
    assert done.counts["rejected"] == 4
    postgres.books_reconcile()


def test_upsert_into_partitions(folder, postgres):
    postgres.execute(PARTED + "; insert into p values (9, 'a', 15)")
    done = run(pipeline(folder, "7,new,7\n8,same,8\n9,b,15\n10,b,16\n", "mode: upsert, key: [id, n]"), postgres).ok()
    assert (done.counts["updated"], done.counts["unchanged"], done.counts["inserted"]) == (2, 1, 1)
    assert postgres.query("select tableoid::regclass::text, id from p order by id") == [
        ("p1", 7), ("p1", 8), ("p2a", 9), ("p2b", 10)]


def test_one_partition_by_name(folder, postgres):
    postgres.execute(PARTED.replace("table p ", "table whole ").replace("of p ", "of whole ").replace("into p ", "into whole ")
                     .replace("table p1 ", "table p "))
    run(pipeline(folder, "1,a,1\n2,b,15\n"), postgres).ok()
    assert postgres.query("select id from p order by id") == [(1,), (7,), (8,)]
    assert postgres.query(EXPECTED) == [(3, "constraint", "no partition takes it")]


def test_defaults_and_expressions_as_partition_keys(folder, postgres):
    """What cannot be probed by sets is found by trying."""
    postgres.execute("""
        create table p (id integer, t text, n integer, day date default '2024-01-01') partition by range (day, (n % 2));
        create table p1 partition of p for values from ('2024-01-01', 0) to ('2024-01-01', 1)""")
    run(pipeline(folder, "1,a,1\n2,b,2\n3,c,3\n"), postgres).ok()
    assert postgres.query("select id from p") == [(2,)]
    assert postgres.query(EXPECTED) == [(2, "constraint", "no partition takes it"), (4, "constraint", "no partition takes it")]


def test_parent_with_partitions(folder, postgres):
    """The catalog has the foreign key once more for each partition of the parent."""
    postgres.execute("""
        create table parent (n integer primary key) partition by range (n);
        create table parent1 partition of parent for values from (0) to (10);
        create table parent2 partition of parent for values from (10) to (20);
        insert into parent select generate_series(0, 19);
        create table p (id integer primary key, t text, n integer constraint known references parent)""")
    run(pipeline(folder, "1,a,1\n2,b,15\n3,c,99\n", UPSERT), postgres).ok()
    assert postgres.query("select id from p order by id") == [(1,), (2,)]
    assert postgres.query(EXPECTED) == [(4, "constraint", "known")]


def test_trigger_of_one_partition(folder, postgres):
    postgres.execute(PARTED + """;
        create function louder() returns trigger language plpgsql as $$ begin new.t := upper(new.t); return new; end $$;
        create trigger louder before insert on p1 for each row execute function louder()""")
    run(pipeline(folder, "1,bad,1\n2,bad,15\n"), postgres).ok()
    assert postgres.query("select id, t from p where id < 7") == [(1, "BAD")]  # the check sees what the trigger made
    assert postgres.query(EXPECTED) == [(3, "constraint", "no_bad")]


# --- what another server holds

FOREIGN = """
    create extension postgres_fdw; create server s foreign data wrapper postgres_fdw;
    create foreign table far (id integer, t text, n integer) server s;"""


@pytest.mark.parametrize("ddl", [
    "alter table far rename to p", "create view p as select * from far",
    "create table p (id integer, t text, n integer) partition by range (n); "
    "alter table p attach partition far for values from (0) to (10)"], ids=["table", "view", "partition"])
def test_foreign_tables_are_refused(folder, postgres, ddl):
    """Their rows are committed by another server, at another moment."""
    postgres.execute(FOREIGN + ddl)
    run(pipeline(folder, "1,a,1\n"), postgres).failed("target_refused", "foreign table", "together with the ledger")


# --- views

def test_append_through_a_view(folder, postgres):
    postgres.execute("""
        create table base (row serial, id integer primary key, t text, n integer constraint small check (n < 100));
        create view p as select id, n, t from base where n < 10 with check option""")
    folder.write("2.csv", "id,t,n\n6,f,6\n1,twice,1\n")
    done = run(pipeline(folder, "1,a,1\n2,b,15\n5,e,5\n", name="1.csv"), postgres).ok()
    # The serial numbers follow the order of the records.
    assert postgres.query("select id, t, n from base order by row") == [(1, "a", 1), (5, "e", 5), (6, "f", 6)]
    assert postgres.query("select unit_name, line, code, detail from ingot.rejects order by 1") == [
        ("1.csv", 3, "refused", "44000 with_check_option_violation"), ("2.csv", 3, "constraint", "base_pkey")]
    assert done.counts["inserted"] == 3


def test_append_through_a_trigger_of_a_view(folder, postgres):
    postgres.execute("""
        create table base (id integer primary key, what text);
        create view p as select id, what as t, length(what) as n from base;
        create function put() returns trigger language plpgsql as $$ begin
          if new.n > 100 then return null; end if;
          if new.n > 10 then raise exception 'too long'; end if;
          insert into base values (new.id, new.t || new.n); return new; end $$;
        create trigger put instead of insert on p for each row execute function put()""")
    done = run(pipeline(folder, "1,a,1\n2,b,50\n3,c,500\n4,d,4\n"), postgres).ok()
    assert postgres.query("select * from base order by id") == [(1, "a1"), (4, "d4")]
    assert postgres.query(EXPECTED) == [(3, "refused", "P0001 raise_exception"), (4, "refused", "suppressed by a trigger")]
    assert done.counts["inserted"] == 2


@pytest.mark.parametrize("ddl, to, said", [
    ("create view p as select * from base", UPSERT, "name the table itself"),
    ("create view p as select id, t, max(n) as n from base group by 1, 2", "mode: append", "INSTEAD OF INSERT"),
    ("create view p as select id, t, n + 0 as n from base", "mode: append", "n"),
    ("create materialized view p as select * from base", "mode: append", "materialized"),
    ("create sequence p", "mode: append", "not a table"),
    ("create table p as table base; create rule r as on insert to p do instead nothing", "mode: append", "rules"),
    ("create view p as select * from base; create rule r as on insert to p do instead insert into base values (new.*)",
     "mode: append", "rules")])
def test_views_that_are_refused(folder, postgres, ddl, to, said):
    postgres.execute("create table base (id integer primary key, t text, n integer); " + ddl)
    run(pipeline(folder, "1,a,1\n", to), postgres).failed("target_refused", said)
    assert postgres.count("base") == 0


def test_a_rule_that_is_gone(folder, postgres):
    postgres.execute("create table p (id integer, t text, n integer); create rule r as on insert to p do also notify x; drop rule r on p")
    assert run(pipeline(folder, "1,a,1\n"), postgres).ok().counts["inserted"] == 1


# --- columns that the server fills

def test_columns_that_the_server_fills(folder, postgres):
    postgres.execute("""
        create table p (row integer generated always as identity, id integer primary key, t text, n integer,
          twice integer generated always as (n * 2) stored constraint small check (twice < 100), unique (twice))""")
    file = pipeline(folder, "1,a,1\n2,b,50\n3,c,1\n4,d,4\n", UPSERT)
    run(file, postgres).ok()
    assert postgres.query("select id, twice from p order by id") == [(1, 2), (4, 8)]
    assert postgres.query(EXPECTED) == [(3, "constraint", "small"), (4, "constraint", "p_twice_key")]
    pipeline(folder, "1,a,7\n4,d,4\n", UPSERT)
    assert run(file, postgres).ok().counts["updated"] == 1
    assert postgres.query("select id, twice from p order by id") == [(1, 14), (4, 8)]


def test_identity_always_in_the_contract_is_refused(folder, postgres):
    postgres.execute("create table p (id integer generated always as identity, t text, n integer)")
    run(pipeline(folder, "1,a,1\n"), postgres).failed("target_refused", "GENERATED ALWAYS", "GENERATED BY DEFAULT")


# --- constraints beside the key

def test_exclusion_constraint_in_upsert(folder, postgres):
    postgres.execute("""
        create extension btree_gist;
        create table p (id integer primary key, t text, n integer, constraint apart exclude using gist (n with =, t with <>));
        insert into p values (100, 'x', 1), (2, 'y', 2)""")
    done = run(pipeline(folder, "1,x,1\n2,y,1\n3,z,3\n4,q,3\n", UPSERT), postgres).ok()
    assert postgres.query("select id from p order by id") == [(1,), (2,), (3,), (100,)]
    assert postgres.value("select n from p where id = 2") == 2
    assert postgres.query(EXPECTED) == [(3, "constraint", "apart"), (5, "constraint", "apart")]
    assert done.counts["inserted"] == 2


def test_deferred_unique_constraint(folder, postgres):
    """Two rows swap their values: the server lets them where the constraint is deferrable."""
    postgres.execute("""
        create table p (id integer primary key, t text, n integer constraint once unique deferrable initially deferred);
        insert into p values (1, 'x', 1), (2, 'x', 2)""")
    file = pipeline(folder, "1,x,2\n2,x,1\n", UPSERT)
    assert run(file, postgres).ok().counts["updated"] == 2
    pipeline(folder, "3,z,3\n4,q,3\n", UPSERT)
    run(file, postgres).ok()
    assert postgres.query("select id, n from p order by id") == [(1, 2), (2, 1), (3, 3)]
    assert postgres.query(EXPECTED) == [(3, "constraint", "once")]


# --- triggers

def test_triggers_that_look_on(folder, postgres):
    """Row and statement triggers, a deferred constraint trigger that refuses, an assertion that fails."""
    postgres.execute("""
        create table p (id integer primary key, t text, n integer); create table log (what text);
        create function look() returns trigger language plpgsql as $$ begin
          if tg_level = 'ROW' then
            assert new.n <> 14; if new.n = 13 then raise exception 'unlucky %', new.t; end if;
            insert into log values (tg_op || new.id);
          end if;
          return null; end $$;
        insert into p values (1, 'a', 1);
        create constraint trigger c after insert or update on p deferrable initially deferred for each row execute function look();
        create trigger s after insert or update on p for each statement execute function look()""")
    done = run(pipeline(folder, "1,x,2\n2,secret,13\n3,z,3\n4,q,14\n", UPSERT), postgres).ok()
    assert postgres.query("select id, n from p order by id") == [(1, 2), (3, 3)]
    assert postgres.query("select what from log order by 1") == [("INSERT3",), ("UPDATE1",)]  # none for what was tried and undone
    assert postgres.query(EXPECTED) == [(3, "refused", "P0001 raise_exception"), (5, "refused", "P0004 assert_failure")]
    assert "secret" not in done.out + done.err
    postgres.books_reconcile()


def test_triggers_that_change_or_suppress_updates(folder, postgres):
    postgres.execute("""
        create table p (id integer primary key, t text, n integer constraint small check (n < 100));
        insert into p values (1, 'a', 1), (2, 'b', 2);
        create function change() returns trigger language plpgsql as $$ begin
          if new.n = 13 then return null; end if; new.t := lower(new.t); new.n := new.n / 10; return new; end $$;
        create trigger change before insert or update on p for each row execute function change()""")
    done = run(pipeline(folder, "1,X,20\n2,y,13\n3,Z,500\n4,q,5000\n", UPSERT), postgres).ok()
    assert postgres.query("select * from p order by id") == [(1, "x", 2), (2, "b", 2), (3, "z", 50)]
    assert postgres.query(EXPECTED) == [(3, "refused", "suppressed by a trigger"), (5, "constraint", "small")]
    assert (done.counts["updated"], done.counts["inserted"]) == (1, 1)


# --- row-level security

POLICIES = """
    create table p (id integer primary key, t text, n integer);
    insert into p values (5, 'hidden', 50), (6, 'seen', 6), (7, 'frozen', 7), (8, 'same', 8);
    alter table p enable row level security;
    create policy see on p for select using (n < 10);
    create policy put on p for insert with check (n < 10);
    create policy change on p for update using (n <> 7) with check (n < 10);"""
NOT_LET = "not let by a row-level security policy"


def test_policies_refuse_rows(folder, postgres, user):
    postgres.execute(POLICIES)
    user.may("select, insert on p")
    done = run(pipeline(folder, "1,a,1\n2,b,15\n5,c,5\n9,d,6\n"), user).ok()
    assert postgres.query("select id, t from p order by id") == [
        (1, "a"), (5, "hidden"), (6, "seen"), (7, "frozen"), (8, "same"), (9, "d")]
    assert postgres.query(EXPECTED) == [(3, "refused", NOT_LET), (4, "constraint", "p_pkey")]
    assert done.counts["inserted"] == 2
    postgres.books_reconcile()


def test_policies_hide_and_freeze_rows(folder, postgres, user):
    """A row that is there and not seen is not taken for a new one, nor is one that may not be changed for changed."""
    postgres.execute(POLICIES)
    user.may("select, insert, update on p")
    done = run(pipeline(folder, "1,a,1\n5,c,5\n6,new,6\n7,new,7\n8,same,8\n6,worse,60\n", UPSERT), user).ok()
    assert postgres.query("select id, t from p order by id") == [
        (1, "a"), (5, "hidden"), (6, "new"), (7, "frozen"), (8, "same")]
    assert postgres.query(EXPECTED) == [
        (3, "constraint", "p_pkey: the row that has this key is hidden by row-level security"),
        (5, "refused", NOT_LET + ", or suppressed by a trigger"), (7, "refused", NOT_LET)]
    assert (done.counts["inserted"], done.counts["updated"], done.counts["unchanged"]) == (1, 1, 1)
    postgres.books_reconcile()


def test_policies_let_everything(folder, postgres, user):
    """Nothing that is refused: the quick way, into a table that is empty for this user."""
    postgres.execute(POLICIES.replace("insert into p values", "create table other as values"))
    user.may("select, insert, update on p")
    assert run(pipeline(folder, "1,a,1\n2,b,2\n", UPSERT), user).ok().counts["inserted"] == 2


def test_a_policy_hides_the_parent(folder, postgres, user):
    """The server's foreign keys see it all the same; so must the probe, or not look."""
    postgres.execute("""
        create table parent (n integer primary key); insert into parent values (1), (2);
        alter table parent enable row level security; create policy none on parent using (false);
        create table p (id integer primary key, t text, n integer constraint known references parent)""")
    user.may("select, insert, update on p")
    user.may("select on parent")
    run(pipeline(folder, "1,a,1\n2,b,2\n3,c,3\n", UPSERT), user).ok()
    assert postgres.query("select id from p order by id") == [(1,), (2,)]
    assert postgres.query(EXPECTED) == [(4, "constraint", "known")]


# --- users who may do little

def test_who_may_only_insert(folder, postgres, user):
    """The careful way can neither lock the table nor look into it."""
    postgres.execute("create table p (id integer primary key, t text, n integer constraint small check (n < 10)); "
                     "insert into p values (6, 'there', 6)")
    user.may("insert (id, t, n) on p")
    done = run(pipeline(folder, "1,a,1\n2,b,15\n5,c,5\n6,d,6\n1,twice,1\n"), user).ok()
    assert postgres.query("select id, t from p order by id") == [(1, "a"), (5, "c"), (6, "there")]
    assert postgres.query(EXPECTED) == [(3, "constraint", "small"), (5, "constraint", "p_pkey"), (6, "constraint", "p_pkey")]
    assert done.counts["inserted"] == 2


def test_who_may_not_make_the_ledger(folder, postgres, poor):
    """The message is what a DBA can run; then it works."""
    postgres.execute("create table p (id integer, t text, n integer)")
    poor.may("insert on p")
    file = pipeline(folder, "1,a,1\n2,b,x\n")
    cure = "CREATE SCHEMA ingot AUTHORIZATION poor;"
    run(file, poor).failed("target_refused", "user poor may not create the ledger", cure)
    assert postgres.count("p") == 0
    postgres.execute(cure)
    assert run(file, poor).ok().counts["inserted"] == 1
    assert run(file, poor).ok().json["state"] == "nothing_new"


def test_who_may_only_use_the_schema(folder, postgres, poor):
    postgres.execute("create table p (id integer, t text, n integer); create schema ingot")
    poor.may("insert on p")
    file = pipeline(folder, "1,a,1\n2,b,x\n")
    done = run(file, poor).failed("target_refused", "may not use the ledger", "GRANT USAGE ON SCHEMA ingot TO poor;")
    postgres.execute("grant usage on schema ingot to poor")
    done = run(file, poor).failed("target_refused", "may not create the ledger", "GRANT CREATE ON SCHEMA ingot TO poor;")
    postgres.execute("grant create on schema ingot to poor")
    assert run(file, poor).ok().counts == {"read": 2, "inserted": 1, "updated": 0, "unchanged": 0, "filtered": 0,
                                           "duplicate": 0, "rejected": 1}


def test_the_ledger_of_another_user(folder, postgres, user, poor):
    """Two users load into one database."""
    postgres.execute("create table p (id integer, t text, n integer)")
    user.may("insert on p")
    poor.may("insert on p")
    file = pipeline(folder, "1,a,1\n2,b,x\n")
    run(file, user).ok()
    again = ["--set", "name=again"]
    for command in ("run", "plan"):
        said = ingot(command, file, "--set", f"to.connection={poor.url}", *again).failed(
            "target_refused", "user poor may not use the ledger").err
    cure = said[said.index("GRANT"):said.index("TABLES IN SCHEMA ingot TO poor;") + len("TABLES IN SCHEMA ingot TO poor;")]
    postgres.execute(cure)
    assert run(file, poor, *again).ok().counts["inserted"] == 1
    assert postgres.count("ingot.units") == 2


def test_insert_new_needs_no_right_to_update(folder, postgres, user):
    """Nor to lock the table while the refused row is looked for."""
    postgres.execute("create table p (id integer primary key, t text, n integer check (n >= 0)); insert into p values (1, 'old', 1)")
    file = pipeline(folder, "1,new,1\n2,bad,-1\n3,new,1\n4,new,1\n", "mode: insert_new, key: id")
    run(file, user.may("insert on p")).failed("target_refused", "no right to select", "GRANT INSERT, SELECT ON")
    done = run(file, user.may("select on p")).ok()
    assert (done.counts["inserted"], done.counts["duplicate"], done.counts["rejected"]) == (2, 1, 1)


@pytest.mark.parametrize("to", ["mode: replace", "mode: replace_partitions, partition_by: n"])
def test_what_deletes_needs_the_right(folder, postgres, user, to):
    postgres.execute("create table p (id integer, t text, n integer check (n >= 0)); insert into p values (1, 'old', 1)")
    file = pipeline(folder, "2,new,1\n", to)
    run(file, user.may("insert, select on p")).failed("target_refused", "no right to delete and select", "GRANT INSERT, DELETE, SELECT ON")
    assert run(file, user.may("delete on p")).ok().json["deleted"] == 1
    postgres.execute("alter table p enable row level security; create policy all_of_it on p using (true)")
    run(file, user, "--set", "from.new=all").failed("target_refused", "row-level security may hide rows")
    assert postgres.rows("p", "id") == [("2",)]


def test_who_may_not_have_temporary_tables(folder, postgres, user):
    postgres.execute(f"create table p (id integer primary key, t text, n integer); revoke temporary on database {postgres.database} from public; "
                     "insert into p values (1, 'a', 1)")
    user.may("select, insert, update on p")
    run(pipeline(folder, "1,b,1\n", UPSERT), user).failed("target_refused", "temporary tables", "TEMPORARY on the database")


def test_a_new_table_gets_its_key_behind_its_rows(folder, postgres):
    """The index is built once; what it refuses is a reject."""
    wide = "".join(random.Random(1).choices("abcdefghijklmnopqrstuvwxyz0123456789", k=9000))  # not to be compressed below a page's third
    folder.write("a.csv", "id,v\n" + "".join(f"{i * 7 % 1000},{i}\n" for i in range(2000)) + f"{wide},0\n")
    pipeline = folder.pipeline("from: a.csv\ncolumns: { id: text, v: integer }\nto: { table: t, mode: upsert, key: id }\n")
    done = run(pipeline, postgres).ok().counts
    assert (done["read"], done["inserted"], done["duplicate"], done["rejected"]) == (2001, 1000, 1000, 1)
    assert postgres.query("select code, detail from ingot.rejects") == [("refused", "54000 program_limit_exceeded")]
    assert postgres.query("select conname, pg_get_constraintdef(oid) from pg_constraint where conrelid = 't'::regclass and contype = 'p'") == [("t_pkey", "PRIMARY KEY (id)")]
    assert postgres.query("select count(*), sum(v) from t") == [(1000, sum(range(1000, 2000)))]


def test_killed_between_rows_and_key(folder, postgres):
    folder.write("a.csv", "id,v\n1,1\n2,2\n1,3\n")
    pipeline = folder.pipeline("from: a.csv\ncolumns: { id: integer, v: integer }\nto: { table: t, mode: upsert, key: id }\n")
    assert run(pipeline, postgres, env={"INGOT_CRASH_AT": "pg.indexed:1"}).code == -signal.SIGKILL
    assert not postgres.has_table("t")
    assert run(pipeline, postgres).ok().counts["inserted"] == 2
    assert postgres.query("select id, v from t order by id") == [(1, 3), (2, 2)]
    assert postgres.value("select count(*) from pg_index where indrelid = 't'::regclass and indisprimary") == 1
