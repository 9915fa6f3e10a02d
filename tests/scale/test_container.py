"""The Dockerfile and the compose file, as far as that shows without a daemon: hadolint, and what they say."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import yaml
from conftest import ROOT


def test_hadolint_finds_nothing() -> None:
    tool = Path(sys.executable).with_name("hadolint")
    found = subprocess.run([tool, ROOT / "Dockerfile"], capture_output=True, text=True, check=False)
    assert (found.returncode, found.stdout) == (0, "")


def test_what_is_copied_is_sent_to_the_daemon_and_is_there() -> None:
    sent = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert {name for line in copied for name in line.split()} == sent
    assert all((ROOT / name).exists() for name in sent)


def test_nobody_is_root() -> None:
    text = (ROOT / "Dockerfile").read_text()
    assert text.rindex("\nUSER 10001\n") < text.index("\nENTRYPOINT ")
    services = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
    for service in services.values():
        assert service["user"] == "${CLEANER_UID:-10001}:${CLEANER_GID:-10001}"
        assert service["read_only"]
        assert service["cap_drop"] == ["ALL"]


def test_the_commands_are_ours(tmp_path: Path) -> None:
    """What the services run, here: the same words on other folders."""
    service = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]["clean"]
    (tmp_path / "dumps").mkdir()
    (tmp_path / "dumps" / "a.txt").write_text("A short note.\n")
    words = [word if not word.startswith("/") else f"{tmp_path}{word}" for word in service["command"]]
    subprocess.run([sys.executable, "-m", "cleaner", *words], check=True, capture_output=True)
    assert (tmp_path / "clean" / "a.txt.txt").read_text() == "A short note.\n"
