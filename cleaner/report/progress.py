"""What a long run says while it works: a bar on a terminal, a line now and then elsewhere, JSON lines on request."""

from __future__ import annotations

import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from types import TracebackType
from typing import IO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn

from cleaner.batch.output import to_json
from cleaner.batch.state import Row

EVERY = 30.0
"""Seconds between two lines where standard error is no terminal."""
EVERY_BAR = 0.1
"""Seconds between two states of the bar: moving it costs more than many a document."""


class Reporter:
    """Shows how a run goes. ``log`` takes a line of JSON a document.

    ``count`` says how many documents there are, or None where nobody knows; it is asked in another thread, so that
    the run need not wait for it, and only where something is shown.
    """

    def __init__(
        self, log: IO[bytes] | None = None, quiet: bool = False, count: Callable[[], int | None] | None = None
    ) -> None:
        console = Console(stderr=True)
        self.log = log
        self.quiet = quiet
        self.count = count
        self.total: int | None = None
        self.counts: Counter[str] = Counter()
        self.start = self.told = time.monotonic()
        self.bar = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TextColumn("{task.fields[outcomes]}"),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=quiet or not console.is_terminal,
        )
        self.every = EVERY if self.bar.disable else EVERY_BAR
        self.task = self.bar.add_task("cleaning", total=None, rate="", outcomes="")

    def __enter__(self) -> Reporter:
        self.bar.start()
        if self.count is not None and not self.quiet:
            threading.Thread(target=self._ask, name="count", daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        if kind is None and self.counts and not self.bar.disable:
            self._show(self.counts.total())
        self.bar.stop()

    def __call__(self, row: Row, why: str) -> None:
        """One document is done."""
        self.counts[row.outcome] += 1
        if self.log is not None:
            event = {"event": "document", "name": row.name, "outcome": row.outcome, "reason": row.reason}
            self.log.write(to_json({**event, "why": why, "site": row.site, "time": row.time}) + b"\n")
        if not self.quiet and (now := time.monotonic()) - self.told > self.every:
            self.told = now
            self._show(self.counts.total())

    def _ask(self) -> None:
        if self.count is not None:
            self.total = self.count()

    def _show(self, done: int) -> None:
        seconds = max(0.001, time.monotonic() - self.start)
        total = self.total if self.total is not None and self.total >= done else None
        outcomes = " ".join(f"{o} {self.counts[o]:,}" for o in ("OK", "FLAG", "EMPTY", "FAIL") if self.counts[o])
        if not self.bar.disable:
            rate = f"{done / seconds:,.0f}/s"
            self.bar.update(self.task, completed=done, total=total, rate=rate, outcomes=outcomes)
            return
        of, left = "", ""
        if total is not None:
            of, left = f" of {total:,}", f", {_clock(seconds / done * (total - done))} left"
        print(
            f"cleaner: {done:,}{of} documents, {done / seconds:,.0f}/s{left}, {outcomes}", file=sys.stderr, flush=True
        )


def _clock(seconds: float) -> str:
    """Hours, minutes and seconds.

    >>> _clock(5025), _clock(7)
    ('1:23:45', '0:00:07')
    """
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"
