"""An HTML page → its segments: one walk over the blocks, one segment a line of text.

White space is collapsed as a browser does, except in ``<pre>``. ``<script>``, ``<style>``,
``<template>`` and ``<noscript>`` are not text (a scraper's page has them beside what they stand in
for). Everything else is a segment, so that the ledger accounts for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import cssselect
from cssselect import HTMLTranslator
from lxml import etree, html

from cleaner.model import Segments
from cleaner.segment.text import columns

_BLOCKS = frozenset(
    """address article aside blockquote body button caption center dd details dialog dir div dl dt fieldset
    figcaption figure footer form h1 h2 h3 h4 h5 h6 header hgroup hr html label legend li main menu nav ol
    optgroup option p pre search section select summary table tbody td textarea tfoot th thead title tr ul
    iframe video audio object canvas""".split()
)
_NO_TEXT = frozenset(["script", "style", "template", "noscript", "head"])
_LIMITS = ("depth", "huge", "Excessive", "nesting")


class Unreadable(ValueError):
    """The page cannot be parsed whole; a shortened text would be a lie. The message says why."""


def parse(page: str) -> Any | None:
    """The page's tree, or None when it holds no markup. Raises Unreadable past lxml's limits."""
    data = page.replace("\x00", "").encode("utf-8", "replace")
    if not data.strip():
        return None
    parser = html.HTMLParser(encoding="utf-8", huge_tree=True, remove_pis=True, remove_comments=True)
    try:
        tree = html.document_fromstring(data, parser=parser)
    except etree.ParserError:
        return None
    except etree.XMLSyntaxError as error:
        raise Unreadable(str(error)) from None
    for entry in parser.error_log:
        if any(word in entry.message for word in _LIMITS):
            raise Unreadable(f"depth: {entry.message.strip()}")
    return tree


def segment_html(tree: Any) -> Segments:
    """The blocks of a parsed page, in document order, with their elements and link densities."""
    blocks: list[tuple[str, Any, float]] = []
    pending: list[str] = []
    links = 0
    block = tree

    def flush() -> None:
        nonlocal links
        text = "".join(pending)
        pending.clear()
        linked, links = links, 0
        in_pre = block.tag == "pre"
        for line in text.splitlines() if in_pre else [" ".join(text.split())]:
            if line.strip():
                blocks.append((line.strip(), block, min(1.0, linked / len(line.strip()))))

    def add(text: str | None, in_link: bool) -> None:
        nonlocal links
        if text:
            pending.append(text)
            if in_link:
                links += len(text.strip())

    body = tree.find("body")
    block = tree if body is None else body
    stack: list[tuple[Any, str, Any, bool]] = [(block, "open", None, False)]
    while stack:
        element, step, outer, in_link = stack.pop()
        if step == "tail":
            add(element.tail, in_link)
            continue
        if step == "close":
            flush()
            block = outer
            continue
        tag = element.tag
        if not isinstance(tag, str) or tag in _NO_TEXT:
            continue
        if tag == "br":
            flush()
        inside = in_link or tag == "a"
        if tag in _BLOCKS:
            flush()
            stack.append((element, "close", block, in_link))
            block = element
        add(element.text, inside)
        for child in reversed(element):
            stack.append((child, "tail", None, inside))
            stack.append((child, "open", None, inside))
    flush()
    return _columns(blocks)


def _columns(blocks: list[tuple[str, Any, float]]) -> Segments:
    source = "\n".join(text for text, _, _ in blocks)
    starts: list[int] = []
    ends: list[int] = []
    at = 0
    for text, _, _ in blocks:
        starts.append(at)
        ends.append(at + len(text))
        at += len(text) + 1
    segments = columns(source, starts, ends)
    by_start = {start: (element, links) for start, (_, element, links) in zip(starts, blocks, strict=True)}
    kept = [by_start[start] for start in segments.starts]
    return replace(segments, elements=[e for e, _ in kept], link_density=[links for _, links in kept])


def path_of(element: Any) -> str:
    """The element's XPath."""
    path: str = element.getroottree().getpath(element)
    return path


def names_in(tree: Any) -> frozenset[str]:
    """Every class and id of a page: what a selector names and the page lacks need not be looked for."""
    names: set[str] = set()
    for element in tree.iter(etree.Element):
        names.update((element.get("class") or "").split())
        if "id" in element.attrib:
            names.add(element.get("id"))
    return frozenset(names)


def select(selector: str, tree: Any, xpath: bool = False, names: frozenset[str] | None = None) -> list[Any]:
    """The elements that a CSS selector (or an XPath expression) selects. ``names``: the page's, where known."""
    programs = (_xpath(selector),) if xpath else _alternatives(selector)
    selected: list[Any] = []
    for needed, program in programs:
        if names is None or needed <= names:
            found = program(tree)
            selected += [e for e in found if isinstance(e, etree._Element)] if isinstance(found, list) else []
    return selected


@cache
def _xpath(expression: str) -> tuple[frozenset[str], Any]:
    return frozenset(), etree.XPath(expression)


@cache
def _alternatives(selector: str) -> tuple[tuple[frozenset[str], Any], ...]:
    """The parts of a selector between commas, compiled, each with the classes and ids it cannot do without."""
    translator = HTMLTranslator()
    return tuple(
        (frozenset(_needed(part.parsed_tree)), etree.XPath(translator.selector_to_xpath(part, "descendant-or-self::")))
        for part in cssselect.parse(selector)
    )


def _needed(node: Any) -> Iterator[str]:
    """Class names and ids that an element, or one around it, must have; not those inside :not() or :is()."""
    if isinstance(node, cssselect.parser.Class):
        yield node.class_name
    elif isinstance(node, cssselect.parser.Hash):
        yield node.id
    elif isinstance(node, cssselect.parser.CombinedSelector):
        yield from _needed(node.subselector)
    if hasattr(node, "selector"):
        yield from _needed(node.selector)


def segments_inside(elements: list[Any], segments: Segments) -> set[int]:
    """The segments whose block is one of the elements or stands inside one."""
    wanted = {node for element in elements for node in element.iter()}
    return {i for i, element in enumerate(segments.elements or ()) if element in wanted}
