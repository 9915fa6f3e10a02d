"""Predictions: asked of a system in worker processes, kept on disk by system, version and page.

A worker that crashes, or takes longer than the time limit over a page, is killed and started anew; the
page is then one without a prediction. What is kept is found again by the page's content, whatever corpus it is in.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import IO, Any

from benchmarks.systems import OURS, ROOT, Prediction, System

Predictions = dict[str, Prediction]
"""By the page's digest."""


class Missing(Exception):
    """A system cannot run here, and nothing is kept of it."""

    @classmethod
    def of(cls, system: System) -> Missing:
        """Its package is not installed."""
        return cls(f"{system.package} is not installed: pip install 'newsdump-cleaner[bench]'")


@dataclass(frozen=True)
class Task:
    """One page for a system."""

    key: str
    """The digest of what the system is given."""
    read: Callable[[], str]
    url: str | None = None


class Worker:
    """One system in a process of its own, started when first asked.

    >>> Worker("text", "everything").ask("A line.", None)["text"]
    'A line.'
    """

    def __init__(self, track: str, name: str, python: str = sys.executable, timeout: float = 60) -> None:
        self.command = [python, "-m", "benchmarks.worker", track, name]
        self.timeout = timeout
        self._process: subprocess.Popen[bytes] | None = None

    def ask(self, page: str, url: str | None) -> dict[str, Any]:
        """The prediction for one page, as the worker says it. An ``error`` where it died over it."""
        process = self._process or self._start()
        late = threading.Timer(self.timeout, process.kill)
        late.start()
        try:
            _pipe(process.stdin).write(json.dumps({"input": page, "url": url}).encode() + b"\n")
            _pipe(process.stdin).flush()
            line = _pipe(process.stdout).readline()
        except BrokenPipeError:
            line = b""
        finally:
            late.cancel()
        if line.endswith(b"\n"):
            return dict(json.loads(line))
        code = process.wait()
        self.close()
        return asdict(Prediction(error=f"ended with {code} (slower than {self.timeout:g} s, or crashed)"))

    def _start(self) -> subprocess.Popen[bytes]:
        path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
        environment = {**os.environ, "PYTHONPATH": path, "PYTHONHASHSEED": "0", "OMP_NUM_THREADS": "1"}
        with tempfile.TemporaryFile() as errors:
            process = subprocess.Popen(
                self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, env=environment
            )
            self._process = process
            if _pipe(process.stdout).readline() != b"ready\n":
                errors.seek(0)
                said = errors.read().decode("utf-8", "replace").strip().splitlines()
                raise Missing(f"{' '.join(self.command)} does not start: {said[-1] if said else 'no reason given'}")
        return process

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    assert pipe is not None
    return pipe


class Predictor:
    """Asks systems, and keeps what they say in ``folder``.

    ``python``: the interpreter that has the peers (ours always runs in this one). ``jobs``: processes a system.
    """

    def __init__(
        self, folder: Path, python: str = sys.executable, *, jobs: int = 1, timeout: float = 60, fresh: bool = False
    ) -> None:
        self.folder, self.python, self.jobs, self.timeout, self.fresh = folder, python, jobs, timeout, fresh

    @cached_property
    def packages(self) -> dict[str, str | None]:
        """The peers' packages and their versions, as the peers' interpreter has them."""
        command = [self.python, "-m", "benchmarks.worker", "--packages"]
        out = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if out.returncode:
            raise SystemExit(f"{self.python} cannot run the peers:\n{out.stderr[-2000:]}")
        return dict(json.loads(out.stdout))

    def predict(self, track: str, system: System, tasks: Iterable[Task], name: str = "") -> Predictions:
        """The system's predictions for these pages. ``name``: of the input, where a track has several.

        Raises Missing where its package is not installed and pages are not kept, SystemExit where its code was
        edited meanwhile: nobody could say then whose predictions they are.
        """
        tasks = list(tasks)
        name = name or ("html" if track == "meta" else track)
        file, version = self._kept_in(system, name)
        kept = {} if self.fresh else dict(_read(file))
        todo = [task for task in tasks if task.key not in kept]
        if todo and version is None:
            raise Missing.of(system)
        if todo:
            file.parent.mkdir(parents=True, exist_ok=True)
            with open(file, "w" if self.fresh else "a", encoding="utf-8") as out:
                for key, answer in self._ask(track, system, todo):
                    out.write(json.dumps({"page": key, **answer}) + "\n")
                    kept[key] = _prediction(answer)
            if self._kept_in(system, name)[0] != file:
                file.unlink()
                raise SystemExit(f"{system.name}: its code changed while it was asked: run again")
        return {task.key: kept[task.key] for task in tasks}

    def version_of(self, system: System) -> str | None:
        """The version of the package a system comes from; None where it is not installed."""
        return "-" if system.package in (None, OURS) else self.packages[str(system.package)]

    def python_for(self, system: System) -> str:
        """The interpreter a system runs in."""
        return sys.executable if system.package in (None, OURS) else self.python

    def _kept_in(self, system: System, name: str) -> tuple[Path, str | None]:
        """The file with what is kept of a system; of the newest version that is, where none is installed."""
        version = self.version_of(system)
        folder, ending = self.folder / "predictions" / system.name, f"{system.fingerprint()}.{name}.jsonl"
        if version is None:
            kept = sorted(folder.glob(f"*~{ending}"), key=lambda path: path.stat().st_mtime)
            return (kept[-1] if kept else folder / f"none~{ending}"), None
        return folder / f"{version}~{ending}", version

    def _ask(self, track: str, system: System, tasks: list[Task]) -> Iterator[tuple[str, dict[str, Any]]]:
        python = self.python_for(system)
        workers = threading.local()
        started: list[Worker] = []

        def ask(task: Task) -> tuple[str, dict[str, Any]]:
            if not hasattr(workers, "mine"):
                workers.mine = Worker(track, system.name, python, self.timeout)
                started.append(workers.mine)
            return task.key, workers.mine.ask(task.read(), task.url)

        try:
            with ThreadPoolExecutor(self.jobs) as threads:
                yield from threads.map(ask, tasks)
        finally:
            for worker in started:
                worker.close()


_FIELDS = frozenset(field.name for field in fields(Prediction))


def _prediction(row: Mapping[str, Any]) -> Prediction:
    return Prediction(**{name: value for name, value in row.items() if name in _FIELDS})


def _read(file: Path) -> Iterator[tuple[str, Prediction]]:
    if file.exists():
        with open(file, encoding="utf-8") as lines:
            for line in lines:
                if line.endswith("\n"):  # else the run was killed in the middle of it
                    row = json.loads(line)
                    yield row["page"], _prediction(row)


def read_predictions(file: Path, name: str) -> Predictions:
    """Predictions from a file of JSON lines: ``id`` (the page's uid), ``text`` and, where there are some, ``title``,
    ``authors``, ``date``. A line with ``input`` counts only for that input (``raw``, ``semi_resi``, ``semi_read``,
    ``html``).
    """
    with open(file, encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines if line.strip()]
    return {row["id"]: _prediction(row) for row in rows if row.get("input", name) == name}
