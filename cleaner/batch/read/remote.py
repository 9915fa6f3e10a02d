"""Files behind an address (``s3://``, ``gs://``, ``memory://`` …), by fsspec."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from cleaner.batch.document import Document
from cleaner.batch.read.content import documents
from cleaner.batch.read.extras import library
from cleaner.batch.read.names import Item
from cleaner.batch.read.open import stream_of
from cleaner.batch.read.options import Reading
from cleaner.batch.read.walk import Entry
from cleaner.errors import InputError

_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+(?:://|::)")
PAGES = frozenset(["http", "https"])
"""Protocols behind which pages lie, one by one: no folders."""


def is_address(text: str) -> bool:
    """Whether an input is an address, not a path.

    >>> is_address("s3://bucket/dumps"), is_address("C:/dumps"), is_address("dumps/a.txt")
    (True, False, False)
    """
    return _ADDRESS.match(text) is not None


class Store:
    """A store that fsspec knows: its ``files``, and the path of its ``root`` in them.

    Raises InputError where the library for it is missing.
    """

    def __init__(self, address: str) -> None:
        fsspec = library("fsspec")
        try:
            self.files, self.root = fsspec.core.url_to_fs(address)
        except (ImportError, ValueError) as error:
            raise InputError(f"{address}: {error}") from None
        protocol = self.files.protocol
        self.protocol = protocol if isinstance(protocol, str) else protocol[0]

    def at(self, path: str) -> bool | None:
        """Whether a folder is at the path, or a file; None for neither. Raises InputError when it cannot be asked."""
        try:
            if self.protocol in PAGES:  # a page's links are no folder
                return False if self.files.exists(path) else None
            if self.files.isdir(path):
                return True
            return False if self.files.exists(path) else None
        except Exception as error:  # each store has errors of its own
            raise InputError(f"{self.protocol}://{path.lstrip('/')}: {error}") from None

    def join(self, folder: str, name: str) -> str:
        """The path of a folder's entry."""
        return f"{folder.rstrip('/')}/{name}"

    def folder(self, path: str) -> list[Entry]:
        """The folder's entries. Raises OSError."""
        try:
            listed: list[dict[str, Any]] = self.files.ls(path, detail=True)
        except OSError:
            raise
        except Exception as error:
            raise OSError(f"{type(error).__name__}: {error}") from None
        own = path.strip("/")
        return [
            Entry(entry["name"].rstrip("/").rpartition("/")[2], entry["type"] == "directory")
            for entry in listed
            if entry["name"].strip("/") != own  # object stores list a folder's own marker
        ]

    def documents(self, path: str, item: Item, reading: Reading) -> Iterator[Document]:
        """The documents of a file; all are read here."""
        try:
            file = self.files.open(path, "rb")
        except Exception as error:
            yield item.failed(f"unreadable: {getattr(error, 'strerror', None) or error or type(error).__name__}")
            return
        with file:
            yield from documents(stream_of(file), item, reading, file)
