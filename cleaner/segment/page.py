"""A parsed page as the later stages look at it: its segments, and what stands where in the tree."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Any

from cleaner.model import Segments

UNNAMED = frozenset("href src srcset style alt title content width height target data-src data-srcset sizes".split())
"""Attributes whose names and values are not noted in ``Page.names``."""
LONG = 60
"""Characters of the longest values in ``Page.names``."""


@dataclass(frozen=True)
class Page:
    """A page's tree, walked once.

    ``extents`` says of every element which of the characters of the page's text it holds;
    ``by_tag`` are all elements. ``by_class`` (by the whole attribute) and ``by_id`` are those with text that have one;
    ``names`` are their other attributes' names and short values. ``warnings`` say what of the page the parser did not
    see.
    """

    tree: Any
    segments: Segments
    extents: dict[Any, tuple[int, int]]
    by_tag: dict[str, list[Any]]
    by_class: dict[str, list[Any]]
    by_id: dict[str, list[Any]]
    names: set[str]
    warnings: tuple[str, ...] = ()

    @cached_property
    def classes(self) -> dict[str, list[str]]:
        """Each class, and the class attributes that name it."""
        found: dict[str, list[str]] = {}
        for written in self.by_class:
            for name in written.split():
                found.setdefault(name, []).append(written)
        return found

    @cached_property
    def all_classes(self) -> str:
        """Every class attribute and id, one a line."""
        return "\n".join(chain(self.by_class, self.by_id))

    @cached_property
    def declaring(self) -> dict[str, list[Any]]:
        """The elements that declare something (``meta``, ``link``, ``script``, ``html``), by what they say: the names
        and values of their attributes."""
        found: dict[str, list[Any]] = {}
        for element in self.of_tags("meta", "link", "script", "html"):
            for said in chain.from_iterable(element.items()):
                found.setdefault(said, []).append(element)
        return found

    @cached_property
    def all_declared(self) -> str:
        """All that they say, one a line."""
        return "\n".join(self.declaring)

    @cached_property
    def marks(self) -> set[str]:
        """All that a selector may need: tags, classes, ids, attributes, and what is declared."""
        return self.names.union(self.by_tag, self.classes, self.by_id, self.declaring)

    def of_tags(self, *tags: str) -> Iterator[Any]:
        """The elements with these names, one name after the other."""
        return chain.from_iterable(self.by_tag.get(tag, ()) for tag in tags)

    def of_class(self, name: str) -> list[Any]:
        """The elements that have a class."""
        return [element for written in self.classes.get(name, ()) for element in self.by_class[written]]

    def segments_in(self, elements: Iterable[Any]) -> set[int]:
        """The segments that stand wholly inside one of the elements, pictures among them."""
        markup = self.segments.markup
        assert markup is not None
        inside: set[int] = set()
        near: set[tuple[int, int]] = set()
        asked = set(elements)
        (texts, starts), (pictures, places) = self._lines
        for element in asked:
            first, last = self.extents.get(element, (0, 0))
            for i in texts[bisect_left(starts, first) : bisect_right(starts, last)]:
                a, b = markup.spans[i]
                if a < b <= last:
                    inside.add(i)
            if pictures:
                near.add((bisect_left(places, first), bisect_right(places, last)))
        # Pictures without text between them stand in one place: whether they are inside is asked once of each.
        for i in {i for low, high in near for i in pictures[low:high]}:
            picture = markup.elements[i]
            if picture in asked or not asked.isdisjoint(picture.iterancestors()):
                inside.add(i)
        return inside

    @cached_property
    def _lines(self) -> tuple[tuple[list[int], list[int]], tuple[list[int], list[int]]]:
        """Lines of text and pictures, each with where they begin: a picture stands after the line that it is in."""
        markup = self.segments.markup
        assert markup is not None
        texts = [i for i in range(len(markup.spans)) if i not in markup.pictures]
        pictures = sorted(markup.pictures)
        return (texts, [markup.spans[i][0] for i in texts]), (pictures, [markup.spans[i][0] for i in pictures])


class Paths:
    """The XPaths of a tree's elements, as lxml's ``getpath`` writes them.

    That counts the siblings of an element, and of all around it, anew for each; this once for all of them.
    """

    def __init__(self) -> None:
        self._known: dict[Any, str] = {}

    def __call__(self, element: Any) -> str:
        """The path of one element."""
        if element not in self._known:
            unknown = [element]  # not one call within another: pages may be nested deeper than Python calls
            while (above := unknown[-1].getparent()) is not None and above not in self._known:
                unknown.append(above)
            for each in reversed(unknown):
                self._note(each)
        return self._known[element]

    def _note(self, element: Any) -> None:
        """Note the path of an element, and of its siblings of the same name; that of the one around them is known."""
        above, tag = element.getparent(), element.tag
        same = [element] if above is None else [each for each in above if each.tag == tag]
        path = f"{self._known.get(above, '')}/{tag}"
        if tag.startswith("{"):  # a name of another vocabulary, which only the document's prefixes can say
            self._known[element] = str(element.getroottree().getpath(element))
        elif len(same) == 1:
            self._known[element] = path
        else:
            self._known.update((each, f"{path}[{number}]") for number, each in enumerate(same, 1))
