"""What a rule file may say: strict pydantic models, and pydantic's errors in a reader's words."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from cleaner.errors import did_you_mean
from cleaner.model import CATEGORIES, METADATA_FIELDS, ZONES
from cleaner.rulebook import patterns
from cleaner.rulebook.phrases import compile_phrase
from cleaner.rulebook.yamlsource import Plain

DEFAULT_MAX_WORDS = 40


def _text(value: Any) -> Any:
    if isinstance(value, Plain) and not value.strip():
        raise ValueError("nothing is given: write a text, in quotes")
    if isinstance(value, bool | int | float | date | Plain):
        shown = {True: "true", False: "false"}.get(value, value) if isinstance(value, bool) else value
        raise ValueError(f"{shown} is not text in YAML: put it in quotes")
    if isinstance(value, str) and not value.strip():
        raise ValueError("empty: write a text")
    return value


def _one_or_many(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _phrase(value: str) -> str:
    compile_phrase(value)
    return value


def _pattern(value: str) -> str:
    if refused := patterns.refused_escapes(value):
        raise ValueError(
            f"{' '.join(refused)} is ASCII only in RE2 and refused: write [0-9], \\pL or a space, or use phrases"
        )
    program = patterns.compile(patterns.folded(value))
    if program.programsize > patterns.MOST_INSTRUCTIONS:
        raise ValueError(
            f"the pattern is too large ({program.programsize:,} instructions, {patterns.MOST_INSTRUCTIONS:,} at most): "
            "write .* for .{0,200}, split it into rules, or use phrases"
        )
    for name in program.groupindex:
        if name not in METADATA_FIELDS:
            raise ValueError(f"the group {name!r} is no metadata field{did_you_mean(name, METADATA_FIELDS)}")
    return value


def _css(value: str) -> str:
    from cssselect import SelectorError
    from lxml.cssselect import CSSSelector

    try:
        CSSSelector(value)
    except (SelectorError, SyntaxError) as error:
        raise ValueError(f"not a CSS selector: {error}") from None
    return value


def _xpath(value: str) -> str:
    from lxml import etree

    if re.search(r"re:(test|match|replace)", value):
        raise ValueError("regular expressions in XPath can hang: use pattern")
    try:
        result = etree.XPath(value)(etree.fromstring("<html><body/></html>"))
    except etree.XPathError as error:
        raise ValueError(f"not an XPath expression: {error}") from None
    if not isinstance(result, list):
        raise ValueError("the XPath expression gives a value, not elements")
    return value


def _choice(name: str, choices: tuple[str, ...]) -> Any:
    def check(value: str) -> str:
        if value not in choices:
            raise ValueError(f"{value!r} is no {name}{did_you_mean(value, choices) or ': ' + ', '.join(choices)}")
        return value

    return AfterValidator(check)


Text = Annotated[str, BeforeValidator(_text)]
PhraseText = Annotated[Text, AfterValidator(_phrase)]
Phrases = Annotated[list[PhraseText], BeforeValidator(_one_or_many), Field(min_length=1)]
Pattern = Annotated[Text, AfterValidator(_pattern)]
Category = Annotated[Text, _choice("category", CATEGORIES)]
Zone = Annotated[Text, _choice("zone", ZONES)]
Zones = Annotated[list[Zone], BeforeValidator(_one_or_many), Field(min_length=1)]
Categories = Annotated[list[Category], BeforeValidator(_one_or_many), Field(min_length=1)]
Language = Annotated[Text, Field(pattern="^[a-z]{2,3}$")]
Languages = Annotated[list[Language], BeforeValidator(_one_or_many), Field(min_length=1)]
Css = Annotated[Text, AfterValidator(_css)]
Xpath = Annotated[Text, AfterValidator(_xpath)]
Examples = Annotated[list[Text], BeforeValidator(_one_or_many), Field(min_length=1)]
Count = Annotated[int, Field(ge=1, le=1000)]
RuleId = Annotated[Text, Field(pattern=r"^[a-z0-9][a-z0-9-]*(\.[a-z0-9-]+)+$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class MembersSpec(_Strict):
    """What belongs to a section: short segments that end without sentence punctuation."""

    max_words: Count = 20
    closed: bool = False
    least: Annotated[int, Field(ge=0, le=12)] = 0
    """So many of the first of them are headlines, or it is no section."""


class SectionSpec(_Strict):
    """A heading and what belongs to it."""

    starts: Phrases
    ends: Phrases | None = None
    members: MembersSpec = MembersSpec()
    reach_back: Annotated[int, Field(ge=0, le=12)] = 0


class RuleSpec(_Strict):
    """One rule as it is written; ``docs/rules.md`` describes each key."""

    id: RuleId
    why: Text
    category: Category | None = None
    phrases: Phrases | None = None
    anywhere: bool = False
    pattern: Pattern | None = None
    css: Css | None = None
    xpath: Xpath | None = None
    section: SectionSpec | None = None
    inline: bool = False
    zone: Zones | None = None
    max_words: Count | None = None
    min_words: Count | None = None
    langs: Languages | None = None
    unless: Phrases | None = None
    followed_by: Phrases | None = None
    preceded_by: Phrases | None = None
    repeats: Annotated[int, Field(ge=2, le=1000)] | None = None
    echoes: Categories | None = None
    link_density: Annotated[float, Field(ge=0, le=1)] | None = None
    action: Annotated[Text, _choice("action", ("drop", "keep", "capture"))] = "drop"
    capture: Pattern | None = None
    hit: Examples
    miss: Examples

    @model_validator(mode="after")
    def _coherent(self) -> RuleSpec:
        looks = [k for k in ("phrases", "pattern", "css", "xpath", "section") if getattr(self, k) is not None]
        if len(looks) > 1:
            raise ValueError(f"a rule looks at one thing, this one has {' and '.join(looks)}: make it two rules")
        if not looks and not self.echoes:
            raise ValueError("the rule looks at nothing: give it phrases, pattern, css, xpath or section")
        if self.anywhere and self.phrases is None:
            raise ValueError("anywhere goes with phrases")
        if self.inline and self.phrases is None and self.pattern is None:
            raise ValueError("inline goes with phrases or pattern")
        if self.action == "capture" and not (self.capture or (self.pattern and "(?P<" in self.pattern)):
            raise ValueError("action: capture needs a named group in pattern or capture")
        if self.section and self.action != "drop":
            raise ValueError("a section can only be dropped")
        return self


class ConditionSpec(_Strict):
    """One thing that a site's dumps show."""

    phrase: PhraseText | None = None
    zone: Zones | None = None
    anywhere: bool = False
    css: Css | None = None

    @model_validator(mode="after")
    def _coherent(self) -> ConditionSpec:
        if (self.phrase is None) == (self.css is None):
            raise ValueError("a condition of recognise has a phrase or a css selector")
        return self


