"""polars reads, ADBC writes (binary COPY). The media are read by json of Python: polars has no routing of records."""
import gzip

import polars
from adbc_driver_postgresql import dbapi
from job import INPUT, JOB, MEDIA, REVIEW, URL, media_tables

STRING, LONG = polars.String, polars.Int64


def products(cursor):
    frame = polars.read_csv(INPUT, schema_overrides={"name": STRING, "sku": STRING, "description": STRING})
    frame = frame.unique("sku", keep="last", maintain_order=True)
    cursor.adbc_ingest("incoming", frame.to_arrow(), mode="replace", temporary=True)
    cursor.execute("insert into products select name, sku, description from incoming on conflict (sku) do update set "
                   "name = excluded.name, description = excluded.description")


def reviews(cursor):
    schema = {name: STRING for name in REVIEW}
    schema |= {"helpful": polars.List(LONG), "overall": polars.Float64, "unixReviewTime": LONG}
    with gzip.open(INPUT) as file:
        frame = polars.read_ndjson(file.read(), schema=schema)
    votes = polars.col("helpful").list
    frame = frame.with_columns(polars.format("[{}, {}]", votes.get(0), votes.get(1)).alias("helpful"))
    cursor.adbc_ingest("reviews", frame.rename({name: name.lower() for name in REVIEW}).to_arrow(), mode="append")


def media(cursor):
    numbers = {"id": LONG, "seconds": polars.Int32, "year": polars.Int32, "size_kb": polars.Int32}
    for table, rows in media_tables().items():
        schema = {name: numbers.get(name, STRING) for name in MEDIA[table]}
        cursor.adbc_ingest(table, polars.DataFrame(rows, schema=schema, orient="row").to_arrow(), mode="append")


with dbapi.connect(URL) as connection:
    with connection.cursor() as open_cursor:
        {"products": products, "reviews": reviews, "media": media}[JOB](open_cursor)
    connection.commit()
