"""What weighed most with the score, in plain words."""

from __future__ import annotations

import numpy as np

from cleaner.judge.features import KINDS, Floats
from cleaner.judge.markup import AROUND, HOLDERS, PAGE_NAMES, SAID, TAGS
from cleaner.model import CATEGORIES

COUNT = 3
"""So many features a reason names."""

_KINDS = {
    "space": "spaces", "lower": "lower case", "upper": "capitals", "digit": "digits",
    "caseless": "letters without case", "ideograph": "characters of a script without spaces", "stop": "a full stop",
    "call": "a question or exclamation mark", "ellipsis": "an ellipsis", "colon": "a colon", "comma": "a comma",
    "opening": "an opening quote", "quote": "a quote", "bracket": "a bracket", "closing": "a closing bracket",
    "dash": "a dash", "bullet": "a bullet", "slash": "a slash or bar", "hash": "a # or @", "arrow": "an arrow",
    "money": "a sign of money or number", "rights": "a © or ®", "symbol": "a symbol", "other": "other punctuation",
}  # fmt: skip

_LEVELS = {1: "in its block", 2: "in the block around it", 3: "two blocks around it", 4: "three blocks around it"}
_MORE_LESS = {
    "kept by rule": ("a rule keeps it", "no rule keeps it"),
    "title": ("it is the title", "it is not the title"),
    "cut inside": ("a rule cut something in it", "no rule cut anything in it"),
    "log chars": ("long", "short"),
    "log words": ("many words", "few words"),
    **{f"words {n}": (f"{n} words or more", f"fewer than {n} words") for n in (2, 3, 4, 8, 15, 25, 60)},
    "closed": ("it ends a sentence", "it ends no sentence"),
    "weight": ("a long sentence", "no long sentence"),
    "upper of cased": ("many capitals", "few capitals"),
    "capitalised words": ("many capitalised words", "few capitalised words"),
    "number words": ("many numbers", "few numbers"),
    "mixed words": ("words with digits in them", "no words with digits in them"),
    "joining words": ("many short joining words", "few short joining words"),
    "word length": ("long words", "short words"),
    "in body words": ("words of the article", "few words of the article"),
    "long in body words": ("the article's own words", "few of the article's own words"),
    "rare in body words": ("rare words of the article", "no rare words of the article"),
    "in lead words": ("words of the article's first lines", "few words of the article's first lines"),
    "in title words": ("words of the title", "no words of the title"),
    "new words": ("words not met before", "words met before"),
    "copies": ("the line stands here several times", "the line stands here once"),
    "earlier copy": ("the line stood here before", "the line did not stand here before"),
    "later copy": ("the line comes again", "the line does not come again"),
    "place": ("late in the document", "early in the document"),
    "log before": ("many lines before it", "few lines before it"),
    "log after": ("many lines after it", "few lines after it"),
    "log lines": ("a document of many lines", "a document of few lines"),
    "in body": ("inside the likely article", "outside the likely article"),
    "log to body": ("before the likely article", "not before the likely article"),
    "log into body": ("far behind the article's start", "not far behind the article's start"),
    "log to body end": ("far before the article's end", "not far before the article's end"),
    "log past body": ("behind the likely article", "not behind the likely article"),
    "place in body": ("late in the likely article", "early in the likely article"),
    **{
        f"long {n} {side}": (f"long sentences right {side} it", f"few long sentences right {side} it")
        for n in (3, 10)
        for side in ("before", "after")
    },
    "mass before": ("much of the article before it", "little of the article before it"),
    "mass after": ("much of the article after it", "little of the article after it"),
    "log mass": ("a long article", "a short article"),
    "log long lines": ("many long sentences in the document", "few long sentences in the document"),
    "share long lines": ("mostly long sentences in the document", "mostly short lines in the document"),
    **{f"gone 5 {side}": (f"rules removed lines {side} it", f"rules removed little {side} it")
       for side in ("before", "after")},
    "gone": ("a rule removed it", "no rule removed it"),
    **{f"share {kind}": (f"a large share of {_KINDS[kind]}", f"a small share of {_KINDS[kind]}") for kind in KINDS},
    **{f"first {kind}": (f"begins with {_KINDS[kind]}", f"does not begin with {_KINDS[kind]}") for kind in KINDS},
    **{f"last {kind}": (f"ends with {_KINDS[kind]}", f"does not end with {_KINDS[kind]}") for kind in KINDS},
    **{f"rule {name}": (f"a rule knows it as {name}", f"no rule knows it as {name}") for name in CATEGORIES},
    "link share": ("much of it is links", "little of it is links"),
    "mostly link": ("most of it is a link", "it is not mostly a link"),
    "emphasis share": ("much of it is bold or italic", "little of it is bold or italic"),
    "picture": ("a picture's text", "no picture's text"),
    "hidden": ("hidden on the page", "not hidden on the page"),
    "depth": ("deep in the page's tree", "not deep in the page's tree"),
    "named inside": ("an element of its own in a block", "no element of its own in a block"),
    **{f"tag {tag}": (f"a <{tag}>", f"no <{tag}>") for tag in TAGS},
    **{f"inside {tag}": (f"inside <{tag}>", f"not inside <{tag}>") for tag in AROUND},
    **{f"mass {k}": (f"much of the article {where}", f"little of the article {where}") for k, where in _LEVELS.items()},
    **{f"long lines {k}": (f"mostly sentences {where}", f"few sentences {where}") for k, where in _LEVELS.items()},
    **{f"links {k}": (f"many links {where}", f"few links {where}") for k, where in _LEVELS.items()},
    **{f"lines {k}": (f"many lines {where}", f"few lines {where}") for k, where in _LEVELS.items()},
    **{
        f"in holder {share}": (
            f"inside what holds {share:.0%} of the article",
            f"outside what holds {share:.0%} of the article",
        )
        for share in HOLDERS
    },
    **{
        f"child of holder {share}": (
            f"right in what holds {share:.0%} of the article",
            f"not right in what holds {share:.0%} of the article",
        )
        for share in HOLDERS
    },
    "place in holder": ("late in what holds the article", "early in what holds the article"),
    **{f"said in {what}": (f"the page's {what} says it", f"the page's {what} does not say it") for what in SAID},
    "body declared": ("the page declares its text", "the page does not declare its text"),
}  # fmt: skip
_PHRASES = tuple(phrase for name in PAGE_NAMES for phrase in _MORE_LESS[name])
"""Of a page's features, two each; those of a dump are the first of them."""
_OPENINGS = tuple(f"{phrase[0].upper()}{phrase[1:]}" for phrase in _PHRASES)


def reasons(weights: Floats, unusual: Floats) -> list[str]:
    """One sentence a line: the features that spoke most against it.

    ``weights``: what each number added to the line's score. ``unusual``: how far it is from the mean.
    """
    left, lines = weights.copy(), np.arange(len(weights))
    most = []
    for _ in range(COUNT):
        names = left.argmin(axis=1)
        left[lines, names] = np.inf
        most.append((2 * names + (unusual[lines, names] < 0)).tolist())
    return list(map(_sentence, *most))


def _sentence(first: int, second: int, third: int) -> str:
    a, b, c = _PHRASES[first], _PHRASES[second], _PHRASES[third]
    if a != b != c != a:
        return f"{_OPENINGS[first]}; {b}; {c}."
    rest = "; ".join(dict.fromkeys((a, b, c)))[1:]
    return f"{a[0].upper()}{rest}."
