"""dlt: Arrow tables in, its COPY loader out. Its tables are its own, in schema bench_dlt.

products: write disposition merge (delete, then insert) with dedup_sort on the row's number, so that the last row wins.
"""
import json
import os

os.environ |= {"RUNTIME__DLTHUB_TELEMETRY": "false", "RUNTIME__LOG_LEVEL": "ERROR"}
import dlt
import pyarrow
from job import INPUT, JOB, REVIEW, SCRATCH, URL, media_records
from pyarrow import csv, json as arrow_json

BLOCK = 8 << 20


def products():
    n = 0
    for batch in csv.open_csv(INPUT, csv.ReadOptions(block_size=BLOCK), csv.ParseOptions(newlines_in_values=True)):
        numbers = pyarrow.array(range(n, n + batch.num_rows), pyarrow.int64())
        yield pyarrow.Table.from_batches([batch]).append_column("n", numbers)
        n += batch.num_rows


def reviews():
    types = {"helpful": pyarrow.list_(pyarrow.int64()), "overall": pyarrow.float64(), "unixReviewTime": pyarrow.int64()}
    schema = pyarrow.schema([(name, types.get(name, pyarrow.string())) for name in REVIEW])
    file = pyarrow.CompressedInputStream(pyarrow.OSFile(INPUT, "rb"), "gzip")
    for batch in arrow_json.open_json(file, arrow_json.ReadOptions(block_size=BLOCK),
                                      arrow_json.ParseOptions(explicit_schema=schema)):
        table = pyarrow.Table.from_batches([batch])
        helpful = pyarrow.array([json.dumps(votes) for votes in table["helpful"].to_pylist()])
        table = table.set_column(table.schema.get_field_index("helpful"), "helpful", helpful)
        yield table.rename_columns([name.lower() for name in table.column_names])


RESOURCES = {
    "products": lambda: dlt.resource(products, name="products", primary_key="sku", columns={"n": {"dedup_sort": "desc"}},
                                     write_disposition={"disposition": "merge", "strategy": "delete-insert"}),
    "reviews": lambda: dlt.resource(reviews, name="reviews", write_disposition="append"),
    "media": lambda: dlt.resource(media_records, name="media", table_name=lambda record: record["type"] + "s",
                                  write_disposition="append"),
}
destination = dlt.destinations.postgres(URL.replace("@", ":trust@", 1))  # dlt wants a password, whatever it is
pipeline = dlt.pipeline("bench", destination=destination, pipelines_dir=SCRATCH, dataset_name="bench_dlt")
pipeline.run(RESOURCES[JOB](), loader_file_format="csv")
