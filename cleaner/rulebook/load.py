"""Rule files → a checked :class:`Rulebook`. All faults of all files are reported at once."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path

from cleaner.errors import InputError, Problem, RuleError
from cleaner.rulebook import patterns
from cleaner.rulebook.book import GENERIC, PLATFORM, SITE, Fingerprint, Pack, Rule, Rulebook, Section
from cleaner.rulebook.phrases import Phrase, PhraseSet, compile_phrase
from cleaner.rulebook.schema import DEFAULT_MAX_WORDS, PackSpec, RuleSpec, SectionSpec, located_faults
from cleaner.rulebook.yamlsource import YamlSource, read_yaml

Checked = tuple[Pack, YamlSource]


def shipped_rules() -> Path:
    """The folder of the rules that come with the package.

    In an installed wheel it lies inside the package, in a checkout beside it.
    """
    inside = Path(__file__).resolve().parents[1] / "rules"
    return inside if inside.is_dir() else inside.parents[1] / "rules"


@lru_cache(maxsize=8)
def load_shipped() -> tuple[Checked, ...]:
    """The shipped packs, read once a process."""
    root = shipped_rules()
    if not root.is_dir():
        raise InputError(f"the shipped rules are missing: {root} is no folder. Reinstall newsdump-cleaner")
    packs, problems = read_packs([root])
    if problems:
        raise RuleError(problems)
    return tuple(packs)


def load_rulebook(paths: Sequence[str | Path] = (), shipped: bool = True, site_packs: bool = True) -> Rulebook:
    """Load the shipped packs and those in ``paths`` (files, or folders searched for ``*.yaml``).

    Raises RuleError with every fault found, InputError for a path that does not exist.
    """
    checked = list(load_shipped()) if shipped else []
    known = {source.file for _, source in checked}
    added, problems = read_packs(paths)
    checked += [c for c in added if c[1].file not in known]
    problems += clashes(checked)
    if problems:
        raise RuleError(problems)
    packs = sorted((p for p, _ in checked if site_packs or p.level != SITE), key=lambda p: (p.level, p.id))
    return Rulebook(tuple(packs))


def read_packs(paths: Iterable[str | Path]) -> tuple[list[Checked], list[Problem]]:
    """Read every pack under ``paths``, and every fault that stands in a single file."""
    packs: list[Checked] = []
    problems: list[Problem] = []
    for file in dict.fromkeys(f for path in paths for f in _files(Path(path))):
        pack, source = read_pack(file)
        problems += source.problems
        if pack is not None:
            packs.append((pack, source))
    return packs, problems


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        found = sorted(f for f in path.rglob("*.yaml") if f.is_file())
        if not found:
            raise InputError(f"{path}: no rule files (*.yaml) in this folder")
        return found
    if not path.exists():
        raise InputError(f"{path}: no such rule file or folder")
    return [path]


def read_pack(file: Path) -> tuple[Pack | None, YamlSource]:
    """Read one file. The pack is None when it has faults; they are in ``source.problems``."""
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        source = YamlSource(str(file))
        source.problems.append(source.at((), "not UTF-8: save the file as UTF-8"))
        return None, source
    except OSError as error:
        raise InputError(f"{file}: {error.strerror}") from None
    source = read_yaml(text, str(file))
    if source.problems:
        return None, source
    if not isinstance(source.value, dict):
        source.problems.append(source.at((), "a rule file starts with 'pack: NAME' or 'site: NAME'"))
        return None, source
    return build_pack(source, file), source


def build_pack(source: YamlSource, file: Path) -> Pack | None:
    """The pack of one file's values, or None with the faults added to ``source.problems``."""
    from pydantic import ValidationError

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
        id=file.name.removesuffix(".yaml"),
        file=source.file,
        level=level,
        rules=tuple(sorted(rules, key=lambda r: r.id)),
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


