"""Phrases: literals with gaps, compiled once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import pairwise
from typing import Any

from cleaner.rulebook import patterns
from cleaner.segment.fold import OUTER, fold, is_word_edge, writes_no_spaces

GAP = "[...]"
_GAP_WORDS = "[^ ]+"
_JOINT = "[,;:.!?)'\"।۔؟،。、-]*"
"""Punctuation that a gap takes with it where it begins: "signing up [...] you agree" fits "signing up, you agree"."""
_MOST_WORDS = 12
_MOST_CHARS = 24


@dataclass(frozen=True)
class Phrase:
    """A folded literal; ``pieces`` are its parts between gaps, '' where a gap stands at an end."""

    written: str
    pieces: tuple[str, ...]

    @cached_property
    def plain(self) -> bool:
        """Whether it has no gap: then the whole phrase is one literal."""
        return len(self.pieces) == 1

    @cached_property
    def literal(self) -> str:
        """The text to look for first: its longest piece."""
        return max(self.pieces, key=len).strip()

    @property
    def regex(self) -> Any:
        """The phrase as an RE2 pattern, without anchors."""
        return patterns.compile(self._pattern())

    @cached_property
    def _whole_pattern(self) -> str:
        return f"^{self._pattern()}$"

    def _pattern(self) -> str:
        words = f"{_JOINT}(?: {_GAP_WORDS}){{0,{_MOST_WORDS}}}"
        parts = [patterns.escape(self.pieces[0].rstrip(" "))]
        for left, right in pairwise(self.pieces):
            piece = right.rstrip(" ") if right.strip() else ""
            if left == "" and writes_no_spaces(right):
                parts.append(f".{{0,{_MOST_CHARS}}}")
            elif left == "":
                parts.append(f"(?:{_GAP_WORDS} ){{0,{_MOST_WORDS}}}")
                piece = piece.lstrip(" ")
            elif left.endswith(" "):
                parts.append(words if right == "" or right.startswith(" ") else f"{words} ?")
            elif right.startswith(" "):
                parts.append(f"[^ ]*{words}")
            else:
                parts.append(f".{{0,{_MOST_CHARS}}}")
            parts.append(patterns.escape(piece))
        return "".join(parts)

    def is_whole(self, key: str) -> bool:
        """Whether the phrase is the whole segment whose key is given."""
        if self.plain:
            return key == self.pieces[0]
        ends_fit = key.startswith(self.pieces[0].rstrip()) and key.endswith(self.pieces[-1].lstrip())
        # Most that begin so lack a later piece: seen at once, and RE2 need not even compile the phrase.
        may_fit = ends_fit and self.stands_loosely_in(key)
        return may_fit and bool(patterns.tester(self._whole_pattern)(key.encode("utf-8")))

    def spans(self, folded: str) -> list[tuple[int, int]]:
        """Where the phrase stands in a folded text, at word edges."""
        if self.plain:
            found = _occurrences(self.pieces[0], folded)
        else:
            found = ((m.start(), m.end()) for m in self.regex.finditer(folded))
        return [s for s in found if is_word_edge(folded, s[0]) and is_word_edge(folded, s[1])]

    def stands_in(self, folded: str) -> bool:
        """Whether the phrase stands anywhere in the segment, at word edges."""
        return self.literal in folded and bool(self.spans(folded))

    def stands_loosely_in(self, folded: str) -> bool:
        """Whether its pieces stand there in order, edges and gap lengths aside: a near miss."""
        at = 0
        for piece in self.pieces:
            at = folded.find(piece.strip(), at)
            if at < 0:
                return False
            at += len(piece.strip())
        return True


def _occurrences(literal: str, folded: str) -> Iterator[tuple[int, int]]:
    at = folded.find(literal)
    while at >= 0:
        yield at, at + len(literal)
        at = folded.find(literal, at + 1)


class PhraseSet:
    """Several phrases asked as one. Whole-segment phrases without gaps are one look-up."""

    __slots__ = ("_gapped", "_literals", "_plain", "phrases")

    def __init__(self, phrases: Iterable[Phrase] = ()) -> None:
        self.phrases = tuple(phrases)
        self._plain = frozenset(p.pieces[0] for p in self.phrases if p.plain)
        self._gapped = tuple(p for p in self.phrases if not p.plain)
        self._literals = tuple((p.literal, p) for p in self.phrases)

    def __bool__(self) -> bool:
        return bool(self.phrases)

    def is_whole(self, key: str) -> bool:
        """Whether one of them is the whole segment whose key is given."""
        return key in self._plain or any(p.literal in key and p.is_whole(key) for p in self._gapped)

    def stand_in(self, folded: str) -> bool:
        """Whether one of them stands anywhere in the segment, at word edges."""
        return any(literal in folded and phrase.spans(folded) for literal, phrase in self._literals)


@cache
def compile_phrase(written: str) -> Phrase:
    """Compile a phrase. Raises ValueError when there is no literal in it.

    >>> compile_phrase("The post [...] appeared first on [...]").pieces
    ('the post ', ' appeared first on ', '')
    """
    raw = [fold_keeping_edges(part) for part in written.split(GAP)]
    raw[0] = raw[0].lstrip(OUTER)
    raw[-1] = raw[-1].rstrip(OUTER)
    pieces = tuple(part if part.strip() else "" for part in raw)
    if not any(re.search(r"[^\W_]", piece) for piece in pieces):
        raise ValueError("a phrase needs a letter or a digit outside its gaps")
    if any(not piece for piece in pieces[1:-1]):
        pieces = (pieces[0], *(piece or " " for piece in pieces[1:-1]), pieces[-1])
    return Phrase(written, pieces)


def fold_keeping_edges(part: str) -> str:
    """Fold, but keep one space at an end that has one: it says how a gap joins."""
    folded = fold(part)
    if not folded:
        return " " if part else ""
    return (" " if part[:1].isspace() else "") + folded + (" " if part[-1:].isspace() else "")
