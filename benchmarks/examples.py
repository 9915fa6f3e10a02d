"""What the score learns from: pages as dumps, judged by rules, each line with its gold label and its markup's hints.

Inputs of a page with gold: ``raw`` (every line of the page), ``semi_resi`` and ``semi_read`` (what resiliparse and
readability leave), ``gold`` (the gold text: all of it stays) and ``kept`` (the lines of the raw dump that are
labelled keep: all of them stay). Of every raw dump there are cuts: ``short`` (a few lines of the article with a few of
the site's around them, as most dumps are that somebody cleaned before), ``known`` (an article in lines that rules
remove, as of a site that has a pack) and ``thin`` (the whole article, with some of the site's lines). Pages that have
snippets only (what must and must not come out) are read as raw dumps whose other lines have no label.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.corpus import GROUPS, Page, read_pages
from benchmarks.dumps import dump_lines, label, marked_lines
from cleaner import Cleaner
from cleaner.judge.features import Features, features
from cleaner.judge.markup import page_features
from cleaner.judge.rules import Case, Judgement
from cleaner.model import Segments
from cleaner.segment.text import segment_text

INPUTS = ("raw", "semi_resi", "semi_read", "gold", "kept")
KEEP, DROP, UNKNOWN = 1, 0, 2
_WEIGHTS = {"gold": 1.0, "kept": 0.5, "short": 0.5, "known": 0.5, "thin": 0.5}
OTHER_PAGES, SNIPPET_PAGES = 0.3, 0.5
OTHER_AS_PAGES = 0.6
"""What pages that are no articles, and those with snippets only, weigh beside an article."""
SHORT_CUTS, SHORT_CUTS_SPACELESS = 4, 40
"""Short cuts of a page; of one in a script that writes no spaces, of which the corpus has few."""
_SPACE = re.compile(r"[\s\u200b\ufeff\u00ad]+")

_TAGS = ("p", "li", "td", "th", "figcaption", "blockquote", "a", "button", "span", "div", "h1", "h2", "h3", "img")
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_REGIONS = (("nav", "header"), ("footer",), ("aside",), ("article", "main"))
_NAMES = tuple(
    re.compile(names)
    for names in (
        "related|recommend|more|also|trending|popular|teaser|promo|card", "share|social|follow",
        "comment|disqus|discuss", "author|byline|meta|date|time|posted",
        "caption|credit|figure|image|photo|media|gallery",
        "newsletter|subscri|signup|login|form|cookie|consent|popup|modal", r"advert|sponsor|\bads?\b|banner",
        "nav|menu|breadcrumb|header|masthead|topbar", "footer|bottom|copyright|legal", "sidebar|aside|widget",
        "article|content|entry|story|post-body|main", "tag|categor|topic|section",
    )
)  # fmt: skip
HINTS = 3 + len(_TAGS) + len(_REGIONS) + len(_NAMES)


@dataclass(frozen=True, slots=True)
class Example:
    """One input, judged by rules: what the score sees of it and what it should say."""

    uid: str
    input: str
    group: str
    key: str
    weight: float
    text: str
    seen: Features
    removed: npt.NDArray[np.bool_]
    """Lines that rules removed."""
    held: npt.NDArray[np.bool_]
    """Lines that a rule keeps."""
    labels: npt.NDArray[np.int8]
    hints: npt.NDArray[np.float16] | None
    """What the markup says of each line (-1: not known). The network learns to guess it along with the labels, so that
    it learns to tell kinds of lines apart; nothing of it is needed when it is used."""

    def __len__(self) -> int:
        return len(self.labels)


class Listener(Cleaner):
    """A cleaner that gives what the rules decided: what the score is shown, with the copies that go after it."""

    def __init__(self) -> None:
        super().__init__()
        self._heard: Judgement | None = None
        self._said: Sequence[str] = ()

    def _scored(self, judgement: Judgement, case: Case, said: Sequence[str]) -> Judgement:
        self._heard, self._said = judgement, said
        return judgement

    def judge(self, text: str) -> Judgement | None:
        """The judgement of a dump; None where it has no segment."""
        return self._judge(text, kind="text")

    def judge_page(self, page: Page) -> tuple[Judgement, Sequence[str]] | None:
        """The judgement of a page, and what the page declares; None where it has no segment."""
        judgement = self._judge(page.html, kind="html", url=page.url)
        return None if judgement is None else (judgement, self._said)

    def _judge(self, raw: str, **known: Any) -> Judgement | None:
        self._heard = None
        self.clean(raw, **known)
        return self._heard if self._heard is not None and len(self._heard.segments) else None


def read_examples(corpus: Path, inputs: Sequence[str] = INPUTS) -> Iterator[Example]:
    """Every page of the corpus, in each of the inputs."""
    rules = Listener()
    dumpers = {name: _dumper(name) for name in inputs if name not in ("gold", "kept")}
    for page in read_pages(corpus):
        hints: dict[str, npt.NDArray[np.float16]] = {}
        for line, hint in _hints(page):
            hints.setdefault(line, hint)
        for name in inputs if page.gold else ("raw",):
            text = _text(page, name, dumpers)
            judgement = rules.judge(text)
            if judgement is not None:
                example = _example(page, name, text, judgement, hints)
                yield example
                if name == "raw" and page.gold:
                    yield from cuts(example, rules)


def cuts(raw: Example, rules: Listener) -> Iterator[Example]:
    """The ``short``, ``known`` and ``thin`` dumps cut from a raw one. The same dump gives the same cuts."""
    s = segment_text(raw.text)
    lines = [s.text(i) for i in range(len(s))]
    rng = random.Random(raw.uid)
    article = [i for i, value in enumerate(raw.labels) if value == KEEP]
    if len(article) < SHORT_ARTICLE[0]:
        return
    count = SHORT_CUTS_SPACELESS if _writes_no_spaces([lines[i] for i in article]) else SHORT_CUTS
    chosen = [("short", _short(raw.labels, article, rng)) for _ in range(count)]
    chosen += [("known", _known(raw, article, rng)) for _ in range(count // 4)]
    for name, places in (*chosen, ("thin", _thin(raw.labels, rng))):
        text = "\n\n".join(lines[i] for i in places)
        judgement = rules.judge(text)
        if judgement is None or len(judgement.segments) != len(places):
            continue  # lines that are read in another way without the lines around them
        weight = raw.weight * _WEIGHTS[name]
        cut = replace(raw, input=name, text=text, weight=weight, seen=_small(features(judgement)))
        yield replace(
            cut,
            removed=_removed(judgement),
            held=_held(judgement),
            labels=raw.labels[places],
            hints=None if raw.hints is None else raw.hints[places],
        )


SHORT_ARTICLE, SHORT_SITE = (3, 15), (0, 10)
"""From how many to how many lines of the article, and of the site, a short cut has."""


def _writes_no_spaces(lines: Sequence[str]) -> bool:
    """Whether the text is in a script that writes no spaces."""
    text = " ".join(lines)
    return text.count(" ") * 25 < len(text)


def _stretch(article: list[int], rng: random.Random) -> list[int]:
    """Some lines of the article in a row: at its start, at its end, or anywhere."""
    count = min(len(article), rng.randint(*SHORT_ARTICLE))
    first = rng.choice((0, len(article) - count, rng.randint(0, len(article) - count)))
    return article[first : first + count]


def _known(raw: Example, article: list[int], rng: random.Random) -> list[int]:
    """The article or a stretch of it, all lines that rules remove, some of them inside it, and a few of the site's."""
    body = article if rng.random() < 0.3 else _stretch(article, rng)
    gone = [i for i in np.flatnonzero(raw.removed).tolist() if raw.labels[i] != KEEP]
    site = [i for i in np.flatnonzero(raw.labels == DROP).tolist() if not raw.removed[i]]
    rest = sorted({*gone, *_run(site, rng.choice((0, 0, 0, 2, 6)), rng)})
    before, after = [i for i in rest if i < body[0]], [i for i in rest if i > body[-1]]
    inside = [i for i in rest if body[0] < i < body[-1]]
    mixed = sorted({*body, *inside})
    for i in rng.sample(gone, min(len(gone), rng.choice((0, 0, 1, 3)))):
        mixed.insert(rng.randint(1, len(mixed)), i)
    return [*before, *mixed, *after]


