"""The shipped rules prove themselves, and the proof is able to fail."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

import pytest

from cleaner.judge.examples import prove
from cleaner.metadata.captures import read_capture
from cleaner.rulebook.book import Rule
from cleaner.rulebook.load import load_rulebook
from cleaner.segment.text import segment_text

BOOK = load_rulebook()


def test_every_example_holds_in_under_five_seconds() -> None:
    start = time.process_time()  # what others do on the machine does not count
    failures = prove(BOOK.rules, BOOK)
    assert [str(f) for f in failures] == []
    assert time.process_time() - start < 5


_NUMBER = re.compile("(?<![0-9])[0-9]{1,2}(?![0-9])")


def _on_other_days(rule: Rule) -> Iterator[str]:
    """The lines that a rule hits, with each small number of theirs a day of one figure and one of two."""
    for line in (line.removeprefix("- ") for example in rule.hit for line in example.splitlines()):
        for number in _NUMBER.finditer(line):
            yield from (line[: number.start()] + day + line[number.end() :] for day in ("3", "23"))


@pytest.mark.parametrize("field", ["published", "modified"])
def test_no_rule_begins_to_read_a_day_inside_a_number_or_a_word(field: str) -> None:
    for rule in (rule for rule in BOOK.rules if field in rule.captures):
        for line in _on_other_days(rule):
            read = read_capture(segment_text(line), 0, rule).get(field)
            inside = read and re.search("[0-9][0-9]$|[A-Za-z][a-z]$", line[: read.span[0] + 1])
            assert not inside, f"{rule.id} reads {read} from {line!r}"


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
