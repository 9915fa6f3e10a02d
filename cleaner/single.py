"""Documents that come one by one, with what is known of them: what the shells of pipelines have in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from cleaner import Cleaned, __version__, default_cleaner
from cleaner.batch.output import ABOUT, LEDGER_COLUMNS, about, check_columns
from cleaner.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from cleaner.pipeline import Cleaner

TOLD = ("url", "title", "site")
"""What can be told of a document."""


def check_known(known: Mapping[str, str]) -> None:
    """Raise UsageError where something is told that cannot be."""
    for name in known:
        if name not in TOLD:
            raise UsageError(f"known names {name!r}: one of {', '.join(TOLD)}{did_you_mean(name, TOLD)}")


def check_output(options: Mapping[str, Any]) -> None:
    """Raise UsageError where another form of the text is asked for: there is no place for it beside the text."""
    if options.get("output", "text") != "text":
        raise UsageError(
            f"output={options['output']!r} has no place in a table: Cleaner.clean gives it as Cleaned.rendered, "
            f"cleaner clean writes it with --format"
        )


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

    Raises UsageError for a wrong call.

    >>> page, said = Single(columns=["outcome", "url"]).clean("A note.", {"url": "https://example.com/", "id": 7})
    >>> page.text, said
    ('A note.', {'outcome': 'OK', 'url': 'https://example.com/'})
    """

    known: Mapping[str, str] = field(default_factory=lambda: {"url": "url"})
    columns: Sequence[str] = ABOUT
    cleaner: Cleaner | None = None
    options: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_known(self.known)
        check_output(self.options)
        check_columns(self.columns, ("text", *ABOUT, *LEDGER_COLUMNS))
        self._cleaner.clean("", **self.options)

    def clean(self, raw: str | bytes, fields: Mapping[str, Any]) -> tuple[Cleaned, dict[str, Any]]:
        """The page, and what is said of it as JSON-ready values. Never raises for content."""
        told = {name: fields.get(column) for name, column in self.known.items()}
        told = {name: value for name, value in told.items() if isinstance(value, str) and value}
        page = self._cleaner.clean(raw, **{**self.options, **told})
        return page, about(page, self.columns)

    @property
    def digest(self) -> str:
        """See :func:`digest_of`."""
        return digest_of(self._cleaner, known=self.known, columns=self.columns, **self.options)

    @property
    def _cleaner(self) -> Cleaner:
        return self.cleaner or default_cleaner()  # the default is never sent anywhere: each process has its own
