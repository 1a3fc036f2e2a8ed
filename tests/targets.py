"""The databases that the tests load into: real ones, each made anew for a test."""
import hashlib
import json
import os
import shutil
import subprocess
import uuid
from pathlib import Path

import psycopg2
import psycopg2.extensions

from ingot_program import COUNTS, INGOT, REPOSITORY

DUCKDB_QUERY = os.environ.get("DUCKDB_QUERY", str(Path(INGOT).resolve().parent / "duckdb_query"))


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


class Target:
    """A database with what the program may have put there."""

    def value(self, sql):
        rows = self.query(sql)
        return rows[0][0] if rows else None

    def count(self, table):
        return self.value(f"select count(*) from {table}")

    def has_table(self, table):
        return self.value(f"select count(*) from information_schema.tables where table_name = '{table}'") > 0

    def rows(self, table, columns="*", order=None):
        """Rows as text, NULL as None, sorted, so that both kinds of target can be compared."""
        names = self.columns(table) if columns == "*" else columns.split(",")
        texts = ", ".join(f"cast({quoted(n.strip())} as varchar)" for n in names)
        return sorted((tuple(row) for row in self.query(f"select {texts} from {table}")),
                      key=lambda row: tuple((v is None, v or "") for v in row))

    def table_hash(self, table, columns="*"):
        """Of the table's content, in any order of rows."""
        return hashlib.sha256(json.dumps(self.rows(table, columns)).encode()).hexdigest()

    def units(self):
        """The ledger's units without what differs between a run and its repetition (times, run numbers)."""
        names = ", ".join(COUNTS)
        return self.query(f"select pipeline, target, plan, unit, part, from_byte, to_byte, to_line, complete, name, hash, bytes, {names}, undone_by is null from ingot.units "
                          "order by 1, 2, 3, 4, 5")

    def rejects(self):
        """The rejects without ids, run numbers and times."""
        return [tuple(row) for row in self.query(
            'select plan, unit, unit_name, coalesce("table", \'\'), byte_offset, byte_length, line, coalesce("column", 0), coalesce(field, \'\'), code, '
            f"coalesce(detail, ''), "
            f"{self.hexadecimal('raw')}, state, mended, origin is null from ingot.rejects order by 1, 2, 5, 10, 9")]

    def books_reconcile(self):
        total = " + ".join(COUNTS[1:])
        assert self.query(f"select 'unit', run from ingot.units where read <> {total} union all "
                          f"select 'run', run from ingot.runs where read <> {total}") == []

    def state(self, *tables, columns="*"):
        """All that a rerun must bring to the same."""
        return {"tables": {t: self.table_hash(t, columns) for t in tables}, "units": self.units(), "rejects": self.rejects()}


class DuckDbTarget(Target):
    kind = "duckdb"

    def __init__(self, file):
        self.file = str(file)
        self.url = f"duckdb:{self.file}"

    def reset(self):
        """As if it had just been made."""
        for file in (self.file, self.file + ".wal"):
            if os.path.exists(file):
                os.unlink(file)

    def execute(self, sql, write=True):
        command = [DUCKDB_QUERY, *(["--write"] if write else []), self.file, sql]
        done = subprocess.run(command, capture_output=True, text=True, timeout=600)
        if done.returncode:
            raise RuntimeError(done.stderr.strip())
        return [tuple(json.loads(line)) for line in done.stdout.split("\n") if line]  # a text may hold U+2028

    def query(self, sql):
        return self.execute(sql, write=False)

    def exists(self, table):
        if not os.path.exists(self.file):
            return False
        return self.value(f"select count(*) from duckdb_tables() where table_name = '{table}'") > 0

    def columns(self, table):
        return [row[1] for row in self.query(f"select cid, name from pragma_table_info('{table}') order by cid")]

    @staticmethod
    def hexadecimal(column):
        return f"lower(hex({column}))"


