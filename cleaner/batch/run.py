"""Clean many files, one after the other."""

from __future__ import annotations

import errno
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cleaner.batch.inputs import Input
from cleaner.batch.output import prepare, report_row, write_page
from cleaner.errors import InputError, OutputError
from cleaner.model import Cleaned, Metadata, Outcome
from cleaner.pipeline import Cleaner

ONE_DOCUMENT = frozenset([errno.ENAMETOOLONG, errno.EEXIST, errno.ENOTDIR, errno.EISDIR, errno.EILSEQ])
"""Errors of writing that are about one name, not about the disk: the run goes on."""


@dataclass(slots=True)
class Summary:
    """What a run did: documents by outcome and site, removed lines and words by category."""

    outcomes: Counter[str] = field(default_factory=Counter)
    sites: Counter[str] = field(default_factory=Counter)
    removed: Counter[str] = field(default_factory=Counter)
    removed_words: Counter[str] = field(default_factory=Counter)
    troubles: list[tuple[str, str, str]] = field(default_factory=list)
    """Name, outcome and reason of documents that are not simply OK."""

    def add(self, name: str, page: Cleaned) -> None:
        """Count one document."""
        self.outcomes[str(page.outcome)] += 1
        if page.site:
            self.sites[page.site] += 1
        for removal in page.removals:
            self.removed[removal.category] += 1
            self.removed_words[removal.category] += len(removal.text.split())
        if page.outcome != Outcome.OK:
            self.troubles.append((name, str(page.outcome), page.reason or ""))


def clean_files(inputs: Iterable[Input], out: Path, cleaner: Cleaner, **known: Any) -> Iterator[tuple[Input, Cleaned]]:
    """Clean each input and write its files and its report row, then yield it.

    A file that cannot be read is a FAIL with its reason; the run goes on. Raises OutputError when
    nothing can be written.
    """
    with prepare(out) as report:
        for item in inputs:
            page = _clean(item, cleaner, known)
            try:
                write_page(out, item.name, page)
            except OSError as error:
                if error.errno not in ONE_DOCUMENT:
                    raise OutputError(f"cannot write {out / item.name}: {error.strerror}") from None
                page = _failed(f"unwritable: {error.strerror}")
            report.write(report_row(item.name, page))
            yield item, page


def _clean(item: Input, cleaner: Cleaner, known: dict[str, Any]) -> Cleaned:
    try:
        if not item.path.is_file():
            raise InputError(f"{item.path.name}: not a regular file")
        return cleaner.clean_file(item.path, **known)
    except InputError as error:
        return _failed(f"unreadable: {str(error).rpartition(': ')[2]}")


def _failed(reason: str) -> Cleaned:
    return Cleaned("", Outcome.FAIL, reason, None, Metadata())
