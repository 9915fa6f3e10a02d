"""A decoded text dump → its segments.

Line policy: lines end where ``str.splitlines`` ends them (LF, CR LF, CR, VT, FF, FS, GS, RS, NEL,
LS, PS). A line of nothing but white space, invisible and control characters is no segment.
"""

from __future__ import annotations

import unicodedata
from typing import TypeVar

from cleaner.model import Segments
from cleaner.segment.fold import CONTROL, OUTER, fold_evenly, fold_with_offsets, is_even, writes_no_spaces

_QUOTES = "\"')]}»"
T = TypeVar("T")

_STOPS = frozenset(".!?。！？।॥۔؟՞։።")
_ENDINGS = _STOPS | frozenset(_QUOTES)
_QUESTIONS = frozenset("?!？！؟")
LONG = 8
"""Words from which a line that ends a sentence speaks for the article; a question needs twice as many,
for headlines ask too."""
MOST = 60
"""Words of one line that count, so that one huge line does not outweigh everything."""
_CHARS_A_WORD = 40
"""A segment has at least one word in so many characters: a bound for lines without spaces."""
_LEAST_CHARS = 3
"""Characters a word from which a script without spaces is thought of at all."""


def segment_text(text: str) -> Segments:
    """Split a dump into segments, with the columns that later stages read."""
    starts: list[int] = []
    ends: list[int] = []
    position = 0
    for line in text.splitlines(keepends=True):
        stripped = line.strip()
        if stripped:
            start = position if line[0] == stripped[0] else position + line.index(stripped)
            starts.append(start)
            ends.append(start + len(stripped))
        position += len(line)
    return columns(text, starts, ends)


def columns(source: str, starts: list[int], ends: list[int]) -> Segments:
    """Fold and measure the spans of ``source``; spans that fold to nothing are left out.

    Column by column, so that each is one pass in C or near it: this runs for every line of a corpus.
    """
    even = fold_evenly(source)
    folded = [even[start:end] for start, end in zip(starts, ends, strict=True)]
    uneven = _fold_unevenly(source, starts, ends, folded)
    dirty = frozenset(i for i in uneven if folded[i] and CONTROL.search(source, starts[i], ends[i]))
    blank = frozenset(i for i in uneven if not folded[i])
    words = [line.count(" ") + 1 for line in folded]
    for i, line in enumerate(folded):
        if len(line) > _LEAST_CHARS * words[i] and (not line.isascii() or len(line) > _CHARS_A_WORD * words[i]):
            words[i] = count_words(line)
    closed = [line[-1:] in _ENDINGS and ends_sentence(line) for line in folded]
    weights = [
        weigh(line, count) if ended and count >= LONG else 0
        for line, count, ended in zip(folded, words, closed, strict=True)
    ]
    keys = [line.strip(OUTER) for line in folded]
    segments = Segments(source, starts, ends, folded, keys, words, closed, weights, uneven, dirty)
    return _without(segments, blank) if blank else segments


def _fold_unevenly(source: str, starts: list[int], ends: list[int], folded: list[str]) -> frozenset[int]:
    """Fold anew, in place, the lines whose folded copy is not one character for one; which these are."""
    composed = source.isascii() or unicodedata.is_normalized("NFC", source)
    if composed and "  " not in source and all(map(str.isprintable, folded)):
        return frozenset()
    uneven = [
        i
        for i, line in enumerate(folded)
        if not (composed and line.isprintable() and "  " not in line) and not is_even(line)
    ]
    for i in uneven:
        folded[i] = fold_with_offsets(source[starts[i] : ends[i]])[0]
    return frozenset(uneven)


def _without(segments: Segments, rows: frozenset[int]) -> Segments:
    """The segments but for some rows."""
    kept = [i for i in range(len(segments)) if i not in rows]
    place = {i: k for k, i in enumerate(kept)}

    def pick(column: list[T]) -> list[T]:
        return [column[i] for i in kept]

    return Segments(
        segments.source,
        pick(segments.starts),
        pick(segments.ends),
        pick(segments.folded),
        pick(segments.keys),
        pick(segments.words),
        pick(segments.closed),
        pick(segments.weights),
        frozenset(place[i] for i in segments.uneven if i in place),
        frozenset(place[i] for i in segments.dirty if i in place),
    )


def count_words(folded: str) -> int:
    """Words of a folded segment; two characters a word where the script writes no spaces."""
    spaced = folded.count(" ") + 1
    chars = 2 if not folded.isascii() and writes_no_spaces(folded) else _CHARS_A_WORD
    return max(spaced, len(folded) // chars)


def ends_sentence(folded: str) -> bool:
    """Whether the segment ends with sentence punctuation. Three dots end none."""
    end = folded[-1:]
    if end in _QUOTES:
        folded = folded.rstrip(_QUOTES)
        end = folded[-1:]
    return end in _STOPS and not folded.endswith("...")


def weigh(folded: str, words: int) -> int:
    """What a long closed line weighs when the body is looked for."""
    if words < 2 * LONG and folded.rstrip(_QUOTES)[-1:] in _QUESTIONS:
        return 0
    return min(words, MOST)
