"""The promises, checked on real dumps: does any document break one?

    python -m benchmarks.promises --corpus FILE [--profile PROFILE] [--every N]

For each raw dump: the clean text is a subsequence of the source; text and ledger give the source
back, also through JSON; cleaning twice, told the same site and title, is cleaning once. The last is
promised of rules alone; with the score it is counted.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from pathlib import Path

from benchmarks.dumps import read_dumps
from cleaner import Cleaned, Cleaner
from cleaner.pipeline import PROFILES


def broken_promises(cleaner: Cleaner, text: str) -> tuple[Cleaned, list[str]]:
    """The cleaned document, and the names of the promises it breaks."""
    page = cleaner.clean(text, kind="text")
    broken = []
    source = iter(text)
    if not all(c in source for c in page.text if not c.isspace()):
        broken.append("deletion only")
    if page.restore() != text:
        broken.append("nothing is lost")
    if Cleaned.from_dict(json.loads(json.dumps(page.to_dict()))) != page:
        broken.append("the same through to_dict()")
    again = cleaner.clean(page.text, site=page.site, title=page.metadata.title, kind="text")
    if again.text != page.text:
        broken.append("twice is once")
    return page, broken


def main() -> None:
    """Print how many documents were checked and which promises broke."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--every", type=int, default=1, help="only every n-th page")
    parser.add_argument("--profile", default="rules-only", choices=PROFILES)
    options = parser.parse_args()
    cleaner = Cleaner(profile=options.profile)
    outcomes: Counter[str] = Counter()
    broken: Counter[str] = Counter()
    for dump in read_dumps(options.corpus, every=options.every):
        page, names = broken_promises(cleaner, dump.text)
        outcomes[str(page.outcome)] += 1
        broken.update(names)
        for name in names:
            print(f"{dump.uid}: {name}")
    print(f"{outcomes.total():,} dumps: {dict(outcomes)}; promises broken: {dict(broken) or 'none'}")


if __name__ == "__main__":
    main()
