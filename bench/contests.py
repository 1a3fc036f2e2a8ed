"""What is measured: each contest is one job, done by ingot and by others into equal targets."""
import dataclasses
import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import child
import orders
from databases import TABLES

HERE = Path(__file__).resolve().parent


@dataclass
class Side:
    """One who does the job. `bar`: at which multiple of its time ingot is still good enough; None: only shown."""
    name: str
    command: list
    bar: float = None
    once: bool = False  # so slow that one run must do
    environment: dict = field(default_factory=dict)
    schema: str = ""  # where its tables are, with the point, if not where the contest has made them
    tree: bool = False  # measure all its processes together
    timeout: float = child.TIMEOUT_SECONDS


@dataclass
class Contest:
    name: str
    title: str
    target: object
    fresh: object  # called before each run
    expected: dict  # table: rows and checksum
    read: int  # records that ingot must count
    sides: list  # ingot first
    units: int = 1
    rss_bar: int = None  # bytes, of ingot
    patience: float = float("inf")  # seconds: who takes longer runs once


def ingot_mistakes(contest, measured):
    """What is wrong with ingot's own account of the run."""
    try:
        said = json.loads(measured.out.strip().splitlines()[-1])
    except (ValueError, IndexError):
        return "no account of the run on standard output"
    places = ("inserted", "updated", "unchanged", "filtered", "duplicate", "rejected")
    if said["read"] != contest.read or said["rejected"] or said["filtered"]:
        return (f"read {said['read']:,} of {contest.read:,}, rejected {said['rejected']:,}, "
                f"filtered {said['filtered']:,}")
    if said["read"] != sum(said[place] for place in places):
        return "the books do not balance"
    units = contest.target.rows("select count(distinct (plan, unit)) from ingot.units")[0][0]
    return None if units == contest.units else f"{units:,} of {contest.units:,} files have their entry in the ledger"


