"""A web server for tests, on the loopback: files in memory, latency, and the faults that servers and the lines to them have."""
import asyncio
import dataclasses
import email.utils
import hashlib
import socket
import ssl
import struct
import subprocess
import threading
import time


@dataclasses.dataclass
class WebFile:
    body: bytes
    etag: bool = True
    modified: float | None = None  # seconds since 1970; None: the server does not say
    ranges: bool = True
    head: int = 200  # what HEAD is answered with
    headers: dict = dataclasses.field(default_factory=dict)
    auth: str = ""  # the Authorization that is wanted
    chunked: bool = False
    location: str = ""  # redirects to
    faults: list = dataclasses.field(default_factory=list)  # of GETs to come: ("reset", bytes), ("cut", bytes), ("status", code), ("gone",)

    def tag(self):
        return '"' + hashlib.md5(self.body).hexdigest() + '"'


@dataclasses.dataclass
class Request:
    method: str
    path: str
    headers: dict
    status: int = 0
    sent: int = 0


class WebServer:
    def __init__(self, certificate=None):
        self.files, self.log, self.latency = {}, [], 0.0
        self.open_now = self.most_open = 0  # connections
        self.busy_now = self.most_busy = 0  # GETs that wait for their answer
        self.certificate = certificate
        self.loop = asyncio.new_event_loop()
        started = threading.Event()
        self.thread = threading.Thread(target=self.run, args=(started,), daemon=True)
        self.thread.start()
        started.wait(10)

    def run(self, started):
        asyncio.set_event_loop(self.loop)
        context = None
        if self.certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*self.certificate)
        server = self.loop.run_until_complete(asyncio.start_server(self.serve, "127.0.0.1", 0, ssl=context, backlog=1024))
        self.port = server.sockets[0].getsockname()[1]
        started.set()
        self.loop.run_forever()

    def close(self):
        def stop():
            for task in asyncio.all_tasks(self.loop):
                task.cancel()
            self.loop.call_later(0.05, self.loop.stop)

        self.loop.call_soon_threadsafe(stop)
        self.thread.join(10)

    def url(self, path, host="127.0.0.1"):
        return f"{'https' if self.certificate else 'http'}://{host}:{self.port}{path}"

    def put(self, path, body, **options):
        self.files[path] = WebFile(body if isinstance(body, bytes) else body.encode(), **options)
        return self.url(path)

    def requests(self, method=None):
        return [r for r in self.log if method in (None, r.method)]

    def bytes_sent(self):
        return sum(r.sent for r in self.log if r.method == "GET")

    async def serve(self, reader, writer):
        self.open_now += 1
        self.most_open = max(self.most_open, self.open_now)
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                lines = head.decode("latin-1").split("\r\n")
                method, target, _ = lines[0].split(" ")
                headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines[1:] if line)}
                request = Request(method, target.partition("?")[0], headers)
                self.log.append(request)
                if self.latency:
                    self.busy_now += method == "GET"
                    self.most_busy = max(self.most_busy, self.busy_now)
                    await asyncio.sleep(self.latency)
                    self.busy_now -= method == "GET"
                if not await self.answer(request, writer):
                    break
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError, ssl.SSLError):
            pass
        finally:
            self.open_now -= 1
            writer.close()

    async def answer(self, request, writer):
        """Returns whether the connection goes on."""
        file = self.files.get(request.path)
        if file is None:
            return await self.plain(request, writer, 404, b"no such file")
        if file.location:
            return await self.plain(request, writer, 302, b"", {"Location": file.location})
        if file.auth and request.headers.get("authorization") != file.auth:
            return await self.plain(request, writer, 401, b"who are you?")
        fault = file.faults.pop(0) if file.faults and request.method == "GET" else None
        if fault and fault[0] == "status":
            return await self.plain(request, writer, fault[1], b"a fault", dict(fault[2:]))
        if fault and fault[0] == "gone":
            del self.files[request.path]
            return await self.plain(request, writer, 404, b"gone")
        if fault and fault[0] == "change":
            file.body = fault[1]
        if request.method == "HEAD" and file.head != 200:
            return await self.plain(request, writer, file.head, b"")
        wanted = request.headers.get("if-match")
        if file.etag and wanted and wanted != file.tag():
            return await self.plain(request, writer, 412, b"")
        return await self.send(request, writer, file, fault)

    async def plain(self, request, writer, status, body, headers=()):
        lines = [f"HTTP/1.1 {status} Status", f"Content-Length: {len(body)}"] + [f"{k}: {v}" for k, v in dict(headers).items()]
        writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + (b"" if request.method == "HEAD" else body))
        request.status = status
        await writer.drain()
        return True

    async def send(self, request, writer, file, fault):
        headers = {"Date": email.utils.formatdate(time.time(), usegmt=True)} | file.headers
        if file.etag:
            headers["ETag"] = file.tag()
        if file.modified is not None:
            headers["Last-Modified"] = email.utils.formatdate(file.modified, usegmt=True)
        if file.ranges:
            headers["Accept-Ranges"] = "bytes"
        body, status = file.body, 200
        if file.ranges and "range" in request.headers:
            first, _, last = request.headers["range"].removeprefix("bytes=").partition("-")
            first, last = int(first), min(int(last) if last else len(body) - 1, len(body) - 1)
            if first > last:
                return await self.plain(request, writer, 416, b"", {"Content-Range": f"bytes */{len(file.body)}"})
            headers["Content-Range"] = f"bytes {first}-{last}/{len(body)}"
            body, status = body[first:last + 1], 206
        if file.chunked:
            headers["Transfer-Encoding"] = "chunked"
        else:
            headers["Content-Length"] = str(len(body))
        request.status = status
        writer.write(f"HTTP/1.1 {status} OK\r\n".encode() + "".join(f"{k}: {v}\r\n" for k, v in headers.items()).encode() + b"\r\n")
        if request.method == "HEAD":
            await writer.drain()
            return True
        if fault and fault[0] in ("cut", "reset"):
            writer.write(body[:fault[1]])
            request.sent = min(len(body), fault[1])
            await writer.drain()
            if fault[0] == "reset":
                await asyncio.sleep(0.05)
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return False
        if file.chunked:
            for at in range(0, len(body), 10_000):
                piece = body[at:at + 10_000]
                writer.write(b"%x\r\n" % len(piece) + piece + b"\r\n")
            writer.write(b"0\r\n\r\n")
        else:
            writer.write(body)
        request.sent = len(body)
        await writer.drain()
        return True


def make_certificates(folder):
    """An authority of our own, and a certificate for 127.0.0.1 that it has signed: (authority, (certificate, key))."""
    def openssl(*args):
        subprocess.run(["openssl", *args], cwd=folder, check=True, capture_output=True)

    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=Test authority", "-keyout", "ca.key", "-out", "ca.pem")
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=127.0.0.1", "-keyout", "host.key", "-out", "host.csr")
    (folder / "host.ext").write_text("subjectAltName = IP:127.0.0.1\n")
    openssl("x509", "-req", "-in", "host.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "30", "-extfile", "host.ext", "-out", "host.pem")
    return folder / "ca.pem", (folder / "host.pem", folder / "host.key")
