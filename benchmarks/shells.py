"""Every shell beside the plain loop: whether its texts are the same, byte by byte, and what it adds to cleaning.

    python -m benchmarks.shells --corpus FILE [--documents N] [--shell NAME …]

N documents of the corpus, pages and raw text dumps in turn (1,000 by default), are cleaned by a plain loop over
``Cleaner.clean`` and by each shell. The cleaner that a shell gets counts the CPU seconds spent in it; what the shell
takes beyond them is its own, so that two runs on a busy machine need not be compared. Shells that clean in other
processes are compared by the clock. Pages without a text, which pipelines drop, count as the empty text. A shell
whose library is not there is left out.
"""

from __future__ import annotations

import argparse
import importlib.util
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from benchmarks.corpus import read_pages
from benchmarks.dumps import dump_lines
from cleaner import Cleaned, Cleaner


@dataclass(frozen=True)
class Documents:
    """Documents, and the addresses of those that are pages."""

    raws: Sequence[str]
    urls: Sequence[str | None]

    def rows(self) -> list[tuple[str, str, str | None]]:
        """Their numbers as text, and they."""
        return [(str(n), raw, url) for n, (raw, url) in enumerate(zip(self.raws, self.urls, strict=True))]

    def columns(self) -> dict[str, list[Any]]:
        """They as a table's columns."""
        return {"id": list(range(len(self.raws))), "raw": list(self.raws), "url": list(self.urls)}

    def in_order(self, found: Iterable[tuple[str, str]]) -> list[str]:
        """Texts by number, as a list; of those that were dropped the empty text."""
        by_number = dict(found)
        return [by_number.get(str(n), "") for n in range(len(self.raws))]


def read_mixed(corpus: Path, count: int) -> Documents:
    """The corpus' first pages, every other one as a raw text dump, which has no address."""
    raws: list[str] = []
    urls: list[str | None] = []
    for n, page in enumerate(islice(read_pages(corpus), count)):
        raws.append("\n".join(dump_lines(page.html)) if n % 2 else page.html)
        urls.append(None if n % 2 else page.url or None)
    return Documents(raws, urls)


class Counting(Cleaner):
    """A cleaner that counts its CPU seconds."""

    inside = 0.0

    def clean(self, *given: Any, **known: Any) -> Cleaned:
        """As any cleaner."""
        start = time.thread_time()
        try:
            return super().clean(*given, **known)
        finally:
            self.inside += time.thread_time() - start


def plain(documents: Documents, cleaner: Cleaner) -> list[str]:
    """What the shells are measured by."""
    return [cleaner.clean(raw, url=url).text for _, raw, url in documents.rows()]


def _batch(documents: Documents, cleaner: Cleaner) -> list[str]:
    import pyarrow as pa

    from cleaner.arrow import clean_batch

    return list(clean_batch(pa.table(documents.columns()), cleaner=cleaner)["text"].to_pylist())


def _text_alone(documents: Documents, cleaner: Cleaner) -> list[str]:
    import pyarrow as pa

    from cleaner.arrow import clean_batch

    return list(clean_batch(pa.table(documents.columns()), cleaner=cleaner, columns=["text"])["text"].to_pylist())


def _pandas(documents: Documents, cleaner: Cleaner) -> list[str]:
    import pandas as pd

    from cleaner.pandas import clean_frame

    return list(clean_frame(pd.DataFrame(documents.columns()), cleaner=cleaner)["text"])


def _polars(documents: Documents, cleaner: Cleaner) -> list[str]:
    import polars as pl

    from cleaner.polars import clean_frame

    return list(clean_frame(pl.DataFrame(documents.columns()), cleaner=cleaner)["text"])


def _polars_lazy(documents: Documents, cleaner: Cleaner) -> list[str]:
    import polars as pl

    from cleaner.polars import clean_frame

    return list(clean_frame(pl.LazyFrame(documents.columns()), cleaner=cleaner).collect(engine="streaming")["text"])


def _duckdb(documents: Documents, cleaner: Cleaner) -> list[str]:
    import duckdb
    import pyarrow as pa

    from cleaner.duckdb import clean_relation

    connection = duckdb.connect()
    cleaned = clean_relation(connection, connection.from_arrow(pa.table(documents.columns())), cleaner=cleaner)
    return list(cleaned.order("id").to_arrow_table()["text"].to_pylist())


