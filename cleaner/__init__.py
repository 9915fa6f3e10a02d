"""Raw news dumps → clean text plus metadata, by rules anyone can read.

>>> import cleaner
>>> page = cleaner.clean("Harbour opens again\\n\\nThe harbour opened on Monday after the storm, officials said.\\n")
>>> page.text
'The harbour opened on Monday after the storm, officials said.'
>>> page.metadata.title
'Harbour opens again'
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from cleaner.errors import CleanerError, InputError, OutputError, Problem, RuleError, UsageError
from cleaner.model import Cleaned, Edit, Evidence, Metadata, Options, Outcome, Removal

if TYPE_CHECKING:
    from pathlib import Path

    from cleaner.batch.many import aclean_many, clean_many
    from cleaner.model import Parsed
    from cleaner.pipeline import Cleaner

__version__ = "0.1.0"

__all__ = [
    "Cleaned", "Cleaner", "CleanerError", "Edit", "Evidence", "InputError", "Metadata", "Options", "Outcome",
    "OutputError", "Problem", "Removal", "RuleError", "UsageError", "aclean_many", "clean", "clean_file", "clean_many",
    "default_cleaner",
]  # fmt: skip


def clean(
    raw: str | bytes | Parsed,
    url: str | None = None,
    site: str | None = None,
    title: str | None = None,
    kind: str = "auto",
    **options: Any,
) -> Cleaned:
    """Clean one document with the shipped rules; see :meth:`Cleaner.clean` and :class:`Options`."""
    return default_cleaner().clean(raw, url=url, site=site, title=title, kind=kind, **options)


def clean_file(path: str | Path, **known: Any) -> Cleaned:
    """Clean one file with the shipped rules; see :meth:`Cleaner.clean_file`."""
    return default_cleaner().clean_file(path, **known)


@lru_cache(maxsize=1)
def default_cleaner() -> Cleaner:
    """The cleaner with the shipped rules that every call without one of its own shares; made at the first."""
    from cleaner.pipeline import Cleaner

    return Cleaner()


def __dir__() -> list[str]:
    return [*__all__, "__version__"]


def __getattr__(name: str) -> Any:
    # Imported when first asked for: the import stays fast.
    if name == "Cleaner":
        from cleaner.pipeline import Cleaner

        return Cleaner
    if name in ("clean_many", "aclean_many"):
        from cleaner.batch import many

        return getattr(many, name)
    raise AttributeError(f"module 'cleaner' has no attribute {name!r}")
