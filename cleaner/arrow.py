"""Tables of documents, cleaned: the one function under every other library's shell.

>>> import pyarrow as pa
>>> from cleaner.arrow import clean_batch
>>> table = clean_batch(pa.table({"id": [7], "raw": ["A short note.\\n\\nShare this:\\n"]}))
>>> table.select(["id", "text", "outcome"]).to_pylist()
[{'id': 7, 'text': 'A short note.', 'outcome': 'OK'}]
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from cleaner import Cleaned, default_cleaner
from cleaner.batch.output import COLUMNS, LEDGER_COLUMNS
from cleaner.batch.tables import schema
from cleaner.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    import pyarrow as pa

    from cleaner.pipeline import Cleaner

OUTPUT = tuple(column for column in COLUMNS if column != "name") + LEDGER_COLUMNS
"""Columns that cleaning adds, in this order: text, outcome, reason, the metadata, and the ledger."""

ROWS = 500
"""Rows that are cleaned before their results become Arrow's: what is held as Python values at a time."""


def clean_batch(
    batch: pa.RecordBatch | pa.Table,
    *,
    raw: str = "raw",
    known: Mapping[str, str] = {"url": "url"},
    columns: Sequence[str] = OUTPUT,
    prefix: str = "",
    cleaner: Cleaner | None = None,
    **options: Any,
) -> pa.Table:
    """Clean a column of documents; one row out for each row in, in order.

    ``raw`` names the column of documents: string or binary, of any Arrow kind. ``known`` says which columns tell what
    about them: ``{"url": "url", "title": "headline"}``, of ``url``, ``title`` and ``site``; ``url`` is used where
    there is one. The column of documents is left out of the result, columns of what is known too where a column of
    the same name comes out; all others pass through untouched, and after them come ``columns``, some of
    :data:`OUTPUT`, under their names with ``prefix`` before: :func:`output_schema` has their types. A null is an
    empty document. ``options`` go to :meth:`Cleaner.clean`, for all rows: ``kind="html"``, ``site="example.com"``.

    Raises UsageError for a wrong call: a column that is not there or of another type, or one that would come out
    twice. Never for content: see the columns ``outcome`` and ``reason``. Rows are cleaned one after another in this
    process, with no deadline: :func:`cleaner.clean_many` has one.
    """
    import pyarrow as pa

    table = pa.Table.from_batches([batch]) if isinstance(batch, pa.RecordBatch) else batch
    if not isinstance(table, pa.Table):
        raise UsageError(f"clean_batch takes a pyarrow RecordBatch or Table, got {type(batch).__name__}")
    added = output_schema(columns, prefix)
    _check_documents(table, raw)
    told = _told(table, known)
    rest = table.select([name for name in table.column_names if name != raw and _passes(name, added, told)])
    _check_twice(rest, added)
    cleaner = cleaner or default_cleaner()
    kinds = dict(zip(columns, added.types, strict=True))
    parts: list[pa.RecordBatch] = []
    for rows in table.select([raw, *told.values()]).to_batches(max_chunksize=ROWS):
        values = [column.to_pylist() for column in rows.columns]
        pages = [
            cleaner.clean(document or "", **{**options, **_given(told, about)})
            for document, *about in zip(*values, strict=True)
        ]
        parts.append(pa.record_batch([_array(pages, name, kind) for name, kind in kinds.items()], schema=added))
    cleaned = pa.Table.from_batches(parts, schema=added)
    for name, column in zip(added.names, cleaned.columns, strict=True):
        rest = rest.append_column(added.field(name), column)
    return rest


def output_schema(columns: Sequence[str] = OUTPUT, prefix: str = "") -> pa.Schema:
    """The Arrow schema of the columns that cleaning adds.

    Raises UsageError for a column that there is not, InputError where pyarrow is not installed.
    """
    for column in columns:
        if column not in OUTPUT:
            raise UsageError(f"unknown column {column!r}{did_you_mean(column, OUTPUT)}")
    import pyarrow as pa

    return pa.schema([field.with_name(prefix + field.name) for field in schema(tuple(columns))])


def _check_documents(table: pa.Table, raw: str) -> None:
    import pyarrow as pa

    if raw not in table.column_names:
        raise UsageError(f"no column {raw!r}: name the column of documents by raw=…, one of {table.column_names}")
    kind = table.schema.field(raw).type
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if not (_is_text(kind) or pa.types.is_null(kind) or _is_binary(kind)):
        raise UsageError(f"column {raw!r} holds {kind}: documents are strings or binary")


def _is_text(kind: pa.DataType) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _is_binary(kind: pa.DataType) -> bool:
    import pyarrow as pa

    return bool(
        pa.types.is_binary(kind)
        or pa.types.is_large_binary(kind)
        or pa.types.is_binary_view(kind)
        or pa.types.is_fixed_size_binary(kind)
    )


def _told(table: pa.Table, known: Mapping[str, str]) -> dict[str, str]:
    """What is told of each document → its column, where there is one."""
    for name, column in known.items():
        if name not in TOLD:
            raise UsageError(f"known names {name!r}: one of {', '.join(TOLD)}{did_you_mean(name, TOLD)}")
        if column not in table.column_names and (name, column) != ("url", "url"):
            raise UsageError(f"no column {column!r} for {name!r}: one of {table.column_names}")
    return {name: column for name, column in known.items() if column in table.column_names}


TOLD = ("url", "title", "site")


def _given(told: Mapping[str, str], values: Sequence[Any]) -> dict[str, str]:
    return {name: value for name, value in zip(told, values, strict=True) if isinstance(value, str) and value}


def _passes(name: str, added: pa.Schema, told: Mapping[str, str]) -> bool:
    return name not in added.names or name not in told.values()


def _check_twice(rest: pa.Table, added: pa.Schema) -> None:
    twice = [name for name in rest.column_names if name in added.names]
    if twice:
        raise UsageError(
            f"{', '.join(twice)}: such a column is there already. Choose other names by prefix=…, leave it out by "
            f"columns=…, or say by known={{'title': '{twice[0]}'}} that it tells something of the documents"
        )


def _array(pages: Sequence[Cleaned], column: str, kind: pa.DataType) -> pa.Array:
    """One column of some pages."""
    import pyarrow as pa

    values = [_value(page, column) for page in pages]
    try:
        return pa.array(values, kind)
    except UnicodeEncodeError:  # Arrow's strings are UTF-8: a lone surrogate, which only removals hold, is written out
        return pa.array(_escaped(values), kind)


def _value(page: Cleaned, column: str) -> Any:
    """What a page has in a column of :data:`OUTPUT`: its text, outcome and ledger are its own, the rest is metadata."""
    if column in ("published", "modified"):
        day = getattr(page.metadata, column)
        return day and date.fromisoformat(day)
    if column == "outcome":
        return str(page.outcome)
    if column == "site_pack":
        return page.site
    return getattr(page if column in ("text", "reason", *LEDGER_COLUMNS) else page.metadata, column)


def _escaped(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    return [_escaped(item) for item in value] if isinstance(value, list | tuple) else value
