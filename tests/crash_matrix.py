#!/usr/bin/python3
"""SIGKILL at every numbered step of a run, then run again: the target must be what an uninterrupted run leaves.

Used by e2e/test_crash_matrix.py; as a program it writes the table of what was killed where:

    tests/crash_matrix.py --write docs/crash-matrix.md
"""
import argparse
import collections
import gzip
import json
import multiprocessing
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

from ingot_program import EXIT, ingot, run

# replace_rows is append of files that were loaded before and have been overwritten.
MODES = ("append", "upsert", "insert_new", "merge_delete", "replace", "replace_partitions", "replace_rows", "scd2")
SCOPES = ("unit", "run", "part")
KINDS = ("duckdb", "postgres")
# These always commit as `run`; replace_rows knows no parts.
AT_ONCE = ("replace", "replace_partitions")
# Where the result would depend on the cuts, or all appears at once.
NO_PARTS = (*AT_ONCE, "replace_rows", "scd2")
FILES_CASES = [("append", "unit", False), ("append", "run", False), ("append", "part", False), ("append", "unit", True), ("replace", "run", False),
               ("replace", "run", True), ("replace_partitions", "run", True)]
CASES = [(kind, mode, scope) for kind in KINDS for mode in MODES for scope in SCOPES
         if scope == "run" or mode not in (AT_ONCE if scope == "unit" else NO_PARTS)]
KEYED = ("upsert", "insert_new", "merge_delete", "replace", "scd2")
MORE = {"merge_delete": ", delete_when: n = 3 or n = 7", "scd2": ", delete_when: n = 3 or n = 7", "replace_partitions": ", partition_by: n"}
TABLE = "p"
# Steps that batches pass ahead of their turn.
AHEAD = ("pg.begin_ahead", "pg.ahead", "pg.copied", "engine.ahead", "engine.winners")
# Each version with its place among those of its key, when it began (after the plan was made), whether it lasts, and whether it
# begins when the one before it ends.
HISTORY = f"""select id, t, n, row_number() over w, valid_to is null, coalesce(lag(valid_to) over w = valid_from, true),
    cast(case when valid_from > '2020-01-01 00:00:00+00' then extract(microseconds from valid_from - (select loaded_at from ingot.plans where plan = 1)) end as bigint)
    from {TABLE} window w as (partition by id order by valid_from) order by id, valid_from"""
MODEL = "per_n"


def write_input(folder, rows=40):
    """Three files with keys in common and rejects of several kinds: plain, gzip, plain."""
    for number, name in enumerate(("1.csv", "2.csv.gz", "3.csv")):
        lines = [b"id,t,n\n"]
        for i in range(rows):
            lines.append(b'%d,"from %d\nof %d",%d\n' % (i * (number + 1), number, i, i))
        lines.insert(5, b"7,ragged\n")
        lines.insert(9, b"8,type,x%d\n" % number)
        if number == 2:
            lines.append(b"9,constraint,-1\n")
        data = b"".join(lines)
        (folder / name).write_bytes(gzip.compress(data, mtime=0) if name.endswith(".gz") else data)


def write_pipeline(folder, mode, scope, options="", part_size="1KiB"):
    to = f"mode: {mode}" + (", key: id" if mode in KEYED else "") + MORE.get(mode, "") + options
    overwritten = ""
    if mode == "replace_rows":
        to, overwritten = "mode: append, lineage: true", ", overwritten: replace_rows"
    if scope == "part":
        to += f", part_size: {part_size}" + (", keep: first" if mode == "insert_new" else "")
    file = folder / "p.yaml"
    file.write_text(f"from: {{ path: ['*.csv', '*.csv.gz'], format: csv, delimiter: ','{overwritten} }}\ncolumns: {{ id: integer, t: text, n: integer }}\n"
                    f"to: {{ table: {TABLE}, commit: {scope}, {to} }}\n"
                    f"models:\n  {MODEL}: {{ materialized: table, key: n, columns: {{ n: integer, count: bigint }}, "
                    f"sql: \"select n, count(*) as count from {TABLE} group by n\" }}\n")
    return file


