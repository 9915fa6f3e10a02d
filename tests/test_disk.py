"""A disk that refuses, at every single write: what is said, what is left, and how the run goes on."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT, article

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1"}
SAYS = re.compile(r"cleaner: cannot write (to |the run state )?/.+: .+\n")


def call(*command: str | Path, timeout: float = 120) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*map(str, command)], cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, timeout=timeout, check=False
    )


def clean(dumps: Path, out: Path, format: str) -> list[str]:
    return [sys.executable, "-m", "cleaner", "clean", str(dumps), "-o", str(out), "-j", "0", "-q", "-f", format]


def files(out: Path) -> dict[str, bytes]:
    return {
        str(p.relative_to(out)): p.read_bytes() for p in out.rglob("*") if p.is_file() and ".cleaner" not in p.parts
    }


@pytest.fixture
def dumps(tmp_path: Path) -> Path:
    folder = tmp_path / "dumps"
    folder.mkdir()
    for n in range(4):
        (folder / f"{n}.txt").write_text(
            f"Wall to be raised\n\n{article(8)}\n\nNumber {n} ended the list.\n\nShare this:\n"
        )
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("limit", ["size", "files"])
@pytest.mark.parametrize("format", ["text", "jsonl", "parquet"])
def test_a_disk_full_at_any_write_stops_the_run_and_it_goes_on_to_the_same_bytes(
    dumps: Path, tmp_path: Path, format: str, limit: str
) -> None:
    whole, disk = tmp_path / "whole", tmp_path / "disk"
    disk.mkdir()
    assert call(*clean(dumps, whole, format)).returncode == 0
    namespace = ["unshare", "--user", "--map-root-user", "--mount"]
    if not shutil.which("unshare") or call(*namespace, "mount", "-t", "tmpfs", "none", disk).returncode:
        pytest.skip("this machine lets nobody mount a small disk")
    tried = call(*namespace, sys.executable, "tests/small_disk.py", dumps, whole, disk, format, limit)
    assert tried.returncode == 0, tried.stderr
    *failed, last = map(json.loads, tried.stdout.splitlines())
    assert len(failed) > 5
    for disk_ in failed:
        assert (disk_["code"], disk_["wrong"], disk_["after"], disk_["same"]) == (4, [], 0, True), disk_
        assert SAYS.fullmatch(disk_["said"]), disk_
    assert (last["code"], last["wrong"], last["same"]) == (0, [], True)


CALLS = ("write", "fsync", "fdatasync", "rename")
"""Of these every single one; the database's own writes are above, where each meets a full disk."""


@pytest.mark.slow
@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("format", ["text", "jsonl"])
def test_an_input_output_error_at_any_call_stops_the_run_and_it_goes_on_to_the_same_bytes(
    dumps: Path, tmp_path: Path, format: str, name: str
) -> None:
    whole, traced = tmp_path / "whole", tmp_path / "trace"
    for dump in sorted(dumps.iterdir())[2:]:  # two will do: each call costs two runs
        dump.unlink()
    assert call(*clean(dumps, whole, format)).returncode == 0
    strace = ["strace", "-qq", "-o", traced, "-e", f"trace={name}"]
    if not shutil.which("strace") or call(*strace, "true").returncode:
        pytest.skip("strace is missing, or not allowed")
    hit = 0
    for k in range(1, 500):
        out = tmp_path / f"{k}"
        done = call(*strace, "-e", f"inject={name}:error=EIO:when={k}", *clean(dumps, out, format))
        if "(INJECTED)" not in traced.read_text():
            break
        if done.returncode:
            hit += 1
            assert done.returncode == 4, done.stderr
            assert SAYS.fullmatch(done.stderr) or not done.stderr, done.stderr
        for file, content in files(out).items() if out.exists() else ():
            assert content == (whole / file).read_bytes(), f"half a file under a final name: {file}"
        again = call(*clean(dumps, out, format))
        assert again.returncode == 0, again.stderr
        assert files(out) == files(whole)
        shutil.rmtree(out)
    assert hit


@pytest.mark.parametrize("format", ["text", "jsonl"])
def test_files_become_lasting_in_this_order_written_synced_renamed_folder_synced_row_committed(
    dumps: Path, tmp_path: Path, format: str
) -> None:
    out, traced = tmp_path / "out", tmp_path / "trace"
    strace = ["strace", "-qq", "-y", "-o", traced, "-e", "trace=write,pwrite64,fsync,rename"]
    if not shutil.which("strace") or call(*strace, "true").returncode:
        pytest.skip("strace is missing, or not allowed")
    assert call(*strace, *clean(dumps, out, format)).returncode == 0
    calls = traced.read_text().splitlines()
    renames = [(n, re.findall(r'"(.+?)"', line)) for n, line in enumerate(calls) if line.startswith("rename(")]
    renames = [(n, part, Path(final)) for n, (part, final) in renames if "/parts/" in part]
    assert {final.name for _, _, final in renames} == {Path(name).name for name in files(out)}
    for n, part, final in renames:
        of_part = [(at, line.split("(")[0]) for at, line in enumerate(calls) if f"<{part}>" in line]
        assert of_part[-1][1] == "fsync", "nothing is written after it is synced"
        assert of_part[-1][0] < n, "synced, then renamed"
        after = [line for line in calls[n:] if f"<{final.parent}>" in line or "state.sqlite-wal>" in line]
        assert after[0].startswith("fsync("), "the folder is synced before the row is committed"
        assert any("state.sqlite-wal>" in line for line in after)
