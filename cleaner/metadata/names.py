"""Authors' names from a byline."""

from __future__ import annotations

import re
from functools import lru_cache

_AND = {
    "en": "and|with", "de": "und|mit", "nl": "en|met", "fr": "et|avec", "es": "y|e|con", "pt": "e|com", "it": "e|con",
    "ro": "și|şi|si", "pl": "i|oraz", "cs": "a", "ru": "и", "zh": "和|与|與", "uk": "і|й|та", "sv": "och", "da": "og",
    "no": "og", "fi": "ja", "hu": "és", "tr": "ve", "el": "και", "id": "dan", "vi": "và", "hi": "और|व", "bn": "ও|এবং",
    "ml": "ഉം", "ta": "மற்றும்", "te": "మరియు", "ur": "اور", "ar": "و", "fa": "و", "he": "ו",
}  # fmt: skip
"""What stands between the last two names, by language. English everywhere: sites mix."""
_SIGNS = r",|;|\||/|•|·|⋅|、|،|・|&"
_BY = re.compile(
    r"^(?:(?:written|reported|reporting|interview|story|text|words|photos|posted)\s+)?by:?\s+", re.IGNORECASE
)
_BEHIND = re.compile(
    r"\s+(?:for|on|at|in)\s.*$|"
    r"\b(?:staff|senior|special|political|chief|our)?\s*(?:writer|reporter|correspondent|editor|bureau|desk|"
    r"contributor|columnist|producer|journalist|founder)s?\b.*$|"
    r"\s+\(.*$",
    re.IGNORECASE,
)
_NO_NAME = re.compile(
    r"[0-9]|@|^(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|home|share|updated?|published)$", re.IGNORECASE
)
MOST_WORDS = 5


def split_authors(text: str, language: str | None = None) -> list[str]:
    """The names in a byline, in order, without "By", roles, and what follows a name ("for The Example").

    ``language``: the document's, whose "and" parts names too.

    >>> split_authors("By Asha Pillai and Ravi Menon, Staff Writer")
    ['Asha Pillai', 'Ravi Menon']
    >>> split_authors("Ana Sosa y Luis Prado", "es")
    ['Ana Sosa', 'Luis Prado']
    """
    names: list[str] = []
    for part in _between(language).split(_BY.sub("", text.strip())):
        name = _BEHIND.sub("", part).strip(" -–—.:")
        if name and not _NO_NAME.search(name) and len(name.split()) <= MOST_WORDS and name not in names:
            names.append(name)
    return names


@lru_cache(maxsize=64)
def _between(language: str | None) -> re.Pattern[str]:
    """What stands between two names."""
    words = _AND["en"] + (f"|{_AND[language]}" if language in _AND else "")
    return re.compile(rf"\s*,\s*(?:{words})\s+|\s+(?:{words})\s+|\s*(?:{_SIGNS})\s*", re.IGNORECASE)
