"""Raw text dumps of real pages, as a naive scraper writes them, with a gold label for each line.

A line is labelled ``keep``, ``drop`` or ``ignore`` from the page's gold text:

- no word at all (rules, bullets): ignore;
- 8 words or more: keep where the words stand in gold in one piece, or 80 % of their 5-grams do;
- 4 to 7: keep where it is a line of gold; else, unless it is the title, where it stands in gold in one
  piece or 80 % of its 3-grams do, with a sure line within 3 lines;
- 1 to 3: keep only as a line of gold, or where it continues a kept neighbour in gold;
- of copies beyond the number gold has, those with the most kept lines around them stay keep, the
  others are ignored.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import lxml.html

from benchmarks.corpus import GROUPS, read_pages
from benchmarks.tokens import tokens

_BLOCKS = frozenset(
    """address article aside blockquote body center dd details dialog dir div dl dt fieldset figcaption figure
    footer form h1 h2 h3 h4 h5 h6 header hgroup hr html legend li main menu nav ol p pre search section summary
    table tbody td tfoot th thead tr ul caption option optgroup select button textarea iframe video audio object
    canvas label title""".split()
)
_NO_TEXT = frozenset(["script", "style", "noscript", "template"])
_SPACE = re.compile(r"[\s\u200b\ufeff\u00ad]+")


@dataclass(frozen=True)
class Dump:
    """One page as a raw dump."""

    uid: str
    group: str
    key: str
    language: str
    title: str | None
    gold: str
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        """The dump."""
        return "\n".join(self.lines)

    def labels(self) -> list[str]:
        """The gold label of each line."""
        return label(self.lines, self.gold, self.title)


def read_dumps(corpus: Path, groups: tuple[str, ...] = GROUPS, every: int = 1) -> Iterator[Dump]:
    """The dumps of the corpus' pages that have gold text; ``every`` n-th page only."""
    wanted = (page for page in read_pages(corpus, groups) if page.gold)
    for page in islice(wanted, 0, None, every):
        lines = tuple(dump_lines(page.html))
        yield Dump(page.uid, page.group, page.key, page.language, page.title, page.gold or "", lines)


@dataclass(frozen=True)
class Line:
    """A line of a dump, and what the page's markup says of it."""

    text: str
    element: Any
    """The element that its first words stand in (an image's line: the image)."""
    linked: float
    """The share of its characters that stand in links."""


def dump_lines(page: str, *, alternatives: bool = True) -> list[str]:
    """Every block of the body as a line, images' alternative texts too unless told otherwise."""
    return [line.text for line in marked_lines(page, alternatives=alternatives)]


def marked_lines(page: str, *, alternatives: bool = True) -> list[Line]:
    """The lines of :func:`dump_lines` with what the markup says of them."""
    data = page.encode("utf-8", "replace").replace(b"\x00", b"")
    if not data.strip():
        return []
    parser = lxml.html.HTMLParser(encoding="utf-8", huge_tree=True, remove_pis=True)
    try:
        root = lxml.html.document_fromstring(data, parser=parser)
    except Exception:  # an unparsable page is an empty dump
        return []
    body = root.find(".//body")
    lines: list[Line] = []
    pending: list[tuple[str, Any, bool]] = []

    def flush() -> None:
        text = _SPACE.sub(" ", "".join(piece for piece, _, _ in pending)).strip()
        if text:
            worded = [(len(piece.strip()), element, linked) for piece, element, linked in pending if piece.strip()]
            chars = sum(length for length, _, _ in worded)
            linked = sum(length for length, _, linked in worded if linked)
            lines.append(Line(text, worded[0][1], linked / max(1, chars)))
        pending.clear()

    stack: list[tuple[Any, str, bool]] = [(root if body is None else body, "open", False)]
    while stack:
        element, step, linked = stack.pop()
        tag = element.tag if isinstance(element.tag, str) else None
        if step == "tail":
            pending.append((element.tail or "", element.getparent(), linked))
        elif step == "close":
            flush()
        elif tag is not None and tag not in _NO_TEXT:
            inside = linked or tag == "a"
            if tag in _BLOCKS or tag == "br":
                flush()
            if alternatives and tag == "img" and (alt := (element.get("alt") or "").strip()):
                flush()
                lines.append(Line(_SPACE.sub(" ", alt), element, float(inside)))
            pending.append((element.text or "", element, inside))
            if tag in _BLOCKS:
                stack.append((element, "close", inside))
            for child in reversed(element):
                stack += [(child, "tail", inside), (child, "open", inside)]
    flush()
    return lines


