"""A step of a datatrove pipeline. It needs none of datatrove's extras (``processing`` pins an old trafilatura).

>>> from cleaner.datatrove import Clean
>>> from datatrove.data import Document
>>> [document] = Clean(columns=["outcome"])([Document("A short note.\\n\\nShare this:\\n", id="7")])
>>> document.text, document.metadata
('A short note.', {'clean': {'outcome': 'OK'}})
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from cleaner.batch.output import ABOUT
from cleaner.single import Single, library

if TYPE_CHECKING:
    from cleaner.pipeline import Cleaner

_base: Any = library("datatrove", "datatrove.pipeline.base")


class Clean(_base.PipelineStep):  # type: ignore[misc]
    """Replace documents' texts by their clean texts; put what is said of them under ``key`` of their metadata.

    Documents without a text (EMPTY, FAIL) are dropped; ``exclusion_writer``, as datatrove's filters have one, gets
    them with the reason. Statistics count documents by outcome, and characters before and after. ``known`` names
    fields of the metadata; the other arguments are those of :func:`cleaner.arrow.clean_batch`.

    Raises UsageError for a wrong call, when it is made.
    """

    name = "🧹 newsdump-cleaner"
    type = "🛢 - EXTRAC"

    def __init__(
        self,
        *,
        key: str = "clean",
        known: Mapping[str, str] = {"url": "url"},
        columns: Sequence[str] = ABOUT,
        cleaner: Cleaner | None = None,
        exclusion_writer: Any = None,
        **options: Any,
    ) -> None:
        super().__init__()
        self.key = key
        self.single = Single(known, columns, cleaner, options, arguments=("key", "exclusion_writer"))
        self.exclusion_writer = exclusion_writer

    def run(self, data: Iterable[Any], rank: int = 0, world_size: int = 1) -> Iterator[Any]:
        """The documents that have a text, cleaned, in order."""
        with self.exclusion_writer or nullcontext() as excluded:
            for document in data or ():
                with self.track_time():
                    page, said = self.single.clean(document.text, document.metadata)
                self.stat_update("total", str(page.outcome))
                self.stat_update("raw_len", value=len(document.text), unit="doc")
                if not page.text:
                    self.stat_update("dropped")
                    if excluded is not None:
                        document.metadata["filter_reason"] = page.reason
                        excluded.write(document, rank)
                    continue
                document.text = page.text
                document.metadata[self.key] = said
                self.stat_update("forwarded")
                self.update_doc_stats(document)
                yield document
