"""What a run knows of each input: one row an input, in an SQLite database beside the output."""

from __future__ import annotations

import json
import os
import re
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from cleaner.errors import OutputError

FILE = "state.sqlite"
MANY = 1_000
LAYOUT = 2
"""Changes when the tables do: a state of another layout is not read."""


_START_ANEW = "remove the whole output folder, or write to another one"
"""What to do without a run state: beside the old output a new one would take each file there for somebody else's."""


class Row(NamedTuple):
    """One input and what became of it.

    ``input`` is the digest of its content; ``size`` and ``modified`` (ns) are a plain file's. ``rules`` is the
    digest of all that bears on it (rules, options, version); ``packs`` the packs used, by name. ``removed`` maps
    a category to its lines and words. ``place`` is its number in the run.
    """

    name: str
    outcome: str
    reason: str | None
    site: str | None
    input: str
    size: int | None
    modified: int | None
    rules: str
    packs: tuple[str, ...]
    removed: dict[str, tuple[int, int]]
    place: int
    version: str
    time: float


_COLUMNS = ", ".join(Row._fields)
_MARKS = ", ".join("?" for _ in Row._fields)


class State:
    """The run state of one output folder; ``to_read`` changes nothing there, and is empty where there is none.

    Rows are kept in memory until :meth:`commit`; what is committed survives a kill at any moment.
    Raises OutputError where the database cannot be read or written.
    """

    def __init__(self, folder: Path, to_read: bool = False) -> None:
        self.path = folder / FILE
        self._waiting: list[tuple[Any, ...]] = []
        self._seen: list[tuple[str, bytes | None]] = []
        self._removed: list[tuple[str]] = []
        try:
            with ExitStack() as undo:
                exists = to_read and self.path.exists()
                self._db = _unchangeable(self.path) if exists else _connected(":memory:" if to_read else self.path)
                undo.callback(self._db.close)
                self._check_layout()
                if not exists:
                    self._db.execute("PRAGMA journal_mode = WAL")
                    self._db.execute("PRAGMA synchronous = NORMAL")
                    self._prepare()
                self._is_new = self._db.execute("SELECT 1 FROM documents LIMIT 1").fetchone() is None
                undo.pop_all()
        except sqlite3.OperationalError as error:  # the disk, not the content
            raise OutputError(f"cannot {'read' if to_read else 'write'} the run state {self.path}: {error}") from None
        except sqlite3.Error as error:
            raise OutputError(f"{self.path}: cannot be used as run state ({error}): {_START_ANEW}") from None

    def _check_layout(self) -> None:
        (layout,) = self._db.execute("PRAGMA user_version").fetchone()
        if layout not in (0, LAYOUT):
            raise OutputError(f"{self.path} was written by another version: {_START_ANEW}")

    def _prepare(self) -> None:
        self._db.execute(f"CREATE TABLE IF NOT EXISTS documents ({_COLUMNS}, PRIMARY KEY (name)) WITHOUT ROWID")
        self._db.execute("CREATE INDEX IF NOT EXISTS by_outcome ON documents (outcome)")
        self._db.execute("CREATE INDEX IF NOT EXISTS by_place ON documents (place)")
        self._db.execute("CREATE TABLE IF NOT EXISTS facts (key PRIMARY KEY, value) WITHOUT ROWID")
        self._db.execute("CREATE TABLE IF NOT EXISTS files (name PRIMARY KEY, file) WITHOUT ROWID")
        self._db.execute("CREATE TABLE IF NOT EXISTS written (file PRIMARY KEY) WITHOUT ROWID")
        self._db.execute(f"PRAGMA user_version = {LAYOUT}")

    def get(self, name: str) -> Row | None:
        """The input's row of an earlier run; where there was none when this was opened, none is looked for."""
        if self._is_new:
            return None
        found = self._db.execute(f"SELECT {_COLUMNS} FROM documents WHERE name = ?", (_stored(name),)).fetchone()
        return _row(found) if found else None

    def file_of(self, name: str) -> str | None:
        """The local file that the input of that name came from last."""
        found = self._db.execute("SELECT file FROM files WHERE name = ?", (_stored(name),)).fetchone()
        return os.fsdecode(found[0]) if found and found[0] is not None else None

    def put(self, row: Row) -> None:
        """Note what became of an input; it replaces an earlier row at the next commit."""
        self._waiting.append(_values(row))

    def claim(self, files: Iterable[str]) -> None:
        """Note at once that these files of the output are a run's own: before they get their names, so that a killed
        run leaves none that nobody knows."""
        with self._together():
            self._db.executemany("INSERT OR IGNORE INTO written VALUES (?)", [(_stored(file),) for file in files])

    def is_own(self, file: str) -> bool:
        """Whether some run wrote this file of the output."""
        return self._db.execute("SELECT 1 FROM written WHERE file = ?", (_stored(file),)).fetchone() is not None

    def disown(self, files: Iterable[str]) -> None:
        """Note with the next commit that these files are no run's (any more)."""
        self._removed += [(_stored(file),) for file in files]

    def commit(self) -> None:
        """Make the rows since the last commit lasting."""
        if not self._waiting and not self._removed:
            return
        try:
            self._db.execute("BEGIN")
            self._db.executemany(f"INSERT OR REPLACE INTO documents ({_COLUMNS}) VALUES ({_MARKS})", self._waiting)
            self._db.executemany("DELETE FROM written WHERE file = ?", self._removed)
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            raise OutputError(f"cannot write the run state {self.path}: {error}") from None
        self._waiting.clear()
        self._removed.clear()

    def count(self, first: int, end: int) -> int:
        """How many rows have a place from ``first`` up to, not including, ``end``."""
        (count,) = self._db.execute(
            "SELECT COUNT(*) FROM documents WHERE place >= ? AND place < ?", (first, end)
        ).fetchone()
        return int(count)

    def see(self, name: str, file: str | None = None) -> None:
        """Note that this run has an input of that name, and the local file that it came from."""
        self._seen.append((_stored(name), None if file is None else os.fsencode(file)))
        if len(self._seen) >= MANY:
            self._write_seen()

    def unseen(self) -> list[tuple[str, str | None]]:
        """The names of inputs that this run does not have, and the local files that they came from last."""
        self._write_seen()
        found = self._db.execute(
            "SELECT documents.name, file FROM documents LEFT JOIN files USING (name)"
            " WHERE documents.name NOT IN (SELECT name FROM seen) ORDER BY documents.name"
        )
        return [(_read(name), None if file is None else os.fsdecode(file)) for name, file in found]

    def sources(self) -> Iterator[tuple[str, str]]:
        """The names of inputs that came from local files, and the files."""
        for name, file in self._db.execute("SELECT name, file FROM files WHERE file IS NOT NULL ORDER BY name"):
            yield _read(name), os.fsdecode(file)

    def forget_unseen(self) -> None:
        """Drop the rows of inputs that this run does not have."""
        self._write_seen()
        with self._together():
            for table in ("documents", "files"):
                self._db.execute(f"DELETE FROM {table} WHERE name NOT IN (SELECT name FROM seen)")

    def forget(self, names: Iterable[str]) -> None:
        """Drop the rows of inputs."""
        stored = [(_stored(name),) for name in names]
        with self._together():
            for table in ("documents", "files"):
                self._db.executemany(f"DELETE FROM {table} WHERE name = ?", stored)

    def _write_seen(self) -> None:
        self._db.execute("CREATE TEMP TABLE IF NOT EXISTS seen (name PRIMARY KEY) WITHOUT ROWID")
        with self._together():
            self._db.executemany("INSERT OR IGNORE INTO seen VALUES (?)", [(name,) for name, _ in self._seen])
            self._db.executemany(
                "INSERT INTO files VALUES (?, ?)"
                " ON CONFLICT DO UPDATE SET file = excluded.file WHERE file IS NOT excluded.file",
                self._seen,
            )
        self._seen.clear()

    @contextmanager
    def _together(self) -> Iterator[None]:
        """All that is written meanwhile, or nothing of it."""
        self._db.execute("BEGIN")
        try:
            yield
        except BaseException:
            if self._db.in_transaction:  # a full disk ends it by itself
                self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def rows(self, outcomes: Iterable[str] = ()) -> Iterator[Row]:
        """All rows in the order of the inputs, or those with some outcomes."""
        wanted = list(outcomes)
        where = f"WHERE outcome IN ({', '.join('?' for _ in wanted)})" if wanted else ""
        cursor = self._db.execute(f"SELECT {_COLUMNS} FROM documents {where} ORDER BY place, name", wanted)
        yield from map(_row, cursor)

    def outcomes(self) -> dict[str, int]:
        """How many inputs have each outcome."""
        return dict(self._db.execute("SELECT outcome, COUNT(*) FROM documents GROUP BY outcome"))

    def fact(self, key: str) -> Any:
        """What was noted about the run under ``key``; None when nothing was."""
        found = self._db.execute("SELECT value FROM facts WHERE key = ?", (key,)).fetchone()
        return json.loads(found[0]) if found else None

    def note(self, key: str, value: Any) -> None:
        """Note a fact about the run (JSON)."""
        self._db.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (key, json.dumps(value)))

    def close(self) -> None:
        """Commit and close."""
        try:
            self.commit()
            if self._seen:
                with suppress(sqlite3.Error):  # the next run sees them again
                    self._write_seen()
        finally:
            self._db.close()


