"""The promises, on generated dumps."""

from __future__ import annotations

import json
import pickle
import random
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from conftest import MORE, ROOT, article
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from cleaner import Cleaned, Cleaner, Outcome
from cleaner.judge.copies import COPY
from cleaner.judge.rules import TITLE_RULE
from cleaner.rulebook.load import load_rulebook, shipped_rules
from cleaner.rulebook.phrases import GAP
from cleaner.segment.fold import CONTROL, LEFT_OUT

CLEANER = Cleaner()
RULES = Cleaner(profile="rules-only")
"""What is proven of rules is proven without the score."""
BOOK = load_rulebook()

BOILERPLATE = [
    line[2:] if line[:2] in ("- ", "+ ") else line
    for rule in BOOK.generic
    if not rule.css and not rule.xpath
    for example in (*rule.hit, *rule.miss)
    for line in example.splitlines()
    if line.strip()
]
SENTENCES = [
    "The council of Varnholm met again on Monday to vote on the new harbour wall, officials said.",
    "Nobody had expected the ferry to be late by more than two hours on such a calm day.",
    "“We will rebuild it stone by stone,” the engineer told the meeting, and sat down.",
    "Die Stadt hat am Montag beschlossen, den Hafen für drei Monate zu schließen, wie es hieß.",
    "परिषद ने सोमवार को बंदरगाह की नई दीवार पर फिर से मतदान करने का फैसला किया है।",
    "市议会星期一再次开会，就新的港口防波堤进行表决，官员们对记者说了这件事。",
]
WITHOUT_RULES = {TITLE_RULE, COPY}
"""What is named as the rule where none of a pack took the line."""
ADBLOCK = "Harbour News relies on advertising. Please disable your ad blocker."
TITLES = ["Harbour wall to be raised", "Who pays for the ferry?", "परिषद की बैठक", "港口防波堤表决"]
NOISE = ["", " ", "***", "\u200b", "\x00", "\u00a0x\u00a0", "a", "1.", "- item one", "x" * 300, "\ufeff", "\u202eabc"]
BREAKS = ["\n", "\n\n", "\n\n\n", "\r\n", "\r", "\u2028", " \n\t\n"]

line = st.one_of(
    st.sampled_from(BOILERPLATE),
    st.sampled_from(SENTENCES),
    st.sampled_from(TITLES),
    st.sampled_from(NOISE),
    st.text(max_size=40),
)
dump = st.lists(st.tuples(line, st.sampled_from(BREAKS)), max_size=25).map(lambda ls: "".join(a + b for a, b in ls))
relaxed = settings(deadline=None, max_examples=150 * MORE, suppress_health_check=[HealthCheck.too_slow])


def visible(text: str) -> list[str]:
    return [c for c in text if not c.isspace()]


@relaxed
@given(dump)
def test_text_and_ledger_give_the_input_back(text: str) -> None:
    page = CLEANER.clean(text, kind="text")
    assert page.restore() == text
    again = Cleaned.from_dict(json.loads(json.dumps(page.to_dict())))
    assert again == page
    assert again.restore() == page.restore()


@relaxed
@given(dump)
def test_only_deletion(text: str) -> None:
    source = iter(text)
    assert all(c in source for c in visible(CLEANER.clean(text, kind="text").text))


@relaxed
@given(dump)
@example("\n".join([TITLES[0], *[" ".join(SENTENCES[:3])] * 4]))
def test_every_removal_is_explained(text: str) -> None:
    page = RULES.clean(text, kind="text")
    source = text
    ids = {rule.id for rule in BOOK.rules} | WITHOUT_RULES
    for removal in page.removals:
        start, end = removal.span
        assert source[start:end] == removal.text
        assert removal.rule in ids
        assert removal.rule in removal.matched
        assert removal.reason
        assert removal.zone in ("head", "body", "tail")


@relaxed
@given(dump)
@example(f"{ADBLOCK}\n{ADBLOCK}\n{SENTENCES[-1]}\na\n")  # too little is left to tell a language by
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    page = RULES.clean(text, kind="text")
    again = RULES.clean(page.text, site=page.site, title=page.metadata.title, kind="text")
    assert again.text == page.text


@relaxed
@given(st.binary(max_size=400) | dump.map(lambda t: t.encode("utf-16", "replace")) | dump.map(
    lambda t: t.encode("utf-8", "surrogatepass")))  # fmt: skip
def test_any_bytes_have_one_outcome(raw: bytes) -> None:
    page = CLEANER.clean(raw)
    assert page.outcome in set(Outcome)
    assert (page.outcome == Outcome.OK) <= bool(page.text)
    assert (page.reason is None) == (page.outcome == Outcome.OK)


@relaxed
@given(dump)
def test_without_rules_only_white_space_changes(text: str) -> None:
    page = NO_RULES.clean(text, kind="text")
    taken = visible("".join(e.before for e in page.edits))
    again = visible("".join(r.gap + r.text for r in page.removals))
    assert {r.rule for r in page.removals} <= WITHOUT_RULES, "only the title goes, and what the text has already"
    assert all(CONTROL.match(c) or LEFT_OUT.match(c) for c in taken)
    assert sorted(visible(page.text) + taken + again) == sorted(visible(text))


