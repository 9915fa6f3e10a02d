"""The benchmarks' scores, on values worked out by hand, and the commands on a small corpus of our own."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from benchmarks import errors, pages_speed, quality
from benchmarks.corpus import Page, digest, read_pages
from benchmarks.dumps import dump_lines, label
from benchmarks.predict import Missing, Predictor, Task, Worker
from benchmarks.publish import publish
from benchmarks.scores import (
    LabelledLines,
    Score,
    Shingles,
    author_score,
    bag,
    plain_title,
    snippet_share,
)
from benchmarks.systems import PEERS, System, day, longest_run, systems_of
from benchmarks.tokens import tokens

STORM = "The harbour of Varnholm opened again on Monday after the storm."
FERRY = "The ferry to the islands sails twice a day from now on, the harbour master said."
GOLD = f"{STORM}\n{FERRY}"
MENU = ["Home", "Sport", "Harbour opens again"]
HTML = f"""<html lang="en"><head><title>Harbour opens again</title></head><body><nav><a href="/">Home</a><br>
<a href="/s">Sport</a></nav><article><h1>Harbour opens again</h1><p>{STORM}</p><img alt="A ferry at sea"><p>{FERRY}</p>
</article></body></html>"""


# Scores


def test_words_are_counted_as_bags() -> None:
    assert bag(tokens("A b b C"), tokens("a B d")) == Score(2 / 4, 2 / 3)
    assert bag(tokens("a b b c"), tokens("a b d")).f1 == pytest.approx(4 / 7)
    assert bag([], []) == Score(1, 1)
    assert bag([], ["a"]).f1 == bag(["a"], []).f1 == 0


def test_characters_of_unspaced_scripts_are_words() -> None:
    assert tokens("港は Ｏｐｅｎ 30") == ["港", "は", "open", "30"]


def test_shingles_are_runs_of_four_words_and_keep_case() -> None:
    page = Shingles.of("one two three four five six", "two three four five Six")
    assert page == Shingles(shared=1, predicted=3, gold=2, exact=False)
    assert Shingles.of("one two", "one, two!") == Shingles(1, 1, 1, exact=True)


def test_the_means_of_shingles_come_first_their_f1_last() -> None:
    pages = [
        quality.Item(Page("1", "sh", gold=gold), Task("", str)) for gold in ("two three four five Six", "a b c d e")
    ]
    said = [quality.Prediction("one two three four five six"), quality.Prediction("")]
    row = quality.average([quality.score_html(page, one) for page, one in zip(pages, said, strict=True)])
    # An empty prediction has no precision: 1/3 is the mean; recall: 1/2 and 0.
    assert row["SH F1"] == pytest.approx(Score(1 / 3, 1 / 4).f1)
    assert (row["empty"], row["failed"], row["with"]) == (1, 0, None)


def test_lines_are_scored_against_their_labels() -> None:
    dump = [*MENU, STORM, "***", FERRY, "Sport"]
    labels = label(dump, GOLD, "Harbour opens again")
    assert labels == ["drop", "drop", "drop", "keep", "ignore", "keep", "drop"]
    lines = LabelledLines(worded(dump), tuple(labels))
    assert lines.score(worded([STORM, FERRY])) == Score(1, 1)
    assert lines.score(worded(dump)) == Score(2 / 6, 1)
    assert lines.score(worded(["Sport", STORM.upper(), "***"])) == Score(1 / 2, 1 / 2)  # one of two copies of "Sport"
    assert lines.score([]) == Score(0, 0)


def worded(lines: list[str]) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(tokens(line)) for line in lines)


def test_copies_beyond_golds_are_anybodys_choice() -> None:
    assert label([STORM, "Menu", "Menu", "Menu", "Menu", STORM, FERRY], GOLD, None) == [
        "ignore", "drop", "drop", "drop", "drop", "keep", "keep"]  # fmt: skip


def test_snippets_are_looked_for_without_case_and_white_space() -> None:
    assert snippet_share("The  Harbour\nopens", ["harbour opens", "Ferry"]) == 0.5
    assert snippet_share("anything", []) is None


def test_titles_are_equal_but_for_typography() -> None:
    assert plain_title(" “Harbour” – it’s open… ") == plain_title("'HARBOUR\" - it's open")
    assert plain_title("Harbour | Herald") != plain_title("Harbour")
    assert plain_title(None) == ""


def test_authors_are_sets_of_names() -> None:
    assert author_score(["By Ána Pérez", "ana perez", "Herald Staff"], ["Ana Perez", "Jo Ek"]) == Score(1 / 2, 1 / 2)
    assert author_score([], ["Ana Perez"]).f1 == 0


def test_days_are_read_from_what_libraries_give() -> None:
    assert day("2024-05-03T10:00:00Z") == day("May 3, 2024") == "2024-05-03"
    assert day("no date") is day(None) is None


def test_metadata_scores() -> None:
    pages = [
        Page("1", "aed", title="Harbour opens", authors=("Ana Perez",), date="2024-05-03"),
        Page("2", "aed", title="Ferry", date="2024-05-04"),
        Page("3", "sh"),  # no gold at all, not "no author"
    ]
    items = [quality.Item(page, Task(page.uid, str)) for page in pages]
    said = [
        quality.Prediction(title="HARBOUR OPENS", authors=["Ana Perez", "Jo Ek"], date="2024-05-03"),
        quality.Prediction(title="Ferry | Herald", authors=["Herald"]),
        quality.Prediction(authors=["Herald"]),
    ]
    row = quality.average([quality.score_meta(item, one) for item, one in zip(items, said, strict=True)])
    assert row == {
        "title exact": 0.5,
        "author F1": pytest.approx(2 / 3),
        "day": 0.5,
        "authors where none": 1,
        "failed": 0,
    }


# Where points are lost


def test_a_loss_is_shared_out_by_words() -> None:
    page = Page("1", "aed", gold=GOLD, title="Harbour opens again")
    extra = "Read more about the storm of the year in our paper."  # 11 words
    loss = errors.loss_of(page, f"Harbour opens again\n{STORM}\n{FERRY}\n{extra}")
    lost = 1 - 2 * 27 / (27 + 27 + 3 + 11)
    assert loss.shares == {
        "title kept": pytest.approx(lost * 3 / 14),
        "kept after the end": pytest.approx(lost * 11 / 14),
    }
    assert errors.loss_of(page, STORM).shares == {"lost at the end": pytest.approx(1 - 2 * 11 / (11 + 27))}
    assert errors.loss_of(page, "Home").shares == {errors.WHOLE_PAGE: 1}
    assert errors.loss_of(page, GOLD.upper()).exact


def test_losses_add_up() -> None:
    page = Page("1", "aed", gold=GOLD, title="Harbour opens again")
    losses = [
        errors.loss_of(page, text) for text in (GOLD, f"Home\n{GOLD}", f"{STORM}\nA ferry\n{FERRY}", f"{FERRY} {STORM}")
    ]
    for loss in losses:
        assert sum(loss.shares.values()) == pytest.approx(1 - loss.f1)
    assert [set(loss.shares) for loss in losses] == [
        set(),
        {"kept before the article"},
        {"kept inside"},
        {"within lines"},
    ]
    assert "| kept inside | 0.89 | 1 | 1 |" in errors.by_kind({"a": losses})


# Systems and predictions


def test_a_dump_is_every_block_of_the_body() -> None:
    assert dump_lines(HTML) == [*MENU, STORM, "A ferry at sea", FERRY]
    assert dump_lines(HTML, alternatives=False) == [*MENU, STORM, FERRY]
    assert longest_run()("\n".join([*MENU, STORM, FERRY, "Home"]), None) == GOLD


def test_every_profile_is_measured() -> None:
    from cleaner.pipeline import PROFILES

    for track in quality.TRACKS:
        assert {f"cleaner-{profile}" for profile in PROFILES} <= systems_of(track).keys()


def test_fingerprints_tell_systems_apart() -> None:
    for systems in PEERS.values():
        prints = [system.fingerprint() for system in systems]
        assert len(set(prints)) == len(prints)
        assert prints == [system.fingerprint() for system in systems]


def test_predictions_are_kept(tmp_path: Path) -> None:
    system = next(system for system in PEERS["text"] if system.name == "c4")
    predictor = Predictor(tmp_path)
    reads: list[str] = []
    tasks = [Task(digest(text), lambda text=text: reads.append(text) or text) for text in (f"Home\n{STORM}", "Home")]
    first = predictor.predict("text", system, tasks)
    assert [first[task.key].text for task in tasks] == [STORM, ""]
    assert predictor.predict("text", system, tasks) == first
    assert len(reads) == 2


def test_what_is_not_installed_is_said_or_read_from_what_is_kept(tmp_path: Path) -> None:
    system = System("absent", longest_run, "a-peer-that-nobody-has")
    predictor = Predictor(tmp_path)
    predictor.packages["a-peer-that-nobody-has"] = None
    with pytest.raises(Missing, match="pip install"):
        predictor.predict("text", system, [Task("k", str)])
    kept = tmp_path / "predictions" / "absent" / f"1.0~{system.fingerprint()}.text.jsonl"
    kept.parent.mkdir(parents=True)
    kept.write_text('{"page": "k", "text": "A line."}\n{"page": "half a li')
    assert predictor.predict("text", system, [Task("k", str)])["k"].text == "A line."


def test_predictions_of_code_that_was_edited_meanwhile_are_not_kept(tmp_path: Path, monkeypatch) -> None:
    prints = iter(["before", "after"])
    monkeypatch.setattr(System, "fingerprint", lambda self: next(prints))
    with pytest.raises(SystemExit, match="run again"):
        Predictor(tmp_path).predict("text", PEERS["text"][0], [Task("k", lambda: "A line.")])
    assert list(tmp_path.rglob("*.jsonl")) == []


HANGS = """
import sys, time
print("ready", flush=True)
for line in sys.stdin:
    time.sleep(60 if "hang" in line else 0)
    if "crash" in line:
        sys.exit(3)
    print('{"text": "done"}', flush=True)
