"""What a page's markup declares about the article: every place is asked, the best word is taken.

One walk gathers the places (JSON-LD, ``<meta>``, ``<link>``, ``<title>``, ``<h1>``, ``<time>``); a function
a field chooses between them. Marks in the body (``rel=author``, microdata, bylines) are looked for only
where these name nobody. A day that no place declares may be searched by
`htmldate <https://htmldate.readthedocs.io>`_.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from copy import deepcopy
from datetime import date, timedelta
from functools import cached_property, lru_cache
from itertools import islice
from operator import itemgetter
from typing import Any, NamedTuple
from urllib.parse import urljoin, urlsplit

from lxml import html

from cleaner.logs import quiet
from cleaner.metadata.dates import parse_day
from cleaner.metadata.jsonld import Graph, Node, is_article, read_json, texts_of, types_of
from cleaner.metadata.names import is_person, split_authors
from cleaner.model import Declared

_LONGEST, _LONGEST_TITLE, _MOST_HEADINGS, _MOST_TRAILS = 5_000, 500, 20, 20
"""What is longer, or more, is no honest declaration."""


class Said(NamedTuple):
    """What one place says, unread."""

    text: str
    place: str


def declared_metadata(
    tree: Any, url: str | None = None, by_tag: Mapping[str, Iterable[Any]] | None = None
) -> dict[str, Declared]:
    """Metadata that a parsed page declares, by our field names; what no place declares is left out.

    Beside the fields of ``Metadata`` there is ``body``, the article's text where JSON-LD holds it.

    ``url``: the page's address, where known. ``by_tag``: the tree's elements by their names, where they are known.
    Never raises, and leaves the tree as it is.

    >>> from lxml import html
    >>> page = html.document_fromstring("<title>Rain ahead | The Courier</title><h1>Rain ahead</h1>")
    >>> declared_metadata(page)["title"]
    Declared(value='Rain ahead', place='h1', text='Rain ahead')
    """
    page = _Page(tree, url, by_tag if by_tag is not None else {tag: tree.iter(tag) for tag in _DECLARING})
    found = {name: read(page) for name, read in _FIELDS.items()}
    return {name: value for name, value in found.items() if value is not None}


def searched_day(
    tree: Any, url: str | None = None, *, language: str | None = None, thorough: bool = False
) -> Declared | None:
    """The day of publication that htmldate finds where no place declares one. Never raises.

    ``thorough`` lets it search the page's text too (30 ms). It works on a copy, since it takes elements out, without
    what stands beside the article, and without JSON-LD, but for what is too broken to be asked before. A day that the
    page only has in figures which may be another is none.
    """
    from htmldate import find_date

    try:
        copy = html.Element("html")  # htmldate takes no other elements than those of lxml.html
        copy.append(deepcopy(tree))
        for script in list(copy.iter("script")):
            if _is_json_ld(script) and read_json(script.text) is not None:
                script.text = None
        own = _own_elements(copy)
        for box in [element for element in copy.iter("*") if _is_box(element, own)]:
            box.clear(keep_tail=True)
        with quiet("htmldate"):
            found = find_date(copy, url=url, original_date=True, extensive_search=thorough)
    except Exception:  # a page must never raise, whatever htmldate makes of it
        return None
    return Declared(found, "htmldate", found) if found and not _may_be_another(found, copy, language) else None


def _may_be_another(day: str, tree: Any, language: str | None) -> bool:
    """Whether a page has a day in nothing but figures of which it is one reading."""
    written = html.tostring(tree, encoding="unicode")
    year, month, number = day.split("-")
    pair = rf"0?({int(month)}|{int(number)})([/.-])0?({int(month)}|{int(number)})"
    figures = re.finditer(rf"(?<![0-9]){pair}[/.-](?:{year[:2]})?{year[2:]}(?![0-9])", written)
    readings = {parse_day(f"{found[1]}{found[2]}{found[3]}{found[2]}{year}", language) for found in figures}
    return day not in written and bool(readings) and day not in readings


def _is_json_ld(script: Any) -> bool:
    return bool(script.text) and "ld+json" in (script.get("type") or "").lower()


_DECLARING = ("meta", "link", "script", "title", "h1", "time")


class _Page:
    """The places of a page that may declare something."""

    def __init__(self, tree: Any, url: str | None, by_tag: Mapping[str, Iterable[Any]]) -> None:
        self.tree = tree
        self.address = url
        self.metas: dict[str, list[str]] = {}
        self.links: dict[str, str] = {}
        metas, links, scripts, titles, headings, times = (by_tag.get(tag, ()) for tag in _DECLARING)
        for meta in metas:
            content = _folded(meta.get("content"))
            if content:
                for key in {meta.get(a) for a in ("property", "name", "itemprop", "http-equiv")} - {None}:
                    self.metas.setdefault(key.strip().lower(), []).append(content)
        for link in links:
            for rel in (link.get("rel") or link.get("itemprop") or "").lower().split():
                self.links.setdefault(rel, (link.get("href") or "").strip())
        self.titles = [_text_of(title)[:_LONGEST_TITLE] for title in islice(filter(_outside_svg, titles), 1)]
        read = (text for text in map(_heading_text, headings) if 0 < len(text) <= _LONGEST_TITLE)
        self.headings = list(islice(read, _MOST_HEADINGS))
        self._times = times
        self.graph = Graph([script.text for script in scripts if _is_json_ld(script)])

    def meta(self, *names: str) -> Iterator[Said]:
        """What ``<meta>`` elements of these names say, name by name."""
        for name in names:
            for content in self.metas.get(name, ()):
                yield Said(content, f"meta:{name}")

    def json_ld(self, *names: str) -> Iterator[Said]:
        """What JSON-LD says under these names, the article's node first."""
        for node in self.nodes:
            for name in names:
                for text in texts_of(self.graph.resolve(node.get(name))):
                    yield Said(text, f"json-ld:{name}")

    @cached_property
    def nodes(self) -> list[Node]:
        """What JSON-LD says the page is, the likeliest first. Where one of them has the page's own address or title,
        articles of other titles are left out."""
        nodes = self.graph.ranked(self._agreement)
        if not nodes or not self._agreement(nodes[0]):
            return nodes
        return [node for node in nodes if self._agreement(node) or not self._is_another(node)]

    def _agreement(self, node: Node) -> int:
        """How many of a node's address and headline are the page's own."""
        paths = {_path(a) for name in ("url", "@id", "mainEntityOfPage") for a in _addresses_in(node.get(name))}
        headline = _bare(_headline(node))
        titled = any(_bare(title).startswith(headline) for title in self.own_titles)
        return (not paths.isdisjoint(self.own_paths)) + bool(headline and titled)

    def _is_another(self, node: Node) -> bool:
        """Whether a node is an article that has not even half of its words in common with the page's titles."""
        headline = _headline(node)
        return bool(headline) and is_article(node) and all(_likeness(headline, t) < _LIKE for t in self.own_titles)

    @cached_property
    def own_paths(self) -> set[str]:
        """The paths of the addresses that the page is known by, but for that of the site's home."""
        return {_path(address) for address in (self.address or "", *(s.text for s in _addresses(self)))} - {""}

    @cached_property
    def own_titles(self) -> list[str]:
        """The titles that the page shows, or would have shown elsewhere."""
        return [*self.headings, *self.metas.get("og:title", ())[:_MOST_HEADINGS]]

    @cached_property
    def article(self) -> Node | None:
        """The JSON-LD node of the article itself."""
        return next(iter(self.nodes), None)

    @cached_property
    def site_names(self) -> list[Said]:
        """What the page calls its site, the likeliest first."""
        return [
            *self.meta("og:site_name"),
            *(s for s in self.json_ld("publisher") if not s.text.startswith("http")),
            *(
                Said(text, "json-ld:WebSite.name")
                for node in self.graph.nodes
                if "WebSite" in types_of(node)
                for text in texts_of(node.get("name"))
            ),
            *self.meta("application-name", "apple-mobile-web-app-title", "al:ios:app_name", "cre", "dc.publisher"),
        ]

    @cached_property
    def sections(self) -> list[Said]:
        """The parts of the site that the article is declared to stand in."""
        return [
            *_article_says(self, "articleSection"),
            *self.meta("article:section", "parsely-section", "sailthru.section", "cxenseparse:section", "section"),
        ]

    @cached_property
    def times(self) -> list[Any]:
        """The ``<time>`` elements that may say when the article was published: those in no box beside it."""
        known = dict.fromkeys(_own_elements(self.tree), False)
        return [t for t in self._times if not _says_changed(t) and not _stands_in_box(t.getparent(), known)]

    @cached_property
    def language(self) -> str | None:
        declared = _language(self)
        return declared.value if declared else None

    def day(self, text: str) -> str | None:
        """The day that a date in the markup names, no later than tomorrow."""
        day = parse_day(text, self.language)
        return day if day and "1990" < day <= self.latest else None

    @cached_property
    def latest(self) -> str:
        return (date.today() + timedelta(days=1)).isoformat()

    def absolute(self, address: str) -> str | None:
        """A whole http(s) address; None where there is none."""
        try:
            whole = urljoin(self.address or next(iter(self.metas.get("og:url", ())), ""), address.strip())
            parts = urlsplit(whole)
        except ValueError:
            return None
        return whole if parts.scheme in ("http", "https") and parts.netloc else None

    @cached_property
    def host(self) -> str:
        """The brand in the address: ``example`` for ``https://www.example.co.uk/a``."""
        address = self.address or next(iter(_addresses(self)), Said("", "")).text
        labels = [label for label in (_host(address) or "").split(".") if label not in ("www", "m", "amp")]
        while len(labels) > 1 and (len(labels[-1]) <= 3 or labels[-1] in ("info", "news", "online")):
            labels.pop()
        return labels[-1] if labels else ""


