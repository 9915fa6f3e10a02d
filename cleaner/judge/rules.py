"""Rules → verdicts: one decision a segment, with the rule that decided and all that matched.

Decisions are taken in rounds, until a round changes nothing: what one round removes is gone for
the next, as it would be if the clean text were cleaned again. So cleaning twice is cleaning once.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from itertools import compress, islice
from typing import TYPE_CHECKING, NamedTuple

from cleaner.judge.copies import COPIED, copied
from cleaner.judge.flow import MOSTLY, Flow
from cleaner.judge.title import find_title, is_title_line
from cleaner.judge.zones import find_body, zone_of
from cleaner.model import BODY, HEAD, Segments, Verdict
from cleaner.rulebook.book import GENERIC, Rule
from cleaner.rulebook.matcher import Found, Matcher, Needle
from cleaner.rulebook.phrases import PhraseSet
from cleaner.segment.fold import OUTER, fold, fold_with_offsets, is_word_edge
from cleaner.segment.text import QUESTIONS, columns

if TYPE_CHECKING:
    from cleaner.judge.selectors import SelectorSet

KEEP, DROP, CAPTURE = "keep", "drop", "capture"
_RANK = {KEEP: 0, DROP: 1, CAPTURE: 2}

HEADLINE_WORDS = 4
"""A line stacked before a related heading has at least so many words."""
LOOK_BACK = 40
"""Segments before a heading among which stacked headlines are looked for."""
SUBHEAD_WORDS = 5
"""A line right before a paragraph of the article has at most so many words if it is a subhead."""
FURTHER = 3
"""So many headlines follow a line with a full stop that is one of them, or their teaser."""
ON_ARTICLE = ("title", "byline", "dateline")
"""Categories of lines that stand between a page's menu and its article."""
IN_TEXT = frozenset(["h1", "h2", "h3", "h4", "h5", "h6", "p"])
"""Elements that an article is made of, and a menu is not."""
MOST_ROUNDS = 8
"""So often copies are looked for anew after rules have looked at what the last ones left: twice, nearly always."""
MOST_CUTS = 8
"""So often one segment is cut, and what is left of it matched anew: pointers within pointers are somebody's test."""
CAP = 0.4
"""Share of the body's words that line rules may remove."""
MANY = 4
"""Long lines, copies not counted, that no right rule takes from the end of one document."""
SCORE = "score"
"""What is named as the rule where the score decided."""
FEW = 3
"""Of so few lines the score removes none: there is nothing to compare a line with."""
TITLE_RULE = "title.line"
CONTENT_RULE = "content"
_MARKER = re.compile(r"(?:[-–—•*·]|[0-9]{1,3}[.)])\s")
_TOLD = re.compile(
    r"\w+(?: \w+){0,2}: "  # a label and what it is: "When: Saturday, 10am"
    r"|[\"“][^\"“”]+[\"”],? [^\W\dA-Z]"  # somebody's words, and whose: "We will fight on", the group wrote
    r"|.*\w{4}[.][\"”]? \w"  # a sentence, and then some
)
"""How no headline begins, or goes on: a line of the article, though it ends without a full stop."""
_ORPHAN = re.compile(r"[.,;:!?]+\s+(?=[\w\"'“‘«(])")


@dataclass(frozen=True, slots=True)
class Cut:
    """A span of the source, inside a segment, that an inline rule removes."""

    start: int
    end: int
    verdict: Verdict


@dataclass(slots=True)
class Judgement:
    """What was decided: ``verdicts[i]`` is None where segment ``i`` stays, ``cuts[i]`` what goes inside it.

    ``captures`` are the segments that metadata can be read from, with the rule to read them by.
    ``title`` is the segment taken for the title. ``orphans`` are segments whose leading punctuation
    goes with the advert cut before it. ``capped`` says what was undone, if it was. ``protected`` are
    the segments that a ``keep`` rule holds. ``rest`` is the body among what stays. ``keys`` and ``weights``
    are those of ``segments``, but where a cut has changed them.
    """

    segments: Segments
    body: tuple[int, int]
    verdicts: list[Verdict | None]
    cuts: dict[int, list[Cut]] = field(default_factory=dict)
    orphans: dict[int, int] = field(default_factory=dict)
    captures: list[tuple[int, Rule]] = field(default_factory=list)
    title: int | None = None
    capped: str | None = None
    protected: frozenset[int] = frozenset()
    rest: tuple[int, int] = (0, -1)
    keys: Sequence[str] = ()
    weights: Sequence[int] = ()

    @property
    def kept(self) -> list[int]:
        """The segments that stay."""
        return [i for i, verdict in enumerate(self.verdicts) if verdict is None]

    def zone(self, i: int) -> str:
        """The zone of segment ``i`` in the untouched document."""
        return zone_of(i, self.body)


