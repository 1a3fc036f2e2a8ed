"""pandas: read_csv or read_json in chunks and DataFrame.to_sql (SQLAlchemy, psycopg2), which has no upsert: a table between."""
import json

import pandas
import sqlalchemy
from job import INPUT, JOB, MEDIA, URL, media_tables, upsert_from


def products(connection):
    connection.execute(sqlalchemy.text("create temporary table incoming (n bigint, name text, sku text, description text)"))
    for chunk in pandas.read_csv(INPUT, chunksize=50_000, dtype=str, keep_default_na=False):
        chunk.to_sql("incoming", connection, if_exists="append", index=True, index_label="n", method="multi", chunksize=10_000)
    connection.execute(sqlalchemy.text(upsert_from("incoming", "n")))


def reviews(connection):
    for chunk in pandas.read_json(INPUT, lines=True, chunksize=50_000, convert_dates=False, dtype=False):
        chunk["helpful"] = chunk["helpful"].map(json.dumps)
        chunk.columns = [name.lower() for name in chunk.columns]
        chunk.to_sql("reviews", connection, if_exists="append", index=False, method="multi", chunksize=5_000)


def media(connection):
    for table, rows in media_tables().items():
        frame = pandas.DataFrame(rows, columns=MEDIA[table])
        frame.to_sql(table, connection, if_exists="append", index=False, method="multi", chunksize=10_000)


engine = sqlalchemy.create_engine(URL.replace("postgresql://", "postgresql+psycopg2://"))
with engine.begin() as transaction:
    {"products": products, "reviews": reviews, "media": media}[JOB](transaction)
