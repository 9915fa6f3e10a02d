"""Rule files → a checked :class:`Rulebook`. All faults of all files are reported at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path

from cleaner.errors import InputError, Problem, RuleError, did_you_mean
from cleaner.rulebook import cache
from cleaner.rulebook.book import GENERIC, PLATFORM, SITE, Pack, Rulebook
from cleaner.rulebook.yamlsource import YamlSource

SUFFIXES = (".yaml", ".yml")
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
    """Load the shipped packs and those in ``paths`` (files, or folders searched for ``.yaml`` and ``.yml``).

    Raises RuleError with every fault found, InputError for a path that does not exist.
    """
    checked = list(load_shipped()) if shipped else []
    known = {Path(source.file).resolve() for _, source in checked}
    added, problems = read_packs(paths)
    checked += [c for c in added if Path(c[1].file).resolve() not in known]
    problems += clashes(checked)
    if problems:
        raise RuleError(problems)
    packs = sorted((p for p, _ in checked if site_packs or p.level != SITE), key=lambda p: (p.level, p.id))
    return Rulebook(tuple(packs))


def read_packs(paths: Iterable[str | Path]) -> tuple[list[Checked], list[Problem]]:
    """Read every pack under ``paths``, and every fault that stands in a single file."""
    files = [(file, _content(file)) for file in dict.fromkeys(f for path in paths for f in _files(Path(path)))]
    if not files:
        return [], []
    key = cache.key_of(file for file, _ in files)
    known = cache.read(key)
    found: dict[bytes, Checked] = {}
    problems: list[Problem] = []
    for file, content in files:
        digest = cache.digest_of(file, content)
        if digest in known:
            found[digest] = known[digest]
            continue
        from cleaner.rulebook.build import read_pack

        pack, source = read_pack(file, content)
        problems += source.problems
        if pack is not None and not source.problems:
            found[digest] = pack, source.without_rules()
    if found.keys() != known.keys():
        cache.write(key, found)
    return list(found.values()), problems


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise InputError(f"{file}: {error.strerror}") from None


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        found = sorted(f for f in path.rglob("*") if f.suffix in SUFFIXES and f.is_file())
        if not found:
            raise InputError(f"{path}: no rule files ({', '.join(SUFFIXES)}) in this folder")
        return found
    if not path.exists():
        raise InputError(f"{path}: no such rule file or folder")
    return [path]


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

    anywhere = {key for p, _ in checked if p.level == GENERIC for rule in p.rules for key in rule.keys}
    for pack, source in checked:
        for i, alternative in enumerate(pack.recognise if pack.level == SITE else ()):
            phrase = alternative[0].phrase if len(alternative) == 1 else None
            if phrase is not None and phrase.plain and phrase.pieces[0] in anywhere:
                told = f"any site says {phrase.written!r}: name a line that this one alone has, or a second beside it"
                problems.append(source.at(("recognise", i), told))

    platforms = {p.id for p, _ in checked if p.level == PLATFORM}
    ids = {r.id for p, _ in checked for r in p.rules}
    for pack, source in checked:
        for i, name in enumerate(pack.extends):
            if name not in platforms:
                problems.append(source.at(("extends", i), f"no platform pack {name!r}{did_you_mean(name, platforms)}"))
        for i, name in enumerate(sorted(pack.disable)):
            if name not in ids:
                problems.append(source.at(("disable", i), f"no rule {name!r} to disable{did_you_mean(name, ids)}"))
    return problems
