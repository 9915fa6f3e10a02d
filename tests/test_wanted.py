"""Pages beside the text that ought to come out of them, written by hand: ``wanted.txt``.

``expected.txt`` is what the cleaner gives today, ``wanted.txt`` what it should give: the article, line by
line. Where the two still differ, ``KNOWN`` says why. It may only shrink: a case that becomes exact fails
until its line here is deleted.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
from conftest import FIXTURES

from cleaner import Cleaner

CASES = sorted(path.parent for path in FIXTURES.glob("*/*/wanted.txt"))
LEAST_KEPT = 0.9
"""Share of the wanted words that must be there, known or not: what a page has too much is bad, a lost article worse."""
_WORD = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff]|\w+")  # scripts without spaces: a character is a word

KNOWN: dict[str, str] = {}


def name(case: Path) -> str:
    return f"{case.parent.name}/{case.name}"


def lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def shares(got: str, wanted: str) -> tuple[float, float]:
    """Word precision and recall."""
    a, b = Counter(_WORD.findall(got)), Counter(_WORD.findall(wanted))
    common = (a & b).total()
    return common / max(a.total(), 1), common / max(b.total(), 1)


@pytest.mark.parametrize("case", CASES, ids=name)
def test_what_comes_out_is_what_is_wanted(case: Path, cleaner: Cleaner) -> None:
    wanted = (case / "wanted.txt").read_text(encoding="utf-8")
    got = cleaner.clean_file(case / "input.html").text
    precision, recall = shares(got, wanted)
    assert recall >= LEAST_KEPT, f"{recall:.2f} of the words wanted are there"
    if name(case) in KNOWN:
        assert lines(got) != lines(wanted), "exact now: delete it from KNOWN"
    else:
        f1 = 2 * precision * recall / (precision + recall)
        assert lines(got) == lines(wanted), f"word F1 {f1:.3f}, precision {precision:.3f}, recall {recall:.3f}"


def test_what_is_known_is_there() -> None:
    assert set(KNOWN) <= {name(case) for case in CASES}
