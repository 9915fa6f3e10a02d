"""What a worker makes of a cleaned document: its files, or its row of a table, and what the run state notes."""

from __future__ import annotations

import errno
import hashlib
import os
import time
from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from cleaner import __version__
from cleaner.batch.document import Document
from cleaner.batch.output import (
    FILES,
    LEDGER_COLUMNS,
    ONE_DOCUMENT,
    Format,
    Ledger,
    Part,
    about,
    file_content,
    ledger_json,
    to_json,
    write_part,
)
from cleaner.batch.serve import is_of_the_moment, loaded
from cleaner.batch.state import Row
from cleaner.model import Cleaned, Outcome
from cleaner.rulebook.book import Rulebook


class Rendered(NamedTuple):
    """A document as it travels back from a worker: its row of the run state (``place`` still open), the files
    that wait for their final names, those of an earlier run that go, or its record (and ledger) as a line of JSON.

    ``contents`` are the files with what is in them, where others write them. ``stop`` is why the whole run must end:
    the disk takes no more.
    """

    row: Row
    parts: tuple[Part, ...] = ()
    gone: tuple[str, ...] = ()
    contents: tuple[tuple[str, bytes], ...] = ()
    record: bytes | None = None
    ledger: bytes | None = None
    stop: str | None = None


@dataclass(frozen=True, slots=True)
class Render:
    """Renders cleaned documents in one format. Picklable: it is sent to the workers once.

    Without ``parts``, a folder to write to, files travel back as their contents. ``options`` are the settings that
    bear on every document, as a digest. ``inputs`` are folders in which nothing is written, each with a slash at its
    end.
    """

    out: str
    parts: str | None
    format: Format
    ledger: Ledger
    columns: tuple[str, ...]
    book: Rulebook
    options: str
    inputs: tuple[str, ...] = ()

    def __call__(self, document: Document, page: Cleaned) -> Rendered:
        """The document as it travels back from the worker; files are written, but not under their final names."""
        row = self._row(document, page)
        if self.format in FILES:
            return self._files(document, page, row)
        if not page.text:
            return Rendered(row)

        def line(columns: tuple[str, ...]) -> bytes:
            return to_json({"name": document.name} | about(page, columns)) + b"\n"

        columns = tuple(column for column in self.columns if column != "name")
        chosen = columns + (LEDGER_COLUMNS if self.ledger == "inside" else ())
        beside = line(LEDGER_COLUMNS) if self.ledger == "beside" else None
        return Rendered(row, record=line(chosen), ledger=beside)

    def rules_of(self, packs: tuple[str, ...]) -> str:
        """The digest of all that bears on a document on which these packs were used."""
        return digest(f"{__version__}\n{self.options}\n{self.book.digest_of(packs)}".encode())

    def finals(self, name: str) -> tuple[str, str]:
        """The files of one document: its text and its ledger."""
        base = os.path.join(self.out, *name.split("/"))
        return base + FILES[self.format], base + ".json"

    def _row(self, document: Document, page: Cleaned) -> Row:
        words: defaultdict[str, list[int]] = defaultdict(list)
        for removal in page.removals:
            words[removal.category].append(len(removal.text.split()))
        size, modified = document.stamp or (None, None)
        return Row(
            name=document.name,
            outcome=str(page.outcome),
            reason=page.reason,
            site=page.site,
            input=input_digest(document),
            size=size,
            modified=modified,
            rules=self.rules_of(page.packs),
            packs=page.packs,
            removed={category: (len(lines), sum(lines)) for category, lines in sorted(words.items())},
            place=-1,
            version=__version__,
            time=time.time(),
        )

    def _files(self, document: Document, page: Cleaned, row: Row) -> Rendered:
        text, ledger = self.finals(document.name)
        if not page.text:
            return Rendered(row, gone=() if is_of_the_moment(page.reason) else (text, ledger))
        if self.parts is not None and _real(os.path.dirname(text)).startswith(self.inputs):
            return Rendered(failed_to_write(row, "that would be inside an input folder: write to another OUT"))
        contents = [(text, file_content(page, self.format))]
        if self.ledger != "none":
            contents.append((ledger, ledger_json(page)))
        gone = () if self.ledger != "none" else (ledger,)
        if self.parts is None:
            return Rendered(row, gone=gone, contents=tuple(contents))
        try:
            parts = [write_part(self.parts, final, content) for final, content in contents]
        except OSError as error:
            if error.errno in ONE_DOCUMENT:
                return Rendered(unwritable(row, error))
            return Rendered(row, stop=f"cannot write {text}: {error.strerror}")
        return Rendered(row, tuple(parts), gone=gone)


def unwritable(row: Row, error: OSError) -> Row:
    """The row of a document whose name no file can have (:data:`ONE_DOCUMENT`)."""
    return failed_to_write(row, _IN_THE_WAY.get(error.errno or 0) or error.strerror or str(error))


_IN_THE_WAY = {
    errno.EISDIR: "a folder stands where its file goes: move that away, or write to another OUT",
    **dict.fromkeys(
        (errno.EEXIST, errno.ENOTDIR),
        "a file stands where its folder goes: move that away, or write to another OUT",
    ),
}


def failed_to_write(row: Row, why: str) -> Row:
    """The row of a document that was cleaned and cannot be written."""
    return row._replace(outcome=str(Outcome.FAIL), reason=f"{_UNWRITABLE}{why}", removed={})


def is_unwritable(row: Row) -> bool:
    """Whether a document was cleaned and could not be written: perhaps it can be now."""
    return (row.reason or "").startswith(_UNWRITABLE)


_UNWRITABLE = "unwritable: "


@lru_cache(maxsize=1_000)
def _real(folder: str) -> str:
    """Where a folder really lies, with a slash at its end."""
    return os.path.join(os.path.realpath(folder), "")


def input_digest(document: Document) -> str:
    """The digest of a document's content (of the reason where it has none) and of what is known of it."""
    document = loaded(document)
    content = (document.failure or "") if document.raw is None else document.raw
    told = repr((document.url, document.title, document.site)).encode("utf-8", "surrogatepass")
    return digest(told + b"\n" + (content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content))


def digest(content: bytes) -> str:
    """A short name for a content."""
    return hashlib.blake2b(content, digest_size=16).hexdigest()
