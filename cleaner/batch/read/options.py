"""What a caller can choose about reading."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase

TEXT_COLUMNS = ("text", "raw", "html", "content")
"""Where a table's text is looked for when no column is named: the first of these that a row has."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How inputs are read.

    ``include`` and ``exclude`` are globs on a document's path inside its input (``*`` also crosses ``/``); with
    ``include`` only what one of them fits is read, and ``exclude`` wins. They look into ZIP and tar archives
    (``dumps.zip/a/x.html``), not into tables and web archives: those are read whole or not at all.

    ``text_column`` and the other columns name those of tables; ``url``, ``title`` and ``site`` are taken by name
    where a table has them. Rows are named by ``name_column``, or by their number. ``most_ratio`` bounds how
    many times larger decompressed data may be than what it came from, ``most_bytes`` a single document.

    >>> Reading(include=("*.html",)).wants("2024/a.html"), Reading(exclude=("2024",)).wants("2024/a.html")
    (True, False)
    """

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    text_column: str | None = None
    url_column: str | None = None
    title_column: str | None = None
    site_column: str | None = None
    name_column: str | None = None
    most_ratio: float = 200
    most_bytes: int = 256_000_000

    def wants(self, path: str) -> bool:
        """Whether a document with this path is to be read."""
        included = not self.include or any(_fits(part, self.include) for part in _with_parents(path))
        return included and not self.refuses(path)

    def refuses(self, path: str) -> bool:
        """Whether the path, or a folder it lies in, is excluded."""
        return bool(self.exclude) and any(_fits(part, self.exclude) for part in _with_parents(path))


DEFAULTS = Reading()


def _with_parents(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:end]) for end in range(1, len(parts) + 1)]


def _fits(path: str, globs: tuple[str, ...]) -> bool:
    return any(fnmatchcase(path, glob) or fnmatchcase(path, glob.replace("**/", "")) for glob in globs)
