#!/usr/bin/python3
"""One transaction a file: how it is done who wants each file whole or not at all.

    media_file_by_file.py URL FOLDER
"""
import json
import sys
from pathlib import Path

import psycopg2
from psycopg2.extras import execute_values

TABLES = {"song": ("songs", ("id", "title", "artist", "seconds")),
          "movie": ("movies", ("id", "title", "director", "year")),
          "app": ("apps", ("id", "title", "vendor", "size_kb"))}

connection = psycopg2.connect(sys.argv[1])
cursor = connection.cursor()
for path in sorted(Path(sys.argv[2]).glob("*.json")):
    data = path.read_bytes()
    records = json.loads(data) if data[:1] == b"[" else [json.loads(line) for line in data.splitlines()]
    for kind, (table, columns) in TABLES.items():
        rows = [tuple(record[name] for name in columns) for record in records if record["type"] == kind]
        if rows:
            execute_values(cursor, f"insert into {table} values %s", rows)
    connection.commit()
connection.close()
