"""Fuzz targets: any bytes have one outcome, as a document, as an input file, as a rule file.

    python tests/fuzz.py document|file|rules [libFuzzer options, such as -max_total_time=120]

Needs the extra ``[fuzz]`` (atheris); ``make fuzz`` runs all three. What it finds new goes to ``.fuzz/TARGET``, and
the next call begins there, and with the fixtures; an input that breaks something is written to
``.fuzz/TARGET-crash-…``, and ``python tests/fuzz.py TARGET FILE`` runs that one again.
"""

from __future__ import annotations

import bz2
import gzip
import io
import json
import os
import sys
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
KEPT = ROOT / ".fuzz"


def document() -> Callable[[bytes], None]:
    """Bytes, or the characters they stand for, as a dump or a page: the first byte says which."""
    from cleaner import Cleaned, Cleaner, Outcome

    cleaner = Cleaner()

    def one(data: bytes) -> None:
        how, raw = data[:1], data[1:]
        kind = {b"t": "text", b"h": "html"}.get(how.lower(), "auto")
        given = raw.decode("utf-8", "surrogateescape") if how.isupper() else raw
        page = cleaner.clean(given, kind=kind)
        assert (page.outcome in (Outcome.OK, Outcome.FLAG)) == bool(page.text), page.outcome
        assert (page.outcome == Outcome.OK) == (page.reason is None), page.reason
        written = json.dumps(page.to_dict())
        assert Cleaned.from_dict(json.loads(written)) == page
        if isinstance(given, str) and kind == "text" and page.outcome != Outcome.FAIL:
            assert page.restore() == given
            source = iter(given)
            assert all(c in source for c in page.text if not c.isspace()), "more than was in the source"

    return one


def file() -> Callable[[bytes], None]:
    """Bytes as an input file of any kind: archive, table, compressed …; the bytes up to NUL are its name."""
    from cleaner.batch.read import Reading, read_stream
    from cleaner.batch.read.content import documents
    from cleaner.batch.read.names import Item
    from cleaner.batch.read.open import stream_of

    reading = Reading(most_bytes=1 << 20, most_ratio=50)

    def one(data: bytes) -> None:
        name, _, content = data.partition(b"\0")
        given = name.decode("utf-8", "replace")
        found = [
            *read_stream(io.BytesIO(content), "stdin", reading),
            *documents(stream_of(io.BytesIO(content)), Item("x", given), reading, io.BytesIO(content)),
        ]
        for each in found:
            assert (each.raw is None) == (each.failure is not None), each
            assert each.raw is None or len(each.raw) <= reading.most_bytes, each.name
            parts = each.name.split("/")
            assert parts[0] in ("x", "stdin"), each.name
            assert not {"", ".", ".."} & set(parts), each.name
            os.fsencode(each.name)

    return one


def rules() -> Callable[[bytes], None]:
    """Bytes as a rule file: a pack, or faults with their places."""
    from cleaner.rulebook.build import read_pack

    def one(data: bytes) -> None:
        pack, source = read_pack(Path("generic/own.yaml"), data)
        assert (pack is None) == bool(source.problems)
        assert all(p.line >= 1 and p.column >= 1 and p.message for p in source.problems), source.problems

    return one


def document_seeds() -> Iterator[bytes]:
    """The fixtures, each as bytes and as characters."""
    for path in sorted((ROOT / "fixtures").glob("*/*/input.*")):
        content = path.read_bytes()
        kind = b"h" if path.suffix == ".html" else b"t"
        yield kind + content
        yield kind.upper() + content
        yield b"a" + content


def file_seeds() -> Iterator[bytes]:
    """A small file of each kind."""
    note = b"A short note, they said.\n"
    row = json.dumps({"text": note.decode(), "url": "https://example.org/a"}).encode()
    zipped, tarred = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr("a/x.txt", note)
    with tarfile.open(fileobj=tarred, mode="w") as archive:
        member = tarfile.TarInfo("a/x.txt")
        member.size = len(note)
        archive.addfile(member, io.BytesIO(note))
    http = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<html><p>" + note
    head = b"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: https://example.org/a\r\nContent-Length: "
    warc = head + str(len(http)).encode() + b"\r\nContent-Type: application/http; msgtype=response\r\n\r\n" + http
    mail = b"MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=b\r\n\r\n--b\r\n"
    page = b"Content-Type: text/html\r\n\r\n<p>" + note
    yield b"x.txt\0" + note
    yield b"x.jsonl\0" + row + b"\n" + row
    yield b"x.csv\0text,url\n" + note.strip().replace(b",", b"") + b",https://example.org/a\n"
    yield b"x.zip\0" + zipped.getvalue()
    yield b"x.tar\0" + tarred.getvalue()
    yield b"x.warc\0" + warc + b"\r\n\r\n" + warc + b"\r\n\r\n"
    yield b"x.mhtml\0" + mail + page + b"\r\n--b--\r\n"
    yield b"x.txt.gz\0" + gzip.compress(note, mtime=0)
    yield b"x.jsonl.gz\0" + gzip.compress(row, mtime=0)
    yield b"x.warc.gz\0" + gzip.compress(warc, mtime=0)
    yield b"x.txt.bz2\0" + bz2.compress(note)


def rules_seeds() -> Iterator[bytes]:
    """The shipped packs."""
    for path in sorted((ROOT / "rules").rglob("*.yaml")):
        yield path.read_bytes()


TARGETS = {"document": (document, document_seeds), "file": (file, file_seeds), "rules": (rules, rules_seeds)}


def main() -> None:
    """Fuzz one target."""
    import atheris

    if len(sys.argv) < 2 or sys.argv[1] not in TARGETS:
        raise SystemExit(__doc__)
    name, *options = sys.argv[1:]
    target, seeds = TARGETS[name]
    kept = KEPT / name
    kept.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds()):
        (kept / f"seed-{number:04}").write_bytes(seed)
    with atheris.instrument_imports(include=["cleaner"], enable_loader_override=False):
        one = target()
    if not any(os.path.isfile(option) for option in options):
        options.append(str(kept))
    limits = ["-timeout=120", "-rss_limit_mb=4096", "-max_len=65536", f"-artifact_prefix={KEPT}/{name}-"]
    atheris.Setup([sys.argv[0], *limits, *options], one)
    atheris.Fuzz()


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    main()
