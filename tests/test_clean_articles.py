"""Articles about cookies, lotteries, newsletters, recipes … lose nothing to a rule: only their own title goes.
The score takes no sentence of theirs."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import FIXTURES

from benchmarks.boxed_articles import boxed
from cleaner import Cleaner
from cleaner.segment.text import segment_text

RULES = Cleaner(profile="rules-only")
SHORT_LINES_LOST = {
    "en/begins-with-list": "the list that it begins with",
    "en/election-results": "names and numbers of the votes at the end",
    "en/letter-to-editor": "the name and town under the letter",
    "fi/leipa": "a list of short calls",
    "ko/sports-results": "the heading of the results",
}
"""Articles that lose short lines to the score, and which. It may only shrink."""
ARTICLES = sorted(FIXTURES.glob("clean/*/*.txt"))
"""First line the title, then the article."""


@pytest.mark.parametrize("path", ARTICLES, ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_no_rule_cuts_into_an_article(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    page = RULES.clean(source)
    assert [(r.rule, r.text) for r in page.removals if r.category != "title"] == []
    text = page.text if page.metadata.title is None else f"{page.metadata.title}\n\n{page.text}"
    assert text.split() == source.split()


@pytest.mark.parametrize("path", ARTICLES, ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_the_score_takes_no_sentence_of_an_article(path: Path, cleaner: Cleaner) -> None:
    taken = [r.text for r in cleaner.clean(path.read_text(encoding="utf-8")).removals if r.rule == "score"]
    segments = segment_text("\n".join(taken))
    assert not any(segments.weights), taken
    assert not taken or f"{path.parent.name}/{path.stem}" in SHORT_LINES_LOST


@pytest.mark.slow
def test_a_box_between_paragraphs_does_not_end_an_article(cleaner: Cleaner) -> None:
    """It did on 297 of 1,708 such dumps before the score was trained on boxes."""
    dumps = list(boxed(cleaner.book))
    robbed = sum(bool(dump.lost(cleaner.clean(dump.text, kind="text").text)) for dump in dumps)
    assert robbed <= 0.1 * len(dumps)


def test_the_list_of_what_the_score_takes_is_true(cleaner: Cleaner) -> None:
    for name in SHORT_LINES_LOST:
        page = cleaner.clean((FIXTURES / "clean" / f"{name}.txt").read_text(encoding="utf-8"))
        assert any(r.rule == "score" for r in page.removals), f"{name} is whole: delete it from the list"


def test_there_are_articles_in_many_languages() -> None:
    assert len(ARTICLES) >= 60
    assert len({path.parent.name for path in ARTICLES}) >= 25
