"""What was named on the call → the folders, files and globs to read, and what their documents are called."""

from __future__ import annotations

import glob
import os
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice, takewhile
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from cleaner.batch.document import Document
from cleaner.batch.read.extras import library
from cleaner.batch.read.kinds import HEAD, SUFFIXES, is_one_document, is_read, kind_of
from cleaner.batch.read.names import Item, Names, PassedOver
from cleaner.batch.read.options import DEFAULTS, Reading
from cleaner.batch.read.remote import PAGES, Store, is_address
from cleaner.batch.read.walk import Found, Glob, LocalDisk, Place, fits, leads, walk
from cleaner.errors import InputError, OutputError, UsageError

FILE, FOLDER, MISSING = "file", "folder", "missing"
_LIBRARIES = {"parquet": "pyarrow.parquet", "warc": "fastwarc.warc"}


@dataclass(frozen=True, slots=True)
class Source:
    """One input, or the globs that search one folder. ``label`` begins the names of its documents."""

    given: str
    kind: str
    path: str
    store: Store | None = None
    globs: tuple[Glob, ...] = ()
    label: str = ""

    @property
    def parts(self) -> tuple[str, ...]:
        """The whole path, for comparing with others'."""
        path = self.path if self.store else os.path.abspath(self.path)
        return tuple(part for part in path.replace(os.sep, "/").split("/") if part)

    def found(self, reading: Reading, passed_over: PassedOver | None = None) -> Iterator[Found | Document]:
        """Its files, and the folders that cannot be listed."""
        name = self.parts[-1] if self.parts else self.path
        if self.kind == FOLDER:
            yield from walk(self.place, self.path, self.label, reading, self.globs, passed_over)
        elif reading.wants(name):
            yield Found(self.path, Item(self.label, name, passed_over))

    @property
    def place(self) -> Place:
        """Where it lies."""
        return self.store or LocalDisk(self.path)


def read_documents(
    inputs: Sequence[str | Path],
    reading: Reading = DEFAULTS,
    passed_over: PassedOver | None = None,
) -> Iterator[Document]:
    """The documents of all inputs, one after the other as they are read, in the order of the inputs.

    An input is a folder (searched for the suffixes in :data:`SUFFIXES`, hidden entries left out), a file (read
    whatever its suffix), a glob, or the address of one of these. What cannot be read is a document with its
    ``failure``; ``passed_over`` hears of the files and members of archives whose suffix is none that is read, and of
    hard links in archives. Nothing is held but one folder's entries.

    With one input, documents are named by their place in it. With several, those of a folder begin with the
    folder's name (``news/a.txt``; ``news~2/a.txt`` where two folders share it); files named by themselves keep
    their base name, or where these are equal as much of their path as tells them apart. What lies in two inputs
    is read once.

    Raises InputError where the library for an address is missing, UsageError when inputs is no list.

    >>> [d.failure for d in read_documents(["nowhere.txt"])]
    ['unreadable: No such file or directory']
    """
    for source in sources(inputs, reading):
        yield from documents_in(source, source.found(reading, passed_over), reading)


def documents_in(source: Source, found: Iterable[Found | Document], reading: Reading) -> Iterator[Document]:
    """The documents of some of the files that were found in a source, one file after the other."""
    place = source.place
    for one in found:
        if isinstance(one, Document):
            yield one
        else:
            file = os.path.abspath(one.path) if source.store is None else None
            for document in place.documents(one.path, one.item, reading):
                yield document._replace(file=file)


def count_documents(inputs: Sequence[str | Path], reading: Reading = DEFAULTS) -> int | None:
    """How many documents the inputs hold, where listing them tells; None where that would take reading them, as with
    archives, tables and what lies behind an address.

    >>> count_documents(["x.txt", "y.html"]), count_documents(["x.txt", "pages.parquet"])
    (2, None)
    """
    count = 0
    for source in sources(inputs, reading):
        if source.store is not None:
            return None
        for found in source.found(reading):
            if isinstance(found, Found) and not is_one_document(found.path):
                return None
            count += 1
    return count


def local_folders(inputs: Sequence[str | Path], reading: Reading = DEFAULTS) -> list[str]:
    """The folders of this machine that the inputs are searched in."""
    return [os.path.abspath(s.path) for s in sources(inputs, reading) if s.kind == FOLDER and s.store is None]


def whole_folders(inputs: Sequence[str | Path], reading: Reading = DEFAULTS) -> tuple[str, ...]:
    """The folders of this machine that are read whole, as they really lie, each with a slash at its end."""
    return tuple(
        os.path.join(os.path.realpath(source.path), "")
        for source in sources(inputs, reading)
        if source.kind == FOLDER and source.store is None and not source.globs
    )


