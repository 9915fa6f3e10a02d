"""Pages that are too much, cleaned by real workers; and what a worker holds after many."""

from __future__ import annotations

import time
from collections.abc import Callable

import faulty
import pytest
from conftest import article

from cleaner import Cleaner
from cleaner.batch.document import Document
from cleaner.batch.workers import Limits, Work, process

PAGE = "<html><body>" + "".join(f"<p>{line}</p>" for line in article().split("\n\n"))
ATTRIBUTES = PAGE + "<div " + " ".join(f"a{n}=x" for n in range(100_000)) + "></div>"
ROWS = PAGE + "<table>" + "<tr><td>x</td></tr>" * 1_000_000 + "</table>"


@pytest.mark.slow
def test_a_hundred_thousand_attributes_cost_their_deadline_and_a_million_rows_are_bounded(cleaner: Cleaner) -> None:
    documents = [Document(name, raw=raw) for name, raw in (("a", PAGE), ("many", ATTRIBUTES), ("b", PAGE), ("c", PAGE))]
    results = {d.name: r for d, r in process(documents, Work(cleaner, faulty.outcome), Limits(2, deadline=3.0))}
    assert results.pop("many") == ("FAIL", "timeout: no result within 3 s")
    assert set(results.values()) == {("OK", None)}
    rows = [Document("rows", raw=ROWS), Document("after", raw=PAGE)]
    (_, outcome), (_, after) = process(rows, Work(cleaner, faulty.outcome), Limits(1, deadline=10.0))
    assert outcome[0] in ("OK", "FLAG") or outcome[1].startswith(("timeout:", "memory:"))
    assert after == ("OK", None)


def cpu(cleaner: Cleaner, page: str) -> float:
    start = time.process_time()
    cleaner.clean(page)
    return time.process_time() - start


@pytest.mark.slow
def test_tiny_paragraphs_and_a_huge_source_take_linear_time(cleaner: Cleaner) -> None:
    few, many = (PAGE + "".join(f"<p>a{n}</p>" for n in range(count)) for count in (10_000, 50_000))
    cleaner.clean(PAGE)
    assert cpu(cleaner, many) < 5 * 2.5 * cpu(cleaner, few)
    few, many = (PAGE + '<img alt="A boat">' * count for count in (10_000, 50_000))
    assert cpu(cleaner, many) < 5 * 2.5 * cpu(cleaner, few)  # all of them stand in one place
    nested = PAGE + "<noscript>" * 1_000 + "a word or two " * 10_000 + "</noscript>" * 1_000
    assert cpu(cleaner, nested) < 5
    assert cpu(cleaner, PAGE + f'<img src="data:image/png;base64,{"A" * 10_000_000}">') < 10


@pytest.mark.parametrize(
    "page",
    [
        f'<?xml version="1.0" encoding="utf-8"?>\n{PAGE}',
        f"{PAGE}<template><p>In a template nobody reads it.</p></template><noscript><p>Scripts, please.</p></noscript>",
    ],
    ids=["an XML declaration in a str", "template and noscript"],
)
def test_what_is_no_text_changes_nothing(cleaner: Cleaner, page: str) -> None:
    assert cleaner.clean(page).text == cleaner.clean(PAGE).text == article()


def test_entities_are_not_expanded(cleaner: Cleaner) -> None:
    levels = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    page = cleaner.clean(f'<!DOCTYPE html [<!ENTITY e0 "lol">{levels}]>{PAGE}<p>&e11; was said by the engineers.</p>')
    assert page.outcome == "OK"
    assert len(page.text) < len(article()) + 100


WARM, LATER = 500, 2_500


def test_a_worker_does_not_grow(cleaner: Cleaner) -> None:
    notes = (Document(str(n), raw=f"{article(1 + n % 9)}\n\nNote {n} of many.\n\nShare this:\n") for n in range(LATER))
    held = [size for _, size in process(notes, Work(cleaner, faulty.memory), Limits(1))]
    assert (held[-1] - held[WARM]) / (LATER - WARM) < 1_000, "bytes a document"


POINTER = "(Also read: ferry)"
LINE = article(1)


@pytest.mark.parametrize(
    "dump",
    [
        lambda n: f"{LINE} {'(Also read: ' * n}x{')' * n} {LINE}",
        lambda n: f"{LINE} {POINTER} " + "\u0d23\u0d4d\u200d " * 20 * n,
        lambda n: f"{LINE} {POINTER} " * n,
    ],
    ids=["pointers within pointers", "old Malayalam consonants", "a thousand pointers in a line"],
)
def test_pointers_inside_a_line_take_linear_time(cleaner: Cleaner, dump: Callable[[int], str]) -> None:
    cleaner.clean(dump(1))
    assert cpu(cleaner, dump(2_000)) < 5 * 2.5 * max(cpu(cleaner, dump(400)), 0.05)


@pytest.mark.parametrize(
    "document",
    [
        lambda n: f"{PAGE}{'<h3>Events</h3>' * n}",
        lambda n: f"{PAGE}{'<div><div><h3>Events</h3></div></div>' * n}",
        lambda n: f"{PAGE}<table>{'<tr><td>Home</td><td>1</td></tr>' * n}</table>",
        lambda n: "Menu\nNews\nBy Asha Pillai\n" * n + article(),
    ],
    ids=["headings that head nothing", "headings in wrappers", "a table", "menus and bylines"],
)
def test_what_the_article_is_made_of_takes_linear_time(cleaner: Cleaner, document: Callable[[int], str]) -> None:
    cleaner.clean(document(1))
    assert cpu(cleaner, document(2_000)) < 5 * 2.5 * max(cpu(cleaner, document(400)), 0.05)


def test_a_long_paragraph_is_rendered_in_linear_time() -> None:
    renders = Cleaner(output="markdown")
    few, many = (f"<html><body><p>{f'{LINE} ' * count}" for count in (2_000, 10_000))
    renders.clean(few)
    assert cpu(renders, many) < 5 * 4 * cpu(renders, few)  # where it grew with the square it would be 25 times
