"""The command line, run as a user runs it."""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import re
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from zipfile import ZipFile

import jsonschema
import pytest
from conftest import FIXTURES, ROOT, article

from cleaner import Cleaner
from cleaner.batch.output import STATE
from cleaner.batch.state import Row, State
from cleaner.report import progress

ROW = Row("a", "OK", None, None, "", None, None, "", (), {}, 0, "", 0.0)
DUMP = f"Harbour wall to be raised\n\n{article()}\n\nShare this:\n"


def run(*arguments: str | Path, stdin: bytes = b"", cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", "cleaner", *map(str, arguments)],
        input=stdin,
        capture_output=True,
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "120", "NO_COLOR": "1"},
        timeout=120,
    )
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


@pytest.fixture
def dumps(tmp_path: Path) -> Path:
    folder = tmp_path / "dumps"
    (folder / "a").mkdir(parents=True)
    (folder / "a" / "x.txt").write_text(DUMP, encoding="utf-8")
    (folder / "a" / "x.html").write_text(f"<html><body><p>{article(1)}</p></body></html>", encoding="utf-8")
    (folder / "empty.txt").write_text("", encoding="utf-8")
    (folder / "paper.txt").write_bytes(b"%PDF-1.4")
    (folder / "picture.jpg").write_bytes(b"x")
    return folder


