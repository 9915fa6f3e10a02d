"""Captures, the caller's word and where lines stand → :class:`Metadata`, each with its evidence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cleaner.judge.rules import Judgement
from cleaner.metadata.captures import Captured, read_capture
from cleaner.metadata.dates import parse_day
from cleaner.metadata.names import split_authors
from cleaner.model import Evidence, Metadata
from cleaner.rulebook.book import Pack


def collect(
    judgement: Judgement,
    *,
    pack: Pack | None,
    site: str | None,
    title: str | None,
    url: str | None,
    language: str | None,
    declared: dict[str, Any] | None = None,
) -> Metadata:
    """Put the metadata together. What the caller told wins, then rules (site before platform before
    generic, earlier lines before later ones), then what the page's markup declares."""
    values: dict[str, Any] = {}
    evidence: dict[str, Evidence] = {}

    def put(name: str, value: Any, by: str, text: str, span: tuple[int, int] | None = None) -> None:
        if value and name not in values:
            values[name] = value
            evidence[name] = Evidence(by, text, span)

    put("title", title, "told", title or "")
    put("url", url, "told", url or "")
    if judgement.title is not None:
        i = judgement.title
        text = judgement.segments.text(i)
        put("title", text, "position", text, (judgement.segments.starts[i], judgement.segments.ends[i]))
    if pack is not None:
        put("site", pack.site, "pack", pack.id)
    for i, rule in sorted(judgement.captures, key=lambda c: (c[1].level, c[0], c[1].id)):
        for name, captured in read_capture(judgement.segments, i, rule).items():
            read = _READERS.get(name, _as_written)
            field = "authors" if name == "author" else name
            put(field, read(captured, language), rule.id, captured.text, captured.span)
    put("site", site, "told", site or "")
    for name, value in (declared or {}).items():
        put(name, value, "markup", str(value))
    put("language", language, "detector", language or "")
    return Metadata(**values, evidence=evidence)


def _as_written(captured: Captured, language: str | None) -> str:
    return " ".join(captured.text.split())


def _day(captured: Captured, language: str | None) -> str | None:
    return parse_day(captured.text, language)


def _authors(captured: Captured, language: str | None) -> list[str]:
    return split_authors(captured.text)


def _tags(captured: Captured, language: str | None) -> list[str]:
    parts = captured.text.replace("#", ",").replace("|", ",").replace(";", ",").split(",")
    return list(dict.fromkeys(" ".join(p.split()) for p in parts if p.strip()))


_READERS: dict[str, Callable[[Captured, str | None], Any]] = {
    "published": _day,
    "modified": _day,
    "author": _authors,
    "tags": _tags,
}
