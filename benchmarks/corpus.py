"""The pages that are measured on: a Parquet file of real pages with what should come out of them.

Columns: ``uid dataset page_type key lang url html text title authors date with_ without suspect_gold``. ``text`` is the
gold article (absent: only the snippets ``with_`` and ``without``, which must and must not come out, are known);
``key`` the site's brand, by which a trained model must be split; ``suspect_gold``: the gold is known to be cut off.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from typing import Any

NEWS = ("sh", "aed", "wcxb-article")
GROUPS = (*NEWS, "fundus")

_COLUMNS = """uid dataset page_type key lang url html text title authors date with_ without suspect_gold""".split()


@dataclass(frozen=True)
class Page:
    """One page and its gold."""

    uid: str
    group: str
    key: str = ""
    language: str = ""
    url: str | None = None
    gold: str | None = None
    title: str | None = None
    authors: tuple[str, ...] = ()
    date: str | None = None
    wanted: tuple[str, ...] = ()
    unwanted: tuple[str, ...] = ()
    suspect: bool = False
    source: Any = field(default="", repr=False, compare=False)
    """The page itself; in Arrow's memory, so that a whole corpus need not become Python strings."""

    @property
    def html(self) -> str:
        """The page itself."""
        return self.source if isinstance(self.source, str) else self.source.as_py() or ""

    @cached_property
    def digest(self) -> str:
        """What the page is known by where predictions are kept: the same bytes, the same prediction."""
        return digest(self.html, self.url)


def digest(*parts: str | None) -> str:
    """A short name for these texts."""
    made = blake2b(digest_size=12)
    for part in parts:
        made.update((part or "").encode("utf-8", "surrogatepass") + b"\x00")
    return made.hexdigest()


def read_pages(corpus: Path, groups: tuple[str, ...] = ()) -> Iterator[Page]:
    """The corpus' pages of these groups (of all, where none is named)."""
    import pyarrow.parquet as pq

    file = pq.ParquetFile(corpus)
    columns = [name for name in _COLUMNS if name in file.schema_arrow.names]
    for batch in file.iter_batches(64, columns=columns):
        sources = batch.column("html")
        for row, known in enumerate(batch.drop_columns(["html"]).to_pylist()):
            group = _group(known)
            if not groups or group in groups:
                yield _page(known, group, sources[row])


def _page(known: dict[str, Any], group: str, source: Any) -> Page:
    return Page(
        uid=known["uid"],
        group=group,
        key=known["key"],
        language=known["lang"] or "",
        url=known.get("url"),
        gold=known["text"],
        title=known["title"],
        authors=tuple(known.get("authors") or ()),
        date=known.get("date"),
        wanted=tuple(known.get("with_") or ()),
        unwanted=tuple(known.get("without") or ()),
        suspect=bool(known.get("suspect_gold")),
        source=source,
    )


def _group(row: dict[str, str]) -> str:
    return f"wcxb-{row['page_type']}" if row["dataset"] == "wcxb" else row["dataset"]
