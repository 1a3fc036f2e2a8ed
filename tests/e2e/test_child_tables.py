"""Child tables: the elements of an array are rows of a table of their own, which follow their record's row."""
import json
import random
from decimal import Decimal

import psycopg2
import pytest

from ingot_program import finish, ingot, run
from mid_run import backends, start_run, wait_for
from targets import DuckDbTarget

ORDERS = """
from: {{ path: '*.ndjson', format: ndjson }}
max_rejects: 50%
to: {{ {to} }}
tables:
  orders: {{ columns: {{ id: integer required, name: text{more} }} }}
  lines:
    parent: orders
    each: lines
    columns:
      order_id: {{ type: integer, from: record.id }}
      place: {{ type: integer, value: meta.index }}
      sku: text required
      price: "numeric(8,2)"
      notes: "text[]"
      rest: {{ type: json, from: extra }}
  tags: {{ parent: orders, each: deep.tags, columns: {{ order_id: {{ type: integer, value: parent.id }}, tag: {{ type: text, from: item }} }} }}
"""


def pipeline(folder, to="mode: append", more=""):
    return folder.pipeline(ORDERS.format(to=to, more=more))


def ndjson(records):
    return "".join(json.dumps(record, ensure_ascii=len(str(record)) % 2 == 0) + "\n" for record in records)


def order(number, tags=None, lines=None, name="n", **more):
    return {"id": number, "name": name, "deep": {"tags": tags}, "lines": lines, **more}


def tables(target):
    return {"orders": target.rows("orders", "id,name"), "tags": target.rows("tags"), "lines": target.rows("lines", "order_id,place,sku")}


def tags(target):
    return [(int(o), tag) for o, tag in target.rows("tags")]


# Against an independent flattening.

def made_order(dice, number):
    """A record, and whether it is to be rejected."""
    bad = False
    record = {"id": number, "name": "näme \"%d\"" % number, "unknown": [1, {"a": [2]}]}
    kind = dice.randrange(6)
    if kind > 0:
        record["deep"] = {"tags": None} if kind == 1 else {"x": 1} if kind == 2 else {
            "tags": [dice.choice(["a", "long text that is not inlined", "é\n", "\\", None, 7, True]) for _ in range(dice.randrange(5))]}
    if dice.randrange(5) > 0:
        record["lines"] = []
        for _ in range(dice.choice([0, 1, 2, 3, 3, 40])):
            line = {"sku": f"s{dice.randrange(1000)}", "other": {"sku": 1}}
            if dice.randrange(2):
                line["price"] = dice.choice([1, 2.5, "3.25", None])
            if dice.randrange(3) == 0:
                line["notes"] = dice.choice([[], ["x", None, "a \"b\""], None])
            if dice.randrange(3) == 0:
                line["extra"] = dice.choice([1, "x", {"k": [1, 2]}, [], None])
            record["lines"].append(line)
        if record["lines"] and dice.randrange(12) == 0:
            bad = True
            line = dice.randrange(len(record["lines"]))
            if dice.randrange(2):
                record["lines"][line]["price"] = "1.234"
            else:
                del record["lines"][line]["sku"]
    if dice.randrange(25) == 0:
        bad, record["lines"] = True, dice.choice([{"sku": "x"}, "x", 3, [3]])
    return record, bad


def text_of(value):
    return None if value is None else "true" if value is True else str(value)


def flattened(records):
    orders = [(r["id"], r["name"]) for r in records]
    tag_rows = [(r["id"], text_of(tag)) for r in records for tag in (r.get("deep") or {}).get("tags") or []]
    line_rows = [(r["id"], place, line["sku"], None if line.get("price") is None else f"{Decimal(str(line['price'])):.2f}",
                  line.get("notes"), json.dumps(line["extra"]) if line.get("extra") is not None else None)
                 for r in records for place, line in enumerate(r.get("lines") or [])]
    return {"orders": orders, "tags": tag_rows, "lines": line_rows}


def found(target, table, columns):
    return sorted((tuple(row) for row in target.query(f"select {columns} from {table}")), key=repr)


