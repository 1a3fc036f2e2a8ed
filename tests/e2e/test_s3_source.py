"""Objects of a real S3 server: the media job, identity by ETag, objects that vanish, and what each mistake is told."""
import json
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

import minio
from ingot_program import REPOSITORY, ingot, reconciles, run
from s3_proxy import S3Proxy, s3_error

MEDIA = REPOSITORY / "examples/media"
TABLES = ("songs", "movies", "apps", "app_tags")
ROWS = "columns: { id: integer, t: text }\n"


@pytest.fixture
def env(s3_server):
    return s3_server.environment()


@pytest.fixture
def proxy(s3_server):
    made = []

    def make(rule=lambda request: None):
        made.append(S3Proxy(s3_server, minio.SECRET, rule))
        return made[-1]

    yield make
    for one in made:
        one.stop()


@pytest.fixture(scope="module")
def media_files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("media")
    subprocess.run([MEDIA / "generate", "--files", "60", "--out", folder], check=True, stderr=subprocess.DEVNULL)
    return {file.name: file.read_bytes() for file in sorted(folder.iterdir())}


def upload(bucket, files, prefix="", **more):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda item: bucket.put(prefix + item[0], item[1], **more), files.items()))


def media_pipeline(folder, source):
    text = (MEDIA / "media.yaml").read_text().replace("from: { path: data/*.json, format: json }", f"from: {source}")
    assert source in text
    return folder.pipeline(text, "media.yaml")


def contents(target):
    columns = {"songs": "artist_name,title,year,release", "movies": "original_title,budget,is_adult,release_date,original_title_normalized",
               "apps": "name,genre,rating,version,size_bytes,is_awesome", "app_tags": "app,pos,tag"}
    return {table: target.rows(table, columns[table]) for table in TABLES}


def as_local_files(folder, fresh, media_files, leave_out=()):
    """The same files, loaded from a folder."""
    for name, content in media_files.items():
        if name not in leave_out:
            folder.write(f"data/{name}", content)
    target = fresh("postgres")
    run(media_pipeline(folder, "{ path: data/*.json, format: json }"), target).ok()
    return contents(target)


def append(folder, bucket, path="*.csv", more=""):
    return folder.pipeline(f"from: {{ path: 's3://{bucket.name}/{path}', format: csv{more} }}\n{ROWS}")


@pytest.mark.parametrize("kind", ["listing", "manifest"])
def test_media(folder, fresh, bucket, env, media_files, proxy, kind):
    """Each file whole in its tables, as from a folder; the second run reads nothing; what is new is loaded."""
    expected = as_local_files(folder, fresh, media_files)
    watched = proxy()
    env = env | {"AWS_ENDPOINT_URL_S3": watched.url}
    first = dict(list(media_files.items())[1:])  # without files_list.data, and the first of the others
    first.pop("media_000000.json")
    upload(bucket, first, "in/", ContentType="text/html")
    bucket.put("in/files_list.data", "\n".join(first) + "\n\n")
    source = f"{{ path: 's3://{bucket.name}/in/*.json', format: json"
    source += f", manifest: s3://{bucket.name}/in/files_list.data }}" if kind == "manifest" else " }"
    pipeline, target = media_pipeline(folder, source), fresh("postgres")
    done = run(pipeline, target, env=env).ok()
    assert reconciles(done.counts) and done.json["units"] == len(first)
    assert len([r for r in watched.requests if r[0] == "GET" and r[1].endswith(".json")]) == len(first)
    again = run(pipeline, target, env=env).ok().json
    assert again["state"] == "nothing_new" and again["known"] == len(first)
    assert len([r for r in watched.requests if r[0] == "GET" and r[1].endswith(".json")]) == len(first), "read again"
    bucket.put("in/media_000000.json", media_files["media_000000.json"])
    bucket.put("in/files_list.data", "media_000000.json\n" + "\n".join(first) + "\n\n")
    assert run(pipeline, target, env=env).ok().json["units"] == 1
    assert contents(target) == expected
    assert watched.wrong == [], "signatures that botocore makes otherwise"
    target.books_reconcile()


