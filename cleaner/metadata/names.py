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
_SIGNS = r",|;|\||/|•|·|⋅|、|،|・"
_BY = re.compile(
    r"^(?:(?:written|reported|reporting|interview|story|text|words|photos|posted|analysis|opinion|review|article|guide|commentary)\s+)?by:?\s+",
    re.IGNORECASE,
)
_OTHER_CREDITS = re.compile(
    r"[,;|/•·-]\s*(?:edited|editing|additional reporting|compiled|fact[ -]checked|illustrat\w+|photo\w*|pictures|"
    r"produced|reviewed|translated|video) by\b.*$",
    re.IGNORECASE,
)
"""Those who did something else than write, behind those who wrote."""
_BEHIND = re.compile(r"\s+(?:for|on|at|in)\s.*$|\s+\(?\S*@.*$|\s+\([^)]*\)?$", re.IGNORECASE)
_ROLE = re.compile(
    r"\b(?:(?:afp|ap|pti|upi|staff|senior|special|political|chief|our|sports?|business|science|guest)\s+){0,4}(?:writer|"
    r"reporter|correspondent|editor|bureau|desk|contributor|columnist|producer|journalist|founder)s?\b.*$",
    re.IGNORECASE,
)
_AGENCIES = (
    "agence france-presse|afp|ap|associated press|bbc(?: news)?|bloomberg(?: news)?|canadian press|cnn|"
    "press association|press trust of india|pti|reuters|upi|usa today"
)
_AGENCY_BEHIND = re.compile(rf"\s+(?:the\s+)?(?:{_AGENCIES})$", re.IGNORECASE)
_AGENCY = re.compile(
    rf"(?:the\s+)?(?:{_AGENCIES}|(?:agencia\s)?efe|al jazeera|anadolu|ansa|deutsche welle|dpa|ians|tass|xinhua)",
    re.IGNORECASE,
)
"""An agency, which signs where nobody else does."""
_NO_NAME = re.compile(
    r"[0-9]|@|^(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|home|share|updated?|published)$", re.IGNORECASE
)
_SURNAMES = "head|post|press"
"""Words of offices and papers that are people's names too: as the last of two words they are taken for one."""
_PAPERS = "associated|bangkok|canadian|denver|free|huffington|jakarta|jerusalem|national|the|washington"
_BESIDE = re.compile(
    r"^(?:ph\.?\s?d|m\.?d|m\.?s|m\.?a|b\.?a|m\.?b\.?a|r\.?d|r\.?n|j\.?d|esq|c\.?p\.?a|d\.?o|f[a-z]{2,4}|jr|sr|ii+)$|"
    rf"\b(?:{_SURNAMES})(?=\s)|\s\S+\s(?:{_SURNAMES})$|^(?:{_PAPERS})\s(?:{_SURNAMES})$|"
    r"\b(?:times|news|journal|gazette|herald|tribune|telegram|today|media|network|magazine|university|"
    r"institute|officer|director|manager|president|professor|expert|ceo|cto|inc|llc|ltd|gmbh|agency|service|radio|"
    r"television|tv|foundation|college|staff)\b|^the\b|^agence\b|"
    r"^(?:abu dhabi|addis ababa|british columbia|buenos aires|cape town|costa rica|hong kong|kuala lumpur|las vegas|"
    r"los angeles|mexico city|new (?:delhi|hampshire|jersey|mexico|orleans|south wales|york|zealand)|"
    r"(?:north|south) (?:carolina|dakota)|northern ireland|nova scotia|port moresby|puerto rico|rhode island|"
    r"rio de janeiro|salt lake city|san (?:antonio|diego|francisco|jos[eé]|juan)|saudi arabia|sierra leone|"
    r"south (?:africa|korea)|sri lanka|s[aã]o paulo|st\.? louis|tamil nadu|tel aviv|united (?:kingdom|states)|"
    r"uttar pradesh|washington d\.?c|west (?:bengal|virginia))$",
    re.IGNORECASE,
)
"""What stands behind a comma after a name without being another: a degree, an office, an employer, a place."""
MOST_WORDS = 5


def split_authors(text: str, language: str | None = None, *, whole: bool = False) -> list[str]:
    """The names in a byline, in order, without "By", roles, and what follows a name ("for The Example", ", Reuters").

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
    pieces = _between(language).split(_OTHER_CREDITS.sub("", _BY.sub("", text.strip())))
    signs = [None, *pieces[1::2]]
    for n, (part, sign) in enumerate(zip(pieces[::2], signs, strict=True)):
        name = _name_in(part, whole)
        if not name or _NO_NAME.search(name) or len(name.split()) > MOST_WORDS or name in names:
            continue
        if names and not whole and _AGENCY.fullmatch(name):
            continue
        if names and (whole or sign is not None) and _BESIDE.search(name):
            continue
        if names and not whole and sign is not None and _is_short(name, names[0]):
            before_last = n + 2 == len(signs) and signs[-1] is None
            if not before_last or " " not in _name_in(pieces[-1], whole):  # unlike "…, Pelé and Asha Pillai"
                continue
        names.append(name)
    return names


def _name_in(part: str, whole: bool) -> str:
    """A part of a byline without what follows the name in it; nothing where that is a role without a person."""
    part = part.strip(_EDGES)
    plain = _BEHIND.sub("", part).strip(_EDGES)
    name = _ROLE.sub("", plain).strip(_EDGES)
    if whole and name and " " not in name:
        return part
    if name != plain and " " not in name:
        return ""
    unaided = _AGENCY_BEHIND.sub("", name)
    return unaided if " " in unaided else name


def _is_short(name: str, first: str) -> bool:
    """Whether a name has one word where the first has more: a town or a degree ("Asha Pillai, Kochi")."""
    return " " not in name and " " in first


_EDGES = " -–—.:"


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
    """What stands between two names; a sign, which may as well stand before something else, is its group."""
    words = _AND["en"] + (f"|{_AND[language]}" if language in _AND else "")
    joined = rf"\s*,\s*(?:{words})\s+|\s+(?:{words})\s+|\s*&\s*"
    return re.compile(rf"(?:{joined})|\s*({_SIGNS})\s*", re.IGNORECASE)
