#!/usr/bin/python3
"""SIGKILL at every numbered step of a run, then run again: the target must be what an uninterrupted run leaves.

Used by e2e/test_crash_matrix.py; as a program it writes the page of what was killed where, from what the tests have left

    INGOT_CRASH_ROWS=DIR python3 -m pytest -n 2 tests/e2e/test_crash_matrix.py
    tests/crash_matrix.py --from DIR --write docs/crash-matrix.md

or, without --from, by killing at every passing of every step, which takes an hour.
"""
import argparse
import collections
import gzip
import json
import multiprocessing
import os
import re
import shutil
import signal
import sys
import tempfile
import time
from dataclasses import dataclass, field
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
FILES_CASES = [("append", "unit", False), ("append", "run", False), ("append", "part", False), ("append", "unit", True),
               ("replace", "run", False), ("replace", "run", True), ("replace_partitions", "run", True)]
CHILDREN_MODES = ("append", "upsert", "insert_new", "merge_delete", "replace", "replace_rows")
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


class Killed:
    """What is killed, and run again: `pipeline` into `target`, from the same `beginning` each time."""

    def call(self, target, env=None):
        return run(self.pipeline, target, "--threads", "2", env=env)

    def complete(self, target):
        rerun(self.pipeline, target)

    def changes_nothing_more(self, target):
        """Is there nothing left to be done?"""
        return run(self.pipeline, target).ok().json["state"] == "nothing_new"

    def uninterrupted(self):
        target = self.beginning()
        self.call(target).ok()
        return self

    def steps(self):
        """Names of the steps that an uninterrupted run passes."""
        target, names = self.beginning(), self.folder / "steps"
        names.unlink(missing_ok=True)
        self.call(target, env={"INGOT_CRASH_LIST": str(names)}).ok()
        return names.read_text().split()

    def must_pass(self, steps):
        """A case is worth nothing where the run has not done what it is about."""
        assert len(steps) >= 6, steps

    def to_kill(self, steps, numbers):
        return numbers(steps)

    def killed_at(self, number):
        target = self.beginning()
        done = self.call(target, env={"INGOT_CRASH_AT": str(number)})
        assert done.code == -signal.SIGKILL, f"step {number} was not reached\n{done.text()}"
        if self.kind == "duckdb":
            target.query("select 1")  # DuckDB itself can open what is left, write-ahead log and all
        return target


class Case(Killed):
    """Three CSV files, and a model of their table."""
    options = ""

    def __init__(self, folder, kind, mode, scope, new_target):
        self.kind, self.mode, self.scope, self.target = kind, mode, scope, new_target(kind)
        self.folder = Path(folder) / f"{type(self).__name__}-{kind}-{mode}-{scope}{'-partitions' if getattr(self, 'partitioned', False) else ''}"
        self.folder.mkdir()
        write_input(self.folder, 80 if scope == "part" else 40)
        self.pipeline = write_pipeline(self.folder, mode, scope, self.options)

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

    def state(self):
        """Without lineage: which run made a plan depends on when the first one was killed."""
        history = {"history": self.target.query(HISTORY)} if self.mode == "scd2" else {}
        return self.target.state(TABLE, columns="id,t,n") | {"model": self.target.table_hash(MODEL)} | history

    def must_pass(self, steps):
        super().must_pass(steps)
        commits = [step for step in steps if "commit" in step]
        assert len(commits) >= (5 if self.scope == "part" else 3 if self.scope == "unit" and self.mode in KEYED else 1), steps


class ConnectionsCase(Case):
    """Three connections load at a time. Which step follows which differs from run to run: a step is known by its name, and by how
    often it was passed."""
    options = ", connections: 3"

    def __init__(self, folder, mode, new_target):
        super().__init__(folder, "postgres", mode, "part", new_target)

    def must_pass(self, steps):
        assert steps.count("engine.ahead") > 1, steps

    def to_kill(self, steps, numbers):
        """The other steps are those of one connection."""
        chosen = numbers(steps)
        return chosen if numbers is every else [number for number in chosen if steps[number - 1] in AHEAD]

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

    def must_pass(self, steps):
        assert {"files.written", "files.kept", "duckdb.committed", "files.renamed", "files.published"} <= set(steps), steps

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


