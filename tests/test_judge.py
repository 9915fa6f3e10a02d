"""Who wins, what conditions mean, sections, inline cuts, repairs, the cap, the title."""

from __future__ import annotations

import time

import pytest
from conftest import article

from cleaner import Cleaned, Cleaner, UsageError
from cleaner.judge.rules import Case, RuleSet, judge
from cleaner.judge.zones import find_body
from cleaner.rulebook.load import load_rulebook
from cleaner.segment.text import segment_text

BODY = article()
LONG = "The committee heard the engineer for two hours and then agreed to meet again in March, she said."


@pytest.fixture
def judged(write_pack):
    """Judge a text by the rules of one pack, given as (id, keys) pairs."""

    def run(text: str, *rules: str, folder: str = "generic", **case):
        pack = "pack: own\ncategory: other\nrules:\n"
        for n, keys in enumerate(rules):
            body = "\n".join(f"    {line}" for line in keys.splitlines())
            name = "" if keys.lstrip().startswith("id:") else f"    id: own.r{n}\n"
            pack += f"  -\n{name}    why: Because.\n    hit: [x]\n    miss: [x]\n{body}\n"
        book = load_rulebook([write_pack(pack, folder=folder)], shipped=False)
        segments = segment_text(text)
        return judge(segments, Case((RuleSet(book.rules),), find_title=False, **case))

    return run


def dropped(result) -> list[str]:
    return [result.segments.text(i) for i, v in enumerate(result.verdicts) if v is not None]


def test_keep_wins_over_drop_and_all_matching_rules_are_named(judged) -> None:
    result = judged(f"{BODY}\n\nShare this", 'phrases: ["share this"]', 'phrases: ["share this"]\naction: keep')
    assert dropped(result) == []
    result = judged(f"{BODY}\n\nShare this", "id: own.b\nphrases: [share this]", "id: own.a\nphrases: ['share [...]']")
    verdict = result.verdicts[-1]
    assert (verdict.rule, verdict.matched) == ("own.a", ("own.a", "own.b"))


@pytest.mark.parametrize(
    ("keys", "goes"),
    [
        ("zone: tail", ["Share this"]),
        ("zone: [head, body]", []),
        ("max_words: 1", []),
        ("min_words: 3", []),
        ("repeats: 2", []),
        ("langs: [de]", []),
        ("langs: [en, de]", ["Share this"]),
        ("unless: [this]", []),
        ("unless: [thi]", ["Share this"]),
        ("followed_by: [facebook]", ["Share this"]),
        ("followed_by: [x]", []),
        ("preceded_by: ['comment [...]']", ["Share this"]),
        ("preceded_by: [facebook]", []),
        ("link_density: 0.5", []),
    ],
)
def test_conditions(judged, keys: str, goes: list[str]) -> None:
    text = f"{BODY}\n\nComment now\n\nShare this\n\nFacebook"
    assert dropped(judged(text, f"phrases: [share this]\n{keys}", languages=frozenset({"en"}))) == goes


def test_repeats_counts_equal_segments(judged) -> None:
    result = judged(f"Share this\n\n{BODY}\n\nShare this", "phrases: [share this]\nrepeats: 2")
    assert dropped(result) == ["Share this", "Share this"]


def test_a_line_rule_never_takes_a_page_long_segment(judged) -> None:
    text = "share this " + "word " * 200
    assert dropped(judged(f"{BODY}\n\n{text}", "phrases: [share this]\nanywhere: true")) == []
    assert dropped(judged(f"{BODY}\n\n{text}", "phrases: [share this]\nanywhere: true\nmax_words: 500")) != []


SECTION = "section: {starts: [related stories], reach_back: 2}"


@pytest.mark.parametrize(
    ("before", "after", "goes"),
    [
        ("", "A tax is coming\n\nThe ferry is late", ["Related stories:", "A tax is coming", "The ferry is late"]),
        ("A new bridge is planned\n\n", "", ["A new bridge is planned", "Related stories:"]),
        ("One line stacked here\n\nTwo lines stacked here\n\nThree lines stacked here\n\n", "", ["Related stories:"]),
        ("Two words\n\n", "", ["Related stories:"]),
        ("- a point in a list\n\n", "", ["Related stories:"]),
        ("", f"Who will pay for the ferry?\n\n{LONG}", ["Related stories:", "Who will pay for the ferry?"]),
        ("", f"{LONG}\n\nA tax is coming", ["Related stories:"]),
        ("", f"A tax is coming\n\nWhat happens next\n\n{LONG}", ["Related stories:", "A tax is coming"]),
        ("What: the harbour's open day\n\nWhen: Saturday, June 7, 10am\n\n", "", ["Related stories:"]),
        ("“We will fight on”, the group wrote\n\n", "", ["Related stories:"]),
        ("Nobody was hurt, the institute said. Enditem\n\n", "", ["Related stories:"]),
    ],
)
def test_sections(judged, before: str, after: str, goes: list[str]) -> None:
    assert dropped(judged(f"{BODY}\n\n{before}Related stories:\n\n{after}", SECTION)) == goes


HEADLINES = ("A tax on boats is coming", "This town runs on sun. Its neighbours sue.", "The ferry is late once again",
             "Who pays for the wall now", "A bridge is closed until June")  # fmt: skip


def test_a_headline_with_a_full_stop_among_others_belongs_to_the_section(judged) -> None:
    box = ["Related stories", *HEADLINES]
    assert dropped(judged("\n".join([BODY, *box, LONG]), SECTION)) == box
    assert dropped(judged("\n".join([BODY, *box[:-1], LONG]), SECTION)) == box[:2]


def test_a_closed_line_that_is_set_off_ends_the_section(judged) -> None:
    first, *rest = HEADLINES
    text = "\n".join([f"{BODY}\n\nRelated stories", first, "", *rest])
    assert dropped(judged(text, SECTION)) == ["Related stories", first]


@pytest.mark.parametrize(
    ("lines", "goes"),
    [
        (["A tax is coming to Lorne in June", "The ferry is late, and nobody knows why"], 3),
        (["A tax is coming to Lorne in June"], 0),
        (["Tax", "Ferry"], 0),
        (["A tax is coming to Lorne in June", "Here is what we know of it so far:"], 0),
    ],
)
def test_fewer_headlines_than_a_section_asks_for_are_none(judged, lines: list[str], goes: int) -> None:
    rule = "section: {starts: [latest], members: {least: 2}}"
    text = "\n\n".join([BODY, "Latest", *lines, LONG])
    assert len(dropped(judged(text, rule))) == goes


def test_a_menu_ends_where_title_byline_and_date_stood() -> None:
    head = "Home\nNews\nHarbour weekend: what to see and do\nBy Jane Smith\nMarch 12, 2024\nShare"
    text = f"{head}\nFriday\nBread festival, 10am\n{BODY}"
    assert Cleaner(profile="rules-only").clean(text).text.startswith("Friday\nBread festival, 10am\n")


def test_a_stanza_before_a_related_heading_stays(judged) -> None:
    poem = "The tide goes out at four\nthe tide comes home at nine"
    assert dropped(judged(f"{BODY}\n\n{poem}\n\nRelated stories", SECTION)) == ["Related stories"]


def test_a_section_ends_before_its_end_phrase_and_before_what_is_kept(judged) -> None:
    text = f"{BODY}\n\nRelated stories\n\nA tax is coming\n\nFrom the desk\n\nThe ferry is late"
    assert dropped(judged(text, "section: {starts: [related stories], ends: [from the desk]}")) == [
        "Related stories",
        "A tax is coming",
    ]
    assert dropped(judged(text, SECTION, "phrases: [from the desk]\naction: keep")) == [
        "Related stories",
        "A tax is coming",
    ]


def test_inline_cuts_leave_the_rest(own_cleaner) -> None:
    cleaner = own_cleaner("phrases: [click here to read more]\ninline: true")
    source = f"{BODY}\n\nThe wall stands. CLICK HERE TO READ MORE The tide is low, the harbour master said today."
    page = cleaner.clean(source)
    assert page.text.endswith("\n\nThe wall stands. The tide is low, the harbour master said today.")
    assert [r.text for r in page.removals] == ["CLICK HERE TO READ MORE"]
    assert page.restore() == source


@pytest.fixture
def own_cleaner(write_pack):
    def make(*rules: str, **options) -> Cleaner:
        pack = "pack: own\ncategory: advertising\nrules:\n"
        for n, keys in enumerate(rules):
            body = "\n".join(f"    {line}" for line in keys.splitlines())
            pack += f"  -\n    id: zz.r{n}\n    why: Because.\n    hit: [x]\n    miss: [x]\n{body}\n"
        return Cleaner([write_pack(pack)], **options)

    return make


def test_what_is_left_after_a_cut_is_judged_anew(own_cleaner) -> None:
    cleaner = own_cleaner("phrases: [zort blat]\ninline: true", "phrases: [gnarl frim]")
    assert cleaner.clean(f"{BODY}\n\nGnarl ZORT BLAT frim").text == BODY


def test_orphan_punctuation_goes_with_the_advert_and_is_an_edit(own_cleaner) -> None:
    source = f"{BODY}\n\nZort blat!\n\n. “This” is what the engineer had said about the harbour wall in June."
    page = own_cleaner("phrases: [zort blat]").clean(source)
    assert page.text.endswith("\n\n“This” is what the engineer had said about the harbour wall in June.")
    assert [(e.before, e.after) for e in page.edits if e.kind == "orphan"] == [(". ", "")]
    assert page.restore() == source


def test_the_cap_keeps_the_text_and_says_so(own_cleaner) -> None:
    page = own_cleaner("phrases: [the council of varnholm]\nanywhere: true").clean(BODY)
    assert page.text == BODY
    assert page.outcome == "FLAG"
    assert "cap: rules would have removed" in page.reason
    assert "zz.r0" in page.reason


def test_boilerplate_around_a_short_article_does_not_meet_the_cap(own_cleaner) -> None:
    notice = "Frimble sites keep small files on your machine, and by reading on you accept all of them, always."
    text = f"{LONG}\n\n{LONG}\n\n{notice}\n\n{notice}"
    page = own_cleaner("phrases: ['frimble sites keep [...]', 'frimble sites [...] [...]']").clean(text)
    assert (page.text, page.outcome) == (f"{LONG}\n\n{LONG}", "OK")


def test_the_same_notice_many_times_does_not_meet_the_cap_either(own_cleaner) -> None:
    notice = "Frimble sites keep small files on your machine, and by reading on you accept all of them, always."
    text = f"{LONG}\n\n{LONG}" + f"\n\n{notice}" * 6
    page = own_cleaner("phrases: ['frimble sites keep [...]', 'frimble sites [...] [...]']").clean(text)
    assert (page.text, page.outcome) == (f"{LONG}\n\n{LONG}", "OK")


def test_zones_are_by_shape_alone() -> None:
    segments = segment_text(f"Home\nNews\nMenu\n\n{BODY}\n\nShare\n\nRelated")
    assert find_body(segments.weights, [True] * len(segments)) == (3, 8)


def test_a_notice_is_not_the_body_of_a_document_of_short_sentences(judged) -> None:
    result = judged(
        f"The pier was shut for good on Monday night.\nHealth\nOne.\nTwo.\nThree.\nFour.\nFive.\n{LONG}",
        f'phrases: ["{LONG}"]',
        "phrases: [health]\nzone: head",
    )
    assert dropped(result) == [LONG]


def test_a_long_line_of_thai_is_a_sentence_without_a_full_stop() -> None:
    paragraph = "ท่าเรือของเมืองถูกปิดหลังพายุลูกใหญ่พัดเข้าฝั่งในคืนวันจันทร์ และชาวประมงหลายสิบคนยังคงรอข่าวจากเจ้าหน้าที่"
    segments = segment_text(f"หน้าแรก\nข่าว\n{paragraph}\n{paragraph}\nแชร์")
    assert find_body(segments.weights, [True] * len(segments)) == (2, 3)


