"""The rules that the documents show load, and prove themselves."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from conftest import ROOT

from cleaner.judge.examples import prove
from cleaner.rulebook.load import load_rulebook

BLOCK = re.compile(r"```yaml\n(.*?)```", re.DOTALL)
SHOWN = [
    (document.name, block)
    for document in (ROOT / "README.md", ROOT / "docs" / "rules.md")
    for block in BLOCK.findall(document.read_text(encoding="utf-8"))
]


def test_there_are_examples() -> None:
    assert len(SHOWN) >= 3


@pytest.mark.parametrize(("document", "block"), SHOWN)
def test_a_shown_pack_is_right(document: str, block: str, tmp_path: Path) -> None:
    folder = "sites" if block.startswith("site:") else "generic"
    path = tmp_path / folder / "shown.yaml"
    path.parent.mkdir()
    renamed = block.replace("id: syndication.", "id: shown.").replace("id: related.", "id: shown.")
    path.write_text(renamed, encoding="utf-8")
    book = load_rulebook([path])
    own = [rule for rule in book.rules if rule.file == str(path)]
    assert own
    assert [str(f) for f in prove(own, book)] == []
