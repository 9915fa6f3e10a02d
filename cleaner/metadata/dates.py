"""Dates as pages write them → calendar days. Strict: what is not surely one day is None."""

from __future__ import annotations

import re
from datetime import date, datetime
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dateparser.date import DateDataParser

_ISO = re.compile(r"^\s*(\d{4}-\d{2}-\d{2})(?!\d)")
_YEAR = re.compile(r"\b(?:19|20)\d{2}\b")
_NUMERIC = re.compile(r"^\D*(\d{1,2})([/.\-])(\d{1,2})\2(\d{4})\b")
_CLOCK = re.compile(
    r"[,|@(]?\s*(?:\bat\b)?\s*\b\d{1,2}[:.h]\d{2}(?::\d{2})?\s*(?:[ap]\.?m\.?)?\s*(?:[A-Za-z]{2,5}\b)?"
    r"(?:\s*[+-]\d{2}:?\d{2})?\s*[)]?",
    re.IGNORECASE,
)
_SETTINGS = {
    "STRICT_PARSING": True,
    "REQUIRE_PARTS": ["day", "month", "year"],
    "RETURN_AS_TIMEZONE_AWARE": False,
}


@lru_cache(maxsize=4096)
def parse_day(text: str, language: str | None = None) -> str | None:
    """The day a text names, as ``YYYY-MM-DD``; None when it names none, or might name another.

    The time of day is left aside: pages give it without a zone. ``04/03/2024`` is two days in two
    countries, so it is none; ``04.03.2024`` is 4 March everywhere it is written.

    >>> parse_day("Updated: 3 Mar 2024, 10:15 IST")
    '2024-03-03'
    >>> parse_day("04/03/2024") is None
    True
    """
    text = text[:80]
    iso = _ISO.match(text)
    if iso:
        return _valid(*map(int, iso[1].split("-")))
    if not _YEAR.search(text):
        return None
    numeric = _NUMERIC.match(text)
    if numeric:
        return _numeric(int(numeric[1]), int(numeric[3]), int(numeric[4]), numeric[2])
    text = _CLOCK.sub(" ", text.split(":", 1)[-1] if _labelled(text) else text).strip(" ,.-|–—")
    return (
        _plain_english(text)
        or _parse(text, language or "en")
        or (_parse(text, "en") if language not in (None, "en") else None)
    )


_FORMATS = ("%B %d %Y", "%d %B %Y", "%b %d %Y", "%d %b %Y")
_ORDINAL = re.compile(r"(?<=\d)(?:st|nd|rd|th)\b", re.IGNORECASE)


def _plain_english(text: str) -> str | None:
    """The four commonest ways, read by the standard library: fifty times quicker than asking dateparser."""
    plain = " ".join(_ORDINAL.sub("", text).replace(",", " ").replace(".", " ").split())
    for pattern in _FORMATS:
        try:
            return datetime.strptime(plain, pattern).date().isoformat()
        except ValueError:
            continue
    return None


def _labelled(text: str) -> bool:
    """Whether words before a colon come before the date's first digit ("Updated: 3 March")."""
    head, colon, _ = text.partition(":")
    return bool(colon) and not any(c.isdigit() for c in head)


def _numeric(a: int, b: int, year: int, separator: str) -> str | None:
    if separator == "." or a > 12 or a == b:
        return _valid(year, b, a)
    return _valid(year, a, b) if b > 12 else None


def _valid(year: int, month: int, day: int) -> str | None:
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return None


def _parse(text: str, language: str) -> str | None:
    try:
        found = _parser(language).get_date_data(text)
    except ValueError:  # dateparser names an unknown language only when it is first used
        return None
    return found.date_obj.date().isoformat() if found and found.date_obj else None


@lru_cache(maxsize=64)
def _parser(language: str) -> DateDataParser:
    from dateparser.date import DateDataParser

    return DateDataParser(languages=[language], settings=_SETTINGS)
