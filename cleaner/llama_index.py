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

from pydantic import Field, PrivateAttr

from cleaner.batch.output import ABOUT
from cleaner.errors import UsageError
from cleaner.single import Single, library, without_unknown

if TYPE_CHECKING:
    from cleaner.pipeline import Cleaner

_schema: Any = library("llama_index", "llama_index.core.schema")


class CleanNodes(_schema.TransformComponent):  # type: ignore[misc]
    """Replace documents' texts by their clean texts; those without any text are left out.

    What is known of a document is added to its metadata, under the names of ``columns``; what is unknown is not.
    The fields that are new are for readers, not for models: they are in ``excluded_embed_metadata_keys`` and
    ``excluded_llm_metadata_keys``. ``known`` names fields of the metadata; an address has a ``://``, else it is a
    file's path and not told. The other arguments are those of :func:`cleaner.arrow.clean_batch`. It
    comes first in an ``IngestionPipeline``, before what splits documents; the pipeline's cache knows it by ``how``:
    rules, options and release. The nodes given stay as they are.

    Raises UsageError for a wrong call, when it is made.
    """

    call: dict[str, Any] = Field(default_factory=dict)
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
        single = Single(known, columns, cleaner, options, or_path=True)
        super().__init__(call={"known": dict(known), "columns": list(columns), **options}, how=single.digest)
        self._single = single

    @classmethod
    def from_dict(cls, data: dict[str, Any], *, cleaner: Cleaner | None = None) -> CleanNodes:
        """The step that ``to_dict`` described. A cleaner of one's own is not in there: it is given again.

        Raises UsageError where the step would clean by other rules, options, or another release.
        """
        step = cls(**data["call"], cleaner=cleaner)
        if step.how != data["how"]:
            raise UsageError(
                "these rules, options or this release are not those of the step that was written: "
                "give its cleaner, CleanNodes.from_dict(…, cleaner=…), or make the step anew"
            )
        return step

    def __call__(self, nodes: Sequence[Any], **kwargs: Any) -> list[Any]:
        """The nodes that have a text, cleaned, in order."""
        cleaned = []
        for given in nodes:
            page, said = self._single.clean(given.get_content(), given.metadata)
            if page.text:
                node = given.model_copy(deep=True)
                node.set_content(page.text)
                node.metadata |= without_unknown(said)
                new = [key for key in node.metadata if key not in given.metadata]
                node.excluded_embed_metadata_keys = list(dict.fromkeys([*node.excluded_embed_metadata_keys, *new]))
                node.excluded_llm_metadata_keys = list(dict.fromkeys([*node.excluded_llm_metadata_keys, *new]))
                cleaned.append(node)
        return cleaned
