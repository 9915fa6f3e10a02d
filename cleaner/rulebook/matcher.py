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
from itertools import accumulate
from typing import Any

import ahocorasick_rs

from cleaner.model import Segments
from cleaner.rulebook import patterns
from cleaner.rulebook.phrases import Phrase
from cleaner.segment.fold import is_word_edge

CHUNK = 1 << 16
"""Characters searched in one call, so that the list of matches stays small on any input."""
MOST_DFA_LITERALS = 6000
FEW_LITERALS = 24
"""So few are looked for one by one first: mostly none stands there, and a plain search is very quick."""
MOST_SEEN, MOST_SEEN_CHARS = 20_000, 120
"""Lines remembered with their hits (some 8 MB), and how long such a line may be."""
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


Hit = tuple[Any, int, int]
"""A needle's target and the span it covers in the folded segment."""


class Matcher:
    """Finds needles in segments. Built once; threads may share it, for all it changes is what it remembers."""

    def __init__(self, needles: Iterable[Needle]) -> None:
        self._whole: dict[str, list[Any]] = {}
        self._everywhere: list[Needle] = []
        by_literal: dict[str, list[Needle]] = defaultdict(list)
        for needle in needles:
            phrase = needle.phrase
            if phrase is not None and phrase.plain and not needle.anywhere and not needle.inline:
                self._whole.setdefault(phrase.pieces[0], []).append(needle.target)
            elif phrase is not None:
                by_literal[phrase.literal].append(needle)
            elif needle.literals:
                for literal in needle.literals:
                    by_literal[literal].append(needle)
            else:
                self._everywhere.append(needle)
        self._literals = list(by_literal)
        self._needles = list(by_literal.values())
        self._automaton = _automaton(self._literals) if by_literal else None
        self._seen: dict[str, list[Hit]] = {}
        self._overlap = max(map(len, self._literals), default=1) - 1

    def find(self, segments: Segments) -> dict[int, list[Hit]]:
        """The hits of each segment that has any, in no particular order.

        What stands in a line depends on the line alone, and a site's lines come back on every page of
        it: the last ones seen are remembered.
        """
        hits: dict[int, list[Hit]] = {}
        fresh: list[int] = []
        for i, found in enumerate(map(self._seen.get, segments.folded)):
            if found is None:
                fresh.append(i)
            elif found:
                hits[i] = found
        if len(self._seen) > MOST_SEEN:
            self._seen = {}
        new = self._find_fresh(segments, fresh)
        for i in fresh:
            if len(segments.folded[i]) <= MOST_SEEN_CHARS:
                self._seen[segments.folded[i]] = new.get(i, [])
        return hits | new

    def _find_fresh(self, segments: Segments, rows: list[int]) -> dict[int, list[Hit]]:
        hits: dict[int, list[Hit]] = defaultdict(list)
        for i in rows:
            targets = self._whole.get(segments.keys[i])
            if targets is not None:
                hits[i] = [(target, 0, len(segments.folded[i])) for target in targets]
        if self._automaton is not None and rows:
            self._find_by_literals(segments, rows, hits)
        for needle in self._everywhere:
            program = patterns.compile(needle.pattern)
            for i in rows:
                if segments.words[i] <= needle.max_words and program.search(segments.folded[i]):
                    hits[i].append((needle.target, 0, len(segments.folded[i])))
        return hits

    def _find_by_literals(self, segments: Segments, rows: list[int], hits: dict[int, list[Hit]]) -> None:
        """Add the hits of needles with a literal, which are tried only where it stands."""
        folded, words = segments.folded, segments.words
        tried: set[tuple[int, Needle]] = set()
        inline: dict[tuple[int, int], list[int]] = {}
        # Segments stand on lines of their own, so that a literal can ask for a segment's start or end.
        document = "\n" + "\n".join([folded[i] for i in rows]) + "\n"
        line_ends = list(accumulate([len(folded[i]) + 1 for i in rows], initial=0))
        for literal, at in self._literals_in(document):
            place = bisect_right(line_ends, at) - 1
            i = rows[place]
            for needle in self._needles[literal]:
                if needle.inline:
                    offset = max(0, at - line_ends[place] - 1)
                    offsets = inline.setdefault((i, literal), [])
                    if not offsets or offset >= offsets[-1] + len(self._literals[literal]):
                        offsets.append(offset)
                elif words[i] <= needle.max_words and needle.least <= len(folded[i]) <= needle.most:
                    tried.add((i, needle))
        for i, needle in tried:
            if _stands(needle, folded[i], segments.keys[i]):
                hits[i].append((needle.target, 0, len(folded[i])))
        for (i, literal), offsets in inline.items():
            for needle in self._needles[literal]:
                if needle.inline:
                    hits[i].extend((needle.target, *span) for span in _inline_spans(needle, folded[i], offsets))

    def _literals_in(self, document: str) -> Iterator[tuple[int, int]]:
        """The literals that stand in the document, and where."""
        if len(self._literals) <= FEW_LITERALS and not any(literal in document for literal in self._literals):
            return
        find = self._automaton.find_matches_as_indexes  # type: ignore[union-attr]
        for low in range(0, len(document), CHUNK):
            for literal, start, _ in find(document[low : low + CHUNK + self._overlap], overlapping=True):
                if start < CHUNK:
                    yield literal, low + start


def _automaton(literals: list[str]) -> Any:
    """A DFA is twice as quick as an NFA and, for so many literals, built in some 20 ms."""
    kind = ahocorasick_rs.Implementation.DFA if len(literals) <= MOST_DFA_LITERALS else None
    return ahocorasick_rs.AhoCorasick(literals, store_patterns=False, implementation=kind)


def _stands(needle: Needle, folded: str, key: str) -> bool:
    """Whether a needle that is not inline stands in the segment, or is all of it."""
    phrase = needle.phrase
    if phrase is None:
        return bool(patterns.tester(needle.pattern)(folded.encode("utf-8")))
    return phrase.stands_in(folded) if needle.anywhere else phrase.is_whole(key)


def _inline_spans(needle: Needle, folded: str, offsets: list[int]) -> Iterator[tuple[int, int]]:
    """Where an inline needle stands, given where its literal does."""
    phrase = needle.phrase
    if phrase is not None and phrase.plain:
        for at in offsets:
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


def _windows(offsets: list[int], length: int) -> Iterator[tuple[int, int]]:
    """The stretches around the offsets, merged where they meet."""
    merged: list[tuple[int, int]] = []
    for at in sorted(offsets):
        low, high = max(0, at - WINDOW), min(length, at + WINDOW)
        if merged and low <= merged[-1][1]:
            low = merged.pop()[0]
        merged.append((low, high))
    yield from merged
