"""The databases that are loaded into: made anew before each run, and checked after it."""
import json
import os
import shutil
import subprocess
from pathlib import Path

import psycopg2

REPOSITORY = Path(__file__).resolve().parent.parent

FIELDS = {  # as text, in the order of data.py
    "products": ("name", "sku", "description"),
    "reviews": ("reviewerid", "asin", "reviewername", "replace(helpful::text, ' ', '')", "reviewtext",
                "overall::numeric(3, 1)::text", "summary", "unixreviewtime::text", "reviewtime"),
    "songs": ("id::text", "title", "artist", "seconds::text"),
    "movies": ("id::text", "title", "director", "year::text"),
    "apps": ("id::text", "title", "vendor", "size_kb::text"),
    "orders": ("id::text", "customer", "city"),
    "order_lines": ("order_id::text", "sku", "place::text", "quantity::text", "price::text"),
}
PRODUCTS = "create table products (name varchar(420), sku varchar(120) primary key, description text)"
TABLES = {
    "products": PRODUCTS,
    "reviews": "create table reviews (reviewerid text, asin text, reviewername text, helpful text, reviewtext text, "
               "overall double precision, summary text, unixreviewtime bigint, reviewtime text)",
    "media": "create table songs (id bigint, title text, artist text, seconds integer);"
             "create table movies (id bigint, title text, director text, year integer);"
             "create table apps (id bigint, title text, vendor text, size_kb integer)",
    "orders": "create table orders (id integer, customer text, city text);"
              "create table order_lines (order_id integer, place integer, sku text, quantity integer, price numeric(10,2))",
}


def checksum(table, sixty_bits, schema=""):
    """SQL for a table's rows and data.Checksum; `sixty_bits` makes a number of 15 hexadecimal digits."""
    fields = ", ".join(f"coalesce({field}, chr(30))" for field in FIELDS[table])
    digits = f"substr(md5(concat_ws(chr(31), {fields})), 1, 15)"
    return f"select count(*), cast(coalesce(sum({sixty_bits.format(digits)}), 0) as text) from {schema}{table}"


class Target:
    """`expected` maps a table to {"rows": …, "sum": …}; `schema`, with its point, is where the tables are."""

    def mistakes(self, expected, schema=""):
        """What is wrong with the tables, or None."""
        for table, want in expected.items():
            try:
                rows, total = self.rows(checksum(table, self.sixty_bits, schema))[0]
            except (psycopg2.Error, RuntimeError) as error:
                return f"{table}: {str(error).strip().splitlines()[0]}"
            if rows != want["rows"]:
                return f"{table}: {rows:,} rows instead of {want['rows']:,}"
            if str(total) != want["sum"]:
                return f"{table}: {rows:,} rows, but not those expected (checksum {total} instead of {want['sum']})"
        return None

    def check_can_fail(self, expected, schema=""):
        """Changes one row of each table in turn; a check that does not notice is worth nothing."""
        for table in expected:
            field = FIELDS[table][1]
            self.change(f"update {schema}{table} set {field} = {field} || '.' "
                        f"where {self.row_id} = (select {self.row_id} from {schema}{table} limit 1)")
            if not self.mistakes({table: expected[table]}, schema):
                return f"{table}: one row was changed, and the check did not notice"
        return None