class Case:
    """One pipeline into one kind of target, from the same beginning each time."""
    least_steps = 6
    options = ""

    def __init__(self, folder, kind, mode, scope, new_target):
        self.kind, self.mode, self.scope, self.target = kind, mode, scope, new_target(kind)
        self.folder = Path(folder) / f"{type(self).__name__}-{kind}-{mode}-{scope}{'-partitions' if getattr(self, 'partitioned', False) else ''}"
        self.folder.mkdir()
        write_input(self.folder, 80 if scope == "part" else 40)
        self.pipeline = write_pipeline(self.folder, mode, scope, self.options)

    def call(self, target, env=None):
        return run(self.pipeline, target, "--threads", "2", env=env)

    def complete(self, target):
        rerun(self.pipeline, target)

    def changes_nothing_more(self, target):
        """Is there nothing left to be done?"""
        return run(self.pipeline, target).ok().json["state"] == "nothing_new"

    def beginning(self):
        """Append begins with nothing, replace_rows with what it loaded of earlier versions of the files, the others with a
        table that has rows and a constraint."""
        target = self.target
        target.reset()
        if self.mode == "replace_rows":
            write_input(self.folder, rows=20)
            run(self.pipeline, target, "--threads", "2").ok()
            write_input(self.folder)
        elif self.mode == "scd2":
            target.execute(f"create table {TABLE} (id integer, t text, n integer check (n >= 0), valid_from timestamptz, valid_to timestamptz, primary key (id, valid_from));"
                           f"insert into {TABLE} select id, 'old', 1, '2020-01-01 00:00:00+00', null from (values (1), (3), (1000)) v(id)")
            if self.kind == "postgres":
                target.execute(f"create unique index on {TABLE} (id) where valid_to is null")
        elif self.mode != "append":
            target.execute(f"create table {TABLE} (id integer{' primary key' if self.mode in KEYED else ''}, t text, n integer check (n >= 0));"
                           f"insert into {TABLE} values (1, 'old', 1), (3, 'old', 1), (1000, 'stays', 1)")
        return target

    def uninterrupted(self):
        target = self.beginning()
        self.call(target).ok()
        return self

    def state(self):
        """Without lineage: which run made a plan depends on when the first one was killed."""
        history = {"history": self.target.query(HISTORY)} if self.mode == "scd2" else {}
        return self.target.state(TABLE, columns="id,t,n") | {"model": self.target.table_hash(MODEL)} | history

    def steps(self):
        """Names of the steps that an uninterrupted run passes."""
        target, names = self.beginning(), self.folder / "steps"
        names.unlink(missing_ok=True)
        self.call(target, env={"INGOT_CRASH_LIST": str(names)}).ok()
        return names.read_text().split()

    def killed_at(self, number):
        target = self.beginning()
        done = self.call(target, env={"INGOT_CRASH_AT": str(number)})
        assert done.code == -signal.SIGKILL, f"step {number} was not reached\n{done.text()}"
        if self.kind == "duckdb":
            target.query("select 1")  # DuckDB itself can open what is left, write-ahead log and all
        return target


class ConnectionsCase(Case):
    """Three connections load at a time. Which step follows which differs from run to run: a step is known by its name, and by how
    often it was passed."""
    options = ", connections: 3"

    def __init__(self, folder, mode, new_target):
        super().__init__(folder, "postgres", mode, "part", new_target)

    def killed_at(self, number):
        names = (self.folder / "steps").read_text().split()
        name = names[number - 1]
        target = self.beginning()
        done = self.call(target, env={"INGOT_CRASH_AT": f"{name}:{names[:number].count(name)}"})
        # What was begun behind a batch that is loaded alone may have come less far this time.
        assert done.code == -signal.SIGKILL or name in AHEAD and done.code == 0, f"{name} was not reached\n{done.text()}"
        return target


class FilesCase(Case):
    """Into a folder. At every moment what is to be seen there is committed, and whole."""

    def __init__(self, folder, mode, scope, new_target, partitioned=False):
        self.partitioned = partitioned or mode == "replace_partitions"
        super().__init__(folder, "files", mode, scope, new_target)
        to = f"table: {TABLE}, mode: {mode}, commit: {scope}" + (", part_size: 1KiB" if scope == "part" else "")
        to += ", partition_by: n" if self.partitioned else ""
        self.pipeline.write_text("from: { path: ['*.csv', '*.csv.gz'], format: csv, delimiter: ',' }\n"
                                 f"columns: {{ id: integer, t: text, n: integer }}\nto: {{ {to} }}\n")

    def beginning(self):
        """Append begins with nothing, the others with what they loaded of earlier versions of the files."""
        self.target.reset()
        if self.mode != "append":
            write_input(self.folder, rows=20)
            run(self.pipeline, self.target, "--threads", "2").ok()
            write_input(self.folder)
        return self.target

    def state(self):
        assert set(self.target.files(TABLE)) == set(self.target.known_files(TABLE))
        assert not list((self.target.folder / "_ingot" / "staged").iterdir())
        return self.target.state(TABLE, columns="id,t,n")

    def killed_at(self, number):
        target = super().killed_at(number)
        known = target.known_files(TABLE) if target.query("select 1 from duckdb_tables() where table_name = 'files'") else {}
        for file in target.files(TABLE):
            rows = target.value(f"select count(*) from read_parquet('{target.folder / TABLE / file}')")
            # A file that takes another's name has it before or after: both are known.
            assert file in known, f"{file} is to be seen, and no commit knows of it"
            assert rows == known[file] or self.mode != "append", f"{file} is not whole"
        return target