class ChildrenCase(Killed):
    """A table with a child table; where it has a key, what is loaded changes rows and children of what is there."""

    def __init__(self, folder, kind, mode, new_target):
        self.kind, self.mode, self.target = kind, mode, new_target(kind)
        self.folder = Path(folder) / f"children-{kind}-{mode}"
        self.folder.mkdir()
        to, overwritten = f"mode: {mode}" + (", key: id" if mode in KEYED else "") + MORE.get(mode, ""), ""
        if mode == "replace_rows":
            to, overwritten = "mode: append, lineage: true", ", overwritten: replace_rows"
        self.pipeline = self.folder / "p.yaml"
        self.pipeline.write_text(
            f"from: {{ path: '*.ndjson', format: ndjson{overwritten} }}\nto: {{ {to} }}\nmax_rejects: 50%\ntables:\n"
            f"  {TABLE}: {{ columns: {{ id: integer, t: text, n: integer }} }}\n"
            f"  tags: {{ parent: {TABLE}, each: tags, columns: {{ id: {{ type: integer, value: parent.id }}, pos: {{ type: integer, value: meta.index }}, "
            "tag: { type: varchar(8), from: item } } }\n")
        self.write_files(range(2))

    def write_files(self, numbers, rows=30):
        for path in self.folder.glob("*.ndjson"):
            path.unlink()
        for number in numbers:
            records = [{"id": i * (number + 1), "t": f"from {number % 2}", "n": i % 9, "tags": [f"t{number}{k}" for k in range(i % 4)]} for i in range(rows)]
            records[5]["tags"] = ["good", "much too long"]
            (self.folder / f"{number}.ndjson").write_text("".join(json.dumps(record) + "\n" for record in records))

    def beginning(self):
        self.target.reset()
        if self.mode == "replace_rows":  # earlier versions of the files
            self.write_files(range(2), rows=20)
            run(self.pipeline, self.target).ok()
            self.write_files(range(2))
            return self.target
        self.target.execute(f"create table {TABLE} (id integer{' primary key' if self.mode in KEYED else ''}, t text, n integer);"
                            "create table tags (id integer, pos integer, tag text);"
                            f"insert into {TABLE} values (1, 'old', 1), (1000, 'stays', 1); insert into tags values (1, 0, 'old'), (1000, 0, 'stays')")
        if self.mode in ("upsert", "merge_delete"):  # rows that are there, the same or with other children
            self.write_files([0])
            run(self.pipeline, self.target).ok()
            self.write_files([2, 3])
        return self.target

    def must_pass(self, steps):
        super().must_pass(steps)
        assert self.mode not in ("upsert", "merge_delete") or any("children_deleted" in step for step in steps), steps

    def state(self):
        """Without lineage."""
        return self.target.state(TABLE, columns="id,t,n") | {"tags": self.target.table_hash("tags", "id,pos,tag")}


class ReplayCase(LoadedCase):
    """Rejects of three files, mended, of which some are refused once more."""

    def beginning(self):
        target = super().beginning()
        exported = [json.loads(line) for line in ingot("rejects", "export", target.url).ok().out.splitlines()]
        self.mended = self.folder / "mended.ndjson"
        self.mended.write_text("".join(json.dumps({"id": r["id"], "raw": f"{2000 + r['id']},mended,{r['id'] if r['id'] % 3 else 'x'}"})
                                       + "\n" for r in exported))
        return target

    def must_pass(self, steps):
        assert "engine.rejects_resolved" in steps, steps

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

    def must_pass(self, steps):
        prefix = "pg" if self.kind == "postgres" else self.kind
        assert {f"{prefix}.cleared", f"{prefix}.forgotten"} <= set(steps), steps

    def call(self, target, env=None):
        return run(self.pipeline, target, "--threads", "2", "--full-refresh", env=env)

    def complete(self, target):
        """Killed before its plan was stored, it has to be said again."""
        rerun(self.pipeline, target)
        if target.value("select count(*) from ingot.plans where kind = 'refresh'") == 0:
            self.call(target).ok()


