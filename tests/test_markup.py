"""What a page's markup declares, place by place, and which place is believed."""

from __future__ import annotations

import json

import pytest
from conftest import article
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree, html

from cleaner import Cleaned, Cleaner
from cleaner.metadata import markup
from cleaner.metadata.jsonld import Graph, read_json
from cleaner.metadata.markup import declared_metadata, searched_day
from cleaner.segment.html import parse

URL = "https://www.courier.example/harbour/wall"


def declared(head: str = "", body: str = "", url: str | None = URL, lang: str = "en") -> dict[str, object]:
    page = f"<html lang='{lang}'><head>{head}</head><body>{body}<p>{article()}</p></body></html>"
    return declared_metadata(html.document_fromstring(page), url)


def values(head: str = "", body: str = "", **known: str) -> dict[str, object]:
    return {name: found.value for name, found in declared(head, body, **known).items()}


def ld(*nodes: object) -> str:
    return "".join(f"<script type='application/ld+json'>{json.dumps(node)}</script>" for node in nodes)


def meta(**contents: str) -> str:
    return "".join(f'<meta property="{k.replace("__", ":")}" content="{v}">' for k, v in contents.items())


NEWS = {
    "@context": "https://schema.org",
    "@type": "NewsArticle",
    "headline": "Harbour wall to be raised",
    "author": [{"@type": "Person", "name": "Asha Pillai"}, {"@type": "Person", "name": "Ravi Menon"}],
    "datePublished": "2024-03-05T08:00:00+05:30",
    "dateModified": "2024-03-06T08:00:00+05:30",
    "publisher": {"@type": "Organization", "name": "The Courier"},
    "articleSection": "Harbour",
    "keywords": "harbour, sea wall",
    "image": {"@type": "ImageObject", "url": "/wall.jpg"},
    "isAccessibleForFree": False,
}


# ------------------------------------------------------------------------------------ each source
def test_json_ld_says_all() -> None:
    assert values(ld(NEWS)) == {
        "title": "Harbour wall to be raised",
        "authors": ["Asha Pillai", "Ravi Menon"],
        "published": "2024-03-05",
        "modified": "2024-03-06",
        "site": "The Courier",
        "section": "Harbour",
        "tags": ["harbour", "sea wall"],
        "language": "en",
        "image": "https://www.courier.example/wall.jpg",
        "paywalled": True,
    }


def test_meta_elements_say_all() -> None:
    head = meta(
        og__title="Harbour wall to be raised",
        article__published_time="2024-03-05T08:00:00Z",
        article__modified_time="2024-03-06T08:00:00Z",
        og__site_name="The Courier",
        article__section="Harbour",
        article__tag="sea wall",
        og__description="A vote.",
        og__url="/harbour/wall?page=1",
        og__image="https://img.example/wall.jpg",
        author="Asha Pillai",
        article__content_tier="metered",
    )
    assert values(head) == {
        "title": "Harbour wall to be raised",
        "authors": ["Asha Pillai"],
        "published": "2024-03-05",
        "modified": "2024-03-06",
        "site": "The Courier",
        "section": "Harbour",
        "tags": ["sea wall"],
        "language": "en",
        "description": "A vote.",
        "url": "https://www.courier.example/harbour/wall?page=1",
        "image": "https://img.example/wall.jpg",
        "paywalled": True,
    }


