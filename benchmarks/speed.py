"""Documents a second on raw dumps, beside jusText and the C4 line filter, in one run.

    python -m benchmarks.speed [--corpus FILE] [--documents N] [--passes N] [--rules N]

The systems take turns, document by document, so that a noisy machine slows all of them alike; the
ratios are what to quote. Start-up is timed in fresh processes.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from benchmarks.corpus import NEWS
from benchmarks.dumps import read_dumps
from benchmarks.generate import generate
from benchmarks.systems import c4, justext_lines
from cleaner.model import Profile

Clean = Callable[[str, None], object]


def ours(rules: list[Path], profile: Profile = "rules-only") -> Clean:
    """This package with all shipped rules, and those in ``rules``."""
    from cleaner import Cleaner

    return Cleaner(rules, profile=profile).clean


def time_systems(makers: dict[str, Callable[[], Clean]], documents: list[str], passes: int) -> dict[str, float]:
    """Seconds a document for each system: the median over passes of the mean over documents.

    Each pass makes the systems anew (not timed), so that none gains by having seen the documents before.
    """
    rounds: dict[str, list[float]] = {name: [] for name in makers}
    for _ in range(passes):
        systems = {name: make() for name, make in makers.items()}
        for clean in systems.values():
            clean("A line to warm up with, so that nothing is loaded while the clock runs.", None)
        spent = dict.fromkeys(systems, 0.0)
        for document in documents:
            for name, clean in systems.items():
                start = time.perf_counter()
                clean(document, None)
                spent[name] += time.perf_counter() - start
        for name, seconds in spent.items():
            rounds[name].append(seconds / len(documents))
    return {name: statistics.median(seconds) for name, seconds in rounds.items()}


_START = """
from time import {clock} as now; t0 = now()
import cleaner; t1 = now()
cleaner.Cleaner({rules!r}).clean(open({document!r}, encoding="utf-8").read()); t2 = now()
print(t1 - t0, t2 - t1)
"""


def time_start(
    rules: list[Path], document: str, runs: int = 5, cache: str = "warm", clock: str = "perf_counter"
) -> tuple[float, float]:
    """Seconds to import, and from there to the first cleaned document: medians of fresh processes.

    ``cache``: ``warm`` (checked rules kept on disk from the run before) or ``off``. ``clock``: ``perf_counter``, or
    ``process_time`` for seconds of CPU, which do not depend on who else is at work.
    """
    environment = {**os.environ, "NEWSDUMP_CLEANER_CACHE": "off"} if cache == "off" else dict(os.environ)
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as file:
        file.write(document)
        file.flush()
        code = _START.format(rules=[str(r) for r in rules], document=file.name, clock=clock)
        times = [
            tuple(map(float, subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True,
                                      env=environment).stdout.split()))
            for _ in range(runs + 1)
        ][1:]  # fmt: skip
    return statistics.median(t[0] for t in times), statistics.median(t[1] for t in times)


def many_rules(count: int, folder: Path) -> Path:
    """A pack of ``count`` invented rules (phrases, gaps, patterns), to see what many rules cost."""
    rules = "".join(
        f"""
  - id: many.rule-{n}
    why: An invented line that site number {n} prints.
    phrases: ["zorten {n} frimble", "the {n}th zort [...] frimbled at [...]"]
    hit: ["- Zorten {n} frimble\\n- The {n}th zort of today frimbled at noon"]
    miss: ["They saw zorten {n} frimbles."]
"""
        if n % 5
        else f"""
  - id: many.rule-{n}
    why: An invented line that site number {n} prints.
    pattern: '^frimble {n}: [0-9]+ zorts$'
    hit: ["Frimble {n}: 12 zorts"]
    miss: ["A frimble {n}: 12 zorts were seen."]
"""
        for n in range(count)
    )
    path = folder / "many.yaml"
    path.write_text(f"pack: many\ncategory: other\nrules:{rules}", encoding="utf-8")
    return path


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, help="Parquet file of real pages; invented dumps without it")
    parser.add_argument("--documents", type=int, default=200)
    parser.add_argument("--passes", type=int, default=3)
    parser.add_argument(
        "--rules", type=int, default=2000, help="load invented rules too, up to so many in all, where fewer are shipped"
    )
    options = parser.parse_args()
    if options.corpus:
        dumps = [d.text for d in read_dumps(options.corpus, NEWS)]
        documents = dumps[:: max(1, len(dumps) // options.documents)][: options.documents]
    else:
        documents = generate(options.documents)
    from cleaner.rulebook.load import load_rulebook

    shipped = len(load_rulebook().rules)
    with tempfile.TemporaryDirectory() as folder:
        loads: dict[int, list[Path]] = {shipped: []}
        if options.rules > shipped:
            loads[options.rules] = [many_rules(options.rules - shipped, Path(folder))]
        makers: dict[str, Callable[[], Clean]] = {
            **{f"cleaner, {count:,} rules": partial(ours, rules) for count, rules in loads.items()},
            "cleaner, rules and score": partial(ours, [], "balanced"),
            "jusText": partial(justext_lines, "English"),
            "C4 line filter": c4,
        }
        seconds = time_systems(makers, documents, options.passes)
        chars = statistics.fmean(map(len, documents))
        print(f"{len(documents)} raw dumps of {chars:,.0f} characters on average, {options.passes} passes\n")
        print(f"{'system':32} {'ms/document':>12} {'documents/s':>12} {'x jusText':>10} {'x C4':>8}")
        for name, s in seconds.items():
            over_justext, over_c4 = seconds["jusText"] / s, seconds["C4 line filter"] / s
            print(f"{name:32} {s * 1e3:12.2f} {1 / s:12,.0f} {over_justext:10.1f} {over_c4:8.2f}")
        print()
        for count, rules in loads.items():
            for cache in ("warm", "off"):
                imported, first = time_start(rules, documents[0], cache=cache)
                note = "rules cached" if cache == "warm" else "no cache"
                print(
                    f"start with {count:,} rules, {note}: import {imported:.3f} s, first document {first:.3f} s later"
                )


if __name__ == "__main__":
    main()