@pytest.mark.parametrize("kind", ["duckdb", "postgres"])
@pytest.mark.parametrize("form", ["ndjson", "json"])
def test_the_rows_are_those_of_a_flattening_in_python(folder, fresh, kind, form):
    dice, target = random.Random(f"children {form}"), fresh(kind)
    made = [made_order(dice, number) for number in range(1500)]
    good = [record for record, bad in made if not bad]
    file = pipeline(folder)
    for part in range(3):
        records = [record for record, _ in made[part * 500:part * 500 + 500]]
        folder.write(f"{part}.{form}", json.dumps(records) if form == "json" else ndjson(records))
    done = run(file, target, "--set", f"from.path=*.{form}", "--set", f"from.format={form}", "--threads", "4").ok()
    expected = flattened(good)
    assert 0 < done.counts["rejected"] == len(made) - len(good)
    assert done.counts["inserted"] == len(good) and done.counts["read"] == len(made)
    assert found(target, "orders", "id, name") == sorted(expected["orders"], key=repr)
    assert found(target, "tags", "order_id, tag") == sorted(expected["tags"], key=repr)
    numbers = [(o, p, s, price, None if notes is None else len(notes), rest) for o, p, s, price, notes, rest in expected["lines"]]
    size = "len(notes)" if kind == "duckdb" else "cardinality(notes)"
    text = "cast(rest as varchar)"
    assert found(target, "lines", f"order_id, place, sku, cast(price as varchar), {size}, {text}") == sorted(numbers, key=repr)
    assert done.json["tables"][[t for t in done.json["tables"] if t.endswith("lines")][0]]["inserted"] == len(expected["lines"])
    target.books_reconcile()


def test_a_bad_element_costs_its_record_and_is_replayed_mended(folder, target):
    """Its path says which element it is."""
    folder.write("1.ndjson", ndjson([order(1, ["a"]), order(2, ["b", ["c"]]), order(3, ["d"], [{"sku": "x"}, {"sku": "y", "price": "1.234"}])]))
    file = pipeline(folder)
    assert run(file, target).ok().counts["rejected"] == 2
    assert target.query("select field, code, line from ingot.rejects order by 1") == [("deep.tags[1]", "wrong_shape", 2), ("lines[1].price", "not_exact", 3)]
    assert tables(target) == {"orders": [("1", "n")], "tags": [("1", "a")], "lines": []}
    exported = [json.loads(line) for line in ingot("rejects", "export", target.url).ok().out.splitlines()]
    mended = folder.write("mended", "".join(json.dumps({"id": r["id"], "raw": r["raw"].replace("1.234", "1.23").replace('["c"]', '"c"')}) + "\n" for r in exported))
    ingot("rejects", "replay", "--json", file, "--set", f"to.connection={target.url}", "--with", mended).ok()
    assert tables(target) == {"orders": [("1", "n"), ("2", "n"), ("3", "n")], "tags": [("1", "a"), ("2", "b"), ("2", "c"), ("3", "d")],
                              "lines": [("3", "0", "x"), ("3", "1", "y")]}
    target.books_reconcile()


def test_a_constraint_of_the_child_table_leaves_its_file_out_whole(folder, target):
    target.execute("create table tags (order_id integer, tag text check (tag <> 'bad'))")
    folder.write("1.ndjson", ndjson([order(1, ["a"]), order(2, ["b", "bad"])]))
    folder.write("2.ndjson", ndjson([order(3, ["c"])]))
    run(pipeline(folder), target).failed("target_refused", "child table tags", "1.ndjson:2")
    assert tags(target) == [(3, "c")] and target.rows("orders", "id") == [("3",)]
    target.books_reconcile()


def test_children_of_a_refused_record_are_not_loaded(folder, target):
    target.execute("create table orders (id integer primary key, name text check (name <> 'bad'))")
    folder.write("1.ndjson", ndjson([order(1, ["a"]), order(2, ["b"], name="bad"), order(1, ["repeated"]), order(3, ["c"])]))
    assert run(pipeline(folder), target).ok().counts["rejected"] == 2
    assert tags(target) == [(1, "a"), (3, "c")]


def test_children_of_very_many_refused_records_are_not_loaded(folder, target):
    """Nearly as many as a commit may have rejects."""
    target.execute("create table orders (id integer, name text check (name <> 'bad'))")
    with open(folder.path / "1.ndjson", "w") as file:
        for n in range(360_000):
            file.write('{"id":%d,"name":"%s","deep":{"tags":["a","b"]}}\n' % (n, "n" if n % 9 == 0 else "bad"))
    done = run(pipeline(folder), target, "--set", "max_rejects=100%", "--memory-limit", "256MiB").ok()
    assert (done.counts["inserted"], done.counts["rejected"]) == (40_000, 320_000)
    assert target.query("select count(*), count(distinct order_id), count(*) filter (where order_id % 9 <> 0) from tags") == [(80_000, 40_000, 0)]


def test_undo_takes_children_back(folder, target):
    folder.write("1.ndjson", ndjson([order(1, ["a", "b"], [{"sku": "x"}])]))
    file = pipeline(folder, "mode: append, lineage: true")
    run(file, target).ok()
    folder.write("2.ndjson", ndjson([order(2, ["c"])]))
    run(file, target).ok()
    ingot("undo", "r2", file, "--set", f"to.connection={target.url}").ok()
    assert tags_of(target) == [(1, "a"), (1, "b")] and target.rows("orders", "id") == [("1",)]