@pytest.mark.parametrize(
    ("head", "body", "field", "value", "place"),
    [
        ("<meta name='twitter:title' content='Rain'>", "", "title", "Rain", "meta:twitter:title"),
        ("<title>Rain | The Courier</title>" + meta(og__site_name="The Courier"), "", "title", "Rain", "title"),
        ("", "<h1>Rain</h1>", "title", "Rain", "h1"),
        ("<meta name='DC.creator' content='Asha Pillai'>", "", "authors", ["Asha Pillai"], "meta:dc.creator"),
        ("<meta name='parsely-author' content='Asha Pillai'>", "", "authors", ["Asha Pillai"], "meta:parsely-author"),
        ("<meta name='sailthru.author' content='Asha Pillai'>", "", "authors", ["Asha Pillai"], "meta:sailthru.author"),
        (
            "<meta name='twitter:label1' content='Written by'><meta name='twitter:data1' content='Asha Pillai'>",
            "",
            "authors",
            ["Asha Pillai"],
            "meta:twitter:data1",
        ),
        ("", "<a rel='author' href='/a'>Asha Pillai</a>", "authors", ["Asha Pillai"], "rel=author"),
        (
            "",
            "<div itemprop=author><span itemprop=name>Asha Pillai</span></div>",
            "authors",
            ["Asha Pillai"],
            "itemprop=author",
        ),
        ("", "<p class='c-byline'>By <b>Asha Pillai</b>, 5 March</p>", "authors", ["Asha Pillai"], "byline"),
        ("<meta itemprop=datePublished content=2024-03-05>", "", "published", "2024-03-05", "meta:datepublished"),
        ("<meta name=parsely-pub-date content=2024-03-05>", "", "published", "2024-03-05", "meta:parsely-pub-date"),
        ("", "<time datetime='2024-03-05T10:00'>5 March</time>", "published", "2024-03-05", "time[datetime]"),
        ("<link rel=canonical href='/wall'>", "", "url", "https://www.courier.example/wall", "link[rel=canonical]"),
        ("<meta name=keywords content='sea, wall'>", "", "tags", ["sea", "wall"], "meta:keywords"),
    ],
)
def test_each_place_is_read_and_named(head: str, body: str, field: str, value: object, place: str) -> None:
    found = declared(head, body)[field]
    assert (found.value, found.place) == (value, place)


def test_the_language_is_the_page_s_own() -> None:
    assert values(lang="de-AT")["language"] == "de"
    assert values(meta(og__locale="fr_CA"), lang="")["language"] == "fr"


# ------------------------------------------------------------------------------------ JSON-LD
@pytest.mark.parametrize(
    "text",
    [
        '{"headline": "Rain ahead",}',
        '{"headline": "Rain\nahead"}',
        '<!-- {"headline": "Rain ahead"} -->',
        '//<![CDATA[\n{"headline": "Rain ahead"}\n//]]>',
        '/*<![CDATA[*/ {"headline": "Rain ahead", "n": [1, 2,]} /*]]>*/',
        '{"headline": "Rain ahead"};',
        '{"headline": "Rain ahead", "path": "c:\\wall"}',
    ],
)
def test_broken_json_is_mended(text: str) -> None:
    assert " ".join(read_json(text)["headline"].split()) == "Rain ahead"


@pytest.mark.parametrize("text", ["", "{", "[" * 5_000, '{"a": undefined}', "null", "<p>"])
def test_what_cannot_be_mended_is_nothing(text: str) -> None:
    assert not read_json(text)
    assert "authors" not in values(f"<script type='application/ld+json'>{text}</script>")


def test_a_graph_with_references() -> None:
    graph = {
        "@graph": [
            {"@type": "WebSite", "@id": "#site", "name": "The Courier"},
            {"@type": "WebPage", "@id": "#page", "name": "Harbour wall to be raised - The Courier"},
            {"@type": ["Article", "Thing"], "headline": "Harbour wall to be raised", "author": {"@id": "#asha"}},
            {"@type": "Person", "@id": "#asha", "name": "Asha Pillai"},
        ]
    }
    found = values(ld(graph))
    assert (found["title"], found["authors"], found["site"]) == (
        "Harbour wall to be raised",
        ["Asha Pillai"],
        "The Courier",
    )


def test_the_article_is_told_from_teasers() -> None:
    teasers = {"@type": "ItemList", "itemListElement": [{"@type": "NewsArticle", "headline": "Another story"}]}
    assert values(ld(teasers, [NEWS]))["title"] == "Harbour wall to be raised"


OTHER = {
    "@type": "NewsArticle",
    "headline": "Bridge open again",
    "author": {"@type": "Person", "name": "Mark Jones"},
    "datePublished": "2024-02-01",
    "url": "https://www.courier.example/bridge",
}
BARE = {"@type": "NewsArticle", "headline": "Harbour wall to be raised", "datePublished": "2024-03-05"}


