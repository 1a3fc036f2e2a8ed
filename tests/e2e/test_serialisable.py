"""Others write the same keys while a load is under way: what is left, and what was counted, is that of some order of the transactions
one after the other.

The other writers lock what they read; all they saw and left is written down by themselves (no trigger sees it). Statements of the load
are delayed at their beginning and their end, so that others get between. INGOT_TEST_SCALE=50 is for a night, INGOT_TEST_SEED=… repeats.
"""
import itertools
import os
import random
import threading
import time

import psycopg2
import pytest

from ingot_program import run
from serial_order import Load, Write, explain, load_effect

KEYS = 24
SLOW = """create function dawdle() returns trigger language plpgsql as $$ begin
    if current_setting('application_name') <> 'writer' then perform pg_sleep(random() * 0.008); end if; return null; end $$;
create trigger dawdle_before before insert or update or delete on p for each statement execute function dawdle();
create trigger dawdle_after after insert or update or delete on p for each statement execute function dawdle();"""
TABLES = {"plain": "create table p (id integer primary key, v text)",
          "scd2": "create table p (id integer, v text, valid_from timestamptz, valid_to timestamptz, primary key (id, valid_from)); "
                  "create unique index on p (id) where valid_to is null"}
# Every keyed mode under every scope that it has, by one connection; and by three, which load ahead of one another.
CASES = [("upsert", "unit", "merge", 1), ("upsert", "unit", "fetch", 1), ("upsert", "run", "merge", 1), ("upsert", "run", "fetch", 1), ("upsert", "part", "merge", 1),
         ("upsert", "part", "fetch", 1), ("insert_new", "unit", None, 1), ("insert_new", "run", None, 1), ("insert_new", "part", None, 1),
         ("merge_delete", "unit", None, 1), ("merge_delete", "run", None, 1), ("merge_delete", "part", None, 1), ("scd2", "unit", None, 1), ("scd2", "run", None, 1),
         ("upsert", "unit", "merge", 3), ("upsert", "part", "merge", 3), ("insert_new", "part", None, 3), ("merge_delete", "part", None, 3), ("scd2", "unit", None, 3)]


class Writer(threading.Thread):
    """One session that changes some keys at a time, and writes down what it has committed."""

    def __init__(self, url, name, seed, offers, versions):
        super().__init__(daemon=True)
        self.dice, self.label, self.offers, self.versions = random.Random(seed), name, offers, versions
        self.current = " and valid_to is null" if versions else ""
        self.connection = psycopg2.connect(url, application_name="writer")
        self.stopped, self.committed, self.error = threading.Event(), [], None

    def run(self):
        try:
            for number in itertools.count():
                if self.stopped.is_set():
                    break
                try:
                    self.transaction(f"{self.label}.{number}")
                except (psycopg2.errors.DeadlockDetected, psycopg2.errors.UniqueViolation):
                    self.connection.rollback()
        except Exception as error:  # is told by the test
            self.error = error
        finally:
            self.connection.close()

    def transaction(self, name):
        done = Write(name)
        with self.connection.cursor() as cursor:
            for key in self.dice.sample(range(KEYS), self.dice.choice((1, 2, 2, 3, 4))):
                if not self.change(cursor, key, done):
                    self.connection.rollback()  # somebody inserted the key that was not there
                    return
                if self.dice.random() < 0.3:
                    time.sleep(self.dice.random() * 0.004)
        self.connection.commit()
        self.committed.append(done)

    def change(self, cursor, key, done):
        cursor.execute(f"select v from p where id = %s{self.current} for update", (key,))
        row = cursor.fetchone()
        done.seen[key] = row and row[0]
        value = self.dice.choice([done.name, done.name, *self.offers.get(key, [done.name])])
        if row is None:
            columns, more, which = ("id, v, valid_from", ", clock_timestamp()", " where valid_to is null") if self.versions else ("id, v", "", "")
            cursor.execute(f"insert into p ({columns}) values (%s, %s{more}) on conflict (id){which} do nothing", (key, value))
            if cursor.rowcount == 0:
                return False
            done.left[key] = value
            return True
        what = self.dice.random()
        if what < 0.6:
            cursor.execute(f"update p set v = %s where id = %s{self.current}", (value, key))
            done.left[key] = value
        elif what < 0.9:
            cursor.execute(f"delete from p where id = %s{self.current}", (key,))
            done.left[key] = None
        return what >= 0.9 or cursor.rowcount == 1  # else it has only read


