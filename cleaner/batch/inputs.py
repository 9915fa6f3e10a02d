"""Which files a run reads, and the names their outputs get."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from cleaner.errors import InputError, OutputError

SUFFIXES = frozenset([".txt", ".text", ".html", ".htm", ".xhtml"])


@dataclass(frozen=True, slots=True)
class Input:
    """One file, and its name under the output folder (relative, with its suffix)."""

    path: Path
    name: Path


def find_inputs(paths: Iterable[str | Path]) -> tuple[list[Input], int]:
    """The files under ``paths``, in a fixed order, and how many others were passed over.

    A folder is searched for the suffixes in :data:`SUFFIXES`, its files are named by their place in
    it; a file named outright is always taken and keeps its base name. Where names would collide (two
    inputs hold the same relative path) they are told apart by as much of the path as is needed.

    Raises InputError for a path that does not exist.
    """
    found: list[Input] = []
    skipped = 0
    for given in map(Path, paths):
        if given.is_dir():
            for path in _walk(given):
                if path.suffix.lower() in SUFFIXES:
                    found.append(Input(path, path.relative_to(given)))
                else:
                    skipped += 1
        elif given.exists():
            found.append(Input(given, Path(given.name)))
        else:
            raise InputError(f"{given}: no such file or folder")
    return _told_apart(found), skipped


def _walk(folder: Path) -> Iterator[Path]:
    for root, folders, files in os.walk(folder):
        folders[:] = sorted(f for f in folders if not f.startswith("."))
        yield from (Path(root, f) for f in sorted(files) if not f.startswith("."))


def _told_apart(inputs: list[Input]) -> list[Input]:
    """Inputs with distinct names; the same file named twice is read once."""
    unique = {os.path.realpath(i.path): i for i in reversed(inputs)}
    inputs = [i for i in inputs if unique[os.path.realpath(i.path)] is i]
    if len({i.name for i in inputs}) == len(inputs):
        return inputs
    root = Path(os.path.commonpath([i.path.absolute().parent for i in inputs]))
    return [Input(i.path, i.path.absolute().relative_to(root)) for i in inputs]


def refuse_overlap(inputs: Iterable[str | Path], out: Path) -> None:
    """Raise OutputError when the output lies inside an input folder (it would be read as input)."""
    target = out.resolve()
    for given in map(Path, inputs):
        if given.is_dir() and target.is_relative_to(given.resolve()):
            raise OutputError(f"the output {out} lies inside the input {given}: choose a folder outside it")
        if given.is_file() and target == given.resolve().parent:
            raise OutputError(f"the output {out} is the folder of the input {given}: choose another folder")