class Postgres(Target):
    """A private server with PostgreSQL's own settings (scripts/postgres); it is removed at the end."""
    kind, sixty_bits, row_id = "Postgres", "('x' || {})::bit(60)::bigint", "ctid"

    def __init__(self, folder):
        self.folder = str(folder)
        self.server_url = self.call("start").strip()
        self.url = self.server_url.rsplit("/", 1)[0] + "/bench"
        self.psql = str(sorted(Path("/usr/lib/postgresql").glob("*/bin/psql"))[-1])  # not Debian's wrapper in Perl
        self.templates = set()

    def call(self, command):
        done = subprocess.run([REPOSITORY / "scripts" / "postgres", command, self.folder], text=True, check=True,
                              stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
        return done.stdout

    def stop(self):
        self.call("stop")

    def execute(self, url, sql):
        connection = psycopg2.connect(url)
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def rows(self, sql):
        return self.execute(self.url, sql)

    change = rows

    def fresh(self, tables):
        """A new database with these empty tables; ends with a CHECKPOINT, so that no run pays for another's writes."""
        self.execute(self.server_url, "drop database if exists bench with (force)")
        self.execute(self.server_url, "create database bench")
        self.execute(self.url, tables)
        self.execute(self.url, "checkpoint")

    def copy(self, table, csv, url=None):
        """Fills a table, of `bench` unless another database is named, from a CSV file with a header."""
        copy = f"\\copy {table} from '{csv}' with (format csv, header true)"
        subprocess.run([self.psql, "-X", "-q", "-v", "ON_ERROR_STOP=1", url or self.url, "-c", copy], check=True)

    def fresh_with_others(self, csv):
        """A new database with the table of products and the rows of `csv` in it, vacuumed and analysed."""
        if "others" not in self.templates:
            url = self.server_url.rsplit("/", 1)[0] + "/others"
            self.execute(self.server_url, "create database others")
            self.execute(url, PRODUCTS)
            self.copy("products", csv, url)
            self.execute(url, "vacuum (analyze, freeze) products")
            self.templates.add("others")
        self.execute(self.server_url, "drop database if exists bench with (force)")
        self.execute(self.server_url, "create database bench template others")
        self.execute(self.url, "checkpoint")


    def fresh_with_products(self, load):
        """A new database that `load` has loaded once, given the URL: table and ledger; vacuumed and analysed."""
        if "loaded" not in self.templates:
            url = self.server_url.rsplit("/", 1)[0] + "/loaded"
            self.execute(self.server_url, "create database loaded")
            self.execute(url, PRODUCTS)
            load(url)
            self.execute(url, "vacuum (analyze, freeze) products")
            self.templates.add("loaded")
        self.execute(self.server_url, "drop database if exists bench with (force)")
        self.execute(self.server_url, "create database bench template loaded")
        self.execute(self.url, "checkpoint")


class DuckDb(Target):
    kind, sixty_bits, row_id = "DuckDB", "('0x' || {})::bigint", "rowid"

    def __init__(self, folder, build):
        self.file = Path(folder) / "bench.duckdb"
        self.url = f"duckdb:{self.file}"
        self.query = build / "duckdb_query"

    def fresh(self):
        """No file; what other runs have written is on the disk."""
        for path in (self.file, self.file.with_name(self.file.name + ".wal")):
            path.unlink(missing_ok=True)
        os.sync()

    def rows(self, sql, *options):
        done = subprocess.run([self.query, *options, self.file, sql], capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(done.stderr)
        return [tuple(json.loads(line)) for line in done.stdout.splitlines()]

    def change(self, sql):
        self.rows(sql, "--write")


class ParquetFolder(DuckDb):
    """A folder of Parquet files, read by DuckDB; ingot's ledger lies in it."""
    kind = "Parquet"

    def __init__(self, folder, build):
        super().__init__(folder, build)
        self.folder = Path(folder) / "parquet"
        self.url = f"file:{self.folder}"

    def fresh(self):
        """A folder with an empty one for each table; what other runs have written is on the disk."""
        shutil.rmtree(self.folder, ignore_errors=True)
        (self.folder / "reviews").mkdir(parents=True)
        os.sync()

    def rows(self, sql, *options):
        self.file = self.folder / "_ingot" / "ledger.duckdb"
        if "ingot." in sql:
            return super().rows(sql)
        self.file = ":memory:"
        return super().rows(f"create view reviews as from read_parquet('{self.folder}/reviews/*.parquet'); {sql}", "--write")

    def change(self, sql):
        """Files are written anew."""
        files = f"{self.folder}/reviews/*.parquet"
        changed = self.folder / "reviews" / "changed"
        self.file = ":memory:"
        super().rows(f"create table reviews as from read_parquet('{files}'); {sql}; copy reviews to '{changed}' (format parquet)", "--write")
        for file in (self.folder / "reviews").glob("*.parquet"):
            file.unlink()
        changed.rename(changed.with_suffix(".parquet"))
