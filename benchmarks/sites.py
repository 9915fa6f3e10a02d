"""What site packs are worth: text with and without the pack on the site's pages, beside trafilatura.

    python -m benchmarks.sites --corpus FILE [--corpus FILE …]

A corpus has columns ``url`` and ``html`` and gold: ``text``, or ``paragraphs`` (a paragraph in [brackets]
may be in or out; the best reading counts). Pages of sites that have a pack are taken, by their URL. Word F1, and in how
many pages of a hundred all words are right (exact). ``dump``: the page's raw text dump without its URL, so that
fingerprints must recognise the site; ``known``: the share of dumps where they do.
"""

from __future__ import annotations

import argparse
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from statistics import fmean
from typing import Any

from benchmarks.dumps import dump_lines
from benchmarks.scores import bag
from benchmarks.systems import trafilatura
from benchmarks.tokens import tokens
from cleaner import Cleaner
from cleaner.judge.site import Recogniser

MOST_OPTIONAL = 6
SYSTEMS = ("html", "html, no pack", "trafilatura", "dump", "dump, no pack")


def main() -> None:
    """Print the table, a line a site."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, action="append", required=True)
    options = parser.parse_args()
    ours, bare, peer = Cleaner(), Cleaner(site_packs=False), trafilatura()
    scores: dict[str, dict[str, list[tuple[float, bool]]]] = defaultdict(lambda: defaultdict(list))
    known: Counter[str] = Counter()
    for site, page in _pages(options.corpus, ours):
        readings = [tokens(text) for text in _readings(page)]
        dump = "\n".join(dump_lines(page["html"]))
        recognised = ours.clean(dump, kind="text")
        known[site] += recognised.site == site
        texts = {
            "html": ours.clean(page["html"], url=page["url"], kind="html").text,
            "html, no pack": bare.clean(page["html"], url=page["url"], kind="html").text,
            "trafilatura": str(peer(page["html"], page["url"])),
            "dump": recognised.text,
            "dump, no pack": bare.clean(dump, kind="text").text,
        }
        for name, text in texts.items():
            scores[site][name].append(_score(tokens(text), readings))
    _print(scores, known)


def _pages(corpora: list[Path], cleaner: Cleaner) -> Iterator[tuple[str, dict[str, Any]]]:
    import pyarrow.parquet as pq

    recogniser = Recogniser(cleaner.book)
    for corpus in corpora:
        names = pq.ParquetFile(corpus).schema_arrow.names
        columns = [c for c in ("url", "html", "text", "paragraphs") if c in names]
        for batch in pq.ParquetFile(corpus).iter_batches(64, columns=columns):
            for row in batch.to_pylist():
                pack = recogniser.by_url(row["url"])
                if pack is not None and (row.get("text") or row.get("paragraphs")):
                    yield pack.id, row


def _readings(page: dict[str, Any]) -> Iterator[str]:
    """Every reading of the gold: each optional paragraph in or out (all in and all out only, beyond six)."""
    paragraphs = page.get("paragraphs") or [page["text"]]
    optional = [i for i, p in enumerate(paragraphs) if page.get("paragraphs") and p[:1] == "[" and p[-1:] == "]"]
    few = len(optional) <= MOST_OPTIONAL
    choices = product((True, False), repeat=len(optional)) if few else ([c] * len(optional) for c in (True, False))
    for choice in choices:
        out = {i for i, keep in zip(optional, choice, strict=True) if not keep}
        yield "\n".join(p[1:-1] if i in optional else p for i, p in enumerate(paragraphs) if i not in out)


def _score(words: list[str], readings: list[list[str]]) -> tuple[float, bool]:
    return max(bag(words, gold).f1 for gold in readings), words in readings


def _print(scores: dict[str, dict[str, list[tuple[float, bool]]]], known: Counter[str]) -> None:
    print(f"{'site':32} {'pages':>5} {'known':>6}" + "".join(f"{name:>20}" for name in SYSTEMS))
    for site in sorted(scores):
        _print_row(site, len(scores[site]["html"]), known[site], scores[site])
    every = {name: [pair for rows in scores.values() for pair in rows[name]] for name in SYSTEMS}
    _print_row("all", len(every["html"]), known.total(), every)


def _print_row(site: str, pages: int, known: int, rows: dict[str, list[tuple[float, bool]]]) -> None:
    cells = (f"{fmean(f1 for f1, _ in rows[n]):.3f} ({fmean(e for _, e in rows[n]) * 100:3.0f} %)" for n in SYSTEMS)
    print(f"{site:32} {pages:5} {known / pages:6.0%}" + "".join(f"{cell:>20}" for cell in cells))


if __name__ == "__main__":
    main()
