"""RE2 patterns: what may be written, how they are compiled, and the literals they need."""

from __future__ import annotations

import re
import unicodedata
import warnings
from collections.abc import Callable, Sequence, Set
from functools import cache, lru_cache
from re import _constants as op  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

import re2

from cleaner.segment.fold import LEFT_OUT, fold_evenly, map_evenly

_OPTIONS = re2.Options()
_OPTIONS.case_sensitive = False
_OPTIONS.log_errors = False
_OPTIONS.max_mem = 8 << 20

MOST_LITERALS = 512
MOST_PRODUCT = 64
"""Alternatives before alternatives are multiplied out up to so many."""
LEAST_LITERAL = 3
"""Characters a literal needs to be worth looking for: shorter ones stand in every other line."""
MOST_IN_CLASS = 8
"""Characters of a class that are still spelled out."""
MOST_RANGE = 40
"""Characters of a range that are still spelled out."""
ANY_LENGTH = 10**6
MOST_INSTRUCTIONS = 5000
"""Size of a compiled pattern beyond which RE2 leaves its fast path: ``.{0,200}`` alone takes a fifth of it."""
_ASCII_ONLY = re.compile(r"\\(.)", re.DOTALL)
_SYLLABLES = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


@cache
def compile(pattern: str) -> Any:
    """An RE2 program for the folded copy, compiled once. Raises ValueError with RE2's words."""
    try:
        return re2._Regexp(pattern, _OPTIONS)
    except re2.error as error:
        reason = error.args[0] if error.args else error
        text = reason.decode() if isinstance(reason, bytes) else str(reason)
        raise ValueError(f"RE2 refuses the pattern: {text}") from None


@cache
def tester(pattern: str) -> Callable[[bytes], Any]:
    """Asks of UTF-8 bytes whether the pattern stands in them, and nothing else.

    An RE2 set of one: it never leaves the automaton to find groups, and is up to six times quicker.
    The answer is the list of what matches: empty for no.
    """
    one = re2.Set.SearchSet(_OPTIONS)
    one.Add(pattern)
    one.Compile()
    match: Callable[[bytes], Any] = one._set.Match  # without the wrapper, which would encode a str
    return match


def escape(text: str) -> str:
    """The text as an RE2 literal."""
    return str(re2.escape(text)).replace("\\ ", " ")


def folded(pattern: str) -> str:
    """The pattern folded as the text is, but for case."""
    if pattern.isascii():
        return map_evenly(pattern)
    return "".join(map(_folded_sign, unicodedata.normalize("NFC", LEFT_OUT.sub("", pattern))))


@cache
def _folded_sign(char: str) -> str:
    plain = map_evenly(char)
    if plain == "-" != char:
        return r"\-"  # in a class it must not make a range
    return char if plain in ".*+?()[]{}|^$\\" else plain


def refused_escapes(pattern: str) -> list[str]:
    r"""The escapes in a pattern that RE2 reads as ASCII only: ``\b \w \s \d`` and their opposites."""
    return sorted({m[0] for m in _ASCII_ONLY.finditer(pattern) if m[1] in "bBwWsSdD"})


def required_literals(pattern: str) -> tuple[str, ...]:
    """Literals of which every matching text holds one; () when none can be named.

    The best such set: the one whose weakest literal says most. The text is thought of with a line end
    on both sides, so that ``^`` and ``$`` are part of a literal: it then says where it stands.

    >>> required_literals("^(share|post) this on [a-z]+$")
    ('\\npost this on ', '\\nshare this on ')
    >>> required_literals("^by [a-z]+$")
    ('\\nby ',)
    """
    tree = _parsed(pattern)
    if tree is None:
        return ()
    useful = [s for s in _required(tree) if len(s) <= MOST_LITERALS and _weakest(s) >= LEAST_LITERAL]
    best: frozenset[str] = max(useful, key=_rank, default=frozenset())
    return tuple(sorted(best))


def named_literals(pattern: str) -> frozenset[str]:
    """Every literal (two letters or more, or a sign) that some part of the pattern needs, without line ends."""
    tree = _parsed(pattern)
    found = {text.strip() for texts in _required(tree) for text in texts} if tree is not None else set()
    return frozenset(filter(says_something, found))


def says_something(literal: str) -> bool:
    """Whether a literal is more than one letter: two letters, or a sign."""
    return len(literal) >= 2 or bool(literal and not literal.isalnum())


def lengths(pattern: str) -> tuple[int, int]:
    """The fewest and most characters of a segment that can match; (0, a million) where that is open."""
    tree = _parsed(pattern)
    if tree is None:
        return 0, ANY_LENGTH
    least, most = tree.getwidth()
    return int(least), min(int(most), ANY_LENGTH) if _is_whole(tree) else ANY_LENGTH


Edge = frozenset[str] | None
"""The characters that a segment can begin or end with; None where that is open."""


def edges(pattern: str) -> tuple[Edge, Edge]:
    """What a segment that the pattern fits can begin with, and end with.

    >>> first, last = edges("^(?:[(] ?)?(?:by|von) .+[0-9]$")
    >>> sorted(first), "".join(sorted(last))
    (['(', 'b', 'v'], '0123456789')
    """
    tree = _parsed(pattern)
    if not tree:
        return None, None
    first = _edge(tree[1:], 1) if tree[0] == (op.AT, op.AT_BEGINNING) else None
    last = _edge(tree[:-1], -1) if tree[-1] == (op.AT, op.AT_END) else None
    return first, last


