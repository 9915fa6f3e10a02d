"""A run on Ray: one task lists the inputs, some read them, actors clean, each writes what it has cleaned.

What flows is chunks of documents, a chunk a block, so that Ray Data bounds what is in memory and feeds every actor.
An actor cleans through :class:`~cleaner.batch.workers.Standing`, in a process of its own: deadline, memory and crashes
are guarded as in a run on one machine, and cost one document, not its chunk. Files are written under the names that
they have anyway (:mod:`cleaner.batch.target`), so a task that Ray does again writes over itself.

The inputs of a shard are known only when all inputs before it are read. So where many documents go into one file, the
actors write a piece a chunk, and when all are there, tasks put the shards together from them: the same shards, byte
for byte, as a run on one machine writes.
"""

from __future__ import annotations

import io
import logging
import os
import pickle
import tempfile
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import zstandard

from cleaner.batch.document import Document
from cleaner.batch.output import PARTS, STATE, Folder
from cleaner.batch.read import check_inputs
from cleaner.batch.read.inputs import Source, documents_in, sources
from cleaner.batch.read.kinds import is_one_document
from cleaner.batch.read.options import Reading
from cleaner.batch.read.remote import is_address
from cleaner.batch.read.walk import Found
from cleaner.batch.render import Render, Rendered, unwritable
from cleaner.batch.run import Settings, locked
from cleaner.batch.state import FILE, Row
from cleaner.batch.target import Target, target
from cleaner.batch.workers import Standing, Work
from cleaner.errors import CleanerError, InputError, OutputError, UsageError
from cleaner.model import Cleaned
from cleaner.pipeline import Cleaner

if TYPE_CHECKING:
    import pyarrow as pa

UNIT = 256
"""Plain files that one task reads; an archive or a table is read by one task alone."""
CHUNK_DOCUMENTS = 128
CHUNK_BYTES = 4 << 20
"""What an actor cleans at a time, and what is done again where it dies."""
READERS = 8
"""Actors that one reading task keeps busy, at the least."""
PIECES = f"{STATE}/pieces"


class Piece(NamedTuple):
    """What an actor has written of a chunk: place in the inputs (unit, first document in it) and documents."""

    unit: int
    first: int
    documents: int

    @property
    def names(self) -> tuple[str, str]:
        """Its files: records, and the ledger where it lies beside. A line a document, empty where none is written."""
        return f"{PIECES}/{self.unit:08}-{self.first:08}.zst", f"{PIECES}/{self.unit:08}-{self.first:08}-ledger.zst"


class Slice(NamedTuple):
    """Some documents of a piece."""

    piece: Piece
    start: int
    stop: int


def clean_on_ray(
    settings: Settings, cleaner: Cleaner, report: Callable[[Row, str], None], *, actors: int | None = None
) -> None:
    """Clean all inputs on the cluster that Ray is connected to, or else on this machine.

    Writes what a run on one machine writes, under the same names; ``report`` is called with each document's row, in
    the order of the inputs. There is no run state: every run does all of it. ``actors``: how many clean at most, one
    a CPU by default. On a cluster every machine must reach the inputs and the output under the names they are given.

    Raises InputError and OutputError as :class:`~cleaner.batch.run.Run` does, UsageError for settings that need a run
    state, InputError where Ray is not installed.
    """
    if settings.prune or settings.retry:
        raise UsageError("a run on Ray keeps no run state: retry and prune are for runs on one machine")
    check_inputs(settings.inputs, settings.out, settings.reading)
    out = str(settings.out) if is_address(str(settings.out)) else str(Path(settings.out).absolute())
    place = target(out)
    ray = _ray()
    with ExitStack() as undo:
        _claim(out, place, undo)
        _connect(ray)
        undo.enter_context(warnings.catch_warnings())
        warnings.filterwarnings("ignore", module=r"ray\.")  # that one file keeps one reader busy, say
        try:
            pieces = list(_cleaned(ray, settings, cleaner, out, report, actors))
            if settings.sharded:
                _write_shards(ray, settings, out, place, pieces)
        except ray.exceptions.RayError as error:
            raise _told(error) from error
        _tidy(place)


def _claim(out: str, place: Target, undo: ExitStack) -> None:
    """Refuse an output that this run would mix with another's; remove what a killed run left."""
    if place.exists(f"{STATE}/{FILE}"):
        raise OutputError(f"{out} was written by a run on one machine, and has its run state: choose another folder")
    if not is_address(out):
        undo.callback(locked(Folder(Path(out))).release)
    _tidy(place)


def _tidy(place: Target) -> None:
    for name in (f"{STATE}/{PARTS}", PIECES):
        place.remove_folder(name)


def _ray() -> Any:
    try:
        import ray.data
    except ImportError:
        raise InputError("--engine ray needs ray: pip install 'newsdump-cleaner[ray]'") from None
    return ray


