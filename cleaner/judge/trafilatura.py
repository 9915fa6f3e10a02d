"""trafilatura's choice of blocks → verdicts on our segments. It gives verdicts, never its own text.

Its text is laid beside ours: without spaces and punctuation, so that paragraphs it merged or split, and list
marks it wrote, make no difference; and in order, so that a line that stands twice on a page is kept where
trafilatura has it.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any, NamedTuple

from cleaner.judge.rules import SCORE, Judgement
from cleaner.logs import quiet
from cleaner.model import Segments, Verdict

RULE = "trafilatura"
LONG = 24
"""Letters and digits from which a segment is looked for anywhere in trafilatura's text; shorter ones between these."""
MOST_PLACES = 100
"""Places in trafilatura's text at which one segment is looked for."""
AGREE = 0.6
"""Two choices differ widely where this is more than the F1 of their words."""
GRAM, SHARE = 12, 0.6
"""A long segment that is nowhere whole is kept where this share of its runs of so many characters is somewhere."""


def opinion(tree: Any, segments: Segments, *, comments: bool = False, tables: bool = True) -> list[bool] | None:
    """Which segments of a page trafilatura keeps; None where it finds no article. Never raises.

    ``tree`` is left as it is.
    """
    text = _extracted(tree, comments, tables)
    return aligned([segments.text(i) for i in range(len(segments))], text) if text else None


def side_with(judgement: Judgement, keeps: Sequence[bool]) -> None:
    """Drop what trafilatura left out, but for what rules protect."""
    verdict = Verdict(RULE, "other", "trafilatura leaves it out of the article.", (RULE,), weighs=False)
    for i in judgement.kept:
        if not keeps[i] and i not in judgement.protected:
            judgement.verdicts[i] = verdict


def second_opinion(judgement: Judgement, keeps: Sequence[bool]) -> Judgement:
    """The score's decision, or trafilatura's where the two differ widely and trafilatura keeps more of the page.

    Where it keeps much less, the score has mostly missed what the page is about. Judged by the texts of 1,770 pages it
    had not seen: forums, lists and other pages gain 2 to 10 points of word F1, news pages lose .1.
    """
    by_rules = replace(judgement, verdicts=[None if v and v.rule == SCORE else v for v in judgement.verdicts])
    side_with(by_rules, keeps)
    ours, theirs, both = (_words(judgement, rows) for rows in _kept(judgement, by_rules))
    agree = 2 * both / max(ours + theirs, 1)
    return by_rules if agree < AGREE and ours < theirs else judgement


def _kept(judgement: Judgement, other: Judgement) -> tuple[set[int], set[int], set[int]]:
    ours, theirs = set(judgement.kept), set(other.kept)
    return ours, theirs, ours & theirs


def _words(judgement: Judgement, rows: set[int]) -> int:
    return sum(judgement.segments.words[i] for i in rows)


def _extracted(tree: Any, comments: bool, tables: bool) -> str | None:
    """The text that trafilatura takes for the article."""
    from lxml import etree
    from trafilatura import bare_extraction
    from trafilatura.utils import load_html

    try:  # whatever a page makes it stumble over: then it has no opinion
        copy = load_html(str(etree.tostring(tree, encoding="unicode", method="html")))
        with quiet("trafilatura"):
            found: Any = bare_extraction(
                copy, output_format="python", include_comments=comments, include_tables=tables, with_metadata=False
            )
    except Exception:
        return None
    return "\n".join(text for text in (found.text, found.comments) if text) if found is not None else None


def _squeezed(text: str) -> tuple[str, list[bool]]:
    """The letters and digits of a text, folded, and for each whether a word begins there."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    letters = [c.isalnum() for c in plain]
    begins = [here and not before for before, here in pairwise([False, *letters])]
    return (
        "".join([c for c, is_letter in zip(plain, letters, strict=True) if is_letter]),
        [b for b, is_letter in zip(begins, letters, strict=True) if is_letter],
    )


class _Place(NamedTuple):
    """Where a segment may stand in trafilatura's text."""

    segment: int
    start: int
    end: int


