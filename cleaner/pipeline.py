"""The way a document takes: decode → segment → recognise the site → language, rules → score → copies → metadata →
assemble."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from cleaner.assemble import assemble
from cleaner.errors import InputError, UsageError, did_you_mean
from cleaner.intake.decode import decode, named_kind
from cleaner.judge.choices import hold_to
from cleaner.judge.copies import without_copies
from cleaner.judge.rules import FEW, Case, Judgement, RuleSet, judge
from cleaner.judge.site import Recognised, Recogniser
from cleaner.judge.zones import find_body
from cleaner.metadata.collect import collect
from cleaner.metadata.language import Spoken, detect_language, sample
from cleaner.model import Cleaned, Declared, Metadata, Options, Outcome, Parsed, Profile, Segments, Source
from cleaner.rulebook.book import Pack, Rule, Rulebook
from cleaner.rulebook.cache import collector_at_rest
from cleaner.rulebook.load import load_rulebook
from cleaner.rulebook.matcher import Found
from cleaner.segment.fold import fold
from cleaner.segment.numbers import Number, list_numbers
from cleaner.segment.page import Page
from cleaner.segment.text import segment_text

if TYPE_CHECKING:
    from cleaner.judge.score import Network

PROFILES = get_args(Profile)
KINDS = ("auto", "text", "html")
MOST_NOTICES = 3
"""So often a language is told anew; once is enough nearly always."""


class Cleaner:
    """Cleans documents by rules. Reusable, picklable, and safe to share between threads.

    ``rules``: files or folders of the user's own packs, added to the shipped ones. ``site_packs=False``
    leaves out the packs of single sites. ``keep_title``: leave the title's line in the text.
    ``profile``: how bold to be where no rule speaks. ``balanced`` lets the trained score decide,
    ``precision`` and ``recall`` move its threshold, ``rules-only`` does without it; ``thorough`` asks trafilatura
    too about each page, and searches its text for a date that nothing declares.
    ``options`` are those of :class:`Options`.

    Raises RuleError when rules have faults (all of them, with file, line and column), InputError when
    a path does not exist, UsageError for an unknown profile or option.

    >>> Cleaner().clean("A short note.\\n\\nShare this:\\n").text
    'A short note.'
    """

    _network: Network | None = None
    """Other weights for the score than those that ship: what training judges."""

    def __init__(
        self,
        rules: Sequence[str | Path] = (),
        *,
        site_packs: bool = True,
        profile: Profile = "balanced",
        keep_title: bool = False,
        **options: Any,
    ) -> None:
        if profile not in PROFILES:
            raise UsageError(
                f"profile {profile!r} is none of {', '.join(PROFILES)}{did_you_mean(str(profile), PROFILES)}"
            )
        if isinstance(rules, str | Path):
            raise UsageError("rules is a list of files or folders: rules=[path]")
        self.profile = profile
        self.keep_title = keep_title
        self.site_packs = site_packs
        self.own_rules = tuple(rules or ())
        self.options = Options().but(**options)
        with collector_at_rest():
            self._prepare(load_rulebook(rules or (), site_packs=site_packs))

    def _prepare(self, book: Rulebook) -> None:
        self.book = book
        self._recogniser = Recogniser(book)
        self._generic = RuleSet(book.generic, self._recogniser.needles())
        self._for_packs: dict[tuple[str, ...], RuleSet] = {}

    def __getstate__(self) -> dict[str, Any]:
        names = ("book", "profile", "keep_title", "site_packs", "own_rules", "options")
        return {name: getattr(self, name) for name in names}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.profile, self.keep_title, self.options = state["profile"], state["keep_title"], state["options"]
        self.site_packs, self.own_rules = state["site_packs"], state["own_rules"]
        self._prepare(state["book"])

    def clean(
        self,
        raw: str | bytes | Parsed,
        url: str | None = None,
        site: str | None = None,
        title: str | None = None,
        kind: str = "auto",
        **options: Any,
    ) -> Cleaned:
        """Clean one document. Never raises for content: see ``outcome`` and ``reason``.

        ``raw`` is a dump or a page as text or bytes, or a page that came parsed: an lxml tree or element, which
        is never changed, or a BeautifulSoup object. ``url`` and ``site`` (a pack's id, name or domain, or any
        publisher's name) say where it comes from, ``title`` what its title is, where that is known. ``kind`` is
        ``auto``, ``text`` or ``html``. ``options`` are those of :class:`Options`, for this document.

        Raises UsageError for arguments of the wrong kind.
        """
        _check_call(raw, kind, url=url, site=site, title=title)
        chosen = self.options.but(**options)
        parsed: Parsed | None = None
        if isinstance(raw, str | bytes):
            source = decode(raw, kind)
        else:
            source, parsed = Source("", "html", decoded_by="tree"), raw
        if source.failure is not None:
            return _without_text(source, Outcome.FAIL, source.failure)
        try:
            page = _page(source, parsed)
        except ValueError as error:
            return _without_text(source, Outcome.FAIL, str(error))
        if page is not None:
            source = replace(source, warnings=(*source.warnings, *page.warnings))
        segments = page.segments if page is not None else segment_text(source.text if source.kind == "text" else "")
        body = find_body(segments.weights, [True] * len(segments))
        declared = _declared(page, url) if page is not None else {}
        said = _said(declared)
        declared_language = declared.pop("language", None)
        told_title = title or (declared["title"].value if "title" in declared else None)
        found = self._generic.matcher.find(segments)
        packs = self._recogniser.recognise(found, body, url, site, page)

        case_in = partial(self._case, packs, segments, found, page, told_title, declared_language)
        spoken, case, judgement = _by_rules(segments, body, case_in)
        language = spoken.language
        if language is None and declared_language is not None:
            declared["language"], language = declared_language, declared_language.value
        doubts = None
        if chosen.engine == "trafilatura" and page is not None:
            doubts = _ask_trafilatura(judgement, page, chosen)
        else:
            judgement = self._scored(judgement, case, said)
            if self.profile == "thorough" and page is not None and case.outside is None:
                judgement = _second_opinion(judgement, page, chosen)
        hold_to(chosen, judgement)
        judgement = without_copies(judgement)
        metadata = collect(
            judgement,
            pack=packs.site,
            site=site,
            title=title,
            url=url,
            language=language,
            declared=None if page is None else declared,
            search_day=None if page is None else partial(_searched_day, page.tree, url, language, self.profile),
        )
        used = tuple(name for rule_set in case.rule_sets for name in rule_set.packs)
        return self._finish(source, packs, judgement, metadata, used, chosen, doubts, page)

    def _scored(self, judgement: Judgement, case: Case, said: Sequence[str]) -> Judgement:
        """Decided by the score what no rule decided. ``said``: what a page declares of itself.

        Where a site's layout names the article, its pack has decided all; and next to nothing is left as it is.
        """
        if self.profile == "rules-only" or case.outside is not None or len(judgement.kept) <= FEW:
            return judgement
        from cleaner.judge.score import score

        return score(judgement, self.profile, said, self._network)

    def _case(
        self,
        packs: Recognised,
        segments: Segments,
        found: Found,
        page: Page | None,
        title: str | None,
        declared_language: Declared | None,
        *spoken: Spoken,
    ) -> Case:
        """``spoken``: the languages that were told."""
        if declared_language is not None and spoken[-1].language is None:
            spoken = (Spoken(declared_language.value, (declared_language.value,)),)
        may_be = () if any(not told.may_be for told in spoken) else tuple(chain(*(told.may_be for told in spoken)))
        rule_sets = (self._generic, *self._rules_for(may_be), *self._rules_of(packs))
        selected, outside = _by_selectors(rule_sets, packs, page)
        return Case(
            rule_sets=rule_sets,
            found=(found,),
            disabled=packs.site.disable if packs.site else frozenset(),
            languages=frozenset(told.language for told in spoken if told.language is not None),
            title=title,
            selected=selected,
            outside=outside,
            copies_go=self.profile == "rules-only",
        )

    def _rules_for(self, languages: tuple[str, ...]) -> list[RuleSet]:
        """The rules of the languages that a document may be in: of all of them where nothing is known."""
        wanted = frozenset(languages)
        packs = self.book.by_language
        return [self._compiled((p,)) for p in packs if not wanted or not wanted.isdisjoint(p.languages)]

    def _rules_of(self, packs: Recognised) -> list[RuleSet]:
        """The rules of the site's pack and of the platforms it extends or that were recognised."""
        platforms = {p.id: p for p in packs.platforms}
        if packs.site is not None:
            platforms |= {name: self.book.platforms[name] for name in packs.site.extends}
        chosen = tuple(p for p in (packs.site, *sorted(platforms.values(), key=lambda p: p.id)) if p is not None)
        return [self._compiled(chosen)] if chosen else []

    def _compiled(self, packs: tuple[Pack, ...]) -> RuleSet:
        key = tuple(p.file for p in packs)
        if key not in self._for_packs:
            rules = (rule for pack in packs for rule in pack.rules if not pack.is_shared(rule))
            self._for_packs[key] = RuleSet(rules, packs=[pack.name for pack in packs])
        return self._for_packs[key]

    def _finish(
        self,
        source: Source,
        packs: Recognised,
        judgement: Judgement,
        metadata: Metadata,
        used: tuple[str, ...],
        options: Options,
        doubts: str | None,
        page: Page | None,
    ) -> Cleaned:
        if self.keep_title and judgement.title is not None:
            judgement.verdicts[judgement.title] = None
        numbers = list_numbers(judgement.segments, judgement.kept) if options.list_numbers else {}
        text, removals, edits = assemble(judgement, {i: str(number) for i, number in numbers.items()})
        rendered, unwritten = _rendered(text, page, judgement, metadata, options, numbers.values())
        warnings = [*source.warnings, *(w for w in (packs.warning, judgement.capped, doubts, unwritten) if w)]
        outcome = Outcome.FLAG if warnings else Outcome.OK
        reason = "; ".join(warnings) or None
        if not text:
            outcome, reason = Outcome.EMPTY, "; ".join([_why_empty(judgement), *warnings])
        return Cleaned(
            text=text,
            outcome=outcome,
            reason=reason,
            site=packs.site.id if packs.site else None,
            metadata=metadata,
            removals=removals,
            edits=edits,
            kind=source.kind,
            encoding=source.encoding,
            decoded_by=source.decoded_by,
            packs=used,
            rendered=rendered,
        )

    def clean_file(self, path: str | Path, **known: Any) -> Cleaned:
        """Clean one file; ``known`` are the other arguments of :meth:`clean`. With ``.html`` it is a page.

        Raises InputError when the file cannot be read.
        """
        try:
            if Path(path).exists() and not Path(path).is_file():
                raise InputError(f"{path}: not a regular file: name one file")
            raw = Path(path).read_bytes()
        except OSError as error:
            raise InputError(f"{path}: {error.strerror}") from None
        except ValueError as error:
            raise InputError(f"{path!r}: {error}") from None
        if known.get("kind", "auto") == "auto":
            known["kind"] = named_kind(str(path), raw)
        return self.clean(raw, **known)


def _by_rules(
    segments: Segments, body: tuple[int, int], case_in: Callable[..., Case]
) -> tuple[Spoken, Case, Judgement]:
    """The language that the document is in, and what rules say of it.

    Its first paragraphs tell the language. Where what rules leave begins with others (a notice above the article was in
    another language), these tell it, and the rules of both judge.
    """
    rows = sample(segments, body)
    spoken = [detect_language(segments, rows)]
    case = case_in(*spoken)
    judgement = judge(segments, case)
    for _ in range(MOST_NOTICES):
        left = sample(segments, judgement.rest, judgement.verdicts)
        if left == rows or (told := detect_language(segments, left)) == spoken[-1]:
            break
        rows, spoken = left, [*spoken, told]
        case = case_in(*spoken)
        judgement = judge(segments, case)
    return spoken[-1], case, judgement


def _check_call(raw: object, kind: object, **texts: object) -> None:
    if not isinstance(raw, str | bytes) and not came_parsed(raw):
        raise UsageError(f"clean takes str, bytes, an lxml tree or a BeautifulSoup object, got {type(raw).__name__}")
    if kind not in KINDS:
        raise UsageError(f"kind {kind!r} is none of auto, text, html{did_you_mean(str(kind), KINDS)}")
    if kind == "text" and not isinstance(raw, str | bytes):
        raise UsageError(f"kind 'text' is for str and bytes: a {type(raw).__name__} is a page")
    for name, value in texts.items():
        if value is not None and not isinstance(value, str):
            raise UsageError(f"{name} is text or None, got {type(value).__name__}")


def came_parsed(raw: object) -> bool:
    """Whether this is a parsed page; told without an import, for who has none never loads lxml or BeautifulSoup."""
    lxml, bs4 = sys.modules.get("lxml.etree"), sys.modules.get("bs4")
    of_lxml = lxml is not None and isinstance(raw, lxml._Element | lxml._ElementTree)
    return of_lxml or (bs4 is not None and isinstance(raw, bs4.Tag))


def _page(source: Source, parsed: Parsed | None) -> Page | None:
    """The page, where the source is one that holds any markup; of what came parsed, where it did."""
    if source.kind == "text":
        return None
    from cleaner.segment.html import own_tree, parse, segment_html, unseen

    tree = parse(source.utf8) if parsed is None else own_tree(parsed)
    return None if tree is None else replace(segment_html(tree), warnings=unseen(source.utf8, tree))


def _said(declared: dict[str, Declared]) -> tuple[str, ...]:
    """What a page says of itself, folded: its description, its title, its text. The text is no metadata: it goes."""
    body = declared.pop("body", None)
    said = (declared.get("description"), declared.get("title"), body)
    return tuple(fold(str(value.value)) if value is not None else "" for value in said)


def _declared(page: Page, url: str | None) -> dict[str, Declared]:
    from cleaner.metadata.markup import declared_metadata

    return declared_metadata(page.tree, url, page.by_tag)


def _searched_day(tree: Any, url: str | None, language: str | None, profile: str) -> Declared | None:
    from cleaner.metadata.markup import searched_day

    return searched_day(tree, url, language=language, thorough=profile == "thorough")


def _rendered(
    text: str,
    page: Page | None,
    judgement: Judgement,
    metadata: Metadata,
    options: Options,
    numbers: Iterable[Number],
) -> tuple[str | None, str | None]:
    """The text in the form that was asked for, or a warning of why it could not be written so."""
    if options.output == "text":
        return None, None
    from cleaner.output.write import rendered

    try:
        return rendered(text, page, judgement, metadata, options, numbers), None
    except Exception as error:  # the text is there whatever a serialiser stumbles over
        return None, f"output: no {options.output}, the text alone: {type(error).__name__}: {error}"


def _second_opinion(judgement: Judgement, page: Page, options: Options) -> Judgement:
    """What trafilatura says of a page, weighed against the score."""
    from cleaner.judge.trafilatura import opinion, second_opinion

    keeps = opinion(page.tree, page.segments, comments=options.comments, tables=options.tables)
    return judgement if keeps is None else second_opinion(judgement, keeps)


def _ask_trafilatura(judgement: Judgement, page: Page, options: Options) -> str | None:
    """Drop what trafilatura leaves out of a page; a warning where it has no opinion."""
    from cleaner.judge.trafilatura import opinion, side_with

    keeps = opinion(page.tree, page.segments, comments=options.comments, tables=options.tables)
    if keeps is None:
        return "trafilatura found no article: rules alone decided"
    side_with(judgement, keeps)
    return None


def _by_selectors(
    rule_sets: Sequence[RuleSet], packs: Recognised, page: Page | None
) -> tuple[tuple[tuple[int, Rule], ...], frozenset[int] | None]:
    """The segments that CSS and XPath rules select, and those outside the content of the layout that fits, if any."""
    if page is None:
        return (), None
    from cleaner.judge.selectors import select

    selected = tuple(
        (i, rule) for rule_set in rule_sets for rule, inside in rule_set.selectors.segments(page) for i in inside
    )
    for selector in packs.site.contents if packs.site else ():
        elements = select(selector, page)
        if elements:
            return selected, frozenset(range(len(page.segments))) - page.segments_in(elements)
    return selected, None


def _without_text(source: Source, outcome: Outcome, reason: str) -> Cleaned:
    return Cleaned(
        "", outcome, reason, None, Metadata(),
        kind=source.kind, encoding=source.encoding, decoded_by=source.decoded_by,
    )  # fmt: skip


def _why_empty(judgement: Judgement) -> str:
    return "no text in the input" if not len(judgement.segments) else "every line was removed by rules"


__all__ = ["PROFILES", "Cleaner"]
