"""Bytes → characters, with how that was decided. Content never raises: see ``Source.failure``."""

from __future__ import annotations

import codecs
import re
import string
from collections.abc import Callable
from dataclasses import replace

from cleaner.model import Kind, Source

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_BINARY = {
    b"%PDF-": "a PDF file",
    b"PK\x03\x04": "a ZIP archive",
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"GIF8": "a GIF image",
    b"\x1f\x8b": "gzip data",
    b"\x28\xb5\x2f\xfd": "zstd data",
}
_PAGE_SUFFIX = re.compile(r"\.x?html?$", re.IGNORECASE)
_ANY_TAG = re.compile(rb"<\0?[a-z!?/]", re.IGNORECASE)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_PAGE = re.compile(r"(?:<\?xml[^>]*>\s*)?<(?:!doctype|html|head|body)\b", re.IGNORECASE)
_TAG = re.compile(r"</?(?:[a-z]+[1-6]?)(?:\s[^<>]*)?/?>", re.IGNORECASE)
FRAGMENT_TAGS = 3
"""Tags among the first 4,096 characters from which text that begins with one is an HTML fragment."""
_PYTHONS_OWN = frozenset(["idna", "punycode", "raw_unicode_escape", "undefined", "unicode_escape", "utf-7"])
"""Encodings that no page is in, whatever it declares."""
DETECTED, CONTEXT = 100_000, 1_000
"""Bytes that the detector is shown: from the line of the first that is not UTF-8 on, and so many before it."""
UNSURE = 0.25
"""Below it the detector has seen too little to be believed that what is mostly ASCII letters is in another script."""
_LATIN = re.compile(r"cp125[02478]|iso8859-(?:[2-4]|9|1[0346])")
_ASCII, _LETTERS = bytes(range(128)), string.ascii_letters.encode()
_MOJIBAKE = re.compile("Ã[\x80-\xbf\u2018-\u203a©]|â€[\x80-\xbf\u2018-\u2122œ™]|Â[\xa0-\xbf]")
_MOJIBAKE_LEADS = ("Ã", "€", "Â")
MOJIBAKE_LEAST = 3


def decode(raw: str | bytes, kind: str = "auto") -> Source:
    """Decode one document: BOM, then what the page declares, strict UTF-8, single lines, a detector.

    ``kind`` ``auto`` takes for HTML what begins with an HTML tag.
    """
    if isinstance(raw, str):
        return _checked(raw, kind)
    for magic, name in _BINARY.items():
        if raw.startswith(magic):
            return Source("", "text", failure=f"binary: this is {name}, not text")
    for bom, encoding in _BOMS:
        if raw.startswith(bom):
            return _whole(raw[len(bom) :], encoding, "bom", kind)
    if b"\x00" in raw[:4096] and (wide := _utf16_without_bom(raw)):
        return _whole(raw, wide, "utf-16", kind)
    controls = sum(raw[:4096].count(c) for c in (*range(0, 9), *range(14, 27), *range(28, 32)))
    if controls * 10 > len(raw[:4096]):
        return Source("", "text", failure="binary: too many control bytes to be text")
    declared = _declared(raw) if kind != "text" and _is_html(raw[:4096].decode("latin-1")) else None
    if declared:
        return _by_declaration(raw, declared, kind)
    try:
        return _checked(raw.decode("utf-8"), kind, "utf-8", "utf-8", utf8=raw)
    except UnicodeDecodeError:
        return _by_lines(raw, kind) or _by_detector(raw, kind)


def _whole(raw: bytes, encoding: str, by: str, kind: str) -> Source:
    text = raw.decode(encoding, "replace")
    warnings = ("encoding: some bytes are not valid " + encoding,) if "\ufffd" in text else ()
    return _checked(text, kind, encoding, by, warnings)