@pytest.mark.parametrize(
    ("node", "body"),
    [
        ({**NEWS, "url": URL}, ""),
        ({**NEWS, "@id": f"{URL}#article"}, ""),
        ({**NEWS, "mainEntityOfPage": {"@type": "WebPage", "@id": f"{URL}/"}}, ""),
        (NEWS, "<h1>Harbour wall to be raised</h1>"),
    ],
    ids=["url", "@id", "mainEntityOfPage", "headline"],
)
def test_of_several_articles_the_page_s_own_is_believed(node: dict[str, object], body: str) -> None:
    for head in (ld(OTHER, node), ld([OTHER, node])):
        found = values(head, body)
        assert (found["title"], found["authors"], found["published"]) == (
            "Harbour wall to be raised",
            ["Asha Pillai", "Ravi Menon"],
            "2024-03-05",
        )


def test_another_article_does_not_say_what_the_page_s_own_leaves_out() -> None:
    found = values(ld(OTHER, {**BARE, "url": URL}))
    assert (found["title"], found["published"], "authors" in found) == (
        "Harbour wall to be raised",
        "2024-03-05",
        False,
    )
    assert values(ld(OTHER, BARE))["title"] == "Bridge open again"


def test_another_article_s_day_is_not_searched_for_either() -> None:
    tree = html.document_fromstring(ld([{"@type": "NewsArticle", "url": URL}, OTHER]) + f"<p>{article()}</p>")
    assert "published" not in declared_metadata(tree, URL)
    assert searched_day(tree, URL) is None
    broken = '<script type=\'application/ld+json\'>{datePublished, "datePublished": "2024-03-05"}</script>'
    assert searched_day(html.document_fromstring(broken + f"<p>{article()}</p>"), URL).value == "2024-03-05"


def test_sites_may_address_articles_by_a_query() -> None:
    def site(number: int, **said: object) -> dict[str, object]:
        return {"@type": "NewsArticle", "url": f"https://www.courier.example/article.php?id={number}", **said}

    head = ld([site(99, datePublished="2020-01-01"), site(5, datePublished="2024-03-05")])
    for tracked in ("", "&utm_source=feed", "&fbclid=1"):
        address = f"https://www.courier.example/article.php?id=5{tracked}"
        assert values(head, url=address)["published"] == "2024-03-05"


def test_several_values_in_one_script_are_read() -> None:
    assert read_json('{"@type": "WebSite"}\n{"headline": "Rain ahead"};') == [
        {"@type": "WebSite"},
        {"headline": "Rain ahead"},
    ]


def test_quotes_written_as_entities_are_read() -> None:
    assert read_json("{&quot;headline&quot;: &quot;Rain &amp; wind&quot;}") == {"headline": "Rain & wind"}


def crumbs(*said: tuple[str, str | None]) -> dict[str, object]:
    items = [
        {"@type": "ListItem", "position": n, "name": name} | ({"item": address} if address else {})
        for n, (name, address) in enumerate(said, 1)
    ]
    return {"@type": "BreadcrumbList", "itemListElement": items[::-1]}


ARCHIVE = [("2024", "https://www.courier.example/2024"), ("March", "https://www.courier.example/2024/03")]
HOME, LOCAL = ("Home", "https://www.courier.example/"), ("Local", "https://www.courier.example/local")


@pytest.mark.parametrize(
    ("trail", "section"),
    [
        ([HOME, LOCAL, ("Harbour wall to be raised", URL)], "Local"),
        ([HOME, LOCAL, ("Harbour wall to be raised", None)], "Local"),
        ([HOME, LOCAL], "Local"),
        ([LOCAL, ("Harbour wall", URL)], "Local"),
        ([HOME, ("Harbour wall to be raised", URL)], None),
        ([("The Courier", "https://www.courier.example/en/"), ("Harbour wall", URL)], None),
        ([HOME, LOCAL, ("Harbour wall …", "https://www.courier.example/?p=5")], "Local"),
        ([HOME, LOCAL, ("Harbour wall to be raised: all you know", "https://www.courier.example/5")], "Local"),
        ([HOME, ("Harbour", "https://www.courier.example/harbour")], "Harbour"),
        ([HOME, ("Harbour wall", "https://www.courier.example/walls")], "Harbour wall"),
        ([HOME, ("Today", "https://www.courier.example/today")], "Today"),
        ([("Front page", "https://www.courier.example/index.html"), ("Harbour wall", URL)], None),
        ([("Start", "https://www.courier.example/en/"), ("Harbour wall", URL)], None),
        ([HOME, *ARCHIVE, ("Harbour wall", URL)], None),
        ([HOME, LOCAL, *ARCHIVE, ("Harbour wall", URL)], "Local"),
        ([HOME, LOCAL, ("March 2024", "https://www.courier.example/2024/03"), ("Harbour wall", URL)], "Local"),
        ([HOME], None),
        ([], None),
    ],
)
def test_the_section_is_the_last_crumb_before_the_article(
    trail: list[tuple[str, str | None]], section: str | None
) -> None:
    head = meta(og__title="Harbour wall to be raised", og__site_name="The Courier")
    assert values(head + ld(crumbs(*trail))).get("section") == section
    assert values(head + ld({"@type": "WebPage", "breadcrumb": crumbs(*trail)})).get("section") == section
    assert values(ld(crumbs(*trail), NEWS))["section"] == "Harbour"


