"""A cleaned document → its two files, and the report of the run."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, TextIO

from cleaner.errors import OutputError
from cleaner.model import Cleaned

STATE = ".cleaner"
REPORT = "report.jsonl"


def prepare(out: Path) -> TextIO:
    """Make the output folder and open the run's report. Raises OutputError when it cannot be written."""
    try:
        (out / STATE).mkdir(parents=True, exist_ok=True)
        return open(out / STATE / REPORT, "w", encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise OutputError(f"cannot write to {out}: {error.strerror}") from None


def write_page(out: Path, name: Path, page: Cleaned) -> None:
    """Write ``NAME.txt`` (the text) and ``NAME.json`` (everything else).

    A document without text has no files; those of an earlier run go. Raises OSError.
    """
    target = out / name
    text, ledger = target.with_name(target.name + ".txt"), target.with_name(target.name + ".json")
    if page.text:
        target.parent.mkdir(parents=True, exist_ok=True)
        _write(text, page.text + "\n")
        _write(ledger, ledger_json(page))
    else:
        text.unlink(missing_ok=True)
        ledger.unlink(missing_ok=True)


def report_row(name: Path, page: Cleaned) -> str:
    """The document's line in the report."""
    row = {"name": str(name), "outcome": str(page.outcome), "reason": page.reason, "site": page.site}
    return _json(row) + "\n"


def ledger_json(page: Cleaned) -> str:
    """Metadata, outcome and ledger as JSON; with the text they are the whole document."""
    values = page.to_dict()
    del values["text"]
    return _json(values, indent=2) + "\n"


def page_json(page: Cleaned) -> str:
    """The whole document as one line of JSON."""
    return _json(page.to_dict()) + "\n"


def _json(value: Any, indent: int | None = None) -> str:
    return json.dumps(value, ensure_ascii=False, indent=indent)


def _write(path: Path, text: str) -> None:
    """Write beside, then rename: a final name never holds half a file."""
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(text.encode("utf-8", "backslashreplace"))
    os.replace(part, path)
