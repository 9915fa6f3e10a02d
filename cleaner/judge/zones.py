"""Head, body and tail of a document, from the shape of its lines alone."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, compress

from cleaner.model import BODY, HEAD, TAIL

GAP_COST, GAP_COST_OF_CLEAN = 5, 2
"""What every other line costs: a gap of n lines ends the body unless 5 n words follow it. Where long closed
lines are a fifth of all, most site lines are gone already, and a gap is a list or a poem: then 2 n."""


def find_body(weights: Sequence[int], alive: Sequence[bool]) -> tuple[int, int]:
    """First and last segment of the body: the run in which long closed lines outweigh the gaps most.

    A maximum-sum run over the segments that are still ``alive``. Of the shapes tried on 1,140 raw
    dumps (fixed gaps of 3 to 20 lines, costs of 2 to 8) this keeps the article inside most often
    for the lines of the site it takes in. A document without any long closed line is all body.
    """
    best, first, last = 0, 0, -1
    run, start, previous = 0, 0, 0
    places = [i for i in compress(range(len(weights)), weights) if alive[i]]
    there = list(accumulate(alive, initial=0))
    cost = GAP_COST_OF_CLEAN if len(places) * 5 >= there[-1] else GAP_COST
    for i in places:
        run -= cost * (there[i] - previous)
        if run <= 0:
            run, start = 0, i
        run += weights[i]
        if run > best:
            best, first, last = run, start, i
        previous = there[i] + 1
    return (first, last) if best else (0, len(weights) - 1)


def zone_of(i: int, body: tuple[int, int]) -> str:
    """The zone of segment ``i``."""
    return HEAD if i < body[0] else TAIL if i > body[1] else BODY