def tags_of(target):
    return [(int(o), tag) for o, tag in target.rows("tags", "order_id,tag")]


def test_parts_and_connections(folder, target):
    folder.write("1.ndjson", ndjson([order(n, [f"t{n}", "x"]) for n in range(300)]))
    to = "mode: append, commit: part, part_size: 4KiB" + (", connections: 3" if target.kind == "postgres" else "")
    done = run(pipeline(folder, to), target).ok()
    assert done.counts["inserted"] == 300 and target.count("tags") == 600
    assert target.count("ingot.units") > 1


# With a key: an updated parent's children are replaced.

@pytest.mark.parametrize("commit", ["unit", "run"])
def test_upsert_replaces_the_children_of_what_came(folder, target, commit):
    file = pipeline(folder, f"mode: upsert, key: id, commit: {commit}")
    folder.write("1.ndjson", ndjson([order(1, ["a", "b"]), order(2, ["c"], [{"sku": "x"}]), order(3, ["lost"]), order(3, ["d", "d"]), order(4, ["stays"])]))
    assert run(file, target).ok().counts["duplicate"] == 1
    assert tags(target) == [(1, "a"), (1, "b"), (2, "c"), (3, "d"), (3, "d"), (4, "stays")]
    # 1: another row and other children; 2: the same row, other children; 3: all the same; 5: new.
    folder.write("2.ndjson", ndjson([order(1, ["b", "e"], name="new"), order(2, None), order(3, ["d", "d"]), order(5, ["f"])]))
    done = run(file, target).ok()
    assert {k: done.counts[k] for k in ("inserted", "updated", "unchanged")} == {"inserted": 1, "updated": 1, "unchanged": 2}
    assert tags(target) == [(1, "b"), (1, "e"), (3, "d"), (3, "d"), (4, "stays"), (5, "f")]
    assert target.rows("lines", "sku") == []
    of_tags = next(books for name, books in done.json["tables"].items() if name.endswith("tags"))
    assert (of_tags["inserted"], of_tags["unchanged"], of_tags.get("deleted")) == (3, 2, 3)
    # Only how often an element is there differs.
    folder.write("3.ndjson", ndjson([order(3, ["d"])]))
    run(file, target).ok()
    assert tags(target).count((3, "d")) == 1
    assert run(file, target).ok().json["state"] == "nothing_new"
    target.books_reconcile()


def test_rows_that_are_the_same_stay_where_they_are(folder, postgres):
    file = pipeline(folder, "mode: upsert, key: id")
    folder.write("1.ndjson", ndjson([order(1, ["a", None], [{"sku": "x", "price": 1, "notes": ["n"], "extra": {"k": 1}}])]))
    run(file, postgres).ok()
    before = postgres.query("select ctid, xmin, order_id from tags union all select ctid, xmin, order_id from lines order by 1")
    folder.write("2.ndjson", ndjson([order(1, ["a", None], [{"sku": "x", "price": 1.00, "notes": ["n"], "extra": {"k": 1}}])]))
    run(file, postgres).ok()
    assert postgres.query("select ctid, xmin, order_id from tags union all select ctid, xmin, order_id from lines order by 1") == before
    assert "(order_id)" in postgres.value("select indexdef from pg_indexes where tablename = 'tags'")


def test_a_record_that_loses_or_is_refused_leaves_the_children_alone(folder, target):
    """Where the last record of a key is refused, the one before stays, and its children with it."""
    target.execute("create table orders (id integer primary key, name text check (name <> 'bad'))")
    file = pipeline(folder, "mode: upsert, key: id")
    folder.write("1.ndjson", ndjson([order(1, ["a"]), order(2, ["b"])]))
    run(file, target).ok()
    folder.write("2.ndjson", ndjson([order(1, ["first"]), order(1, ["second"], name="ok"), order(1, ["third"], name="bad"), order(2, ["c"], name="bad")]))
    done = run(file, target).ok()
    assert (done.counts["rejected"], done.counts["duplicate"], done.counts["updated"]) == (2, 1, 1)
    assert tags(target) == [(1, "second"), (2, "b")]
    target.books_reconcile()


def test_nobody_writes_children_between_comparison_and_commit(folder, postgres):
    """Who changes them meanwhile waits for the commit: what was compared stays true."""
    file = pipeline(folder, "mode: upsert, key: id")
    folder.write("1.ndjson", ndjson([order(1, ["a"])]))
    run(file, postgres).ok()
    postgres.execute("create function dawdle() returns trigger language plpgsql as $$ begin perform pg_sleep(2); return null; end $$;"
                     "create trigger dawdle after delete on tags for each statement execute function dawdle()")
    folder.write("2.ndjson", ndjson([order(1, ["b"]), order(2, ["c"])]))
    process = start_run(file, postgres)
    wait_for(lambda: backends(postgres, "wait_event = 'PgSleep'"))
    for theirs in ("insert into tags values (2, 'theirs')", "update orders set name = 'theirs'", "insert into lines (order_id) values (1)"):
        with pytest.raises(psycopg2.errors.LockNotAvailable):
            postgres.execute(f"set lock_timeout = '100ms'; {theirs}")
    finish(process).ok()
    assert tags(postgres) == [(1, "b"), (2, "c")]


