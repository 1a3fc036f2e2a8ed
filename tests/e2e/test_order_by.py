"""order_by: the column decides which record of a key is the later one, within a commit and across commits."""
import itertools

import psycopg2
import pytest

from ingot_program import run
from test_modes import counts, plan, while_waited_for
from test_scd2 import versions

COLUMNS = "columns: { id: integer, t: text, seen: timestamptz, n: integer }\n"
UPSERT = "mode: upsert, key: id, order_by: seen"


def pipeline(folder, to=UPSERT, head=""):
    return folder.pipeline(f"from: '*.csv'\n{head}{COLUMNS}to: {{ table: t, {to} }}\n")


def line(key, text, minute, n=1):
    return f"{key},{text},2024-01-01T00:{minute:02}:00Z,{n}\n" if minute is not None else f"{key},{text},,{n}\n"


def write(folder, name, *records):
    folder.write(name, "id,t,seen,n\n" + "".join(line(*r) for r in records))


def make(target, constraint, key=", primary key (id)"):
    target.execute(f"create table t (id integer, t text, seen timestamptz, n integer{key}{constraint})")


@pytest.mark.parametrize("constraint", [None, "", ", check (n >= 0)"])
def test_the_latest_record_stays(folder, target, constraint):
    """`constraint`: the table is made by Ingot, by somebody else, and so that a row may be refused: it comes to the same."""
    if constraint is not None:
        make(target, constraint)
    p = pipeline(folder)
    # In one file; equal ones in the order of reading.
    write(folder, "1.csv", (1, "b", 2), (1, "c", 3), (1, "a", 1), (2, "x", 5), (2, "y", 5), (3, "q", 9))
    assert "t: upsert by id, the latest by seen" in plan(p, target)
    assert counts(run(p, target)) == {"inserted": 3, "duplicate": 3}
    assert target.rows("t", "id,t") == [("1", "c"), ("2", "y"), ("3", "q")]
    # Across commits: older ones write nothing, equal ones do, the same is the same.
    write(folder, "2.csv", (1, "older", 2), (2, "equal", 5), (3, "q", 9), (4, "new", 0))
    assert counts(run(p, target)) == {"inserted": 1, "updated": 1, "unchanged": 1, "duplicate": 1}
    write(folder, "3.csv", (1, "oldest", 0), (1, "d", 4), (1, "old", 1), (4, "older", 0), (4, "newer", 1))
    write(folder, "4.csv", (1, "old again", 3), (4, "newest", 2))
    assert counts(run(p, target)) == {"updated": 3, "duplicate": 4}
    assert target.rows("t", "id,t") == [("1", "d"), ("2", "equal"), ("3", "q"), ("4", "newest")]
    assert target.query("select unit, updated, duplicate from ingot.units where plan = 3 order by 1") == [(0, 2, 3), (1, 1, 1)]
    target.books_reconcile()


@pytest.mark.parametrize("scope", ["unit", "run"])
def test_in_whatever_order_the_files_come(folder, fresh, scope):
    records = {"a": ((1, "a", 1), (2, "a", 8), (3, "a", 4)), "b": ((1, "b", 5), (2, "b", 2), (4, "b", 3)), "c": ((1, "c", 3), (3, "c", 6), (4, "c", 9))}
    for kind in ("duckdb", "postgres"):
        target = fresh(kind)
        for order in itertools.permutations("abc"):
            target.reset()
            for place, name in enumerate(order):
                write(folder, f"{place}.csv", *records[name])
            run(pipeline(folder, f"{UPSERT}, commit: {scope}"), target).ok()
            assert target.rows("t", "id,t") == [("1", "b"), ("2", "a"), ("3", "c"), ("4", "c")], order
            target.books_reconcile()


def test_a_record_without_a_place_in_the_order(folder, target):
    make(target, "")
    target.execute("insert into t values (1, 'there before', null, 1), (2, 'there before', '2024-01-01 00:30:00+00', 1)")
    write(folder, "1.csv", (1, "a", 1), (2, "b", None), (3, "c", None))
    assert counts(run(pipeline(folder, head="max_rejects: 5\n"), target)) == {"updated": 1, "rejected": 2}
    assert [(r[6], r[8], r[9]) for r in target.rejects()] == [(3, "seen", "missing"), (4, "seen", "missing")]
    assert target.rows("t", "id,t") == [("1", "a"), ("2", "there before")]


