"""Markdown, HTML and XML-TEI of what is kept, and the options that bear on it."""

from __future__ import annotations

import json

import pytest
from conftest import article
from lxml import etree, html
from typer.testing import CliRunner

from cleaner import Cleaned, Cleaner, UsageError
from cleaner.cli import app

PARAGRAPHS = "".join(f"<p>{p}</p>" for p in article().split("\n\n"))
RULES = Cleaner(profile="rules-only")
URL = "https://courier.example/news/wall"
PAGE = f"""<!doctype html><html lang=en><head><title>Harbour wall to be raised</title></head><body>
<nav><a href=/>Home</a></nav><article><h1>Harbour wall to be raised</h1>{PARAGRAPHS}
<h2>What the harbour needs</h2>
<figure><img src="/wall.jpg" alt="The wall from the sea"></figure>
<p>The <b>new</b> wall [all of it] is <a href="plan.html">in <i>the</i> plan</a>, the council said.
<a href="#top">Top</a></p>
<p>Share this:</p>
<ol start=3><li>Stone from the <em>old</em> quarry is brought in by barge.
<ul><li>Two barges a day, at high water.</li></ul></li>
<li><p>The gate is hung last, before the winter storms.</p></li></ol>
<table><tr><th>Year</th><th>Ships in the harbour</th></tr><tr><td></td><td>twelve in the north basin</td></tr></table>
<blockquote><p>Nobody asked the people who fish here, she said.</p></blockquote>
<p>Grey the water in the morning<br>grey the wall against the sky</p></article></body></html>"""


def test_markdown(cleaner: Cleaner) -> None:
    page = cleaner.clean(PAGE, url=URL, output="markdown", links=True, images=True, formatting=True)
    start, _, rest = page.rendered.partition("## What the harbour needs")
    assert start.strip() == article()
    assert rest.strip() == (
        "![The wall from the sea](https://courier.example/wall.jpg)\n\n"
        r"The **new** wall \[all of it\] is [in *the* plan](https://courier.example/news/plan.html), "
        "the council said. Top"
        "\n\n3. Stone from the *old* quarry is brought in by barge.\n  - Two barges a day, at high water.\n"
        "4. The gate is hung last, before the winter storms.\n\n"
        "| Year | Ships in the harbour | \n|---|---|\n|  | twelve in the north basin | \n\n"
        "> Nobody asked the people who fish here, she said.\n\n"
        "Grey the water in the morning\n\ngrey the wall against the sky"
    )


def test_html(cleaner: Cleaner) -> None:
    page = cleaner.clean(PAGE, url=URL, output="html", links=True, images=True, formatting=True)
    tree = html.document_fromstring(page.rendered)
    assert tree.get("lang") == "en"
    assert tree.findtext("head/title") == "Harbour wall to be raised"
    found = tree.find("body/article")
    assert [child.tag for child in found] == [*["p"] * 6, "h2", "p", "p", "ol", "table", "blockquote", "p"]
    assert found.find("ol").get("start") == "3"
    assert found.xpath(".//a/@href") == ["https://courier.example/news/plan.html"]
    assert found.xpath("string(.//a)") == "in the plan"
    assert found.xpath("string(.//td[2])") == "twelve in the north basin"
    assert found.xpath(".//img/@src") == ["https://courier.example/wall.jpg"]
    assert "Share this" not in page.rendered


def test_tei(cleaner: Cleaner) -> None:
    page = cleaner.clean(PAGE, url=URL, output="tei", links=True, images=True, formatting=True)
    tree = etree.fromstring(page.rendered)
    names = {"t": "http://www.tei-c.org/ns/1.0"}
    assert tree.xpath("string(//t:titleStmt/t:title)", namespaces=names) == "Harbour wall to be raised"
    assert tree.xpath("string(//t:hi[@rend='#b'])", namespaces=names) == "new"
    assert tree.xpath("//t:ref/@target", namespaces=names) == ["https://courier.example/news/plan.html"]
    assert len(tree.xpath("//t:item", namespaces=names)) == 3
    assert not tree.xpath("//t:graphic", namespaces=names)


@pytest.mark.parametrize("output", ["markdown", "html", "tei"])
def test_nothing_is_asked_for_by_default_and_the_text_is_the_same(cleaner: Cleaner, output: str) -> None:
    plain = cleaner.clean(PAGE, url=URL)
    page = cleaner.clean(PAGE, url=URL, output=output)
    assert plain.rendered is None
    assert (page.text, page.removals, page.edits) == (plain.text, plain.removals, plain.edits)
    for absent in ("plan.html", "wall.jpg", "**", "<b>", "<strong>", "hi rend"):
        assert absent not in page.rendered
    assert Cleaned.from_dict(json.loads(json.dumps(page.to_dict()))) == page


