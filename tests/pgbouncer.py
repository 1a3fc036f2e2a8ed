"""A real PgBouncer before a server, pooling by transaction unless told otherwise."""
import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

CONFIGURATION = """
[databases]
* = host={host} port={port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {listen}
unix_socket_dir =
auth_type = trust
auth_file = {folder}/users
pool_mode = {mode}
default_pool_size = {size}
query_wait_timeout = {wait}
"""


class PgBouncer:
    def __init__(self, server_url, mode="transaction", size=5, wait=20):
        host, port = server_url.split("@")[1].split("/")[0].split(":")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            listen = free.getsockname()[1]
        self.url = server_url.replace(f"{host}:{port}", f"127.0.0.1:{listen}")
        self.folder = Path(tempfile.mkdtemp(prefix="ingot-test-pgbouncer-"))
        self.folder.chmod(0o755)
        (self.folder / "users").write_text('"postgres" ""\n')
        (self.folder / "ini").write_text(CONFIGURATION.format(
            host=host, port=port, listen=listen, folder=self.folder, mode=mode, size=size, wait=wait))
        as_postgres = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []  # it refuses root
        self.log = open(self.folder / "log", "w")
        self.process = subprocess.Popen([*as_postgres, shutil.which("pgbouncer", path="/usr/sbin:" + os.environ["PATH"]),
                                         str(self.folder / "ini")], stdout=self.log, stderr=self.log, cwd="/")
        for _ in range(200):
            try:
                return socket.create_connection(("127.0.0.1", listen)).close()
            except OSError:
                time.sleep(0.05)
        raise AssertionError((self.folder / "log").read_text())

    def stop(self):
        self.process.terminate()
        self.process.wait(20)
        self.log.close()
        shutil.rmtree(self.folder)
