"""Frames of pandas."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from mixed import NOTE, RULES_ONLY, documents, parquet, run_example, table, texts

from cleaner import UsageError
from cleaner.pandas import clean_frame


def test_texts_are_those_of_the_plain_call() -> None:
    frame = table().to_pandas()
    assert clean_frame(frame)["text"].tolist() == texts()
    assert clean_frame(frame, cleaner=RULES_ONLY)["text"].tolist() == texts(rules_only=True)


def test_what_is_not_read_passes_whatever_it_holds() -> None:
    thing = object()
    frame = pd.DataFrame(
        {"raw": [NOTE, None], "thing": [thing, {3}], "kind": pd.Categorical(["a", "b"]), "n": [1, 2]},
        index=pd.Index([5, 3], name="id"),
    )
    cleaned = clean_frame(frame, columns=["text", "outcome"])
    assert cleaned.columns.tolist() == ["thing", "kind", "n", "text", "outcome"]
    assert cleaned.index.equals(frame.index)
    assert cleaned["thing"].tolist() == [thing, {3}]
    assert cleaned["kind"].dtype == frame["kind"].dtype
    assert cleaned["text"].tolist() == ["A short note.", ""]
    assert frame.columns.tolist() == ["raw", "thing", "kind", "n"]


def test_columns_that_come_out_are_typed() -> None:
    day = '<meta property="article:published_time" content="2024-03-04">'
    page = f"<html>{day}<body><p>The harbour opened again, they said.</p></html>"
    cleaned = clean_frame(pd.DataFrame({"raw": [page, NOTE]}))
    assert cleaned["published"].tolist()[0] == date(2024, 3, 4)
    assert pd.isna(cleaned["published"].tolist()[1])
    assert cleaned["removals"].tolist()[1][0]["text"] == "Share this:"


def test_empty_columns_and_frames() -> None:
    frame = pd.DataFrame({"raw": [NOTE], "url": [float("nan")]})  # as a CSV's empty column comes
    assert clean_frame(frame, columns=["text"])["text"].tolist() == ["A short note."]
    assert clean_frame(frame.iloc[:0])["removals"].tolist() == []


def test_bytes_and_surrogates() -> None:
    assert clean_frame(pd.DataFrame({"raw": [NOTE.encode()]}))["text"].tolist() == ["A short note."]
    surrogates = pd.DataFrame({"raw": ["One \ud800line.", None]}, dtype=object)
    assert clean_frame(surrogates)["text"].tolist() == ["One line.", ""]


@pytest.mark.parametrize(
    ("frame", "call", "says"),
    [
        (pd.DataFrame({"raw": [NOTE, b"x"]}), {}, "holds both str and bytes"),
        (pd.DataFrame({"raw": [[NOTE], 3]}), {}, "documents are strings or binary"),
        (pd.DataFrame({"raw": ["a\ud800b", 5]}, dtype=object), {}, "column 'raw': documents are strings or binary"),
        (pd.DataFrame({"raw": [2**70]}, dtype=object), {}, "column 'raw': documents are strings or binary"),
        (pd.DataFrame({"raw": [NOTE]}), {"known": None}, "known=None: it says which column tells what"),
        (pd.DataFrame({"raw": [NOTE]}), {"colums": ["text"]}, "did you mean 'columns'"),
        (pd.DataFrame({"raw": [NOTE]}), {"column": "text"}, "did you mean 'columns'"),
        (pd.DataFrame({"text": [NOTE]}), {}, "no column 'raw'"),
        (pd.DataFrame([[NOTE, 1]], columns=["raw", "raw"]), {}, "two columns are called 'raw'"),
        (pd.DataFrame({"raw": [NOTE], "title": ["x"]}), {}, "title: such a column is there already"),
        (pd.DataFrame({"raw": [NOTE]}), {"columns": ["txet"]}, "did you mean 'text'"),
        ([NOTE], {}, "takes a pandas DataFrame, got list"),
    ],
)
def test_a_wrong_call(frame: pd.DataFrame, call: dict[str, object], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        clean_frame(frame, **call)


def test_the_example(tmp_path: Path) -> None:
    out = tmp_path / "clean.parquet"
    said = run_example("with_pandas.py", parquet(tmp_path / "pages.parquet"), out)
    assert pq.read_table(out)["text"].to_pylist() == texts()
    assert pq.read_table(out)["name"].to_pylist() == list(documents())
    assert "OK" in said
