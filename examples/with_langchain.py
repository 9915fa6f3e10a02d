"""Clean what a loader gave: python examples/with_langchain.py a.html b.txt …."""

import sys
from pathlib import Path

from langchain_core.documents import Document

from cleaner.langchain import CleanDocuments

documents = [
    Document(Path(path).read_text(encoding="utf-8", errors="replace"), metadata={"source": path})
    for path in sys.argv[1:]
]
for document in CleanDocuments().transform_documents(documents):
    print(document.model_dump_json())