# title ---------------------------------------------------------------------------------------------

_WEIGHTS = {
    "h1": 3.0, "json-ld": 2.0, "og": 1.5, "twitter": 1.0, "title": 1.0, "other": 1.5,
}  # fmt: skip
_SEPARATOR = re.compile(r"\s+[|\-–—―·•»«:/<>~]+\s+|\s*[|｜_]+\s*|\s*(?:::|--)\s*|\s+[»›]\s*")
_MARKUP = re.compile("<[^>]*>")
_LIKE = 0.5
"""So much of a heading's words must stand in a declared title (or the other way round) for it to be the title."""


def _title(page: _Page) -> Declared | None:
    """The title that most places agree on, without the site's name.

    A heading counts most, if it says what the page declares: others are the site's name, or a box's.
    """
    said = [
        *((s, _WEIGHTS["json-ld"]) for s in _article_says(page, "headline")),
        *((s, _WEIGHTS["og"]) for s in page.meta("og:title")),
        *((s, _WEIGHTS["twitter"]) for s in page.meta("twitter:title")),
        *((s, _WEIGHTS["other"]) for s in page.meta("parsely-title", "sailthru.title", "headline", "citation_title")),
        *((s, _WEIGHTS["title"]) for s in page.meta("dc.title", "dcterms.title", "cxenseparse:title", "title")),
        *((Said(text, "title"), _WEIGHTS["title"]) for text in page.titles),
    ]
    declared = [(Said(_without_site(s.text, page), s.place), weight) for s, weight in said]
    declared = [(s, weight) for s, weight in declared if s.text]
    heading = _heading(page, [s.text for s, _ in declared])
    if heading is not None:
        shown = Said(heading, "h1")
        declared = [(shown if _is_more_than(heading, s.text) else s, weight) for s, weight in declared]
        declared.append((shown, _WEIGHTS["h1"]))
    votes: dict[str, float] = {}
    for s, weight in declared:
        votes[_bare(s.text)] = votes.get(_bare(s.text), 0.0) + weight
    votes.pop("", None)
    if not votes:
        return None
    elected = max(votes, key=votes.__getitem__)
    chosen = next(s for s, _ in declared if _bare(s.text) == elected)
    return Declared(chosen.text, chosen.place, chosen.text)


