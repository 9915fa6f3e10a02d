"""Pipelines whose documents come one by one: datatrove, Scrapy, LangChain, LlamaIndex."""

from __future__ import annotations

import gzip
import json
import pickle
import subprocess
import sys
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import scrapy
from conftest import FIXTURES, ROOT
from datatrove.data import Document as Trove
from datatrove.pipeline.writers import JsonlWriter
from langchain_core.documents import Document as Chain
from llama_index.core.ingestion import IngestionPipeline
from llama_index.core.schema import Document as Llama
from llama_index.core.schema import MetadataMode
from mixed import EXAMPLES, NOTE, RULES_ONLY, documents, pages, run, run_example, texts
from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem
from scrapy.statscollectors import MemoryStatsCollector

from cleaner import Cleaner, UsageError
from cleaner.batch.output import ABOUT
from cleaner.datatrove import Clean
from cleaner.langchain import CleanDocuments
from cleaner.llama_index import CleanNodes
from cleaner.scrapy import CleanPipeline

TAKES = [Clean, CleanPipeline, CleanDocuments, CleanNodes]


@pytest.mark.parametrize("takes", TAKES)
@pytest.mark.parametrize(
    ("call", "says"),
    [
        ({"columns": ["txet"]}, "unknown column 'txet'"),
        ({"columns": "title"}, "columns is a list of columns"),
        ({"known": {"titel": "title"}}, "known names 'titel'.*did you mean 'title'"),
        ({"knid": "html"}, "unknown option 'knid'"),
        ({"kind": "htm"}, "did you mean 'html'"),
        ({"colums": ["title"]}, r"unknown option 'colums' \(did you mean 'columns'\?\)"),
        ({"known": None}, r"known=None: it says which column tells what .*known=\{'url': 'url'\}"),
        ({"known": "url"}, "known='url': it says which column tells what"),
        ({"cleaner": Cleaner(output="markdown")}, "output='markdown' has no place beside the text"),
    ],
)
def test_a_wrong_call_is_told_when_it_is_made(takes: Any, call: dict[str, Any], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        takes(**call)


def test_a_misspelt_argument_of_one_of_them() -> None:
    for takes, call, meant in ((Clean, {"keys": "page"}, "key"), (CleanPipeline, {"prefx": "c_"}, "prefix")):
        with pytest.raises(UsageError, match=f"did you mean '{meant}'"):
            takes(**call)
    with pytest.raises(UsageError, match=r"unknown option 'raw'$"):
        CleanNodes(raw="page")


# datatrove


def troves() -> list[Trove]:
    return [Trove(raw, id=name) for name, raw in documents().items()]


@pytest.mark.parametrize("rules_only", [False, True])
def test_datatrove_gives_the_texts_of_the_plain_call(rules_only: bool) -> None:
    step = Clean(cleaner=RULES_ONLY if rules_only else None)
    out = list(step(iter(troves())))
    assert [document.text for document in out] == [text for text in texts(rules_only) if text]
    step = pickle.loads(pickle.dumps(step))
    assert [document.text for document in step(iter(troves()[:20]))] == [t for t in texts(rules_only)[:20] if t]


def test_datatrove_metadata_drops_and_statistics(tmp_path: Path) -> None:
    step = Clean(
        key="page",
        columns=["title", "outcome", "removals"],
        exclusion_writer=JsonlWriter(str(tmp_path), compression=None),
    )
    given = [
        Trove(NOTE, id="1", metadata={"url": "https://a.example/x", "n": 3}),
        Trove("Share this:\n", id="2"),
        Trove("\x00\x01\x02" * 30, id="3"),
    ]
    kept = list(step(iter(given), rank=0))
    assert [document.id for document in kept] == ["1"]
    assert kept[0].metadata["n"] == 3
    assert kept[0].metadata["page"]["removals"][0]["text"] == "Share this:"
    stats = {name: stat.total for name, stat in step.stats.stats.items()}
    assert (stats["total"], stats["forwarded"], stats["dropped"], stats["OK"]) == (3, 1, 2, 1)
    assert stats["doc_len"] == len("A short note.")
    excluded = [json.loads(line) for path in tmp_path.glob("*.jsonl") for line in path.read_text().splitlines()]
    assert [(row["id"], row["text"]) for row in excluded] == [(row.id, row.text) for row in given[1:]]
    assert all(row["metadata"]["filter_reason"] for row in excluded)


def test_datatrove_needs_no_extra_of_its_own() -> None:
    code = "import sys, cleaner.datatrove; print([m for m in sys.modules if m.startswith('datatrove.pipeline.extr')])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_example_with_datatrove(tmp_path: Path) -> None:
    rows = [{"id": name, "raw": raw} for name, raw in documents().items()]
    (tmp_path / "pages").mkdir()
    for n in range(2):
        lines = "".join(json.dumps(row) + "\n" for row in rows[n::2])
        (tmp_path / "pages" / f"{n}.jsonl").write_text(lines, encoding="utf-8")
    run_example("with_datatrove.py", tmp_path / "pages", tmp_path / "clean")
    out = {}
    for path in (tmp_path / "clean").glob("*.jsonl.gz"):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            out |= {row["id"]: row["text"] for row in map(json.loads, lines)}
    assert out == {name: page.text for name, page in pages().items() if page.text}


# Scrapy


@dataclass
class Declared:
    raw: str | None
    url: str | None = None
    text: str | None = None
    title: str | None = "The spider's"
    authors: list[str] | None = None


class Item(scrapy.Item):
    raw, text, outcome = scrapy.Field(), scrapy.Field(), scrapy.Field()


def test_scrapy_gives_the_texts_of_the_plain_call() -> None:
    def cleaned(pipeline: CleanPipeline, raw: str) -> str:
        try:
            return pipeline.process_item({"raw": raw})["text"]
        except DropItem:
            return ""

    for rules_only in (False, True):
        pipeline = CleanPipeline(cleaner=RULES_ONLY if rules_only else None)
        assert [cleaned(pipeline, raw) for raw in documents().values()] == texts(rules_only)


def test_scrapy_items_of_every_kind() -> None:
    assert CleanPipeline().process_item({"raw": NOTE.encode(), "n": 3}).keys() == {"n", "text", *ABOUT}
    item = CleanPipeline(columns=["text", "outcome"]).process_item(Item(raw=NOTE))
    assert dict(item) == {"text": "A short note.", "outcome": "OK"}
    item = CleanPipeline(columns=["text", "title", "authors"]).process_item(Declared(NOTE))
    assert item == Declared(None, text="A short note.", authors=[])
    assert "A short note." in repr(item)
    assert CleanPipeline(raw="page", columns=["text"], prefix="c_").process_item({"page": NOTE, "text": 1}) == {
        "text": 1,
        "c_text": "A short note.",
    }


def test_scrapy_overwrites_nothing_by_what_is_unknown() -> None:
    filled = {"title": "The spider's", "published": "2024-03-04", "authors": ["Asha Pillai"], "outcome": "?"}
    cleaned = CleanPipeline().process_item({"raw": NOTE, **filled, "section": None})
    assert {name: cleaned[name] for name in filled} == {**filled, "outcome": "OK"}
    assert (cleaned["section"], cleaned["tags"]) == (None, [])
    page = '<html><head><meta property="article:published_time" content="2024-05-06"></head><body><p>A note.</p></html>'
    assert CleanPipeline().process_item({"raw": page, **filled})["published"] == "2024-05-06"


@pytest.mark.parametrize("item", [Declared(NOTE), Item(raw=NOTE)])
def test_scrapy_refuses_an_item_that_cannot_take_what_comes_out(item: Any) -> None:
    before = copy(item)
    with pytest.raises(UsageError, match=r"declares no field tags, reason: declare .* CLEANER = \{'columns': \[…\]\}"):
        CleanPipeline(columns=["text", "tags", "reason"]).process_item(item)
    assert item == before


def test_scrapy_lets_items_without_a_page_pass() -> None:
    crawler = Crawler(scrapy.Spider, {})
    pipeline = CleanPipeline(stats=MemoryStatsCollector(crawler))
    for item in ({"link": "https://a.example/x"}, Declared(None), Item(text="x")):
        before = copy(item)
        assert pipeline.process_item(item) is item
        assert item == before
    assert pipeline.stats.get_value("cleaner/no page") == 3
    with pytest.raises(UsageError, match="field 'raw' holds int: a raw page is str or bytes"):
        pipeline.process_item({"raw": 3})


def test_scrapy_tells_what_an_item_knows() -> None:
    item = {"raw": NOTE, "url": "https://a.example/x", "head": "A note to all"}
    cleaned = CleanPipeline(known={"url": "url", "title": "head"}).process_item(item)
    assert (cleaned["url"], cleaned["title"]) == ("https://a.example/x", "A note to all")


def test_scrapy_settings_statistics_and_drops(write_pack) -> None:
    pack = write_pack(
        "pack: mine\ncategory: widget\nrules:\n  - id: mine.tide\n    why: Under every article.\n"
        '    phrases: ["tide table"]\n    hit: ["Tide table"]\n    miss: ["The tide table was wrong."]\n'
    )
    how = {"rules": [str(pack)], "profile": "rules-only", "columns": ["text"], "raw": "page"}
    crawler = Crawler(scrapy.Spider, {"CLEANER": how})
    crawler.stats = MemoryStatsCollector(crawler)
    pipeline = CleanPipeline.from_crawler(crawler)
    assert pipeline.process_item({"page": "A short note.\n\nTide table\n"}) == {"text": "A short note."}
    with pytest.raises(DropItem, match="EMPTY: "):
        pipeline.process_item({"page": "Tide table\n"})
    assert {k: v for k, v in crawler.stats.get_stats().items() if k.startswith("cleaner/")} == {
        "cleaner/OK": 1,
        "cleaner/EMPTY": 1,
    }


def test_the_scrapy_project_crawls(tmp_path: Path) -> None:
    """As its user does it: `scrapy crawl`."""
    out = tmp_path / "clean.jsonl"
    folder = FIXTURES / "pages"
    said = run(
        sys.executable, "-m", "scrapy", "crawl", "pages", "-a", f"folder={folder}", "-O", out, cwd=EXAMPLES / "scrapy"
    )
    rows = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    cleaner = Cleaner()
    wanted = {
        path.as_uri(): cleaner.clean(path.read_text(encoding="utf-8"), url=path.as_uri()).text
        for path in folder.rglob("*.html")
    }
    assert {row["url"]: row["text"] for row in rows} == {url: text for url, text in wanted.items() if text}
    assert "cleaner/OK" in said
    assert "WARNING" not in said


# LangChain


@pytest.mark.parametrize("rules_only", [False, True])
def test_langchain_gives_the_texts_of_the_plain_call(rules_only: bool) -> None:
    given = [Chain(raw, metadata={"name": name}) for name, raw in documents().items()]
    out = CleanDocuments(cleaner=RULES_ONLY if rules_only else None).transform_documents(given)
    assert [document.page_content for document in out] == [text for text in texts(rules_only) if text]
    assert [document.page_content for document in given] == list(documents().values())


def test_langchain_metadata() -> None:
    given = Chain(NOTE, id="7", metadata={"source": "https://a.example/x", "n": 3})
    [document] = CleanDocuments().transform_documents([given, Chain("Share this:\n")])
    assert document.id == "7"
    assert document.metadata == {
        "source": "https://a.example/x", "n": 3, "outcome": "OK", "url": "https://a.example/x",
    }  # fmt: skip
    assert given.metadata == {"source": "https://a.example/x", "n": 3}


def test_langchain_takes_no_file_for_an_address() -> None:
    given = [
        Chain(NOTE, metadata={"source": source}) for source in ("dumps/example.com/a.html", "/srv/a.example/b.txt")
    ]
    for document in CleanDocuments().transform_documents(given):
        assert document.metadata.keys() == {"source", "outcome"}
    [document] = CleanDocuments(url="https://a.example/x").transform_documents(given[:1])
    assert document.metadata["url"] == "https://a.example/x"


def test_the_example_with_langchain_reads_what_is_no_utf8(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes("Das Café öffnet wieder.".encode("latin-1"))
    [row] = map(json.loads, run_example("with_langchain.py", tmp_path / "a.txt").splitlines())
    assert row["page_content"] == "Das Caf\ufffd \ufffdffnet wieder."


def test_the_example_with_langchain() -> None:
    names = [name for name in documents() if name.startswith("pages/")]
    said = run_example("with_langchain.py", *(FIXTURES / name for name in names))
    rows = [json.loads(line) for line in said.splitlines()]
    assert [row["page_content"] for row in rows] == [pages()[name].text for name in names if pages()[name].text]


# LlamaIndex


@pytest.mark.parametrize("rules_only", [False, True])
def test_llama_index_gives_the_texts_of_the_plain_call(rules_only: bool) -> None:
    given = [Llama(text=raw, id_=name) for name, raw in documents().items()]
    out = CleanNodes(cleaner=RULES_ONLY if rules_only else None)(given)
    assert [node.text for node in out] == [text for text in texts(rules_only) if text]
    assert [node.text for node in given] == list(documents().values())


def test_llama_index_metadata_and_identity() -> None:
    given = Llama(text=NOTE, id_="7", metadata={"url": "https://a.example/x", "n": 3})
    [node] = CleanNodes()([given, Llama(text="Share this:\n")])
    assert (node.id_, node.metadata) == ("7", {"url": "https://a.example/x", "n": 3, "outcome": "OK"})
    assert given.metadata == {"url": "https://a.example/x", "n": 3}


def test_llama_index_shows_models_no_metadata_that_it_added() -> None:
    given = Llama(
        text=NOTE, metadata={"url": "https://a.example/x", "n": 3}, excluded_llm_metadata_keys=["n", "outcome"]
    )
    [node] = CleanNodes(columns=["outcome", "url", "reason"])([given])
    assert node.excluded_embed_metadata_keys == ["outcome"]
    assert node.excluded_llm_metadata_keys == ["n", "outcome"]
    assert given.excluded_embed_metadata_keys == []
    assert "outcome" not in node.get_content(MetadataMode.EMBED)
    [node] = CleanNodes(known={"url": "file_path"})([Llama(text=NOTE, metadata={"file_path": "dumps/a.example/b"})])
    assert "url" not in node.metadata


def test_llama_index_comes_back_from_a_dictionary() -> None:
    step = CleanNodes(known={"title": "head"}, columns=["title", "outcome"], kind="text")
    again = CleanNodes.from_dict(json.loads(step.to_json()))
    assert again.to_dict() == step.to_dict()
    given = [Llama(text="A short title\n\n" + NOTE, metadata={"head": "A short title"})]
    assert [node.metadata for node in again(given)] == [node.metadata for node in step(given)]
    own = CleanNodes(cleaner=RULES_ONLY).to_dict()
    with pytest.raises(UsageError, match=r"are not those of the step that was written: .*from_dict\(…, cleaner=…\)"):
        CleanNodes.from_dict(own)
    assert CleanNodes.from_dict(own, cleaner=RULES_ONLY).to_dict() == own


def test_the_cache_of_llama_index_knows_rules_and_options() -> None:
    assert CleanNodes().to_dict() == CleanNodes(cleaner=Cleaner()).to_dict()
    assert CleanNodes().to_dict() == pickle.loads(pickle.dumps(CleanNodes())).to_dict()
    assert len({CleanNodes(**how).how for how in ({}, {"kind": "text"}, {"cleaner": RULES_ONLY})}) == 3


def test_llama_index_in_a_pipeline_of_two_processes() -> None:
    given = [Llama(text=raw, id_=name) for name, raw in list(documents().items())[:20]]
    out = IngestionPipeline(transformations=[CleanNodes(cleaner=RULES_ONLY)]).run(documents=given, num_workers=2)
    assert [node.get_content() for node in out] == [text for text in texts(rules_only=True)[:20] if text]


def test_the_example_with_llama_index(tmp_path: Path) -> None:
    names = [name for name in documents() if name.startswith("cookie-notice/")]
    for n, name in enumerate(names):
        (tmp_path / f"{n}.txt").write_text(documents()[name], encoding="utf-8")
    said = run_example("with_llama_index.py", tmp_path)
    for name in names:  # shorter than a chunk: each is one node
        assert repr(pages()[name].text) in said
