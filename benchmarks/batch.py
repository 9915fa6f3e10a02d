"""A batch over many inputs: documents a second, memory, start, second runs.

    python -m benchmarks.batch [--documents N] [--corpus FILE] [--jobs 1,2] [--plot FILE]

Small dumps are written to a temporary folder (N of them, 100,000 by default) and cleaned by the command line, once
for each number of jobs; then again unchanged, and again with one site's pack edited. With ``--corpus``, the
corpus' pages too: as files, as one Parquet file and as one WARC. Memory is resident memory, sampled while it runs.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import random
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


@dataclass
class Measured:
    """One run of the command line."""

    seconds: float
    first: float
    """Seconds until the first document was reported."""
    parent: int
    worker: int
    """Peak resident memory in bytes."""
    samples: list[tuple[float, int, int]] = field(default_factory=list)
    """Seconds, documents done, bytes of the largest worker."""
    done: dict[str, int] = field(default_factory=dict)
    """Documents by why they were done."""


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
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        found = Measured(0, 0, 0, 0)
        watch = threading.Thread(target=_watch, args=(process, log, start, found), daemon=True)
        watch.start()
        if process.wait():
            raise SystemExit(f"cleaner clean ended with {process.returncode}")
        found.seconds = time.perf_counter() - start
        watch.join()
        for line in log.read_text(encoding="utf-8").splitlines():
            why = json.loads(line)["why"]
            found.done[why] = found.done.get(why, 0) + 1
    return found


def _watch(process: subprocess.Popen[bytes], log: Path, start: float, found: Measured) -> None:
    parent = psutil.Process(process.pid)
    while process.poll() is None:
        try:
            workers = [child.memory_info().rss for child in parent.children(recursive=True)]
            found.parent = max(found.parent, parent.memory_info().rss)
        except psutil.Error:
            continue
        found.worker = max([found.worker, *workers])
        size = log.stat().st_size if log.exists() else 0
        if size and not found.first:
            found.first = time.perf_counter() - start
        found.samples.append((time.perf_counter() - start, size, max(workers, default=0)))
        time.sleep(0.02 if not found.first else 0.2)


def write_corpus(corpus: Path, folder: Path) -> dict[str, Path]:
    """The corpus' pages as files, as one Parquet file and as one WARC."""
    import pyarrow as pa
    import pyarrow.parquet as pq
    from fastwarc.warc import WarcRecord, WarcRecordType

    pages = pq.read_table(corpus, columns=["uid", "url", "html"]).to_pylist()
    files = folder / "files"
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
            record.init_headers(0, WarcRecordType.resource)
            record.headers["WARC-Target-URI"] = page["url"] or "urn:none"
            record.headers["Content-Type"] = "text/html; charset=utf-8"
            record.set_bytes_content(page["html"].encode("utf-8", "replace"))
            record.write(out)
    return {"files": files, "Parquet": folder / "pages.parquet", "WARC": folder / "pages.warc"}


def main() -> None:
    """Print the table; draw memory over documents with --plot."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=100_000)
    parser.add_argument("--corpus", type=Path)
    parser.add_argument("--jobs", default="1,2")
    parser.add_argument("--plot", type=Path)
    options = parser.parse_args()
    print(f"{'run':44} {'documents':>9} {'seconds':>8} {'docs/s':>8} {'first':>6} {'worker':>8} {'parent':>8}")
    runs: dict[str, Measured] = {}
    with tempfile.TemporaryDirectory(prefix="cleaner-bench-") as name:
        folder = Path(name)
        dumps, pack = folder / "dumps", folder / "lorne-herald.yaml"
        dumps.mkdir()
        write_dumps(dumps, options.documents)
        pack.write_text(HERALD.format(why="The tide of the day."))
        for jobs in options.jobs.split(","):
            out = folder / f"out{jobs}"
            runs[f"{jobs} jobs"] = _show(f"small dumps, {jobs} jobs", measure(dumps, "-o", out, "-j", jobs, "-r", pack))
        _show("again, unchanged", measure(dumps, "-o", out, "-j", jobs, "-r", pack))
        pack.write_text(HERALD.format(why="The tide of that day."))
        _show("again, one site's pack edited", measure(dumps, "-o", out, "-j", jobs, "-r", pack))
        if options.corpus:
            for kind, path in write_corpus(options.corpus, folder).items():
                for jobs in options.jobs.split(","):
                    out = folder / f"{kind}{jobs}"
                    _show(f"pages as {kind}, {jobs} jobs", measure(path, "-o", out, "-j", jobs, "-f", "jsonl"))
    if options.plot:
        plot(runs, options.plot)


def _show(name: str, found: Measured) -> Measured:
    count = sum(found.done.values())
    print(f"{name:44} {count:9,} {found.seconds:8.1f} {count / found.seconds:8,.0f} {found.first:6.2f} "
          f"{found.worker / 1e6:6.0f}MB {found.parent / 1e6:6.0f}MB  {_reasons(found.done)}", flush=True)  # fmt: skip
    return found


def _reasons(done: dict[str, int]) -> str:
    return ", ".join(f"{why} {count:,}" for why, count in sorted(done.items()))


def plot(runs: dict[str, Measured], path: Path) -> None:
    """The largest worker's memory over the documents done, as a picture."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(7, 3.2), layout="constrained")
    for name, found in runs.items():
        most = max(size for _, size, _ in found.samples) or 1
        count = sum(found.done.values())
        axes.plot([s / most * count for _, s, _ in found.samples], [b / 1e6 for *_, b in found.samples], label=name)
    axes.set(xlabel="documents done", ylabel="MB of the largest worker", ylim=(0, None))
    axes.legend(frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    os.environ.setdefault("SOURCE_DATE_EPOCH", "0")
    figure.savefig(path, metadata=_undated(path))


def _undated(path: Path) -> dict[str, Any]:
    return {"Date": None} if path.suffix == ".svg" else {}


if __name__ == "__main__":
    main()
