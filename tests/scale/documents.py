"""What the tests here clean: our own dumps and pages, mixed; and, where NEWSDUMP_CORPUS says so, real pages."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from conftest import FIXTURES, ROOT, article

from cleaner import Cleaner
from cleaner.arrow import clean_batch

CORPUS = os.environ.get("NEWSDUMP_CORPUS")
MOST = 1_000


def fixtures() -> list[Path]:
    return sorted([*FIXTURES.glob("*/*/input.txt"), *FIXTURES.glob("*/*/input.html")])


def documents() -> pa.Table:
    """``id``, ``raw`` (dumps and pages by turns) and ``url``, not always known."""
    raws = [path.read_text(encoding="utf-8", errors="replace") for path in fixtures()]
    urls: list[str | None] = [None if n % 3 else f"https://example.com/{n}" for n in range(len(raws))]
    if CORPUS:
        from benchmarks.dumps import dump_lines

        pages = pq.read_table(CORPUS, columns=["url", "html"]).slice(0, MOST).to_pylist()
        raws += [p["html"] if n % 2 else "\n".join(dump_lines(p["html"])) for n, p in enumerate(pages)]
        urls += [p["url"] if n % 4 < 2 else None for n, p in enumerate(pages)]
    return pa.table({"id": list(range(len(raws))), "raw": raws, "url": pa.array(urls, pa.string())})


def check_example(name: str, folder: Path, **environment: str) -> None:
    """Run an example of ``examples/`` as a user would: what it writes is what the plain call gives."""
    table = documents()
    pq.write_table(table, folder / "pages.parquet")
    subprocess.run(
        [sys.executable, ROOT / "examples" / name, folder / "pages.parquet", folder / "clean"],
        check=True, capture_output=True, timeout=300, env={**os.environ, **environment},
    )  # fmt: skip
    found = sorted(pq.read_table(folder / "clean").to_pylist(), key=lambda row: row["id"])
    assert found == clean_batch(table, columns=("text", "outcome", "title", "published")).to_pylist()


OWN = """\
pack: own
category: widget
rules:
  - id: own.tide
    why: The tide of the day.
    phrases: ["tide table of the harbour"]
    hit: ["Tide table of the harbour"]
    miss: ["The tide table of the harbour was wrong."]
"""


def a_call(write_pack: Callable[[str], Path]) -> tuple[pa.Table, dict[str, Any]]:
    """Two documents, and a call that says otherwise in everything: columns, cleaner, options."""
    given = pa.table({"id": [1, 2], "page": [article() + "\n\nTide table of the harbour\n"] * 2, "text": ["a", "b"]})
    return given, {
        "raw": "page", "known": {"title": "text"}, "columns": ("text", "title", "removals"), "prefix": "clean_",
        "cleaner": Cleaner([write_pack(OWN)], keep_title=True), "kind": "text",
    }  # fmt: skip
