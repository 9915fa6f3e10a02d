"""Captures, the caller's word and where lines stand → :class:`Metadata`, each with its evidence."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

from cleaner.judge.rules import Judgement
from cleaner.metadata.captures import Captured, read_capture
from cleaner.metadata.dates import parse_day
from cleaner.metadata.names import split_authors
from cleaner.model import Declared, Evidence, Metadata
from cleaner.rulebook.book import GENERIC, Pack, Rule
from cleaner.segment.fold import CONTROL

_BETWEEN_TAGS = re.compile("[#|;,،、，]")
_TO_ANOTHER_DAY = re.compile(
    r"\s?[-–—]\s?(?:[0-9]{1,2}\.?\s)?(?:[^\W\d_]{3,12}\.?\s(?:[0-9]{1,2},?\s)?)?(?:19|20)[0-9]{2}\b"
)
"""A dash and a date, nothing else: "– Updated March 6, 2024" says what it is."""
NEAR = 12
"""Segments before the body in which a line that is only a date is taken for the article's."""

Found = tuple[Rule, int, str, Captured]
"""A rule, the segment it reads, the field, and what it read."""


def collect(
    judgement: Judgement,
    *,
    pack: Pack | None,
    site: str | None,
    title: str | None,
    url: str | None,
    language: str | None,
    declared: Mapping[str, Declared] | None = None,
    search_day: Callable[[], Declared | None] | None = None,
) -> Metadata:
    """Put the metadata together. What the caller told wins, then where lines stand and what rules captured
    (site before platform before generic, earlier lines before later ones).

    On a page (``declared`` is not None), what its markup declares comes before where lines stand and before generic
    rules, which read lines without it; ``search_day`` is asked for a day that neither names.
    """
    said = declared or {}
    values: dict[str, Any] = {}
    evidence: dict[str, Evidence] = {}

    def put(name: str, value: Any, by: str, text: str, span: tuple[int, int] | None = None) -> None:
        value = _without_control(value)
        if value not in (None, "", []) and name not in values:
            values[name] = value
            evidence[name] = Evidence(by, text, span)

    def put_captured(found: list[Found]) -> None:
        for rule, _, name, value in found:
            read = _READERS.get(name, _as_written)
            put("authors" if name == "author" else name, read(value, language), rule.id, value.text, value.span)

    def put_standing() -> None:
        if judgement.title is not None:
            i = judgement.title
            text = judgement.segments.text(i)
            put("title", text, "position", text, (judgement.segments.starts[i], judgement.segments.ends[i]))

    def put_said(found: Mapping[str, Declared]) -> None:
        for name, (value, place, text) in found.items():
            put(name, value, f"markup:{place}", text)

    put("title", title, "told", title or "")
    put("url", url, "told", url or "")
    if declared is None:
        put_standing()
    if pack is not None:
        put("site", pack.site, "pack", pack.id)
    captured = [
        (rule, i, name, value)
        for i, rule in sorted(judgement.captures, key=lambda c: (c[1].level, c[0], c[1].id))
        for name, value in read_capture(judgement.segments, i, rule).items()
        if name != "published" or not _begins_a_span(value, i, judgement)
    ]
    captured = _sure_of_the_day(captured, judgement, language)
    generic = [f for f in captured if f[0].level == GENERIC]
    put_captured([f for f in captured if f[0].level < GENERIC])
    put_captured(_printed_otherwise(generic, judgement, language, said.get("published")))
    put_said(said)
    put_standing()
    put_captured(generic)
    if "published" not in values and search_day is not None and (day := search_day()) is not None:
        put_said({"published": day})
    put("site", site, "told", site or "")
    put("language", language, "detector", language or "")
    return Metadata(**values, evidence=evidence)


def _without_control(value: Any) -> Any:
    """The value as it can be shown and stored: a page can spell NUL in it, or half a character."""
    if isinstance(value, list):
        return [item for item in map(_without_control, value) if item]
    if not isinstance(value, str) or not CONTROL.search(value):
        return value
    return " ".join(CONTROL.sub("", value).split())


def _sure_of_the_day(found: list[Found], judgement: Judgement, language: str | None) -> list[Found]:
    """Without the bare dates that may be another article's.

    A date with words around it ("Published …", "By … | …") says what it is. A line that is nothing but
    a date may stand under any headline of the page: it counts only near the body's start, where all
    such lines name one day. (On 915 raw dumps: 86 of 100 days right instead of 81.)
    """
    dates = [f for f in found if f[2] == "published"]
    bare = [f for f in dates if f[0].level == GENERIC and _is_bare(f, judgement, language)]
    if not bare:
        return found
    near = [f for f in bare if judgement.body[0] - NEAR <= f[1] < judgement.body[0]]
    worded = len(bare) < len(dates)
    days = () if worded else {_day(f[3], language) for f in near} - {None}
    kept = near if len(days) == 1 else []
    return [f for f in found if f not in bare or f in kept]


def _printed_otherwise(
    dates: list[Found], judgement: Judgement, language: str | None, stamp: Declared | None
) -> list[Found]:
    """The one day printed above the body, where it is before the stamp or a day off it.

    Stamps are written in another zone, or anew with each edition of the site; readers see the day that is meant.
    (On 915 pages with a date: 8 more days right, 3 fewer.)
    """
    if stamp is None:
        return []
    near = [f for f in dates if f[2] == "published" and -NEAR <= f[1] - judgement.body[0] <= 1]
    days = {_day(f[3], language) for f in near} - {None}
    if len(days) != 1:
        return []
    (day,) = days
    tomorrow = date.fromisoformat(stamp.value) + timedelta(days=1)
    return near if day is not None and (day < stamp.value or day == tomorrow.isoformat()) else []


def _begins_a_span(value: Captured, i: int, judgement: Judgement) -> bool:
    """Whether a day is the first of two, as those of a life are: such a line says nothing of the article."""
    segments = judgement.segments
    return _TO_ANOTHER_DAY.match(segments.source, value.span[1], segments.ends[i]) is not None


def _is_bare(found: Found, judgement: Judgement, language: str | None) -> bool:
    """Whether the line is nothing but the date, and perhaps its weekday."""
    _, i, _, value = found
    line = judgement.segments.text(i)
    before, _, after = line.partition(value.text)
    month_is_named = any(map(str.isalpha, value.text))  # else any word before figures goes, as "Date" does
    is_weekday = (
        before.rstrip(" .,").isalpha() and month_is_named and parse_day(before + value.text, language) is not None
    )
    return len("" if is_weekday else before) + len(after) <= 4


def _as_written(captured: Captured, language: str | None) -> str:
    return " ".join(captured.text.split())


def _day(captured: Captured, language: str | None) -> str | None:
    return parse_day(captured.text, language)


def _authors(captured: Captured, language: str | None) -> list[str]:
    return split_authors(captured.text, language)


def _tags(captured: Captured, language: str | None) -> list[str]:
    parts = _BETWEEN_TAGS.split(captured.text)
    return list(dict.fromkeys(" ".join(p.split()) for p in parts if p.strip()))


_READERS: dict[str, Callable[[Captured, str | None], Any]] = {
    "published": _day,
    "modified": _day,
    "author": _authors,
    "tags": _tags,
}