class FilesTarget(DuckDbTarget):
    """A folder, with its ledger in a DuckDB file; tables are read from the files, as anybody would."""
    kind = "files"

    def __init__(self, folder, extension="parquet"):
        self.folder, self.extension = Path(folder), extension
        super().__init__(self.folder / "_ingot" / "ledger.duckdb")
        self.url = f"file:{folder}"

    def reset(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    def files(self, table):
        """What is to be seen, relative to the table's folder."""
        return sorted(str(f.relative_to(self.folder / table)) for f in (self.folder / table).rglob("*") if f.is_file())

    def known_files(self, table):
        return {path.removeprefix(f"{table}/"): rows for path, rows in self.query(
            f"select path, rows from ingot.files where \"table\" = '{table}' and state in ('committed', 'published', 'obsolete')")}

    def relation(self, table):
        files = [str(self.folder / table / f) for f in self.files(table)]
        if not files:
            return "(select null where false)"
        reader = {"parquet": "read_parquet({}, hive_partitioning = true, hive_types_autocast = false, union_by_name = false)",
                  "csv": "read_csv({}, header = true, all_varchar = true, delim = ',', quote = '\"', nullstr = '', allow_quoted_nulls = false, hive_partitioning = true, hive_types_autocast = false)",
                  "ndjson": "read_json({}, format = 'newline_delimited', hive_partitioning = true, hive_types_autocast = false)"}[self.extension]
        return reader.format("[" + ", ".join(f"'{f}'" for f in files) + "]")

    def exists(self, table):
        return (self.folder / table).is_dir()

    def columns(self, table):
        return [row[0] for row in self.query(f"describe from {self.relation(table)}")]

    def rows(self, table, columns="*", order=None):
        return super().rows(table, columns) if "." in table else self.rows_of(self.relation(table), columns, table)

    def rows_of(self, relation, columns, table):
        if not self.files(table):
            return []
        names = self.columns(table) if columns == "*" else columns.split(",")
        texts = ", ".join(f"cast({quoted(n.strip())} as varchar)" for n in names)
        return sorted((tuple(row) for row in self.query(f"select {texts} from {relation}")),
                      key=lambda row: tuple((v is None, v or "") for v in row))

    def count(self, table):
        return self.value(f"select count(*) from {self.relation(table)}")


class PostgresTarget(Target):
    kind = "postgres"

    def __init__(self, server, database):
        self.server, self.database = server, database
        self.url = server.url_of(database)
        self._connection = None

    def connect(self):
        connection = psycopg2.connect(self.url)
        connection.autocommit = True
        return connection

    @property
    def connection(self):
        if self._connection is None or self._connection.closed:
            self._connection = self.connect()
        return self._connection

    def execute(self, sql, parameters=None):
        try:
            with self.connection.cursor() as cursor:
                cursor.execute(sql, parameters)
                return cursor.fetchall() if cursor.description else []
        except psycopg2.Error:
            if self._connection.closed or self._connection.status == psycopg2.extensions.STATUS_BEGIN:
                self.close()
            raise

    query = execute

    def reset(self):
        """As if it had just been made: quicker than CREATE DATABASE, and much quicker than DROP DATABASE."""
        self.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() "
                     "and pid <> pg_backend_pid()")
        schemas = self.query("select nspname from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema'")
        self.execute(f"alter database {self.database} reset all; drop schema {', '.join(quoted(s) for s, in schemas)} cascade; "
                     "create schema public; grant all on schema public to public")
        self.close()  # a new connection has the database's settings

    def exists(self, table):
        return self.value(f"select to_regclass('{quoted(table)}')") is not None

    def columns(self, table):
        return [row[0] for row in self.query(
            "select attname from pg_attribute where attrelid = %s::regclass and attnum > 0 and not attisdropped "
            "order by attnum", (table,))]

    @staticmethod
    def hexadecimal(column):
        return f"encode({column}, 'hex')"

    def close(self):
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class PostgresServer:
    """A private server in a folder of its own (scripts/postgres)."""

    def __init__(self, folder, version=None):
        self.folder = str(folder)
        self.env = {**os.environ, "INGOT_POSTGRES_VERSION": version} if version else None
        self.url = self.call("start").strip()
        self.idle = []  # databases that were used before

    def call(self, command, *args):
        done = subprocess.run([REPOSITORY / "scripts" / "postgres", command, self.folder, *args], text=True, env=self.env,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, timeout=300)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def url_of(self, database):
        return self.url.rsplit("/", 1)[0] + "/" + database

    def execute(self, sql):
        connection = psycopg2.connect(self.url)
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql)
        finally:
            connection.close()

    def take_database(self):
        return self.idle.pop() if self.idle else self.create_database()

    def give_back(self, target):
        target.reset()
        self.idle.append(target)

    def create_database(self):
        name = "t" + uuid.uuid4().hex[:12]
        self.execute(f"create database {name}")
        return PostgresTarget(self, name)

    def restart(self, mode="immediate"):
        self.call("stop", mode)
        self.call("start")

    def stop(self):
        self.call("stop", "immediate")
