"""DuckDB with its own Postgres extension, from the wheels duckdb and duckdb-extension-postgres-scanner."""
import glob
import os

import duckdb
import duckdb_extension_postgres_scanner as extension
from job import INPUT, JOB, MEDIA, URL

REVIEWS = """insert into target.reviews select * replace (helpful::varchar as helpful) from read_json('{}',
    format = 'newline_delimited', columns = {{reviewerID: 'VARCHAR', asin: 'VARCHAR', reviewerName: 'VARCHAR',
    helpful: 'BIGINT[]', reviewText: 'VARCHAR', overall: 'DOUBLE', summary: 'VARCHAR', unixReviewTime: 'BIGINT',
    reviewTime: 'VARCHAR'}})"""
PRODUCTS = """insert into target.incoming select arg_max(name, n), sku, arg_max(description, n) from
    (select name, sku, description, row_number() over () as n from read_csv('{}', header = true, delim = ',', quote = '"',
    escape = '"', columns = {{name: 'VARCHAR', sku: 'VARCHAR', description: 'VARCHAR'}})) group by sku"""
MEDIA_RECORDS = """create table records as from read_json('{}/*.json', format = 'auto', union_by_name = true, columns =
    {{type: 'VARCHAR', id: 'BIGINT', title: 'VARCHAR', artist: 'VARCHAR', seconds: 'INT', director: 'VARCHAR', year: 'INT',
    vendor: 'VARCHAR', size_kb: 'INT'}})"""


def products(connection):
    """Postgres's upsert is not to be had through the extension: a table between, and one statement there."""
    connection.execute("call postgres_execute('target', 'create unlogged table incoming (name text, sku text, "
                       "description text)')")
    connection.execute(PRODUCTS.format(INPUT))
    connection.execute("call postgres_execute('target', 'insert into products select name, sku, description from incoming "
                       "on conflict (sku) do update set name = excluded.name, description = excluded.description; "
                       "drop table incoming')")


def media(connection):
    connection.execute(MEDIA_RECORDS.format(INPUT))
    for table, columns in MEDIA.items():
        connection.execute(f"insert into target.{table} select {', '.join(columns)} from records "
                           f"where type = '{table[:-1]}'")


database = duckdb.connect()
folder = os.path.dirname(extension.__file__)
database.execute(f"load '{glob.glob(f'{folder}/extensions/v{duckdb.__version__}/*.duckdb_extension')[0]}'")
database.execute(f"attach '{URL}' as target (type postgres)")
{"products": products, "reviews": lambda connection: connection.execute(REVIEWS.format(INPUT)), "media": media}[JOB](database)