def test_refused_rows(folder, target):
    """What writes nothing cannot be refused; where the latest is, the next one stands."""
    make(target, ", check (n >= 0)")
    target.execute("insert into t values (1, 'late', '2024-01-01 00:30:00+00', 1), (2, 'early', '2024-01-01 00:00:00+00', 1), (5, 'early', '2024-01-01 00:00:00+00', 1)")
    write(folder, "1.csv", (1, "outdated", 1, -1), (2, "bad", 9, -1), (2, "good", 5), (2, "worse", 3), (3, "bad", 1, -1), (4, "ok", 1), (5, "bad", 1, -1))
    assert counts(run(pipeline(folder, head="max_rejects: 5\n"), target)) == {"inserted": 1, "updated": 1, "duplicate": 2, "rejected": 3}
    assert target.rows("t", "id,t") == [("1", "late"), ("2", "good"), ("4", "ok"), ("5", "early")]
    assert [r[6] for r in target.rejects()] == [3, 6, 8]


def test_scd2_takes_no_version_that_comes_too_late(folder, target):
    p = pipeline(folder, "mode: scd2, key: id, order_by: seen")
    write(folder, "1.csv", (1, "b", 2), (1, "a", 1), (2, "x", 1))
    write(folder, "2.csv", (1, "too late", 1), (1, "d", 4), (1, "c", 3), (2, "x", 1))
    write(folder, "3.csv", (1, "too late", 3), (2, "y", 2))
    assert counts(run(p, target)) == {"inserted": 2, "updated": 2, "unchanged": 1, "duplicate": 4}
    assert versions(target) == {1: "b-d*", 2: "x-y*"}


def test_several_tables(folder, target):
    folder.write("1.ndjson", "".join('{"k":"%s","id":1,"n":%d}\n' % r for r in [("x", 2), ("y", 2), ("x", 3), ("y", 3), ("x", 1), ("y", 1)]))
    p = folder.pipeline("""
from: "*.ndjson"
tables:
  xs: { when: k = 'x', order_by: n, columns: { id: integer, n: integer } }
  ys: { when: k = 'y', columns: { id: integer, n: integer } }
to: { mode: upsert, key: id }
""")
    assert counts(run(p, target)) == {"inserted": 2, "duplicate": 4}
    folder.write("2.ndjson", '{"k":"x","id":1,"n":2}\n{"k":"y","id":1,"n":2}\n')
    assert counts(run(p, target)) == {"updated": 1, "duplicate": 1}
    assert (target.rows("xs", "n"), target.rows("ys", "n")) == ([("3",)], [("2",)])


@pytest.mark.parametrize("columns, values", [("integer", (9, 10, 2)), ("'numeric(5,2)'", ("9.10", "10.00", "9.9")), ("date", ("2024-02-01", "2024-10-01", "2023-12-31")),
                                             ("double precision", ("9e1", "1e2", "-5")), ("timestamp", ("2024-01-01 09:00:00", "2024-01-01 10:00:00", "2023-01-01 11:00:00"))])
def test_order_is_that_of_the_values_and_not_of_their_text(folder, target, columns, values):
    folder.write("1.csv", "id,v\n" + "".join(f"1,{v}\n" for v in values))
    p = folder.pipeline(f"from: '*.csv'\ncolumns: {{ id: integer, v: {columns} }}\nto: {{ table: t, mode: upsert, key: id, order_by: v }}\n")
    assert counts(run(p, target)) == {"inserted": 1, "duplicate": 2}
    before = target.rows("t")
    folder.write("2.csv", f"id,v\n1,{values[0]}\n1,{values[2]}\n")
    assert counts(run(p, target)) == {"duplicate": 2}
    assert target.rows("t") == before


def test_a_row_that_somebody_makes_later_meanwhile(folder, postgres):
    """The comparison is part of the UPDATE: what another writer commits while it waits is not overwritten."""
    make(postgres, "")
    postgres.execute("insert into t select i, 'old', '2024-01-01 00:00:00+00', 1 from generate_series(0, 9) i")
    write(folder, "1.csv", *((i, "mine", 10) for i in range(10)))
    other = psycopg2.connect(postgres.url)
    with other.cursor() as cursor:
        cursor.execute("update t set t = 'theirs', seen = '2024-01-01 00:20:00+00' where id in (3, 4); update t set t = 'theirs', seen = '2024-01-01 00:05:00+00' where id = 5")
    thread = while_waited_for(postgres, other.commit)
    done = run(pipeline(folder), postgres)
    thread.join()
    other.close()
    assert counts(done) == {"updated": 8, "duplicate": 2}
    assert [r[1] for r in postgres.rows("t", "id,t")] == ["mine"] * 3 + ["theirs"] * 2 + ["mine"] * 5
