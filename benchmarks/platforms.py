"""What the platform packs do on real pages of their platforms, as HTML and as a text dump.

    python -m benchmarks.platforms --corpus FILE [--without parts]

A page belongs to the platforms whose fingerprints fit its HTML. For each platform: the share of
removed lines labelled drop (``precision``) and the share of lines labelled drop that are removed
(``recall``), with all rules and with generic ones only.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from pathlib import Path

from benchmarks.corpus import GROUPS, read_pages
from benchmarks.dumps import dump_lines, label
from cleaner.judge.selectors import select
from cleaner.judge.site import Recogniser
from cleaner.model import Cleaned
from cleaner.pipeline import Cleaner
from cleaner.rulebook.book import PLATFORM, Fingerprint, Rulebook
from cleaner.rulebook.load import load_rulebook
from cleaner.segment.html import parse, segment_html
from cleaner.segment.page import Page

FORMS = ("html", "text")


class _Count:
    def __init__(self) -> None:
        self.right = self.wrong = self.labelled = 0

    def add(self, page: Cleaned, lines: list[str], labels: list[str]) -> None:
        gone = {removal.span[0] for removal in page.removals}
        at = 0
        for line, name in zip(lines, labels, strict=True):
            if name != "ignore":
                self.labelled += name == "drop"
                self.right += at in gone and name == "drop"
                self.wrong += at in gone and name == "keep"
            at += len(line) + 1

    def __str__(self) -> str:
        return f"{self.right / max(1, self.right + self.wrong):9.3f} {self.right / max(1, self.labelled):6.3f}"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--without", nargs="*", default=[], help="generic packs to leave out of the comparison")
    options = parser.parse_args()
    book = load_rulebook()
    plain = Rulebook(tuple(p for p in book.packs if p.level != PLATFORM and p.id not in options.without))
    cleaners = {"without": _cleaner(plain), "with": _cleaner(book)}
    recogniser = Recogniser(book)
    counts: dict[tuple[str, str, str], _Count] = defaultdict(_Count)
    pages: dict[str, int] = defaultdict(int)
    for source in (page for page in read_pages(options.corpus, GROUPS) if page.gold):
        html = source.html
        tree = parse(html)
        walked = None if tree is None else segment_html(tree)
        platforms = [p for p in recogniser.packs if p.level == PLATFORM]
        fits = [p.id for p in platforms if walked is not None and any(_fits(a, walked) for a in p.recognise)]
        if walked is None or not fits:
            continue
        segments = walked.segments
        forms = {"html": [segments.text(i) for i in range(len(segments))], "text": dump_lines(html)}
        for form, lines in forms.items():
            labels = label(lines, source.gold or "", source.title)
            document = html if form == "html" else "\n".join(lines)
            for name, cleaner in cleaners.items():
                page = cleaner.clean(document, kind=form)
                for platform in fits:
                    counts[platform, form, name].add(page, lines, labels)
        for platform in fits:
            pages[platform] += 1
    print(f"{'':20} {'pages':>5}  " + "  ".join(f"{f'{form} {name}':>16}" for form in FORMS for name in cleaners))
    for platform in sorted(pages, key=lambda p: -pages[p]):
        row_text = "  ".join(str(counts[platform, form, name]) for form in FORMS for name in cleaners)
        print(f"{platform:20} {pages[platform]:5}  {row_text}")


def _fits(alternative: tuple[Fingerprint, ...], page: Page) -> bool:
    return all(condition.css and select(condition.css, page) for condition in alternative)


def _cleaner(book: Rulebook) -> Cleaner:
    cleaner = Cleaner(profile="rules-only")
    cleaner.__setstate__({"book": book, "profile": "rules-only", "keep_title": cleaner.keep_title})
    return cleaner


if __name__ == "__main__":
    main()
