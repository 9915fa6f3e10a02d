"""An HTML page → its segments: one walk over the tree, one segment a block or a line of one.

White space is collapsed as a browser does, except in ``<pre>``. ``<script>``, ``<style>``,
``<template>`` and ``<noscript>`` are not text (a scraper's page has them beside what they stand in
for); but a page that a script would write, and that has its text in ``<noscript>``, is read there. Everything else
is a segment, pictures' alternative texts too, so that the ledger accounts for it.
"""

from __future__ import annotations

from collections import defaultdict
from copy import deepcopy
from dataclasses import replace
from itertools import chain, compress, count
from typing import Any

from lxml import etree, html

from cleaner.model import Markup, Parsed
from cleaner.segment.page import LONG, UNNAMED, Page
from cleaner.segment.text import columns

_BLOCK, _CLOSE, _NO_TEXT, _LINK, _EMPHASIS, _BREAK, _PICTURE = range(1, 8)
_KINDS = {
    kind: tags.split()
    for kind, tags in {
        _BLOCK: """address article aside blockquote body button caption center details dialog dir div dl fieldset
        figcaption figure footer form frameset h1 h2 h3 h4 h5 h6 header hgroup hr html label legend main menu nav ol
        optgroup p pre search section select summary table tbody textarea tfoot thead title ul iframe video audio
        object canvas""",
        _CLOSE: "li td th dt dd option tr",  # blocks without a blank line between them
        _NO_TEXT: "script style template noscript head",
        _LINK: "a",
        _EMPHASIS: "b strong em i u",
        _BREAK: "br",
        _PICTURE: "img",
    }.items()
}
_KIND = {tag: kind for kind, tags in _KINDS.items() for tag in tags}
_WITHOUT_SCRIPTS = {**_KIND, "noscript": _BLOCK}
LEAST_UNSCRIPTED = 60
"""Words of long lines that ``<noscript>`` must hold to be read: more than a request to turn scripts on has."""
_LIMITS = ("depth", "huge", "Excessive", "nesting")
UNREAD = frozenset(tag for tag, kind in _KIND.items() if kind == _NO_TEXT)
"""Elements that hold no text of the page."""
_HINTS = frozenset(["role", "itemprop", "property", "rel"])
LINE, PARAGRAPH = "\n", "\n\n"
_NONE, _SEVERAL = -2, -1
_UNCALLED = ("", "", "")


class Unreadable(ValueError):
    """The page cannot be parsed whole; a shortened text would be a lie. The message says why."""


def parse(page: str | bytes) -> Any | None:
    """The tree of a page, text or UTF-8, or None when it holds no markup. Raises Unreadable past lxml's limits."""
    data = (page if isinstance(page, bytes) else page.encode("utf-8", "replace")).replace(b"\x00", b"")
    if not data.strip():
        return None
    # lxml.html's own elements would be looked up one by one, in Python, and nothing here needs them, or a table of ids
    parser = etree.HTMLParser(
        encoding="utf-8", huge_tree=True, remove_pis=True, remove_comments=True, collect_ids=False
    )
    try:
        tree = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise Unreadable(str(error)) from None
    for entry in parser.error_log:
        limit = entry.type_name == "ERR_RESOURCE_LIMIT"  # a tag's name may have such a word too
        if limit or (entry.level_name == "FATAL" and any(word in entry.message for word in _LIMITS)):
            raise Unreadable(f"depth: {entry.message.strip()}")
    return None if tree is None else _with(_roots_behind(tree), tree)


def _roots_behind(root: Any) -> list[Any]:
    """What stands behind ``</html>``, where browsers read on: libxml2 makes further roots of it."""
    return list(root.itersiblings(etree.Element)) if root.getroottree().getroot() is root else []


def _with(later: list[Any], root: Any) -> Any:
    """The page with the further roots at the end of its body."""
    body = root.find("body")
    for each in later:
        _move(each, root if body is None else body)
    return root