@pytest.mark.parametrize("position", ["9" * 5_000, "²", [1], None, {"@value": 1}])
def test_a_crumb_s_position_may_be_anything(position: object) -> None:
    local = {"@type": "ListItem", "position": position, "name": "Local", "item": LOCAL[1]}
    assert values(ld({"@type": "BreadcrumbList", "itemListElement": [local]}))["section"] == "Local"


def test_a_trail_that_many_nodes_refer_to_is_one() -> None:
    nodes = [{"@type": "WebPage", "@id": f"#{n}", "breadcrumb": {"@id": "#trail"}} for n in range(9)]
    trail = {**crumbs(HOME), "@id": "#trail"}
    assert len(list(Graph([json.dumps([*nodes, trail])]).trails())) == 1


def test_entities_in_strings_are_read() -> None:
    assert values(ld({"@type": "Article", "headline": "The mayor&#039;s wall &amp;amp; yours"}))["title"] == (
        "The mayor's wall & yours"
    )


# ------------------------------------------------------------------------------------ titles
@pytest.mark.parametrize(
    ("title", "site"),
    [
        ("Harbour wall to be raised | The Courier", "The Courier"),
        ("Harbour wall to be raised - Harbour - The Courier Online", "The Courier"),
        ("The Courier: Harbour wall to be raised", "The Courier"),
        ("Harbour wall to be raised – courier.example", ""),
    ],
)
def test_the_site_s_name_is_no_title(title: str, site: str) -> None:
    body = "<h1>Harbour wall to be raised</h1>"
    assert values(f"<title>{title}</title>" + meta(og__title=title, og__site_name=site), body)["title"] == (
        "Harbour wall to be raised"
    )


@pytest.mark.parametrize(
    "title", ["Opinion | Raise the wall", "Raise the wall | Editorial", "Raise the wall - Harbour"]
)
def test_a_department_is_no_part_of_a_title(title: str) -> None:
    head = meta(og__title=title, article__section="Harbour")
    assert values(head, f"<h1>{title}</h1>")["title"] == "Raise the wall"


def test_what_is_set_off_from_the_heading_is_no_part_of_the_title() -> None:
    titles = "<title>Raise the wall | AW2</title>" + meta(
        og__title="Raise the wall | AW2", twitter__title="Raise the wall | AW2"
    )
    assert values(titles, "<h1>Raise the wall</h1>")["title"] == "Raise the wall"
    assert values(titles)["title"] == "Raise the wall | AW2"


def test_dashes_inside_a_title_stay() -> None:
    head = "<title>Walls - and how to raise them | The Courier</title>" + meta(og__site_name="The Courier")
    assert values(head)["title"] == "Walls - and how to raise them"


def test_a_heading_that_says_something_else_is_no_title() -> None:
    head = "<title>Harbour wall to be raised</title>"
    assert values(head, "<h1>Subscribe today</h1>")["title"] == "Harbour wall to be raised"
    head += meta(og__site_name="The Courier")
    assert values(head, "<h1>The Courier</h1><h1>Harbour wall to be raised</h1>")["title"] == (
        "Harbour wall to be raised"
    )


