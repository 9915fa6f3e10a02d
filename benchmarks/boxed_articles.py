"""What the score takes from articles that have a box of the site between their paragraphs: a sign-up, an appeal.

    python -m benchmarks.boxed_articles [--profile balanced]

Each of the project's clean articles, in 34 languages, with a line or two of a menu above it and of a foot below it,
gets a box of its language between any two of its paragraphs in turn; menu, foot and box are lines that rules know.
Counted is what goes of the article's lines that end a sentence: a box is no article's end. (Many of these articles are
hard on purpose: quizzes, poems, interviews with answers of one word.)
"""

from __future__ import annotations

import argparse
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cleaner import Cleaner
from cleaner.pipeline import PROFILES
from cleaner.rulebook.book import Rule, Rulebook
from cleaner.segment.text import segment_text

ARTICLES = Path(__file__).resolve().parents[1] / "fixtures" / "clean"
BOX = ("newsletter", "social", "app-promo", "donation", "related")
AROUND = ("navigation", "copyright")


@dataclass(frozen=True, slots=True)
class Boxed:
    """A dump, and the lines of its article that end a sentence."""

    language: str
    text: str
    sentences: tuple[str, ...]

    def lost(self, text: str) -> list[str]:
        """The sentences that a clean text has not."""
        kept = set(text.splitlines())
        return [line for line in self.sentences if line not in kept]


def boxed(book: Rulebook, folder: Path = ARTICLES) -> Iterator[Boxed]:
    """The dumps, the same each time."""
    for path in sorted(folder.glob("*/*.txt")):
        language, rng = path.parent.name, random.Random(path.stem)
        title, *lines = (line for line in path.read_text(encoding="utf-8").splitlines() if line)
        segments = segment_text("\n".join(lines))
        sentences = tuple(segments.text(i) for i in range(len(segments)) if segments.closed[i])
        boxes, around = (_lines(book, language, categories) for categories in (BOX, AROUND))
        for at in range(1, len(lines)):
            box, head, foot = rng.choice(boxes), rng.choice(around), rng.choice(around)
            text = "\n\n".join([*head, title, *lines[:at], *box, *lines[at:], *foot])
            yield Boxed(language, text, sentences)


def _lines(book: Rulebook, language: str, categories: tuple[str, ...]) -> list[list[str]]:
    """Up to three lines each of what rules for a language show that they hit; of English ones where it has none."""
    own = [rule for pack in book.by_language if language in pack.languages for rule in pack.rules]
    found = [hit for rule in own for hit in _hits(rule, categories)]
    return found or [hit for rule in book.generic for hit in _hits(rule, categories)]


def _hits(rule: Rule, categories: tuple[str, ...]) -> Iterator[list[str]]:
    if rule.category not in categories or not rule.phrases or rule.zones or rule.inline or rule.section:
        return
    for hit in rule.hit:
        lines = [line.removeprefix("- ") for line in hit.splitlines() if not line.startswith("+ ")]
        for start in range(0, len(lines), 3):
            yield lines[start : start + 3]


def main() -> None:
    """Print how many dumps lose a sentence, and the languages and lines."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--profile", choices=PROFILES, default="balanced")
    parser.add_argument("--show", type=int, default=0, help="print so many of the sentences taken")
    options = parser.parse_args()
    cleaner = Cleaner(profile=options.profile)
    dumps = list(boxed(cleaner.book))
    lost: Counter[str] = Counter()
    sentences = 0
    for dump in dumps:
        gone = dump.lost(cleaner.clean(dump.text, kind="text").text)
        lost[dump.language] += bool(gone)
        sentences += len(gone)
        for line in gone[: max(0, options.show)]:
            options.show -= 1
            print(f"{dump.language}: {line[:150]}")
    count = sum(lost.values())
    print(f"{len(dumps):,} dumps of articles: {count:,} lose a sentence ({count / len(dumps):.1%}), "
          f"{sentences:,} sentences in all")  # fmt: skip
    print(", ".join(f"{language} {number}" for language, number in lost.most_common() if number))


if __name__ == "__main__":
    main()
