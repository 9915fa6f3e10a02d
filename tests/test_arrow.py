"""A column of documents → columns of text, metadata and ledger: what clean_batch takes, gives and refuses."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from typing import Any

import pyarrow as pa
import pytest
from conftest import FIXTURES, MORE, ROOT, article
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cleaner import Cleaned, Cleaner, UsageError
from cleaner.arrow import OUTPUT, clean_batch, clean_beside, output_schema
from cleaner.model import Edit, Outcome, Removal

NOTE = "A short note.\n\nShare this:\n"
TEXT = "A short note."
PAGE = f"""<html lang="en"><head><title>Harbour opens again</title>
<script type="application/ld+json">{{"@type": "NewsArticle", "headline": "Harbour opens again",
"datePublished": "2024-03-04", "dateModified": "2024-03-05", "keywords": ["harbour", "storm"],
"isAccessibleForFree": true, "author": {{"@type": "Person", "name": "Asha Pillai"}}}}</script></head>
<body><article><h1>Harbour opens again</h1>{"".join(f"<p>{line}</p>" for line in article().splitlines() if line)}
</article></body></html>"""
FILES = sorted(FIXTURES.glob("*/*/input.*"))
CLEANER = Cleaner()
RULES = Cleaner(profile="rules-only")

STRINGS = [pa.string(), pa.large_string(), pa.string_view()]
BINARIES = [pa.binary(), pa.large_binary(), pa.binary_view()]
DICTIONARIES = [
    pa.dictionary(pa.int32(), pa.string()),
    pa.dictionary(pa.int8(), pa.large_string()),
    pa.dictionary(pa.int64(), pa.binary()),
]


def column(values: list[Any], kind: pa.DataType) -> pa.Array:
    if pa.types.is_dictionary(kind):
        return pa.array(values, kind.value_type).dictionary_encode().cast(kind)
    return pa.array(values, kind)


def texts(table: pa.Table) -> list[str]:
    return table.column("text").to_pylist()


def restored(row: dict[str, Any]) -> str:
    """What a row's text and ledger give back, and nothing but them."""
    removals = tuple(Removal(**{**removal, "span": tuple(removal["span"])}) for removal in row["removals"])
    edits = tuple(Edit(**edit) for edit in row["edits"])
    metadata = CLEANER.clean("").metadata
    return Cleaned(row["text"], Outcome.OK, None, None, metadata, removals=removals, edits=edits).restore()


# What it takes


@pytest.mark.parametrize("kind", STRINGS + BINARIES + DICTIONARIES, ids=str)
def test_documents_are_strings_or_binary_of_any_kind(kind: pa.DataType) -> None:
    cleaned = clean_batch(pa.table({"raw": column([NOTE, None, NOTE, ""], kind)}))
    assert texts(cleaned) == [TEXT, "", TEXT, ""]
    assert cleaned.column("outcome").to_pylist() == ["OK", "EMPTY", "OK", "EMPTY"]


def test_documents_of_one_length_or_all_missing() -> None:
    assert texts(clean_batch(pa.table({"raw": pa.array([b"One line.", b"Two line."], pa.binary(9))}))) == [
        "One line.",
        "Two line.",
    ]
    assert texts(clean_batch(pa.table({"raw": pa.nulls(2)}))) == ["", ""]


def test_a_record_batch_is_a_table() -> None:
    batch = pa.record_batch({"id": [1], "raw": [NOTE]})
    assert clean_batch(batch).equals(clean_batch(pa.table({"id": [1], "raw": [NOTE]})))
    assert clean_batch(batch.slice(0, 0)).schema == clean_batch(batch).schema


def test_chunks_and_slices_change_nothing() -> None:
    notes = [f"Note {n} is short.\n\nShare this:\n" for n in range(7)]
    whole = pa.table({"id": list(range(7)), "raw": notes})
    parts = pa.concat_tables([whole.slice(0, 3), whole.slice(3, 0), whole.slice(3)])
    wanted = clean_batch(whole)
    assert clean_batch(parts).equals(wanted)
    assert clean_batch(parts.slice(2, 4)).equals(wanted.slice(2, 4))


def test_more_rows_than_are_held_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cleaner.arrow.ROWS", 3)
    table = pa.table({"id": list(range(8)), "raw": [f"Note {n} is short." for n in range(8)]})
    assert texts(clean_batch(table)) == table.column("raw").to_pylist()


