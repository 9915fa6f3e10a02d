"""YAML → plain values that remember where they stood.

Built from PyYAML's event stream rather than from its constructor: events are parsed without
recursion (the C composer crashes the process on 30,000 ``[``), they keep quoted and plain scalars
apart, and they carry positions. Anchors, aliases and tags are refused, duplicate keys are faults.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import yaml

from cleaner.errors import Problem

MAX_BYTES = 8_000_000
MAX_DEPTH = 24

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_RESOLVERS: dict[str, list[tuple[str, Any]]] = yaml.SafeLoader.yaml_implicit_resolvers

_WHOLE = re.compile(r"-?(?:0|[1-9][0-9]*)")
_DECIMAL = re.compile(r"-?[0-9]+\.[0-9]+")

Path = tuple[str | int, ...]


@dataclass(slots=True)
class YamlSource:
    """The values of one YAML file, the position of each, and the faults found while reading."""

    file: str
    value: Any = None
    marks: dict[Path, tuple[int, int]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def without_rules(self) -> YamlSource:
        """The positions of what stands outside ``rules``: rules know their own line."""
        marks = {path: mark for path, mark in self.marks.items() if path[:1] != ("rules",)}
        return YamlSource(self.file, marks=marks)

    def at(self, path: Path, message: str) -> Problem:
        """A problem at the value, or at the nearest one around it that has a position."""
        while path and path not in self.marks:
            path = path[:-1]
        line, column = self.marks.get(path, (1, 1))
        return Problem(self.file, line, column, message)


class Plain(str):
    """A plain (unquoted) scalar that YAML 1.1 does not read as text: ``no``, ``12:30``, ``1.5``.

    Kept as written, so that an error can quote it; the schema decides what it accepts.
    """

    __slots__ = ("tag",)
    tag: str


@dataclass(slots=True)
class _Open:
    """A collection being read."""

    value: dict[str, Any] | list[Any]
    path: Path
    key: str | None = None


def read_yaml(text: str, file: str) -> YamlSource:
    """Read one YAML document. Never raises for what the file says: see ``problems``."""
    source = YamlSource(file)
    if len(text) > MAX_BYTES:
        source.problems.append(Problem(file, 1, 1, f"the file is larger than {MAX_BYTES:,} bytes"))
        return source
    try:
        _read(text, source)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        what = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
        hint = next((f": {hint}" for words, hint in _HINTS.items() if words in what), "")
        source.problems.append(Problem(file, line, column, f"not YAML: {what}{hint}"))
    except _Stop as stop:
        source.problems.append(stop.problem)
    return source


_HINTS = {
    "mapping values are not allowed": "a text that has a colon stands in quotes",
    "could not find expected ':'": "the line before has no colon behind its key",
    "did not find expected key": "a quote on the line before is not closed, or the indentation changes",
    "unexpected end of stream": "a quote is not closed",
    "cannot start any token": "indent with spaces, and put a text that begins with such a sign in quotes",
}
"""What libyaml says, and what most often causes it."""


class _Stop(Exception):
    """The file cannot be read further."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem


def _read(text: str, source: YamlSource) -> None:
    stack: list[_Open] = []
    documents = 0
    for event in yaml.parse(text, Loader=_Loader):
        kind = type(event)
        if kind is yaml.ScalarEvent:
            place = _place(stack, source, event)
            if place is not None:
                _put(stack, source, place, _scalar(event), event)
        elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
            if len(stack) >= MAX_DEPTH:
                raise _Stop(_problem(source, event, f"nested deeper than {MAX_DEPTH} levels"))
            _refuse_anchor(event, source)
            place = _place(stack, source, event)
            if place is None:
                raise _Stop(_problem(source, event, "a key must be plain text"))
            value: Any = {} if kind is yaml.MappingStartEvent else []
            _put(stack, source, place, value, event)
            stack.append(_Open(value, place))
        elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
            stack.pop()
        elif kind is yaml.AliasEvent:
            raise _Stop(_problem(source, event, "YAML aliases are refused: write the value out"))
        elif kind is yaml.DocumentStartEvent:
            documents += 1
            if documents > 1:
                raise _Stop(_problem(source, event, "one file holds one pack: remove the second ---"))


def _place(stack: list[_Open], source: YamlSource, event: Any) -> Path | None:
    """The path of the value that begins here; None when it is a key of a mapping (then noted)."""
    if not stack:
        return ()
    top = stack[-1]
    if isinstance(top.value, list):
        return (*top.path, len(top.value))
    if top.key is not None:
        return (*top.path, top.key)
    if isinstance(event, yaml.ScalarEvent):
        _refuse_anchor(event, source)
        key = str(event.value)
        mark: Any = event.start_mark
        if key in top.value:
            source.problems.append(_problem(source, event, f"the key {key!r} stands twice here"))
        top.key = key
        source.marks[(*top.path, key)] = (mark.line + 1, mark.column + 1)
    return None


def _put(stack: list[_Open], source: YamlSource, place: Path, value: Any, event: Any) -> None:
    _refuse_anchor(event, source)
    if not stack:
        source.value = value
        source.marks[()] = (event.start_mark.line + 1, event.start_mark.column + 1)
        return
    top = stack[-1]
    if isinstance(top.value, list):
        source.marks[place] = (event.start_mark.line + 1, event.start_mark.column + 1)
        top.value.append(value)
    else:
        assert top.key is not None
        top.value[top.key] = value
        top.key = None


def _refuse_anchor(event: Any, source: YamlSource) -> None:
    if event.anchor is not None:
        raise _Stop(_problem(source, event, "YAML anchors are refused: write the value out"))
    if event.tag is not None:
        raise _Stop(_problem(source, event, f"YAML tags ({event.tag}) are refused"))


def _scalar(event: Any) -> Any:
    """Quoted scalars are text; plain ones are resolved, and marked when they are not text."""
    value: str = event.value
    if event.style:
        return value
    tag = next((tag for tag, pattern in _RESOLVERS.get(value[:1], []) if pattern.match(value)), None)
    if tag is None:
        return value
    if tag.endswith(":int") and _WHOLE.fullmatch(value):
        return int(value)
    if tag.endswith(":float") and _DECIMAL.fullmatch(value):
        return float(value)
    if value in ("true", "false"):
        return value == "true"
    if tag.endswith(":timestamp"):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    plain = Plain(value)
    plain.tag = tag.rsplit(":", 1)[-1]
    return plain


def _problem(source: YamlSource, event: Any, message: str) -> Problem:
    mark = event.start_mark
    return Problem(source.file, mark.line + 1, mark.column + 1, message)
