"""Frames of polars, cleaned; eager or lazy.

>>> import polars as pl
>>> from cleaner.polars import clean_frame
>>> frame = pl.DataFrame({"id": [7], "raw": ["A short note.\\n\\nShare this:\\n"]})
>>> clean_frame(frame, columns=["text", "outcome"]).rows()
[(7, 'A short note.', 'OK')]
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from cleaner.arrow import clean_beside
from cleaner.errors import UsageError
from cleaner.single import library

if TYPE_CHECKING:
    import polars

Frame = TypeVar("Frame", "polars.DataFrame", "polars.LazyFrame")


def clean_frame(frame: Frame, **how: Any) -> Frame:
    """Clean a column of documents; one row out for each row in, in order.

    ``how`` is what :func:`cleaner.arrow.clean_batch` takes: ``raw``, ``known``, ``columns``, ``prefix``, ``cleaner``
    and the options of cleaning. Columns that cleaning does not read pass through as they are.

    A lazy frame is cleaned when it is collected, batch by batch where that is done by the streaming engine
    (``collect(engine="streaming")``, ``sink_parquet``); a wrong call is told at once all the same.
    Raises UsageError where clean_batch does, InputError where polars is missing.
    """
    pl = library("polars", "polars")
    if isinstance(frame, pl.LazyFrame):
        schema = clean_frame(pl.DataFrame(schema=frame.collect_schema()), **how).schema
        return frame.map_batches(
            lambda batch: clean_frame(batch, **how),
            schema=schema,
            streamable=True,
            predicate_pushdown=False,  # a column that comes out may have the name of one that goes in: the url
            projection_pushdown=False,
        )
    if not isinstance(frame, pl.DataFrame):
        raise UsageError(f"clean_frame takes a polars DataFrame or LazyFrame, got {type(frame).__name__}")
    passing, cleaned = clean_beside(frame.columns, frame.height, lambda name: frame[name].to_arrow(), **how)
    return pl.concat([frame.select(passing), pl.from_arrow(cleaned)], how="horizontal")