@pytest.mark.parametrize("constraint", ["", ", check (name <> 'bad')"])
def test_insert_new_takes_the_children_of_new_rows_only(folder, target, constraint):
    target.execute(f"create table orders (id integer primary key, name text{constraint}); insert into orders values (1, 'old')")
    file = pipeline(folder, "mode: insert_new, key: id, keep: first")
    folder.write("1.ndjson", ndjson([order(1, ["not"]), order(2, ["a", "b"]), order(2, ["not either"]), order(3, None)]))
    done = run(file, target).ok()
    assert (done.counts["inserted"], done.counts["duplicate"]) == (2, 2)
    assert tags(target) == [(2, "a"), (2, "b")]
    folder.write("2.ndjson", ndjson([order(2, ["no"]), order(4, ["c"])]))
    run(file, target).ok()
    assert tags(target) == [(2, "a"), (2, "b"), (4, "c")]


def test_merge_delete_deletes_the_children_too(folder, target):
    file = pipeline(folder, "mode: merge_delete, key: id, delete_when: op = 'd'")
    folder.write("1.ndjson", ndjson([order(1, ["a"]), order(2, ["b"]), order(3, ["never"], op="d")]))
    run(file, target).ok()
    assert tags(target) == [(1, "a"), (2, "b")]
    folder.write("2.ndjson", ndjson([order(1, ["ignored"], op="d"), order(2, ["c"])]))
    done = run(file, target).ok()
    assert (done.counts["updated"], done.counts["unchanged"]) == (1, 1)
    assert target.rows("orders", "id") == [("2",)] and tags(target) == [(2, "c")]


def test_replace_and_refresh(folder, target):
    file = pipeline(folder, "mode: replace, key: id")
    folder.write("1.ndjson", ndjson([order(1, ["a"]), order(1, ["b"]), order(2, ["c"])]))
    run(file, target).ok()
    assert tags(target) == [(1, "b"), (2, "c")]
    folder.write("1.ndjson", ndjson([order(2, ["d"])]))
    run(file, target).ok()
    assert tags(target) == [(2, "d")] and target.rows("orders", "id") == [("2",)]
    other = pipeline(folder, "mode: upsert, key: id")
    target.execute("drop table orders; drop table lines; drop table tags")
    run(other, target, "--create", "--set", "name=other").ok()
    target.execute("insert into tags values (2, 'stray'), (9, 'stray')")
    run(other, target, "--full-refresh", "--set", "name=other", "--yes").ok()
    assert tags(target) == [(2, "d")]


def test_replays_that_could_bring_old_children_back_are_refused(folder, target):
    file = pipeline(folder, "mode: upsert, key: id")
    folder.write("1.ndjson", ndjson([order(1, ["a"]), order(2, {"x": 1})]))
    run(file, target).ok()
    ingot("rejects", "replay", file, "--set", f"to.connection={target.url}").failed("conflict", "child tables follow a key")


def test_preview_shows_the_rows_of_child_tables(folder):
    folder.write("1.ndjson", ndjson([order(1, ["a", None]), order(2, None)]))
    out = ingot("preview", "--json", pipeline(folder)).ok().out
    assert [t["sample"] for t in json.loads(out)["tables"] if t["name"] == "tags"] == [[["1", "a"], ["1", None]]]


def test_lists_of_parquet_files(folder, duckdb):
    maker = DuckDbTarget(folder.path / "maker.duckdb")
    maker.execute(f"copy (select 1 as id, 'n' as name, {{'tags': ['a', null]}} as deep, [{{'sku': 'x', 'price': 1.5, 'notes': ['p'], 'extra': 1}}] as lines "
                  f"union all select 2, 'm', null, []) to '{folder.path / 'o.parquet'}' (format parquet)")
    file = pipeline(folder)
    of_parquet = ("--set", "from.path=o.parquet", "--set", "from.format=parquet")
    run(file, duckdb, *of_parquet).ok()
    assert tags(duckdb) == [(1, "a"), (1, None)] and duckdb.rows("lines", "order_id,place,sku,price") == [("1", "0", "x", "1.50")]
    run(file, duckdb, *of_parquet, "--set", "tables.tags.each=deep.tgas", "--set", "from.new=all").failed("source_unreadable", "deep.tgas")