class Versions:
    """Another writer's transaction where the table keeps versions: it knows of the current row only."""

    def __init__(self, write):
        self.name, self.write = write.name, write

    def apply(self, table):
        now = {key: table[key][0] for key in self.write.seen if key in table}
        if self.write.apply(now) is None:
            return None
        after = {key: (value, table.get(key, (None, ()))[1]) for key, value in self.write.left.items()}
        return {key: versions if any(versions) else None for key, versions in after.items()}


def make_files(folder, dice, mode, scope):
    """Files with keys in common; by name their records, with the byte at which each begins."""
    files = {}
    for number in range(1 if scope == "part" else 4 if scope == "run" else 6):
        text, records = "id,v\n", []
        for _ in range(dice.randint(KEYS // 2, KEYS) * (30 if scope == "part" else 1)):
            key, value = dice.randrange(KEYS), f"f{number}" if dice.random() < 0.7 else "f"
            if mode in ("merge_delete", "scd2") and dice.random() < 0.2:
                value = "gone"
            records.append((len(text), key, None if value == "gone" else value))
            text += f"{key},{value}\n"
        name = f"{number}.csv"
        folder.write(name, text)
        files[name] = records
    return files


def keep_of(mode, scope):
    """Which record of a key stays: with parts the one that earlier parts have settled."""
    return "first" if mode == "insert_new" and scope == "part" else "last"


def write_pipeline(folder, mode, scope, unchanged, connections):
    more = {"merge_delete": ", delete_when: v = 'gone'", "scd2": ", delete_when: v = 'gone'"}.get(mode, "")
    more += f", unchanged: {unchanged}" if unchanged else ""
    more += ", part_size: 1KiB" if scope == "part" else ""
    more += ", keep: first" if keep_of(mode, scope) == "first" else ""
    more += f", connections: {connections}" if connections > 1 else ""
    return folder.pipeline("from: { path: '*.csv', delimiter: ',' }\ncolumns: { id: integer, v: text }\n"
                           f"to: {{ table: p, mode: {mode}, key: id, commit: {scope}{more} }}\n")


def loads(postgres, files, mode, scope):
    """The program's transactions, as its ledger says."""
    rows = postgres.query("select name, part, from_byte, to_byte, inserted, updated, unchanged, duplicate from ingot.units order by unit, part")
    made = []
    for name, part, begin, end, *counts in rows:
        records = [(key, value) for at, key, value in files[name] if begin <= at < end]
        made.append((f"{name}/{part}", records, dict(zip(("inserted", "updated", "unchanged", "duplicate"), counts))))
    if scope == "run":
        made = [("+".join(name for name, _, _ in made), *zip(*(rest for _, *rest in made)))]
    else:
        made = [(name, [records], [counts]) for name, records, counts in made]
    return [Load(name, load_effect(mode, list(units), keep_of(mode, scope)), list(counts)) for name, units, counts in made]


def table_of(postgres, versions):
    if not versions:
        return dict(postgres.query("select id, v from p"))
    state = {}
    for key, value, closed in postgres.query("select id, v, valid_to is not null from p order by id, v"):
        row, ended = state.get(key, (None, ()))
        state[key] = (row, (*ended, value)) if closed else (value, ended)
    return state


def history_is_sound(postgres):
    """No version ends before it begins, nor begins before the one ahead of it has ended."""
    assert postgres.query("select id, valid_from, valid_to from (select *, lag(valid_to) over (partition by id order by valid_from) as before "
                          "from p) v where valid_to < valid_from or before > valid_from") == []


def one_round(folder, postgres, mode, scope, unchanged, connections, seed):
    dice, versions = random.Random(seed), mode == "scd2"
    postgres.execute(TABLES["scd2" if versions else "plain"])
    with_begin = (", valid_from", ", '2020-01-01'") if versions else ("", "")
    for key in dice.sample(range(KEYS), KEYS // 2):
        postgres.execute(f"insert into p (id, v{with_begin[0]}) values (%s, %s{with_begin[1]})", (key, dice.choice(["old", "f", "f1"])))
    postgres.execute(SLOW + f"alter database {postgres.database} set deadlock_timeout = '10ms'")
    files = make_files(folder, dice, mode, scope)
    pipeline = write_pipeline(folder, mode, scope, unchanged, connections)
    offers = {}
    for records in files.values():
        for _, key, value in records:
            if value is not None:
                offers.setdefault(key, []).append(value)
    before = table_of(postgres, versions)
    writers = [Writer(postgres.url, f"w{n}", dice.random(), offers, versions) for n in range(2)]
    for writer in writers:
        writer.start()
    done = run(pipeline, postgres)
    for writer in writers:
        writer.stopped.set()
    for writer in writers:
        writer.join()
        assert writer.error is None, writer.error
    done.ok()
    postgres.books_reconcile()
    if versions:
        history_is_sound(postgres)
    mine = loads(postgres, files, mode, scope)
    theirs = [[Versions(write) if versions else write for write in writer.committed] for writer in writers]
    return before, [mine, *theirs], table_of(postgres, versions)


@pytest.mark.parametrize("mode, scope, unchanged, connections", CASES)
def test_loads_and_other_writers_have_an_order(folder, postgres, scale, mode, scope, unchanged, connections):
    seed = int(os.environ.get("INGOT_TEST_SEED", random.randrange(10**9)))
    print(f"INGOT_TEST_SEED={seed}")
    for number in range(max(1, int(scale))):
        before, sessions, after = one_round(folder, postgres, mode, scope, unchanged, connections, seed + number)
        assert explain(before, sessions, after) is not None, (
            f"no order of the transactions explains what round {number} of seed {seed} left\nbefore: {before}\nafter: {after}\n"
            + "\n".join(f"{t.name}: {vars(t)}" for session in sessions for t in session))
        postgres.reset()


def test_the_checker_sees_what_it_must():
    """Made-up histories: what an update without a second look would leave, lost updates, wrong counts."""
    load = lambda *counts: [Load("load", load_effect("upsert", [[(1, "f"), (2, "f")]]),
                                 [dict(zip(("inserted", "updated", "unchanged", "duplicate"), counts))])]
    theirs = [Write("w", {1: "f", 2: "b"}, {1: "x", 2: "y"})]
    before = {1: "f", 2: "b"}
    assert explain(before, [load(0, 1, 1, 0), theirs], {1: "x", 2: "f"}) is None  # each has half
    assert explain(before, [load(0, 2, 0, 0), theirs], {1: "f", 2: "f"}) == ["w", "load"]
    assert explain(before, [load(0, 1, 1, 0), theirs], {1: "f", 2: "f"}) is None  # the counts are those of before
    blind = [Write("w", {}, {1: "x", 2: "y"})]
    assert explain(before, [load(0, 1, 1, 0), blind], {1: "x", 2: "y"}) == ["load", "w"]
    assert explain(before, [load(0, 1, 1, 0), blind], {1: "f", 2: "y"}) is None
    twice = lambda keep, *counts: [Load("load", load_effect("insert_new", [[(1, "a"), (1, "b")]], keep),
                                        [dict(zip(("inserted", "updated", "unchanged", "duplicate"), counts))])]
    assert explain({}, [twice("first", 1, 0, 0, 1)], {1: "a"}) == ["load"] and explain({}, [twice("first", 1, 0, 0, 1)], {1: "b"}) is None
    assert explain({}, [twice("last", 1, 0, 0, 1)], {1: "b"}) == ["load"]
    swap = [Write("w", {1: "f", 2: None}, {1: None, 2: "y"})]  # a key goes and another comes: as many rows as before
    assert explain({1: "f"}, [load(1, 0, 1, 0), swap], {1: "f", 2: "y"}) is None
    assert explain({1: "f"}, [load(1, 1, 0, 0), swap], {1: "f", 2: "f"}) == ["w", "load"]