class Contests:
    def __init__(self, ingot, baseline, data, expected, postgres, duckdb, work, parquet=None, duckdb_peer=None):
        self.work = work
        self.ingot, self.baseline, self.data, self.expected = str(ingot), str(baseline), data, expected
        self.postgres, self.duckdb, self.parquet, self.duckdb_peer = postgres, duckdb, parquet, duckdb_peer

    def run_ingot(self, pipeline, target, reviews="reviews.json.gz", more=()):
        command = [self.ingot, "run", "--json", str(HERE / "pipelines" / pipeline), "--set",
                   f"to.connection={target.url}", *more]
        return Side("ingot", command, environment={
            "INGOT_BENCH_DATA": str(self.data), "INGOT_BENCH_REVIEWS": str(self.data / reviews)})

    def of_table(self, *tables):
        return {table: self.expected[table] for table in tables}

    def all(self, names):
        """Those of `names`, and perhaps others; data that only one contest needs are made for it."""
        children = [self.children(kind, target) for kind, target in (("postgres", self.postgres), ("duckdb", self.duckdb))
                    if f"children-{kind}" in names]
        parts = ("--set", "to.commit=part")
        return [self.products_empty("unit", 0.65), self.products_empty("part", 0.45, *parts), self.products_full("unit", 0.9),
                self.products_full("part", 0.7, *parts), self.products_again("again", "products.csv", 0.25),
                self.products_again("changed", "changed/products.csv", 0.35), self.reviews_postgres(), self.products_duckdb(),
                self.encoding("latin-1"), self.encoding("utf-16"), self.reviews_duckdb("gz", "reviews.json.gz"), self.reviews_duckdb("plain", "reviews.json"),
                self.reviews_parquet(),
                self.media(), *children]

    def products_sides(self, bar, more):
        script = [HERE / "peers" / "products_psql.sh", self.postgres.psql, self.postgres.url,
                  self.data / "products.csv"]
        return [self.run_ingot("products_postgres.yaml", self.postgres, more=more), Side("psql script", script, bar)]

    def products_empty(self, scope="unit", bar=0.65, *more):
        name = "products-empty" if scope == "unit" else f"products-empty-{scope}"
        return Contest(name, f"products CSV → empty Postgres table, upsert, commit: {scope}", self.postgres,
                       lambda: self.postgres.fresh(TABLES["products"]), self.of_table("products"),
                       self.expected["products_all"]["rows"], self.products_sides(bar, more), rss_bar=250_000_000)

    def products_full(self, scope, bar, *more):
        both = [self.expected[name] for name in ("products", "others")]
        total = {"rows": sum(e["rows"] for e in both), "sum": str(sum(int(e["sum"]) for e in both))}
        return Contest("products-full" if scope == "unit" else f"products-full-{scope}",
                       f"products CSV → table with {both[1]['rows']:,} other rows, upsert, commit: {scope}", self.postgres,
                       lambda: self.postgres.fresh_with_others(self.data / "others.csv"), {"products": total},
                       self.expected["products_all"]["rows"], self.products_sides(bar, more), rss_bar=250_000_000)

    def products_again(self, name, file, bar):
        """The table holds the rows of products.csv, loaded by ingot from a file of the same name."""
        current = self.work / "products.csv"
        environment = {"INGOT_BENCH_DATA": str(self.work)}
        pipeline = [self.ingot, "run", "--json", str(HERE / "pipelines" / "products_again.yaml"), "--set"]

        def load(url):
            subprocess.run([*pipeline, f"to.connection={url}"], check=True, stdout=subprocess.DEVNULL,
                           env={**os.environ, **environment})

        def fresh():
            current.unlink(missing_ok=True)
            current.symlink_to(self.data / "products.csv")
            self.postgres.fresh_with_products(load)
            current.unlink()
            current.symlink_to(self.data / file)

        table = {"again": "products", "changed": "products_changed"}[name]
        script = [HERE / "peers" / "products_psql.sh", self.postgres.psql, self.postgres.url, self.data / file]
        sides = [Side("ingot", [*pipeline, f"to.connection={self.postgres.url}"], environment=environment),
                 Side("psql script", script, bar)]
        title = "loaded again, forced through: " + ("nothing changed" if name == "again" else "1 % of the rows changed")
        return Contest(f"products-{name}", title, self.postgres, fresh, {"products": self.expected[table]},
                       self.expected["products_all"]["rows"], sides, units=2)

    def reviews_postgres(self):
        copy = f"\\copy reviews from '{self.data / 'reviews.csv'}' with (format csv)"
        sides = [self.run_ingot("reviews.yaml", self.postgres)]
        if self.duckdb_peer:
            sides.append(self.duckdb_peer.side("reviews", self.data / "reviews.json.gz", self.postgres, 0.9))
        sides.append(Side("psql, CSV made before",
                          [self.postgres.psql, "-X", "-q", "-v", "ON_ERROR_STOP=1", self.postgres.url, "-c", copy]))
        return Contest("reviews-postgres", "reviews NDJSON, gzipped → Postgres, append, commit: unit", self.postgres,
                       lambda: self.postgres.fresh(TABLES["reviews"]), self.of_table("reviews"),
                       self.expected["reviews"]["rows"], sides)

    def duckdb_side(self, sql, bar):
        return Side("DuckDB itself", [self.baseline, self.duckdb.file, str(os.cpu_count()), sql], bar)

    def products_duckdb(self):
        sql = (f"create table products as from read_csv('{self.data / 'products.csv'}', header = true, delim = ',', "
               "quote = '\"', escape = '\"', columns = {name: 'varchar', sku: 'varchar', description: 'varchar'})")
        sides = [self.run_ingot("products_duckdb.yaml", self.duckdb), self.duckdb_side(sql, 1.15)]
        return Contest("products-duckdb", "products CSV → DuckDB file, append", self.duckdb, self.duckdb.fresh,
                       {"products": self.expected["products_all"]}, self.expected["products_all"]["rows"], sides)

    def encoding(self, encoding):
        """How much of its speed a file loses that has to be transcoded: 1 / 0.7 of the time at most."""
        def side(name, bar, encoding):
            file = self.data / "latin" / f"{encoding}.csv"
            one = self.run_ingot("products_duckdb.yaml", self.duckdb, more=("--set", f"from={file}", "--set", f"from.encoding={encoding}"))
            return dataclasses.replace(one, name=name, bar=bar)
        return Contest(f"csv-{encoding}", f"products CSV in {encoding.upper()} → DuckDB file, append", self.duckdb, self.duckdb.fresh,
                       {"products": self.expected["latin"]}, self.expected["latin"]["rows"],
                       [side("ingot", None, encoding), side("the same in UTF-8", 1.43, "utf-8")])

    def read_reviews(self, file):
        return (f"from read_json('{self.data / file}', format = 'newline_delimited', columns = "
                "{reviewerID: 'varchar', asin: 'varchar', reviewerName: 'varchar', helpful: 'json', reviewText: "
                "'varchar', overall: 'double', summary: 'varchar', unixReviewTime: 'bigint', reviewTime: 'varchar'})")

    def reviews_parquet(self):
        """DuckDB as it is, and compressing just as ingot does; ingot's file is on the disk when it has ended."""
        def peer(name, bar, level):
            sql = (f"copy ({self.read_reviews('reviews.json.gz')}) to '{self.parquet.folder}/reviews/duckdb.parquet' "
                   f"(format parquet, compression zstd, compression_level {level})")
            return Side(name, [self.baseline, ":memory:", str(os.cpu_count()), sql], bar)
        return Contest("reviews-parquet", "reviews NDJSON, gzipped → Parquet (zstd) in a folder, append", self.parquet,
                       self.parquet.fresh, self.of_table("reviews"), self.expected["reviews"]["rows"],
                       [self.run_ingot("reviews.yaml", self.parquet), peer("DuckDB itself, zstd 3 (its default)", 0.6, 3),
                        peer("DuckDB itself, zstd 1", 0.6, 1)], rss_bar=300_000_000)

    def reviews_duckdb(self, which, file):
        sql = f"create table reviews as {self.read_reviews(file)}"
        sides = [self.run_ingot("reviews.yaml", self.duckdb, file), self.duckdb_side(sql, 0.9)]
        return Contest(f"reviews-duckdb-{which}", f"reviews NDJSON, {which} → DuckDB file, append", self.duckdb,
                       self.duckdb.fresh, self.of_table("reviews"), self.expected["reviews"]["rows"], sides)

    def media(self):
        folder, tables = self.data / "media", ("songs", "movies", "apps")
        files = self.expected["files"]
        stream = [HERE / "peers" / "media_psql.sh", self.postgres.psql, self.postgres.url, folder]
        one_by_one = [sys.executable, HERE / "peers" / "media_file_by_file.py", self.postgres.url, folder]
        sides = [self.run_ingot("media.yaml", self.postgres), Side("psql, one stream", stream, 2.0),
                 Side("a transaction a file", one_by_one, 0.05, once=True)]
        return Contest("media", f"{files:,} JSON files → three Postgres tables, each file in the ledger", self.postgres,
                       lambda: self.postgres.fresh(TABLES["media"]), self.of_table(*tables),
                       sum(self.expected[table]["rows"] for table in tables), sides, units=files)

    def children(self, kind, target):
        """A child table against two prepared files. These have no commit in common."""
        folder = self.data.with_name(f"orders-{orders.VERSION}-{self.data.name.rsplit('-', 1)[1]}")
        if not (folder / "expected.json").exists():
            subprocess.run([sys.executable, HERE / "orders.py", folder, folder.name.rsplit("-", 1)[1]], check=True)
        expected = json.loads((folder / "expected.json").read_text())
        environment = {"INGOT_BENCH_DATA": str(folder)}
        nested = [self.ingot, "run", "--json", str(HERE / "pipelines" / "orders.yaml"), "--set", f"to.connection={target.url}"]
        prepared = [HERE / "peers" / "orders_prepared.sh", self.ingot, target.url, HERE / "pipelines"]
        sides = [Side("ingot", nested, environment=environment),
                 Side("ingot, two prepared files", prepared, 1.3, environment=environment, tree=True)]
        fresh = self.duckdb.fresh if kind == "duckdb" else lambda: self.postgres.fresh(TABLES["orders"])
        return Contest(f"children-{kind}", f"NDJSON with arrays → {target.kind}, a table and its child table", target, fresh, expected,
                       expected["orders"]["rows"], sides)
