"""A rule's own examples, run through the real engine: what ``cleaner rules test`` does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from cleaner.judge.rules import Case, Judgement, RuleSet, judge
from cleaner.judge.selectors import SelectorSet
from cleaner.model import Segments
from cleaner.rulebook import patterns
from cleaner.rulebook.book import Rule, Rulebook
from cleaner.rulebook.phrases import Phrase, compile_phrase
from cleaner.segment.fold import fold
from cleaner.segment.text import segment_text

HIT, MISS = "hit", "miss"


@dataclass(frozen=True, slots=True)
class Failure:
    """An example that does not hold, or a rule that is not proven."""

    rule: Rule
    message: str

    def __str__(self) -> str:
        return f"{self.rule.file}:{self.rule.line}: {self.rule.id}: {self.message}"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of an example, and whether it goes."""

    kind: str
    goes: bool
    text: str


@dataclass(frozen=True, slots=True)
class Document:
    """Lines that are judged together."""

    lines: tuple[Line, ...]
    segments: Segments

    @classmethod
    def of(cls, lines: Iterable[Line], of_page: bool = False) -> Document:
        """The lines as a dump, blank lines between them; or as the blocks of a page."""
        lines = tuple(lines)
        text = "\n\n".join(line.text for line in lines)
        return cls(lines, _segments_of_page(text) if of_page else segment_text(text))


def prove(rules: Iterable[Rule], book: Rulebook) -> list[Failure]:
    """Run the examples of ``rules``. Rules that echo others' removals run beside all of ``book``."""
    generic = RuleSet(book.generic)
    return [f for rule in rules for f in (_prove_on_pages(rule) if _is_html(rule) else _prove(rule, generic))]


def _prove(rule: Rule, generic: RuleSet) -> Iterator[Failure]:
    rule_set = RuleSet([rule])
    rule_sets = (rule_set, generic) if rule.echoes and rule_set.echoes else (rule_set,)
    examples: list[list[Line]] = []
    for kind, written in (HIT, rule.hit), (MISS, rule.miss):
        for example in written:
            lines = _marked(example, kind)
            if lines is None:
                yield Failure(rule, f"mark each line of the {kind} with '- ' (goes) or '+ ' (stays): {_short(example)}")
            else:
                examples.append(lines)
    together = [[line for lines in examples for line in lines]] if _asks_one_line(rule) else examples
    documents = [Document.of(lines, of_page=rule.link_density is not None) for lines in together]
    for document in documents:
        yield from _check(rule, rule_sets, document)
    hits = [
        (folded, key)
        for document in documents
        for line, folded, key in zip(document.lines, document.segments.folded, document.segments.keys, strict=False)
        if line.kind == HIT and line.goes
    ]
    yield from _check_phrases(rule, hits)
    for lines in examples:
        if lines[0].kind == MISS and not any(_nearly(rule, fold(line.text)) for line in lines if not line.goes):
            yield Failure(
                rule,
                "the miss is no near miss: it holds none of the rule's phrases or literals, "
                f"so it proves nothing: {_short(lines[0].text)}",
            )


def _prove_on_pages(rule: Rule) -> Iterator[Failure]:
    for kind, pages in (HIT, rule.hit), (MISS, rule.miss):
        for page in pages:
            goes = _selects(rule, page)
            if goes != (kind == HIT):
                yield Failure(rule, f"the {kind} {'is selected' if goes else 'selects nothing'}: {_short(page)}")


def _is_html(rule: Rule) -> bool:
    return bool(rule.css or rule.xpath)


def _asks_one_line(rule: Rule) -> bool:
    """Whether the rule asks nothing of other lines, so that all its examples can be judged at once."""
    neighbours = rule.followed_by or rule.preceded_by
    return not (rule.section or rule.inline or rule.repeats or rule.echoes or neighbours)


def _marked(example: str, kind: str) -> list[Line] | None:
    """An example's lines; a single unmarked line of a hit goes, of a miss stays."""
    lines = [line for line in example.splitlines() if line.strip()]
    if len(lines) == 1 and (kind == MISS or lines[0][:2] not in ("- ", "+ ")):
        return [Line(kind, kind == HIT, lines[0])]
    if not lines or any(line[:2] not in ("- ", "+ ") for line in lines):
        return None
    return [Line(kind, line[0] == "-", line[2:]) for line in lines]


def _check(rule: Rule, rule_sets: tuple[RuleSet, ...], document: Document) -> Iterator[Failure]:
    lines, segments = document.lines, document.segments
    if len(segments) != len(lines):
        wordless = next((line for line in lines if len(segment_text(line.text)) != 1), lines[0])
        yield Failure(rule, f"the {wordless.kind} has a line without words: {_short(wordless.text)}")
        return
    result = judge(segments, Case(rule_sets, zones_met=True, find_title=False, cap=2.0))
    for i, line in enumerate(lines):
        if _acts(rule, result, i) != line.goes:
            what = "is left alone" if line.goes else "is matched"
            yield Failure(rule, f"a line of the {line.kind} {what}: {_short(line.text)}")


def _check_phrases(rule: Rule, hits: Sequence[tuple[str, str]]) -> Iterator[Failure]:
    """Whether each phrase is shown by a line (folded, and as a key) that goes."""
    shown = {key for _, key in hits}
    compiled_at_load = len(rule.keys) + len(rule.gapped) == len(rule.phrases)
    if compiled_at_load and shown.issuperset(rule.keys) and all(_is_shown(rule, p, hits) for p in rule.gapped):
        return
    for written in rule.phrases:
        phrase = compile_phrase(written)
        if not _is_shown(rule, phrase, hits):
            yield Failure(rule, f"no hit shows the phrase {written!r}")


def _stands_inside(rule: Rule) -> bool:
    return rule.anywhere or rule.inline


def _is_shown(rule: Rule, phrase: Phrase, hits: Sequence[tuple[str, str]]) -> bool:
    if _stands_inside(rule):
        return any(phrase.stands_in(folded) for folded, _ in hits)
    return any(phrase.is_whole(key) for _, key in hits)


def _acts(rule: Rule, result: Judgement, i: int) -> bool:
    """Whether the rule did to segment ``i`` what it is for."""
    if rule.action == "drop":
        return result.verdicts[i] is not None or bool(result.cuts.get(i))
    if rule.action == "capture":
        return any(segment == i for segment, _ in result.captures)
    return i in result.protected


def _segments_of_page(page: str) -> Segments:
    from cleaner.segment.html import parse, segment_html

    tree = parse(page)
    return segment_text("") if tree is None else segment_html(tree).segments


def _selects(rule: Rule, page: str) -> bool:
    from cleaner.segment.html import parse, segment_html

    tree = parse(page)
    selectors = SelectorSet([(rule, rule.css, rule.xpath)])
    return tree is not None and any(True for _ in selectors.segments(segment_html(tree)))


def _nearly(rule: Rule, folded: str) -> bool:
    """Whether the text would match but for conditions, word edges and the whole-segment demand."""
    if not rule.looks_at_words:
        return True
    if rule.pattern is None:
        return any(key in folded for key in rule.keys) or any(p.stands_loosely_in(folded) for p in rule.gapped)
    if any(patterns.says_something(literal) and literal in folded for literal in map(str.strip, rule.literals)):
        return True
    literals = patterns.named_literals(rule.pattern)  # of every part: only here, for it reads the whole pattern
    return not literals or any(literal in folded for literal in literals)


def _short(text: str) -> str:
    return repr(text if len(text) <= 80 else text[:77] + "…")
