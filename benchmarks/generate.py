"""Invented raw dumps, for measuring where there is no corpus: menus, articles and tails from the fixtures."""

from __future__ import annotations

import random
from pathlib import Path

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"


def generate(count: int, seed: int = 1) -> list[str]:
    """``count`` dumps of some 250 lines, as raw dumps of news pages have; the same ones for a seed."""
    rng = random.Random(seed)
    cases = (path for path in sorted(FIXTURES.glob("*/*/input.txt")) if len(path.parents[1].name) > 2)  # in English
    inputs = [path.read_text(encoding="utf-8") for path in cases]
    lines = [line for text in inputs for line in text.splitlines() if line.strip()]
    short = [line for line in lines if len(line) < 60]
    long = [line for line in lines if 60 <= len(line) < 2000]

    def dump() -> str:
        head = rng.choices(short, k=rng.randint(40, 120))
        body = rng.choices(long, k=rng.randint(10, 40))
        tail = rng.choices(short, k=rng.randint(60, 160))
        return "\n".join(head + body + tail)

    return [dump() for _ in range(count)]
