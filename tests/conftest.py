"""What all tests share: a private Postgres for the session, and a fresh database of either kind for each test."""
import os
import pathlib
import shutil
import sys
import tempfile

import pytest

import ingot_program
from targets import DuckDbTarget, FilesTarget, PostgresServer


# What scripts/fetch-test-python has fetched.
DEPS = pathlib.Path(os.environ.get("INGOT_DEPS") or pathlib.Path.home() / ".cache/ingot/deps")
sys.path.append(str(DEPS / "test-python"))


def pytest_configure(config):
    config.addinivalue_line("markers", "slow: scaled by INGOT_TEST_SCALE (1 is quick; 10 and more for a night)")
    ingot_program.no_core_dumps()
    if not os.access(ingot_program.INGOT, os.X_OK):
        raise pytest.UsageError(f"the program is not there: {ingot_program.INGOT} (make build, or set INGOT)")


@pytest.fixture(scope="session")
def scale():
    return float(os.environ.get("INGOT_TEST_SCALE", "1"))


def new_server(version=None):
    folder = tempfile.mkdtemp(prefix="ingot-test-pg-")
    os.chmod(folder, 0o755)  # pytest's own temporary folders are closed to the user postgres
    return PostgresServer(folder, version)


@pytest.fixture(scope="session")
def postgres_server():
    server = new_server()
    yield server
    server.stop()
    shutil.rmtree(server.folder, ignore_errors=True)


@pytest.fixture
def own_postgres_server():
    """A server that the test may stop or kill."""
    server = new_server()
    yield server
    server.stop()
    shutil.rmtree(server.folder, ignore_errors=True)


class Fresh:
    """Hands out empty databases, and takes them back after the test."""

    def __init__(self, tmp_path, server):
        self.tmp_path, self.server, self.made = tmp_path, server, []

    def __call__(self, kind):
        if kind == "duckdb":
            folder = self.tmp_path / f"db{len(self.made)}"
            folder.mkdir()
            target = DuckDbTarget(folder / "t.duckdb")
        elif kind == "files":
            target = FilesTarget(self.tmp_path / f"files{len(self.made)}")
        else:
            target = self.server().take_database()
        self.made.append(target)
        return target

    def give_back(self):
        for target in self.made:
            if target.kind == "postgres":
                self.server().give_back(target)


@pytest.fixture
def fresh(tmp_path, request):
    databases = Fresh(tmp_path, lambda: request.getfixturevalue("postgres_server"))
    if "postgres" in request.node.nodeid:
        request.getfixturevalue("postgres_server")  # before tmp_path's teardown is registered
    yield databases
    databases.give_back()


@pytest.fixture
def postgres(fresh, postgres_server):
    return fresh("postgres")


@pytest.fixture
def duckdb(fresh):
    return fresh("duckdb")


@pytest.fixture(params=["duckdb", "postgres"])
def target(request, fresh):
    """The same test, into each kind of target."""
    return fresh(request.param)


@pytest.fixture
def folder(tmp_path):
    """A folder of a pipeline, with a short way of writing files."""
    return Folder(tmp_path / "pipeline")


class Folder:
    def __init__(self, path):
        path.mkdir()
        self.path = path

    def write(self, name, content):
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return file

    def pipeline(self, text, name="p.yaml"):
        return self.write(name, text)


@pytest.fixture(scope="session")
def s3_server():
    from minio import MinioServer  # Amazon's client is wanted by these tests only

    server = MinioServer()
    yield server
    server.stop()


@pytest.fixture
def bucket(s3_server):
    from minio import Bucket

    return Bucket(s3_server)
