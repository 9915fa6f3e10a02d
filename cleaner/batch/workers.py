"""Clean many documents in several processes, whatever a document does to its process.

Each worker has a pipe of its own and shares no lock, so it can be killed at any moment. It gets a chunk of
documents at a time and notes in shared memory at which of them it is: when it dies, that is the one it
died on, and the others that it has not answered are given out again. Nothing is ever sent to a worker
that does not listen for it, so neither side can wait for the other.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import sys
import time
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from multiprocessing.connection import Connection, wait
from typing import Any, Generic, TypeVar, cast

from cleaner.batch.document import Document
from cleaner.batch.serve import NEXT, NO_MEMORY, Raised, Work, clean_document, failed, loaded, serve
from cleaner.errors import CleanerError, UsageError
from cleaner.model import Cleaned

R = TypeVar("R")

CHUNK_SECONDS = 0.1
"""How long a worker should be busy with a chunk: long beside handing it over, short beside a run."""

CHUNK_DOCUMENTS = 256
CHUNK_BYTES = 1 << 20

WINDOW_DOCUMENTS = 1024
"""Documents a worker that may be under way or await their turn: with a slow one in front, the others work on."""

WINDOW_BYTES = 16 << 20
"""The same in bytes, of contents and results."""

TRIES = 2
"""Deaths of a worker that a document may have caused: once may be bad luck (the system was short of memory)."""


DAY = 86_400
"""The longest deadline, in seconds."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a document may cost.

    ``jobs``: processes; with 0 all is done in this process, and none of the limits holds. ``deadline``:
    seconds a document may take. ``memory``: bytes a worker may hold (address space); None: unlimited.
    Windows enforces neither of the latter two.

    Raises UsageError for values that make no sense.
    """

    jobs: int = 1
    deadline: float = 30.0
    memory: int | None = 2 << 30

    def __post_init__(self) -> None:
        if not isinstance(self.jobs, int) or self.jobs < 0:
            raise UsageError(f"jobs is a number of processes, or 0, got {self.jobs!r}")
        if not 0 < self.deadline <= DAY:
            raise UsageError(f"deadline is a number of seconds, {DAY:,} at most, got {self.deadline!r}")
        if self.memory is not None and not 0 < self.memory <= sys.maxsize:
            raise UsageError(f"memory is a number of bytes or None, got {self.memory!r}")


ONE_JOB = Limits()


def available_cpus() -> int:
    """The CPUs that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def process(
    documents: Iterable[Document], work: Work[R], limits: Limits = ONE_JOB
) -> Generator[tuple[Document, R], None, None]:
    """Clean and finish each document, and give its result, in the order of the documents.

    Results and their order do not depend on ``limits.jobs``. Documents are taken as they are needed, a
    bounded number ahead of the results; closing the iterator stops the workers.

    A document that takes longer than the deadline FAILs (``timeout: …``), one that kills its worker twice
    too (``crash: …``, ``memory: …``), and all others are done. The pages of such documents are finished in
    this process.

    Raises what ``work.finish`` raises and what iterating over the documents raises, after the results of
    all documents before; UsageError when the work cannot be pickled; CleanerError when workers cannot start
    at all (a script needs ``if __name__ == "__main__":`` around what it does, as always with multiprocessing).

    >>> from cleaner import Cleaner
    >>> def outcome(document, page):
    ...     return str(page.outcome)
    >>> notes = [Document("1", raw="A short note."), Document("2", raw="")]
    >>> [result for note, result in process(notes, Work(Cleaner(), outcome), Limits(jobs=0))]
    ['OK', 'EMPTY']
    """
    if limits.jobs == 0:
        return _here(documents, work, limits)
    return cast(
        Generator[tuple[Document, R], None, None], steps(documents, work, limits)
    )  # without a tick no step is empty


def _here(documents: Iterable[Document], work: Work[R], limits: Limits) -> Generator[tuple[Document, R], None, None]:
    for document in documents:
        full = document
        try:
            full = loaded(document)
            page = clean_document(full, work.cleaner, work.known)
        except MemoryError:
            page = failed(_out_of_memory(None))
        yield document, work.finish(full, page)


def steps(
    documents: Iterable[Document | None], work: Work[R], limits: Limits, tick: float | None = None
) -> Generator[tuple[Document, R] | None, None, None]:
    """:func:`process` in steps of at most ``tick`` seconds, for a caller that has other things to do.

    A step without a result gives None. The documents may give None as well: none has come yet.
    """
    pool = _Pool(documents, work, limits)
    try:
        while pool.feed():
            pool.listen(tick)
            result = None
            for result in pool.finished():
                yield result
            if result is None and tick is not None:
                yield None
    finally:
        pool.stop()


