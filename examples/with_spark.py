"""Clean a Parquet file on Spark: python examples/with_spark.py pages.parquet clean/ (columns raw and url)."""

import sys

from pyspark.sql import SparkSession

from cleaner.spark import clean_frame

if __name__ == "__main__":
    source, target = sys.argv[1:]
    spark = SparkSession.builder.appName("clean").getOrCreate()
    pages = spark.read.parquet(source)
    cleaned = clean_frame(pages, columns=("text", "outcome", "title", "published"))
    cleaned.write.parquet(target)
