"""Clean a column of a Parquet file: python examples/with_duckdb.py pages.parquet clean.parquet."""

import sys

import duckdb

from cleaner.duckdb import clean_relation

source, target = sys.argv[1:]
connection = duckdb.connect()
cleaned = clean_relation(connection, connection.read_parquet(source))
connection.sql("FROM cleaned WHERE outcome IN ('OK', 'FLAG')").to_parquet(target)
