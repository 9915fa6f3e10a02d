"""Clean a Parquet file on Ray: python examples/with_ray.py pages.parquet clean/ (columns raw and url)."""

import sys

import ray

from cleaner.ray import clean_dataset

if __name__ == "__main__":
    source, target = sys.argv[1:]
    pages = ray.data.read_parquet(source)
    cleaned = clean_dataset(pages, columns=("text", "outcome", "title", "published"))
    cleaned.write_parquet(target)