def named_kind(name: str, raw: str | bytes) -> str:
    """The kind to decode with, of a file of that name: ``html`` where its suffix says so and there is any tag.

    >>> named_kind("a.html", "<p>Too short to be known by itself."), named_kind("a.html", "None."), named_kind("a", "")
    ('html', 'auto', 'auto')
    """
    head = raw[:4096]
    tagged = _ANY_TAG.search(head.encode("utf-8", "replace") if isinstance(head, str) else head)
    return "html" if _PAGE_SUFFIX.search(name) and tagged else "auto"


def _utf16_without_bom(raw: bytes) -> str | None:
    """UTF-16 of a mostly Latin text has a zero in every other byte."""
    head = raw[: min(len(raw), 4096) // 2 * 2]
    if head and head[1::2].count(0) * 5 > len(head[1::2]) * 2 and head[0::2].count(0) * 20 < len(head):
        return "utf-16-le"
    if head and head[0::2].count(0) * 5 > len(head[0::2]) * 2 and head[1::2].count(0) * 20 < len(head):
        return "utf-16-be"
    return None


def _declared(raw: bytes) -> str | None:
    from bs4.dammit import EncodingDetector

    named = EncodingDetector.find_declared_encoding(raw, is_html=True, search_entire_document=False)
    try:
        b" ".decode(named or "")
        name = codecs.lookup(named or "").name
    except (LookupError, ValueError):  # none, no text's (hex, rot13), or one in which nobody could read the declaration
        return None
    return name if name not in _PYTHONS_OWN else None


def _by_declaration(raw: bytes, declared: str, kind: str) -> Source:
    """Honour the declaration, unless the bytes are valid UTF-8 that it would garble."""
    try:
        utf8 = raw.decode("utf-8")
    except UnicodeDecodeError:
        utf8 = None
    if utf8 is not None and declared != "utf-8" and not utf8.isascii():
        return _checked(utf8, kind, "utf-8", "utf-8", (f"encoding: declared {declared}, but it is UTF-8",), raw)
    encoding = "cp1252" if declared in ("iso8859-1", "ascii") and utf8 is None else declared
    try:
        return _checked(raw.decode(encoding), kind, encoding, "declared", utf8=raw if encoding == "utf-8" else None)
    except (UnicodeDecodeError, ValueError):
        found = _by_lines(raw, kind) or _by_detector(raw, kind)
        note = f"encoding: declared {declared}, but it is not"
        return replace(found, warnings=(note, *found.warnings))


def _by_lines(raw: bytes, kind: str) -> Source | None:
    """UTF-8 but for single lines, which fall back to Windows-1252; None when most lines would."""
    lines = raw.splitlines(keepends=True)
    decoded: list[str] = []
    good = bad = 0
    for line in lines:
        try:
            text = line.decode("utf-8")
            good += not text.isascii()
        except UnicodeDecodeError:
            text = _single(line)
            bad += 1
        decoded.append(text)
    if good < bad:
        return None
    warning = f"encoding: {bad} of {len(lines)} lines are not UTF-8 and were read as Windows-1252"
    return _checked("".join(decoded), kind, "utf-8", "lines", (warning,))


class Lines:
    """Decodes a file line by line, as a whole one is: UTF-8 but for single lines, or what the detector finds.

    What is UTF-8 is read as that wherever it stands. Of the rest the first part decides: where a line before it, or
    most of what follows, is UTF-8, it is single lines.

    >>> Lines().text("Größe, Höhe\\n".encode("cp1252"))
    ('Größe, Höhe\\n', 'encoding: guessed cp1252')
    """

    def __init__(self) -> None:
        self._encoding: str | None = None

    def text(self, line: bytes, ahead: Callable[[], bytes] = bytes) -> tuple[str, str | None]:
        """A line, and the warning where it is not UTF-8. ``ahead`` gives what is known to follow it."""
        try:
            text = line.decode("utf-8")
            if self._encoding is None and not line.isascii():
                self._encoding = "utf-8"
            return text, None
        except UnicodeDecodeError:
            pass
        if self._encoding is None:
            following = ahead()
            self._encoding = _encoding_of(line + following[: following.rfind(b"\n") + 1])
        if self._encoding != "utf-8":
            return line.decode(self._encoding, "replace"), f"encoding: guessed {self._encoding}"
        return _single(line), "encoding: some lines are not UTF-8 and were read as Windows-1252"


def _encoding_of(sample: bytes) -> str:
    """The encoding of what begins with a line that is not UTF-8; ``utf-8`` where most other lines are."""
    return "utf-8" if _by_lines(sample, "text") else _detected(sample)


def wide_encoding(head: bytes) -> str | None:
    """UTF-16 or UTF-32 where the beginning of a file is in it, told as for a whole document; else None.

    >>> wide_encoding("text\\n".encode("utf-16")), wide_encoding(b"text\\n")
    ('utf-16-le', None)
    """
    for bom, encoding in _BOMS[1:]:
        if head.startswith(bom):
            return encoding
    return _utf16_without_bom(head) if b"\x00" in head[:4096] else None


def _single(line: bytes) -> str:
    """A line that is not UTF-8 in a file that is."""
    return line.decode("cp1252" if _fits(line, "cp1252") else "latin-1")


def _fits(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _by_detector(raw: bytes, kind: str) -> Source:
    encoding = _detected(raw)
    text = raw.decode(encoding, "replace")
    return _checked(text, kind, encoding, "detector", (f"encoding: guessed {encoding}",))


def _detected(raw: bytes) -> str:
    """The likeliest of the encodings that the web has used (docs/decisions, 35)."""
    from chardet import EncodingEra, detect

    start = max(0, _first_not_utf8(raw) - CONTEXT)
    seen = raw[raw.rfind(b"\n", 0, start) + 1 :][:DETECTED]
    found = detect(
        seen,
        encoding_era=EncodingEra.MODERN_WEB | EncodingEra.LEGACY_ISO,
        exclude_encodings=("iso8859-1", "iso8859-15"),  # to the web they are Windows-1252
        prefer_superset=False,
        compat_names=False,
    )
    letters = len(seen) - len(seen.translate(None, _LETTERS))
    mostly_ascii = len(seen.translate(None, _ASCII)) * 4 < letters
    encoding = found["encoding"] or "cp1252"
    unlikely = mostly_ascii and found["confidence"] < UNSURE and not _LATIN.fullmatch(encoding)
    return "cp1252" if unlikely else encoding


def _first_not_utf8(raw: bytes) -> int:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start
    return 0


def _checked(
    text: str,
    kind: str,
    encoding: str | None = None,
    by: str = "str",
    warnings: tuple[str, ...] = (),
    utf8: bytes | None = None,
) -> Source:
    """The source, with warnings of what is odd in its text. ``utf8``: the bytes, where it was read from UTF-8."""
    if utf8 is None:
        try:
            utf8 = text.encode("utf-8")
        except UnicodeEncodeError:
            utf8 = text.encode("utf-8", "replace")
            warnings += ("encoding: lone surrogates were taken out",)
    if any(lead in text for lead in _MOJIBAKE_LEADS) and len(_MOJIBAKE.findall(text[:50_000])) >= MOJIBAKE_LEAST:
        warnings += ("encoding: the text looks decoded twice (mojibake); it was not repaired",)
    return Source(text, _kind(text, kind), encoding, by, warnings, utf8=utf8)


def _kind(text: str, kind: str) -> Kind:
    if kind == "text" or kind == "html":
        return kind  # type: ignore[return-value]
    return "html" if _is_html(text[:4096]) else "text"


def _is_html(head: str) -> bool:
    """Whether a text that begins so is a page or a fragment of one; a tag alone does not make it one."""
    markup = head.lstrip("\ufeff \t\r\n")
    if markup[:1] != "<":
        return False
    rest = _COMMENT.sub("", markup).lstrip()
    if not rest or _PAGE.match(rest):
        return True
    tags = _TAG.findall(rest)
    is_one_element = len(tags) > 1 and tags[-1].startswith("</") and rest.rstrip().endswith(tags[-1])
    return bool(_TAG.match(rest)) and (len(tags) >= FRAGMENT_TAGS or is_one_element)
