"""Ray: the shell on a dataset, and whole runs on it, beside the same on one machine. Two workers, for real."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import psutil
import pyarrow.parquet as pq
import pytest
import ray
from conftest import ROOT, article
from documents import a_call, check_example, documents, fixtures
from fastwarc.warc import WarcRecord, WarcRecordType
from faulty import Faulty

import cleaner.ray
from cleaner import Cleaner, InputError, OutputError, UsageError
from cleaner.arrow import clean_batch
from cleaner.batch.on_ray import clean_on_ray
from cleaner.batch.output import STATE
from cleaner.batch.run import Run, Settings
from cleaner.batch.tables import read_records
from cleaner.batch.workers import Limits
from cleaner.ray import clean_dataset

TESTS = ROOT / "tests"
FORMATS = ["text", "markdown", "html", "tei", "jsonl", "parquet"]


@pytest.fixture(scope="module", autouse=True)
def cluster() -> Iterator[None]:
    """Ray on this machine, with two CPUs; its workers find what tests import."""
    os.environ |= {"RAY_ADDRESS": "local", "RAY_USAGE_STATS_ENABLED": "0"}
    paths = os.pathsep.join(map(str, (ROOT, TESTS)))
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, runtime_env={"env_vars": {"PYTHONPATH": paths}})
    ray.data.DataContext.get_current().enable_progress_bars = False
    yield
    ray.shutdown()


# ---------------------------------------------------------------------- the shell


def rows(dataset: Any) -> list[dict[str, Any]]:
    return sorted(dataset.take_all(), key=lambda row: row["id"])


def test_a_dataset_comes_out_as_a_table_does() -> None:
    given = documents()
    assert rows(clean_dataset(ray.data.from_arrow(given), concurrency=2)) == clean_batch(given).to_pylist()


def test_the_cleaner_and_all_options_travel(write_pack: Callable[..., Path]) -> None:
    given, call = a_call(write_pack)
    found = rows(clean_dataset(ray.data.from_arrow(given), **call))
    assert found == clean_batch(given, **call).to_pylist()
    assert {removal["rule"] for removal in found[0]["clean_removals"]} == {"own.tide"}


def test_a_wrong_call_is_told_before_any_work() -> None:
    notes = ray.data.from_items([{"raw": "A short note."}])
    with pytest.raises(UsageError, match="did you mean 'text'"):
        clean_dataset(notes, columns=["txt"])
    with pytest.raises(UsageError, match="did you mean 'html'"):
        clean_dataset(notes, kind="htm")
    with pytest.raises(UsageError, match="no column 'dump'"):
        clean_dataset(notes, raw="dump")
    with pytest.raises(ray.exceptions.RayTaskError, match="no column 'dump'"):
        clean_dataset(notes.map(lambda row: row), raw="dump").take_all()


def test_the_example_of_the_module_is_right() -> None:
    shown = textwrap.dedent("".join(re.findall(r"(?:^    .*\n|^\n)+", cleaner.ray.__doc__ or "", re.MULTILINE)))
    found = re.sub(r"^clean_dataset", "found = clean_dataset", shown, flags=re.MULTILINE)
    names: dict[str, Any] = {}
    exec(found, names)
    assert f"# {names['found']}" in shown


def test_the_example_runs(tmp_path: Path) -> None:
    check_example("with_ray.py", tmp_path)


# --------------------------------------------------------------------- whole runs


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Whatever can be read: dumps, pages, what is none, an archive, tables, a web archive."""
    folder = tmp_path_factory.mktemp("inputs")
    for number, path in enumerate(fixtures()[::4]):
        copy = folder / f"{number % 3}" / f"{number:03}{path.suffix}"
        copy.parent.mkdir(exist_ok=True)
        copy.write_bytes(path.read_bytes())
    (folder / "empty.txt").write_text("")
    (folder / "paper.txt").write_bytes(b"%PDF-1.4")
    (folder / "broken.zip").write_bytes(b"PK\3\4 and no more")
    with ZipFile(folder / "dumps.zip", "w") as archive:
        for number in range(5):
            archive.writestr(f"a/{number}.txt", article(number))
    lines = [
        f'{{"text": "Number {n}\\n\\nThe council met again on Monday.", "url": "https://a.b/{n}"}}\n'
        for n in range(150)
    ]
    (folder / "pages.jsonl").write_text("".join(lines))
    pq.write_table(documents().drop_columns("id").slice(0, 30), folder / "pages.parquet")
    with open(folder / "crawl.warc", "wb") as out:
        for number, path in enumerate(fixtures()[:9]):
            record = WarcRecord()
            record.init_headers(record_type=WarcRecordType.resource)
            record.headers["WARC-Target-URI"] = f"https://example.com/{number}"
            record.headers["Content-Type"] = "text/html; charset=utf-8"
            record.set_bytes_content(path.read_bytes())
            record.write(out)
    return folder


def settings(inputs: Path | tuple[str, ...], out: Path, **more: Any) -> Settings:
    given = inputs if isinstance(inputs, tuple) else (str(inputs),)
    return Settings(**{"inputs": given, "out": out, "shard": 40, **more})


Told = list[tuple[str, str, str | None]]


def on_ray(asked: Settings, cleaner: Cleaner, then: Callable[[int], None] = lambda number: None) -> Told:
    """What was told of each document. ``then`` is called after each."""
    told: Told = []

    def report(row: Any, why: str) -> None:
        told.append((row.name, row.outcome, row.reason))
        then(len(told))

    clean_on_ray(asked, cleaner, report)
    return told


def here(asked: Settings, cleaner: Cleaner) -> Told:
    told: Told = []
    with Run(asked, cleaner) as run:
        run.work(lambda row, why: told.append((row.name, row.outcome, row.reason)))
    return told


def files(out: Path) -> dict[str, bytes]:
    return {str(p.relative_to(out)): p.read_bytes() for p in out.rglob("*") if p.is_file() and STATE not in p.parts}


def left(out: Path) -> list[str]:
    """What a run has left in its own folder."""
    return sorted(str(path.relative_to(out / STATE)) for path in (out / STATE).rglob("*"))


@pytest.mark.parametrize(
    ("format", "ledger"),
    [*((format, "inside") for format in FORMATS), ("text", "none"), ("jsonl", "beside"), ("parquet", "beside")],
)
def test_a_run_writes_what_one_machine_writes(
    inputs: Path, tmp_path: Path, cleaner: Cleaner, format: str, ledger: str
) -> None:
    asked = settings(inputs, tmp_path / "here", format=format, ledger=ledger)
    told = here(asked, cleaner)
    assert {outcome for _, outcome, _ in told} >= {"OK", "EMPTY", "FAIL"}
    assert on_ray(settings(inputs, tmp_path / "ray", format=format, ledger=ledger), cleaner) == told
    assert files(tmp_path / "ray") == files(tmp_path / "here")
    assert left(tmp_path / "ray") == ["lock"]


