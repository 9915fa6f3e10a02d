"""The tree of an article → Markdown and XML-TEI, by trafilatura's serialisers, or HTML."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from itertools import count
from typing import Any
from urllib.parse import urlsplit

from lxml import etree

from cleaner.judge.rules import Judgement
from cleaner.logs import quiet
from cleaner.model import Metadata, Options
from cleaner.output.tree import storable_metadata, tree_of_page, tree_of_text
from cleaner.segment.numbers import Number
from cleaner.segment.page import Page

_TAGS = {"item": "li", "row": "tr", "quote": "blockquote", "code": "pre", "lb": "br", "ref": "a", "graphic": "img"}
_EMPHASIS = {"#b": "strong", "#i": "em", "#u": "u", "#t": "code", "#sub": "sub", "#sup": "sup"}
_KEPT = ("start", "value", "type", "style", "src", "alt")
"""Attributes that HTML has too."""
_OPENS = r"[0-9]{1,9}(?=[.)]\s)|(?=>|(?:#{1,6}|[-+])\s)"
"""What behind a number would be read as a mark too."""


def rendered(
    text: str,
    page: Page | None,
    judgement: Judgement,
    metadata: Metadata,
    options: Options,
    numbers: Iterable[Number] = (),
) -> str | None:
    """A clean document in the form that ``options.output`` names; None for plain text, which it is already.

    ``numbers`` are those of the text's lists. A dump's Markdown is its text, as it is.
    """
    if options.output == "text" or not text:
        return None
    if options.output == "markdown" and page is None:
        return text
    if options.output == "tei":  # trafilatura's TEI has no place for a picture's address
        options = replace(options, images=False)
    body = tree_of_text(text) if page is None else tree_of_page(page, judgement, options, metadata.url, numbers)
    if options.output == "markdown":
        return "\n\n".join(_markdown(block) for block in body)
    metadata = storable_metadata(metadata)
    return _html(body, metadata) if options.output == "html" else _tei(body, metadata)


def _markdown(block: Any) -> str:
    """One paragraph, list, table …"""
    from trafilatura.xml import xmltotxt

    if block.tag == "quote":  # for which trafilatura has no mark
        return "\n>\n".join(f"> {line}" for part in block for line in _markdown(part).split("\n") if line)
    for table in block.iter("table"):  # Markdown knows no table without a head
        for cell in table.iterfind("row[1]/cell"):
            cell.set("role", "head")
    mark = _mark_numbers(block)
    alone = etree.Element("body")
    alone.append(block)
    written = str(xmltotxt(alone, include_formatting=True)).strip("\n")
    return re.sub(f"(?:- )?{mark}(-?[0-9]+){mark}({_OPENS})?", _numbered, written)


def _mark_numbers(block: Any) -> str:
    """Write items' numbers into their text, between marks that stand nowhere else; the mark.

    trafilatura numbers by position; so it is given lists without numbers, and each dash before a mark goes.
    """
    said = "".join(block.itertext())
    mark = next(mark for n in count() if (mark := f"⁂{n}⁂") not in said)
    for ordered in block.iter("list"):
        ordered.set("rend", "ul")
    for item in block.iter("item"):
        if number := item.get("n"):
            item.text = f"{mark}{number}{mark}{item.text or ''}"
    return mark


def _numbered(mark: re.Match[str]) -> str:
    opens = mark[2]
    return f"{mark[1]}. " if opens is None else f"{mark[1]}. {opens}\\"


def _html(body: Any, metadata: Metadata) -> str:
    page = etree.Element("html", {"lang": metadata.language} if metadata.language else None)
    head = etree.SubElement(page, "head")
    etree.SubElement(head, "meta", charset="utf-8")
    etree.SubElement(head, "title").text = metadata.title or ""
    said = {
        "author": "; ".join(metadata.authors),
        "date": metadata.published,
        "description": metadata.description,
        "keywords": ", ".join(metadata.tags),
    }
    for name, content in said.items():
        if content:
            etree.SubElement(head, "meta", name=name, content=content)
    if metadata.url:
        etree.SubElement(head, "link", rel="canonical", href=metadata.url)
    for ordered in body.iter("list"):
        _number(ordered)
    for element in body.iter():
        _as_html(element)
    body.tag = "article"
    etree.SubElement(page, "body").append(body)
    written = etree.tostring(page, method="html", encoding="unicode", pretty_print=True, doctype="<!doctype html>")
    return str(written).strip()


def _number(ordered: Any) -> None:
    """Let a browser show an ordered list's numbers: its style and first number, and what is not one more."""
    if ordered.get("rend") != "ol":
        return
    numbered = [item for item in ordered if item.get("n")]
    expected, style = int(numbered[0].get("n")), numbered[0].get("type")
    ordered.attrib.update({name: v for name, v in (("start", str(expected)), ("type", style)) if v != "1"})
    for item in ordered.iterchildren("item"):
        number = item.attrib.pop("n", None)
        if number is None:
            item.set("style", "list-style: none")
            expected += 1
            continue
        if int(number) != expected:
            item.set("value", number)
        if item.get("type") == style:
            del item.attrib["type"]
        expected = int(number) + 1


def _as_html(element: Any) -> None:
    told = dict(element.attrib)
    element.attrib.clear()
    tag = element.tag
    if tag in ("list", "head"):
        element.tag = told["rend"]
    elif tag == "cell":
        element.tag = "th" if told.get("role") == "head" else "td"
    elif tag == "hi":
        element.tag = _EMPHASIS[told["rend"]]
    else:
        element.tag = _TAGS.get(tag, tag)
    if "target" in told:
        element.set("href", told["target"])
    element.attrib.update({name: told[name] for name in _KEPT if name in told})


def _tei(body: Any, metadata: Metadata) -> str:
    from trafilatura.settings import Document, Extractor
    from trafilatura.xml import control_xml_output

    etree.strip_attributes(body, "n", "type")  # TEI's lists are numbered by who shows them
    document = Document(
        body=body,
        title=metadata.title,
        author="; ".join(metadata.authors) or None,
        url=metadata.url,
        hostname=_host(metadata.url),
        sitename=metadata.site,
        date=metadata.published,
        description=metadata.description,
        categories=[metadata.section] if metadata.section else [],
        tags=metadata.tags,
        language=metadata.language,
    )
    with quiet("trafilatura"):  # it warns of every document without a publisher
        return str(control_xml_output(document, Extractor(output_format="xmltei")))


def _host(url: str | None) -> str | None:
    try:
        return urlsplit(url).hostname if url else None
    except ValueError:
        return None
