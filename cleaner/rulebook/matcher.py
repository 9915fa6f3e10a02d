"""Many rules over one document at once.

Whole-segment phrases without gaps are one dictionary look-up a segment. For everything else, the
literal that a rule cannot do without is looked for over the whole folded document in one
Aho-Corasick pass; word edges, gaps and the full pattern are checked only where it stands.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Any

import ahocorasick_rs

from cleaner.model import Segments
from cleaner.rulebook import patterns
from cleaner.rulebook.phrases import Phrase
from cleaner.segment.fold import is_word_edge

CHUNK = 1 << 16
"""Bytes searched in one call, so that the list of matches stays small on any input."""
FEW_LITERALS = 24
"""So few are looked for one by one first: mostly none stands there, and a plain search is very quick."""
LONG_LINE = 40
"""Words from which a line is long: few needles can stand there, so that most of an article's text is searched
for these alone."""
WINDOW = 1000
"""Characters on both sides of a literal in which an inline pattern may match."""


@dataclass(frozen=True, slots=True, eq=False)
class Needle:
    """One thing to find, and the ``target`` (any hashable) it is found for: a phrase, or a pattern with the
    ``literals`` of which it needs one."""

    target: Hashable
    phrase: Phrase | None = None
    pattern: str | None = None
    literals: tuple[str, ...] = ()
    anywhere: bool = False
    inline: bool = False
    max_words: int = 10**9
    least: int = 0
    most: int = patterns.ANY_LENGTH
    """Characters of a segment that a pattern can fit."""
    first: patterns.Edge = None
    last: patterns.Edge = None
    """Characters that such a segment can begin with, and end with; None: any."""

    def __post_init__(self) -> None:
        if self.phrase is not None:
            object.__setattr__(self, "literals", (self.phrase.literal,))


@dataclass(frozen=True, slots=True)
class Found:
    """What stands in a document: ``lines[i]`` are the targets that segment ``i`` fits, in no particular
    order; ``spans[i, target]`` is where in its folded copy, for inline needles."""

    lines: dict[int, tuple[Any, ...]]
    spans: dict[tuple[int, Any], list[tuple[int, int]]]

    def add(self, i: int, target: Any) -> None:
        """Segment ``i`` fits ``target``."""
        have = self.lines.get(i, ())
        if target not in have:
            self.lines[i] = (*have, target)


class Matcher:
    """Finds needles in segments, and ``whole`` segments (folded, with their targets).

    Built once, never changed: threads may share it.
    """

    def __init__(self, needles: Iterable[Needle], whole: Iterable[tuple[str, Any]] = ()) -> None:
        self._whole: dict[str, tuple[Any, ...]] = {}
        for key, target in whole:
            self._whole[key] = (*self._whole[key], target) if key in self._whole else (target,)
        needles = tuple(needles)
        self._everywhere = [n for n in needles if not n.literals]
        indexed = [n for n in needles if n.literals]
        self._in_lines = _Index(indexed)
        self._in_long_lines = _Index(n for n in indexed if n.inline or n.max_words > LONG_LINE)

    def find(self, segments: Segments) -> Found:
        """Everything that stands in the segments."""
        found = Found({i: t for i, t in enumerate(map(self._whole.get, segments.keys)) if t is not None}, {})
        words = segments.words
        self._in_lines.find(segments, [i for i, count in enumerate(words) if count <= LONG_LINE], found)
        self._in_long_lines.find(segments, [i for i, count in enumerate(words) if count > LONG_LINE], found)
        for needle in self._everywhere:
            program = patterns.compile(needle.pattern)
            for i, folded in enumerate(segments.folded):
                if words[i] <= needle.max_words and program.search(folded):
                    found.add(i, needle.target)
        return found


class _Index:
    """Needles by the literals of which each needs one."""

    def __init__(self, needles: Iterable[Needle]) -> None:
        by_literal: dict[str, list[Needle]] = defaultdict(list)
        for needle in needles:
            for literal in needle.literals:
                by_literal[literal].append(needle)
        self._literals = [literal.encode("utf-8") for literal in by_literal]
        self._needles = list(by_literal.values())
        self._automaton = _automaton(self._literals) if by_literal else None
        self._overlap = max(map(len, self._literals), default=1) - 1

    def find(self, segments: Segments, rows: list[int], found: Found) -> None:
        """Add what stands in some rows. A needle is tried only where one of its literals stands."""
        if self._automaton is None or not rows:
            return
        folded, words = segments.folded, segments.words
        # Segments stand on lines of their own, so that a literal can ask for a segment's start or end.
        document = "\n".join(["", *[folded[i] for i in rows], ""]).encode("utf-8")
        literals = self._literals_in(document)
        if not literals:
            return
        lines = document.split(b"\n")[1:-1]
        line_ends = list(accumulate([len(line) + 1 for line in lines], initial=0))
        tried: set[tuple[int, Needle]] = set()
        inline: dict[tuple[int, Needle], list[int]] = {}
        for literal, at, _ in literals:
            place = bisect_right(line_ends, at) - 1
            line = folded[rows[place]]
            for needle in self._needles[literal]:
                if needle.inline:
                    inline.setdefault((place, needle), []).append(max(0, at - line_ends[place] - 1))
                elif (
                    words[rows[place]] <= needle.max_words
                    and needle.least <= len(line) <= needle.most
                    and (needle.first is None or line[0] in needle.first)
                    and (needle.last is None or line[-1] in needle.last)
                ):
                    tried.add((place, needle))
        for place, needle in tried:
            i = rows[place]
            if _stands(needle, folded[i], segments.keys[i], lines[place]):
                found.add(i, needle.target)
        for (place, needle), offsets in inline.items():
            i = rows[place]
            if spans := list(_inline_spans(needle, folded[i], _in_characters(sorted(offsets), lines[place]))):
                found.add(i, needle.target)
                found.spans.setdefault((i, needle.target), []).extend(spans)

    def _literals_in(self, document: bytes) -> list[tuple[int, int, int]]:
        """The literals that stand in the document, each with its start and its end."""
        if len(self._literals) <= FEW_LITERALS and not any(literal in document for literal in self._literals):
            return []
        find = self._automaton.find_matches_as_indexes  # type: ignore[union-attr]
        if len(document) <= CHUNK:
            return find(document, overlapping=True)  # type: ignore[no-any-return]
        return [
            (literal, low + start, low + end)
            for low in range(0, len(document), CHUNK)
            for literal, start, end in find(document[low : low + CHUNK + self._overlap], overlapping=True)
            if start < CHUNK
        ]


def _automaton(literals: list[bytes]) -> Any:
    """Over bytes, because finding characters' places in UTF-8 takes as long again as the search.

    The compact NFA: a DFA is twice as quick on one document over and over, and no quicker among all the
    rest that cleaning a document does; it takes ten times as long to build, and megabytes.
    """
    return ahocorasick_rs.BytesAhoCorasick(literals, implementation=ahocorasick_rs.Implementation.ContiguousNFA)


def _stands(needle: Needle, folded: str, key: str, encoded: bytes) -> bool:
    """Whether a needle that is not inline stands in the segment, or is all of it."""
    phrase = needle.phrase
    if phrase is None:
        return bool(patterns.tester(needle.pattern)(encoded))
    return phrase.stands_in(folded) if needle.anywhere else phrase.is_whole(key)


def _inline_spans(needle: Needle, folded: str, offsets: list[int]) -> Iterator[tuple[int, int]]:
    """Where an inline needle stands, given where its literal does."""
    phrase = needle.phrase
    if phrase is not None and phrase.plain:
        end = 0
        for at in offsets:
            if at < end:
                continue
            end = at + len(phrase.pieces[0])
            if is_word_edge(folded, at) and is_word_edge(folded, end):
                yield at, end
        return
    for low, high in _windows(offsets, len(folded)):
        window = folded[low:high]
        if phrase is not None:
            spans = phrase.spans(window)
        else:
            program = patterns.compile(needle.pattern)
            spans = [m.span() for m in program.finditer(window) if m.end() > m.start()]
        yield from ((start + low, end + low) for start, end in spans)


def _in_characters(offsets: list[int], line: bytes) -> list[int]:
    """Offsets into UTF-8, ascending, as offsets into the text."""
    if line.isascii():
        return offsets
    steps = [len(line[a:b].decode("utf-8", "ignore")) for a, b in pairwise([0, *offsets])]
    return list(accumulate(steps))


def _windows(offsets: list[int], length: int) -> Iterator[tuple[int, int]]:
    """The stretches around the offsets, merged where they meet."""
    merged: list[tuple[int, int]] = []
    for at in sorted(offsets):
        low, high = max(0, at - WINDOW), min(length, at + WINDOW)
        if merged and low <= merged[-1][1]:
            low = merged.pop()[0]
        merged.append((low, high))
    yield from merged
