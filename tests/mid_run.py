"""Runs that are caught in the middle, by what can be seen of them rather than by the clock."""
import os
import time

from ingot_program import start


def wait_for(what, seconds=20):
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        if found := what():
            return found
        time.sleep(0.003)
    raise AssertionError("it did not come to that in time")


def start_run(pipeline, target, *args):
    return start("run", "--json", pipeline, "--set", f"to.connection={target.url}", *args)


def backends(target, condition="true"):
    """Process ids of the program's backends in this database."""
    return [row[0] for row in target.query(
        "select pid from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() "
        f"and backend_type = 'client backend' and ({condition})")]


def copying(target):
    """Backends that a COPY of rows is under way in."""
    return backends(target, "state = 'active' and query ilike 'copy%'")


def until_it_loads(target):
    """Waits until a run has begun to load: a COPY is under way, or more than the ledger is written."""
    if target.kind == "postgres":
        wait_for(lambda: copying(target))
    else:
        wait_for(lambda: size(target.file) + size(target.file + ".wal") > 300_000)


def size(file):
    return os.path.getsize(file) if os.path.exists(file) else 0
