"""Folders, wherever they lie: which files to read, in a fixed order, one folder's entries at a time."""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Protocol

from cleaner.batch.document import Document
from cleaner.batch.read.content import documents
from cleaner.batch.read.kinds import HEAD, PLAIN, is_read, kind_of
from cleaner.batch.read.names import FILE, Item, Names, PassedOver, failed, join
from cleaner.batch.read.open import stream_of, too_large
from cleaner.batch.read.options import Reading

Glob = tuple[str, ...]
"""A glob by its parts: ``("2024-*", "**", "*.html")``."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a folder."""

    name: str
    is_folder: bool


@dataclass(frozen=True, slots=True)
class Found:
    """A file to read: where it lies, and what it is called inside its input."""

    path: str
    item: Item


class Place(Protocol):
    """Where files lie: the local disk, or a store behind an address."""

    def folder(self, path: str) -> list[Entry]:
        """The folder's entries in any order, but for folders already read. Raises OSError."""

    def join(self, folder: str, name: str) -> str:
        """The path of a folder's entry."""

    def documents(self, path: str, item: Item, reading: Reading) -> Iterator[Document]:
        """The documents of one file."""


def walk(
    place: Place,
    root: str,
    name: str,
    reading: Reading,
    globs: Sequence[Glob] = (),
    passed_over: PassedOver | None = None,
) -> Iterator[Found | Document]:
    """The files under ``root`` that are read, depth first, each folder's entries sorted by name.

    Hidden entries are passed over, and files without one of the known suffixes. With ``globs``: only files and
    folders that one of them fits; a file whose suffix the glob names is taken whatever that is. Names begin with
    ``name``. A folder that cannot be listed is a document with its failure.
    """
    stack: list[Iterator[Found | Document | _Folder]] = []
    search = _Search(place, reading, tuple(globs), passed_over)
    stack.append(search.entries(_Folder(root, name, (), not globs or _fits_any((), globs))))
    while stack:
        found = next(stack[-1], None)
        if found is None:
            stack.pop()
        elif isinstance(found, _Folder):
            stack.append(search.entries(found))
        else:
            yield found


@dataclass(frozen=True, slots=True)
class _Folder:
    path: str
    name: str
    parts: tuple[str, ...]
    fits: bool
    """Whether a glob fits it or a folder above it, so that all in it is read."""


@dataclass(frozen=True, slots=True)
class _Search:
    place: Place
    reading: Reading
    globs: tuple[Glob, ...]
    passed_over: PassedOver | None

    def entries(self, folder: _Folder) -> Iterator[Found | Document | _Folder]:
        try:
            entries = sorted(self.place.folder(folder.path), key=lambda entry: entry.name)
        except OSError as error:
            yield failed(folder.name or "_", f"unreadable: {error.strerror or error}")
            return
        names = Names()
        for entry in entries:
            if entry.name.startswith("."):
                continue
            parts = (*folder.parts, entry.name)
            path = "/".join(parts)
            where = self.place.join(folder.path, entry.name)
            if entry.is_folder:
                fits = folder.fits or _fits_any(parts, self.globs)
                if (fits or _leads(parts, self.globs)) and not self.reading.refuses(path):
                    yield _Folder(where, join(folder.name, names.folder(entry.name)), parts, fits)
            elif (folder.fits or _fits_any(parts, self.globs)) and self._may_want(path):
                if is_read(entry.name) or (not folder.fits and self._names_suffix(parts)):
                    name = join(folder.name, names.file(entry.name))
                    yield Found(where, Item(name, path, self.passed_over))
                elif self.passed_over is not None:
                    self.passed_over(FILE, path)

    def _names_suffix(self, parts: tuple[str, ...]) -> bool:
        return any("." in glob[-1] and fits(parts, glob) for glob in self.globs)

    def _may_want(self, path: str) -> bool:
        """Whether the file, or if it is an archive a member of it, may be wanted."""
        if path.lower().endswith((".zip", ".tgz", ".tar", ".tar.gz", ".tar.zst", ".tar.bz2")):
            return not self.reading.refuses(path)
        return self.reading.wants(path)


