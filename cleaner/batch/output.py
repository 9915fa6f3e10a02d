"""A cleaned document → what is written of it.

A worker renders a document (:class:`Rendered`); the run keeps them in order and makes them lasting in
groups: written, synced, renamed, the folders synced, and only then the rows of the run state.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import filecmp
import itertools
import json
import os
import shutil
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

import orjson

from cleaner.errors import OutputError, UsageError, did_you_mean
from cleaner.model import Cleaned

STATE = ".cleaner"
PARTS = "parts"
"""Folder in STATE for files that are not done: it is emptied when a run starts."""

Format = Literal["text", "markdown", "html", "tei", "jsonl", "parquet"]
FILES: dict[str, str] = {"text": ".txt", "markdown": ".md", "html": ".html", "tei": ".xml"}
"""Formats that are a file a document, and how its name ends."""
Ledger = Literal["inside", "beside", "none"]

COLUMNS = (
    "name", "text", "outcome", "reason", "site_pack", "title", "authors", "published", "modified", "site", "section",
    "tags", "language", "description", "url", "image", "paywalled",
)  # fmt: skip
"""Columns that a table of documents can have, in this order."""
LEDGER_COLUMNS = ("removals", "edits")
ABOUT = tuple(column for column in COLUMNS if column not in ("name", "text"))
"""What is said of a document beside its text: outcome, reason, metadata."""

ONE_DOCUMENT = frozenset([errno.ENAMETOOLONG, errno.EEXIST, errno.ENOTDIR, errno.EISDIR, errno.EILSEQ])
"""Errors of writing that are about one name, not about the disk: the run goes on."""


def ledger_json(page: Cleaned) -> bytes:
    """Metadata, outcome and ledger as JSON; with the text they are the whole document."""
    values = page.to_dict()
    if page.rendered is None:  # else the file beside this one holds the text in another form
        del values["text"]
    del values["rendered"]
    return to_json(values, indent=True) + b"\n"


def page_json(page: Cleaned) -> bytes:
    """The whole document as one line of JSON."""
    return to_json(page.to_dict()) + b"\n"


def to_json(value: Any, indent: bool = False) -> bytes:
    """JSON in UTF-8. A lone surrogate, which UTF-8 cannot hold, is written as JSON's own escape."""
    try:
        return orjson.dumps(value, option=orjson.OPT_INDENT_2 if indent else None)
    except TypeError:
        text = json.dumps(value, ensure_ascii=False, indent=2 if indent else None)
        return text.encode("utf-8", "backslashreplace")


def file_content(page: Cleaned, format: Format) -> bytes:
    """What is written of a document: its text, or its Markdown under a front matter of its metadata (YAML), …"""
    shown = page.text if page.rendered is None else page.rendered
    written = _front_matter(page) + shown if format == "markdown" else shown
    return f"{written}\n".encode("utf-8", "backslashreplace")


def _front_matter(page: Cleaned) -> str:
    import yaml

    known = {
        name: value for name, value in page.metadata.to_dict().items() if value not in (None, []) and name != "evidence"
    }
    front = yaml.safe_dump(known, allow_unicode=True, sort_keys=False, width=1000) if known else ""
    return f"---\n{front}---\n\n"


def about(page: Cleaned, columns: Sequence[str] = ABOUT) -> dict[str, Any]:
    """What is said of a document in some columns, as JSON-ready values."""
    return {column: value_of(page, column) for column in columns}


def value_of(page: Cleaned, column: str) -> Any:
    """What a document has in one of :data:`COLUMNS` (but its name) or :data:`LEDGER_COLUMNS`, as a JSON-ready value."""
    if column in LEDGER_COLUMNS:
        return [entry.to_dict() for entry in getattr(page, column)]
    if column == "outcome":
        return str(page.outcome)
    if column == "site_pack":
        return page.site
    return getattr(page if column in ("text", "reason") else page.metadata, column)


def check_columns(columns: Sequence[str], choices: Sequence[str]) -> None:
    """Raise UsageError for columns that there are not, or one that is named twice."""
    if isinstance(columns, str):
        raise UsageError(f"columns is a list of columns: columns=[{columns!r}]")
    for column in columns:
        if column not in choices:
            raise UsageError(f"unknown column {column!r}{did_you_mean(column, choices)}")
    check_once(columns)


