"""Shards: many documents in one file, as JSON lines (zstd) or Parquet."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, Protocol

import orjson
import zstandard

from cleaner.errors import InputError, OutputError
from cleaner.model import Removal

GROUP = 500
"""Rows of a Parquet row group."""


class Table(Protocol):
    """A shard that is being written; records are lines of JSON."""

    def add(self, line: bytes) -> None:
        """Append a record."""

    def close(self) -> None:
        """Finish the file."""


class JsonLines:
    """JSON lines under zstandard."""

    def __init__(self, path: Path) -> None:
        self._file = open(path, "wb")  # noqa: SIM115 - it is open as long as the table
        self._lines = zstandard.ZstdCompressor(level=3).stream_writer(self._file)

    def add(self, line: bytes) -> None:
        """Append a record."""
        self._lines.write(line)

    def close(self) -> None:
        """Finish the file."""
        self._lines.close()  # type: ignore[no-untyped-call]
        self._file.close()


class Parquet:
    """Parquet with typed columns: days are dates, authors and tags lists, the ledger lists of structs."""

    def __init__(self, path: Path, columns: tuple[str, ...]) -> None:
        import pyarrow.parquet

        self._schema = schema(columns)
        self._writer = pyarrow.parquet.ParquetWriter(path, self._schema, compression="zstd")
        self._rows: list[dict[str, Any]] = []

    def add(self, line: bytes) -> None:
        """Append a record."""
        self._rows.append(_typed(_loads(line)))
        if len(self._rows) >= GROUP:
            self._flush()

    def close(self) -> None:
        """Finish the file."""
        self._flush()
        self._writer.close()

    def _flush(self) -> None:
        import pyarrow

        if self._rows:
            self._writer.write_table(pyarrow.Table.from_pylist(self._rows, schema=self._schema))
            self._rows = []


def schema(columns: tuple[str, ...]) -> Any:
    """The Arrow schema of some columns. Raises InputError when pyarrow is not installed."""
    try:
        import pyarrow as pa
    except ImportError:
        raise InputError("Parquet needs pyarrow: pip install 'newsdump-cleaner[arrow]'") from None
    text, words = pa.string(), pa.list_(pa.string())
    kinds = {
        "authors": words,
        "tags": words,
        "published": pa.date32(),
        "modified": pa.date32(),
        "paywalled": pa.bool_(),
        "removals": pa.list_(
            pa.struct(
                {
                    **dict.fromkeys(Removal._fields, text),
                    "span": pa.list_(pa.int64()),
                    "matched": words,
                }
            )
        ),
        "edits": pa.list_(pa.struct({"start": pa.int64(), "before": text, "after": text, "kind": text})),
    }
    return pa.schema([(column, kinds.get(column, text)) for column in columns])


def read_records(path: Path) -> Iterator[tuple[str, bytes]]:
    """The records of a finished shard: each document's name and its line of JSON.

    Raises OutputError where it is damaged.
    """
    try:
        yield from _read_parquet(path) if path.suffix == ".parquet" else _read_lines(path)
    except OSError as error:
        raise OutputError(f"cannot read {path}: {error.strerror or error}") from None
    except Exception as error:  # the libraries have errors of many kinds for damage
        told = f"{path} is damaged ({type(error).__name__}: {error}): remove it, and the same call writes it anew"
        raise OutputError(told) from None


def _read_lines(path: Path) -> Iterator[tuple[str, bytes]]:
    with open(path, "rb") as file, zstandard.ZstdDecompressor().stream_reader(file) as stream:
        for line in io.BufferedReader(stream):
            yield _loads(line)["name"], line


def _read_parquet(path: Path) -> Iterator[tuple[str, bytes]]:
    import pyarrow.parquet

    for batch in pyarrow.parquet.ParquetFile(path).iter_batches(GROUP):
        for row in batch.to_pylist():
            line = {key: value.isoformat() if isinstance(value, date) else value for key, value in row.items()}
            yield row["name"], orjson.dumps(line) + b"\n"


def _loads(line: bytes) -> dict[str, Any]:
    try:
        found = orjson.loads(line)
    except orjson.JSONDecodeError:  # an escaped lone surrogate
        found = json.loads(line)
    return dict(found)


def _typed(row: dict[str, Any]) -> dict[str, Any]:
    for column in ("published", "modified"):
        if row.get(column):
            row[column] = date.fromisoformat(row[column])
    try:
        orjson.dumps(row)
    except TypeError:  # Arrow's strings are UTF-8: a lone surrogate is written out
        row = escaped(row)
    return row


def escaped(value: Any) -> Any:
    """The value with lone surrogates written out, however deep they stand. Lists become tuples: to Arrow a list may
    be either, a struct that is no dictionary must be a tuple."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    if isinstance(value, dict):
        return {key: escaped(item) for key, item in value.items()}
    return tuple(map(escaped, value)) if isinstance(value, list | tuple) else value
