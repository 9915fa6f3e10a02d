"""Run the command line on disks that are too small, each a page (or a file) larger than the last, and say what came.

    unshare --user --map-root-user --mount python tests/small_disk.py DUMPS WHOLE FOLDER FORMAT size|files

FOLDER is where the disks are mounted, WHOLE the output of a run with room enough. A line of JSON a disk, until one
suffices: how the run ended, what it said, which of its files are not as in WHOLE, and the same after the disk has
grown and the run has gone on.
"""

from __future__ import annotations

import io
import json
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

from cleaner.cli import main

PAGE = 4
"""kB that a disk grows by: no write takes less of it."""


def run(*arguments: str) -> tuple[int, str]:
    """The exit code of a call, and what it said."""
    said = io.StringIO()
    sys.argv = ["cleaner", *arguments]
    try:
        with redirect_stderr(said), redirect_stdout(io.StringIO()):
            main()
    except SystemExit as end:
        return int(end.code or 0), said.getvalue()
    return 0, said.getvalue()


def files(out: Path) -> dict[str, bytes]:
    """What has a final name."""
    found = {str(p.relative_to(out)): p.read_bytes() for p in out.rglob("*") if p.is_file()}
    return {name: content for name, content in found.items() if not name.startswith(".cleaner")}


def disks(dumps: str, whole: Path, folder: Path, format: str, limit: str) -> None:
    """Try one disk after the other."""
    expected = files(whole)
    out = folder / "out"
    call = ("clean", dumps, "-o", str(out), "-j", "0", "-q", "-f", format)
    for number in range(1, 1000):
        room = f"size={PAGE * number}k" if limit == "size" else f"nr_inodes={number}"
        subprocess.run(["mount", "-t", "tmpfs", "-o", room, "none", str(folder)], check=True)
        code, said = run(*call)
        wrong = [name for name, content in files(out).items() if expected.get(name) != content]
        after, then = 0, ""
        if code:
            subprocess.run(["mount", "-o", "remount,size=64m,nr_inodes=10000", str(folder)], check=True)
            after, then = run(*call)
        same = files(out) == expected and not list((out / ".cleaner" / "parts").iterdir())
        subprocess.run(["umount", str(folder)], check=True)
        found = {"room": room, "code": code, "said": said, "wrong": wrong, "after": after, "then": then, "same": same}
        print(json.dumps(found), flush=True)
        if not code:
            return


if __name__ == "__main__":
    disks(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), sys.argv[4], sys.argv[5])
