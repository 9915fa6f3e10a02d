"""What rules and score take from articles that are clean already: false deletions, by category.

    python -m benchmarks.clean_articles --corpus FILE [--profile balanced]

The gold text of each page is cleaned as a dump. Some of what goes is right to go: gold has bylines,
credits and "Read more" lines left in.
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

from benchmarks.dumps import read_dumps
from cleaner import Cleaner
from cleaner.pipeline import PROFILES


def main() -> None:
    """Print the share of articles that lose a line, and which lines."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--show", type=int, default=0, help="print so many of the sentences taken")
    parser.add_argument("--profile", choices=PROFILES, default="rules-only")
    options = parser.parse_args()
    cleaner = Cleaner(profile=options.profile)
    articles = touched = robbed = 0
    lines: Counter[str] = Counter()
    shown = 0
    for dump in read_dumps(options.corpus):
        page = cleaner.clean(dump.gold, kind="text")
        articles += 1
        touched += bool(page.removals)
        lines.update("score" if r.rule == "score" else r.category for r in page.removals)
        sentences = [r for r in page.removals if len(r.text.split()) >= 8 and r.text.rstrip(" \"'”’)").endswith(".")]
        robbed += bool(sentences)
        for removal in sentences:
            if shown < options.show:
                print(f"{removal.rule}: {removal.text[:150]}")
                shown += 1
    print(f"{articles:,} clean articles: {touched / articles:.1%} lose a line, {robbed / articles:.1%} a sentence "
          "(eight words or more, with a full stop)")  # fmt: skip
    for category, count in lines.most_common():
        print(f"  {category:16} {count:5,} lines")


if __name__ == "__main__":
    main()