def _article_says(page: _Page, name: str) -> Iterator[Said]:
    if page.article is not None:
        for text in texts_of(page.article.get(name))[:1]:
            yield Said(text, f"json-ld:{name}")


def _heading(page: _Page, declared: list[str]) -> str | None:
    """The ``<h1>`` that is the title."""
    headings = [h for h in (_without_site(h, page) for h in page.headings) if h and not _is_site(h, page)]
    best = max(headings, key=lambda h: max((_likeness(h, d) for d in declared), default=0.0), default=None)
    if best is None or (declared and max(_likeness(best, d) for d in declared) < _LIKE):
        return None
    return best


def _is_more_than(heading: str, title: str) -> bool:
    """Whether a title is the heading and, set off before or behind it, what the reader does not see there."""
    if title.startswith(heading):
        return _SEPARATOR.match(title, len(heading)) is not None
    start = len(title) - len(heading)
    return title.endswith(heading) and any(cut.end() == start for cut in _SEPARATOR.finditer(title))


def _likeness(a: str, b: str) -> float:
    """How many words of the shorter text the longer one has."""
    first, second = set(_WORD.findall(a.casefold())), set(_WORD.findall(b.casefold()))
    return len(first & second) / max(1, min(len(first), len(second)))


_WORD = re.compile(r"\w+")


