"""Documents that come one by one, with what is known of them: what the shells of pipelines have in common."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from cleaner import Cleaned, __version__, default_cleaner
from cleaner.batch.output import ABOUT, LEDGER_COLUMNS, about, check_columns
from cleaner.errors import InputError, UsageError, did_you_mean
from cleaner.model import Options, where_it_belongs

if TYPE_CHECKING:
    from cleaner.pipeline import Cleaner

TOLD = ("url", "title", "site")
"""What can be told of a document."""


def library(shell: str, name: str) -> Any:
    """Import what a shell is for. Raises InputError that says which extra to install.

    >>> library("json", "json").dumps([])
    '[]'
    """
    try:
        return importlib.import_module(name)
    except ImportError as error:
        needed, extra = name.partition(".")[0], shell.replace("_", "-")
        raise InputError(f"cleaner.{shell} needs {needed}: pip install 'newsdump-cleaner[{extra}]'") from error


def check_known(known: object) -> None:
    """Raise UsageError where something is told that cannot be."""
    if not isinstance(known, Mapping):
        raise UsageError(
            f"known={known!r}: it says which column tells what of the documents, known={{'url': 'url'}}; "
            f"known={{}} where none does"
        )
    for name, column in known.items():
        if name not in TOLD:
            raise UsageError(f"known names {name!r}: one of {', '.join(TOLD)}{did_you_mean(str(name), TOLD)}")
        if not isinstance(column, str):
            raise UsageError(f"known={{{name!r}: {column!r}}}: {name!r} is told by one column, named by a string")


def check_options(cleaner: Cleaner, options: Mapping[str, Any], arguments: Sequence[str]) -> None:
    """Raise UsageError for an option that there is not, and where another form of the text is asked for.

    ``arguments`` are those of the call that came with the options: what is misspelt may be one of them.
    """
    choices = (*Options.__slots__, *TOLD, "kind")
    for name in options:
        if name not in choices:
            raise UsageError(f"unknown option {name!r}{where_it_belongs(name, (*choices, *arguments))}")
    output = options.get("output", cleaner.options.output)
    if output != "text":
        raise UsageError(
            f"output={output!r} has no place beside the text: Cleaner.clean gives it as Cleaned.rendered, "
            f"cleaner clean writes it with --format"
        )


def without_unknown(said: Mapping[str, Any]) -> dict[str, Any]:
    """What is said of a document, but for what is unknown (None, or an empty list).

    >>> without_unknown({"title": None, "authors": [], "outcome": "OK"})
    {'outcome': 'OK'}
    """
    return {name: value for name, value in said.items() if value not in (None, [])}


def digest_of(cleaner: Cleaner, **how: Any) -> str:
    """The same for the same rules, options and release: what caches can go by. A pickled cleaner differs each time."""
    rules = cleaner.book.digest_of(pack.name for pack in cleaner.book.packs)
    chosen = (cleaner.profile, cleaner.keep_title, cleaner.site_packs, cleaner.options, sorted(how.items()))
    return sha256(repr((__version__, rules, chosen)).encode()).hexdigest()[:32]


@dataclass(frozen=True)
class Single:
    """How one document after another is cleaned.

    ``known`` says which field tells what about a document (``{"url": "source"}``), ``columns`` what is said of it:
    some of :data:`ABOUT`, ``text``, ``removals`` and ``edits``. ``options`` go to :meth:`Cleaner.clean`.
    ``arguments`` are those of the shell beside these. ``or_path``: what is told as the url may be a file's path,
    which is not told: an address has a ``://``.

    Raises UsageError for a wrong call.

    >>> page, said = Single(columns=["outcome", "url"]).clean("A note.", {"url": "https://example.com/", "id": 7})
    >>> page.text, said
    ('A note.', {'outcome': 'OK', 'url': 'https://example.com/'})
    """

    known: Mapping[str, str] = field(default_factory=lambda: {"url": "url"})
    columns: Sequence[str] = ABOUT
    cleaner: Cleaner | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    arguments: Sequence[str] = ()
    or_path: bool = False

    def __post_init__(self) -> None:
        check_known(self.known)
        check_options(self._cleaner, self.options, ("known", "columns", "cleaner", *self.arguments))
        check_columns(self.columns, ("text", *ABOUT, *LEDGER_COLUMNS))
        self._cleaner.clean("", **self.options)

    def clean(self, raw: str | bytes, fields: Mapping[str, Any]) -> tuple[Cleaned, dict[str, Any]]:
        """The page, and what is said of it as JSON-ready values. Never raises for content."""
        found = {name: fields.get(column) for name, column in self.known.items()}
        told = {name: value for name, value in found.items() if isinstance(value, str) and value}
        if self.or_path and "://" not in told.get("url", ""):
            told.pop("url", None)
        page = self._cleaner.clean(raw, **{**self.options, **told})
        return page, about(page, self.columns)

    @property
    def digest(self) -> str:
        """See :func:`digest_of`."""
        return digest_of(self._cleaner, known=dict(self.known), columns=list(self.columns), **self.options)

    @property
    def _cleaner(self) -> Cleaner:
        return self.cleaner or default_cleaner()  # the default is never sent anywhere: each process has its own
