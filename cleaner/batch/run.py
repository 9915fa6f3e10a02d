"""A run: inputs → workers → output, with the state that makes the next run redo only what changed."""

from __future__ import annotations

import os
import sqlite3
import sys
import time
from collections import Counter, deque
from collections.abc import Callable, Container, Iterable, Iterator
from contextlib import ExitStack, closing, suppress
from dataclasses import asdict, dataclass, field, fields
from itertools import islice
from pathlib import Path
from typing import Any, cast

from filelock import FileLock, Timeout

from cleaner.batch.document import Document
from cleaner.batch.gone import Gone
from cleaner.batch.output import (
    COLUMNS,
    FILES,
    LEDGER_COLUMNS,
    PARTS,
    STATE,
    Folder,
    Format,
    Ledger,
    Part,
    is_folder,
    is_taken,
    remove,
)
from cleaner.batch.read import Reading, check_inputs, local_folders, read_documents, suffix_of, whole_folders
from cleaner.batch.read.names import END, NOTHING
from cleaner.batch.render import Render, Rendered, digest, failed_to_write, input_digest, is_unwritable, unwritable
from cleaner.batch.serve import is_of_the_moment, loaded
from cleaner.batch.state import Row, State
from cleaner.batch.tables import JsonLines, Parquet, Table, read_records, schema
from cleaner.batch.workers import Limits, Work, process
from cleaner.errors import OutputError
from cleaner.pipeline import Cleaner

TOGETHER = 256
"""Documents whose files are made lasting together at most: one at first, then twice as many each time."""
SHARD = 2_000
"""Inputs of one shard: a kill costs the work on one at most."""
LONGEST = 1.0
"""Seconds that a finished document waits for others at most."""
WRITTEN = frozenset(["OK", "FLAG"])
"""Outcomes of documents that are written."""
KEPT = "unchanged"
UNREADABLE = "cannot be read now: what was written stays"
STAYS = "; what was written before stays"
"""How the reason of a document ends that failed where an earlier run had written it."""
UNMET = "unmet"
"""The fact that counts inputs of earlier runs which the last one did not have."""
PASSED_OVER = "passed over"
"""The fact that counts what the last run did not read: by what it is (``names.PassedOver``), and by
suffix."""
MOST_SUFFIXES = 100
OTHERS = "others"
"""Counts what has none of the first so many suffixes."""


MAX_FAILURES = "50%"
"""So many documents of a run may fail: a number or a share."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a run is asked to do. ``out`` is a folder, for a run on Ray also an address; ``shard`` is the number of
    inputs a shard holds; ``known`` goes to :meth:`Cleaner.clean` (site, kind); ``max_failures`` is how many may fail,
    for whoever looks at the end; ``retry`` does again what failed before; ``prune`` removes what was written for local
    files that are known to be gone (:class:`Gone`; from shards all go that is not met)."""

    inputs: tuple[str, ...]
    out: Path | str
    format: Format = "text"
    ledger: Ledger = "inside"
    columns: tuple[str, ...] = COLUMNS
    shard: int = SHARD
    reading: Reading = field(default_factory=Reading)
    limits: Limits = field(default_factory=Limits)
    known: dict[str, Any] = field(default_factory=dict)
    limit: int | None = None
    max_failures: str = MAX_FAILURES
    retry: bool = False
    prune: bool = False

    @property
    def asked(self) -> dict[str, Any]:
        """What :meth:`Cleaner.clean` is told of every document; the format says what is rendered."""
        return {**self.known, "output": self.format} if self.format in FILES else self.known

    @property
    def sharded(self) -> bool:
        """Whether many documents go into one file."""
        return self.format in ("jsonl", "parquet")

    def shard_names(self, number: int) -> tuple[str, str]:
        """The files of one shard: its documents, and the ledger where it lies beside."""
        ending = "parquet" if self.format == "parquet" else "jsonl.zst"
        return f"pages-{number:05}.{ending}", f"ledger-{number:05}.jsonl.zst"

    def tables(self, documents: Path, ledger: Path) -> list[Table]:
        """The files of one shard, open to be written anew."""
        columns = self.columns + (LEDGER_COLUMNS if self.ledger == "inside" else ())
        table = Parquet(documents, columns) if self.format == "parquet" else JsonLines(documents)
        return [table, JsonLines(ledger)] if self.ledger == "beside" else [table]