class RuleSet:
    """Rules that hold for the same documents, compiled to one matcher.

    ``more`` is looked for along with them; ``packs`` are the names of the packs that they come from, where
    these are not used for every document.
    """

    def __init__(self, rules: Iterable[Rule], more: Iterable[Needle] = (), packs: Sequence[str] = ()) -> None:
        rules = tuple(rules)
        self.packs = tuple(packs)
        self.matcher = Matcher((*_needles(rules), *more), ((key, rule) for rule in rules for key in rule.keys))
        self.echoes = tuple(r for r in rules if r.echoes and not r.looks_at_words)
        self._selecting = tuple(r for r in rules if r.css or r.xpath)
        self.ruling = lru_cache(maxsize=8192)(_ruling)
        """What some rules, of this set or others, say together of a line in a zone; kept here, so that it goes when
        the rules do."""

    @cached_property
    def selectors(self) -> SelectorSet[Rule]:
        """What they look for in the trees of pages."""
        from cleaner.judge.selectors import SelectorSet

        return SelectorSet((rule, rule.css, rule.xpath) for rule in self._selecting)


def _needles(rules: Sequence[Rule]) -> Iterator[Needle]:
    for rule in rules:
        for phrase in rule.gapped:
            yield Needle(rule, phrase=phrase, anywhere=rule.anywhere, inline=rule.inline, max_words=rule.max_words)
        if rule.pattern:
            yield Needle(
                rule,
                pattern=rule.pattern,
                literals=rule.literals,
                inline=rule.inline,
                max_words=rule.max_words,
                least=rule.lengths[0],
                most=rule.lengths[1],
                first=rule.edges[0],
                last=rule.edges[1],
            )


@dataclass(frozen=True, slots=True)
class Case:
    """What is known of a document before its lines are judged."""

    rule_sets: tuple[RuleSet, ...]
    found: tuple[Found, ...] = ()
    """What was looked for already, by the first of the rule sets."""
    disabled: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset()
    """What it is in: one language, none where that is not known; two with a notice above it in another."""
    title: str | None = None
    selected: tuple[tuple[int, Rule], ...] = ()
    """Segments that a rule's CSS or XPath selects."""
    outside: frozenset[int] | None = None
    """Segments outside the elements that the site's layout names; None where no layout fits."""
    zones_met: bool = False
    """Take ``zone`` and ``langs`` as met (a rule's own examples)."""
    find_title: bool = True
    copies_go: bool = False
    """Whether rules are all that decides, so that copies of what they leave can go along with it."""
    cap: float = CAP


def judge(segments: Segments, case: Case) -> Judgement:
    """Decide every segment."""
    return _Court(segments, case).decide()


