"""The numbers of ordered lists, as a page shows them: ``start``, ``reversed``, ``type`` and an item's ``value``."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from cleaner.model import Markup, Segments

_ROMAN = (
    (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"),
    (9, "ix"), (5, "v"), (4, "iv"), (1, "i"),
)  # fmt: skip
_MOST_ROMAN = 3999
_MOST = 2**31 - 1
"""The highest number that a browser counts with."""
_UNNUMBERED = re.compile(r"list-style(?:-type)?\s*:[^;]*\b(?:none|disc|circle|square)\b", re.IGNORECASE)
_NUMBERED = re.compile(r"\(?[0-9]{1,4}[.):]")


class Number(NamedTuple):
    """What a page shows before an item of an ordered list. ``style`` is HTML's ``type``: 1, a, A, i or I."""

    item: Any
    value: int
    style: str

    def __str__(self) -> str:
        """As it is shown, with the full stop and the space after it: ``3. ``, ``c. ``, ``iii. ``."""
        return f"{_written(self.value, self.style)}. "


def list_numbers(segments: Segments, kept: Iterable[int]) -> dict[int, Number]:
    """The numbers of a page's ordered lists, by the first kept segment of each item.

    An item that writes its own number has no other.
    """
    markup = segments.markup
    if markup is None or "ol" not in markup.tags:
        return {}
    items = _items(markup)
    numbered: set[int] = set()
    counted: dict[Any, dict[Any, int]] = {}
    shown: dict[int, Number] = {}
    for i in kept:
        item = items[markup.place[i]] if markup.place[i] >= 0 else -1
        if item < 0 or item in numbered:
            continue
        numbered.add(item)
        if not _NUMBERED.match(segments.text(i)) and (number := _shown(_element(markup.elements[i]), counted)):
            shown[i] = number
    return shown


def _items(markup: Markup) -> list[int]:
    """For each place the innermost list item around it, -1 for none."""
    items: list[int] = []
    for number, (tag, around) in enumerate(zip(markup.tags, markup.within, strict=True)):
        items.append(number if tag == "li" else items[around] if around >= 0 else -1)
    return items


def _element(element: Any) -> Any | None:
    """The list item around an element, or itself."""
    return element if element.tag == "li" else next(element.iterancestors("li"), None)


def _shown(item: Any | None, counted: dict[Any, dict[Any, int]]) -> Number | None:
    """The number of an item; ``counted`` are the lists whose items are numbered already."""
    around = item.getparent() if item is not None else None
    if item is None or around is None or around.tag != "ol":
        return None
    if any(_UNNUMBERED.search(element.get("style", "")) for element in (around, item)):
        return None
    if around not in counted:
        counted[around] = _numbers(around)
    return Number(item, counted[around][item], item.get("type") or around.get("type") or "1")


def _numbers(around: Any) -> dict[Any, int]:
    """The number of each item of an ordered list."""
    items = around.findall("li")
    falls = around.get("reversed") is not None
    number = _integer(around.get("start"), len(items) if falls else 1)
    numbers: dict[Any, int] = {}
    for item in items:
        number = numbers[item] = _integer(item.get("value"), number)
        number += -1 if falls else 1
    return numbers


def _integer(written: str | None, otherwise: int) -> int:
    try:
        number = otherwise if written is None else int(written)
    except ValueError:
        return otherwise
    return number if abs(number) <= _MOST else otherwise


def _written(number: int, style: str) -> str:
    if style in ("a", "A") and number > 0:
        written = _letters(number)
    elif style in ("i", "I") and 0 < number <= _MOST_ROMAN:
        written = _roman(number)
    else:
        return str(number)
    return written.upper() if style.isupper() else written


def _letters(number: int) -> str:
    """a … z, aa, ab …"""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("a") + rest) + letters
    return letters


def _roman(number: int) -> str:
    written = ""
    for value, letters in _ROMAN:
        count, number = divmod(number, value)
        written += letters * count
    return written
