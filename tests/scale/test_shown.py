"""What docs/scale.md and the docstrings of the shells show is what runs."""

from __future__ import annotations

import doctest
import importlib
import re
import subprocess
import sys
from typing import Any

import pytest
from conftest import ROOT

SHELLS = ["pandas", "polars", "duckdb", "datasets", "datatrove", "scrapy", "langchain", "llama_index"]
LIBRARIES = {"langchain": "langchain_core", "spark": "pyspark"}
BLOCK = re.compile(r"^`(examples/\S+)`[^\n]*\n+```python\n(.*?)```", re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("name", SHELLS)
def test_the_docstrings_of_a_shell_hold(name: str) -> None:
    shown = doctest.testmod(importlib.import_module(f"cleaner.{name}"))
    assert shown.attempted >= 2
    assert shown.failed == 0


FIRST_USE = {
    "pandas": "clean_frame(None)",
    "polars": "clean_frame(None)",
    "duckdb": "clean_relation(None, None)",
    "datasets": "clean_dataset(None)",
    "scrapy": "CleanPipeline()",
    "ray": "clean_dataset(None)",
    "spark": "clean_frame(None)",
}
"""What needs the library; of the others, the import does."""


@pytest.mark.parametrize("name", [*SHELLS, "ray", "spark"])
def test_without_its_library_a_shell_says_what_to_install(name: str) -> None:
    library, extra = LIBRARIES.get(name, name), name.replace("_", "-")
    code = f"""
import sys
sys.modules[{library!r}] = None
from cleaner import InputError
try:
    import cleaner.{name} as shell
    shell.{FIRST_USE.get(name, "__name__")}
except InputError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    says = f"cleaner.{name} needs {library}"
    assert f"{says}: pip install 'newsdump-cleaner[{extra}]'" in done.stdout, done.stderr


def test_the_document_shows_the_one_function_and_how_a_row_is_restored() -> None:
    document = (ROOT / "docs" / "scale.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", document, re.DOTALL)
    [cleaning] = [code for code in blocks if code.startswith("import pyarrow")]
    [restoring] = [code for code in blocks if ".restore()" in code]
    names: dict[str, Any] = {}
    exec(cleaning, names)
    [row] = names["cleaned"].to_pylist()
    assert (row["headline"], row["text"], row["title"]) == ("To all", "A short note.", "To all")
    exec(restoring, names)
    assert names["document"] == names["pages"]["raw"][0].as_py()


def test_the_document_shows_the_examples_that_are_run() -> None:
    document = (ROOT / "docs" / "scale.md").read_text(encoding="utf-8")
    shown = dict(BLOCK.findall(document))
    assert {f"examples/with_{name}.py" for name in [*SHELLS, "ray", "spark"] if name != "scrapy"} <= shown.keys()
    for path, code in shown.items():
        assert (ROOT / path).read_text(encoding="utf-8") == code, path
