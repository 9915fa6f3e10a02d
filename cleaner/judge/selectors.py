"""CSS and XPath on a page → the elements and the segments they mean.

lxml and cssselect decide what a selector selects. What is ours is only when to ask them: a page's tags, classes,
ids and attributes are known from the walk, so that a selector that names others is not tried, and one that
begins with what few elements have is tried on these alone. The walk knows what holds text: what stands in
``<template>`` and its like is not asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import chain
from typing import Any, Generic, TypeVar

import cssselect
from cssselect import HTMLTranslator
from cssselect.parser import Attrib, Class, CombinedSelector, Element, Hash
from lxml import etree

from cleaner.segment.page import LONG, UNNAMED, Page

T = TypeVar("T")
_PARTS = frozenset(["^=", "$=", "*="])
_DECLARING = frozenset(["meta", "link", "script", "html"])
FEW = 40
"""From so few elements a selector of several parts is followed one by one: more may stand one in the other, so that
what is in them would be looked through again and again."""


@dataclass(frozen=True, slots=True)
class Selector:
    """One selector between commas, compiled, and what a page must have for it to select anything."""

    everywhere: Any
    """What it selects in a tree."""
    onwards: Any = None
    """What it selects from an element that its first part may fit."""
    alone: bool = False
    """Whether it has no other part, so that it selects the element or nothing."""
    classes: frozenset[str] = frozenset()
    ids: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    """Attributes that must be there, and short values they must have."""
    in_classes: tuple[str, ...] = ()
    """Parts of a class or an id that must be there."""
    declared: frozenset[str] = frozenset()
    """Attributes and values that a ``meta``, ``link``, ``script`` or ``html`` element must have."""
    in_declared: tuple[str, ...] = ()
    """Parts of values that it must have."""
    declares: bool = False
    """Whether it selects nothing but such elements."""
    bare_tag: str | None = None
    """The tag that is all it asks for."""
    first_tag: str | None = None
    first_class: str | None = None
    first_id: str | None = None

    def need(self) -> str | None:
        """One thing that a page must have: the longest name of a kind, which few pages have."""
        for kind in (self.classes, self.ids, self.names, self.declared, self.tags):
            if kind:
                return max(kind, key=lambda name: (len(name), name))
        return None

    def may_select(self, page: Page) -> bool:
        """False where the page lacks what the selector names."""
        if self.classes and not self.classes <= page.classes.keys():
            return False
        if self.ids and not self.ids <= page.by_id.keys():
            return False
        if self.names and not self.names <= page.names:
            return False
        if self.tags and not self.tags <= page.by_tag.keys():
            return False
        if self.declared and not self.declared <= page.declaring.keys():
            return False
        for part in self.in_classes:
            if part not in page.all_classes:
                return False
        return all(part in page.all_declared for part in self.in_declared)

    def select(self, page: Page) -> list[Any]:
        """The elements of a page that it selects."""
        if not self.may_select(page):
            return []
        if self.bare_tag is not None:
            return page.by_tag[self.bare_tag]
        starts = self._starts(page)
        if starts is not None and (self.alone or len(starts) <= FEW):
            return list(dict.fromkeys(chain.from_iterable(map(self.onwards, starts))))
        found = self.everywhere(page.tree)
        return [e for e in found if isinstance(e, etree._Element)] if isinstance(found, list) else []

    def _starts(self, page: Page) -> list[Any] | None:
        """The elements that its first part may fit; None where they are not known."""
        if self.declares and self.declared:
            return min(map(page.declaring.__getitem__, self.declared), key=len)
        if self.first_id is not None:
            return page.by_id[self.first_id]
        if self.first_class is not None:
            return page.of_class(self.first_class)
        return page.by_tag[self.first_tag] if self.first_tag is not None else None


def select(css: str, page: Page) -> list[Any]:
    """The elements that a CSS selector selects."""
    return [element for selector in compiled(css) for element in selector.select(page)]


class SelectorSet(Generic[T]):
    """Selectors of many rules, each with what it is for; a page is asked only those that it may fit."""

    def __init__(self, selectors: Iterable[tuple[T, str | None, str | None]]) -> None:
        self.by_need: dict[str, list[tuple[T, Selector]]] = {}
        self.needless: list[tuple[T, Selector]] = []
        for target, css, xpath in selectors:
            for selector in compiled(css) if css else (_by_xpath(xpath or ""),):
                need = selector.need()
                known = self.needless if need is None else self.by_need.setdefault(need, [])
                known.append((target, selector))

    def candidates(self, page: Page) -> dict[T, list[Selector]]:
        """The selectors that the page may fit, by what they are for."""
        known = chain(self.needless, *[self.by_need[need] for need in page.marks.intersection(self.by_need)])
        found: dict[T, list[Selector]] = {}
        for target, selector in known:
            if selector.may_select(page):
                found.setdefault(target, []).append(selector)
        return found

    def segments(self, page: Page) -> Iterator[tuple[T, set[int]]]:
        """What fits, with the segments inside the elements that its selectors select."""
        for target, selectors in self.candidates(page).items():
            inside = page.segments_in(e for selector in selectors for e in selector.select(page))
            if inside:
                yield target, inside


@cache
def compiled(css: str) -> tuple[Selector, ...]:
    """A CSS selector's parts between commas."""
    return tuple(_compile(part) for part in cssselect.parse(css))


