"""What a page's markup declares about the article, as trafilatura reads it."""

from __future__ import annotations

import logging
from typing import Any


def declared_metadata(page: str, url: str | None) -> dict[str, Any]:
    """Metadata from a page's markup, by our field names; unknown ones are left out."""
    from trafilatura.metadata import extract_metadata

    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    try:
        found = extract_metadata(page, default_url=url)
    except Exception:  # a page must never raise, whatever trafilatura makes of it
        return {}
    values = {
        "title": found.title,
        "authors": [a.strip() for a in (found.author or "").split(";") if a.strip()],
        "published": found.date,
        "site": found.sitename,
        "section": next(iter(found.categories or []), None),
        "tags": list(found.tags or []),
        "description": found.description,
        "url": found.url,
        "image": found.image,
        "language": found.language,
    }
    return {name: value for name, value in values.items() if value}
