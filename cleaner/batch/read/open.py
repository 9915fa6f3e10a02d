"""Bytes from anywhere, decompressed within bounds.

A stream never raises for what it reads: where the data is broken, a bomb, or the disk fails, it *ends*, and
``fault`` says why. So whatever reads from it, a line reader or a library for archives, keeps what came before.
"""

from __future__ import annotations

import bz2
import codecs
import io
import tarfile
import zlib
from collections.abc import Callable, Iterator
from typing import IO, Any

import zstandard

CHUNK = 1 << 16
MOST_LAYERS = 2
RATIO_FROM = 1_000_000
"""Decompressed bytes from which the ratio counts: a short file of one repeated line is no bomb."""

MAGIC = {
    "gzip": (b"\x1f\x8b\x08",),
    "bzip2": (b"BZh",),
    "zstd": (b"\x28\xb5\x2f\xfd", *(bytes([n]) + b"\x2a\x4d\x18" for n in range(0x50, 0x60))),
}
"""How compressed data begins; the second form of zstd is a frame to be skipped."""


class Stream(io.BufferedReader):
    """A buffered stream that ends at a fault instead of raising.

    ``layers`` counts the layers of compression it came through.
    """

    def __init__(self, source: _Source) -> None:
        super().__init__(source, CHUNK)
        self._source = source
        self.layers = source.layers

    @property
    def fault(self) -> str | None:
        """Why the stream ended before its time; None while it has not."""
        return self._source.fault

    def head(self) -> bytes:
        """What comes next, up to 64 kB, left in place."""
        return self.peek(CHUNK)


