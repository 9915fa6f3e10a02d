"""Segments and what rules said of them → numbers, a row a segment: what the score looks at.

Computed column by column over the whole document, in numpy: characters first, then words, then lines and
their surroundings. Lines that rules removed have rows too: they are evidence for their neighbours.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from cleaner.judge.rules import Judgement
from cleaner.judge.zones import find_body
from cleaner.model import CATEGORIES, Segments

Floats = npt.NDArray[Any]
Ints = npt.NDArray[Any]
Flags = npt.NDArray[Any]
"""What an array holds, for the reader; numpy's own types do not follow it through arithmetic."""

KINDS = (
    "space", "lower", "upper", "digit", "caseless", "ideograph", "stop", "call", "ellipsis", "colon", "comma",
    "opening", "quote", "bracket", "closing", "dash", "bullet", "slash", "hash", "arrow", "money", "rights", "symbol",
    "other",
)  # fmt: skip
"""What a character is, as far as the score cares."""
SPACE, LOWER, UPPER, DIGIT, CASELESS, IDEOGRAPH = range(6)
_MARKS = {
    "stop": ".。।॥۔．｡።։",
    "call": "!?！？؟",
    "ellipsis": "…",
    "colon": ":：",
    "comma": ",;，；、،؛",
    "opening": "“‘«„‹「『《‚",
    "quote": "\"'”’」』》`´",
    "bracket": "([{（【［",
    "closing": ")]}）】］",
    "dash": "-–—‐‑−―",
    "bullet": "•·*▪●■◆○▶►★☆✓",
    "slash": "/|\\｜",
    "hash": "#@",
    "arrow": ">»›→<←↑↓",
    "money": "$€£¥₹%+=~^",
    "rights": "©®™",
}
_SPACELESS = (
    (0x0E00, 0x0F00), (0x1000, 0x10A0), (0x1780, 0x1800), (0x3040, 0x3100), (0x3400, 0xA000), (0xF900, 0xFB00),
)  # fmt: skip
"""Scripts that write no spaces between words: each of their characters is taken for a word."""
_ALIKE = ((0x3400, 0x4DC0, CASELESS), (0x4E00, 0xA000, CASELESS), (0xAC00, 0xD7A4, CASELESS), (0xD800, 0xF900, SPACE))
"""Ideographs, Hangul syllables, surrogates and private use: two thirds of the first plane, all of one category."""
_PLANE = 0x10000


def _powers(base: int, count: int) -> npt.NDArray[np.uint32]:
    return np.cumprod(np.full(count, base, np.uint32), dtype=np.uint32)


_FACTOR = 0x01000193
"""What a word's hash is multiplied by with each character (FNV's prime)."""
_INVERSE = pow(_FACTOR, -1, 1 << 32)
_USUAL = 1 << 16
"""Characters of a document for which the powers are kept: longer ones are few."""
_UP, _DOWN = _powers(_FACTOR, _USUAL), _powers(_INVERSE, _USUAL)

BUCKETS = 8192
"""Words share so many learned vectors, by a hash."""
LONG_WORD, SHORT_WORD = 5, 3
"""Characters of a word that says what a text is about, and of one that only joins others."""

_LENGTHS = np.array([2, 3, 4, 8, 15, 25, 60], np.float32)[:, None]
_MEASURES = (
    "log chars", "log words", "words 2", "words 3", "words 4", "words 8", "words 15", "words 25", "words 60",
    "closed", "weight", "upper of cased",
    "capitalised words", "number words", "mixed words", "joining words", "word length",
    "in body words", "long in body words", "rare in body words", "in lead words", "in title words", "new words",
    "copies", "earlier copy", "later copy",
    "place", "log before", "log after", "log lines", "in body",
    "log to body", "log into body", "log to body end", "log past body", "place in body",
    "long 3 before", "long 3 after", "long 10 before", "long 10 after",
    "mass before", "mass after", "log mass", "log long lines", "share long lines",
    "gone 5 before", "gone 5 after", "gone",
)  # fmt: skip

NAMES = (
    *(f"share {kind}" for kind in KINDS),
    *(f"first {kind}" for kind in KINDS),
    *(f"last {kind}" for kind in KINDS),
    *(f"rule {category}" for category in CATEGORIES),
    "kept by rule", "title", "cut inside",
    *_MEASURES,
)  # fmt: skip
"""What the columns of :attr:`Features.rows` are, in order."""


