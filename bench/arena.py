"""Where sides compete: the data, the program, a private server, and one run after the other."""
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import child
import contests as contest_list
import report
from data import VERSION
from databases import DuckDb, ParquetFolder, Postgres, REPOSITORY

HOME = Path(os.environ.get("INGOT_BENCH_DIR", Path.home() / ".cache" / "ingot" / "bench"))
BUILD = REPOSITORY / "build"


def say(text):
    print(text, file=sys.stderr, flush=True)


def data_folder(scale):
    """Made by a process of its own: this one must stay small, see child.run."""
    folder = HOME / f"data-{VERSION}-{scale:g}"
    if not (folder / "expected.json").exists():
        say(f"making the data in {folder}")
        subprocess.run([sys.executable, Path(__file__).resolve().parent / "data.py", folder, str(scale)], check=True)
    for path in sorted(folder.rglob("*.*")):  # into the page cache
        with open(path, "rb") as file:
            while file.read(1 << 20):
                pass
    return folder


def built():
    """The program, and DuckDB's baseline built beside it."""
    ingot = Path(os.environ.get("INGOT", BUILD / "ingot"))
    if not ingot.exists():
        sys.exit(f"bench: {ingot} is not there: run make build")
    say("building duckdb_baseline")
    command = ["flock", BUILD / "lock", "cmake", "--build", BUILD, "--target", "duckdb_baseline", "duckdb_query"]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        sys.exit(f"bench: {done.stdout}")
    return ingot


def environment():
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("INGOT_", "PG"))}
    return {**clean, "LC_ALL": "C.UTF-8"}


def empty_scratch(folder):
    shutil.rmtree(folder / "scratch", ignore_errors=True)
    (folder / "scratch").mkdir()


def measure(side, folder):
    """One run of a side, whatever comes of it."""
    variables = {**environment(), "SCRATCH": str(folder / "scratch"), **side.environment}
    return child.run(side.command, variables, folder, side.tree, side.timeout)


def run_once(contest, side, folder):
    contest.fresh()
    empty_scratch(folder)
    measured = measure(side, folder)
    wrong = contest.target.mistakes(contest.expected, side.schema)
    if measured.code == -signal.SIGKILL and measured.wall >= side.timeout:
        wrong = f"not finished after {side.timeout:.0f} s"
    elif measured.code:
        wrong = f"exit code {measured.code}: {measured.err.strip()[-400:]}"
    elif not wrong and side is contest.sides[0]:
        wrong = contest_list.ingot_mistakes(contest, measured)
    seconds = {}
    if side is contest.sides[0] and not measured.code:
        seconds = json.loads(measured.out.strip().splitlines()[-1]).get("seconds", {})
    say(f"  {side.name:24} {measured.wall:7.2f} s   cpu {measured.cpu:6.2f} s   {measured.rss / 1e6:5.0f} MB"
        f"   load {os.getloadavg()[0]:.1f}" + (f"   WRONG: {wrong}" if wrong else ""))
    return {"wall": measured.wall, "cpu": measured.cpu, "rss": measured.rss, "load": os.getloadavg()[0], "wrong": wrong,
            "seconds": seconds}


def compete(contest, rounds, folder):
    say(f"\n{contest.name}: {contest.title}")
    runs = {side.name: [] for side in contest.sides}
    proved = False
    for number in range(rounds):
        for side in contest.sides if number % 2 == 0 else contest.sides[::-1]:
            before = runs[side.name]
            if before and (side.once or before[0]["wall"] > contest.patience):
                continue
            before.append(run_once(contest, side, folder))
            if number == rounds - 1 and not before[-1]["wrong"] and not proved:
                failure = contest.target.check_can_fail(contest.expected, side.schema)
                if failure:
                    sys.exit(f"bench: {failure}")
                proved = True
    rows = report.summary(contest, runs)
    print(f"\n{contest.title}\n{report.table(rows)}", flush=True)
    return {"name": contest.name, "title": contest.title, "rows": rows, "runs": runs}


class Arena:
    def __init__(self, scale):
        HOME.mkdir(parents=True, exist_ok=True)
        self.ingot = built()
        self.stamp = os.stat(self.ingot).st_mtime_ns
        self.data = data_folder(scale)
        self.expected = json.loads((self.data / "expected.json").read_text())

    @contextlib.contextmanager
    def servers(self):
        """A private server and a folder to work in, for as long as they are needed; also when SIGTERM ends the program."""
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
        self.work = Path(tempfile.mkdtemp(prefix="work-", dir=HOME))
        server = Path(tempfile.mkdtemp(prefix="ingot-bench-"))  # not in the home folder, which Postgres's user cannot enter
        server.chmod(0o755)
        self.postgres = None
        try:
            self.postgres = Postgres(server)
            self.duckdb = DuckDb(self.work, BUILD)
            self.duckdb.fresh()
            self.begin()
            yield self
            self.end()
        finally:
            if self.postgres:
                self.postgres.stop()
            shutil.rmtree(server, ignore_errors=True)
            shutil.rmtree(self.work, ignore_errors=True)

    def begin(self):
        version = self.duckdb.rows("select version()", "--write")[0][0]
        self.machine = report.machine(self.data, self.ingot, self.postgres, version)
        self.load = [os.getloadavg()[0]]
        print("\n".join(f"{name:10} {value}" for name, value in self.machine.items()), flush=True)

    def end(self):
        self.load.append(os.getloadavg()[0])
        print(f"\nload average {self.load[0]:.1f} before, {self.load[1]:.1f} after")
        if os.stat(self.ingot).st_mtime_ns != self.stamp:
            say(f"bench: {self.ingot} was built anew while it was measured: these figures are of more than one program")

    def contests(self, kind, **more):
        return kind(self.ingot, BUILD / "duckdb_baseline", self.data, self.expected, self.postgres, self.duckdb, self.work,
                    parquet=ParquetFolder(self.work, BUILD), **more)
