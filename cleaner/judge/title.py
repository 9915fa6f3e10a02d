"""Which line of the head is the article's title."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence, Set
from functools import lru_cache
from itertools import compress, islice

from cleaner.model import Segments, Verdict

_WORD = re.compile(r"[\w\u0900-\u0dff]{3,}")
"""Letters and digits; the scripts of India with their vowel signs, which are no letters to Python. (In Thai the signs
part a line that has no spaces into pieces that can be compared.)"""
_BYLINES = frozenset(["byline", "dateline"])
_SUFFIX = re.compile(r" ?[-|:·»/] ")
LEAST_WORDS, MOST_WORDS = 3, 30
NEAR = 12
"""How many of the last candidates before the body are weighed."""
LEAST_SCORE = 3.0
MOST_CHARS = 1_500
"""Characters of the article that are read for a title's words."""
FIRST = 40
"""Among so many of the body's first segments the article's first paragraphs are looked for; of those that stay, where
only these are evidence."""
MARGIN, MARGIN_OF_FEW, FEW = 4.0, 1.5, 3
"""By how much the best must lead; less where there are few candidates.

On the raw dumps of 1,032 pages with a known title this names a title on 62 % of them, and four in five of these are the
known one but for case and punctuation; without a margin three in five would be."""


def find_title(
    segments: Segments, alive: Sequence[bool], body: tuple[int, int], verdicts: Sequence[Verdict | None]
) -> int | None:
    """The segment of the head that is the title; None where no one stands out.

    ``alive`` are the segments that no rule removes, ``verdicts`` says as what the others went (it may
    be empty: then only what stays is evidence). A title's words come back in the body and most of
    all in its first paragraphs, a byline or a date follows it, and pages write it twice above the article;
    a menu's or a caption's words do less, and what comes again below it is a teaser.
    """
    candidates = list(compress(range(body[0]), alive))
    shaped = list(islice((i for i in reversed(candidates) if _has_title_shape(segments, i)), NEAR))
    if not shaped:
        return None
    rows = range(body[0], body[1] + 1)
    first_rows = rows[:FIRST] if verdicts else list(islice((i for i in rows if alive[i]), FIRST))
    article = [segments.folded[i][:MOST_CHARS] for i in first_rows if alive[i]]
    lead, rest = _vocabulary("\n".join(article[:3])[:MOST_CHARS], "\n".join(article[3:20])[:MOST_CHARS])
    wanted = {segments.keys[i] for i in shaped}
    copies = Counter(key for key in compress(segments.keys[: body[0]], alive) if key in wanted)
    scores: dict[str, tuple[float, int]] = {}
    for i in sorted(shaped, key=lambda i: segments.words[i]):
        key = segments.keys[i]
        bare = next((title for title in scores if key.startswith(title) and is_title_line(key, title)), key)
        score = _takes_up(segments.folded[i], lead, rest) + _standing(i, segments, verdicts)
        score += 4 if copies[key] > 1 or bare != key else 0
        best, where = scores.get(bare, (score, i))
        scores[bare] = max(best, score), where
    ranked = sorted(scores.values(), key=lambda s: (-s[0], s[1]))
    if len(ranked) == 1 and len(candidates) <= FEW and ranked[0][0] >= 0:
        return ranked[0][1]
    margin = MARGIN_OF_FEW if len(ranked) <= FEW else MARGIN
    leads = len(ranked) == 1 or ranked[0][0] - ranked[1][0] >= margin
    return ranked[0][1] if leads and ranked[0][0] >= LEAST_SCORE else None


def is_title_line(key: str, title: str) -> bool:
    """Whether a line is the title, alone or with the site's name behind it."""
    if key == title or not key.startswith(title):
        return key == title
    suffix = key[len(title) :]
    return _SUFFIX.match(suffix) is not None and suffix.count(" ") <= 7


def _has_title_shape(segments: Segments, i: int) -> bool:
    folded = segments.folded[i]
    if not LEAST_WORDS <= segments.words[i] <= MOST_WORDS:
        return False
    return folded[-1] not in ":," and not (segments.closed[i] and folded.rstrip("\"'")[-1:] in ".।。۔")


@lru_cache(maxsize=8)  # the title of one document is looked for twice
def _vocabulary(lead: str, more: str) -> tuple[frozenset[str], frozenset[str]]:
    """The words of the article's first lines, and of its first characters."""
    words = frozenset(_WORD.findall(lead))
    return words, words.union(_WORD.findall(more[: max(0, MOST_CHARS - 1 - len(lead))]))


@lru_cache(maxsize=8 * NEAR)
def _first_words(folded: str) -> list[str]:
    return _WORD.findall(folded)[:12]


def _takes_up(folded: str, lead: Set[str], rest: Set[str]) -> float:
    """0 to 20: the share of the line's words that the body has, twice counted in its first lines."""
    words = _first_words(folded)
    return 10 * sum([(w in rest) + (w in lead) for w in words]) / (len(words) + 4)


def _standing(i: int, segments: Segments, verdicts: Sequence[Verdict | None]) -> float:
    """What stands after the line, and whether it has a headline's length."""
    score = 0.0
    for place, verdict in enumerate(verdicts[i + 1 : i + 4]):
        if verdict is not None and verdict.category in _BYLINES:
            score = 7.0 if place == 0 else 3.0
            break
    score -= 2.0 if segments.words[i] < 5 else 0.0
    return score - 0.7 * max(0, segments.words[i] - 14)
