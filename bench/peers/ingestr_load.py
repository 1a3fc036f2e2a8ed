"""ingestr 0.15 (1.x fetches its program from elsewhere). It does not dedupe: its merge of a repeated key fails in Postgres,
so products go into a table between, which numbers the rows, and are upserted there. It reads neither gzip nor folders: those
are written to one plain file before, within the time. It insists on names of its own for the columns of the reviews: they are
renamed for it, and back.
"""
import gzip
import json
import os
import shutil
import subprocess
import sys

from job import INPUT, JOB, SCRATCH, URL, insert_media_from, media_records, psql, upsert_from

PROGRAM = os.path.join(os.path.dirname(sys.executable), "ingestr")
RENAMED = ("reviewer_id", "reviewer_name", "review_text", "unix_review_time", "review_time")
PLAIN = os.path.join(SCRATCH, "plain.jsonl")


def ingest(uri, table, strategy):
    environment = {**os.environ, "DISABLE_TELEMETRY": "true", "INGESTR_DISABLE_TELEMETRY": "true", "HOME": SCRATCH}
    command = [PROGRAM, "ingest", "--source-uri", uri, "--source-table", "t", "--dest-uri", URL + "?sslmode=disable",
               "--dest-table", f"public.{table}", "--incremental-strategy", strategy, "--extract-parallelism", "1", "--yes"]
    code = subprocess.run(command, env=environment).returncode
    if code:
        sys.exit(code)


def rename(pairs):
    psql(";".join(f"alter table reviews rename {old} to {new}" for old, new in pairs))


def products():
    psql("create unlogged table incoming (name text, sku text, description text, n bigint generated always as identity)")
    ingest(f"csv://{INPUT}", "incoming", "append")
    psql(upsert_from("incoming", "n") + "; drop table incoming")


def reviews():
    with gzip.open(INPUT) as packed, open(PLAIN, "wb") as plain:
        shutil.copyfileobj(packed, plain, 1 << 20)
    rename([(name.replace("_", ""), name) for name in RENAMED])
    ingest(f"jsonl://{PLAIN}", "reviews", "append")
    rename([(name, name.replace("_", "")) for name in RENAMED])


def media():
    with open(PLAIN, "w", encoding="utf-8") as plain:
        for record in media_records():
            plain.write(json.dumps(record) + "\n")
    ingest(f"jsonl://{PLAIN}", "incoming", "replace")
    psql(insert_media_from("incoming") + "; drop table incoming")


{"products": products, "reviews": reviews, "media": media}[JOB]()