def check_inputs(inputs: Sequence[str | Path], out: str | Path, reading: Reading = DEFAULTS) -> None:
    """Refuse what cannot work before any work is done.

    Raises InputError for an input that does not exist, a glob that fits nothing, inputs that hold nothing to read,
    or a library that they need and that is missing; OutputError when the output, or what is written in it of one of
    the inputs, lies inside an input (it would be read as input).

    >>> check_inputs(["nowhere"], "out")
    Traceback (most recent call last):
    cleaner.errors.InputError: nowhere: no such file or folder
    """
    found = sources(inputs, reading)
    for source in found:
        _check_exists(source, reading)
        _refuse_overlap(source, out)
    if not is_address(str(out)):
        _refuse_mirrored([source for source in found if source.store is None], out)
    if not any(True for source in found for _ in source.found(reading)):
        where = ", ".join(map(str, inputs))
        if reading.include or reading.exclude:
            asked = {"--include": reading.include, "--exclude": reading.exclude}
            globs = [f"{option} {glob}" for option, given in asked.items() for glob in given]
            raise InputError(f"no dumps in {where} that {' '.join(globs)} lets in: looked for {SUFFIXES}")
        raise InputError(f"no dumps in {where}: looked for {SUFFIXES}")


def _check_exists(source: Source, reading: Reading) -> None:
    missing = source.kind == MISSING
    if source.store is not None and not missing:
        missing = source.store.at(source.path) is None
    if missing:
        is_page = source.store is not None and source.store.protocol in PAGES
        told = "no page could be fetched there" if is_page else "no such file or folder"
        raise InputError(f"{source.given}: {told}")
    for pattern in source.globs:
        one = replace(source, globs=(pattern,))
        if next(one.found(reading), None) is None:
            raise InputError(f"{source.given}: no file fits")
    if source.kind == FILE and source.store is None and os.path.isfile(source.path):
        try:
            with open(source.path, "rb") as file:
                kind = kind_of(file.read(HEAD), source.path)
        except OSError as error:
            raise InputError(f"{source.given}: {error.strerror}") from None
        if kind in _LIBRARIES:
            library(_LIBRARIES[kind])


def _refuse_overlap(source: Source, out: str | Path) -> None:
    if source.store is not None or is_address(str(out)):
        if source.kind == FOLDER and _identity(_source(str(out)))[: len(_identity(source))] == _identity(source):
            raise OutputError(f"the output {out} lies inside the input {source.given}: choose a folder outside it")
        return
    target = Path(out).resolve()
    given = Path(source.path).resolve()
    if source.kind == FILE and target == given.parent:
        raise OutputError(f"the output {out} is the folder of the input {source.given}: choose another folder")
    if source.kind == FOLDER and target.is_relative_to(given):
        inside = target.relative_to(given).parts
        if not source.globs or not inside or any(_reaches(inside, pattern) for pattern in source.globs):
            raise OutputError(f"the output {out} lies inside the input {source.given}: choose a folder outside it")


def _refuse_mirrored(local: Sequence[Source], out: str | Path) -> None:
    """Refuse an output in which what is read in one of the inputs would be written into one of them."""
    places = sorted((Path(source.path).resolve().parts, number) for number, source in enumerate(local))
    folders: dict[tuple[str, ...], list[Source]] = {}
    files: dict[tuple[str, ...], Source] = {}
    """One of the files in each folder."""
    for place, number in places:
        if local[number].kind == FOLDER:
            folders.setdefault(place, []).append(local[number])
        else:
            files.setdefault(place[:-1], local[number])
    for source in local:
        if source.kind != FOLDER:
            continue
        written = Path(out, source.label).resolve()
        parts = written.parts
        if source.label:
            above = (folders.get(parts[:end], []) for end in range(1, len(parts) + 1))
            for other in chain(*above, [files[parts]] if parts in files else []):
                _refuse_overlap(other, written)
        for place, number in islice(places, bisect_left(places, (parts, -1)), None):
            if place[: len(parts)] != parts:
                break
            other, mirrored = local[number], Path(source.path, *place[len(parts) :])
            if other.kind == FOLDER and os.path.lexists(mirrored):
                raise OutputError(
                    f"what is read in {mirrored} would be written into the input {other.given}: choose another output"
                )


def _reaches(inside: tuple[str, ...], pattern: Glob) -> bool:
    """Whether a search for the glob would read what is written into that folder."""
    return leads(inside, pattern) or any(fits(inside[:end], pattern) for end in range(len(inside) + 1))


