"""Both examples, as their READMEs run them, against an independent computation in Python."""
import collections
import csv
import hashlib
import json
import os
import re
import shutil
import subprocess
from decimal import Decimal
from pathlib import Path

import pytest

from ingot_program import INGOT, REPOSITORY, environment, reconciles, run

EXAMPLES = REPOSITORY / "examples"


def copy_of(name, tmp_path):
    """The example without the data that lie in the checkout."""
    folder = tmp_path / name
    shutil.copytree(EXAMPLES / name, folder, ignore=shutil.ignore_patterns("data", "*.duckdb*"))
    return folder


def generate(folder, *arguments):
    subprocess.run([folder / "generate", *map(str, arguments)], check=True, capture_output=True, timeout=120)


@pytest.fixture(scope="module")
def products(tmp_path_factory):
    """500,000 rows, made once."""
    folder = copy_of("products", tmp_path_factory.mktemp("products"))
    generate(folder)
    return folder


def last_rows(file):
    csv.field_size_limit(1 << 30)
    with open(file, newline="", encoding="utf-8") as text:
        rows = csv.reader(text)
        next(rows)
        last, read = {}, 0
        for name, sku, description in rows:
            last[sku] = (name, description)
            read += 1
    return read, last


def hash_of(rows):
    digest = hashlib.sha256()
    for sku, name, description in rows:
        digest.update(f"{sku}\x1f{name}\x1f{description}\x1e".encode())
    return digest.hexdigest()


def aggregate(target):
    """name → (count, id)"""
    return {name: (count, id) for name, count, id in
            target.query("select name, count, cast(id as varchar) from data_productaggregate")}


def check_aggregate(target, last):
    found = aggregate(target)
    assert {name: count for name, (count, _) in found.items()} == collections.Counter(name for name, _ in last.values())
    assert len({id for _, id in found.values()}) == len(found) == target.count("data_productaggregate")
    return found


@pytest.mark.parametrize("kind", ["duckdb", "postgres"])
def test_the_aggregate_of_products_follows(products, fresh, tmp_path, kind):
    """The ids of names that stay are stable; what is new, changed or gone is just that."""
    target = fresh(kind)
    _, last = last_rows(products / "data" / "products.csv")
    done = run(products / "products.yaml", target).ok()
    assert [done.json["models"][0][n] for n in ("rows", "inserted", "updated", "unchanged", "deleted")] == [222_024, 222_024, 0, 0, 0]
    before = check_aggregate(target, last)
    skus = collections.defaultdict(list)
    for sku, (name, _) in last.items():
        skus[name].append(sku)
    gone, fewer, same = next(s for s in skus.values() if len(s) == 2), *[s for s in skus.values() if len(s) == 3][:2]
    changes = {sku: ("A new name", "x") for sku in (*gone, fewer[0])} | {same[0]: (last[same[0]][0], "another description")}
    with open(tmp_path / "changes.csv", "w", newline="", encoding="utf-8") as text:
        csv.writer(text).writerows([("name", "sku", "description"), *((n, sku, d) for sku, (n, d) in changes.items())])
    done = run(products / "products.yaml", target, "--set", f"from={tmp_path}/changes.csv").ok()
    assert [done.json["models"][0][n] for n in ("rows", "inserted", "updated", "unchanged", "deleted")] == [222_024, 1, 1, 222_022, 1]
    last.update(changes)
    after = check_aggregate(target, last)
    assert all(before[name][1] == id for name, (_, id) in after.items() if name in before)


@pytest.mark.parametrize("kind", ["duckdb", "postgres"])
def test_products(products, fresh, kind):
    read, last = last_rows(products / "data" / "products.csv")
    assert (read, len(last), len({name for name, _ in last.values()})) == (500_000, 466_693, 222_024)
    expected = hash_of((sku, *last[sku]) for sku in sorted(last))
    target = fresh(kind)
    done = run(products / "products.yaml", target).ok()
    assert done.counts == {"read": 500_000, "inserted": 466_693, "updated": 0, "unchanged": 0, "filtered": 0,
                           "duplicate": 33_307, "rejected": 0}
    query = "select sku, name, description from data_product order by sku" + (' collate "C"' if kind == "postgres" else "")
    assert hash_of(target.query(query)) == expected
    assert run(products / "products.yaml", target).ok().json["state"] == "nothing_new"
    if kind == "postgres":  # the same file again, on purpose: nothing changes
        again = run(products / "products.yaml", target, "--set", "from.new=all").ok().counts
        assert (again["inserted"], again["updated"], again["unchanged"]) == (0, 0, 466_693)
        assert hash_of(target.query(query)) == expected


