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
    r"^(?:(?:written|reported|reporting|interview|story|text|words|photos|posted|analysis|opinion|review|article|guide|commentary)\s+)?by:?\s+",
    re.IGNORECASE,
)
_BEHIND = re.compile(
    r"\s+(?:for|on|at|in)\s.*$|"
    r"\b(?:staff|senior|special|political|chief|our)?\s*(?:writer|reporter|correspondent|editor|bureau|desk|"
    r"contributor|columnist|producer|journalist|founder)s?\b.*$|"
    r"\s+\([^)]*\)?$",
    re.IGNORECASE,
)
_NO_NAME = re.compile(
    r"[0-9]|@|^(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|home|share|updated?|published)$", re.IGNORECASE
)
_BESIDE = re.compile(
    r"^(?:ph\.?\s?d|m\.?d|m\.?s|m\.?a|b\.?a|m\.?b\.?a|r\.?d|r\.?n|j\.?d|esq|c\.?p\.?a|d\.?o|f[a-z]{2,4}|jr|sr|ii+)$|"
    r"\b(?:press|times|news|journal|post|gazette|herald|tribune|telegram|today|media|network|magazine|university|"
    r"institute|officer|director|manager|president|professor|head|expert|ceo|cto|inc|llc|ltd|gmbh)\b",
    re.IGNORECASE,
)
"""What stands behind a comma after a name without being another: a degree, an office, an employer."""
MOST_WORDS = 5


def split_authors(text: str, language: str | None = None, *, whole: bool = False) -> list[str]:
    """The names in a byline, in order, without "By", roles, and what follows a name ("for The Example").

    ``language``: the document's, whose "and" parts names too. ``whole``: the text is known to be names alone (a
    field of the markup), so that a single word keeps its role ("Courier Staff").

    >>> split_authors("By Asha Pillai and Ravi Menon, Staff Writer")
    ['Asha Pillai', 'Ravi Menon']
    >>> split_authors("Ana Sosa y Luis Prado", "es")
    ['Ana Sosa', 'Luis Prado']
    >>> split_authors("Courier Staff", whole=True)
    ['Courier Staff']
    """
    names: list[str] = []
    for part in _between(language).split(_BY.sub("", text.strip())):
        name = _BEHIND.sub("", part).strip(" -–—.:")
        if whole and name and " " not in name:
            name = part.strip(" -–—.:")
        if not name or _NO_NAME.search(name) or len(name.split()) > MOST_WORDS or name in names:
            continue
        if whole and names and _BESIDE.search(name):
            continue
        names.append(name)
    return names


def is_person(name: str) -> bool:
    """Whether a text has the shape of a person's name: two to five words, each with a capital but for particles.

    >>> is_person("Asha van der Berg"), is_person("Read more"), is_person("Written By"), is_person("Asha")
    (True, False, False, False)
    """
    words = name.split()
    return 2 <= len(words) <= MOST_WORDS and all(
        (w[0].isalpha() and not w[0].islower() and w.casefold() not in _LABELS) or w.casefold() in _PARTICLES
        for w in words
    )


_PARTICLES = frozenset(
    "de da do dos das di del della der den des du la le van von vom zu zur ten ter al el bin ibn ben y e af av".split()
)
_LABELS = frozenset(
    """about all and archive article author authors biography by bio comment comments contact contributor contributors
    editor editorial email facebook follow for from guest home in instagram last latest linkedin magazine min minutes
    more my name news newsletter of on our please post posted posts privacy profile published read reader reporter
    reviewed see share show sign staff stories story subscribe team terms the this to twitter updated view website
    with words writer writers written x you your""".split()
)


@lru_cache(maxsize=64)
def _between(language: str | None) -> re.Pattern[str]:
    """What stands between two names."""
    words = _AND["en"] + (f"|{_AND[language]}" if language in _AND else "")
    return re.compile(rf"\s*,\s*(?:{words})\s+|\s+(?:{words})\s+|\s*(?:{_SIGNS})\s*", re.IGNORECASE)