@dataclass(slots=True)
class Summary:
    """Documents by outcome, by what was done with them, and removed lines and words by category."""

    outcomes: Counter[str] = field(default_factory=Counter)
    done: Counter[str] = field(default_factory=Counter)
    removed: Counter[str] = field(default_factory=Counter)
    removed_words: Counter[str] = field(default_factory=Counter)
    stale: int = 0
    """Documents that failed, and whose earlier output stays."""
    cut: list[tuple[str, str]] = field(default_factory=list)
    """Name and reason of some tables and archives that were not read to their ends, or not as asked."""
    troubles: list[tuple[str, str, str]] = field(default_factory=list)
    """Name, outcome and reason of some documents that are not simply OK."""

    def add(self, row: Row, why: str) -> None:
        """Count one document."""
        self.outcomes[row.outcome] += 1
        self.done[why] += 1
        self.stale += is_stale(row)
        for category, (lines, words) in row.removed.items():
            self.removed[category] += lines
            self.removed_words[category] += words
        container, _, last = row.name.rpartition("/")
        if last == END and not (row.reason or "").startswith(NOTHING) and len(self.cut) < MOST_CUT:
            self.cut.append((container, row.reason or ""))
        if row.outcome != "OK" and len(self.troubles) < MOST_TROUBLES:
            self.troubles.append((row.name, row.outcome, row.reason or ""))


MOST_TROUBLES = 1_000
MOST_CUT = 10


def is_stale(row: Row) -> bool:
    """Whether the document failed, and what an earlier run wrote of it is still there."""
    return row.outcome == "FAIL" and (row.reason or "").endswith(STAYS)


def is_written(row: Row) -> bool:
    """Whether there are files of the document that some run wrote."""
    return row.outcome in WRITTEN or is_stale(row)


Decided = tuple[Document, Row | None, str]
"""A document, its row of an earlier run, and why it is done again (:data:`KEPT`: it is not)."""