class AlterCase(Case):
    """The table is altered with the first rows: a column renamed, one widened, and one added for a field that is new (drift: add)."""

    def __init__(self, folder, kind, mode, new_target, scope="unit"):
        super().__init__(folder, kind, mode, scope, new_target)
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


class InferCase(Killed):
    """Nobody has declared columns: they are inferred, and kept with the plan."""

    def __init__(self, folder, kind, mode, new_target):
        self.kind, self.mode, self.target = kind, mode, new_target(kind)
        self.folder = Path(folder) / f"{type(self).__name__}-{kind}-{mode}"
        self.folder.mkdir()
        self.pipeline = self.folder / "p.yaml"
        key = ", key: id" if mode in KEYED else ""
        self.pipeline.write_text(f"from: '*.ndjson'\nto: {{ table: {TABLE}, mode: {mode}{key} }}\nmax_rejects: 50%\ndrift: add\n")
        for number in range(3):
            self.write(number)

    def write(self, number, **more):
        """`more`: what each record also has, by its number; a text for a number is a reject once the column is a number."""
        records = [{"id": i * (number + 1), "t": f"from {number}", "n": i} | {name: value(i) for name, value in more.items()} for i in range(40)]
        (self.folder / f"{number}.ndjson").write_text("".join(json.dumps(record) + "\n" for record in records))

    def beginning(self):
        self.target.reset()
        return self.target

    def state(self):
        kept = self.target.query("select contract from ingot.contracts order by contract")
        return self.target.state(TABLE) | {"kept": kept, "columns": self.target.columns(TABLE)}


class GrowCase(InferCase):
    """Behind a load come files with further fields (drift: add), of which each has another; values of the first column that was added
    are rejects where they do not fit what the first load has settled."""

    def beginning(self):
        for number in range(3, 6):
            (self.folder / f"{number}.ndjson").unlink(missing_ok=True)
        target = super().beginning()
        run(self.pipeline, target).ok()
        self.write(3, n=lambda i: i if i % 7 else "seven", price=lambda i: i + 0.25)
        self.write(4, day=lambda i: f"2024-01-{i % 28 + 1:02}")
        self.write(5, price=lambda i: i, size=lambda i: None if i % 2 else i)
        return target

    def must_pass(self, steps):
        super().must_pass(steps)
        assert {"price", "day", "size"} <= set(self.target.columns(TABLE)), self.target.columns(TABLE)


class LoadCase(InferCase):
    """`ingot load`, which has no pipeline but what it makes of its arguments: whoever repeats it goes on with what was kept."""
    saved = False

    def __init__(self, folder, kind, mode, new_target):
        super().__init__(folder, kind, mode, new_target)
        self.save = self.folder / "saved.yaml"

    def load(self, target, *args, env=None):
        key = ("--key", "id") if self.mode in KEYED else ()
        return ingot("load", "--json", "2.ndjson", target.url, "--table", TABLE, *key, *args, env=env, cwd=self.folder)

    def call(self, target, env=None):
        return self.load(target, *(("--save", self.save) if self.saved else ()), env=env)

    def beginning(self):
        self.save.unlink(missing_ok=True)
        return super().beginning()

    def complete(self, target):
        """As its user would: what was saved is run, else the same is said again."""
        until_free(lambda: run(self.save, target) if self.save.exists() else self.call(target)).ok()

    def changes_nothing_more(self, target):
        again = run(self.save, target) if self.save.exists() else self.call(target)
        return again.ok().json["state"] == "nothing_new"


class SaveCase(LoadCase):
    """`ingot load --save`. What was saved before the plan was stored declares its columns: the ledger then keeps none."""
    saved = True

    def state(self):
        return {part: found for part, found in super().state().items() if part != "kept"}


