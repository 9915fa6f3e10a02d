"""A cleaner that documents can hang, kill and starve, and work for it; for tests of workers, which import it."""

from __future__ import annotations

import ctypes
import json
import os
import re
import signal
import time
from pathlib import Path
from typing import Any

import psutil

from cleaner import Cleaned, Cleaner
from cleaner.batch.document import Document


def hang_in_c() -> None:
    """Hours in C code that holds the GIL."""
    re.match(r"(a+)+$", "a" * 60 + "b")


def kill_once(flag: str) -> None:
    if not os.path.exists(flag):
        Path(flag).touch()
        os.kill(os.getpid(), signal.SIGKILL)


FAULTS: dict[str, Any] = {
    "HANG": hang_in_c,
    "SLEEP": lambda: time.sleep(1000),
    "KILL": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "EXIT": lambda: os._exit(3),
    "SEGFAULT": lambda: ctypes.string_at(0),
    "MEMORY": lambda: bytearray(10 << 30),
    "ERROR": lambda: 1 / 0,
    "NAP": lambda *words: time.sleep(0.05),
    "KILL-ONCE": kill_once,
}


class Faulty(Cleaner):
    """Does as the document says: ``!KILL``, ``!SLEEP`` …; cleans it where it says nothing."""

    def clean(self, raw: str | bytes, *arguments: Any, **known: Any) -> Cleaned:
        if isinstance(raw, str) and raw.startswith("!"):
            fault, *values = raw[1:].split()
            FAULTS[fault](*values)
        return super().clean(raw, *arguments, **known)


def in_full(document: Document, page: Cleaned) -> tuple[str, str]:
    """The name, and the whole page as JSON."""
    return document.name, json.dumps(page.to_dict())


def outcome(document: Document, page: Cleaned) -> tuple[str, str | None]:
    """The outcome and its reason."""
    return str(page.outcome), page.reason


def memory(document: Document, page: Cleaned) -> int:
    """The worker's resident memory in bytes."""
    return int(psutil.Process().memory_info().rss)


def refuse(document: Document, page: Cleaned) -> str:
    """Fail to write the document ``bad``."""
    if document.name == "bad":
        raise OSError(28, "No space left on device")
    return document.name


def unpicklable(document: Document, page: Cleaned) -> Any:
    """What cannot travel back."""
    return lambda: None
