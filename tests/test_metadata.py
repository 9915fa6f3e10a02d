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
    ("text", "language"),
    [
        ("5. März 2024, 10:15 Uhr", "de"), ("Dienstag, 5. März 2024 um 10.15 Uhr", "de"), ("05/03/2024", "de"),
        ("5 mars 2024 à 10h15", "fr"), ("mardi 5 mars 2024", "fr"), ("5 de marzo de 2024", "es"),
        ("martes, 5 de marzo de 2024", "es"), ("05/03/2024 às 10h15", "pt"),
        ("5º de março de 2024", "pt"), ("5 de março de 2024", "pt"),
        ("5 marzo 2024 alle 10:15", "it"), ("5 maart 2024", "nl"), ("5 marca 2024, 10:15", "pl"),
        ("5 марта 2024, 10:15", "ru"), ("5 березня 2024", "uk"), ("5. března 2024 10:15", "cs"),
        ("5 martie 2024", "ro"), ("2024. március 5.", "hu"), ("5.3.2024 klo 10.15", "fi"),
        ("5. maaliskuuta 2024", "fi"), ("5 mars 2024", "sv"), ("5. marts 2024", "da"), ("5. mars 2024", "no"),
        ("05 Mart 2024 Salı", "tr"), ("5 مارس 2024", "ar"), ("٥ مارس ٢٠٢٤", "ar"), ("5 آذار/مارس 2024", "ar"),
        ("سه‌شنبه ۱۵ اسفند ۱۴۰۲", "fa"), ("1402/12/15 - 10:15", "fa"),
        ("5 במרץ 2024", "he"), ("5 Μαρτίου 2024", "el"), ("5 मार्च 2024", "hi"),
        ("৫ মার্চ ২০২৪", "bn"), ("2024 മാർച്ച് 5", "ml"), ("5 மார்ச் 2024", "ta"), ("5 మార్చి 2024", "te"),
        ("5 مارچ 2024", "ur"), ("2024年3月5日 10:15", "zh"), ("2024年3月5日(火) 10時15分", "ja"),
        ("2024년 3월 5일 오전 10:15", "ko"), ("2024.03.05. 10:15", "ko"), ("Thứ ba, 5/3/2024, 10:15 (GMT+7)", "vi"),
        ("5 tháng 3 năm 2024", "vi"), ("Selasa, 05 Mar 2024 10:15 WIB", "id"), ("5 มีนาคม 2567", "th"),
        ("5 มี.ค. 2567 10:15 น.", "th"),
    ],
)  # fmt: skip
def test_a_day_as_other_languages_write_it(text: str, language: str) -> None:
    assert parse_day(text, language) == "2024-03-05"


@pytest.mark.parametrize(
    ("byline", "names"),
    [
        ("By Asha Pillai", ["Asha Pillai"]),
        ("Asha Pillai and Ravi Menon", ["Asha Pillai", "Ravi Menon"]),
        ("By Asha Pillai, Staff Writer", ["Asha Pillai"]),
        ("Written by: Asha Pillai | Ravi Menon", ["Asha Pillai", "Ravi Menon"]),
        ("The Global Heroes", ["The Global Heroes"]),
        ("a.pillai@example.com", []),
        ("By Asha Pillai @ashapillai", ["Asha Pillai"]),
        ("By Asha Pillai asha@courier.example", ["Asha Pillai"]),
        (
            "By Asha Pillai in Lorne, Ravi Menon in Kochi and Mira Venn in Rome",
            ["Asha Pillai", "Ravi Menon", "Mira Venn"],
        ),
        ("Reported by: Asha Pillai, Edited by: Ravi Menon", ["Asha Pillai"]),
        ("By Asha Pillai, Ravi Menon and Mira Venn", ["Asha Pillai", "Ravi Menon", "Mira Venn"]),
        ("By Asha Pillai and Ravi", ["Asha Pillai", "Ravi"]),
        ("By Asha Pillai, Emily Post", ["Asha Pillai", "Emily Post"]),
        ("By Asha Pillai, Eyal Press and Ravi Menon", ["Asha Pillai", "Eyal Press", "Ravi Menon"]),
        ("By Asha Pillai, Tom Head", ["Asha Pillai", "Tom Head"]),
        ("By Asha Pillai, Pelé and Ravi Menon", ["Asha Pillai", "Pelé", "Ravi Menon"]),
        ("By Asha Pillai, Kochi and Staff Reporter", ["Asha Pillai"]),
        ("By Asha Pillai, Reuters and Ravi Menon", ["Asha Pillai", "Ravi Menon"]),
        ("By Asha Pillai, Kochi and Ravi Menon, Chennai", ["Asha Pillai", "Ravi Menon"]),
        ("By Al Jazeera", ["Al Jazeera"]),
        ("Ravi, Mira", ["Ravi", "Mira"]),
        ("By Asha Pillai, Senior Reporter and Ravi Menon, Editor", ["Asha Pillai", "Ravi Menon"]),
        ("By Web Desk", []),
        ("By Guest Contributor", []),
        ("By Reuters", ["Reuters"]),
        ("By The Associated Press", ["The Associated Press"]),
        ("By Coast Radio Staff", ["Coast Radio Staff"]),
    ],
)
def test_authors(byline: str, names: list[str]) -> None:
    assert split_authors(byline) == names