class _Gold:
    def __init__(self, text: str, title: str | None) -> None:
        self.lines = Counter(tuple(tokens(line)) for line in text.splitlines())
        words = tokens(text)
        self.words = f" {' '.join(words)} "
        self.grams = {n: {tuple(words[i : i + n]) for i in range(len(words) - n + 1)} for n in (3, 5)}
        self.title = tuple(tokens(title))

    def holds(self, line: tuple[str, ...]) -> bool:
        return f" {' '.join(line)} " in self.words

    def mostly_holds(self, line: tuple[str, ...], n: int) -> bool:
        count = len(line) - n + 1
        found = sum(line[i : i + n] in self.grams[n] for i in range(count))
        return count > 0 and found / count >= 0.8


def label(lines: tuple[str, ...] | list[str], gold_text: str, title: str | None) -> list[str]:
    """The gold label of each line; see the module's words."""
    gold = _Gold(gold_text, title)
    worded = [tuple(tokens(line)) for line in lines]
    labels = [_first_label(line, gold) for line in worded]
    sure = [labels[i] == "keep" and (len(line) >= 8 or line in gold.lines) for i, line in enumerate(worded)]
    for i, name in enumerate(labels):
        if name == "keep" and not sure[i] and not any(sure[max(0, i - 3) : i + 4]):
            labels[i] = "drop"
    _continue_neighbours(worded, labels, gold)
    _ignore_copies(worded, labels, gold)
    return labels


def _first_label(line: tuple[str, ...], gold: _Gold) -> str:
    if not line:
        return "ignore"
    if len(line) >= 8:
        return "keep" if gold.holds(line) or gold.mostly_holds(line, 5) else "drop"
    if line in gold.lines:
        return "keep"
    if line == gold.title or len(line) < 4:
        return "drop"
    return "keep" if gold.holds(line) or gold.mostly_holds(line, 3) else "drop"


def _continue_neighbours(worded: list[tuple[str, ...]], labels: list[str], gold: _Gold) -> None:
    """A short line that continues a kept one in gold (a sentence cut in two) is kept. Two rounds."""
    real = [i for i, line in enumerate(worded) if line]
    for _ in range(2):
        for place, i in enumerate(real):
            if labels[i] != "drop" or len(worded[i]) > 3:
                continue
            before = real[place - 1] if place else None
            after = real[place + 1] if place + 1 < len(real) else None
            continues = before is not None and labels[before] == "keep" and gold.holds(worded[before][-4:] + worded[i])
            begins = after is not None and labels[after] == "keep" and gold.holds(worded[i] + worded[after][:4])
            if continues or begins:
                labels[i] = "keep"


def _ignore_copies(worded: list[tuple[str, ...]], labels: list[str], gold: _Gold) -> None:
    places: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for i, line in enumerate(worded):
        if labels[i] == "keep":
            places[line].append(i)
    for line, copies in places.items():
        have = max(1, gold.lines.get(line, 0), gold.words.count(f" {' '.join(line)} "))
        if len(copies) > have:
            by_company = sorted(copies, key=lambda i: -labels[max(0, i - 4) : i + 5].count("keep"))
            for i in by_company[have:]:
                labels[i] = "ignore"
