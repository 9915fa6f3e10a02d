"""Authors' names from a byline."""

from __future__ import annotations

import re

_AND = re.compile(r"\s*(?:,\s*and\s+|,|;|\||/|•|·|⋅|\s+and\s+|\s+&\s+|\s+with\s+)\s*", re.IGNORECASE)
_BY = re.compile(
    r"^(?:(?:written|reported|reporting|interview|story|text|words|photos|posted)\s+)?by:?\s+", re.IGNORECASE
)
_BEHIND = re.compile(
    r"\s+(?:for|on|at|in)\s.*$|"
    r"\b(?:staff|senior|special|political|chief|our)?\s*(?:writer|reporter|correspondent|editor|bureau|desk|"
    r"contributor|columnist|producer|journalist|founder)s?\b.*$",
    re.IGNORECASE,
)
_NO_NAME = re.compile(
    r"\d|@|^(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|home|share|updated?|published)$", re.IGNORECASE
)
MOST_WORDS = 5


def split_authors(text: str) -> list[str]:
    """The names in a byline, in order, without "By", roles, and what follows a name ("for The Example").

    >>> split_authors("By Asha Pillai and Ravi Menon, Staff Writer")
    ['Asha Pillai', 'Ravi Menon']
    """
    names: list[str] = []
    for part in _AND.split(_BY.sub("", text.strip())):
        name = _BEHIND.sub("", part).strip(" -–—.:")
        if name and not _NO_NAME.search(name) and len(name.split()) <= MOST_WORDS and name not in names:
            names.append(name)
    return names
