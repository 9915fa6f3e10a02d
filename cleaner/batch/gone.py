"""Which files are known to be gone: what was written for them is all that ``--prune`` removes."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from functools import lru_cache


class Gone:
    """Says of a file whether it lay below one of the folders and is known to be there no more.

    Not met is not gone: a file may be damaged, left out by a glob, or of another input. What cannot be looked for
    (a folder that may not be listed, a disk that fails) is not known to be gone either.
    """

    def __init__(self, folders: Iterable[str]) -> None:
        self._below = tuple(os.path.join(folder, "") for folder in folders)
        self._lists = lru_cache(maxsize=1_000)(_lists)

    def __call__(self, file: str) -> bool:
        """Whether the file is known to be gone."""
        if not file.startswith(self._below) or not _is_absent(file):
            return False
        folder = os.path.dirname(file)
        while _is_absent(folder):
            folder = os.path.dirname(folder)
        return self._lists(folder)


def _is_absent(path: str) -> bool:
    """Whether the disk says that there is no such file; a link that leads nowhere is there."""
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return True
    except (OSError, ValueError):
        return False
    return False


def _lists(path: str) -> bool:
    """Whether this is a folder whose entries can be listed, or a file (which has none)."""
    try:
        if stat.S_ISREG(os.stat(path).st_mode):
            return True
        with os.scandir(path) as entries:
            next(entries, None)
    except OSError:
        return False
    return True
