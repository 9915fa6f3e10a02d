"""One rule file → a checked, compiled :class:`Pack`. Needs pydantic, so it is imported only when it must."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from pydantic import ValidationError

from cleaner.rulebook import patterns
from cleaner.rulebook.book import GENERIC, IN_ANY_LANGUAGE, PLATFORM, SITE, Fingerprint, Pack, Rule, Section
from cleaner.rulebook.phrases import Phrase, PhraseSet, compile_phrase
from cleaner.rulebook.schema import DEFAULT_MAX_WORDS, PackSpec, RuleSpec, SectionSpec, located_faults
from cleaner.rulebook.yamlsource import YamlSource, read_yaml
from cleaner.segment.text import count_words

_GROUP = re.compile(r"\(\?P<(\w+)>")


def read_pack(file: Path, content: bytes) -> tuple[Pack | None, YamlSource]:
    """Check and compile one file. The pack is None when it has faults; they are in ``source.problems``."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        source = YamlSource(str(file))
        source.problems.append(source.at((), "not UTF-8: save the file as UTF-8"))
        return None, source
    source = read_yaml(text, str(file))
    if source.problems:
        return None, source
    if not isinstance(source.value, dict):
        source.problems.append(source.at((), "a rule file starts with 'pack: NAME' or 'site: NAME'"))
        return None, source
    pack = build_pack(source, file)
    return pack and replace(pack, digest=hashlib.sha256(content).hexdigest()[:32]), source


def build_pack(source: YamlSource, file: Path) -> Pack | None:
    """The pack of one file's values, or None with the faults added to ``source.problems``."""
    try:
        spec = PackSpec.model_validate(source.value)
    except ValidationError as error:
        source.problems += [source.at(path, message) for path, message in located_faults(error)]
        return None
    level = SITE if spec.site is not None else PLATFORM if file.parent.name == "platforms" else GENERIC
    rules = []
    for i, rule_spec in enumerate(spec.rules):
        category = rule_spec.category or spec.category
        if category is None:
            source.problems.append(
                source.at(("rules", i), "the rule has no category, and neither has its pack: add 'category: …'")
            )
            continue
        rule = _rule(rule_spec, category, level, source.file, source.marks.get(("rules", i), (1, 1))[0])
        if rule.pattern and not rule.literals and level != SITE:
            source.problems.append(
                source.at(
                    ("rules", i, "pattern"),
                    f"no literal text of {patterns.LEAST_LITERAL} characters that every match must hold, so every "
                    "line of every document would be searched: name some words in it, or use phrases",
                )
            )
        rules.append(rule)
    if source.problems:
        return None
    return Pack(
        id=file.name.removesuffix(".yaml").removesuffix(".yml"),
        file=source.file,
        level=level,
        rules=tuple(sorted(rules, key=lambda r: r.id)),
        shared_digest=_digest(rule for rule in spec.rules if (rule.category or spec.category) in IN_ANY_LANGUAGE),
        languages=tuple(spec.languages or ()),
        site=spec.site,
        domains=tuple(d.lower() for d in spec.domains or ()),
        recognise=tuple(
            tuple(
                Fingerprint(
                    compile_phrase(c.phrase) if c.phrase else None,
                    frozenset(c.zone) if c.zone else None,
                    c.anywhere,
                    c.css,
                )
                for c in alternative
            )
            for alternative in spec.recognise
        ),
        extends=tuple(spec.extends),
        contents=tuple(selector for layout in spec.layouts for selector in layout.content),
        disable=frozenset(spec.disable),
    )


def _digest(rules: Iterable[RuleSpec]) -> str:
    return hashlib.sha256("\n".join(rule.model_dump_json() for rule in rules).encode()).hexdigest()[:32]


def _rule(spec: RuleSpec, category: str, level: int, file: str, line: int) -> Rule:
    pattern = patterns.folded(spec.pattern) if spec.pattern else None
    capture = patterns.folded(spec.capture) if spec.capture else None
    written = spec.section.starts if spec.section else spec.phrases or ()
    phrases = _phrases(written)
    max_words = spec.max_words or DEFAULT_MAX_WORDS
    stand_alone = not spec.anywhere and not spec.inline
    whole = [p for p in phrases if stand_alone and p.plain]
    return Rule(
        id=spec.id,
        category=category,
        why=spec.why,
        level=level,
        action=spec.action,
        file=file,
        line=line,
        phrases=tuple(written),
        keys=tuple(dict.fromkeys(p.pieces[0] for p in whole if count_words(p.pieces[0]) <= max_words)),
        gapped=tuple(p for p in phrases if not (stand_alone and p.plain)),
        anywhere=spec.anywhere,
        inline=spec.inline,
        pattern=pattern,
        literals=patterns.required_literals(pattern) if pattern else (),
        lengths=patterns.lengths(pattern) if pattern else (0, patterns.ANY_LENGTH),
        edges=patterns.edges(pattern) if pattern else (None, None),
        css=spec.css,
        xpath=spec.xpath,
        section=_section(spec.section) if spec.section else None,
        zones=frozenset(spec.zone) if spec.zone else None,
        max_words=max_words,
        min_words=spec.min_words or 0,
        langs=frozenset(spec.langs) if spec.langs else None,
        unless=PhraseSet(_phrases(spec.unless)),
        followed_by=PhraseSet(_phrases(spec.followed_by)),
        preceded_by=PhraseSet(_phrases(spec.preceded_by)),
        repeats=spec.repeats or 0,
        echoes=frozenset(spec.echoes or ()),
        link_density=spec.link_density,
        capture=capture,
        captures=frozenset(_GROUP.findall(f"{pattern or ''} {capture or ''}")),
        hit=tuple(spec.hit),
        miss=tuple(spec.miss),
    )


def _section(spec: SectionSpec) -> Section:
    return Section(
        ends=PhraseSet(_phrases(spec.ends)),
        max_words=spec.members.max_words,
        closed=spec.members.closed,
        least=spec.members.least,
        reach_back=spec.reach_back,
    )


def _phrases(written: Iterable[str] | None) -> tuple[Phrase, ...]:
    return tuple(compile_phrase(phrase) for phrase in written or ())