def _connect(ray: Any) -> None:
    """To the cluster of RAY_ADDRESS, to one that was started on this machine, or to one of our own."""
    if not ray.is_initialized():
        os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")  # what ends a run is raised
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        ray.init(log_to_driver=False, logging_level="error", include_dashboard=False)
    logging.getLogger("ray.data").setLevel(logging.ERROR)


def _told(error: Exception) -> CleanerError:
    """The error of ours that ended a task, or Ray's own in words."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(own := getattr(cause, "cause", None), CleanerError):
            return own
        cause = cause.__cause__
    return CleanerError(f"Ray: {error}")


# ------------------------------------------------------------------------ cleaning


def _cleaned(
    ray: Any, settings: Settings, cleaner: Cleaner, out: str, report: Callable[[Row, str], None], actors: int | None
) -> Iterator[Piece]:
    """Clean everything; report each document, and give each chunk."""
    render = Render(
        out="", parts=None, format=settings.format, ledger=settings.ledger, columns=settings.columns,
        book=cleaner.book, options="",
    )  # fmt: skip
    work = ray.put(pickle.dumps(Work(cleaner, render, settings.asked), protocol=5))
    cpus = int(ray.cluster_resources().get("CPU", 1))
    most = min(actors or cpus, cpus)
    found = [_anywhere(source) for source in sources(settings.inputs, settings.reading)]
    readers = {"batch_format": "pyarrow", "num_cpus": 0}
    with ray.data.DataContext.current(_context(ray)):
        inputs = ray.data.from_items([{"sources": pickle.dumps(found)}])
        call = {"reading": settings.reading}
        if settings.limit is not None:  # who stops after so many must read one after the other
            chunks = inputs.map_batches(_read_first, fn_kwargs={**call, "limit": settings.limit}, **readers)
        else:
            units = inputs.map_batches(_listed, fn_kwargs=call, concurrency=1, **readers)
            chunks = units.map_batches(_read, fn_kwargs=call, concurrency=max(2, most // READERS), **readers)
        done = chunks.map_batches(
            _Clean,
            fn_constructor_args=(work, replace(settings, inputs=()), out),
            batch_format="pyarrow",
            num_cpus=1,
            concurrency=(1, most, most),
        )
        for row in done.iter_rows():
            rows: list[Row] = pickle.loads(row["rows"])
            for one in rows:
                report(one, "new")
            yield Piece(row["unit"], row["first"], len(rows))


def _context(ray: Any) -> Any:
    context = ray.data.DataContext.get_current().copy()
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    context.execution_options.preserve_order = True
    context.target_max_block_size = 1  # a row is a block: what it holds is large enough
    return context


def _anywhere(source: Source) -> Source:
    """The source, for a process that runs in another folder."""
    return source if source.store is not None else replace(source, path=str(Path(source.path).absolute()))


def _listed(inputs: pa.Table, reading: Reading) -> Iterator[dict[str, list[Any]]]:
    """The files to read, in units."""
    number = 0
    for packed in inputs["sources"].to_pylist():
        for source in pickle.loads(packed):
            for unit in _units(source.found(reading)):
                yield {"unit": [number], "files": [pickle.dumps((source, unit))]}
                number += 1


def _units(found: Iterable[Found | Document]) -> Iterator[list[Found | Document]]:
    unit: list[Found | Document] = []
    for one in found:
        alone = isinstance(one, Found) and not is_one_document(one.path)
        if unit and (alone or len(unit) >= UNIT):
            yield unit
            unit = []
        unit.append(one)
        if alone:
            yield unit
            unit = []
    if unit:
        yield unit


def _read(units: pa.Table, reading: Reading) -> Iterator[dict[str, list[Any]]]:
    """The documents of some units, in chunks."""
    for unit in units.to_pylist():
        source, files = pickle.loads(unit["files"])
        yield from _chunks(unit["unit"], documents_in(source, files, reading))


def _read_first(inputs: pa.Table, reading: Reading, limit: int) -> Iterator[dict[str, list[Any]]]:
    for packed in inputs["sources"].to_pylist():
        every = (documents_in(source, source.found(reading), reading) for source in pickle.loads(packed))
        yield from _chunks(0, islice(chain.from_iterable(every), limit))


def _chunks(unit: int, documents: Iterator[Document]) -> Iterator[dict[str, list[Any]]]:
    first = 0
    while chunk := list(_up_to_a_chunk(documents)):
        yield {"unit": [unit], "first": [first], "documents": [pickle.dumps(chunk, protocol=5)]}
        first += len(chunk)


def _up_to_a_chunk(documents: Iterator[Document]) -> Iterator[Document]:
    size = 0
    for document in islice(documents, CHUNK_DOCUMENTS):
        yield document
        size += len(document.raw or b"")
        if size >= CHUNK_BYTES:
            return


class _Packed:
    """Work on its way through an actor: rules take 100 MB, and only the process that cleans needs them."""

    def __init__(self, packed: bytes) -> None:
        self._packed = packed

    def __reduce__(self) -> tuple[Callable[[bytes], Any], tuple[bytes]]:
        return pickle.loads, (self._packed,)

    def finish(self, document: Document, page: Cleaned) -> Rendered:
        """The work's own, here: for the page of a document that its process did not survive."""
        work: Work[Rendered] = pickle.loads(self._packed)
        return work.finish(document, page)


