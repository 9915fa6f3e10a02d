"""How words are counted: NFKC, case folded, CJK, Thai and Hangul characters one by one."""

from __future__ import annotations

import re
import unicodedata

_UNSPACED = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u0e00-\u0e7f\uac00-\ud7af"
_TOKEN = re.compile(rf"[{_UNSPACED}]|(?:(?![{_UNSPACED}])\w)+")


def tokens(text: str | None) -> list[str]:
    """The words of a text."""
    return _TOKEN.findall(unicodedata.normalize("NFKC", text or "").casefold())
