"""What clean takes beside text and bytes, and the numbers of lists."""

from __future__ import annotations

import logging

import pytest
from bs4 import BeautifulSoup
from conftest import article
from lxml import etree, html

from cleaner import Cleaned, Cleaner, UsageError
from cleaner.segment import numbers
from cleaner.segment.page import Paths

PARAGRAPHS = "".join(f"<p>{p}</p>" for p in article().split("\n\n"))
PAGE = f"""<html><head><title>Harbour wall to be raised</title></head><body><!-- first --><h1>Harbour wall</h1>
{PARAGRAPHS}<p>The <!-- second -->mayor <?hint of="one"?>signed it.</p><p>Share this:</p></body></html>"""
XHTML = f'<html xmlns="http://www.w3.org/1999/xhtml"><body>{PARAGRAPHS}<p>The mayor signed.</p></body></html>'


@pytest.mark.parametrize(
    "given",
    [
        html.fromstring(PAGE),
        html.fromstring(PAGE).getroottree(),
        etree.HTML(PAGE),
        BeautifulSoup(PAGE, "html.parser"),
        BeautifulSoup(PAGE, "lxml"),
    ],
    ids=["lxml.html", "tree", "lxml.etree", "html.parser", "bs4 with lxml"],
)
def test_a_parsed_page_is_cleaned_as_its_text_is(cleaner: Cleaner, given) -> None:
    page, same = cleaner.clean(given), cleaner.clean(PAGE)
    assert page.text == same.text
    assert page.text.endswith("The mayor signed it.")
    assert page.restore() == same.restore()
    assert (page.kind, page.decoded_by, page.metadata.title) == ("html", "tree", same.metadata.title)


def test_a_given_tree_is_not_changed(cleaner: Cleaner) -> None:
    tree = html.fromstring(PAGE)
    for options in ({}, {"list_numbers": False}):
        cleaner.clean(tree, **options)
        assert etree.tostring(tree) == etree.tostring(html.fromstring(PAGE))


def test_a_part_of_a_page_and_xhtml(cleaner: Cleaner) -> None:
    outer = html.fromstring(f"<body><nav>Menu</nav><main>{PARAGRAPHS}</main>and what follows it</body>")
    assert cleaner.clean(outer.find("main")).text == article()
    assert cleaner.clean(etree.fromstring(XHTML)).text == f"{article()}\n\nThe mayor signed."
    assert cleaner.clean(etree.ElementTree()).outcome == "EMPTY"


def test_a_wrong_call_is_an_error(cleaner: Cleaner) -> None:
    with pytest.raises(UsageError, match="BeautifulSoup"):
        cleaner.clean(["text"])
    with pytest.raises(UsageError, match="is a page"):
        cleaner.clean(html.fromstring(PAGE), kind="text")
    with pytest.raises(UsageError, match="did you mean 'list_numbers'"):
        cleaner.clean(PAGE, list_number=False)


ITEM = "The council voted for the {} of the plans, officials said on Monday."


def numbered(cleaner: Cleaner, markup: str, **options: bool) -> Cleaned:
    return cleaner.clean(f"<html><body>{PARAGRAPHS}{markup}</body></html>", **options)


@pytest.mark.parametrize(
    ("attributes", "values", "shown"),
    [
        ("", ("", ""), ("1. ", "2. ")),
        ("start=9", ("", ""), ("9. ", "10. ")),
        ("reversed", ("", ""), ("2. ", "1. ")),
        ("type=A start=26", ("", ""), ("Z. ", "AA. ")),
        ("type=i start=4", ("", "value=9"), ("iv. ", "ix. ")),
        ("start=none", ("type=a", "value=0"), ("a. ", "0. ")),
        ('style="list-style: none"', ("", ""), ("", "")),
    ],
)
def test_a_list_is_numbered_as_the_page_shows_it(cleaner: Cleaner, attributes, values, shown) -> None:
    items = [ITEM.format(n) for n in ("first", "second")]
    markup = "".join(f"<li {value}><p>{item}</p></li>" for value, item in zip(values, items, strict=True))
    page = numbered(cleaner, f"<ol {attributes}>{markup}</ol>")
    assert page.text.endswith("\n\n".join(n + item for n, item in zip(shown, items, strict=True)))
    assert [e.after for e in page.edits if e.kind == "number"] == [n for n in shown if n]
    assert Cleaned.from_dict(page.to_dict()).restore() == "\n\n".join([article(), *items])


def test_only_what_opens_a_kept_item_is_numbered(cleaner: Cleaner) -> None:
    one, two = ITEM.format("first"), ITEM.format("second")
    markup = f"<ol><li>2. {one}</li><li><p>Share this:</p><p>{two}</p><ul><li>{one}</li></ul><p>{two}</p></li></ol>"
    page = numbered(cleaner, markup)
    assert page.text.endswith(f"2. {one}\n\n2. {two}\n\n{one}\n\n{two}")
    assert "2. The" in numbered(cleaner, markup, list_numbers=False).text
    assert not [e for e in numbered(cleaner, markup, list_numbers=False).edits if e.kind == "number"]


def test_a_given_tree_and_its_parser_stay_as_they_are(cleaner: Cleaner) -> None:
    """htmldate wants elements of lxml.html: they are made of a copy, not of the parser that everybody shares."""
    cleaner.clean(etree.HTML("<p>The council met again on a day that nothing on this page names.</p>"))
    assert type(etree.HTML("<p>x</p>")) is etree._Element


def test_other_libraries_keep_their_loggers(cleaner: Cleaner) -> None:
    import htmldate  # noqa: F401  (it sets its level when it is imported)
    import trafilatura  # noqa: F401

    page = "<html><body><p>The council met again, officials said, to vote on the plan for the wall.</p></body></html>"
    before = [logging.getLogger(name).level for name in ("trafilatura", "htmldate")]
    cleaner.clean(page, engine="trafilatura")
    assert [logging.getLogger(name).level for name in ("trafilatura", "htmldate")] == before


def test_a_long_list_is_counted_once(monkeypatch) -> None:
    items = "".join(f"<li>{ITEM.format(n)}</li>" for n in range(500))
    counted: list[object] = []
    count = numbers._numbers
    monkeypatch.setattr(numbers, "_numbers", lambda around: counted.append(around) or count(around))
    page = Cleaner(profile="rules-only").clean(f"<body>{PARAGRAPHS}<ol>{items}</ol></body>", kind="html")
    assert page.text.endswith(f"500. {ITEM.format(499)}")
    assert len(counted) == 1


def test_paths_are_as_lxml_writes_them() -> None:
    svg = '<x:g xmlns:x="urn:x"><x:a/><x:a><b/></x:a></x:g>'
    tree = etree.fromstring(f"<html><!-- c --><p>a</p><p><b/><i/><b/></p><div/>{svg}<?hint?></html>")
    path = Paths()
    elements = [e for e in tree.iter() if isinstance(e.tag, str)]
    assert [path(e) for e in reversed(elements)] == [tree.getroottree().getpath(e) for e in reversed(elements)]
