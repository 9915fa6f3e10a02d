"""ZIP and tar archives, member by member."""

from __future__ import annotations

import stat
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from typing import IO, Any

from cleaner.batch.document import Document
from cleaner.batch.read.kinds import is_read
from cleaner.batch.read.names import END, HARD_LINK, MEMBER, NOTHING, Item, Names
from cleaner.batch.read.open import (
    CHUNK,
    MOST_LAYERS,
    Stream,
    bomb,
    is_bomb,
    stream_of,
    too_large,
)
from cleaner.batch.read.options import Reading

Inner = Callable[[Stream, Item, Reading], Iterator[Document]]
"""What reads a member: it may be compressed, or a container itself."""

HEADERS = 2_000_000
"""Bytes that a tar may spend between two members: names and attributes of any size would fill the memory."""
ENCRYPTED = 1
"""The bit of a ZIP member's flags that says so."""
IN_MEMORY = 16_000_000


def zip_documents(stream: Stream, file: IO[bytes], item: Item, reading: Reading, inner: Inner) -> Iterator[Document]:
    """The members of a ZIP archive, in the order of its directory, named ``ARCHIVE/MEMBER``.

    A member that is broken, encrypted or a bomb is one document with its failure; the others are read. Where
    the members together are a bomb (they may share their data), reading ends.

    Raises what zipfile raises for an archive that is none: many kinds.
    """
    with zipfile.ZipFile(file) as archive:
        yield from _zip_members(archive, _size(file), stream.layers + 1, item, reading, inner)


def _zip_members(
    archive: zipfile.ZipFile, packed: int, layers: int, item: Item, reading: Reading, inner: Inner
) -> Iterator[Document]:
    names = Names(reserved=[END])
    total = count = 0
    for info in archive.infolist():
        if info.is_dir() or stat.S_ISLNK(info.external_attr >> 16) or not _is_wanted(info.filename, item, reading):
            continue
        member = item.member(names.file(info.filename), info.filename)
        count += 1
        total += info.file_size
        if is_bomb(total, packed, reading.most_ratio):
            yield item.ended(bomb(reading.most_ratio))
            return
        if layers > MOST_LAYERS:
            yield member.failed(f"ratio: more than {MOST_LAYERS} layers of compression")
            continue
        if info.flag_bits & ENCRYPTED:
            yield member.failed("encrypted: the archive has a password for it")
            continue
        try:
            file = archive.open(info)
        except Exception as error:  # an unknown method, a header that does not fit
            yield member.failed(f"corrupt: {error}")
            continue
        with file, stream_of(file, layers, info.compress_size, reading.most_ratio) as stream:
            yield from inner(stream, member, reading)
    if not count:
        yield item.ended(f"{NOTHING}the archive holds no text, page, table or web archive")


def tar_documents(stream: Stream, item: Item, reading: Reading, inner: Inner) -> Iterator[Document]:
    """The members of a tar archive as they come, named ``ARCHIVE/MEMBER``; links are passed over: what a hard
    link shares stands in the archive under another name, and is read where that is.

    Where the archive breaks off or a header is damaged, ``ARCHIVE/#end`` says so.
    """
    names = Names(reserved=[END])
    blocks = _Blocks(stream)
    count = 0
    try:
        with tarfile.open(fileobj=blocks, mode="r|", bufsize=tarfile.BLOCKSIZE) as archive:  # type: ignore[call-overload]
            while info := _next_member(archive, blocks):
                if not (info.isreg() or info.islnk()) or not _is_wanted(info.name, item, reading):
                    continue
                if info.islnk():
                    item.passes_over(HARD_LINK, info.name)
                    continue
                count += 1
                member = item.member(names.file(info.name), info.name)
                with stream_of(archive.extractfile(info), stream.layers) as content:
                    yield from inner(content, member, reading)
    except Exception as error:  # tarfile meets hostile headers with errors of many kinds
        yield item.ended(stream.fault or blocks.too_large() or f"corrupt: {error}")
        return
    blocks.drain()
    if fault := stream.fault or blocks.fault():
        yield item.ended(fault)
    elif not count:
        yield item.ended(f"{NOTHING}the archive holds no text, page, table or web archive")


def _next_member(archive: tarfile.TarFile, blocks: _Blocks) -> tarfile.TarInfo | None:
    vars(archive)["members"] = []  # tarfile would keep every member that it has passed
    info = archive.next()
    if info is not None:
        blocks.allow(info.size + HEADERS)
    return info


class _Blocks:
    """What tarfile reads from: it remembers the last block, for tarfile ends in silence at a damaged header."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._last = b""
        self._left = HEADERS
        self._behind = False

    def allow(self, size: int) -> None:
        self._left = size

    def read(self, size: int) -> bytes:
        self._last = self._stream.read(size) if self._left > 0 else b""
        self._left -= len(self._last)
        return self._last

    def drain(self) -> None:
        """Read what is left: the stream checks its data at its end."""
        while rest := self._stream.read(CHUNK):
            self._behind = self._behind or bool(rest.strip(b"\0"))

    def too_large(self) -> str | None:
        """The failure where a header asked for more than it may."""
        return "too large: a header of the tar archive" if self._left <= 0 else None

    def fault(self) -> str | None:
        """What is wrong with the end of the archive: None where it is a block of zeros."""
        if reason := self.too_large():
            return reason
        if not self._last:
            return "truncated: the tar archive has no end"
        if self._last.strip(b"\0"):
            return "corrupt: a header of the tar archive"
        return "corrupt: after the end of the tar archive comes something else" if self._behind else None


def _is_wanted(name: str, item: Item, reading: Reading) -> bool:
    parts = [part for part in name.split("/") if part not in ("", ".")]
    hidden = any(part.startswith(".") and part != ".." for part in parts) or "__MACOSX" in parts
    if hidden or not reading.wants("/".join([item.given, *parts])):
        return False
    if not is_read(name):
        item.passes_over(MEMBER, name)
        return False
    return True


def at_any_place(
    stream: Stream,
    item: Item,
    reading: Reading,
    file: IO[bytes] | None,
    read: Callable[[Stream, Any, Item, Reading], Iterator[Document]],
) -> Iterator[Document]:
    """Read a container that must be read at any place; where it comes as a stream it is copied first."""
    if file is not None:
        file.seek(0)
        yield from read(stream, file, item, reading)
        return
    with tempfile.SpooledTemporaryFile(IN_MEMORY) as copy:
        size = 0
        while piece := stream.read(CHUNK):
            size += len(piece)
            if size > reading.most_bytes:
                yield item.failed(too_large(reading.most_bytes))
                return
            copy.write(piece)
        if stream.fault is not None:
            yield item.failed(stream.fault)
            return
        copy.seek(0)
        yield from read(stream, copy, item, reading)


def _size(file: IO[bytes]) -> int:
    size = file.seek(0, 2)
    file.seek(0)
    return size