@pytest.mark.parametrize("sign", ["¶", "#", "§"])
def test_the_sign_that_links_to_a_heading_is_no_title(sign: str) -> None:
    link = f"<a class=headerlink href='#wall' title='Permalink'>{sign}</a>"
    assert values("", f"<h1>Harbour wall{link}</h1>")["title"] == "Harbour wall"
    assert values("", f"<h1>{link} Harbour wall</h1>")["title"] == "Harbour wall"
    assert values("", f"<h1>Off by {link.replace('#wall', '/wall')}</h1>")["title"] == f"Off by {sign}"
    assert values("", f"<h1>Written in <a>C</a><a href='#'>{sign}</a></h1>")["title"] == f"Written in C{sign}"
    assert values("", f"<h1>The {sign} on the <a href='/wall'>wall</a></h1>")["title"] == f"The {sign} on the wall"


def test_a_picture_s_title_is_not_the_page_s() -> None:
    assert "title" not in values("", "<svg><title>Menu</title></svg>")


# ------------------------------------------------------------------------------------ authors
@pytest.mark.parametrize(
    "author",
    [
        "By Asha Pillai",
        "Analysis by Asha Pillai",
        "Asha Pillai, Staff Writer",
        "Asha Pillai, The Courier Times",
        "Asha Pillai, PhD",
        ["Asha Pillai"],
        {"@type": "Person", "name": "Asha Pillai"},
        {"@type": "Person", "name": ["Asha Pillai"]},
    ],
)
def test_an_author_is_a_name(author: object) -> None:
    assert values(ld({**NEWS, "author": author}))["authors"] == ["Asha Pillai"]


@pytest.mark.parametrize(
    "author",
    [
        "@ashapillai",
        "ashapillai",
        "asha.pillai@courier.example",
        "https://www.facebook.com/courier",
        "www.courier.example",
        "admin",
        "Editorial",
        "5 March 2024",
        "",
        ", The Courier",
        {"@type": "Person", "url": "https://courier.example/asha"},
        {"@type": "Organization", "name": "The Courier"},
        None,
    ],
)
def test_none_rather_than_a_wrong_author(author: object) -> None:
    assert "authors" not in values(ld({**NEWS, "author": author}))


def test_an_agency_that_signs_is_an_author() -> None:
    assert values(ld({**NEWS, "author": {"@type": "Organization", "name": "Coast News Agency"}}))["authors"] == [
        "Coast News Agency"
    ]


def test_the_site_in_a_meta_element_has_not_signed() -> None:
    head = meta(og__site_name="The Courier", author="The Courier")
    assert "authors" not in values(head)
    assert values(head, "<span class=author-name>Asha Pillai</span>")["authors"] == ["Asha Pillai"]


@pytest.mark.parametrize("text", ["Written By", "Read more", "Open Menu 24", "About the author", "Share"])
def test_a_label_is_no_byline(text: str) -> None:
    assert "authors" not in values("", f"<div class=author>{text}</div>")


# ------------------------------------------------------------------------------------ days
@pytest.mark.parametrize("stamp", ["2099-01-01", "0001-01-01T00:00:00Z", "1970-01-01", "yesterday", "04/03/2024", ""])
def test_a_wrong_day_is_none(stamp: str) -> None:
    assert "published" not in values(ld({**NEWS, "datePublished": stamp}))


def test_the_day_in_the_address_is_the_site_s_own() -> None:
    head = ld({**NEWS, "datePublished": "2024-03-06T02:00:00Z"})
    assert values(head, url="https://courier.example/2024/03/05/wall")["published"] == "2024-03-05"
    assert values(head, url="https://courier.example/2019/03/05/wall")["published"] == "2024-03-06"
    assert values(url="https://courier.example/2024/03/05/wall")["published"] == "2024-03-05"
    assert values(url="https://courier.example/world/2024/mar/05/wall")["published"] == "2024-03-05"
    assert values(url="https://courier.example/blog/2024/March/5/wall")["published"] == "2024-03-05"


def test_days_of_teasers_are_not_the_page_s() -> None:
    teasers = "<time datetime=2024-01-01>1 January</time><time datetime=2024-01-02>2 January</time>"
    assert "published" not in values("", teasers)
    assert values("", teasers + "<time itemprop=datePublished datetime=2024-03-05></time>")["published"] == "2024-03-05"


