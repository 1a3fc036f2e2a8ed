"""Runs the built program, as a user would, and reads what it says."""
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
INGOT = os.environ.get("INGOT", str(REPOSITORY / "build" / "ingot"))
COUNTS = ("read", "inserted", "updated", "unchanged", "filtered", "duplicate", "rejected")

# Exit codes, by kind of failure: src/core/error.cpp.
EXIT = {
    "usage": 2, "invalid_pipeline": 3, "not_found": 4, "no_input": 5, "source_unreadable": 6, "source_changed": 7,
    "too_many_rejects": 8, "rejects_refused": 9, "target_unreachable": 10, "target_refused": 11, "busy": 12,
    "conflict": 13, "books_broken": 14, "resource": 15, "interrupted": 130, "internal": 70,
}


class Outcome:
    """What one call of the program came to."""

    def __init__(self, code, out, err, seconds, max_rss_kib=0):
        self.code, self.out, self.err = code, out, err
        self.seconds, self.max_rss_kib = seconds, max_rss_kib

    @property
    def json(self):
        """The last line of `run --json`."""
        lines = self.out.strip().splitlines()
        assert lines, f"nothing on standard output, exit code {self.code}: {self.err}"
        return json.loads(lines[-1])

    @property
    def counts(self):
        return {name: self.json[name] for name in COUNTS}

    def ok(self):
        assert self.code == 0, self.text()
        return self

    def failed(self, code, *texts):
        assert self.code == EXIT[code], f"expected {code} ({EXIT[code]})\n{self.text()}"
        for text in texts:
            assert text in self.err, f"not in standard error: {text!r}\n{self.text()}"
        return self

    def text(self):
        return f"exit code {self.code}\n--- stdout\n{self.out[-4000:]}\n--- stderr\n{self.err[-4000:]}"


def reconciles(counts):
    return counts["read"] == sum(counts[name] for name in COUNTS[1:])


def environment(env=None):
    # What is tested must not depend on the machine: one connection, unless a test says otherwise.
    clean = {"INGOT_CONNECTIONS": os.environ.get("INGOT_TEST_CONNECTIONS", "1")} | {k: v for k, v in os.environ.items() if not k.startswith(("INGOT_", "PG")) or k == "INGOT_DEPS"}
    clean.update(env or {})
    return clean


def start(*args, env=None, cwd=None, stdin=subprocess.DEVNULL):
    return subprocess.Popen([INGOT, *map(str, args)], env=environment(env), cwd=cwd, stdin=stdin,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def finish(process, timeout=120, started=None, stdin=None):
    started = started or time.monotonic()
    try:
        out, err = process.communicate(stdin, timeout=timeout)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        out, err = process.communicate()
        raise AssertionError(f"still running after {timeout} s: {process.args}\n{err.decode(errors='replace')}")
    return Outcome(process.returncode, out.decode(errors="replace"), err.decode(errors="replace"),
                   time.monotonic() - started)


def ingot(*args, env=None, cwd=None, stdin=None, timeout=120):
    """Runs the program to its end."""
    started = time.monotonic()
    process = start(*args, env=env, cwd=cwd, stdin=subprocess.PIPE if stdin is not None else subprocess.DEVNULL)
    return finish(process, timeout, started, stdin)


def run(pipeline, target=None, *args, **options):
    """`ingot run --json PIPELINE`, into a target of targets.py where one is given."""
    to = ["--set", f"to.connection={target.url}"] if target else []
    return ingot("run", "--json", pipeline, *to, *args, **options)


# A small process between: ru_maxrss of a child begins with what its parent had at the fork, and pytest may have much.
MEASURE = """
import resource, subprocess, sys
code = subprocess.call(sys.argv[2:], stdin=subprocess.DEVNULL)
open(sys.argv[1], "w").write(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss))
sys.exit(code if code >= 0 else 128 - code)
"""


def run_measured(*args, env=None, timeout=600):
    """As ingot(), with the peak of the resident memory of that process alone."""
    with tempfile.NamedTemporaryFile() as rss:
        started = time.monotonic()
        process = subprocess.Popen([sys.executable, "-S", "-c", MEASURE, rss.name, INGOT, *map(str, args)],
                                   env=environment(env), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        done = finish(process, timeout, started)
        done.max_rss_kib = int(rss.read())
        return done


def no_core_dumps():
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
