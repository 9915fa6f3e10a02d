"""The command that measures the shells, on a small corpus of our own."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import article

from benchmarks import shells


def test_every_shell_is_measured_and_gives_the_same_texts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    paragraphs = "".join(f"<p>{line}</p>" for line in article().splitlines() if line)
    html = [f"<html><body><nav>Home {n}</nav>{paragraphs}<p>Share this:</p></body></html>" for n in range(6)]
    names = ["uid", "dataset", "page_type", "key", "lang", "url", "title", "text"]
    rows = {name: [f"{name}{n}" for n in range(6)] for name in names}
    pq.write_table(pa.table({**rows, "html": html}), tmp_path / "corpus.parquet")
    monkeypatch.setattr(sys, "argv", ["shells", "--corpus", str(tmp_path / "corpus.parquet"), "--documents", "6"])
    shells.main()
    said = capsys.readouterr().out
    assert re.findall(r"^\| ([^|]+) \| 0 \|", said, re.MULTILINE) == list(shells.SHELLS)
    mixed = shells.read_mixed(tmp_path / "corpus.parquet", 6)
    assert ["<html>" in raw for raw in mixed.raws] == [True, False] * 3
    assert mixed.urls == ["url0", None, "url2", None, "url4", None]