@pytest.mark.parametrize(
    "beside",
    [
        *(
            ", Reuters",
            ", CNN",
            ", USA TODAY",
            ", Associated Press",
            ", The Example",
            ", Valley News",
            ", AP Sports Writer",
        ),
        *(", Chennai", ", New York", ", Washington, D.C.", ", PhD", ", MD", ", Web Desk", "/AFP", " | Kochi"),
        *(", Al Jazeera", ", Agencia EFE", ", West Virginia", ", Washington DC", ", Port Moresby"),
        *(
            ", Washington Post",
            ", The Post",
            ", New York Post",
            ", Detroit Free Press",
            ", Head of News",
            ", Press Office",
        ),
        *(" and Reuters", " & AFP", " and The Associated Press"),
        *(" Associated Press", " The Canadian Press", " AP Sports Writer", " (Reuters)"),
    ],
)
def test_what_stands_beside_a_name_is_no_author(beside: str) -> None:
    assert split_authors(f"By Asha Pillai{beside}") == ["Asha Pillai"]
    assert split_authors(f"By Mira Venn and Asha Pillai{beside}") == ["Mira Venn", "Asha Pillai"]


def test_a_field_of_names_may_name_an_agency_too() -> None:
    assert split_authors("Asha Pillai, dpa", whole=True) == ["Asha Pillai", "dpa"]
    assert split_authors("Asha Pillai, Eyal Press", whole=True) == ["Asha Pillai", "Eyal Press"]


def test_authors_with_their_places(cleaner: Cleaner) -> None:
    line = "By Asha Pillai in Lorne, Ravi Menon in Kochi and Mira Venn in Port Ellery"
    page = cleaner.clean(f"Harbour wall\n{line}\n\n{article()}")
    assert page.metadata.authors == ["Asha Pillai", "Ravi Menon", "Mira Venn"]
    assert line not in page.text


def test_an_author_with_a_place_named_like_a_verb(cleaner: Cleaner) -> None:
    text = "\n\n".join(
        f"O conselho de Varnholm reuniu-se na segunda-feira pela {n}ª vez para falar do muro do porto, disse o autarca."
        for n in range(4, 10)
    )
    page = cleaner.clean(f"O muro do porto\nPor João Pereira — São Paulo\n\n{text}")
    assert page.metadata.authors == ["João Pereira"]
    assert "Por João" not in page.text


@pytest.mark.parametrize(
    ("byline", "language", "names"),
    [
        ("Anna Berg und Jan Holm", "de", ["Anna Berg", "Jan Holm"]),
        ("Anna Berg, Jan Holm und Ida Moor (Lorne)", "de", ["Anna Berg", "Jan Holm", "Ida Moor"]),
        ("Luc Moreau et Jeanne Petit", "fr", ["Luc Moreau", "Jeanne Petit"]),
        ("Ana Sosa y Luis Prado", "es", ["Ana Sosa", "Luis Prado"]),
        ("Ana Sosa y Prado", "de", ["Ana Sosa y Prado"]),
        ("Анна Белова и Пётр Лугин", "ru", ["Анна Белова", "Пётр Лугин"]),
        ("山田花子、佐藤一郎", "ja", ["山田花子", "佐藤一郎"]),
    ],
)
def test_authors_in_other_languages(byline: str, language: str, names: list[str]) -> None:
    assert split_authors(byline, language) == names


@pytest.mark.parametrize("notice", [
    "Harbour News relies on advertising. Please disable your ad blocker.",
    "We use cookies to improve your experience on our website. By continuing you accept our use of cookies.",
])  # fmt: skip
def test_a_notice_in_another_language_does_not_tell_the_articles(cleaner: Cleaner, notice: str) -> None:
    article = (
        "Die Stadt hat am Montag beschlossen, den Hafen für drei Monate zu schließen, wie es hieß.\n\n"
        "Der Bürgermeister sagte den Reportern am Abend, dass die Mauer noch vor dem Winter stehen werde."
    )
    page = cleaner.clean("\n\n".join([notice] * 5 + [article, "Lesen Sie auch:", "Der Hafen schläft"]))
    assert (page.metadata.language, page.text) == ("de", article)


@pytest.mark.parametrize(
    "life", ["April 3, 1931 - November 9, 2023", "June 1, 1994 – Jan. 5, 2024", "1 June 1994 — 2024"]
)
def test_the_days_of_a_life_are_not_the_articles(cleaner: Cleaner, life: str) -> None:
    assert cleaner.clean(f"Asha Pillai\n{life}\n\n{article()}").metadata.published is None
    dated = cleaner.clean(f"Asha Pillai\n{life}\nPublished January 9, 2024\n\n{article()}").metadata
    assert dated.published == "2024-01-09"


def test_the_days_of_an_events_list_are_not_the_articles(cleaner: Cleaner) -> None:
    days = "Friday, 5 July 2024\nBrass on the quay, noon, free.\nSaturday, 6 July 2024\nDuck race, mill pond, 3pm."
    assert cleaner.clean(f"{article()}\n\n{days}").metadata.published is None


def test_a_word_before_figures_is_a_label(cleaner: Cleaner) -> None:
    line = "Der Rat der Stadt hat am Montag noch einmal über den Hafen gesprochen und alles auf März verschoben."
    assert cleaner.clean(f"{line}\n\n{line[:-1]}, sagt er.\n\nDatum 28.04.2023").metadata.published == "2023-04-28"


def test_a_dash_before_a_date_is_no_life(cleaner: Cleaner) -> None:
    signed = cleaner.clean(f"Harbour wall\nBy Asha Pillai - March 5, 2024\n\n{article()}").metadata
    assert (signed.authors, signed.published) == (["Asha Pillai"], "2024-03-05")
    updated = cleaner.clean(f"Harbour wall\nMarch 5, 2024 - Updated March 6, 2024\n\n{article()}").metadata
    assert updated.published == "2024-03-05"


@pytest.mark.parametrize(
    ("line", "modified"),
    [
        ("Last modified on Sat 23 Nov 2024 19.05 GMT", "2024-11-23"),
        ("Updated on Mon 14 Oct 2024", "2024-10-14"),
        ("Last updated: Tue, 12 Mar 2024, 10:15", "2024-03-12"),
        ("Last updated at 6.02pm on 23 November 2024", "2024-11-23"),
        ("Updated 6:02 PM, 23 Nov 2024", "2024-11-23"),
        ("Updated: 6:02 PM, Mar 14, 2024", "2024-03-14"),
        ("Updated 6:12 PM EDT, April 3, 2024", "2024-04-03"),
        ("Updated 1:39 AM EST, Wednesday, November 20, 2019", "2019-11-20"),
    ],
)
def test_the_day_of_the_last_change(cleaner: Cleaner, line: str, modified: str) -> None:
    page = cleaner.clean(f"Harbour wall\n{line}\n\n{article()}")
    assert (page.metadata.published, page.metadata.modified) == (None, modified)
    assert line not in page.text


@pytest.mark.parametrize(
    "line",
    [
        "First published on Tue 12 Mar 2024 06.30 GMT",
        "12 Mar 2024 18.02 BST First published on 12 Mar 2024 06.30 BST",
        "Published on Tue 12 Mar 2024",
        "Published - March 12, 2024 07:51 pm IST",
        "Publish Date: Tue, 12 Mar 2024 10:15 PM (IST)",
        "Date published: March 12, 2024",
        "Posted at 6.02pm on 12 March 2024",
    ],
)
def test_the_day_of_publication_in_words(cleaner: Cleaner, line: str) -> None:
    page = cleaner.clean(f"Harbour wall\n{line}\n\n{article()}")
    assert (page.metadata.published, page.metadata.modified) == ("2024-03-12", None)
    assert line not in page.text


