"""The errors this package raises. Content never raises: a bad document is an outcome.

Each error carries the exit code that the command line ends with.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass


class CleanerError(Exception):
    """Root of all errors of this package."""

    exit_code = 1


class UsageError(CleanerError, ValueError):
    """The call was wrong: an argument of the wrong kind, a value that is not one of the choices."""

    exit_code = 2


class InputError(CleanerError):
    """An input that was named does not exist or cannot be read at all."""

    exit_code = 2


class OutputError(CleanerError):
    """The run was refused or stopped: the output cannot be written, or lies inside the input."""

    exit_code = 4


class Failed(CleanerError):
    """A document failed, and the run was asked to stop then."""

    exit_code = 1


def did_you_mean(word: str, choices: Iterable[str]) -> str:
    """`` (did you mean 'x'?)`` where one of the choices is close to the word, else ''."""
    close = difflib.get_close_matches(word, list(choices), n=1, cutoff=0.6)
    return f" (did you mean {close[0]!r}?)" if close else ""


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault in a rule file, with the place where it stands (line and column count from 1)."""

    file: str
    line: int
    column: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.message}"


class RuleError(CleanerError):
    """The rules cannot be used. ``problems`` lists every fault found, not only the first."""

    exit_code = 3

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = sorted(problems, key=lambda p: (p.file, p.line, p.column, p.message))
        super().__init__("\n".join(str(problem) for problem in self.problems))

    def __reduce__(self) -> tuple[type[RuleError], tuple[list[Problem]]]:
        return type(self), (self.problems,)
