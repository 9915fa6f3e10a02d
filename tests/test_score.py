"""The score: what it decides, that rules win, that it explains itself, and that it knows when to keep quiet."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from conftest import article

from cleaner import Cleaner, Outcome
from cleaner.judge.features import NAMES, features
from cleaner.judge.reasons import reasons
from cleaner.judge.rules import SCORE, Case, Judgement, judge
from cleaner.judge.score import _rest, doubt_of, network, score
from cleaner.model import Verdict
from cleaner.segment.text import segment_text

MENU = ["Harbour desk", "Varnholm votes", "Inside the ferry", "Weather wall", "Kitchen and pier", "Our boats"]
TEASERS = [
    "Ferry captain tells of a night without lamps",
    "Five things to know about the new harbour wall",
    "Why nobody buys the old lighthouse",
    "In pictures: the storm of the century",
    "Council member resigns over lamp affair",
]
FOOT = ["Imprint desk", "Tide tables", "Jobs at the pier", "Ferry shop", "Lamp club", "Harbour radio", "Boat market",
        "Old maps", "Letters box", "Crossword corner", "Pier cinema", "The quay team"]  # fmt: skip
"""Five headlines that end a dump may be the article's own list; what a site's foot follows is a site's."""
PAGE = "\n".join([*MENU, article(12).replace("\n\n", "\n"), *TEASERS, *FOOT])


def judged(text: str) -> Judgement:
    return judge(segment_text(text), Case(()))


def test_menu_and_teasers_that_no_rule_knows_go_and_the_article_stays() -> None:
    page = Cleaner().clean(PAGE, kind="text")
    assert page.text == article(12)
    assert {r.rule for r in page.removals if r.text in TEASERS} == {SCORE}
    assert page.restore() == PAGE


def test_rules_only_leaves_what_no_rule_knows() -> None:
    page = Cleaner(profile="rules-only").clean(PAGE, kind="text")
    assert set(TEASERS) <= set(page.text.split("\n"))


def test_rules_only_needs_no_numpy() -> None:
    script = (
        "import sys; from cleaner import Cleaner; Cleaner(profile='rules-only').clean('A line.\\n' * 9);"
        "sys.exit('numpy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def test_each_removal_names_what_weighed_most() -> None:
    page = Cleaner().clean(PAGE, kind="text")
    for removal in page.removals:
        if removal.rule == SCORE:
            assert removal.category == "other"
            assert removal.reason.endswith(".")
            assert 1 <= len(removal.reason.split("; ")) <= 3


def test_what_rules_decided_stands() -> None:
    before = judged(PAGE)
    rows = range(len(before.verdicts))
    article_row = next(i for i in rows if before.segments.text(i).startswith("The council"))
    teaser_row = next(i for i in rows if before.segments.text(i) == TEASERS[2])
    verdict = Verdict("mine", "related", "mine")
    before.verdicts[article_row] = verdict
    before.protected = frozenset([teaser_row])
    after = score(before)
    assert after.verdicts[article_row] is verdict
    assert after.verdicts[teaser_row] is None


def test_of_a_few_lines_none_goes() -> None:
    text = "Login\nMenu of the day\nSign here"
    assert score(judged(text)).verdicts == [None] * 3


def test_the_profiles_move_the_threshold() -> None:
    kept = [len(Cleaner(profile=name).clean(PAGE, kind="text").text) for name in ("precision", "balanced", "recall")]
    assert kept == sorted(kept)


def test_a_score_that_would_leave_nothing_leaves_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("cleaner.judge.score", fromlist=["BIAS"]).BIAS, "precision", -1000.0)
    page = Cleaner(profile="precision").clean(PAGE, kind="text")
    assert page.outcome == Outcome.FLAG
    assert page.reason is not None
    assert "score" in page.reason
    assert article(12).split("\n\n")[0] in page.text


def test_features_are_finite_whatever_the_text() -> None:
    for text in ("x", "***\n---\n***\n…", "😀\n\ud800 a\n市议会\nपरिषद की बैठक।", "A" * 100_000 + "\n1\n2\n3"):
        seen = features(judged(text))
        assert seen.rows.shape[1] == len(NAMES)
        assert np.isfinite(seen.rows).all()
        assert seen.edges[-1] == len(seen.words)


def test_a_line_has_the_same_features_wherever_its_characters_stand_in_the_source() -> None:
    plain, spaced = features(judged(PAGE)), features(judged("\n \n" + PAGE.replace("\n", "  \n\n ") + "\n"))
    assert (plain.rows == spaced.rows).all()
    assert (plain.words == spaced.words).all()


def test_reasons_name_what_spoke_most_against_the_line() -> None:
    weights = np.zeros((1, len(NAMES)), np.float32)
    weights[0, [NAMES.index("closed"), NAMES.index("log words"), NAMES.index("last arrow")]] = [-3, -2, -1]
    unusual = np.sign(weights)
    unusual[0, NAMES.index("last arrow")] = 1
    assert reasons(weights, unusual) == ["It ends no sentence; few words; ends with an arrow."]


def test_the_weights_fit_the_features() -> None:
    net = network()
    assert net.mean.shape == (len(NAMES),)
    assert len(net.blocks) > 0


def test_what_is_taken_to_be_of_one_category_is() -> None:
    import unicodedata

    from cleaner.judge.features import _ALIKE, CASELESS

    for start, end, kind in _ALIKE:
        assert {unicodedata.category(chr(code))[0] for code in range(start, end)} == {"L" if kind == CASELESS else "C"}


def test_the_less_is_known_of_a_page_the_more_stays() -> None:
    page = judged(PAGE)
    count = len(page.verdicts)
    keep = [20 <= i < 30 for i in range(count)]
    sure, unsure, lost = (np.where(keep, value, -value).astype(np.float32) for value in (8.0, 1.0, 0.0))
    assert doubt_of(sure, page, keep) == 0
    assert 0 < doubt_of(unsure, page, keep) < doubt_of(lost - 2, page, keep) < 5
    assert doubt_of(sure, page, [False] * count) > 0


def test_the_second_look_at_a_short_dump_has_nothing_of_what_went() -> None:
    first, second = article(2).split("\n\n")
    dump = f"{first}\n\nSign up for our newsletter\n\nEmail\n\n{second}"
    judgement = judged(dump)
    verdict = Verdict("own.box", "newsletter", "A box.", ("own.box",), False)
    judgement.verdicts[1:3] = [verdict, verdict]
    rest = _rest(judgement).segments
    assert rest.source == f"{first}\n{second}"
    assert [rest.text(i) for i in range(len(rest))] == [first, second]