def _without_site(title: str, page: _Page) -> str:
    """The title without the parts at its ends that are the name of the site or of one of its departments."""
    for _ in range(3):
        cuts = list(_SEPARATOR.finditer(title))
        if not cuts:
            break
        if _is_frame(title[cuts[-1].end() :], page):
            title = title[: cuts[-1].start()]
        elif _is_frame(title[: cuts[0].start()], page):
            title = title[cuts[0].end() :]
        else:
            break
    return title.strip()


def _is_frame(part: str, page: _Page) -> bool:
    """Whether a part of a title is the site's name or that of the department it stands in."""
    bare = _bare(part)
    return _is_site(part, page) or bare in _DEPARTMENTS or any(bare == _bare(said.text) for said in page.sections)


_DEPARTMENTS = frozenset(
    "opinion opinions editorial editorials column columns commentary analysis blog letters".split()
)


def _is_site(text: str, page: _Page) -> bool:
    bare = _bare(text)
    if not bare:
        return True
    names = {_bare(s.text) for s in page.site_names} | {_bare(page.host)}
    return any(n and (bare == n or (len(n) > 3 and len(bare) > 3 and (bare in n or n in bare))) for n in names)


# authors -------------------------------------------------------------------------------------------

_NAMED_BY = (
    "parsely-author", "cxenseparse:author", "sailthru.author", "author", "article:author_name", "byl", "byline",
    "article_author", "dc.creator", "dcterms.creator", "dc.creator.personalname", "citation_author", "og:author",
    "og:article:author", "article:author", "creator",
)  # fmt: skip
_NOBODY = re.compile(
    r"^(?:admin\w*|webmaster|editor\w*|staff|team|guest|author|user|root|redaktion|redazione|redacci[oó]n|redactie|"
    r"r[eé]daction|redação|redakcja|redakce|newsroom|news ?desk|web ?desk|unknown|anonymous|null|none|undefined|"
    r"by|about|contributor\w*|super user|posts?)$",
    re.IGNORECASE,
)
_HANDLE = re.compile(r"[a-z]{5,}$|[A-Za-z]+[._][A-Za-z._]+$")
_ADDRESS = re.compile(r"^(?:https?:)?//|^www\.|^/|@|\.(?:com|org|net|html?)\b", re.IGNORECASE)
_LONGEST_BYLINE = 120


def _authors(page: _Page) -> Declared | None:
    """The people (or agencies) that the best of the places names.

    An organisation is one that signs in JSON-LD; the site itself is nobody.
    """
    for s in _signed(page):
        if names := _names(s, page):
            return Declared(names, s.place, "; ".join(s.texts))
    return None


class Signed(NamedTuple):
    """What stands at one place that names authors."""

    texts: list[str]
    place: str


def _signed(page: _Page) -> Iterator[Signed]:
    """The places that name authors, the most reliable first."""
    for node in page.nodes:
        for name in ("author", "creator"):
            yield Signed(_signatures(node.get(name), page), f"json-ld:{name}")
    for name in _NAMED_BY:
        yield Signed(page.metas.get(name, []), f"meta:{name}")
    for n in "12":
        label = next(iter(page.metas.get(f"twitter:label{n}", [])), "")
        if _WRITTEN.search(label):
            yield Signed(page.metas.get(f"twitter:data{n}", []), f"meta:twitter:data{n}")
    yield from _bylines(page)


_WRITTEN = re.compile(
    r"\b(?:written|by|author|von|par|por|verfasst|escrito|écrit|geschrieben|autor|auteur|scritto)\b", re.IGNORECASE
)


def _signatures(value: Any, page: _Page) -> list[str]:
    """The names of a JSON-LD ``author``: a text, a node, or several."""
    signed: list[str] = []
    for item in (value if isinstance(value, list) else [value])[:50]:
        one = page.graph.resolve(item)
        if isinstance(one, dict):
            if not isinstance(one.get("name"), str | list):
                continue
            if any(t.endswith("Organization") for t in types_of(one)) and all(_is_site(t, page) for t in texts_of(one)):
                continue
        signed += texts_of(one)
    return signed


def _names(signed: Signed, page: _Page) -> list[str]:
    """The names at a place. The site's own counts where it signs; in ``<meta>`` it is the template's."""
    in_meta = signed.place.startswith("meta:")
    whole = in_meta or signed.place.startswith("json-ld:")
    names = [
        name
        for text in signed.texts
        if not _ADDRESS.search(text) and text[0] not in ",;"
        for name in split_authors(text, page.language, whole=whole)
        if not _NOBODY.match(name) and not _HANDLE.match(name) and not (in_meta and _is_site(name, page))
    ]
    return list(dict.fromkeys(names))