class Standing(Generic[R]):
    """Workers that stay from one call to the next: some documents in, their results out, in their order, guarded as
    :func:`process` guards them. ``limits.jobs`` is 1 at least.

    A call raises what :func:`process` raises.
    """

    def __init__(self, work: Work[R], limits: Limits = ONE_JOB) -> None:
        self._given: deque[Document] = deque()
        self._results = steps(self._feed(), work, limits)

    def _feed(self) -> Iterator[Document | None]:
        while True:
            yield self._given.popleft() if self._given else None

    def __call__(self, documents: Sequence[Document]) -> list[R]:
        """The results of these."""
        self._given.extend(documents)
        results = cast(Iterator[tuple[Document, R]], self._results)  # without a tick no step is empty
        return [result for _, result in islice(results, len(documents))]

    def close(self) -> None:
        """End the workers."""
        self._results.close()


@dataclass(slots=True)
class _Item:
    """A document of the window, and its result once it has one."""

    document: Document
    size: int
    answer: bytes | None = None
    page: Cleaned | None = None
    deaths: int = 0

    @property
    def settled(self) -> bool:
        return self.answer is not None or self.page is not None


class _Worker:
    """A process, its pipe, and what it has been given."""

    def __init__(self, limits: Limits) -> None:
        context = multiprocessing.get_context("spawn")  # never a fork: this process may have threads
        self.wire, theirs = context.Pipe()
        self.place = context.RawValue("q", 0)
        self.process = context.Process(
            target=serve,
            args=(theirs, self.place, limits.memory, limits.deadline),
            name="cleaner-worker",
            daemon=True,
        )
        try:
            with _no_interrupt():
                self.process.start()
        except OSError as error:
            raise CleanerError(f"a worker could not start: {error.strerror}") from error
        theirs.close()  # the worker's end is the worker's alone: when it dies, the pipe ends
        self.listens = False
        self.outbox: deque[bytes] = deque()
        self.sent = 0
        self.since = 0.0
        self.chunk: list[_Item] = []
        self.answered = 0

    @property
    def idle(self) -> bool:
        return self.listens and not self.outbox

    @property
    def started(self) -> bool:
        """Whether it has its work and listened for documents."""
        return self.sent > 1

    def give(self, work: bytes) -> None:
        """What it has to do; then documents."""
        self.outbox.append(work)
        self.send()

    def give_documents(self, chunk: list[_Item]) -> None:
        self.chunk, self.answered, self.place.value = chunk, 0, 0
        self.outbox.append(pickle.dumps([item.document for item in chunk], protocol=5))
        self.send()

    def send(self) -> None:
        """Send what is to be sent, if the worker listens."""
        if self.listens and self.outbox:
            self.listens = False
            self.sent += 1
            self.since = time.monotonic()
            with suppress(OSError):  # it has died: its pipe will tell
                self.wire.send_bytes(self.outbox.popleft())

    def end(self) -> int:
        """The exit code of a worker whose pipe has ended."""
        self.process.join(1)
        self.process.kill()
        self.process.join()
        code = self.process.exitcode
        self.wire.close()
        self.process.close()
        return code or 0


