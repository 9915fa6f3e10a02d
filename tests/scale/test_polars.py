"""Frames of polars, eager and lazy."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from mixed import NOTE, RULES_ONLY, documents, parquet, run_example, table, texts

from cleaner import UsageError
from cleaner.polars import clean_frame


def test_texts_are_those_of_the_plain_call() -> None:
    frame = pl.from_arrow(table())
    assert clean_frame(frame)["text"].to_list() == texts()
    assert clean_frame(frame, cleaner=RULES_ONLY)["text"].to_list() == texts(rules_only=True)


@pytest.mark.parametrize("engine", ["in-memory", "streaming"])
def test_a_lazy_frame_gives_the_same(engine: str, tmp_path: Path) -> None:
    lazy = clean_frame(pl.scan_parquet(parquet(tmp_path / "pages.parquet")))
    cleaned = lazy.collect(engine=engine)
    assert cleaned["text"].to_list() == texts()
    assert cleaned["name"].to_list() == list(documents())
    assert cleaned.schema == lazy.collect_schema()
    assert lazy.filter(pl.col("outcome") == "OK").select("name").collect(engine=engine).height == sum(
        cleaned["outcome"] == "OK"
    )


@pytest.mark.parametrize("engine", ["in-memory", "streaming"])
def test_what_is_asked_of_a_lazy_frame_is_asked_of_what_comes_out(engine: str, tmp_path: Path) -> None:
    rows = {
        "n": list(range(3000)),
        "raw": [NOTE, None, ""] * 1000,
        "url": [None, "https://a.example/x", "https://b"] * 1000,
    }
    pl.DataFrame(rows).write_parquet(tmp_path / "notes.parquet", row_group_size=1000)
    lazy = clean_frame(pl.scan_parquet(tmp_path / "notes.parquet"), known={"title": "url"})
    assert lazy.select("n").collect(engine=engine)["n"].to_list() == rows["n"]
    assert lazy.filter(pl.col("url").is_null()).collect(engine=engine).height == 3000
    assert lazy.head(5).collect(engine=engine)["text"].to_list() == ["A short note.", "", "", "A short note.", ""]


def test_what_is_not_read_passes_whatever_it_holds() -> None:
    thing = object()
    frame = pl.DataFrame(
        {
            "raw": [NOTE, None],
            "thing": pl.Series([thing, {3}], dtype=pl.Object),
            "kind": pl.Series(["a", "b"], dtype=pl.Enum(["b", "a"])),
        }
    )
    cleaned = clean_frame(frame, columns=["text"], prefix="clean_")
    assert cleaned.columns == ["thing", "kind", "clean_text"]
    assert cleaned.schema["kind"] == frame.schema["kind"]
    assert cleaned["thing"].to_list() == [thing, {3}]
    assert cleaned["clean_text"].to_list() == ["A short note.", ""]


def test_binary_empty_and_all_missing() -> None:
    assert clean_frame(pl.DataFrame({"raw": [NOTE.encode()]}))["text"].to_list() == ["A short note."]
    assert clean_frame(pl.DataFrame({"raw": [None, None]}))["outcome"].to_list() == ["EMPTY", "EMPTY"]
    empty = clean_frame(pl.DataFrame({"n": [1], "raw": [NOTE]}).clear())
    assert empty.schema == clean_frame(pl.DataFrame({"n": [1], "raw": [NOTE]})).schema


@pytest.mark.parametrize(
    ("frame", "call", "says"),
    [
        (pl.DataFrame({"raw": [1]}), {}, "column 'raw' holds int64: documents are strings or binary"),
        (pl.DataFrame({"text": [NOTE]}), {}, "no column 'raw'"),
        (pl.LazyFrame({"text": [NOTE]}), {}, "no column 'raw'"),
        (pl.LazyFrame({"raw": [NOTE], "title": ["x"]}), {}, "title: such a column is there already"),
        ([NOTE], {}, "takes a polars DataFrame or LazyFrame, got list"),
    ],
)
def test_a_wrong_call(frame: pl.DataFrame, call: dict[str, object], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        clean_frame(frame, **call)


def test_the_example(tmp_path: Path) -> None:
    out = tmp_path / "clean.parquet"
    run_example("with_polars.py", parquet(tmp_path / "pages.parquet"), out)
    assert pl.read_parquet(out)["text"].to_list() == texts()
    assert pl.read_parquet(out)["name"].to_list() == list(documents())
