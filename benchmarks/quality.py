"""How good: ours in every profile beside the peers, on real pages with gold.

    python -m benchmarks.quality --corpus FILE --track text|html|meta [--systems ours,peers] [--groups news,fundus]

docs/benchmarks.md has the definitions. Predictions are kept by system and version in ``--cache``, so that a second
run asks only what changed: ours after a change of code or rules, a peer after a new version. A peer that is not
installed is skipped, unless its predictions are kept. ``--predictions NAME=FILE`` scores a file of JSON lines (``id``:
the page's uid, ``text``, on the text track also ``input``: raw, semi_resi or semi_read) as one more system: so a
trained model can be judged by what it said of sites it was not trained on.
"""

from __future__ import annotations

import argparse
import inspect
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, groupby
from pathlib import Path
from typing import Any

from benchmarks import dumps
from benchmarks.corpus import GROUPS, NEWS, Page, digest, read_pages
from benchmarks.predict import Missing, Predictions, Predictor, Task, read_predictions
from benchmarks.scores import (
    LabelledLines,
    Score,
    Shingles,
    author_score,
    bag,
    lower_words,
    mean,
    plain_title,
    snippet_share,
)
from benchmarks.systems import DUMPS, OURS, Prediction, System, systems_of
from benchmarks.tokens import tokens

TRACKS = {"text": GROUPS, "html": (), "meta": ("aed", "wcxb-article", "fundus")}
"""The groups of a track; none: all."""
INPUTS = {"text": tuple(DUMPS), "html": ("html",), "meta": ("html",)}
GOLD_NAMES_NO_AUTHOR = ("aed", "fundus")
"""Groups in which no author in gold means that the page names none."""

Row = dict[str, "float | None"]
"""The scores of one page, or their means, by name."""


@dataclass(frozen=True)
class Table:
    """Scores of the systems on one group of pages."""

    input: str
    group: str
    pages: int
    rows: dict[str, Row] = field(default_factory=dict)

    def markdown(self) -> str:
        """The best of each column is bold; upper bounds (``oracle``) do not compete."""
        columns = list(next(iter(self.rows.values())))
        lines = [f"| {self.title} | {' | '.join(columns)} |", f"|---|{'--:|' * len(columns)}"]
        for name, row in self.rows.items():
            cells = (self._cell(column, row[column], name) for column in columns)
            lines.append(f"| {name} | {' | '.join(cells)} |")
        return "\n".join(lines)

    @property
    def title(self) -> str:
        """What was measured on."""
        of = "" if self.input == "html" else f"{self.input}, "
        return f"{of}{self.group} ({self.pages:,} pages)"

    def _cell(self, column: str, value: float | None, name: str) -> str:
        if value is None:
            return "–"
        if column in COUNTS:
            return f"{value:.0f}"
        rivals = [row[column] for system, row in self.rows.items() if system != "oracle"]
        best = (min if column in LESS_IS_BETTER else max)(rival for rival in rivals if rival is not None)
        text = f"{value:.3f}".replace("0.", ".", 1)
        return f"**{text}**" if name != "oracle" and round(value, 3) == round(best, 3) else text


COUNTS = ("empty", "failed")
LESS_IS_BETTER = ("without", "authors where none")


# What is scored


@dataclass(frozen=True)
class Item:
    """One page as a track gives it to systems."""

    page: Page
    task: Task
    lines: LabelledLines | None = None
    oracle: str = ""


def items_of(pages: Sequence[Page], track: str, name: str, predictor: Predictor) -> list[Item]:
    """The pages as ``name`` (``html`` or a kind of dump) has them."""
    if track != "text":
        return [Item(page, _whole(page)) for page in pages]
    made = predictor.predict("dump", DUMPS[name], map(_whole, pages), name)
    texts = [(page, made[page.digest].text) for page in pages if page.gold is not None]
    labels = Labels(predictor.folder, name)
    return [_dump_item(page, dump, labels) for page, dump in texts]