def aligned(segments: Sequence[str], extracted: str) -> list[bool]:
    """Which segments stand in what was extracted, in order.

    >>> aligned(["Menu", "The wall rose.", "Menu", "It fell."], "- The wall\\nrose. It fell.")
    [False, True, False, True]
    """
    texts = [_squeezed(segment)[0] for segment in segments]
    written, begins = _squeezed(extracted)
    begins.append(True)
    long = [i for i, text in enumerate(texts) if len(text) >= LONG]
    anchors = _chain(_Place(i, at, at + len(texts[i])) for i in long for at in _places(texts[i], written))
    chosen = list(anchors)
    fences = [_Place(-1, 0, 0), *anchors, _Place(len(texts), len(written), len(written))]
    for left, right in pairwise(fences):
        between = (i for i in range(left.segment + 1, right.segment) if 0 < len(texts[i]) < LONG)
        chosen += _chain(
            _Place(i, at, at + len(texts[i]))
            for i in between
            for at in _places(texts[i], written, left.end, right.start)
            if begins[at] and begins[at + len(texts[i])]
        )
    kept = _nearest(sorted(place.segment for place in chosen), texts)
    grams = _grams(written)
    kept |= {i for i in long if texts[i] not in written and _share_in(texts[i], grams) >= SHARE}
    return [i in kept for i in range(len(texts))]


def _places(text: str, written: str, start: int = 0, end: int | None = None) -> Iterator[int]:
    end = len(written) if end is None else end
    for _ in range(MOST_PLACES):
        start = written.find(text, start, end)
        if start < 0:
            return
        yield start
        start += 1


def _chain(places: Iterable[_Place]) -> list[_Place]:
    """The places, in the order of segments and of the text, without overlap, that cover most; long ones before many."""
    ends, values, tops = [0], [0], [-1]
    links: list[tuple[_Place, int]] = []
    fresh: list[tuple[int, int, int]] = []
    last = -1
    for place in places:
        if place.segment != last:
            _note(fresh, ends, values, tops)
            last = place.segment
        k = bisect_right(ends, place.start) - 1
        links.append((place, tops[k]))
        fresh.append((place.end, values[k] + (place.end - place.start) ** 2, len(links) - 1))
    _note(fresh, ends, values, tops)
    chosen: list[_Place] = []
    at = tops[-1]
    while at >= 0:
        place, at = links[at]
        chosen.append(place)
    return chosen[::-1]


def _note(fresh: list[tuple[int, int, int]], ends: list[int], values: list[int], tops: list[int]) -> None:
    """Take up chains that are new: of those that end no later only better ones are kept, so that values rise."""
    for end, value, top in fresh:
        k = bisect_left(ends, end)
        if values[bisect_right(ends, end) - 1] >= value:
            continue
        upto = k
        while upto < len(ends) and values[upto] <= value:
            upto += 1
        ends[k:upto], values[k:upto], tops[k:upto] = [end], [value], [top]
    fresh.clear()


def _nearest(chosen: Sequence[int], texts: Sequence[str]) -> set[int]:
    """The chosen segments; one that stands several times between its neighbours where it is nearest to one of them."""
    rows: dict[str, list[int]] = {}
    for i, text in enumerate(texts):
        rows.setdefault(text, []).append(i)
    kept: set[int] = set()
    before = -1
    for k, i in enumerate(chosen):
        after = chosen[k + 1] if k + 1 < len(chosen) else len(texts)
        same = [j for j in rows[texts[i]] if before < j < after]
        if len(same) > 1:
            same.sort(key=lambda j: (min(j - before if before >= 0 else len(texts), after - j), j))
        before = same[0]
        kept.add(before)
    return kept


def _grams(text: str) -> set[str]:
    return {text[k : k + GRAM] for k in range(len(text) - GRAM + 1)}


def _share_in(text: str, grams: set[str]) -> float:
    own = _grams(text)
    return len(own & grams) / len(own)


__all__ = ["RULE", "aligned", "opinion", "second_opinion", "side_with"]
