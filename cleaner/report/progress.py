"""What a long run says while it works: a bar on a terminal, a line now and then elsewhere, JSON lines on request."""

from __future__ import annotations

import sys
import time
from collections import Counter
from types import TracebackType
from typing import IO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn

from cleaner.batch.output import to_json
from cleaner.batch.state import Row

EVERY = 30.0
"""Seconds between two lines where standard error is no terminal."""


class Reporter:
    """Shows how a run goes; the number of inputs is not known before. ``log`` takes a line of JSON a document."""

    def __init__(self, log: IO[bytes] | None = None, quiet: bool = False) -> None:
        self.console = Console(stderr=True)
        self.log = log
        self.quiet = quiet
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
            console=self.console,
            transient=True,
            disable=quiet or not self.console.is_terminal,
        )
        self.task = self.bar.add_task("cleaning", total=None, rate="", outcomes="")

    def __enter__(self) -> Reporter:
        self.bar.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.bar.stop()

    def __call__(self, row: Row, why: str) -> None:
        """One document is done."""
        self.counts[row.outcome] += 1
        done = self.counts.total()
        if self.log is not None:
            event = {"event": "document", "name": row.name, "outcome": row.outcome, "reason": row.reason}
            self.log.write(to_json({**event, "why": why, "site": row.site, "time": row.time}) + b"\n")
        rate = done / max(0.001, time.monotonic() - self.start)
        if not self.bar.disable:
            self.bar.update(self.task, completed=done, rate=f"{rate:,.0f}/s", outcomes=self._outcomes())
        elif not self.quiet and time.monotonic() - self.told > EVERY:
            self.told = time.monotonic()
            print(f"cleaner: {done:,} documents, {rate:,.0f}/s, {self._outcomes()}", file=sys.stderr, flush=True)

    def _outcomes(self) -> str:
        return " ".join(
            f"{outcome} {self.counts[outcome]:,}" for outcome in ("OK", "FLAG", "EMPTY", "FAIL") if self.counts[outcome]
        )
