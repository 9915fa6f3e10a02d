"""One input of a run."""

from __future__ import annotations

from typing import NamedTuple


class Document(NamedTuple):
    """One input: its content or where it lies, and what is known of it.

    ``name`` tells it apart from every other document of the run and names its outputs: a relative path
    with ``/`` (``a/x.html``); in an archive or a table the container's name and the member's or row's
    (``dumps.zip/a/x.html``, ``pages.jsonl/000012``). ``path`` is a plain local file that a worker can read by
    itself, ``raw`` the content where it had to be read already; a document has one of the two, or
    ``failure``: why it cannot be read; ``warning`` is what was odd about reading it. ``stamp`` is size and
    modification time (ns) of a plain file. ``file`` is the local file that it came from, an archive say; None where
    it came from elsewhere. ``kind`` is ``html`` where it is known to be a page: what it lay in says so, or it came
    parsed. (Of ``path`` the suffix tells.)
    """

    name: str
    path: str | None = None
    raw: str | bytes | None = None
    url: str | None = None
    title: str | None = None
    site: str | None = None
    stamp: tuple[int, int] | None = None
    failure: str | None = None
    warning: str | None = None
    file: str | None = None
    kind: str = "auto"