@pytest.mark.parametrize(
    "line",
    [
        "PUBLISHED: March 12, 2024 at 5:30 a.m. | UPDATED: March 13, 2024 at 7:12 a.m.",
        "Posted: Mar 12, 2024 / 06:30 AM EST | Updated: Mar 13, 2024 / 07:10 AM EST",
        "Published: 09:09 GMT, 12 March 2024 | Updated: 10:53 GMT, 13 March 2024",
        "Updated 13 March 2024 | Published 12 March 2024",
        "Updated March 13, 2024|Published March 12, 2024",
    ],
)
def test_both_days_in_one_line(cleaner: Cleaner, line: str) -> None:
    page = cleaner.clean(f"Harbour wall\n{line}\n\n{article()}")
    assert (page.metadata.published, page.metadata.modified) == ("2024-03-12", "2024-03-13")
    assert line not in page.text


def test_both_days_in_one_line_of_spanish(cleaner: Cleaner) -> None:
    text = "\n\n".join(
        f"El consejo de Varnholm se reunió el lunes por {n}ª vez para hablar del muro del puerto, dijo el alcalde."
        for n in range(4, 10)
    )
    page = cleaner.clean(f"El muro del puerto\nActualizado: 13/03/2024 · Publicado: 12/03/2024\n\n{text}")
    assert (page.metadata.published, page.metadata.modified) == ("2024-03-12", "2024-03-13")
    assert "12/03" not in page.text


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


FOOT = "Mit unserem Newsletter halten wir Sie auf dem Laufenden."
NOTICES = [
    "Mit der Anmeldung zum Newsletter stimmen Sie der Werbevereinbarung zu.",
    FOOT,
    "Ausführliche Informationen zum Versandverfahren und zu Ihren Widerrufsmöglichkeiten erhalten Sie in unserer "
    "Datenschutzerklärung.",
    "Durch Absenden des Formulars willigen Sie in die Verarbeitung Ihrer E-Mail-Adresse ein.",
]


def test_a_notice_goes_by_the_rules_of_its_own_language(cleaner: Cleaner) -> None:
    page = cleaner.clean("\n\n".join([*NOTICES, article()]))
    assert (page.metadata.language, page.text) == ("en", article())


def test_the_language_is_that_of_what_stays() -> None:
    """Nothing that told the language goes, but the body begins elsewhere when the rest has gone."""
    rules = Cleaner(profile="rules-only")
    german = "Der Rat hat am Montag erneut über die neue Hafenmauer abgestimmt, sagten die Behörden am Abend."
    english = "The ferry ran as it always had, and the harbour master said so on Monday evening"
    menu = ["More", "Popular", "Latest videos", "Skip to content", "Local directory"] * 3
    page = rules.clean("\n".join([german, FOOT, *menu, f"{english}.", f"{english} in Lorne."]), kind="text")
    again = rules.clean(page.text, site=page.site, title=page.metadata.title, kind="text")
    assert (again.text, again.metadata.language) == (page.text, page.metadata.language)


PARAGRAPHS = "".join(f"<p>{paragraph}</p>" for paragraph in article().split("\n\n"))
SPELLED = (
    r'{"@type": "NewsArticle", "headline": "Harbour \u0000wall to be \ud83draised", "author": "Asha\udc00 Pillai"}'
)


@pytest.mark.parametrize(
    "raw",
    [
        f"Harbour \x00wall to be \ud83draised\n\nBy Asha \x01Pillai\n\n{article()}",
        f"<html><script type=application/ld+json>{SPELLED}</script>{PARAGRAPHS}",
        "<html><meta property=og:title content='Harbour wall to be \x01raised'>"
        f"<meta name=author content='Asha &#1;Pillai'>{PARAGRAPHS}",
    ],
    ids=["a dump", "JSON-LD", "meta elements"],
)
def test_no_control_characters_nor_half_ones_in_what_is_told(cleaner: Cleaner, raw: str) -> None:
    meta = cleaner.clean(raw).metadata
    assert (meta.title, meta.authors) == ("Harbour wall to be raised", ["Asha Pillai"])
