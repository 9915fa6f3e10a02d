"""Shared pieces: one cleaner for all tests, and the folders they read."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings

os.environ["NEWSDUMP_CLEANER_CACHE"] = tempfile.mkdtemp(prefix="cleaner-cache-")
os.environ |= {"HF_HOME": tempfile.mkdtemp(prefix="cleaner-datasets-"), "HF_HUB_OFFLINE": "1"}

from cleaner import Cleaner

MORE = int(os.environ.get("EXPLORE") or 1)
"""So many times the examples of property tests, other ones each time (`make explore`). Where it is not set the same
ones come each time, so that a red run says something of the change."""
settings.register_profile("same", derandomize=True)
settings.register_profile("other", max_examples=100 * MORE, print_blob=True)
settings.load_profile("other" if os.environ.get("EXPLORE") else "same")

ROOT = Path(__file__).resolve().parents[1]
FIXTURES = ROOT / "fixtures"


@pytest.fixture(scope="session")
def cleaner() -> Cleaner:
    return Cleaner()


@pytest.fixture
def write_pack(tmp_path: Path):
    """Write a rule file and give its path."""

    def write(text: str, name: str = "own.yaml", folder: str = "generic") -> Path:
        path = tmp_path / folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return write


def article(paragraphs: int = 6) -> str:
    """An invented article: long closed paragraphs, one blank line between them."""
    lines = [
        f"The council of Varnholm met for the {n}th time this week to talk about the harbour wall, officials said."
        for n in range(4, 4 + paragraphs)
    ]
    return "\n\n".join(lines)