def test_several_inputs_have_the_same_names(
    inputs: Path, tmp_path: Path, cleaner: Cleaner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(inputs)
    given = ("0", "1", "2/*.txt", "pages.jsonl")
    told = here(settings(given, tmp_path / "here"), cleaner)
    assert on_ray(settings(given, tmp_path / "ray"), cleaner) == told
    assert files(tmp_path / "ray") == files(tmp_path / "here")


def test_a_limit_takes_the_first_ones(inputs: Path, tmp_path: Path, cleaner: Cleaner) -> None:
    told = here(settings(inputs, tmp_path / "here", limit=70, format="jsonl"), cleaner)
    assert on_ray(settings(inputs, tmp_path / "ray", limit=70, format="jsonl"), cleaner) == told
    assert len(told) == 70
    assert files(tmp_path / "ray") == files(tmp_path / "here")


def test_a_second_run_writes_over_the_first(inputs: Path, tmp_path: Path, cleaner: Cleaner) -> None:
    out, dumps = tmp_path / "out", tmp_path / "dumps"
    dumps.mkdir()
    (dumps / "a.txt").write_text(article())
    (dumps / "b.txt").write_text(article())
    on_ray(settings(dumps, out), cleaner)
    (dumps / "b.txt").write_text("")
    on_ray(settings(dumps, out), cleaner)
    assert sorted(files(out)) == ["a.txt.json", "a.txt.txt"]
    shards = tmp_path / "shards"
    on_ray(settings(inputs, shards, format="parquet", ledger="beside"), cleaner)
    on_ray(settings(inputs, shards, format="parquet", ledger="beside", limit=70), cleaner)
    assert sorted(files(shards)) == [
        "ledger-00000.jsonl.zst", "ledger-00001.jsonl.zst", "pages-00000.parquet", "pages-00001.parquet",
    ]  # fmt: skip


def test_a_bad_document_costs_no_other(tmp_path: Path) -> None:
    dumps = tmp_path / "dumps.jsonl"
    bad = {7: "!HANG", 20: "!KILL", 21: "!SEGFAULT", 40: "!MEMORY", 99: "!ERROR"}
    dumps.write_text("".join(f'{{"text": "{bad.get(n, f"Note {n}.")}"}}\n' for n in range(100)))
    limits = Limits(deadline=2, memory=1 << 30)
    told = on_ray(settings(dumps, tmp_path / "ray", limits=limits), Faulty())
    assert told == here(settings(dumps, tmp_path / "here", limits=limits), Faulty())
    assert [reason and reason.split(":")[0] for _, outcome, reason in told if outcome == "FAIL"] == [
        "timeout", "crash", "crash", "memory", "crash",
    ]  # fmt: skip
    assert files(tmp_path / "ray") == files(tmp_path / "here")


def workers(of: str) -> list[psutil.Process]:
    """The processes of Ray that do what the title says."""
    found = []
    for process in psutil.Process().children(recursive=True):
        try:
            if of in "".join(process.cmdline()):
                found.append(process)
        except psutil.NoSuchProcess:
            continue
    return found


@pytest.mark.parametrize("format", ["text", "jsonl"])
def test_a_killed_worker_costs_nothing(tmp_path: Path, format: str) -> None:
    """Both actors are killed in the midst of the run, one after the other, and whatever else works then."""
    dumps = tmp_path / "dumps"
    dumps.mkdir()
    for part in range(4):
        lines = [f'{{"text": "!NAP\\n\\nNote {part} {n} of the council, which met on Monday."}}\n' for n in range(150)]
        (dumps / f"{part}.jsonl").write_text("".join(lines))
    told = here(settings(dumps, tmp_path / "here", format=format, limits=Limits(jobs=2)), Faulty())
    killed: list[int] = []

    def kill(number: int) -> None:
        if number in (100, 300):
            for process in workers("_Clean") if number == 300 else workers("_Clean")[:1] + workers("_read"):
                process.send_signal(signal.SIGKILL)
                killed.append(process.pid)

    assert on_ray(settings(dumps, tmp_path / "ray", format=format), Faulty(), kill) == told
    assert len(killed) >= 2
    assert len(told) == len({name for name, _, _ in told}) == 600
    assert {outcome for _, outcome, _ in told} == {"OK"}
    assert files(tmp_path / "ray") == files(tmp_path / "here")
    if format != "text":
        names = [name for path in sorted((tmp_path / "ray").glob("pages-*")) for name, _ in read_records(path)]
        assert names == [name for name, _, _ in told]
    assert left(tmp_path / "ray") == ["lock"]


def test_what_cannot_work_is_refused(inputs: Path, tmp_path: Path, cleaner: Cleaner) -> None:
    with pytest.raises(InputError, match="no such file"):
        on_ray(settings(Path("nowhere"), tmp_path / "out"), cleaner)
    with pytest.raises(OutputError, match="lies inside the input"):
        on_ray(settings(inputs, inputs / "out"), cleaner)
    with pytest.raises(UsageError, match="no run state"):
        on_ray(settings(inputs, tmp_path / "out", prune=True), cleaner)
    here(settings(inputs, tmp_path / "state", limit=1), cleaner)
    with pytest.raises(OutputError, match="has its run state"):
        on_ray(settings(inputs, tmp_path / "state"), cleaner)


def test_a_name_that_no_file_can_have_costs_one_document(inputs: Path, tmp_path: Path, cleaner: Cleaner) -> None:
    (tmp_path / "out" / "pages.jsonl" / "000001.txt").mkdir(parents=True)
    told = on_ray(settings(inputs, tmp_path / "out"), cleaner)
    reasons = {name: reason for name, outcome, reason in told if outcome == "FAIL"}
    assert "a folder stands where its file goes" in (reasons["pages.jsonl/000001"] or "")
    assert (tmp_path / "out" / "pages.jsonl" / "000002.txt").exists()


def test_a_disk_that_refuses_ends_the_run(inputs: Path, tmp_path: Path, cleaner: Cleaner) -> None:
    (tmp_path / "out").mkdir()
    with tempfile.TemporaryDirectory(dir="/dev/shm") as other_disk:  # nothing can be renamed to it
        (tmp_path / "out" / "pages.jsonl").symlink_to(other_disk)
        with pytest.raises(OutputError, match="cannot write to"):
            on_ray(settings(inputs, tmp_path / "out"), cleaner)


# --------------------------------------------------------------- the command line


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A server that speaks S3, and the environment that leads to it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = open(tmp_path_factory.mktemp("moto") / "log", "wb")  # noqa: SIM115
    server = subprocess.Popen([sys.executable, "-m", "moto.server", "-p", str(port)], stdout=log, stderr=log)
    try:
        for _ in range(300):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}", "AWS_ACCESS_KEY_ID": "key",
            "AWS_SECRET_ACCESS_KEY": "secret", "AWS_DEFAULT_REGION": "us-east-1",
        }  # fmt: skip
    finally:
        server.kill()
        server.wait()
        log.close()


