"""The thinnest honest path for pages: blocks, rules, ledger."""

from __future__ import annotations

import gc
import time

import lxml.html
import pytest
from conftest import article
from cssselect import HTMLTranslator

from cleaner import Cleaner
from cleaner.judge.selectors import FEW, select
from cleaner.segment.html import parse, segment_html

PARAGRAPHS = "".join(f"<p>{p}</p>" for p in article().split("\n\n"))
PAGE = f"""<!doctype html><html lang=en><head><title>Harbour wall to be raised - The Courier</title>
<meta property="og:title" content="Harbour wall to be raised"><script>var a = "no text";</script></head><body>
<nav><a href=/>Home</a></nav><main><h1>Harbour <b>wall</b> to be raised</h1><div class="share">Share this</div>
{PARAGRAPHS}<pre>one
  two</pre></main><p>Share<br>this:</p></body></html>"""


def test_a_page_is_cleaned_and_accounted_for(cleaner: Cleaner) -> None:
    page = cleaner.clean(PAGE)
    assert page.kind == "html"
    assert page.metadata.title == "Harbour wall to be raised"
    assert page.metadata.evidence["title"].by == "markup:meta:og:title"
    assert page.text.startswith(article())
    lines = [line for line in page.restore().split("\n") if line]
    assert lines[:3] == ["Home", "Harbour wall to be raised", "Share this"]
    assert lines[-4:] == ["one", "two", "Share", "this:"]
    share = next(r for r in page.removals if r.text == "Share this")
    assert share.path.endswith("/div")


def test_selectors_and_layouts(write_pack) -> None:
    site = """\
site: The Courier
domains: [courier.example]
layouts:
  - content: main
rules:
  - id: courier.share
    category: social
    why: The share bar.
    css: "div.share"
    hit: ["<div class='bar share'>Share</div>"]
    miss: ["<div class='shared'>Share</div>"]
  - id: courier.code
    category: other
    why: A sample.
    xpath: "//pre"
    hit: ["<pre>x</pre>"]
    miss: ["<p>pre</p>"]
"""
    cleaner = Cleaner([write_pack(site, "courier.yaml", "sites")])
    page = cleaner.clean(PAGE, url="https://courier.example/x")
    assert page.text == article()
    by_rule = {r.text: r.rule for r in page.removals}
    assert by_rule["Share this"] == "courier.share"
    assert by_rule["one"] == "courier.code"
    assert by_rule["Home"] in ("content", "navigation.home") or by_rule["Home"].startswith("navigation")


@pytest.mark.parametrize("depth", [300, 3_000])
def test_deep_nesting_is_whole_or_a_failure_never_a_short_text(cleaner: Cleaner, depth: int) -> None:
    page = cleaner.clean("<html><body>" + "<div>" * depth + f"<p>{article()}</p>" + "</div>" * depth + "</body></html>")
    if page.outcome == "FAIL":
        assert page.reason.startswith("depth")
    else:
        assert "9th time" in page.text


@pytest.mark.parametrize("depth", [400, 1_500])
def test_what_is_removed_deep_down_has_its_path(cleaner: Cleaner, depth: int) -> None:
    body = f"<p>{article()}</p><p>Share this:</p><p>Share this:</p>"
    page = cleaner.clean("<html><body>" + "<div>" * depth + body + "</div>" * depth + "</body></html>")
    assert [r.path for r in page.removals] == [f"/html/body{'/div' * depth}/p[{n}]" for n in (2, 3)]


def test_markup_in_a_page_never_raises(cleaner: Cleaner) -> None:
    for text in (
        "<html>",
        "<html><body><table><tr><td>",
        "<!doctype html><p>\x00</p>",
        "<html><body><!-- x",
        "<p><a><p><b>",
    ):
        assert cleaner.clean(text, kind="html").outcome in ("OK", "FLAG", "EMPTY", "FAIL")


def test_short_paragraphs_stand_apart(cleaner: Cleaner) -> None:
    assert cleaner.clean("<div><p>He said no.</p><p>She said yes.</p></div>").text == "He said no.\n\nShe said yes."


@pytest.mark.parametrize(
    ("markup", "said"),
    [
        ("<p>One two.</p><!-- x <p>Three four.</p>", "comment"),
        ("<p>One two.</p><![CDATA[ three ]]><p>Four.</p>", "CDATA"),
        ("<script>//<![CDATA[\nvar a = '<!--';\n//]]></script><p>One two.</p><!-- a -->", None),
    ],
)
def test_what_the_parser_leaves_out_is_flagged(cleaner: Cleaner, markup: str, said: str | None) -> None:
    page = cleaner.clean(f"<html><body>{markup}</body></html>")
    assert (page.outcome, said is None or said in page.reason) == ("FLAG" if said else "OK", True)


@pytest.mark.parametrize(
    ("markup", "lines"),
    [
        (
            "<p>The maker Tern<button aria-label='Add'><svg></svg></button>, of Lorne.</p>",
            ["The maker Tern, of Lorne."],
        ),
        ("<p>The maker Tern<button>Add</button>, of Lorne.</p>", ["The maker Tern", "Add", ", of Lorne."]),
        ("<p>The maker<button><img alt='A rope'></button> of Lorne.</p>", ["The maker", "A rope", "of Lorne."]),
        ("<div>Tern<button></button>Lorne</div>", ["Tern", "Lorne"]),
    ],
)
def test_a_button_without_words_does_not_part_a_sentence(markup: str, lines: list[str]) -> None:
    segments = segment_html(parse(f"<html><body>{markup}</body></html>")).segments
    assert [segments.source[a:b] for a, b in zip(segments.starts, segments.ends, strict=True)] == lines


def test_a_page_of_comments_alone_is_empty(cleaner: Cleaner) -> None:
    assert cleaner.clean("<!-- nothing here -->", kind="html").outcome == "EMPTY"


@pytest.mark.parametrize(
    ("markup", "lines"),
    [
        ('<div><a href="/a">Sign in</a><a href="/b">Help</a><a href="#">Cart</a></div>', ["Sign in", "Help", "Cart"]),
        ('<div><a href="#">Mail</a><a href="#">Print</a></div>', ["Mail", "Print"]),
        ('<p><a href="/a">Trum</a><a href="/a">pet</a> found in the lock</p>', ["Trumpet found in the lock"]),
        ('<p>The goat came back.<a href="#n1">1</a><a href="#n2">2</a></p>', ["The goat came back.12"]),
        ('<p><a href="/a">Home </a><a href="/b">News</a></p>', ["Home News"]),
        ('<p><a name="top"></a><a href="/b">News</a> of the day</p>', ["News of the day"]),
    ],
)
def test_links_that_touch_are_lines_of_their_own_where_there_are_only_links(markup: str, lines: list[str]) -> None:
    tree = parse(f"<html><body>{markup}</body></html>")
    segments = segment_html(tree).segments
    assert [segments.source[a:b] for a, b in zip(segments.starts, segments.ends, strict=True)] == lines


@pytest.mark.parametrize("tag", ["xhuge-banner", "xdepth", "xnesting"])
def test_a_tag_named_like_a_limit_is_none(cleaner: Cleaner, tag: str) -> None:
    assert cleaner.clean(f"<html><body><p>{article()}</p></{tag}></body></html>").outcome == "OK"


@pytest.mark.parametrize(
    "css",
    [
        '[class!="ad"]',
        '[lang!="de"]',
        '[data-X="1"]',
        "p[DATA-x]",
        "p.ad",
        "p",
        "DIV p",
        "div > p",
        ".ad + p",
        "p:not(.ad)",
        "[class^=ad]",
        "#one",
    ],
)
def test_a_selector_selects_what_cssselect_says(css: str) -> None:
    tree = parse("<body><div><p class='ad big' data-x=1>One.</p><p id=one lang=de>Two.</p><span>Three.</span></div>")
    page = segment_html(tree)
    body = tree.find("body")
    wanted = [e for e in tree.xpath(HTMLTranslator().css_to_xpath(css)) if e is not tree and e is not body]
    assert {e for e in select(css, page) if e is not tree and e is not body} == set(wanted)


@pytest.mark.parametrize("depth", [2, FEW + 1])
@pytest.mark.parametrize("css", [".in p", ".in > p", "div.in .in"])
def test_what_stands_in_several_starts_is_selected_once(css: str, depth: int) -> None:
    tree = parse("<body><p>Zero.</p>" + "<div class=in><p>One.</p>" * depth)
    selected = select(css, segment_html(tree))
    assert len(selected) == len(set(selected))
    assert set(selected) == set(tree.xpath(HTMLTranslator().css_to_xpath(css)))


def test_many_links_in_a_row_take_linear_time() -> None:
    def seconds(count: int) -> float:
        tree = parse("<body><p>" + "<a href=x>ab</a>" * count)
        gc.disable()  # what other tests left behind is not the walk's
        start = time.process_time()
        segment_html(tree)
        spent = time.process_time() - start
        gc.enable()
        return spent

    assert seconds(16_000) < 20 * max(seconds(2_000), 0.001)


def test_a_page_that_has_its_text_in_noscript_is_read_there(cleaner: Cleaner) -> None:
    paragraphs = "".join(f"<p>{line}</p>" for line in article(5).split("\n\n"))
    page = cleaner.clean(f"<html><body><div id=app>Loading</div><noscript>{paragraphs}</noscript></body></html>")
    assert page.text == article(5)
    assert page.restore().split("\n")[0] == "Loading"


def test_a_request_to_turn_scripts_on_is_no_text(cleaner: Cleaner) -> None:
    request = "We are sorry, but this page does not work without scripts. Please turn them on in your browser to go on."
    page = cleaner.clean(f"<html><body><div id=app></div><noscript><p>{request}</p></noscript></body></html>")
    assert (page.outcome, page.text) == ("EMPTY", "")


