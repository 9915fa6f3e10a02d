"""A transformation of LlamaIndex, for documents as readers give them.

>>> from cleaner.llama_index import CleanNodes
>>> from llama_index.core.schema import Document
>>> [node] = CleanNodes(columns=["outcome"])([Document(text="A short note.\\n\\nShare this:\\n")])
>>> node.text, node.metadata
('A short note.', {'outcome': 'OK'})
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pydantic import PrivateAttr

from cleaner.batch.output import ABOUT
from cleaner.batch.read.extras import library
from cleaner.single import Single

if TYPE_CHECKING:
    from cleaner.pipeline import Cleaner

_schema: Any = library("llama_index.core.schema")


class CleanNodes(_schema.TransformComponent):  # type: ignore[misc]
    """Replace documents' texts by their clean texts; those without any text are left out.

    What is known of a document is added to its metadata, under the names of ``columns``; what is unknown is not.
    ``known`` names fields of the metadata. The other arguments are those of :func:`cleaner.arrow.clean_batch`. It
    comes first in an ``IngestionPipeline``, before what splits documents; the pipeline's cache knows it by ``how``:
    rules, options and release. The nodes given stay as they are.

    Raises UsageError for a wrong call, when it is made.
    """

    how: str = ""
    _single: Single = PrivateAttr()

    def __init__(
        self,
        *,
        known: Mapping[str, str] = {"url": "url"},
        columns: Sequence[str] = ABOUT,
        cleaner: Cleaner | None = None,
        **options: Any,
    ) -> None:
        single = Single(known, columns, cleaner, options)
        super().__init__(how=single.digest)
        self._single = single

    def __call__(self, nodes: Sequence[Any], **kwargs: Any) -> list[Any]:
        """The nodes that have a text, cleaned, in order."""
        cleaned = []
        for given in nodes:
            page, said = self._single.clean(given.get_content(), given.metadata)
            if page.text:
                node = given.model_copy(deep=True)
                node.set_content(page.text)
                node.metadata |= {k: v for k, v in said.items() if v not in (None, [])}
                cleaned.append(node)
        return cleaned
