"""Ray beside the engine of one machine, and Ray's and Spark's shells beside the plain call.

    python -m benchmarks.engines [--documents N] [--jobs N] [--runs N] [--corpus FILE [--pages N]]

N small dumps are cleaned by ``cleaner clean`` with so many jobs and by ``--engine ray`` with as many actors, by turns;
with ``--corpus`` the corpus' pages too, as one web archive, as a crawl leaves them. The outputs must be the same files,
byte for byte. Then ``cleaner.ray`` and ``cleaner.spark``, in one worker each, beside ``clean_batch`` in this process:
the same documents (the corpus' pages and dumps of them by turns), and every column must be the same.

``from first to last`` leaves out what is paid once: starting Ray takes seconds, however much is to be cleaned. On a
machine that others use too, CPU seconds say more than seconds: an engine of more processes gets a larger share of it.
"""

from __future__ import annotations

import argparse
import filecmp
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pyarrow as pa

from benchmarks.batch import write_corpus, write_dumps
from benchmarks.dumps import dump_lines
from cleaner import Cleaner
from cleaner.arrow import clean_batch
from cleaner.batch.output import STATE

ENGINES = ("local", "ray")


@dataclass
class Measured:
    """One run of the command line."""

    documents: int
    seconds: float
    between: float
    """Seconds from the first document to the last."""
    cpu: float
    """CPU seconds of all its processes between these, from samples."""
    memory: int
    """Bytes that its processes had to themselves, together, at most."""

    @property
    def rate(self) -> float:
        """Documents a second, from the first to the last."""
        return self.documents / self.between

    @property
    def by_cpu(self) -> float:
        """The same of a CPU second."""
        return self.documents / self.cpu


def measure(engine: str, jobs: int, out: Path, *inputs: Path) -> Measured:
    """Run ``cleaner clean`` and look at it and all its processes from outside."""
    log = out.with_suffix(".log")
    command = [sys.executable, "-m", "cleaner", "clean", *map(str, inputs), "-o", str(out), "-q", "--log", str(log)]
    start = time.perf_counter()
    environment = {**os.environ, "RAY_ADDRESS": "local"}
    process = psutil.Popen([*command, "--engine", engine, "-j", str(jobs)], env=environment)
    cpu: dict[int, float] = {}
    samples: list[tuple[float, float]] = []
    memory = 0
    while process.poll() is None:
        memory = max(memory, sum(_looked_at(process, cpu)))
        samples.append((time.time(), sum(cpu.values())))
        time.sleep(0.3)
    if process.returncode:
        raise SystemExit(f"cleaner clean --engine {engine} ended with {process.returncode}")
    seconds = time.perf_counter() - start
    times = [json.loads(line)["time"] for line in log.read_text(encoding="utf-8").splitlines()]
    spent = np.interp([min(times), max(times)], *zip(*samples, strict=True))
    return Measured(len(times), seconds, max(times) - min(times), float(spent[1] - spent[0]), memory)


def _looked_at(parent: psutil.Process, cpu: dict[int, float]) -> Iterator[int]:
    """The memory of each process; notes their CPU seconds."""
    for process in [parent, *parent.children(recursive=True)]:
        try:
            cpu[process.pid] = sum(process.cpu_times()[:2])
            yield process.memory_full_info().uss
        except psutil.Error:
            continue


def same(one: Path, other: Path) -> bool:
    """Whether two outputs hold the same files."""
    compared = filecmp.dircmp(one, other, ignore=[STATE])
    return not (compared.left_only or compared.right_only) and all(
        not filecmp.cmpfiles(folder.left, folder.right, folder.common_files, shallow=False)[1]
        for folder in _all(compared)
    )


def _all(compared: Any) -> Iterator[Any]:
    yield compared
    for folder in compared.subdirs.values():
        yield from _all(folder)


