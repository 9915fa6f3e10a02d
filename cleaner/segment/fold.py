"""The folded copy that rules match on, and the way back to the source.

Folding maps case, quotes, dashes, spaces and width; never diacritics, but where a script writes one
word in two ways (Greek capitals have no accents, Arabic keyboards mix alef and yeh). It is one
character for one wherever it can be; the few lines where it is not (runs of spaces, invisible
characters, decomposed letters) are folded anew, and only those need an offset map.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict

OUTER = " \t:;.,!?¡¿…|/\\»›>•·*+#-~=_[](){}^&→←↑↓▼▲▶►◄■□●○◆★☆✓✔▷▪◇◎☞※【】・ⓒ©®。、，：；！？।॥۔؟،"
"""Punctuation around a segment or a phrase that does not count when they are compared.

Quotation marks do count: a line in quotes is somebody's words. ``»`` is a bullet as often; the ``«`` before a
quotation stays, so that a quoted line is still told from a bullet."""

_ONE_FOR_ONE = {
    "’": "'", "‘": "'", "‚": "'", "‛": "'", "′": "'", "´": "'", "ʼ": "'",
    "“": '"', "”": '"', "„": '"', "‟": '"', "″": '"',
    "‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "-", "―": "-", "−": "-",
    "\u00a0": " ", "\u202f": " ", "\u2009": " ", "\u2007": " ", "\u3000": " ",
    "İ": "i", "ı": "i", "ș": "ş", "Ș": "Ş", "ț": "ţ", "Ț": "Ţ",
    **dict(zip("άέήίόύώϊϋΐΰςΣΆΈΉΊΌΎΏΪΫ", "αεηιουωιυιυσσΑΕΗΙΟΥΩΙΥ", strict=True)),
    "أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "ى": "ي", "ی": "ي", "ک": "ك",  # as Lucene's ArabicNormalizer
    **{chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)},
}  # fmt: skip


def _by_lead_byte() -> list[tuple[bytes, dict[str, str]]]:
    """The foldings by the first byte of their UTF-8, which says at once that a text has none of them."""
    groups: dict[bytes, dict[str, str]] = defaultdict(dict)
    for char, plain in _ONE_FOR_ONE.items():
        groups[char.encode()[:1]][char] = plain
    return list(groups.items())


_GROUPS = _by_lead_byte()
_FEW = 30
"""So many characters are replaced one after the other; more are found at once."""
_CLASSES = {lead: re.compile(f"[{''.join(group)}]") for lead, group in _GROUPS if len(group) > _FEW}

INVISIBLE = "\u00ad\u200b\u2060\ufeff\u200c\u200d\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069"
"""Characters (and ranges) that print nothing and make no other word: soft hyphen, zero-width space, joiner and
non-joiner, word joiner, marks of direction."""
_STRETCH = "\u0640\u064b-\u0652\u0670"
"""Arabic signs that stretch a word or say its vowels: the word is the same without."""
LEFT_OUT = re.compile(f"[{INVISIBLE}{_STRETCH}]")
CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f\ufeff\ud800-\udfff]")
"""What no clean text holds: C0 controls but for white space, DEL, byte order marks, lone surrogates."""
_RARE_SPACES = "\u1680\u2000-\u2006\u2008\u200a\u205f"
_UNEVEN = re.compile(f" {{2,}}|[{INVISIBLE}{_STRETCH}{_RARE_SPACES}]|{CONTROL.pattern}")
_NOT_COPIED = re.compile(f"[{INVISIBLE}{_STRETCH}]|{CONTROL.pattern}")
_CHILLU = {"ണ്": "ൺ", "ന്": "ൻ", "ര്": "ർ", "ല്": "ൽ", "ള്": "ൾ", "ക്": "ൿ"}
_OLD_CHILLU = re.compile(f"({'|'.join(_CHILLU)})\u200d")
"""Malayalam's closed consonants as they were written before they had characters of their own."""

_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")


def fold_evenly(text: str) -> str:
    """Fold one character for one: the result has the length of ``text``."""
    return map_evenly(text).lower()


def map_evenly(text: str) -> str:
    """The folding but for case, which is quicker to fold line by line: most lines are ASCII then."""
    if not text.isascii():
        encoded = text.encode("utf-8", "surrogatepass")
        for lead, group in _GROUPS:
            if lead not in encoded:
                continue
            if len(group) <= _FEW:
                for char, plain in group.items():
                    text = text.replace(char, plain)
            else:
                text = _CLASSES[lead].sub(lambda match: _ONE_FOR_ONE[match[0]], text)
    return text.replace("\t", " ").replace("`", "'")


def is_even(folded: str) -> bool:
    """Whether an evenly folded line is already its folded copy."""
    return not _UNEVEN.search(folded) and (folded.isascii() or is_composed(folded))


def is_composed(text: str) -> bool:
    """Whether no letter is written as letter and mark where there is one character for both, and none is stretched."""
    return unicodedata.is_normalized("NFC", text) and not LEFT_OUT.search(text)


def fold(text: str) -> str:
    """The folded copy of one segment, of a phrase, or of any short text."""
    folded = fold_evenly(text).strip()
    if is_even(folded):
        return folded
    folded = _OLD_CHILLU.sub(lambda old: _CHILLU[old[1]], folded)
    return " ".join(unicodedata.normalize("NFC", _NOT_COPIED.sub("", folded)).split())


def fold_with_offsets(text: str) -> tuple[str, list[int]]:
    """The folded copy, and for each of its characters (and its end) the offset in ``text``.

    >>> fold_with_offsets("A  B")
    ('a b', [0, 1, 3, 4])
    """
    even = fold_evenly(text)
    old = {match.start(): match for match in _OLD_CHILLU.finditer(even)}
    chars: list[tuple[str, int]] = []
    i = 0
    while i < len(even):
        if i in old:
            chars.append((_CHILLU[old[i][1]], i))
            i = old[i].end()
            continue
        if not _NOT_COPIED.match(even, i):
            chars.append((even[i], i))
        i += 1
    folded: list[str] = []
    offsets: list[int] = []
    length = len(text)
    k = 0
    while k < len(chars):
        end = k + 1
        while end < len(chars) and _joins(chars[end][0]):
            end += 1
        for char in unicodedata.normalize("NFC", "".join(char for char, _ in chars[k:end])):
            blank = char.isspace()
            if not (blank and folded[-1:] in ([], [" "])):
                folded.append(" " if blank else char)
                offsets.append(chars[k][1])
        k = end
    if folded[-1:] == [" "]:
        folded.pop()
        length = offsets.pop()
    return "".join(folded), [*offsets, length]


def _joins(char: str) -> bool:
    """Whether a character may become one with what stands before it: marks, and the parts of Hangul syllables."""
    return unicodedata.category(char)[0] == "M" or "\u1160" <= char <= "\u11ff"


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