def test_clean_mirrors_the_tree(dumps: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = run("clean", dumps, "-o", out)
    assert done.returncode == 0, done.stderr
    assert sorted(str(p.relative_to(out)) for p in out.rglob("*") if p.is_file() and ".cleaner" not in p.parts) == [
        "a/x.html.json",
        "a/x.html.txt",
        "a/x.txt.json",
        "a/x.txt.txt",
    ]
    assert (out / "a" / "x.txt.txt").read_text(encoding="utf-8") == article() + "\n"
    ledger = json.loads((out / "a" / "x.txt.json").read_text(encoding="utf-8"))
    assert ledger["metadata"]["title"] == "Harbour wall to be raised"
    assert ledger["outcome"] == "OK"
    assert str(tmp_path) not in json.dumps(ledger)
    rows = [json.loads(line) for line in run("status", out, "--json").stdout.splitlines()]
    assert {row["name"]: row["outcome"] for row in rows} == {
        "a/x.html": "OK",
        "a/x.txt": "OK",
        "empty.txt": "EMPTY",
        "paper.txt": "FAIL",
    }
    assert "binary: this is a PDF file" in done.stdout
    assert "social" in done.stdout
    again = tmp_path / "again"
    run("clean", dumps, "-o", again)
    assert (again / "a" / "x.txt.json").read_bytes() == (out / "a" / "x.txt.json").read_bytes()


def test_names_never_collide(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "x.txt").write_text(DUMP, encoding="utf-8")
    out = tmp_path / "out"
    run("clean", tmp_path / "a", tmp_path / "b", tmp_path / "a" / "x.txt", "-o", out)
    assert sorted(str(p.relative_to(out)) for p in out.rglob("*.txt")) == ["a/x.txt.txt", "b/x.txt.txt"]


def test_standard_input_and_output() -> None:
    done = run("clean", "-", stdin=DUMP.encode())
    assert (done.stdout, done.stderr, done.returncode) == (article() + "\n", "", 0)
    page = json.loads(run("clean", "-", "--json", stdin=DUMP.encode()).stdout)
    assert page["text"] == article()
    jsonschema.validate(page, json.loads((ROOT / "docs" / "cleaned.schema.json").read_text()))
    assert run("clean", "-", stdin=b"%PDF-1.4").returncode == 1


def test_the_published_schema_is_the_current_one() -> None:
    assert run("schema").stdout == (ROOT / "docs" / "cleaned.schema.json").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["clean", "nowhere", "-o", "/tmp/out"], 2, "nowhere: no such file or folder"),
        (["clean", "README.md"], 2, "say where to write: cleaner clean INPUT… -o OUT"),
        (["clean", "README.md", "-o", "/tmp/out", "--profile", "bold"], 2, "'bold' is none of balanced, precision"),
        (["clean", "README.md", "-o", "/tmp/out", "--profile", "ballanced"], 2, "did you mean 'balanced'"),
        (["clean", "README.md", "-o", "/tmp/out", "--engine", "trafilatur"], 2, "did you mean 'trafilatura'"),
        (["clean", "README.md", "-o", "/tmp/out", "--rules", "nowhere"], 2, "nowhere: no such rule file or folder"),
        (["clean", "README.md", "-o", "/tmp/out", "--kind", "pdf"], 2, "'pdf' is none of auto, text, html"),
        (["clean", "fixtures", "-o", "fixtures/out"], 4, "lies inside the input"),
        (["clean", "README.md", "-o", "LICENSE"], 4, "cannot write to LICENSE"),
        (["explain", "nowhere"], 2, "nowhere: No such file"),
        (["clena", "x"], 2, "No such command 'clena'"),
        (["clean", "-", "README.md", "-o", "/tmp/out"], 2, "- stands alone"),
        (["clean", "README.md", "-o", ""], 2, "say where to write"),
        (["clean", "README.md", "-o", "-"], 2, "-o takes a folder; to standard output goes one document"),
        (["clean", "README.md", "-o", "/tmp/out", "--json"], 2, "--json is for -"),
        (["clean", "README.md", "-o", "/tmp/out", "--columns", "text"], 2, "--columns is for --format jsonl, parquet"),
        (["clean", "README.md", "-o", "/tmp/out", "-f", "jsonl", "--columns", " ,"], 2, "--columns names none"),
        (["clean", "README.md", "-o", "/tmp/out", "--max-failures", "nan%"], 2, "a share from 0% to 100%"),
        (["clean", "README.md", "-o", "/tmp/out", "--max-failures=-3"], 2, "--max-failures is a number from 0"),
        (["clean", "README.md", "-o", "/tmp/out", "--deadline", "1e12"], 2, "less than or equal to 86400"),
        (["clean", "README.md", "-o", "/tmp/out", "--deadline", "nan"], 2, "less than or equal to 86400"),
        (["clean", "README.md", "-o", "/tmp/out", "--memory", "99999999999999"], 2, "less than or equal to 1048576"),
        (["clean", "docs", "fixtures", "-o", "/tmp/out", "--include", "*.foo"], 2, "that --include *.foo lets in"),
        (["clean", "-", "-o", "/tmp/out"], 2, "--out is for files and folders"),
        (["clean", "-", "--limit", "3"], 2, "--limit is for files and folders"),
        (["clean", "-", "--engine", "ray"], 2, "--engine ray is for files and folders"),
    ],
)
def test_a_wrong_call_says_what_to_do(arguments: list[str], code: int, says: str, tmp_path: Path) -> None:
    done = run(*(str(tmp_path / "out") if argument == "/tmp/out" else argument for argument in arguments))
    assert done.returncode == code
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def shell(command: str, stdin: bytes = DUMP.encode()) -> subprocess.CompletedProcess[str]:
    """Run what a shell makes of a line in which CLEANER stands for the call."""
    done = subprocess.run(
        ["bash", "-c", command.replace("CLEANER", f"{sys.executable} -m cleaner")],
        input=stdin, capture_output=True, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, timeout=120,
    )  # fmt: skip
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