def test_killed_in_the_middle_then_run_again(folder, fresh, bucket, env, media_files):
    upload(bucket, media_files, "in/")
    source = f"{{ path: 's3://{bucket.name}/in/*.json', format: json }}"
    pipeline, whole, target = media_pipeline(folder, source), fresh("postgres"), fresh("postgres")
    run(pipeline, whole, env=env).ok()
    for point in ("engine.routed", "engine.loaded", "engine.recorded", "engine.committed"):
        killed = run(pipeline, target, env=env | {"INGOT_CRASH_AT": point})
        assert killed.code == -9, killed.text()
        run(pipeline, target, env=env).ok()
        assert contents(target) == contents(whole)
        assert target.units() == whole.units()
        target.books_reconcile()
        target.reset()


def test_an_object_that_is_gone_after_it_was_listed(folder, fresh, bucket, env, media_files, proxy):
    """Told and counted; no failure of the run. And the rest is as if it had never been there."""
    gone = "media_000007.json"
    expected = as_local_files(folder, fresh, media_files, leave_out=[gone])
    upload(bucket, media_files, "in/")
    deleting = proxy(lambda r: bucket.delete(f"in/{gone}") if r.method == "GET" and r.path.endswith(".json") else None)
    env = env | {"AWS_ENDPOINT_URL_S3": deleting.url}
    source = f"{{ path: 's3://{bucket.name}/in/*.json', format: json, on_missing: skip }}"
    pipeline, target = media_pipeline(folder, source), fresh("postgres")
    done = run(pipeline, target, env=env).ok().json
    assert done["missing"] == [f"s3://{bucket.name}/in/{gone}"] and done["units"] == 59
    assert contents(target) == expected
    assert run(pipeline, target, env=env).ok().json["state"] == "nothing_new"


def test_without_on_missing_it_fails_alone(folder, target, bucket, env, proxy):
    upload(bucket, {f"{i}.csv": f"id,t\n{i},x\n" for i in range(5)})
    deleting = proxy(lambda r: bucket.delete("3.csv") if r.method == "GET" and r.path.endswith(".csv") else None)
    pipeline = append(folder, bucket)
    done = run(pipeline, target, env=env | {"AWS_ENDPOINT_URL_S3": deleting.url})
    done.failed("not_found", f"the object does not exist: s3://{bucket.name}/3.csv")
    assert target.query("select id from p order by 1") == [(0,), (1,), (2,), (4,)]


@pytest.mark.parametrize("what", ["fail", "skip"])
def test_a_manifest_that_names_what_is_not_there(folder, target, bucket, env, what):
    bucket.put("x/a.csv", "id,t\n1,a\n")
    bucket.put("x/list", "a.csv\nb.csv\n")
    pipeline = append(folder, bucket, "**", f", manifest: 's3://{bucket.name}/x/list', on_missing: {what}")
    done = run(pipeline, target, env=env)
    if what == "skip":
        assert done.ok().json["missing"] == [f"s3://{bucket.name}/x/b.csv"]
        assert target.count("p") == 1
    else:
        done.failed("not_found", f"the object does not exist: s3://{bucket.name}/x/b.csv", "on_missing: skip")


def test_an_overwritten_object(folder, target, bucket, env):
    """By ETag, not by time: the same bytes written again are known; others are what `overwritten` says."""
    bucket.put("a.csv", "id,t\n1,a\n")
    pipeline = append(folder, bucket)
    run(pipeline, target, env=env).ok()
    bucket.put("a.csv", "id,t\n1,a\n")
    assert run(pipeline, target, env=env).ok().json["state"] == "nothing_new"
    bucket.put("a.csv", "id,t\n1,b\n")
    run(pipeline, target, env=env).failed("conflict", "a file that was loaded before has been overwritten")
    run(pipeline, target, "--set", "from.overwritten=apply", env=env).ok()
    assert sorted(target.query("select t from p")) == [("a",), ("b",)]


def test_keys_that_must_be_encoded(folder, target, bucket, env, proxy):
    keys = ["a b+c.csv", "ä/ö=1&2.csv", "q?x#y.csv", "100%.csv", "a//b.csv", "x/../y.csv", "plus+%2B.csv", "(~*').csv"]
    stored = []
    for i, key in enumerate(keys):
        try:
            bucket.put(key, f"id,t\n{i},x\n")
            stored.append((i,))
        except Exception as refused:  # a server on a file system takes neither // nor ..
            assert "//" in key or ".." in key, refused
    watched = proxy()
    run(append(folder, bucket, "**/*.csv"), target, env=env | {"AWS_ENDPOINT_URL_S3": watched.url}).ok()
    assert target.query("select id from p order by 1") == stored and len(stored) >= 6
    assert watched.wrong == []


