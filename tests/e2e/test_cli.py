"""The command line: every error with its exit code and hint, the JSON's shape, Ctrl-C, what is said and what is not."""
import json
import os
import pty
import signal
import subprocess
import time

import pytest

import crash_matrix
from e2e_data import write_large
from ingot_program import EXIT, INGOT, COUNTS, environment, finish, ingot, reconciles, run, start
from mid_run import catch_loading, start_run, wait_for, waiting

GOOD = "from: in.csv\ncolumns: { id: integer, t: text }\nto: { table: p }\n"


@pytest.fixture
def good(folder):
    folder.write("in.csv", "id,t\n1,a\n2,b\nx,c\n")
    return folder.pipeline(GOOD)


def test_version_and_help():
    assert ingot("--version").ok().out.startswith("ingot 0.")
    text = ingot("--help").ok().out
    assert ingot().ok().out == text
    for word in ("check", "plan", "run", "runs", "rejects", "from:", "columns:", "to:"):
        assert word in text
    for command in (["check"], ["plan"], ["run"], ["runs"], ["rejects"], ["rejects", "list"], ["rejects", "show"],
                    ["rejects", "export"], ["rejects", "discard"], ["rejects", "replay"], ["undo"], ["runs", "show"]):
        assert "--help" in ingot(*command, "--help").ok().out


@pytest.mark.parametrize("arguments, text", [
    (["rum"], "rum"), (["run"], "FILE"), (["run", "p.yaml", "--sett", "a=b"], "--sett"),
    (["run", "p.yaml", "--set", "nonsense"], "nonsense"), (["run", "p.yaml", "--set", "=x"], "=x"),
    (["run", "p.yaml", "--memory-limit", "lots"], "lots"), (["run", "p.yaml", "--memory-limit", "1MiB"], "128MiB"),
    (["run", "p.yaml", "--threads", "many"], "many"), (["run", "p.yaml", "--threads", "-1"], "-1"),
    (["rejects"], "subcommand"), (["rejects", "show"], "REJECT"), (["runs", "show", "seven", "p.yaml"], "seven"),
    (["run", "p.yaml", "--env", "production"], "production"),
])
def test_wrong_command_lines(good, arguments, text):
    done = ingot(*arguments, cwd=good.parent)
    done.failed("usage", text)
    assert not (good.parent / "p.duckdb").exists()


def test_pipeline_that_is_not_there(good):
    done = ingot("run", good.parent / "q.yaml")
    assert done.code in (EXIT["not_found"], EXIT["invalid_pipeline"]) and "q.yaml" in done.err


def test_unwritable_temporary_folder(good):
    ingot("run", good, "--temp-dir", "/nonexistent/folder").failed("resource", "/nonexistent/folder", "--temp-dir")


@pytest.mark.parametrize("override, text", [
    ("to.mode=upsrt", "upsert"), ("to.tabel=x", "table"), ("colums.x=text", "columns"), ("to.connection=nowhere", "nowhere"),
    ("to.connection=duckdb:", "duckdb:FILE"), ("from.format=xml", "csv"), ("from.new=al", "all"), ("columns.id=integr", "integer"),
    ("to.key=id", "upsert"), ("from.path=sqs://q/x", "version"), ("max_rejects=-1", "max_rejects"),
    ("columns.id.required=perhaps", "perhaps"), ("to.commit=parts", "part"), ("from.format=orc", "orc"),
    ('to.table="p', "unclosed quote in table name"), ('to.table="p"x', "text after a closing quote in table name"),
    ("columns.t.value=id = cast('2024-01-01' as date)", "INTEGER is used as DATE"),
])
def test_overrides_are_checked_like_the_file(good, override, text):
    done = ingot("check", good, "--set", override)
    done.failed("invalid_pipeline", text)
    assert "--set" in done.err


def test_check_finds_all_mistakes_at_once_and_touches_nothing(folder):
    file = folder.pipeline("from: in.csv\ncolums: {}\ncolumns:\n  id: integr\n  t: { type: text, requird: true }\n"
                           "to: { mode: upsrt, table: p }\n")
    done = ingot("check", file).failed("invalid_pipeline")
    lines = [line for line in done.err.splitlines() if line.startswith("error:")]
    assert len(lines) == 4
    for line, place in zip(lines, ("p.yaml:2:1", "p.yaml:4:7", "p.yaml:5:20", "p.yaml:6:13")):
        assert place in line
    assert os.listdir(folder.path) == ["p.yaml"]


def test_check_of_several_files_reports_each(good, folder):
    bad = folder.pipeline("from: in.csv\ncolumns: {}\n", "bad.yaml")
    done = ingot("check", bad, good)
    done.failed("invalid_pipeline", "bad.yaml")
    assert "p.yaml: ok" in done.out


