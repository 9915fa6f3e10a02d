"""Bytes become characters, and the result says how."""

from __future__ import annotations

import codecs

import pytest
from conftest import article

from cleaner import Cleaner
from cleaner.intake.decode import decode

GERMAN = "Die Straße war für Stunden gesperrt, sagte die Behörde über den Fluß.\n"


@pytest.mark.parametrize(
    ("raw", "encoding", "by", "warned"),
    [
        (b"plain", "utf-8", "utf-8", False),
        (GERMAN.encode(), "utf-8", "utf-8", False),
        (codecs.BOM_UTF8 + GERMAN.encode(), "utf-8", "bom", False),
        (codecs.BOM_UTF16_LE + GERMAN.encode("utf-16-le"), "utf-16-le", "bom", False),
        (codecs.BOM_UTF16_BE + GERMAN.encode("utf-16-be"), "utf-16-be", "bom", False),
        (GERMAN.encode("utf-16-le"), "utf-16-le", "utf-16", False),
        (GERMAN.encode("utf-16-be"), "utf-16-be", "utf-16", False),
        (GERMAN.encode() * 3 + GERMAN.encode("latin-1"), "utf-8", "lines", True),
        (GERMAN.encode("cp1252") * 3, None, "detector", True),
        (b"<html><head><meta charset=iso-8859-1></head><p>" + GERMAN.encode("latin-1"), "cp1252", "declared", False),
        (b"<html><head><meta charset=iso-8859-1></head><p>" + GERMAN.encode(), "utf-8", "utf-8", True),
        (b"<html><head><meta charset=utf-8></head><p>" + GERMAN.encode("latin-1") * 3, None, "detector", True),
    ],
)
def test_decode(raw: bytes, encoding: str | None, by: str, warned: bool) -> None:
    source = decode(raw)
    assert source.decoded_by == by
    assert bool(source.warnings) is warned
    assert encoding is None or source.encoding == encoding
    assert raw == b"plain" or "Straße war für" in source.text


@pytest.mark.parametrize(
    "raw", [b"%PDF-1.7 x", b"PK\x03\x04zip", b"\x89PNG\r\n", b"\x1f\x8b\x08", bytes(range(32)) * 9]
)
def test_binary_is_a_failure_not_a_text(cleaner: Cleaner, raw: bytes) -> None:
    page = cleaner.clean(raw)
    assert (page.outcome, page.text) == ("FAIL", "")
    assert page.reason.startswith("binary")


@pytest.mark.parametrize(
    "raw", [b"", codecs.BOM_UTF8, b" \n\t\r\n", "\u200b\n".encode(), b"<!-- only a comment -->", ""]
)
def test_nothing_is_empty(cleaner: Cleaner, raw: bytes | str) -> None:
    page = cleaner.clean(raw)
    assert (page.outcome, page.text, page.reason) == ("EMPTY", "", "no text in the input")


def test_control_characters_and_surrogates_are_taken_out_and_kept_in_the_ledger(cleaner: Cleaner) -> None:
    source = f"{article()}\n\nThe wall\x00 stands\x07 and \ud800the ferry sails again every day.\n\nIt will stay so."
    page = cleaner.clean(source)
    assert page.text.endswith("The wall stands and the ferry sails again every day.\n\nIt will stay so.")
    assert [e.before for e in page.edits if e.kind == "control"] == ["\x00", "\x07", "\ud800"]
    assert page.restore() == source
    assert "surrogates" in page.reason


def test_joiners_bidi_controls_and_decomposed_letters_stay(cleaner: Cleaner) -> None:
    line = "क्‍ष and \u202bשלום\u202c and Cafe\u0301 stand in one long line that ends a sentence, as they should."
    assert cleaner.clean(line).text == line


def test_double_decoded_text_is_flagged_not_repaired(cleaner: Cleaner) -> None:
    text = article().replace("officials", "fÃ¼r Ã¤ltere StraÃŸen")
    page = cleaner.clean(text)
    assert page.text == text
    assert page.outcome == "FLAG"
    assert "mojibake" in page.reason


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\x85", "\u2028", "\u2029", "\f", "\v"])
def test_one_line_policy(cleaner: Cleaner, end: str) -> None:
    source = article(2).replace("\n\n", end) + end + "Share this:" + end
    page = cleaner.clean(source)
    assert page.text == article(2)
    assert page.restore() == source


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("<!doctype html><p>x", "html"),
        ("  <html><body>x", "html"),
        ("<?xml version='1.0' encoding='utf-8'?><html><p>x</p></html>", "html"),
        ("<div><p>one</p><p>two</p></div>", "html"),
        ("<p>A lone paragraph.</p>\n", "html"),
        ("<b>Bold</b> is how a text can begin.", "text"),
        ("<b> is how bold text begins in HTML, the teacher said.", "text"),
        ("Plain text with <b>tags</b> <i>in</i> it", "text"),
        ("< 3 months", "text"),
    ],
)
def test_what_is_html(text: str, kind: str) -> None:
    assert decode(text).kind == kind
    assert decode(text, "text").kind == "text"


@pytest.mark.parametrize("name", ["hex", "rot13", "base64", "no-such-thing", "utf-7x"])
def test_a_declared_encoding_that_is_none_never_raises(cleaner: Cleaner, name: str) -> None:
    page = cleaner.clean(f"<html><meta charset='{name}'><p>A line.</p>".encode())
    assert page.text == "A line."


@pytest.mark.parametrize("name", ["utf-16", "utf-32", "undefined", "punycode", "unicode_escape", "utf-7", "a\x00b"])
def test_a_declaration_that_could_not_be_read_in_its_encoding_is_none(cleaner: Cleaner, name: str) -> None:
    page = f"<html><head><meta charset='{name}'></head><body><p>Zürich met \\u0041 Köln.</p></body></html>"
    assert cleaner.clean(page.encode()).text == "Zürich met \\u0041 Köln."


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("The café owner paid £5 in Zürich for a naïve painting, he told reporters.", "cp1252"),
        ("José Muñoz told the council on Monday that the wall would stand by May.", "cp1252"),
        ("It rained for ½ a day, and the temperature fell to 3° in the valley.", "cp1252"),
        ("A decisão não foi tomada na reunião de segunda-feira, disse o prefeito.", "cp1252"),
        ("Rådet sade på måndagen att muren får stå kvar över vintern.", "cp1252"),
        ("El niño llegó tarde a la reunión, según dijo su señora.", "cp1252"),
        ("Però la città è bella, disse il sindaco.", "cp1252"),
        ("Rada miasta zdecydowała w poniedziałek o zamknięciu portu na trzy miesiące.", "iso8859-2"),
        ("Городской совет решил в понедельник закрыть порт на три месяца.", "cp1251"),
        ("市議会は月曜日に再び集まり、新しい防波堤について採決した。", "shift_jis"),
    ],
)
def test_an_undeclared_encoding_is_found_from_one_line(cleaner: Cleaner, text: str, encoding: str) -> None:
    page = cleaner.clean(text.encode(encoding))
    assert (page.text, page.decoded_by) == (text, "detector")
    behind = ("The wall stands.\n" * 20_000 + text).encode(encoding)  # the detector is shown where it begins to matter
    assert cleaner.clean(behind).removals == cleaner.clean(behind.decode(encoding)).removals


def test_a_byte_order_mark_in_text_is_an_edit(cleaner: Cleaner) -> None:
    page = cleaner.clean("\ufeff\ufeffHi there.")
    assert page.text == "Hi there."
    assert page.restore() == "\ufeff\ufeffHi there."
