"""Train the score: cross-validated by brand, then on every page; writes the weights and their card.

    python -m benchmarks.train --corpus FILE [--kind text|html] [--cache FILE] [--predictions DIR] [--epochs N]

There are two networks: for text dumps, and for pages (``--kind html``), where markup adds to what a line says.
Pages are split into five folds by the ``key`` of their site, so that no network is judged on a brand it has seen. Each
fold's pages are cleaned, end to end, by the network of the other four; ``--predictions`` writes the texts (``id``,
``input``, ``text`` a line) for ``python -m benchmarks.quality --predictions``. The network that is shipped is then
trained on all pages. Same corpus, same seed, same library versions: same weights.
"""

from __future__ import annotations

import argparse
import json
import pickle
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from hashlib import sha256
from io import BytesIO
from itertools import chain
from pathlib import Path
from statistics import fmean

import numpy as np
import torch

from benchmarks.corpus import NEWS, Page, read_pages
from benchmarks.examples import INPUTS, Example, read_examples, read_page_examples
from benchmarks.network import Plan, train
from benchmarks.scores import LabelledLines, bag
from benchmarks.tokens import tokens
from cleaner import Cleaned, Cleaner
from cleaner.judge.score import Network, load
from cleaner.model import Profile
from cleaner.pipeline import PROFILES
from cleaner.segment.text import segment_text

FOLDS = 5
WEIGHTS = Path(__file__).resolve().parents[1] / "cleaner" / "judge" / "weights"
JUDGED = ("raw", "semi_resi", "semi_read", "gold", "html")
LABELS = ("drop", "keep", "ignore")


class Candidate(Cleaner):
    """The cleaner with a network of its own."""

    def __init__(self, net: Network, profile: Profile) -> None:
        super().__init__(profile=profile)
        self._network = net


def main() -> None:
    """Train, judge, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--kind", choices=("text", "html"), default="text", help="which network")
    parser.add_argument("--cache", type=Path, help="keep the examples here between runs of the same code")
    parser.add_argument("--predictions", type=Path, help="write the texts of the cross-validation to this folder")
    parser.add_argument("--networks", type=Path, help="keep the folds' networks here, and judge those that are there")
    parser.add_argument("--profile", choices=PROFILES, default="balanced", help="how the judged pages are cleaned")
    parser.add_argument("--folds", type=int, default=FOLDS, help="judge only the first so many of the five folds")
    parser.add_argument("--epochs", type=int, default=Plan.epochs)
    parser.add_argument("--seed", type=int, default=Plan.seed)
    parser.add_argument("--weights", type=Path, default=WEIGHTS, help="folder to write the weights and their card to")
    parser.add_argument("--no-final", action="store_true", help="cross-validate only")
    options = parser.parse_args()
    torch.set_num_threads(1)  # a second thread gains nothing here, and one alone always adds up in one order
    of_pages = options.kind == "html"
    plan = Plan(epochs=options.epochs, seed=options.seed, of_pages=of_pages)
    examples = _examples(options.corpus, options.cache, of_pages)
    pages = {page.uid: page for page in read_pages(options.corpus) if page.gold}
    print(f"{len(examples):,} inputs, {sum(map(len, examples)):,} lines, {len(plan.names)} features")
    table = Table()
    for fold in range(options.folds):
        print(f"fold {fold + 1} of {FOLDS}")
        net = _network_of(fold, examples, plan, options.networks)
        judged = [e for e in examples if fold_of(e.key) == fold and e.input in JUDGED and e.uid in pages]
        table.add(judged, Candidate(net, options.profile), pages, options.predictions)
        print("\n".join(table.lines()), flush=True)
    if not options.no_final:
        print("all pages")
        model = train(examples, plan)
        options.weights.mkdir(parents=True, exist_ok=True)
        with open(options.weights / f"{options.kind}.npz", "wb") as file:
            np.savez_compressed(file, **model.arrays())
        written = card(options.kind, examples, plan, table.lines())
        (options.weights / f"{options.kind}.md").write_text(written, encoding="utf-8")


def fold_of(key: str) -> int:
    """The fold of a brand."""
    return int(sha256(key.encode()).hexdigest(), 16) % FOLDS


def _network_of(fold: int, examples: Iterable[Example], plan: Plan, kept: Path | None) -> Network:
    """The network of all folds but one, as the package runs it; trained where none is kept."""
    file = kept and kept / f"{fold}.npz"
    if file is not None and file.exists():
        return load(BytesIO(file.read_bytes()))
    model = train([example for example in examples if fold_of(example.key) != fold], plan)
    buffer = BytesIO()
    np.savez(buffer, **model.arrays())
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(buffer.getvalue())
    buffer.seek(0)
    return load(buffer)


def _examples(corpus: Path, cache: Path | None, of_pages: bool) -> list[Example]:
    if cache is not None and cache.exists():
        return list(pickle.loads(cache.read_bytes()))
    examples = list(read_page_examples(corpus) if of_pages else read_examples(corpus, INPUTS))
    if cache is not None:
        cache.write_bytes(pickle.dumps(examples))
    return examples


class Table:
    """Scores of pages that the network had not seen."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, str], list[tuple[float | None, ...]]] = defaultdict(list)

    def add(
        self, examples: Sequence[Example], cleaner: Cleaner, pages: Mapping[str, Page], folder: Path | None
    ) -> None:
        """Clean these examples, end to end, and score what comes out."""
        said = []
        for example in examples:
            known = pages[example.uid]
            if example.input == "html":
                page = cleaner.clean(known.html, url=known.url, kind="html")
            else:
                page = cleaner.clean(example.text, kind="text")
            group = "news" if example.group in NEWS else example.group.removeprefix("wcxb-")
            stable = _cleans_to_itself(page, cleaner) if page.kind == "text" else None
            self.rows[example.input, group].append((*_scores(example, page, known.gold or ""), stable))
            said.append({"id": example.uid, "input": example.input, "text": page.text})
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            with open(folder / "ours-cv.jsonl", "a", encoding="utf-8") as out:
                out.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in said if row["input"] != "gold")

    def lines(self) -> list[str]:
        """The table so far, in Markdown."""
        head = ["| input | pages | number | word F1 | line F1 | exact | cleaned twice, the same |", "|---" * 7 + "|"]
        return head + [
            f"| {name} | {group} | {len(rows)} | "
            + " | ".join("–" if None in column else f"{fmean(column):.3f}" for column in zip(*rows, strict=True))
            + " |"
            for (name, group), rows in sorted(
                self.rows.items(), key=lambda item: (JUDGED.index(item[0][0]), item[0][1])
            )
        ]