def test_json_of_a_run(good, target):
    done = run(good, target).ok()
    report = done.json
    assert list(report["tables"].values()) == [{name: report[name] for name in (*COUNTS, "deleted")}]
    assert (report["state"], report["read"], report["inserted"], report["rejected"]) == ("done", 3, 2, 1)
    assert report["bytes"] == len((good.parent / "in.csv").read_bytes())
    assert report["run"] == target.value("select max(run) from ingot.runs")
    assert report["seconds"]["total"] > 0 and all(isinstance(s, (int, float)) for s in report["seconds"].values())
    assert reconciles(report)
    for line in done.out.splitlines():
        json.loads(line)
    again = run(good, target).ok().json
    assert (again["state"], again["read"], again["known"]) == ("nothing_new", 0, 1)


def test_json_of_a_failure(folder, target):
    folder.write("in.csv", 'id,t\n1,"open\n')
    report = run(folder.pipeline(GOOD), target).failed("source_unreadable").json
    assert report["state"] == "failed" and report["error"]["code"] == "source_unreadable" and report["error"]["message"]
    assert [report[name] for name in COUNTS] == [0] * 7
    usage = ingot("run", "--json", folder.path / "p.yaml", "--set", "to.mode=x").failed("invalid_pipeline")
    assert usage.json["error"]["code"] == "invalid_pipeline"


def test_text_of_a_run(good):
    said = ingot("run", good).ok()
    assert "3 read = 2 inserted + 1 rejected ✔" in said.out
    assert "not_a_number" in said.out and "in.csv:4:1" in said.out and "ingot rejects show r1" in said.out
    assert "created" in said.out
    assert "nothing new" in ingot("run", good).ok().out


def test_quiet_prints_errors_only(good):
    said = ingot("run", good, "--quiet").ok()
    assert said.out == "" and said.err == ""
    said = ingot("run", good, "--quiet", "--set", "name=other", "--set", "from.path=*.none", "--set", "from.format=csv").failed("no_input")
    assert said.out == "" and said.err.startswith("error:")


def test_runs_and_rejects(good, target):
    run(good, target).ok()
    run(good, target).ok()
    connection = ["--set", f"to.connection={target.url}"]
    text = ingot("runs", good, *connection).ok().out
    assert "r1" in text and "r2" in text and text.index("r2") < text.index("r1")
    assert ingot("runs", target.url).ok().out == text
    listed = [json.loads(line) for line in ingot("runs", good, *connection, "--json").ok().out.splitlines()]
    assert [(r["run"], r["state"], r["read"]) for r in listed] == [(2, "done", 0), (1, "done", 3)]
    assert "in.csv" in ingot("runs", "show", "r1", good, *connection).ok().out
    listed = ingot("rejects", "list", good, *connection).ok().out
    assert "not_a_number" in listed and "in.csv:4" in listed
    reject = json.loads(ingot("rejects", "list", good, *connection, "--json").ok().out.splitlines()[0])
    assert (reject["file"], reject["line"], reject["column"], reject["code"], reject["field"]) == ("in.csv", 4, 1, "not_a_number", "id")
    assert "x,c" in ingot("rejects", "show", "r1", good, *connection).ok().out
    assert "x,c" in ingot("rejects", "show", str(reject["id"]), good, *connection).ok().out
    ingot("rejects", "show", "999", good, *connection).failed("not_found", "999")
    ingot("runs", "show", "r99", good, *connection).failed("not_found", "99")


def test_which_ledger_is_meant(good):
    folder = good.parent
    (folder / "empty").mkdir()
    ingot("runs", cwd=folder / "empty").failed("usage", "no pipeline in this folder", "ingot runs products.yaml")
    ingot("runs", "r7", cwd=folder).failed("usage", 'not a pipeline: "r7"', "ingot runs show r7")
    ingot("runs", "duckdb:none.duckdb", cwd=folder).failed("not_found", "no such file", "none.duckdb")
    (folder / "q.yaml").write_text(good.read_text())
    ingot("runs", cwd=folder).failed("usage", "several pipelines in this folder")


def test_a_pattern_of_too_many_folders(good):
    ingot("run", good, "--set", "from.path=" + "a/" * 70 + "*.csv", "--set", "from.format=csv").failed("invalid_pipeline", "pattern of more than")


def test_ledger_that_is_not_there_yet(good, target):
    done = ingot("runs", good, "--set", f"to.connection={target.url}").ok()
    assert "r1" not in done.out
    assert not target.exists("runs")


def test_lost_run_is_shown_as_such(good, target):
    assert run(good, target, env={"INGOT_CRASH_AT": "engine.plan_stored"}).code == -signal.SIGKILL
    limit = time.monotonic() + 10
    while time.monotonic() < limit:
        text = ingot("runs", good, "--set", f"to.connection={target.url}").ok().out
        if "lost" in text:
            return
        time.sleep(0.2)
    raise AssertionError(text)


