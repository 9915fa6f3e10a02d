"""Verdicts → clean text and ledger.

The only characters of the clean text that the source does not have in that place are white space
between paragraphs, and the numbers that a page shows before a list's items. Every difference is in the
ledger, so that text and ledger give the source back.
"""

from __future__ import annotations

from collections.abc import Mapping

from cleaner.judge.rules import Cut, Judgement
from cleaner.model import BODY, HEAD, TAIL, Edit, Removal, Segments, Verdict
from cleaner.segment.fold import CONTROL
from cleaner.segment.page import Paths

PARAGRAPH, LINE = "\n\n", "\n"
SHORT = 12
"""Lines of fewer words may stand close together: a stanza, a list."""


def assemble(
    judgement: Judgement, numbers: Mapping[int, str] | None = None
) -> tuple[str, tuple[Removal, ...], tuple[Edit, ...]]:
    """The clean text, the removals and the edits of a judged document.

    ``numbers`` are what is written before segments: the numbers of a list's items.
    """
    numbers = numbers or {}
    s = judgement.segments
    starts, ends, words, source = s.starts, s.ends, s.words, s.source
    first, last = judgement.body
    builder = _Builder(s)
    special = judgement.cuts.keys() | judgement.orphans.keys() | s.dirty | numbers.keys()
    previous: int | None = None
    for i, verdict in enumerate(judgement.verdicts):
        if verdict is not None:
            builder.remove(i, starts[i], ends[i], verdict, HEAD if i < first else TAIL if i > last else BODY)
            continue
        if (
            previous == i - 1
            and words[i] < SHORT
            and words[previous] < SHORT
            and source[ends[previous] : starts[i]] == LINE
            and i not in special
            and previous not in special
        ):
            builder.copied = ends[i]  # two short lines, close together as they are
            previous = i
            continue
        builder.join("" if previous is None else _joint(s, previous, i), starts[i])
        if i in special:
            builder.write(numbers.get(i, ""))
            builder.keep(i, judgement.cuts.get(i, []), judgement.orphans.get(i), judgement.zone(i))
        else:
            builder.copied = ends[i]
        previous = i
    builder.end()
    return "".join(builder.text), tuple(builder.removals), tuple(builder.edits)


def _joint(s: Segments, previous: int, i: int) -> str:
    """What stands between two kept segments.

    One blank line; a single line end only where the source has no more and the two belong together:
    short lines (a stanza, a list), or a hard-wrapped sentence. It is decided by the two lines alone,
    so cleaning again changes nothing.
    """
    if previous != i - 1:
        return PARAGRAPH
    start = s.starts[i]
    if start - s.ends[previous] > 1 and len(s.source[s.ends[previous] : start].splitlines()) > 1:
        return PARAGRAPH
    if s.words[previous] < SHORT and s.words[i] < SHORT:
        return LINE
    return LINE if not s.closed[previous] and s.source[start].islower() else PARAGRAPH


def _kind(gap: str) -> str:
    return "control" if CONTROL.search(gap) else "space"


class _Builder:
    """Writes the text from left to right and notes every difference to the source.

    ``at`` is how far the source is dealt with; from there to ``copied`` it goes into the text as it is.
    """

    def __init__(self, segments: Segments) -> None:
        self.segments = segments
        self.source = segments.source
        self.text: list[str] = []
        self.removals: list[Removal] = []
        self.edits: list[Edit] = []
        self.at = self.copied = 0
        elements = segments.markup.elements if segments.markup is not None else []
        self.elements = elements
        self.path_of = Paths() if elements else None

    def remove(self, i: int, start: int, end: int, verdict: Verdict, zone: str) -> None:
        """Leave a span out, with the white space before it."""
        source = self.source
        if self.copied > self.at:
            self.flush()
        gap = source[self.at : start]
        if gap != LINE and CONTROL.search(gap):
            self.become(start, "")
            gap = ""
        path = self.path_of(self.elements[i]) if self.path_of is not None else None
        rule, category, reason, matched, _ = verdict
        self.removals.append(
            Removal(source[start:end], (start, end), zone, category, rule, matched or (rule,), reason, gap, path)
        )
        self.at = self.copied = end

    def join(self, joint: str, start: int) -> None:
        """The white space up to ``start`` becomes the joint."""
        copied = self.copied
        gap = self.source[copied:start]
        if gap == joint and copied > self.at:
            self.copied = start
            return
        self.text += (self.source[self.at : copied], joint)
        if gap != joint:
            self.edits.append(Edit(copied, gap, joint, "space" if gap == LINE else _kind(gap)))
        self.at = self.copied = start

    def keep(self, i: int, cuts: list[Cut], orphan_end: int | None, zone: str) -> None:
        """Copy a segment but for its cuts, its orphan punctuation and its control characters."""
        end = self.segments.ends[i]
        self.flush()
        if orphan_end is not None:
            self.edits.append(Edit(self.at, self.source[self.at : orphan_end], "", "orphan"))
            self.at = self.copied = orphan_end
        between = list(zip((self.at, *(cut.end for cut in cuts)), (*(cut.start for cut in cuts), end), strict=True))
        last = max((k for k, (a, b) in enumerate(between) if self.source[a:b].strip()), default=-1)
        spaced = True  # nothing is written yet, or white space was last
        for k, cut in enumerate(cuts):
            before = self.source[self.at : cut.start]
            kept = before if k < last else before.rstrip()
            self._copy_clean(i, self.at + len(kept))
            spaced = kept[-1].isspace() if kept else spaced
            self.remove(i, cut.start, cut.end, cut.verdict, zone)
            behind = self.source[slice(*between[k + 1])]
            blank = len(behind) - len(behind.lstrip())
            if blank and spaced:
                self.become(cut.end + blank, "")
        self._copy_clean(i, end)

    def write(self, number: str) -> None:
        """Write what the source does not have: the number of a list's item."""
        if number:
            self.flush()
            self.text.append(number)
            self.edits.append(Edit(self.at, "", number, "number"))

    def become(self, end: int, after: str) -> None:
        """The white space up to ``end`` becomes ``after``."""
        self.flush()
        before = self.source[self.at : end]
        if before != after:
            self.edits.append(Edit(self.at, before, after, _kind(before)))
        self.at = self.copied = end

    def flush(self) -> None:
        """Write what is to be copied as it is."""
        if self.copied > self.at:
            self.text.append(self.source[self.at : self.copied])
            self.at = self.copied

    def end(self) -> None:
        """Deal with what stands after the last segment."""
        self.become(len(self.source), "")

    def _copy_clean(self, i: int, end: int) -> None:
        if i in self.segments.dirty:
            for match in CONTROL.finditer(self.source, self.at, end):
                self.text.append(self.source[self.at : match.start()])
                self.edits.append(Edit(match.start(), match[0], "", "control"))
                self.at = match.end()
        self.copied = max(end, self.at)
        self.flush()
