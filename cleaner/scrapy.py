"""An item pipeline of Scrapy: items that hold a raw page come out with its text and metadata.

In a project's settings::

    ITEM_PIPELINES = {"cleaner.scrapy.CleanPipeline": 300}
    CLEANER = {"raw": "raw", "known": {"url": "url"}, "columns": ["text", "title", "published"]}

>>> from cleaner.scrapy import CleanPipeline
>>> CleanPipeline(columns=["text", "outcome"]).process_item({"id": 7, "raw": "A short note.\\n\\nShare this:\\n"})
{'id': 7, 'text': 'A short note.', 'outcome': 'OK'}
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping, Sequence
from typing import TYPE_CHECKING, Any

from cleaner.batch.output import ABOUT
from cleaner.errors import UsageError
from cleaner.single import Single, library

if TYPE_CHECKING:
    from cleaner.pipeline import Cleaner


class CleanPipeline:
    """Replace an item's field of a raw page by its text and what is said of it.

    The setting ``CLEANER`` is a dictionary of the arguments: those of :func:`cleaner.arrow.clean_batch`, with fields
    for columns, and ``rules``, ``profile`` and whatever else :class:`cleaner.Cleaner` takes. A page without a
    text (EMPTY, FAIL) is dropped, with the reason in the log; ``cleaner/OK``, ``cleaner/EMPTY``, … in Scrapy's
    statistics count pages by outcome. What is unknown of a page (None, an empty list) overwrites no field that the
    spider filled. An item without the field of a raw page, or with None in it, passes untouched (``cleaner/no page``):
    spiders have items of several types.

    An item may be whatever Scrapy takes for one. One that declares its fields must declare those that come out;
    where a field cannot be taken away, of a dataclass say, the raw page's becomes None.

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
        self.single = Single(known, columns, cleaner, options, arguments=("raw", "prefix", "stats"))
        self._drop = library("scrapy", "scrapy.exceptions").DropItem
        self._adapter = library("scrapy", "itemadapter").ItemAdapter

    @classmethod
    def from_crawler(cls, crawler: Any) -> CleanPipeline:
        """The pipeline that a project's settings ask for."""
        from cleaner.pipeline import Cleaner

        how = crawler.settings.getdict("CLEANER")
        of_cleaner = {name: how.pop(name) for name in ("rules", "profile", "site_packs", "keep_title") if name in how}
        return cls(cleaner=Cleaner(**of_cleaner), stats=crawler.stats, **how)

    def process_item(self, item: Any, spider: Any = None) -> Any:
        """The item, cleaned. Raises DropItem where there is no text, UsageError for an item that cannot take one."""
        fields = self._adapter(item)
        raw = fields.get(self.raw)
        if raw is None:
            self._count("no page")
            return item
        self._check_fields(item, fields, raw)
        page, said = self.single.clean(raw, fields)
        self._count(page.outcome)
        if not page.text:
            raise self._drop(f"{page.outcome}: {page.reason}")
        if isinstance(item, MutableMapping):
            del fields[self.raw]
        else:  # what a dataclass declares must be there
            fields[self.raw] = None
        for name, value in said.items():
            if value not in (None, []) or fields.get(self.prefix + name) is None:
                fields[self.prefix + name] = value
        return item

    def _check_fields(self, item: Any, fields: Any, raw: object) -> None:
        if not isinstance(raw, str | bytes):
            raise UsageError(f"field {self.raw!r} holds {type(raw).__name__}: a raw page is str or bytes")
        if isinstance(item, dict):  # it takes any field
            return
        declared = list(fields.field_names())
        if missing := [self.prefix + name for name in self.single.columns if self.prefix + name not in declared]:
            raise UsageError(
                f"{type(item).__name__} declares no field {', '.join(missing)}: declare what comes out, or leave it "
                f"out by columns, CLEANER = {{'columns': […]}}"
            )

    def _count(self, what: str) -> None:
        if self.stats is not None:
            self.stats.inc_value(f"cleaner/{what}")
