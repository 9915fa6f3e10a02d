"""A batch over many inputs: documents a second, memory, start, second runs.

    python -m benchmarks.batch [--documents N] [--corpus FILE [--pages N]] [--jobs 1,2] [--plot FILE]

Small dumps are written to a temporary folder (N of them, 100,000 by default) and cleaned by the command line, once
for each number of jobs; then again unchanged, and again with one site's pack edited. With ``--corpus``, N of the
corpus' pages too (all by default): as a folder, as files named one by one, as one Parquet file and as one WARC.

Memory is resident memory, sampled while it runs. CPU seconds do not depend on who else is at work on the machine as
seconds do: on one shared with others quote these, or the ratios of runs that took turns.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import resource
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from benchmarks.generate import generate
from cleaner import Cleaner

HERALD = """\
site: The Lorne Herald
domains: []
recognise: [[{{phrase: The Lorne Herald}}]]
rules:
  - id: lorne-herald.tide
    category: widget
    why: {why}
    phrases: ["tide table of the harbour"]
    hit: ["Tide table of the harbour"]
    miss: ["The tide table of the harbour was wrong."]
"""
HERALD_EVERY = 100
"""One document in so many is the Herald's."""


WORKER_LEAST = 40e6
"""Bytes of a worker that has its rules: one that starts or ends is not shown."""


@dataclass
class Measured:
    """One run of the command line."""

    seconds: float
    first: float
    """Seconds until the first document was reported."""
    parent: int
    worker: int
    """Peak resident memory in bytes."""
    cpu: float = 0
    """CPU seconds of the parent and its workers together."""
    parent_cpu: float = 0
    samples: list[tuple[float, int, int]] = field(default_factory=list)
    """Seconds, documents done, bytes of the largest worker."""
    done: dict[str, int] = field(default_factory=dict)
    """Documents by why they were done."""

    @property
    def documents(self) -> int:
        """How many there were."""
        return sum(self.done.values())

    def curve(self) -> list[tuple[float, float, float]]:
        """Seconds, documents done by then (as the log grew), MB of the largest worker."""
        most = max(size for _, size, _ in self.samples) or 1
        return [(s, size / most * self.documents, b / 1e6) for s, size, b in self.samples if b > WORKER_LEAST]


def write_dumps(folder: Path, count: int) -> None:
    """Small dumps, a thousand to a folder: some 40 lines of invented English news."""
    rng = random.Random(1)
    lines = list(itertools.chain.from_iterable(dump.splitlines() for dump in generate(50)))
    short = [line for line in lines if len(line) < 60]
    long = [line for line in lines if len(line) >= 60]
    for n in range(count):
        path = folder / f"{n // 1000:03}" / f"{n:06}.txt"
        path.parent.mkdir(exist_ok=True)
        body = [
            *rng.choices(short, k=15),
            *rng.choices(long, k=8),
            f"Number {n} ended the list.",
            *rng.choices(short, k=15),
        ]
        masthead = ["The Lorne Herald"] if n % HERALD_EVERY == 0 else []
        path.write_text("\n".join([*masthead, *body]), encoding="utf-8")