def test_an_empty_table_has_all_columns() -> None:
    cleaned = clean_batch(pa.table({"id": pa.array([], pa.int8()), "raw": pa.array([], pa.string())}))
    assert cleaned.num_rows == 0
    assert cleaned.schema == pa.schema([pa.field("id", pa.int8()), *output_schema()])


def test_strings_that_are_no_utf8_are_decoded_as_bytes_are() -> None:
    latin = "Das Café am Hafen öffnet wieder.".encode("latin-1")
    for text, binary in ((pa.string(), pa.binary()), (pa.large_string(), pa.large_binary())):
        data = pa.array([latin, "Ein Café.".encode(), None], binary)
        claimed = pa.Array.from_buffers(text, 3, data.buffers())  # Arrow believes it: nobody looked
        for documents in (claimed, claimed.dictionary_encode()):
            cleaned = clean_batch(pa.table({"raw": documents}))
            assert texts(cleaned) == ["Das Café am Hafen öffnet wieder.", "Ein Café.", ""]


@pytest.mark.parametrize("raw", [b"%PDF-1.4", b"\x00\x01\x02", b"\xff" * 50, b"<html>" * 300_000])
def test_no_content_raises(raw: bytes) -> None:
    row = clean_batch(pa.table({"raw": [raw]})).to_pylist()[0]
    assert row["outcome"] == str(CLEANER.clean(raw).outcome)
    assert row["reason"] == CLEANER.clean(raw).reason


# What it gives


def test_columns_are_typed() -> None:
    row = clean_batch(pa.table({"raw": [PAGE], "url": ["https://example.com/a"]}))
    assert row.schema.names == list(OUTPUT)
    assert row.schema.field("published").type == pa.date32()
    assert row.schema.field("authors").type == pa.list_(pa.string())
    assert row.schema.field("paywalled").type == pa.bool_()
    values = row.to_pylist()[0]
    assert values["title"] == "Harbour opens again"
    assert values["authors"] == ["Asha Pillai"]
    assert (values["published"], values["modified"]) == (date(2024, 3, 4), date(2024, 3, 5))
    assert values["tags"] == ["harbour", "storm"]
    assert values["paywalled"] is False
    assert values["url"] == "https://example.com/a"
    assert values["text"].startswith("The council of Varnholm")


def test_all_other_columns_pass_untouched() -> None:
    others = {
        "id": pa.array([7, None], pa.int16()),
        "tags_in": pa.array([["a"], []], pa.list_(pa.string())),
        "kind": pa.array(["x", "y"]).dictionary_encode(),
    }
    table = pa.table({"id": others["id"], "raw": [NOTE, NOTE], "tags_in": others["tags_in"], "kind": others["kind"]})
    table = table.replace_schema_metadata({"made": "by us"})
    cleaned = clean_batch(table, columns=["text"])
    assert cleaned.column_names == ["id", "tags_in", "kind", "text"]
    assert all(cleaned.column(name).combine_chunks().equals(values) for name, values in others.items())
    assert cleaned.schema.metadata == {b"made": b"by us"}


def test_columns_are_chosen_in_any_order_and_named_with_a_prefix() -> None:
    table = pa.table({"raw": [NOTE], "title": ["of another"]})
    cleaned = clean_batch(table, columns=["outcome", "text"], prefix="clean_")
    assert cleaned.to_pylist() == [{"title": "of another", "clean_outcome": "OK", "clean_text": TEXT}]
    assert clean_batch(table, columns=[]).to_pylist() == [{"title": "of another"}]
    assert output_schema(["published"], "x_") == pa.schema([("x_published", pa.date32())])


def test_what_is_known_is_told() -> None:
    table = pa.table(
        {
            "raw": ["Wall to be raised\n\n" + article()] * 2,
            "headline": ["Wall to be raised", None],
            "site": ["The Lorne Herald", ""],
        }
    )
    cleaned = clean_batch(table, known={"title": "headline", "site": "site"})
    assert cleaned.column_names[:2] == ["headline", "text"]
    told, untold = cleaned.to_pylist()
    assert (told["title"], told["site"]) == ("Wall to be raised", "The Lorne Herald")
    assert untold["site"] is None
    pages = [
        CLEANER.clean(table["raw"][0].as_py(), title="Wall to be raised", site="The Lorne Herald"),
        CLEANER.clean(table["raw"][1].as_py()),
    ]
    assert texts(cleaned) == [page.text for page in pages]