def _rule(spec: RuleSpec, category: str, level: int, file: str, line: int) -> Rule:
    pattern = patterns.folded(spec.pattern) if spec.pattern else None
    capture = patterns.folded(spec.capture) if spec.capture else None
    return Rule(
        id=spec.id,
        category=category,
        why=spec.why,
        level=level,
        action=spec.action,
        file=file,
        line=line,
        phrases=_phrases(spec.phrases),
        anywhere=spec.anywhere,
        inline=spec.inline,
        pattern=pattern,
        literals=patterns.required_literals(pattern) if pattern else (),
        lengths=patterns.lengths(pattern) if pattern else (0, patterns.ANY_LENGTH),
        css=spec.css,
        xpath=spec.xpath,
        section=_section(spec.section) if spec.section else None,
        zones=frozenset(spec.zone) if spec.zone else None,
        max_words=spec.max_words or DEFAULT_MAX_WORDS,
        min_words=spec.min_words or 0,
        langs=frozenset(spec.langs) if spec.langs else None,
        unless=PhraseSet(_phrases(spec.unless)),
        followed_by=PhraseSet(_phrases(spec.followed_by)),
        preceded_by=PhraseSet(_phrases(spec.preceded_by)),
        repeats=spec.repeats or 0,
        echoes=frozenset(spec.echoes or ()),
        link_density=spec.link_density,
        capture=capture,
        captures="(?P<" in (pattern or "") or capture is not None,
        hit=tuple(spec.hit),
        miss=tuple(spec.miss),
    )


def _section(spec: SectionSpec) -> Section:
    return Section(
        starts=_phrases(spec.starts),
        ends=PhraseSet(_phrases(spec.ends)),
        max_words=spec.members.max_words,
        closed=spec.members.closed,
        reach_back=spec.reach_back,
    )


def _phrases(written: list[str] | None) -> tuple[Phrase, ...]:
    return tuple(compile_phrase(phrase) for phrase in written or ())


def clashes(checked: Iterable[Checked]) -> list[Problem]:
    """The faults that stand between files: ids, names, domains and fingerprints used twice."""
    problems: list[Problem] = []
    seen: dict[tuple[str, object], str] = {}
    checked = list(checked)

    def once(kind: str, value: object, pack: Pack, problem: Problem) -> None:
        first = seen.setdefault((kind, value), f"{pack.file}:{problem.line}")
        if first != f"{pack.file}:{problem.line}":
            problems.append(Problem(problem.file, problem.line, problem.column, f"{problem.message}, also at {first}"))

    for pack, source in checked:
        kind = {SITE: "site", PLATFORM: "platform", GENERIC: "generic"}[pack.level]
        once(f"{kind} pack", pack.id, pack, source.at((), f"a second {kind} pack named {pack.id!r}"))
        for rule in pack.rules:
            once("id", rule.id, pack, Problem(rule.file, rule.line, 3, f"the rule id {rule.id!r} is taken"))
        for i, domain in enumerate(pack.domains):
            once("domain", domain, pack, source.at(("domains", i), f"the domain {domain!r} is taken"))
        for i, alternative in enumerate(pack.recognise):
            value = frozenset((f.phrase.pieces if f.phrase else None, f.zones, f.anywhere, f.css) for f in alternative)
            once("print", value, pack, source.at(("recognise", i), "two packs with the same fingerprint"))

    platforms = {p.id for p, _ in checked if p.level == PLATFORM}
    ids = {r.id for p, _ in checked for r in p.rules}
    for pack, source in checked:
        for i, name in enumerate(pack.extends):
            if name not in platforms:
                problems.append(source.at(("extends", i), f"no platform pack {name!r}{_hint(name, platforms)}"))
        for i, name in enumerate(sorted(pack.disable)):
            if name not in ids:
                problems.append(source.at(("disable", i), f"no rule {name!r} to disable{_hint(name, ids)}"))
    return problems


def _hint(word: str, choices: Iterable[str]) -> str:
    close = difflib.get_close_matches(word, list(choices), n=1, cutoff=0.6)
    return f" (did you mean {close[0]!r}?)" if close else ""
