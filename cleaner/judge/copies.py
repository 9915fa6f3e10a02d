"""What stands in the text already: an article that a page holds once for each width of screen, a post quoted whole.

The score judges lines, and those of a second copy read as well as those of the first.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from cleaner.model import Verdict

if TYPE_CHECKING:
    from cleaner.judge.rules import Judgement

COPY = "copy"
"""What is named as the rule where a copy went."""
LEAST_LINES, LEAST_WEIGHT = 2, 60
"""So many long closed lines on end, with so many words, are a copy; less may be a refrain or a pull quote."""
COPIED = Verdict(COPY, "other", "The text has these lines already, in this order.", (COPY,), False)


def without_copies(judgement: Judgement) -> Judgement:
    """Drop runs of lines that repeat an earlier run of what stays, line for line; a line that a rule holds stays."""
    rows = copied(judgement.kept, judgement.keys, judgement.weights, judgement.protected)
    if not rows:
        return judgement
    verdicts = list(judgement.verdicts)
    for i in rows:
        verdicts[i] = COPIED
    return replace(judgement, verdicts=verdicts)


def copied(kept: Sequence[int], keys: Sequence[str], weights: Sequence[int], held: Container[int]) -> list[int]:
    """Which of the lines that stay are in such runs. A run is found by a long line and grown both ways, among what
    stays so far: where a copy went, what is on both sides of it stands together."""
    lines = [f"\n{i}" if i in held else keys[i] for i in kept]  # a line that a rule holds is like no other
    stay: list[int] = []
    first: dict[str, int] = {}
    gone: list[int] = []
    at = 0
    while at < len(kept):
        line, is_long = lines[at], weights[kept[at]] > 0
        earlier = first.get(line) if is_long else None
        if earlier is not None:
            on = back = 0
            while earlier + on < len(stay) and at + on < len(kept) and lines[stay[earlier + on]] == lines[at + on]:
                on += 1
            while (
                back < min(earlier, len(stay) - earlier - on)
                and lines[stay[earlier - back - 1]] == lines[stay[-back - 1]]
            ):
                back += 1
            start = len(stay) - back
            run = [kept[k] for k in (*stay[start:], *range(at, at + on))]
            long = [weights[i] for i in run if weights[i]]
            if len(long) >= LEAST_LINES and sum(long) >= LEAST_WEIGHT:
                gone += run
                del stay[start:]
                at += on
                continue
        elif is_long:
            first[line] = len(stay)
        stay.append(at)
        at += 1
    return gone


__all__ = ["COPIED", "COPY", "copied", "without_copies"]