def _edge(tree: Any, step: int) -> Edge:
    found, is_open = _outermost(tree, step)
    return None if is_open else frozenset(fold_evenly(char) for char in found)


def _outermost(tree: Any, step: int) -> tuple[set[str], bool]:
    """The characters a sequence can begin with (end with, where ``step`` is -1), and whether it may
    also begin with any other, or be empty."""
    found: set[str] = set()
    for code, value in tree[::step]:
        chars, is_open = _outermost_of(code, value, step)
        found |= chars
        if not is_open:
            return found, False
        if code not in (op.MAX_REPEAT, op.MIN_REPEAT) or value[0] or _outermost(value[2], step)[1]:
            return found, True  # open for good: not just an element that may be missing
    return found, True


def _outermost_of(code: Any, value: Any, step: int) -> tuple[set[str], bool]:
    if code is op.LITERAL:
        return {chr(value)}, False
    if code is op.IN:
        return _class_members(value)
    if code is op.SUBPATTERN:
        return _outermost(value[-1], step)
    if code is op.BRANCH:
        branches = [_outermost(branch, step) for branch in value[1]]
        return set().union(*(chars for chars, _ in branches)), any(is_open for _, is_open in branches)
    if code in (op.MAX_REPEAT, op.MIN_REPEAT):
        chars, is_open = _outermost(value[2], step)
        return chars, is_open or value[0] == 0
    return set(), True


def _class_members(value: Any) -> tuple[set[str], bool]:
    """A class's characters; open where it names a category, a negation or a long range."""
    found: set[str] = set()
    for code, what in value:
        if code is op.LITERAL:
            found.add(chr(what))
        elif code is op.RANGE and what[1] - what[0] < MOST_RANGE:
            found.update(map(chr, range(what[0], what[1] + 1)))
        else:
            return set(), True
    return found, False


def _is_whole(tree: Any) -> bool:
    """Whether the pattern begins at the segment's start and ends at its end."""
    if len(tree) == 1 and tree[0][0] is op.BRANCH:
        return all(_is_whole(branch) for branch in tree[0][1][1])
    return len(tree) > 1 and tree[0] == (op.AT, op.AT_BEGINNING) and tree[-1] == (op.AT, op.AT_END)


@lru_cache(maxsize=8)
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


def _weakest(literals: Set[str]) -> int:
    """Characters of the literal that says least; one at a line's end is worth two more, and a character that
    is a syllable or a word (年, 기) as much as three letters."""
    return min(map(_says, literals))


def _says(literal: str) -> int:
    bonus = 2 if "\n" in literal and literal.strip() else 0
    return len(literal.strip(" ")) + 2 * len(_SYLLABLES.findall(literal)) + bonus


def _required(tree: Any, before: Sequence[str] = ("",)) -> list[frozenset[str]]:
    """Sets of literals, each of which every match of the sequence needs one of.

    ``before`` is what can stand right before the sequence, so that it becomes part of its first literal.
    """
    found: list[frozenset[str]] = []
    run = list(before)
    for element in tree:
        spelled = _spelled([element])
        if spelled and _multiplies(run, spelled):
            run = [left + right for left in run for right in spelled]
            continue
        found.append(frozenset(run))
        if not spelled:
            code, value = element
            found += _required_inside(code, value, run)
        run = spelled or [""]
    found.append(frozenset(run))
    return [s for s in found if all(s)]


def _required_inside(code: Any, value: Any, before: Sequence[str]) -> list[frozenset[str]]:
    if code is op.SUBPATTERN:
        return _required(value[-1], before)
    if code in (op.MAX_REPEAT, op.MIN_REPEAT) and value[0] >= 1:
        return _required(value[2], before)
    if code is op.BRANCH:
        branches = [max(_required(b, before), key=_rank, default=frozenset()) for b in value[1]]
        return [frozenset().union(*branches)] if all(branches) else []
    return []


def _rank(literals: Set[str]) -> tuple[int, int, list[str]]:
    return _weakest(literals), -len(literals), sorted(literals)


def _spelled(tree: Any) -> list[str]:
    """Every text that the sequence can match, where these are few; else []."""
    texts = [""]
    for code, value in tree:
        if code is op.LITERAL:
            more = [_folded_character(value)]
        elif code is op.AT and value in (op.AT_BEGINNING, op.AT_END):
            more = ["\n"]
        elif code is op.IN and len(value) <= MOST_IN_CLASS and all(c is op.LITERAL for c, _ in value):
            more = [_folded_character(v) for _, v in value]
        elif code is op.SUBPATTERN:
            more = _spelled(value[-1])
        elif code is op.BRANCH:
            branches = [_spelled(branch) for branch in value[1]]
            more = [text for branch in branches for text in branch] if all(branches) else []
        elif code in (op.MAX_REPEAT, op.MIN_REPEAT) and value[0] == 0 and value[1] == 1:
            more = [*inner, ""] if (inner := _spelled(value[2])) else []
        else:
            more = []
        if not more or not _multiplies(texts, more):
            return []
        texts = [left + right for left in texts for right in more]
    return texts


@cache
def _folded_character(code: int) -> str:
    return fold_evenly(chr(code))


def _multiplies(left: Sequence[str], right: Sequence[str]) -> bool:
    count = len(left) * len(right)
    return count <= (MOST_LITERALS if len(left) == 1 or len(right) == 1 else MOST_PRODUCT)
