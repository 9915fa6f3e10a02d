"""Strict loading: every fault with its place, all of them at once."""

from __future__ import annotations

import pytest

from cleaner import InputError, RuleError
from cleaner.rulebook.load import load_rulebook, shipped_rules

GOOD = """\
pack: own
category: social
rules:
  - id: own.share
    why: A button.
    phrases: ["share this"]
    hit: ["Share this"]
    miss: ["They share this with others."]
"""

SITE = """\
site: The Example Times
domains: [exampletimes.com]
recognise:
  - [{phrase: The Example Times, zone: head}]
rules:
  - id: exampletimes.note
    category: other
    why: A line.
    phrases: ["note to readers"]
    hit: ["Note to readers"]
    miss: ["A note to readers was pinned to the door."]
"""


def faults(*paths) -> list[str]:
    with pytest.raises(RuleError) as caught:
        load_rulebook(paths, shipped=False)
    return [f"{p.line}:{p.column}: {p.message}" for p in caught.value.problems]


def test_a_good_pack_loads(write_pack) -> None:
    book = load_rulebook([write_pack(GOOD)], shipped=False)
    assert [rule.id for rule in book.rules] == ["own.share"]


@pytest.mark.parametrize(
    ("old", "new", "place", "says"),
    [
        ("phrases:", "phrase:", "6:5", "unknown key 'phrase' (did you mean 'phrases'?)"),
        ("category: social", "category: socail", "2:1", "did you mean 'social'?"),
        ("why: A button.", "why: no", "5:5", "no is not text in YAML: put it in quotes"),
        ("why: A button.", "why: 12:30", "5:5", "12:30 is not text in YAML: put it in quotes"),
        ('["share this"]', "[off]", "6:15", "off is not text in YAML"),
        ("    why: A button.\n", "", "4:5", "the key 'why' is missing"),
        ('    miss: ["They share this with others."]\n', "", "4:5", "the key 'miss' is missing"),
        ('phrases: ["share this"]', "phrases: [\"share this\"]\n    pattern: 'share'", "4:5", "make it two rules"),
        ('phrases: ["share this"]', "pattern: '^share\\s'", "6:5", "\\s is ASCII only"),
        ('phrases: ["share this"]', "pattern: '(share'", "6:5", "RE2 refuses the pattern"),
        ('phrases: ["share this"]', "pattern: '(?P<auhtor>share.+)'", "6:5", "did you mean 'author'?"),
        ('phrases: ["share this"]', "pattern: '^[a-z]+$'", "6:5", "no literal text"),
        ('phrases: ["share this"]', "pattern: 'share.{0,900}.{0,900}.{0,900}'", "6:5", "too large"),
        ('phrases: ["share this"]', "css: 'div..share'", "6:5", "not a CSS selector"),
        ('phrases: ["share this"]', "xpath: '//div['", "6:5", "not an XPath expression"),
        ('phrases: ["share this"]', "xpath: 'count(//div)'", "6:5", "gives a value, not elements"),
        ('phrases: ["share this"]', "xpath: '//div[re:test(@id, \"a\")]'", "6:5", "use pattern"),
        ('phrases: ["share this"]', 'phrases: ["[...]"]', "6:15", "needs a letter or a digit"),
        ('phrases: ["share this"]', 'phrases: ["share this"]\n    zone: foot', "7:5", "'foot' is no zone"),
        ('phrases: ["share this"]', 'phrases: ["share this"]\n    max_words: many', "7:5", "wants a whole number"),
        (
            'phrases: ["share this"]',
            'phrases: ["share this"]\n    anywhere: yes',
            "7:5",
            "wants true or false, got yes",
        ),
        ('["share this"]', '["share this"]\n    phrases: ["share that"]', "7:5", "the key 'phrases' stands twice"),
        ('["share this"]', "&a [x]", "6:14", "anchors are refused"),
        ('["share this"]', "!!python/object:os.system x", "6:14", "tags"),
        ("id: own.share", "id: Share", "4:5", "no rule id"),
        ("pack: own", "pack: own\nsite: Both", "1:1", "either 'pack: NAME'"),
        ("pack: own", "pack: own\ndomains: [a.com]", "1:1", "domains belongs to a site pack"),
        ("category: social\n", "", "3:5", "no category"),
        ('["Share this"]', "", "7:5", "nothing is given: write a text"),
    ],
)
def test_a_fault_is_named_with_its_place(write_pack, old: str, new: str, place: str, says: str) -> None:
    assert old in GOOD
    found = faults(write_pack(GOOD.replace(old, new, 1)))
    assert any(f.startswith(place + ":") and says in f for f in found), found


def test_an_alias_bomb_is_refused(write_pack) -> None:
    bomb = "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n"
    assert "refused" in faults(write_pack(bomb))[0]


def test_deep_nesting_is_refused_not_a_crash(write_pack) -> None:
    assert faults(write_pack("rules: " + "[" * 30_000))


def test_all_faults_of_all_files_are_reported_at_once(write_pack) -> None:
    first = write_pack(GOOD.replace("why:", "wy:"), "first.yaml")
    second = write_pack(GOOD.replace("phrases:", "phrase:"), "second.yaml")
    with pytest.raises(RuleError) as caught:
        load_rulebook([first, second], shipped=False)
    assert {p.file for p in caught.value.problems} == {str(first), str(second)}