class LoadedCase(Case):
    """Begins with what a load has left."""

    def __init__(self, folder, kind, mode, new_target):
        super().__init__(folder, kind, mode, "unit", new_target)

    def beginning(self):
        target = super().beginning()
        run(self.pipeline, target).ok()
        return target


class ChildrenCase:
    """A table with a child table; where it has a key, what is loaded changes rows and children of what is there."""
    least_steps = 6

    def __init__(self, folder, kind, mode, new_target):
        self.kind, self.mode, self.target = kind, mode, new_target(kind)
        self.folder = Path(folder) / f"children-{kind}-{mode}"
        self.folder.mkdir()
        to = f"mode: {mode}" + (", key: id" if mode in KEYED else "") + MORE.get(mode, "")
        self.pipeline = self.folder / "p.yaml"
        self.pipeline.write_text(
            f"from: {{ path: '*.ndjson', format: ndjson }}\nto: {{ {to} }}\nmax_rejects: 50%\ntables:\n"
            f"  {TABLE}: {{ columns: {{ id: integer, t: text, n: integer }} }}\n"
            f"  tags: {{ parent: {TABLE}, each: tags, columns: {{ id: {{ type: integer, value: parent.id }}, pos: {{ type: integer, value: meta.index }}, "
            "tag: { type: varchar(8), from: item } } }\n")
        self.write_files(range(2))

    def write_files(self, numbers):
        for path in self.folder.glob("*.ndjson"):
            path.unlink()
        for number in numbers:
            records = [{"id": i * (number + 1), "t": f"from {number % 2}", "n": i % 9, "tags": [f"t{number}{k}" for k in range(i % 4)]} for i in range(30)]
            records[5]["tags"] = ["good", "much too long"]
            (self.folder / f"{number}.ndjson").write_text("".join(json.dumps(record) + "\n" for record in records))

    def beginning(self):
        self.target.reset()
        self.target.execute(f"create table {TABLE} (id integer{' primary key' if self.mode in KEYED else ''}, t text, n integer);"
                            "create table tags (id integer, pos integer, tag text);"
                            f"insert into {TABLE} values (1, 'old', 1), (1000, 'stays', 1); insert into tags values (1, 0, 'old'), (1000, 0, 'stays')")
        if self.mode in ("upsert", "merge_delete"):  # rows that are there, the same or with other children
            self.write_files([0])
            run(self.pipeline, self.target).ok()
            self.write_files([2, 3])
        return self.target

    call, complete, changes_nothing_more = Case.call, Case.complete, Case.changes_nothing_more
    uninterrupted, steps, killed_at = Case.uninterrupted, Case.steps, Case.killed_at

    def state(self):
        return self.target.state(TABLE, "tags")


class ReplayCase(LoadedCase):
    """Rejects of three files, mended, of which some are refused once more."""

    def beginning(self):
        target = super().beginning()
        exported = [json.loads(line) for line in ingot("rejects", "export", target.url).ok().out.splitlines()]
        self.mended = self.folder / "mended.ndjson"
        self.mended.write_text("".join(json.dumps({"id": r["id"], "raw": f"{2000 + r['id']},mended,{r['id'] if r['id'] % 3 else 'x'}"})
                                       + "\n" for r in exported))
        return target

    def call(self, target, env=None):
        return ingot("rejects", "replay", "--json", self.pipeline, "--set", f"to.connection={target.url}", "--with", self.mended, env=env)

    def complete(self, target):
        done = until_free(lambda: self.call(target))
        if done.code != 0:  # it was killed at its end
            done.failed("conflict", "is replayed already")
            rerun(self.pipeline, target)  # what was left to be built

    def changes_nothing_more(self, target):
        before = target.state(TABLE)
        self.call(target).failed("conflict", "is replayed already")
        return not difference(before, target.state(TABLE)) and super().changes_nothing_more(target)