class UndoCase(LoadedCase):
    """What was appended is taken back."""
    options = ", lineage: true"

    def __init__(self, folder, kind, new_target):
        super().__init__(folder, kind, "append", new_target)

    def beginning(self):
        target = super().beginning()
        run(self.pipeline, target, "--set", "from.new=all").ok()
        return target

    def must_pass(self, steps):
        assert {"undo.run_begun", "undo.deleted", "undo.recorded", "undo.committed"} <= set(steps), steps

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


@dataclass
class Row:
    """What came of a case: the names of the steps at which it was killed, and of those after which something was wrong, with what."""
    killed: list
    wrong: list = field(default_factory=list)


def try_every_step(case, numbers=first_and_last):
    """Returns a Row. `numbers` chooses those of a run's steps at which it is killed: of the ten commits of a run the tests take the
    first and the last, the program takes all."""
    expected = case.uninterrupted().state()
    steps = case.steps()
    case.must_pass(steps)
    chosen = case.to_kill(steps, numbers)
    row = Row([steps[number - 1] for number in chosen])
    for number in chosen:
        target = case.killed_at(number)
        case.complete(target)
        target.books_reconcile()
        wrong = difference(expected, case.state())
        if wrong or not case.changes_nothing_more(target):
            row.wrong.append((steps[number - 1], wrong or "there was more to do"))
    return row


def every_case():
    """The cases of the page, by the words of their rows: functions of a folder and of what makes targets."""
    def of(type_, *args, **options):
        return lambda folder, new_target: type_(folder, *args, new_target, **options)

    cases = {(kind, mode, scope): of(Case, kind, mode, scope) for kind, mode, scope in CASES}
    for mode, scope, partitioned in FILES_CASES:
        cases["files", mode + (" of partitions" if partitioned else ""), scope] = of(FilesCase, mode, scope, partitioned=partitioned)
    for mode in ("append", "upsert"):
        cases["postgres", mode, "part, 3 connections"] = of(ConnectionsCase, mode)
    for kind in KINDS:
        for mode in ("append", *KEYED):
            if mode != "replace":
                cases[kind, f"replay of {mode}", "unit"] = of(ReplayCase, kind, mode)
        for mode in ("append", "upsert"):
            cases[kind, f"refresh of {mode}", "unit"] = of(RefreshCase, kind, mode)
        for mode in CHILDREN_MODES:
            cases[kind, f"children, {mode}", "run" if mode == "replace" else "unit"] = of(ChildrenCase, kind, mode)
        for mode, scope in (("append", "unit"), ("upsert", "unit"), ("upsert", "part")):
            cases[kind, f"{mode}, the table altered", scope] = of(AlterCase, kind, mode, scope=scope)
        cases[kind, "upsert, columns inferred", "unit"] = of(InferCase, kind, "upsert")
        for mode in ("append", "upsert"):
            cases[kind, f"{mode}, columns added", "unit"] = of(GrowCase, kind, mode)
        cases[kind, "ingot load", "unit"] = of(LoadCase, kind, "upsert")
        cases[kind, "ingot load --save", "unit"] = of(SaveCase, kind, "append")
        cases[kind, "undo of append", "unit"] = of(UndoCase, kind)
    return cases


# What the page has and the tests leave out, unless they are to leave rows (INGOT_CRASH_ROWS): others go the same way.
PAGE_ONLY = {("files", "append", "part"), ("files", "replace", "run"), ("duckdb", "children, append", "unit"),
             ("postgres", "children, merge_delete", "unit"), ("duckdb", "upsert, the table altered", "part"), ("duckdb", "children, replace_rows", "unit"),
             *((kind, f"replay of {mode}", "unit") for kind in KINDS for mode in ("insert_new", "merge_delete")),
             *((kind, "children, replace", "run") for kind in KINDS)}


def cases_to_test():
    return [words for words in every_case() if words not in PAGE_ONLY or "INGOT_CRASH_ROWS" in os.environ]


def name_of(words):
    """The words of a row as one, for files and tests."""
    return "-".join(re.sub(r"\W+", "_", word) for word in words)


