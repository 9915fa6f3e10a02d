"""Tables and queries of DuckDB."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from mixed import NOTE, RULES_ONLY, documents, pages, parquet, run_example, table, texts

import cleaner.duckdb
from cleaner import UsageError
from cleaner.arrow import OUTPUT, clean_batch
from cleaner.duckdb import clean_relation


@pytest.fixture
def connection() -> duckdb.DuckDBPyConnection:
    return duckdb.connect()


def test_texts_are_those_of_the_plain_call(connection: duckdb.DuckDBPyConnection) -> None:
    cleaned = clean_relation(connection, connection.from_arrow(table()))
    assert cleaned.columns == ["name", *OUTPUT]
    assert [row[0] for row in cleaned.project("text").fetchall()] == texts()
    own = clean_relation(connection, connection.from_arrow(table()), cleaner=RULES_ONLY)
    assert [row[0] for row in own.project("text").fetchall()] == texts(rules_only=True)


def test_what_comes_out_is_what_clean_batch_gives(connection: duckdb.DuckDBPyConnection) -> None:
    cleaned = clean_relation(connection, connection.from_arrow(table())).to_arrow_table()
    assert cleaned.to_pylist() == clean_batch(table()).to_pylist()


@pytest.mark.parametrize(
    "query",
    [
        "FROM cleaned",
        "SELECT name, text FROM cleaned WHERE outcome = 'OK' AND language IS NULL",
        "SELECT outcome, count(*) FROM cleaned GROUP BY ALL",
        "FROM cleaned JOIN notes USING (n) WHERE cleaned.outcome = 'OK' ORDER BY n",
    ],
)
def test_each_row_is_cleaned_once(
    query: str, connection: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A filter on what comes out is not pushed below the cleaning."""
    rows = []

    def counted(batch: pa.Table, **how: object) -> pa.Table:
        rows.append(batch.num_rows)
        return clean_batch(batch, **how)

    monkeypatch.setattr(cleaner.duckdb, "clean_batch", counted)
    notes = connection.from_arrow(pa.table({"n": range(5000), "name": ["x"] * 5000, "raw": [NOTE, None] * 2500}))
    cleaned = clean_relation(connection, notes)
    for time in (1, 2):  # a relation may be read again
        assert connection.sql(query).fetchall()
        assert sum(rows) == 5000 * time
    assert cleaned is not None


def test_columns_that_tell_and_names_that_need_quotes(connection: duckdb.DuckDBPyConnection) -> None:
    pages = connection.sql(
        """SELECT 1 AS "a.""b", 'One line.' AS "the raw", 'Title of it' AS "select", 'https://a.example/x' AS url"""
    )
    cleaned = clean_relation(
        connection, pages, raw="the raw", known={"title": "select", "url": "url"}, columns=["text", "title", "url"]
    )
    assert cleaned.columns == ['a."b', "select", "text", "title", "url"]
    assert cleaned.fetchall() == [(1, "Title of it", "One line.", "Title of it", "https://a.example/x")]


def test_the_case_of_names_does_not_matter(connection: duckdb.DuckDBPyConnection) -> None:
    pages = connection.sql("""SELECT 1 AS n, 'https://a.example/x' AS URL, 'One line.' AS "Raw", 'A title' AS Head""")
    cleaned = clean_relation(connection, pages, known={"url": "url", "title": "HEAD"}, columns=["text", "url", "title"])
    assert cleaned.columns == ["n", "Head", "text", "url", "title"]
    assert cleaned.fetchall() == [(1, "A title", "One line.", "https://a.example/x", "A title")]


def test_a_column_that_differs_from_one_that_comes_out_by_case(connection: duckdb.DuckDBPyConnection) -> None:
    pages = connection.sql("""SELECT 'One line.' AS raw, 'another' AS "Text", 'https://a.example/x' AS URL""")
    with pytest.raises(UsageError, match="Text: such a column comes out too, and DuckDB does not tell names apart"):
        clean_relation(connection, pages)
    with pytest.raises(UsageError, match="two columns are called 'raw'"):
        clean_relation(connection, connection.sql("""SELECT 'One line.' AS raw, 'Another.' AS "Raw" """))
    cleaned = clean_relation(connection, pages, columns=["text", "url"], prefix="c_")
    assert cleaned.project("c_text, c_url, text, url").fetchall() == [
        ("One line.", "https://a.example/x", "another", "https://a.example/x")
    ]


def test_a_relation_of_another_database(connection: duckdb.DuckDBPyConnection) -> None:
    other = duckdb.connect()
    notes = other.sql("SELECT 'One line.' AS raw")
    with pytest.raises(UsageError, match="the relation is of another connection's database"):
        clean_relation(connection, notes)
    cursor = connection.cursor()
    own = cursor.sql("SELECT 'One line.' AS raw")
    assert clean_relation(connection, own, columns=["text"]).fetchall() == [("One line.",)]


def test_blobs_nothing_to_add_and_a_prefix(connection: duckdb.DuckDBPyConnection) -> None:
    blobs = connection.sql("SELECT 'One line.'::BLOB AS raw, 3 AS title")
    assert clean_relation(connection, blobs, columns=["title", "text"], prefix="p_").fetchall() == [
        (3, None, "One line.")
    ]
    assert clean_relation(connection, blobs, columns=[]).fetchall() == [(3,)]


def test_a_wrong_call(connection: duckdb.DuckDBPyConnection) -> None:
    notes = connection.from_arrow(pa.table({"raw": [NOTE], "n": [1], "text": ["x"]}))
    with pytest.raises(UsageError, match="text: such a column is there already"):
        clean_relation(connection, notes)
    with pytest.raises(UsageError, match="column 'n' holds int64: documents are strings or binary"):
        clean_relation(connection, notes, raw="n")
    with pytest.raises(UsageError, match="unknown option 'knid'"):
        clean_relation(connection, notes, columns=["outcome"], knid="html")
    with pytest.raises(UsageError, match="takes a DuckDB relation, got str"):
        clean_relation(connection, "notes")


def test_the_example(tmp_path: Path) -> None:
    out = tmp_path / "clean.parquet"
    run_example("with_duckdb.py", parquet(tmp_path / "pages.parquet"), out)
    written = {name: page.text for name, page in pages().items() if page.outcome in ("OK", "FLAG")}
    assert dict(zip(*pq.read_table(out).select(["name", "text"]).to_pydict().values(), strict=True)) == written
    assert 0 < len(written) <= len(documents())