def _cleans_to_itself(page: Cleaned, cleaner: Cleaner) -> float:
    """Whether cleaning the clean text again, told the same site and title, changes nothing."""
    again = cleaner.clean(page.text, site=page.site, title=page.metadata.title, kind="text")
    return float(again.text == page.text)


def _scores(example: Example, page: Cleaned, gold: str) -> tuple[float, float, float]:
    """Word F1, line F1, and whether all words are right."""
    s = segment_text(example.text)
    lines = tuple(tuple(tokens(s.text(i))) for i in range(len(s)))
    labelled = LabelledLines(lines, tuple(LABELS[value] for value in example.labels))
    said = [tuple(tokens(line)) for line in page.text.splitlines()]
    words, wanted = list(chain.from_iterable(said)), tokens(gold)
    return bag(words, wanted).f1, labelled.score(said).f1, float(words == wanted)


def card(kind: str, examples: Iterable[Example], plan: Plan, scores: list[str]) -> str:
    """What the weights are and where they come from."""
    pages: dict[str, set[str]] = defaultdict(set)
    for example in examples:
        pages[example.group.split("-")[0]].add(example.uid)
    sources = "\n".join(f"| {name} | {len(pages[name])} | {SOURCES[name]} |" for name in sorted(pages))
    return CARD.format(
        what="pages" if kind == "html" else "text dumps", inputs=INPUTS_OF[kind],
        date=date.today().isoformat(), kind=kind, features=len(plan.names), width=plan.width,
        reaches=", ".join(map(str, plan.reaches)),
        sources=sources, scores="\n".join(scores), epochs=plan.epochs, seed=plan.seed,
    )  # fmt: skip


SOURCES = {
    "sh": "Scrapinghub's article extraction benchmark, MIT",
    "aed": "article-extraction-dataset by the author of newspaper4k, Apache-2.0",
    "wcxb": "WCXB, the Web Content Extraction Benchmark, CC BY 4.0 "
    "(https://creativecommons.org/licenses/by/4.0/); changed: pages turned into lines with labels",
    "fundus": "fundus evaluation, MIT",
    "readability": "test pages of Mozilla's Readability.js, Apache-2.0",
    "trafeval": "evaluation pages of trafilatura, Apache-2.0",
}

CARD = """# Weights of the score for {what}
`{kind}.npz`: which lines stay where no rule decides. Written by `python -m benchmarks.train --kind {kind}` on {date}.

- **Network**: {features} numbers a line (`cleaner/judge/features.py`, `markup.py`) and the mean of its words' vectors;
  {width} wide; blocks that take up the lines {reaches} before and after; a chain over keep and drop. No text of
  any page is in it.
- **Training**: {epochs} epochs, seed {seed}, on the pages below {inputs}.

## Data
The pages belong to their publishers; what is licensed are the collections and their gold texts.

| set | pages | what it is, licence |
|---|---|---|
{sources}

## Scores on brands not trained on
Five-fold cross-validation over brands, by the whole cleaner: the score has not seen these pages, but rules and site
packs were written with them in view.

{scores}
"""
INPUTS_OF = {
    "text": "as raw dumps, as resiliparse and readability leave them, as\n  their gold text, and as cuts of these. "
    "In `gold` the input is the gold text, nothing of which should go",
    "html": "as pages",
}


if __name__ == "__main__":
    main()
