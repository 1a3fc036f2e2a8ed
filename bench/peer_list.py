"""The tools that others use for the same jobs: which there are, and how each is called."""
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from contests import Side

HERE = Path(__file__).resolve().parent
HOME = Path(os.environ.get("INGOT_PEERS", Path.home() / ".cache" / "ingot" / "peers"))
TIMEOUT_SECONDS = 300


@dataclass(frozen=True)
class Peer:
    name: str  # its folder below HOME, and bench/peers/NAME_load.*
    title: str
    how: str  # it does the jobs, in a line
    cannot: tuple = ()  # jobs
    schema: str = ""

    @property
    def folder(self):
        return HOME / self.name

    def version(self):
        return (self.folder / "version").read_text().strip()

    def missing(self):
        """Why it cannot be measured, or None."""
        if (self.folder / "complete").exists():
            return None
        reason = self.folder / "missing"
        return reason.read_text().strip() if reason.exists() else f"not installed: bench/peers-setup {self.name}"

    def program(self):
        script = HERE / "peers" / f"{self.name}_load"
        if script.with_suffix(".py").exists():
            return [self.folder / "bin" / "python", script.with_suffix(".py")]
        return [script.with_suffix(".sh")]

    def command(self, job, data, postgres):
        return [*self.program(), job, data]

    def side(self, job, data, postgres, bar=None):
        environment = {"URL": postgres.url, "PSQL": postgres.psql, "HOME_OF_PEER": str(self.folder)}
        return Side(self.title, [str(part) for part in self.command(job, data, postgres)], bar, environment=environment,
                    schema=self.schema, tree=True, timeout=TIMEOUT_SECONDS)


class Psql(Peer):
    """It comes with the server, and has a script for each job."""

    def version(self):
        return subprocess.run(["psql", "--version"], capture_output=True, text=True, check=True).stdout.strip()

    def missing(self):
        return None

    def command(self, job, data, postgres):
        return [HERE / "peers" / f"{job}_psql.sh", postgres.psql, postgres.url, data]


PEERS = (
    Psql("psql", "psql", "`\\copy` into a temporary table, then SQL; the server takes JSON apart"),
    Peer("psycopg", "psycopg", "`csv` and `json` of Python, row by row into `COPY`; SQL for the upsert"),
    Peer("pandas", "pandas", "`read_csv` and `read_json` in chunks, `to_sql(method='multi')`; SQL for the upsert"),
    Peer("polars", "polars + ADBC", "the file as one data frame in memory, binary `COPY` by ADBC; SQL for the upsert"),
    Peer("duckdb", "DuckDB", "its readers, its Postgres extension (binary `COPY`); SQL for the upsert"),
    Peer("dlt", "dlt", "Arrow tables and its own loader (`COPY`); its own merge, into its own tables", schema="bench_dlt."),
    Peer("sling", "sling", "products and media into a table between, then SQL; reviews by `snapshot`"),
    Peer("ingestr", "ingestr", "products and media into a table between, then SQL; gzip and folders are unpacked for "
         "it, and columns renamed, within the time"),
    Peer("pgloader", "pgloader", "`COPY` into a table between, then SQL", cannot=("reviews", "media")),
    Peer("spark", "PySpark", "`local[2]`, its readers, JDBC in batches; SQL for the upsert"),
    Peer("faucet", "faucet-stream", "its own upsert (`INSERT … ON CONFLICT`); `COPY` for reviews and media"),
)
NAMES = tuple(peer.name for peer in PEERS)


def install(name):
    """The peer, installed if it was not there; None where it cannot be had: peers-setup has said why."""
    peer = PEERS[NAMES.index(name)]
    subprocess.run([HERE / "peers-setup", name])
    return None if peer.missing() else peer