class _Pool(Generic[R]):
    """Workers, and the window: the documents that were taken and whose results were not given yet."""

    def __init__(self, documents: Iterable[Document | None], work: Work[R], limits: Limits) -> None:
        self._documents: Iterator[Document | None] | None = iter(documents)
        self._broken: Exception | None = None
        self._work = work
        self._packed: bytes | None = None
        self._limits = limits
        self._workers: dict[Connection, _Worker] = {}
        self._window: deque[_Item] = deque()
        self._size = 0
        self._again: deque[list[_Item]] = deque()
        self._pace = CHUNK_SECONDS  # seconds a document: a first chunk is one document, then we know more

    def feed(self) -> bool:
        """Give every idle worker documents, start workers where there are more; False when all is done."""
        for worker in self._workers.values():
            if worker.idle and (chunk := self._next_chunk()):
                worker.give_documents(chunk)
        while len(self._workers) < self._limits.jobs and (chunk := self._next_chunk()):
            worker = _Worker(self._limits)
            self._workers[worker.wire] = worker
            self._packed = self._packed or _packed(self._work)  # while the worker imports what it needs
            worker.give(self._packed)
            worker.give_documents(chunk)
        if self._window or self._documents is not None:
            return True
        if self._broken is not None:
            raise self._broken
        return False

    def listen(self, tick: float | None) -> None:
        """Take what workers have sent; wait for it when no result can be given before."""
        if self._window and self._window[0].settled:
            tick = 0
        if not self._workers:
            time.sleep(tick or 0)
        for wire in wait(list(self._workers), tick):
            assert isinstance(wire, Connection)
            worker = self._workers[wire]
            try:
                message = wire.recv_bytes()
            except (EOFError, OSError):
                self._bury(worker)
            else:
                self._hear(worker, message)

    def finished(self) -> Generator[tuple[Document, R], None, None]:
        """The results whose turn has come; a few only, so that workers need not wait for a slow caller."""
        for _ in range(8):
            if not self._window or not self._window[0].settled:
                return
            item = self._window.popleft()
            self._size -= item.size
            yield item.document, self._result(item)

    def stop(self) -> None:
        """End all workers, whatever they are doing."""
        for worker in self._workers.values():
            worker.process.kill()
        for worker in self._workers.values():
            worker.end()
        self._workers.clear()

    def _result(self, item: _Item) -> R:
        if item.page is not None:
            return self._work.finish(item.document, item.page)
        assert item.answer is not None
        result: Any = pickle.loads(item.answer)
        if isinstance(result, Raised):
            raise result.error
        return result  # type: ignore[no-any-return]

    def _next_chunk(self) -> list[_Item]:
        """Documents for one worker: some whose worker died, or new ones as far as the window reaches."""
        if self._again:
            return self._again.popleft()
        chunk: list[_Item] = []
        size = 0
        most = max(1, min(int(CHUNK_SECONDS / self._pace), CHUNK_DOCUMENTS))
        until = time.monotonic() + CHUNK_SECONDS
        while len(chunk) < most and size < CHUNK_BYTES and self._has_room() and (item := self._pull()):
            chunk.append(item)
            size += item.size
            if time.monotonic() > until:  # documents come slowly: better begin with these
                break
        return chunk

    def _has_room(self) -> bool:
        jobs = self._limits.jobs
        return not self._window or (len(self._window) < WINDOW_DOCUMENTS * jobs and self._size < WINDOW_BYTES * jobs)

    def _pull(self) -> _Item | None:
        """The next document, now in the window; None: there is none, or none at the moment."""
        if self._documents is None:
            return None
        try:
            document = next(self._documents)
        except StopIteration:
            self._documents = None
            return None
        except Exception as error:  # its turn comes after the documents before it
            self._documents, self._broken = None, error
            return None
        if document is None:
            return None
        item = _Item(document, _size(document))
        self._window.append(item)
        self._size += item.size
        return item

    def _hear(self, worker: _Worker, message: bytes) -> None:
        if message == NEXT:
            if worker.chunk and worker.answered == len(worker.chunk):
                self._pace = (self._pace + (time.monotonic() - worker.since) / len(worker.chunk)) / 2
                worker.chunk = []
            worker.listens = True
            worker.send()
        elif not worker.started:
            raise pickle.loads(message).error
        else:
            for answer in pickle.loads(message):
                item = worker.chunk[worker.answered]
                worker.answered += 1
                item.answer = answer
                item.size += len(answer)
                self._size += len(answer)

    def _bury(self, worker: _Worker) -> None:
        """A worker has died: try the document it died on once more, alone, or give it up."""
        del self._workers[worker.wire]
        code = worker.end()
        if not worker.started:
            raise CleanerError(_no_start(code, self._limits.memory))
        if worker.answered == len(worker.chunk):
            return
        at = max(worker.answered, worker.place.value)
        suspect, others = worker.chunk[at], worker.chunk[worker.answered : at] + worker.chunk[at + 1 :]
        suspect.deaths += 1
        if others:
            self._again.appendleft(others)
        if code == -_ALARM or suspect.deaths == TRIES:
            suspect.page = failed(_cause(code, self._limits))
        else:
            self._again.appendleft([suspect])


def _packed(work: Work[Any]) -> bytes:
    try:
        return pickle.dumps(work, protocol=5)
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise UsageError(f"the work cannot be sent to another process: {error}") from error


def _size(document: Document) -> int:
    """The bytes it holds, or will where a worker reads it."""
    if document.raw is not None:
        return len(document.raw)
    return document.stamp[0] if document.stamp else 0


_ALARM: int = signal.SIGALRM if sys.platform != "win32" else 0


def _cause(code: int, limits: Limits) -> str:
    if code == -_ALARM:
        return f"timeout: no result within {limits.deadline:g} s"
    if code == NO_MEMORY:
        return _out_of_memory(limits.memory)
    return f"crash: the worker died ({f'signal {-code}' if code < 0 else f'exit code {code}'})"


def _out_of_memory(memory: int | None) -> str:
    return "memory: there is none left" if memory is None else f"memory: it takes more than {memory >> 20:,} MB"


def _no_start(code: int, memory: int | None) -> str:
    if code == NO_MEMORY:
        return f"a worker could not start: {_out_of_memory(memory)}"
    return (
        f"a worker could not start (exit code {code}): a script that cleans in several processes does so under "
        '`if __name__ == "__main__":`; jobs=0 needs no other process'
    )


@contextmanager
def _no_interrupt() -> Iterator[None]:
    """A process started here does not get Ctrl-C before it can ignore it."""
    if sys.platform == "win32":
        yield
        return
    from multiprocessing import resource_tracker

    resource_tracker.ensure_running()  # else started below, and it lets Ctrl-C through again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


__all__ = ["Limits", "Standing", "Work", "available_cpus", "clean_document", "failed", "process", "steps"]
