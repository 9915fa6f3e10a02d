"""A rule's own examples, run through the real engine: what ``cleaner rules test`` does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from cleaner.judge.rules import Case, Judgement, RuleSet, judge
from cleaner.judge.selectors import SelectorSet
from cleaner.rulebook import patterns
from cleaner.rulebook.book import Rule, Rulebook
from cleaner.rulebook.phrases import compile_phrase
from cleaner.segment.fold import OUTER, fold
from cleaner.segment.text import segment_text


@dataclass(frozen=True, slots=True)
class Failure:
    """An example that does not hold, or a rule that is not proven."""

    rule: Rule
    message: str

    def __str__(self) -> str:
        return f"{self.rule.file}:{self.rule.line}: {self.rule.id}: {self.message}"


def prove(rules: Iterable[Rule], book: Rulebook) -> list[Failure]:
    """Run the examples of ``rules``. Rules that echo others' removals run beside all of ``book``."""
    generic = RuleSet(book.generic)
    return [failure for rule in rules for failure in _prove(rule, generic)]


def _prove(rule: Rule, generic: RuleSet) -> Iterator[Failure]:
    rule_set = RuleSet([rule])
    rule_sets = (rule_set, generic) if rule.echoes and rule_set.echoes else (rule_set,)
    hit_lines: list[str] = []
    for example in rule.hit:
        lines = _marked(example) if not _is_html(rule) else [("-", example)]
        if lines is None:
            yield Failure(rule, f"mark each line of the hit with '- ' (goes) or '+ ' (stays): {_short(example)}")
            continue
        hit_lines += [text for mark, text in lines if mark == "-"]
        yield from _check(rule, rule_sets, lines, "hit")
    for example in rule.miss:
        lines = _marked(example, default="+") if not _is_html(rule) else [("+", example)]
        if lines is None:
            yield Failure(rule, f"mark each line of the miss with '- ' (goes) or '+ ' (stays): {_short(example)}")
            continue
        yield from _check(rule, rule_sets, lines, "miss")
        if not any(_nearly(rule, fold(text)) for mark, text in lines if mark == "+"):
            yield Failure(
                rule,
                "the miss is no near miss: it holds none of the rule's phrases or literals, "
                f"so it proves nothing: {_short(example)}",
            )
    folded = [fold(line) for line in hit_lines]
    shown = {line.strip(OUTER) for line in folded}
    for written in rule.phrases:
        phrase = compile_phrase(written)
        if rule.anywhere or rule.inline:
            covered = any(phrase.stands_in(line) for line in folded)
        else:
            covered = phrase.pieces[0] in shown if phrase.plain else any(map(phrase.is_whole, shown))
        if not covered:
            yield Failure(rule, f"no hit shows the phrase {written!r}")


def _is_html(rule: Rule) -> bool:
    return bool(rule.css or rule.xpath)


def _marked(example: str, default: str = "-") -> list[tuple[str, str]] | None:
    """An example's lines with their marks; a single unmarked line has the default one."""
    lines = [line for line in example.splitlines() if line.strip()]
    if len(lines) == 1 and (default == "+" or lines[0][:2] not in ("- ", "+ ")):
        return [(default, lines[0])]
    if any(line[:2] not in ("- ", "+ ") for line in lines):
        return None
    return [(line[0], line[2:]) for line in lines]


def _check(
    rule: Rule, rule_sets: tuple[RuleSet, ...], lines: Sequence[tuple[str, str]], kind: str
) -> Iterator[Failure]:
    if _is_html(rule):
        goes = _selects(rule, lines[0][1])
        if goes != (lines[0][0] == "-"):
            yield Failure(rule, f"the {kind} {'selects nothing' if not goes else 'is selected'}: {_short(lines[0][1])}")
        return
    segments = segment_text("\n\n".join(text for _, text in lines))
    if len(segments) != len(lines):
        yield Failure(rule, f"the {kind} has a line without words: {_short(lines[0][1])}")
        return
    result = judge(segments, Case(rule_sets, zones_met=True, find_title=False, cap=2.0))
    for i, (mark, text) in enumerate(lines):
        if _acts(rule, result, i) != (mark == "-"):
            what = "is left alone" if mark == "-" else "is matched"
            yield Failure(rule, f"a line of the {kind} {what}: {_short(text)}")


def _acts(rule: Rule, result: Judgement, i: int) -> bool:
    """Whether the rule did to segment ``i`` what it is for."""
    if rule.action == "drop":
        return result.verdicts[i] is not None or bool(result.cuts.get(i))
    if rule.action == "capture":
        return any(segment == i for segment, _ in result.captures)
    return i in result.protected


def _selects(rule: Rule, page: str) -> bool:
    from cleaner.segment.html import parse, segment_html

    tree = parse(page)
    selectors = SelectorSet([(rule, rule.css, rule.xpath)])
    return tree is not None and any(True for _ in selectors.segments(segment_html(tree)))


def _nearly(rule: Rule, folded: str) -> bool:
    """Whether the text would match but for conditions, word edges and the whole-segment demand."""
    if _is_html(rule) or not rule.looks_at_words:
        return True
    if rule.pattern is None:
        return any(compile_phrase(written).stands_loosely_in(folded) for written in rule.phrases)
    literals = patterns.named_literals(rule.pattern)
    return not literals or any(literal in folded for literal in literals)


def _short(text: str) -> str:
    return repr(text if len(text) <= 80 else text[:77] + "…")
