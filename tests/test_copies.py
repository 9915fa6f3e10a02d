"""What the text has already goes, and only that."""

from __future__ import annotations

import time

import pytest
from conftest import article

from cleaner import Cleaner, Outcome
from cleaner.judge.copies import COPY

TEXT = article(4)
FIRST, SECOND, *_ = TEXT.split("\n\n")


@pytest.fixture(scope="module")
def by_rules() -> Cleaner:
    return Cleaner(profile="rules-only")


def test_a_second_copy_of_the_article_goes_and_stands_in_the_ledger(by_rules: Cleaner) -> None:
    dump = f"{TEXT}\n\nA short line between\n\n{TEXT}"
    page = by_rules.clean(dump)
    assert (page.text, page.outcome) == (f"{TEXT}\n\nA short line between", Outcome.OK)
    assert [r.text for r in page.removals if r.rule == COPY] == TEXT.split("\n\n")
    assert page.restore() == dump
    assert by_rules.clean(page.text).text == page.text


def test_short_lines_go_with_the_copy_around_them(by_rules: Cleaner) -> None:
    once = f"Subhead\n\n{TEXT}\n\nAnother subhead\n\n{article(6)[len(TEXT) + 2 :]}\n\nThree of seven"
    kept = f"{FIRST}\n\n{once}\n\nBetween them"
    assert by_rules.clean(f"{kept}\n\n{once}").text == kept


@pytest.mark.parametrize(
    "dump",
    [
        f"{TEXT}\n\n{FIRST}",
        f"{FIRST}\n\n{SECOND}\n\nOr the other way round\n\n{SECOND}\n\n{FIRST}",
        "We row.\n\nWe row to Lorne.\n\n" * 3 + TEXT,
        "\n\n".join([FIRST] * 3),
    ],
    ids=["a sentence pulled out", "another order", "a refrain", "one line over and over"],
)
def test_what_is_less_than_a_copy_stays(by_rules: Cleaner, dump: str) -> None:
    assert by_rules.clean(dump).text == dump.strip()


def test_what_a_rule_holds_stays(write_pack) -> None:
    rule = "id: own.held\n    why: W.\n    action: keep\n    phrases: [held here]\n    anywhere: true"
    proof = "hit: ['It is held here.']\n    miss: ['It is held hereby.']"
    pack = write_pack(f"pack: own\ncategory: other\nrules:\n  - {rule}\n    {proof}\n")
    own = Cleaner([pack], profile="rules-only")
    line = "What is held here stays, said the mayor of Varnholm, however often the page may say it to whoever reads."
    assert own.clean(f"{line}\n\n{TEXT}\n\n{line}\n\n{TEXT}").text == f"{line}\n\n{TEXT}\n\n{line}"


def test_copies_are_alike_as_the_text_has_them(by_rules: Cleaner) -> None:
    cut = TEXT.replace(". ", ". (Story continues below advertisement) ", 1)
    once = by_rules.clean(f"{TEXT}\n\nBetween them\n\n{cut}").text
    assert once == f"{TEXT}\n\nBetween them"
    assert by_rules.clean(once).text == once


def test_what_is_on_both_sides_of_a_copy_stands_together(by_rules: Cleaner) -> None:
    parts = [TEXT.replace("The council", f"Council {number}") for number in range(20)]
    mirrored = "\n\n".join([*reversed(parts), *parts])
    assert by_rules.clean(mirrored).text == "\n\n".join(reversed(parts))


def test_a_comment_that_quotes_the_article_stays_where_comments_are_asked_for() -> None:
    body = "".join(f"<p>{line}</p>" for line in TEXT.split("\n\n"))
    page = f"<body><article><h1>Walls of Lorne</h1>{body}</article><div class=comments><h2>Comments</h2>{body}</div>"
    assert Cleaner(comments=True).clean(page).text.count(FIRST) == 2
    assert Cleaner().clean(page).text.count(FIRST) == 1


def test_many_copies_take_linear_time(by_rules: Cleaner) -> None:
    def seconds(count: int) -> float:
        parts = [TEXT.replace("The council", f"Council {number}") + "\n" for number in range(count // 4)]
        mirrored = "".join([*reversed(parts), *parts])
        dump = f"{FIRST}\n{SECOND}\nA short line\n" * count + f"{FIRST}\n" * count + mirrored
        start = time.process_time()
        by_rules.clean(dump)
        return time.process_time() - start

    assert seconds(8_000) < 20 * max(seconds(1_000), 0.005)
