"""Every fixture against its goldens: text, metadata and ledger by rules alone; with the score, the same text.

``--force-regen`` is the only way a golden changes; a missing golden fails and is not written.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import FIXTURES

from cleaner import Cleaned, Cleaner

BALANCED = Cleaner()
CASES = sorted(path.parent for path in FIXTURES.glob("*/*/input.*"))


every_case = pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c.parent.name}/{c.name}")


@pytest.fixture
def golden(request: pytest.FixtureRequest):
    """The path of a golden; fails where it is missing, unless it is to be written."""

    def path(case: Path, name: str) -> Path:
        if not (case / name).exists() and not request.config.getoption("--force-regen"):
            pytest.fail(f"{case}: no {name}; write expected.txt by hand, then make goldens")
        return case / name

    return path


@pytest.fixture(scope="module")
def cleaner() -> Cleaner:
    return Cleaner(profile="rules-only")


TAKEN_BY_THE_SCORE: dict[str, set[str]] = {
    "dailymail.co.uk/hundreds-of-headlines": {"The ferry lies on the sand bank off Cape Merrow at noon (pictured)"},
}
"""Short lines of dumps that the score takes and should not. It may only shrink; a sentence never stands here."""


@every_case
def test_the_score_takes_nothing_more(case: Path) -> None:
    """Of dumps from which rules take all that is to go. (For pages with a text of their own see test_wanted.py.)"""
    if (case / "wanted.txt").exists():
        return
    page = BALANCED.clean_file(next(case.glob("input.*")))
    wanted = (case / "expected.txt").read_text(encoding="utf-8")
    assert missing(page.text, wanted) == TAKEN_BY_THE_SCORE.get(f"{case.parent.name}/{case.name}", set())
    assert missing(wanted, page.text) == set()


def missing(text: str, wanted: str) -> set[str]:
    """The lines of ``wanted`` that ``text`` has not."""
    return {line for line in wanted.splitlines() if line} - set(text.splitlines())


@every_case
def test_text(case: Path, cleaner: Cleaner, file_regression, golden) -> None:
    page = cleaner.clean_file(next(case.glob("input.*")))
    file_regression.check(page.text + "\n", fullpath=golden(case, "expected.txt"), encoding="utf-8")


@every_case
def test_metadata(case: Path, cleaner: Cleaner, data_regression, golden) -> None:
    page = cleaner.clean_file(next(case.glob("input.*")))
    data_regression.check(known(page), fullpath=golden(case, "expected.yaml"))


@every_case
def test_ledger(case: Path, cleaner: Cleaner, data_regression, golden) -> None:
    page = cleaner.clean_file(next(case.glob("input.*")))
    data_regression.check(ledger(page), fullpath=golden(case, "removed.yaml"))


def known(page: Cleaned) -> dict[str, object]:
    """Outcome and metadata: only what is known, each value with what it came from."""
    values = page.to_dict()["metadata"]
    evidence = values.pop("evidence")
    return {
        "outcome": str(page.outcome),
        "reason": page.reason,
        "site_pack": page.site,
        "metadata": {name: value for name, value in values.items() if value not in (None, [])},
        "by": {name: e["by"] for name, e in evidence.items()},
    }


def ledger(page: Cleaned) -> dict[str, object]:
    """What went, and every edit that is not white space."""
    removals = [
        {
            "text": r.text,
            "zone": r.zone,
            "category": r.category,
            "rule": r.rule,
            **({"matched": list(r.matched)} if r.matched != (r.rule,) else {}),
        }
        for r in page.removals
    ]
    edits = [{"kind": e.kind, "before": e.before, "after": e.after} for e in page.edits if e.kind != "space"]
    return {"removals": removals, "edits": edits}


def test_there_are_enough_cases() -> None:
    assert len(CASES) >= 25


@every_case
def test_text_and_ledger_give_the_input_back(case: Path, cleaner: Cleaner) -> None:
    path = next(case.glob("input.*"))
    page = cleaner.clean_file(path)
    if page.kind == "text":
        assert page.restore().encode("utf-8") == path.read_bytes()


SAID_BY_MARKUP = {"pages/data-table", "pages/hidden-elements", "pages/short-parts-of-an-article"}
"""Pages of which the text alone does not tell that a heading or a cell is the article's."""


@every_case
def test_cleaning_twice_changes_nothing(case: Path, cleaner: Cleaner) -> None:
    page = cleaner.clean_file(next(case.glob("input.*")))
    again = cleaner.clean(page.text, site=page.site, title=page.metadata.title, kind="text")
    assert (again.text == page.text) != (f"{case.parent.name}/{case.name}" in SAID_BY_MARKUP)