@dataclass(frozen=True, slots=True)
class Features:
    """``rows``: the numbers of each segment, columns as in ``NAMES``. ``words``: the bucket of every word, segment
    by segment; those of segment ``i`` are ``words[edges[i]:edges[i + 1]]``."""

    rows: Floats
    words: Ints
    edges: Ints
    places: Places | None = None
    """Where the segments of a page stand in it."""


@dataclass(frozen=True, slots=True)
class Places:
    """What the places of a page are called.

    ``names``: the bucket of every word of every place's name; those of place ``k`` are
    ``names[edges[k]:edges[k + 1]]``. ``within``: the place around each, which stands before it; -1 for none.
    ``depth``: how many are around it; ``levels``: the places of each depth. ``of_segment``: the place of each segment.
    """

    names: Ints
    edges: Ints
    within: Ints
    depth: Ints
    levels: list[Ints]
    of_segment: Ints


def features(judgement: Judgement) -> Features:
    """What the score looks at, for every segment. There must be at least one."""
    s = judgement.segments
    n = len(s)
    kinds, codes, begins = _characters(s)
    shares, first, last = _shares(s, kinds, begins)
    words = _Words.of(kinds, codes, begins)
    alive = np.array([verdict is None for verdict in judgement.verdicts])
    weights = np.array(s.weights, np.float32) * alive
    body = find_body(s.weights, alive.tolist())
    in_body = np.zeros(n, bool)
    in_body[body[0] : body[1] + 1] = True
    lengths = np.array(s.words, np.float32)
    chars = np.array(s.ends, np.float32) - np.array(s.starts, np.float32)
    cased = np.maximum(shares[:, LOWER] + shares[:, UPPER], 1e-6)
    measures = [
        np.log1p(chars), np.log1p(lengths), *(lengths >= _LENGTHS),
        s.closed, weights / 60, shares[:, UPPER] / cased,
        *words.measures((weights > 0) & in_body, judgement.title),
        *_copies(s.keys), *_places(alive, body, in_body), *_densities(weights, alive),
    ]  # fmt: skip
    rows = np.zeros((n, len(NAMES)), np.float32)
    k, everyone = len(KINDS), np.arange(n)
    rows[:, :k] = shares
    rows[everyone, k + first] = 1
    rows[everyone, 2 * k + last] = 1
    at = 3 * k
    rows[~alive, [at + _CATEGORY[verdict.category] for verdict in judgement.verdicts if verdict is not None]] = 1
    at += len(CATEGORIES)
    rows[[i for i in judgement.protected if alive[i]], at] = 1
    rows[[] if judgement.title is None else [judgement.title], at + 1] = 1
    rows[list(judgement.cuts), at + 2] = 1
    for column, values in enumerate(measures, at + 3):
        rows[:, column] = values
    return Features(rows, words.buckets(), words.edges)


_CATEGORY = {name: number for number, name in enumerate(CATEGORIES)}


def _assorted() -> Iterator[int]:
    """The characters of the first plane that are not of one category with all around them."""
    after = 0
    for start, end, _ in (*_ALIKE, (_PLANE, _PLANE, SPACE)):
        yield from range(after, start)
        after = end


@lru_cache(maxsize=1)
def _tables() -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint32]]:
    """For each character of the first plane its kind, and a number mixed from its lower case: digits share one, and
    what stands in no word has none. The last entries are for all characters beyond."""
    kinds = np.full(_PLANE + 1, KINDS.index("other"), np.uint8)
    lower = np.arange(_PLANE + 1, dtype=np.uint32)
    by_category = {"Lu": UPPER, "Lt": UPPER, "Ll": LOWER}
    by_group = {"Z": SPACE, "C": SPACE, "L": CASELESS, "M": CASELESS, "N": DIGIT, "S": KINDS.index("symbol")}
    for start, end, alike in _ALIKE:
        kinds[start:end] = alike
    for code in _assorted():
        char = chr(code)
        category = unicodedata.category(char)
        kind = by_category.get(category, by_group.get(category[0]))
        if kind is not None:
            kinds[code] = kind
        if kind == UPPER and len(char.lower()) == 1:
            lower[code] = ord(char.lower())
        elif kind == DIGIT:
            lower[code] = ord("0")
    for start, end in _SPACELESS:
        letters = kinds[start:end]
        letters[letters == CASELESS] = IDEOGRAPH
    for name, chars in _MARKS.items():
        kinds[list(map(ord, chars))] = KINDS.index(name)
    kinds[_PLANE] = KINDS.index("symbol")  # all that lies beyond: emoji, mostly
    mixed = lower * np.uint32(2654435761)
    mixed ^= mixed >> np.uint32(15)
    mixed *= np.uint32(2246822519)
    mixed[~_in_word(kinds)] = 0
    return kinds, mixed


