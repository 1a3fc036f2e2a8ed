#!/usr/bin/python3
"""DuckDB with its own Postgres extension, from the wheels duckdb and duckdb-extension-postgres-scanner.

    reviews_duckdb.py 'LIBPQ CONNECTION STRING' FILE
"""
import glob
import os
import sys

import duckdb
import duckdb_extension_postgres_scanner as extension

connection = duckdb.connect()
folder = os.path.dirname(extension.__file__)
connection.execute(f"load '{glob.glob(f'{folder}/extensions/v{duckdb.__version__}/*.duckdb_extension')[0]}'")
connection.execute(f"attach '{sys.argv[1]}' as target (type postgres)")
connection.execute(f"""insert into target.reviews select * replace (helpful::varchar as helpful)
    from read_json('{sys.argv[2]}', format='newline_delimited', columns={{reviewerID: 'VARCHAR', asin: 'VARCHAR',
    reviewerName: 'VARCHAR', helpful: 'BIGINT[]', reviewText: 'VARCHAR', overall: 'DOUBLE', summary: 'VARCHAR',
    unixReviewTime: 'BIGINT', reviewTime: 'VARCHAR'}})""")