def test_patterns_names_and_folders(folder, target, bucket, env):
    for i, key in enumerate(["d/1.csv", "d/e/2.csv", "d/e/f/3.csv", "d/.h/4.csv", "d.csv", "d/e/5.txt"]):
        bucket.put(key, f"id,t\n{i},x\n")

    def loaded(path):
        target.reset()
        run(append(folder, bucket, path), target, env=env).ok()
        return [row[0].removeprefix(bucket.url()) for row in target.query("select name from ingot.units order by unit")]

    assert loaded("d/*.csv") == ["d/1.csv"]
    assert loaded("d/**/*.csv") == ["d/1.csv", "d/e/2.csv", "d/e/f/3.csv"]
    assert loaded("d/e") == ["d/e/2.csv", "d/e/5.txt", "d/e/f/3.csv"]
    assert loaded("d/e/f/") == ["d/e/f/3.csv"]
    assert loaded("d.csv") == ["d.csv"]
    assert loaded("d/*/[2-3].csv") == ["d/e/2.csv"]


def test_twenty_thousand_keys(folder, duckdb, bucket, env, proxy):
    """Flat and in folders: pages of both, several at a time."""
    count = 20_000
    bucket.put_many({f"flat/{i:05}.csv" if i % 2 else f"deep/{i % 20:02}/{i:05}.csv": f"id,t\n{i},x\n" for i in range(count)})
    watched, pipeline = proxy(), append(folder, bucket, "**/*.csv")
    ingot("plan", pipeline, "--set", f"to.connection={duckdb.url}", env=env | {"AWS_ENDPOINT_URL_S3": watched.url}).ok()
    done = run(pipeline, duckdb, env=env, timeout=600).ok()
    assert done.json["units"] == count and duckdb.value("select count(distinct id) from p") == count
    names = [row[0] for row in duckdb.query("select name from ingot.units order by unit")]
    assert names == sorted(names) and len(set(names)) == count
    listings = [path for _, path in watched.requests if "list-type=2" in path]
    assert any("delimiter" in path for path in listings) and any("prefix=deep%2F08%2F" in path for path in listings)
    assert watched.wrong == []


def test_formats_that_are_read_otherwise(folder, target, bucket, env):
    """gzip, and a Parquet file, which is no stream."""
    import gzip
    bucket.put("a.csv.gz", gzip.compress(b"id,t\n1,a\n"))
    run(append(folder, bucket, "*.gz"), target, env=env).ok()
    assert target.rows("p") == [("1", "a")]


def test_a_large_object_by_ranges(folder, target, bucket, env, proxy):
    rows = 400_000
    bucket.put("a.csv", "id,t\n" + "".join(f"{i},{'x' * 40}\n" for i in range(rows)))
    watched = proxy()
    done = run(append(folder, bucket), target, env=env | {"AWS_ENDPOINT_URL_S3": watched.url}).ok()
    assert done.counts["inserted"] == rows and target.value("select count(distinct id) from p") == rows
    assert len([r for r in watched.requests if r[1].endswith("/a.csv")]) > 1 and watched.wrong == []


# What each mistake is told.


def test_no_credentials(folder, target, bucket, env):
    bucket.put("a.csv", "id,t\n1,a\n")
    env = {"AWS_ENDPOINT_URL_S3": env["AWS_ENDPOINT_URL_S3"], "HOME": str(folder.path)}
    started = time.monotonic()
    run(append(folder, bucket), target, env=env).failed(
        "source_unreadable", "no AWS credentials found: AWS_ACCESS_KEY_ID is not set, there is no profile default, ",
        "AWS_PROFILE", "anonymous: true")
    assert time.monotonic() - started < 10


