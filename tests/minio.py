"""A real S3 server for tests (MinIO, built by scripts/fetch-minio), and Amazon's own client to fill its buckets."""
import io
import json
import os
import shutil
import socket
import subprocess
import tarfile
import tempfile
import time
import urllib.request
import uuid
from pathlib import Path

import botocore.config
import botocore.session

from ingot_program import REPOSITORY

USER, SECRET = "ingot-test-key", "canary-secret-of-the-s3-server"
DEPS = Path(os.environ.get("INGOT_DEPS", Path.home() / ".cache/ingot/deps"))


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


class MinioServer:
    def __init__(self):
        subprocess.run([REPOSITORY / "scripts/fetch-minio"], check=True)
        self.folder = tempfile.mkdtemp(prefix="ingot-test-s3-")
        self.url = f"http://127.0.0.1:{free_port()}"
        address = self.url.removeprefix("http://")
        env = {"PATH": os.environ["PATH"], "HOME": self.folder, "MINIO_ROOT_USER": USER, "MINIO_ROOT_PASSWORD": SECRET,
               "MINIO_BROWSER": "off", "MINIO_UPDATE": "off", "GOMEMLIMIT": "256MiB"}
        self.log = open(Path(self.folder) / "log", "wb")
        self.process = subprocess.Popen([DEPS / "minio/minio", "server", "--quiet", "--address", address, f"{self.folder}/data"],
                                        env=env, stdout=self.log, stderr=self.log)
        self.wait()

    def wait(self):
        for _ in range(300):
            try:
                urllib.request.urlopen(self.url + "/minio/health/ready", timeout=5).read()
                return
            except OSError:
                assert self.process.poll() is None, (Path(self.folder) / "log").read_text()
                time.sleep(0.1)
        raise AssertionError("MinIO does not start")

    def stop(self):
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def client(self, service="s3", user=USER, secret=SECRET, token=None):
        return botocore.session.Session().create_client(
            service, region_name="us-east-1", endpoint_url=self.url, aws_access_key_id=user, aws_secret_access_key=secret,
            aws_session_token=token, config=botocore.config.Config(s3={"addressing_style": "path"}, max_pool_connections=32))

    def environment(self, endpoint=None):
        """What a user would export."""
        return {"AWS_ACCESS_KEY_ID": USER, "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_ENDPOINT_URL_S3": endpoint or self.url,
                "AWS_REGION": "us-east-1"}


class Bucket:
    """A new bucket, its name, and short ways of filling it."""

    def __init__(self, server):
        self.server, self.s3, self.name = server, server.client(), "b-" + uuid.uuid4().hex[:12]
        self.s3.create_bucket(Bucket=self.name)

    def url(self, key=""):
        return f"s3://{self.name}/{key}"

    def put(self, key, body, **more):
        self.s3.put_object(Bucket=self.name, Key=key, Body=body if isinstance(body, bytes) else body.encode(), **more)

    def put_many(self, files):
        """Many small objects by one request, which MinIO takes apart."""
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w") as tar:
            for key, text in files.items():
                member = tarfile.TarInfo(key)
                member.size = len(text)
                tar.addfile(member, io.BytesIO(text.encode()))
        self.put("all.tar", packed.getvalue(), Metadata={"snowball-auto-extract": "true"})

    def delete(self, key):
        self.s3.delete_object(Bucket=self.name, Key=key)

    def let_everybody(self, *actions):
        self.s3.put_bucket_policy(Bucket=self.name, Policy=json.dumps({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": ["*"]}, "Action": list(actions),
             "Resource": [f"arn:aws:s3:::{self.name}", f"arn:aws:s3:::{self.name}/*"]}]}))
