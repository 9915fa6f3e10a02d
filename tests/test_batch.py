"""A run over many inputs: what it writes, what a second run redoes, what it survives."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from zipfile import ZipFile

import psutil
import pyarrow.parquet as pq
import pytest
from conftest import ROOT, article

from cleaner import Cleaner
from cleaner.batch.gone import Gone
from cleaner.batch.output import STATE
from cleaner.batch.read import Reading
from cleaner.batch.run import Run, Settings
from cleaner.batch.state import FILE, Row, State
from cleaner.batch.tables import read_records
from cleaner.batch.workers import Limits
from cleaner.errors import OutputError

SITE = """\
site: The Lorne Herald
domains: []
recognise:
  - [{phrase: The Lorne Herald}]
rules:
  - id: lorne-herald.tide
    category: widget
    why: The tide of the day under every article.
    phrases: ["tide table of the harbour"]
    hit: ["Tide table of the harbour"]
    miss: ["The tide table of the harbour was wrong."]
"""
HERALD, PLAIN = "The Lorne Herald\n\nWall to be raised\n\n", "Wall to be raised\n\n"
END = "\n\nTide table of the harbour\n\nShare this:\n"
HERE = Limits(jobs=0)


def start(*arguments: str | Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "cleaner", *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "120", "NO_COLOR": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def run(*arguments: str | Path) -> tuple[int, str, str]:
    process = start(*arguments)
    out, err = process.communicate(timeout=120)
    return process.returncode, out.decode(), err.decode()


@pytest.fixture
def dumps(tmp_path: Path) -> Path:
    folder = tmp_path / "dumps"
    for n in range(12):
        path = folder / f"{n % 3}" / f"{n:02}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text((HERALD if n % 4 == 0 else PLAIN) + article(n % 3) + f"\n\nNumber {n} ended the list." + END)
    (folder / "empty.txt").write_text("")
    (folder / "paper.txt").write_bytes(b"%PDF-1.4")
    return folder


@pytest.fixture
def herald(tmp_path: Path) -> Path:
    path = tmp_path / "sites" / "lorne-herald.yaml"
    path.parent.mkdir()
    path.write_text(SITE)
    return path


def work(dumps: Path, out: Path, rules: Path | None = None, **settings: object) -> dict[str, list[str]]:
    """Run in this process; the names of what was done, by why."""
    asked = Settings(inputs=(str(dumps),), out=out, limits=HERE, **settings)  # type: ignore[arg-type]
    done: dict[str, list[str]] = {}
    with Run(asked, Cleaner([rules] if rules else [])) as a_run:
        a_run.work(lambda row, why: done.setdefault(why, []).append(row.name))
    return done


def files(out: Path) -> dict[str, bytes]:
    return {str(p.relative_to(out)): p.read_bytes() for p in out.rglob("*") if p.is_file() and STATE not in p.parts}


def rows(out: Path) -> list[tuple[object, ...]]:
    state = State(out / STATE)
    found = [(r.name, r.outcome, r.reason, r.site, r.input, r.rules, r.packs, r.removed) for r in state.rows()]
    state.close()
    return found


@pytest.mark.parametrize("format", ["text", "markdown", "jsonl", "parquet"])
def test_a_second_run_does_nothing(dumps: Path, tmp_path: Path, format: str) -> None:
    out = tmp_path / "out"
    assert work(dumps, out, format=format).keys() == {"new"}
    before = {p: p.stat().st_mtime_ns for p in out.rglob("*") if STATE not in p.parts}
    assert work(dumps, out, format=format).keys() == {"unchanged"}
    assert before == {p: p.stat().st_mtime_ns for p in out.rglob("*") if STATE not in p.parts}


def test_an_edited_site_pack_redoes_its_sites_documents_alone(dumps: Path, tmp_path: Path, herald: Path) -> None:
    out = tmp_path / "out"
    work(dumps, out, herald)
    herald.write_text(SITE.replace("The tide of the day", "The tide of that day"))
    code, shown, _ = run("clean", dumps, "-o", out, "-r", herald, "--dry-run")
    assert (code, "rules changed" in shown) == (0, True)
    done = work(dumps, out, herald)
    assert sorted(done["rules changed"]) == ["0/00.txt", "1/04.txt", "2/08.txt"]
    assert len(done["unchanged"]) == 11


def test_a_changed_and_a_new_input_are_done_and_nothing_else(dumps: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    work(dumps, out)
    (dumps / "0" / "03.txt").write_text(PLAIN + article(2))
    (dumps / "0" / "04.txt").write_text(PLAIN + article(1))
    os.utime(dumps / "1" / "01.txt")
    (out / "2" / "02.txt.txt").unlink()
    done = work(dumps, out)
    assert (done["input changed"], done["new"], done["output missing"]) == (["0/03.txt"], ["0/04.txt"], ["2/02.txt"])
    assert files(out) == files_of_a_fresh_run(dumps, tmp_path)


def files_of_a_fresh_run(dumps: Path, tmp_path: Path, **settings: object) -> dict[str, bytes]:
    work(dumps, tmp_path / "fresh", **settings)
    return files(tmp_path / "fresh")


@pytest.mark.parametrize("format", ["jsonl", "parquet"])
@pytest.mark.parametrize("ledger", ["inside", "beside", "none"])
def test_shards_are_as_a_fresh_run_writes_them_whatever_changed(
    dumps: Path, tmp_path: Path, format: str, ledger: str
) -> None:
    out = tmp_path / "out"
    asked = {"format": format, "ledger": ledger, "shard": 5}
    work(dumps, out, **asked)
    first = files(out)
    assert sum("pages" in name for name in first) == 3
    (dumps / "1" / "04.txt").write_text(PLAIN + article(2))
    done = work(dumps, out, **asked)
    assert done["input changed"] == ["1/04.txt"]
    assert len(done["unchanged"]) == 13
    assert sum(first[name] != content for name, content in files(out).items() if "pages" in name) == 1
    (dumps / "0" / "00a.txt").write_text(PLAIN + article(1))
    (dumps / "2" / "11.txt").unlink()
    (dumps / "paper.txt").unlink()
    work(dumps, out, **asked)
    assert files(out) == files_of_a_fresh_run(dumps, tmp_path, **asked)
    assert len(rows(out)) == 13


def test_formats_hold_the_same_documents(dumps: Path, tmp_path: Path) -> None:
    for format in ("text", "jsonl", "parquet"):
        work(dumps, tmp_path / format, format=format)
    lines = dict(read_records(tmp_path / "jsonl" / "pages-00000.jsonl.zst"))
    table = {row["name"]: row for row in pq.read_table(tmp_path / "parquet" / "pages-00000.parquet").to_pylist()}
    assert lines.keys() == table.keys()
    for name, line in lines.items():
        row = json.loads(line)
        assert row["text"] + "\n" == (tmp_path / "text" / f"{name}.txt").read_text()
        assert row["removals"] == json.loads((tmp_path / "text" / f"{name}.json").read_text())["removals"]
        assert (table[name]["text"], table[name]["removals"]) == (row["text"], row["removals"])


def test_jobs_do_not_change_a_byte(dumps: Path, tmp_path: Path) -> None:
    work(dumps, tmp_path / "0")
    for jobs in ("1", "2"):
        code, _, err = run("clean", dumps, "-o", tmp_path / jobs, "-j", jobs)
        assert code == 0, err
        assert files(tmp_path / jobs) == files(tmp_path / "0")
        assert rows(tmp_path / jobs) == rows(tmp_path / "0")


def test_status_failures_and_retry(dumps: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert run("clean", dumps, "-o", out, "-j", "1", "-q", "--log", tmp_path / "log.jsonl")[0] == 0
    assert len((tmp_path / "log.jsonl").read_text().splitlines()) == 14
    code, shown, _ = run("status", out)
    assert (code, "FAIL" in shown, "paper.txt" in shown) == (0, True, True)
    assert len([json.loads(line) for line in run("status", out, "--json")[1].splitlines()]) == 14
    assert run("failures", out)[1].startswith("paper.txt: binary")
    (dumps / "paper.txt").write_text(PLAIN + article())
    code, shown, err = run("retry", out, "-j", "1")
    assert code == 0, err
    assert run("failures", out)[1] == ""
    assert (out / "paper.txt.txt").exists()
    code, _, err = run("status", tmp_path)
    assert (code, "no run has written there" in err) == (2, True)


def test_too_many_failures_end_with_1_and_a_whole_report(tmp_path: Path) -> None:
    dumps = tmp_path / "dumps"
    dumps.mkdir()
    for n in range(4):
        (dumps / f"{n}.txt").write_bytes(b"%PDF-1.4" if n else article().encode())
    code, _, err = run("clean", dumps, "-o", tmp_path / "out", "-j", "1")
    assert (code, "3 of 4 documents failed" in err) == (1, True)
    assert len(rows(tmp_path / "out")) == 4
    assert run("clean", dumps, "-o", tmp_path / "out", "-j", "1", "--max-failures", "3")[0] == 0
    code, _, err = run("clean", dumps, "-o", tmp_path / "fast", "-j", "1", "--fail-fast")
    assert (code, "1.txt: binary" in err) == (1, True)


def test_wrong_calls_say_what_to_do(dumps: Path, tmp_path: Path) -> None:
    for arguments, says in (
        (("--format", "jsn"), "did you mean 'jsonl'"),
        (("--ledger", "inside?"), "--ledger is one of"),
        (("--format", "jsonl", "--columns", "txt"), "did you mean 'text'"),
        (("--max-failures", "many"), "a share from 0% to 100%"),
    ):
        code, _, err = run("clean", dumps, "-o", tmp_path / "out", *arguments)
        assert (code, says in err) == (2, True), err


def test_a_second_run_on_one_output_is_refused(dumps: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with Run(Settings(inputs=(str(dumps),), out=out, limits=HERE), Cleaner()):
        code, _, err = run("clean", dumps, "-o", out)
    assert (code, "another run is writing there" in err) == (4, True)


def test_what_is_known_of_a_document_is_part_of_its_input(tmp_path: Path) -> None:
    table = tmp_path / "t.jsonl"
    for url, why in (("https://example.org/a", "new"), ("https://example.org/b", "input changed")):
        table.write_text(json.dumps({"text": article(), "url": url}))
        assert work(table, tmp_path / "out").keys() == {why}


class Rewriting(Cleaner):
    """Rewrites its input while it cleans it, as a scraper at work may."""

    def clean(self, raw, *rest, **known):  # type: ignore[no-untyped-def]
        page = super().clean(raw, *rest, **known)
        TARGET.write_text(article(2))
        return page


TARGET = Path()


def test_an_input_rewritten_during_the_run_is_done_the_next_time(tmp_path: Path) -> None:
    global TARGET
    TARGET = tmp_path / "a.txt"
    TARGET.write_text(article(1))
    with Run(Settings(inputs=(str(TARGET),), out=tmp_path / "out", limits=HERE), Rewriting()) as a_run:
        a_run.work(lambda row, why: None)
    assert work(TARGET, tmp_path / "out").keys() == {"input changed"}


def test_an_output_of_another_run_is_not_thrown_away(dumps: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    work(dumps, out, format="jsonl")
    before = files(out)
    for asked, says in (
        ({"format": "text"}, "was written as jsonl"),
        ({"format": "jsonl", "limit": 2}, "more documents than --limit"),
    ):
        with pytest.raises(OutputError, match=says):
            work(dumps, out, **asked)
    with pytest.raises(OutputError, match="shards of other inputs"):
        work(dumps / "0", out, format="jsonl")
    assert files(out) == before


def test_rows_in_another_order_are_done_again(tmp_path: Path) -> None:
    table, out = tmp_path / "t.jsonl", tmp_path / "out"
    rows = [json.dumps({"id": str(n), "text": f"{article()}\n\nNumber {n} ended the list."}) for n in range(6)]
    for order in (rows, rows[::-1]):
        table.write_text("\n".join(order))
        work(table, out, format="jsonl", reading=Reading(name_column="id"))
    names = [name for name, _ in read_records(out / "pages-00000.jsonl.zst")]
    assert [name.rpartition("/")[2] for name in names] == list("543210")


def test_a_lost_ledger_is_written_anew(dumps: Path, tmp_path: Path) -> None:
    work(dumps, tmp_path / "text")
    work(dumps, tmp_path / "jsonl", format="jsonl", ledger="beside")
    (tmp_path / "text" / "0" / "00.txt.json").unlink()
    (tmp_path / "jsonl" / "ledger-00000.jsonl.zst").unlink()
    assert work(dumps, tmp_path / "text")["output missing"] == ["0/00.txt"]
    assert work(dumps, tmp_path / "jsonl", format="jsonl", ledger="beside").keys() == {"output missing"}


def cleaned(*arguments: str | Path) -> tuple[int, str]:
    """The exit code of a run without the score, and what it shows."""
    code, shown, _ = run("clean", *arguments, "-j", "1", "--profile", "rules-only")
    return code, " ".join(shown.split())


def test_what_was_written_for_files_that_are_gone_is_told_and_pruned_on_request(dumps: Path, tmp_path: Path) -> None:
    out, fresh = tmp_path / "out", tmp_path / "fresh"
    cleaned(dumps, "-o", out)
    (dumps / "0" / "00.txt").unlink()
    (dumps / "paper.txt").unlink()
    code, shown = cleaned(dumps, "-o", out)
    assert (code, "The last run did not meet the inputs of 2 documents." in shown) == (0, True)
    assert "--prune" in run("status", out)[1]
    assert (out / "0" / "00.txt.txt").exists()
    assert cleaned(dumps, "-o", out, "--prune", "--limit", "3")[0] == 2
    _, shown = cleaned(dumps, "-o", out, "--prune", "--dry-run")
    assert shown.endswith("Would prune 0/00.txt paper.txt")
    assert (out / "0" / "00.txt.txt").exists()
    code, shown = cleaned(dumps, "-o", out, "--prune")
    assert (code, "Pruned: 2 documents" in shown, "Not pruned" in shown) == (0, True, False)
    assert "--prune" not in run("status", out)[1]
    cleaned(dumps, "-o", fresh)
    assert files(out) == files(fresh)
    assert rows(out) == rows(fresh)


def test_a_dry_run_names_nothing_to_prune_that_the_run_would_meet(dumps: Path, tmp_path: Path) -> None:
    cleaned(dumps / "0", "-o", tmp_path / "out")
    (dumps / "0" / "00.txt").rename(dumps / "00.txt")
    _, shown = cleaned(dumps, "-o", tmp_path / "out", "--prune", "--dry-run")
    assert ("Would clean" in shown, "Would prune" in shown) == (True, False)


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    folder = tmp_path / "z"
    folder.mkdir()
    with ZipFile(folder / "a.zip", "w") as members:
        for n in range(3):
            members.writestr(f"{n}.txt", PLAIN + article(n))
    (folder / "b.txt").write_text(PLAIN + article(0))
    return folder


def test_a_damaged_archive_prunes_nothing(archive: Path, tmp_path: Path) -> None:
    out = tmp_path / "oz"
    cleaned(archive, "-o", out)
    before = files(out)
    os.truncate(archive / "a.zip", 60)
    _, shown = cleaned(archive, "-o", out, "--prune")
    assert ("Pruned: 0 documents" in shown, "Not pruned: 3 documents" in shown) == (True, True)
    assert files(out) == before
    (archive / "a.zip").unlink()
    _, shown = cleaned(archive, "-o", out, "--prune")
    assert "Pruned: 4 documents" in shown  # the members, and the archive's own failure
    assert set(files(out)) == {"b.txt.txt", "b.txt.json"}


@pytest.mark.parametrize("less", [("0/01.txt",), ("0",), ("", "--include", "0/*"), ("", "--exclude", "1")])
def test_what_another_run_leaves_out_is_not_pruned(dumps: Path, tmp_path: Path, less: tuple[str, ...]) -> None:
    out = tmp_path / "out"
    (dumps / "0" / "01.txt").write_text(PLAIN + article(1))
    cleaned(dumps, "-o", out)
    (dumps / "2" / "02.txt").unlink()
    before = files(out)
    _, shown = cleaned(dumps / less[0], *less[1:], "-o", out, "--prune")
    kept = before if less[0] else {name: text for name, text in before.items() if not name.startswith("2/02.txt")}
    assert {name: files(out)[name] for name in kept} == kept
    assert f"Pruned: {'0 documents' if less[0] else '1 document'} whose" in shown
    assert "Not pruned: " in shown


def test_what_cannot_be_looked_for_is_not_known_to_be_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    is_gone = Gone([str(tmp_path)])
    (tmp_path / "a").mkdir()
    os.symlink("nowhere", tmp_path / "link.txt")
    assert is_gone(str(tmp_path / "a" / "b" / "c.txt"))
    assert not is_gone(str(tmp_path / "link.txt"))
    assert not is_gone(str(tmp_path) + "-other/c.txt")

    def refuse(path: str) -> None:
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr(os, "scandir", refuse)
    assert not Gone([str(tmp_path)])(str(tmp_path / "a" / "c.txt"))
    monkeypatch.setattr(os, "lstat", refuse)
    assert not Gone([str(tmp_path)])(str(tmp_path / "a" / "c.txt"))


def test_names_and_files_come_back_from_the_state_as_they_went_in(tmp_path: Path) -> None:
    with closing(State(tmp_path)) as state:
        name = "a\udcff/x.txt"
        row = Row(name, "OK", None, None, "", None, None, "", (), {}, 0, "", 0.0)
        state.put(row)
        state.commit()
        state.see(name, "/d/a\udcff/x.txt")
        assert list(state.rows()) == [row]
    with closing(State(tmp_path)) as state:
        assert state.unseen() == [(name, "/d/a\udcff/x.txt")]
        state.forget([name])
        assert state.unseen() == []


def test_a_dry_run_makes_nothing(dumps: Path, tmp_path: Path) -> None:
    code, shown, _ = run("clean", dumps, "-o", tmp_path / "out", "--dry-run")
    assert (code, "new" in shown, (tmp_path / "out").exists()) == (0, True, False)


# ------------------------------------------------- what must not be lost, or spoilt


def test_what_cannot_be_read_for_the_moment_keeps_what_was_written(dumps: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    work(dumps, out)
    before = files(out)
    for name in ("0/00.txt", "1/01.txt"):
        (dumps / name).rename(tmp_path / "moved")
        (dumps / name).symlink_to("nowhere")
    code, shown, _ = run("clean", dumps, "-o", out, "--dry-run")
    assert (code, "cannot be read now: what was written stays" in shown) == (0, True)
    asked = Settings(inputs=(str(dumps),), out=out, limits=HERE)
    with Run(asked, Cleaner(keep_title=True), dry=True) as a_run:
        assert {why for document, _, why in a_run.plan() if document.failure} == {
            "cannot be read now: what was written stays"
        }
    done = work(dumps, out)
    assert done["cannot be read now: what was written stays"] == ["0/00.txt", "1/01.txt"]
    assert files(out) == before
    reason = {row[0]: row[2] for row in rows(out)}["0/00.txt"]
    assert reason == "unreadable: No such file or directory; what was written before stays"
    assert "earlier text stays" in run("status", out)[1]
    assert "cannot be read now" not in work(dumps, out)
    (dumps / "0" / "00.txt").unlink()
    (dumps / "0" / "00.txt").write_text("")
    assert work(dumps, out)["input changed"] == ["0/00.txt"]
    assert files(out).keys() == before.keys() - {"0/00.txt.txt", "0/00.txt.json"}, "now it is empty"


class Crashing(Cleaner):
    """Fails as a document may that is too much for a process."""

    def clean(self, raw, *rest, **known):  # type: ignore[no-untyped-def]
        raise MemoryError


def test_a_document_that_is_too_much_keeps_what_was_written(dumps: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    work(dumps / "0", out)
    before = files(out)
    os.truncate(dumps / "0" / "00.txt", 400)
    with Run(Settings(inputs=(str(dumps / "0"),), out=out, limits=HERE), Crashing()) as a_run:
        a_run.work(lambda row, why: None)
    assert files(out) == before
    assert {row[0]: row[2] for row in rows(out)}["0/00.txt".partition("/")[2]] == (
        "memory: there is none left; what was written before stays"
    )


def test_a_file_that_no_run_wrote_is_never_overwritten_nor_removed(dumps: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    mine = {"0/00.txt.txt": b"mine", "empty.txt.json": b"mine", "paper.txt.txt": b"mine"}
    for name, content in mine.items():
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_bytes(content)
    for _ in range(2):
        work(dumps, out)
        found = files(out)
        assert {name: found[name] for name in mine} == mine
        reason = {row[0]: row[2] for row in rows(out)}["0/00.txt"]
        assert reason == (
            "unwritable: 0/00.txt.txt is there already, and no run wrote it: write to another OUT, or move it away"
        )
        assert "0/00.txt.json" not in found
    (out / "0" / "00.txt.txt").unlink()
    assert work(dumps, out)["not written before"] == ["0/00.txt"]
    assert (out / "0" / "00.txt.json").exists()


@pytest.mark.parametrize("change", [{}, {"emptied": True}])
def test_a_file_beside_what_a_run_wrote_is_not_its_own(dumps: Path, tmp_path: Path, change: dict[str, bool]) -> None:
    out = tmp_path / "out"
    work(dumps, out, ledger="none")
    (out / "0" / "00.txt.json").write_bytes(b"mine")
    if change:
        (dumps / "0" / "00.txt").write_text("")
    work(dumps, out)
    assert (out / "0" / "00.txt.json").read_bytes() == b"mine"
    assert (out / "0" / "00.txt.txt").exists() is not bool(change)
    assert (out / "0" / "03.txt.json").exists()
    reason = {row[0]: row[2] for row in rows(out)}["0/00.txt"]
    assert (reason or "").endswith("or move it away; what was written before stays") is not bool(change)
    (dumps / "0" / "00.txt").unlink()
    work(dumps, out, prune=True)
    assert (out / "0" / "00.txt.json").read_bytes() == b"mine"


@pytest.mark.parametrize("name", ["pages-00000.jsonl.zst", "ledger-00003.jsonl.zst", "pages-00000.parquet"])
def test_shards_that_no_run_wrote_are_refused(dumps: Path, tmp_path: Path, name: str) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / name).write_bytes(b"mine")
    for _ in range(2):
        with pytest.raises(OutputError, match="no run wrote it"):
            work(dumps, out, format="jsonl")
    assert files(out) == {name: b"mine"}


def test_nothing_is_written_into_an_input(dumps: Path, tmp_path: Path) -> None:
    before = files(dumps)
    (dumps / "2" / "2").mkdir()
    (dumps / "2" / "2" / "x.txt").write_text(article())
    with pytest.raises(OutputError, match="lies inside the input"):
        Run(Settings(inputs=(str(dumps / "0"), str(dumps / "1")), out=dumps, limits=HERE), Cleaner())
    with pytest.raises(OutputError, match="would be written into the input"):
        work(dumps / "2", dumps)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "2").symlink_to(dumps / "2")
    work(dumps / "2", tmp_path / "out")
    found = {row[0]: row[2] for row in rows(tmp_path / "out")}
    assert found.pop("2/x.txt") == "unwritable: that would be inside an input folder: write to another OUT"
    assert set(found.values()) == {None}
    work(dumps / "0", dumps)
    written = files(dumps)
    assert {name: written[name] for name in before} == before
    assert "00.txt.txt" in written


def test_another_folders_file_of_the_same_name_size_and_time_is_another_input(tmp_path: Path) -> None:
    for folder, town in (("a", "Lorne"), ("b", "Varne")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "x.txt").write_text(f"The harbour wall of {town} will be raised, officials said.")
        os.utime(tmp_path / folder / "x.txt", ns=(10**18, 10**18))
    work(tmp_path / "a", tmp_path / "out")
    assert work(tmp_path / "b", tmp_path / "out") == {"input changed": ["x.txt"]}
    assert "Varne" in (tmp_path / "out" / "x.txt.txt").read_text()
    assert work(tmp_path / "b", tmp_path / "out") == {"unchanged": ["x.txt"]}


def test_globs_that_would_drop_records_are_refused(dumps: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    work(dumps, out, format="jsonl", reading=Reading(include=("0/*", "1/*")))
    before = files(out)
    for reading in (Reading(include=("0/*",)), Reading(include=("0/*", "1/*"), exclude=("1/01.txt",))):
        with pytest.raises(OutputError, match="--include or --exclude may now leave out"):
            work(dumps, out, format="jsonl", reading=reading)
    assert files(out) == before
    work(dumps, out, format="jsonl", reading=Reading())
    assert len(rows(out)) == 14


def test_a_folder_where_a_file_goes_costs_that_document(tmp_path: Path) -> None:
    dumps, out = tmp_path / "in", tmp_path / "out"
    (dumps / "n.html.txt").mkdir(parents=True)
    (dumps / "n.html.txt" / "q.txt").write_text(article())
    work(dumps, out)
    (dumps / "n.html").write_text(f"<html><body><p>{article()}</p></body></html>")
    (dumps / "z.txt").write_text(article())
    work(dumps, out)
    found = {row[0]: row[2] for row in rows(out)}
    assert found["n.html"] == "unwritable: n.html.txt is there already, and no run wrote it: " + (
        "write to another OUT, or move it away"
    )
    assert (out / "z.txt.txt").exists()
    other = tmp_path / "other"
    (dumps / "b.txt").write_text(article())
    (dumps / "b.txt.md").mkdir()
    (dumps / "b.txt.md" / "y.txt").write_text(article())
    work(dumps, other, format="markdown")
    outcomes = [row[1] for row in rows(other) if str(row[0]).startswith("b.txt")]
    assert sorted(outcomes) == ["FAIL", "OK"]  # which of them, is a matter of who comes first
    assert work(dumps, other, format="markdown")["unchanged"]


def test_a_folder_in_the_place_of_one_file_of_a_document_leaves_the_other(dumps: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    work(dumps, out)
    before = files(out)
    (out / "0" / "00.txt.json").unlink()
    (out / "0" / "00.txt.json").mkdir()
    done = []
    with Run(Settings(inputs=(str(dumps),), out=out, limits=HERE), Cleaner(keep_title=True)) as a_run:
        a_run.work(lambda row, why: done.append(row))
    assert {row.name: row.reason for row in done}["0/00.txt"] == (
        "unwritable: a folder stands where its file goes: move that away, or write to another OUT"
        "; what was written before stays"
    )
    assert files(out)["0/00.txt.txt"] == before["0/00.txt.txt"] != files(out)["0/03.txt.txt"]
    assert list((out / STATE / "parts").iterdir()) == []
    (dumps / "0" / "00.txt").write_text("")
    work(dumps, out)
    assert not (out / "0" / "00.txt.txt").exists()
    assert (out / "0" / "00.txt.json").is_dir()


@pytest.mark.parametrize("emptied", [False, True])
def test_files_of_a_run_killed_before_it_noted_its_rows_are_its_own(
    dumps: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, emptied: bool
) -> None:
    out = tmp_path / "out"
    with monkeypatch.context() as patched:
        patched.setattr(State, "put", lambda self, row: os.kill(os.getpid(), signal.SIGINT))
        with pytest.raises(KeyboardInterrupt):
            work(dumps, out)
    assert (list(rows(out)), len(files(out))) == ([], 2)
    (dumps / "0" / "00.txt").write_text("" if emptied else article(3))
    work(dumps, out)
    assert files(out) == files_of_a_fresh_run(dumps, tmp_path)


@pytest.mark.parametrize("format", ["jsonl", "parquet"])
def test_a_damaged_shard_is_named(dumps: Path, tmp_path: Path, format: str) -> None:
    out = tmp_path / "out"
    work(dumps, out, format=format)
    (shard,) = out.glob("pages-*")
    shard.write_bytes(b"damaged" * 99)
    (dumps / "0" / "03.txt").write_text(article())
    with pytest.raises(OutputError, match=r"is damaged .*: remove it, and the same call writes it anew"):
        work(dumps, out, format=format)
    shard.unlink()
    work(dumps, out, format=format)
    assert files(out) == files_of_a_fresh_run(dumps, tmp_path, format=format)


def test_who_may_not_write_can_look(dumps: Path, tmp_path: Path) -> None:
    """As another user: root may write anywhere."""
    out = tmp_path / "out"
    work(dumps, out)
    for folder in (tmp_path, *tmp_path.parents[:2]):  # pytest's own folders are closed to others
        if os.stat(folder).st_uid == os.geteuid() and folder.name.startswith(("pytest", "test")):
            folder.chmod(0o755)
    for path in (out, *out.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    code = (
        "import os, sys\n"
        "from contextlib import suppress\n"
        "from cleaner.cli import main\n"
        "with suppress(SystemExit): main()\n"  # imports what nobody else may read
        "print('As another user:', flush=True)\n"
        "if os.geteuid() == 0: os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        "assert not os.access(sys.argv[-1], os.W_OK)\n"
        "main()\n"
    )
    try:
        for call, says in (
            (["status"], "EMPTY"),
            (["failures"], "paper.txt"),
            (["clean", dumps, "--dry-run", "-o"], "left as they are"),
        ):
            done = subprocess.run(
                [sys.executable, "-c", code, *map(str, call), out],
                capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)}, timeout=60,
            )  # fmt: skip
            assert (done.returncode, done.stderr) == (0, "")
            assert says in done.stdout.partition("As another user:")[2]
    finally:
        for path in (out, *out.rglob("*")):
            path.chmod(0o755)


def test_retry_has_the_limits_of_the_run(dumps: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    asked = ("--deadline", "7", "--memory", "1000", "--max-failures", "0")
    assert run("clean", dumps, "-o", out, "-j", "1", "-q", *asked)[0] == 1
    assert run("retry", out, "-j", "1")[0] == 1
    with closing(State(out / STATE)) as state:
        assert (state.fact("settings")["deadline"], state.fact("settings")["memory"]) == (7, 1000 << 20)
    assert run("retry", out, "-j", "1", "--max-failures", "1", "--deadline", "8")[0] == 0
    with closing(State(out / STATE)) as state:
        assert (state.fact("settings")["deadline"], state.fact("settings")["max_failures"]) == (8, "1")


# ------------------------------------------------------------------------- faults


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("many")
    for n in range(400):
        path = folder / f"{n % 7}" / f"{n:04}.txt"
        path.parent.mkdir(exist_ok=True)
        path.write_text(PLAIN + article(n % 3) + f"\n\nNumber {n} ended the list." + END)
    return folder


def kill_all(process: subprocess.Popen[bytes]) -> None:
    os.kill(process.pid, signal.SIGKILL)
    process.wait(10)


@pytest.mark.slow
@pytest.mark.parametrize("format", ["text", "jsonl"])
def test_a_run_killed_at_any_moment_resumes_to_the_same_bytes(many: Path, tmp_path: Path, format: str) -> None:
    begin = time.monotonic()
    assert run("clean", many, "-o", tmp_path / "whole", "-j", "2", "-f", format)[0] == 0
    long = time.monotonic() - begin
    moments = random.Random(7)
    for n in range(25):  # twice, for two formats: 50 moments
        out = tmp_path / f"{n}"
        process = start("clean", many, "-o", out, "-j", "2", "-f", format)
        time.sleep(moments.uniform(0.1, long))
        kill_all(process)
        for path, content in files(out).items() if out.exists() else ():
            assert content == (tmp_path / "whole" / path).read_bytes(), f"half a file under a final name: {path}"
        assert run("clean", many, "-o", out, "-j", "2", "-f", format)[0] == 0
        assert files(out) == files(tmp_path / "whole")
        assert rows(out) == rows(tmp_path / "whole")
        assert list((out / STATE / "parts").iterdir()) == []


def under_way(many: Path, out: Path) -> subprocess.Popen[bytes]:
    """A run with two workers that has written its first documents."""
    process = start("clean", many, "-o", out, "-j", "2")
    while not list(out.glob("*/*.txt")):
        time.sleep(0.02)
        assert process.poll() is None
    return process


def test_ctrl_c_ends_a_run_that_can_be_resumed(many: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    process = under_way(many, out)
    children = psutil.Process(process.pid).children(recursive=True)
    asked = time.monotonic()
    os.kill(process.pid, signal.SIGINT)
    process.communicate(timeout=10)
    assert (process.returncode, time.monotonic() - asked < 5) == (130, True)
    assert psutil.wait_procs(children, timeout=5)[1] == []
    assert run("clean", many, "-o", out, "-j", "2")[0] == 0
    assert len(files(out)) == 800


def test_a_killed_worker_costs_at_most_its_document(many: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    process = under_way(many, out)
    workers = [c for c in psutil.Process(process.pid).children() if "spawn_main" in " ".join(c.cmdline())]
    workers[0].kill()
    process.communicate(timeout=60)
    assert process.returncode == 0
    outcomes = [row[1] for row in rows(out)]
    assert len(outcomes) == 400
    assert outcomes.count("OK") >= 399


def test_a_full_disk_stops_the_run_and_leaves_whole_files(many: Path, tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    inside = f"mount -t tmpfs -o size=3m none {small} && {sys.executable} -m cleaner clean {many} -o {small}/out -j 1; \
code=$?; cp -r {small}/out {tmp_path}/left; exit $code"
    done = subprocess.run(
        ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", inside],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    if done.returncode != 4 and ("unshare" in done.stderr or "mount" in done.stderr):
        pytest.skip(f"this machine lets nobody mount a small disk: {done.stderr.strip()}")
    assert done.returncode == 4, done.stderr
    assert "No space left" in done.stderr or "disk is full" in done.stderr, done.stderr
    assert run("clean", many, "-o", tmp_path / "whole", "-j", "2")[0] == 0
    left = files(tmp_path / "left")
    assert left
    for path, content in left.items():
        assert content == (tmp_path / "whole" / path).read_bytes()


def test_an_output_nobody_may_write_is_refused(dumps: Path, tmp_path: Path) -> None:
    out = tmp_path / "file"
    out.write_text("x")
    code, _, err = run("clean", dumps, "-o", out / "deeper")
    assert (code, "cannot write to" in err) == (4, True)


def test_the_state_of_another_version_is_refused(dumps: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    (out / STATE).mkdir(parents=True)
    (out / STATE / FILE).write_bytes(b"no database at all, but long enough to be read as one" * 40)
    code, _, err = run("clean", dumps, "-o", out)
    assert (code, "cannot be used as run state" in err) == (4, True)
    assert "remove the whole output folder, or write to another one" in err