def _datasets(documents: Documents, cleaner: Cleaner) -> list[str]:
    import datasets

    from cleaner.datasets import clean_dataset

    datasets.disable_progress_bars()
    return list(clean_dataset(datasets.Dataset.from_dict(documents.columns()), cleaner=cleaner)["text"])


def _datatrove(documents: Documents, cleaner: Cleaner) -> list[str]:
    from datatrove.data import Document

    from cleaner.datatrove import Clean

    given = (Document(raw, id=name, metadata={"url": url}) for name, raw, url in documents.rows())
    return documents.in_order((document.id, document.text) for document in Clean(cleaner=cleaner)(given))


def _scrapy(documents: Documents, cleaner: Cleaner) -> list[str]:
    from scrapy.exceptions import DropItem

    from cleaner.scrapy import CleanPipeline

    pipeline = CleanPipeline(cleaner=cleaner)
    found = []
    for name, raw, url in documents.rows():
        try:
            found.append((name, pipeline.process_item({"raw": raw, "url": url})["text"]))
        except DropItem:
            continue
    return documents.in_order(found)


def _langchain(documents: Documents, cleaner: Cleaner) -> list[str]:
    from langchain_core.documents import Document

    from cleaner.langchain import CleanDocuments

    given = [Document(raw, id=name, metadata={"source": url}) for name, raw, url in documents.rows()]
    cleaned = CleanDocuments(cleaner=cleaner).transform_documents(given)
    return documents.in_order((document.id, document.page_content) for document in cleaned)


def _llama_index(documents: Documents, cleaner: Cleaner) -> list[str]:
    from llama_index.core.schema import Document

    from cleaner.llama_index import CleanNodes

    given = [Document(text=raw, id_=name, metadata={"url": url}) for name, raw, url in documents.rows()]
    return documents.in_order((node.id_, node.text) for node in CleanNodes(cleaner=cleaner)(given))


Shell = Callable[[Documents, Cleaner], list[str]]

SHELLS: dict[str, tuple[str, Shell]] = {
    "clean_batch": ("pyarrow", _batch),
    "clean_batch, text alone": ("pyarrow", _text_alone),
    "pandas": ("pandas", _pandas),
    "polars": ("polars", _polars),
    "polars, streaming": ("polars", _polars_lazy),
    "duckdb": ("duckdb", _duckdb),
    "datasets": ("datasets", _datasets),
    "datatrove": ("datatrove", _datatrove),
    "scrapy": ("scrapy", _scrapy),
    "langchain": ("langchain_core", _langchain),
    "llama_index": ("llama_index", _llama_index),
}
"""By name: the library that it needs, and the shell: documents in, their texts out."""


def measured(shell: Shell, documents: Documents, cleaner: Counting, loop: float) -> tuple[list[str], str]:
    """Its texts, and what it adds to cleaning, in words; ``loop``: the plain loop's seconds."""
    cleaner.inside = 0.0
    start, cpu = time.perf_counter(), time.process_time()
    texts = shell(documents, cleaner)
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    if not cleaner.inside:
        return texts, f"cleans elsewhere, in {seconds / loop:.2f} times the loop's time |"
    own = cpu - cleaner.inside
    return texts, f"{own / cleaner.inside:.1%} | {own / len(documents.raws) * 1e3:.2f}"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--documents", type=int, default=1000)
    parser.add_argument("--shell", action="append", choices=list(SHELLS), help="only this one; may be repeated")
    options = parser.parse_args()
    documents = read_mixed(options.corpus, options.documents)
    few = Documents(documents.raws[:20], documents.urls[:20])
    cleaner = Counting()
    plain(few, cleaner)
    start = time.perf_counter()
    wanted = plain(documents, cleaner)
    loop = time.perf_counter() - start
    print(f"{len(documents.raws):,} documents, {sum(map(len, documents.raws)) / 1e6:.0f} million characters\n")
    print("| shell | texts that differ | CPU beyond cleaning | ms a document |\n|---|---|---|---|")
    for name in options.shell or SHELLS:
        library, shell = SHELLS[name]
        if importlib.util.find_spec(library) is None:
            print(f"| {name} | (not installed) | | |")
            continue
        shell(few, cleaner)  # imports are not what is measured
        texts, adds = measured(shell, documents, cleaner, loop)
        differ = sum(a.encode() != b.encode() for a, b in zip(texts, wanted, strict=True))
        print(f"| {name} | {differ} | {adds} |", flush=True)


if __name__ == "__main__":
    main()
