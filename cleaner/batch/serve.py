"""A worker's side: documents come through a pipe, are cleaned and finished, and their results go back."""

from __future__ import annotations

import gc
import multiprocessing
import os
import pickle
import signal
import stat
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection
from typing import Any, Generic, Protocol, TypeVar

from cleaner.batch.document import Document
from cleaner.errors import UsageError
from cleaner.intake.decode import named_kind
from cleaner.model import Cleaned, Metadata, Outcome
from cleaner.pipeline import Cleaner

R = TypeVar("R")

NEXT = b""
"""What a worker sends when it listens: for its work at first, then for documents."""

SEND_SECONDS = 0.02
"""How long answers may be collected before they are sent: waking the parent for each costs as much as 3 % of it."""

NO_MEMORY = 112
"""The exit code of a worker that ran out of memory."""


@dataclass(frozen=True, slots=True)
class Work(Generic[R]):
    """What a worker does with a document: clean it, then finish it (write its files, serialise it …).

    ``finish`` gets the document and its page, right after cleaning and in the worker, and gives what is
    to travel back: let that be small. It and the cleaner must be picklable. Where a worker died, its
    documents may be finished a second time, so finishing twice must be the same as once. An error that it
    raises ends the run.

    ``known`` are arguments of :meth:`Cleaner.clean` (``site``, ``kind`` …) for documents that do not say.
    """

    cleaner: Cleaner
    finish: Callable[[Document, Cleaned], R]
    known: Mapping[str, Any] = field(default_factory=dict)


class Place(Protocol):
    """A number in shared memory."""

    value: int


@dataclass(frozen=True, slots=True)
class Raised:
    """Travels back in place of a result: what ended the work on a document."""

    error: Exception


def failed(reason: str) -> Cleaned:
    """The page of a document that could not be cleaned."""
    return Cleaned("", Outcome.FAIL, reason, None, Metadata())


_OF_THE_MOMENT = ("unreadable: ", "timeout: ", "memory: ", "crash: ")


def is_of_the_moment(reason: str | None) -> bool:
    """Whether a failure says nothing of the content: at another time, or on another machine, it may be cleaned.

    >>> is_of_the_moment("timeout: no result within 30 s"), is_of_the_moment("binary: this is a PDF file, not text")
    (True, False)
    """
    return reason is not None and reason.startswith(_OF_THE_MOMENT)


def clean_document(document: Document, cleaner: Cleaner, known: Mapping[str, Any]) -> Cleaned:
    """The document's page. Whatever is wrong with the document, or goes wrong on it, is a FAIL.

    Raises UsageError for a wrong call (``known``, a document without content), and MemoryError.

    >>> clean_document(Document("x.txt", path="no/such/file"), Cleaner(), {}).reason
    'unreadable: No such file or directory'
    """
    document = loaded(document)
    if document.raw is None or document.failure is not None:
        return failed(document.failure or "")
    told = {"url": document.url, "title": document.title, "site": document.site}
    if known.get("kind", "auto") == "auto":
        named = document.kind == "auto" and document.path is not None
        told["kind"] = named_kind(document.path or "", document.raw) if named else document.kind
    try:
        page = cleaner.clean(
            document.raw, **{**known, **{name: value for name, value in told.items() if value is not None}}
        )
        return page if document.warning is None else _warned(page, document.warning)
    except (UsageError, MemoryError):
        raise
    except Exception as error:  # content never raises; where a fault makes it so, one document pays, not the run
        return failed(f"crash: {type(error).__name__}: {error}")


def _warned(page: Cleaned, warning: str) -> Cleaned:
    """The page, with what was odd about reading it said first."""
    outcome = Outcome.FLAG if page.outcome == Outcome.OK else page.outcome
    return replace(page, outcome=outcome, reason="; ".join(filter(None, (warning, page.reason))))


def loaded(document: Document) -> Document:
    """The document with its content, read once: what is cleaned is what finishing sees, whatever becomes of the file.

    With a ``failure`` where it cannot be read. Raises UsageError for a document without content or path.
    """
    if document.failure is not None or document.raw is not None:
        return document
    if document.path is None:
        raise UsageError(f"the document {document.name!r} has neither content nor a path")
    try:
        raw = _content(document.path)
    except OSError as error:
        return document._replace(failure=f"unreadable: {error.strerror}")
    except ValueError as error:  # a path that no system call takes
        return document._replace(failure=f"unreadable: {error}")
    if raw is None:
        return document._replace(failure="unreadable: not a regular file")
    return document._replace(raw=raw)