def fits(parts: Sequence[str], glob: Glob) -> bool:
    """Whether the glob fits the path; ``**`` stands for any number of folders.

    >>> fits(("a", "b", "x.txt"), ("**", "*.txt")), fits(("a", "x.txt"), ("*.txt",))
    (True, False)
    """
    if not glob:
        return not parts
    if glob[0] == "**":
        return any(fits(parts[at:], glob[1:]) for at in range(len(parts) + 1))
    return bool(parts) and fnmatchcase(parts[0], glob[0]) and fits(parts[1:], glob[1:])


def leads(parts: Sequence[str], glob: Glob) -> bool:
    """Whether a folder may hold what the glob fits.

    >>> leads(("2024",), ("20*", "*.txt")), leads(("2024", "a"), ("20*", "*.txt"))
    (True, False)
    """
    if not parts or (glob and glob[0] == "**"):
        return bool(glob)
    return len(glob) > 1 and fnmatchcase(parts[0], glob[0]) and leads(parts[1:], glob[1:])


def _fits_any(parts: Sequence[str], globs: Sequence[Glob]) -> bool:
    return any(fits(parts, glob) for glob in globs)


def _leads(parts: Sequence[str], globs: Sequence[Glob]) -> bool:
    return any(leads(parts, glob) for glob in globs)


class LocalDisk:
    """Folders and files of this machine.

    A link to a folder is followed where its target would not be read anyway, and once: loops end.
    """

    def __init__(self, root: str) -> None:
        self._roots = {os.path.realpath(root)}
        self._linked: set[str] = set()

    def join(self, folder: str, name: str) -> str:
        """The path of a folder's entry."""
        return os.path.join(folder, name)

    def folder(self, path: str) -> list[Entry]:
        """The folder's entries. Raises OSError."""
        with os.scandir(path) as entries:
            return [Entry(e.name, is_folder) for e in entries if (is_folder := _is_folder(e)) is False or self._new(e)]

    def _new(self, folder: os.DirEntry[str]) -> bool:
        """Whether the folder is not read elsewhere in this walk."""
        if not folder.is_symlink():
            return not self._linked or os.path.realpath(folder.path) not in self._linked
        target = os.path.realpath(folder.path)
        if _is_read_under(target, self._roots):
            return False
        self._roots.add(target)
        self._linked.add(target)
        return True

    def documents(self, path: str, item: Item, reading: Reading) -> Iterator[Document]:
        """The documents of a file. Plain text and pages are left to be read by whoever cleans them."""
        try:
            if not stat.S_ISREG(os.stat(path).st_mode):
                yield item.failed("unreadable: not a regular file")
                return
            file = _opened(path)
        except OSError as error:
            yield item.failed(f"unreadable: {error.strerror}")
            return
        with file:
            try:
                now, head = os.fstat(file.fileno()), file.read(HEAD) or b""
            except OSError as error:
                yield item.failed(f"unreadable: {error.strerror}")
                return
            if not stat.S_ISREG(now.st_mode):
                yield item.failed("unreadable: not a regular file")
            elif kind_of(head, item.given) != PLAIN:
                file.seek(0)
                yield from documents(stream_of(file), item, reading, file)
            elif now.st_size > reading.most_bytes:
                yield item.failed(too_large(reading.most_bytes))
            else:
                yield Document(item.name, path=path, stamp=(now.st_size, now.st_mtime_ns))


def _opened(path: str) -> io.FileIO:
    return open(path, "rb", buffering=0, opener=_without_waiting)


def _without_waiting(path: str, flags: int) -> int:
    """Open, but never wait for the other end of a pipe that has taken the file's place."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False


def _is_read_under(path: str, roots: set[str]) -> bool:
    """Whether a walk of one of the roots comes to the path by itself: no part on the way is hidden."""
    while path not in roots:
        path, name = os.path.split(path)
        if not name or name.startswith("."):
            return False
    return True