def engines(name: str, folder: Path, jobs: int, runs: int, *inputs: Path) -> None:
    """Both engines by turns; a line each, and the ratio."""
    found: dict[str, list[Measured]] = {engine: [] for engine in ENGINES}
    for run in range(runs):
        for engine in ENGINES:
            found[engine].append(measure(engine, jobs, folder / f"{name}-{engine}-{run}", *inputs))
    for engine, measured in found.items():
        best = min(measured, key=lambda one: one.between)
        print(
            f"{name:8} {engine:6} {best.documents:8,} {best.seconds:8.1f} s {best.between:8.1f} s {best.rate:8,.0f}/s "
            f"{best.by_cpu:8,.1f}/CPU s {best.memory / 1e6:7,.0f} MB",
            flush=True,
        )
    pairs = list(zip(found["local"], found["ray"], strict=True))
    ratios = [ray.rate / local.rate for local, ray in pairs]
    by_cpu = statistics.median(ray.by_cpu / local.by_cpu for local, ray in pairs)
    outs = [folder / f"{name}-{engine}-0" for engine in ENGINES]
    print(
        f"{name:8} ray / local, from first to last: {statistics.median(ratios):.2f} by the clock (median of {runs}, "
        f"{min(ratios):.2f} to {max(ratios):.2f}), {by_cpu:.2f} by CPU seconds; "
        f"files {'the same' if same(*outs) else 'DIFFERENT'}",
        flush=True,
    )


def mixed(corpus: Path | None, count: int, folder: Path) -> pa.Table:
    """Pages and dumps by turns, some with their address."""
    import pyarrow.parquet as pq

    if corpus is None:
        raws = [path.read_text(encoding="utf-8") for path in sorted(folder.rglob("*.txt"))[:count]]
        return pa.table({"id": list(range(len(raws))), "raw": raws})
    pages = pq.read_table(corpus, columns=["url", "html"]).slice(0, count).to_pylist()
    raws = [p["html"] if n % 2 else "\n".join(dump_lines(p["html"])) for n, p in enumerate(pages)]
    urls = [p["url"] if n % 4 < 2 else None for n, p in enumerate(pages)]
    return pa.table({"id": list(range(len(raws))), "raw": raws, "url": pa.array(urls, pa.string())})


def shells(given: pa.Table) -> None:
    """Ray's and Spark's shells with one worker, warm, beside the plain call."""
    cleaner = Cleaner()
    plain, seconds = _timed(lambda: clean_batch(given, cleaner=cleaner).to_pylist())
    print(f"{'plain':8} {given.num_rows:,} documents {seconds:8.1f} s")
    for name, shell in (("ray", _ray), ("spark", _spark)):
        found, took = _timed(shell(given))
        alike = sum(a == b for a, b in zip(plain, sorted(found, key=lambda row: row["id"]), strict=True))
        print(f"{name:8} {alike:,} of {len(plain):,} documents alike in all columns {took:8.1f} s, "
              f"{took / seconds:.2f} times the plain call", flush=True)  # fmt: skip


def _timed(call: Callable[[], Any]) -> tuple[Any, float]:
    call()
    start = time.perf_counter()
    found = call()
    return found, time.perf_counter() - start


def _ray(given: pa.Table) -> Callable[[], list[dict[str, Any]]]:
    import ray

    from cleaner.ray import clean_dataset

    if not ray.is_initialized():
        ray.init("local", num_cpus=2, include_dashboard=False, log_to_driver=False)
    ray.data.DataContext.get_current().enable_progress_bars = False
    blocks = [given.slice(at, 100) for at in range(0, given.num_rows, 100)]
    return lambda: clean_dataset(ray.data.from_arrow(blocks), concurrency=1).take_all()


def _spark(given: pa.Table) -> Callable[[], list[dict[str, Any]]]:
    os.environ["PYSPARK_PYTHON"] = sys.executable
    from pyspark.sql import SparkSession

    from cleaner.spark import clean_frame

    builder = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
    spark = builder.config("spark.driver.memory", "2g").getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    return lambda: [row.asDict(recursive=True) for row in clean_frame(spark.createDataFrame(given)).collect()]


def main() -> None:
    """Print the lines."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=10_000)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--corpus", type=Path)
    parser.add_argument("--pages", type=int, default=1_000)
    parser.add_argument("--only", choices=["engines", "shells"])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cleaner-bench-") as name:
        folder = Path(name)
        (folder / "dumps").mkdir()
        write_dumps(folder / "dumps", options.documents)
        if options.only != "shells":
            print(f"{'what':8} {'engine':6} {'documents':>8} {'in all':>9} {'first-last':>10}")
            engines("dumps", folder, options.jobs, options.runs, folder / "dumps")
            if options.corpus:
                archive = write_corpus(options.corpus, folder, options.pages)["one WARC"]
                engines("a WARC", folder, options.jobs, options.runs, *archive)
        if options.only != "engines":
            shells(mixed(options.corpus, options.pages, folder / "dumps"))


if __name__ == "__main__":
    main()
