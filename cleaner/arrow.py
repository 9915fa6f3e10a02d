"""Tables of documents, cleaned: the one function under every other library's shell.

>>> import pyarrow as pa
>>> from cleaner.arrow import clean_batch
>>> table = clean_batch(pa.table({"id": [7], "raw": ["A short note.\\n\\nShare this:\\n"]}))
>>> table.select(["id", "text", "outcome"]).to_pylist()
[{'id': 7, 'text': 'A short note.', 'outcome': 'OK'}]
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from cleaner import Cleaned, default_cleaner
from cleaner.batch.output import COLUMNS, LEDGER_COLUMNS, check_columns, check_once, value_of
from cleaner.batch.tables import escaped, schema
from cleaner.errors import UsageError
from cleaner.single import TOLD, check_known, check_options, library

if TYPE_CHECKING:
    import pyarrow as pa

    from cleaner.pipeline import Cleaner

OUTPUT = tuple(column for column in COLUMNS if column != "name") + LEDGER_COLUMNS
"""Columns that cleaning adds, in this order: text, outcome, reason, the metadata, and the ledger."""

ARGUMENTS = ("raw", "known", "columns", "prefix", "cleaner")
"""Arguments of :func:`clean_batch` beside its options: what is misspelt may be one of them."""

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
    added = output_schema(columns, prefix)
    import pyarrow as pa

    table = pa.Table.from_batches([batch]) if isinstance(batch, pa.RecordBatch) else batch
    if not isinstance(table, pa.Table):
        raise UsageError(f"clean_batch takes a pyarrow RecordBatch or Table, got {type(batch).__name__}")
    check_once(table.column_names)
    cleaner = cleaner or default_cleaner()
    check_options(cleaner, options, ARGUMENTS)
    _check_documents(table, raw)
    told = _told(table, known)
    rest = table.select([name for name in table.column_names if name != raw and _passes(name, added, told)])
    _check_twice(rest, added, prefix)
    if not table.num_rows:  # what is cleaned later is tried without rows: a wrong option is told then
        cleaner.clean("", **options)
    kinds = dict(zip(columns, added.types, strict=True))
    parts: list[pa.RecordBatch] = []
    for rows in table.select([raw, *told.values()]).to_batches(max_chunksize=ROWS):
        values = [_values(column) for column in rows.columns]
        pages = [
            cleaner.clean(document or "", **{**options, **_given(told, about)})
            for document, *about in zip(*values, strict=True)
        ]
        parts.append(pa.record_batch([_array(pages, name, kind) for name, kind in kinds.items()], schema=added))
    cleaned = pa.Table.from_batches(parts, schema=added)
    for name, column in zip(added.names, cleaned.columns, strict=True):
        rest = rest.append_column(added.field(name), column)
    return rest


def clean_beside(
    names: Sequence[str],
    rows: int,
    column: Callable[[str], pa.Array | pa.ChunkedArray],
    /,
    *,
    raw: str = "raw",
    known: Mapping[str, str] = {"url": "url"},
    columns: Sequence[str] = OUTPUT,
    **how: Any,
) -> tuple[list[str], pa.Table]:
    """:func:`clean_batch` for frames that are not Arrow's: the names that pass through, and a table of what is added.

    Only the columns that cleaning reads become Arrow's, by ``column``; the others may hold what Arrow cannot.
    """
    pa = library("arrow", "pyarrow")
    check_once(names)
    check_known(known)
    read = [raw, *known.values()]
    table = pa.table({name: column(name) if name in read else pa.nulls(rows) for name in names})
    cleaned = clean_batch(table, raw=raw, known=known, columns=columns, **how)
    passing = cleaned.num_columns - len(columns)
    return cleaned.column_names[:passing], cleaned.select(range(passing, cleaned.num_columns))


def output_schema(columns: Sequence[str] = OUTPUT, prefix: str = "") -> pa.Schema:
    """The Arrow schema of the columns that cleaning adds.

    Raises UsageError for a column that there is not, or that is named twice; InputError where pyarrow is not installed.
    """
    check_columns(columns, OUTPUT)
    pa = library("arrow", "pyarrow")
    return pa.schema([field.with_name(prefix + field.name) for field in schema(tuple(columns))])


def _check_documents(table: pa.Table, raw: str) -> None:
    if raw not in table.column_names:
        raise UsageError(f"no column {raw!r}: name the column of documents by raw=…, one of {table.column_names}")
    kind = _value_kind(table, raw)
    if not (_is_text(kind) or _is_binary(kind)):
        raise UsageError(f"column {raw!r} holds {kind}: documents are strings or binary")


def _value_kind(table: pa.Table, column: str) -> pa.DataType:
    """The type of a column's values, whether or not they stand in a dictionary."""
    import pyarrow as pa

    kind = table.schema.field(column).type
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _is_text(kind: pa.DataType) -> bool:
    """Whether these are strings, or nulls, which may be anything."""
    import pyarrow as pa

    return bool(
        pa.types.is_string(kind)
        or pa.types.is_large_string(kind)
        or pa.types.is_string_view(kind)
        or pa.types.is_null(kind)
    )


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
    check_known(known)
    for name, column in known.items():
        if column not in table.column_names and (name, column) != ("url", "url"):
            raise UsageError(f"no column {column!r} for {name!r}: one of {table.column_names}")
        if column in table.column_names and not _is_text(kind := _value_kind(table, column)):
            others = {other: known[other] for other in known if other != name}
            raise UsageError(
                f"column {column!r} holds {kind}: {name!r} is told by strings. Say known={others}, "
                f"and prefix=… or columns=… if a column {column!r} would then be there twice"
            )
    return {name: column for name, column in known.items() if column in table.column_names}