def _short(labels: npt.NDArray[np.int8], article: list[int], rng: random.Random) -> list[int]:
    """Some lines of the article in a row, and some of the site's before, between and after them."""
    body = _stretch(article, rng)
    site = [i for i, value in enumerate(labels) if value == DROP]
    before = [i for i in site if i < body[0]]
    after = [i for i in site if i > body[-1]]
    between = [i for i in site if body[0] < i < body[-1]]
    left = rng.choice((0, rng.randint(*SHORT_SITE)))
    ahead = rng.randint(0, left)
    inside = _run(between, rng.randint(0, left // 2), rng)
    return sorted({*body, *_run(before, ahead, rng), *_run(after, left - ahead, rng), *inside})


def _run(places: list[int], count: int, rng: random.Random) -> list[int]:
    """So many of the places, all in a row."""
    start = rng.randint(0, max(0, len(places) - count))
    return places[start : start + count]


def _thin(labels: npt.NDArray[np.int8], rng: random.Random) -> list[int]:
    """The whole article, and of the site's lines some stretches of up to a dozen."""
    share = rng.uniform(0.05, 0.7)
    places: list[int] = []
    left, here = 0, True
    for i, value in enumerate(labels):
        if left == 0:
            left, here = rng.randint(1, 12), rng.random() < share
        left -= 1
        if value == KEEP or here:
            places.append(i)
    return places


def read_page_examples(corpus: Path) -> Iterator[Example]:
    """Every page of the corpus that has gold text, as a page."""
    rules = Listener()
    for page in read_pages(corpus):
        judged = rules.judge_page(page) if page.gold else None
        if judged is not None:
            judgement, said = judged
            s = judgement.segments
            lines = [s.text(i) for i in range(len(s))]
            labels = label(lines, page.gold or "", page.title)
            weight = 0.0 if page.suspect else 1.0 if page.group in GROUPS else OTHER_AS_PAGES
            example = as_example("\n".join(lines), judgement, page, page_features(judgement, said))
            yield replace(example, input="html", weight=weight,
                          labels=np.array([_LABELS.get(name, UNKNOWN) for name in labels], np.int8))  # fmt: skip


_LABELS = {"keep": KEEP, "drop": DROP}


def _dumper(name: str) -> Any:
    from benchmarks.systems import DUMPS

    return DUMPS[name].make()


def _text(page: Page, name: str, dumpers: dict[str, Any]) -> str:
    if name == "gold":
        return page.gold or ""
    if name == "kept":
        lines = dump_lines(page.html)
        labels = label(lines, page.gold or "", page.title)
        return "\n\n".join(line for line, kept in zip(lines, labels, strict=True) if kept == "keep")
    try:
        return str(dumpers[name](page.html, None))
    except Exception:  # a page that a peer cannot read is an empty dump
        return ""


def _example(
    page: Page, name: str, text: str, judgement: Judgement, hints: dict[str, npt.NDArray[np.float16]]
) -> Example:
    s = judgement.segments
    if not page.gold:
        labels = _by_snippets(page, s)
    elif name in ("gold", "kept"):
        labels = np.full(len(s), KEEP, np.int8)
    else:
        labels = _by_gold(page, text, s)
    unknown = np.full(HINTS, -1, np.float16)
    marked = None
    if name not in ("gold", "kept"):
        marked = np.stack([hints.get(_SPACE.sub(" ", s.text(i)), unknown) for i in range(len(s))])
    weight = _WEIGHTS.get(name, 1.0) * (1 if page.group in GROUPS else OTHER_PAGES if page.gold else SNIPPET_PAGES)
    return replace(as_example(text, judgement, page), input=name, weight=0.0 if page.suspect else weight,
                   labels=labels, hints=marked)  # fmt: skip


def as_example(text: str, judgement: Judgement, page: Page, seen: Features | None = None) -> Example:
    """A judged dump as an example all of whose lines stay."""
    seen = _small(seen or features(judgement))
    labels = np.full(len(judgement.verdicts), KEEP, np.int8)
    removed, held = _removed(judgement), _held(judgement)
    return Example(page.uid, "", page.group, page.key, 1.0, text, seen, removed, held, labels, None)


def _small(seen: Features) -> Features:
    return replace(seen, rows=seen.rows.astype(np.float16))


def _removed(judgement: Judgement) -> npt.NDArray[np.bool_]:
    return np.array([verdict is not None for verdict in judgement.verdicts])


def _held(judgement: Judgement) -> npt.NDArray[np.bool_]:
    protected = judgement.protected
    return np.array([i in protected and verdict is None for i, verdict in enumerate(judgement.verdicts)])


def _by_gold(page: Page, text: str, s: Segments) -> npt.NDArray[np.int8]:
    """The label of each segment; unknown where a line is no segment of its own."""
    lines = text.splitlines(keepends=True)
    worded = [line for line in lines if line.strip()]
    labels = iter(label([line.strip() for line in worded], page.gold or "", page.title))
    by_start = {}
    at = 0
    for line in lines:
        if line.strip():
            by_start[at + len(line) - len(line.lstrip())] = next(labels)
        at += len(line)
    return np.array([_LABELS.get(by_start.get(start, ""), UNKNOWN) for start in s.starts], np.int8)


def _by_snippets(page: Page, s: Segments) -> npt.NDArray[np.int8]:
    """Keep and drop for the one line that a snippet stands in, where it is one."""
    lines = [" ".join(s.text(i).lower().split()) for i in range(len(s))]
    labels = np.full(len(s), UNKNOWN, np.int8)
    for snippets, value in ((page.unwanted, DROP), (page.wanted, KEEP)):
        for snippet in (" ".join(text.lower().split()) for text in snippets):
            found = [i for i, line in enumerate(lines) if snippet and snippet in line]
            if len(found) == 1 and (value == KEEP or len(lines[found[0]]) < 3 * len(snippet)):
                labels[found[0]] = value
    return labels


def _hints(page: Page) -> Iterator[tuple[str, npt.NDArray[np.float16]]]:
    """Of each line of the raw dump: links, tags around, regions, and what names of classes say."""
    known: dict[Any, npt.NDArray[np.bool_]] = {}

    def around(element: Any) -> npt.NDArray[np.bool_]:
        chain = []
        while element is not None and element not in known:
            chain.append(element)
            element = element.getparent()
        found = known[element] if element is not None else np.zeros(len(_REGIONS) + len(_NAMES), bool)
        for inner in reversed(chain):
            names = f"{inner.get('class') or ''} {inner.get('id') or ''}".lower()
            own = [inner.tag in tags for tags in _REGIONS] + [bool(name.search(names)) for name in _NAMES]
            found = known[inner] = found | np.array(own)
        return found

    for line in marked_lines(page.html):
        tags = {ancestor.tag for ancestor in _nearest(line.element, 3)}
        own = [line.linked > 0.5, line.linked > 0, not tags.isdisjoint(_HEADINGS), *(tag in tags for tag in _TAGS)]
        yield line.text, np.concatenate((np.array(own), around(line.element))).astype(np.float16)


def _nearest(element: Any, count: int) -> Iterator[Any]:
    while element is not None and count:
        yield element
        element, count = element.getparent(), count - 1