def _move(element: Any, into: Any) -> None:
    """Put an element at the end of another; of a page around it, what is in it."""
    if element.tag not in ("html", "body"):
        into.append(element)
        return
    _add_text(element.text, into)
    for child in list(element):
        _move(child, into)
    _add_text(element.tail, into)


def _add_text(text: str | None, into: Any) -> None:
    if text and len(into):
        into[-1].tail = (into[-1].tail or "") + text
    elif text:
        into.text = (into.text or "") + text


def unseen(page: bytes, tree: Any) -> tuple[str, ...]:
    """Warnings of what the parser leaves out without a word: text behind a comment that never ends, CDATA in HTML."""
    warnings = []
    comment = page.rfind(b"<!--")
    cdata = page.count(b"<![CDATA[")
    open_ended = comment >= 0 and page.find(b"-->", comment) < 0 and bool(page[comment + 4 :].strip())
    if not cdata and not open_ended:
        return ()
    code = [element.text or "" for element in tree.iter("script", "style")]  # both are at home there
    if open_ended and not any("<!--" in text for text in code):
        warnings.append("markup: a comment is never closed, so what stands behind it is not read")
    if cdata > sum(text.count("<![CDATA[") for text in code):
        warnings.append("markup: CDATA is no HTML, so what stands in it is not read")
    return tuple(warnings)


def own_tree(given: Parsed) -> Any | None:
    """A tree of our own of a page that came parsed, which is left as it is; None when it holds no markup.

    Comments and processing instructions go, as they do where we parse. Raises Unreadable as :func:`parse` does.
    """
    root: Any = given.getroot() if isinstance(given, etree._ElementTree) else given
    if root is None:
        return None
    if not isinstance(root, etree._Element):
        return parse(str(root))
    tree = deepcopy(root)
    tree.tail = None
    _with(deepcopy(_roots_behind(root)), tree)
    html.xhtml_to_html(tree)
    etree.strip_tags(tree, etree.Comment, etree.ProcessingInstruction)
    return tree


def written(given: Parsed) -> str:
    """A page that came parsed as HTML again: that can go to another process. Raises as :func:`own_tree` does."""
    if not isinstance(given, etree._ElementTree | etree._Element):
        return str(given)
    tree = own_tree(given)
    return "" if tree is None else str(etree.tostring(tree, encoding="unicode", method="html"))


def segment_html(tree: Any) -> Page:
    """The segments of a parsed page, in document order, with what stands where in it."""
    page = _Walk(tree).page()
    if _text_of_noscript(page) > len(page.segments.source):
        unscripted = _Walk(tree, _WITHOUT_SCRIPTS).page()
        if sum(unscripted.segments.weights) >= max(LEAST_UNSCRIPTED, 2 * sum(page.segments.weights)):
            return unscripted
    return page


def _text_of_noscript(page: Page) -> int:
    """Characters of text in ``<noscript>``."""
    found = page.by_tag.get("noscript", ())
    outermost = (e for e in found if next(e.iterancestors("noscript"), None) is None)
    return sum(len(" ".join(text.split())) for element in outermost for text in element.itertext())


_Line = tuple[str, str, Any, int, tuple[int, int], float, float, bool]
"""What stands before a line, its text, its block, its place, where its characters are, the shares of them in links and
in bold, and whether it is a picture's."""
_COLUMNS = 8