def _values(column: pa.Array) -> list[Any]:
    """A column's values. What claims to be UTF-8 and is not (Arrow does not look) stays bytes."""
    try:
        return list(column.to_pylist())
    except UnicodeDecodeError:
        import pyarrow as pa

        plain = column.dictionary_decode() if pa.types.is_dictionary(column.type) else column
        return [_string(value) for value in plain.cast(pa.large_binary()).to_pylist()]


def _string(value: bytes | None) -> str | bytes | None:
    try:
        return value and value.decode()
    except UnicodeDecodeError:
        return value


def _given(told: Mapping[str, str], values: Sequence[Any]) -> dict[str, str]:
    return {name: value for name, value in zip(told, values, strict=True) if isinstance(value, str) and value}


def _passes(name: str, added: pa.Schema, told: Mapping[str, str]) -> bool:
    return name not in added.names or name not in told.values()


def _check_twice(rest: pa.Table, added: pa.Schema, prefix: str) -> None:
    twice = [name for name in rest.column_names if name in added.names]
    if not twice:
        return
    tell = {
        name.removeprefix(prefix): name
        for name in twice
        if name.removeprefix(prefix) in TOLD and _is_text(_value_kind(rest, name))
    }
    or_known = f", or say by known={tell} what it tells of the documents" if len(tell) == len(twice) else ""
    raise UsageError(
        f"{', '.join(twice)}: such a column is there already. Choose other names by prefix=…, or leave it out by "
        f"columns=…{or_known}"
    )


def _array(pages: Sequence[Cleaned], column: str, kind: pa.DataType) -> pa.Array:
    """One column of some pages."""
    import pyarrow as pa

    values = [_value(page, column) for page in pages]
    try:
        return pa.array(values, kind)
    except UnicodeEncodeError:  # Arrow's strings are UTF-8: a lone surrogate is written out
        return pa.array(escaped(values), kind)


def _value(page: Cleaned, column: str) -> Any:
    """What a page has in a column, as Arrow takes it: days are dates, the ledger is as it is."""
    if column in ("published", "modified"):
        day = getattr(page.metadata, column)
        return day and date.fromisoformat(day)
    return getattr(page, column) if column in LEDGER_COLUMNS else value_of(page, column)
