"""Pages that a browser saved as one MHTML file."""

from __future__ import annotations

from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message

from cleaner.batch.document import Document
from cleaner.batch.read.charset import characters
from cleaner.batch.read.names import Item
from cleaner.batch.read.open import Stream, read_at_most
from cleaner.batch.read.options import Reading


def mhtml_documents(stream: Stream, item: Item, reading: Reading) -> Iterator[Document]:
    """The page in an MHTML file: its first HTML part, with the address it was saved from.

    Raises what the email package raises for hostile headers: many kinds.
    """
    raw, fault = read_at_most(stream, reading.most_bytes)
    if fault is not None:
        yield item.failed(fault)
        return
    yield _page(raw, item)


def _page(raw: bytes, item: Item) -> Document:
    message = message_from_bytes(raw)
    page = _first(message, "text/html") or _first(message, "application/xhtml+xml")
    if page is None:
        if message.get_content_maintype() == "multipart" or not message.keys():
            return item.failed("corrupt: MHTML without an HTML part")
        return Document(item.name, raw=raw)
    url = message.get("Snapshot-Content-Location") or page.get("Content-Location") or message.get("Content-Location")
    content = page.get_payload(decode=True)
    assert isinstance(content, bytes)
    address = "".join(str(url).split()) if url else None  # a long header is folded
    return Document(item.name, raw=characters(content, page.get_content_charset()), url=address)


def _first(message: Message, kind: str) -> Message | None:
    return next((part for part in message.walk() if part.get_content_type() == kind), None)
