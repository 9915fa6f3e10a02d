"""Kept segments → one tree in the vocabulary of trafilatura's serialisers (``p head list item table row cell quote
code ref hi graphic lb``)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import fields
from typing import Any
from urllib.parse import urljoin

from lxml import etree

from cleaner.judge.rules import Judgement
from cleaner.model import Metadata, Options, Segments
from cleaner.output.inline import Picture, Run, kept_runs, look_inside
from cleaner.segment.numbers import Number
from cleaner.segment.page import Page
from cleaner.segment.tables import layout_tables

_HEADINGS = frozenset(["h1", "h2", "h3", "h4", "h5", "h6"])
_WITHIN = {"li": "list", "tr": "table", "td": "row", "th": "row"}
"""What must stand around an element for it to be more than a paragraph."""
_FILLED = frozenset(["item", "cell", "head", "code"])
"""Elements that hold text themselves; a further line in them follows a line break."""
_BLANK = re.compile(r"[\t\r\x0b\x0c\x1c-\x1f]")
_UNSTORABLE = re.compile(r"[\x00-\x08\x0e-\x1b\ud800-\udfff\ufffe\uffff]")
"""Control characters, lone surrogates and two code points that are no characters."""


def tree_of_text(text: str) -> Any:
    """A text's paragraphs; lines that stand close together in one."""
    body = etree.Element("body")
    for paragraph in text.split("\n\n"):
        element = etree.SubElement(body, "p")
        for line in paragraph.split("\n"):
            _write_line(element, [Run(line)], None)
    return body


def tree_of_page(
    page: Page, judgement: Judgement, options: Options, url: str | None, numbers: Iterable[Number] = ()
) -> Any:
    """The kept segments of a page, in the lists, tables, quotations and headings in which they stand there.

    A numbered item has its number as ``n`` and ``type``; a list without a numbered item is written as unordered.
    """
    body = _Builder(page, judgement, options, url, numbers).body
    for ordered in body.iter("list"):
        if not any(item.get("n") for item in ordered):
            ordered.set("rend", "ul")
    return body


def storable(text: str) -> str:
    """The text as XML can hold it: other white space as spaces, without what it cannot hold."""
    return _UNSTORABLE.sub("", _BLANK.sub(" ", text))


def storable_metadata(metadata: Metadata) -> Metadata:
    """The metadata as XML can hold them."""

    def held(value: Any) -> Any:
        return [storable(v) for v in value] if isinstance(value, list) else storable(value)

    told = {field.name: getattr(metadata, field.name) for field in fields(metadata)}
    return Metadata(**{name: held(v) if isinstance(v, str | list) else v for name, v in told.items()})


