"""The scores, each of one page; docs/benchmarks.md says what they mean. No system is known by name here."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import NamedTuple

_WORD = re.compile(r"\w+")
_SPACE = re.compile(r"\s+")


class Score(NamedTuple):
    """Precision and recall, and their harmonic mean."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """0 where both are 0."""
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


def bag(predicted: Sequence[object], gold: Sequence[object]) -> Score:
    """How much of the one is in the other, as bags.

    >>> bag("a b b c".split(), "a b".split())
    Score(precision=0.5, recall=1.0)
    """
    if not gold or not predicted:
        return Score(1.0, 1.0) if not gold and not predicted else Score(0.0, 0.0)
    shared = (Counter(predicted) & Counter(gold)).total()
    return Score(shared / len(predicted), shared / len(gold))


def lower_words(text: str | None) -> list[str]:
    """WCXB's words: runs of ``\\w``, lower case."""
    return _WORD.findall((text or "").lower())


@dataclass(frozen=True)
class Shingles:
    """One page as scrapinghub's article benchmark counts it: runs of four words, case kept."""

    shared: int
    predicted: int
    gold: int
    exact: bool

    @classmethod
    def of(cls, predicted: str, gold: str) -> Shingles:
        """The page's counts."""
        words, wanted = _WORD.findall(predicted), _WORD.findall(gold)
        ours, theirs = _runs(words), _runs(wanted)
        return cls((ours & theirs).total(), ours.total(), theirs.total(), words == wanted)

    @property
    def precision(self) -> float | None:
        """None where nothing is predicted: that benchmark then leaves the page out of the mean."""
        return self.shared / self.predicted if self.predicted else None

    @property
    def recall(self) -> float | None:
        """None where there is nothing to find."""
        return self.shared / self.gold if self.gold else None


def _runs(words: list[str], length: int = 4) -> Counter[tuple[str, ...]]:
    """Shorter texts are one run."""
    return Counter(tuple(words[i : i + length]) for i in range(max(1, len(words) - length + 1)) if words)


def mean(values: Iterable[float | None]) -> float | None:
    """Of those that are known; None where none is."""
    known = [value for value in values if value is not None]
    return fmean(known) if known else None


@dataclass(frozen=True)
class LabelledLines:
    """A dump's lines as words, and the gold label of each."""

    words: tuple[tuple[str, ...], ...]
    labels: tuple[str, ...]

    def score(self, predicted: Iterable[tuple[str, ...]]) -> Score:
        """Of the lines labelled keep or drop: how many of those kept should be, how many that should be are.

        A line of the dump is kept where the prediction has a line of the same words, once for each copy.
        """
        left = Counter(predicted)
        found: Counter[tuple[str, bool]] = Counter()
        for words, label in zip(self.words, self.labels, strict=True):
            kept = bool(words) and left[words] > 0
            left[words] -= kept
            found[label, kept] += 1
        right, wrong, lost = found["keep", True], found["drop", True], found["keep", False]
        precision = right / (right + wrong) if right + wrong else float(not lost)
        return Score(precision, right / (right + lost) if right + lost else 1.0)


def snippet_share(text: str, snippets: Sequence[str]) -> float | None:
    """The share of the snippets that stand in the text, case and white space aside."""
    if not snippets:
        return None
    there = _SPACE.sub(" ", text.lower())
    return fmean(_SPACE.sub(" ", snippet.lower()).strip() in there for snippet in snippets)


_PLAIN = str.maketrans(
    {
        **dict.fromkeys("’‘´`", "'"),
        **dict.fromkeys("“”„«»", '"'),
        **dict.fromkeys("–—‐‑", "-"),
        "…": "...",
    }
)


def plain_title(title: str | None) -> str:
    """A title without what typography makes of it: case, quotes, dashes, white space, the ends' punctuation."""
    folded = unicodedata.normalize("NFKC", title or "").translate(_PLAIN).casefold()
    return _SPACE.sub(" ", folded).strip().strip("\"' .")


_BY = re.compile(r"^\s*(by|von|par|por|di|af|av)\s+")


def plain_name(name: str) -> str:
    """A name without case, accents, punctuation and the "by" before it."""
    letters = unicodedata.normalize("NFKD", name)
    folded = "".join(c for c in letters if not unicodedata.combining(c)).casefold()
    return " ".join(_WORD.findall(_BY.sub("", folded)))


def author_score(predicted: Iterable[str], gold: Iterable[str]) -> Score:
    """The two as sets of names. (A peer may put other things than names among them.)"""
    ours, theirs = ({plain_name(n) for n in names if isinstance(n, str)} - {""} for names in (predicted, gold))
    return bag(sorted(ours), sorted(theirs))