class RefreshCase(LoadedCase):
    """All that was loaded is loaded again, in the place of rows that others have changed; then one more file."""

    def beginning(self):
        target = super().beginning()
        target.execute(f"delete from {TABLE} where n = 3; insert into {TABLE} values (2000, 'stray', 5)")
        return target

    def call(self, target, env=None):
        return run(self.pipeline, target, "--threads", "2", "--full-refresh", env=env)

    def complete(self, target):
        """Killed before its plan was stored, it has to be said again."""
        rerun(self.pipeline, target)
        if target.value("select count(*) from ingot.plans where kind = 'refresh'") == 0:
            self.call(target).ok()


class AlterCase(Case):
    """The table is altered with the first rows: a column renamed, one widened, and one added for a field that is new (drift: add)."""

    def __init__(self, folder, kind, mode, new_target):
        super().__init__(folder, kind, mode, "unit", new_target)
        third = self.folder / "3.csv"
        third.write_text("id,t,n,extra\n" + "".join(f"{i},third,{i % 5},{i}\n" for i in range(30)))
        text = self.pipeline.read_text().replace("t: text", "t: { type: text, was: old }") + "drift: add\n"
        self.pipeline.write_text(text.replace("commit:", "alter: widen, commit:"))

    def beginning(self):
        self.target.reset()
        key = " primary key" if self.kind == "postgres" and self.mode in KEYED else ""
        self.target.execute(f"create table {TABLE} (id smallint{key}, old text, n integer); insert into {TABLE} values (1, 'old', 1), (1000, 'stays', 1)")
        return self.target

    def state(self):
        return super().state() | {"columns": self.target.rows(TABLE)}


class UndoCase(LoadedCase):
    """What was appended is taken back."""
    least_steps = 4
    options = ", lineage: true"

    def __init__(self, folder, kind, new_target):
        super().__init__(folder, kind, "append", new_target)

    def beginning(self):
        target = super().beginning()
        run(self.pipeline, target, "--set", "from.new=all").ok()
        return target

    def call(self, target, env=None):
        return ingot("undo", "--json", "r2", self.pipeline, "--set", f"to.connection={target.url}", env=env)

    def complete(self, target):
        done = until_free(lambda: self.call(target))
        if done.code != 0:  # it was killed behind its commit
            done.failed("conflict", "nothing of r2 is left to be undone")

    def changes_nothing_more(self, target):
        self.call(target).failed("conflict", "nothing of r2 is left to be undone")
        rerun(self.pipeline, target)  # builds the model, which the undoing left pending
        return super().changes_nothing_more(target)


def until_free(call):
    """A backend may need a moment to notice that its client is gone: until then what is called is `busy`."""
    limit = time.monotonic() + 20
    while (done := call()).code == EXIT["busy"] and time.monotonic() < limit:
        time.sleep(0.2)
    return done


def rerun(pipeline, target, *args):
    """Runs to the end."""
    return until_free(lambda: run(pipeline, target, *args)).ok()


def difference(expected, found):
    """What of a state is not as expected, in words; empty where nothing is."""
    words = []
    for part in expected:
        if expected[part] != found[part]:
            words.append(f"{part}: expected {expected[part]}, found {found[part]}")
    return "; ".join(words)


def every(steps):
    return range(1, len(steps) + 1)


def first_and_last(steps):
    """Numbers of the steps that are the first or the last of their name."""
    first, last = {}, {}
    for number, step in enumerate(steps, 1):
        first.setdefault(step, number)
        last[step] = number
    return sorted({*first.values(), *last.values()})


def try_every_step(case, numbers=first_and_last):
    """Returns (steps, failures): failures by number of the step. `numbers` chooses those of a run's steps at which it is killed: of
    the ten commits of a run the tests take the first and the last, the program takes all."""
    expected = case.uninterrupted().state()
    steps = case.steps()
    assert len(steps) >= case.least_steps, steps
    failures = {}
    for number in numbers(steps):
        target = case.killed_at(number)
        case.complete(target)
        target.books_reconcile()
        wrong = difference(expected, case.state())
        if wrong or not case.changes_nothing_more(target):
            failures[number] = f"{steps[number - 1]}: {wrong or 'there was more to do'}"
    return steps, failures


