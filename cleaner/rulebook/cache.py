"""Checked packs kept on disk, so that a new process need not parse the same rule files again.

An entry holds the packs of the rule files that were asked for together, each under the digest of its file's
name and content; it is named by a digest of the files' names, this package's rule code and the Python version. So a
pack is right or not found, and of edited files only these are read again. Entries lie in the user's cache
directory; the environment variable ``NEWSDUMP_CLEANER_CACHE`` names another one, or is ``off``.
"""

from __future__ import annotations

import gc
import hashlib
import os
import pickle
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

KEEP = 16
"""Entries kept; the oldest go."""


def directory() -> Path | None:
    """Where entries lie; None when caching is off."""
    chosen = os.environ.get("NEWSDUMP_CLEANER_CACHE")
    if chosen == "off":
        return None
    if chosen:
        return Path(chosen)
    from platformdirs import user_cache_path

    return user_cache_path("newsdump-cleaner", appauthor=False)


def key_of(files: Iterable[Path]) -> str:
    """The digest of the rule files' names and of the code that reads them."""
    digest = hashlib.sha256(repr((sys.version_info[:2], sys.platform)).encode())
    for module in sorted(Path(__file__).resolve().parent.glob("*.py")):
        status = module.stat()
        digest.update(f"{module}:{status.st_mtime_ns}:{status.st_size}\n".encode())
    for path in files:
        digest.update(f"{path}\n".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def digest_of(file: Path, content: bytes) -> bytes:
    """The digest of one rule file."""
    return hashlib.sha256(f"{file}\n".encode("utf-8", "surrogateescape") + content).digest()


@contextmanager
def collector_at_rest() -> Iterator[None]:
    """No garbage collection meanwhile: a rulebook is many thousand new objects, none of them garbage, and looking
    through them again and again is a third of the time that it takes to load."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            if not gc.get_freeze_count():  # to the oldest generation with them, without a look at each
                gc.freeze()
                gc.unfreeze()
            gc.enable()


def read(key: str) -> dict[bytes, Any]:
    """The packs of an entry, by :func:`digest_of`; none where it is not there, not readable, or not this user's."""
    folder = directory()
    if folder is None:
        return {}
    path = folder / f"{key}.packs"
    try:
        with open(path, "rb") as file:
            if hasattr(os, "getuid") and os.fstat(file.fileno()).st_uid != os.getuid():
                return {}
            return dict(pickle.load(file))
    except Exception:  # a damaged entry is no entry
        return {}


def write(key: str, packs: dict[bytes, Any]) -> None:
    """Keep the entry if that can be done; a cache that cannot be written costs time, nothing else."""
    folder = directory()
    if folder is None:
        return
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        part = folder / f"{key}.{os.getpid()}.part"
        part.write_bytes(pickle.dumps(packs, protocol=pickle.HIGHEST_PROTOCOL))
        os.replace(part, folder / f"{key}.packs")
        entries = sorted(folder.glob("*.packs"), key=lambda p: p.stat().st_mtime, reverse=True)
        for old in entries[KEEP:]:
            old.unlink(missing_ok=True)
    except OSError:
        return