@pytest.mark.parametrize("mode", ["append", "upsert"])
@pytest.mark.parametrize("kind", ["duckdb", "postgres"])
def test_ctrl_c_once(folder, fresh, kind, mode):
    """Rolls back what is open, says what is done; run again, and all is there once."""
    target = fresh(kind)
    write_large(folder.path, files=4, rows=40_000)
    pipeline = crash_matrix.write_pipeline(folder.path, mode, "unit")
    process, _ = catch_loading(pipeline, target)
    process.send_signal(signal.SIGINT)
    began = time.monotonic()
    done = finish(process)
    assert time.monotonic() - began < 10
    done.failed("interrupted")
    assert done.json["state"] == "interrupted"
    if done.json["run"]:
        assert "run again" in done.err
        assert target.value("select state from ingot.runs") == "interrupted"
        assert done.json["units"] == target.count("ingot.units")
    crash_matrix.rerun(pipeline, target)
    whole = fresh(kind)
    run(pipeline, whole).ok()
    assert not crash_matrix.difference(whole.state("p"), target.state("p"))


def lock_table_p(target):
    target.execute("create table p (id integer)")
    other = target.connect()
    other.autocommit = False
    other.cursor().execute("lock table p in access exclusive mode")
    return other


def test_ctrl_c_twice_ends_at_once(folder, postgres):
    """The server does not answer, so that once is not enough."""
    folder.write("1.csv", "id\n1\n")
    pipeline = folder.pipeline("from: 1.csv\ncolumns: { id: integer }\nto: { table: p }\n")
    other = lock_table_p(postgres)
    process = start_run(pipeline, postgres)
    backend = wait_for(lambda: waiting(postgres))[0]
    os.kill(backend, signal.SIGSTOP)
    try:
        process.send_signal(signal.SIGINT)
        while b"once more ends at once" not in process.stderr.readline():
            pass
        time.sleep(0.3)
        assert process.poll() is None
        process.send_signal(signal.SIGINT)
        assert finish(process, timeout=30).code == 130
    finally:
        os.kill(backend, signal.SIGCONT)
        other.close()
    assert crash_matrix.rerun(pipeline, postgres).counts["inserted"] == 1


def test_several_pipelines_stop_at_the_first_failure(good, folder):
    broken = folder.pipeline(GOOD.replace("in.csv", "gone.csv"), "broken.yaml")
    done = ingot("run", broken, good)
    done.failed("not_found", "gone.csv", f"not run: {good}")
    assert not (folder.path / "p.duckdb").exists()


def test_environments_and_names_of_connections(folder, postgres):
    folder.write("in.csv", "id,t\n1,a\n")
    folder.write("ingot.yaml", "connections: { db: 'duckdb:dev.duckdb' }\nenvironments:\n  prod: { connections: { db: '${env.PGTARGET}' } }\n")
    pipeline = folder.pipeline(GOOD.replace("{ table", "{ connection: db, table"))
    env = {"PGTARGET": postgres.url}
    ingot("run", pipeline, env=env).ok()
    assert (folder.path / "dev.duckdb").exists() and not postgres.exists("p")
    ingot("run", pipeline, "--env", "prod", env=env).ok()
    assert postgres.count("p") == 1
    ingot("run", pipeline, "--set", "to.connection=PGTARGET", env=env).ok()
    assert postgres.count("p") == 1


def test_password_is_never_shown(folder):
    folder.write("in.csv", "id,t\n1,a\n")
    pipeline = folder.pipeline(GOOD.replace("{ table", "{ connection: 'postgresql://me:hunter2@127.0.0.1:1/x?sslmode=disable', table"))
    for command in ("check", "plan", "run"):
        for json_flag in ([], ["--json"]):
            done = ingot(command, pipeline, *json_flag)
            assert "hunter2" not in done.out + done.err


def test_progress_bar_on_a_terminal(folder, postgres):
    folder.write("1.csv", "id\n1\n")
    pipeline = folder.pipeline("from: 1.csv\ncolumns: { id: integer }\nto: { table: p }\n")
    other = lock_table_p(postgres)  # else the run might be over before anything is drawn
    master, slave = pty.openpty()
    process = subprocess.Popen([INGOT, "run", str(pipeline), "--set", f"to.connection={postgres.url}"],
                               stdout=subprocess.PIPE, stderr=slave, env=environment())
    os.close(slave)
    shown = b""
    while b"%" not in shown or b"rows/s" not in shown:
        shown += os.read(master, 4096)
    other.close()
    process.communicate()
    assert process.returncode == 0 and b'{"event"' not in shown
    os.close(master)


def test_progress_as_json_lines_elsewhere(folder, postgres):
    folder.write("1.csv", "id\n1\n")
    pipeline = folder.pipeline("from: 1.csv\ncolumns: { id: integer }\nto: { table: p }\n")
    other = lock_table_p(postgres)
    process = start_run(pipeline, postgres)
    event = json.loads(process.stdout.readline())
    other.close()
    assert (event["event"], event["pipeline"], event["committed_units"], event["total_units"]) == ("progress", "p", 0, 1)
    assert finish(process).ok().counts["inserted"] == 1


def test_interrupted_by_term(folder, duckdb):
    write_large(folder.path, files=4, rows=40_000)
    pipeline = crash_matrix.write_pipeline(folder.path, "append", "run")
    process, _ = catch_loading(pipeline, duckdb)
    process.terminate()
    finish(process).failed("interrupted")
    assert not duckdb.exists("p") or duckdb.count("p") == 0