@pytest.mark.parametrize(
    ("command", "code", "says"),
    [
        ("CLEANER clean - > /dev/full", 4, "cannot write to standard output: No space left on device"),
        ("CLEANER schema > /dev/full", 4, "cannot write to standard output: No space left on device"),
        ("CLEANER explain - > /dev/full", 4, "cannot write to standard output: No space left on device"),
        ("CLEANER clean - <&-", 2, "standard input is closed"),
        ("CLEANER explain - <&-", 2, "standard input is closed"),
        ("CLEANER clean - >&-", 4, "standard output is closed"),
        ("CLEANER schema 2>&-", 0, ""),
        ("set -o pipefail; CLEANER schema | head -1", 0, ""),
        ("set -o pipefail; CLEANER explain - | true", 0, ""),
        ("set -o pipefail; CLEANER clean - --json | true", 0, ""),
        ("set -o pipefail; CLEANER clean - --json 2>&1 | true", 0, ""),
        ("CLEANER clean fixtures/blogger -o $OUT -q -j 1 --log /dev/full", 4, "cannot write /dev/full: No space left"),
        ("mkdir $OUT; cd $OUT; rmdir $OUT; CLEANER clean x -o y", 2, "the folder you are in is no more"),
        (
            "mkdir $OUT; echo %PDF-1.4 > $OUT/x.txt; set -o pipefail; CLEANER clean $OUT -o $OUT.out | true",
            1,
            "of 1 doc",
        ),
        ("set -o pipefail; CLEANER rules test $PACK | true", 3, ""),
    ],
)
def test_streams_that_are_closed_or_full(command: str, code: int, says: str, tmp_path: Path, write_pack) -> None:
    pack = write_pack(
        "pack: own\ncategory: other\nrules:\n  - id: own.council\n    why: A test.\n    anywhere: true\n"
        "    phrases: ['for the 4th time']\n    hit: ['Met for the 5th time.']\n    miss: ['for the 4th times']\n"
    )
    done = shell(f"OUT={tmp_path}/out; PACK={pack}; {command}")
    assert (done.returncode, says in done.stderr) == (code, True), done.stderr
    assert "Traceback" not in done.stderr
    assert "Exception" not in done.stderr