def every_case(folder, new_target):
    """The cases of the page, by the words of their rows: functions, since a case makes its folder and its target."""
    cases = {(kind, mode, scope): lambda kind=kind, mode=mode, scope=scope: Case(folder, kind, mode, scope, new_target) for kind, mode, scope in CASES}
    for mode, scope, partitioned in FILES_CASES:
        cases["files", mode + (" of partitions" if partitioned else ""), scope] = (
            lambda mode=mode, scope=scope, partitioned=partitioned: FilesCase(folder, mode, scope, new_target, partitioned))
    for mode in ("append", "upsert"):
        cases["postgres", mode, "part, 3 connections"] = lambda mode=mode: ConnectionsCase(folder, mode, new_target)
    for kind in KINDS:
        for mode in ("append", *KEYED):
            if mode != "replace":
                cases[kind, f"replay of {mode}", "unit"] = lambda kind=kind, mode=mode: ReplayCase(folder, kind, mode, new_target)
        for mode in ("append", "upsert"):
            cases[kind, f"refresh of {mode}", "unit"] = lambda kind=kind, mode=mode: RefreshCase(folder, kind, mode, new_target)
        for mode in ("append", "upsert", "insert_new", "merge_delete", "replace"):
            cases[kind, f"children, {mode}", "run" if mode == "replace" else "unit"] = lambda kind=kind, mode=mode: ChildrenCase(folder, kind, mode, new_target)
        for mode in ("append", "upsert"):
            cases[kind, f"{mode}, the table altered", "unit"] = lambda kind=kind, mode=mode: AlterCase(folder, kind, mode, new_target)
        cases[kind, "undo of append", "unit"] = lambda kind=kind: UndoCase(folder, kind, new_target)
    return cases


INTRODUCTION = """# The crash matrix

Made by `tests/crash_matrix.py --write docs/crash-matrix.md`; the test suite does the same at the first and the last passing of each step
(`tests/e2e/test_crash_matrix.py`).

The program kills itself (SIGKILL) at the N-th step it passes, for every N; then the pipeline is run again. The table's rows, those of a model (a
table synced by key), the ledger's units with their counts, and the rejects with their addresses and bytes must equal those of an uninterrupted
run, and one more run must find nothing new.

The input: three files (one of them gzip) with keys in common and rejects of several kinds; under `part` two of them are cut in two. Append begins
with an empty database, replace_rows (`from.overwritten`) with earlier versions of the files loaded, the other modes with a table that has rows and
a constraint. Replay begins with what these leave, and loads their rejects again, mended, of which some are refused once more; undo takes back the
second of two loads; refresh loads everything again in the place of rows that others have changed.
"""


def markdown(results):
    """`results`: of each case its steps, and what was wrong by the number of the step."""
    text = [INTRODUCTION, "| target | what | commit | kills | wrong |", "|---|---|---|--:|--:|"]
    kills, wrong = collections.Counter(), collections.Counter()
    for (kind, what, scope), (steps, failures) in results.items():
        text.append(f"| {kind} | {what} | {scope} | {len(steps)} | {len(failures)} |")
        kills.update(steps)
        wrong.update(steps[number - 1] for number in failures)
    text += ["", f"{kills.total()} kills, {wrong.total()} wrong.", "", "## By step", "", "| step | kills | wrong |", "|---|--:|--:|"]
    text += [f"| `{step}` | {kills[step]} | {wrong[step]} |" for step in sorted(kills)]
    return "\n".join(text) + "\n"


def try_cases(share, of):
    """Every `of`-th case, from the one at `share` on, beside other processes that do the others."""
    from targets import DuckDbTarget, FilesTarget, PostgresServer

    folder = Path(tempfile.mkdtemp(prefix="ingot-crash-"))
    folder.chmod(0o755)
    server = PostgresServer(folder / "pg")
    made = []

    def new_target(kind):
        made.append(DuckDbTarget(folder / f"{len(made)}.duckdb") if kind == "duckdb" else
                    FilesTarget(folder / f"{len(made)}") if kind == "files" else server.create_database())
        return made[-1]

    try:
        results = {}
        for number, (words, make) in enumerate(every_case(folder, new_target).items()):
            if number % of == share:
                results[words] = try_every_step(make(), every)
                print(*words, len(results[words][0]), *results[words][1].values(), file=sys.stderr, flush=True)
        return results
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", type=Path, required=True, help="the page to write")
    parser.add_argument("--processes", type=int, default=2)
    arguments = parser.parse_args()
    with multiprocessing.Pool(arguments.processes) as pool:
        shares = pool.starmap(try_cases, [(share, arguments.processes) for share in range(arguments.processes)])
    results = {words: found for share in shares for words, found in share.items()}
    arguments.write.write_text(markdown({words: results[words] for words in every_case(None, None)}))
    failures = [text for _, wrong in results.values() for text in wrong.values()]
    print("\n".join(failures) or f"{arguments.write} written", file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    assert ingot("--version").code == 0
    sys.exit(main())
