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
from cleaner.batch.output import check_once
from cleaner.errors import UsageError
from cleaner.single import check_known, library

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
    As everywhere in DuckDB, the case of names does not matter: ``raw`` finds a column ``Raw``.

    Raises UsageError where clean_batch does, for a column that differs from one that comes out by case alone, and for
    a relation of another database; InputError where duckdb is missing.
    """
    db = library("duckdb", "duckdb")
    if not isinstance(relation, db.DuckDBPyRelation):
        raise UsageError(f"clean_relation takes a DuckDB relation, got {type(relation).__name__}")
    check_known(known)
    check_once([column.casefold() for column in relation.columns])
    own = {column.casefold(): column for column in relation.columns}
    raw = own.get(str(raw).casefold(), raw)
    known = {name: own.get(column.casefold(), column) for name, column in known.items()}
    how |= {"raw": raw, "known": known, "columns": columns, "prefix": prefix}
    nothing = relation.limit(0).to_arrow_table()
    passing, added = clean_beside(relation.columns, 0, nothing.column, **how)
    passing = _apart(passing, added.column_names, known)
    if not columns:
        return relation.select(*map(_named, passing))
    fields = connection.from_arrow(added)
    types = dict(zip(relation.columns, relation.types, strict=True))
    read = [name for name in dict.fromkeys([raw, *known.values()]) if name in types]
    name = f"cleaned_{next(_numbers)}"

    def clean(rows: Any) -> Any:  # DuckDB evaluates these types
        import pyarrow as pa

        cleaned = clean_batch(pa.Table.from_struct_array(rows), **how).select(added.column_names)
        return cleaned.to_struct_array().combine_chunks()

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
    try:
        rows = relation.select(*rest, page.alias(name))
    except db.CatalogException:  # the function is known in the connection's database alone
        raise UsageError(
            "the relation is of another connection's database: give the connection it was made by"
        ) from None
    return rows.select(*rest, db.FunctionExpression("unnest", _named(name)))


def _apart(passing: Sequence[str], added: Sequence[str], known: Mapping[str, str]) -> list[str]:
    """What passes through, without what is known where a column of the same name comes out, whatever its case."""
    folded = {name.casefold() for name in added}
    rest = [name for name in passing if name.casefold() not in folded or name not in known.values()]
    if twice := [name for name in rest if name.casefold() in folded]:
        raise UsageError(
            f"{', '.join(twice)}: such a column comes out too, and DuckDB does not tell names apart by case. "
            f"Choose other names by prefix=…, or leave it out by columns=…"
        )
    return rest


def _named(column: str) -> Any:
    """A column by its name, whatever is in it: DuckDB before 2.0 takes it for SQL otherwise."""
    quoted = column.replace('"', '""')
    return library("duckdb", "duckdb").SQLExpression(f'"{quoted}"')
