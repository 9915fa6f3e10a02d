"""The shipped rules prove themselves, and the proof is able to fail."""

from __future__ import annotations

import time

import pytest

from cleaner.judge.examples import prove
from cleaner.rulebook.load import load_rulebook

BOOK = load_rulebook()


def test_every_example_holds_in_under_five_seconds() -> None:
    start = time.process_time()  # what others do on the machine does not count
    failures = prove(BOOK.rules, BOOK)
    assert [str(f) for f in failures] == []
    assert time.process_time() - start < 5


PACK = """\
pack: own
category: social
rules:
  - id: own.share
    why: A button.
    {look}
    hit: {hit}
    miss: {miss}
"""


@pytest.mark.parametrize(
    ("look", "hit", "miss", "says"),
    [
        ('phrases: ["share this"]', '["Share that"]', '["They share this too."]', "a line of the hit is left alone"),
        ('phrases: ["share this"]', '["Share this"]', '["Share this!"]', "a line of the miss is matched"),
        ('phrases: ["share this"]', '["Share this"]', '["The sun shone."]', "no near miss"),
        ('phrases: ["share this", "pin it"]', '["Share this"]', '["We pin it up."]', "no hit shows the phrase"),
        ('phrases: ["share this"]', '["- Share this\\nUnmarked"]', '["They share this."]', "mark each line"),
        ("pattern: '^share (?:this|that)$'", '["Share this"]', '["The sun shone."]', "no near miss"),
        ("section: {starts: [related]}", '["- Related\\n- A headline here\\n- A long line that ends a sentence."]',
         '["Related stories."]', "a line of the hit is left alone"),
        ("css: '.share'", '["<p class=share>Share</p><p>x</p>"]', '["<p class=share>x</p>"]', "the miss is selected"),
    ],
)  # fmt: skip
def test_a_rule_that_is_not_proven_fails(write_pack, look: str, hit: str, miss: str, says: str) -> None:
    book = load_rulebook([write_pack(PACK.format(look=look, hit=hit, miss=miss))], shipped=False)
    assert any(says in str(f) for f in prove(book.rules, book)), [str(f) for f in prove(book.rules, book)]


@pytest.mark.parametrize(
    ("look", "hit", "miss"),
    [
        ('phrases: ["share this"]', '["» SHARE THIS:"]', '["They share this too."]'),
        ('phrases: ["share [...] on x"]', '["Share our story on X"]', '["They share our story on xylophones."]'),
        ('phrases: ["our app"]\n    anywhere: true', '["Get our app now"]', '["It was our apple."]'),
        ("section: {starts: [related], reach_back: 2}",
         '["+ The vote was held in the town hall on Monday night.\\n- A new tax comes\\n- Related\\n- A headline"]',
         '["A related matter came up."]'),
        ("phrases: ['read more']\n    inline: true", '["He left. READ MORE She stayed."]', '["We read moreover"]'),
        ("css: 'div.share'", '["<div class=share>Share</div>"]', '["<div class=shared>x</div>"]'),
    ],
)  # fmt: skip
def test_a_rule_that_is_proven_passes(write_pack, look: str, hit: str, miss: str) -> None:
    book = load_rulebook([write_pack(PACK.format(look=look, hit=hit, miss=miss))], shipped=False)
    assert [str(f) for f in prove(book.rules, book)] == []
