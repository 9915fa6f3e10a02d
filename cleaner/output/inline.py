"""What stands inside a page's kept segments: pieces of their text, with the link and the emphasis each is in."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from itertools import groupby
from typing import Any, NamedTuple

from lxml import etree

from cleaner.judge.rules import Judgement
from cleaner.segment.fold import CONTROL
from cleaner.segment.html import UNREAD
from cleaner.segment.page import Page

EMPHASIS = {
    "b": "#b", "strong": "#b", "i": "#i", "em": "#i", "u": "#u", "code": "#t", "tt": "#t", "kbd": "#t", "samp": "#t",
    "sub": "#sub", "sup": "#sup",
}  # fmt: skip
"""Elements that stress what is in them, and trafilatura's names for that."""


class Run(NamedTuple):
    """Characters that stand in the same link (its address as the page has it) and in the same emphasis."""

    text: str
    link: str | None = None
    emphasis: tuple[str, ...] = ()


class Picture(NamedTuple):
    """A picture, and the segment after which it stands (-1: before all)."""

    element: Any
    after: int


def look_inside(page: Page) -> tuple[dict[int, list[Run]], list[Picture]]:
    """The pieces of every segment's text, white space as it was written, and the pictures of a page."""
    markup = page.segments.markup
    assert markup is not None
    texts = [i for i in range(len(page.segments)) if i not in markup.pictures]
    starts = [markup.spans[i][0] for i in texts]
    pieces: dict[int, list[Run]] = {}
    pictures: list[Picture] = []
    for at, found in _walk(page.tree):
        if isinstance(found, Run):
            first = at + len(found.text) - len(found.text.lstrip()) if not found.text.isspace() else at
            k = bisect_right(starts, first) - 1
            if k >= 0 and first < markup.spans[texts[k]][1]:
                pieces.setdefault(texts[k], []).append(found)
        else:
            k = bisect_right(starts, at) - 1
            while k >= 0 and starts[k] == at:  # it begins right after the picture
                k -= 1
            pictures.append(Picture(found, texts[k] if k >= 0 else -1))
    return pieces, pictures


def _walk(tree: Any) -> Iterator[tuple[int, Any]]:
    """Text (as a :class:`Run`) and pictures, each with its place among all characters of the page's text."""
    body = tree.find("body")
    root = tree if body is None else body
    at = 0
    links: list[str | None] = []
    emphasis: list[str] = []
    walker = etree.iterwalk(root, events=("start", "end"))
    for event, element in walker:
        tag = element.tag
        if event == "start":
            if tag in UNREAD or tag.__class__ is not str:
                walker.skip_subtree()
                continue
            if tag == "a":
                links.append(element.get("href"))
            elif tag in EMPHASIS:
                emphasis.append(EMPHASIS[tag])
            elif tag == "img":
                yield at, element
            text = element.text
        else:
            if tag == "a":
                links.pop()
            elif tag in EMPHASIS:
                emphasis.pop()
            if element is root:
                return
            text = element.tail
        if text:
            yield at, Run(text, links[-1] if links else None, tuple(dict.fromkeys(emphasis)))
            at += len(text)


def kept_runs(judgement: Judgement, i: int, pieces: list[Run]) -> list[Run]:
    """What stays of a segment, white space collapsed: without what was cut and without control characters."""
    s = judgement.segments
    text = s.text(i)
    owners = [piece for piece in pieces for c in piece.text]
    written = "".join(piece.text for piece in pieces)
    collapsed = list(_collapsed(written, owners))
    if "".join(c for c, _ in collapsed) != text:  # a line of <pre>, or of what is written in pieces elsewhere
        collapsed = [(c, Run("")) for c in text]
    offset = judgement.orphans.get(i, s.starts[i]) - s.starts[i]
    gone = {k for cut in judgement.cuts.get(i, ()) for k in range(cut.start - s.starts[i], cut.end - s.starts[i])}
    left = [pair for k, pair in enumerate(collapsed) if k >= offset and k not in gone and not CONTROL.match(pair[0])]
    shown = _collapsed("".join(c for c, _ in left), [owner for _, owner in left])
    return [Run("".join(c for c, _ in same), *style) for style, same in groupby(shown, key=lambda pair: pair[1][1:])]


def _collapsed(text: str, owners: list[Run]) -> Iterator[tuple[str, Run]]:
    """The characters, each run of white space as one space, none at the ends."""
    space: Run | None = None
    begun = False
    for c, owner in zip(text, owners, strict=True):
        if c.isspace():
            space = space or owner
        else:
            if begun and space is not None:
                yield " ", space
            space, begun = None, True
            yield c, owner