def _bylines(page: _Page) -> Iterator[Signed]:
    """Marks in the body that sign: ``rel=author``, microdata, then class names; each kind's first that names people."""
    kinds: dict[str, list[Any]] = {"rel=author": [], "itemprop=author": [], "byline": []}
    for element in _signing(page.tree):
        if "author" in (element.get("rel") or ""):
            kinds["rel=author"].append(element)
        elif element.get("itemprop"):
            kinds["itemprop=author"].append(element)
        elif _SIGNS.search(element.get("class")):
            kinds["byline"].append(element)
    for kind, elements in kinds.items():
        for element in elements[:_MOST_BYLINES]:
            if names := _names_in(element, page):
                yield Signed(names, kind)
                break


def _signing(tree: Any) -> Iterator[Any]:
    """The elements that may hold a byline."""
    for element in tree.iterdescendants():
        classes = element.get("class") or ""
        said = "uthor" in classes or "yline" in classes or "author" in (element.get("rel"), element.get("itemprop"))
        if said and element.tag not in _TOO_WIDE:
            yield element


_TOO_WIDE = frozenset("meta link html body main article".split())
_SIGNS = re.compile("(?<![A-Za-z])(?:by-?_?line|author)(?!iz|is|it)|(?:Author|By_?[Ll]ine)(?!iz|is|it)")
_MOST_BYLINES = 6
_MOST_PIECES = 40
"""Pieces of an element's text among which a name is looked for: a byline is short, what is around one is not."""


def _names_in(element: Any, page: _Page) -> list[str]:
    """The people named by the first piece of an element's text that names any."""
    for piece in islice(element.itertext(), _MOST_PIECES):
        text = " ".join(piece.split())
        if 3 <= len(text) <= _LONGEST_BYLINE:
            names = [n for n in split_authors(text, page.language) if is_person(n)]
            if names:
                return names
    return []


# dates ---------------------------------------------------------------------------------------------

_WHEN_PUBLISHED = (
    "article:published_time", "og:published_time", "og:article:published_time", "article:published", "datepublished",
    "cxenseparse:recs:publishtime", "cxenseparse:publishtime", "parsely-pub-date", "sailthru.date", "dc.date.issued",
    "dcterms.issued", "dcterms.created", "dc.date.created", "dc.date", "dcterms.date", "date", "pubdate", "publishdate",
    "publish-date", "publish_date", "article.published", "published", "published_time_telegram",
    "citation_publication_date", "citation_date", "article:publication_date", "datecreated", "created",
)  # fmt: skip
_WHEN_MODIFIED = (
    "article:modified_time", "og:updated_time", "og:modified_time", "datemodified", "dcterms.modified",
    "dc.date.modified",
    "article:modified", "last-modified", "lastmod", "revised", "article.updated",
)  # fmt: skip


def _published(page: _Page) -> Declared | None:
    """The day of publication. A day in the address is the site's own: it stands before a stamp that is a day off
    (written in another zone), and before all but stamps of ISO 8601."""
    written = [*page.json_ld("datePublished"), *page.meta(*_WHEN_PUBLISHED)]
    stamps = [s for s in written if _ISO.match(s.text)]
    stamped = _first(stamps, page.day)
    addressed = _addressed_day(page)
    if stamped is not None and (addressed is None or _days_between(stamped.value, addressed.value) > 1):
        return stamped
    others = [*_times(page), *(s for s in written if s not in stamps), *page.json_ld("dateCreated", "uploadDate")]
    return addressed or _first(others, page.day)


_ISO = re.compile(r"\d{4}-\d{2}-\d{2}(?!\d)")
_DAY_IN_ADDRESS = re.compile(r"[/_-]((?:19|20)\d{2})([/_-])([01]?\d)\2([0-3]?\d)(?!\d)")
_NAMED_DAY_IN_ADDRESS = re.compile(
    r"/((?:19|20)\d{2})/((?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*)/([0-3]?\d)/", re.IGNORECASE
)


def _addressed_day(page: _Page) -> Declared | None:
    for address in [Said(page.address or "", "url"), *_addresses(page)]:
        if found := _DAY_IN_ADDRESS.search(address.text):
            written = f"{found[1]}-{found[3]}-{found[4]}"
        elif found := _NAMED_DAY_IN_ADDRESS.search(address.text):
            written = f"{found[3]} {found[2]} {found[1]}"
        else:
            continue
        if day := page.day(written):
            return Declared(day, "url", address.text)
    return None


def _days_between(a: str, b: str) -> int:
    return abs((date.fromisoformat(a) - date.fromisoformat(b)).days)


