"""Files of web servers: exactly once, nothing downloaded twice, no cut-off file taken, whatever the server and the line do."""
import base64
import gzip
import http.client
import random
import signal
import socket
import subprocess
import time

import pytest

import crash_matrix
from ingot_program import ingot, run, run_measured, start
from web_server import WebServer, make_certificates


@pytest.fixture
def server():
    server = WebServer()
    yield server
    server.close()


def csv(first, count=50, text="x"):
    return "id,t\n" + "".join(f"{i},{text}{i}\n" for i in range(first, first + count))


def pipeline(folder, urls, more="", to="table: t", columns="{ id: integer, t: text }"):
    paths = "[" + ", ".join(f'"{url}"' for url in urls) + "]"
    return folder.pipeline(f"from: {{ path: {paths}{more} }}\ncolumns: {columns}\nto: {{ {to} }}\n")


def test_loads_and_downloads_nothing_twice(folder, target, server):
    urls = [server.put("/a.csv", csv(0)), server.put("/b.csv.gz", gzip.compress(csv(100).encode())), server.put("/empty.csv", "id,t\n")]
    file = pipeline(folder, urls)
    done = run(file, target).ok()
    assert done.counts["inserted"] == 100 and target.count("t") == 100
    assert {name for name, in target.query("select name from ingot.units")} == set(urls)
    server.log.clear()
    assert run(file, target).ok().json["state"] == "nothing_new"
    assert server.requests("GET") == [] and len(server.requests("HEAD")) == 3
    server.put("/c.csv", csv(200))
    more = pipeline(folder, urls[1:] + [server.url("/c.csv")])
    server.log.clear()
    assert run(more, target).ok().counts["inserted"] == 50
    assert [r.path for r in server.requests("GET")] == ["/c.csv"]


def test_a_changed_file_is_loaded_again_by_its_key(folder, target, server):
    url = server.put("/a.csv", csv(0))
    file = pipeline(folder, [url], to="table: t, mode: upsert, key: id")
    run(file, target).ok()
    server.put("/a.csv", csv(0, text="y"))
    assert run(file, target).ok().counts["updated"] == 50
    assert run(file, target).ok().json["state"] == "nothing_new"


@pytest.mark.parametrize("options", [dict(etag=False), dict(etag=False, modified=time.time() - 5), dict(etag=False, modified=1e9)])
def test_servers_that_say_little(folder, target, server, options):
    """Without ETag the content decides; Last-Modified spares reading it once it is old enough."""
    url = server.put("/a.csv", csv(0), **options)
    file = pipeline(folder, [url], to="table: t, mode: upsert, key: id")
    run(file, target).ok()
    assert run(file, target).ok().json["state"] == "nothing_new"
    time.sleep(2.1)
    run(file, target).ok()
    server.log.clear()
    assert run(file, target).ok().json["state"] == "nothing_new"
    assert bool(server.requests("GET")) == ("modified" not in options)
    server.put("/a.csv", csv(0, text="y"), **(options | ({"modified": options["modified"] + 1} if "modified" in options else {})))
    assert run(file, target).ok().counts["updated"] == 50


@pytest.mark.parametrize("options", [dict(head=405), dict(head=403), dict(head=405, ranges=False), dict(chunked=True), dict(ranges=False),
                                     dict(head=405, ranges=False, chunked=True, etag=False)])
def test_servers_of_many_kinds(folder, target, server, options):
    file = pipeline(folder, [server.put(f"/{n}.csv", csv(n * 20_000, 20_000), **options) for n in range(3)])
    run(file, target).ok()
    assert target.count("t") == 60_000 and target.value("select sum(id) from t") == sum(range(60_000))
    assert run(file, target).ok().json["state"] == "nothing_new"


@pytest.mark.parametrize("ranges", [True, False])
def test_faults_on_the_way(folder, target, server, ranges):
    """Resets, clean ends in mid-body, 503 and 500: the file is read where it broke, or not at all."""
    body = csv(0, 300_000).encode()
    url = server.put("/big.csv", body, ranges=ranges)
    server.files["/big.csv"].faults = [("cut", 1_000_000), ("reset", 700_000), ("status", 503, ("Retry-After", "0")), ("status", 500), ("cut", 10)]
    small = server.put("/small.csv", csv(1_000_000))
    server.files["/small.csv"].faults = [("cut", 20), ("reset", 30), ("status", 503)]
    run(pipeline(folder, [url, small]), target).ok()
    assert target.count("t") == 300_050 and target.value("select sum(id) from t where id < 1000000") == sum(range(300_000))
    target.books_reconcile()


