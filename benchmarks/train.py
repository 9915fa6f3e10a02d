"""Train the score: cross-validated by brand, then on every page; writes the weights and their card.

    python -m benchmarks.train --corpus FILE [--cache FILE] [--predictions DIR] [--epochs N] [--weights FILE]

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
from collections.abc import Iterable, Sequence
from datetime import date
from hashlib import sha256
from io import BytesIO
from itertools import chain
from pathlib import Path
from statistics import fmean

import numpy as np
import torch

from benchmarks.corpus import NEWS
from benchmarks.examples import INPUTS, Example, read_examples
from benchmarks.network import Lines, Plan, train
from benchmarks.scores import LabelledLines, bag
from benchmarks.tokens import tokens
from cleaner import Cleaned, Cleaner
from cleaner.judge.features import NAMES
from cleaner.judge.rules import Case, Judgement, judge
from cleaner.judge.score import Network, load, score
from cleaner.model import Segments
from cleaner.segment.text import segment_text

FOLDS = 5
WEIGHTS = Path(__file__).resolve().parents[1] / "cleaner" / "judge" / "weights" / "lines.npz"
JUDGED = ("raw", "semi_resi", "semi_read", "gold")
LABELS = ("drop", "keep", "ignore")


class Candidate(Cleaner):
    """The cleaner with a network of its own."""

    def __init__(self, net: Network) -> None:
        super().__init__()
        self.net = net

    def _decide(self, segments: Segments, case: Case) -> Judgement:
        return score(judge(segments, case), self.profile, self.net)


def main() -> None:
    """Train, judge, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--cache", type=Path, help="keep the examples here between runs of the same code")
    parser.add_argument("--predictions", type=Path, help="write the texts of the cross-validation to this folder")
    parser.add_argument("--folds", type=int, default=FOLDS, help="judge only the first so many of the five folds")
    parser.add_argument("--epochs", type=int, default=Plan.epochs)
    parser.add_argument("--seed", type=int, default=Plan.seed)
    parser.add_argument("--weights", type=Path, default=WEIGHTS, help="where to write; the card goes beside it")
    parser.add_argument("--no-final", action="store_true", help="cross-validate only")
    options = parser.parse_args()
    torch.set_num_threads(1)  # a second thread gains nothing here, and one alone always adds up in one order
    plan = Plan(epochs=options.epochs, seed=options.seed)
    examples = _examples(options.corpus, options.cache)
    print(f"{len(examples):,} inputs, {sum(map(len, examples)):,} lines, {len(NAMES)} features")
    table = Table()
    for fold in range(options.folds):
        print(f"fold {fold + 1} of {FOLDS}")
        net = as_network(train([example for example in examples if fold_of(example.key) != fold], plan))
        judged = [e for e in examples if fold_of(e.key) == fold and e.input in JUDGED and e.group != "trafeval"]
        table.add(judged, Candidate(net), options.predictions)
        print("\n".join(table.lines()), flush=True)
    if not options.no_final:
        print("all pages")
        model = train(examples, plan)
        options.weights.parent.mkdir(parents=True, exist_ok=True)
        with open(options.weights, "wb") as file:
            np.savez_compressed(file, **model.arrays())
        options.weights.with_name("README.md").write_text(card(examples, plan, table.lines()), encoding="utf-8")


def fold_of(key: str) -> int:
    """The fold of a brand."""
    return int(sha256(key.encode()).hexdigest(), 16) % FOLDS


def as_network(model: Lines) -> Network:
    """The trained network as the package runs it."""
    buffer = BytesIO()
    np.savez(buffer, **model.arrays())
    buffer.seek(0)
    return load(buffer)


def _examples(corpus: Path, cache: Path | None) -> list[Example]:
    if cache is not None and cache.exists():
        return list(pickle.loads(cache.read_bytes()))
    examples = list(read_examples(corpus, INPUTS))
    if cache is not None:
        cache.write_bytes(pickle.dumps(examples))
    return examples


class Table:
    """Scores of pages that the network had not seen."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, str], list[tuple[float, float, float, float]]] = defaultdict(list)
        self.gold: dict[str, str] = {}

    def add(self, examples: Sequence[Example], cleaner: Cleaner, folder: Path | None) -> None:
        """Clean these examples, end to end, and score what comes out."""
        self.gold |= {example.uid: example.text for example in examples if example.input == "gold"}
        said = []
        for example in examples:
            page = cleaner.clean(example.text, kind="text")
            again = cleaner.clean(page.text, site=page.site, title=page.metadata.title, kind="text")
            group = "news" if example.group in NEWS else "fundus" if example.group == "fundus" else "other"
            stable = float(again.text == page.text)
            self.rows[example.input, group].append((*_scores(example, page, self.gold[example.uid]), stable))
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
            + " | ".join(f"{fmean(column):.3f}" for column in zip(*rows, strict=True))
            + " |"
            for (name, group), rows in sorted(
                self.rows.items(), key=lambda item: (JUDGED.index(item[0][0]), item[0][1])
            )
        ]


def _scores(example: Example, page: Cleaned, gold: str) -> tuple[float, float, float]:
    """Word F1, line F1, and whether all words are right."""
    s = segment_text(example.text)
    lines = tuple(tuple(tokens(s.text(i))) for i in range(len(s)))
    labelled = LabelledLines(lines, tuple(LABELS[value] for value in example.labels))
    said = [tuple(tokens(line)) for line in page.text.splitlines()]
    words, wanted = list(chain.from_iterable(said)), tokens(gold)
    return bag(words, wanted).f1, labelled.score(said).f1, float(words == wanted)


def card(examples: Iterable[Example], plan: Plan, scores: list[str]) -> str:
    """What the weights are and where they come from."""
    pages: dict[str, set[str]] = defaultdict(set)
    for example in examples:
        pages[example.group.split("-")[0]].add(example.uid)
    sources = "\n".join(f"| {name} | {len(pages[name])} | {SOURCES[name]} |" for name in sorted(pages))
    return CARD.format(
        date=date.today().isoformat(), features=len(NAMES), width=plan.width, reaches=", ".join(map(str, plan.reaches)),
        sources=sources, scores="\n".join(scores), epochs=plan.epochs, seed=plan.seed,
    )  # fmt: skip


SOURCES = {
    "sh": "Scrapinghub's article extraction benchmark, MIT",
    "aed": "article-extraction-dataset by the author of newspaper4k, Apache-2.0",
    "wcxb": "WCXB, the Web Content Extraction Benchmark, CC BY 4.0; changed: pages turned into lines with labels",
    "fundus": "fundus evaluation, MIT",
    "readability": "test pages of Mozilla's Readability.js, Apache-2.0",
    "trafeval": "evaluation pages of trafilatura, Apache-2.0",
}

CARD = """# Weights of the score
`lines.npz`: which lines of a dump stay where no rule decides. Written by `python -m benchmarks.train` on {date}.

- **Network**: {features} numbers a line (`cleaner/judge/features.py`) and the mean of its words' vectors; {width} wide;
  blocks that take up the lines {reaches} before and after; a chain over keep and drop. No text of any page is in it.
- **Training**: {epochs} epochs, seed {seed}, on the pages below as raw dumps, as resiliparse and readability leave
  them, and as their gold text. Split by brand for the scores; all pages for the weights.

## Data
| set | pages | what it is, licence |
|---|---|---|
{sources}

## Scores on brands not trained on
Five-fold cross-validation. In `gold` the input is the gold text, nothing of which should go.

{scores}
"""


if __name__ == "__main__":
    main()