def _modified(page: _Page) -> Declared | None:
    return _first([*page.json_ld("dateModified"), *page.meta(*_WHEN_MODIFIED)], page.day)


def _times(page: _Page) -> Iterator[Said]:
    """The ``<time>`` elements that say they are the day of publication; else the day that all of them name."""
    stamped = [t for t in page.times if t.get("datetime")]
    for t in stamped:
        if "pubdate" in t.attrib or "publish" in f"{t.get('itemprop')} {t.get('class')}".lower():
            yield Said(t.get("datetime"), "time[datetime]")
    if stamped:
        said = {Said(t.get("datetime")[:10], "time[datetime]") for t in stamped}
    else:
        printed = (_TO_THE_YEAR.match(_text_of(t)) for t in page.times)
        said = {Said(found[0], "time") for found in printed if found}
    if len(said) == 1:
        yield from said


def _says_changed(time: Any) -> bool:
    named = f"{time.get('itemprop')} {time.get('class')}".lower()
    return "publish" not in named and bool(_CHANGED.search(named) or _CHANGED.match(_text_of(time)))


_CHANGED = re.compile("(?:last )?(?:updated|modified)", re.IGNORECASE)


_BOX = re.compile(
    r"(?<![a-z])(?<!category-)(?<!tag-)(?:comments?|commentlist|disqus|related\w*|recirc\w*|recommend\w*|read-?more|"
    r"more-(?:from|news|stories)|most-?read)(?![a-z])(?!-(?:open|closed|enabled|disabled|count|link))|"
    r"(?<![\w-])(?:sidebar|teasers?|trending|popular|latest)(?![\w-])",
    re.IGNORECASE,
)
"""Names of what stands beside an article: what readers wrote of it, and other articles."""


def _is_box(element: Any, own: Container[Any] = ()) -> bool:
    """Whether an element holds something else than the article: a box beside it, readers' comments, the page's foot.

    ``own``: the elements around the page's heading and article, which are none, whatever they are called.
    """
    if element in own:
        return False
    if element.tag == "footer":
        return next(element.iterancestors("article"), None) is None
    if element.tag in ("aside", "nav"):
        return True
    called = element.get("class"), element.get("id")
    return any(called) and element.tag not in ("html", "body", "main") and _is_called_box(*called)


@lru_cache(maxsize=8192)
def _is_called_box(classes: str | None, identifier: str | None) -> bool:
    return _BOX.search(f"{classes} {identifier}") is not None


def _own_elements(tree: Any) -> set[Any]:
    """The page's heading, its article and what is around them."""
    titles = [_bare(_text_of(title)) for title in islice(filter(_outside_svg, tree.iter("title")), 1)]
    shown = [(_bare(_heading_text(heading)), heading) for heading in islice(tree.iter("h1"), _MOST_HEADINGS)]
    titled = [(len(text), heading) for text, heading in shown if text and any(text in title for title in titles)]
    headings = [max(titled, key=itemgetter(0))[1]] if titled else [heading for _, heading in shown[:1]]
    own = [*headings, *_articles_of_most(tree)]
    return {around for element in own for around in (element, *element.iterancestors())}


def _articles_of_most(tree: Any) -> list[Any]:
    """The ``<article>`` that has more than half of what the page's paragraphs say, unless it is called a box itself."""
    said: dict[Any, int] = {}
    for paragraph in tree.iter("p"):
        article = next(paragraph.iterancestors("article"), None)
        said[article] = said.get(article, 0) + sum(map(len, (paragraph.text or "", *(e.tail or "" for e in paragraph))))
    half = sum(said.values()) / 2
    return [a for a, length in said.items() if length > half and a is not None and not _is_box(a)]


def _stands_in_box(element: Any, known: dict[Any, bool]) -> bool:
    """Whether an element or one around it is a box; ``known``: what is known of other elements, to be added to."""
    around = []
    while element is not None and element not in known:
        around.append(element)
        element = element.getparent()
    inside = element is not None and known[element]
    for each in reversed(around):
        inside = known[each] = inside or _is_box(each)
    return inside


_TO_THE_YEAR = re.compile(r"[^0-9]{0,30}[0-9]{0,2}[^0-9]{1,12}(?:19|20)[0-9]{2}")
"""A printed date: pages glue the hour to it."""


# the rest ------------------------------------------------------------------------------------------


def _site(page: _Page) -> Declared | None:
    return _first(page.site_names)


