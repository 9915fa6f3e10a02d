"""Where several writers write to: a folder that all of them see, or a store behind an address.

Every name stands for one content, whoever writes it and however often: so a task that is done again writes over
itself. A file is whole or not there: written aside and renamed, or put, which object stores do at once.
"""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import Protocol

from cleaner.batch.output import ONE_DOCUMENT, Folder, Part, remove, write_part
from cleaner.batch.read.remote import Store, is_address
from cleaner.errors import OutputError

Files = Sequence[tuple[str, bytes]]
"""Files of one document: names below the target, with ``/``, and contents."""


class Target(Protocol):
    """Raises OutputError where nothing more can be written."""

    def write(self, documents: Iterable[Files]) -> list[OSError | None]:
        """Write the files of some documents; a document whose names no file can have gets that error."""

    def put(self, path: Path, name: str) -> None:
        """Write a file that lies on this machine."""

    def read(self, name: str) -> bytes:
        """A file's content."""

    def exists(self, name: str) -> bool:
        """Whether there is such a file."""

    def remove(self, names: Iterable[str]) -> None:
        """Remove files, where they are there."""

    def remove_folder(self, name: str) -> None:
        """Remove a folder with all that is in it, where it is there."""


def target(out: Path | str) -> Target:
    """What is behind a path or an address. It travels to other processes.

    Raises InputError where the library for an address is missing.
    """
    return StoreTarget(out) if isinstance(out, str) and is_address(out) else FolderTarget(Path(out).absolute())


class FolderTarget:
    """A folder; on a cluster, one that every machine has under the same path."""

    def __init__(self, out: Path) -> None:
        self.out = out

    @cached_property
    def _folder(self) -> Folder:
        return Folder(self.out, own=uuid.uuid4().hex)  # two machines have processes of the same number

    def write(self, documents: Iterable[Files]) -> list[OSError | None]:
        """Write the files of some documents, synced and renamed together."""
        written: list[list[Part]] = []
        unwritten: list[OSError | None] = []
        for files in documents:
            parts, fault = [], None
            try:
                parts = [write_part(str(self._folder.parts), self._at(name), content) for name, content in files]
            except OSError as error:
                if error.errno not in ONE_DOCUMENT:
                    raise OutputError(f"cannot write to {self.out}: {error.strerror}") from error
                fault = error
            written.append(parts)
            unwritten.append(fault)
        return [early or late for early, late in zip(unwritten, self._folder.settle(written), strict=True)]

    def put(self, path: Path, name: str) -> None:
        """Write a file that lies on this machine."""
        part = self._folder.parts / path.name
        try:
            shutil.copyfile(path, part)
        except OSError as error:
            raise OutputError(f"cannot write to {self.out}: {error.strerror}") from error
        self._folder.settle_all([Part(str(part), self._at(name))])

    def read(self, name: str) -> bytes:
        """A file's content."""
        return Path(self._at(name)).read_bytes()

    def exists(self, name: str) -> bool:
        """Whether there is such a file."""
        return os.path.exists(self._at(name))

    def remove(self, names: Iterable[str]) -> None:
        """Remove files, where they are there."""
        remove(map(self._at, names))

    def remove_folder(self, name: str) -> None:
        """Remove a folder with all that is in it, where it is there."""
        shutil.rmtree(self._at(name), ignore_errors=True)

    def _at(self, name: str) -> str:
        return os.path.join(self.out, *name.split("/"))


class StoreTarget:
    """A store that fsspec knows."""

    def __init__(self, address: str) -> None:
        self.address = address
        store = Store(address)
        self._files, self._root = store.files, store.root

    def write(self, documents: Iterable[Files]) -> list[OSError | None]:
        """Write the files of some documents, several at a time where the store can."""
        every = list(documents)
        contents = {self._at(name): content for files in every for name, content in files}
        with self._refusing():
            if not self._files.async_impl:  # object stores have no folders, and no need for any
                for folder in {path.rpartition("/")[0] for path in contents}:
                    self._files.makedirs(folder, exist_ok=True)
            if contents:
                self._files.pipe(contents)
        return [None for _ in every]

    def put(self, path: Path, name: str) -> None:
        """Write a file that lies on this machine."""
        with self._refusing():
            self._files.put_file(str(path), self._at(name))

    def read(self, name: str) -> bytes:
        """A file's content."""
        with self._refusing("read from"):
            content: bytes = self._files.cat_file(self._at(name))
            return content

    def exists(self, name: str) -> bool:
        """Whether there is such a file."""
        with self._refusing("read from"):
            self._files.invalidate_cache()
            return bool(self._files.exists(self._at(name)))

    def remove(self, names: Iterable[str]) -> None:
        """Remove files, where they are there."""
        with self._refusing():
            for name in names:
                with suppress(FileNotFoundError):
                    self._files.rm_file(self._at(name))

    def remove_folder(self, name: str) -> None:
        """Remove a folder with all that is in it, where it is there."""
        with self._refusing(), suppress(FileNotFoundError):
            self._files.invalidate_cache()
            self._files.rm(self._at(name), recursive=True)

    def _at(self, name: str) -> str:
        return f"{self._root.rstrip('/')}/{name}"

    @contextmanager
    def _refusing(self, doing: str = "write to") -> Iterator[None]:
        try:
            yield
        except FileNotFoundError:
            raise OutputError(f"cannot {doing} {self.address}: no such place") from None
        except Exception as error:  # each store has errors of its own
            raise OutputError(f"cannot {doing} {self.address}: {error or type(error).__name__}") from error
