"""Libraries that come with an extra of the package."""

from __future__ import annotations

import importlib
from typing import Any

from cleaner.errors import InputError

_EXTRAS = {
    "fastwarc.warc": ("warc", "WARC"),
    "fsspec": ("remote", "URLs"),
    "pyarrow.parquet": ("arrow", "Parquet"),
}


def library(name: str) -> Any:
    """Import one of the optional libraries. Raises InputError that says which extra to install."""
    try:
        return importlib.import_module(name)
    except ImportError:
        extra, what = _EXTRAS[name]
        raise InputError(f"{what} cannot be read yet: pip install 'newsdump-cleaner[{extra}]'") from None