class _Court:
    """One document being judged. Columns are copied only where an inline cut changes them."""

    def __init__(self, segments: Segments, case: Case) -> None:
        self.segments = segments
        self.case = case
        self.folded, self.keys = segments.folded, segments.keys
        self.words, self.closed, self.weights = segments.words, segments.closed, segments.weights
        self.alive = [True] * len(segments)
        self.body = self.first_body = find_body(self.weights, self.alive)
        self.hits: dict[int, tuple[Rule, ...]] = {}
        self.first_hits: dict[int, tuple[Rule, ...]] = {}
        self.spans: dict[tuple[int, Rule], list[tuple[int, int]]] = {}
        self.result = Judgement(segments, self.body, [None] * len(segments))
        self.title_key = fold(case.title).strip(OUTER) if case.title else None
        self.captured: dict[tuple[int, str], tuple[int, Rule]] = {}
        self.protected: set[int] = set()
        self.ruling_of = case.rule_sets[0].ruling if case.rule_sets else _ruling
        self.repeated: Counter[str] | None = None
        self.dangling = [i for i, line in enumerate(self.folded) if line[0] in ".,;:!?" and i > 0]
        self.echo_text: dict[str, tuple[int, str]] = {}
        self.echo_rows: dict[str, tuple[str, Sequence[int]]] = {}
        self.gone: dict[str, set[int]] = {}
        self.times_cut: Counter[int] = Counter()
        self.flow: tuple[tuple[int, int], Flow] | None = None

    def decide(self) -> Judgement:
        for i in sorted(self.case.outside or ()):
            self._drop(i, Verdict(CONTENT_RULE, "other", "outside the element that holds the article", (), False))
        self._find_hits()
        self.body = self._body_without_notices()
        self._settle(sections=False)
        self._take_title()
        self._settle_with_title()
        for _ in range(MOST_ROUNDS if self.case.copies_go else 0):
            if not self._drop_copies():
                break
            self._settle_with_title()
        self.result.protected = frozenset(self.protected)
        self._hold_to_the_cap()
        self.result.rest = self.body if self.result.capped is None else find_body(self.weights, self.alive)
        self.result.keys, self.result.weights = self.keys, self.weights
        self.result.captures = [
            capture for key, capture in sorted(self.captured.items()) if self._still_holds(*capture)
        ]
        return self.result

    # ------------------------------------------------------------------ rounds

    def _find_hits(self) -> None:
        for k, rule_set in enumerate(self.case.rule_sets):
            done = k < len(self.case.found)
            self._note(self.case.found[k] if done else rule_set.matcher.find(self.segments))
        for i, rule in self.case.selected:
            if self._fits(rule, i):
                self.hits[i] = (*self.hits.get(i, ()), rule)
        self.hits = dict(sorted(self.hits.items()))
        self.first_hits = self.hits

    def _note(self, found: Found, row: int | None = None) -> None:
        """Take up the hits of rules that segment fits; ``row`` is the segment if it was searched alone."""
        disabled = self.case.disabled
        for at, targets in found.lines.items():
            i = at if row is None else row
            rules = [r for r in targets if isinstance(r, Rule) and (not r.narrowed or self._fits(r, i))]
            if disabled:
                rules = [r for r in rules if r.id not in disabled]
            if rules:
                self.hits[i] = (*self.hits.get(i, ()), *rules)
        for (i, rule), spans in found.spans.items():
            self.spans[i if row is None else row, rule] = spans

    def _body_without_notices(self) -> tuple[int, int]:
        """The body, when lines that rules take wherever they stand are not asked where it is: in a document of short
        sentences a notice may be the only long line."""
        alive = list(self.alive)
        for i, found in self.hits.items():
            if self.weights[i] and self._goes_everywhere(found):
                alive[i] = False
        return find_body(self.weights, alive)

    def _goes_everywhere(self, found: tuple[Rule, ...]) -> bool:
        """Whether rules take a line that they fit whatever stands around it."""
        if any(rule.zones is not None or rule.looks_around for rule in found):
            return False
        ruling = self.ruling_of(found, None)
        return ruling.verdict is not None and not ruling.keeps

    def _settle(self, sections: bool) -> None:
        """Rounds until one changes nothing. Each round removes something, so it ends."""
        while self._round(sections):
            self.body = find_body(self.weights, self.alive)
            self.repeated = None

    def _settle_with_title(self) -> None:
        self._settle(sections=True)
        while self.result.title is None and self._take_title(anew=True):
            self._settle(sections=True)

    def _round(self, sections: bool) -> bool:
        decided: dict[int, Verdict] = {}
        headings: dict[int, Rule] = {}
        changed = False
        self.protected = {self.result.title} if self.result.title is not None else set()
        self.hits = {i: found for i, found in self.hits.items() if self.alive[i]}
        for i, found in list(self.hits.items()):
            zone = self._zone(i)
            ruling = self.ruling_of(found, zone)
            if ruling.looks_around:
                ruling = self.ruling_of(tuple([r for r in found if self._others_allow(r, i)]), zone)
            for rule in ruling.captures:
                self.captured[i, rule.id] = (i, rule)
            if ruling.keeps:
                self.protected.add(i)
            elif ruling.verdict is not None and (sections or ruling.section is None):
                decided[i] = ruling.verdict
                if ruling.section is not None:
                    headings[i] = ruling.section
            elif ruling.inline and i not in self.protected:
                changed |= self._cut(i, ruling.inline)
        changed |= self._drop_title_lines()
        if not decided and not changed:
            self._echo_verdicts(decided)
        end = self._end_of_menus() if headings else -1
        members = [m for i, rule in headings.items() for m in self._members(i, rule, decided, headings, end)]
        for i, verdict in decided.items():
            if i not in self.protected:
                self._drop(i, verdict)
                changed = True
        for i, verdict in members:
            if self.alive[i]:
                self._drop(i, verdict)
                changed = True
        return self._take_orphans() or changed

    def _drop(self, i: int, verdict: Verdict) -> None:
        self.result.verdicts[i] = verdict
        self.alive[i] = False
        self.gone.setdefault(verdict.category, set()).add(i)

    def _drop_copies(self) -> bool:
        """Drop what repeats what stays; then rules look again, as they would at the clean text."""
        rows = copied(self.result.kept, self.keys, self.weights, self.protected)
        if not rows:
            return False
        for i in rows:
            self._drop(i, COPIED)
        self.body = find_body(self.weights, self.alive)
        self.repeated = None
        return True

    # -------------------------------------------------------------- conditions

    def _fits(self, rule: Rule, i: int) -> bool:
        """Whether the conditions hold that segment ``i`` alone decides, whatever becomes of other segments."""
        if self.words[i] < rule.min_words:
            return False
        if rule.langs is not None and not self.case.zones_met and self.case.languages.isdisjoint(rule.langs):
            return False
        if rule.link_density is not None:
            markup = self.segments.markup
            if markup is None or markup.link_density[i] < rule.link_density:
                return False
        return not (rule.unless.phrases and rule.unless.stand_in(self.folded[i]))

    def _zone(self, i: int) -> str | None:
        """Where segment ``i`` stands; None where rules of all zones hold."""
        if self.case.zones_met:
            return None
        zone = zone_of(i, self.body)
        return BODY if zone != BODY and self._is_part(i) else zone

    def _is_part(self, i: int) -> bool:
        """Whether the markup makes segment ``i`` one of the article's parts."""
        markup = self.segments.markup
        if markup is None:
            return False
        if self.flow is None or self.flow[0] != self.body:
            rows = range(self.body[0], self.body[1] + 1)
            self.flow = self.body, Flow(markup, (k for k in rows if self.alive[k] and self.weights[k]))
        return self.flow[1].has_part(i)

    def _others_allow(self, rule: Rule, i: int) -> bool:
        """Whether the conditions hold that depend on the segments that are still there, its zone left aside."""
        if not rule.looks_around:
            return True
        if rule.repeats and self._count(self.keys[i]) < rule.repeats:
            return False
        if rule.followed_by.phrases and not self._neighbour_fits(rule.followed_by, i, 1):
            return False
        if rule.preceded_by.phrases and not self._neighbour_fits(rule.preceded_by, i, -1):
            return False
        return not rule.echoes or self._echoed(i, rule)

    def _neighbour_fits(self, phrases: PhraseSet, i: int, step: int) -> bool:
        j = i + step
        while 0 <= j < len(self.alive) and not self.alive[j]:
            j += step
        return 0 <= j < len(self.alive) and phrases.is_whole(self.keys[j])

    def _count(self, key: str) -> int:
        if self.repeated is None:
            self.repeated = Counter(k for k, alive in zip(self.keys, self.alive, strict=True) if alive)
        return self.repeated[key]

    # ------------------------------------------------------------------ echoes

    def _echo_verdicts(self, decided: dict[int, Verdict]) -> None:
        """Segments that a line removed in an earlier round names again."""
        for rule in (r for rule_set in self.case.rule_sets for r in rule_set.echoes):
            if rule.id in self.case.disabled:
                continue
            for i in self._echoing(rule):
                if self.alive[i] and i not in decided and self._may_echo(i, rule):
                    decided[i] = _verdict(rule, (rule.id,))
                    if rule.captures:
                        self.captured[i, rule.id] = (i, rule)

    def _echoing(self, rule: Rule) -> Sequence[int]:
        """The segments whose words stand in what ``rule`` echoes; looked for anew only when that changes."""
        source = self._echo_source(rule)
        known, rows = self.echo_rows.get(rule.id, ("", ()))
        if source != known:
            there = compress(enumerate(self.keys), self.alive)
            named = (i for i, key in there if key in source and self.words[i] <= rule.max_words)
            rows = [i for i in named if self._echoed(i, rule)]
            self.echo_rows[rule.id] = source, rows
        return rows

    def _may_echo(self, i: int, rule: Rule) -> bool:
        """Whether a segment named again is in its place, and not the title that a rule captured."""
        if i in self.protected or not _holds_in(rule, self._zone(i)) or not self._others_allow(rule, i):
            return False
        return (not rule.narrowed or self._fits(rule, i)) and self.keys[i] != self._captured_title()

    def _echo_source(self, rule: Rule) -> str:
        """The lines removed so far under the categories that ``rule`` echoes."""
        gone = [i for category in rule.echoes for i in self.gone.get(category, ())]
        count, text = self.echo_text.get(rule.id, (0, ""))
        if count != len(gone):
            text = "\n".join([self.folded[i] for i in sorted(gone)])
            self.echo_text[rule.id] = len(gone), text
        return text

    def _echoed(self, i: int, rule: Rule) -> bool:
        key, text = self.keys[i], self._echo_source(rule)
        if len(key) < 3 or not any(c.isalpha() for c in key):
            return False
        at = text.find(key)
        while at >= 0 and not (is_word_edge(text, at) and is_word_edge(text, at + len(key))):
            at = text.find(key, at + 1)
        return at >= 0

    # ---------------------------------------------------------------- sections

    def _members(
        self,
        heading: int,
        rule: Rule,
        decided: dict[int, Verdict],
        headings: Mapping[int, Rule],
        end_of_menus: int,
    ) -> list[tuple[int, Verdict]]:
        """The lines of one section: up to the first that is none of it, or to the next section's heading.

        A site's section runs on through the headings that generic rules know, and its menu behind the article's title:
        the site knows better.
        """
        section = rule.section
        assert section is not None
        verdict = _verdict(rule, (rule.id,), weighs=False)
        members: list[int] = []
        is_menu = rule.level == GENERIC and rule.category == "navigation" and heading < end_of_menus
        for i in range(heading + 1, end_of_menus if is_menu else len(self.alive)):
            if i in headings and headings[i].level <= rule.level:
                break
            if not self.alive[i]:
                continue
            introduces = section.least > 0 and self.words[i] >= HEADLINE_WORDS and self.folded[i][-1] == ":"
            ends = introduces or section.ends.is_whole(self.keys[i])
            if ends or not (self._is_member(i, rule) or (members and self._among_headlines(i, members[-1], rule))):
                if members and self._heads(members[-1], i, heading, section.max_words > SUBHEAD_WORDS):
                    members.pop()
                break
            if i not in decided:
                members.append(i)
        if sum(self._may_be_headline(i, rule) for i in members[: 2 * section.least]) < section.least:
            if decided[heading].rule == rule.id:
                del decided[heading]
            return []
        members += self._stacked_before(heading, rule, decided)
        return [(i, verdict) for i in members]

    def _among_headlines(self, i: int, last: int, rule: Rule) -> bool:
        """Whether a line that ends in a full stop is a headline like the ``last`` one: others follow it."""
        assert rule.section is not None
        set_off = self._stands_apart(i) and not self._stands_apart(last)
        if self.words[i] > rule.section.max_words or i in self.protected or set_off:
            return False
        further = list(islice((j for j in range(i + 1, len(self.alive)) if self.alive[j]), FURTHER))
        return len(further) == FURTHER and all(self._may_be_headline(j, rule) for j in further)

    def _may_be_headline(self, i: int, rule: Rule) -> bool:
        long_enough = self.words[i] >= HEADLINE_WORDS and self._is_member(i, rule)
        return long_enough and not _MARKER.match(self.segments.text(i))

    def _end_of_menus(self) -> int:
        """Where the article's title, byline or date stood in the head, the last of them: no menu goes on behind it,
        though other rules have taken it; -1 where none did."""
        told = (i for category in ON_ARTICLE for i in self.gone.get(category, ()) if i < self.body[0])
        return max(told, default=-1)

    def _heads(self, last: int, after: int, heading: int, long_lines: bool) -> bool:
        """Whether the last of a section's lines rather heads the paragraph after it: the article goes on.

        A short line does under a section of longer ones; on a page, a heading or paragraph that stands beside that
        paragraph, or above it in one element, where the section's own heading does not.
        """
        if last != after - 1 or not self.weights[after] or zone_of(after, self.body) != BODY:
            return False
        if long_lines and self.words[last] <= SUBHEAD_WORDS:
            return True
        markup = self.segments.markup
        if markup is None or markup.link_density[last] > MOSTLY or markup.elements[last].tag not in IN_TEXT:
            return False
        around = markup.elements[last].getparent()
        of_section, of_rest = (list(markup.elements[i].iterancestors()) for i in (heading, after))
        if of_rest[:1] == [around]:
            return of_section[:1] != [around]
        return around in of_rest and around not in of_section

    def _is_member(self, i: int, rule: Rule) -> bool:
        section = rule.section
        assert section is not None
        if i in self.protected:
            return False
        if self.words[i] > section.max_words:
            return False
        asks = self.words[i] >= HEADLINE_WORDS and self.folded[i].rstrip("\"'")[-1:] in QUESTIONS
        return section.closed or asks or not self.closed[i]

    def _stacked_before(self, heading: int, rule: Rule, decided: dict[int, Verdict]) -> list[int]:
        """Headlines right before the heading: few, each a headline's length, after a closed line."""
        section = rule.section
        assert section is not None
        stacked: list[int] = []
        for i in range(heading - 1, max(-1, heading - 1 - LOOK_BACK), -1):
            if not self.alive[i] or i in decided:
                continue
            if len(stacked) > section.reach_back:
                return []
            text = self.segments.text(i)
            if self._may_be_headline(i, rule) and self._may_be_link(i) and not _TOLD.match(text):
                stacked.append(i)
                continue
            ends_article = self.closed[i] and zone_of(i, self.body) != HEAD
            lines_up = all(self._stands_apart(j) for j in stacked) or not self._stands_apart(i + 1)
            return stacked if ends_article and lines_up and len(stacked) <= section.reach_back else []
        return []

    def _may_be_link(self, i: int) -> bool:
        """Whether segment ``i`` is a link, as far as one can know: a dump does not say."""
        markup = self.segments.markup
        return markup is None or markup.link_density[i] > MOSTLY

    def _stands_apart(self, i: int) -> bool:
        """Whether a blank line stands before segment ``i``."""
        s = self.segments
        return i == 0 or s.source.count("\n", s.ends[i - 1], s.starts[i]) > 1

    # ------------------------------------------------------------------- title

    def _take_title(self, anew: bool = False) -> bool:
        """Choose the title, unless it was told. True when that removes a line.

        ``anew``: by what stays alone, as it would be if the clean text were cleaned again.
        """
        if self.title_key is not None or not self.case.find_title:
            return False
        told = None if anew else self._captured_title()
        named = [i for i in self._title_rows() if self.alive[i] and self.keys[i] == told] if told else []
        if named:
            self.result.title = named[0]
        else:
            lines = self.segments
            if self.folded is not lines.folded:
                lines = replace(lines, folded=self.folded, keys=self.keys, words=self.words, closed=self.closed)
            self.result.title = find_title(lines, self.alive, self.body, [] if anew else self.result.verdicts)
        return self.result.title is not None and self._drop_title_lines()

    def _captured_title(self) -> str | None:
        """The title as a rule captured it (a syndication line names it), folded."""
        from cleaner.metadata.captures import read_capture

        for i, rule in self.captured.values():
            if "title" in rule.captures and (value := read_capture(self.segments, i, rule).get("title")):
                return fold(value.text).strip(OUTER)
        return None

    def _title_rows(self) -> range:
        """Where a title can stand: in the head, or as the first line that is still there."""
        first = next((i for i, alive in enumerate(self.alive) if alive), 0)
        return range(min(max(self.body[0], first + 1), len(self.keys)))

    def _drop_title_lines(self) -> bool:
        """Drop the head lines that are the title."""
        key = self.keys[self.result.title] if self.result.title is not None else self.title_key
        if not key:
            return False
        changed = False
        for i in self._title_rows():
            if self.alive[i] and self.keys[i].startswith(key) and is_title_line(self.keys[i], key):
                reason = "The article's title: it is metadata, not text."
                self._drop(i, Verdict(TITLE_RULE, "title", reason, (TITLE_RULE,), False))
                if self.result.title is None:
                    self.result.title = i
                changed = True
        return changed

    # ------------------------------------------------------------------ inline

    def _cut(self, i: int, rules: Sequence[Rule]) -> bool:
        """Cut what inline rules match in segment ``i``, and match what is left of it anew."""
        self.times_cut[i] += 1
        if self.times_cut[i] > MOST_CUTS:
            return False
        pieces = self._pieces(i)
        text = "".join(self.segments.source[a:b] for a, b in pieces)
        _, offsets = fold_with_offsets(text)
        source_of = [p for a, b in pieces for p in range(a, b)] + [pieces[-1][1]]
        cuts = list(self.result.cuts.get(i, ()))
        taken: set[int] = set()
        for rule in sorted(rules, key=_precedence):
            matched = tuple(sorted(r.id for r in rules))
            for start, end in self.spans[i, rule]:
                span = range(offsets[start], offsets[end - 1] + 1)
                if taken.isdisjoint(span):
                    taken.update(span)
                    for a, b in _runs([source_of[k] for k in span]):
                        cuts.append(Cut(a, b, _verdict(rule, matched)))
        if not taken:
            return False
        self.result.cuts[i] = sorted(cuts, key=lambda c: c.start)
        rest = "".join(c for k, c in enumerate(text) if k not in taken)
        if not fold(rest).strip(OUTER):
            del self.result.cuts[i]
            self._drop(i, _verdict(rules[0], tuple(sorted(r.id for r in rules))))
            return True
        self._replace(i, rest)
        return True

    def _pieces(self, i: int) -> list[tuple[int, int]]:
        """The spans of segment ``i`` that are not cut."""
        pieces = []
        at = self.result.orphans.get(i, self.segments.starts[i])
        for cut in self.result.cuts.get(i, ()):
            if cut.start > at:
                pieces.append((at, cut.start))
            at = max(at, cut.end)
        if self.segments.ends[i] > at:
            pieces.append((at, self.segments.ends[i]))
        return pieces

    def _replace(self, i: int, text: str) -> None:
        """Judge segment ``i`` by what is left of it."""
        if self.folded is self.segments.folded:
            self.folded, self.keys = list(self.folded), list(self.keys)
            self.words, self.closed = list(self.words), list(self.closed)
            self.weights = list(self.weights)
        self.echo_rows = {}
        text = text.strip()
        rest = columns(text, [0], [len(text)])
        self.folded[i], self.keys[i] = rest.folded[0], rest.keys[0]
        self.words[i], self.closed[i], self.weights[i] = rest.words[0], rest.closed[0], rest.weights[0]
        self.hits.pop(i, None)
        for rule_set in self.case.rule_sets:
            self._note(rule_set.matcher.find(rest), row=i)

    # ----------------------------------------------------------------- repairs

    def _take_orphans(self) -> bool:
        """Punctuation at a segment's start, left over from an advert cut before it, goes too."""
        changed = False
        for i in self.dangling:
            if not self.alive[i] or i in self.result.orphans:
                continue
            verdict = self.result.verdicts[i - 1]
            if verdict is None or verdict.category == "title":
                continue
            match = _ORPHAN.match(self.segments.text(i))
            if match:
                end = self.segments.starts[i] + match.end()
                cuts = self.result.cuts.get(i)
                self.result.orphans[i] = min(end, cuts[0].start) if cuts else end
                self._replace(i, "".join(self.segments.source[a:b] for a, b in self._pieces(i)))
                changed = True
        return changed

    # --------------------------------------------------------------------- cap

    def _hold_to_the_cap(self) -> None:
        """Undo line rules that took too much of the body, then look again as a second cleaning would."""
        before = [True] * len(self.alive)
        while self._undo_too_much(before) and self.alive != before:
            before = list(self.alive)
            self._begin_again()
            self._settle(sections=True)

    def _begin_again(self) -> None:
        """Take what is still there for a document of its own."""
        s = self.segments
        self.folded, self.keys, self.words = s.folded, s.keys, s.words
        self.closed, self.weights = s.closed, s.weights
        self.first_body = self.body = find_body(self.weights, self.alive)
        self.hits = self.first_hits
        self.gone = {}
        self.repeated, self.echo_text, self.echo_rows = None, {}, {}

    def _undo_too_much(self, before: Sequence[bool]) -> bool:
        """Whether line rules took more than the cap of the body ``before`` them; then they are undone.

        Lines at the body's edges, past the last paragraph that stays, turned out to lie outside it and do
        not count; unless one rule took many of them, as a wrong rule does. A document without a single
        long sentence has no article to protect.
        """
        first, last = self.first_body
        words = self.segments.words
        verdicts = self.result.verdicts
        dropped = sorted(i for rows in self.gone.values() for i in rows)
        gone = {i: v for i in dropped if first <= i <= last and (v := verdicts[i]) is not None}
        lines = {i: v for i, v in gone.items() if v.weighs}
        long = {(v.rule, self.segments.keys[i]) for i, v in lines.items() if self.segments.weights[i]}
        takes = Counter(rule for rule, _ in long)
        counted = {i: v for i, v in lines.items() if zone_of(i, self.body) == BODY or takes[v.rule] >= MANY}
        cuts = [cut for found in self.result.cuts.values() for cut in found]
        lost = sum(words[i] for i in counted)
        lost += sum(len(self.segments.source[cut.start : cut.end].split()) for cut in cuts)
        total = sum(words[i] for i in range(first, last + 1) if before[i])
        if not any(self.segments.weights) or lost <= self.case.cap * total:
            return False
        for i in lines:
            verdicts[i] = None
            self.alive[i] = True
        self.result.cuts.clear()
        self.result.orphans.clear()
        rules = sorted({v.rule for v in counted.values()} | {cut.verdict.rule for cut in cuts})
        shown = ", ".join(rules[:5]) + (f" and {len(rules) - 5} more" if len(rules) > 5 else "")
        self.result.capped = (
            f"cap: rules would have removed {lost / total:.0%} of the body's words (limit {self.case.cap:.0%}), "
            f"so its lines were kept: {shown}"
        )
        return True

    def _still_holds(self, i: int, rule: Rule) -> bool:
        """Whether a capture may stand: its line went, or the rule only captures."""
        return rule.action == CAPTURE or not self.alive[i]


