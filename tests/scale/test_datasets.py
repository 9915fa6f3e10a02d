"""Data sets of Hugging Face."""

from __future__ import annotations

import pickle
from pathlib import Path

import datasets
import pyarrow.parquet as pq
import pytest
from mixed import NOTE, RULES_ONLY, documents, parquet, run_example, table, texts

from cleaner import Cleaner, UsageError
from cleaner.arrow import OUTPUT
from cleaner.datasets import clean_dataset


@pytest.fixture
def mixed(tmp_path: Path) -> datasets.Dataset:
    """On disk, so that what is made of it is cached beside it."""
    datasets.Dataset(table()).save_to_disk(tmp_path / "mixed")
    return datasets.load_from_disk(tmp_path / "mixed")


@pytest.fixture
def labelled() -> datasets.Dataset:
    features = datasets.Features(
        {"raw": datasets.Value("string"), "label": datasets.ClassLabel(names=["news", "sport"])}
    )
    return datasets.Dataset.from_dict({"raw": [NOTE, None], "label": [1, 0]}, features=features)


@pytest.mark.parametrize("processes", [None, 2])
def test_texts_are_those_of_the_plain_call(processes: int | None, mixed: datasets.Dataset) -> None:
    cleaned = clean_dataset(mixed, num_proc=processes)
    assert cleaned.column_names == ["name", *OUTPUT]
    assert list(cleaned["text"]) == texts()
    own = clean_dataset(mixed, num_proc=processes, batch_size=30, cleaner=RULES_ONLY)
    assert list(own["text"]) == texts(rules_only=True)


def test_a_stream_gives_the_same(mixed: datasets.Dataset) -> None:
    rows = list(clean_dataset(mixed.to_iterable_dataset(), columns=["text"], batch_size=50))
    assert [row["text"] for row in rows] == texts()
    assert [row["name"] for row in rows] == list(documents())
    undeclared = datasets.IterableDataset.from_generator(lambda: iter([{"raw": NOTE, "n": 3}]))
    assert list(clean_dataset(undeclared, columns=["text"])) == [{"n": 3, "text": "A short note."}]


def test_features_pass_through(labelled: datasets.Dataset) -> None:
    cleaned = clean_dataset(labelled, columns=["text", "published"])
    assert cleaned.features["label"] == labelled.features["label"]
    assert cleaned.features["published"] == datasets.Value("date32")
    assert cleaned[:] == {"label": [1, 0], "text": ["A short note.", ""], "published": [None, None]}


def test_splits_and_nothing_at_all(labelled: datasets.Dataset) -> None:
    splits = clean_dataset(datasets.DatasetDict(train=labelled, test=labelled.select([])), num_proc=2)
    assert splits["train"].features == splits["test"].features
    assert (splits["train"].num_rows, splits["test"].num_rows) == (2, 0)


def test_the_cache_knows_rules_and_options(mixed: datasets.Dataset, write_pack) -> None:
    def files(**how: object) -> list[dict[str, str]]:
        return clean_dataset(mixed, columns=["text"], **how).cache_files

    pack = write_pack(
        "pack: mine\ncategory: widget\nrules:\n  - id: mine.tide\n    why: Under every article.\n"
        '    phrases: ["tide table"]\n    hit: ["Tide table"]\n    miss: ["The tide table was wrong."]\n'
    )
    first = files()
    assert first
    assert files(cleaner=Cleaner()) == files(cleaner=pickle.loads(pickle.dumps(Cleaner()))) == first
    others = [files(kind="text"), files(cleaner=Cleaner(profile="recall")), files(cleaner=Cleaner(rules=[pack]))]
    assert len({str(cache) for cache in [first, *others]}) == 4


def test_a_wrong_call_is_told_at_once(labelled: datasets.Dataset) -> None:
    for data in (labelled, labelled.to_iterable_dataset(), labelled.select([])):
        with pytest.raises(UsageError, match="no column 'page'"):
            clean_dataset(data, raw="page")
        with pytest.raises(UsageError, match="output='markdown' has no place"):
            clean_dataset(data, cleaner=Cleaner(output="markdown"))
    with pytest.raises(UsageError, match="takes a Dataset of Hugging Face, got list"):
        clean_dataset([NOTE])


def test_the_example(tmp_path: Path) -> None:
    out = tmp_path / "clean.parquet"
    run_example("with_datasets.py", parquet(tmp_path / "pages.parquet"), out)
    assert pq.read_table(out)["text"].to_pylist() == texts()