def test_a_site_rule_wins_over_a_generic_one_and_can_disable_it(write_pack) -> None:
    site = """\
site: The Varnholm Courier
domains: [varnholm.example]
recognise:
  - [{phrase: "the varnholm courier", zone: head}]
rules:
  - id: varnholm.share
    why: Here this is a column's name.
    category: other
    phrases: ["share this"]
    action: keep
    hit: ["Share this"]
    miss: ["They share this."]
disable: [related.block]
"""
    cleaner = Cleaner([write_pack(site, "varnholm.yaml", "sites")])
    text = f"The Varnholm Courier\n\n{BODY}\n\nShare this"
    page = cleaner.clean(text)
    assert page.site == "varnholm"
    assert page.metadata.site == "The Varnholm Courier"
    assert page.text.endswith("\n\nShare this")
    assert cleaner.clean(BODY, url="https://www.news.varnholm.example/a").site == "varnholm"
    assert cleaner.clean(BODY, site="The Varnholm Courier").site == "varnholm"
    assert cleaner.clean(BODY).site is None
    assert Cleaner([write_pack(site, "varnholm.yaml", "sites")], site_packs=False).clean(text).site is None


def test_two_packs_that_fit_equally_flag_the_document(write_pack) -> None:
    packs = [
        write_pack(f"site: {name}\ndomains: []\nrecognise:\n  - [{{phrase: {name}}}]\n", f"{name}.yaml", "sites")
        for name in ("alpha", "omega")
    ]
    page = Cleaner(packs).clean(f"Alpha\n\nOmega\n\n{BODY}")
    assert (page.site, page.outcome) == (None, "FLAG")
    assert "alpha, omega fit equally well" in page.reason


@pytest.mark.parametrize("title", ["Harbour wall to be raised by a metre", "Who pays for the harbour wall?"])
def test_the_title_is_metadata_not_text(cleaner: Cleaner, title: str) -> None:
    page = cleaner.clean(f"{title}\n\n{BODY}")
    assert (page.text, page.metadata.title) == (BODY, title)
    assert [r.category for r in page.removals] == ["title"]
    assert page.metadata.evidence["title"].by == "position"
    told = cleaner.clean(f"Zort\n\n{title}\n\n{BODY}", title=title)
    assert (told.text, told.metadata.title) == (f"Zort\n\n{BODY}", title)
    assert Cleaner(keep_title=True).clean(f"{title}\n\n{BODY}").text == f"{title}\n\n{BODY}"


def test_wrong_calls_are_errors(cleaner: Cleaner) -> None:
    with pytest.raises(UsageError):
        cleaner.clean(7)  # type: ignore[arg-type]
    with pytest.raises(UsageError):
        cleaner.clean("x", kind="pdf")
    with pytest.raises(UsageError):
        cleaner.clean("x", site=3)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="profile"):
        Cleaner(profile="bold")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="rules is a list"):
        Cleaner("rules/")


def test_an_orphan_ends_where_a_cut_begins(cleaner: Cleaner) -> None:
    text = "Tag:\n. (Read more: Ten things) The council met on Monday and said the bridge would shut for nine months."
    page = cleaner.clean(text)
    assert page.text == "The council met on Monday and said the bridge would shut for nine months."
    assert page.restore() == text


def test_many_headings_take_linear_time(cleaner: Cleaner) -> None:
    def seconds(count: int) -> float:
        text = ("Related Stories\n" + "Short headline here now\n" * 3) * count
        start = time.perf_counter()
        cleaner.clean(text)
        return time.perf_counter() - start

    seconds(100)
    assert seconds(4000) < 12 * max(seconds(1000), 0.01)


def test_a_captured_title_goes_as_a_told_one_does(cleaner: Cleaner) -> None:
    page = cleaner.clean("The post X appeared first on .\x0bx")
    assert cleaner.clean(page.text, title=page.metadata.title).text == page.text


WALL = "The council met again on Monday to vote on the new harbour wall."


@pytest.mark.parametrize(
    ("dump", "text"),
    [
        (f"{WALL} (Also read: ferry) (Read more: wall) (Read also: pier)", WALL),
        (f"{WALL} (Also read: ferry) (Read more: wall) More of it was said.", f"{WALL} More of it was said."),
        (f"{WALL} (Also read: ferry) More of it was said.", f"{WALL} More of it was said."),
        (f"(Also read: ferry) {WALL} (Read more: wall)", WALL),
        (f"{WALL}\t(Also read: ferry)\x01 (Read more: wall)\x02", WALL),
    ],
)
def test_pointers_that_stand_side_by_side(cleaner: Cleaner, dump: str, text: str) -> None:
    page = cleaner.clean(dump)
    assert (page.text, page.restore()) == (text, dump)
    assert Cleaned.from_dict(page.to_dict()).restore() == dump
