"""Reading inputs: every test writes real files and reads them as a run does. Numbers are those of RELIABILITY."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import json
import os
import random
import socket
import struct
import subprocess
import sys
import tarfile
import time
import tracemalloc
import unicodedata
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import brotli
import fsspec
import pyarrow
import pyarrow.parquet
import pytest
import zstandard
from conftest import MORE, ROOT
from hypothesis import given, settings
from hypothesis import strategies as st

from cleaner.batch.document import Document
from cleaner.batch.read import Reading, check_inputs, extras, read_documents, read_stream
from cleaner.batch.read.names import LONGEST, LONGEST_PATH, Names, safe_name
from cleaner.batch.read.open import too_large
from cleaner.errors import InputError, OutputError, UsageError
from cleaner.intake.decode import decode

PAGE = b"<html><body><p>The harbour wall will be raised.</p></body></html>"
SMALL = Reading(most_bytes=2_000_000, most_ratio=50)
BIDI = "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
ZEROS = b"\0" * 4_000_000


def read(*inputs: Path | str, reading: Reading = Reading()) -> list[Document]:  # noqa: B008
    """The documents, without the files that they lay in."""
    documents = [document._replace(file=None) for document in read_documents(inputs, reading)]
    assert_well_named(documents)
    return documents


def assert_well_named(documents: list[Document]) -> None:
    """Names are distinct, whatever the disk takes for one name, and stay below the output folder."""
    assert len({unicodedata.normalize("NFC", d.name).casefold() for d in documents}) == len(documents)
    for document in documents:
        path = PurePosixPath(document.name)
        assert not path.is_absolute()
        assert document.name == str(path)
        assert "\\" not in document.name
        assert len(document.name.encode()) <= LONGEST_PATH + LONGEST
        for part in path.parts:
            assert not part.startswith(".")
            assert part == part.rstrip(". ")
            assert not any(unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") or c in BIDI for c in part)
            assert len(part.encode()) <= LONGEST
        assert sum(v is not None for v in (document.path, document.raw, document.failure)) == 1


def names(documents: list[Document]) -> list[str]:
    return [document.name for document in documents]


def texts(documents: list[Document]) -> dict[str, str | bytes | None]:
    return {d.name: d.failure or (Path(d.path).read_bytes() if d.path else d.raw) for d in documents}


def put(folder: Path, **files: bytes) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name.replace("__", ".")).write_bytes(content)


def zstd(content: bytes) -> bytes:
    return zstandard.ZstdCompressor(write_checksum=True).compress(content)


PACKERS: dict[str, Callable[[bytes], bytes]] = {"gz": gzip.compress, "bz2": bz2.compress, "zst": zstd}


def http(body: bytes, *headers: bytes, status: bytes = b"200 OK") -> bytes:
    return b"HTTP/1.1 " + status + b"\r\n" + b"".join(h + b"\r\n" for h in headers) + b"\r\n" + body


def record(kind: str, url: str, block: bytes, content_type: str | None = None, length: int | None = None) -> bytes:
    content_type = content_type or ("application/http; msgtype=response" if kind == "response" else "text/plain")
    head = (
        f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Target-URI: {url}\r\nWARC-Record-ID: <urn:uuid:0>\r\n"
        f"WARC-Date: 2024-01-01T00:00:00Z\r\nContent-Type: {content_type}\r\n"
        f"Content-Length: {len(block) if length is None else length}\r\n\r\n"
    )
    return head.encode() + block + b"\r\n\r\n"


HTML = b"Content-Type: text/html"
INFO = record("warcinfo", "", b"software: a test\r\n", "application/warc-fields")


def page(number: int, *headers: bytes, body: bytes = PAGE) -> bytes:
    return record("response", f"https://news.example/{number}", http(body, *(headers or (HTML,))))


def tar_of(members: dict[str, bytes], **options: Any) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", **options) as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


def zip_of(members: list[tuple[str, bytes]], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # names given twice are the point
        for name, content in members:
            archive.writestr(name, content)
    return out.getvalue()


def jsonl(*rows: Any) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


# Folders, files, globs


def test_a_folder_is_read_in_a_fixed_order_and_lazily(tmp_path: Path) -> None:
    put(tmp_path / "b", **{"y__html": PAGE, "x__txt": b"x"})
    put(tmp_path, a__txt=b"a", c__jpg=b"c", d__HTM=PAGE, **{".hidden__txt": b"h"})
    put(tmp_path / ".git", e__txt=b"e")
    passed: list[tuple[str, str]] = []
    documents = list(read_documents([tmp_path], passed_over=lambda *told: passed.append(told)))
    assert names(documents) == ["a.txt", "b/x.txt", "b/y.html", "d.HTM"]
    assert passed == [("file", "c.jpg")]
    assert documents[0].path == str(tmp_path / "a.txt")
    stat = (tmp_path / "a.txt").stat()
    assert documents[0].stamp == (1, stat.st_mtime_ns)
    assert documents[0].raw is None


def test_a_file_is_read_whatever_its_suffix(tmp_path: Path) -> None:
    put(tmp_path, a__dat=b"a", README=b"b", paper__pdf=b"%PDF-1.4")
    assert names(read(tmp_path / "a.dat", tmp_path / "README", str(tmp_path / "paper.pdf"))) == [
        "a.dat", "README", "paper.pdf",
    ]  # fmt: skip


def test_globs(tmp_path: Path) -> None:
    for folder in ("2023-01", "2024-01", "2024-02"):
        put(tmp_path / folder, a__txt=b"a", a__dat=b"d", a__jpg=b"j")
    put(tmp_path / "2024-01" / "deep", b__txt=b"b")
    assert names(read(f"{tmp_path}/2024-*/*.txt")) == ["2024-01/a.txt", "2024-02/a.txt"]
    assert names(read(f"{tmp_path}/**/b.txt")) == ["2024-01/deep/b.txt"]
    assert names(read(f"{tmp_path}/2024-01/**")) == ["a.txt", "deep/b.txt"]
    assert names(read(f"{tmp_path}/2024-0?")) == ["2024-01/a.txt", "2024-01/deep/b.txt", "2024-02/a.txt"]
    assert names(read(f"{tmp_path}/*/*.dat")) == ["2023-01/a.dat", "2024-01/a.dat", "2024-02/a.dat"]
    assert names(read(f"{tmp_path}/2024-01/*.txt", f"{tmp_path}/2024-01/a.*")) == ["a.dat", "a.jpg", "a.txt"]
    put(tmp_path, **{"odd[1]__txt": b"o"})
    assert names(read(f"{tmp_path}/odd[1].txt")) == ["odd[1].txt"]


def test_include_and_exclude(tmp_path: Path) -> None:
    put(tmp_path / "a" / "drafts", x__txt=b"x")
    put(tmp_path / "a", y__html=PAGE, z__txt=b"z")
    put(tmp_path, w__zip=zip_of([("in/p.html", PAGE), ("in/q.txt", b"q")]))
    assert names(read(tmp_path, reading=Reading(include=("*.html",)))) == ["a/y.html", "w.zip/in/p.html"]
    assert names(read(tmp_path, reading=Reading(include=("**/*.txt",), exclude=("a/drafts",)))) == [
        "a/z.txt", "w.zip/in/q.txt",
    ]  # fmt: skip
    assert names(read(tmp_path, reading=Reading(include=("w.zip",), exclude=("*.txt",)))) == ["w.zip/in/p.html"]
    assert names(read(tmp_path, reading=Reading(exclude=("*.zip", "a/*")))) == []


def test_inputs_are_told_apart_by_their_folders(tmp_path: Path) -> None:
    """36: equal relative names of two inputs."""
    for folder in ("one/news", "two/news", "other"):
        put(tmp_path / folder, x__txt=b"x")
    one, two, other = tmp_path / "one" / "news", tmp_path / "two" / "news", tmp_path / "other"
    assert names(read(one)) == ["x.txt"]
    assert names(read(one, other)) == ["news/x.txt", "other/x.txt"]
    assert names(read(one, two, other)) == ["news/x.txt", "news~2/x.txt", "other/x.txt"]
    assert names(read(one / "x.txt", two / "x.txt")) == ["one/news/x.txt", "two/news/x.txt"]
    assert names(read(one / "x.txt", other)) == ["x.txt", "other/x.txt"]


def test_many_inputs_are_checked_in_linear_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folders = [tmp_path / "in" / f"{n}" for n in range(100)]
    for folder in folders:
        put(folder, a__txt=b"x")
    resolved, resolve = [], Path.resolve
    monkeypatch.setattr(Path, "resolve", lambda path: resolved.append(path) or resolve(path))
    check_inputs(folders, tmp_path / "out")
    assert len(resolved) <= 5 * len(folders)
    (tmp_path / "in" / "7" / "70").mkdir()
    with pytest.raises(OutputError, match="lies inside the input"):
        check_inputs([*folders, tmp_path / "in" / "7" / "70"], tmp_path / "in" / "7" / "..")
    put(tmp_path / "in" / "7" / "7", b__txt=b"x")
    with pytest.raises(OutputError, match="would be written into the input"):
        check_inputs([tmp_path / "in" / "7"], tmp_path / "in")


def test_what_lies_in_two_inputs_is_read_once(tmp_path: Path) -> None:
    put(tmp_path / "a" / "b", x__txt=b"x", y__dat=b"y")
    assert names(read(tmp_path / "a", tmp_path / "a" / "b", tmp_path / "a" / "b" / "x.txt")) == ["b/x.txt"]
    assert names(read(tmp_path / "a" / "b" / "x.txt", tmp_path / "a" / ".." / "a" / "b" / "x.txt")) == ["x.txt"]
    assert names(read(tmp_path / "a", tmp_path / "a" / "b" / "y.dat")) == ["a/b/x.txt", "y.dat"]


def test_33_a_symlink_loop_is_visited_once(tmp_path: Path) -> None:
    put(tmp_path / "in" / "a", x__txt=b"x")
    put(tmp_path / "outside" / "deep", y__txt=b"y")
    (tmp_path / "in" / "a" / "up").symlink_to(tmp_path / "in")
    (tmp_path / "in" / "again").symlink_to(tmp_path / "in" / "a")
    (tmp_path / "in" / "link").symlink_to(tmp_path / "outside" / "deep")
    (tmp_path / "in" / "link2").symlink_to(tmp_path / "outside")
    (tmp_path / "outside" / "deep" / "back").symlink_to(tmp_path / "outside")
    (tmp_path / "in" / "self.txt").symlink_to("self.txt")
    (tmp_path / "in" / "gone.txt").symlink_to("nowhere")
    put(tmp_path / "in" / ".releases" / "5", z__txt=b"z")
    (tmp_path / "in" / "current").symlink_to(".releases/5")
    assert texts(read(tmp_path / "in")) == {
        "a/x.txt": b"x",
        "current/z.txt": b"z",
        "gone.txt": "unreadable: No such file or directory",
        "link/y.txt": b"y",
        "self.txt": "unreadable: Too many levels of symbolic links",
    }


def test_34_pipes_sockets_and_vanished_files_fail_and_block_nothing(tmp_path: Path) -> None:
    put(tmp_path, a__txt=b"a", vanishes__txt=b"v", z__txt=b"z")
    os.mkfifo(tmp_path / "pipe.txt")
    os.mkfifo(tmp_path / "pipe.warc.gz")
    with socket.socket(socket.AF_UNIX) as unix:
        here = os.getcwd()
        os.chdir(tmp_path)  # a socket's path is short
        unix.bind("s.txt")
        os.chdir(here)
        started = time.monotonic()
        documents = read_documents([tmp_path])
        first = next(documents)
        (tmp_path / "vanishes.txt").unlink()
        found = texts([first, *documents])
    assert time.monotonic() - started < 5
    assert found == {
        "a.txt": b"a",
        "pipe.txt": "unreadable: not a regular file",
        "pipe.warc.gz": "unreadable: not a regular file",
        "s.txt": "unreadable: not a regular file",
        "vanishes.txt": "unreadable: No such file or directory",
        "z.txt": b"z",
    }
    assert texts(read(tmp_path / "pipe.txt")) == {"pipe.txt": "unreadable: not a regular file"}


def test_34_unreadable_files_and_folders_as_an_ordinary_user(tmp_path: Path) -> None:
    put(tmp_path / "in" / "closed", b__txt=b"b")
    put(tmp_path / "in", a__txt=b"a", shut__txt=b"s", shut__gz=b"s")
    code = (
        "import os, sys, json\n"
        "from cleaner.batch.read import read_documents\n"
        "import cleaner.batch.read.tables\n"
        "if os.geteuid() == 0: os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        "print(json.dumps({d.name: d.failure for d in read_documents(sys.argv[1:])}))\n"
    )
    for folder in (tmp_path, *tmp_path.parents[:2]):  # pytest's own folders are closed to others
        if os.stat(folder).st_uid == os.geteuid() and folder.name.startswith(("pytest", "test")):
            folder.chmod(0o755)
    closed, shut = tmp_path / "in" / "closed", tmp_path / "in" / "shut.txt"
    closed.chmod(0)
    shut.chmod(0)
    try:
        done = subprocess.run(
            [sys.executable, "-c", code, tmp_path / "in", shut],
            capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)}, timeout=60,
        )  # fmt: skip
    finally:
        closed.chmod(0o755)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "a.txt": None,
        "closed": "unreadable: Permission denied",
        "shut.txt": "unreadable: Permission denied",
    }


def test_16_a_file_that_is_too_large_fails(tmp_path: Path) -> None:
    with open(tmp_path / "a.txt", "wb") as file:
        file.truncate(3_000_000)
    put(
        tmp_path,
        b__txt__zst=zstd(os.urandom(2_000_001)),
        c__jsonl=jsonl({"text": "x" * 2_000_001}, {"text": "y"}),
        d__zip=zip_of([("m.txt", os.urandom(2_000_001))]),
        e__csv=b"text,url\n" + b"x" * 2_000_002 + b",u\nz,u\n",
        f__warc=INFO + page(1, body=os.urandom(2_000_001)) + page(2),
    )
    found = texts(read(tmp_path, reading=SMALL))
    too_large = "too large: more than 2,000,000 bytes"
    assert found == {
        "a.txt": too_large,
        "b.txt.zst": too_large,
        "c.jsonl/000001": too_large,
        "c.jsonl/000002": "y",
        "d.zip/m.txt": too_large,
        "e.csv/#end": too_large,
        "f.warc/000002": too_large,
        "f.warc/000003": PAGE,
    }


# Names


def test_35_odd_names_are_encoded(tmp_path: Path) -> None:
    odd = [b"two\nlines.txt", b"b\xff.txt", b"\x1b[31mred.txt", b"back\\slash.txt", b"n" * 251 + b".txt", b"%0A.txt"]
    for name in odd:
        Path(os.fsdecode(os.path.join(os.fsencode(tmp_path), name))).write_bytes(b"x")
    folder = tmp_path / "end. "
    put(folder, a__txt=b"x")
    documents = read(tmp_path)
    assert {"two%0Alines.txt", "b%FF.txt", "%1B[31mred.txt", "back%5Cslash.txt", "%0A.txt", "end%2E%20/a.txt"} < set(
        names(documents)
    )
    assert all(Path(d.path or "").read_bytes() == b"x" for d in documents)


def test_35_members_stay_inside_the_output(tmp_path: Path) -> None:
    members = ["../../etc/x.txt", "/abs/x.txt", "C:\\win\\x.txt", "C:/x.txt", "a/./x.txt", "a//x.txt", "nul\0.txt"]
    put(tmp_path, a__tar=tar_of(dict.fromkeys(members, b"x")), b__zip=zip_of([(n, b"x") for n in members]))
    found = names(read(tmp_path))
    assert "a.tar/%2E%2E/%2E%2E/etc/x.txt" in found
    assert "b.zip/C%3A/x.txt" in found
    assert len(found) == 2 * (len(members) - 1)  # a name is cut at NUL: then it has no suffix


def test_37_names_that_differ_in_case_or_form_only(tmp_path: Path) -> None:
    put(tmp_path / "in", **{"a__txt": b"1", "A__txt": b"2", "e\u0301__txt": b"3", "\xe9__txt": b"4"})
    put(tmp_path / "in" / "B", x__txt=b"5")
    put(tmp_path / "in" / "b", x__txt=b"6")
    put(tmp_path / "in", z__zip=zip_of([("M.txt", b"7"), ("m.txt", b"8"), ("m.txt", b"9")]))
    put(tmp_path / "in", y__tar=tar_of({"M.txt": b"7", "m.txt": b"8"}))
    assert len(read(tmp_path / "in")) == 11


def test_outputs_never_meet_a_folder(tmp_path: Path) -> None:
    put(tmp_path, x__html=PAGE)
    put(tmp_path / "x.html.txt", y__txt=b"y")
    first, second = names(read(tmp_path))
    assert first == "x.html"
    assert not second.startswith("x.html.txt/")


NAME = st.text(st.characters(codec=None, exclude_characters="/\0"), min_size=1, max_size=80)
PATH = st.lists(NAME | st.sampled_from(["..", ".", "", "a", "A", "con", "C:", "~1"]), min_size=1, max_size=5)


@given(st.lists(st.tuples(PATH, st.sampled_from([".txt", ".HTML", ". ", "", ".txt.txt"])), max_size=20))
@settings(deadline=None)
def test_any_names_are_distinct_and_inside(given_names: list[tuple[list[str], str]]) -> None:
    handed = Names()
    documents = [Document(handed.file("/".join(path) + end), raw="") for path, end in given_names]
    assert_well_named(documents)
    few = Names(most=3)
    assert len({few.file("/".join(path) + end).casefold() for path, end in given_names}) == len(given_names)


@given(st.sets(st.binary(min_size=1, max_size=60).filter(lambda b: not {0, 47} & set(b)), max_size=12))
@settings(deadline=None, max_examples=50 * MORE)
def test_any_file_names_on_disk_are_distinct_and_inside(
    tmp_path_factory: pytest.TempPathFactory, odd: set[bytes]
) -> None:
    folder = tmp_path_factory.mktemp("odd")
    for name in odd:
        with open(os.path.join(os.fsencode(folder), name + b".txt"), "wb") as file:
            file.write(b"=" + name)
    documents = read(folder)
    assert {Path(d.path or "").read_bytes()[1:] for d in documents} == {
        name for name in odd if not name.startswith(b".")
    }


def test_deep_members_get_short_names() -> None:
    deep = safe_name("/".join(["folder"] * 500) + "/x.txt")
    assert len(deep.encode()) <= LONGEST_PATH
    assert deep.endswith("/x.txt")


# Compression


@pytest.mark.parametrize("suffix", PACKERS)
def test_compressed_files(tmp_path: Path, suffix: str) -> None:
    pack = PACKERS[suffix]
    put(
        tmp_path,
        **{
            f"a__txt__{suffix}": pack(b"one"),
            f"b__jsonl__{suffix}": pack(jsonl({"text": "row"})),
            f"c__html__{suffix}": pack(gzip.compress(PAGE)),
            f"d__tar__{suffix}": pack(tar_of({"m.txt": b"member"})),
        },
    )
    assert texts(read(tmp_path)) == {
        f"a.txt.{suffix}": b"one",
        f"b.jsonl.{suffix}/000001": "row",
        f"c.html.{suffix}": PAGE,
        f"d.tar.{suffix}/m.txt": b"member",
    }


def test_what_a_file_is_is_told_by_its_content(tmp_path: Path) -> None:
    put(
        tmp_path,
        a__txt=gzip.compress(b"packed"),
        b__txt=INFO + page(1),
        c__html=zip_of([("m.txt", b"m")]),
        d__txt=b"%PDF-1.4",
        e__gz=b"x",
        f__txt__gz=b"not packed",
        g__txt=tar_of({"m.txt": b"m"}),
        h__warc__gz=gzip.compress(b"<p>no archive"),
        i__warc=b"",
        j__txt=b"BZhello",
    )
    assert texts(read(tmp_path)) == {
        "a.txt": b"packed",
        "b.txt/000002": PAGE,
        "c.html/m.txt": b"m",
        "d.txt": b"%PDF-1.4",
        "f.txt.gz": b"not packed",
        "g.txt/m.txt": b"m",
        "h.warc.gz/#end": "corrupt: after record 0: Invalid WARC header",
        "i.warc": b"",
        "j.txt": b"BZhello",
    }


@pytest.mark.parametrize("suffix", PACKERS)
def test_28_a_bomb_fails_while_it_streams(tmp_path: Path, suffix: str) -> None:
    pack = PACKERS[suffix]
    ratio = "ratio: more than 50 times larger than its compressed data"
    big = b'{"text": "' + b"x" * 60_000_000 + b'"}\n'
    put(
        tmp_path,
        **{
            f"a__txt__{suffix}": pack(ZEROS),
            f"b__txt__{suffix}": pack(pack(ZEROS)),
            f"c__jsonl__{suffix}": pack(jsonl({"text": "before"}) + big),
            f"d__txt__{suffix}": pack(pack(pack(b"three layers"))),
            "e__zip": zip_of([(f"m.txt.{suffix}", pack(ZEROS)), ("n.txt", b"n")]),
        },
    )
    tracemalloc.start()
    found = texts(read(tmp_path, reading=SMALL))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 80_000_000
    # the line of the bomb may pass the bound of a document before that of the ratio
    assert found.pop(f"c.jsonl.{suffix}/000002", too_large(2_000_000)) == too_large(2_000_000)
    assert found == {
        f"a.txt.{suffix}": ratio,
        f"b.txt.{suffix}": ratio,
        f"c.jsonl.{suffix}/000001": "before",
        f"c.jsonl.{suffix}/#end": ratio,
        f"d.txt.{suffix}": "ratio: more than 2 layers of compression",
        f"e.zip/m.txt.{suffix}": ratio,
        "e.zip/n.txt": b"n",
    }


def test_28_a_zip_bomb(tmp_path: Path) -> None:
    inner = zip_of([("z.txt", ZEROS)])
    put(tmp_path, a__zip=zip_of([("z.txt", ZEROS)]), b__zip=zip_of([("in.zip", inner), ("n.txt", b"n")]))
    ratio = "ratio: more than 50 times larger than its compressed data"
    assert texts(read(tmp_path, reading=SMALL)) == {
        "a.zip/#end": ratio, "b.zip/in.zip/#end": ratio, "b.zip/n.txt": b"n",
    }  # fmt: skip
    deep = zip_of([("1.zip", zip_of([("2.zip", zip_of([("3.txt", b"x")]))]))])
    put(tmp_path / "deep", c__zip=deep)
    assert texts(read(tmp_path / "deep")) == {"c.zip/1.zip/2.zip/3.txt": "ratio: more than 2 layers of compression"}


def test_28_a_zip_that_lies_about_its_sizes(tmp_path: Path) -> None:
    lying = bytearray(zip_of([("z.txt", ZEROS)]))
    at = lying.rindex(b"PK\x01\x02")
    lying[at + 24 : at + 28] = struct.pack("<I", 100)
    put(tmp_path, a__zip=bytes(lying))
    (document,) = read(tmp_path, reading=SMALL)
    assert (document.failure or "").startswith("corrupt: Bad CRC-32")


@pytest.mark.parametrize("suffix", PACKERS)
def test_29_what_was_truncated_keeps_the_records_before(tmp_path: Path, suffix: str) -> None:
    noise = random.Random(1)
    rows = [{"text": f"{n} {noise.random()}" * 9} for n in range(3000)]
    table = b"text\n" + b"".join(f'"{row["text"]}\n{row["text"]}"\n'.encode() for row in rows)
    members = {f"{n:04d}.txt": json.dumps(row).encode() for n, row in enumerate(rows)}
    pages = INFO + b"".join(page(n, body=json.dumps(row).encode()) for n, row in enumerate(rows))
    whole = {
        "t.txt": b"".join(members.values()),
        "j.jsonl": jsonl(*rows),
        "c.csv": table,
        "r.tar": tar_of(members),
        "w.warc": pages,
    }
    for name, content in whole.items():
        packed = PACKERS[suffix](content)
        (tmp_path / f"{name}.{suffix}").write_bytes(packed[: len(packed) * 2 // 3] if suffix != "bz2" else packed[:-9])
    documents = read(tmp_path)
    failed = {d.name: d.failure for d in documents if d.failure}
    kind = {"gz": "gzip", "zst": "zstd", "bz2": "bzip2"}[suffix]
    truncated = f"truncated: the {kind} data breaks off"
    cut = [name for name in failed if name.startswith("r.tar") and not name.endswith("#end")]
    assert len(cut) <= 1  # the member in which the archive breaks off has a row of its own
    failed = {name: reason for name, reason in failed.items() if name not in cut}
    assert failed == {f"t.txt.{suffix}": truncated} | {
        f"{name}.{suffix}/#end": truncated for name in ("c.csv", "j.jsonl", "r.tar", "w.warc")
    }
    for name, least in (("j.jsonl", 1000), ("c.csv", 1000), ("r.tar", 1000), ("w.warc", 1000)):
        kept = [d for d in documents if d.name.startswith(name) and not d.failure]
        assert least < len(kept) <= len(rows)
    first = [d for d in documents if d.name.startswith("c.csv")]
    assert first[-2].raw is not None
    assert str(first[-2].raw).count("\n") == 1


def test_30_bad_checksums_and_junk_behind(tmp_path: Path) -> None:
    packed = {suffix: pack(b"a text " * 100) for suffix, pack in PACKERS.items()}
    bad_crc = bytearray(packed["gz"])
    bad_crc[-5] ^= 255
    bad_length = bytearray(packed["gz"])
    bad_length[-1] ^= 255
    bad_zstd = bytearray(packed["zst"])
    bad_zstd[-1] ^= 255
    put(tmp_path, a__txt__gz=bytes(bad_crc), b__txt__gz=bytes(bad_length), c__txt__zst=bytes(bad_zstd))
    put(tmp_path, **{f"junk__txt__{suffix}": content + b"junk junk" for suffix, content in packed.items()})
    put(tmp_path, tape__txt__gz=packed["gz"] + b"\0" * 1000)
    zipped = bytearray(zip_of([("m.txt", b"member"), ("n.txt", b"n")], zipfile.ZIP_STORED))
    zipped[zipped.index(b"member")] ^= 1
    put(tmp_path, z__zip=bytes(zipped))
    tarred = bytearray(tar_of({"m.txt": b"m" * 600, "n.txt": b"n", "o.txt": b"o"}))
    tarred[1536 + 5] ^= 1
    put(tmp_path, y__tar=bytes(tarred), x__tar=tar_of({"m.txt": b"m"}) + b"junk")
    found = texts(read(tmp_path))
    assert found.pop("tape.txt.gz") == b"a text " * 100
    assert found.pop("z.zip/n.txt") == b"n"
    assert found.pop("y.tar/m.txt") == b"m" * 600
    assert found.pop("x.tar/m.txt") == b"m"
    assert sorted(found) == [
        "a.txt.gz", "b.txt.gz", "c.txt.zst", "junk.txt.bz2", "junk.txt.gz", "junk.txt.zst", "x.tar/#end",
        "y.tar/#end", "z.zip/m.txt",
    ]  # fmt: skip
    assert all(str(reason).startswith("corrupt: ") for reason in found.values()), found


@pytest.mark.parametrize("suffix", PACKERS)
def test_31_many_members_are_one_file(tmp_path: Path, suffix: str) -> None:
    pack = PACKERS[suffix]
    skippable = struct.pack("<II", 0x184D2A5D, 5) + b"index" if suffix == "zst" else b""
    put(tmp_path, **{f"a__txt__{suffix}": b"".join(pack(bytes([n]) * 70_000) for n in range(65, 75)) + skippable})
    (document,) = read(tmp_path)
    assert document.raw == b"".join(bytes([n]) * 70_000 for n in range(65, 75))


def test_a_faulty_disk_is_a_failure() -> None:
    class Faulty(io.RawIOBase):
        def read(self, size: int = -1) -> bytes:
            raise OSError(5, "Input/output error")

    assert texts(list(read_stream(Faulty(), "x"))) == {"x": "unreadable: Input/output error"}  # type: ignore[arg-type]


# Archives


def test_members_of_archives(tmp_path: Path) -> None:
    members = {
        "a/x.html": PAGE, "a/x.jpg": b"j", "__MACOSX/a/._x.html": b"m", "a/.y.txt": b"h",
        "rows.jsonl": jsonl({"text": "r"}),
        "w.warc.gz": gzip.compress(INFO + page(1)), "t.txt.gz": gzip.compress(b"t"),
    }  # fmt: skip
    tarred = tar_of({**members, "in.zip": zip_of([("z.txt", b"z")])})
    put(tmp_path, b__tar=tarred, c__zip=zip_of([*members.items(), ("in.tar", tar_of({"z.txt": b"z"}))]))
    put(tmp_path, d__tgz=gzip.compress(tarred), e__zip=zip_of([("x.jpg", b"j")]), f__zip=zip_of([]), g__tar=tar_of({}))
    expected = {"a/x.html": PAGE, "rows.jsonl/000001": "r", "w.warc.gz/000002": PAGE, "t.txt.gz": b"t"}
    nothing = "nothing to read: the archive holds no text, page, table or web archive"
    assert texts(read(tmp_path)) == {
        **{f"{name}/{member}": content for name in ("b.tar", "c.zip", "d.tgz") for member, content in expected.items()},
        "b.tar/in.zip/z.txt": b"z",
        "c.zip/in.tar/z.txt": b"z",
        "d.tgz/in.zip/z.txt": b"z",
        "e.zip/#end": nothing,
        "f.zip/#end": nothing,
        "g.tar/#end": nothing,
    }


def test_an_encrypted_member_fails_alone(tmp_path: Path) -> None:
    archive = bytearray(zip_of([("a.txt", b"secret"), ("b.txt", b"open")], zipfile.ZIP_STORED))
    for magic, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        archive[archive.index(magic) + offset] |= 1
    put(tmp_path, x__zip=bytes(archive))
    found = texts(read(tmp_path))
    assert found["x.zip/a.txt"] == "encrypted: the archive has a password for it"
    assert found["x.zip/b.txt"] == b"open"


def test_members_that_are_passed_over_are_told(tmp_path: Path) -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, target in (("a.txt", ""), ("b.txt", "a.txt"), ("README", ""), ("c.php", "")):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = (tarfile.LNKTYPE, target) if target else (tarfile.REGTYPE, "")
            archive.addfile(info)
    put(tmp_path, x__tar=out.getvalue(), y__zip=zip_of([("in.tar", out.getvalue()), (".hidden", b"h"), ("z", b"z")]))
    told: list[tuple[str, str]] = []
    reading = Reading(exclude=("*.php",))
    documents = list(read_documents([tmp_path], reading, passed_over=lambda *what: told.append(what)))
    assert names(documents) == ["x.tar/a.txt", "y.zip/in.tar/a.txt"]
    assert told == [
        ("hard link", "x.tar/b.txt"), ("archive member", "x.tar/README"), ("hard link", "y.zip/in.tar/b.txt"),
        ("archive member", "y.zip/in.tar/README"), ("archive member", "y.zip/z"),
    ]  # fmt: skip


def test_a_member_without_a_name_ends_its_archive_only(tmp_path: Path) -> None:
    """zipfile meets it with an IndexError."""
    archive = zip_of([("a.txt", b"a"), ("QQ", b"b")], zipfile.ZIP_STORED)
    put(tmp_path, x__zip=archive.replace(b"QQ", b"\0\0"), y__txt=b"y")
    found = texts(read(tmp_path))
    assert found["x.zip/a.txt"] == b"a"
    assert found["y.txt"] == b"y"
    assert str(found["x.zip/#end"]).startswith("corrupt: zip: IndexError")


def test_a_tar_header_cannot_fill_the_memory(tmp_path: Path) -> None:
    info = tarfile.TarInfo("x.txt")
    long_name = tarfile.TarInfo("././@LongLink")
    long_name.type, long_name.size = tarfile.GNUTYPE_LONGNAME, 50_000_000
    content = long_name.tobuf(tarfile.GNU_FORMAT) + b"a" * 50_000_000 + info.tobuf(tarfile.GNU_FORMAT) + b"\0" * 10_240
    (tmp_path / "a.tar").write_bytes(content)
    assert texts(read(tmp_path)) == {"a.tar/#end": "too large: a header of the tar archive"}


# Tables


def test_jsonl(tmp_path: Path) -> None:
    """10: lone surrogates and bytes that are not UTF-8 lose nothing else."""
    content = (
        b'\xef\xbb\xbf{"text": "one", "url": "https://a.example/1", "title": "T", "site": "a.example"}\n\n'
        b'not json\n["list"]\n{"html": "<p>two"}\n{"text": null, "html": "<p>three"}\n{"body": "x"}\n{"text": 7}\n'
        b'{"text": "lone \\ud800 surrogate", "score": NaN}\n{"text": "latin \xe9"}\n{"text": ""}\n{"text": "last"}'
    )
    put(tmp_path, a__jsonl=content, b__ndjson=b"", c__jsonl=b"[" * 100_000)
    documents = read(tmp_path)
    found = texts(documents)
    assert documents[0] == Document("a.jsonl/000001", raw="one", url="https://a.example/1", title="T", site="a.example")
    assert str(found["a.jsonl/000003"]).startswith("malformed: line 3 is not JSON")
    assert found["a.jsonl/000004"] == "malformed: line 4 is no JSON object"
    assert found["a.jsonl/000005"] == "<p>two"
    assert found["a.jsonl/000006"] == "<p>three"
    assert found["a.jsonl/000007"] == (
        "no text: no column text, raw, html, content among body; name it by --text-column (text_column)"
    )
    assert found["a.jsonl/000008"] == "no text: 'text' holds no text but int"
    assert found["a.jsonl/000009"] == "lone \ud800 surrogate"
    assert found["a.jsonl/000010"] == "latin \xe9"
    assert (documents[8].warning or "").startswith("encoding: guessed ")
    assert found["a.jsonl/000011"] == ""
    assert found["a.jsonl/000012"] == "last"
    assert found["b.ndjson/#end"] == "nothing to read: the table has no rows"
    assert str(found["c.jsonl/000001"]).startswith("malformed")


def test_a_last_line_that_breaks_off_is_a_truncated_table(tmp_path: Path) -> None:
    put(tmp_path, a__jsonl=jsonl({"text": "one"}, {"text": "two"})[:-5], b__jsonl=b'{"text": "one"}\n{"text": "two"}')
    put(tmp_path, c__jsonl=b'{"text": "one"}\n[1,2]')
    assert texts(read(tmp_path)) == {
        "a.jsonl/000001": "one",
        "a.jsonl/#end": "truncated: line 2 breaks off",
        "b.jsonl/000001": "one",
        "b.jsonl/000002": "two",
        "c.jsonl/000001": "one",
        "c.jsonl/000002": "malformed: line 2 is no JSON object",
    }


def test_columns_by_name(tmp_path: Path) -> None:
    put(tmp_path, a__jsonl=jsonl({"text": "no", "body": "yes", "link": "u", "head": "t", "pub": "s", "id": "../x/1"}))
    reading = Reading(text_column="body", url_column="link", title_column="head", site_column="pub", name_column="id")
    assert read(tmp_path, reading=reading) == [Document("a.jsonl/%2E%2E/x/1", raw="yes", url="u", title="t", site="s")]
    put(
        tmp_path,
        a__jsonl=jsonl({"text": "1", "id": "x"}, {"text": "2", "id": "X"}, {"text": "3"}, {"text": "4", "id": 5}),
    )
    assert list(texts(read(tmp_path, reading=Reading(name_column="id"))).values()) == ["1", "2", "3", "4"]


def test_a_column_that_was_named_and_is_not_there_fails_the_table(tmp_path: Path) -> None:
    put(
        tmp_path,
        a__csv=b"id,text\n1,x\n",
        b__jsonl=jsonl({"id": 1, "text": "x"}, {"link": "u", "text": "y"}),
        c__jsonl=jsonl({"id": 1, "text": "x"}, {"text": "y"}),
        d__parquet=parquet(text=["x"], url=["u"]),
    )
    failures = {d.name: d.failure for d in read(tmp_path, reading=Reading(url_column="link")) if d.failure}
    assert failures == {
        "a.csv/#end": "no column link among id, text",
        "c.jsonl/#end": "no column link among id, text",
        "d.parquet/#end": "no column link among text, url",
    }


def test_csv(tmp_path: Path) -> None:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";")
    writer.writerows([["url", "text"], ["u1", "one\nline; and, more"], [], ["u2", "x" * 200_000]])
    put(
        tmp_path,
        a__csv=b"\xef\xbb\xbf" + out.getvalue().encode(),
        b__tsv=b"text\tsite\nt\ts\n",
        c__csv=b"id,body\n1,x\n",
        d__csv=b'text\nfine\n"never closed\nmore\nand more\n',
        e__csv=b'text\n5" pipe\nlatin \xe9\n',
        f__csv=b"",
    )
    documents = read(tmp_path)
    assert documents[0] == Document("a.csv/000001", raw="one\nline; and, more", url="u1")
    assert {name: len(text or "") for name, text in texts(documents).items() if name.startswith("a")} == {
        "a.csv/000001": 19, "a.csv/000002": 200_000,
    }  # fmt: skip
    found = texts(documents[2:])
    assert found == {
        "b.tsv/000001": "t",
        "c.csv/#end": "no text: no column text, raw, html, content among id, body; "
        "name it by --text-column (text_column)",
        "d.csv/000001": "fine",
        "d.csv/#end": "malformed: after row 1: a quote is never closed",
        "e.csv/000001": '5" pipe',
        "e.csv/000002": "latin \xe9",
        "f.csv/#end": "nothing to read: the table has no rows",
    }


SPANISH = "El lunes se reunió el consejo de la ciudad; mañana habrá una decisión, según el alcalde."


@pytest.mark.parametrize("encoding", ["cp1252", "cp1251", "utf-16", "utf-16-be", "utf-8-sig"])
@pytest.mark.parametrize("packed", [False, True])
def test_the_encoding_of_a_table_is_found_as_that_of_a_text(tmp_path: Path, encoding: str, packed: bool) -> None:
    """Its first line that is not ASCII, and what follows, tells; however far down it stands."""
    line = SPANISH if encoding != "cp1251" else "В понедельник собрался совет города, сообщил мэр."
    rows = [f"u{n}\t{'plain ' * 20 if n < 700 else line}" for n in range(900)]
    content = "\r\n".join(["url\ttext", *rows, ""]).encode(encoding)
    put(tmp_path, **{"a__tsv__gz": gzip.compress(content)} if packed else {"a__tsv": content})
    documents = read(tmp_path)
    assert [d.raw for d in documents] == [row.partition("\t")[2] for row in rows]
    warning = f"encoding: guessed {encoding}" if encoding.startswith("cp") else None
    assert {d.warning for d in documents[:700]} == {None}
    assert {d.warning for d in documents[700:]} == {warning}


def test_single_lines_of_a_table_in_another_encoding(tmp_path: Path) -> None:
    lines = [SPANISH.encode()] * 3 + [SPANISH.encode("cp1252")] + [SPANISH.encode()]
    put(tmp_path, a__csv=b'text\n"' + b'"\n"'.join(lines) + b'"\n')
    documents = read(tmp_path)
    assert [d.raw for d in documents] == [SPANISH] * 5
    assert [bool(d.warning) for d in documents] == [False, False, False, True, False]


def test_lines_in_utf_8_are_read_as_that_wherever_they_stand(tmp_path: Path) -> None:
    old = "Die Mauer wird größer und höher, sagte der Bürgermeister von Lüneburg am Dienstag."
    lines = [old.encode("cp1252"), *[b"plain"] * 9_000, *[SPANISH.encode()] * 3, old.encode("cp1252")]
    put(tmp_path, a__csv=b'text\n"' + b'"\n"'.join(lines) + b'"\n')
    documents = read(tmp_path)
    assert {d.raw for d in documents} == {old, SPANISH, "plain"}
    assert [bool(d.warning) for d in documents if d.raw != "plain"] == [True, False, False, False, True]


def parquet(**columns: Any) -> bytes:
    out = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table(columns), out, compression="zstd", row_group_size=100)
    return out.getvalue()


def test_parquet(tmp_path: Path) -> None:
    noise = random.Random(2)
    rows = [f"{n} {noise.random()}" for n in range(300)]
    good = parquet(text=rows, url=[f"u{n}" for n in range(300)], other=[{"a": 1}] * 300)
    put(
        tmp_path,
        a__parquet=good,
        b__parquet=parquet(html=[PAGE, None]),
        c__parquet=parquet(body=["x"]),
        d__parquet=good[:-100],
        e__parquet=parquet(text=pyarrow.array(["x", "x"]).dictionary_encode()),
        f__parquet__gz=gzip.compress(good),
        g__parquet=parquet(text=["x" * 30_000_000]),
    )
    documents = read(tmp_path, reading=SMALL)
    assert documents[0] == Document("a.parquet/000001", raw=rows[0], url="u0")
    assert [d.raw for d in documents[:300]] == rows
    found = texts(documents[300:])
    assert found["b.parquet/000001"] == PAGE
    assert found["b.parquet/000002"] == ""
    assert str(found["c.parquet/#end"]).startswith("no text: no column text")
    assert str(found["d.parquet/#end"]).startswith("corrupt: parquet: ")
    assert found["e.parquet/000002"] == "x"
    assert found["g.parquet/#end"] == "ratio: more than 50 times larger than its compressed data"
    put(tmp_path / "packed", a__txt=gzip.compress(good))
    assert len(read(tmp_path / "packed")) == 300


# Web archives


@pytest.mark.parametrize("packed", [False, True])
def test_warc_and_wet(tmp_path: Path, packed: bool) -> None:
    records = [
        INFO,
        record("request", "https://news.example/1", b"GET / HTTP/1.1\r\n\r\n", "application/http; msgtype=request"),
        page(1),
        page(2, b"Content-Type: image/png", body=b"\x89PNG" * 100),
        page(3, b"content-type: Text/HTML ; Charset=UTF-8"),
        record("resource", "https://news.example/r", PAGE, "text/html"),
        record("revisit", "https://news.example/1", http(b"")),
        record("response", "dns:news.example", b"20240101 news.example", "text/dns"),
        record("response", "https://news.example/bad", b"<p>no header at all"),
        record("conversion", "<https://news.example/c>", b"plain"),
    ]
    pack = gzip.compress if packed else bytes
    put(tmp_path, **{"a__warc__gz" if packed else "a__warc": b"".join(pack(r) for r in records)})
    name = "a.warc.gz" if packed else "a.warc"
    url = "https://news.example/"
    assert read(tmp_path) == [
        Document(f"{name}/000003", raw=PAGE, url=url + "1"),
        Document(f"{name}/000005", raw=PAGE, url=url + "3"),
        Document(f"{name}/000006", raw=PAGE, url=url + "r"),
        Document(f"{name}/000009", failure="corrupt: no HTTP header"),
        Document(f"{name}/000010", raw=b"plain", url=url + "c"),
    ]


def test_bodies_of_http(tmp_path: Path) -> None:
    raw_deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    deflated = raw_deflate.compress(PAGE) + raw_deflate.flush()
    chunked = b"5\r\n" + PAGE[:5] + b"\r\n" + b"%x;x=y\r\n" % (len(PAGE) - 5) + PAGE[5:] + b"\r\n0\r\n\r\n"
    gz = b"Content-Encoding: gzip"
    good = [
        page(1, HTML, gz, body=gzip.compress(PAGE)),
        page(2, HTML, gz),  # taken off already, as crawlers do
        page(3, HTML, b"Content-Encoding: deflate", body=zlib.compress(PAGE)),
        page(4, HTML, b"Content-Encoding: deflate", body=deflated),
        page(5, HTML, b"Content-Encoding: br", body=brotli.compress(PAGE)),
        page(6, HTML, b"Content-Encoding: zstd", body=zstd(PAGE)),
        page(7, HTML, b"Transfer-Encoding: chunked", body=chunked),
        page(8, HTML, b"Transfer-Encoding: chunked"),
        page(9, HTML, b"Content-Encoding: identity"),
    ]
    bad = [
        page(10, HTML, gz, body=gzip.compress(PAGE)[:-10]),
        page(11, HTML, gz, body=gzip.compress(ZEROS)),
        page(12, HTML, b"Content-Encoding: br", body=brotli.compress(ZEROS)),
        page(13, HTML, b"Content-Encoding: br", body=b"\xff\xff no brotli at all"),
        page(14, HTML, b"Content-Encoding: deflate", body=zlib.compress(ZEROS)),
    ]
    put(tmp_path, a__warc=b"".join(good + bad))
    documents = read(tmp_path, reading=SMALL)
    assert [d.raw for d in documents[:9]] == [PAGE] * 9
    assert [(d.failure or "").partition(":")[0] for d in documents[9:]] == [
        "truncated", "ratio", "ratio", "corrupt", "ratio",
    ]  # fmt: skip


def test_the_charset_of_the_header_counts_where_the_page_says_nothing(tmp_path: Path) -> None:
    text = "<html><body><p>Стену гавани поднимут, сообщили в совете.</p></body></html>"
    russian = b"Content-Type: text/html; charset=windows-1251"
    declared = text.replace("<body>", '<meta charset="koi8-r"><body>')
    records = [
        page(1, russian, body=text.encode("cp1251")),
        page(2, russian, body=text.encode("utf-8")),
        page(3, russian, body=declared.encode("koi8-r")),
        page(4, b"Content-Type: text/html; charset=nonsense", body=text.encode("utf-8")),
        page(5, b"Content-Type: text/html; charset=hex", body=text.encode("utf-8")),
        page(6, b"Content-Type: text/html; charset=shift_jis", body=PAGE + b"\x81"),
    ]
    put(tmp_path, a__warc=b"".join(records))
    documents = read(tmp_path)
    decoded = [decode(d.raw or "") for d in documents]
    assert [d.text for d in decoded[:5]] == [text, text, declared, text, text]
    assert [d.warnings for d in decoded[:5]] == [()] * 5
    assert isinstance(documents[5].raw, bytes)


@pytest.mark.parametrize(
    ("tail", "reason"),
    [
        (page(3)[:-40], "truncated: record 3 is shorter than it says"),
        (page(3, b"Content-Type: image/png")[:-40], "truncated: record 3 is shorter than it says"),
        (page(3)[:60], "truncated: record 3 has no length"),
        (b"junk junk\r\n" * 9, "corrupt: after record 2: Invalid WARC header"),
        (record("conversion", "u", b"short", length=10**6), "truncated: record 3 is shorter than it says"),
        (record("conversion", "u", b"long text", length=-5) + page(4), "corrupt: after record 3: Invalid WARC header"),
        (b"WARC/1.0\r\n" + b"x" * 3_000_000, "corrupt: after record 2: Maximum header length exceeded."),
    ],
)
def test_32_a_corrupt_record_ends_the_reading(tmp_path: Path, tail: bytes, reason: str) -> None:
    """29, 32: those before it are kept, and no loop is endless."""
    put(tmp_path, a__warc=INFO + page(2) + tail)
    documents = [d for d in read(tmp_path) if d.raw not in (b"long", b"")]
    assert texts(documents) == {"a.warc/000002": PAGE, "a.warc/#end": reason}


# MHTML


def test_mhtml(tmp_path: Path) -> None:
    text = "<html><body><p>Größe der Hafenmauer</p></body></html>"
    saved = (
        "From: <Saved by Blink>\r\nSnapshot-Content-Location: https://news.example/a\r\nSubject: x\r\n"
        'MIME-Version: 1.0\r\nContent-Type: multipart/related; type="text/html"; boundary="B"\r\n\r\n'
        "--B\r\nContent-Type: text/html; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
        + text.replace("ö", "=F6").replace("ß", "=DF")
        + "\r\n--B\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw==\r\n--B--\r\n"
    )
    put(tmp_path, a__mhtml=saved.encode(), b__mhtml=b"Content-Type: multipart/related; boundary=B\r\n\r\n--B--")
    good, bad = read(tmp_path)
    assert decode(good.raw or "").text.strip() == text
    assert good.url == "https://news.example/a"
    assert bad.failure == "corrupt: MHTML without an HTML part"


# Streams


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"a plain text", {"stdin": b"a plain text"}),
        (b"", {"stdin": b""}),
        (b"{curly} text\n", {"stdin": b"{curly} text\n"}),
        (gzip.compress(b"packed"), {"stdin": b"packed"}),
        (jsonl({"text": "1"}, {"text": "2"}), {"stdin/000001": "1", "stdin/000002": "2"}),
        (zstd(jsonl({"text": "x" * 100_000})), {"stdin/000001": "x" * 100_000}),
        (gzip.compress(INFO) + gzip.compress(page(1)), {"stdin/000002": PAGE}),
        (tar_of({"a.txt": b"a"}), {"stdin/a.txt": b"a"}),
        (zip_of([("a.txt", b"a")]), {"stdin/a.txt": b"a"}),
    ],
)
def test_a_pipe_is_recognised_by_its_content(content: bytes, expected: dict[str, Any]) -> None:
    reader, writer = os.pipe()
    if os.fork() == 0:
        try:
            os.close(reader)
            with open(writer, "wb") as out:
                out.write(content)
        finally:
            os._exit(0)
    os.close(writer)
    with open(reader, "rb") as pipe:
        assert texts(list(read_stream(pipe, "stdin"))) == expected
    os.wait()


# Addresses


@pytest.fixture
def store() -> Iterator[Any]:
    files = fsspec.filesystem("memory")
    files.store.clear()
    contents = {
        "/dumps/a.txt": b"a", "/dumps/b/c.html.gz": gzip.compress(PAGE), "/dumps/b/d.jpg": b"d",
        "/dumps/e.zip": zip_of([("m.txt", b"m")]), "/dumps/f.parquet": parquet(text=["f"]), "/dumps/.g/h.txt": b"h",
        "/other/a.txt": b"o",
    }  # fmt: skip
    for path, content in contents.items():
        files.pipe(path, content)
    yield files
    files.store.clear()


def test_addresses(store: Any) -> None:
    expected = {"a.txt": b"a", "b/c.html.gz": PAGE, "e.zip/m.txt": b"m", "f.parquet/000001": "f"}
    assert texts(read("memory://dumps")) == expected
    assert texts(read("memory://dumps/")) == expected
    assert texts(read("memory://dumps/a.txt")) == {"a.txt": b"a"}
    assert texts(read("memory://dumps/**/*.html.gz")) == {"b/c.html.gz": PAGE}
    assert texts(read("memory://*/a.txt")) == {"dumps/a.txt": b"a", "other/a.txt": b"o"}
    assert names(read("memory://dumps", "memory://other"))[-1] == "other/a.txt"
    assert texts(read("memory://nowhere")) == {"nowhere": "unreadable: /nowhere"}
    check_inputs(["memory://dumps"], "out")
    for wrong in ("memory://nowhere", "memory://dumps/*.none"):
        with pytest.raises(InputError):
            check_inputs([wrong], "out")
    with pytest.raises(InputError):
        check_inputs(["nosuch://bucket/x"], "out")


def test_a_file_address_is_a_path(tmp_path: Path) -> None:
    put(tmp_path, **{"a b__txt": b"x"})
    (document,) = read(f"file://{tmp_path}/a%20b.txt")
    assert document.path == str(tmp_path / "a b.txt")


@pytest.mark.parametrize(
    ("module", "content", "extra"),
    [("pyarrow.parquet", b"PAR1....", "arrow"), ("fastwarc.warc", INFO, "warc"), ("fsspec", b"", "remote")],
)
def test_a_missing_library_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str, content: bytes, extra: str
) -> None:
    def missing(name: str) -> Any:
        raise ImportError(name)

    monkeypatch.setattr(extras.importlib, "import_module", missing)
    install = rf"pip install 'newsdump-cleaner\[{extra}\]'"
    put(tmp_path, a__dat=content, b__txt=b"b")
    given = "s3://bucket/dumps" if extra == "remote" else str(tmp_path / "a.dat")
    with pytest.raises(InputError, match=install):
        check_inputs([given], tmp_path / "out")
    if extra == "remote":
        with pytest.raises(InputError, match=install):
            list(read_documents([given]))
    else:
        failed, fine = read(f"{tmp_path}/?.*t*")
        assert install.replace("\\", "") in (failed.failure or "")
        assert fine.path


# What is refused before any work


def test_38_the_output_is_never_inside_an_input(tmp_path: Path) -> None:
    put(tmp_path / "in" / "a", x__txt=b"x")
    put(tmp_path / "in", y__txt=b"y")
    inside = tmp_path / "in" / "out"
    for wrong, out in (
        ("in", inside), ("in", tmp_path / "in"), ("in/y.txt", tmp_path / "in"), ("in/**/*.txt", inside),
        ("in/*.txt", tmp_path / "in"), ("in/*", inside),
    ):  # fmt: skip
        with pytest.raises(OutputError):
            check_inputs([str(tmp_path / wrong)], out)
    (tmp_path / "link").symlink_to(tmp_path / "in")
    with pytest.raises(OutputError):
        check_inputs([tmp_path / "link"], inside)
    check_inputs([tmp_path / "in"], tmp_path / "out")
    check_inputs([tmp_path / "in" / "y.txt"], tmp_path / "in" / "out")
    check_inputs([str(tmp_path / "in" / "*.txt")], tmp_path / "in" / "out")


def test_what_does_not_exist_is_refused(tmp_path: Path) -> None:
    put(tmp_path / "in", a__jpg=b"a")
    put(tmp_path / "full", a__txt=b"a")
    out = tmp_path / "out"
    with pytest.raises(InputError, match="nowhere: no such file or folder"):
        check_inputs([tmp_path / "full", tmp_path / "nowhere"], out)
    with pytest.raises(InputError, match="no file fits"):
        check_inputs([tmp_path / "full", f"{tmp_path}/in/*.txt"], out)
    with pytest.raises(InputError, match=r"no dumps in .*: looked for \.txt"):
        check_inputs([tmp_path / "in"], out)
    with pytest.raises(UsageError):
        check_inputs(str(tmp_path), out)
    check_inputs([tmp_path / "in", tmp_path / "full"], out)


# Whatever comes


FUZZED = {
    "a.txt.gz": gzip.compress(PAGE * 50),
    "b.txt.zst": zstd(PAGE * 50),
    "c.txt.bz2": bz2.compress(PAGE * 50),
    "d.zip": zip_of([("a.txt", b"a" * 99), ("b.jsonl", jsonl({"text": "x"}))]),
    "e.tar": tar_of({"a.txt": b"a", "b.txt": b"b"}),
    "f.warc": INFO + page(1) + page(2),
    "g.warc.gz": gzip.compress(INFO) + gzip.compress(page(1)),
    "h.jsonl": jsonl({"text": "a"}, {"text": "b"}),
    "i.csv": b'text,url\n"a",b\nc,d\n',
    "j.parquet": parquet(text=["a", "b"]),
    "k.tar.gz": gzip.compress(tar_of({"a.txt": b"a"})),
    "l.mhtml": b"Content-Type: multipart/related; boundary=B\r\n\r\n--B\r\nContent-Type: text/html\r\n\r\nx\r\n--B--",
}


@pytest.mark.parametrize("name", FUZZED)
def test_damaged_files_only_give_documents(tmp_path: Path, name: str) -> None:
    """27, 30, 32: any damage gives documents, at least one, and ends."""
    noise = random.Random(name)
    for _ in range(150):
        content = bytearray(FUZZED[name])
        for _ in range(noise.randint(1, 4)):
            at = noise.randrange(len(content))
            match noise.randrange(4):
                case 0:
                    content[at] ^= 1 << noise.randrange(8)
                case 1:
                    del content[at : at + noise.randint(1, 30)]
                case 2:
                    content[at:at] = noise.randbytes(noise.randint(1, 30))
                case _:
                    content = content[: max(at, 1)]
            content = content or bytearray(b"x")
        (tmp_path / name).write_bytes(content)
        assert read(tmp_path / name, reading=SMALL)


def test_53_55_failures_carry_nothing_that_a_terminal_obeys(tmp_path: Path) -> None:
    put(tmp_path, a__csv=b"\x1b[31mred,\xe2\x80\xaeback\nx,y\n", b__jsonl=b'{"\\u001b[31m": 1}\n')
    for document in read(tmp_path):
        assert document.failure
        assert document.failure.isprintable()


# Memory


@pytest.mark.slow
@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_memory_does_not_grow_with_the_input(tmp_path: Path, suffix: str) -> None:
    noise = random.Random(3)
    line = [jsonl({"text": noise.randbytes(1000).hex(), "id": n}) for n in range(1000)]
    target = tmp_path / f"a.jsonl{suffix}"
    with gzip.open(target, "wb", 1) if suffix else open(target, "wb") as file:
        for _ in range(100):
            file.writelines(line)
    tracemalloc.start()
    count = sum(1 for _ in read_documents([target], Reading(name_column=None)))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 100_000
    assert peak < 3_000_000


def test_a_long_tar_stays_flat(tmp_path: Path) -> None:
    (tmp_path / "a.tar").write_bytes(tar_of({f"{n:05d}.txt": b"x" for n in range(2_000)}))
    tracemalloc.start()
    count = sum(1 for _ in read_documents([tmp_path]))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 2_000
    assert peak < 3_000_000