def _connected(path: Path | str, uri: bool = False) -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None, uri=uri)


def _unchangeable(path: Path) -> sqlite3.Connection:
    """The database, to be read only; where nobody may write beside it even without the files that guard a reader."""
    address = path.resolve().as_uri()
    db = _connected(f"{address}?mode=ro", uri=True)
    try:
        db.execute("PRAGMA user_version").fetchone()
    except sqlite3.OperationalError:
        db.close()
        db = _connected(f"{address}?mode=ro&immutable=1", uri=True)
    return db


def _stored(text: str) -> str:
    """SQLite takes no lone surrogates: they are written as ``\\udcff``, and read as that."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _read(stored: str) -> str:
    """The name as it was before :func:`_stored`. (Names of documents hold no backslash of their own.)"""
    return _SURROGATE.sub(lambda found: chr(int(found[1], 16)), stored)


_SURROGATE = re.compile(r"\\u(d[89a-f][0-9a-f]{2})")


def _values(row: Row) -> tuple[Any, ...]:
    """A row as the database takes it."""
    values = row._asdict()
    values["name"] = _stored(row.name)
    values["reason"] = row.reason and _stored(row.reason)
    values["packs"] = json.dumps(row.packs)  # files' names: a lone surrogate may be in one
    values["removed"] = orjson.dumps(row.removed).decode()
    return tuple(values.values())


def _row(found: tuple[Any, ...]) -> Row:
    """A row as the database gives it."""
    values = dict(zip(Row._fields, found, strict=True))
    values["name"] = _read(values["name"])
    values["packs"] = tuple(json.loads(values["packs"]))
    values["removed"] = {category: tuple(counts) for category, counts in orjson.loads(values["removed"]).items()}
    return Row(**values)