def try_case(words, folder, new_target, numbers=first_and_last):
    """One case of the page, by the words of its row."""
    return try_every_step(every_case()[words](folder, new_target), numbers)


def leave_row(words, row):
    """In the folder that INGOT_CRASH_ROWS names, if it does: a file for each case, whoever else leaves some there."""
    if folder := os.environ.get("INGOT_CRASH_ROWS"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        (Path(folder) / f"{name_of(words)}.json").write_text(json.dumps({"killed": row.killed, "wrong": row.wrong}))


def read_rows(folder):
    """What the tests have left. A page of some of the cases would look like one of all."""
    files = {words: folder / f"{name_of(words)}.json" for words in every_case()}
    missing = [" ".join(words) for words, file in files.items() if not file.exists()]
    if missing:
        sys.exit(f"no row in {folder} of:\n  " + "\n  ".join(missing))
    return {words: Row(**json.loads(file.read_text())) for words, file in files.items()}


INTRODUCTION = """# The crash matrix

Made by `{command}`.

The program kills itself (SIGKILL) at {which} of its steps; then the pipeline is run again. The table's rows, those of a model (a
table synced by key), the ledger's units with their counts, and the rejects with their addresses and bytes must equal those of an uninterrupted
run, and one more run must find nothing new. (The same at random moments: `test_killed_at_random_moments`.)

The input: three files (one of them gzip) with keys in common and rejects of several kinds; under `part` two of them are cut in two. Append begins
with an empty database, replace_rows (`from.overwritten`) with earlier versions of the files loaded, the other modes with a table that has rows and
a constraint. Replay begins with what these leave, and loads their rejects again, mended, of which some are refused once more; undo takes back the
second of two loads; refresh loads everything again in the place of rows that others have changed. *The table altered*: a column is renamed, one widened and one
added with the first rows. *Columns inferred*, *added*: nobody has declared any, and files with further fields follow (`drift: add`). Of folders, what is to be
seen at each kill is committed, and whole.
"""
BY_TESTS = {"command": "INGOT_CRASH_ROWS=DIR python3 -m pytest -n 2 tests/e2e/test_crash_matrix.py; tests/crash_matrix.py --from DIR --write docs/crash-matrix.md",
            "which": "the first and the last passing of each"}
ALONE = {"command": "tests/crash_matrix.py --write docs/crash-matrix.md", "which": "every passing of each"}


def markdown(rows, how):
    text = [INTRODUCTION.format(**how), "| target | what | commit | kills | wrong |", "|---|---|---|--:|--:|"]
    kills, wrong = collections.Counter(), collections.Counter()
    for (kind, what, scope), row in rows.items():
        text.append(f"| {kind} | {what} | {scope} | {len(row.killed)} | {len(row.wrong)} |")
        kills.update(row.killed)
        wrong.update(step for step, _ in row.wrong)
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
        rows = {}
        for words in list(every_case())[share::of]:
            rows[words] = try_case(words, folder, new_target, every)
            print(*words, len(rows[words].killed), *rows[words].wrong, file=sys.stderr, flush=True)
        return rows
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def try_all(processes):
    assert ingot("--version").code == 0
    with multiprocessing.Pool(processes) as pool:
        shares = pool.starmap(try_cases, [(share, processes) for share in range(processes)])
    rows = {words: row for share in shares for words, row in share.items()}
    return {words: rows[words] for words in every_case()}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", type=Path, required=True, help="the page to write")
    parser.add_argument("--from", type=Path, dest="folder", help="a folder of rows that the tests have left (INGOT_CRASH_ROWS)")
    parser.add_argument("--processes", type=int, default=2)
    arguments = parser.parse_args()
    rows, how = (read_rows(arguments.folder), BY_TESTS) if arguments.folder else (try_all(arguments.processes), ALONE)
    arguments.write.write_text(markdown(rows, how))
    wrong = [f"{' '.join(words)}: {step}: {what}" for words, row in rows.items() for step, what in row.wrong]
    print("\n".join(wrong) or f"{arguments.write} written", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
