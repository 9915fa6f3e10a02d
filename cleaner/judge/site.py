"""Which site a document comes from: told, by its URL, or by its fingerprints."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from cleaner.judge.zones import zone_of
from cleaner.rulebook.book import Fingerprint, Pack, Rulebook
from cleaner.rulebook.matcher import Found, Needle
from cleaner.segment.fold import fold
from cleaner.segment.page import Page

if TYPE_CHECKING:
    from cleaner.judge.selectors import Selector, SelectorSet


@dataclass(frozen=True, slots=True)
class Recognised:
    """The site pack that fits, the platforms that do, or why none is used."""

    site: Pack | None = None
    platforms: tuple[Pack, ...] = ()
    warning: str | None = None


class _Place(NamedTuple):
    """A condition's place: which pack, which of its alternatives, which condition."""

    pack: int
    alternative: int
    condition: int


class Recogniser:
    """Finds packs by fingerprint. Built once, shared by threads."""

    def __init__(self, book: Rulebook) -> None:
        self.book = book
        self.packs = tuple(p for p in book.packs if p.recognise)

    def needles(self) -> Iterator[Needle]:
        """What to look for in a document: each condition on a phrase, by its place in the packs."""
        for place, condition in self._conditions():
            if condition.phrase is not None:
                yield Needle(place, phrase=condition.phrase, anywhere=condition.anywhere)

    @cached_property
    def _selectors(self) -> SelectorSet[_Place]:
        from cleaner.judge.selectors import SelectorSet

        return SelectorSet((place, c.css, None) for place, c in self._conditions() if c.css is not None)

    def _conditions(self) -> Iterator[tuple[_Place, Fingerprint]]:
        for p, pack in enumerate(self.packs):
            for a, alternative in enumerate(pack.recognise):
                for c, condition in enumerate(alternative):
                    yield _Place(p, a, c), condition

    def recognise(
        self, found: Found, body: tuple[int, int], url: str | None, told: str | None, page: Page | None = None
    ) -> Recognised:
        """The packs for one document. What is told wins over the URL, the URL over fingerprints.

        ``found`` is what a matcher with (at least) these :meth:`needles` found in the document.
        """
        fits = self._fits(found, body, page)
        platforms = tuple(p for p in fits if not p.site)
        named = self._named(told) or self.by_url(url)
        if named is not None:
            return Recognised(named, platforms)
        best = max((n for p, n in fits.items() if p.site), default=0)
        sites = [p for p, n in fits.items() if p.site and n == best]
        if len(sites) > 1:
            names = ", ".join(sorted(p.id for p in sites))
            return Recognised(None, platforms, f"site: {names} fit equally well, so no site pack was used")
        return Recognised(sites[0] if sites else None, platforms)

    def _named(self, told: str | None) -> Pack | None:
        """The pack whose id, name or domain was told."""
        if not told:
            return None
        sites = self.book.sites
        if told in sites:
            return sites[told]
        wanted = fold(told)
        by_name = [p for p in sites.values() if fold(p.site or "") == wanted]
        return by_name[0] if len(by_name) == 1 else self.book.domains.get(wanted)

    def by_url(self, url: str | None) -> Pack | None:
        """The pack for the URL's host, its parent domains, or its registrable domain."""
        if not url or not self.book.domains:
            return None
        host = _host(url)
        registrable = _extract()(host).top_domain_under_public_suffix if host else ""
        while host:
            if host in self.book.domains:
                return self.book.domains[host]
            host = "" if host == registrable else host.partition(".")[2]
        return None

    def _fits(self, found: Found, body: tuple[int, int], page: Page | None) -> dict[Pack, int]:
        """Packs with an alternative that holds, and the number of conditions of their longest one."""
        met: dict[tuple[int, int], set[int]] = {}
        for i, targets in found.lines.items():
            for target in targets:
                if isinstance(target, _Place):
                    p, a, c = target
                    zones = self.packs[p].recognise[a][c].zones
                    if zones is None or zone_of(i, body) in zones:
                        met.setdefault((p, a), set()).add(c)
        asked: dict[tuple[int, int], list[list[Selector]]] = {}
        if page is not None:
            for (p, a, _), selectors in self._selectors.candidates(page).items():
                asked.setdefault((p, a), []).append(selectors)

        def holds(selectors: list[Selector]) -> bool:
            return page is not None and any(selector.select(page) for selector in selectors)

        fits: dict[Pack, int] = {}
        for place in met.keys() | asked.keys():
            pack, of_page = self.packs[place[0]], asked.get(place, [])
            conditions = len(pack.recognise[place[1]])
            if len(met.get(place, ())) + len(of_page) == conditions and all(map(holds, of_page)):
                fits[pack] = max(fits.get(pack, 0), conditions)
        return fits


def _host(url: str) -> str:
    """The URL's host in lower case; '' when it has none."""
    try:
        return (urlsplit(url if "//" in url else f"//{url}").hostname or "").lower()
    except ValueError:
        return ""


@lru_cache(maxsize=1)
def _extract() -> Any:
    """tldextract on its bundled list: no network, no cache directory."""
    import tldextract

    return tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