class _Walk:
    """One walk over a tree. ``at`` counts the characters of text so far, white space and all: a place in the page.

    What it notes of lines and of places is what becomes :class:`Markup`.
    """

    def __init__(self, tree: Any, kinds: dict[str, int] = _KIND) -> None:
        self.tree = tree
        self.kinds = kinds
        self.lines: list[_Line] = []
        self.joint = ""
        self.within: list[int] = []
        self.tags: list[str] = []
        self.called: list[tuple[str, str, str]] = []
        self.extents: dict[Any, tuple[int, int]] = {}
        self.by_tag: dict[str, list[Any]] = defaultdict(list)
        self.by_class: dict[str, list[Any]] = defaultdict(list)
        self.by_id: dict[str, list[Any]] = defaultdict(list)
        self.names: set[str] = set()
        body = tree.find("body")
        if body is None:
            self._walk(tree)
        else:
            self._name(tree)
            self.by_tag[tree.tag].append(tree)
            for part in tree:
                if part is body:
                    self._walk(body)
                else:
                    self._pass_over(part)

    def _pass_over(self, element: Any) -> None:
        """Note what there is in a part of the tree that is not walked."""
        for each in element.iter():
            self.by_tag[each.tag].append(each)

    def _walk(self, root: Any) -> None:
        around = inner = root.getparent()
        block, place, block_place, line_place = root, -1, -1, _NONE
        at = links = emphasis = solid = linked = stressed = unread = 0
        pending: list[str] = []
        alts: list[tuple[Any, int, str, int]] = []
        outer: list[tuple[Any, int, int, int, Any, int]] = []
        link, link_end = None, -1
        extents, by_tag, name, kind_of = self.extents, self.by_tag, self._name, self.kinds.get
        within, tags, called = self.within, self.tags, self.called

        def read(text: str) -> None:
            nonlocal at, solid, linked, stressed, line_place
            size = len(text)
            at += size
            if not text.isspace():
                solid += size
                if links:
                    linked += size
                if emphasis:
                    stressed += size
                if line_place != place:
                    line_place = place if line_place == _NONE else _SEVERAL
            elif not pending:
                return
            pending.append(text)

        def end_line() -> None:
            nonlocal line_place, solid, linked, stressed
            if pending:
                of_line = block_place if line_place < 0 else line_place
                self._add_line("".join(pending), block, of_line, at, linked, stressed)
                pending.clear()
            if alts:
                self._add_pictures(alts)
                alts.clear()
            line_place, solid, linked, stressed = _NONE, 0, 0, 0

        # An element ends where the next begins that does not stand in it; ``unread`` counts those around without text
        for element in chain(root.iter(), [None]):
            above = around if element is None else element.getparent()
            while inner is not above:
                ended = inner
                inner, kind, start, place, outer_block, outer_place = outer.pop()
                if unread:
                    unread -= 1
                    if unread:
                        continue
                else:
                    if kind:
                        if kind <= _CLOSE:
                            if pending or alts:
                                end_line()
                            self._part(kind)
                            block, block_place = outer_block, outer_place
                        elif kind == _LINK:
                            links -= 1
                            link, link_end = ended, at
                        elif kind == _EMPHASIS:
                            emphasis -= 1
                    extents[ended] = (start, at)
                if ended is not root and (text := ended.tail):
                    read(text)
            if element is None:
                break
            tag = element.tag
            kind = kind_of(tag, 0)
            by_tag[tag].append(element)
            outer.append((inner, kind, at, place, block, block_place))
            inner = element
            if unread or kind == _NO_TEXT or tag.__class__ is not str or (tag == "button" and _is_icon(element, block)):
                unread += 1
                continue
            names = name(element)
            if names is not None or _BLOCK <= kind <= _CLOSE:
                within.append(place)
                tags.append(tag)
                called.append(names or _UNCALLED)
                place = len(within) - 1
            if kind:
                if kind <= _CLOSE:
                    if pending or alts:
                        end_line()
                    self._part(kind)
                    block, block_place = element, place
                elif kind == _LINK:
                    if at == link_end and pending and _are_two(link, element, pending[-1], linked == solid):
                        end_line()
                        self.joint = LINE
                    links += 1
                elif kind == _EMPHASIS:
                    emphasis += 1
                elif kind == _BREAK:
                    end_line()
                    self.joint = self.joint or LINE
                elif kind == _PICTURE and (alt := element.get("alt")) and not alt.isspace():
                    alts.append((element, place, alt, at))
            if text := element.text:
                read(text)
        end_line()

    def _part(self, kind: int) -> None:
        """What is left before the next line: a list's items and a table's cells stand close together."""
        self.joint = LINE if kind == _CLOSE and self.joint != PARAGRAPH else PARAGRAPH

    def _name(self, element: Any) -> tuple[str, str, str] | None:
        """Note an element's class, id and other attributes, for selectors; what it is called, if any of them tells."""
        items = element.items()
        if not items:
            return None
        classes = identifier = hints = ""
        for name, value in items:
            if name == "class":
                classes = value
                self.by_class[value].append(element)
            elif name == "id":
                identifier = value
                self.by_id[value].append(element)
            elif name not in UNNAMED:
                self.names.add(name)
                if len(value) <= LONG:
                    self.names.add(value)
                    if name in _HINTS:
                        hints = f"{hints} {value}"
                if name == "hidden":
                    hints += " hidden"
            elif name == "style" and "display:none" in value.replace(" ", "").lower():
                hints += " hidden"
        return (classes, identifier, hints) if classes or identifier or hints else None

    def _add_line(self, text: str, block: Any, place: int, at: int, linked: int, stressed: int) -> None:
        written = text.strip()
        size = len(written) or 1
        start = at - len(text.lstrip())
        span = (start, start + size)
        in_links, in_bold = min(1.0, linked / size), min(1.0, stressed / size)
        if block.tag != "pre":
            if line := " ".join(written.split()):
                self._add(line, block, place, span, in_links, in_bold)
            return
        lines = text.splitlines()
        for line in map(str.strip, lines):
            if line:
                self._add(line, block, place, span, in_links, in_bold)
                self.joint = LINE if len(lines) > 1 else ""

    def _add_pictures(self, alts: list[tuple[Any, int, str, int]]) -> None:
        """Pictures' texts, each a line of its own, after the line in which they stand."""
        for element, place, alt, at in alts:
            self.joint = PARAGRAPH
            self._add(" ".join(alt.split()), element, place, (at, at), picture=True)
            self.joint = PARAGRAPH

    def _add(
        self,
        text: str,
        block: Any,
        place: int,
        span: tuple[int, int],
        linked: float = 0.0,
        stressed: float = 0.0,
        picture: bool = False,
    ) -> None:
        self.lines.append((self.joint, text, block, place, span, linked, stressed, picture))
        self.joint = ""

    def page(self) -> Page:
        parts: list[str] = []
        starts: list[int] = []
        ends: list[int] = []
        at = 0
        for joint, text, *_ in self.lines:
            if parts:
                parts.append(joint)
                at += len(joint)
            parts.append(text)
            starts.append(at)
            at += len(text)
            ends.append(at)
        segments = columns("".join(parts), list(starts), ends)
        lines = self.lines
        if len(segments) != len(starts):  # some folded to nothing
            left = iter(zip(segments.starts, segments.ends, strict=True))
            start, end = next(left, (at, at))
            lines = []
            for i, began in enumerate(starts):
                if began <= start < end and start < (starts[i + 1] if i + 1 < len(starts) else at):
                    lines.append(self.lines[i])
                    start, end = next(left, (at, at))
        rows = list(map(list, zip(*lines, strict=True))) or [[] for _ in range(_COLUMNS)]
        _, _, elements, place, spans, linked, stressed, pictures = rows
        markup = Markup(
            elements=elements,
            link_density=linked,
            emphasis=stressed,
            spans=spans,
            place=place,
            pictures=frozenset(compress(count(), pictures)),
            within=self.within,
            tags=self.tags,
            called=self.called,
        )
        return Page(
            tree=self.tree,
            segments=replace(segments, markup=markup),
            extents=self.extents,
            by_tag=self.by_tag,
            by_class=self.by_class,
            by_id=self.by_id,
            names=self.names,
        )


def _is_icon(button: Any, block: Any) -> bool:
    """Whether a button shows no words and stands inside a paragraph, whose sentence goes on behind it."""
    if block.tag != "p" or any(text.strip() for text in button.itertext()):
        return False
    return next(button.iter("img"), None) is None


def _are_two(link: Any, following: Any, before: str, all_linked: bool) -> bool:
    """Whether a link that touches the one before it is another thing: a menu's entries, not a word linked in two parts.

    Only in a line of links; there styles part what would run together as text.
    """
    if before[-1].isspace() or not all_linked:
        return False
    target = following.get("href")
    return target is not None and (target.startswith("#") or target != link.get("href"))
