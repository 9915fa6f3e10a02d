"""Verdicts → clean text and ledger.

The only characters of the clean text that the source does not have in that place are white space
between paragraphs. Every difference is in the ledger, so that text and ledger give the source back.
"""

from __future__ import annotations

from cleaner.judge.rules import Cut, Judgement
from cleaner.model import Edit, Removal, Segments, Verdict
from cleaner.segment.fold import CONTROL

PARAGRAPH, LINE = "\n\n", "\n"
SHORT = 12
"""Lines of fewer words may stand close together: a stanza, a list."""


def assemble(judgement: Judgement) -> tuple[str, tuple[Removal, ...], tuple[Edit, ...]]:
    """The clean text, the removals and the edits of a judged document."""
    s = judgement.segments
    builder = _Builder(s)
    special = judgement.cuts.keys() | judgement.orphans.keys() | s.dirty
    previous: int | None = None
    for i, verdict in enumerate(judgement.verdicts):
        if verdict is not None:
            builder.remove(i, s.starts[i], s.ends[i], verdict, judgement.zone(i))
            continue
        builder.join("" if previous is None else _joint(s, previous, i), s.starts[i])
        if i in special:
            builder.keep(i, judgement.cuts.get(i, []), judgement.orphans.get(i), judgement.zone(i))
        else:
            builder.text.append(s.source[s.starts[i] : s.ends[i]])
            builder.at = s.ends[i]
        previous = i
    builder.end()
    return "".join(builder.text), tuple(builder.removals), tuple(builder.edits)


def _joint(s: Segments, previous: int, i: int) -> str:
    """What stands between two kept segments.

    One blank line; a single line end only where the source has no more and the two belong together:
    short lines (a stanza, a list), or a hard-wrapped sentence. It is decided by the two lines alone,
    so cleaning again changes nothing.
    """
    if previous != i - 1 or s.elements is not None:
        return PARAGRAPH
    start = s.starts[i]
    if start - s.ends[previous] > 1 and len(s.source[s.ends[previous] : start].splitlines()) > 1:
        return PARAGRAPH
    if s.words[previous] < SHORT and s.words[i] < SHORT:
        return LINE
    return LINE if not s.closed[previous] and s.source[start].islower() else PARAGRAPH


class _Builder:
    """Writes the text from left to right and notes every difference to the source."""

    def __init__(self, segments: Segments) -> None:
        self.segments = segments
        self.source = segments.source
        self.text: list[str] = []
        self.removals: list[Removal] = []
        self.edits: list[Edit] = []
        self.at = 0

    def remove(self, i: int, start: int, end: int, verdict: Verdict, zone: str) -> None:
        self._space(start, "")
        elements = self.segments.elements
        path = None
        if elements is not None:
            from cleaner.segment.html import path_of

            path = path_of(elements[i])
        self.removals.append(
            Removal(
                self.source[start:end], (start, end), zone, verdict.category, verdict.rule,
                verdict.matched or (verdict.rule,), verdict.reason, path,
            )
        )  # fmt: skip
        self.at = end

    def join(self, joint: str, start: int) -> None:
        self._space(start, joint)
        self.text.append(joint)

    def keep(self, i: int, cuts: list[Cut], orphan_end: int | None, zone: str) -> None:
        """Copy a segment but for its cuts, its orphan punctuation and its control characters."""
        end = self.segments.ends[i]
        if orphan_end is not None:
            self.edits.append(Edit(self.at, self.source[self.at : orphan_end], "", "orphan"))
            self.at = orphan_end
        written = False
        for cut in cuts:
            piece_end = cut.start
            rest = self.source[cut.end : end]
            blank_after = len(rest) - len(rest.lstrip())
            before = self.source[self.at : piece_end]
            if not rest.strip() or not blank_after:
                piece_end = self.at + len(before.rstrip()) if not rest.strip() else piece_end
            self._copy(i, piece_end)
            written = written or bool(before.strip())
            self._space(cut.start, "")
            self.remove(i, cut.start, cut.end, cut.verdict, zone)
            if blank_after and (not written or before[-1:].isspace()):
                self._space(cut.end + blank_after, "")
        self._copy(i, end)

    def _copy(self, i: int, end: int) -> None:
        if i in self.segments.dirty:
            for match in CONTROL.finditer(self.source, self.at, end):
                self.text.append(self.source[self.at : match.start()])
                self.edits.append(Edit(match.start(), match[0], "", "control"))
                self.at = match.end()
        if end > self.at:
            self.text.append(self.source[self.at : end])
            self.at = end

    def _space(self, end: int, after: str) -> None:
        """The white space up to ``end`` became ``after``."""
        before = self.source[self.at : end]
        if before != after:
            kind = "control" if CONTROL.search(before) else "space"
            self.edits.append(Edit(self.at, before, after, kind))
        self.at = end

    def end(self) -> None:
        self._space(len(self.source), "")
