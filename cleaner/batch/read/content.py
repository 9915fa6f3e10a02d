"""One file's content → its documents, whatever it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import IO

from cleaner.batch.document import Document
from cleaner.batch.read import archives, mail, tables, web
from cleaner.batch.read.kinds import PLAIN, kind_of, looks_like_jsonl, unpacked_name
from cleaner.batch.read.names import Item
from cleaner.batch.read.open import MAGIC, MOST_LAYERS, Stream, read_at_most, stream_of, unpacked
from cleaner.batch.read.options import DEFAULTS, Reading
from cleaner.errors import InputError
from cleaner.intake.decode import named_kind

Reader = Callable[[Stream, Item, Reading], Iterator[Document]]


def documents(
    stream: Stream, item: Item, reading: Reading, file: IO[bytes] | None = None, piped: bool = False
) -> Iterator[Document]:
    """The documents of one stream, decompressed and recognised by content.

    ``file``: the same content, where it can be read at any place (Parquet and ZIP are read from their ends);
    without it these two are copied first. ``piped``: no name tells what it is, so JSONL is told by its first line.
    """
    given = item.given
    kind = kind_of(stream.head(), given)
    while kind in MAGIC:
        if stream.layers >= MOST_LAYERS:
            yield item.failed(f"ratio: more than {MOST_LAYERS} layers of compression")
            return
        stream, file, given = unpacked(stream, kind, reading.most_ratio), None, unpacked_name(given)
        kind = kind_of(stream.head(), given)
    if kind == PLAIN and piped and looks_like_jsonl(stream.head()):
        kind = "jsonl"
    if stream.fault is not None and not stream.head():
        yield item.failed(stream.fault)
        return
    try:
        yield from _documents_of(kind, stream, item, reading, file)
    except InputError as error:  # a library is missing
        yield item.failed(f"unreadable: {error}")
    except Exception as error:  # libraries meet damage with errors of any kind: one file's must not end a run
        yield item.ended(f"corrupt: {kind}: {type(error).__name__}: {error}")


def _documents_of(
    kind: str, stream: Stream, item: Item, reading: Reading, file: IO[bytes] | None
) -> Iterator[Document]:
    match kind:
        case "warc":
            return web.warc_documents(stream, item, reading)
        case "jsonl":
            return tables.jsonl_documents(stream, item, reading)
        case "csv":
            return tables.csv_documents(stream, item, reading)
        case "parquet":
            return archives.at_any_place(stream, item, reading, file, tables.parquet_documents)
        case "zip":
            return archives.at_any_place(stream, item, reading, file, _zip)
        case "tar":
            return archives.tar_documents(stream, item, reading, documents)
        case "mhtml":
            return mail.mhtml_documents(stream, item, reading)
        case _:
            return plain_document(stream, item, reading)


def _zip(stream: Stream, file: IO[bytes], item: Item, reading: Reading) -> Iterator[Document]:
    return archives.zip_documents(stream, file, item, reading, documents)


def plain_document(stream: Stream, item: Item, reading: Reading) -> Iterator[Document]:
    """The whole stream as one document."""
    raw, fault = read_at_most(stream, reading.most_bytes)
    kind = named_kind(unpacked_name(item.given), raw)
    yield item.failed(fault) if fault is not None else Document(item.name, raw=raw, kind=kind)


def read_stream(file: IO[bytes], name: str, reading: Reading = DEFAULTS) -> Iterator[Document]:
    """What comes through a pipe, recognised by content, read as it comes.

    A web archive, a tar, JSONL (its first line is an object), each also compressed, gives its documents, named
    ``NAME/…``; anything else is one document called ``name``. ZIP and Parquet are copied to a temporary file first.

    >>> import io
    >>> [d.raw for d in read_stream(io.BytesIO(b'{"text": "One."}'), "stdin")]
    ['One.']
    """
    item = Item(name, name)
    return documents(stream_of(file), item, reading, piped=True)