def _whole(page: Page) -> Task:
    return Task(page.digest, lambda: page.html, page.url)


class Labels:
    """The gold labels of dumps, kept beside the predictions."""

    def __init__(self, folder: Path, name: str) -> None:
        made_by = digest(inspect.getsource(dumps))
        self._file = folder / "labels" / f"{made_by}.{name}.jsonl"
        self._kept: dict[str, list[str]] = {}
        if self._file.exists():
            with open(self._file, encoding="utf-8") as lines:
                self._kept = dict(json.loads(line) for line in lines if line.endswith("\n"))
        self._file.parent.mkdir(parents=True, exist_ok=True)

    def of(self, lines: list[str], page: Page) -> list[str]:
        """The labels of one dump's lines."""
        key = digest("\n".join(lines), page.gold, page.title)
        if key not in self._kept:
            self._kept[key] = dumps.label(lines, page.gold or "", page.title)
            with open(self._file, "a", encoding="utf-8") as out:
                out.write(json.dumps([key, self._kept[key]]) + "\n")
        return self._kept[key]


def _dump_item(page: Page, dump: str, known: Labels) -> Item:
    lines = [line for line in dump.splitlines() if line.strip()]
    labels = known.of(lines, page)
    oracle = "\n".join(line for line, name in zip(lines, labels, strict=True) if name == "keep")
    labelled = LabelledLines(tuple(tuple(tokens(line)) for line in lines), tuple(labels))
    return Item(page, Task(digest(dump), lambda: dump), labelled, oracle)


def score_text(item: Item, prediction: Prediction) -> Row:
    """The text track: words and lines against gold."""
    lines = [tuple(tokens(line)) for line in prediction.text.splitlines()]
    found, gold = list(chain.from_iterable(lines)), tokens(item.page.gold)
    kept = item.lines.score(lines) if item.lines is not None else Score(0.0, 0.0)
    return {
        "word F1": bag(found, gold).f1,
        "line F1": kept.f1,
        "exact": found == gold,
        "line P": kept.precision,
        "line R": kept.recall,
        **_counts(prediction),
    }


def score_html(item: Item, prediction: Prediction) -> Row:
    """The HTML track: shingles, words and snippets."""
    page, text = item.page, prediction.text
    snippets = {"with": snippet_share(text, page.wanted), "without": snippet_share(text, page.unwanted)}
    if page.gold is None:
        return dict.fromkeys(("SH P", "SH R", "word F1", "exact", "word P", "word R")) | snippets | _counts(prediction)
    shingles, words = Shingles.of(text, page.gold), bag(lower_words(text), lower_words(page.gold))
    return {
        "SH P": shingles.precision,
        "SH R": shingles.recall,
        "word F1": words.f1,
        "exact": shingles.exact,
        "word P": words.precision,
        "word R": words.recall,
        **snippets,
        **_counts(prediction),
    }


def score_meta(item: Item, prediction: Prediction) -> Row:
    """The metadata track: title, authors, day; each where gold has it."""
    page, found = item.page, prediction
    unnamed = not page.authors and page.group in GOLD_NAMES_NO_AUTHOR
    return {
        "title exact": plain_title(found.title) == plain_title(page.title) if page.title else None,
        "author F1": author_score(found.authors, page.authors).f1 if page.authors else None,
        "day": found.date == page.date if page.date else None,
        "authors where none": bool(found.authors) if unnamed else None,
        "failed": found.error is not None,
    }


def _counts(prediction: Prediction) -> Row:
    return {"empty": not prediction.text.strip(), "failed": prediction.error is not None}


SCORERS = {"text": score_text, "html": score_html, "meta": score_meta}


def average(rows: Sequence[Row]) -> Row:
    """The means over pages, or the sum where something is counted. Shingles' F1 is that of the means."""
    found: Row = {}
    for column in rows[0]:
        values = [row[column] for row in rows]
        found[column] = sum(map(float, filter(None, values))) if column in COUNTS else mean(values)
    if "SH P" in found:
        precision, recall = found.pop("SH P"), found.pop("SH R")
        return {"SH F1": None if recall is None else Score(precision or 0.0, recall).f1} | found
    return found


