"""Frames of pandas, cleaned.

>>> import pandas as pd
>>> from cleaner.pandas import clean_frame
>>> frame = pd.DataFrame({"id": [7], "raw": ["A short note.\\n\\nShare this:\\n"]})
>>> clean_frame(frame, columns=["text", "outcome"])
   id           text outcome
0   7  A short note.      OK
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cleaner.arrow import clean_beside
from cleaner.errors import UsageError
from cleaner.single import library

if TYPE_CHECKING:
    import pandas
    import pyarrow as pa


def clean_frame(frame: pandas.DataFrame, **how: Any) -> pandas.DataFrame:
    """Clean a column of documents; one row out for each row in, with its index.

    ``how`` is what :func:`cleaner.arrow.clean_batch` takes: ``raw``, ``known``, ``columns``, ``prefix``, ``cleaner``
    and the options of cleaning. Columns that cleaning does not read pass through as they are, whatever they hold;
    those it adds have Arrow's types (``pandas.ArrowDtype``), so that days, lists and nulls are what they are.

    Documents are str or bytes, all of a column, or missing. A lone surrogate, which Arrow's strings cannot hold, is
    left out of a document, as it would be of its clean text.

    Raises UsageError where clean_batch does, InputError where pandas is missing.
    """
    pd = library("pandas", "pandas")
    if not isinstance(frame, pd.DataFrame):
        raise UsageError(f"clean_frame takes a pandas DataFrame, got {type(frame).__name__}")
    names = [str(name) for name in frame.columns]
    passing, cleaned = clean_beside(names, len(frame), lambda name: _array(frame.iloc[:, names.index(name)]), **how)
    added = cleaned.to_pandas(types_mapper=pd.ArrowDtype).set_axis(frame.index)
    return pd.concat([frame.iloc[:, [names.index(name) for name in passing]], added], axis="columns")


def _array(column: pandas.Series) -> pa.Array | pa.ChunkedArray:
    import pyarrow as pa

    if column.isna().all():  # of whatever type: a CSV's empty column comes as numbers
        return pa.nulls(len(column))
    try:
        try:
            array = pa.array(column, from_pandas=True)
        except UnicodeEncodeError:
            values = [value.encode("utf-8", "ignore").decode() if isinstance(value, str) else value for value in column]
            array = pa.array(values, from_pandas=True)
    except (pa.ArrowException, OverflowError) as error:
        raise UsageError(f"column {column.name!r}: documents are strings or binary ({error})") from None
    if pa.types.is_binary(array.type) and any(isinstance(value, str) for value in column):
        raise UsageError(f"column {column.name!r} holds both str and bytes: documents are one or the other")
    return array
