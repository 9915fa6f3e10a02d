"""What other libraries log of pages that we ask them about."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quiet(name: str) -> Iterator[None]:
    """Let a library's logger say nothing below CRITICAL meanwhile; then it is as it was.

    What it finds wrong with a page is no news to our caller, who gets an outcome and a reason.
    """
    logger = logging.getLogger(name)
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(level)