"""


def test_a_page_that_hangs_or_crashes_costs_that_page_alone() -> None:
    worker = Worker("text", "everything", timeout=0.5)
    worker.command = [sys.executable, "-c", HANGS]
    assert [worker.ask(page, None)["text"] for page in ("a", "hang", "b", "crash", "c")] == [
        "done",
        "",
        "done",
        "",
        "done",
    ]
    assert "0.5 s" in worker.ask("hang", None)["error"]
    worker.close()


# Commands


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    pa = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    row = {"dataset": "aed", "page_type": "article", "key": "herald", "lang": "en", "url": "http://herald.example/a",
           "html": HTML, "text": GOLD, "title": "Harbour opens again", "authors": [], "date": None,
           "with_": ["twice a day"], "without": ["Sport"], "suspect_gold": False}  # fmt: skip
    rows = [row | {"uid": "aed/1"}, row | {"uid": "sh/1", "dataset": "sh", "title": None}]
    parquet.write_table(pa.Table.from_pylist(rows), tmp_path / "corpus.parquet")
    return tmp_path / "corpus.parquet"


def run(module: object, monkeypatch: pytest.MonkeyPatch, *arguments: object) -> None:
    monkeypatch.setattr(sys, "argv", ["benchmark", *map(str, arguments)])
    module.main()


def test_pages_are_read_lazily(corpus: Path) -> None:
    pages = list(read_pages(corpus, ("aed",)))
    assert [page.uid for page in pages] == ["aed/1"]
    assert pages[0].html == HTML
    assert pages[0].wanted == ("twice a day",)
    assert pages[0].digest == digest(HTML, "http://herald.example/a")


def test_quality_of_dumps(corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    said = tmp_path / "said.jsonl"
    rows = [{"id": "aed/1", "text": GOLD, "input": "raw"}, {"id": "sh/1", "text": "", "input": "raw"}]
    said.write_text("".join(json.dumps(row) + "\n" for row in rows))
    monkeypatch.setattr(quality, "INPUTS", {"text": ("raw",)})
    options = ("--corpus", corpus, "--cache", tmp_path, "--track", "text", "--systems", "c4,everything")
    run(quality, monkeypatch, *options, "--predictions", f"trained={said}")
    out = capsys.readouterr().out
    assert "| raw, news (2 pages) | word F1 | line F1 | exact | line P | line R | empty | failed |" in out
    # 27 words of gold, 36 of the dump; lines: menu and title and alternative text beside the two of the article.
    assert "| everything | .857 | .500 | .000 | .333 | **1.000** | 0 | 0 |" in out
    assert "| c4 | **1.000** | **1.000** | **1.000** | **1.000** | **1.000** | 0 | 0 |" in out
    assert "| trained | .500 | .500 | .500 | .500 | .500 | 1 | 0 |" in out
    assert "| oracle | 1.000 |" in out


def test_quality_of_pages(cleaner, corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    options = ("--corpus", corpus, "--cache", tmp_path, "--groups", "aed", "--systems", "everything,cleaner-balanced")
    run(quality, monkeypatch, *options, "--track", "html")
    out = capsys.readouterr().out
    # Runs of four words: 24 of 29; words: 27 of 32.
    assert "| everything | .906 | .915 | .000 | .844 | **1.000** | **1.000** | 1.000 | 0 | 0 |" in out
    assert "cleaner-balanced" in out


def test_errors_side_by_side(corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    options = ("--corpus", corpus, "--cache", tmp_path, "--track", "text", "--systems", "everything,c4", "--worst", 1)
    run(errors, monkeypatch, *options)
    out = capsys.readouterr().out
    assert "| lost to | everything: points | everything: pages | everything: only | c4: points |" in out
    assert "| **all** | 14.29 | 2 | exact 0 | 0.00 | 0 | exact 2 |" in out


def test_speed_of_pages(cleaner, corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    run(pages_speed, monkeypatch, "--corpus", corpus, "--cache", tmp_path, "--systems", "cleaner", "--passes", 1)
    assert "| cleaner |" in capsys.readouterr().out


def test_latencies_are_of_single_pages() -> None:
    one = pages_speed.Measured([0.1, 0.2, 0.3, 0.4], 0)
    assert one.rate == pytest.approx(4.0)
    assert (one.percentile(0.5), one.percentile(0.99)) == (0.3, 0.4)


def test_tables_go_between_their_marks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "benchmarks.md"
    page.write_text("a\n<!-- x -->\nold\n<!-- /x -->\nb\n")
    monkeypatch.setattr("benchmarks.publish.PAGE", page)
    publish("x", "new")
    assert page.read_text() == "a\n<!-- x -->\n\nnew\n\n<!-- /x -->\nb\n"
    with pytest.raises(SystemExit, match="no place"):
        publish("y", "new")
