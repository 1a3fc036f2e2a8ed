"""The versions of PostgreSQL that Ingot is said to work with. 15, Debian's, has the whole suite; the others this.

`INGOT_POSTGRES_VERSION=18 make test` runs the whole suite on another one.
"""
import shutil
import signal
import tempfile
from pathlib import Path

import pytest

from conftest import new_server
from crash_matrix import Case, difference, rerun
from ingot_program import ingot, run

VERSIONS = ("12", "13", "14", "16", "17", "18")
KEPT = "read, inserted, updated, unchanged, filtered, duplicate, rejected"


@pytest.fixture(scope="module", params=VERSIONS)
def server(request):
    server = new_server(version=request.param)
    yield server
    server.stop()
    shutil.rmtree(server.folder, ignore_errors=True)


@pytest.fixture
def database(server, request):
    target = server.create_database()
    version = target.value("show server_version")
    assert version.split(".")[0] == request.node.callspec.params["server"]
    yield target
    target.close()


def pipeline(folder, to, source="'*.csv'"):
    return folder.pipeline(f"from: {source}\ncolumns: {{ id: integer, t: text, n: integer }}\nto: {{ table: p, {to} }}\n")


def since(target, version):
    return int(target.value("show server_version_num")) >= version * 10_000


def test_append_upsert_and_ledger(folder, database):
    folder.write("1.csv", "id,t,n\n1,a,1\n2,b,2\n2,c,2\n3,d,x\n")
    file = pipeline(folder, "mode: upsert, key: id")
    assert run(file, database).ok().counts == {
        "read": 4, "inserted": 2, "updated": 0, "unchanged": 0, "filtered": 0, "duplicate": 1, "rejected": 1}
    folder.write("2.csv", "id,t,n\n1,a,1\n2,new,2\n4,e,4\n")
    assert run(file, database).ok().counts == {
        "read": 3, "inserted": 1, "updated": 1, "unchanged": 1, "filtered": 0, "duplicate": 0, "rejected": 0}
    assert database.query("select * from p order by id") == [(1, "a", 1), (2, "new", 2), (4, "e", 4)]
    assert run(file, database).ok().json["state"] == "nothing_new"
    run(pipeline(folder, "mode: append"), database, "--set", "to.table=q", "--create").ok()
    assert database.count("q") == 6
    to = ["--set", f"to.connection={database.url}"]
    assert "7 read" in ingot("runs", file, *to).ok().out or database.value("select sum(read) from ingot.units") == 14
    assert "not_a_number" in ingot("rejects", "show", "r1", file, *to).ok().out
    assert ingot("plan", file, *to).ok().out
    database.books_reconcile()


def test_what_the_server_refuses(folder, database):
    """The careful way: every kind of constraint, and what the newer versions have of them."""
    newer = ("""
        , constraint advice check (n < 90) not enforced, constraint hint foreign key (id) references parent not enforced,
        span daterange, constraint apart unique (n, span without overlaps)""" if since(database, 18) else "")
    database.execute(f"""
        {"create extension btree_gist;" if newer else ""}
        create table parent (n integer primary key); insert into parent select generate_series(7, 200);
        create domain short as text constraint not_long check (length(value) < 5);
        create table p (id integer primary key, t short not null, n integer constraint known references parent
          deferrable initially deferred, constraint small check (n < 100), constraint once unique (t){newer})""")
    folder.write("1.csv", "id,t,n\n1,a,11\n2,,12\n3,toolong,13\n4,d,100\n5,a,15\n6,f,-1\n7,g,99\n1,h,8\n8,i,9\n")
    done = run(pipeline(folder, "mode: upsert, key: id", "{ path: '*.csv', null: [''] }"), database).ok()
    assert database.query("select id, t, n from p order by id") == [(1, "h", 8), (5, "a", 15), (7, "g", 99), (8, "i", 9)]
    assert done.counts["rejected"] == 4 and done.counts["duplicate"] == 1
    assert database.query("select line, code, coalesce(detail, '') from ingot.rejects order by line") == [
        (3, "constraint", "23502 not_null_violation"), (4, "constraint", "not_long"), (5, "constraint", "small"), (7, "constraint", "known")]
    database.books_reconcile()


def test_kinds_of_columns_and_tables(folder, database):
    """Generated ids and columns, keys whose equality is the server's own, partitions."""
    virtual = ", v integer generated always as (n * 2) virtual" if since(database, 18) else ""
    database.execute(f"""
        create extension citext;
        create table p (row integer generated always as identity, id integer, t citext, n integer,
          twice integer generated always as (n * 2) stored{virtual}, primary key (id, t)) partition by list (t);
        create table p_a partition of p for values in ('a', 'A'); create table p_b partition of p for values in ('b')""")
    folder.write("1.csv", "id,t,n\n1,a,1\n1,A,2\n2,b,3\n3,c,4\n")
    done = run(pipeline(folder, "mode: upsert, key: [id, t]"), database).ok()
    assert database.query("select id, t, n, twice from p order by id") == [(1, "A", 2, 4), (2, "b", 3, 6)]
    assert done.counts["duplicate"] == 1 and done.counts["rejected"] == 1


def test_time_outs_that_newer_servers_have(folder, database):
    """They are set aside where the server has them, and not missed where it has not."""
    known = database.query("select name from pg_settings where name in ('statement_timeout', 'idle_session_timeout', 'transaction_timeout')")
    assert len(known) == 1 + since(database, 14) + since(database, 17)
    database.execute("""
        create table p (id integer, t text, n integer);
        create function slow() returns trigger language plpgsql as $$ begin perform pg_sleep(0.4); return new; end $$;
        create trigger slow before insert on p for each row execute function slow();""" +
                     "".join(f"alter database {database.database} set {name} = '200ms';" for name, in known))
    database.close()
    folder.write("1.csv", "id,t,n\n1,a,1\n")
    assert run(pipeline(folder, "mode: append"), database).ok().counts["inserted"] == 1


@pytest.mark.parametrize("mode", ["append", "upsert"])
def test_killed_and_run_again(tmp_path, database, mode):
    case = Case(Path(tempfile.mkdtemp(dir=tmp_path)), "postgres", mode, "unit", lambda kind: database)
    expected = case.uninterrupted().state()
    for step in ("pg.copied", "pg.committed"):
        assert run(case.pipeline, case.beginning(), env={"INGOT_CRASH_AT": f"{step}:1"}).code == -signal.SIGKILL
        rerun(case.pipeline, database)
        assert not difference(expected, case.state())
