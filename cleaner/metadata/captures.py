"""What rules' named groups say, read from the source."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from cleaner.model import Segments
from cleaner.rulebook import patterns
from cleaner.rulebook.book import Rule
from cleaner.segment.fold import OUTER, fold_with_offsets

_EDGES = " \t:;,|/»›>•·*-–—=_[]{}\"'“”«»"


class Captured(NamedTuple):
    """A value as the source has it, and its span there."""

    text: str
    span: tuple[int, int]


def read_capture(segments: Segments, i: int, rule: Rule) -> dict[str, Captured]:
    """The metadata that ``rule`` reads from segment ``i``: field name → value and span.

    A group that matched nothing, or nothing but punctuation, is left out.
    """
    found: dict[str, Captured] = {}
    offsets: Sequence[int]
    if i in segments.uneven:
        folded, offsets = fold_with_offsets(segments.text(i))
    else:
        folded = segments.folded[i]
        offsets = range(len(folded) + 1)
    for source in (rule.pattern, rule.capture):
        match = patterns.compile(source).search(folded) if source and "(?P<" in source else None
        if match is None:
            continue
        for name, group in match.re.groupindex.items():
            start, end = match.span(group)
            if start < 0 or not folded[start:end].strip(OUTER):
                continue
            low = segments.starts[i] + offsets[start]
            high = segments.starts[i] + offsets[end - 1] + 1
            text = segments.source[low:high]
            low += len(text) - len(text.lstrip(_EDGES))
            text = text.strip(_EDGES)
            found[name] = Captured(text, (low, low + len(text)))
    return {name: value for name, value in found.items() if value.text}
