"""What stands in the text already: an article that a page holds once for each width of screen, a post quoted whole.

The score judges lines, and those of a second copy read as well as those of the first.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import replace
from typing import TYPE_CHECKING

from cleaner.model import Segments, Verdict

if TYPE_CHECKING:
    from cleaner.judge.rules import Judgement

COPY = "copy"
"""What is named as the rule where a copy went."""
LEAST_LINES, LEAST_WEIGHT = 2, 60
"""So many long closed lines on end, with so many words, are a copy; less may be a refrain or a pull quote."""
COPIED = Verdict(COPY, "other", "The text has these lines already, in this order.", (COPY,), False)


def without_copies(judgement: Judgement) -> Judgement:
    """Drop runs of lines that repeat an earlier run of what stays, line for line; a line that a rule holds stays."""
    verdicts, kept = list(judgement.verdicts), judgement.kept
    while rows := copied(judgement.segments, kept, judgement.protected):
        for i in rows:
            verdicts[i] = COPIED
        kept = [i for i in kept if verdicts[i] is None]
    return replace(judgement, verdicts=verdicts) if len(kept) < len(judgement.kept) else judgement


def copied(segments: Segments, kept: list[int], held: Container[int]) -> list[int]:
    """Which of the lines that stay are in such runs. A run is found by its first long line and grown both ways."""
    # a line that a rule holds is like no other
    keys = [segments.keys[i] if i not in held else f"\n{i}" for i in kept]
    weights = [segments.weights[i] for i in kept]
    first: dict[str, int] = {}
    found: list[int] = []
    at = free = 0
    while at < len(keys):
        start = end = at
        if weights[at] and (back := at - first.setdefault(keys[at], at)):
            while end < len(keys) and end - back < start and keys[end] == keys[end - back]:
                end += 1
            while start > max(free, back) and end - back < start and keys[start - 1] == keys[start - 1 - back]:
                start -= 1
        long = [weight for weight in weights[start:end] if weight]
        if len(long) >= LEAST_LINES and sum(long) >= LEAST_WEIGHT:
            found += kept[start:end]
            at = free = end
        else:
            at += 1
    return found


__all__ = ["COPIED", "COPY", "copied", "without_copies"]
