"""Authors' names from a byline."""

from __future__ import annotations

import re

_AND = re.compile(r"\s*(?:,\s*and\s+|,|;|\||/|\s+and\s+|\s+&\s+|\s+with\s+)\s*", re.IGNORECASE)
_BY = re.compile(r"^(?:(?:written|reported|reporting|story|text|words|posted)\s+)?by:?\s+", re.IGNORECASE)
_ROLE = re.compile(
    r"\b(?:staff|senior|special|political|chief|our)?\s*(?:writer|reporter|correspondent|editor|bureau|desk|"
    r"contributor|columnist|producer|journalist)s?\b.*$",
    re.IGNORECASE,
)


def split_authors(text: str) -> list[str]:
    """The names in a byline, in order, without "By" and without roles.

    >>> split_authors("By Asha Pillai and Ravi Menon, Staff Writer")
    ['Asha Pillai', 'Ravi Menon']
    """
    names = []
    for part in _AND.split(_BY.sub("", text.strip())):
        name = _ROLE.sub("", part).strip(" -–—.:")
        if name and not any(c.isdigit() for c in name) and "@" not in name and name not in names:
            names.append(name)
    return names