class Run:
    """One run on one output folder, which it locks. To :meth:`plan` only, a ``dry`` one locks and writes nothing.

    Raises InputError and OutputError before any work: for inputs that are not there, an output that
    cannot be written, lies inside the input, holds what this run would spoil, or is in use by another run.
    """

    def __init__(self, settings: Settings, cleaner: Cleaner, dry: bool = False) -> None:
        self.settings = settings
        self.cleaner = cleaner
        self.out = Path(settings.out)
        check_inputs(settings.inputs, self.out, settings.reading)
        if settings.format == "parquet":
            schema(settings.columns)
        options = (
            cleaner.keep_title,
            cleaner.profile,
            cleaner.options,
            sorted(settings.known.items()),
            settings.format,
            settings.ledger,
        )
        asked = repr((*options, (settings.columns, settings.shard) if settings.sharded else ()))
        self.render = Render(
            out=str(self.out.absolute()),
            parts=str((self.out / STATE / PARTS).absolute()),
            format=settings.format,
            ledger=settings.ledger,
            columns=settings.columns,
            book=cleaner.book,
            options=digest(asked.encode()),
            inputs=whole_folders(settings.inputs, settings.reading),
        )
        self.pruned = 0
        """Documents whose files were removed, for their inputs are gone."""
        self.passed_over: dict[str, Counter[str]] = {}
        """What was not read: by what it is, and by suffix."""
        self._kept = (-1, -1)
        """Shard and old place of the input that was kept last."""
        with ExitStack() as undo:
            if not dry:
                self.folder = Folder(self.out)
                undo.callback(locked(self.folder).release)
            self.state = State(self.out / STATE, to_read=dry)
            undo.callback(self.state.close)
            self._refuse_other_runs()
            self._close = undo.pop_all().close

    def __enter__(self) -> Run:
        return self

    def __exit__(self, *exc: object) -> None:
        self._close()

    def _refuse_other_runs(self) -> None:
        """Raise OutputError where the output holds what this run would leave stale or throw away."""
        noted = self.state.fact("settings")
        if noted is None:
            self._refuse_shards_of_others()
            return
        asked, out = _noted(self.settings, self.cleaner), self.out
        if noted["format"] != asked["format"]:
            raise OutputError(f"{out} was written as {noted['format']}: choose another folder for {asked['format']}")
        if self.settings.sharded and noted["inputs"] != asked["inputs"]:
            raise OutputError(
                f"{out} holds the shards of other inputs ({', '.join(noted['inputs'])}): choose another folder"
            )
        limit = self.settings.limit
        if self.settings.sharded and limit is not None and limit < self.state.count(0, sys.maxsize):
            raise OutputError(f"{out} holds more documents than --limit {limit}: choose another folder")
        if self.settings.sharded and _is_narrower(self.settings.reading, noted["reading"]):
            raise OutputError(
                f"{out} holds documents that --include or --exclude may now leave out: choose another folder"
            )

    def _refuse_shards_of_others(self) -> None:
        if not self.settings.sharded:
            return
        for stem in ("pages", "ledger"):
            for taken in sorted(self.out.glob(f"{stem}-[0-9][0-9][0-9][0-9][0-9].*")):
                raise OutputError(
                    f"{taken} is there already, and no run wrote it: write to another folder, or move it away"
                )

    # -------------------------------------------------------------------- plan

    def plan(self) -> Iterator[Decided]:
        """Every input, and whether it must be cleaned. Nothing is written."""
        self.passed_over.clear()
        documents = read_documents(self.settings.inputs, self.settings.reading, self._pass_over)
        for place, document in enumerate(islice(documents, self.settings.limit)):
            row = self.state.get(document.name)
            yield document, row, self._why(document, row, place)

    def _pass_over(self, what: str, path: str) -> None:
        counts = self.passed_over.setdefault(what, Counter())
        suffix = suffix_of(path)
        counts[suffix if suffix in counts or len(counts) < MOST_SUFFIXES else OTHERS] += 1

    def gone(self, sources: Iterable[tuple[str, str | None]]) -> list[str]:
        """The names of those documents whose local files are known to be gone."""
        is_gone = Gone(local_folders(self.settings.inputs, self.settings.reading))
        return [name for name, file in sources if file is not None and is_gone(file)]

    def to_prune(self, met: Container[str]) -> list[str]:
        """The names of the documents that ``prune`` would remove after a run that met these. Nothing is removed."""
        if not self.settings.prune or self.settings.sharded:
            return []
        return self.gone((name, file) for name, file in self.state.sources() if name not in met)

    def _why(self, document: Document, row: Row | None, place: int) -> str:
        if row is None:
            return "new"
        if self.settings.retry and row.outcome == "FAIL":
            return "failed before"
        if is_unwritable(row):
            return "not written before"
        if self.render.rules_of(row.packs) != row.rules:
            return UNREADABLE if self._stays(row, document.failure) else "rules changed"
        same = document.stamp is not None and document.stamp == (row.size, row.modified)
        if not (same and self.state.file_of(row.name) == document.file):
            document = loaded(document)
            if input_digest(document) != row.input:
                return UNREADABLE if self._stays(row, document.failure) else "input changed"
        if self.settings.sharded:
            shard = place // self.settings.shard
            if row.place // self.settings.shard != shard or (shard == self._kept[0] and row.place < self._kept[1]):
                return "moved"
            self._kept = shard, row.place
            missing = not all(path.exists() for path in self.shard_files(shard)[: self._files])
        else:
            finals = self.render.finals(row.name)[: 1 if self.settings.ledger == "none" else 2]
            missing = row.outcome in WRITTEN and not all(map(os.path.exists, finals))
        return "output missing" if missing else KEPT

    def _stays(self, before: Row, failure: str | None) -> bool:
        """Whether what an earlier run wrote stays though the document fails now."""
        return not self.settings.sharded and is_written(before) and is_of_the_moment(failure)

    @property
    def _files(self) -> int:
        """Files of a shard."""
        return 2 if self.settings.ledger == "beside" else 1

    def shard_files(self, number: int) -> tuple[Path, Path]:
        """The files of one shard: its documents, and the ledger where it lies beside."""
        documents, ledger = self.settings.shard_names(number)
        return self.out / documents, self.out / ledger

    # -------------------------------------------------------------------- work

    def work(self, report: Callable[[Row, str], None]) -> None:
        """Do it. ``report`` is called with each input's row once its output is lasting, in the order of the
        inputs, and with why it was done.

        Raises OutputError when the disk refuses; all that was reported before is lasting.
        """
        try:
            self._work(report)
        except (OSError, sqlite3.Error) as error:
            raise OutputError(f"cannot write to {self.out}: {error}") from error

    def _work(self, report: Callable[[Row, str], None]) -> None:
        self.folder.clear()
        self.state.note("settings", _noted(self.settings, self.cleaner))
        sink = _Shards(self, report) if self.settings.sharded else _Tree(self, report)
        waiting: deque[tuple[Row | None, str]] = deque()

        def to_clean() -> Iterator[Document]:
            for document, before, why in self.plan():
                self.state.see(document.name, document.file)
                if why != KEPT:
                    waiting.append((before, why))
                    yield document
                elif waiting:
                    waiting.append((before, why))
                else:
                    sink.keep(cast(Row, before))

        work = Work(self.cleaner, self.render, self.settings.asked)
        with closing(process(to_clean(), work, self.settings.limits)) as results:
            for _, rendered in results:
                _, why = waiting.popleft()
                if rendered.stop:
                    with suppress(OutputError):
                        sink.save()
                    raise OutputError(rendered.stop)
                sink.take(rendered, why)
                while waiting and waiting[0][1] == KEPT:
                    sink.keep(cast(Row, waiting.popleft()[0]))
        sink.end()
        self.state.note(PASSED_OVER, self.passed_over)


