"""The values that flow through the pipeline. All frozen; nothing local but the errors is imported here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias, get_args

from cleaner.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from bs4 import Tag
    from lxml.etree import _Element, _ElementTree

Parsed: TypeAlias = "_Element | _ElementTree | Tag"
"""A page that came parsed: an lxml tree or element, or what BeautifulSoup makes."""
Kind = Literal["text", "html"]
Profile = Literal["balanced", "precision", "recall", "thorough", "rules-only"]
Engine = Literal["cleaner", "trafilatura"]
Output = Literal["text", "markdown", "html", "tei"]

HEAD, BODY, TAIL = ZONES = ("head", "body", "tail")

CATEGORIES = (
    "navigation", "masthead", "advertising", "gambling", "cookie-notice", "related", "social",
    "newsletter", "syndication", "byline", "caption", "comments", "paywall", "app-promo",
    "audio-player", "donation", "tags", "pagination", "author-bio", "copyright", "widget", "title",
    "dateline", "other",
)  # fmt: skip

METADATA_FIELDS = (
    "title", "author", "published", "modified", "site", "section", "tags", "language",
    "description", "url", "image",
)  # fmt: skip
"""Names a named group of a rule may have (``author`` feeds ``Metadata.authors``)."""


_CHOICES: Mapping[str, tuple[str, ...]] = {"engine": get_args(Engine), "output": get_args(Output)}


@dataclass(frozen=True, slots=True)
class Options:
    """What a caller may choose beside the rules; for all documents (``Cleaner(…)``) or for one (``clean(…)``).

    ``engine``: who chooses the article on a page where no rule speaks; ``trafilatura`` lays its choice of blocks
    on our segments, as verdicts. ``comments``: keep readers' comments. ``tables``: keep tables of data.
    ``list_numbers``: write the numbers that a page shows before the items of its ordered lists.

    ``output``: the form of ``Cleaned.rendered``: ``markdown``, ``html`` or ``tei``; with ``links``, ``images`` and
    ``formatting`` (bold, italics, code) where asked for. ``Cleaned.text`` is the same whatever they say.
    """

    engine: Engine = "cleaner"
    comments: bool = False
    tables: bool = True
    list_numbers: bool = True
    output: Output = "text"
    links: bool = False
    images: bool = False
    formatting: bool = False

    def but(self, **chosen: Any) -> Options:
        """These options but for some. Raises UsageError for one that there is not, or a value that it cannot have."""
        for name, value in chosen.items():
            if name not in self.__slots__:
                raise UsageError(f"unknown option {name!r}{where_it_belongs(name, self.__slots__)}")
            choices = _CHOICES.get(name, (True, False))
            if value not in choices:
                meant = did_you_mean(str(value), map(str, choices))
                raise UsageError(f"{name} is one of {', '.join(map(str, choices))}, not {value!r}{meant}")
        return replace(self, **chosen) if chosen else self


def where_it_belongs(unknown: str, choices: Iterable[str]) -> str:
    """A hint for what is none of the choices for one document."""
    if unknown in _OF_CLEANER:
        on_call = f", --{unknown.replace('_', '-')} on the command line"
        return f" of one document: it is chosen for all, Cleaner({unknown}=…){on_call}"
    return did_you_mean(unknown, (*choices, *_OF_CLEANER))


_OF_CLEANER = ("profile", "rules", "site_packs", "keep_title")


class Outcome(StrEnum):
    """What became of a document.

    ``OK``; ``EMPTY``: there is no text; ``FLAG``: cleaned, with a warning in ``reason``;
    ``FAIL``: could not be read, ``reason`` says why.
    """

    OK = "OK"
    EMPTY = "EMPTY"
    FLAG = "FLAG"
    FAIL = "FAIL"


@dataclass(frozen=True, slots=True)
class Source:
    """A decoded document: its text and how bytes became characters.

    ``decoded_by`` is one of ``str`` (it came as text), ``tree`` (it came parsed), ``bom``, ``declared``, ``utf-8``,
    ``utf-16``, ``lines`` (single lines fell back) and ``detector``. ``utf8`` is the text as a parser of pages
    reads it. ``failure`` is why it could not be read at all.
    """

    text: str
    kind: Kind
    encoding: str | None = None
    decoded_by: str = "str"
    warnings: tuple[str, ...] = ()
    failure: str | None = None
    utf8: bytes = b""


@dataclass(frozen=True, slots=True)
class Markup:
    """What a page's markup adds to its segments, column by column.

    ``elements`` are the blocks (lxml). ``link_density`` and ``emphasis`` are the shares of a segment's characters in
    links, and in bold or italics. ``spans`` is where it stands among all characters of the page's text. ``pictures``
    are the segments that are alternative texts of pictures.

    A *place* is an element that tells something of what is in it: a block, or one with a class or an id. ``place`` is
    the innermost that holds all of a segment's text, as a row of three columns: ``within`` is the place around each, -1
    for none; ``tags`` are the elements' names; ``called`` are their classes, their ids and hints: the values of
    ``role``, ``itemprop``, ``property`` and ``rel``, and ``hidden`` where they are.
    """

    elements: list[Any]
    link_density: list[float]
    emphasis: list[float]
    spans: list[tuple[int, int]]
    place: list[int]
    pictures: frozenset[int]
    within: list[int]
    tags: list[str]
    called: list[tuple[str, str, str]]


@dataclass(frozen=True, slots=True)
class Segments:
    """A document's segments, column by column (a row is a line of a dump or a block of a page).

    ``source`` is the text that the spans point into: the decoded dump, or for HTML the block
    texts, one a line. ``folded`` is what rules match on, ``keys`` the same without the
    punctuation around it. ``words`` is estimated where a script writes no spaces.
    ``markup`` exists for HTML only.
    """

    source: str
    starts: list[int]
    ends: list[int]
    folded: list[str]
    keys: list[str]
    words: list[int]
    closed: list[bool]
    weights: list[int]
    """What a segment speaks for being the article: its words (60 at most) where it is a long closed line, else 0."""
    uneven: frozenset[int] = frozenset()
    """Segments whose folded copy is not one character for one of the source."""
    dirty: frozenset[int] = frozenset()
    """Segments with control characters or lone surrogates, which never reach a clean text."""
    markup: Markup | None = None

    def __len__(self) -> int:
        return len(self.starts)

    def text(self, i: int) -> str:
        """Segment ``i`` as the source has it, without the white space around it."""
        return self.source[self.starts[i] : self.ends[i]]


class Verdict(NamedTuple):
    """Why a segment, or a span in it, goes: the rule that decided and all that matched."""

    rule: str
    category: str
    reason: str
    matched: tuple[str, ...] = ()
    weighs: bool = True
    """Whether the removal counts against the cap (a line rule's does, a section's does not)."""


class Removal(NamedTuple):
    """One dropped span of the source (``source[span[0]:span[1]] == text``) and why it went.

    ``gap`` is the white space before it that went with it. ``path`` is the element's XPath for HTML,
    None for text.
    """

    text: str
    span: tuple[int, int]
    zone: str
    category: str
    rule: str
    matched: tuple[str, ...]
    reason: str
    gap: str = ""
    path: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """The removal as JSON-ready values."""
        return {
            "text": self.text,
            "span": [*self.span],
            "zone": self.zone,
            "category": self.category,
            "rule": self.rule,
            "matched": [*self.matched],
            "reason": self.reason,
            "gap": self.gap,
            "path": self.path,
        }


class Edit(NamedTuple):
    """One place where the clean text is not the source's characters: ``before`` became ``after``.

    ``kind``: ``space`` (white space between or inside lines), ``control`` (a control character, byte
    order mark or lone surrogate taken out), ``orphan`` (punctuation left where an inline advert was cut),
    ``number`` (the number that a page shows before a list's item and does not hold as text).
    """

    start: int
    before: str
    after: str
    kind: str

    def to_dict(self) -> dict[str, Any]:
        """The edit as JSON-ready values."""
        return {"start": self.start, "before": self.before, "after": self.after, "kind": self.kind}


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where a metadata value came from: the text it was read from, its span, and by what.

    ``by`` is a rule's id, ``told`` (the caller said so), ``position`` (where a line stands), ``pack`` (the
    site pack that fits), ``detector`` (language) or ``markup:`` and the place where the page declares it:
    ``markup:json-ld:headline``, ``markup:meta:og:title``, ``markup:time[datetime]``, ``markup:htmldate`` (searched).
    """

    by: str
    text: str
    span: tuple[int, int] | None = None

    def to_dict(self) -> dict[str, Any]:
        """The evidence as JSON-ready values."""
        return {"by": self.by, "text": self.text, "span": self.span and [*self.span]}


class Declared(NamedTuple):
    """A metadata value that a page's markup declares, the place that does (``json-ld:headline``, ``meta:og:title``,
    ``time[datetime]``, ``rel=author``, ``htmldate``), and the text that stands there."""

    value: Any
    place: str
    text: str


@dataclass(frozen=True, slots=True)
class Metadata:
    """What is known about the article. Unknown is None or an empty list, never a guess; only a title
    found by where it stands (evidence ``position``) may now and then be another line.

    ``published`` and ``modified`` are calendar days as the page states them (``YYYY-MM-DD``, ISO
    8601); ``language`` is an ISO 639-1 code; ``site`` is the publisher's name; ``paywalled`` is whether the page
    says that not all may read it.
    """

    title: str | None = None
    authors: list[str] = field(default_factory=list)
    published: str | None = None
    modified: str | None = None
    site: str | None = None
    section: str | None = None
    tags: list[str] = field(default_factory=list)
    language: str | None = None
    description: str | None = None
    url: str | None = None
    image: str | None = None
    paywalled: bool | None = None
    evidence: dict[str, Evidence] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """The metadata as JSON-ready values."""
        values: dict[str, Any] = {name: getattr(self, name) for name in self.__slots__}
        return {
            **values,
            "authors": [*self.authors],
            "tags": [*self.tags],
            "evidence": {name: evidence.to_dict() for name, evidence in self.evidence.items()},
        }


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A cleaned document: its text, its metadata and the ledger of all that went.

    ``site`` is the id of the site pack that was used, or None; ``packs`` are all packs that were used beside
    those that hold for every document. ``removals`` and ``edits`` are the
    ledger: together with ``text`` they give the decoded input back. ``rendered`` is the same text as Markdown, HTML
    or XML-TEI, where ``output`` asked for it.

    >>> import cleaner
    >>> page = cleaner.clean("A line.\\n\\nShare this:\\n")
    >>> page.restore() == "A line.\\n\\nShare this:\\n"
    True
    """

    text: str
    outcome: Outcome
    reason: str | None
    site: str | None
    metadata: Metadata
    removals: tuple[Removal, ...] = ()
    edits: tuple[Edit, ...] = ()
    kind: Kind = "text"
    encoding: str | None = None
    decoded_by: str = "str"
    packs: tuple[str, ...] = ()
    rendered: str | None = None

    def restore(self) -> str:
        """The decoded input, from the text and the ledger alone.

        For HTML: the page's segments in document order, one a line.
        """
        ledger = [(r.span[0] - len(r.gap), r.gap + r.text, "") for r in self.removals]
        ledger += [(e.start, e.before, e.after) for e in self.edits]
        ledger.sort(key=lambda entry: (entry[0], len(entry[1])))  # what is only written stands before what goes
        parts: list[str] = []
        at_text = at_source = 0
        for start, before, after in ledger:
            unchanged = start - at_source
            parts += (self.text[at_text : at_text + unchanged], before)
            at_text += unchanged + len(after)
            at_source = start + len(before)
        parts.append(self.text[at_text:])
        return "".join(parts)

    def to_dict(self) -> dict[str, Any]:
        """The document as JSON-ready values; :meth:`from_dict` gives an equal document back.

        The shape is published as ``docs/cleaned.schema.json``.
        """
        return {
            "text": self.text,
            "outcome": str(self.outcome),
            "reason": self.reason,
            "site": self.site,
            "metadata": self.metadata.to_dict(),
            "removals": [removal.to_dict() for removal in self.removals],
            "edits": [edit.to_dict() for edit in self.edits],
            "kind": self.kind,
            "encoding": self.encoding,
            "decoded_by": self.decoded_by,
            "packs": list(self.packs),
            "rendered": self.rendered,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Cleaned:
        """The document that :meth:`to_dict` wrote.

        Raises KeyError, TypeError or ValueError for anything else.
        """
        values = dict(data)
        meta = dict(values.pop("metadata"))
        evidence = {
            name: Evidence(e["by"], e["text"], tuple(e["span"]) if e["span"] else None)
            for name, e in meta.pop("evidence").items()
        }
        removals = tuple(
            Removal(**{**r, "span": tuple(r["span"]), "matched": tuple(r["matched"])}) for r in values.pop("removals")
        )
        edits = tuple(Edit(**e) for e in values.pop("edits"))
        return cls(
            **{**values, "outcome": Outcome(values["outcome"]), "packs": tuple(values["packs"])},
            metadata=Metadata(**meta, evidence=evidence),
            removals=removals,
            edits=edits,
        )
