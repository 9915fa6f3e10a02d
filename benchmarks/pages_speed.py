"""Pages a second, latency and memory on HTML, ours with all metadata beside the peers, in one run.

    python -m benchmarks.pages_speed --corpus FILE [--pages N] [--passes N] [--systems ours,peers] [--memory 10000]

Each system runs in a process of its own and gets each page in turn, so that a noisy machine slows all of them alike;
of several passes each page's shortest time counts. The ratios to ``trafilatura.extract`` (which makes no metadata)
are what to quote. ``--memory N``: the resident memory of one process of ours over N pages.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle, islice

from benchmarks.corpus import NEWS, Page
from benchmarks.predict import Missing, Predictor, Worker
from benchmarks.quality import arguments, pages_of, predictor_of, sample
from benchmarks.systems import OURS, PAGES, System

REFERENCE = "trafilatura"
WARM = 3
"""Pages before the clock runs."""


@dataclass(frozen=True)
class Measured:
    """One system: each page's shortest time, and the most memory its process took."""

    seconds: list[float]
    peak: int

    @property
    def rate(self) -> float:
        """Pages a second."""
        return len(self.seconds) / sum(self.seconds)

    def percentile(self, share: float) -> float:
        """The latency that ``share`` of the pages do not exceed, in seconds."""
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def measure(workers: dict[str, Worker], pages: list[Page], passes: int) -> dict[str, Measured]:
    """All systems over all pages, taking turns page by page."""
    shortest: dict[str, dict[str, float]] = {name: {} for name in workers}
    peak = dict.fromkeys(workers, 0)
    for worker in workers.values():
        for page in pages[:WARM]:
            worker.ask(page.html, page.url)
    for _ in range(passes):
        for page in pages:
            html = page.html
            for name, worker in workers.items():
                answer = worker.ask(html, page.url)
                seconds = float(answer["seconds"]) or worker.timeout
                shortest[name][page.uid] = min(seconds, shortest[name].get(page.uid, seconds))
                peak[name] = max(peak[name], answer.get("peak", 0))
    return {name: Measured(list(shortest[name].values()), peak[name]) for name in workers}


def markdown(found: dict[str, Measured]) -> str:
    """The table, and the ratios to the reference."""
    heads = ["pages/s", f"x {REFERENCE}", "p50 ms", "p99 ms", f"p99 x {REFERENCE}", "peak MB"]
    rows = [f"| system | {' | '.join(heads)} |", f"|---|{'--:|' * len(heads)}"]
    known = found.get(REFERENCE)
    for name, one in found.items():
        rate = f"{one.rate / known.rate:.2f}" if known else "–"
        late = f"{one.percentile(0.99) / known.percentile(0.99):.2f}" if known else "–"
        times = f"{1e3 * one.percentile(0.5):.1f} | {1e3 * one.percentile(0.99):.1f}"
        rows.append(f"| {name} | {one.rate:.1f} | {rate} | {times} | {late} | {one.peak / 2**20:.0f} |")
    return "\n".join(rows)


def memory(worker: Worker, pages: list[Page], count: int) -> str:
    """The resident memory of one process over ``count`` pages (the same ones again and again, each time changed)."""
    rows = ["| pages | resident MB |", "|--:|--:|"]
    stations = [n for n in (200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000) if n < count] + [count]
    for n, page in enumerate(islice(cycle(pages), count), start=1):
        html = page.html.replace("</p>", f" {n}</p>", 1)
        answer = worker.ask(html, page.url)
        if n in stations:
            rows.append(f"| {n:,} | {answer['memory'] / 2**20:.0f} |")
            print(rows[-1], flush=True)
    return "\n".join(rows)


def chosen(names: str, predictor: Predictor) -> Iterator[System]:
    """The systems meant by ``ours``, ``peers`` or names, that can run here."""
    for system in PAGES.values():
        kind = "ours" if system.package == OURS else "peers"
        if not {kind, system.name, "all"} & set(names.split(",")):
            continue
        if predictor.version_of(system) is None:
            print(f"{system.name} skipped: {Missing.of(system)}")
        else:
            yield system


def main() -> None:
    """Print the tables."""
    parser = arguments(__doc__)
    parser.add_argument("--pages", type=int, default=120, help="how many, evenly spread over the groups")
    parser.add_argument("--passes", type=int, default=3)
    parser.add_argument("--systems", default="ours,peers", help="ours, peers or names, by commas")
    parser.add_argument("--memory", type=int, default=0, metavar="N", help="memory of ours over N pages instead")
    parser.add_argument("--write", action="store_true", help="put the table into docs/benchmarks.md")
    options = parser.parse_args()
    options.groups = options.groups or ",".join(NEWS)
    predictor = predictor_of(options)
    found = pages_of(options, "html")
    groups = len({page.group for page in found})
    pages = sample(found, max(1, options.pages // groups))
    systems = list(chosen("ours" if options.memory else options.systems, predictor))
    workers = {s.name: Worker("speed", s.name, predictor.python_for(s), options.timeout) for s in systems}
    try:
        table = run(workers, pages, options)
    finally:
        for worker in workers.values():
            worker.close()
    if options.write:
        from benchmarks.publish import publish

        publish("pages-memory" if options.memory else "pages-speed", table)


def run(workers: dict[str, Worker], pages: list[Page], options: argparse.Namespace) -> str:
    """The table that the options ask for, printed."""
    if options.memory:
        return memory(next(iter(workers.values())), pages, options.memory)
    size = sum(len(page.html) for page in pages) / len(pages) / 1e3
    table = f"{len(pages)} pages of {size:.0f} kB on average, {options.passes} passes:\n\n"
    table += markdown(measure(workers, pages, options.passes))
    print(table)
    return table


if __name__ == "__main__":
    main()
