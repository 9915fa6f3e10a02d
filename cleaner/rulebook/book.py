"""Rules as the engine uses them: compiled, frozen, picklable."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from cleaner.rulebook.phrases import Phrase, PhraseSet

NO_PHRASES = PhraseSet()

SITE, PLATFORM, GENERIC = 0, 1, 2
"""Levels, strongest first."""
IN_ANY_LANGUAGE = frozenset(["cookie-notice"])
"""Categories of which a page's lines may be in another language than its article: consent managers speak the reader's.
Their rules hold for every document, whatever languages their pack names."""


@dataclass(frozen=True)
class Section:
    """A heading and what belongs to it."""

    ends: PhraseSet
    max_words: int
    closed: bool
    least: int
    reach_back: int


@dataclass(frozen=True, eq=False)
class Rule:
    """One statement. ``pattern`` and ``capture`` are RE2 sources over the folded copy.

    Compared by identity: rules are dictionary keys while a document is judged.
    """

    id: str
    category: str
    why: str
    level: int
    action: str
    file: str
    line: int
    phrases: tuple[str, ...] = ()
    """The phrases as written; of a section those that start it."""
    keys: tuple[str, ...] = ()
    """Folded phrases that are a whole segment: one look-up finds them."""
    gapped: tuple[Phrase, ...] = ()
    """The other phrases: with gaps, or anywhere in a segment."""
    anywhere: bool = False
    inline: bool = False
    pattern: str | None = None
    literals: tuple[str, ...] = ()
    lengths: tuple[int, int] = (0, 10**6)
    edges: tuple[frozenset[str] | None, frozenset[str] | None] = (None, None)
    """The characters that a segment its pattern fits can begin with, and end with; None: any."""
    css: str | None = None
    xpath: str | None = None
    section: Section | None = None
    zones: frozenset[str] | None = None
    max_words: int = 120
    min_words: int = 0
    langs: frozenset[str] | None = None
    unless: PhraseSet = NO_PHRASES
    followed_by: PhraseSet = NO_PHRASES
    preceded_by: PhraseSet = NO_PHRASES
    repeats: int = 0
    echoes: frozenset[str] = frozenset()
    link_density: float | None = None
    capture: str | None = None
    captures: frozenset[str] = frozenset()
    """The metadata fields that its pattern and its capture can name."""
    hit: tuple[str, ...] = ()
    miss: tuple[str, ...] = ()
    narrowed: bool = field(init=False)
    """Whether it asks more of a segment than its words and its length."""
    looks_around: bool = field(init=False)
    """Whether it asks for what other segments decide, and for more of them than where the body is: neighbours,
    repeats, echoes."""

    def __post_init__(self) -> None:
        narrowed = self.min_words or self.langs is not None or self.link_density is not None or self.unless
        looks_around = self.repeats or self.echoes or self.followed_by or self.preceded_by
        object.__setattr__(self, "narrowed", bool(narrowed))
        object.__setattr__(self, "looks_around", bool(looks_around))

    @property
    def looks_at_words(self) -> bool:
        """Whether it looks for words of its own (not for elements, not for echoes alone)."""
        return bool(self.phrases or self.pattern)


@dataclass(frozen=True)
class Fingerprint:
    """One condition of a site's ``recognise``: a phrase in some zones, or a CSS selector."""

    phrase: Phrase | None
    zones: frozenset[str] | None
    anywhere: bool
    css: str | None


@dataclass(frozen=True, eq=False)
class Pack:
    """One rule file. ``id`` is its name without ``.yaml`` or ``.yml``."""

    id: str
    file: str
    level: int
    rules: tuple[Rule, ...]
    digest: str = ""
    """Of the file's content: it changes when anything in the pack does."""
    shared_digest: str = ""
    """The same of those of its rules that hold for every document though the pack does not."""
    languages: tuple[str, ...] = ()
    """A generic pack that names any holds for documents in these languages, or in none that is known."""
    site: str | None = None
    domains: tuple[str, ...] = ()
    recognise: tuple[tuple[Fingerprint, ...], ...] = ()
    extends: tuple[str, ...] = ()
    contents: tuple[str, ...] = ()
    disable: frozenset[str] = frozenset()

    def is_shared(self, rule: Rule) -> bool:
        """Whether a rule of this pack holds for every document."""
        return self.level == GENERIC and (not self.languages or rule.category in IN_ANY_LANGUAGE)

    @property
    def name(self) -> str:
        """Unique among all packs: ``sites/example.com``, ``platforms/wordpress``, ``generic/de``."""
        return f"{('sites', 'platforms', 'generic')[self.level]}/{self.id}"


@dataclass(frozen=True)
class Rulebook:
    """All packs of a run, checked against each other."""

    packs: tuple[Pack, ...]

    @cached_property
    def generic(self) -> tuple[Rule, ...]:
        """The rules that hold for every document."""
        return tuple(r for p in self.packs for r in p.rules if p.is_shared(r))

    @cached_property
    def by_language(self) -> tuple[Pack, ...]:
        """Generic packs that hold for documents in some languages."""
        return tuple(p for p in self.packs if p.languages)

    @cached_property
    def sites(self) -> dict[str, Pack]:
        """Site packs by id."""
        return {p.id: p for p in self.packs if p.level == SITE}

    @cached_property
    def platforms(self) -> dict[str, Pack]:
        """Platform packs by id."""
        return {p.id: p for p in self.packs if p.level == PLATFORM}

    @cached_property
    def domains(self) -> dict[str, Pack]:
        """Site packs by domain."""
        return {d: p for p in self.packs for d in p.domains}

    @cached_property
    def digest(self) -> str:
        """Of what bears on every document: the packs that hold for all, and how the others are recognised."""
        shared = [(p.name, p.digest) for p in self.packs if p.level == GENERIC and not p.languages]
        shared += [(p.name, p.shared_digest) for p in self.packs if p.languages]
        others = [
            (p.name, p.languages, p.domains, p.site, _written(p))
            for p in self.packs
            if p.languages or p.recognise or p.domains
        ]
        return hashlib.sha256(repr((shared, others)).encode("utf-8", "surrogatepass")).hexdigest()[:32]

    @cached_property
    def _digests(self) -> dict[str, str]:
        return {p.name: p.digest for p in self.packs}

    def digest_of(self, packs: Iterable[str]) -> str:
        """Of all that bears on a document on which these packs (by name) were used."""
        own = [(name, self._digests.get(name)) for name in sorted(packs)]
        return hashlib.sha256(repr((self.digest, own)).encode()).hexdigest()[:32]

    @cached_property
    def rules(self) -> tuple[Rule, ...]:
        """Every rule of every pack."""
        return tuple(r for p in self.packs for r in p.rules)


def _written(pack: Pack) -> list[list[tuple[object, ...]]]:
    """A pack's fingerprints as plain values, the same in every process."""
    return [
        [(c.phrase and c.phrase.pieces, sorted(c.zones or ()), c.anywhere, c.css) for c in alternative]
        for alternative in pack.recognise
    ]
