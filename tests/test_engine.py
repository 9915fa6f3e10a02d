"""trafilatura as the engine: its choice of blocks, as verdicts on our segments."""

from __future__ import annotations

import pytest
from conftest import article

from cleaner import Cleaner, UsageError
from cleaner.judge.trafilatura import aligned

PARAGRAPHS = "".join(f"<p>{p}</p>" for p in article().split("\n\n"))
TEASER = "Three ferries lie idle while the owners argue"
PAGE = f"""<html><head><title>Harbour wall to be raised</title></head><body>
<nav><a href=/>Start</a> <a href=/sea>Sea</a></nav><article><h1>Harbour wall to be raised</h1>{PARAGRAPHS}
<p>Share this:</p></article><div class=sidebar><h3><a href=/f>{TEASER}</a></h3></div></body></html>"""


def test_what_trafilatura_leaves_out_goes_and_says_so(cleaner: Cleaner) -> None:
    page = cleaner.clean(PAGE, engine="trafilatura")
    assert page.text == article()
    teaser = next(r for r in page.removals if r.text == TEASER)
    assert (teaser.rule, teaser.category, teaser.zone) == ("trafilatura", "other", "tail")
    assert teaser.matched == ("trafilatura",)
    assert teaser.path.endswith("/h3")
    assert page.restore() == cleaner.clean(PAGE).restore()
    assert page.outcome == "OK"


def test_rules_speak_first(write_pack) -> None:
    pack = """\
pack: own
category: other
rules:
  - id: own.teaser
    action: keep
    why: We want these.
    phrases: ["three ferries [...]"]
    hit: ["Three ferries lie idle"]
    miss: ["The three ferries lie idle"]
"""
    page = Cleaner([write_pack(pack)], engine="trafilatura").clean(PAGE)
    assert TEASER in page.text
    assert next(r for r in page.removals if r.text == "Share this:").rule != "trafilatura"


def test_without_an_opinion_rules_alone_decide(cleaner: Cleaner) -> None:
    page = cleaner.clean('<html><body><img alt="The harbour wall in the morning."></body></html>', engine="trafilatura")
    assert page.text in page.restore() == "The harbour wall in the morning."
    assert "trafilatura found no article" in page.reason
    assert cleaner.clean(article(), engine="trafilatura") == cleaner.clean(article())


def test_the_engine_is_a_choice_of_two(cleaner: Cleaner) -> None:
    with pytest.raises(UsageError, match="engine is one of cleaner, trafilatura"):
        cleaner.clean(PAGE, engine="readability")


LONG = "The council met for the fourth time on Monday evening."
OTHER = "The mayor spoke of the harbour wall for an hour."


@pytest.mark.parametrize(
    ("segments", "extracted", "kept"),
    [
        (["Menu", LONG, OTHER], f"{LONG} {OTHER}", [1, 2]),
        ([f"{LONG} {OTHER}", "More"], f"{LONG}\n{OTHER}", [0]),
        ([OTHER, LONG, OTHER], f"{LONG}\n{OTHER}", [1, 2]),
        (["Sea", "Mayor", LONG, "Mayor", OTHER, "Mayor"], f"{LONG}\n- Mayor\n{OTHER}", [2, 3, 4]),
        (["met", LONG], LONG, [1]),
        ([f"{LONG} (Picture: A. Pillai) {OTHER}"], f"{LONG} {OTHER}", [0]),
        (["4", "2", LONG, "4", "3", "2"], f"{LONG}\n| 4 | 2 |", [2, 3, 5]),
        (["理事会は月曜日に開かれた。", "続きを読む"], "理事会は月曜日に開かれた。", [0]),
        (["—", ""], LONG, []),
        ([LONG], "", []),
    ],
)
def test_segments_are_laid_beside_the_extracted_text(segments, extracted, kept) -> None:
    assert [i for i, keep in enumerate(aligned(segments, extracted)) if keep] == kept
