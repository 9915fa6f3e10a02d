"""Ray Data: a dataset of documents, cleaned on a cluster by actors that hold one cleaner each.

An example that the tests run::

    import ray
    from cleaner.ray import clean_dataset

    notes = ray.data.from_items([{"id": 7, "raw": "A short note.\\n\\nShare this:\\n"}])
    clean_dataset(notes, columns=["text", "outcome"]).take_all()
    # [{'id': 7, 'text': 'A short note.', 'outcome': 'OK'}]
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cleaner import default_cleaner
from cleaner.arrow import OUTPUT, ROWS, clean_batch
from cleaner.single import library

if TYPE_CHECKING:
    import pyarrow as pa
    from ray.data import Dataset

    from cleaner.pipeline import Cleaner


def clean_dataset(
    dataset: Dataset,
    *,
    raw: str = "raw",
    known: Mapping[str, str] = {"url": "url"},
    columns: Sequence[str] = OUTPUT,
    prefix: str = "",
    cleaner: Cleaner | None = None,
    concurrency: int | tuple[int, int] | None = None,
    **options: Any,
) -> Dataset:
    """Clean a column of documents; one row out for each row in. Lazy, as all of Ray Data.

    The arguments and the columns that come out are those of :func:`cleaner.arrow.clean_batch`, and so are text and
    ledger. Actors do it, a CPU each: as many as Ray sees fit, or as ``concurrency`` says (a number, or least and
    most). The cleaner is sent to the cluster once and unpacked once an actor. A worker that dies is replaced and its
    rows are cleaned again. There is no deadline: ``cleaner clean --engine ray`` has one.

    Raises UsageError for a wrong call, InputError where ray is not installed. Where Ray does not know the columns yet,
    it raises what is wrong with those when it comes to them.
    """
    library("ray", "ray.data")
    import ray

    cleaner = cleaner or default_cleaner()
    call = {"raw": raw, "known": dict(known), "columns": tuple(columns), "prefix": prefix, **options}
    _check(dataset, cleaner, call)
    return dataset.map_batches(
        _Clean,
        fn_constructor_args=(ray.put(cleaner), call),
        batch_format="pyarrow",
        batch_size=ROWS,
        num_cpus=1,
        concurrency=concurrency,
    )


def _check(dataset: Dataset, cleaner: Cleaner, call: Mapping[str, Any]) -> None:
    """Find what is wrong with the call, before any work: clean one row of nulls."""
    import pyarrow as pa

    known = dataset.schema(fetch_if_missing=False)
    columns = getattr(known, "base_schema", None)
    if not isinstance(columns, pa.Schema):
        columns = pa.schema([(name, pa.null()) for name in {call["raw"], *call["known"].values()}])
    row = pa.schema([column.with_nullable(True) for column in columns])
    clean_batch(pa.table([pa.nulls(1, column.type) for column in row], schema=row), cleaner=cleaner, **call)


class _Clean:
    """What an actor holds."""

    def __init__(self, cleaner: Any, call: dict[str, Any]) -> None:
        import ray

        self.cleaner: Cleaner = ray.get(cleaner)
        self.call = call

    def __call__(self, batch: pa.Table) -> pa.Table:
        return clean_batch(batch, cleaner=self.cleaner, **self.call)
