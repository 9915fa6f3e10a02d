"""An item pipeline of Scrapy: items that hold a raw page come out with its text and metadata.

In a project's settings::

    ITEM_PIPELINES = {"cleaner.scrapy.CleanPipeline": 300}
    CLEANER = {"raw": "raw", "known": {"url": "url"}, "columns": ["text", "title", "published"]}

>>> from cleaner.scrapy import CleanPipeline
>>> CleanPipeline(columns=["text", "outcome"]).process_item({"id": 7, "raw": "A short note.\\n\\nShare this:\\n"})
{'id': 7, 'text': 'A short note.', 'outcome': 'OK'}
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cleaner.batch.output import ABOUT
from cleaner.batch.read.extras import library
from cleaner.errors import UsageError
from cleaner.single import Single

if TYPE_CHECKING:
    from cleaner.pipeline import Cleaner


class CleanPipeline:
    """Replace an item's field of a raw page by its text and what is said of it.

    The setting ``CLEANER`` is a dictionary of the arguments: those of :func:`cleaner.arrow.clean_batch`, with fields
    for columns, and ``rules``, ``profile`` and whatever else :class:`cleaner.Cleaner` takes. A page without a
    text (EMPTY, FAIL) is dropped, with the reason in the log; ``cleaner/OK``, ``cleaner/EMPTY``, … in Scrapy's
    statistics count pages by outcome. An item may be whatever Scrapy takes for one, a dictionary say; one that
    declares its fields must declare those that come out.

    Raises UsageError for a wrong call: for one in the settings when the crawl starts.
    """

    def __init__(
        self,
        *,
        raw: str = "raw",
        known: Mapping[str, str] = {"url": "url"},
        columns: Sequence[str] = ("text", *ABOUT),
        prefix: str = "",
        cleaner: Cleaner | None = None,
        stats: Any = None,
        **options: Any,
    ) -> None:
        self.raw = raw
        self.prefix = prefix
        self.stats = stats
        self.single = Single(known, columns, cleaner, options)
        self._adapter = library("itemadapter").ItemAdapter
        self._drop = library("scrapy.exceptions").DropItem

    @classmethod
    def from_crawler(cls, crawler: Any) -> CleanPipeline:
        """The pipeline that a project's settings ask for."""
        from cleaner.pipeline import Cleaner

        how = crawler.settings.getdict("CLEANER")
        of_cleaner = {name: how.pop(name) for name in ("rules", "profile", "site_packs", "keep_title") if name in how}
        return cls(cleaner=Cleaner(**of_cleaner), stats=crawler.stats, **how)

    def process_item(self, item: Any, spider: Any = None) -> Any:
        """The item, cleaned. Raises DropItem where there is no text, UsageError where there is no raw page."""
        fields = self._adapter(item)
        raw = fields.get(self.raw)
        if not isinstance(raw, str | bytes):
            raise UsageError(f"no field {self.raw!r} with a page: name it by CLEANER = {{'raw': …}}")
        page, said = self.single.clean(raw, fields)
        if self.stats is not None:
            self.stats.inc_value(f"cleaner/{page.outcome}")
        if not page.text:
            raise self._drop(f"{page.outcome}: {page.reason}")
        del fields[self.raw]
        for name, value in said.items():
            fields[self.prefix + name] = value
        return item
