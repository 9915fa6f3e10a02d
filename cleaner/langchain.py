"""A document transformer of LangChain.

>>> from cleaner.langchain import CleanDocuments
>>> from langchain_core.documents import Document
>>> CleanDocuments(columns=["outcome"]).transform_documents([Document("A short note.\\n\\nShare this:\\n")])
[Document(metadata={'outcome': 'OK'}, page_content='A short note.')]
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cleaner.batch.output import ABOUT
from cleaner.single import Single, library, without_unknown

if TYPE_CHECKING:
    from cleaner.pipeline import Cleaner

_documents: Any = library("langchain", "langchain_core.documents")


class CleanDocuments(_documents.BaseDocumentTransformer):  # type: ignore[misc]
    """Replace documents' contents by their clean texts; those without any text are left out.

    What is known of a document is added to its metadata, under the names of ``columns``; what is unknown is not.
    ``known`` names fields of the metadata: loaders put a page's address under ``source``, where it is told if it has
    a ``://``, and a file's path too, which is not. The other arguments are those of
    :func:`cleaner.arrow.clean_batch`. The documents given stay as they are.

    Raises UsageError for a wrong call, when it is made.
    """

    def __init__(
        self,
        *,
        known: Mapping[str, str] = {"url": "source"},
        columns: Sequence[str] = ABOUT,
        cleaner: Cleaner | None = None,
        **options: Any,
    ) -> None:
        self.single = Single(known, columns, cleaner, options, or_path=True)

    def transform_documents(self, documents: Sequence[Any], **kwargs: Any) -> list[Any]:
        """The documents that have a text, cleaned, in order."""
        cleaned = []
        for document in documents:
            page, said = self.single.clean(document.page_content, document.metadata)
            if page.text:
                metadata = {**document.metadata, **without_unknown(said)}
                cleaned.append(document.model_copy(update={"page_content": page.text, "metadata": metadata}))
        return cleaned