def _language(page: _Page) -> Declared | None:
    lang = (
        page.tree.get("lang")
        or page.tree.get("xml:lang")
        or page.tree.get("{http://www.w3.org/XML/1998/namespace}lang")
    )
    said = [
        *([Said(lang, "html[lang]")] if lang else []),
        *page.meta("content-language", "og:locale", "dc.language", "language"),
        *page.json_ld("inLanguage"),
    ]
    for s in said:
        code = re.split("[-_]", s.text.strip().lower())[0]
        if re.fullmatch("[a-z]{2}", code):
            return Declared(code, s.place, s.text)
    return None


def _section(page: _Page) -> Declared | None:
    return _first(page.sections, lambda text: None if _ADDRESS.match(text) else text) or _last_crumb(page)


def _last_crumb(page: _Page) -> Declared | None:
    """The part of the site that the page stands in by its breadcrumbs: the last but the page itself, its month and
    year, and the home.

    The first is the site's home, unless its address says otherwise.
    """
    for trail in islice(page.graph.trails(), _MOST_TRAILS):
        crumbs = sorted(trail, key=_position)
        if crumbs and _is_page(crumbs[-1], page):
            del crumbs[-1]
        while crumbs and any(_is_time(name, page) for name in _crumb_names(crumbs[-1])):
            del crumbs[-1]
        if crumbs and (len(crumbs) > 1 or not all(_is_home(a, page) for a in _crumb_addresses(crumbs[0]))):
            for name in _crumb_names(crumbs[-1]):
                if not _is_site(name, page) and name.casefold() != "home":
                    return Declared(name, "json-ld:BreadcrumbList", name)
    return None


def _position(crumb: Node) -> int:
    position = str(crumb.get("position"))
    return int(position) if position.isdecimal() and len(position) <= _MOST_DIGITS else 0


_MOST_DIGITS = 4


def _crumb_names(crumb: Node) -> list[str]:
    item = crumb.get("item")
    return texts_of(crumb.get("name") or (item.get("name") if isinstance(item, dict) else None))[:1]


def _crumb_addresses(crumb: Node) -> list[str]:
    return _addresses_in(crumb.get("item"))


def _is_page(crumb: Node, page: _Page) -> bool:
    """Whether a crumb is the page itself, by its address or its title; the last one without an address is."""
    addresses = _crumb_addresses(crumb)
    titles = [*page.own_titles, *page.titles]
    named = any(_is_cut(name, title) for name in _crumb_names(crumb) for title in titles)
    return not addresses or named or not page.own_paths.isdisjoint(map(_path, addresses))


def _is_cut(a: str, b: str) -> bool:
    """Whether a text is the beginning of the other: two thirds of it, or with the dots that say so."""
    shorter, longer = sorted((_bare(a), _bare(b)), key=len)
    cut = a.endswith(("…", "...")) or b.endswith(("…", "..."))
    return bool(shorter) and longer.startswith(shorter) and (cut or 3 * len(shorter) >= 2 * len(longer))


def _is_home(address: str, page: _Page) -> bool:
    """Whether an address is that of the site's home, or of the home in the page's language ("/en/")."""
    path = _path(address)
    return not path or path.split("-")[0] == page.language


def _is_time(name: str, page: _Page) -> bool:
    """Whether a name is that of a month or a year: where an archive keeps the article."""
    if not any(map(str.isalpha, name)):
        return True
    month = _MONTH.fullmatch(name)
    found = parse_day(f"28 {month[1]} 1998", page.language) if month else None
    return found is not None and found.startswith("1998-") and found.endswith("-28")


_MONTH = re.compile(r"([^\W\d_]{3,12}\.?)(?:,? (?:19|20)[0-9]{2})?")


def _tags(page: _Page) -> Declared | None:
    """The tags of the first place that has some."""
    places = [
        (texts_of((page.article or {}).get("keywords")), "json-ld:keywords"),
        *((page.metas.get(name, []), f"meta:{name}") for name in _TAGGED_BY),
    ]
    for texts, place in places:
        tags = [tag for text in texts for tag in _BETWEEN_TAGS.split(text) if tag and len(tag) <= _LONGEST_TAG]
        if tags:
            return Declared(list(dict.fromkeys(tags))[:_MOST_TAGS], place, "; ".join(texts))
    return None


_TAGGED_BY = (
    "article:tag", "parsely-tags", "sailthru.tags", "cxenseparse:tags", "news_keywords", "og:article:tag", "keywords",
    "dc.subject",
)  # fmt: skip
_BETWEEN_TAGS = re.compile(r"\s*[,;，、،]\s*")
_LONGEST_TAG, _MOST_TAGS = 80, 50


def _description(page: _Page) -> Declared | None:
    said = [*page.meta("og:description", "description", "twitter:description"), *_article_says(page, "description")]
    return _first(said)


