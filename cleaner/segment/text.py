"""A decoded text dump → its segments.

Line policy: lines end where ``str.splitlines`` ends them (LF, CR LF, CR, VT, FF, FS, GS, RS, NEL,
LS, PS). A line of nothing but white space, invisible and control characters is no segment.
"""

from __future__ import annotations

from itertools import accumulate, compress
from typing import TypeVar

from cleaner.model import Segments
from cleaner.segment.fold import CONTROL, OUTER, fold, is_composed, is_even, map_evenly, writes_no_spaces

_QUOTES = "\"')]}»」』》】"
T = TypeVar("T")

_THAI, _LAO = "\u0e00", "\u0eff"
_STOPS = frozenset(".!?。！？।॥۔؟՞։።")
_ENDINGS = _STOPS | frozenset(_QUOTES) | frozenset(map(chr, range(ord(_THAI), ord(_LAO) + 1)))
"""What a line that ends a sentence can end with."""
QUESTIONS = frozenset("?!？！؟;")
"""How a question or a call ends; the semicolon is the Greek question mark."""
_LONG_WITHOUT_STOP = 80
"""Characters of a Thai or Lao line that is taken for a sentence."""
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
    lines = map_evenly(text).splitlines(keepends=True)
    offsets = accumulate(map(len, lines), initial=0)
    rows = [
        (at if line[0] == stripped[0] else at + line.index(stripped), stripped)
        for at, line, stripped in zip(offsets, lines, map(str.strip, lines), strict=False)
        if stripped
    ]
    starts = [start for start, _ in rows]
    ends = [start + len(stripped) for start, stripped in rows]
    return _measured(text, starts, ends, [stripped.lower() for _, stripped in rows])


def columns(source: str, starts: list[int], ends: list[int]) -> Segments:
    """Fold and measure the spans of ``source``; spans that fold to nothing are left out."""
    plain = map_evenly(source)
    return _measured(source, starts, ends, [plain[a:b].lower() for a, b in zip(starts, ends, strict=True)])


def _measured(source: str, starts: list[int], ends: list[int], folded: list[str]) -> Segments:
    """The segments of evenly folded spans.

    Column by column, so that each is one pass in C or near it: this runs for every line of a corpus.
    """
    uneven = _fold_unevenly(source, starts, ends, folded)
    dirty = frozenset(i for i in uneven if folded[i] and CONTROL.search(source, starts[i], ends[i]))
    for i in dirty:
        starts[i], ends[i] = _trimmed(source, starts[i], ends[i])
    blank = frozenset(i for i in uneven if not folded[i])
    words = [line.count(" ") + 1 for line in folded]
    for i, (line, count) in enumerate(zip(folded, words, strict=True)):
        if len(line) > _LEAST_CHARS * count and (len(line) > _CHARS_A_WORD * count or not line.isascii()):
            words[i] = count_words(line)
    closed = [line[-1:] in _ENDINGS and ends_sentence(line) for line in folded]
    weights = [0] * len(folded)
    for i in compress(range(len(folded)), closed):
        if words[i] >= LONG:
            weights[i] = weigh(folded[i], words[i])
    keys = [line.strip(OUTER) for line in folded]
    segments = Segments(source, starts, ends, folded, keys, words, closed, weights, uneven, dirty)
    return _without(segments, blank) if blank else segments


def _trimmed(source: str, start: int, end: int) -> tuple[int, int]:
    """The span without the white space and control characters at its ends."""
    while end > start and (source[end - 1].isspace() or CONTROL.match(source[end - 1])):
        end -= 1
    while start < end and (source[start].isspace() or CONTROL.match(source[start])):
        start += 1
    return start, end


def _fold_unevenly(source: str, starts: list[int], ends: list[int], folded: list[str]) -> frozenset[int]:
    """Fold anew, in place, the lines whose folded copy is not one character for one; which these are."""
    if all(map(str.isprintable, folded)):  # then only spaces and decomposed letters are left to look for
        odd = [i for i, line in enumerate(folded) if "  " in line or not (line.isascii() or is_composed(line))]
    else:
        odd = [i for i, line in enumerate(folded) if not is_even(line)]
    for i in odd:
        folded[i] = fold(source[starts[i] : ends[i]])
    return frozenset(odd)


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
    """Whether the segment ends with sentence punctuation. Three dots end none.

    Thai and Lao write no full stop: there a line as long as a sentence is one.
    """
    end = folded[-1:]
    if _THAI <= (folded[-2:-1] if end == "." else end) <= _LAO:
        return len(folded) >= _LONG_WITHOUT_STOP
    if end in _QUOTES:
        folded = folded.rstrip(_QUOTES)
        end = folded[-1:]
    return end in _STOPS and not folded.endswith("...")


def weigh(folded: str, words: int) -> int:
    """What a long closed line weighs when the body is looked for."""
    if words < 2 * LONG and folded.rstrip(_QUOTES)[-1:] in QUESTIONS:
        return 0
    return min(words, MOST)
