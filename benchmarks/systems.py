"""Every system that is measured, ours and the peers, each as a user would call it.

A system is made once and then given one page after the other: HTML with its URL, or a text dump without one. It
gives a text, or a :class:`Prediction` where it gives metadata too. Packages are imported where a system is
made, so that a missing one costs only its own systems.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from hashlib import blake2b
from html import escape
from pathlib import Path
from typing import Any

from benchmarks.dumps import dump_lines

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Prediction:
    """What a system made of one page. ``error``: why it made nothing."""

    text: str = ""
    title: str | None = None
    authors: list[str] = field(default_factory=list)
    date: str | None = None
    """A calendar day, ``YYYY-MM-DD``."""
    error: str | None = None
    seconds: float = 0.0


Run = Callable[[str, str | None], "Prediction | str"]
"""Page or dump, and URL."""


@dataclass(frozen=True)
class System:
    """One system: how it is made, and what its predictions depend on."""

    name: str
    make: Callable[[], Run]
    package: str | None = None
    """The distribution it comes from; None: this project."""

    def fingerprint(self) -> str:
        """Changes where the code that calls the package does, or for ours the package itself."""
        if self.package == OURS:
            return _digest_of_ours()
        function, known = self.make, ""
        if isinstance(self.make, partial):
            function = self.make.func
            known = repr([getattr(told, "__name__", told) for told in (*self.make.args, *self.make.keywords.items())])
        code = inspect.getsource(function) + inspect.getsource(dump_lines) + known
        return blake2b(code.encode(), digest_size=4).hexdigest()


OURS = "newsdump-cleaner"


def _digest_of_ours() -> str:
    """Of all code, rules and weights."""
    made = blake2b(digest_size=6)
    for folder in ("cleaner", "rules"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and path.suffix != ".pyc":
                made.update(f"{path.relative_to(ROOT)}\n".encode() + path.read_bytes())
    return made.hexdigest()


# Ours


def ours(kind: str, **settings: Any) -> Run:
    """This package, with all its rules."""
    from cleaner import Cleaner

    cleaner = Cleaner(**settings)

    def run(page: str, url: str | None) -> Prediction:
        found = cleaner.clean(page, url=url, kind=kind)
        known = found.metadata
        return Prediction(found.text, known.title, known.authors, known.published)

    return run


def ours_in(kind: str) -> list[System]:
    """Every profile and engine the package has, and the default without the packs of single sites."""
    from cleaner import Cleaner
    from cleaner.pipeline import PROFILES

    variants: dict[str, dict[str, Any]] = {profile: {"profile": profile} for profile in PROFILES}
    if kind == "html" and "engine" in inspect.signature(Cleaner).parameters:
        variants["trafilatura"] = {"engine": "trafilatura"}
    variants["no-site-packs"] = {"site_packs": False}
    return [System(f"cleaner-{name}", partial(ours, kind, **how), OURS) for name, how in variants.items()]


# From HTML


def trafilatura(**settings: Any) -> Run:
    """``trafilatura.extract``, without comments."""
    from trafilatura import extract

    return lambda html, url: extract(html, url=url, include_comments=False, **settings) or ""


def trafilatura_metadata() -> Run:
    """``trafilatura.extract_metadata``."""
    from trafilatura.metadata import extract_metadata

    def run(html: str, url: str | None) -> Prediction:
        found = extract_metadata(html, default_url=url)
        authors = [name.strip() for name in (found.author or "").split(";") if name.strip()]
        return Prediction("", found.title, authors, found.date)

    return run


def trafilatura_with_metadata() -> Run:
    """``trafilatura.bare_extraction`` with metadata: what to compare in speed."""
    from trafilatura import bare_extraction

    def run(html: str, url: str | None) -> str:
        found: Any = bare_extraction(html, url=url, include_comments=False, with_metadata=True)
        return found.text or "" if found else ""

    return run


def resiliparse() -> Run:
    """``extract_plain_text`` of the main content."""
    from resiliparse.extract.html2text import extract_plain_text

    return lambda html, url: extract_plain_text(html, main_content=True, alt_texts=False) or ""


def newspaper4k() -> Run:
    """``newspaper.Article``, offline."""
    from newspaper import Article, Config

    settings = Config()
    settings.fetch_images = settings.memorize_articles = False
    settings.disable_category_cache = True

    def run(html: str, url: str | None) -> Prediction:
        article = Article(url or "http://example.org/a", config=settings)
        article.download(input_html=html)
        article.parse()
        return Prediction(article.text or "", article.title, list(article.authors or []), day(article.publish_date))

    return run


def readability() -> Run:
    """``readability.Document.summary``, its blocks as lines."""
    from readability import Document

    return lambda html, url: "\n".join(dump_lines(Document(html, url=url).summary(), alternatives=False))


def boilerpy3() -> Run:
    """boilerpy3's ``ArticleExtractor``."""
    from boilerpy3 import extractors

    extractor = extractors.ArticleExtractor(raise_on_failure=False)
    return lambda html, url: extractor.get_content(html) or ""


