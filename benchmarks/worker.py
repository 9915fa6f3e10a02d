"""One system in a process of its own: a page a line on standard input, a prediction a line on standard output.

    python -m benchmarks.worker TRACK SYSTEM      (TRACK: dump, text, html, meta or speed)
    python -m benchmarks.worker --packages        (which of the peers' packages are installed here, as JSON)

Started by :mod:`benchmarks.predict`, with any interpreter that has the system's package.
"""

from __future__ import annotations

import json
import logging
import os
import resource
import sys
import time
import warnings
from dataclasses import asdict, replace
from importlib.metadata import PackageNotFoundError, version

from benchmarks.systems import DUMPS, OURS, PACKAGES, PAGES, PEERS, Prediction, Run, System, ours_in


def main() -> None:
    """Answer until standard input ends."""
    if sys.argv[1:] == ["--packages"]:
        print(json.dumps(_installed()))
        return
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a library prints is no answer
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    run = _find(*sys.argv[1:]).make()
    answers.write("ready\n")
    answers.flush()
    for line in sys.stdin.buffer:
        page = json.loads(line)
        answer = asdict(_predict(run, page["input"], page["url"]))
        answer["memory"], answer["peak"] = _memory()
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


def _find(track: str, name: str) -> System:
    if track in ("dump", "speed"):
        return (DUMPS if track == "dump" else PAGES)[name]
    known = ours_in("text" if track == "text" else "html") if name.startswith("cleaner-") else PEERS[track]
    return next(system for system in known if system.name == name)


def _predict(run: Run, page: str, url: str | None) -> Prediction:
    start = time.perf_counter()
    try:
        found = run(page, url)
    except Exception as error:  # a page that a system cannot read is a page without a prediction
        found = Prediction(error=f"{type(error).__name__}: {error}"[:200])
    seconds = time.perf_counter() - start
    return replace(found if isinstance(found, Prediction) else Prediction(found), seconds=seconds)


def _memory() -> tuple[int, int]:
    """Resident memory now, and the most so far, in bytes."""
    try:
        with open("/proc/self/status", encoding="ascii") as file:
            kilobytes = {
                line.split(":")[0]: int(line.split()[1]) for line in file if line.startswith(("VmRSS", "VmHWM"))
            }
    except OSError:  # not on Linux; there, this would be at least what the process had that started us
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
        return peak, peak
    return kilobytes["VmRSS"] * 1024, kilobytes["VmHWM"] * 1024


def _installed() -> dict[str, str | None]:
    def find(package: str) -> str | None:
        try:
            return version(package)
        except PackageNotFoundError:
            return None

    return {package: find(package) for package in PACKAGES if package != OURS}


if __name__ == "__main__":
    main()