def measure(*arguments: str | Path) -> Measured:
    """Run ``cleaner clean`` and look at it from outside."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder, "log.jsonl")
        command = [sys.executable, "-m", "cleaner", "clean", *map(str, arguments), "-q", "--log", str(log)]
        start = time.perf_counter()
        process = psutil.Popen(command, stdout=subprocess.DEVNULL)
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        found = Measured(0, 0, 0, 0)
        watch = threading.Thread(target=_watch, args=(process, log, start, found), daemon=True)
        watch.start()
        if process.wait():
            raise SystemExit(f"cleaner clean ended with {process.returncode}")
        found.seconds = time.perf_counter() - start
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        found.cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        watch.join()
        for line in log.read_text(encoding="utf-8").splitlines():
            why = json.loads(line)["why"]
            found.done[why] = found.done.get(why, 0) + 1
    return found


def _watch(parent: psutil.Popen, log: Path, start: float, found: Measured) -> None:
    while parent.poll() is None:
        try:
            workers = [child.memory_info().rss for child in parent.children(recursive=True)]
            found.parent = max(found.parent, parent.memory_info().rss)
            found.parent_cpu = sum(parent.cpu_times()[:2])
        except psutil.Error:
            continue
        found.worker = max([found.worker, *workers])
        size = log.stat().st_size if log.exists() else 0
        if size and not found.first:
            found.first = time.perf_counter() - start
        found.samples.append((time.perf_counter() - start, size, max(workers, default=0)))
        time.sleep(0.02 if not found.first else 0.2)


def cleaning(folder: Path, count: int) -> float:
    """CPU seconds a document that cleaning alone takes, in this process, once it is warm."""
    cleaner = Cleaner()
    dumps = [path.read_bytes() for path in itertools.islice(sorted(folder.rglob("*.txt")), count)]
    for dump in dumps:
        cleaner.clean(dump)
    start = time.process_time()
    for dump in dumps:
        cleaner.clean(dump)
    return (time.process_time() - start) / len(dumps)


def write_corpus(corpus: Path, folder: Path, count: int | None) -> dict[str, list[Path]]:
    """The corpus' pages as the inputs of a call: a folder, files, one Parquet file, one WARC."""
    import pyarrow as pa
    import pyarrow.parquet as pq
    from fastwarc.warc import WarcRecord, WarcRecordType

    pages = pq.read_table(corpus, columns=["url", "html"]).to_pylist()
    pages = pages[:: max(1, len(pages) // (count or len(pages)))][:count]
    files = folder / "pages"
    for n, page in enumerate(pages):
        path = files / f"{n // 500}" / f"{n:05}.html"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(page["html"], encoding="utf-8", errors="replace")
    pq.write_table(
        pa.Table.from_pylist([{"url": p["url"], "html": p["html"]} for p in pages]), folder / "pages.parquet"
    )
    with open(folder / "pages.warc", "wb") as out:
        for page in pages:
            record = WarcRecord()
            record.init_headers(record_type=WarcRecordType.resource)
            record.headers["WARC-Target-URI"] = page["url"] or "urn:none"
            record.headers["Content-Type"] = "text/html; charset=utf-8"
            record.set_bytes_content(page["html"].encode("utf-8", "replace"))
            record.write(out)
    return {
        "a folder": [files],
        "files": sorted(files.rglob("*.html")),
        "one Parquet file": [folder / "pages.parquet"],
        "one WARC": [folder / "pages.warc"],
    }


def main() -> None:
    """Print the table; draw memory over documents with --plot."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=100_000)
    parser.add_argument("--corpus", type=Path)
    parser.add_argument("--pages", type=int)
    parser.add_argument("--jobs", default="1,2")
    parser.add_argument("--plot", type=Path)
    options = parser.parse_args()
    print(f"{'run':34} {'documents':>9} {'seconds':>8} {'docs/s':>8} {'first':>6} {'worker':>8} {'parent':>8} "
          f"{'CPU s':>7} {'parent':>7}")  # fmt: skip
    runs: dict[str, Measured] = {}
    with tempfile.TemporaryDirectory(prefix="cleaner-bench-") as name:
        folder = Path(name)
        dumps, pack = folder / "dumps", folder / "lorne-herald.yaml"
        dumps.mkdir()
        write_dumps(dumps, options.documents)
        pack.write_text(HERALD.format(why="The tide of the day."))
        for jobs in options.jobs.split(","):
            out = folder / f"out{jobs}"
            found = measure(dumps, "-o", out, "-j", jobs, "-r", pack)
            runs[jobs] = _show(f"small dumps, {_jobs(jobs)}", found)
        _show("again, unchanged", measure(dumps, "-o", out, "-j", jobs, "-r", pack))
        pack.write_text(HERALD.format(why="The tide of that day."))
        _show("again, one site's pack edited", measure(dumps, "-o", out, "-j", jobs, "-r", pack))
        _summary(runs, cleaning(dumps, 2_000))
        if options.corpus:
            for kind, paths in write_corpus(options.corpus, folder, options.pages).items():
                for jobs in options.jobs.split(","):
                    out = folder / f"{kind}{jobs}"
                    _show(f"pages as {kind}, {_jobs(jobs)}", measure(*paths, "-o", out, "-j", jobs, "-f", "jsonl"))
    if options.plot:
        plot(runs, options.plot)


def _show(name: str, found: Measured) -> Measured:
    count = found.documents
    print(f"{name:34} {count:9,} {found.seconds:8.1f} {count / found.seconds:8,.0f} {found.first:6.2f} "
          f"{found.worker / 1e6:6.0f}MB {found.parent / 1e6:6.0f}MB {found.cpu:7.1f} {found.parent_cpu:7.1f}  "
          f"{_reasons(found.done)}", flush=True)  # fmt: skip
    return found


def _jobs(number: str) -> str:
    return f"{number} job{'s'[: number != '1']}"


def _summary(runs: dict[str, Measured], alone: float) -> None:
    for jobs, found in runs.items():
        early = max((mb for _, done, mb in found.curve() if done <= 1_000), default=0)
        print(f"{_jobs(jobs)}: worker {early:.0f} MB up to 1,000 documents, {found.worker / 1e6:.0f} MB in all; "
              f"{found.cpu / found.documents * 1e3:.2f} ms CPU a document, {alone * 1e3:.2f} of them cleaning; "
              f"the parent {found.parent_cpu / found.cpu:.0%} of all CPU")  # fmt: skip
    if {"1", "2"} <= runs.keys():
        print(f"2 jobs are {runs['1'].seconds / runs['2'].seconds:.2f} times 1")


def _reasons(done: dict[str, int]) -> str:
    return ", ".join(f"{why} {count:,}" for why, count in sorted(done.items()))


def plot(runs: dict[str, Measured], path: Path) -> None:
    """Documents over seconds, and the largest worker's memory over documents, as a picture."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, (speed, memory) = pyplot.subplots(1, 2, figsize=(9, 3.2), layout="constrained")
    for jobs, found in runs.items():
        seconds, done, size = zip(*found.curve(), strict=True)
        speed.plot(seconds, done, label=_jobs(jobs))
        memory.plot(done, size, label=_jobs(jobs))
    speed.set(xlabel="seconds", ylabel="documents done", xlim=(0, None), ylim=(0, None))
    memory.set(xlabel="documents done", ylabel="MB of the largest worker", ylim=(0, None))
    for axes in (speed, memory):
        axes.legend(frameon=False)
        axes.spines[["top", "right"]].set_visible(False)
    pyplot.rcParams["svg.hashsalt"] = "cleaner"  # the same picture from the same figures
    figure.savefig(path, metadata=_undated(path))


def _undated(path: Path) -> dict[str, Any]:
    return {"Date": None} if path.suffix == ".svg" else {}


if __name__ == "__main__":
    main()