def goose3() -> Run:
    """``goose3.Goose``, offline."""
    from goose3 import Goose

    goose = Goose({"enable_image_fetching": False, "strict": False})

    def run(html: str, url: str | None) -> Prediction:
        found = goose.extract(raw_html=html)
        date = day(getattr(found, "publish_datetime_utc", None) or found.publish_date)
        return Prediction(found.cleaned_text or "", found.title, list(found.authors or []), date)

    return run


def turbohtml() -> Run:
    """``turbohtml.parse(…).article()``."""
    from turbohtml import parse

    def run(html: str, url: str | None) -> Prediction:
        found = parse(html).article()
        return Prediction(found.text or "", found.title, [found.byline] if found.byline else [], day(found.date))

    return run


def justext(language: str | None = None) -> Run:
    """jusText on a page; without a language, the one whose stop words the page has most of."""
    import justext as peer

    choose = _stop_words(language)

    def run(html: str, url: str | None) -> str:
        words = choose("\n".join(dump_lines(html))) if language is None else choose("")
        found = peer.justext(html.encode("utf-8", "replace"), words, encoding="utf-8")
        return "\n".join(p.text for p in found if not p.is_boilerplate)

    return run


def everything() -> Run:
    """No choice at all: every block of the body as a line."""
    return lambda html, url: "\n".join(dump_lines(html, alternatives=False))


def day(value: Any) -> str | None:
    """A date in whatever form, as its calendar day."""
    if not value:
        return None
    if hasattr(value, "strftime"):
        return str(value.strftime("%Y-%m-%d"))
    if found := re.search(r"\d{4}-\d{2}-\d{2}", str(value)):
        return found.group()
    from dateutil import parser

    try:
        return str(parser.parse(str(value)).strftime("%Y-%m-%d"))
    except (ValueError, OverflowError):
        return None


# From text dumps


def identity() -> Run:
    """Keep everything."""
    return lambda text, url: text


_POLICY = ("terms of use", "privacy policy", "cookie policy", "uses cookies", "use of cookies", "use cookies")
_CITATION = re.compile(r"\[\d*]|\[edit]|\[citation needed]")
_ENDS = (".", "?", "!", '"', "'")


def c4(ends: tuple[str, ...] = _ENDS) -> Run:
    """The line rules of C4 (as datatrove's C4QualityFilter has them), without its document rules."""

    def run(text: str, url: str | None) -> str:
        out = []
        for raw in text.splitlines():
            line = _CITATION.sub("", raw.strip())
            words = line.split()
            if any(len(word) > 1000 for word in words):
                continue
            if not line.endswith(ends) or line.endswith("...") or len(words) < 5:
                continue
            low = line.lower()
            if "javascript" in low or any(p in low for p in _POLICY):
                continue
            out.append(line)
        return "\n".join(out)

    return run


def paragraphs_only(text: str) -> str:
    """A page that has a dump's lines as paragraphs: what tools for HTML are given on the text track."""
    paragraphs = "\n".join(f"<p>{escape(line)}</p>" for line in text.splitlines() if line.strip())
    return f"<!DOCTYPE html><html><head><meta charset='utf-8'></head><body>\n{paragraphs}\n</body></html>"


def justext_lines(language: str | None = None) -> Run:
    """jusText on the dump's lines as paragraphs; without a language, the one whose stop words it has most of."""
    import justext as peer

    choose = _stop_words(language)

    def run(text: str, url: str | None) -> str:
        page = paragraphs_only(text).encode("utf-8", "replace")
        return "\n".join(p.text for p in peer.justext(page, choose(text), encoding="utf-8") if not p.is_boilerplate)

    return run


