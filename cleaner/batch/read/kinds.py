"""What a file is: by its content; the suffix tells only tables and plain text apart."""

from __future__ import annotations

import os
import re

import orjson

from cleaner.batch.read.open import MAGIC

PLAIN, TAR = "plain", "tar"
HEAD = 512
"""Bytes of a file that recognise it."""

SUFFIXES = ".txt .text .html .htm .xhtml .mhtml .jsonl .ndjson .csv .tsv .parquet .warc .wet .zip .tar"
_READ = re.compile(
    r"\.(?:(?:te?xt|html?|xhtml|mhtml?|jsonl|ndjson|[ct]sv|warc|wet|tar)(?:\.(?:gz|zst|bz2))?|parquet|zip|tgz)$", re.I
)
_PACKED_SUFFIX = re.compile(r"\.(gz|zst|bz2)$", re.I)
_BY_SUFFIX = {"jsonl": "jsonl", "ndjson": "jsonl", "csv": "csv", "tsv": "csv", "mhtml": "mhtml", "mht": "mhtml"}
_CONTAINERS = {"warc": "warc", "wet": "warc", "parquet": "parquet", "zip": "zip", "tar": TAR, "tgz": TAR}
_BEGINS = {
    "zip": (b"PK\x03\x04", b"PK\x05\x06"),
    "parquet": (b"PAR1",),
    "warc": (b"WARC/0.", b"WARC/1."),
    **MAGIC,
}
_BZIP2 = re.compile(rb"BZh[1-9](?:1AY&SY|\x17\x72\x45\x38\x50\x90)")


def is_read(name: str) -> bool:
    """Whether a file found in a folder or an archive is one to read, by its suffix.

    >>> is_read("a.html"), is_read("a.jsonl.gz"), is_read("a.jpg"), is_read("a.gz")
    (True, True, False, False)
    """
    return _READ.search(name) is not None


def suffix_of(name: str) -> str:
    """What a name ends with, in small letters: ``.php``; "" where it has no suffix.

    >>> suffix_of("a/INDEX.PHP"), suffix_of("README"), suffix_of("a.d/b")
    ('.php', '', '')
    """
    return os.path.splitext(name)[1].lower()


def kind_of(head: bytes, name: str) -> str:
    """What begins with ``head`` (512 bytes or the whole): a compression, a container, or ``plain``.

    A name that promises a container is taken at its word where the content is none: reading it will say so.

    >>> kind_of(b"PK\\x03\\x04", "a.txt"), kind_of(b"{}", "a.jsonl"), kind_of(b"%PDF-", "a.txt")
    ('zip', 'jsonl', 'plain')
    """
    for kind, beginnings in _BEGINS.items():
        if head.startswith(beginnings) and (kind != "bzip2" or _BZIP2.match(head)):
            return kind
    if head[257:262] == b"ustar":
        return TAR
    suffix = name.rpartition(".")[2].lower()
    container = _CONTAINERS.get(suffix) if head else None
    return container or _BY_SUFFIX.get(suffix, PLAIN)


def is_one_document(name: str) -> bool:
    """Whether a file is one document, and no container of many, as far as its suffix tells.

    >>> is_one_document("a.html.gz"), is_one_document("a.jsonl.gz"), is_one_document("a.zip")
    (True, False, False)
    """
    suffix = unpacked_name(name).rpartition(".")[2].lower()
    return suffix not in _CONTAINERS and _BY_SUFFIX.get(suffix, "mhtml") == "mhtml"


def unpacked_name(name: str) -> str:
    """The name without the suffix of its compression.

    >>> unpacked_name("a.txt.gz"), unpacked_name("a.tgz")
    ('a.txt', 'a.tgz')
    """
    return _PACKED_SUFFIX.sub("", name)


def looks_like_jsonl(head: bytes) -> bool:
    """Whether what comes through a pipe begins with a line that is a JSON object."""
    line, newline, _ = head.removeprefix(b"\xef\xbb\xbf").lstrip().partition(b"\n")
    if not line.startswith(b"{"):
        return False
    try:
        return isinstance(orjson.loads(line), dict)
    except ValueError:
        return not newline and re.match(rb'\{\s*"', line) is not None and len(head) > HEAD * 8
