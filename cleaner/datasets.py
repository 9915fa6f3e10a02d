"""Data sets of Hugging Face, cleaned.

>>> import datasets
>>> from cleaner.datasets import clean_dataset
>>> pages = datasets.Dataset.from_dict({"id": [7], "raw": ["A short note.\\n\\nShare this:\\n"]})
>>> clean_dataset(pages, columns=["text", "outcome"])[0]
{'id': 7, 'text': 'A short note.', 'outcome': 'OK'}
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from cleaner import default_cleaner
from cleaner.arrow import ROWS, clean_batch, clean_beside
from cleaner.errors import UsageError
from cleaner.single import digest_of, library

if TYPE_CHECKING:
    import datasets

    from cleaner.pipeline import Cleaner

Set = TypeVar("Set", "datasets.Dataset", "datasets.IterableDataset", "datasets.DatasetDict")


def clean_dataset(
    dataset: Set,
    *,
    num_proc: int | None = None,
    batch_size: int = ROWS,
    cleaner: Cleaner | None = None,
    **how: Any,
) -> Set:
    """Clean a column of documents; one row out for each row in, in order.

    ``how`` is what :func:`cleaner.arrow.clean_batch` takes: ``raw``, ``known``, ``columns``, ``prefix`` and the
    options of cleaning. ``num_proc`` and ``batch_size`` are those of ``Dataset.map``, which this is: the result is
    cached on disk under what was cleaned by which rules, options and release, and found there the next time. Each
    process gets the cleaner once. A streamed data set is cleaned as it is iterated over; one of several splits
    split by split. The result gives Python values, whatever format the data set had.

    Raises UsageError where clean_batch does, InputError where datasets is missing.
    """
    hf = library("datasets", "datasets")
    told = {"batch_size": batch_size, "cleaner": cleaner, **how}
    if isinstance(dataset, dict):
        return type(dataset)({name: clean_dataset(split, num_proc=num_proc, **told) for name, split in dataset.items()})
    streamed = isinstance(dataset, hf.IterableDataset)
    if not streamed and not isinstance(dataset, hf.Dataset):
        raise UsageError(f"clean_dataset takes a Dataset of Hugging Face, got {type(dataset).__name__}")
    if streamed and dataset.features is None:
        dataset = dataset._resolve_features()
    options = {"batched": True, "batch_size": batch_size, "features": _features(dataset, {"cleaner": cleaner, **how})}
    if not streamed:
        if not dataset.num_rows:  # map would give it back as it is
            return hf.Dataset(options["features"].arrow_schema.empty_table(), split=dataset.split)
        digest = digest_of(cleaner or default_cleaner(), **how)
        fingerprint = hf.fingerprint.Hasher.hash([dataset._fingerprint, digest])
        options |= {"num_proc": num_proc, "new_fingerprint": fingerprint}
    cleaned = dataset.with_format("arrow").map(partial(clean_batch, cleaner=cleaner, **how), **options)
    return cleaned.with_format(None)


def _features(dataset: Any, how: dict[str, Any]) -> Any:
    """What comes out: what passes through as the data set declares it, and what cleaning adds."""
    hf = library("datasets", "datasets")
    nothing = dataset.features.arrow_schema.empty_table()
    passing, added = clean_beside(nothing.column_names, 0, nothing.column, **how)
    kept = {name: dataset.features[name] for name in passing}
    return hf.Features({**kept, **hf.Features.from_arrow_schema(added.schema)})
