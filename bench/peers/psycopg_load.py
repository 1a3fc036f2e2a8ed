"""psycopg 3: Python's csv and json, row by row into COPY."""
import csv
import gzip
import json

import psycopg
from job import INPUT, JOB, MEDIA, URL, media_tables, upsert_from

csv.field_size_limit(1 << 30)


def products(cursor):
    cursor.execute("create temporary table incoming (name text, sku text, description text, n integer) on commit drop")
    with open(INPUT, newline="", encoding="utf-8") as file, cursor.copy("copy incoming from stdin") as copy:
        rows = csv.reader(file)
        next(rows)
        for n, (name, sku, description) in enumerate(rows):
            copy.write_row((name, sku, description, n))
    cursor.execute(upsert_from("incoming", "n"))


def reviews(cursor):
    with gzip.open(INPUT, "rb") as file, cursor.copy("copy reviews from stdin") as copy:
        for line in file:
            record = json.loads(line)
            copy.write_row((record["reviewerID"], record["asin"], record.get("reviewerName"),
                            json.dumps(record["helpful"]), record["reviewText"], record["overall"], record["summary"],
                            record["unixReviewTime"], record["reviewTime"]))


def media(cursor):
    for table, rows in media_tables().items():
        with cursor.copy(f"copy {table} ({', '.join(MEDIA[table])}) from stdin") as copy:
            for row in rows:
                copy.write_row(row)


with psycopg.connect(URL) as connection:
    {"products": products, "reviews": reviews, "media": media}[JOB](connection.cursor())