class _Source(io.RawIOBase):
    """What streams have in common: bytes given, layers, the fault."""

    def __init__(self, layers: int) -> None:
        self.layers = layers
        self.given = 0
        self.fault: str | None = None

    @property
    def origin(self) -> int:
        """Bytes of the file at the bottom that this came from: a bomb of two layers is measured by both."""
        return self.given

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self.given

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer; only the end leaves it short."""
        room = memoryview(buffer).cast("B")
        filled = 0
        while filled < len(room) and (piece := self._some(len(room) - filled)):
            room[filled : filled + len(piece)] = piece
            filled += len(piece)
        self.given += filled
        return filled

    def _some(self, most: int) -> bytes:
        raise NotImplementedError


class _Plain(_Source):
    """A file as it is, or the data of ``packed`` bytes that a library decompresses and that are bounded here."""

    def __init__(self, file: IO[bytes], layers: int, packed: int | None, most_ratio: float) -> None:
        super().__init__(layers)
        self._file = file
        self._packed = packed
        self._most_ratio = most_ratio
        self._read = 0

    @property
    def origin(self) -> int:
        return self.given if self._packed is None else self._packed

    def _some(self, most: int) -> bytes:
        if self.fault is not None:
            return b""
        try:
            piece = self._file.read(most) or b""
        except OSError as error:
            self.fault = f"unreadable: {error.strerror or error}"
            return b""
        except (EOFError, tarfile.ReadError):
            self.fault = "truncated: the data breaks off"
            return b""
        except Exception as error:  # a library's own: remote stores and archives have many
            self.fault = f"corrupt: {error or type(error).__name__}"
            return b""
        self._read += len(piece)
        if self._packed is not None and is_bomb(self._read, self._packed, self._most_ratio):
            self.fault = bomb(self._most_ratio)
            return b""
        return piece


class _Engine:
    """One decompressor: ``feed`` gives about as much as asked for, ``hungry`` when it wants data."""

    hungry = True

    def __init__(self, engine: Any) -> None:
        self._engine = engine

    @property
    def eof(self) -> bool:
        return bool(self._engine.eof)

    @property
    def unused(self) -> bytes:
        """What was fed and lies behind the end."""
        return bytes(self._engine.unused_data)

    def feed(self, data: bytes, most: int) -> bytes:
        raise NotImplementedError


class _Gzip(_Engine):
    def __init__(self) -> None:
        super().__init__(zlib.decompressobj(31))  # gzip with its checksum and length
        self._tail = b""

    def feed(self, data: bytes, most: int) -> bytes:
        given: bytes = self._engine.decompress(self._tail + data, most)
        self._tail = self._engine.unconsumed_tail
        self.hungry = not self._tail
        return given


class _Bzip2(_Engine):
    def __init__(self) -> None:
        super().__init__(bz2.BZ2Decompressor())

    def feed(self, data: bytes, most: int) -> bytes:
        given: bytes = self._engine.decompress(data, most)
        self.hungry = self._engine.needs_input
        return given


class _Zstd(_Engine):
    """zstandard bounds no output, so it is fed a little at a time: 1 kB holds at most 256 blocks of 128 kB."""

    PIECE = 1024

    def __init__(self) -> None:
        super().__init__(zstandard.ZstdDecompressor().decompressobj())
        self._tail = b""
        self._at = 0

    @property
    def unused(self) -> bytes:
        return super().unused + self._tail[self._at :]

    def feed(self, data: bytes, most: int) -> bytes:
        if data:
            self._tail, self._at = data, 0
        piece = self._tail[self._at : self._at + self.PIECE]
        self._at += len(piece)
        self.hungry = self._at >= len(self._tail)
        return bytes(self._engine.decompress(piece))


_ENGINES: dict[str, Callable[[], _Engine]] = {"gzip": _Gzip, "bzip2": _Bzip2, "zstd": _Zstd}


class _Unpacked(_Source):
    """Decompressed data of one or more members, checked to their ends."""

    def __init__(self, packed: Stream, kind: str, most_ratio: float) -> None:
        super().__init__(packed.layers + 1)
        self._packed = packed
        self._kind = kind
        self._engine: _Engine = _ENGINES[kind]()
        self._most_ratio = most_ratio
        self._pending = b""
        self._ended = False
        self._produced = 0

    @property
    def origin(self) -> int:
        return self._packed._source.origin

    def _some(self, most: int) -> bytes:
        while not self._pending and not self._ended:
            try:
                self._pending = self._produce(most)
            except (zlib.error, OSError, ValueError, zstandard.ZstdError) as error:
                self._end(f"corrupt: {self._kind}: {error}")
            self._produced += len(self._pending)
            if is_bomb(self._produced, self.origin, self._most_ratio):
                excess = self._produced - max(RATIO_FROM, int(self._most_ratio * self.origin))
                self._pending = self._pending[: max(len(self._pending) - excess, 0)]
                self._end(bomb(self._most_ratio))
        piece, self._pending = self._pending[:most], self._pending[most:]
        return piece

    def _produce(self, most: int) -> bytes:
        if self._engine.eof:
            return self._next_member(self._engine.unused)
        wanted = self._engine.hungry
        data = self._packed.read(CHUNK) if wanted else b""
        piece = self._engine.feed(data, most)
        if wanted and not data and not piece and not self._engine.eof:
            self._end(self._packed.fault or f"truncated: the {self._kind} data breaks off")
        return piece

    def _next_member(self, rest: bytes) -> bytes:
        rest = rest if len(rest) >= 4 else rest + self._packed.read(CHUNK)
        if self._kind == "gzip":  # tapes pad with zeros
            while rest and not rest.strip(b"\0"):
                rest = self._packed.read(CHUNK)
        if not rest:
            self._end(self._packed.fault)
        elif rest.startswith(MAGIC[self._kind]):
            self._engine = _ENGINES[self._kind]()
            return self._engine.feed(rest, CHUNK)
        else:
            self._end(f"corrupt: after the end of the {self._kind} data comes something else")
        return b""

    def _end(self, fault: str | None) -> None:
        self._ended = True
        self.fault = self.fault or fault


class _Recoded(_Source):
    """Text of another encoding as UTF-8."""

    def __init__(self, text: Stream, encoding: str) -> None:
        super().__init__(text.layers)
        self._text = text
        self._decoder = codecs.getincrementaldecoder(encoding)("replace")
        self._pending = b""

    @property
    def origin(self) -> int:
        return self._text._source.origin

    def _some(self, most: int) -> bytes:
        while not self._pending and (data := self._text.read(CHUNK)):
            self._pending = self._utf8(data)
        if not self._pending and self.fault is None:
            self.fault = self._text.fault
            self._pending = self._utf8(b"", final=True)
        piece, self._pending = self._pending[:most], self._pending[most:]
        return piece

    def _utf8(self, data: bytes, final: bool = False) -> bytes:
        return self._decoder.decode(data, final).encode("utf-8", "replace")


def is_bomb(size: int, packed: int, most_ratio: float) -> bool:
    """Whether data of this size is too much for so few compressed bytes."""
    return size > RATIO_FROM and size > most_ratio * packed


def bomb(most_ratio: float) -> str:
    """The failure of a decompression bomb."""
    return f"ratio: more than {most_ratio:g} times larger than its compressed data"


def stream_of(file: IO[bytes], layers: int = 0, packed: int | None = None, most_ratio: float = 0) -> Stream:
    """A file as a stream; ``packed``: it gives what so many bytes decompress to, at most ``most_ratio`` times more."""
    return Stream(_Plain(file, layers, packed, most_ratio))


def unpacked(packed: Stream, kind: str, most_ratio: float) -> Stream:
    """The decompressed data of a stream; ``kind`` is a key of :data:`MAGIC`."""
    return Stream(_Unpacked(packed, kind, most_ratio))


def recoded(text: Stream, encoding: str) -> Stream:
    """A stream of text in another encoding as one of UTF-8."""
    return Stream(_Recoded(text, encoding))


def read_at_most(stream: Stream, most: int) -> tuple[bytes, str | None]:
    """The whole stream and None, or b"" and why there is no whole: its fault, or that it is too large."""
    pieces: list[bytes] = []
    size = 0
    while piece := stream.read(CHUNK):
        size += len(piece)
        if size > most:
            return b"", too_large(most)
        pieces.append(piece)
    if stream.fault is not None:
        return b"", stream.fault
    return b"".join(pieces), None


def lines(stream: Stream, most: int) -> Iterator[tuple[int, bytes | None]]:
    """The lines with their numbers, from 1; None for one that is longer than ``most``.

    A last line that the stream's fault cut off is left out.
    """
    number = 0
    while line := stream.readline(most + 1):
        number += 1
        whole = line.endswith(b"\n") or len(line) <= most
        if not whole:
            del line
            while (rest := stream.readline(CHUNK)) and not rest.endswith(b"\n"):
                pass
            yield number, None
        elif line.endswith(b"\n") or stream.fault is None:
            yield number, line


def too_large(most: int) -> str:
    """The failure of a document larger than that."""
    return f"too large: more than {most:,} bytes"