@pytest.mark.parametrize(
    "box",
    [
        "<aside>{}</aside>",
        "<nav>{}</nav>",
        "<footer>{}</footer>",
        "<section id=comments><article class=comment>{}</article></section>",
        "<div class='c-related-stories'><article>{}</article></div>",
    ],
)
def test_the_day_of_what_stands_beside_is_not_the_page_s(box: str) -> None:
    beside = box.format("<p class=date><time datetime=2024-03-15 class=published>March 15, 2024</time></p>")
    assert "published" not in values("", beside)
    assert searched_day(html.document_fromstring(f"<p>{article()}</p>{beside}"), URL) is None
    own = "<article class='post category-latest comments-open'><time datetime=2024-03-05>5 March</time></article>"
    assert values("", own + beside)["published"] == "2024-03-05"


@pytest.mark.parametrize(
    "name",
    ["no-comments", "has-comments", "with-related", "latest", "sidebar right", "post comment-status-open",
     "most-read-hidden"],
)  # fmt: skip
@pytest.mark.parametrize(
    "page",
    [
        "<div class='{}'><article><h1>Harbour wall</h1>{}</article></div>",
        "<h1>Harbour wall</h1><div class='{}'><article>{}</article></div>",
        "<h1>The Courier</h1><div class='{}'><h1>Harbour wall</h1><div>{}</div></div>",
    ],
)
def test_what_holds_the_whole_article_is_no_box(page: str, name: str) -> None:
    teaser = "<div class=related><article><h1>Ferry</h1><time datetime=2024-02-01></time></article></div>"
    for day in ("<time datetime=2024-03-05></time>", "<p class=date>March 5, 2024</p>"):
        body = page.format(name, f"{day}<p>{article()}</p>") + teaser
        tree = html.document_fromstring(f"<title>Harbour wall | The Courier</title>{body}")
        found = declared_metadata(tree, URL).get("published") or searched_day(tree, URL)
        assert (found and found.value) == "2024-03-05"


def test_each_element_around_many_times_is_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[object] = []
    is_box = markup._is_box
    monkeypatch.setattr(markup, "_is_box", lambda *known: looked.append(known) or is_box(*known))
    values("", "<div>" * 50 + "<time datetime=2024-03-05></time>" * 50)
    assert len(looked) < 100


def test_the_day_of_the_last_change_is_not_that_of_publication() -> None:
    times = "<time>April 26, 2024</time><time>Updated on: October 28, 2024</time>"
    assert values("", times)["published"] == "2024-04-26"
    assert "published" not in values("", "<time datetime=2024-10-28 class=updated>28 October</time>")


@pytest.mark.parametrize(
    ("figures", "language", "day"),
    [
        ("03/04/2024", "en", None),
        ("03/04/2024", None, None),
        ("23/04/2024", "en", "2024-04-23"),
        ("03/04/2024", "de", "2024-04-03"),
        ("03.04.2024", "en", "2024-04-03"),
    ],
)
def test_no_day_is_searched_in_figures_that_may_be_another(figures: str, language: str | None, day: str | None) -> None:
    for declared in (f"<meta name=date content='{figures}'>", f"<p class=date>{figures}</p>"):
        found = searched_day(html.document_fromstring(f"{declared}<p>{article()}</p>"), language=language)
        assert (found and found.value) == day


def test_htmldate_searches_on_a_copy() -> None:
    tree = html.document_fromstring(f"<body><p class=date>Published 5 March 2024</p><p>{article()}</p>")
    before = etree.tostring(tree)
    found = searched_day(tree)
    assert (found.value, found.place) == ("2024-03-05", "htmldate")
    assert etree.tostring(tree) == before


# ------------------------------------------------------------------------------------ paywall
@pytest.mark.parametrize(
    ("said", "paywalled"),
    [
        (False, True),
        ("False", True),
        ("http://schema.org/False", True),
        (True, False),
        ("true", False),
        ("maybe", None),
    ],
)
def test_paywall(said: object, paywalled: bool | None) -> None:
    assert values(ld({**NEWS, "isAccessibleForFree": said})).get("paywalled") is paywalled


def test_a_part_behind_the_wall() -> None:
    part = {"@type": "WebPageElement", "isAccessibleForFree": "False", "cssSelector": ".body"}
    assert values(ld({"@type": "NewsArticle", "headline": "x", "hasPart": part}))["paywalled"] is True


