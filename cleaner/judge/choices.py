"""What the caller chose → verdicts: whether comments stay, and tables."""

from __future__ import annotations

from cleaner.judge.rules import SCORE, Judgement
from cleaner.model import Options, Segments, Verdict
from cleaner.segment.tables import in_data_tables

COMMENTS, TABLES = "comments", "tables"
_TABLE = Verdict(TABLES, "other", "A table, and tables were not asked for.", (TABLES,), weighs=False)


def hold_to(options: Options, judgement: Judgement) -> None:
    """Keep what went as a comment where comments are asked for; drop tables of data where they are not."""
    if options.comments:
        comments = {
            i
            for i, verdict in enumerate(judgement.verdicts)
            if (verdict is not None and verdict.category == COMMENTS)
            or ((verdict is None or verdict.rule == SCORE) and _is_comment(judgement.segments, i))
        }
        for i in comments:
            judgement.verdicts[i] = None
        judgement.protected |= comments  # one that quotes the article is no copy of it
    if not options.tables:
        for i in in_data_tables(judgement.segments):
            if judgement.verdicts[i] is None and i not in judgement.protected:
                judgement.verdicts[i] = _TABLE


def _is_comment(segments: Segments, i: int) -> bool:
    """Whether a segment of a page stands in an element that is called a comment's."""
    markup = segments.markup
    if markup is None:
        return False
    k = markup.place[i]
    while k >= 0:
        classes, identifier, _ = markup.called[k]
        if "comment" in f"{classes} {identifier}".lower():
            return True
        k = markup.within[k]
    return False