@cache
def _by_xpath(expression: str) -> Selector:
    return Selector(etree.XPath(expression))


def _compile(part: cssselect.Selector) -> Selector:
    translator = HTMLTranslator()
    steps = list(_steps(part.parsed_tree))
    first = part.parsed_tree
    while isinstance(first, CombinedSelector):
        first = first.selector
    own = list(_steps(first))
    alone = first is part.parsed_tree
    tag = next((step.element.lower() for step in own if isinstance(step, Element) and step.element), None)
    declares = alone and tag in _DECLARING
    # != holds for elements without the attribute too, and HTML knows no case in an attribute's name
    found = [step for step in steps if isinstance(step, Attrib) and step.operator != "!="]
    attributes = [(step.attrib.lower(), step.operator, _value(step)) for step in found]
    others = [(name, operator, value) for name, operator, value in attributes if name not in ("class", "id")]
    return Selector(
        everywhere=etree.XPath(translator.selector_to_xpath(part, "descendant-or-self::")),
        onwards=etree.XPath(translator.selector_to_xpath(part, "self::")),
        classes=frozenset(step.class_name for step in steps if isinstance(step, Class)),
        ids=frozenset(step.id for step in steps if isinstance(step, Hash)),
        tags=frozenset(step.element.lower() for step in steps if isinstance(step, Element) and step.element),
        names=frozenset() if declares else frozenset(_needed_names(others)),
        in_classes=tuple(value for name, _, value in attributes if name in ("class", "id") and value),
        declared=frozenset(_declared(others)) if declares else frozenset(),
        in_declared=tuple(value for _, operator, value in others if operator in _PARTS and value) if declares else (),
        declares=declares,
        alone=alone,
        bare_tag=tag if alone and len(own) == 1 else None,
        first_tag=tag,
        first_class=next((step.class_name for step in own if isinstance(step, Class)), None),
        first_id=next((step.id for step in own if isinstance(step, Hash)), None),
    )


def _steps(node: Any) -> Iterator[Any]:
    """The parts of a selector that an element, or one around it, must fit; not those inside :not(), :is() or :has()."""
    yield node
    if isinstance(node, CombinedSelector):
        yield from _steps(node.subselector)
    if hasattr(node, "selector"):
        yield from _steps(node.selector)


def _value(attribute: Attrib) -> str:
    return str(attribute.value.value) if attribute.value is not None else ""


def _declared(attributes: Iterable[tuple[str, str, str]]) -> Iterator[str]:
    for name, operator, value in attributes:
        yield name
        if operator == "=":
            yield value


def _needed_names(attributes: Iterable[tuple[str, str, str]]) -> Iterator[str]:
    for name, operator, value in attributes:
        if name not in UNNAMED:
            yield name
            if operator == "=" and len(value) <= LONG:
                yield value