NO_RULES = Cleaner.__new__(Cleaner)
NO_RULES.__setstate__({**Cleaner(profile="rules-only", keep_title=True).__getstate__(), "book": type(BOOK)(())})

AROUND = [line for rule in BOOK.generic if rule.zones is None and rule.phrases and not rule.inline and not rule.anywhere
          and rule.action == "drop" and not rule.preceded_by and not rule.followed_by and rule.repeats == 0
          for line in rule.phrases if GAP not in line]  # fmt: skip


@relaxed
@given(st.lists(st.sampled_from(AROUND), max_size=6), st.lists(st.sampled_from(AROUND), max_size=6))
def test_boilerplate_around_an_article_leaves_the_article(before: list[str], after: list[str]) -> None:
    assert RULES.clean("\n\n".join([*before, article(), *after])).text == article()


LOOK_AROUND = {rule.id for rule in BOOK.rules if rule.zones or rule.looks_around or rule.section} | WITHOUT_RULES
"""Rules that ask what becomes of other lines: where zones end, what stands before and after."""
ADVERTS = ["For advertising enquiries, call 555 0142", "Ad loading", "Please disable your ad blocker.",
           "For advertising enquiries, call 555 0142", "Ad loading", "The ad ran for a week in Kochi."]  # fmt: skip
"""Where every "Ad loading" stays, the article is over before its last line: the invitation to call stands below it."""


@relaxed
@given(st.lists(st.sampled_from(BOILERPLATE), min_size=1, max_size=8), st.randoms(use_true_random=False))
@example(ADVERTS, random.Random(1))
@example(ADVERTS, random.Random(2))
def test_a_rule_switched_off_changes_zones_at_most(lines: list[str], random_: random.Random) -> None:
    text = "\n\n".join([article(), *lines])
    page = RULES.clean(text)
    alone = [r.rule for r in page.removals if len(r.matched) == 1 and "." in r.rule and r.rule != "title.line"]
    if not alone:
        return
    off = random_.choice(alone)
    without = Cleaner.__new__(Cleaner)
    packs = tuple(_without(pack, off) for pack in BOOK.packs)
    without.__setstate__({**RULES.__getstate__(), "book": type(BOOK)(packs)})
    gone = {r.span for r in page.removals}
    more = [r for r in without.clean(text).removals if r.span not in gone]
    assert {r.rule for r in more} <= LOOK_AROUND, "a line goes by itself or does not, whatever other rules there are"


def test_a_line_that_only_one_rule_matches_is_back_without_the_rule() -> None:
    rng = random.Random(11)
    restored = 0
    for line in rng.sample(AROUND, 40):
        text = f"{article()}\n\n{line}"
        removals = RULES.clean(text).removals
        if [len(r.matched) for r in removals] != [1]:
            continue
        without = Cleaner.__new__(Cleaner)
        packs = tuple(_without(pack, removals[0].rule) for pack in BOOK.packs)
        without.__setstate__({**RULES.__getstate__(), "book": type(BOOK)(packs)})
        assert without.clean(text).text == text
        restored += 1
    assert restored > 10


def _without(pack, rule_id: str):
    from dataclasses import replace

    return replace(pack, rules=tuple(r for r in pack.rules if r.id != rule_id))


def samples(n: int = 60) -> list[str]:
    rng = random.Random(7)
    pool = BOILERPLATE + SENTENCES * 60 + TITLES * 10
    return ["\n\n".join(rng.choices(pool, k=rng.randint(3, 30))) for _ in range(n)]


def test_parallel_is_serial_in_any_order() -> None:
    documents = samples()
    serial = [CLEANER.clean(d).to_dict() for d in documents]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda d: CLEANER.clean(d).to_dict(), documents)) == serial
    backwards = [CLEANER.clean(d).to_dict() for d in reversed(documents)]
    assert backwards[::-1] == serial
    assert [pickle.loads(pickle.dumps(CLEANER)).clean(d).to_dict() for d in documents[:10]] == serial[:10]


def test_the_order_of_rule_files_does_not_matter() -> None:
    files = sorted((shipped_rules() / "generic").glob("*.yaml"))
    documents = samples(20)
    texts = []
    for order in (files, files[::-1]):
        cleaner = Cleaner.__new__(Cleaner)
        book = load_rulebook(order, shipped=False)
        cleaner.__setstate__({**CLEANER.__getstate__(), "book": book})
        texts.append([cleaner.clean(d).to_dict() for d in documents])
    assert texts[0] == texts[1]


@pytest.mark.slow
def test_the_hash_seed_does_not_matter() -> None:
    script = (
        "import sys, json, hashlib, cleaner\n"
        "documents = json.load(sys.stdin)\n"
        "out = json.dumps([cleaner.clean(d).to_dict() for d in documents], sort_keys=True)\n"
        "print(hashlib.sha256(out.encode()).hexdigest())\n"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", script],
            input=json.dumps(samples(15)),
            capture_output=True,
            text=True,
            check=True,
            cwd=ROOT,
            env={"PYTHONHASHSEED": str(seed), "PATH": "/usr/bin:/bin"},
        ).stdout
        for seed in range(10)
    }
    assert len(digests) == 1