FORMS = ("markdown", "html", "tei")


@pytest.mark.parametrize("output", FORMS)
@pytest.mark.parametrize(
    "table",
    [
        "<tr><form><td>Twelve ships in the basin</td></form></tr>",
        "<tr><div><td>Twelve ships in the basin</td></div></tr>",
        "<caption>Twelve ships in the basin</caption>",
    ],
)
def test_a_table_that_is_none_quite(output: str, table: str) -> None:
    page = f"<body>{PARAGRAPHS}<table>{table}</table>{PARAGRAPHS}</body>"
    assert "Twelve ships in the basin" in RULES.clean(page, kind="html", output=output).rendered


def declared(headline: str) -> str:
    said = f'{{"@type": "NewsArticle", "headline": "{headline}"}}'
    return f'<html><head><script type="application/ld+json">{said}</script></head><body>{PARAGRAPHS}</body></html>'


@pytest.mark.parametrize("output", FORMS)
@pytest.mark.parametrize(
    ("page", "url"),
    [
        (declared(r"Rain \u0001 ahead"), None),
        (declared(r"Rain \ud800 ahead"), None),
        (f"<html><head><title>Rain &#1; ahead</title></head><body>{PARAGRAPHS}</body></html>", None),
        (f"<body>{PARAGRAPHS}<p>Rain &#xFFFE; ahead, and wind.</p></body>", None),
        (f"<body>{PARAGRAPHS}<ol start={'9' * 5000}><li>Rain ahead.</li></ol></body>", None),
        (f"<body>{PARAGRAPHS}<ol><li value={'9' * 4300}>Rain.</li><li>Wind ahead.</li></ol></body>", None),
        (f"<body>{PARAGRAPHS}</body>", "http://[bad"),
    ],
    ids=["control", "surrogate", "title", "no character", "start", "value", "address"],
)
def test_what_xml_cannot_hold_is_left_out(output: str, page: str, url: str | None) -> None:
    cleaned = RULES.clean(page, kind="html", url=url, output=output)
    assert article().split("\n\n")[-1] in cleaned.rendered
    assert cleaned.outcome == "OK"


def test_a_form_that_fails_is_a_flag(monkeypatch) -> None:
    def stumble(*_: object) -> str:
        raise RecursionError("too deep")

    monkeypatch.setattr("cleaner.output.write.tree_of_page", stumble)
    page = RULES.clean(PAGE, output="tei")
    assert (page.outcome, page.rendered) == ("FLAG", None)
    assert page.reason == "output: no tei, the text alone: RecursionError: too deep"
    assert page.text == RULES.clean(PAGE).text


@pytest.mark.parametrize("output", ["html", "tei"])
def test_white_space_of_a_dump_parts_words(output: str) -> None:
    page = RULES.clean(f"{article()}\n\nNorth\tbasin twelve ships.", kind="text", output=output)
    assert "North basin twelve ships." in html.fromstring(page.rendered.encode()).xpath("string()")


NUMBERED = """<ol reversed type=a><li>One is stone from the quarry.<li># Two is <b>gravel</b> by barge.
<li>Three is sand.<ol start=7><li>- Four, the gate.<li value=20><b>Five</b>, the hinge.</ol></ol>
<p>The mayor signed it.</p><ol><li>4. Its own number.<li>Another of the kind.</ol>"""


def test_numbers_are_those_of_the_text() -> None:
    page = f"<body>{PARAGRAPHS}{NUMBERED}</body>"
    markdown = RULES.clean(page, kind="html", output="markdown").rendered
    assert markdown.endswith(
        "3. One is stone from the quarry.\n2. \\# Two is gravel by barge.\n1. Three is sand.\n"
        "  7. \\- Four, the gate.\n  20. Five, the hinge.\n\nThe mayor signed it.\n\n"
        "- 4\\. Its own number.\n2. Another of the kind."
    )
    found = html.fromstring(RULES.clean(page, kind="html", output="html").rendered)
    assert [dict(e.attrib) for e in found.iter("ol")] == [{"start": "3", "type": "a"}, {"start": "7"}, {"start": "2"}]
    assert [dict(e.attrib) for e in found.iter("li")] == [
        {}, {"value": "2"}, {"value": "1"}, {}, {"value": "20"}, {"style": "list-style: none"}, {"value": "2"},
    ]  # fmt: skip
    for output in FORMS:
        plain = RULES.clean(page, kind="html", output=output, list_numbers=False).rendered
        assert not any(mark in plain for mark in ("3. ", "7. ", "<ol", 'rend="ol"'))


