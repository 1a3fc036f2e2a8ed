"""What a tool in Python is told, and what several of them do alike.

    NAME_load.py JOB INPUT

JOB is products, reviews or media; URL is the target's, SCRATCH an empty folder. The target's tables are there, empty.
"""
import json
import os
import subprocess
import sys
from pathlib import Path

JOB, INPUT = sys.argv[1:3]
URL, SCRATCH = os.environ["URL"], os.environ["SCRATCH"]

REVIEW = ("reviewerID", "asin", "reviewerName", "helpful", "reviewText", "overall", "summary", "unixReviewTime",
          "reviewTime")
MEDIA = {"songs": ("id", "title", "artist", "seconds"), "movies": ("id", "title", "director", "year"),
         "apps": ("id", "title", "vendor", "size_kb")}


def upsert_from(staged, order):
    """The last row of each key from a table that holds the file as it stands."""
    return (f"insert into products select distinct on (sku) name, sku, description from {staged} order by sku, {order} desc "
            "on conflict (sku) do update set name = excluded.name, description = excluded.description")


def insert_media_from(staged):
    """Three tables from one that holds every record, in columns of all of them."""
    return ";".join(f"insert into {table} select {', '.join(columns)} from {staged} where type = '{table[:-1]}'"
                    for table, columns in MEDIA.items())


def psql(statement):
    subprocess.run([os.environ["PSQL"], "-X", "-q", "-v", "ON_ERROR_STOP=1", URL, "-c", statement], check=True)


def media_records():
    """The records of all files, by json of Python."""
    for path in sorted(Path(INPUT).glob("*.json")):
        data = path.read_bytes()
        yield from json.loads(data) if data[:1] == b"[" else map(json.loads, data.splitlines())


def media_tables():
    """Table: its rows as tuples. All in memory, as these tools need it."""
    rows = {table: [] for table in MEDIA}
    for record in media_records():
        table = record["type"] + "s"
        rows[table].append(tuple(record[name] for name in MEDIA[table]))
    return rows
