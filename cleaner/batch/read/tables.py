"""Tables, a document a row: JSONL, CSV, Parquet."""

from __future__ import annotations

import csv
import json
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator, Mapping
from typing import IO, Any

import orjson

from cleaner.batch.document import Document
from cleaner.batch.read.extras import library
from cleaner.batch.read.names import END, NOTHING, Item, Names, failed
from cleaner.batch.read.open import Stream, bomb, is_bomb, lines, recoded, too_large
from cleaner.batch.read.options import TEXT_COLUMNS, Reading
from cleaner.intake.decode import Lines, wide_encoding

DELIMITERS = ",;\t|"
BATCH_BYTES = 8_000_000
MOST_ROWS = 256
MALFORMED = "malformed: "
NOT_JSON = "is not JSON"


class _Rows:
    """Rows of one table → documents, named ``TABLE/000012`` by their number, or by a column."""

    def __init__(self, item: Item, reading: Reading) -> None:
        self._item = item
        self._reading = reading
        self._names = Names(reserved=[END])
        self.count = 0
        named = (reading.url_column, reading.title_column, reading.site_column, reading.name_column)
        self._missing = {column for column in named if column is not None}
        """Columns that were named and that no row had so far."""
        self._present: list[str] = []

    def texts(self) -> tuple[str, ...]:
        return TEXT_COLUMNS if self._reading.text_column is None else (self._reading.text_column,)

    def columns(self, present: Iterable[str]) -> tuple[list[str], str | None]:
        """Those of the columns that are read, or the failure when the text is not among them."""
        present = list(present)
        if not set(self.texts()) & set(present):
            return [], _without_text(self.texts(), present)
        self.meet(present)
        if missing := self.missing():
            return [], missing
        chosen = self._reading
        wanted = {
            *self.texts(), chosen.url_column or "url", chosen.title_column or "title", chosen.site_column or "site",
            chosen.name_column,
        }  # fmt: skip
        return [name for name in present if name in wanted], None

    def meet(self, present: Iterable[str]) -> None:
        """Note the columns of a row, or of the table."""
        if self._missing:
            self._present = self._present or list(present)
            self._missing.difference_update(present)

    def missing(self) -> str | None:
        """The failure of a table that lacks a column that was named."""
        if not self._missing:
            return None
        return f"no column {', '.join(sorted(self._missing))} among {_shown(self._present)}"

    def document(self, row: Mapping[str, Any], number: int, warning: str | None = None) -> Document:
        self.count += 1
        chosen = self._reading
        name = self._name(row, number)
        columns = [column for column in self.texts() if column in row]
        if not columns:
            return failed(name, _without_text(self.texts(), list(row)))
        column = next((column for column in columns if row[column] is not None), columns[0])
        raw = "" if row[column] is None else row[column]
        if not isinstance(raw, str | bytes):
            return failed(name, f"no text: {column!r} holds no text but {type(raw).__name__}")
        if len(raw) > chosen.most_bytes:
            return failed(name, too_large(chosen.most_bytes))
        return Document(
            name,
            raw=raw,
            url=_text(row.get(chosen.url_column or "url")),
            title=_text(row.get(chosen.title_column or "title")),
            site=_text(row.get(chosen.site_column or "site")),
            warning=warning,
        )

    def failed(self, number: int, reason: str) -> Document:
        self.count += 1
        return failed(self._name({}, number), reason)

    def _name(self, row: Mapping[str, Any], number: int) -> str:
        if self._reading.name_column is None:
            return f"{self._item.name}/{number:06d}"
        value = row.get(self._reading.name_column)
        return f"{self._item.name}/{self._names.file(f'{number:06d}' if value in (None, '') else str(value))}"

    def end(self, fault: str | None) -> Iterator[Document]:
        if fault is not None:
            yield self._item.ended(fault)
        elif not self.count:
            yield self._item.ended(f"{NOTHING}the table has no rows")


def _without_text(wanted: Iterable[str], present: list[str]) -> str:
    return f"no text: no column {', '.join(wanted)} among {_shown(present)}; name it by --text-column (text_column)"


def _shown(columns: list[str]) -> str:
    return ", ".join(columns[:8]) + ("…" if len(columns) > 8 else "") or "none"


def _text(value: object) -> str | None:
    return value.strip() or None if isinstance(value, str) else None


def jsonl_documents(stream: Stream, item: Item, reading: Reading) -> Iterator[Document]:
    """The objects of a JSONL file, numbered by their lines; a line that is none is a failure, the others are read.

    Where the last line breaks off, or no object has a column that was named, ``FILE/#end`` says so."""
    rows = _Rows(item, reading)
    stream = _as_utf8(stream)
    encoding = Lines()
    cut = None
    for number, line in lines(stream, reading.most_bytes):
        if line is None:
            yield rows.failed(number, too_large(reading.most_bytes))
        elif line.strip():
            document = _json_document(
                rows, line.removeprefix(BOM_UTF8) if number == 1 else line, number, encoding, stream
            )
            broken = (document.failure or "").startswith(f"{MALFORMED}line {number} {NOT_JSON}")
            if broken and number > 1 and not line.endswith(b"\n"):
                cut = f"truncated: line {number} breaks off"
            else:
                yield document
    yield from rows.end(stream.fault or cut or (rows.missing() if rows.count else None))


