"""What stands among the article's paragraphs in a page, by the markup alone: beside them in one element, or in a list,
a table or a quotation that does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any

from cleaner.model import Markup

MOSTLY = 0.5
"""A line that is more link than this is a link."""
HEADINGS = frozenset("h2 h3 h4 h5 h6".split())
CELLS = frozenset(["td", "th"])
PARTS = CELLS | frozenset("li dt dd pre code caption".split())
"""What a list, a table or a listing of code is made of."""
LEAST_CELLS = 6
"""A table of fewer cells is a frame."""
_AROUND_TEXT = frozenset("li ul ol dl dt dd blockquote".split())
"""What a list and a quotation put around their text."""


class Flow:
    """The elements in which paragraphs stand side by side.

    ``paragraphs`` are the segments that are known to be some of the article. Text that stands in a table's cell itself
    says nothing: in old pages tables are the frame of all there is.
    """

    def __init__(self, markup: Markup, paragraphs: Iterable[int]) -> None:
        self._markup = markup
        self._around: dict[Any, Any] = {}
        blocks = (markup.elements[i] for i in paragraphs)
        self._containers = {self._container(block) for block in blocks if block.tag not in CELLS}

    def __contains__(self, i: int) -> bool:
        """Whether segment ``i`` stands beside the paragraphs and is no link."""
        markup = self._markup
        if markup.link_density[i] > MOSTLY or i in markup.pictures:
            return False
        return self._container(markup.elements[i]) in self._containers

    def has_part(self, i: int) -> bool:
        """Whether segment ``i`` is a part of the article: a heading of what stands beside its paragraphs, an item of a
        list, a table's cell, a line of code. A short paragraph may be anything: a byline, a date, a note.
        """
        elements = self._markup.elements
        if elements[i].tag not in HEADINGS:
            return elements[i].tag in PARTS and i in self
        headed = self._headed[i]
        return elements[headed].tag not in HEADINGS and i in self and headed in self

    @cached_property
    def _headed(self) -> list[int]:
        """Of each segment the next that is no heading; the last one where all are."""
        elements = self._markup.elements
        headed = [len(elements) - 1] * len(elements)
        for i in range(len(elements) - 2, -1, -1):
            headed[i] = headed[i + 1] if elements[i + 1].tag in HEADINGS else i + 1
        return headed

    def tables(self) -> Iterator[list[int]]:
        """The segments of each table that stands beside the paragraphs: one of data, whose cells are no links."""
        of_table: dict[Any, list[int]] = {}
        for i, element in enumerate(self._markup.elements):
            if element.tag in CELLS:
                of_table.setdefault(_table(element), []).append(i)
        for table, cells in of_table.items():
            linked = sum(self._markup.link_density[i] > MOSTLY for i in cells)
            if len(cells) >= LEAST_CELLS and 2 * linked <= len(cells) and self._container(table) in self._containers:
                yield cells

    def _container(self, element: Any) -> Any:
        """The element around a block, or around the list, the table or the wrapper whose part it is."""
        parent = (_table(element) if element.tag in CELLS else element).getparent()
        if parent not in self._around:
            around = parent
            while around is not None and (around.tag in _AROUND_TEXT or (around.tag == "div" and len(around) == 1)):
                around = around.getparent()
            self._around[parent] = around
        return self._around[parent]


def _table(cell: Any) -> Any:
    """The table that a cell is of; the cell itself where there is none."""
    return next(cell.iterancestors("table"), cell)
