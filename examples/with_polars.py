"""Clean a column of a Parquet file, in batches: python examples/with_polars.py pages.parquet clean.parquet."""

import sys

import polars as pl

from cleaner.polars import clean_frame

source, target = sys.argv[1:]
pages = pl.scan_parquet(source)
clean_frame(pages).sink_parquet(target)
