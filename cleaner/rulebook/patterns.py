"""RE2 patterns: what may be written, how they are compiled, and the literals they need."""

from __future__ import annotations

import re
import warnings
from functools import lru_cache
from re import _constants as op  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

import re2

from cleaner.segment.fold import fold_evenly

_OPTIONS = re2.Options()
_OPTIONS.case_sensitive = False
_OPTIONS.log_errors = False
_OPTIONS.max_mem = 8 << 20

MOST_LITERALS = 64
LEAST_LITERAL = 3
"""Characters a literal needs to be worth looking for: shorter ones stand in every other line."""
MOST_INSTRUCTIONS = 5000
"""Size of a compiled pattern beyond which RE2 leaves its fast path: ``.{0,200}`` alone takes a fifth of it."""
_ASCII_ONLY = re.compile(r"\\(.)", re.DOTALL)


@lru_cache(maxsize=None)
def compile(pattern: str) -> Any:
    """An RE2 program for the folded copy, compiled once. Raises ValueError with RE2's words."""
    try:
        return re2._Regexp(pattern, _OPTIONS)
    except re2.error as error:
        reason = error.args[0] if error.args else error
        text = reason.decode() if isinstance(reason, bytes) else str(reason)
        raise ValueError(f"RE2 refuses the pattern: {text}") from None


@lru_cache(maxsize=None)
def compile_bytes(pattern: str) -> Any:
    """The same program for UTF-8 bytes: it only says whether, not where, and so is quicker to ask."""
    return re2._Regexp(pattern.encode("utf-8"), _OPTIONS)


def escape(text: str) -> str:
    """The text as an RE2 literal."""
    return str(re2.escape(text)).replace("\\ ", " ")


def folded(pattern: str) -> str:
    """The pattern with its quotes and dashes folded as the text is; letters are left alone."""
    out = []
    for char in pattern:
        plain = fold_evenly(char)
        out.append(char if char.isalpha() or plain in ".*+?()[]{}|^$\\" else plain)
    return "".join(out)


def refused_escapes(pattern: str) -> list[str]:
    r"""The escapes in a pattern that RE2 reads as ASCII only: ``\b \w \s \d`` and their opposites."""
    return sorted({m[0] for m in _ASCII_ONLY.finditer(pattern) if m[1] in "bBwWsSdD"})


def required_literals(pattern: str) -> tuple[str, ...]:
    """Literals of which every matching text holds one; () when none can be named.

    The best such set: the one whose weakest literal says most. The text is thought of with a line end
    on both sides, so that ``^`` and ``$`` are part of a literal: it then says where it stands.

    >>> required_literals("^(share|post) this on [a-z]+$")
    (' this on ',)
    >>> required_literals("^by [a-z]+$")
    ('\\nby ',)
    """
    tree = _parsed(pattern)
    if tree is None:
        return ()
    sets = _required(tree)
    useful = [s for s in sets if s and len(s) <= MOST_LITERALS and _weakest(s) >= LEAST_LITERAL]
    if not useful:
        return ()
    return tuple(sorted(max(useful, key=_rank)))


def least_length(pattern: str) -> int:
    """The fewest characters that a match can have; 0 where that cannot be told."""
    tree = _parsed(pattern)
    return 0 if tree is None else int(tree.getwidth()[0])


def _parsed(pattern: str) -> Any:
    """The pattern as Python's parser reads it: good enough to see what it needs, never run."""
    python = re.sub(r"\\[pP](\{\^?\w+\}|\w)", r"\\w", pattern).replace("\\z", "\\Z")
    python = re.sub(r"\[\[:\^?\w+:\]\]", r"\\w", python)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = parser.parse(python, re.IGNORECASE)
    except (re.error, OverflowError, RecursionError):
        return None
    return tree


def _weakest(literals: frozenset[str]) -> int:
    """Characters of the literal that says least; one at a line's end is worth two more."""
    return min(len(s.strip(" ")) + (2 if "\n" in s and s.strip() else 0) for s in literals)


def _required(tree: Any) -> list[frozenset[str]]:
    """Sets of literals, each of which every match of the sequence needs one of."""
    found: list[frozenset[str]] = []
    run = [""]
    for element in tree:
        spelled = _spelled([element])
        if spelled and len(run) * len(spelled) <= MOST_LITERALS:
            run = [left + right for left in run for right in spelled]
            continue
        found.append(frozenset(run))
        run = spelled or [""]
        if not spelled:
            found += _required_inside(*element)
    found.append(frozenset(run))
    return [s for s in found if all(s)]


def _required_inside(code: Any, value: Any) -> list[frozenset[str]]:
    if code is op.SUBPATTERN:
        return _required(value[-1])
    if code in (op.MAX_REPEAT, op.MIN_REPEAT) and value[0] >= 1:
        return _required(value[2])
    if code is op.BRANCH:
        branches = [max(_required(b), key=_rank, default=frozenset[str]()) for b in value[1]]
        return [frozenset().union(*branches)] if all(branches) else []
    return []


def _rank(literals: frozenset[str]) -> tuple[int, int, list[str]]:
    return _weakest(literals), -len(literals), sorted(literals)


def _spelled(tree: Any) -> list[str]:
    """Every text that the sequence can match, where these are few; else []."""
    texts = [""]
    for code, value in tree:
        if code is op.LITERAL:
            more = [fold_evenly(chr(value))]
        elif code is op.AT and value in (op.AT_BEGINNING, op.AT_END):
            more = ["\n"]
        elif code is op.SUBPATTERN:
            more = _spelled(value[-1])
        elif code is op.BRANCH:
            branches = [_spelled(branch) for branch in value[1]]
            more = [text for branch in branches for text in branch] if all(branches) else []
        elif code in (op.MAX_REPEAT, op.MIN_REPEAT) and value[0] == 0 and value[1] == 1:
            more = [*inner, ""] if (inner := _spelled(value[2])) else []
        else:
            more = []
        if not more or len(texts) * len(more) > MOST_LITERALS:
            return []
        texts = [left + right for left in texts for right in more]
    return texts