@pytest.mark.parametrize("parsed", [False, True], ids=["text", "tree"])
def test_what_stands_behind_the_end_of_the_page_is_read(cleaner: Cleaner, parsed: bool) -> None:
    first, second = article(2).split("\n\n")
    page = f"<html><body><p>{first}</p></body></html>\n<div><p>{second}</p></div></html> tail"
    given = lxml.html.document_fromstring(page) if parsed else page
    assert cleaner.clean(given).restore().split("\n\n") == [first, second, "tail"]


def test_a_heading_beside_the_next_paragraph_is_none_of_the_section_before_it(cleaner: Cleaner) -> None:
    first, second = article(2).split("\n\n")
    box = "<aside><h3>Related Stories</h3><ul><li>Ferry closed after storm</li></ul></aside>"
    page = (
        f"<body><article><p>{first}</p>{box}<h2>How the wall became a matter of the court</h2><p>{second}</p></article>"
    )
    text = cleaner.clean(page).text
    assert text.split("\n\n") == [first, "How the wall became a matter of the court", second]


@pytest.mark.parametrize(
    "around",
    ["{}", "\n{}\n", "<a href=x>\n{}</a>\n ", "<p>Before it {} and after it.</p>", "<picture> {}\n</picture> "],
)
def test_a_selector_finds_a_picture_whatever_stands_around_it(around: str) -> None:
    page = segment_html(
        parse(f"<body><p>One line.</p><div>{around.format('<img alt=Boat>')}</div><p>Another.</p></body>")
    )
    boat = page.segments_in(select("img", page))
    assert [page.segments.text(i) for i in boat] == ["Boat"]
    assert boat <= page.segments_in(select("div", page))


def test_a_section_in_the_root_of_a_tree_that_came_parsed(cleaner: Cleaner) -> None:
    first, second = article().split("\n\n")[:2]
    lines = f"<p>{first}</p><h3>Related Stories</h3><ul><li>Ferry closed after storm</li></ul><h2>How it stands</h2>"
    assert second in cleaner.clean(lxml.html.fragment_fromstring(f"<div>{lines}{second}</div>")).text


def test_what_stands_behind_the_end_of_the_page_stands_in_its_body() -> None:
    tree = parse(b"<html><body><p>One</p></body></html><div class=ad><p>Two</p></div>three")
    assert tree is not None
    assert [e.tag for e in tree.iter()] == ["html", "body", "p", "div", "p"]
    assert "".join(tree.itertext()) == "OneTwothree"
    later = tree.getroottree().getroot()
    assert later is tree


def test_a_control_character_in_a_name_of_an_element(cleaner: Cleaner) -> None:
    """libxml2 takes such a name, lxml refuses to look for it."""
    page = cleaner.clean("<html><body><p>The council met.</p><x\x01><p>Share this:</p></x></body></html>", kind="html")
    assert (page.text, [removal.text for removal in page.removals]) == ("The council met.", ["Share this:"])


def _tail(after: str) -> str:
    """What comes out behind the article's paragraphs, by rules alone."""
    page = Cleaner(profile="rules-only").clean(f"<html><body><article>{PARAGRAPHS}{after}</body></html>")
    return page.text.removeprefix(article()).strip()


@pytest.mark.parametrize(
    ("after", "text"),
    [
        ("<h2>Events</h2><p>Open day, 4 May</p></article>", "Events\n\nOpen day, 4 May"),
        ("<h2>Events</h2><ul><li><a href=/1>Open day</a></li></ul></article>", "Open day"),
        ("</article><footer><h2>Events</h2><p>Open day, 4 May</p></footer>", "Open day, 4 May"),
        ("<h3>Friday, 5 July 2024</h3><p>Brass on the quay</p></article>", "Friday, 5 July 2024\n\nBrass on the quay"),
        ("<table><tr><td>Home</td><td>Away</td></tr></table></article>", "Home\nAway"),
        ("<pre>[store]\nhome = yes</pre></article>", "[store]\nhome = yes"),
        ("<p>Events</p></article>", ""),
    ],
    ids=["heading", "heading of links", "beside a footer", "day", "table", "code", "short paragraph"],
)
def test_what_stands_among_the_paragraphs_is_body(after: str, text: str) -> None:
    assert _tail(after) == text


def test_a_section_reaches_back_for_links_only() -> None:
    box = "<h3>Related articles</h3><ul><li><a href=/2>Storm wall to be finished by autumn</a></li></ul>"
    assert _tail(f"<p>The exhibition runs until 3 June</p></article>{box}") == "The exhibition runs until 3 June"
    linked = "<p><a href=/1>Duck race won by a goose again</a></p>"
    assert _tail(f"</article>{linked}{box}") == ""


def test_a_table_beside_the_paragraphs_stays_whole() -> None:
    cells = "".join(f"<tr><td>{name}</td><td>{n}</td></tr>" for n, name in enumerate(("Norway", "Germany", "Italy")))
    text = Cleaner().clean(f"<html><body><article>{PARAGRAPHS}<table>{cells}</table></article></body></html>").text
    assert text.endswith("Norway\n0\nGermany\n1\nItaly\n2")
