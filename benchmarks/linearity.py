"""Does matching stay linear? Seconds against the number of rules and against the length of a line.

    python -m benchmarks.linearity

A line twice as long should take twice the time, and fifty times the rules far less than fifty times
the time. The lines are those that hang backtracking engines: one character repeated, a rule's own
literal repeated, words without end.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from benchmarks.generate import generate
from benchmarks.speed import many_rules
from cleaner import Cleaner

LINES = {
    "one letter": "a",
    "spaces": "a" + " " * 99,
    "words": "harbour wall ",
    "a rule's literal": "appeared first on ",
    "an inline rule's literal": "click here to read more ",
    "punctuation": ". , ; ",
    "no spaces": "汉",
}
LENGTHS = (1_000, 10_000, 100_000, 1_000_000, 10_000_000)


def seconds(cleaner: Cleaner, text: str) -> float:
    """Seconds to clean a text, the better of two runs for short ones."""
    runs = 3 if len(text) < 200_000 else 1
    best = float("inf")
    for _ in range(runs):
        start = time.perf_counter()
        cleaner.clean(text, kind="text")
        best = min(best, time.perf_counter() - start)
    return best


def by_rules() -> None:
    """Milliseconds a dump against the number of rules."""
    documents = generate(50)
    print(f"{'rules added':>12} {'load s':>8} {'ms/dump':>9}")
    with tempfile.TemporaryDirectory() as folder:
        for count in (0, 100, 1_000, 5_000):
            start = time.perf_counter()
            cleaner = Cleaner([many_rules(count, Path(folder))] if count else [])
            loaded = time.perf_counter() - start
            cleaner.clean(documents[0])
            spent = sum(seconds(cleaner, d) for d in documents)
            print(f"{count:12,} {loaded:8.2f} {spent / len(documents) * 1e3:9.2f}")


def by_length() -> None:
    """Milliseconds for one line against its length, and the growth of the last step."""
    cleaner = Cleaner()
    cleaner.clean("warm up")
    print(f"\n{'one line of':26}" + "".join(f"{n:>12,}" for n in LENGTHS) + f"{'last step':>12}")
    for name, unit in LINES.items():
        times = [seconds(cleaner, (unit * (n // len(unit) + 1))[:n]) * 1e3 for n in LENGTHS]
        print(f"{name:26}" + "".join(f"{t:10.1f}ms" for t in times) + f"{times[-1] / times[-2]:11.1f}x")


def main() -> None:
    """Print both tables."""
    by_rules()
    by_length()


if __name__ == "__main__":
    main()