def _stop_words(language: str | None) -> Callable[[str], frozenset[str]]:
    import justext as peer

    if language is not None:
        told: frozenset[str] = peer.get_stoplist(language)
        return lambda text: told
    lists: dict[str, frozenset[str]] = {name: peer.get_stoplist(name) for name in sorted(peer.get_stoplists())}
    lists = {name: words for name, words in lists.items() if len(words) >= 40}

    def choose(text: str) -> frozenset[str]:
        words = re.findall(r"\w+", text.lower())
        if not words:
            return lists["English"]
        # Long lists hold words of every language: their size counts against them.
        best = max(lists, key=lambda name: sum(w in lists[name] for w in words) / (1 + len(lists[name])) ** 0.25)
        return lists[best]

    return choose


def on_paragraphs(make: Callable[[], Run]) -> Run:
    """A system for HTML, on the dump's lines as paragraphs."""
    run = make()
    return lambda text, url: run(paragraphs_only(text), None)


def longest_run() -> Run:
    """The run of lines with the highest sum, a line being worth its length (400 at most) less 60."""

    def run(text: str, url: str | None) -> str:
        lines = [line for line in text.splitlines() if line.strip()]
        best, total, start, span = 0, 0, 0, (0, 0)
        for i, line in enumerate(lines):
            if total <= 0:
                total, start = 0, i
            total += min(len(line), 400) - 60
            if total > best:
                best, span = total, (start, i + 1)
        return "\n".join(lines[slice(*span)])

    return run


# Dumps: the inputs of the text track


def raw() -> Run:
    """Every block of the body as a line, as a naive scraper writes it."""
    return lambda html, url: "\n".join(dump_lines(html))


def semi_resi() -> Run:
    """What resiliparse leaves of a page."""
    from resiliparse.extract.html2text import extract_plain_text

    def run(html: str, url: str | None) -> str:
        lines = extract_plain_text(html, main_content=True).splitlines()
        return "\n".join(re.sub(r"[ \t\u00a0]+", " ", line).strip() for line in lines if line.strip())

    return run


def semi_read() -> Run:
    """What readability-lxml leaves of a page."""
    from readability import Document

    return lambda html, url: "\n".join(dump_lines(Document(html).summary()))


DUMPS = {
    "raw": System("raw", raw, None),
    "semi_resi": System("semi_resi", semi_resi, "Resiliparse"),
    "semi_read": System("semi_read", semi_read, "readability-lxml"),
}

_HTML = [
    System("trafilatura", trafilatura, "trafilatura"),
    System("trafilatura-precision", partial(trafilatura, favor_precision=True), "trafilatura"),
    System("trafilatura-recall", partial(trafilatura, favor_recall=True), "trafilatura"),
    System("trafilatura-fast", partial(trafilatura, fast=True), "trafilatura"),
    System("readability-lxml", readability, "readability-lxml"),
    System("newspaper4k", newspaper4k, "newspaper4k"),
    System("resiliparse", resiliparse, "Resiliparse"),
    System("justext", justext, "jusText"),
    System("boilerpy3", boilerpy3, "boilerpy3"),
    System("goose3", goose3, "goose3"),
    System("turbohtml", turbohtml, "turbohtml"),
    System("everything", everything),
]

_META = [
    System("trafilatura", trafilatura_metadata, "trafilatura"),
    *(system for system in _HTML if system.name in ("newspaper4k", "goose3", "turbohtml")),
]

_CURLY = (*_ENDS, "”", "’", "»", "…", "。", "！", "？")

_TEXT = [
    System("everything", identity),
    System("c4", c4),
    System("c4-all-quotes", partial(c4, _CURLY)),
    System("justext", justext_lines, "jusText"),
    System("trafilatura-on-p", partial(on_paragraphs, trafilatura), "trafilatura"),
    System("boilerpy3-on-p", partial(on_paragraphs, boilerpy3), "boilerpy3"),
    System("longest-run", longest_run),
]

PEERS = {"text": _TEXT, "html": _HTML, "meta": _META}

PAGES = {
    "cleaner": System("cleaner", partial(ours, "html"), OURS),
    "trafilatura": System("trafilatura", trafilatura, "trafilatura"),
    "trafilatura-with-metadata": System("trafilatura-with-metadata", trafilatura_with_metadata, "trafilatura"),
    **{system.name: system for system in _HTML if system.name not in ("trafilatura", "justext", "everything")},
    "justext-english": System("justext-english", partial(justext, "English"), "jusText"),
}
"""What is compared in speed on pages: ours with all metadata."""

PACKAGES = sorted({s.package for s in (*DUMPS.values(), *_HTML, *_TEXT) if s.package})


def systems_of(track: str) -> dict[str, System]:
    """The systems of a track by name, ours first."""
    kind = "text" if track == "text" else "html"
    return {system.name: system for system in (*ours_in(kind), *PEERS[track])}