def _in_word(kinds: npt.NDArray[np.uint8]) -> Flags:
    """Which characters are letters and digits."""
    return (kinds >= LOWER) & (kinds <= IDEOGRAPH)


def _characters(s: Segments) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint32], Ints]:
    """Kind and number of each character from the first segment on, and where among them each segment begins.

    What stands between two segments is white space, and goes with the one before it.
    """
    kinds_of, mixed_of = _tables()
    source = s.source[s.starts[0] : s.ends[-1]]
    codes = np.frombuffer(source.encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.intp)
    begins = np.array([*s.starts, s.ends[-1]]) - s.starts[0]
    return kinds_of.take(codes, mode="clip"), mixed_of.take(codes, mode="clip"), begins


def _shares(s: Segments, kinds: npt.NDArray[np.uint8], begins: Ints) -> tuple[Floats, Ints, Ints]:
    """The share of each kind of character in each segment, and the kinds of its first and last character."""
    n = len(s)
    line = np.repeat(np.arange(n) * len(KINDS), np.diff(begins))
    counts = np.bincount(line + kinds, minlength=n * len(KINDS)).reshape(n, -1).astype(np.float32)
    ends = np.array(s.ends) - s.starts[0]
    counts[:, SPACE] -= begins[1:] - ends
    return counts / (ends - begins[:-1])[:, None], kinds[begins[:-1]], kinds[ends - 1]


@dataclass(frozen=True, slots=True)
class _Words:
    """All words of a document: a hash, length and first kind of each, its digits, and where each segment's begin."""

    hashes: npt.NDArray[np.uint32]
    lengths: Ints
    digits: Ints
    kinds: npt.NDArray[np.uint8]
    edges: Ints

    @classmethod
    def of(cls, kinds: npt.NDArray[np.uint8], codes: npt.NDArray[np.uint32], begins: Ints) -> _Words:
        """Words are runs of letters and digits of one segment; an ideograph is one by itself."""
        letter = _in_word(kinds)
        joining = letter & (kinds != IDEOGRAPH)
        parted = ~(joining[:-1] & joining[1:])
        starts, stops = letter.copy(), letter.copy()
        starts[1:] &= parted
        stops[:-1] &= parted
        first = np.flatnonzero(starts)
        n = len(kinds)
        up, down = (_UP, _DOWN) if n <= _USUAL else (_powers(_FACTOR, n), _powers(_INVERSE, n))
        # The powers count from the document's first character: taking those before the word back is one product a word.
        hashes = np.add.reduceat(codes * up[:n], first) * down[first] * np.uint32(_FACTOR)
        hashes ^= hashes >> np.uint32(16)
        of_word = np.searchsorted(first, np.flatnonzero(kinds == DIGIT), "right") - 1
        digits = np.bincount(of_word, minlength=len(first))
        return cls(hashes, np.flatnonzero(stops) + 1 - first, digits, kinds[first], np.searchsorted(first, begins))

    def buckets(self) -> Ints:
        """The bucket of each word."""
        return (self.hashes & np.uint32(BUCKETS - 1)).astype(np.intp)

    def measures(self, article: Flags, title: int | None) -> tuple[Floats, ...]:
        """Shares of words with a capital, of numbers, of words with digits in them, of short ones; mean length; shares
        of words that the article's other long lines have, its first three, the title; of new words."""
        numbers = self.digits == self.lengths
        joining = (self.kinds == LOWER) & (self.lengths <= SHORT_WORD)
        long = self.lengths >= LONG_WORD
        known, *among_long = self._overlaps(article, title)
        flags = np.array(
            (self.kinds == UPPER, numbers, (self.digits > 0) & ~numbers, joining, known, long, *among_long)
        )
        flags[6:] &= long
        sums = self._sums(flags)
        counts = np.maximum(np.diff(self.edges), 1)
        of_all, of_long = sums[:5] / counts, sums[6:] / np.maximum(sums[5], 1)
        return *of_all[:4], self._sums(self.lengths[None])[0] / counts / 8, of_all[4], *of_long

    def _overlaps(self, article: Flags, title: int | None) -> tuple[Flags, ...]:
        """Which words the article's other long lines have; the same once more, and those that few of these lines have,
        that its first three have, that the title has; which stand here first."""
        slots = (self.hashes & np.uint32(0xFFFF)).astype(np.intp)
        here = np.arange(len(slots))
        met = np.empty(_PLANE, np.intp)
        met[slots[::-1]] = here[::-1]
        word = met[slots]  # where each word stands first is its number
        of_article = np.repeat(article, np.diff(self.edges))
        known = np.bincount(word[of_article], minlength=len(word))[word] - of_article
        of_lead, of_title = np.zeros((2, len(word)), bool)
        lead = np.flatnonzero(article)[:3].tolist()
        for i in lead:
            of_lead[word[self._of(i)]] = True
        if title is not None:
            of_title[word[self._of(title)]] = True
        in_lead = of_lead[word]
        for i in lead:
            in_lead[self._of(i)] = False
        common = known > 0
        return common, common, common & (known <= 3), in_lead, of_title[word], word == here

    def _of(self, i: int) -> slice:
        """The words of segment ``i``."""
        return slice(self.edges[i], self.edges[i + 1])

    def _sums(self, values: Flags | Ints) -> Ints:
        """The sums of each row of ``values`` over each segment's words."""
        sums = np.zeros((len(values), len(self.edges) - 1), np.int32)
        worded = np.flatnonzero(np.diff(self.edges))
        numbers = values.view(np.int8) if values.dtype == bool else values
        sums[:, worded] = np.add.reduceat(numbers, self.edges[worded], axis=1, dtype=np.int32)
        return sums