def test_an_option_holds_for_all_rows_but_those_that_say_otherwise() -> None:
    table = pa.table({"raw": [NOTE, NOTE], "url": ["https://a.example/x", None]})
    cleaned = clean_batch(table, url="https://b.example/")
    assert cleaned.column("url").to_pylist() == ["https://a.example/x", "https://b.example/"]


def test_a_cleaner_of_ones_own() -> None:
    raw = "Wall to be raised\n\n" + article()
    keeps = Cleaner(keep_title=True, profile="rules-only")
    assert texts(clean_batch(pa.table({"raw": [raw]}), cleaner=keeps)) == [keeps.clean(raw).text]


def test_half_a_character_is_no_part_of_a_column() -> None:
    """Arrow's strings are UTF-8, but JSON-LD can spell one out."""
    page = PAGE.replace("Asha", "Asha \\ud83d").replace('"storm"', '"st\\ud83dorm"')
    page = page.replace('headline": "Harbour', 'headline": "\\ud83dHarbour')
    [row] = clean_batch(pa.table({"raw": [page]})).to_pylist()
    assert (row["title"], row["authors"]) == ("Harbour opens again", ["Asha Pillai"])
    assert row["tags"] == ["harbour", "storm"]
    assert row["text"] == CLEANER.clean(page).text


def test_text_and_ledger_give_every_fixture_back() -> None:
    documents = [path.read_bytes() for path in FILES]
    pages = [CLEANER.clean(raw) for raw in documents]
    rows = clean_batch(pa.table({"raw": documents})).to_pylist()
    assert [row["text"] for row in rows] == [page.text for page in pages]
    assert [restored(row) for row in rows] == [
        page.restore().encode("utf-8", "backslashreplace").decode() for page in pages
    ]


line = st.one_of(
    st.sampled_from([*article(3).split("\n\n"), "Share this:", "Read also: Storm", "- a", "***", "\u200b", ""]),
    st.text(st.characters(codec="utf-8"), max_size=30),
)
document = st.lists(st.tuples(line, st.sampled_from(["\n", "\n\n", "\r\n", "\u2028"])), max_size=12).map(
    lambda lines: "".join(a + b for a, b in lines)
)


@settings(deadline=None, max_examples=60 * MORE, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.one_of(st.none(), document), max_size=6),
    st.sampled_from(STRINGS + BINARIES),
    st.integers(0, 6),
    st.sampled_from([CLEANER, RULES]),
)
def test_its_text_is_that_of_cleaning_one_by_one(
    documents: list[str | None], kind: pa.DataType, cut: int, cleaner: Cleaner
) -> None:
    """And its ledger gives back what was cleaned."""
    array = pa.array([raw if raw is None or kind in STRINGS else raw.encode() for raw in documents], kind)
    chunked = pa.chunked_array([array[:cut], array[cut:]], kind)
    pages = [cleaner.clean(raw or "") for raw in array.to_pylist()]
    rows = clean_batch(pa.table({"raw": chunked}), cleaner=cleaner).to_pylist()
    assert [row["text"] for row in rows] == [page.text for page in pages]
    assert [(row["outcome"], row["reason"]) for row in rows] == [(str(page.outcome), page.reason) for page in pages]
    assert [restored(row) for row in rows] == [page.restore() for page in pages]


# What it refuses