def test_not_a_pack(write_pack) -> None:
    assert "starts with 'pack: NAME'" in faults(write_pack("just text"))[0]


def test_two_rules_with_one_id(write_pack) -> None:
    paths = [write_pack(GOOD, "a.yaml"), write_pack(GOOD.replace("pack: own", "pack: two"), "b.yaml")]
    assert "the rule id 'own.share' is taken" in faults(*paths)[0]


def test_two_packs_with_one_domain_or_fingerprint(write_pack) -> None:
    other = SITE.replace("exampletimes.note", "other.note")
    found = faults(write_pack(SITE, "a.yaml", "sites"), write_pack(other, "b.yaml", "sites"))
    assert any("the domain 'exampletimes.com' is taken" in f for f in found)
    assert any("two packs with the same fingerprint" in f for f in found)


def test_a_fingerprint_that_any_site_has(write_pack) -> None:
    generic = write_pack(GOOD)
    alone = SITE.replace("The Example Times, zone: head", "Share this")
    assert "any site says 'Share this'" in faults(generic, write_pack(alone, "a.yaml", "sites"))[0]
    beside = alone.replace("{phrase: Share this}", "{phrase: Share this}, {phrase: Example Weather Watch}")
    assert load_rulebook([generic, write_pack(beside, "b.yaml", "sites")], shipped=False).sites


def test_unknown_platform_and_unknown_disabled_rule(write_pack) -> None:
    site = SITE + "extends: [wordpres]\ndisable: [own.shar]\n"
    paths = [write_pack(site, "a.yaml", "sites"), write_pack(GOOD)]
    platform = write_pack(GOOD.replace("own.share", "wordpress.share"), "wordpress.yaml", "platforms")
    found = faults(*paths, platform)
    assert any("no platform pack 'wordpres' (did you mean 'wordpress'?)" in f for f in found)
    assert any("no rule 'own.shar' to disable (did you mean 'own.share'?)" in f for f in found)


def test_a_site_pack_that_could_never_be_used(write_pack) -> None:
    site = "site: Nowhere\ndomains: []\n"
    assert "could never be used" in faults(write_pack(site, "a.yaml", "sites"))[0]


def test_yml_is_read_as_yaml(write_pack, tmp_path) -> None:
    write_pack(GOOD, "own.yml")
    write_pack(GOOD, "notes.txt")
    assert [pack.id for pack in load_rulebook([tmp_path], shipped=False).packs] == ["own"]


def test_missing_paths(tmp_path) -> None:
    with pytest.raises(InputError, match="no such rule file"):
        load_rulebook([tmp_path / "nowhere.yaml"], shipped=False)
    with pytest.raises(InputError, match="no rule files"):
        load_rulebook([tmp_path], shipped=False)


def test_the_shipped_rules_load_and_cover_every_category() -> None:
    from cleaner.model import CATEGORIES

    book = load_rulebook()
    assert {rule.category for rule in book.generic} >= set(CATEGORIES)


def test_checked_packs_are_cached_and_a_changed_file_is_read_anew(write_pack, monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("NEWSDUMP_CLEANER_CACHE", str(tmp_path / "cache"))
    path = write_pack(GOOD)
    first = load_rulebook([path], shipped=False)
    entries = list((tmp_path / "cache").glob("*.packs"))
    assert len(entries) == 1
    assert [r.id for r in load_rulebook([path], shipped=False).rules] == [r.id for r in first.rules]
    write_pack(GOOD.replace("own.share", "own.other"))
    assert [r.id for r in load_rulebook([path], shipped=False).rules] == ["own.other"]
    for entry in (tmp_path / "cache").glob("*.packs"):
        entry.write_bytes(b"damaged")
    assert [r.id for r in load_rulebook([path], shipped=False).rules] == ["own.other"]


def test_of_edited_files_only_these_are_read_again(write_pack, monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("NEWSDUMP_CLEANER_CACHE", str(tmp_path / "cache"))
    kept = write_pack(GOOD, "kept.yaml")
    edited = write_pack(GOOD.replace("own.share", "own.other").replace("pack: own", "pack: other"), "edited.yaml")
    load_rulebook([kept, edited], shipped=False)
    read: list[str] = []
    from cleaner.rulebook import build

    monkeypatch.setattr(
        build, "read_pack", lambda file, content, real=build.read_pack: (read.append(file.name), real(file, content))[1]
    )
    edited.write_text(edited.read_text().replace("own.other", "own.third"))
    for _ in range(2):
        assert {r.id for r in load_rulebook([kept, edited], shipped=False).rules} == {"own.share", "own.third"}
    assert read == ["edited.yaml"]


def test_faults_are_never_cached(write_pack, monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("NEWSDUMP_CLEANER_CACHE", str(tmp_path / "cache"))
    path = write_pack(GOOD.replace("why:", "wy:"))
    assert faults(path) == faults(path)
    assert not list((tmp_path / "cache").glob("*"))


def test_the_cache_can_be_turned_off(write_pack, monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("NEWSDUMP_CLEANER_CACHE", "off")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    load_rulebook([write_pack(GOOD)], shipped=False)
    assert not list(tmp_path.rglob("*.packs"))


def test_a_shipped_pack_named_by_a_relative_path_is_not_a_second_one(monkeypatch) -> None:
    monkeypatch.chdir(shipped_rules())
    assert load_rulebook(["generic/social.yaml"]).rules == load_rulebook().rules
