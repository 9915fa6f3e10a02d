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
from cleaner.segment.text import count_words

CHUNK = 1 << 16
"""Bytes searched in one call, so that the list of matches stays small on any input."""
MOST_DFA_LITERALS = 6000
FEW_LITERALS = 24
"""So few are looked for one by one first: mostly none stands there, and a plain search is very quick."""
WINDOW = 1000
"""Characters on both sides of a literal in which an inline pattern may match."""


@dataclass(frozen=True, slots=True, eq=False)
class Needle:
    """One thing to find, and the ``target`` (any hashable) it is found for."""

    target: Hashable
    phrase: Phrase | None = None
    pattern: str | None = None
    literals: tuple[str, ...] = ()
    anywhere: bool = False
    inline: bool = False
    max_words: int = 10**9
    least: int = 0
    most: int = patterns.ANY_LENGTH
    """Characters of a segment that a pattern can match."""


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
    """Finds needles in segments. Built once, never changed: threads may share it."""

    def __init__(self, needles: Iterable[Needle]) -> None:
        self._whole: dict[str, tuple[Any, ...]] = {}
        self._everywhere: list[Needle] = []
        by_literal: dict[str, list[Needle]] = defaultdict(list)
        for needle in needles:
            phrase = needle.phrase
            if phrase is not None and phrase.plain and not needle.anywhere and not needle.inline:
                if count_words(phrase.pieces[0]) > needle.max_words:
                    continue
                have = self._whole.get(phrase.pieces[0], ())
                if needle.target not in have:
                    self._whole[phrase.pieces[0]] = (*have, needle.target)
            elif phrase is not None:
                by_literal[phrase.literal].append(needle)
            elif needle.literals:
                for literal in needle.literals:
                    by_literal[literal].append(needle)
            else:
                self._everywhere.append(needle)
        self._literals = [literal.encode("utf-8") for literal in by_literal]
        self._needles = list(by_literal.values())
        self._most_words = [max(10**9 if n.inline else n.max_words for n in needles) for needles in self._needles]
        self._automaton = _automaton(self._literals) if by_literal else None
        self._overlap = max(map(len, self._literals), default=1) - 1

    def find(self, segments: Segments) -> Found:
        """Everything that stands in the segments."""
        found = Found({i: t for i, t in enumerate(map(self._whole.get, segments.keys)) if t is not None}, {})
        if self._automaton is not None:
            self._find_by_literals(segments, found)
        for needle in self._everywhere:
            program = patterns.compile(needle.pattern)
            for i, folded in enumerate(segments.folded):
                if segments.words[i] <= needle.max_words and program.search(folded):
                    found.add(i, needle.target)
        return found

    def _find_by_literals(self, segments: Segments, found: Found) -> None:
        """Add the hits of needles with a literal, which are tried only where it stands."""
        folded, words = segments.folded, segments.words
        # Segments stand on lines of their own, so that a literal can ask for a segment's start or end.
        document = "\n".join(["", *folded, ""]).encode("utf-8")
        hits = self._literals_in(document)
        if not hits:
            return
        lines = document.split(b"\n")[1:-1]
        line_ends = list(accumulate([len(line) + 1 for line in lines], initial=0))
        tried: set[tuple[int, Needle]] = set()
        inline: dict[tuple[int, Needle], list[int]] = {}
        for literal, at in hits:
            i = bisect_right(line_ends, at) - 1
            if words[i] > self._most_words[literal]:
                continue
            for needle in self._needles[literal]:
                if needle.inline:
                    inline.setdefault((i, needle), []).append(max(0, at - line_ends[i] - 1))
                elif words[i] <= needle.max_words and needle.least <= len(folded[i]) <= needle.most:
                    tried.add((i, needle))
        for i, needle in tried:
            if _stands(needle, folded[i], segments.keys[i], lines[i]):
                found.add(i, needle.target)
        for (i, needle), offsets in inline.items():
            if spans := list(_inline_spans(needle, folded[i], _in_characters(sorted(offsets), lines[i]))):
                found.add(i, needle.target)
                found.spans.setdefault((i, needle.target), []).extend(spans)

    def _literals_in(self, document: bytes) -> list[tuple[int, int]]:
        """The literals that stand in the document, and where, from left to right."""
        if len(self._literals) <= FEW_LITERALS and not any(literal in document for literal in self._literals):
            return []
        find = self._automaton.find_matches_as_indexes  # type: ignore[union-attr]
        return [
            (literal, low + start)
            for low in range(0, len(document), CHUNK)
            for literal, start, _ in find(document[low : low + CHUNK + self._overlap], overlapping=True)
            if start < CHUNK
        ]


def _automaton(literals: list[bytes]) -> Any:
    """A DFA is twice as quick as an NFA and, for so many literals, built in some 20 ms.

    Over bytes, because finding characters' places in UTF-8 takes as long again as the search.
    """
    kind = ahocorasick_rs.Implementation.DFA if len(literals) <= MOST_DFA_LITERALS else None
    return ahocorasick_rs.BytesAhoCorasick(literals, implementation=kind)


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