def _content(path: str) -> bytes | None:
    """What is to be cleaned; None where the path is no regular file (opening a FIFO would wait for ever)."""
    if not stat.S_ISREG(os.stat(path).st_mode):
        return None
    with open(path, "rb", buffering=0) as file:
        return file.read()


def serve(wire: Connection, place: Place, memory: int | None, deadline: float) -> None:
    """Do the work that comes through the pipe, chunk after chunk of documents, until the pipe closes.

    ``place`` always says which document of the chunk it is at. Answers go back in the order of the
    documents, several at a time where they are quick.
    """
    try:
        _settle(memory)
        wire.send_bytes(NEXT)
        work = _unpack(wire)
        if work is None:
            return
        # The rules are millions of objects that stay: the garbage collector need not look at them again.
        gc.collect()
        gc.freeze()
        while True:
            wire.send_bytes(NEXT)
            documents = pickle.loads(wire.recv_bytes())
            answers: list[bytes] = []
            sent = time.monotonic()
            for number, document in enumerate(documents):
                place.value = number
                _alarm(deadline)
                answers.append(_answer(document, work))
                _alarm(0)
                if (now := time.monotonic()) - sent > SEND_SECONDS or number + 1 == len(documents):
                    wire.send_bytes(pickle.dumps(answers, protocol=5))
                    answers, sent = [], now
    except (EOFError, ConnectionError):  # the parent is gone, or has what it wanted
        return
    except MemoryError:  # nothing that C code was doing then can be trusted: a new process goes on
        os._exit(NO_MEMORY)


def _settle(memory: int | None) -> None:
    """Leave Ctrl-C to the parent; die at once when it is gone; hold no more than ``memory``."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "win32":
        return
    import fcntl
    import resource

    for number in (signal.SIGALRM, signal.SIGIO):
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, (signal.SIGINT, signal.SIGALRM, signal.SIGIO))
    # Nothing ever comes through the sentinel but its end, when the parent ends: the kernel then sends SIGIO,
    # and that kills, whatever Python is doing. (The parent's death signal is no use: it is its thread's.)
    parent = multiprocessing.parent_process()
    if parent is not None:
        fcntl.fcntl(parent.sentinel, fcntl.F_SETOWN, os.getpid())
        flags = fcntl.fcntl(parent.sentinel, fcntl.F_GETFL)
        fcntl.fcntl(parent.sentinel, fcntl.F_SETFL, flags | os.O_ASYNC)
    if memory is not None:
        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        most = memory if hard == resource.RLIM_INFINITY else min(memory, hard)
        resource.setrlimit(resource.RLIMIT_AS, (most, hard))


def _alarm(seconds: float) -> None:
    """Have the kernel kill this process in so many seconds, C code that never returns or not; 0: no more."""
    if sys.platform != "win32":
        signal.setitimer(signal.ITIMER_REAL, seconds)


def _unpack(wire: Connection) -> Work[Any] | None:
    packed = wire.recv_bytes()
    try:
        work: Work[Any] = pickle.loads(packed)
    except MemoryError:
        raise
    except Exception as error:  # a class that cannot be imported here, say
        wire.send_bytes(_raised(error))
        return None
    return work


def _answer(document: Document, work: Work[Any]) -> bytes:
    """The pickled result, or the pickled error that is to be raised where the result is awaited."""
    try:
        document = loaded(document)
        return pickle.dumps(work.finish(document, clean_document(document, work.cleaner, work.known)), protocol=5)
    except MemoryError:
        raise
    except Exception as error:
        return _raised(error)


def _raised(error: Exception) -> bytes:
    error.add_note(f"In a worker:\n{''.join(traceback.format_exception(error))}")
    try:
        packed = pickle.dumps(Raised(error), protocol=5)
        pickle.loads(packed)
    except Exception:  # an error that does not survive the journey is told in words
        return pickle.dumps(Raised(RuntimeError(f"{type(error).__name__}: {error}")), protocol=5)
    return packed
