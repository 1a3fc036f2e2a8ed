"""Runs that are caught in the middle, by what can be seen of them rather than by the clock."""
import time
from pathlib import Path

from ingot_program import finish, start


def wait_for(what, seconds=20):
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        if found := what():
            return found
        time.sleep(0.003)
    raise AssertionError("it did not come to that in time")


def start_run(pipeline, target, *args, env=None):
    return start("run", "--json", pipeline, "--set", f"to.connection={target.url}", *args, env=env)


def backends(target, condition="true"):
    """Process ids of the program's backends in this database."""
    return [row[0] for row in target.query(
        "select pid from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() "
        f"and backend_type = 'client backend' and ({condition})")]


def waiting(target):
    """Backends that wait for a lock."""
    return backends(target, "wait_event_type = 'Lock'")


def copying(target):
    """Backends that a COPY of rows is under way in."""
    return backends(target, "state = 'active' and query ilike 'copy%' and query not ilike '%ingot.%'")


def catch_loading(pipeline, target, *args):
    """Starts a run; returns it and what was seen while it loads: a COPY's backends, or that its transaction has begun.

    A run that was over before it was caught is begun anew.
    """
    steps = Path(f"{pipeline}.steps")
    seen = (lambda: copying(target)) if target.kind == "postgres" else (lambda: "duckdb.begun" in text_of(steps))
    for _ in range(5):
        steps.unlink(missing_ok=True)
        process = start_run(pipeline, target, *args, env={"INGOT_CRASH_LIST": str(steps)})
        found = wait_for(lambda: process.poll() is not None or seen())
        if process.poll() is None:
            return process, found
        process.communicate()
        target.reset()
    raise AssertionError("each run was over before it was caught")


def text_of(file):
    return file.read_text() if file.exists() else ""


def in_flight(target, whole, unit, rows):
    """A transaction of a process that is dead, its COMMIT still to be done by the server: it has the rows of table t and
    of ingot.units that meet the conditions in `whole`, and holds the plan's lock. To be committed, or rolled back."""
    rival = target.connect()
    rival.autocommit = False
    with rival.cursor() as cursor:
        cursor.execute("select 1 from ingot.plans for update")
        for table, condition in (("ingot.units", unit), ("t", rows)):
            names = ", ".join(whole.columns(table))
            for row in whole.query(f"select {names} from {table} where {condition}"):
                cursor.execute(f"insert into {table} ({names}) values ({', '.join(['%s'] * len(row))})", row)
    return rival


def run_while_in_flight(pipeline, target, rival, *args):
    """A run that waits for `rival`, which is then committed."""
    process = start_run(pipeline, target, *args)
    wait_for(lambda: waiting(target))
    rival.commit()
    rival.close()
    return finish(process)
