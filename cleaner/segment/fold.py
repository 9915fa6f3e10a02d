"""The folded copy that rules match on, and the way back to the source.

Folding maps case, quotes, dashes, spaces and width; never diacritics (Romanian's two ways to encode
its comma below are one letter). It is one character for
one wherever it can be; the few lines where it is not (runs of spaces, invisible characters,
decomposed letters) are folded cluster by cluster, and only those need an offset map.
"""

from __future__ import annotations

import re
import unicodedata

OUTER = " \t:;.,!?…|/\\»›>•·*+#-~=_[](){}^&→←↑↓▼▲▶►◄■□●○◆★☆✓✔©®。、，：；！？।॥۔؟،"
"""Punctuation around a segment or a phrase that does not count when they are compared.

Quotation marks do count: a line in quotes is somebody's words. ``»`` is a bullet as often; the ``«`` before a
quotation stays, so that a quoted line is still told from a bullet."""

_ONE_FOR_ONE = {
    "’": "'", "‘": "'", "‚": "'", "‛": "'", "′": "'", "`": "'", "´": "'", "ʼ": "'",
    "“": '"', "”": '"', "„": '"', "‟": '"', "″": '"',
    "‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "-", "―": "-", "−": "-",
    "\u00a0": " ", "\u202f": " ", "\u2009": " ", "\u2007": " ", "\u3000": " ", "\t": " ",
    "İ": "i", "ș": "ş", "Ș": "Ş", "ț": "ţ", "Ț": "Ţ",
}  # fmt: skip
_NON_ASCII = [(a, b) for a, b in _ONE_FOR_ONE.items() if not a.isascii()]
_WIDE = re.compile("[\uff01-\uff5e]")
_WIDE_HINTS = "，：（）！？０１２Ａ"

INVISIBLE = "\u00ad\u200b\u2060\ufeff"
"""Characters that print nothing and join nothing: soft hyphen, zero-width space, word joiner."""
CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f\ufeff\ud800-\udfff]")
"""What no clean text holds: C0 controls but for white space, DEL, byte order marks, lone surrogates."""
_RARE_SPACES = "\u1680\u2000-\u2006\u2008\u200a\u205f"
_UNEVEN = re.compile(f" {{2,}}|[{INVISIBLE}{_RARE_SPACES}]|{CONTROL.pattern}")

_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")


def fold_evenly(text: str) -> str:
    """Fold one character for one: the result has the length of ``text``."""
    return map_evenly(text).lower()


def map_evenly(text: str) -> str:
    """The folding but for case, which is quicker to fold line by line: most lines are ASCII then."""
    if not text.isascii():
        for a, b in _NON_ASCII:
            text = text.replace(a, b)
        if any(hint in text for hint in _WIDE_HINTS):
            text = _WIDE.sub(lambda m: chr(ord(m[0]) - 0xFEE0), text)
    return text.replace("\t", " ").replace("`", "'")


def is_even(folded: str) -> bool:
    """Whether an evenly folded line is already its folded copy."""
    return not _UNEVEN.search(folded) and (folded.isascii() or is_composed(folded))


def is_composed(text: str) -> bool:
    """Whether no letter is written as letter and mark where there is one character for both."""
    return unicodedata.is_normalized("NFC", text)


def fold(text: str) -> str:
    """The folded copy of one segment, of a phrase, or of any short text."""
    folded = fold_evenly(text).strip()
    return folded if is_even(folded) else fold_with_offsets(text)[0]


def fold_with_offsets(text: str) -> tuple[str, list[int]]:
    """The folded copy, and for each of its characters (and its end) the offset in ``text``.

    >>> fold_with_offsets("A  B")
    ('a b', [0, 1, 3, 4])
    """
    folded: list[str] = []
    offsets: list[int] = []
    even = fold_evenly(text)
    i, length = 0, len(text)
    while i < length:
        j = i + 1
        while j < length and unicodedata.combining(even[j]):
            j += 1
        cluster = even[i:j] if j == i + 1 else unicodedata.normalize("NFC", even[i:j])
        for char in cluster:
            blank = char == " " or char.isspace()
            if char in INVISIBLE or CONTROL.match(char) or (blank and folded[-1:] in ([], [" "])):
                continue
            folded.append(" " if blank else char)
            offsets.append(i)
        i = j
    if folded[-1:] == [" "]:
        folded.pop()
        length = offsets.pop()
    return "".join(folded), [*offsets, length]


def writes_no_spaces(text: str) -> bool:
    """Whether the text is in a script that writes no spaces between words (by a sample of it)."""
    if text.isascii():
        return False
    sample = text[:: max(1, len(text) // 1000)]
    return len(_UNSPACED.findall(sample)) * 4 > len(sample)


def is_word_edge(text: str, i: int) -> bool:
    """Whether a word begins or ends between ``text[i - 1]`` and ``text[i]``.

    In scripts that write no spaces every place is one.
    """
    if i <= 0 or i >= len(text):
        return True
    return not (_in_word(text[i - 1]) and _in_word(text[i]))


def _in_word(char: str) -> bool:
    return unicodedata.category(char)[0] in "LNM" and not _UNSPACED.match(char)