def test_what_inline_rules_cut_is_not_written(write_pack) -> None:
    pack = """\
pack: own
category: advertising
rules:
  - id: own.click
    why: An advert inside a paragraph.
    inline: true
    anywhere: true
    phrases: ["click here to read more"]
    hit: ["The wall, CLICK HERE TO READ MORE, stands."]
    miss: ["Unclick here to read more"]
"""
    cleaner = Cleaner([write_pack(pack)])
    markup = (
        f"<html><body>{PARAGRAPHS}<p>The <a href=/w>wall <b>CLICK HERE</b></a> TO READ MORE stands.</p></body></html>"
    )
    page = cleaner.clean(markup, url=URL, output="markdown", links=True, formatting=True)
    assert page.text.endswith("\n\nThe wall stands.")
    assert page.rendered.endswith("\n\nThe [wall](https://courier.example/w) stands.")


def test_a_dump_has_paragraphs_alone(cleaner: Cleaner) -> None:
    dump = f"{article()}\n\nShare this:\n"
    assert cleaner.clean(dump, output="markdown").rendered == article()
    assert cleaner.clean(dump, output="html").rendered.count("<p>") == 6
    assert cleaner.clean("Share this:", output="html").rendered is None


def test_tables_go_where_they_are_not_wanted(cleaner: Cleaner) -> None:
    page = cleaner.clean(PAGE, tables=False)
    assert "north basin" not in page.text
    assert {r.rule for r in page.removals if "Ships" in r.text} == {"tables"}
    assert page.restore() == cleaner.clean(PAGE).restore()
    laid_out = f"<html><body><table><tr><td>{PARAGRAPHS}</td><td>Side</td></tr></table></body></html>"
    assert article() in cleaner.clean(laid_out, tables=False).text
    assert "|" not in cleaner.clean(laid_out, output="markdown").rendered


def test_comments_stay_where_they_are_wanted(write_pack) -> None:
    pack = """\
pack: own
category: comments
rules:
  - id: own.comments
    why: What readers wrote.
    css: "div.readers"
    hit: ["<div class='readers'>Well said.</div>"]
    miss: ["<div class='leaders'>Well said.</div>"]
"""
    said = "I have walked on that wall every morning since I was a child, and it never moved."
    markup = f"<html><body>{PARAGRAPHS}<div class=readers><p>{said}</p></div></body></html>"
    cleaner = Cleaner([write_pack(pack)])
    assert cleaner.clean(markup).text == article()
    assert cleaner.clean(markup, comments=True).text == f"{article()}\n\n{said}"


def test_a_form_that_there_is_not(cleaner: Cleaner) -> None:
    with pytest.raises(UsageError, match="output is one of text, markdown, html, tei"):
        cleaner.clean(PAGE, output="pdf")


def test_the_command_line(tmp_path) -> None:
    source = tmp_path / "in" / "wall.html"
    source.parent.mkdir()
    source.write_text(PAGE)
    for format, name in (("markdown", "wall.html.md"), ("html", "wall.html.html"), ("tei", "wall.html.xml")):
        out = tmp_path / format
        call = ["clean", str(source.parent), "-o", str(out), "--format", format, "--jobs", "0", "--formatting", "-q"]
        assert CliRunner().invoke(app, call).exit_code == 0
        assert "What the harbour needs" in (out / name).read_text()
        ledger = json.loads((out / "wall.html.json").read_text())
        assert Cleaned.from_dict({**ledger, "rendered": None}).restore() == Cleaner().clean(PAGE).restore()
    shown = CliRunner().invoke(app, ["clean", "-", "--format", "markdown"], input=PAGE.encode())
    assert "## What the harbour needs" in shown.stdout


@pytest.mark.parametrize(
    ("option", "format"),
    [("--links", "text"), ("--formatting", "jsonl"), ("--images", "parquet"), ("--images", "tei")],
)
def test_an_option_that_a_format_has_no_place_for(tmp_path, option: str, format: str) -> None:
    called = CliRunner().invoke(app, ["clean", str(tmp_path), "-o", str(tmp_path / "out"), option, "-f", format])
    assert isinstance(called.exception, UsageError)
    assert f"{format} has no place for it" in str(called.exception)
