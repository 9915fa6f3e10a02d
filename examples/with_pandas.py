"""Clean a column of a Parquet file: python examples/with_pandas.py pages.parquet clean.parquet."""

import sys

import pandas as pd

from cleaner.pandas import clean_frame

source, target = sys.argv[1:]
pages = pd.read_parquet(source)
cleaned = clean_frame(pages)
cleaned.to_parquet(target)
print(cleaned["outcome"].value_counts())