def check_once(names: Sequence[str]) -> None:
    """Raise UsageError where two columns have one name."""
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise UsageError(f"two columns are called {twice[0]!r}")


class Part(NamedTuple):
    """A file that is written but not yet under its final name."""

    path: str
    final: str


class Folder:
    """The output folder: makes it, keeps its parts apart, and makes files lasting in groups.

    ``own`` names a folder for the parts of one writer, where several write."""

    def __init__(self, out: Path, own: str = "") -> None:
        self.out = out
        self.state = out / STATE
        self.parts = self.state / PARTS / own
        try:
            self.parts.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"cannot write to {out}: {error.strerror}") from None

    def clear(self) -> None:
        """Remove the parts that a killed run left. Only for the run that holds the lock."""
        for left in self.parts.iterdir():
            shutil.rmtree(left) if left.is_dir() else left.unlink()

    def settle(self, documents: Sequence[Sequence[Part]]) -> list[OSError | None]:
        """Give the finished files of some documents their final names: synced before, their folders synced after.

        Gives for each document the error where one of its final names is none that a file can have
        (:data:`ONE_DOCUMENT`); none of its files gets its name then. Raises OutputError when the disk refuses; then
        no final name holds half a file.
        """
        try:
            sync_files([part.path for parts in documents for part in parts])
            faults = [_renamed(parts) for parts in documents]
            settled = [parts for parts, fault in zip(documents, faults, strict=True) if fault is None]
            for folder in sorted({os.path.dirname(part.final) for parts in settled for part in parts}):
                _sync(folder)
        except OSError as error:
            raise OutputError(f"cannot write to {self.out}: {error.strerror}") from None
        return faults

    def settle_all(self, parts: Sequence[Part]) -> None:
        """:meth:`settle`, where there is no going on without one of them. Raises OutputError."""
        for part, error in zip(parts, self.settle([[part] for part in parts]), strict=True):
            if error is not None:
                raise OutputError(f"cannot write {part.final}: {error.strerror}")


def _renamed(parts: Sequence[Part]) -> OSError | None:
    """Give a document's files their final names, all or none; the error where one cannot have it."""
    try:
        for part in parts:
            if is_folder(part.final):  # before any of them takes the place of an earlier one
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        for part in parts:
            os.replace(part.path, part.final)
    except OSError as error:
        if error.errno not in ONE_DOCUMENT:
            raise
        remove(part.path if os.path.lexists(part.path) else part.final for part in parts)
        return error
    return None


_numbers = itertools.count()


def write_part(parts: str, final: str, content: bytes) -> Part:
    """Write a file among the parts, to be renamed later. Raises OSError."""
    folder = os.path.dirname(final)
    if not os.path.isdir(folder):  # makedirs tries to make it first
        os.makedirs(folder, exist_ok=True)
    path = f"{parts}{os.sep}{os.getpid()}-{next(_numbers)}"
    with open(path, "wb") as file:
        file.write(content)
    return Part(path, final)


MANY = 16
"""So many files are synced quicker with their whole file system than one by one (0.12 ms a file, not 0.25)."""


def sync_files(paths: Sequence[str]) -> None:
    """Make the content of files lasting. Raises OSError."""
    if len(paths) >= MANY and sys.platform == "linux":
        descriptor = os.open(paths[0], os.O_RDONLY)
        try:
            if ctypes.CDLL(None, use_errno=True).syncfs(descriptor) == 0:
                return
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        finally:
            os.close(descriptor)
    for path in paths:
        _sync(path)


def _sync(path: str) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def is_taken(part: Part) -> bool:
    """Whether something else than this file stands under its final name. (The same file is what a killed run left.)"""
    if not os.path.lexists(part.final):
        return False
    try:
        return not filecmp.cmp(part.path, part.final, shallow=False)
    except OSError:
        return True


def is_folder(final: str) -> bool:
    """Whether a folder stands where a file goes. (A link to one gives way to the file.)"""
    return os.path.isdir(final) and not os.path.islink(final)


def remove(finals: Iterable[str]) -> None:
    """Remove files, where they are there."""
    for final in finals:
        with contextlib.suppress(FileNotFoundError, NotADirectoryError, IsADirectoryError):
            os.unlink(final)
