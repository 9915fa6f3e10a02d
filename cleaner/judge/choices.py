"""What the caller chose → verdicts: whether comments stay, and tables."""

from __future__ import annotations

from cleaner.judge.rules import Judgement
from cleaner.model import Options, Verdict
from cleaner.segment.tables import in_data_tables

COMMENTS, TABLES = "comments", "tables"
_TABLE = Verdict(TABLES, "other", "A table, and tables were not asked for.", (TABLES,), weighs=False)


def hold_to(options: Options, judgement: Judgement) -> None:
    """Keep what went as a comment where comments are asked for; drop tables of data where they are not."""
    if options.comments:
        for i, verdict in enumerate(judgement.verdicts):
            if verdict is not None and verdict.category == COMMENTS:
                judgement.verdicts[i] = None
    if not options.tables:
        for i in in_data_tables(judgement.segments):
            if judgement.verdicts[i] is None and i not in judgement.protected:
                judgement.verdicts[i] = _TABLE