def _copies(keys: list[str]) -> tuple[Floats, Flags, Flags]:
    """How often a segment stands in the document, and whether another such stands before, or only after it."""
    firsts: dict[str, int] = {}
    first = np.array([firsts.setdefault(key, i) for i, key in enumerate(keys)])
    copies = np.bincount(first)[first]
    earlier = first < np.arange(len(keys))
    return np.log(copies.astype(np.float32)), earlier, (copies > 1) & ~earlier


def _places(alive: Flags, body: tuple[int, int], in_body: Flags) -> tuple[Floats | Flags | float, ...]:
    """Where a segment stands in the document and to its body; only segments that are still there count."""
    there = np.cumsum(alive, dtype=np.float32)
    left = max(float(there[-1]), 1.0)
    start, end = there[body[0]], there[body[1]]
    ways = np.array((there, left - there, start - there, there - start, end - there, there - end))
    before, after, *to_body = np.log1p(np.maximum(ways, 0))
    return (
        there / left, before, after, float(np.log1p(left)), in_body, *to_body,
        np.clip((there - start) / max(end - start, 1), -1, 2),
    )  # fmt: skip


def _densities(weights: Floats, alive: Flags) -> tuple[Floats | Flags | float, ...]:
    """How many long closed segments stand around, how much of the article before and after, and what went around."""
    long = weights > 0
    total = max(float(weights.sum()), 1.0)
    before = np.cumsum(weights) - weights
    count = float(long.sum())
    return (
        *_near(long, 3, 10),
        before / total, 1 - (before + weights) / total, float(np.log1p(total)),
        float(np.log1p(count)), count / max(float(alive.sum()), 1.0),
        *_near(~alive, 5), ~alive,
    )  # fmt: skip


def _near(values: Flags, *sizes: int) -> Iterator[Floats]:
    """The shares of ``values`` among so many segments before each and after each, for each of the sizes."""
    n, most = len(values), max(sizes)
    sums = np.zeros(n + 1 + 2 * most, np.float32)
    np.cumsum(values, out=sums[most + 1 : most + 1 + n])
    sums[most + 1 + n :] = sums[most + n]

    def ahead_of(shift: int) -> Floats:
        """The sum of all values before the one that stands so far behind each."""
        return sums[most + shift : most + shift + n]

    for size in sizes:
        yield (ahead_of(0) - ahead_of(-size)) / size
        yield (ahead_of(size + 1) - ahead_of(1)) / size
