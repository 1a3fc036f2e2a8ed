"""`ingot doctor`: what would keep a run from loading, or its rows from lasting, with the cure."""
import json
import os

import pytest

from ingot_program import EXIT, ingot, run


def pipeline(folder, to="{ table: p, mode: upsert, key: id }"):
    folder.write("1.csv", "id,t\n1,a\n2,b\n")
    return folder.pipeline(f"from: '*.csv'\ncolumns: {{ id: integer, t: text }}\nto: {to}\n")


def doctor(file, target, *args, env=None):
    done = ingot("doctor", "--json", file, "--set", f"to.connection={target.url}", *args, env=env)
    return done, [json.loads(line) for line in done.out.splitlines()]


def of(findings, state):
    return [finding for finding in findings if finding["state"] == state]


def only(findings, state, *texts):
    found = of(findings, state)
    assert len(found) == 1, found
    for text in texts:
        assert text in found[0]["what"] + " → " + found[0].get("cure", ""), found
    return found[0]


def test_all_is_well_and_nothing_is_changed(folder, target):
    file = pipeline(folder)
    done, findings = doctor(file, target)
    assert done.code == 0 and not of(findings, "bad") and not of(findings, "warning"), done.text()
    said = "\n".join(finding["what"] for finding in findings)
    for text in ("memory limit 1024 MiB", "free", "files: 1", "connected to", "will be created", "files to load: 1, known: 0"):
        assert text in said
    assert not target.exists("p") and not target.exists("units")
    run(file, target).ok()
    done, findings = doctor(file, target)
    assert done.code == 0 and "table " in done.out and "fits the columns" in done.out
    assert "files to load: 0, known: 1" in done.out


def test_for_people_it_is_a_list_with_marks_and_cures(folder, postgres):
    postgres.execute("create unlogged table p (id integer primary key, t text)")
    done = ingot("doctor", pipeline(folder), "--set", f"to.connection={postgres.url}").ok()
    assert "  ✔ connected to PostgreSQL" in done.out
    assert "  ! table public.p is unlogged" in done.out and '      → ALTER TABLE "public"."p" SET LOGGED;' in done.out
    assert ingot("doctor", "--quiet", pipeline(folder), "--set", f"to.connection={postgres.url}").ok().out.strip() == ""


@pytest.mark.parametrize("change, code, texts", [
    ("create table p (id integer, t text)", "target_refused", ("unique index", "CREATE UNIQUE INDEX")),
    ("create table p (id integer primary key)", "target_refused", ("has no column t",)),
    ("create table q (id integer primary key, t text)", None, ("will be created",)),
])
def test_a_table_that_does_not_fit(folder, postgres, change, code, texts):
    postgres.execute(change)
    done, findings = doctor(pipeline(folder), postgres)
    assert done.code == (EXIT[code] if code else 0)
    if code:
        only(findings, "bad", *texts)
        assert of(findings, "bad")[0]["code"] == code
    else:
        assert texts[0] in done.out


def test_a_server_that_is_not_there(folder):
    file = pipeline(folder, '{ connection: "postgresql://nobody@127.0.0.1:1/none" }')
    done = ingot("doctor", "--json", file)
    assert done.code == EXIT["target_unreachable"]
    assert of([json.loads(line) for line in done.out.splitlines()], "bad")[0]["code"] == "target_unreachable"


def test_read_only_transactions(folder, postgres):
    postgres.execute(f"alter database {postgres.database} set default_transaction_read_only = on")
    done, findings = doctor(pipeline(folder), postgres)
    assert done.code == EXIT["target_refused"]
    only(findings, "bad", "read-only", "ALTER ROLE")


def test_no_right_to_the_ledger(folder, postgres):
    postgres.server.execute("do $$ begin create role doctor_user login; exception when duplicate_object then null; end $$")
    postgres.execute(f"revoke create on database {postgres.database} from public; create table p (id integer primary key, t text); "
                     "grant all on table p to doctor_user")
    url = postgres.url.replace("postgres@", "doctor_user@")
    done = ingot("doctor", "--json", pipeline(folder), "--set", f"to.connection={url}")
    assert done.code == EXIT["target_refused"]
    only([json.loads(line) for line in done.out.splitlines()], "bad", "may not create the ledger", "CREATE SCHEMA ingot AUTHORIZATION doctor_user")


def test_a_database_of_another_encoding(folder, postgres_server):
    postgres_server.execute("create database latin encoding 'LATIN1' locale 'C' template template0")
    try:
        done = ingot("doctor", "--json", pipeline(folder), "--set", f"to.connection={postgres_server.url_of('latin')}").ok()
        only([json.loads(line) for line in done.out.splitlines()], "warning", "LATIN1", "ENCODING 'UTF8'")
    finally:
        postgres_server.execute("drop database latin with (force)")


def test_a_server_that_may_lose_what_it_committed(folder, own_postgres_server):
    own_postgres_server.execute("alter system set fsync = off")
    own_postgres_server.execute("select pg_reload_conf()")
    database = own_postgres_server.take_database()
    done, findings = doctor(pipeline(folder), database)
    assert done.code == 0
    only(findings, "warning", "fsync is off", "ALTER SYSTEM SET fsync = on")


def test_a_plan_that_was_not_finished(folder, target):
    file = pipeline(folder)
    assert run(file, target, env={"INGOT_CRASH_AT": "engine.plan_stored"}).code < 0
    done, findings = doctor(file, target)
    assert done.code == 0
    only(findings, "warning", "plan 1 was not finished: 1 files", "completes it first")


def test_no_file(folder, target):
    file = folder.pipeline("from: 'none/*.csv'\ncolumns: { id: integer }\n")
    done, findings = doctor(file, target)
    assert done.code == EXIT["no_input"]
    only(findings, "bad", "nothing matches")


def test_more_memory_than_there_is(folder, duckdb):
    done, findings = doctor(pipeline(folder), duckdb, "--memory-limit", "4000GiB")
    assert done.code == 0
    only(findings, "warning", "memory limit 4096000 MiB", "--memory-limit")


def test_mistakes_of_expressions_are_all_named(folder, duckdb):
    folder.write("1.csv", "id\n1\n")
    file = folder.pipeline("from: 1.csv\ncolumns: { id: integer, a: { type: integer, value: nope(id) }, b: { type: integer, value: nix(id) } }\n")
    done, findings = doctor(file, duckdb)
    assert done.code == EXIT["invalid_pipeline"] and len(of(findings, "bad")) == 2


def test_a_folder_that_is_not_there(folder, tmp_path):
    file = pipeline(folder, f'{{ connection: "duckdb:{tmp_path}/none/t.duckdb" }}')
    done = ingot("doctor", "--json", file)
    assert done.code == EXIT["target_refused"]
    only([json.loads(line) for line in done.out.splitlines()], "bad", "no such folder", "mkdir -p")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read and write everything")
def test_files_that_may_not_be_touched(folder, duckdb):
    file = pipeline(folder)
    os.chmod(folder.path / "1.csv", 0)
    done, findings = doctor(file, duckdb)
    assert done.code == EXIT["source_unreadable"]
    only(findings, "bad", "no right to read 1 of the files: 1.csv")