class _Builder:
    """Writes segment after segment; ``open`` are the page's elements that are being written in, and ours for each."""

    def __init__(
        self, page: Page, judgement: Judgement, options: Options, url: str | None, numbers: Iterable[Number]
    ) -> None:
        self.numbers = {number.item: number for number in numbers}
        self.options = options
        self.url = url
        self.body = etree.Element("body")
        self.open: list[tuple[Any, Any]] = []
        self.cells: dict[Any, Any] = {}
        self.layout = layout_tables(page.segments)
        pieces, pictures = look_inside(page)
        markup = page.segments.markup
        assert markup is not None
        kept = judgement.kept
        shown = self._shown(pictures, set(kept) - markup.pictures) if options.images else []
        previous = -1
        for i in kept:
            while shown and shown[0].after < i:
                self._add_picture(shown.pop(0).element)
            if i in markup.pictures and options.images:
                continue
            goes_on = i - 1 == previous and markup.elements[i] is markup.elements[i - 1] and _is_close(page.segments, i)
            self._add(markup.elements[i], kept_runs(judgement, i, pieces.get(i, [])), goes_on)
            previous = i
        for picture in shown:
            self._add_picture(picture.element)

    def _shown(self, pictures: list[Picture], kept: set[int]) -> list[Picture]:
        """The article's pictures: those right after a kept segment."""
        return [picture for picture in pictures if picture.after in kept]

    def _add(self, element: Any, runs: list[Run], goes_on: bool) -> None:
        """Write a line; in the paragraph of the line before where it ``goes_on`` in the same element."""
        target = self._opened(element)
        if target.tag not in _FILLED:
            last = _last(target)
            target = last if goes_on and last is not None and last.tag == "p" else etree.SubElement(target, "p")
        _write_line(target, [self._chosen(run) for run in runs], self.url)

    def _chosen(self, run: Run) -> Run:
        """A run with what the options ask for alone."""
        link = run.link if self.options.links else None
        return Run(run.text, link, run.emphasis if self.options.formatting else ())

    def _add_picture(self, element: Any) -> None:
        source = next(
            (v for v in (element.get("src"), element.get("data-src")) if v and not v.startswith("data:")), None
        )
        address = _address(source, self.url)
        if address is None:
            return
        target = self._opened(element)
        graphic = etree.SubElement(target if target.tag in _FILLED else etree.SubElement(target, "p"), "graphic")
        graphic.set("src", address)
        if alt := " ".join((element.get("alt") or "").split()):
            graphic.set("alt", storable(alt))

    def _opened(self, element: Any) -> Any:
        """Our element to write in, for what stands in ``element``: closes what it is not in, opens what it is in."""
        around = [a for a in (*reversed(list(element.iterancestors())), element) if a not in self.layout]
        common = 0
        for source, _ in self.open:
            if source not in around:
                break
            common += 1
        del self.open[common:]
        if self.open:
            around = around[around.index(self.open[-1][0]) + 1 :]
        for source in around:
            parent = self.open[-1][1] if self.open else self.body
            ours = self._begun(source, parent)
            if ours is not None:
                self.open.append((source, ours))
        return self.open[-1][1] if self.open else self.body

    def _begun(self, source: Any, parent: Any) -> Any | None:
        """Our element for one of the page's, begun in ``parent``; None where it has no name of its own."""
        tag = source.tag
        if parent.tag in ("head", "code") or _WITHIN.get(tag, parent.tag) != parent.tag:
            return None
        if tag in ("ul", "ol"):
            return etree.SubElement(parent, "list", rend=tag)
        if tag == "li":
            number = self.numbers.get(source)
            told = {} if number is None else {"n": str(number.value), "type": storable(number.style)}
            return etree.SubElement(parent, "item", told)
        if tag == "table" and parent.tag != "cell":
            return etree.SubElement(parent, "table")
        if tag == "tr":
            row = etree.SubElement(parent, "row")
            for cell in source.iterdescendants("td", "th"):  # empty ones too: the others keep their columns
                self.cells[cell] = etree.SubElement(row, "cell", {"role": "head"} if cell.tag == "th" else None)
            return row
        if tag in ("td", "th"):
            return self.cells[source]
        if tag == "blockquote" and parent.tag not in _FILLED:
            return etree.SubElement(parent, "quote")
        if tag == "pre" and parent.tag not in _FILLED:
            return etree.SubElement(parent, "code")
        if tag in _HEADINGS and parent.tag not in _FILLED:
            return etree.SubElement(parent, "head", rend=tag)
        return None


def _is_close(segments: Segments, i: int) -> bool:
    """Whether a segment is the next line of the one before it."""
    return segments.source[segments.ends[i - 1] : segments.starts[i]] == "\n"


def _write_line(element: Any, runs: list[Run], url: str | None) -> None:
    """Write a line into an element, after a line break where there is one before it."""
    if element.text or _last(element) is not None:
        if element.tag == "code":
            _write(element, "\n")
        else:
            etree.SubElement(element, "lb")
    opened: tuple[str | None, Any] = (None, element)
    for text, link, emphasis in runs:
        if link is None or link != opened[0]:
            address = _address(link, url)
            target = element if address is None else etree.SubElement(element, "ref", target=address)
            opened = link, target
        target = opened[1]
        for name in emphasis if element.tag != "code" else ():
            target = etree.SubElement(target, "hi", rend=name)
        _write(target, text)


def _last(element: Any) -> Any | None:
    """The last child. (``len`` counts them all.)"""
    return next(element.iterchildren(reversed=True), None)


def _write(element: Any, text: str) -> None:
    text = storable(text)
    last = _last(element)
    if last is not None:
        last.tail = (last.tail or "") + text
    else:
        element.text = (element.text or "") + text


def _address(written: str | None, url: str | None) -> str | None:
    """An address that leads somewhere, whole where the page's own is known."""
    if not written or written.strip().startswith(("#", "javascript:", "data:")):
        return None
    try:
        return storable(urljoin(url or "", written.strip()))
    except ValueError:
        return None