def _runs(positions: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Consecutive positions as (start, end) spans."""
    start = previous = positions[0]
    for position in positions[1:]:
        if position != previous + 1:
            yield start, previous + 1
            start = position
        previous = position
    yield start, previous + 1


def _precedence(rule: Rule) -> tuple[int, int, str]:
    return rule.level, _RANK[rule.action], rule.id


class _Ruling(NamedTuple):
    """What rules say together of a line that all of them fit."""

    looks_around: bool
    """Whether one of them asks for what other segments decide, and more of it than the zone."""
    captures: tuple[Rule, ...]
    keeps: bool
    verdict: Verdict | None
    section: Rule | None
    """The rule of which the line is a section's heading."""
    inline: tuple[Rule, ...]


def _ruling(rules: tuple[Rule, ...], zone: str | None) -> _Ruling:
    """The first by precedence decides, all that hold in the zone are named; what cuts inside a line does not speak of
    all of it."""
    rules = tuple(r for r in rules if _holds_in(r, zone))
    inline = tuple(r for r in rules if r.inline and r.action == DROP)
    whole = sorted((r for r in rules if r not in inline), key=_precedence)
    deciding = [r for r in whole if r.action != CAPTURE]
    return _Ruling(
        looks_around=any(r.looks_around for r in rules),
        captures=tuple(r for r in whole if r.captures),
        keeps=bool(deciding) and deciding[0].action == KEEP,
        verdict=_verdict(deciding[0], tuple(sorted(r.id for r in rules))) if deciding else None,
        section=next((r for r in deciding if r.section), None),
        inline=inline,
    )


def _holds_in(rule: Rule, zone: str | None) -> bool:
    """Whether a rule holds in a zone; None is any."""
    return zone is None or rule.zones is None or zone in rule.zones


def _verdict(rule: Rule, matched: tuple[str, ...], weighs: bool = True) -> Verdict:
    return Verdict(rule.id, rule.category, rule.why, matched, weighs and not rule.css and not rule.xpath)


__all__ = ["Case", "Cut", "Judgement", "RuleSet", "judge"]
