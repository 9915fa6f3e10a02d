"""Dumps and pages mixed, what cleaning them one by one gives, and how an example is run as a user would."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from conftest import FIXTURES, ROOT

from cleaner import Cleaned, Cleaner, default_cleaner

EXAMPLES = ROOT / "examples"
RULES_ONLY = Cleaner(profile="rules-only", keep_title=True)
"""A cleaner that is not the default: where it is not used, texts differ."""
NOTE = "A short note.\n\nShare this:\n"


@cache
def documents() -> dict[str, str]:
    """All fixtures that are text, by name: dumps and pages."""
    found = {}
    for path in sorted(FIXTURES.glob("*/*/input.*")):
        try:
            found[str(path.relative_to(FIXTURES))] = path.read_bytes().decode()
        except UnicodeDecodeError:
            continue
    return found


@cache
def pages(rules_only: bool = False) -> dict[str, Cleaned]:
    """What cleaning them one by one gives."""
    cleaner = RULES_ONLY if rules_only else default_cleaner()
    return {name: cleaner.clean(raw) for name, raw in documents().items()}


def texts(rules_only: bool = False) -> list[str]:
    """Their texts, in order."""
    return [page.text for page in pages(rules_only).values()]


def table() -> pa.Table:
    """They, with their names."""
    return pa.table({"name": list(documents()), "raw": list(documents().values())})


def parquet(path: Path) -> Path:
    """They in a file."""
    pq.write_table(table(), path, row_group_size=50)
    return path


def run_example(name: str, *arguments: str | Path, cwd: Path = ROOT) -> str:
    """Run an example as a user would; what it printed."""
    return run(sys.executable, EXAMPLES / name, *arguments, cwd=cwd)


def run(*command: str | Path, cwd: Path = ROOT) -> str:
    """Run a command that must succeed; what it printed, errors last."""
    done = subprocess.run(
        list(map(str, command)),
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr
