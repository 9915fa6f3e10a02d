"""CSS and XPath rules on a page's tree → the segments they mean."""

from __future__ import annotations

from typing import Any

from cleaner.model import Segments
from cleaner.rulebook.book import Rule


def selected_by(rule: Rule, tree: Any, segments: Segments, names: frozenset[str] | None = None) -> set[int]:
    """The segments inside the elements that the rule's selector selects; ``names`` are the page's classes and ids."""
    from cleaner.segment.html import segments_inside, select

    elements = select(rule.css or rule.xpath or "", tree, xpath=rule.css is None, names=names)
    return segments_inside(elements, segments) if elements else set()
