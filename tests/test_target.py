"""Where a run on Ray writes: a folder, or a store behind an address. The same promises for both."""

from __future__ import annotations

import uuid
from pathlib import Path

import fsspec
import pytest

from cleaner.batch.output import PARTS, STATE
from cleaner.batch.read import check_inputs
from cleaner.batch.target import FolderTarget, Target, target
from cleaner.errors import OutputError


@pytest.fixture(params=["folder", "store"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Target:
    return target(tmp_path / "out" if request.param == "folder" else f"memory://{uuid.uuid4()}/out")


def test_what_is_written_is_there(place: Target, tmp_path: Path) -> None:
    assert place.write([[("a/b.txt", b"one"), ("a/b.json", b"{}")], [("c.txt", b"two")]]) == [None, None]
    assert [place.read(name) for name in ("a/b.txt", "a/b.json", "c.txt")] == [b"one", b"{}", b"two"]
    place.write([[("c.txt", b"again")]])
    assert place.read("c.txt") == b"again"
    (tmp_path / "shard").write_bytes(b"rows")
    place.put(tmp_path / "shard", "pages.jsonl")
    place.put(tmp_path / "shard", "pages.jsonl")
    assert place.read("pages.jsonl") == b"rows"


def test_what_is_removed_is_gone(place: Target) -> None:
    place.write([[("a/b.txt", b"one"), ("c.txt", b"two")]])
    place.remove(["a/b.txt", "never/was.txt"])
    assert (place.exists("a/b.txt"), place.exists("c.txt")) == (False, True)
    place.write([[("a/d.txt", b"one")]])
    place.remove_folder("a")
    place.remove_folder("never")
    assert not place.exists("a/d.txt")


def test_a_name_that_no_file_can_have_costs_one_document(tmp_path: Path) -> None:
    found = target(tmp_path).write([[("a.txt", b"one")], [("b" * 300 + "/b.txt", b"two")], [("c.txt", b"three")]])
    assert [fault and fault.strerror for fault in found] == [None, "File name too long", None]
    assert {path.name for path in tmp_path.iterdir()} == {"a.txt", "c.txt", STATE}


def test_a_folder_in_the_way_costs_one_document(tmp_path: Path) -> None:
    (tmp_path / "a.txt").mkdir()
    found = target(tmp_path).write([[("a.txt", b"one")], [("c.txt", b"three")]])
    assert [fault and fault.strerror for fault in found] == ["Is a directory", None]
    assert (tmp_path / "c.txt").read_bytes() == b"three"


def test_two_writers_share_no_unfinished_file(tmp_path: Path) -> None:
    one, other = FolderTarget(tmp_path), FolderTarget(tmp_path)
    one.write([[("a.txt", b"one")]])
    other.write([[("a.txt", b"one")]])
    assert len(list((tmp_path / STATE / PARTS).iterdir())) == 2


def test_what_refuses_is_an_output_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot write to"):
        target(tmp_path / "file").write([[("a.txt", b"one")]])
    with pytest.raises(OutputError, match="cannot read from memory://nowhere/: no such place"):
        target("memory://nowhere/").read("a.txt")


def test_an_output_inside_an_input_is_refused_there_too() -> None:
    bucket = f"memory://{uuid.uuid4()}"
    files = fsspec.filesystem("memory")
    files.pipe(f"{bucket}/dumps/a.txt", b"A short note.")
    with pytest.raises(OutputError, match="lies inside the input"):
        check_inputs([f"{bucket}/dumps"], f"{bucket}/dumps/clean")
    check_inputs([f"{bucket}/dumps"], f"{bucket}/dumps-clean")
