"""Names of documents: safe as paths below the output folder, and each handed out once."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from cleaner.batch.document import Document

LONGEST = 200
"""Bytes of one name: file systems take 255, and the outputs add to it."""
LONGEST_PATH = 900
OUTPUTS = (".txt", ".json")
"""What the outputs of a document add to its name: these must not meet the name of a folder."""

_UNSAFE = re.compile(
    r"^\.|^[A-Za-z]:|[. ]+\Z|[\x00-\x1f\x7f-\x9f\\\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)


FILE, MEMBER, HARD_LINK = "file", "archive member", "hard link"
PassedOver = Callable[[str, str], None]
"""Hears of what is not read and where: :data:`FILE`, :data:`MEMBER` (for their suffix), :data:`HARD_LINK`."""


@dataclass(frozen=True, slots=True)
class Item:
    """Something to read: ``name`` is safe and names its documents, ``given`` is what it is called where it lies.

    ``passed_over`` hears of what is not read in it."""

    name: str
    given: str
    passed_over: PassedOver | None = None

    def member(self, name: str, given: str) -> Item:
        """What lies in it."""
        return Item(f"{self.name}/{name}", f"{self.given}/{given}", self.passed_over)

    def passes_over(self, what: str, given: str) -> None:
        """Tell of something in it that is not read."""
        if self.passed_over is not None:
            self.passed_over(what, f"{self.given}/{given}")

    def failed(self, reason: str) -> Document:
        """The document that says why this could not be read."""
        return failed(self.name, reason)

    def ended(self, reason: str) -> Document:
        """The document that stands for all that a container did not give: it is named ``CONTAINER/#end``."""
        return failed(f"{self.name}/{END}", reason)


END = "#end"
NOTHING = "nothing to read: "
"""How the reason begins where a container is whole, and empty."""


def failed(name: str, reason: str) -> Document:
    """A document that cannot be read. Reasons may quote the input: what a terminal would obey is taken out."""
    shown = "".join(c if c.isprintable() else "?" for c in reason)
    return Document(name, failure=shown if len(shown) <= 300 else shown[:299] + "…")


def safe_name(given: str) -> str:
    r"""A relative path that stays where it is put.

    Control and bidi characters, lone surrogates, backslashes, leading dots (the outputs would be hidden),
    trailing dots and spaces and the colon of a drive are percent-encoded; over-long names are shortened and get
    a hash. Two names can become one: :class:`Names` tells them apart.

    >>> safe_name("/a/../b\n.txt"), safe_name("C:/x. ")
    ('a/%2E%2E/b%0A.txt', 'C%3A/x%2E%20')
    """
    parts = [_safe_part(part) for part in given.split("/") if part not in ("", ".")]
    path = parts[0] if parts else "_"
    for part in parts[1:]:
        path = join(path, part)
    return path


def join(folder: str, name: str) -> str:
    """``folder/name``; a folder too deep for file systems becomes its hash. ``folder`` may be empty."""
    if len(folder.encode()) + len(name.encode()) > LONGEST_PATH:
        folder = f"~{_digest(folder)}"
    return f"{folder}/{name}" if folder else name


def _safe_part(given: str) -> str:
    part = _UNSAFE.sub(lambda found: _percent(found[0]), given)
    return _marked(part, given) if len(part.encode()) > LONGEST else part


def _percent(text: str) -> str:
    """Percent-encoded; of a drive (``C:``) only the colon."""
    if text[-1] == ":":
        return text[0] + "%3A"
    encode = "surrogateescape" if all("\udc80" <= c <= "\udcff" for c in text) else "surrogatepass"
    return "".join(f"%{byte:02X}" for byte in text.encode("utf-8", encode))


def _marked(name: str, given: str) -> str:
    """The last part of the name with a hash of ``given`` before its suffix, no longer than allowed."""
    folder, slash, last = name.rpartition("/")
    stem, dot, suffix = last.rpartition(".")
    if not stem or len(suffix.encode()) > 20:
        stem, dot, suffix = last, "", ""
    end = f"~{_digest(given)}{dot}{suffix}"
    short = stem.encode()[: LONGEST - len(end.encode())].decode("utf-8", "ignore")
    return f"{folder}{slash}{short}{end}"


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=5).hexdigest()


class Names:
    """Hands out the names in one folder or container: safe, each once, also on a disk that ignores case.

    The first to come has the plain name; one that would meet it, or differs in case or Unicode form only, gets a
    hash. To bound memory, every name after ``most`` gets one.

    >>> names = Names()
    >>> names.file("a.txt"), names.file("A.txt"), names.file("a.txt")
    ('a.txt', 'A~1736970be9.txt', 'a~8286c4351c.txt')
    """

    def __init__(self, reserved: Iterable[str] = (), most: int = 1_000_000) -> None:
        self._taken = {_key(name + end) for name in reserved for end in ("", *OUTPUTS)}
        self._most = most
        self._given_out = 0

    def file(self, given: str) -> str:
        """A name for a document; its outputs meet no other name's."""
        return self._claim(given, OUTPUTS)

    def folder(self, given: str) -> str:
        """A name for a folder or container."""
        return self._claim(given, ("",))

    def folder_at(self, given: str, position: int) -> str:
        """A name for a folder; where it is taken the position tells it apart (``news~2``)."""
        taken = _key(safe_name(given)) in self._taken
        return self.folder(f"{given}~{position}" if taken else given)

    def _claim(self, given: str, ends: tuple[str, ...]) -> str:
        plain = name = safe_name(given)
        self._given_out += 1
        full = len(self._taken) >= self._most
        if full:
            return _marked(plain, f"{given}\0{self._given_out}")
        attempt = 0
        while not self._taken.isdisjoint(keys := [_key(name + end) for end in ends]):
            attempt += 1
            name = _marked(plain, f"{given}\0{attempt}")
        self._taken.update(keys)
        return name


def _key(name: str) -> int:
    """A small stand-in for the name, the same for names that a disk may take for one."""
    folded = name if name.isascii() else unicodedata.normalize("NFC", name)
    return int.from_bytes(hashlib.blake2b(folded.casefold().encode(), digest_size=8).digest(), "big")
