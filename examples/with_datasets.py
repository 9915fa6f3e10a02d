"""Clean a column of a Parquet file in two processes: python examples/with_datasets.py pages.parquet clean.parquet."""

import sys

from datasets import Dataset

from cleaner.datasets import clean_dataset

if __name__ == "__main__":
    source, target = sys.argv[1:]
    pages = Dataset.from_parquet(source)
    clean_dataset(pages, num_proc=2).to_parquet(target)
