"""Puts measured tables and plots into docs/: each between its own two marks in docs/benchmarks.md."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from benchmarks.systems import ROOT

if TYPE_CHECKING:
    from benchmarks.quality import Table

DOCS = ROOT / "docs"
PAGE = DOCS / "benchmarks.md"

PLOTTED = {"text": ("word F1", "line F1", "exact"), "html": ("SH F1", "word F1", "exact"),
           "meta": ("title exact", "author F1", "day")}  # fmt: skip


def publish(name: str, text: str) -> None:
    """Replace what stands between ``<!-- NAME -->`` and ``<!-- /NAME -->`` on the page.

    Raises SystemExit where the page has no such place.
    """
    page = PAGE.read_text(encoding="utf-8")
    place = re.compile(rf"(<!-- {re.escape(name)} -->\n).*?(<!-- /{re.escape(name)} -->)", re.DOTALL)
    if not place.search(page):
        raise SystemExit(f"{PAGE} has no place <!-- {name} -->")
    PAGE.write_text(place.sub(lambda found: f"{found[1]}\n{text}\n\n{found[2]}", page), encoding="utf-8")


def publish_quality(track: str, tables: Sequence[Table], versions: Mapping[str, str | None]) -> None:
    """The tables of a track, the versions they were measured with, and a plot of the first table of each input."""
    said = ", ".join(
        f"{package} {version}" for package, version in sorted(versions.items()) if version not in (None, "-")
    )
    plot(track, tables)
    picture = f"![{track} track](benchmarks-{track}.svg)"
    publish(track, "\n\n".join([picture, *(table.markdown() for table in tables), f"Measured with {said}."]))


def plot(track: str, tables: Sequence[Table]) -> None:
    """A dot a score, a line a system, a panel an input."""
    import matplotlib

    matplotlib.use("Agg")
    matplotlib.rcParams["svg.hashsalt"] = "benchmarks"
    from matplotlib import pyplot

    os.environ.setdefault("SOURCE_DATE_EPOCH", "0")
    first: dict[str, Table] = {}
    for table in tables:
        first.setdefault(table.input, table)
    names = list(next(iter(first.values())).rows)
    size = (4.2 * len(first) + 1.5, 0.26 * len(names) + 1.2)
    figure, panels = pyplot.subplots(1, len(first), figsize=size, sharey=True, squeeze=False, layout="constrained")
    for axes, table in zip(panels[0], first.values(), strict=True):
        shown = [name for name in names if name in table.rows]
        for column, marker in zip(PLOTTED[track], "os^", strict=True):
            values = [table.rows[name][column] for name in shown]
            axes.plot(values, shown, marker, label=column, markersize=5)
        axes.set(title=table.title, xlim=(0, 1))
        axes.grid(axis="x", alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
    panels[0][0].invert_yaxis()
    panels[0][-1].legend(frameon=False, loc="lower left", bbox_to_anchor=(0, 0.02))
    figure.savefig(DOCS / f"benchmarks-{track}.svg", metadata={"Date": None})
    pyplot.close(figure)


__all__ = ["publish", "publish_quality"]