def test_wrong_secret_and_wrong_key(folder, target, bucket, env):
    bucket.put("a.csv", "id,t\n1,a\n")
    pipeline = append(folder, bucket)
    run(pipeline, target, env=env | {"AWS_SECRET_ACCESS_KEY": "canary-wrong"}).failed(
        "source_unreadable", f"SignatureDoesNotMatch on s3:ListBucket of s3://{bucket.name}",
        "the secret key of environment is not the one of its access key", "(request ")
    run(pipeline, target, env=env | {"AWS_ACCESS_KEY_ID": "AKIANOBODY"}).failed(
        "source_unreadable", f"InvalidAccessKeyId on s3:ListBucket of s3://{bucket.name}", "does not know the access key of environment")


def test_wrong_bucket(folder, target, bucket, env):
    pipeline = folder.pipeline(f"from: s3://{bucket.name}-no/*.csv\n{ROWS}")
    run(pipeline, target, env=env).failed("not_found", f"the bucket does not exist: s3://{bucket.name}-no", "needs an endpoint")


def test_a_misspelt_key(folder, target, bucket, env):
    bucket.put("in/orders.csv", "id,t\n1,a\n")
    run(append(folder, bucket, "in/ordres.csv"), target, env=env).failed(
        "not_found", f"the object does not exist: s3://{bucket.name}/in/ordres.csv", f"did you mean s3://{bucket.name}/in/orders.csv?")
    run(append(folder, bucket, "out/*.csv"), target, env=env).failed("no_input", f"nothing matches s3://{bucket.name}/out/*.csv")


def test_without_the_right(folder, target, bucket, env):
    """Everybody may list, nobody may read."""
    bucket.put("a.csv", "id,t\n1,a\n")
    bucket.let_everybody("s3:ListBucket")
    folder.write("ingot.yaml", "connections: { open: { type: s3, anonymous: true } }\n")
    run(append(folder, bucket, more=", connection: open"), target, env={"AWS_ENDPOINT_URL_S3": env["AWS_ENDPOINT_URL_S3"]}).failed(
        "source_unreadable", f"AccessDenied on s3:GetObject of s3://{bucket.name}/a.csv (request ", "anonymous: true",
        f"s3:GetObject on arn:aws:s3:::{bucket.name}/a.csv")


def test_a_public_bucket(folder, target, bucket, env):
    bucket.put("a.csv", "id,t\n1,a\n")
    bucket.let_everybody("s3:ListBucket", "s3:GetObject")
    folder.write("ingot.yaml", f"connections: {{ open: {{ type: s3, anonymous: true, endpoint: '{env['AWS_ENDPOINT_URL_S3']}' }} }}\n")
    run(append(folder, bucket, more=", connection: open"), target).ok()
    assert target.rows("p") == [("1", "a")]


def test_keys_by_reference(folder, target, bucket, env):
    bucket.put("a.csv", "id,t\n1,a\n")
    folder.write("ingot.yaml", f"connections: {{ lake: {{ type: s3, endpoint: '{env['AWS_ENDPOINT_URL_S3']}', "
                               f"access_key_id: {minio.USER}, secret_access_key: '${{env.LAKE_SECRET}}' }} }}\n")
    run(append(folder, bucket, more=", connection: lake"), target, env={"LAKE_SECRET": minio.SECRET}).ok()
    assert target.rows("p") == [("1", "a")]


def test_a_profile(folder, target, bucket, env):
    bucket.put("a.csv", "id,t\n1,a\n")
    config = folder.write("aws", f"[profile lake]\naws_access_key_id = {minio.USER}\naws_secret_access_key = {minio.SECRET}\n"
                                 f"region = us-east-1\nservices = mine\n[services mine]\ns3 =\n  endpoint_url = {env['AWS_ENDPOINT_URL_S3']}\n")
    files = {"AWS_CONFIG_FILE": str(config), "AWS_SHARED_CREDENTIALS_FILE": "/nowhere"}
    run(append(folder, bucket), target, env=files | {"AWS_PROFILE": "lake"}).ok()
    assert target.rows("p") == [("1", "a")]
    run(append(folder, bucket), target, env=files | {"AWS_PROFILE": "lak"}).failed("not_found", "AWS profile not found (AWS_PROFILE): \"lak\"")


