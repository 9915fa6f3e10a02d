"""CSS and XPath on a page → the elements and the segments they mean.

lxml and cssselect decide what a selector selects. What is ours is only when to ask them: a page's classes,
ids and attributes are known from the walk, so that a selector that names others is not tried, and one that
ends in a class or an id is tried on the elements that have it.
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


@dataclass(frozen=True, slots=True)
class Selector:
    """One selector between commas, compiled, and what a page must have for it to select anything."""

    everywhere: Any
    """What it selects in a tree."""
    itself: Any = None
    """Whether it selects an element, where that can be told from the element alone."""
    classes: frozenset[str] = frozenset()
    ids: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    """Attributes that must be there, and short values they must have."""
    in_classes: tuple[str, ...] = ()
    """Parts of a class or an id that must be there."""
    declared: frozenset[str] = frozenset()
    """Values that a ``meta``, ``link``, ``script`` or ``html`` element must have."""
    in_declared: tuple[str, ...] = ()
    """Parts of values that it must have."""
    declares: bool = False
    """Whether it selects nothing but such elements."""
    last_class: str | None = None
    last_id: str | None = None

    def may_select(self, page: Page) -> bool:
        """False where the page lacks what the selector names."""
        if self.classes and not self.classes <= page.classes.keys():
            return False
        if self.ids and not self.ids <= page.by_id.keys():
            return False
        if self.names and not self.names <= page.names:
            return False
        if self.declared and not self.declared <= page.declared:
            return False
        for part in self.in_classes:
            if part not in page.all_classes:
                return False
        return all(part in page.all_declared for part in self.in_declared)

    def select(self, page: Page) -> list[Any]:
        """The elements of a page that it selects."""
        if not self.may_select(page):
            return []
        if self.declares and (self.declared or self.in_declared):
            return [e for e, values in page.declaring if self._may_be(values) and self.itself(e)]
        if self.itself is not None:
            if self.last_id is not None:
                return [e for e in page.by_id[self.last_id] if self.itself(e)]
            if self.last_class is not None:
                return [e for e in page.of_class(self.last_class) if self.itself(e)]
        found = self.everywhere(page.tree)
        return [e for e in found if isinstance(e, etree._Element)] if isinstance(found, list) else []

    def _may_be(self, values: list[str]) -> bool:
        """Whether an element with these values may be one that declares what is asked for."""
        return self.declared.issubset(values) and all(
            any(part in value for value in values) for part in self.in_declared
        )


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
                need = next(
                    chain(selector.classes, selector.ids, sorted(selector.names), sorted(selector.declared)), None
                )
                known = self.needless if need is None else self.by_need.setdefault(need, [])
                known.append((target, selector))

    def candidates(self, page: Page) -> dict[T, list[Selector]]:
        """The selectors that the page may fit, by what they are for."""
        by_need = self.by_need
        needs = by_need.keys() & chain(page.classes, page.by_id, page.names, page.declared)
        known = chain(self.needless, *[by_need[need] for need in needs])
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
    alone = not any(isinstance(step, CombinedSelector) for step in steps)
    own = steps if alone else []
    tag = next((step.element for step in own if isinstance(step, Element)), None)
    declares = alone and tag in _DECLARING
    # != holds for elements without the attribute too, and HTML knows no case in an attribute's name
    found = [step for step in steps if isinstance(step, Attrib) and step.operator != "!="]
    attributes = [(step.attrib.lower(), step.operator, _value(step)) for step in found]
    others = [(name, operator, value) for name, operator, value in attributes if name not in ("class", "id")]
    return Selector(
        everywhere=etree.XPath(translator.selector_to_xpath(part, "descendant-or-self::")),
        itself=etree.XPath(translator.selector_to_xpath(part, "self::")) if alone else None,
        classes=frozenset(step.class_name for step in steps if isinstance(step, Class)),
        ids=frozenset(step.id for step in steps if isinstance(step, Hash)),
        names=frozenset() if declares else frozenset(_needed_names(others)),
        in_classes=tuple(value for name, _, value in attributes if name in ("class", "id") and value),
        declared=frozenset(value for _, operator, value in others if operator == "=") if declares else frozenset(),
        in_declared=tuple(value for _, operator, value in others if operator in _PARTS and value) if declares else (),
        declares=declares,
        last_class=next((step.class_name for step in own if isinstance(step, Class)), None),
        last_id=next((step.id for step in own if isinstance(step, Hash)), None),
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


def _needed_names(attributes: Iterable[tuple[str, str, str]]) -> Iterator[str]:
    for name, operator, value in attributes:
        if name not in UNNAMED:
            yield name
            if operator == "=" and len(value) <= LONG:
                yield value
