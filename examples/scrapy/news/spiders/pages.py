"""Every page under a folder: scrapy crawl pages -a folder=../../fixtures/pages -O clean.jsonl."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import scrapy


class PagesSpider(scrapy.Spider):
    """In a crawl of the web the start is a list of addresses, and ``parse`` follows links as well."""

    name = "pages"

    def __init__(self, folder: str, **known: Any) -> None:
        super().__init__(**known)
        self.start_urls = [path.resolve().as_uri() for path in sorted(Path(folder).rglob("*.html"))]

    def parse(self, response: Any) -> Iterator[dict[str, Any]]:
        """The page as it came; the item pipeline makes text of it."""
        yield {"url": response.url, "raw": response.text}
