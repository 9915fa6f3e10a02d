"""Tables of DuckDB, cleaned.

>>> import duckdb
>>> from cleaner.duckdb import clean_relation
>>> connection = duckdb.connect()
>>> pages = connection.sql("SELECT 7 AS id, 'A short note.' || chr(10) || 'Share this:' AS raw")
>>> cleaned = clean_relation(connection, pages, columns=["text", "outcome"])
>>> connection.sql("SELECT id, text FROM cleaned WHERE outcome = 'OK'").fetchall()
[(7, 'A short note.')]
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cleaner.arrow import OUTPUT, clean_batch, clean_beside
from cleaner.batch.read.extras import library
from cleaner.errors import UsageError

if TYPE_CHECKING:
    import duckdb

_numbers = itertools.count()


def clean_relation(
    connection: duckdb.DuckDBPyConnection,
    relation: duckdb.DuckDBPyRelation,
    *,
    raw: str = "raw",
    known: Mapping[str, str] = {"url": "url"},
    columns: Sequence[str] = OUTPUT,
    prefix: str = "",
    **how: Any,
) -> duckdb.DuckDBPyRelation:
    """Clean a column of documents of a table or query; one row out for each row in.

    The arguments are those of :func:`cleaner.arrow.clean_batch`. The relation that comes back is like any other: it
    is cleaned when its rows are asked for, some 2,000 at a time, and may be queried, filtered or copied to a file.

    Raises UsageError where clean_batch does, InputError where duckdb is missing.
    """
    db = library("duckdb")
    if not isinstance(relation, db.DuckDBPyRelation):
        raise UsageError(f"clean_relation takes a DuckDB relation, got {type(relation).__name__}")
    how |= {"raw": raw, "known": known, "columns": columns, "prefix": prefix}
    nothing = relation.limit(0).to_arrow_table()
    passing, added = clean_beside(relation.columns, 0, nothing.column, **how)
    if not columns:
        return relation.select(*map(_named, passing))
    fields = connection.from_arrow(added)
    types = dict(zip(relation.columns, relation.types, strict=True))
    read = [name for name in dict.fromkeys([raw, *known.values()]) if name in types]
    name = f"cleaned_{next(_numbers)}"

    def clean(rows: Any) -> Any:  # DuckDB evaluates these types
        import pyarrow as pa

        return clean_batch(pa.Table.from_struct_array(rows), **how).to_struct_array().combine_chunks()

    connection.create_function(
        name,
        clean,
        [db.struct_type({column: types[column] for column in read})],
        db.struct_type(dict(zip(fields.columns, fields.types, strict=True))),
        type="arrow",
        null_handling="special",
        side_effects=True,  # else a filter on what comes out is pushed below, and rows are cleaned again for it
    )
    rest = [_named(column) for column in passing]
    page = db.FunctionExpression(name, db.FunctionExpression("row", *map(_named, read)))
    rows = relation.select(*rest, page.alias(name))
    return rows.select(*rest, db.FunctionExpression("unnest", _named(name)))


def _named(column: str) -> Any:
    """A column by its name, whatever is in it: DuckDB before 2.0 takes it for SQL otherwise."""
    quoted = column.replace('"', '""')
    return library("duckdb").SQLExpression(f'"{quoted}"')