def test_a_file_that_stays_cut_off_is_never_loaded(folder, target, server):
    url = server.put("/a.csv", csv(0))
    server.files["/a.csv"].faults = [("cut", 100)] * 50
    done = run(pipeline(folder, [url]), target)
    done.failed("source_unreadable", "cut off after 100 of", "after 8 attempts: GET " + url)
    assert not target.has_table("t") if target.kind == "postgres" else True


def test_a_file_that_changes_while_it_is_read(folder, target, server):
    body = csv(0, 300_000).encode()
    url = server.put("/big.csv", body)
    server.files["/big.csv"].faults = [("cut", 1_000_000), ("change", body[:-100] + b"1" * 100)]
    run(pipeline(folder, [url]), target).failed("source_changed", "has changed")
    server.files["/big.csv"].body = body
    run(pipeline(folder, [url]), target).ok()
    assert target.count("t") == 300_000


def test_content_encoding_is_not_decoded(folder, target, server):
    """What is stored is what is read: a .gz that a server calls gzip-encoded has the content that it has."""
    body = gzip.compress(csv(0).encode(), mtime=0)
    file = pipeline(folder, [server.put("/a.csv.gz", body, headers={"Content-Encoding": "gzip"})])
    run(file, target).ok()
    assert target.count("t") == 50
    assert server.requests("GET")[0].headers["accept-encoding"] == "identity"


def test_what_is_not_there(folder, target, server):
    urls = [server.put(f"/{n}.csv", csv(n * 100)) for n in range(4)]
    run(pipeline(folder, urls + [server.url("/none.csv")]), target).failed("not_found", "HTTP 404: HEAD " + server.url("/none.csv"), "on_missing: skip")
    server.files["/2.csv"].faults = [("gone",)]  # between listing and reading
    file = pipeline(folder, urls + [server.url("/none.csv")], ", on_missing: skip")
    done = run(file, target).ok()
    assert sorted(done.json["missing"]) == sorted([server.url("/2.csv"), server.url("/none.csv")])
    assert target.count("t") == 150 and done.json["state"] == "done"
    again = run(file, target).ok()
    assert again.json["state"] == "nothing_new" and len(again.json["missing"]) == 2
    text = ingot("run", file, "--set", f"to.connection={target.url}").ok().out
    assert "2 files are not there (on_missing: skip)" in text


def test_gone_in_a_keyed_load(folder, target, server):
    urls = [server.put(f"/{n}.csv", csv(n * 100)) for n in range(3)]
    server.files["/1.csv"].faults = [("gone",)]
    to = "table: t, mode: upsert, key: id"
    done = run(pipeline(folder, urls, ", on_missing: skip", to=to), target).ok()
    assert done.json["missing"] == [server.url("/1.csv")] and target.count("t") == 100
    server.put("/1.csv", csv(100))
    server.files["/1.csv"].faults = [("gone",)]
    run(pipeline(folder, urls, to=to), target).failed("not_found", "HTTP 404")


SECRET = "t0p-s3cret-value"


@pytest.mark.parametrize("auth, header", [("bearer: \"${env.WEB_SECRET}\"", f"Bearer {SECRET}"),
                                          ("user: me, password: \"${env.WEB_SECRET}\"", "Basic " + base64.b64encode(f"me:{SECRET}".encode()).decode())])
