"""Rows that Postgres holds already: the table is read first, and only what is new or different is sent."""
import threading
import time

import psycopg2
import pytest

from ingot_program import run

COLUMNS = ("{ id: bigint, t: text, v: varchar(9), n: 'numeric(10,2)', f: double precision, b: boolean, d: date, at: timestamp, "
           "z: timestamptz, u: uuid }")
TABLE = ("create table p (id bigint primary key, t text, v varchar(9), n numeric(10,2), f double precision, b boolean, d date, "
         "at timestamp, z timestamptz, u uuid)")


def row(i, t=None):
    return (f"{i},{t or f'text {i}'},v{i},{i}.{i % 100:02},{i}e-3,{'true' if i % 2 else 'false'},2026-01-{i % 28 + 1:02},"
            f"2026-01-01 00:00:00.{i:06},2026-01-01 00:00:00+02,00000000-0000-0000-0000-{i:012}\n")


HEAD = "id,t,v,n,f,b,d,at,z,u\n"


def pipeline(folder, text, to="mode: upsert, key: id", files=("in.csv",)):
    for file in files:
        folder.write(file, text if isinstance(text, str) else text[file])
    return folder.pipeline(f"from: {{ path: [{', '.join(files)}], new: all }}\ncolumns: {COLUMNS}\nto: {{ table: p, {to} }}\n")


def planned(file, postgres):
    from ingot_program import ingot
    return ingot("plan", "--json", file, "--set", f"to.connection={postgres.url}").ok().json["unchanged"]


def xmins(postgres):
    return dict(postgres.query("select id, xmin::text from p"))


def test_a_second_load_writes_only_what_differs(folder, postgres):
    postgres.execute(TABLE)
    rows = [row(i) for i in range(2000)]
    file = pipeline(folder, HEAD + "".join(rows))
    assert planned(file, postgres) == "merge"
    assert run(file, postgres).ok().counts["inserted"] == 2000
    before = xmins(postgres)
    assert planned(file, postgres) == "fetch"
    assert run(file, postgres).ok().counts["unchanged"] == 2000
    assert xmins(postgres) == before
    rows[7], rows[1999] = row(7, "other"), row(5000)
    pipeline(folder, HEAD + "".join(rows) + row(3, "lost") + row(3))
    counts = run(file, postgres).ok().counts
    assert counts == {"read": 2002, "inserted": 1, "updated": 1, "unchanged": 1998, "filtered": 0, "duplicate": 2,
                      "rejected": 0}
    after = xmins(postgres)
    assert {i for i in before if after[i] != before[i]} == {7}
    assert postgres.query("select id, t from p where id in (3, 7, 5000) order by 1") == [
        (3, "text 3"), (7, "other"), (5000, "text 5000")]


def test_null_is_not_the_empty_text(folder, postgres):
    postgres.execute(TABLE)
    file = pipeline(folder, HEAD + "1,,,,,,,,,\n", "mode: upsert, key: id, unchanged: fetch")
    postgres.execute("insert into p (id, t, v) values (1, null, '')")
    assert run(file, postgres).ok().counts["updated"] == 1
    assert run(file, postgres).ok().counts["unchanged"] == 1
    assert postgres.query("select t, v, n from p") == [("", "", None)]


def test_counts_are_kept_by_file(folder, postgres):
    postgres.execute(TABLE)
    texts = {"a.csv": HEAD + "".join(row(i) for i in range(100)), "b.csv": HEAD + "".join(row(i) for i in range(100, 150))}
    file = pipeline(folder, texts, "mode: upsert, key: id, commit: run", tuple(texts))
    run(file, postgres).ok()
    texts["b.csv"] += row(120, "new") + row(999)
    pipeline(folder, texts, "mode: upsert, key: id, commit: run", tuple(texts))
    run(file, postgres).ok()
    assert postgres.query("select name, inserted, updated, unchanged, duplicate from ingot.units where plan = 2 order by 1") == [
        ("a.csv", 0, 0, 100, 0), ("b.csv", 1, 1, 49, 1)]


@pytest.mark.parametrize("how", ["fetch", "merge"])
def test_a_refused_row_and_its_unchanged_neighbours(folder, postgres, how):
    postgres.execute(TABLE.replace("t text", "t text check (t <> 'bad')"))
    rows = [row(i) for i in range(50)]
    file = pipeline(folder, HEAD + "".join(rows), f"mode: upsert, key: id, unchanged: {how}")
    run(file, postgres).ok()
    rows[10], rows[20] = row(10, "bad"), row(20, "good")
    pipeline(folder, HEAD + "".join(rows), f"mode: upsert, key: id, unchanged: {how}")
    counts = run(file, postgres).ok().counts
    assert (counts["unchanged"], counts["updated"], counts["rejected"]) == (48, 1, 1)
    assert postgres.query("select line, code from ingot.rejects") == [(12, "constraint")]


def test_a_long_text_is_compared_by_the_server(folder, postgres):
    postgres.execute(TABLE)
    file = pipeline(folder, HEAD + row(1, "x" * 2_000_000) + row(2), "mode: upsert, key: id, unchanged: fetch")
    run(file, postgres).ok()
    assert run(file, postgres).ok().counts["unchanged"] == 2


@pytest.mark.parametrize("how", ["fetch", "merge"])
def test_who_writes_meanwhile_is_not_overlooked(folder, postgres, how):
    """Another transaction changes rows after the table was read, or the stage compared with it: that view does not hold, and it is done again."""
    postgres.execute(TABLE)
    rows = [row(i) for i in range(500)]
    file = pipeline(folder, HEAD + "".join(rows), f"mode: upsert, key: id, unchanged: {how}")
    run(file, postgres).ok()
    rows[5] = row(5, "mine")
    pipeline(folder, HEAD + "".join(rows), f"mode: upsert, key: id, unchanged: {how}")
    other = psycopg2.connect(postgres.url)
    with other.cursor() as cursor:
        cursor.execute("update p set t = 'theirs' where id in (5, 6)")  # not committed yet: the load will wait for row 5

    def commit_when_waited_for():
        for _ in range(200):
            if postgres.value("select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"):
                break
            time.sleep(0.05)
        other.commit()

    thread = threading.Thread(target=commit_when_waited_for)
    thread.start()
    counts = run(file, postgres).ok().counts
    thread.join()
    other.close()
    # As if theirs had come first and the load after it: both rows are the load's.
    assert postgres.query("select id, t from p where id in (5, 6) order by 1") == [(5, "mine"), (6, "text 6")]
    assert (counts["updated"], counts["unchanged"]) == (2, 498)


def test_unchanged_has_three_ways(folder, postgres):
    postgres.execute(TABLE)
    file = pipeline(folder, HEAD + row(1), "mode: upsert, key: id, unchanged: never")
    run(file, postgres).failed("invalid_pipeline", "never", "fetch")
