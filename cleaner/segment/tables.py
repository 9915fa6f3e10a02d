"""Which of a page's tables only lay it out, and which segments stand in tables of data."""

from __future__ import annotations

from typing import Any

from cleaner.model import Segments

_LAID_OUT = ("table", "h1", "main", "article")
SHARE = 0.5
"""A table that holds this share of the page's long closed lines lays the page out."""


def layout_tables(segments: Segments) -> set[Any]:
    """The tables that hold another table, the page's heading, or most of its article."""
    total = sum(segments.weights)
    inside: dict[Any, int] = {}
    for i, tables in _tables_around(segments):
        for table in tables:
            inside[table] = inside.get(table, 0) + segments.weights[i]
    return {
        table
        for table, weight in inside.items()
        if (weight and weight >= SHARE * total) or next(table.iterdescendants(*_LAID_OUT), None) is not None
    }


def in_data_tables(segments: Segments) -> set[int]:
    """The segments that stand in a table of data."""
    layout = layout_tables(segments)
    return {i for i, tables in _tables_around(segments) if any(table not in layout for table in tables)}


def _tables_around(segments: Segments) -> list[tuple[int, list[Any]]]:
    """For each segment that stands in tables: these."""
    markup = segments.markup
    if markup is None or "table" not in markup.tags:
        return []
    in_table: list[bool] = []
    for tag, around in zip(markup.tags, markup.within, strict=True):
        in_table.append(tag == "table" or (around >= 0 and in_table[around]))
    return [
        (i, [e for e in (element, *element.iterancestors("table")) if e.tag == "table"])
        for i, (place, element) in enumerate(zip(markup.place, markup.elements, strict=True))
        if place >= 0 and in_table[place]
    ]
