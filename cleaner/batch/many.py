"""Clean many documents from Python, in several processes."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterable, Generator, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, TypeAlias

from cleaner.batch.document import Document
from cleaner.batch.workers import Limits, Work, available_cpus, process, steps
from cleaner.errors import UsageError, did_you_mean
from cleaner.model import Cleaned, Options, Parsed, where_it_belongs
from cleaner.pipeline import Cleaner, came_parsed

Given: TypeAlias = "str | bytes | Path | Parsed | Mapping[str, Any] | Document"

MEMORY = 2 << 30

KNOWN = frozenset(["url", "title", "site", "kind", *Options.__slots__])
KEYS = frozenset(["raw", "url", "title", "site"])

TICK = 0.01
"""Seconds after which an asynchronous caller may be told to stop, or have new documents."""

AHEAD = 256
"""Documents that are taken from an asynchronous iterable before there is a worker for them."""


def clean_many(
    documents: Iterable[Given],
    *,
    jobs: int | None = None,
    cleaner: Cleaner | None = None,
    deadline: float = 30.0,
    memory: int | None = MEMORY,
    **known: Any,
) -> Generator[Cleaned, None, None]:
    """Clean documents in ``jobs`` processes (None: one a CPU, 0: in this one); one page each, in their order.

    A document is its content (``str``, ``bytes``, or a page that came parsed, which is written as HTML again to go
    to a process), a file (``Path``), a mapping with ``raw`` and where known ``url``, ``title`` and ``site``, or a
    :class:`Document`. ``known`` are further arguments of
    :meth:`Cleaner.clean` for all of them: ``site="example.com"``, ``kind="html"``, and those of :class:`Options`.

    The iterable may be endless: documents are taken as pages are asked for, a bounded number ahead. Closing
    the iterator, or leaving it, ends the processes. A document that takes longer than ``deadline`` seconds,
    or more than ``memory`` bytes, or crashes its process, is a FAIL and says so; the others are not touched
    by it. With ``jobs=0`` nothing guards against such a document.

    A script that calls this with other processes needs ``if __name__ == "__main__":``, as with all of
    multiprocessing.

    Raises UsageError for a wrong call at once, for a document of the wrong kind when its turn has come;
    CleanerError when the processes cannot be started.

    >>> import cleaner
    >>> pages = cleaner.clean_many(["A short note.\\n\\nShare this:\\n", b"%PDF-1.4"], jobs=1)
    >>> [(page.text, page.reason) for page in pages]
    [('A short note.', None), ('', 'binary: this is a PDF file, not text')]
    """
    limits, work = _prepare(documents, jobs, cleaner, deadline, memory, known)
    return _pages(documents, work, limits)


def _pages(documents: Iterable[Given], work: Work[Cleaned], limits: Limits) -> Generator[Cleaned, None, None]:
    with closing(process(_documents(documents), work, limits)) as results:
        for _, page in results:
            yield page


async def aclean_many(
    documents: Iterable[Given] | AsyncIterable[Given],
    *,
    jobs: int | None = None,
    cleaner: Cleaner | None = None,
    deadline: float = 30.0,
    memory: int | None = MEMORY,
    **known: Any,
) -> AsyncGenerator[Cleaned, None]:
    """:func:`clean_many` for asynchronous code; the event loop runs on meanwhile.

    The documents may come from an asynchronous iterable: a page is given as soon as it is its turn, whether
    or not a further document has come. An ordinary iterable is iterated over in another thread. Cancelling
    the task, or closing the iterator (``contextlib.aclosing``), ends the processes. ``jobs`` is 1 at least:
    cleaning in this process would block it.

    Raises what :func:`clean_many` raises, on the first step.

    >>> import asyncio, cleaner
    >>> async def texts():
    ...     return [page.text async for page in cleaner.aclean_many(["A short note.\\n\\nShare this:\\n"], jobs=1)]
    >>> asyncio.run(texts())
    ['A short note.']
    """
    limits, work = _prepare(documents, jobs, cleaner, deadline, memory, known)
    if limits.jobs == 0:
        raise UsageError("aclean_many needs a process to clean in: jobs is 1 at least")
    if isinstance(documents, AsyncIterable):
        inbox = _Inbox(documents)
        results = steps(inbox.documents(), work, limits, TICK)
    else:
        inbox = None
        results = steps(_documents(documents), work, limits, TICK)
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(1, "aclean_many") as thread:
        try:
            more = True
            while more:
                more, page = await loop.run_in_executor(thread, _step, results)
                if inbox is not None:
                    inbox.fill()
                if page is not None:
                    yield page
        finally:
            if inbox is not None:
                await inbox.close()
            await asyncio.shield(loop.run_in_executor(thread, results.close))


def _step(results: Iterator[tuple[Document, Cleaned] | None]) -> tuple[bool, Cleaned | None]:
    """Whether there may be more, and a page if there is one by now."""
    try:
        result = next(results)
    except StopIteration:
        return False, None
    return True, result[1] if result is not None else None


class _Inbox:
    """Documents of an asynchronous iterable on their way to another thread: a few are kept in stock."""

    def __init__(self, given: AsyncIterable[Given]) -> None:
        self._arrived: deque[Document] = deque()
        self._room = asyncio.Event()
        self._task = asyncio.create_task(self._take(given))

    async def _take(self, given: AsyncIterable[Given]) -> None:
        number = 0
        async for one in given:
            self._arrived.append(_document(str(number), one))
            number += 1
            while len(self._arrived) >= AHEAD:
                self._room.clear()
                await self._room.wait()

    def fill(self) -> None:
        """Go on taking documents, if there were too many."""
        self._room.set()

    def documents(self) -> Iterator[Document | None]:
        """The documents, for another thread; None: none has come yet. Raises what the iterable raised."""
        while True:
            done = self._task.done()  # asked first: what came before the end is there when we look
            if self._arrived:
                yield self._arrived.popleft()
            elif done:
                self._task.result()
                return
            else:
                yield None

    async def close(self) -> None:
        self._task.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await self._task


def _prepare(
    documents: object,
    jobs: int | None,
    cleaner: Cleaner | None,
    deadline: float,
    memory: int | None,
    known: dict[str, Any],
) -> tuple[Limits, Work[Cleaned]]:
    if isinstance(documents, str | bytes | Path | Mapping) or not isinstance(documents, Iterable | AsyncIterable):
        raise UsageError(f"documents is an iterable of documents, got {type(documents).__name__}: put one in a list")
    if unknown := known.keys() - KNOWN:
        raise UsageError(f"unknown argument {min(unknown)!r}{where_it_belongs(min(unknown), KNOWN)}")
    limits = Limits(available_cpus() if jobs is None else jobs, deadline, memory)
    return limits, Work(cleaner or Cleaner(), _page, known)


def _page(document: Document, page: Cleaned) -> Cleaned:
    return page


def _documents(given: Iterable[Given]) -> Iterator[Document]:
    return (_document(str(number), one) for number, one in enumerate(given))


def _document(name: str, given: object) -> Document:
    if isinstance(given, Document):
        return given
    if isinstance(given, str | bytes):
        return Document(name, raw=given)
    if isinstance(given, Path):
        return Document(name, path=str(given))
    if came_parsed(given):
        return _parsed(name, given)
    if not isinstance(given, Mapping):
        raise UsageError(
            f"document {name} is no str, bytes, Path, lxml tree, BeautifulSoup object, mapping or Document: "
            f"{type(given).__name__}"
        )
    if unknown := given.keys() - KEYS:
        key = min(map(str, unknown))
        raise UsageError(f"document {name}: unknown key {key!r}{did_you_mean(key, KEYS)}")
    raw = given.get("raw")
    if came_parsed(raw):
        return _parsed(name, raw, **{key: value for key, value in given.items() if key != "raw"})
    if not isinstance(raw, str | bytes):
        raise UsageError(f"document {name}: raw is str or bytes, or a parsed page, got {type(raw).__name__}")
    return Document(name, **given)


def _parsed(name: str, page: Any, **told: Any) -> Document:
    from cleaner.segment.html import written

    return Document(name, raw=written(page), kind="html", **told)
