"""Web archives: the pages of WARC files, the texts of WET files."""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Iterator
from typing import Any

from cleaner.batch.document import Document
from cleaner.batch.read.charset import characters
from cleaner.batch.read.extras import library
from cleaner.batch.read.names import NOTHING, Item, failed
from cleaner.batch.read.open import (
    CHUNK,
    MAGIC,
    Stream,
    bomb,
    is_bomb,
    read_at_most,
    stream_of,
    too_large,
    unpacked,
)
from cleaner.batch.read.options import Reading

_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.I)
_CHUNK_HEAD = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(?:;[^\r\n]*)?\r?\n")
PAGES = frozenset(["text/html", "application/xhtml+xml", "text/plain"])


def warc_documents(stream: Stream, item: Item, reading: Reading) -> Iterator[Document]:
    """The pages and texts of a WARC or WET file, named ``FILE/000012`` by the number of their record.

    Read are response, resource and conversion records of HTML and plain text, with the address they came from; all
    records are counted. What is broken ends the reading: ``FILE/#end`` says why.
    """
    warc = library("fastwarc.warc")
    number = count = 0
    fault = None
    try:
        for record in warc.ArchiveIterator(stream, parse_http=False):
            number += 1
            document = _document(record, f"{item.name}/{number:06d}", warc.WarcRecordType, reading)
            if document is not None:
                count += 1
                yield document
    except (KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    except _Broken as error:
        fault = f"truncated: record {number} {error}"
    except BaseException as error:  # fastwarc's panics are no Exceptions
        fault = f"corrupt: after record {number}: {error}"
    if fault := stream.fault or fault:
        yield item.ended(fault)
    elif not count:
        yield item.ended(f"{NOTHING}none of the {number} records is a page or a text")


class _Broken(Exception):
    """A record is not whole, so none can follow."""


def _document(record: Any, name: str, types: Any, reading: Reading) -> Document | None:
    """The record's document; None for one that is no page. Raises _Broken where its end is missing."""
    if "Content-Length" not in record.headers:
        raise _Broken("has no length")
    if record.record_type not in (types.response, types.resource, types.conversion):
        _pass(record)
        return None
    if record.record_type == types.response and record.is_http:
        record.parse_http()
        if record.http_headers is None or record.http_headers.status_code is None:
            return failed(name, "corrupt: no HTTP header")
    if _media_type(record) not in PAGES:
        _pass(record)
        return None
    body = _body(record, reading.most_bytes)
    if len(body) > reading.most_bytes:
        return failed(name, too_large(reading.most_bytes))
    fault = None
    if record.is_http_parsed:
        body, fault = _decoded(body, record.http_headers, reading)
    url = (record.headers.get("WARC-Target-URI") or "").strip("<> ") or None
    if fault is not None:
        return failed(name, fault)
    return Document(name, raw=characters(body, _charset(record)), url=url)


def _pass(record: Any) -> None:
    if record.reader.consume() < record.content_length:
        raise _Broken("is shorter than it says")


def _body(record: Any, most: int) -> bytes:
    """The record's content, at most a little more than ``most``. Raises _Broken where some is missing."""
    pieces: list[bytes] = []
    size = 0
    while size <= most and (piece := record.reader.read(CHUNK)):
        pieces.append(piece)
        size += len(piece)
    if size <= most and size < record.content_length:
        raise _Broken("is shorter than it says")
    return b"".join(pieces)


def _content_type(record: Any) -> str:
    if record.is_http_parsed:
        declared = record.http_headers.get("Content-Type")
        return declared or record.headers.get("WARC-Identified-Payload-Type") or ""
    return record.headers.get("Content-Type") or ""


def _media_type(record: Any) -> str:
    return _content_type(record).partition(";")[0].strip().lower()


def _charset(record: Any) -> str | None:
    found = _CHARSET.search(_content_type(record))
    return found[1] if found else None


def _decoded(body: bytes, headers: Any, reading: Reading) -> tuple[bytes, str | None]:
    """The body without its transfer and content encodings, or the failure.

    Archives often keep the header of an encoding that they have taken off: a body that is not in the encoding
    stays as it is.
    """
    if "chunked" in (headers.get("Transfer-Encoding") or "").lower():
        body = _unchunked(body)
    encodings = (headers.get("Content-Encoding") or "").lower().split(",")
    for encoding in reversed([e.strip() for e in encodings]):
        source = _unpacking(body, encoding.removeprefix("x-"), reading.most_ratio)
        if source is None:
            continue
        try:
            body, fault = _bounded(source, len(body), reading)
        except (OSError, zlib.error) as error:
            return b"", f"corrupt: {encoding}: {error}"
        if fault is not None:
            return b"", fault
    return body, None


def _unpacking(body: bytes, encoding: str, most_ratio: float) -> Any:
    """What reads the decoded body; None where there is nothing to decode."""
    kind = {"gzip": "gzip", "zstd": "zstd"}.get(encoding)
    if kind is not None and body.startswith(MAGIC[kind]):
        return unpacked(stream_of(io.BytesIO(body)), kind, most_ratio)
    if encoding == "deflate" and body.lstrip()[:1] != b"<":
        return _Deflated(body)
    if encoding == "br" and body.lstrip()[:1] != b"<":
        return library("fastwarc.stream_io").BrotliReader(io.BytesIO(body))
    return None


class _Deflated:
    """Deflate as HTTP has it: with zlib's header or, as some servers send it, without."""

    def __init__(self, body: bytes) -> None:
        with_header = len(body) > 1 and body[0] & 15 == 8 and (body[0] << 8 | body[1]) % 31 == 0
        self._engine = zlib.decompressobj(15 if with_header else -15)
        self._rest = body

    def read(self, most: int) -> bytes:
        piece = self._engine.decompress(self._rest, most)
        self._rest = self._engine.unconsumed_tail
        return piece


def _bounded(source: Any, packed: int, reading: Reading) -> tuple[bytes, str | None]:
    if isinstance(source, Stream):
        return read_at_most(source, reading.most_bytes)
    pieces: list[bytes] = []
    size = 0
    while piece := source.read(CHUNK):
        pieces.append(piece)
        size += len(piece)
        if is_bomb(size, packed, reading.most_ratio):
            return b"", bomb(reading.most_ratio)
        if size > reading.most_bytes:
            return b"", too_large(reading.most_bytes)
    return b"".join(pieces), None


def _unchunked(body: bytes) -> bytes:
    """The body of a chunked transfer; as it is where it is not chunked, up to the damage where it is damaged."""
    pieces: list[bytes] = []
    at = 0
    while found := _CHUNK_HEAD.match(body, at):
        size = int(found[1], 16)
        pieces.append(body[found.end() : found.end() + size])
        at = found.end() + size
        if not size:
            break
        at += 2 * (body[at : at + 2] == b"\r\n")
    return b"".join(pieces) if pieces else body