def test_credentials(folder, duckdb, server, auth, header):
    url = server.put("/a.csv", csv(0), auth=header)
    file = pipeline(folder, [url], f", auth: {{ {auth} }}")
    run(file, duckdb, env={"WEB_SECRET": SECRET}).ok()
    wrong = run(file, duckdb, "--set", "from.new=all", env={"WEB_SECRET": "wr0ng"})
    wrong.failed("source_unreadable", "HTTP 401", "from.auth is refused")
    for text in (wrong.out, wrong.err):
        assert "wr0ng" not in text
    run(pipeline(folder, [url]), duckdb, "--set", "from.new=all").failed("source_unreadable", "HTTP 401", "auth:")
    plain = pipeline(folder, [url], ", auth: { bearer: abcdefgh }")
    done = run(plain, duckdb).failed("invalid_pipeline", "a secret as plain text", "${env.NAME}")
    assert "abcdefgh" not in done.err
    done = run(pipeline(folder, [url.replace("://", f"://me:{SECRET}@")]), duckdb).failed("invalid_pipeline", "credentials in a URL")
    assert SECRET not in done.err


def test_credentials_stay_at_home(folder, duckdb, server):
    other = WebServer()
    try:
        target = other.put("/b.csv", csv(0))
        url = server.put("/a.csv", "", location=target)
        run(pipeline(folder, [url], ", auth: { bearer: \"${env.WEB_SECRET}\" }"), duckdb, env={"WEB_SECRET": SECRET}).ok()
        assert duckdb.count("t") == 50
        assert all("authorization" in r.headers for r in server.log)
        assert other.log and not any("authorization" in r.headers for r in other.log)
        both = pipeline(folder, [url, target], ", auth: { bearer: \"${env.WEB_SECRET}\" }")
        run(both, duckdb, env={"WEB_SECRET": SECRET}).failed("invalid_pipeline", "auth with URLs of several hosts")
    finally:
        other.close()


def test_signed_urls_are_known_by_what_does_not_change(folder, duckdb, server):
    server.put("/a.csv", csv(0))
    url = server.url("/a.csv?version=3&X-Amz-Signature=")
    run(pipeline(folder, [url + SECRET]), duckdb).ok()
    assert duckdb.query("select name from ingot.units") == [(server.url("/a.csv?version=3"),)]
    assert run(pipeline(folder, [url + "another"]), duckdb).ok().json["state"] == "nothing_new"
    done = run(pipeline(folder, [server.url(f"/none.csv?token={SECRET}")]), duckdb).failed("not_found", "token=***")
    assert SECRET not in done.err + done.out
    run(pipeline(folder, [url + "a", url + "b"]), duckdb).failed("invalid_pipeline", "differ in a secret only")


def test_tls(folder, duckdb, tmp_path):
    authority, certificate = make_certificates(tmp_path)
    server = WebServer(certificate)
    try:
        url = server.put("/a.csv", csv(0))
        file = pipeline(folder, [url])
        run(file, duckdb).failed("source_unreadable", "certificate", "SSL_CERT_FILE")
        (tmp_path / "other").mkdir()
        other, _ = make_certificates(tmp_path / "other")
        run(file, duckdb, env={"SSL_CERT_FILE": str(other)}).failed("source_unreadable", "certificate")
        assert server.log == []
        run(file, duckdb, env={"SSL_CERT_FILE": str(authority)}).ok()
        assert duckdb.count("t") == 50
        plain = WebServer()
        try:
            down = server.put("/down.csv", "", location=plain.put("/a.csv", csv(0)))
            done = run(pipeline(folder, [down]), duckdb, env={"SSL_CERT_FILE": str(authority)})
            done.failed("source_unreadable", "a redirect from https to http://")
            assert plain.log == []
        finally:
            plain.close()
    finally:
        server.close()


def test_http2(folder, duckdb, tmp_path):
    """A server that speaks nothing else; hundreds of requests share its connections."""
    authority, (certificate, key) = make_certificates(tmp_path)
    site = tmp_path / "site"
    site.mkdir()
    for n in range(300):
        (site / f"{n}.csv").write_text(csv(n * 10, 10))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(["nghttpd", "--address=127.0.0.1", f"--htdocs={site}", str(port), str(key), str(certificate)])
    try:
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        file = pipeline(folder, [f"https://127.0.0.1:{port}/{n}.csv" for n in range(300)])
        run(file, duckdb, env={"SSL_CERT_FILE": str(authority)}).ok()
        assert duckdb.count("t") == 3000
        assert run(file, duckdb, env={"SSL_CERT_FILE": str(authority)}).ok().json["state"] == "nothing_new"
    finally:
        server.kill()
        server.wait()


