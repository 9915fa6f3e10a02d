"""A page's markup → numbers, a row a segment: what the score looks at beside the words.

What an element is called is read as words (``post-meta`` is *post* and *meta*), each once for every distinct
element. Where a segment stands is told by the text around it: that of its block, of the blocks around that, and
of the smallest element that holds most of the article.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from zlib import crc32

import numpy as np

from cleaner.judge.features import NAMES, Features, Flags, Floats, Ints, Places, features
from cleaner.judge.rules import Judgement
from cleaner.model import Markup, Segments

NAME_BUCKETS = 4096
"""Words of names share so many learned vectors, by a hash."""
TAGS = (
    "p", "li", "td", "th", "div", "span", "a", "h1", "h2", "h3", "h4", "h5", "h6", "figcaption", "blockquote",
    "button", "label", "option", "pre", "dt", "dd", "article", "section", "strong", "em", "time", "img",
    "footer", "header", "body",
)  # fmt: skip
AROUND = (
    "nav", "header", "footer", "aside", "form", "figure", "table", "ul", "ol", "article", "main", "blockquote",
    "section", "dl", "p", "a", "button", "select", "dialog",
)  # fmt: skip
HOLDERS = (0.5, 0.8, 0.95)
"""Shares of the article's long lines that the smallest element around it must hold."""
LEVELS = 4
"""So many blocks around a segment are measured."""
SAID = ("description", "title", "body")
"""What a page declares of itself that its segments are compared with."""
PAGE_NAMES = (
    *NAMES,
    "link share", "mostly link", "emphasis share", "picture", "hidden", "depth", "named inside",
    *(f"tag {tag}" for tag in TAGS),
    *(f"inside {tag}" for tag in AROUND),
    *(f"{what} {level}" for level in range(1, LEVELS + 1) for what in ("mass", "long lines", "links", "lines")),
    *(f"in holder {share}" for share in HOLDERS),
    *(f"child of holder {share}" for share in HOLDERS),
    "place in holder",
    *(f"said in {what}" for what in SAID), "body declared",
)  # fmt: skip
"""What the columns of a page's :attr:`Features.rows` are, in order."""

_TAG = {name: number for number, name in enumerate(TAGS)}
_BIT = {name: 1 << number for number, name in enumerate(AROUND)}
_HIDDEN = 1 << len(AROUND)
_INLINE = frozenset("a span b strong em i u time small label font mark sup sub cite abbr code svg img".split())
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_MOST_NAMES, _MOST_CHARS = 12, 400
_SAID_LEAST, _SAID_MOST = 3, 60


def page_features(judgement: Judgement, said: Sequence[str] = ()) -> Features:
    """What the score looks at, for every segment of a page.

    ``said``: the folded texts that the page declares, as in ``SAID``; empty where it declares none.
    """
    s = judgement.segments
    markup = s.markup
    assert markup is not None
    seen = features(judgement)
    within, depth, inside, block = _inherited(markup)
    of_segment = np.maximum(np.array(markup.place), 0)
    places = Places(*_called(markup), within, depth, _levels(depth), of_segment)
    own = [
        *_shapes(s, places, inside, block),
        *_surroundings(s, seen, places, block),
        *_said(s, said),
    ]
    rows = np.empty((len(s), len(PAGE_NAMES)), np.float32)
    rows[:, : len(NAMES)] = seen.rows
    for column, values in enumerate(own, len(NAMES)):
        rows[:, column] = values
    return replace(seen, rows=rows, places=places)


def _called(markup: Markup) -> tuple[Ints, Ints]:
    """The buckets of the words that all places are called by, and where each place's begin."""
    names = list(map(_names, markup.tags, markup.called)) or [_names("body", ("", "", ""))]
    edges = np.zeros(len(names) + 1, np.int32)
    np.cumsum(list(map(len, names)), out=edges[1:])
    return np.frombuffer(b"".join(names), np.int32), edges // np.int32(0).itemsize


@lru_cache(maxsize=32768)
def _names(tag: str, called: tuple[str, str, str]) -> bytes:
    """The buckets of the words that an element is called by, its tag first; as the bytes of an array."""
    words = _WORD.findall(" ".join(called)[:_MOST_CHARS])
    told = dict.fromkeys(word.lower() for word in words if len(word) > 1)
    buckets = [crc32(word.encode()) % NAME_BUCKETS for word in (f"<{tag}>", *list(told)[:_MOST_NAMES])]
    return np.array(buckets, np.int32).tobytes()


def _inherited(markup: Markup) -> tuple[Ints, Ints, Ints, Ints]:
    """Of each place: what is around it, its depth, which telling elements it is in (bits), its block."""
    depths: list[int] = []
    insides: list[int] = []
    blocks: list[int] = []
    for k, (above, tag, (_, _, hints)) in enumerate(zip(markup.within, markup.tags, markup.called, strict=True)):
        bits = _BIT.get(tag, 0)
        if hints and "hidden" in hints:
            bits |= _HIDDEN
        if above < 0:
            depths.append(0)
            insides.append(bits)
            blocks.append(k)
        else:
            depths.append(depths[above] + 1)
            insides.append(insides[above] | bits)
            blocks.append(blocks[above] if tag in _INLINE else k)
    if not depths:  # a page of nothing but text and pictures
        return np.array([-1]), np.array([0]), np.array([_BIT.get("body", 0)]), np.array([0])
    return np.array(markup.within), np.array(depths), np.array(insides), np.array(blocks)


