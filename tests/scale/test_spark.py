"""Spark in local mode with two workers: the shell on a data frame beside the same on a table."""

from __future__ import annotations

import os
import re
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from conftest import ROOT
from documents import a_call, check_example, documents
from pyspark.sql import DataFrame, SparkSession

import cleaner.spark
from cleaner import Cleaner, UsageError
from cleaner.arrow import clean_batch
from cleaner.spark import clean_frame


@pytest.fixture(scope="module")
def spark() -> Iterator[SparkSession]:
    os.environ |= {"PYSPARK_PYTHON": sys.executable, "PYTHONPATH": str(ROOT)}
    builder = SparkSession.builder.master("local[2]").appName("tests")  # type: ignore[attr-defined]
    session = builder.config("spark.ui.enabled", "false").config("spark.sql.session.timeZone", "UTC").getOrCreate()
    yield session
    session.stop()


def rows(frame: DataFrame) -> list[dict[str, Any]]:
    return sorted((row.asDict(recursive=True) for row in frame.collect()), key=lambda row: row["id"])


def test_a_frame_comes_out_as_a_table_does(spark: SparkSession) -> None:
    given = documents()
    found = clean_frame(spark.createDataFrame(given).repartition(4))
    assert rows(found) == clean_batch(given).to_pylist()
    assert found.schema["removals"].simpleString().startswith("removals:array<struct<text:string,span:array<bigint>")
    assert [found.schema[name].dataType.simpleString() for name in ("authors", "published", "paywalled")] == [
        "array<string>", "date", "boolean",
    ]  # fmt: skip


def test_the_cleaner_and_all_options_travel(spark: SparkSession, write_pack: Callable[..., Path]) -> None:
    given, call = a_call(write_pack)
    found = rows(clean_frame(spark.createDataFrame(given), **call))
    assert found == clean_batch(given, **call).to_pylist()
    assert {removal["rule"] for removal in found[0]["clean_removals"]} == {"own.tide"}


def test_other_columns_pass_through_with_their_types(spark: SparkSession) -> None:
    frame = spark.sql(
        "select 1 as id, binary('A short note.') as raw, map('a', 1) as m, timestamp '2024-01-02 03:04:05' as at, "
        "decimal(1.5) as d, interval 1 day as i, array(struct(1 as x)) as s"
    )
    found = clean_frame(frame, columns=["text"])
    assert [f for f in found.schema if f.name != "text"] == [f for f in frame.schema if f.name != "raw"]
    row, before = found.collect()[0], frame.collect()[0]
    assert row.text == "A short note."
    assert all(row[name] == before[name] for name in ("id", "m", "at", "d", "i", "s"))


def test_a_wrong_call_is_told_before_any_work(spark: SparkSession) -> None:
    notes = spark.createDataFrame([(1, "A short note.", "t")], "id int, raw string, title string")
    for call, said in [
        ({"raw": "dump"}, "no column 'dump'"),
        ({"raw": "id"}, "documents are strings or binary"),
        ({"columns": ["txt"]}, "did you mean 'text'"),
        ({}, "title: such a column is there already"),
        ({"prefix": "x_", "kind": "htm"}, "did you mean 'html'"),
        ({"prefix": "x_", "profil": "recall"}, "profil"),
    ]:
        with pytest.raises(UsageError, match=said):
            clean_frame(notes, **call)  # type: ignore[arg-type]


def test_a_worker_keeps_its_cleaner(spark: SparkSession) -> None:
    """The second of two equal jobs finds the cleaner in the workers."""
    packed = Cleaner(profile="recall")
    notes = spark.createDataFrame([(n, "A short note.") for n in range(4)], "id int, raw string")
    clean_frame(notes, cleaner=packed).collect()

    def kept(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        import cleaner.spark

        yield pa.record_batch({"kept": [len(cleaner.spark._CLEANERS)]})

    assert {row.kept for row in notes.mapInArrow(kept, "kept long").collect()} == {1}


def test_the_example_of_the_module_is_right(spark: SparkSession) -> None:
    shown = textwrap.dedent("".join(re.findall(r"(?:^    .*\n|^\n)+", cleaner.spark.__doc__ or "", re.MULTILINE)))
    names: dict[str, Any] = {"spark": spark}
    exec(re.sub(r"^clean_frame", "found = clean_frame", shown, flags=re.MULTILINE), names)
    assert f"# {names['found']}" in shown


def test_the_example_runs(tmp_path: Path) -> None:
    check_example("with_spark.py", tmp_path, PYSPARK_PYTHON=sys.executable, SPARK_LOCAL_IP="127.0.0.1")