# Who is scored

UNSAID = "no prediction"
"""The error of a page that a file of predictions has not; who has none of a group is not in its table."""


@dataclass(frozen=True)
class Contest:
    """What one run measures."""

    track: str
    pages: list[Page]
    systems: list[System]
    files: Mapping[str, Path]
    predictor: Predictor

    def tables(self) -> Iterator[Table]:
        """A table for each input and group; ``news``: all pages of the news groups."""
        for name in INPUTS[self.track]:
            scores: dict[str, dict[str, Row]] = {}
            silent: dict[str, set[str]] = {}
            items = items_of(self.pages, self.track, name, self.predictor)
            for system, said in self._said(items, name):
                scores[system] = {i.page.uid: SCORERS[self.track](i, said[i.page.uid]) for i in items}
                silent[system] = {uid for uid, prediction in said.items() if prediction.error == UNSAID}
            for group, members in _groups(items):
                uids = [i.page.uid for i in members]
                rows = {s: average([scores[s][uid] for uid in uids]) for s in scores if not silent[s].issuperset(uids)}
                yield Table(name, group, len(members), rows)

    def _said(self, items: list[Item], name: str) -> Iterator[tuple[str, dict[str, Prediction]]]:
        yield from said_in(self.track, items, name, self.systems, self.files, self.predictor)
        if self.track == "text":
            yield "oracle", {item.page.uid: Prediction(item.oracle) for item in items}


def said_in(
    track: str,
    items: list[Item],
    name: str,
    systems: Iterable[System],
    files: Mapping[str, Path],
    predictor: Predictor,
) -> Iterator[tuple[str, dict[str, Prediction]]]:
    """Each system's predictions, by the page's uid. One that cannot run here is left out, and said to be."""
    for system in systems:
        try:
            said = predictor.predict(track, system, [item.task for item in items], name)
        except Missing as missing:
            print(f"{system.name} skipped: {missing}", file=sys.stderr)
            continue
        yield system.name, {item.page.uid: said[item.task.key] for item in items}
    for system_name, file in files.items():
        yield system_name, _from_file(system_name, file, items, name)


def _from_file(system: str, file: Path, items: list[Item], name: str) -> dict[str, Prediction]:
    said: Predictions = read_predictions(file, name)
    unsaid = [item.page.uid for item in items if item.page.uid not in said]
    if unsaid:
        print(f"{system}: {len(unsaid)} of {len(items)} pages ({name}) have no prediction in {file} and count as empty",
              file=sys.stderr)  # fmt: skip
    return {item.page.uid: said.get(item.page.uid, Prediction(error=UNSAID)) for item in items}


def _groups(items: Iterable[Item]) -> Iterator[tuple[str, list[Item]]]:
    ordered = sorted(items, key=lambda item: (_place(item.page.group), item.page.uid))
    news = [item for item in ordered if item.page.group in NEWS]
    if len({item.page.group for item in news}) > 1:
        yield "news", news
    for group, members in groupby(ordered, key=lambda item: item.page.group):
        yield group, list(members)


def _place(group: str) -> tuple[int, str]:
    return (GROUPS.index(group) if group in GROUPS else len(GROUPS)), group


def choose(track: str, names: str, *, files: Mapping[str, Path] | None = None) -> list[System]:
    """The systems meant by ``names``: ``ours``, ``peers``, ``all`` or single ones, by commas.

    Raises SystemExit for an unknown one.
    """
    known = systems_of(track)
    chosen: dict[str, System] = {}
    for name in filter(None, names.split(",")):
        if name in ("ours", "peers", "all"):
            chosen |= {s.name: s for s in known.values() if name == "all" or (s.package == OURS) == (name == "ours")}
        elif name in known:
            chosen[name] = known[name]
        else:
            raise SystemExit(f"no system {name!r} on this track: ours, peers, all, {', '.join(known)}")
    return list(chosen.values())