def test_a_run_that_is_shown_to_nobody_ends_as_any(dumps: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert run("clean", dumps, "-o", out, "-q", "-j", "1").returncode == 0
    assert shell(f"CLEANER status {out} > /dev/full").returncode == 4
    for call in (f"status {out}", f"status {out} --json", f"failures {out}", f"clean {dumps} -o {out} -j 0"):
        done = shell(f"set -o pipefail; CLEANER {call} | true")
        assert (done.returncode, "Traceback" in done.stderr) == (0, False), done.stderr


def test_files_passed_over_are_counted(dumps: Path, tmp_path: Path) -> None:
    for name in ("a.php", "a/b.php", "README", "a/c.TXT.zip.bak"):
        (dumps / name).write_text("x")
    (dumps / "a" / "b.gz").write_bytes(gzip.compress(DUMP.encode()))
    with ZipFile(dumps / "z.zip", "w") as archive:
        for name in ("in.txt", "LICENSE", "in.php"):
            archive.writestr(name, DUMP)
    says = (
        "6 files passed over by suffix (.php 2, none 1, .bak 1, .gz 1, .jpg 1): a glob that names it reads "
        "them, like '*.php'\n2 archive members passed over by suffix (none 1, .php 1): no glob reads them\n"
    )
    out = tmp_path / "out"
    assert says in run("clean", dumps, "-o", out, "-j", "1", "--dry-run").stdout
    assert says in run("clean", dumps, "-o", out, "-j", "1").stdout
    assert says in run("status", out).stdout
    left_out = run("clean", dumps, "-o", tmp_path / "few", "-j", "1", "--include", "empty.txt").stdout
    assert "passed over" not in left_out, "what is left out on request is no news"
    named = run("clean", f"{dumps}/**/*.php", "-o", tmp_path / "php", "-j", "1").stdout
    assert ("passed over" in named, (tmp_path / "php" / "a" / "b.php.txt").exists()) == (False, True)


def test_at_most_a_hundred_suffixes_are_counted_by_name(dumps: Path, tmp_path: Path) -> None:
    for n in range(150):
        (dumps / f"{n}.M{n}P1_host").write_text("x")
    shown = run("clean", dumps, "-o", tmp_path / "out", "-j", "1").stdout
    assert "151 files passed over" in shown
    assert ", others 145): a glob" in shown
    with closing(State(tmp_path / "out" / STATE, to_read=True)) as state:
        counts = state.fact("passed over")["file"]
    assert (len(counts), sum(counts.values())) == (101, 151)


def test_what_was_not_read_to_its_end_is_said_however_quiet(tmp_path: Path) -> None:
    packed = gzip.compress(b"".join(b'{"text": "Note %d on the wall, officials said."}\n' % n for n in range(900)))
    (tmp_path / "t.jsonl.gz").write_bytes(packed[:-100])
    (tmp_path / "none.csv").write_bytes(b"")
    for _ in range(2):
        done = run("clean", tmp_path / "t.jsonl.gz", tmp_path / "none.csv", "-o", tmp_path / "out", "-j", "1", "-q")
        assert (done.returncode, done.stdout) == (0, "")
        assert done.stderr == "cleaner: warning: t.jsonl.gz: truncated: the gzip data breaks off\n"


def test_a_site_that_is_nearly_one_with_a_pack_is_asked_about(tmp_path: Path) -> None:
    said = run("clean", "-", "--site", "bbc.con", stdin=DUMP.encode())
    assert (said.returncode, "did you mean 'bbc.com'" in said.stderr) == (0, True)
    assert run("clean", "-", "--site", "bbc.com", stdin=DUMP.encode()).stderr == ""
    assert run("clean", "-", "--site", "Lornevarnholmer Anzeigenkurier", stdin=DUMP.encode()).stderr == ""


def test_a_fragment_is_a_page_where_its_name_says_so(tmp_path: Path) -> None:
    pages, out = tmp_path / "pages", tmp_path / "out"
    pages.mkdir()
    fragment, line = "<p>The wall at Lorne\nholds.", "Two lines\n\nof a dump, 1 < 2."
    for name, content in {"a.html": fragment, "b.xhtml": fragment, "c.txt": fragment, "d.html": line}.items():
        (pages / name).write_text(content)
    (pages / "e.html.gz").write_bytes(gzip.compress(fragment.encode()))
    with ZipFile(pages / "f.zip", "w") as archive:
        archive.writestr("g.HTM", fragment)
    assert run("clean", pages, "-o", out, "-j", "1", "--profile", "rules-only").returncode == 0
    found = {str(path.relative_to(out))[:-5]: json.loads(path.read_text())["kind"] for path in out.rglob("*.json")}
    assert found == {
        "a.html": "html", "b.xhtml": "html", "c.txt": "text", "d.html": "text",
        "e.html.gz": "html", "f.zip/g.HTM": "html",
    }  # fmt: skip
    assert (out / "a.html.txt").read_text() == "The wall at Lorne holds.\n"
    assert Cleaner(profile="rules-only").clean_file(pages / "a.html").kind == "html"
    assert Cleaner(profile="rules-only").clean_file(pages / "a.html", kind="text").kind == "text"
    assert run("clean", pages, "-o", out, "-j", "1", "--profile", "rules-only", "--kind", "text").returncode == 0
    assert json.loads((out / "a.html.json").read_text())["kind"] == "text"


def test_faulty_rules_stop_the_run_before_any_work(dumps: Path, tmp_path: Path, write_pack) -> None:
    bad = write_pack("pack: own\ncategroy: social\n")
    done = run("clean", dumps, "-o", tmp_path / "out", "--rules", bad)
    assert done.returncode == 3
    assert f"{bad}:2:1: unknown key 'categroy' (did you mean 'category'?)" in done.stderr
    assert not (tmp_path / "out").exists()
    assert run("rules", "lint", bad).returncode == 3


def test_own_rules_are_added(dumps: Path, tmp_path: Path, write_pack) -> None:
    own = write_pack(
        "pack: own\ncategory: other\nrules:\n  - id: own.council\n    why: A test.\n    anywhere: true\n"
        "    phrases: ['for the 4th time']\n    hit: ['Met for the 4th time.']\n    miss: ['for the 4th times']\n"
    )
    assert "1 pack, 1 rule: no fault." in run("rules", "lint", own).stdout
    assert "1 rule, 2 examples: no failures" in run("rules", "test", own).stdout
    run("clean", dumps, "-o", tmp_path / "out", "-r", own)
    assert "4th time" not in (tmp_path / "out" / "a" / "x.txt.txt").read_text()


def test_a_failing_example_is_named(write_pack) -> None:
    own = write_pack(
        "pack: own\ncategory: other\nrules:\n  - id: own.x\n    why: A test.\n    phrases: ['zort']\n"
        "    hit: ['Frimble']\n    miss: ['zorts']\n"
    )
    done = run("rules", "test", own)
    assert done.returncode == 3
    assert "own.yaml:4: own.x: a line of the hit is left alone: 'Frimble'" in done.stdout


def test_explain_shows_each_line_with_its_rule(tmp_path: Path) -> None:
    dump = tmp_path / "x.txt"
    dump.write_text(DUMP + "\x1b[31mred\x1b[0m\u202e and a long line that ends as a sentence does.\n", encoding="utf-8")
    done = run("explain", dump, "--svg", tmp_path / "x.svg")
    assert done.returncode == 0
    assert "title.line" in done.stdout
    assert "\x1b" not in done.stdout
    assert "\u202e" not in done.stdout
    assert "<U+001B>" in done.stdout
    assert (tmp_path / "x.svg").read_text().startswith("<svg")


def test_help_teaches() -> None:
    for arguments in ([], ["clean"], ["explain"], ["rules"], ["rules", "test"], ["rules", "lint"], ["schema"]):
        done = run(*arguments, "--help")
        assert done.returncode == 0
        assert "Usage" in done.stdout
        assert "Exit codes" in done.stdout
    assert run("--version").stdout.startswith("cleaner ")


def test_it_reads_the_fixtures_as_make_demo_does(tmp_path: Path) -> None:
    inputs = sorted(FIXTURES.glob("*/*/input.*"))
    done = run("clean", *inputs, "-o", tmp_path / "out")
    assert done.returncode == 0
    assert len(list((tmp_path / "out").rglob("*.json"))) == len(inputs)


def test_odd_names_stop_no_batch(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for name in (b"b\xff.txt", b"n" * 251 + b".txt"[:4], b"two\nlines.txt", b"z.txt"):
        with open(os.path.join(os.fsencode(folder), name), "w", encoding="utf-8") as file:
            file.write(DUMP)
    done = run("clean", folder, "-o", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in run("status", tmp_path / "out", "--json").stdout.splitlines()]
    outcomes = sorted((row["outcome"], row["reason"]) for row in rows)
    assert outcomes == [("OK", None)] * 4


def test_a_document_that_became_empty_has_no_files(dumps: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run("clean", dumps, "-o", out)
    (dumps / "a" / "x.txt").write_text("", encoding="utf-8")
    run("clean", dumps, "-o", out)
    assert not list(out.rglob("x.txt.*"))


def test_the_output_is_never_beside_the_input(dumps: Path) -> None:
    done = run("clean", dumps / "a" / "x.txt", "-o", dumps / "a")
    assert done.returncode == 4
    assert "is the folder of the input" in done.stderr


def test_a_bar_shows_how_many_there_are_and_how_they_ended(dumps: Path, tmp_path: Path) -> None:
    terminal, theirs = os.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "cleaner", "clean", str(dumps), "-o", str(tmp_path / "out"), "-j", "1"],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "120", "TERM": "xterm"},
        stdout=subprocess.DEVNULL, stderr=theirs,
    )  # fmt: skip
    os.close(theirs)
    shown = b""
    with contextlib.suppress(OSError):  # the end of a terminal
        while more := os.read(terminal, 1 << 16):
            shown += more
    os.close(terminal)
    assert process.wait(60) == 0
    assert b"4/4" in shown
    assert b"OK 2 EMPTY 1 FAIL 1" in re.sub(rb"\x1b\[[0-9;?]*[A-Za-z]", b"", shown)


def test_without_a_terminal_a_line_now_and_then(capsys: pytest.CaptureFixture[str], monkeypatch) -> None:
    monkeypatch.setattr(progress, "EVERY", 0.0)
    with progress.Reporter(count=lambda: 3) as reporter:
        for name in "abcd":
            reporter(ROW._replace(name=name), "new")
            time.sleep(0.01)
    lines = capsys.readouterr().err.splitlines()
    assert re.fullmatch(r"cleaner: 2 of 3 documents, [\d,]+/s, 0:00:00 left, OK 2", lines[1])
    assert re.fullmatch(r"cleaner: 4 documents, [\d,]+/s, OK 4", lines[3]), "more than were counted: nobody knows"