def locked(folder: Folder) -> FileLock:
    """The lock of an output folder, held. Raises OutputError."""
    lock = FileLock(folder.state / "lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise OutputError(f"{folder.out}: another run is writing there; wait for it, or choose another") from None
    except OSError as error:
        raise OutputError(f"cannot write to {folder.out}: {error.strerror}") from None
    return lock


class _Tree:
    """Two files a document, in a tree like the inputs'."""

    def __init__(self, run: Run, report: Callable[[Row, str], None]) -> None:
        self.run, self.report = run, report
        self.place = 0
        self.waiting: list[tuple[Rendered, Row, str]] = []
        self.since = time.monotonic()
        self.together = 1

    def keep(self, row: Row) -> None:
        self.place += 1
        self.report(row, KEPT)

    def take(self, rendered: Rendered, why: str) -> None:
        rendered = self._sparing(rendered)
        self.waiting.append((rendered, rendered.row._replace(place=self.place), why))
        self.place += 1
        if len(self.waiting) >= self.together or time.monotonic() - self.since > LONGEST:
            self.save()
            self.together = min(2 * self.together, TOGETHER)

    def _sparing(self, rendered: Rendered) -> Rendered:
        """The document so that no file is lost by it: one that no run wrote stays, and so does what was written
        before where there is nothing that takes its place."""
        row, own = rendered.row, self._own(rendered.row.name)
        taken = next((part.final for part in rendered.parts if part.final not in own and is_taken(part)), None)
        if taken is not None:
            remove(part.path for part in rendered.parts)
            why = f"{self._below(taken)} is there already, and no run wrote it: write to another OUT, or move it away"
            rendered = Rendered(failed_to_write(row, why))
        gone = tuple(final for final in rendered.gone if final in own)
        return rendered._replace(gone=gone, row=rendered.row if gone else _telling_what_stays(rendered.row, own))

    def _own(self, name: str) -> list[str]:
        """Those files of a document that some run wrote."""
        return [final for final in self.run.render.finals(name) if self.run.state.is_own(self._below(final))]

    def _below(self, final: str) -> str:
        """What a file is called in the output."""
        return final.removeprefix(os.path.join(self.run.render.out, ""))

    def end(self) -> None:
        """Note how many inputs of earlier runs were not met: they are gone, or were other inputs, or could not be
        read. What is known to be gone is removed where that is asked for."""
        self.save()
        state, settings = self.run.state, self.run.settings
        if settings.limit is not None:
            return
        unmet = state.unseen()
        if settings.prune:
            gone = self.run.gone(unmet)
            own = [final for name in gone for final in self._own(name)]
            remove(own)
            state.disown(map(self._below, own))
            state.commit()
            state.forget(gone)
            self.run.pruned = len(gone)
        state.note(UNMET, len(unmet) - self.run.pruned)

    def save(self) -> None:
        """Make lasting what is done."""
        state = self.run.state
        state.claim(self._below(part.final) for rendered, _, _ in self.waiting for part in rendered.parts)
        faults = self.run.folder.settle([rendered.parts for rendered, _, _ in self.waiting])
        done: list[tuple[Row, str]] = []
        for (rendered, row, why), fault in zip(self.waiting, faults, strict=True):
            if fault is None:
                lost = rendered.gone
                remove(lost)
                done.append((row, why))
            else:
                own = self._own(row.name)
                lost = tuple(final for final in own if not _stands(final))
                done.append((_telling_what_stays(unwritable(row, fault), own), why))
            state.disown(map(self._below, lost))
        for row, _ in done:
            state.put(row)
        state.commit()
        for row, why in done:
            self.report(row, why)
        self.waiting = []
        self.since = time.monotonic()


def _stands(final: str) -> bool:
    """Whether there is such a file."""
    return os.path.lexists(final) and not is_folder(final)


def _telling_what_stays(row: Row, own: Iterable[str]) -> Row:
    """The row of a document, with what it says of those of its files that some run wrote."""
    return row._replace(reason=f"{row.reason}{STAYS}") if row.outcome == "FAIL" and any(map(_stands, own)) else row


class _Shards:
    """Many documents a file. A shard in which nothing changed is left as it is; else it is written anew, and
    what is unchanged in it is copied."""

    def __init__(self, run: Run, report: Callable[[Row, str], None]) -> None:
        self.run, self.report = run, report
        self.place = 0
        self.rows: list[tuple[Row, str]] = []
        """Of the shard at hand: its rows so far, and why each was done."""
        self.tables: list[Table] = []
        self.parts: list[Part] = []
        self.old: list[Iterator[tuple[str, bytes]]] = []

    @property
    def number(self) -> int:
        return self.place // self.run.settings.shard

    def keep(self, row: Row) -> None:
        if row.place != self.place:
            self._open()
        self._copy(row)
        self._next(row._replace(place=self.place), KEPT)

    def take(self, rendered: Rendered, why: str) -> None:
        self._open()
        lines = (rendered.record, rendered.ledger)
        for table, line in zip(self.tables, lines, strict=False):
            if line is not None:
                table.add(line)
        self._next(rendered.row._replace(place=self.place), why)

    def _next(self, row: Row, why: str) -> None:
        self.rows.append((row, why))
        self.place += 1
        if self.place % self.run.settings.shard == 0:
            self._close(self.number - 1)

    def end(self) -> None:
        if self.rows:
            self._close(self.number)
        number = -(-self.place // self.run.settings.shard)
        while any(path.exists() for path in self.run.shard_files(number)):
            remove(map(str, self.run.shard_files(number)))
            number += 1
        self.run.state.forget_unseen()

    def save(self) -> None:
        """A shard is whole or not there."""

    def _open(self) -> None:
        """Begin to write the shard anew, with what was kept of it so far."""
        if self.tables:
            return
        finals = self.run.shard_files(self.number)
        documents, ledger = (self.run.folder.parts / final.name for final in finals)
        self.tables = self.run.settings.tables(documents, ledger)
        written = list(zip((documents, ledger), finals, strict=True))[: len(self.tables)]
        self.parts = [Part(str(path), str(final)) for path, final in written]
        self.old = [read_records(final) for _, final in written if final.exists()]
        for row, _ in self.rows:
            self._copy(row)

    def _copy(self, row: Row) -> None:
        if not self.tables or row.outcome not in WRITTEN:
            return
        for table, old in zip(self.tables, self.old, strict=True):
            line = next((line for name, line in old if name == row.name), None)
            if line is None:
                raise OutputError(f"{self.run.out}: a shard lacks {row.name}: empty the folder and run again")
            table.add(line)

    def _close(self, number: int) -> None:
        settings, state = self.run.settings, self.run.state
        first = number * settings.shard
        if not self.tables and state.count(first, first + settings.shard) > len(self.rows):
            self.place, after = first, self.place  # inputs went: their records go
            self._open()
            self.place = after
        if self.tables:
            for table in self.tables:
                table.close()
            self.run.folder.settle_all(self.parts)
            for row, _ in self.rows:
                state.put(row)
            state.commit()
        for row, why in self.rows:
            self.report(row, why)
        self.rows, self.tables, self.parts, self.old = [], [], [], []


def _is_narrower(asked: Reading, before: dict[str, Any]) -> bool:
    """Whether globs of names may leave out what earlier ones let in."""
    fewer = asked.include and (not before["include"] or set(before["include"]) - set(asked.include))
    return bool(fewer or set(asked.exclude) - set(before["exclude"]))


def _noted(settings: Settings, cleaner: Cleaner) -> dict[str, Any]:
    """What ``retry`` needs to know of a run."""
    return {
        "inputs": [i if "://" in i else str(Path(i).absolute()) for i in settings.inputs],
        "format": settings.format,
        "ledger": settings.ledger,
        "columns": list(settings.columns),
        "shard": settings.shard,
        "known": settings.known,
        "limit": settings.limit,
        "deadline": settings.limits.deadline,
        "memory": settings.limits.memory,
        "max_failures": settings.max_failures,
        "reading": {f.name: getattr(settings.reading, f.name) for f in fields(settings.reading)},
        "rules": [str(Path(path).absolute()) for path in cleaner.own_rules],
        "cleaner": {
            "profile": cleaner.profile,
            "keep_title": cleaner.keep_title,
            "site_packs": cleaner.site_packs,
            **asdict(cleaner.options),
        },
    }


def settings_of(noted: dict[str, Any], out: Path, limits: Limits, max_failures: str) -> Settings:
    """The settings of an earlier run, to try again what failed in it."""
    reading: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in noted["reading"].items()}
    return Settings(
        inputs=tuple(noted["inputs"]),
        out=out,
        format=noted["format"],
        ledger=noted["ledger"],
        columns=tuple(noted["columns"]),
        shard=noted["shard"],
        known=noted["known"],
        limit=noted["limit"],
        reading=Reading(**reading),
        limits=limits,
        max_failures=max_failures,
        retry=True,
    )
