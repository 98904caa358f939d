"""Pictures of the mixtures: a heat map of overlaps, bars of planned against achieved shares."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def heat_map(
    values: npt.NDArray[np.integer],
    *,
    rows: Sequence[str],
    columns: Sequence[str],
    title: str,
    path: Path,
) -> None:
    """Draw counts as a grid, each cell with its number."""
    figure = _figure(2.5 + 0.75 * len(columns), 2.2 + 0.45 * len(rows))
    axes = figure.add_subplot()
    # Counts span orders of magnitude: the colour follows their logarithm, the cell says the count.
    shade = np.log1p(values)
    if values.size:
        axes.imshow(shade, cmap="Blues", aspect="auto", vmin=0, vmax=max(1.0, float(shade.max())))
    dark = float(shade.max(initial=1.0)) / 2
    for (row, column), value in np.ndenumerate(values):
        colour = "white" if value and shade[row, column] > dark else "black"
        axes.text(column, row, f"{value:,}", ha="center", va="center", color=colour, fontsize=8)
    axes.set_xticks(range(len(columns)), columns, rotation=40, ha="right")
    axes.set_yticks(range(len(rows)), rows)
    axes.set_title(title)
    _save(figure, path)


def paired_bars(
    names: Sequence[str],
    planned: Sequence[float],
    achieved: Sequence[float],
    *,
    title: str,
    unit: str,
    path: Path,
) -> None:
    """Draw two bars per name, planned and achieved."""
    figure = _figure(7.0, 2.0 + 0.55 * len(names))
    axes = figure.add_subplot()
    places = np.arange(len(names))
    axes.barh(places - 0.2, planned, height=0.4, color="#c6dbef", label="planned")
    axes.barh(places + 0.2, achieved, height=0.4, color="#2171b5", label="achieved")
    axes.set_yticks(places, names)
    axes.invert_yaxis()
    axes.set_xlabel(unit)
    axes.set_title(title)
    figure.legend(loc="outside lower center", ncols=2, frameon=False)
    _save(figure, path)


def _figure(width: float, height: float) -> Figure:
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), dpi=100, layout="constrained")


def _save(figure: Figure, path: Path) -> None:
    """Write without the library's version in the file, so that the bytes stay the same."""
    figure.savefig(path, metadata={"Software": None})