@pytest.mark.parametrize("text, message", [
    ("from: https://host/*.csv", "a pattern in a URL"), ("from: [a.csv, 'https://host/b.csv']", "files and URLs in one pipeline"),
    ("from: https://host/a.zip", "an archive that is a URL"), ("from: https://host/a.tar.gz!/x.csv", "an archive that is a URL"), ("from: ftp://host/a.csv", "not supported by this version yet: ftp://"), ("from: { path: a.csv, on_missing: skip }", "no effect with files of this machine"),
    ("from: { path: 'https://host/a.csv', auth: { user: me } }", "auth without password"),
    ("from: { path: 'https://host/a.csv', auth: { bearer: '${env.HOME}', user: me } }", "several kinds of auth"),
    ("from: { path: 'https://host/data' }", "no format for")])
def test_mistakes(folder, text, message):
    ingot("check", folder.pipeline(f"{text}\ncolumns: {{ id: integer }}\n")).failed("invalid_pipeline", message)


def test_load_and_init(folder, server, tmp_path):
    url = server.put("/sales.csv.gz", gzip.compress(csv(0).encode()))
    done = ingot("load", url, cwd=tmp_path).ok()
    assert "50 read = 50 inserted" in done.out and (tmp_path / "sales.duckdb").exists()
    ingot("init", url, "--output", "p.yaml", cwd=tmp_path).ok()
    assert url in (tmp_path / "p.yaml").read_text()
    assert "50 read = 50 inserted" in ingot("run", "p.yaml", cwd=tmp_path).ok().out


def test_rejects_keep_their_bytes(folder, target, server):
    body = csv(0, 200_000).replace("\n150000,", "\nno number,")
    file = pipeline(folder, [server.put("/a.csv", body), server.put("/b.csv.gz", gzip.compress(body.encode()))])
    run(file, target).ok()
    raw = [bytes.fromhex(r).strip() for r, in target.query(f"select {target.hexadecimal('raw')} from ingot.rejects")]
    assert raw == [b"no number,x150000"] * 2


def test_parquet_by_http(folder, duckdb, server, tmp_path):
    duckdb.execute(f"copy (select range::integer as id, 'x' || range as t from range(1000)) to '{tmp_path}/a.parquet' (format parquet)")
    file = pipeline(folder, [server.put("/a.parquet", (tmp_path / "a.parquet").read_bytes())])
    run(file, duckdb).ok()
    assert duckdb.count("t") == 1000 and duckdb.value("select sum(id) from t") == sum(range(1000))


class WebCase(crash_matrix.Killed):
    """Over HTTP: plain and compressed files, with rejects; one without ETag, one of a server without ranges."""

    def __init__(self, folder, server, kind, mode, new_target):
        self.kind, self.target, self.folder = kind, new_target(kind), folder.path
        for n in range(6):
            body = csv(n * 20, 40, text=f"f{n}-").encode() + b"bad,row\n"
            server.put(f"/{n}.csv" + (".gz" if n % 2 else ""), gzip.compress(body, mtime=0) if n % 2 else body, etag=n != 2, ranges=n != 3)
        to = f"table: p, mode: {mode}" + (", key: id" if mode == "upsert" else "")
        self.pipeline = pipeline(folder, [server.url(path) for path in sorted(server.files)], to=to)

    def beginning(self):
        self.target.reset()
        return self.target

    def state(self):
        return self.target.state("p")


@pytest.mark.parametrize("mode", ["append", "upsert"])
@pytest.mark.parametrize("kind", ["duckdb", "postgres"])
def test_killed_at_every_step(folder, fresh, server, kind, mode):
    row = crash_matrix.try_every_step(WebCase(folder, server, kind, mode, fresh))
    assert not row.wrong, "\n".join(map(": ".join, row.wrong))