def expand(groups: str, track: str) -> tuple[str, ...]:
    """The groups meant: ``news`` is three."""
    named = [name for name in groups.split(",") if name]
    return tuple(g for name in named for g in (NEWS if name == "news" else (name,))) or TRACKS[track]


def sample(pages: Iterable[Page], limit: int) -> list[Page]:
    """At most ``limit`` pages of each group (0: all), evenly spread, always the same ones."""
    ordered = sorted(pages, key=lambda page: (page.group, page.uid))
    parts = (list(members) for _, members in groupby(ordered, key=lambda page: page.group))
    return [page for part in parts for page in (part[:: max(1, len(part) // limit)][:limit] if limit else part)]


def arguments(description: str | None) -> argparse.ArgumentParser:
    """The options of every command that asks systems for predictions."""
    import platformdirs

    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, required=True, help="Parquet file of real pages with gold")
    parser.add_argument("--groups", default="", help="only these, by commas; news: sh, aed, wcxb-article")
    parser.add_argument("--limit", type=int, default=0, help="pages of each group, evenly spread")
    parser.add_argument("--without-suspect", action="store_true", help="leave out pages whose gold is known to be cut")
    parser.add_argument("--peer-python", default=sys.executable, help="the interpreter that has the peers")
    parser.add_argument("--jobs", type=int, default=2, help="processes a system")
    parser.add_argument("--timeout", type=float, default=60, help="seconds a page")
    parser.add_argument("--fresh", action="store_true", help="ask anew what is kept")
    parser.add_argument("--cache", type=Path, default=platformdirs.user_cache_path("newsdump-cleaner-bench", False),
                        help="where predictions are kept (%(default)s)")  # fmt: skip
    return parser


def pages_of(options: argparse.Namespace, track: str) -> list[Page]:
    """The pages that the options name."""
    pages = read_pages(options.corpus, expand(options.groups, track))
    return sample((p for p in pages if not (options.without_suspect and p.suspect)), options.limit)


def predictor_of(options: argparse.Namespace) -> Predictor:
    """The predictor that the options describe."""
    return Predictor(
        options.cache, options.peer_python, jobs=options.jobs, timeout=options.timeout, fresh=options.fresh
    )


def files_of(named: Iterable[str]) -> dict[str, Path]:
    """``NAME=FILE``, by name."""
    return {name: Path(file) for name, _, file in (text.partition("=") for text in named)}


def main() -> None:
    """Print the tables."""
    parser = arguments(__doc__)
    parser.add_argument("--track", choices=tuple(TRACKS), required=True)
    parser.add_argument("--systems", default="ours,peers", help="ours, peers, all or names, by commas")
    parser.add_argument("--predictions", action="append", default=[], metavar="NAME=FILE")
    parser.add_argument("--json", type=Path, help="write the tables as JSON too")
    parser.add_argument("--write", action="store_true", help="put the tables and a plot into docs/")
    options = parser.parse_args()
    predictor = predictor_of(options)
    systems = choose(options.track, options.systems)
    contest = Contest(
        options.track, pages_of(options, options.track), systems, files_of(options.predictions), predictor
    )
    tables = []
    for table in contest.tables():
        print(table.markdown(), end="\n\n", flush=True)
        tables.append(table)
    if options.json:
        options.json.write_text(json.dumps([_plain(table) for table in tables], indent=1), encoding="utf-8")
    if options.write:
        from benchmarks.publish import publish_quality

        publish_quality(options.track, tables, {s.package: predictor.version_of(s) for s in systems if s.package})


def _plain(table: Table) -> dict[str, Any]:
    return {"input": table.input, "group": table.group, "pages": table.pages, "rows": table.rows}


if __name__ == "__main__":
    main()