def sources(inputs: Sequence[str | Path], reading: Reading) -> list[Source]:
    """The inputs as they are to be read: what lies in another left out, globs of one folder together, each labelled."""
    if isinstance(inputs, str | Path):
        raise UsageError("inputs is a list of files and folders: [path]")
    found = [_source(os.fspath(given)) for given in inputs]
    return _labelled(_once(_globs_together(found), reading))


def _source(given: str) -> Source:
    if given.lower().startswith("file://"):
        return _local(given, url2pathname(urlsplit(given).path))
    if is_address(given):
        return _remote(given)
    return _local(given, given)


def _local(given: str, path: str) -> Source:
    if os.path.isdir(path):
        return Source(given, FOLDER, path)
    if os.path.lexists(path) or not glob.has_magic(path):
        return Source(given, FILE if os.path.lexists(path) else MISSING, path)
    root, pattern = _split_glob(path.replace(os.sep, "/"))
    return Source(given, FOLDER if os.path.isdir(root) else MISSING, root, globs=(pattern,))


def _remote(given: str) -> Source:
    store = Store(given)
    if glob.has_magic(store.root) and store.protocol not in PAGES:
        root, pattern = _split_glob(store.root)
        return Source(given, FOLDER, root, store, (pattern,))
    kinds = {True: FOLDER, False: FILE, None: MISSING}
    return Source(given, kinds[store.at(store.root)], store.root, store)


def _split_glob(path: str) -> tuple[str, Glob]:
    """The folder that a glob searches, and the glob inside it."""
    parts = path.split("/")
    first = next(at for at, part in enumerate(parts) if glob.has_magic(part))
    root = "/".join(parts[:first]) or ("/" if path.startswith("/") else ".")
    pattern = [
        part for at, part in enumerate(parts[first:]) if part and (part != "**" or parts[first + at - 1] != "**")
    ]
    return root, tuple(pattern)


def _globs_together(found: list[Source]) -> list[Source]:
    merged: dict[object, Source] = {}
    for at, source in enumerate(found):
        key = (source.store and source.store.protocol, source.parts) if source.globs and source.kind == FOLDER else at
        known = merged.get(key)
        merged[key] = replace(known, globs=(*known.globs, *source.globs)) if known else source
    return list(merged.values())


def _once(found: list[Source], reading: Reading) -> list[Source]:
    """The sources without those that another reads as well."""
    places = [_identity(source) for source in found]
    whole = {place for place, source in zip(places, found, strict=True) if source.kind == FOLDER and not source.globs}
    kept: list[Source] = []
    seen: set[tuple[str, ...]] = set()
    for place, source in zip(places, found, strict=True):
        if source.globs:
            kept.append(source)
        elif place not in seen and not _is_read_in(place, source, whole, reading):
            seen.add(place)
            kept.append(source)
    return kept


def _identity(source: Source) -> tuple[str, ...]:
    if source.store is not None:
        return (source.store.protocol, *source.parts)
    return ("", *(part for part in os.path.realpath(source.path).replace(os.sep, "/").split("/") if part))


def _is_read_in(place: tuple[str, ...], source: Source, folders: set[tuple[str, ...]], reading: Reading) -> bool:
    """Whether the walk of one of the folders comes to this place, and reads it."""
    for depth in range(1, len(place)):
        below = place[depth:]
        if place[:depth] in folders and not any(part.startswith(".") for part in below):
            path = "/".join(below)
            if source.kind == FOLDER and not reading.refuses(path):
                return True
            if source.kind != FOLDER and is_read(place[-1]) and reading.wants(path):
                return True
    return False


def _labelled(found: list[Source]) -> list[Source]:
    """Each with what the names of its documents begin with: no two alike."""
    files = [source for source in found if source.kind != FOLDER]
    depth = _depth_that_tells_apart([source.parts for source in files])
    names = Names()
    labelled = []
    for position, source in enumerate(found, start=1):
        label = ""
        if source.kind != FOLDER:
            label = names.file("/".join(source.parts[depth:] if depth is not None else source.parts[-1:]) or "_")
        elif len(found) > 1:
            base = source.parts[-1] if source.parts else "_"
            label = names.folder_at(base, position)
        labelled.append(replace(source, label=label))
    return labelled


def _depth_that_tells_apart(paths: list[tuple[str, ...]]) -> int | None:
    """How many leading parts all the files' folders share; None where base names tell the files apart."""
    if len({path[-1:] for path in paths}) == len(paths):
        return None
    shared = takewhile(lambda parts: len(set(parts)) == 1, zip(*(path[:-1] for path in paths), strict=False))
    return len(list(shared))
