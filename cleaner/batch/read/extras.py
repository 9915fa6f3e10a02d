"""Libraries that come with an extra of the package."""

from __future__ import annotations

import importlib
from typing import Any

from cleaner.errors import InputError

_EXTRAS = {
    "datasets": ("datasets", "Data sets of Hugging Face"),
    "datatrove.pipeline.base": ("datatrove", "Documents of datatrove"),
    "duckdb": ("duckdb", "Tables of DuckDB"),
    "fastwarc.warc": ("warc", "WARC"),
    "fsspec": ("remote", "URLs"),
    "itemadapter": ("scrapy", "Items of Scrapy"),
    "langchain_core.documents": ("langchain", "Documents of LangChain"),
    "llama_index.core.schema": ("llama-index", "Nodes of LlamaIndex"),
    "pandas": ("pandas", "Frames of pandas"),
    "polars": ("polars", "Frames of polars"),
    "pyarrow.parquet": ("arrow", "Parquet"),
    "ray.data": ("ray", "Data sets of Ray"),
    "scrapy.exceptions": ("scrapy", "Items of Scrapy"),
}


def library(name: str) -> Any:
    """Import one of the optional libraries. Raises InputError that says which extra to install."""
    try:
        return importlib.import_module(name)
    except ImportError:
        extra, what = _EXTRAS[name]
        raise InputError(f"{what} cannot be read yet: pip install 'newsdump-cleaner[{extra}]'") from None