# ------------------------------------------------------------------------------------ the whole way
def page(head: str, body: str) -> str:
    text = "".join(f"<p>{p}</p>" for p in article().split("\n\n"))
    return f"<!doctype html><html lang=en><head>{head}</head><body><main>{body}{text}</main></body></html>"


def test_evidence_names_the_place_and_survives_a_round_trip(cleaner: Cleaner) -> None:
    cleaned = cleaner.clean(page(ld({**NEWS, "isAccessibleForFree": True}), "<h1>Harbour wall to be raised</h1>"))
    evidence = cleaned.metadata.evidence
    assert evidence["authors"].by == "markup:json-ld:author"
    assert evidence["authors"].text == "Asha Pillai; Ravi Menon"
    assert cleaned.metadata.paywalled is False
    assert evidence["paywalled"].by == "markup:json-ld:isAccessibleForFree"
    assert Cleaned.from_dict(json.loads(json.dumps(cleaned.to_dict()))) == cleaned


def test_what_the_caller_tells_wins(cleaner: Cleaner) -> None:
    cleaned = cleaner.clean(page(ld(NEWS), ""), url="https://a.example/told", title="Told")
    assert (cleaned.metadata.title, cleaned.metadata.evidence["title"].by) == ("Told", "told")
    assert cleaned.metadata.url == "https://a.example/told"


def test_markup_wins_over_generic_rules_and_rules_over_a_search(cleaner: Cleaner) -> None:
    byline = "<h1>Harbour wall to be raised</h1><p>By Mary Roe</p><p>Published: 4 March 2019</p>"
    assert cleaner.clean(page(ld(NEWS), byline)).metadata.authors == ["Asha Pillai", "Ravi Menon"]
    without = cleaner.clean(page("", byline)).metadata
    assert without.authors == ["Mary Roe"]
    assert without.published == "2019-03-04"
    assert not without.evidence["published"].by.startswith("markup")


def test_the_printed_day_wins_over_a_stamp_of_another_zone(cleaner: Cleaner) -> None:
    stamped = ld({**NEWS, "datePublished": "2024-03-06T02:00:00Z"})
    body = "<h1>Harbour wall to be raised</h1><p>Published: 5 March 2024</p>"
    assert cleaner.clean(page(stamped, body)).metadata.published == "2024-03-05"
    body = "<h1>Harbour wall to be raised</h1><p>Published: 5 May 2024</p>"
    assert cleaner.clean(page(stamped, body)).metadata.published == "2024-03-06"


# ------------------------------------------------------------------------------------ properties
_words = st.sampled_from(
    "author headline name @id @type @graph Article Person datePublished image keywords publisher hasPart mainEntity "
    "isAccessibleForFree 2024-03-05 http://[ #x https://a.example/2024/13/45 By".split()
)
_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | _words | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_words, inner, max_size=5),
    max_leaves=20,
)
_attributes = st.dictionaries(
    st.sampled_from("property name content rel href class itemprop datetime lang type".split()),
    _words
    | st.sampled_from(["og:title", "author", "og:url", "canonical", "article:published_time", "byline", "date"])
    | st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12),
    max_size=4,
)


@st.composite
def _trees(draw: st.DrawFn) -> object:
    root = html.Element("html", draw(_attributes))
    for _ in range(draw(st.integers(0, 8))):
        tag = draw(st.sampled_from("meta link time title h1 a span script div".split()))
        element = etree.SubElement(root, tag, draw(_attributes))
        element.text = draw(_words | st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=30))
    script = etree.SubElement(root, "script", {"type": "application/ld+json"})
    script.text = json.dumps(draw(_json))
    root.append(etree.Comment("x"))
    return root


@given(_trees(), st.none() | st.text(max_size=20) | st.sampled_from(["http://[", "https://a.example/2024-99-99"]))
def test_never_raises_and_leaves_the_tree(tree: object, url: str | None) -> None:
    before = etree.tostring(tree)
    found = declared_metadata(tree, url)
    assert etree.tostring(tree) == before
    assert all(f.place and isinstance(f.text, str) and f.value not in (None, "", []) for f in found.values())


def test_a_class_on_the_body_signs_nothing() -> None:
    tree = parse("<body class='single single-author'><ul><li>Home</li><li>Dora Trumbull</li></ul><p>Text.</p></body>")
    assert "authors" not in declared_metadata(tree)
