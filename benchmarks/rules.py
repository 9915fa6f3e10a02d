"""What each rule does on real dumps: lines it removes, and the share of them that gold has not.

    python -m benchmarks.rules --corpus FILE [--by rule|category|language] [--least N]

``precision`` is the share of removed lines labelled drop; ``recall`` (by language, and in all) the share
of lines labelled drop that rules remove. Lines labelled ignore do not count, nor what went as a copy: which of two
equal lines is the right one, labels say as they like. By language, the languages
that have a pack but no page in the corpus are named: nothing is measured for them.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from benchmarks.dumps import Dump, read_dumps
from cleaner import Cleaned, Cleaner, Removal
from cleaner.judge.copies import COPY


def main() -> None:
    """Print the table, worst first."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--by", choices=("rule", "category", "language"), default="rule")
    parser.add_argument("--least", type=int, default=5, help="rows with fewer lines are left out")
    options = parser.parse_args()
    cleaner = Cleaner(profile="rules-only")
    right: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    labelled: Counter[str] = Counter()
    pages: Counter[str] = Counter()
    for dump in read_dumps(options.corpus):
        page = cleaner.clean(dump.text, kind="text")
        language = page.metadata.language or "?"
        pages[language] += 1
        for label, removal in _labelled(dump, page):
            labelled[language] += label == "drop"
            if removal is not None and removal.rule != COPY:
                name = {"rule": removal.rule, "category": removal.category, "language": language}[options.by]
                (right if label == "drop" else wrong)[name] += 1
    by_language = options.by == "language"
    print(f"{options.by:40} {'drop':>8} {'keep':>6} {'precision':>10}" + ("   recall  pages" if by_language else ""))
    for name in sorted(right | wrong, key=lambda n: (right[n] / (right[n] + wrong[n]), n)):
        count = right[name] + wrong[name]
        if count >= options.least:
            row = f"{name:40} {right[name]:8,} {wrong[name]:6,} {right[name] / count:10.3f}"
            print(row + (f" {right[name] / max(1, labelled[name]):8.3f} {pages[name]:6}" if by_language else ""))
    if by_language:
        unseen = {pack.id for pack in cleaner.book.by_language if pages.keys().isdisjoint(pack.languages[:1])}
        print(f"\nno page in this corpus: {' '.join(sorted(unseen))}")
    total = right.total() + wrong.total()
    print(f"\nall: {total:,} lines removed, precision {right.total() / total:.4f}, "
          f"recall {right.total() / labelled.total():.4f}")  # fmt: skip


def _labelled(dump: Dump, page: Cleaned) -> Iterator[tuple[str, Removal | None]]:
    """Each labelled line's label, and its removal if it was removed."""
    by_start = {removal.span[0]: removal for removal in page.removals}
    at = 0
    for line, label in zip(dump.lines, dump.labels(), strict=True):
        if label != "ignore":
            yield label, by_start.get(at)
        at += len(line) + 1


if __name__ == "__main__":
    main()