@pytest.mark.parametrize(
    ("table", "call", "says"),
    [
        ({"text": [NOTE]}, {}, r"no column 'raw': name the column of documents by raw=…, one of \['text'\]"),
        ({"raw": [1]}, {}, "column 'raw' holds int64: documents are strings or binary"),
        ({"raw": [[NOTE]]}, {}, "holds list<"),
        ({"raw": [NOTE]}, {"columns": ["txet"]}, r"unknown column 'txet' \(did you mean 'text'\?\)"),
        ({"raw": [NOTE]}, {"columns": ["text", "text"]}, "two columns are called 'text'"),
        ({"raw": [NOTE]}, {"columns": "text"}, r"columns is a list of columns: columns=\['text'\]"),
        ({"raw": [NOTE]}, {"known": {"titel": "raw"}}, r"known names 'titel': .*did you mean 'title'"),
        ({"raw": [NOTE]}, {"known": {"title": "headline"}}, r"no column 'headline' for 'title': one of \['raw'\]"),
        ({"raw": [NOTE], "url": [1]}, {}, r"column 'url' holds int64: 'url' is told by strings. Say known=\{\}, and"),
        ({"raw": [NOTE], "url": [1]}, {"known": {}}, r"url: such a column is there already.* by columns=…$"),
        ({"raw": [NOTE], "description": ["x"]}, {}, r"description: such a column is there already.* by columns=…$"),
        ({"raw": [NOTE], "title": ["x"], "text": ["x"]}, {}, r"title, text: such a column.* by columns=…$"),
        (
            {"raw": [NOTE], "c_title": ["x"], "c_site": ["x"]},
            {"prefix": "c_"},
            r"known=\{'title': 'c_title', 'site': 'c_site'\} what it tells",
        ),
        ({"raw": [NOTE]}, {"known": None}, r"known=None: it says which column tells what .*known=\{'url': 'url'\}"),
        ({"raw": [NOTE]}, {"known": "url"}, "known='url': it says which column tells what"),
        ({"raw": [NOTE]}, {"known": {"url": ["url"]}}, "'url' is told by one column, named by a string"),
        ({"raw": [NOTE]}, {"colums": ["text"]}, r"unknown option 'colums' \(did you mean 'columns'\?\)"),
        ({"raw": [NOTE]}, {"prefx": "c_"}, r"did you mean 'prefix'"),
        ({"raw": [NOTE], "title": ["x"]}, {}, r"title: such a column is there already.*known=\{'title': 'title'\}"),
        ({"raw": [NOTE], "p_text": ["x"]}, {"prefix": "p_"}, "p_text: such a column is there already"),
        ({"raw": [NOTE]}, {"knid": "html"}, r"unknown option 'knid'"),
        ({"raw": [NOTE]}, {"kind": "htm"}, r"kind 'htm' is none of .*did you mean 'html'"),
        ({"raw": [NOTE]}, {"profile": "precision"}, "it is chosen for all"),
    ],
)
def test_a_wrong_call(table: dict[str, Any], call: dict[str, Any], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        clean_batch(pa.table(table), **call)


def test_a_wrong_option_is_told_where_there_is_no_row() -> None:
    with pytest.raises(UsageError, match="unknown option 'knid'"):
        clean_batch(pa.table({"raw": pa.array([], pa.string())}), knid="html")


def test_two_columns_of_one_name() -> None:
    with pytest.raises(UsageError, match="two columns are called 'id'"):
        clean_batch(pa.Table.from_arrays([pa.array([1]), pa.array([2]), pa.array([NOTE])], ["id", "id", "raw"]))


def test_something_that_is_no_table() -> None:
    with pytest.raises(UsageError, match="takes a pyarrow RecordBatch or Table, got dict"):
        clean_batch({"raw": [NOTE]})


def test_frames_of_others_give_only_what_is_read() -> None:
    asked = []

    def array(name: str) -> pa.Array:
        asked.append(name)
        return pa.array([NOTE])

    passing, added = clean_beside(["id", "raw", "url", "more"], 1, array, columns=["text", "url"])
    assert asked == ["raw", "url"]
    assert passing == ["id", "more"]
    assert added.column_names == ["text", "url"]
    assert clean_beside(["raw", "id"], 1, array, columns=[])[0] == ["id"]


def test_without_pyarrow_it_says_what_to_install() -> None:
    code = """
import sys
sys.modules["pyarrow"] = None
from cleaner import InputError
from cleaner.arrow import clean_batch
try:
    clean_batch(object())
except InputError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "cleaner.arrow needs pyarrow: pip install 'newsdump-cleaner[arrow]'\n"


def test_another_form_of_the_text_has_no_place_in_a_table() -> None:
    table = pa.table({"raw": ["A note."]})
    for how in ({"output": "markdown"}, {"cleaner": Cleaner(output="markdown")}):
        with pytest.raises(UsageError, match="output='markdown' has no place beside the text"):
            clean_batch(table, **how)
    assert texts(clean_batch(table, cleaner=Cleaner(output="markdown"), output="text")) == ["A note."]
