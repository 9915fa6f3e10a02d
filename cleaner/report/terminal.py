"""What the command line shows: a document line by line, the summary of a run, faults in rules.

Text from documents is never printed raw: control characters and bidi controls become visible.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from rich.console import Group, RenderableType
from rich.rule import Rule as Line
from rich.table import Table
from rich.text import Text

from cleaner.batch.read.names import FILE, HARD_LINK, MEMBER
from cleaner.batch.run import OTHERS, Summary
from cleaner.model import CATEGORIES, Cleaned, Removal

_COLOURS = (
    "cyan", "bright_blue", "yellow", "red", "magenta", "green", "bright_cyan", "bright_magenta",
    "bright_yellow", "bright_green", "blue", "bright_red",
)  # fmt: skip
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def visible(text: str) -> str:
    """The text with control and bidi characters written out, so that a terminal obeys none."""
    return _UNSAFE.sub(lambda m: f"<U+{ord(m[0]):04X}>", text)


def counted(number: int, what: str) -> str:
    """A number of things.

    >>> counted(1, "document"), counted(1200, "pack")
    ('1 document', '1,200 packs')
    """
    return f"{number:,} {what}{'s' if number != 1 else ''}"


def passed_over(counts: Mapping[str, Mapping[str, int]]) -> str:
    """What was not read, by what it is and by suffix: a line each.

    >>> print(passed_over({FILE: {".php": 9, "": 5}, MEMBER: {".php": 2}, HARD_LINK: {".txt": 1}}))
    14 files passed over by suffix (.php 9, none 5): a glob that names it reads them, like '*.php'
    2 archive members passed over by suffix (.php 2): no glob reads them
    1 hard link passed over: what is linked stands in the archive under another name
    """
    return "\n".join(
        f"{counted(sum(suffixes.values()), what)} passed over{_WHY[what].format(_by_suffix(suffixes))}"
        for what, suffixes in counts.items()
    )


_WHY = {
    FILE: " by suffix ({}): a glob that names it reads them, like '*.php'",
    MEMBER: " by suffix ({}): no glob reads them",
    HARD_LINK: ": what is linked stands in the archive under another name",
}


def _by_suffix(counts: Mapping[str, int]) -> str:
    named = sorted(counts.items() - {(OTHERS, counts.get(OTHERS))}, key=lambda item: (-item[1], item[0]))
    shown = [f"{visible(suffix) or 'none'} {count:,}" for suffix, count in named[:SHOWN_SUFFIXES]]
    rest = sum(counts.values()) - sum(count for _, count in named[:SHOWN_SUFFIXES])
    return ", ".join([*shown, f"{OTHERS} {rest:,}"] if rest else shown)


SHOWN_SUFFIXES = 6


def colour_of(category: str) -> str:
    """The colour a category has everywhere."""
    return _COLOURS[CATEGORIES.index(category) % len(_COLOURS)] if category in CATEGORIES else "white"


WIDE = 100
"""Columns from which the category has one of its own; its colour says it anyway."""


def explained(page: Cleaned, name: str, width: int = WIDE) -> RenderableType:
    """The document line by line: ``+`` kept, ``-`` removed, ``±`` cut inside, with category and rule."""
    wide = width >= WIDE
    table = Table.grid(padding=(0, 1))
    table.add_column(width=1)
    table.add_column(ratio=1, overflow="fold")
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold", max_width=36 if wide else 26)
    for text, removal in _lines(page):
        if removal is None:
            table.add_row(Text("+", "green"), text, "", "")
        else:
            colour = colour_of(removal.category)
            mark = Text("-", colour) if removal.text == text.plain else Text("±", colour)
            category = Text(removal.category if wide else "", colour)
            table.add_row(mark, text, category, _rules(removal, colour))
    return Group(Line(Text(visible(name), "bold"), align="left"), table, "", facts(page))


def _rules(removal: Removal, colour: str) -> Text:
    """The rule that decided, and the others that matched."""
    shown = Text(removal.rule, colour)
    others = [rule for rule in removal.matched if rule != removal.rule]
    if others:
        shown.append(f"\nalso {', '.join(others)}", "dim")
    return shown


def _lines(page: Cleaned) -> Iterator[tuple[Text, Removal | None]]:
    """The source's lines in order: removed ones, and kept ones with what was cut inside them."""
    source = page.restore()
    spans = sorted(page.removals, key=lambda r: r.span)
    orphans = [(e.start, e.start + len(e.before)) for e in page.edits if e.kind == "orphan"]
    at = 0
    for line in source.splitlines(keepends=True):
        start, end = at + len(line) - len(line.lstrip()), at + len(line.rstrip())
        at += len(line)
        if start >= end:
            continue
        cuts = [r for r in spans if start <= r.span[0] < end]
        struck = sorted([(r.span, colour_of(r.category)) for r in cuts] + [(o, "dim") for o in orphans])
        shown = Text()
        for (low, high), colour in struck:
            if start <= low < end:
                shown.append(visible(source[start:low]))
                shown.append(visible(source[low:high]), style=f"strike {colour}")
                start = high
        shown.append(visible(source[start:end]))
        yield shown, cuts[0] if cuts else None