class LayoutSpec(_Strict):
    """The element that holds the article, in one design of the site."""

    content: Annotated[list[Css], BeforeValidator(_one_or_many), Field(min_length=1)]
    until: date | None = None


Alternative = Annotated[list[ConditionSpec], Field(min_length=1)]
Domain = Annotated[Text, Field(pattern=r"^[^\s/:]+\.[^\s/:]+$")]


class PackSpec(_Strict):
    """One file. A site pack has ``site``, the others ``pack``."""

    pack: Text | None = None
    site: Text | None = None
    category: Category | None = None
    languages: Languages | None = None
    domains: list[Domain] | None = None
    recognise: list[Alternative] = []
    extends: list[Text] = []
    layouts: list[LayoutSpec] = []
    rules: list[RuleSpec] = []
    disable: list[Text] = []

    @model_validator(mode="after")
    def _coherent(self) -> PackSpec:
        if (self.pack is None) == (self.site is None):
            raise ValueError("a file has either 'pack: NAME' (generic, platform) or 'site: NAME' (one site)")
        if self.site is not None and self.domains is None:
            raise ValueError("a site pack names its domains; write 'domains: []' when they are unknown")
        if self.site is not None and not self.domains and not self.recognise:
            raise ValueError("a site pack without domains needs recognise, or it could never be used")
        if self.site is not None and self.languages is not None:
            raise ValueError("languages belongs to a generic pack (one with 'pack: NAME')")
        if self.pack is not None:
            for key in ("domains", "layouts", "extends", "disable"):
                if getattr(self, key):
                    raise ValueError(f"{key} belongs to a site pack (one with 'site: NAME')")
        return self


Located = tuple[tuple[str | int, ...], str]


def located_faults(error: ValidationError) -> list[Located]:
    """Each fault that pydantic found: where, and in a rule writer's words."""
    return [(_place(fault), _say(fault)) for fault in error.errors(include_url=False)]


def _place(fault: Any) -> tuple[str | int, ...]:
    return tuple(fault["loc"])


_WANTED = {
    "list_type": "a list: [a, b]",
    "dict_type": "keys and values",
    "model_type": "keys and values",
    "model_attributes_type": "keys and values",
    "bool_type": "true or false",
    "int_type": "a whole number",
    "float_type": "a number",
    "string_type": "text",
    "date_type": "a date (2024-03-01)",
}


def _say(fault: Any) -> str:
    kind, where = fault["type"], fault["loc"]
    key = where[-1] if where and isinstance(where[-1], str) else (where[-2] if len(where) > 1 else "")
    if kind == "extra_forbidden":
        return f"unknown key {key!r}{did_you_mean(str(key), _keys_at(where))}"
    if kind == "missing":
        return f"the key {key!r} is missing"
    if kind == "value_error":
        return str(fault["ctx"]["error"])
    if kind in _WANTED:
        return f"{key} wants {_WANTED[kind]}, got {_shown(fault['input'])}"
    if kind == "too_short":
        return f"{key} is empty"
    if kind == "string_pattern_mismatch" and key == "id":
        return f"{fault['input']!r} is no rule id: lower case, at least two parts, like pack.name"
    return f"{key}: {fault['msg']}, got {_shown(fault['input'])}"


def _shown(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, Plain):
        return f"{value} (a {value.tag} in YAML)"
    text = {True: "true", False: "false"}[value] if isinstance(value, bool) else repr(value)
    return text if len(text) <= 60 else text[:57] + "…"


def _keys_at(where: tuple[Any, ...]) -> list[str]:
    model: type[BaseModel] = PackSpec
    inner: dict[str, type[BaseModel]] = {
        "rules": RuleSpec,
        "section": SectionSpec,
        "members": MembersSpec,
        "recognise": ConditionSpec,
        "layouts": LayoutSpec,
    }
    for step in where[:-1]:
        if isinstance(step, str) and step in inner:
            model = inner[step]
    return list(model.model_fields)


__all__ = ["DEFAULT_MAX_WORDS", "PackSpec", "RuleSpec", "located_faults"]