class _Clean:
    """An actor: cleans chunks and writes what comes of them."""

    def __init__(self, work: Any, settings: Settings, out: str) -> None:
        import ray

        packed = cast("Work[Rendered]", _Packed(ray.get(work)))
        self._clean = Standing(packed, replace(settings.limits, jobs=1))
        self._settings = settings
        self._target = target(out)

    def __call__(self, chunks: pa.Table) -> Iterator[dict[str, list[Any]]]:
        for chunk in chunks.to_pylist():
            rendered = self._clean(pickle.loads(chunk["documents"]))
            piece = Piece(chunk["unit"], chunk["first"], len(rendered))
            rows = self._piece(piece, rendered) if self._settings.sharded else self._files(rendered)
            yield {"unit": [piece.unit], "first": [piece.first], "rows": [pickle.dumps(rows, protocol=5)]}

    def _files(self, rendered: Sequence[Rendered]) -> list[Row]:
        faults = self._target.write(one.contents for one in rendered)
        done = list(zip(rendered, faults, strict=True))
        self._target.remove(name for one, fault in done if fault is None for name in one.gone)
        return [one.row if fault is None else unwritable(one.row, fault) for one, fault in done]

    def _piece(self, piece: Piece, rendered: Sequence[Rendered]) -> list[Row]:
        records, ledger = piece.names
        files = [(records, _packed(one.record for one in rendered))]
        if self._settings.ledger == "beside":
            files.append((ledger, _packed(one.ledger for one in rendered)))
        self._target.write([files])
        return [one.row for one in rendered]


def _packed(lines: Iterable[bytes | None]) -> bytes:
    return zstandard.ZstdCompressor(level=3).compress(b"".join(line or b"\n" for line in lines))


def _lines(packed: bytes) -> list[bytes]:
    return list(io.BytesIO(zstandard.ZstdDecompressor().decompress(packed)))


# -------------------------------------------------------------------------- shards


def _write_shards(ray: Any, settings: Settings, out: str, place: Target, pieces: Iterable[Piece]) -> None:
    """Put the shards together, each in a task; remove those that an earlier, longer run left."""
    shards = list(_sliced(sorted(pieces), settings.shard))
    with ray.data.DataContext.current(_context(ray)):
        plans = [{"shard": number, "slices": pickle.dumps(slices)} for number, slices in enumerate(shards)]
        written = ray.data.from_items(plans).map_batches(
            _write_shard,
            fn_kwargs={"settings": replace(settings, inputs=()), "out": out},
            batch_format="pyarrow",
            num_cpus=1,
        )
        for _ in written.iter_rows():
            pass
    number = len(shards)
    while any(place.exists(name) for name in settings.shard_names(number)):
        place.remove(settings.shard_names(number))
        number += 1


def _sliced(pieces: Iterable[Piece], size: int) -> Iterator[list[Slice]]:
    """The pieces of each shard of so many documents.

    >>> list(_sliced([Piece(0, 0, 3), Piece(0, 3, 2)], 4))
    [[Slice(piece=Piece(unit=0, first=0, documents=3), start=0, stop=3), \
Slice(piece=Piece(unit=0, first=3, documents=2), start=0, stop=1)], \
[Slice(piece=Piece(unit=0, first=3, documents=2), start=1, stop=2)]]
    """
    shard: list[Slice] = []
    room = size
    for piece in pieces:
        start = 0
        while start < piece.documents:
            stop = min(piece.documents, start + room)
            shard.append(Slice(piece, start, stop))
            room -= stop - start
            start = stop
            if not room:
                yield shard
                shard, room = [], size
    if shard:
        yield shard


def _write_shard(plans: pa.Table, settings: Settings, out: str) -> Iterator[dict[str, list[Any]]]:
    place = target(out)
    for plan in plans.to_pylist():
        names = settings.shard_names(plan["shard"])
        with tempfile.TemporaryDirectory() as folder:
            paths = [Path(folder, name) for name in names]
            tables = settings.tables(*paths)
            for piece, start, stop in pickle.loads(plan["slices"]):
                for table, name in zip(tables, piece.names, strict=False):
                    for line in _lines(place.read(name))[start:stop]:
                        if line != b"\n":
                            table.add(line)
            for table, path, name in zip(tables, paths, names, strict=False):
                table.close()
                place.put(path, name)
        yield {"shard": [plan["shard"]]}