def _shapes(s: Segments, places: Places, inside: Ints, block: Ints) -> tuple[Floats | Flags | Ints, ...]:
    """Links, emphasis, tags, and what a segment is inside of."""
    markup = s.markup
    assert markup is not None
    at = places.of_segment
    linked = np.array(markup.link_density, np.float32)
    picture = np.zeros(len(s), bool)
    picture[list(markup.pictures)] = True
    tags = np.array([_TAG.get(tag, -1) for tag in markup.tags] or [_TAG["body"]])[at]
    tags[picture] = _TAG["img"]
    bits = inside[at]
    return (
        linked, linked > 0.5, np.array(markup.emphasis, np.float32), picture, bits & _HIDDEN > 0,
        np.minimum(places.depth[at], 40) / 20, block[at] != at,
        *(tags == number for number in range(len(TAGS))),
        *(bits & bit > 0 for bit in _BIT.values()),
    )  # fmt: skip


def _surroundings(s: Segments, seen: Features, places: Places, block: Ints) -> list[Floats | Flags]:
    """The text of the blocks around, and whether a segment is in what holds the article."""
    markup = s.markup
    assert markup is not None
    gone = seen.rows[:, NAMES.index("gone")] > 0
    weights = np.where(gone, 0, np.array(s.weights, np.float32))
    chars = np.array(s.ends, np.float32) - np.array(s.starts, np.float32)
    links = np.array(markup.link_density, np.float32) * chars
    total = max(float(weights.sum()), 1.0)
    at, within, depth = places.of_segment, places.within, places.depth
    sums = _sums(places, np.stack([weights, weights > 0, links, chars, np.ones(len(s))], 1))
    columns: list[Floats | Flags] = []
    around = block[at]
    for _ in range(LEVELS):
        mass, long, linked, size, lines = sums[around].T
        columns += [mass / total, long / np.maximum(lines, 1), linked / np.maximum(size, 1), np.log1p(lines)]
        above = within[around]
        around = np.where(above >= 0, block[above], around)
    holders = [_holder(sums[:, 0], depth, share * total) for share in HOLDERS]
    in_holders = [_inside(holder, depth)[at] for holder in holders]
    columns += in_holders
    blocks = block[at]
    columns += [(blocks == holder) | (within[blocks] == holder) for holder in holders]
    rows = np.flatnonzero(in_holders[1])
    first, last = (rows[0], rows[-1]) if len(rows) else (0, len(s) - 1)
    columns.append(np.clip((np.arange(len(s)) - first) / max(last - first, 1), -0.5, 1.5))
    return columns


def _sums(places: Places, values: Floats) -> Floats:
    """The sums over the segments in each place, at any depth."""
    count = len(places.within)
    sums = np.stack([np.bincount(places.of_segment, column, count) for column in values.T], 1)
    for rows in reversed(places.levels[1:]):
        np.add.at(sums, places.within[rows], sums[rows])
    return sums


def _levels(depth: Ints) -> list[Ints]:
    """The places of each depth, outermost first, each level in document order."""
    order = np.argsort(depth, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(depth[order])) + 1)


def _holder(mass: Floats, depth: Ints, least: float) -> int:
    """The deepest place that holds so much; the outermost where none does."""
    enough = np.flatnonzero(mass >= max(least, 1.0))
    return int(enough[np.argmax(depth[enough])]) if len(enough) else 0


def _inside(holder: int, depth: Ints) -> Flags:
    """Which places are the holder or in it: in document order, those after it up to the next that is no deeper."""
    inside = np.zeros(len(depth), bool)
    behind = np.flatnonzero(depth[holder + 1 :] <= depth[holder])
    inside[holder : holder + 1 + int(behind[0]) if len(behind) else len(depth)] = True
    return inside


def _said(s: Segments, said: Sequence[str]) -> list[Floats | float]:
    """Whether the page's declared texts have a segment's words, or its first ones."""
    columns: list[Floats | float] = []
    for text in (*said, *[""] * (len(SAID) - len(said))):
        if text:
            start = text[:_SAID_MOST]
            columns.append(np.array([_says(text, start, key) for key in s.keys], np.float32))
        else:
            columns.append(0.0)
    columns.append(float(len(said) == len(SAID) and bool(said[-1])))
    return columns


def _says(text: str, start: str, key: str) -> bool:
    return len(key) >= _SAID_LEAST and (key[:_SAID_MOST] in text or start in key)


__all__ = ["NAME_BUCKETS", "PAGE_NAMES", "SAID", "page_features"]
