"""Folding, phrases, patterns and the matcher."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleaner.rulebook.matcher import CHUNK, Matcher, Needle
from cleaner.rulebook.patterns import required_literals
from cleaner.rulebook.phrases import compile_phrase
from cleaner.segment.fold import fold, fold_with_offsets, is_word_edge
from cleaner.segment.text import segment_text


@pytest.mark.parametrize(
    ("source", "folded"),
    [
        ("ShArE", "share"),
        ("it’s – “here”", 'it\'s - "here"'),
        ("a\u00a0b\tc", "a b c"),
        ("a   b", "a b"),
        ("so\u00adft", "soft"),
        ("ＡＢＣ１２！", "abc12!"),
        ("Cafe\u0301", "café"),
        ("Straße İzmir", "straße izmir"),
        ("क्\u200dष", "क्ष"),
        ("प\u095dें", "पढ\u093cें"),
        ("\u09dc \u09c7\u09be ক\u09c7\u09be", "\u09a1\u09bc \u09cb কো"),
        ("ന\u0d4d\u200d", "\u0d7b"),
        ("\u1112\u1161\u11ab", "한"),
        ("SIRADAKİ ığdır", "siradaki iğdir"),
        ("ΔΙΑΒΑΣΤΕ ΕΠΙΣΗΣ: Διαβάστε επίσης", "διαβαστε επισησ: διαβαστε επισησ"),
        ("\u200fإقرأ أيضاً", "اقرا ايضا"),
        ("الأكثـر قراءة", "الاكثر قراءة"),
        ("پربازدید\u200cترین", "پربازديدترين"),
        ("résumé", "résumé"),
        ("Știri și Țară", "ştiri şi ţară"),
    ],
)
def test_fold(source: str, folded: str) -> None:
    assert fold(source) == folded


one_line = st.text(max_size=60).filter(lambda t: len(f"a{t}b".splitlines()) == 1)


@given(one_line)
def test_offsets_point_into_the_source(text: str) -> None:
    folded, offsets = fold_with_offsets(text)
    assert len(offsets) == len(folded) + 1
    assert offsets == sorted(offsets)
    assert not offsets or 0 <= offsets[0] <= offsets[-1] <= len(text)
    assert fold(text[offsets[0] : offsets[-1]]) == folded


@given(st.text(alphabet="ab ’\u00a0\u200bÉ", max_size=40), st.integers(0, 40), st.integers(0, 40))
def test_a_span_of_the_folded_copy_is_a_span_of_the_source(text: str, a: int, b: int) -> None:
    folded, offsets = fold_with_offsets(text)
    a, b = sorted((min(a, len(folded)), min(b, len(folded))))
    assert fold(text[offsets[a] : offsets[b]]) == folded[a:b].strip()


@given(one_line)
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@pytest.mark.parametrize(
    ("phrase", "segment", "fits"),
    [
        ("related posts", "» Related Posts:", True),
        ("[...]記者", "山田記者", True),
        ("related posts", "“Related posts”", False),
        ("related posts", "« Related posts »", False),
        ("related posts", "Related posts from Kochi", False),
        ("the post [...] appeared first on [...]", "The post Rain ahead appeared first on The Example.", True),
        ("the post [...] appeared first on [...]", "The poster appeared first on a wall", False),
        ("share [...] on x", "Share on X", True),
        ("share [...] on x", "Share " + "a " * 12 + "on X", True),
        ("share [...] on x", "Share " + "a " * 13 + "on X", False),
        ("[...] contributed to this story", "Asha Pillai contributed to this story.", True),
        ("关注[...]公众号", "关注我们的公众号", True),
        ("关注[...]公众号", "关注" + "我" * 25 + "公众号", False),
        ("read [...]: more", "Read it now: more", True),
    ],
)
def test_whole_phrases(phrase: str, segment: str, fits: bool) -> None:
    segments = segment_text(segment)
    assert compile_phrase(phrase).is_whole(segments.keys[0]) is fits
    assert bool(Matcher([Needle(1, phrase=compile_phrase(phrase))]).find(segments).lines) is fits


@pytest.mark.parametrize(
    ("phrase", "text", "stands"),
    [
        ("our app", "get our app now", True),
        ("our app", "get our apple now", False),
        ("our app", "colour app", False),
        ("app", "(app)", True),
        ("क", "का", False),
        ("广告", "这是广告内容", True),
    ],
)
def test_word_edges(phrase: str, text: str, stands: bool) -> None:
    assert compile_phrase(phrase).stands_in(fold(text)) is stands


def test_an_edge_is_everywhere_in_unspaced_scripts() -> None:
    assert is_word_edge("广告", 1)
    assert not is_word_edge("ab", 1)


@pytest.mark.parametrize(
    ("pattern", "literals"),
    [
        (r"^[0-9]+ min(?:ute)?s? read$", (" min read\n", " mins read\n", " minute read\n", " minutes read\n")),
        (r"^by [a-z]+$", ("\nby ",)),
        (r"of [a-z]+", ()),
        (r"^(?:photo|image): .+", ("\nimage: ", "\nphoto: ")),
        (r"^(?P<published>[0-9]{1,2} \pL+ [0-9]{4}) Posted (?P<author>.+)$", (" posted ",)),
        (r"^[a-z]+$", ()),
        (r"a|bcd", ()),
        (r"(?:abc)?def", ("abcdef", "def")),
        (r"(?:abc)+", ("abc",)),
        (r"’s own", ("'s own",)),
        (r"^[0-9]{4}年[0-9]{1,2}月[0-9]{1,2}日", ("月",)),
    ],
)
def test_required_literals(pattern: str, literals: tuple[str, ...]) -> None:
    assert required_literals(pattern) == literals


words = st.sampled_from(["share", "this", "now", "the", "post", "on", "x", "related", "posts", "a", "b", "広告"])
lines = st.lists(words, min_size=1, max_size=8).map(" ".join)
phrases = (
    st.lists(words | st.just("[...]"), min_size=1, max_size=4)
    .map(" ".join)
    .filter(lambda p: any(w != "[...]" for w in p.split()))
)


@given(st.lists(lines, min_size=1, max_size=8), st.lists(phrases, min_size=1, max_size=5), st.booleans())
def test_the_matcher_finds_what_looking_one_by_one_finds(lines, phrases, anywhere) -> None:
    segments = segment_text("\n".join(lines))
    compiled = [compile_phrase(p) for p in phrases]
    by_key = [n for n, p in enumerate(compiled) if p.plain and not anywhere][::2]
    matcher = Matcher(
        [Needle(n, phrase=p, anywhere=anywhere) for n, p in enumerate(compiled) if n not in by_key],
        [(compiled[n].pieces[0], n) for n in by_key],
    )
    found = {(i, target) for i, targets in matcher.find(segments).lines.items() for target in targets}
    slowly = {
        (i, n)
        for i in range(len(segments))
        for n, p in enumerate(compiled)
        if (p.stands_in(segments.folded[i]) if anywhere else p.is_whole(segments.keys[i]))
    }
    assert found == slowly


def test_a_literal_across_the_chunk_border_is_found() -> None:
    line = "x" * (CHUNK - 3) + " read more here " + "y" * CHUNK
    phrase = compile_phrase("read more here")
    hits = Matcher([Needle("n", phrase=phrase, inline=True)]).find(segment_text(line))
    assert hits.spans == {(0, "n"): [(CHUNK - 2, CHUNK + 12)]}
