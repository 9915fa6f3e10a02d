"""Articles about cookies, lotteries, newsletters, recipes … lose nothing to a rule: only their own title goes."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import FIXTURES

from cleaner import Cleaner

ARTICLES = sorted(FIXTURES.glob("clean/*/*.txt"))
"""First line the title, then the article."""


@pytest.mark.parametrize("path", ARTICLES, ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_no_rule_cuts_into_an_article(path: Path, cleaner: Cleaner) -> None:
    source = path.read_text(encoding="utf-8")
    page = cleaner.clean(source)
    assert [(r.rule, r.text) for r in page.removals if r.category != "title"] == []
    text = page.text if page.metadata.title is None else f"{page.metadata.title}\n\n{page.text}"
    assert text.split() == source.split()


def test_there_are_articles_in_many_languages() -> None:
    assert len(ARTICLES) >= 60
    assert len({path.parent.name for path in ARTICLES}) >= 25
