"""The tree of an article → Markdown and XML-TEI, by trafilatura's serialisers, or HTML."""

from __future__ import annotations

import logging
import re
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from lxml import etree

from cleaner.judge.rules import Judgement
from cleaner.model import Metadata, Options
from cleaner.output.tree import tree_of_page, tree_of_text
from cleaner.segment.page import Page

_TAGS = {"item": "li", "row": "tr", "quote": "blockquote", "code": "pre", "lb": "br", "ref": "a", "graphic": "img"}
_EMPHASIS = {"#b": "strong", "#i": "em", "#u": "u", "#t": "code", "#sub": "sub", "#sup": "sup"}
_NUMBER = re.compile(r"^[0-9]+(?=\. )", re.MULTILINE)


def rendered(text: str, page: Page | None, judgement: Judgement, metadata: Metadata, options: Options) -> str | None:
    """A clean document in the form that ``options.output`` names; None for plain text, which it is already.

    A dump's Markdown is its text, as it is.
    """
    if options.output == "text" or not text:
        return None
    if options.output == "markdown" and page is None:
        return text
    if options.output == "tei":  # trafilatura's TEI has no place for a picture's address
        options = replace(options, images=False)
    body = tree_of_text(text) if page is None else tree_of_page(page, judgement, options, metadata.url)
    if options.output == "markdown":
        return "\n\n".join(_markdown(block) for block in body)
    return _html(body, metadata) if options.output == "html" else _tei(body, metadata)


def _markdown(block: Any) -> str:
    """One paragraph, list, table …"""
    from trafilatura.xml import xmltotxt

    if block.tag == "quote":  # for which trafilatura has no mark
        return "\n>\n".join(f"> {line}" for part in block for line in _markdown(part).split("\n") if line)
    for table in block.iter("table"):  # Markdown knows no table without a head
        for cell in table.find("row").iter("cell"):
            cell.set("role", "head")
    alone = etree.Element("body")
    alone.append(block)
    written = str(xmltotxt(alone, include_formatting=True)).strip("\n")
    first = int(block.get("start", "1")) - 1
    return _NUMBER.sub(lambda number: str(int(number[0]) + first), written) if first else written


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
    for element in body.iter():
        _as_html(element)
    body.tag = "article"
    etree.SubElement(page, "body").append(body)
    written = etree.tostring(page, method="html", encoding="unicode", pretty_print=True, doctype="<!doctype html>")
    return str(written).strip()


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
    kept = {"href": told.get("target"), "start": told.get("start"), "src": told.get("src"), "alt": told.get("alt")}
    element.attrib.update({name: value for name, value in kept.items() if value is not None})


def _tei(body: Any, metadata: Metadata) -> str:
    from trafilatura.settings import Document, Extractor
    from trafilatura.xml import control_xml_output

    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)  # it warns of every document without a publisher
    for numbered in body.iter("list"):
        numbered.attrib.pop("start", None)
    document = Document(
        body=body,
        title=metadata.title,
        author="; ".join(metadata.authors) or None,
        url=metadata.url,
        hostname=urlsplit(metadata.url).hostname if metadata.url else None,
        sitename=metadata.site,
        date=metadata.published,
        description=metadata.description,
        categories=[metadata.section] if metadata.section else [],
        tags=metadata.tags,
        language=metadata.language,
    )
    return str(control_xml_output(document, Extractor(output_format="xmltei")))
