"""Spark: a data frame of documents, cleaned by ``mapInArrow``.

An example that the tests run::

    from cleaner.spark import clean_frame

    notes = spark.createDataFrame([(7, "A short note.\\n\\nShare this:\\n")], "id int, raw string")
    clean_frame(notes, columns=["text", "outcome"]).collect()
    # [Row(id=7, text='A short note.', outcome='OK')]
"""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cleaner import default_cleaner
from cleaner.arrow import OUTPUT, clean_batch
from cleaner.single import library

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame
    from pyspark.sql.types import StructType

    from cleaner.pipeline import Cleaner


def clean_frame(
    frame: DataFrame,
    *,
    raw: str = "raw",
    known: Mapping[str, str] = {"url": "url"},
    columns: Sequence[str] = OUTPUT,
    prefix: str = "",
    cleaner: Cleaner | None = None,
    **options: Any,
) -> DataFrame:
    """Clean a column of documents; one row out for each row in. Lazy, as all of Spark.

    The arguments and the columns that come out are those of :func:`cleaner.arrow.clean_batch`, and so are text and
    ledger; what passes through keeps its type of Spark's. A Python worker makes one cleaner and keeps it as long as
    Spark keeps the worker (``spark.python.worker.reuse``, on by default): where ``cleaner`` is None, of the rules of
    the package installed there; else it travels with the task, by a broadcast.

    Raises UsageError for a wrong call, InputError where pyspark is not installed.
    """
    library("spark", "pyspark.sql")
    call = {"raw": raw, "known": dict(known), "columns": tuple(columns), "prefix": prefix, **options}
    schema = _schema(frame, cleaner, call)
    packed = None if cleaner is None else pickle.dumps(cleaner, protocol=5)
    digest = "" if packed is None else hashlib.blake2b(packed).hexdigest()

    def clean(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        mine = default_cleaner() if packed is None else _unpacked(digest, packed)
        for batch in batches:
            yield from clean_batch(batch, cleaner=mine, **call).to_batches()

    return frame.mapInArrow(clean, schema)


def _schema(frame: DataFrame, cleaner: Cleaner | None, call: Mapping[str, Any]) -> StructType:
    """The columns that come out. Cleaning one row of nulls tells, and finds what is wrong with the call."""
    import pyarrow as pa
    from pyspark.sql.types import StructType

    given, spark = frame.schema, frame.sparkSession
    columns = spark.createDataFrame([], given).toArrow().schema
    row = pa.schema([column.with_nullable(True) for column in columns])
    nulls = pa.table([pa.nulls(1, column.type) for column in row], schema=row)
    made = spark.createDataFrame(clean_batch(nulls, cleaner=cleaner, **call)[:0]).schema
    passed = set(given.names) - {call["raw"]}
    return StructType([given[column.name] if column.name in passed else column for column in made])


_CLEANERS: dict[str, Cleaner] = {}
"""Those that came with a task, in this process: the last one."""


def _unpacked(digest: str, packed: bytes) -> Cleaner:
    if digest not in _CLEANERS:
        _CLEANERS.clear()
        _CLEANERS[digest] = pickle.loads(packed)
    return _CLEANERS[digest]