def test_another_region(folder, target, bucket, env, proxy):
    """Told by the answer, and followed with a signature for that region."""
    bucket.put("a.csv", "id,t\n1,a\n")
    signed = []

    def rule(request):
        region = request.headers["Authorization"].split("/")[2]
        signed.append(region)
        if region != "us-east-1":
            return 301, {"x-amz-bucket-region": "us-east-1"}, s3_error("PermanentRedirect")

    there = proxy(rule)
    run(append(folder, bucket), target, env=env | {"AWS_ENDPOINT_URL_S3": there.url, "AWS_REGION": "eu-central-1"}).ok()
    assert signed[0] == "eu-central-1" and signed.count("eu-central-1") == 1
    nowhere = proxy(lambda r: (301, {}, s3_error("PermanentRedirect", "elsewhere")))
    run(append(folder, bucket), target, env=env | {"AWS_ENDPOINT_URL_S3": nowhere.url}).failed(
        "source_unreadable", f"PermanentRedirect on s3:ListBucket of s3://{bucket.name}", "the bucket is in another region", "R-TEST")


def test_a_session_that_ends_in_mid_run(folder, target, bucket, env, proxy):
    """Renewed, and the request made again."""
    upload(bucket, {f"{i}.csv": f"id,t\n{i},x\n" for i in range(5)})
    calls = folder.path / "calls"
    command = folder.write("give", f"#!/bin/sh\necho x >>{calls}\nprintf '{{\"Version\": 1, \"AccessKeyId\": \"{minio.USER}\", "
                                   f"\"SecretAccessKey\": \"{minio.SECRET}\", \"Expiration\": \"2099-01-01T00:00:00Z\"}}'\n")
    command.chmod(0o755)
    config = folder.write("aws", f"[default]\ncredential_process = {command}\nregion = us-east-1\n")
    ended = []

    def rule(request):
        if request.method == "GET" and request.path.endswith("/2.csv") and not ended:
            ended.append(True)
            return 400, {}, s3_error("ExpiredToken", "The provided token has expired.")

    there = proxy(rule)
    run(append(folder, bucket), target, env={"AWS_CONFIG_FILE": str(config), "AWS_SHARED_CREDENTIALS_FILE": "/nowhere",
                                             "AWS_ENDPOINT_URL_S3": there.url}).ok()
    assert target.count("p") == 5 and len(calls.read_text().split()) == 2
    lasting = proxy(lambda r: (400, {}, s3_error("ExpiredToken", "The provided token has expired.")))
    run(append(folder, bucket), target, env=env | {"AWS_ENDPOINT_URL_S3": lasting.url}).failed(
        "source_unreadable", "ExpiredToken on s3:ListBucket", "the session of environment has ended")


def test_no_secret_is_shown(folder, target, bucket, env):
    """Not in what is printed, nor in the ledger, whatever goes wrong."""
    bucket.put("a.csv", "id,t\n1,a\nno,b\n")
    outputs = []
    for more in ({}, {"AWS_SECRET_ACCESS_KEY": minio.SECRET + "x"}, {"AWS_ENDPOINT_URL_S3": "http://127.0.0.1:1"},
                 {"AWS_SESSION_TOKEN": "canary-token"}):
        for command in (["run", "--json"], ["doctor"], ["plan"], ["preview"]):
            done = ingot(*command, append(folder, bucket), "--set", f"to.connection={target.url}", env=env | more)
            outputs.append(done.out + done.err)
    ledger = json.dumps([[str(v) for v in row] for table in ("runs", "units", "rejects", "plans")
                         for row in target.query(f"select * from ingot.{table}")])
    assert all("canary" not in text for text in [*outputs, ledger])


def test_doctor(folder, target, bucket, env):
    bucket.put("a.csv", "id,t\n1,a\n")
    good = ingot("doctor", append(folder, bucket), "--set", f"to.connection={target.url}", env=env).ok()
    assert "files: 1" in good.out and "S3: credentials of environment" in good.out
    bad = ingot("doctor", append(folder, bucket), "--set", f"to.connection={target.url}", env=env | {"AWS_SECRET_ACCESS_KEY": "x"})
    assert bad.code != 0 and "SignatureDoesNotMatch" in bad.out + bad.err


def test_load_without_a_pipeline(folder, target, bucket, env):
    bucket.put("in/people.csv", "id,name\n1,Ann\n2,Bo\n")
    ingot("load", f"s3://{bucket.name}/in/people.csv", target.url, env=env, cwd=folder.path).ok()
    assert target.rows("people") == [("1", "Ann"), ("2", "Bo")]