def test_run_script_of_products(tmp_path):
    folder = copy_of("products", tmp_path)
    generate(folder, "--rows", 1_000)
    done = subprocess.run([folder / "run"], env=environment({"INGOT": INGOT}), capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert "1,000 read = 933 inserted + 67 duplicate ✔" in done.stdout
    assert "model main.data_productaggregate: 444 rows = 444 inserted" in done.stdout


def normalized(title):
    if title is None:
        return None
    return "".join(c for c in re.sub(r"\s", "_", title.lower()) if c == "_" or c.isalpha() or c.isdecimal())


def expected_media(data):
    """Rows of the tables and the number of rejects, by another program than ours."""
    songs, movies, apps, tags, rejected = [], [], [], [], 0
    for file in sorted(data.glob("*.json")):
        for record in json.loads(file.read_text(), parse_float=Decimal):
            d = record["data"]
            if record["type"] == "song":
                songs.append((d["artist_name"], d["title"], int(d["year"]), d["release"]))
            elif record["type"] == "movie":
                title = d.get("original_title", d.get("original_title:"))
                movies.append((title, d["original_language"], d["budget"], d["is_adult"], d["release_date"], normalized(title)))
            elif record["type"] == "app":
                rating = d.get("rating")
                if rating is not None and Decimal(rating) != round(Decimal(rating), 2):
                    rejected += 1
                    continue
                apps.append((d["name"], d["genre"], None if rating is None else Decimal(rating), d["version"], d["size_bytes"],
                             rating is not None and rating >= 5))
                tags += [(d["name"], place, tag) for place, tag in enumerate(d.get("tags") or [])]
            else:
                rejected += 1
    return songs, movies, apps, tags, rejected


def found_media(target):
    songs = target.query("select artist_name, title, year, release from songs")
    movies = target.query("select original_title, original_language, budget, is_adult, cast(release_date as varchar), "
                          "original_title_normalized from movies")
    apps = [(n, g, None if r is None else Decimal(r), v, s, a) for n, g, r, v, s, a in
            target.query("select name, genre, cast(rating as varchar), version, size_bytes, is_awesome from apps")]
    return songs, movies, apps, target.query("select app, pos, tag from app_tags")


def key(row):
    return [(value is None, str(value)) for value in row]


@pytest.mark.parametrize("kind, schema", [("duckdb", False), ("postgres", False), ("postgres", True)])
def test_media(tmp_path, fresh, kind, schema):
    folder = copy_of("media", tmp_path)
    generate(folder, "--files", 120)
    target = fresh(kind)
    if schema:
        target.execute((folder / "schema.sql").read_text())
    for files in (120, 150):  # more files appear
        generate(folder, "--files", files)
        done = run(folder / "media.yaml", target).ok()
        assert reconciles(done.counts) and done.json["units"] == (120 if files == 120 else 30)
        *expected, rejected = expected_media(folder / "data")
        for rows, wanted in zip(found_media(target), expected):
            assert sorted(rows, key=key) == sorted(wanted, key=key)
        assert target.count("ingot.rejects") == rejected > 0
        assert {code for code, in target.query("select code from ingot.rejects")} == {"no_table", "not_exact"}
    assert target.value("select count(distinct ingestion_time) from songs") == 2
    assert run(folder / "media.yaml", target).ok().json["state"] == "nothing_new"
    if schema:
        assert target.query("select min(id) > 0, count(distinct id) = count(*) from apps") == [(True, True)]
    target.books_reconcile()


@pytest.mark.parametrize("kind", ["duckdb", "postgres"])
def test_media_file_appears_whole_or_not_at_all(tmp_path, fresh, kind):
    """A file that turns out to be broken at its end leaves nothing in any of its tables; the others load."""
    folder = copy_of("media", tmp_path)
    generate(folder, "--files", 5)
    broken = folder / "data" / "media_000002.json"
    whole = broken.read_text()
    broken.write_text(whole.rstrip()[:-1])  # the array is not closed
    target = fresh(kind)
    done = run(folder / "media.yaml", target)
    done.failed("source_unreadable", "media_000002.json")
    assert target.count("ingot.units") == 4
    broken.write_text(whole)
    run(folder / "media.yaml", target).ok()
    *expected, _ = expected_media(folder / "data")
    for rows, wanted in zip(found_media(target), expected):
        assert sorted(rows, key=key) == sorted(wanted, key=key)