@pytest.mark.parametrize("kind", ["duckdb", "postgres"])
def test_parts_of_a_large_file(folder, fresh, server, kind):
    """A crash costs the part that was under way: the next process goes on behind it, by a range."""
    body = csv(0, 400_000).encode()
    file = pipeline(folder, [server.put("/big.csv", body)], to="table: t, commit: part, part_size: 1MiB")
    whole = fresh(kind)
    run(file, whole).ok()
    parts = whole.value("select count(*) from ingot.units")
    assert parts >= len(body) >> 20
    target = fresh(kind)
    assert run(file, target, env={"INGOT_CRASH_AT": f"engine.committed:{parts - 1}"}).code == -signal.SIGKILL
    assert target.count("t") > 300_000
    crash_matrix.rerun(file, target)
    assert not crash_matrix.difference(whole.state("t"), target.state("t"))
    server.files["/big.csv"].body = body[:-1] + b"!"
    again = fresh(kind)
    assert run(file, again, env={"INGOT_CRASH_AT": "engine.committed:2"}).code == -signal.SIGKILL
    server.files["/big.csv"].body = body
    run(file, again).failed("source_changed", "has changed since")


def test_killed_while_it_downloads(folder, fresh, server):
    server.latency = 0.02
    urls = [server.put(f"/{n}.csv", csv(n * 1000, 1000)) for n in range(60)]
    file = pipeline(folder, urls)
    whole = fresh("postgres")
    began = time.monotonic()
    run(file, whole).ok()
    duration, expected = time.monotonic() - began, whole.state("t")
    dice, target = random.Random(7), fresh("postgres")
    for _ in range(4):
        process = start("run", "--json", file, "--set", f"to.connection={target.url}")
        time.sleep(dice.uniform(0.02, duration))
        process.send_signal(signal.SIGKILL)
        process.communicate()
    crash_matrix.rerun(file, target)
    assert not crash_matrix.difference(expected, target.state("t"))


def test_it_can_be_stopped(folder, duckdb, server):
    server.latency = 30
    process = start("run", "--json", pipeline(folder, [server.put("/a.csv", csv(0))]), "--set", f"to.connection={duckdb.url}")
    time.sleep(1)
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)
    assert process.returncode == 130 and time.monotonic() - began < 5


def test_many_small_files_wait_for_one_another_little(folder, duckdb, server):
    """2,000 files behind 50 ms: more than 10 times as fast (20 to 30 on a quiet machine) as one request at a time, which is measured,
    too, on a part of them."""
    count, part = 2000, 40
    server.latency = 0.05
    urls = [server.put(f"/{n}.csv", csv(n * 10, 10)) for n in range(count)]
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    began = time.monotonic()
    for n in range(part):
        connection.request("GET", f"/{n}.csv")
        connection.getresponse().read()
    one_at_a_time = (time.monotonic() - began) / part * count
    server.log.clear()
    began = time.monotonic()
    run(pipeline(folder, urls), duckdb).ok()
    seconds = time.monotonic() - began
    print(f"{count} files: {seconds:.1f} s, one at a time {one_at_a_time:.1f} s ({one_at_a_time / seconds:.0f} times)")
    assert duckdb.count("t") == count * 10
    assert one_at_a_time / seconds > 10, (one_at_a_time, seconds)
    assert len(server.requests("GET")) == count and server.most_open <= 300


def test_keyed_loads_fetch_ahead_too(folder, duckdb, server):
    """Each file is a transaction of its own, and is read twice: it is downloaded once, and before it is its turn."""
    server.latency = 0.05
    urls = [server.put(f"/{n}.csv", csv(n * 10, 10)) for n in range(100)]
    run(pipeline(folder, urls, to="table: t, mode: upsert, key: id"), duckdb).ok()
    assert duckdb.count("t") == 1000
    assert len(server.requests("GET")) == 100 and server.most_busy > 30


def test_memory_stays_bounded(folder, duckdb, server, scale):
    """A large file, and the prefetching of many small ones, within the limit."""
    rows = int(1_500_000 * scale)
    url = server.put("/big.csv", csv(0, rows, text="some longer text so that it is large " * 2))
    many = [server.put(f"/{n}.csv", csv(n, 5000)) for n in range(300)]
    done = run_measured("run", "--json", pipeline(folder, [url, *many]), "--set", f"to.connection={duckdb.url}", "--memory-limit", "384MiB").ok()
    assert done.max_rss_kib < 450 * 1024, done.max_rss_kib
