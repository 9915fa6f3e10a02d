"""Dates, names, captures."""

from __future__ import annotations

import pytest
from conftest import article

from cleaner import Cleaner
from cleaner.metadata.dates import parse_day
from cleaner.metadata.names import split_authors


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("18th June 2024", "2024-06-18"),
        ("Updated: 3 Mar 2024, 10:15 IST", "2024-03-03"),
        ("June 18, 2024", "2024-06-18"),
        ("Tuesday, 4 June 2024 at 5:30 pm GMT", "2024-06-04"),
        ("Oct. 9, 2023", "2023-10-09"),
        ("2024-06-18", "2024-06-18"),
        ("2024-06-18T10:15:00+05:30", "2024-06-18"),
        ("18.06.2024", "2024-06-18"),
        ("18/06/2024", "2024-06-18"),
        ("06/18/2024", "2024-06-18"),
        ("05/05/2024", "2024-05-05"),
        ("04/03/2024", None),
        ("31 February 2024", None),
        ("2024-13-01", None),
        ("may", None),
        ("10", None),
        ("March 2024", None),
        ("3 May", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_days(text: str, day: str | None) -> None:
    assert parse_day(text) == day


def test_a_day_in_the_documents_language() -> None:
    assert parse_day("18 juin 2024", "fr") == "2024-06-18"
    assert parse_day("18 June 2024", "fr") == "2024-06-18"
    assert parse_day("18. Juni 2024", "de") == "2024-06-18"
    assert parse_day("18 June 2024", "xx") == "2024-06-18"


@pytest.mark.parametrize(
    ("byline", "names"),
    [
        ("By Asha Pillai", ["Asha Pillai"]),
        ("Asha Pillai and Ravi Menon", ["Asha Pillai", "Ravi Menon"]),
        ("By Asha Pillai, Staff Writer", ["Asha Pillai"]),
        ("Written by: Asha Pillai | Ravi Menon", ["Asha Pillai", "Ravi Menon"]),
        ("The Global Heroes", ["The Global Heroes"]),
        ("a.pillai@example.com", []),
    ],
)
def test_authors(byline: str, names: list[str]) -> None:
    assert split_authors(byline) == names


def test_every_value_has_its_evidence(cleaner: Cleaner) -> None:
    source = f"Harbour wall to be raised\n\nBy Asha Pillai\n\nUpdated: 3 Mar 2024, 10:15 IST\n\n{article()}"
    page = cleaner.clean(source, url="https://example.org/a")
    meta = page.metadata
    assert (meta.title, meta.authors, meta.modified) == ("Harbour wall to be raised", ["Asha Pillai"], "2024-03-03")
    assert (meta.published, meta.site, meta.section, meta.tags) == (None, None, None, [])
    assert meta.url == "https://example.org/a"
    assert meta.language == "en"
    for name, evidence in meta.evidence.items():
        assert getattr(meta, name)
        if evidence.span:
            start, end = evidence.span
            assert source[start:end] == evidence.text
    assert meta.evidence["url"].by == "told"
    assert meta.evidence["title"].by == "position"
    assert meta.evidence["authors"].text == "Asha Pillai"


def test_unknown_is_none_not_a_guess(cleaner: Cleaner) -> None:
    meta = cleaner.clean("A line.").metadata
    assert (meta.title, meta.language, meta.published, meta.authors, meta.evidence) == (None, None, None, [], {})