def _body(page: _Page) -> Declared | None:
    """The article's text, where JSON-LD holds it: evidence of what the page's article is, and no metadata."""
    for said in page.json_ld("articleBody"):
        return Declared(_MARKUP.sub(" ", said.text), said.place, "")
    return None


def _url(page: _Page) -> Declared | None:
    """The page's canonical address, whole."""
    said = [*_addresses(page), *_article_says(page, "url")]
    return _first(said, page.absolute)


def _image(page: _Page) -> Declared | None:
    said = [*page.meta("og:image", "og:image:url", "og:image:secure_url", "twitter:image", "twitter:image:src")]
    if page.article is not None:
        images = page.article.get("image")
        image = page.graph.resolve(images[0] if isinstance(images, list) and images else images)
        text = image.get("url", image.get("contentUrl")) if isinstance(image, dict) else image
        said += [Said(text, "json-ld:image") for text in texts_of(text)[:1]]
    return _first(said, page.absolute)


def _paywalled(page: _Page) -> Declared | None:
    """Whether the page says that not all may read the article, or that all may."""
    for node in page.nodes:
        for name in ("isAccessibleForFree", "hasPart"):
            parts = node.get(name)
            for part in parts if isinstance(parts, list) else [parts]:
                free = part.get("isAccessibleForFree") if isinstance(part, dict) else part
                word = str(free).rsplit("/", 1)[-1].strip().lower()
                if word in ("true", "false"):
                    return Declared(word == "false", f"json-ld:{name}", str(free))
    for s in page.meta("article:content_tier"):
        if s.text.lower() in ("free", "metered", "locked"):
            return Declared(s.text.lower() != "free", s.place, s.text)
    return None


def _addresses(page: _Page) -> Iterator[Said]:
    if page.links.get("canonical"):
        yield Said(page.links["canonical"], "link[rel=canonical]")
    yield from page.meta("og:url", "twitter:url")


def _first(said: Iterable[Said], read: Callable[[str], Any] = lambda text: text) -> Declared | None:
    for s in said:
        value = read(s.text)
        if value:
            return Declared(value, s.place, s.text)
    return None


def _folded(text: str | None) -> str:
    return " ".join(text[:_LONGEST].split()) if text else ""


def _text_of(element: Any) -> str:
    return _folded("".join(element.itertext()))


_PERMALINKS = frozenset("¶#§")
_FRAGMENT = re.compile("#.")


def _heading_text(heading: Any) -> str:
    """A heading's text without the sign that links to it."""
    text = _text_of(heading)
    for link in heading.iter("a"):
        if (sign := _text_of(link)) in _PERMALINKS and _FRAGMENT.match(link.get("href") or ""):
            text = text.removesuffix(sign).removeprefix(sign).strip()
    return text


def _outside_svg(element: Any) -> bool:
    parent = element.getparent()
    return parent is None or parent.tag in ("head", "html", "body")


def _bare(text: str) -> str:
    """Letters and digits alone: what two ways of writing one title have in common."""
    return "".join(c for c in text.casefold() if c.isalnum())


def _headline(node: Node) -> str:
    return next(iter(texts_of(node.get("headline"))), "")


def _addresses_in(value: Any) -> list[str]:
    """The addresses that a value of JSON-LD is or refers to."""
    return texts_of(value.get("@id", value.get("url")) if isinstance(value, dict) else value)


def _path(address: str) -> str:
    """What an address of the same site is known by, its query without what tracks readers; nothing for its home."""
    try:
        parts = urlsplit(address.strip().casefold())
    except ValueError:
        return ""
    query = sorted(part for part in parts.query.split("&") if part and not _TRACKING.match(part))
    return "?".join([_INDEX.sub("", parts.path).strip("/"), *(["&".join(query)] if query else [])])


_TRACKING = re.compile("(?:utm_.*|.*clid|mc_[ce]id|_ga|igshid|ref|source|ocid|ncid|cmp(?:id)?|amp|output)(?:=|$)")
_INDEX = re.compile(r"(?<=/)index\.[a-z]+$")


def _host(address: str) -> str | None:
    try:
        return urlsplit(address).hostname
    except ValueError:
        return None


_FIELDS: dict[str, Callable[[_Page], Declared | None]] = {
    "title": _title,
    "authors": _authors,
    "published": _published,
    "modified": _modified,
    "site": _site,
    "section": _section,
    "tags": _tags,
    "language": _language,
    "description": _description,
    "body": _body,
    "url": _url,
    "image": _image,
    "paywalled": _paywalled,
}
