"""JSON-LD in a page: read leniently, and the one node that is the article found among the others."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

Node = dict[str, Any]

_OPENING = ("<!--", "<![CDATA[", "//", "/*", "*/")
_CLOSING = ("-->", "]]>", "//", "/*", "*/", ";")
"""Marks of comments and CDATA in which scripts are wrapped."""
_TRAILING_COMMA = re.compile(r",(?=\s*[}\]])")
_LOOSE_CONTROL = re.compile(r"[\x00-\x1f]+")
_BAD_ESCAPE = re.compile(r'\\(?!["\\/bfnrtu])')
_FURTHER = ("@graph", "mainEntity", "mainEntityOfPage", "article", "subjectOf")
"""Where the article's node may stand inside another one."""
_BETWEEN_VALUES = re.compile(r"[\s,;]*")
_MOST_DEPTH, _MOST_ITEMS = 6, 100
_ARTICLE = re.compile("Article$|Posting$|^Report$|^Report[A-Z]")
_WORK = frozenset(
    "CreativeWork Recipe Review HowTo VideoObject MedicalWebPage QAPage FAQPage Book Course Event PodcastEpisode "
    "Chapter Question SpecialAnnouncement".split()
)


def read_json(text: str) -> Any:
    r"""The value of a JSON text; trailing commas, raw line breaks in strings, loose backslashes, quotes written as
    entities and the comment or CDATA marks around it are mended. Of several values one after another, a list of them.
    None where that is not enough.

    >>> read_json('<!-- {"headline": "Rain\nahead",} -->')
    {'headline': 'Rain ahead'}
    """
    for mend in (str, _mended, _unescaped):
        try:
            return _value(mend(text))
        except (ValueError, RecursionError):
            continue
    return None


def _value(text: str) -> Any:
    decoder = json.JSONDecoder(strict=False)
    values: list[Any] = []
    at = len(text) - len(text.lstrip())
    while at < len(text) or not values:
        value, end = decoder.raw_decode(text, at)
        values.append(value)
        between = _BETWEEN_VALUES.match(text, end)
        at = between.end() if between else end
    return values[0] if len(values) == 1 else values


def _unescaped(text: str) -> str:
    return _mended(html.unescape(text))


def _mended(text: str) -> str:
    text = text.strip()
    for _ in range(2):
        for mark in _OPENING:
            text = text.removeprefix(mark).lstrip()
        for mark in _CLOSING:
            text = text.removesuffix(mark).rstrip()
    return _BAD_ESCAPE.sub(r"\\\\", _TRAILING_COMMA.sub("", _LOOSE_CONTROL.sub(" ", text)))


class Graph:
    """All nodes of a page's JSON-LD that may describe the page itself, in document order."""

    def __init__(self, texts: list[str]) -> None:
        self._roots = [value for value in map(read_json, texts) if value is not None]
        self.nodes = [node for root in self._roots for node in _reachable(root, 0)]
        self._by_id: dict[str, Node] | None = None

    def resolve(self, value: Any) -> Any:
        """The node that ``{"@id": …}`` refers to, or the value itself."""
        if not isinstance(value, dict) or "name" in value or not isinstance(value.get("@id"), str):
            return value
        if self._by_id is None:
            self._by_id = {}
            for root in self._roots:
                for node in _every(root):
                    key = node.get("@id")
                    if isinstance(key, str) and len(node) > len(self._by_id.get(key, ())):
                        self._by_id[key] = node
        return self._by_id.get(value["@id"], value)

    def ranked(self, likeness: Callable[[Node], int] = lambda node: 0) -> list[Node]:
        """The nodes that are articles, then other works, then pages; each the likest first, then in document order."""
        ranks = [(rank, -likeness(node), i) for i, node in enumerate(self.nodes) if (rank := _rank(node)) is not None]
        return [self.nodes[i] for _, _, i in sorted(ranks)]

    def trails(self) -> Iterator[list[Node]]:
        """The crumbs of each breadcrumb trail, the site's home first."""
        seen: set[int] = set()
        for node in self.nodes:
            trail = self.resolve(node.get("breadcrumb", node))
            if isinstance(trail, dict) and id(trail) not in seen and "BreadcrumbList" in types_of(trail):
                seen.add(id(trail))
                crumbs = trail.get("itemListElement")
                yield [crumb for crumb in crumbs if isinstance(crumb, dict)] if isinstance(crumbs, list) else []


def types_of(node: Node) -> list[str]:
    """The node's types without the vocabulary's address."""
    types = node.get("@type")
    return [re.split("[/#:]", t)[-1] for t in (types if isinstance(types, list) else [types]) if isinstance(t, str)]


def is_article(node: Node) -> bool:
    """Whether the node says that it is an article."""
    return any(_ARTICLE.search(t) for t in types_of(node))


def texts_of(value: Any, depth: int = 0) -> list[str]:
    """The texts in a value: itself, its items, or the name of a node. Entities are read, spaces folded."""
    if isinstance(value, str):
        text = " ".join(html.unescape(html.unescape(value)).split())
        return [text] if text else []
    if isinstance(value, list) and depth < _MOST_DEPTH:
        return [text for item in value[:_MOST_ITEMS] for text in texts_of(item, depth + 1)]
    if isinstance(value, dict) and depth < _MOST_DEPTH:
        return texts_of(value.get("name", value.get("@value", value.get("url"))), depth + 1)
    return []


def _rank(node: Node) -> int | None:
    types = types_of(node)
    if is_article(node):
        return 0
    if "headline" in node or not _WORK.isdisjoint(types):
        return 1
    return 2 if any(t.endswith("Page") for t in types) else None


def _reachable(value: Any, depth: int) -> Iterator[Node]:
    if depth > _MOST_DEPTH:
        return
    if isinstance(value, list):
        for item in value:
            yield from _reachable(item, depth + 1)
    elif isinstance(value, dict):
        yield value
        for key in _FURTHER:
            if isinstance(value.get(key), dict | list):
                yield from _reachable(value[key], depth + 1)


def _every(root: Any) -> Iterator[Node]:
    stack = [root]
    while stack:
        value = stack.pop()
        if isinstance(value, dict):
            yield value
            stack.extend(value.values())
        elif isinstance(value, list):
            stack.extend(value)