def facts(page: Cleaned) -> Table:
    """Outcome, site and metadata, each value with where it came from."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold")
    table.add_column(ratio=1, overflow="fold")
    table.add_column(style="dim")
    table.add_row("outcome", str(page.outcome) + (f": {visible(page.reason)}" if page.reason else ""), "")
    table.add_row("site pack", page.site or "none", "")
    for name, evidence in page.metadata.evidence.items():
        value = getattr(page.metadata, name)
        shown = ", ".join(value) if isinstance(value, list) else str(value)
        table.add_row(name, Text(visible(shown)), f"by {evidence.by}")
    return table


def planned_table(counts: Counter[str], to_prune: Sequence[str] = ()) -> RenderableType:
    """What a run would do: how many documents for which reason, and those whose outputs it would remove."""
    table = Table(title="Would clean", title_justify="left", box=None, pad_edge=False)
    table.add_column("because")
    table.add_column("documents", justify="right")
    for why, count in counts.most_common():
        if why != "unchanged":
            table.add_row(why, f"{count:,}")
    table.add_row("in all", f"{counts.total() - counts['unchanged']:,}", style="bold")
    table.add_row("left as they are", f"{counts['unchanged']:,}")
    if not to_prune:
        return table
    pruned = Table(title="Would prune", title_justify="left", box=None, pad_edge=False, show_header=False)
    for name in to_prune[:SHOWN_PRUNED]:
        pruned.add_row(Text(visible(name)))
    if len(to_prune) > SHOWN_PRUNED:
        pruned.add_row(f"… and {len(to_prune) - SHOWN_PRUNED:,} more")
    return Group(table, "", pruned)


SHOWN_PRUNED = 50


def summary_table(summary: Summary) -> RenderableType:
    """The closing tables of a run."""
    outcomes = Table(title="Documents", title_justify="left", box=None, pad_edge=False)
    outcomes.add_column("outcome")
    outcomes.add_column("number", justify="right")
    for outcome in ("OK", "FLAG", "EMPTY", "FAIL"):
        if summary.outcomes[outcome]:
            outcomes.add_row(outcome, f"{summary.outcomes[outcome]:,}")
    if summary.stale:
        outcomes.add_row("of these, earlier text stays", f"{summary.stale:,}", style="dim")
    if summary.done["unchanged"]:
        outcomes.add_row("unchanged since the last run", f"{summary.done['unchanged']:,}", style="dim")
    removed = Table(title="Removed", title_justify="left", box=None, pad_edge=False)
    removed.add_column("category")
    removed.add_column("lines", justify="right")
    removed.add_column("words", justify="right")
    for category, lines in summary.removed.most_common():
        removed.add_row(Text(category, colour_of(category)), f"{lines:,}", f"{summary.removed_words[category]:,}")
    parts: list[RenderableType] = [outcomes]
    if summary.removed:
        parts += ["", removed]
    if summary.troubles:
        parts += ["", _troubles(summary)]
    return Group(*parts)


SHOWN_TROUBLES = 10


def _troubles(summary: Summary) -> Table:
    table = Table(title="To look at", title_justify="left", box=None, pad_edge=False, show_header=False)
    for name, outcome, reason in summary.troubles[:SHOWN_TROUBLES]:
        table.add_row(Text(visible(name)), outcome, Text(visible(reason)))
    more = summary.outcomes.total() - summary.outcomes["OK"] - SHOWN_TROUBLES
    if more > 0:
        table.add_row(f"… and {more:,} more: cleaner status OUT --json", "", "")
    return table
