"""Documents a second in several processes, what the processes cost, and how much memory a worker takes.

    python -m benchmarks.workers [--corpus FILE] [--documents N] [--passes N] [--long]

Passes with 0, 1 and 2 jobs take turns. On a machine shared with others quote the ratios of the best passes, and
the CPU time (of this process and its workers together), which does not depend on who else is at work.
Starting the workers is not counted but shown.
"""

from __future__ import annotations

import argparse
import itertools
import os
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from benchmarks.corpus import NEWS
from benchmarks.dumps import read_dumps
from benchmarks.generate import generate
from cleaner import Cleaned, Cleaner
from cleaner.batch.document import Document
from cleaner.batch.workers import Limits, Work, process

JOBS = (0, 1, 2)

WARM = 600
"""Documents before the clock runs: RE2 builds its automata as it meets texts, in each process anew."""


def small(document: Document, page: Cleaned) -> tuple[str, int]:
    """A small result, as a run's row is."""
    return str(page.outcome), len(page.text)


def whole(document: Document, page: Cleaned) -> Cleaned:
    """The page itself, as ``clean_many`` gives it."""
    return page


def memory(document: Document, page: Cleaned) -> tuple[int, int]:
    """The worker, and its resident memory in bytes."""
    return os.getpid(), psutil.Process().memory_info().rss


def endless(dumps: list[str]) -> Iterator[Document]:
    """The dumps over and over, none twice the same."""
    for n, dump in enumerate(itertools.cycle(dumps)):
        yield Document(str(n), raw=f"{dump}\n\nThis was note number {n} of a long row of notes.\n")


def cpu() -> float:
    """CPU seconds spent so far by this process and those below it."""
    me = psutil.Process()
    return sum(sum(p.cpu_times()[:2]) for p in (me, *me.children()))


def seconds(dumps: list[str], work: Work[object], jobs: int, count: int) -> tuple[float, float, float]:
    """Seconds to the first result; then, with warm workers, seconds and CPU seconds a document."""
    start = time.perf_counter()
    results = process(endless(dumps), work, Limits(jobs))
    next(results)
    first = time.perf_counter() - start
    for _ in itertools.islice(results, max(1, jobs) * WARM):
        pass
    start, before = time.perf_counter(), cpu()
    for _ in itertools.islice(results, count):
        pass
    spent = (time.perf_counter() - start) / count, (cpu() - before) / count
    results.close()
    return first, *spent


def speed(dumps: list[str], cleaner: Cleaner, count: int, passes: int) -> None:
    """Print the table of speeds: of several passes, the best."""
    print(f"{'result':8} {'jobs':>4} {'start s':>8} {'ms/document':>12} {'CPU ms':>8} {'documents/s':>12}")
    for name, finish in (("small", small), ("whole", whole)):
        rounds = [[seconds(dumps, Work(cleaner, finish), jobs, count) for jobs in JOBS] for _ in range(passes)]
        best = [[min(values) for values in zip(*(r[place] for r in rounds), strict=True)] for place in range(len(JOBS))]
        for jobs, (first, spent, busy) in zip(JOBS, best, strict=True):
            print(f"{name:8} {jobs:4} {first:8.2f} {spent * 1e3:12.2f} {busy * 1e3:8.2f} {1 / spent:12,.0f}")
        none, one, two = best
        gain = [r[1][1] / r[2][1] for r in rounds]
        print(f"{name}: 1 job over none: {one[1] / none[1] - 1:+.0%} time, {one[2] / none[2] - 1:+.0%} CPU")
        print(f"{name}: 2 jobs are {one[1] / two[1]:.2f} times 1 (median of passes {statistics.median(gain):.2f})\n")


def leak(dumps: list[str], cleaner: Cleaner, stations: list[int]) -> None:
    """Print the memory of one worker after so many documents."""
    print(f"{'documents':>10} {'RSS MB':>8} {'growth, bytes a document':>26}")
    before: tuple[int, int] | None = None
    results = process(endless(dumps), Work(cleaner, memory), Limits(1))
    for n, (_, (_, rss)) in enumerate(results, start=1):
        if n in stations:
            grown = "" if before is None else f"{(rss - before[1]) / (n - before[0]):.0f}"
            print(f"{n:10,} {rss / 2**20:8.0f} {grown:>26}", flush=True)
            before = (n, rss)
        if n >= stations[-1]:
            break
    results.close()


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, help="Parquet file of real pages; invented dumps without it")
    parser.add_argument("--documents", type=int, default=500)
    parser.add_argument("--passes", type=int, default=10)
    parser.add_argument("--long", action="store_true", help="memory after 100,000 documents too")
    parser.add_argument("--only", choices=["speed", "memory"])
    options = parser.parse_args()
    dumps = [dump.text for dump in read_dumps(options.corpus, NEWS)] if options.corpus else generate(200)
    dumps = dumps[:: max(1, len(dumps) // 200)]
    cleaner = Cleaner()
    print(f"{len(dumps):,} dumps of {statistics.fmean(map(len, dumps)):,.0f} characters on average\n")
    if options.only != "memory":
        speed(dumps, cleaner, options.documents, options.passes)
    if options.only != "speed":
        leak(dumps, cleaner, [200, 1_000, 5_000, 10_000] + ([30_000, 100_000] if options.long else []))


if __name__ == "__main__":
    main()
