"""Dates as pages write them → calendar days. Strict: what is not surely one day is None."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dateparser.date import DateDataParser

_YEAR_FIRST = re.compile(r"^\D*((?:19|20)\d{2})\s?[-/.年년]\s?(\d{1,2})\s?[-/.月월]\s?(\d{1,2})(?!\d)")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d{2}(?!\d)")
_NUMERIC = re.compile(r"^\D*(\d{1,2})([/.\-])(\d{1,2})\2(\d{4})(?!\d)")
_CLOCK = re.compile(
    r"[,|@(]?\s*(?:\b(?:at|à|um|alle|ore|om|kl|klo|a las|às|godz|в|о|saat|pukul|lúc)\b\.?)?\s*"
    r"\b\d{1,2}[:.h]\d{2}(?::\d{2})?\s*(?:[ap]\.?m\.?)?\s*(?:[^\W\d_]{1,5}\b)?(?:\s*[+-]\d{2}:?\d{2})?\s*[)]?",
    re.IGNORECASE,
)
_JALALI = re.compile(r"\d{1,2}\s+[^\W\d]+\s+1[34]\d{2}(?!\d)|(?<!\d)1[34]\d{2}/\d{1,2}/\d{1,2}(?!\d)")
_BUDDHIST = re.compile(r"(?<!\d)25\d{2}(?!\d)")
BUDDHIST_ERA = 543
_TWO_NAMES = re.compile(r"(?<=[^\W\d])\s?/\s?[^\W\d]+")
_DIGITS = {ord(d): str(unicodedata.digit(d)) for d in "٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹०१२३४५६७८९০১২৩৪৫৬৭৮৯"}
_DIGITS |= {ord(d): str(unicodedata.digit(d)) for d in "൦൧൨൩൪൫൬൭൮൯௦௧௨௩௪௫௬௭௮௯౦౧౨౩౪౫౬౭౮౯๐๑๒๓๔๕๖๗๘๙"}
_OTHER_MONTHS = {
    "جانفي": "يناير", "فيفري": "فبراير", "أفريل": "أبريل", "ماي": "مايو", "جوان": "يونيو", "جويلية": "يوليو",
    "أوت": "أغسطس", "يوليوز": "يوليو", "غشت": "أغسطس", "شتنبر": "سبتمبر", "نونبر": "نوفمبر", "دجنبر": "ديسمبر",
    "كانون الثاني": "يناير", "شباط": "فبراير", "آذار": "مارس", "نيسان": "أبريل", "أيار": "مايو", "حزيران": "يونيو",
    "تموز": "يوليو", "آب": "أغسطس", "أيلول": "سبتمبر", "تشرين الأول": "أكتوبر", "تشرين الثاني": "نوفمبر",
    "كانون الأول": "ديسمبر",
}  # fmt: skip
"""Months as the Maghreb and the Levant name them, which dateparser does not know."""
_OTHER_MONTH = re.compile(rf"\b(?:{'|'.join(_OTHER_MONTHS)})\b")
_PARSER_NAMES = {"no": "nb"}
"""Languages that dateparser knows by another code."""
_SETTINGS = {
    "STRICT_PARSING": True,
    "REQUIRE_PARTS": ["day", "month", "year"],
    "RETURN_AS_TIMEZONE_AWARE": False,
    "NORMALIZE": False,  # it drops marks, and takes the Thai March for January
}


@lru_cache(maxsize=4096)
def parse_day(text: str, language: str | None = None) -> str | None:
    """The day a text names, as ``YYYY-MM-DD``; None when it names none, or might name another.

    The time of day is left aside: pages give it without a zone. In English ``04/03/2024`` is two days in
    two countries, so it is none; in other languages, and as ``04.03.2024``, it is 4 March. Digits of other
    scripts, the Persian calendar (``fa``) and the Thai year (``th``) are read.

    >>> parse_day("Updated: 3 Mar 2024, 10:15 IST")
    '2024-03-03'
    >>> parse_day("04/03/2024") is None
    True
    >>> parse_day("05/03/2024", "de"), parse_day("5 มีนาคม 2567", "th"), parse_day("۱۵ اسفند ۱۴۰۲", "fa")
    ('2024-03-05', '2024-03-05', '2024-03-05')
    """
    text = text[:80]
    if not text.isascii():
        text = text.translate(_DIGITS)
    if language == "fa" and (jalali := _JALALI.search(text)):
        return _jalali(jalali[0])
    if language == "th":
        text = _BUDDHIST.sub(lambda year: str(int(year[0]) - BUDDHIST_ERA), text)
    if year_first := _YEAR_FIRST.match(text):
        return _valid(int(year_first[1]), int(year_first[2]), int(year_first[3]))
    if not _YEAR.search(text):
        return None
    numeric = _NUMERIC.match(text)
    if numeric:
        day_first = numeric[2] == "." or language not in (None, "en")
        return _numeric(int(numeric[1]), int(numeric[3]), int(numeric[4]), day_first)
    if language == "ar":
        text = _OTHER_MONTH.sub(lambda month: _OTHER_MONTHS[month[0]], text)
        text = _TWO_NAMES.sub("", text)  # one month by both its names
    text = _CLOCK.sub(" ", text.split(":", 1)[-1] if _labelled(text) else text).strip(" ,.-|–—")
    return (
        _plain_english(text)
        or _parse(_ORDINAL.sub("", text), language or "en")
        or (_parse(text, "en") if language not in (None, "en") else None)
    )


_FORMATS = ("%B %d %Y", "%d %B %Y", "%b %d %Y", "%d %b %Y")
_ORDINAL = re.compile(r"(?<=\d)(?:st\b|nd\b|rd\b|th\b|º|°|ª)", re.IGNORECASE)


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


def _numeric(a: int, b: int, year: int, day_first: bool) -> str | None:
    if a > 12 or a == b or (day_first and b <= 12):
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

    return DateDataParser(languages=[_PARSER_NAMES.get(language, language)], settings=_SETTINGS)


def _jalali(text: str) -> str | None:
    from dateparser.calendars.jalali import JalaliCalendar

    found = JalaliCalendar(text).get_date()
    return found.date_obj.date().isoformat() if found and found.date_obj else None