def _as_utf8(stream: Stream) -> Stream:
    """The stream, where it is in UTF-16 or UTF-32 (spreadsheets write that) as one of UTF-8."""
    encoding = wide_encoding(stream.head())
    return stream if encoding is None else recoded(stream, encoding)


def _json_document(rows: _Rows, line: bytes, number: int, encoding: Lines, stream: Stream) -> Document:
    warning = None
    try:
        try:
            row = orjson.loads(line)
        except ValueError:  # lone surrogates, NaN, bytes that are not UTF-8
            text, warning = encoding.text(line, stream.head)
            row = json.loads(text)
    except (ValueError, RecursionError) as error:
        return rows.failed(number, f"{MALFORMED}line {number} {NOT_JSON}: {error}")
    if not isinstance(row, dict):
        return rows.failed(number, f"{MALFORMED}line {number} is no JSON object")
    rows.meet(row)
    return rows.document(row, number, warning)


def csv_documents(stream: Stream, item: Item, reading: Reading) -> Iterator[Document]:
    """The rows of a CSV file with a header, counted from 1 below it; the delimiter is read off the header."""
    csv.field_size_limit(max(csv.field_size_limit(), reading.most_bytes))
    rows = _Rows(item, reading)
    stream = _as_utf8(stream)
    parts = _CsvLines(stream, reading.most_bytes)
    fault = None
    try:
        header = next(parts, "")
        delimiter = max(DELIMITERS, key=header.count)
        names = next(csv.reader([header], delimiter=delimiter), [])
        _, fault = rows.columns(names) if header else ([], None)
        if fault is None:
            for number, cells, warning in _csv_rows(parts, delimiter):
                yield rows.document(dict(zip(names, cells, strict=False)), number, warning)
    except csv.Error as error:
        fault = f"{MALFORMED}after row {rows.count}: {error}"
    yield from rows.end(stream.fault or parts.fault or fault)


def _csv_rows(parts: _CsvLines, delimiter: str) -> Iterator[tuple[int, list[str], str | None]]:
    """The rows with their numbers and the warnings of their lines, but for a last one that breaks off inside quotes.

    Raises csv.Error where the quotes of the last row never close.
    """
    reader = csv.reader(parts, delimiter=delimiter)
    held: list[str] = []
    warning = None
    number = line = start = 0
    for cells in reader:
        if held:
            yield number, held, warning
        held, number, line, start = cells, number + bool(cells), reader.line_num, line
        warning, parts.warning = parts.warning, None
    open_quotes = parts.quotes % 2 == 1
    if open_quotes and parts.broken_off:
        return
    if open_quotes and line - start > 1:
        raise csv.Error("a quote is never closed")
    if held:
        yield number, held, warning


class _CsvLines:
    """Lines for the csv module, which asks for text; too long a one ends the table with ``fault``.

    ``warning`` is what was odd about decoding those since somebody took it away."""

    def __init__(self, stream: Stream, most: int) -> None:
        self._stream = stream
        self._lines = lines(stream, most)
        self._most = most
        self._encoding = Lines()
        self.warning: str | None = None
        self.quotes = 0
        self.fault: str | None = None

    @property
    def broken_off(self) -> bool:
        """Whether there would be more lines but for a fault."""
        return (self.fault or self._stream.fault) is not None

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        number, line = next(self._lines)
        if line is None:
            self.fault = too_large(self._most)
            raise StopIteration
        self.quotes += line.count(b'"')
        line = line.removeprefix(BOM_UTF8) if number == 1 else line
        text, warning = self._encoding.text(line, self._stream.head)
        self.warning = self.warning or warning
        return text


def parquet_documents(stream: Stream, file: IO[bytes], item: Item, reading: Reading) -> Iterator[Document]:
    """The rows of a Parquet file, counted from 1, read a few at a time.

    Raises what pyarrow raises for damage: kinds of its own, OSError and others.
    """
    parquet = library("pyarrow.parquet")
    rows = _Rows(item, reading)
    with parquet.ParquetFile(file, pre_buffer=False, buffer_size=1 << 20) as table:
        columns, fault = rows.columns(table.schema_arrow.names)
        fault = fault or _too_dense(table.metadata, columns, reading.most_ratio)
        if fault is None:
            yield from _parquet_rows(table, columns, rows)
    yield from rows.end(fault)


def _parquet_rows(table: Any, columns: list[str], rows: _Rows) -> Iterator[Document]:
    metadata = table.metadata
    size = sum(metadata.row_group(group).total_byte_size for group in range(metadata.num_row_groups))
    average = size // max(metadata.num_rows, 1) + 1
    number = 0
    for batch in table.iter_batches(
        batch_size=min(max(BATCH_BYTES // average, 1), MOST_ROWS), columns=columns, use_threads=False
    ):
        for row in batch.to_pylist():
            number += 1
            yield rows.document(row, number)


def _too_dense(metadata: Any, columns: list[str], most_ratio: float) -> str | None:
    for group in range(metadata.num_row_groups):
        for index in range(metadata.num_columns):
            column = metadata.row_group(group).column(index)
            if column.path_in_schema in columns and is_bomb(
                column.total_uncompressed_size, column.total_compressed_size, most_ratio
            ):
                return bomb(most_ratio)
    return None
