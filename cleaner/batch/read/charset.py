"""What the transport says of a page's encoding, where the page itself says nothing."""

from __future__ import annotations

import codecs

from cleaner.intake.decode import decode

_TOLD = ("bom", "declared", "utf-8", "utf-16")


def characters(raw: bytes, charset: str | None) -> str | bytes:
    """The content decoded by the charset that came with it, where that is needed and right; else as it is.

    A BOM, a declaration in the page and valid UTF-8 are better witnesses than a server's default. Only where the
    decoder would have to guess is the charset tried, strictly.

    >>> characters("Привет, мир, как дела".encode("cp1251"), "windows-1251")
    'Привет, мир, как дела'
    """
    encoding = _known(charset)
    if encoding is None or encoding == "utf-8" or _is_utf8(raw) or decode(raw).decoded_by in _TOLD:
        return raw
    try:
        return raw.decode(encoding)
    except (UnicodeDecodeError, ValueError):
        return raw


def _known(charset: str | None) -> str | None:
    """The codec of that name, as browsers take it; None for none, or one that is not for text."""
    try:
        b" ".decode(charset or "")
        name = codecs.lookup(charset or "").name
    except (LookupError, ValueError):
        return None
    return "cp1252" if name in ("iso8859-1", "ascii") else name


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