def command(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """``cleaner clean …`` in a process of its own, with a Ray of its own."""
    return subprocess.run(
        [sys.executable, "-m", "cleaner", "clean", *map(str, arguments)],
        env={**os.environ, "RAY_ADDRESS": "local", "NO_COLOR": "1", "COLUMNS": "120", **environment},
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("format", ["text", "jsonl"])
def test_from_a_store_to_a_store(
    inputs: Path, tmp_path: Path, store: dict[str, str], format: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import s3fs

    for name, value in store.items():
        monkeypatch.setenv(name, value)
    files_there = s3fs.S3FileSystem(skip_instance_cache=True)
    bucket = f"news-{format}"
    files_there.mkdir(bucket)
    files_there.put(f"{inputs}/", f"{bucket}/dumps/", recursive=True)
    log = tmp_path / "log.jsonl"
    done = command(
        f"s3://{bucket}/dumps", "-o", f"s3://{bucket}/clean", "--engine", "ray", "-f", format, "--log", log, **store
    )
    assert done.returncode == 0, done.stderr
    assert f"Written to s3://{bucket}/clean" in done.stdout
    local = command(inputs, "-o", tmp_path / "here", "-f", format)
    assert local.returncode == 0
    files_there.invalidate_cache()
    assert not files_there.exists(f"{bucket}/clean/{STATE}")
    files_there.get(f"{bucket}/clean/", f"{tmp_path}/ray/", recursive=True)
    assert files(tmp_path / "ray") == files(tmp_path / "here")
    assert len(log.read_text().splitlines()) == len(here(settings(inputs, tmp_path / "again"), Cleaner()))
    inside = command(f"s3://{bucket}", "-o", f"s3://{bucket}/again", "--engine", "ray", **store)
    assert (inside.returncode, "lies inside the input" in inside.stderr) == (4, True)
    nowhere = command(inputs, "-o", "s3://no-such-bucket/clean", "--engine", "ray", **store)
    assert (nowhere.returncode, "cannot write to s3://no-such-bucket" in nowhere.stderr) == (4, True)


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (("--engine", "ray", "--prune"), 2, "--prune is not for --engine ray"),
        (("--engine", "ray", "--dry-run"), 2, "--dry-run is not for --engine ray"),
        (("--engine", "ray", "--jobs", "0"), 2, "--jobs 0 is not for --engine ray"),
        (("--engine", "ray", "--engine", "local"), 2, "--engine ray and --engine local exclude each other"),
        (("-o", "s3://bucket/clean"), 2, "takes --engine ray"),
        (("--engine", "ray", "--fail-fast"), 1, "(--fail-fast)"),
        (("--engine", "ray", "--max-failures", "1"), 1, "--log notes which"),
        (("--engine", "ray", "--engine", "trafilatura", "--jobs", "1"), 0, ""),
    ],
)
def test_the_command_line(inputs: Path, tmp_path: Path, options: tuple[str, ...], code: int, said: str) -> None:
    done = command(inputs, "-o", tmp_path / "out", *options)
    assert done.returncode == code, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr
