"""Pictures of the mixtures: heat maps of overlaps, planned against achieved shares, curricula."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_LIGHT, _DARK = "#c6dbef", "#2171b5"
_LINES = ("#bdbdbd", "#9ecae1", "#4292c6", "#08519c", "#000000")


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
    paired_panels({title: (names, planned, achieved)}, unit=unit, path=path)


def paired_panels(
    panels: Mapping[str, tuple[Sequence[str], Sequence[float], Sequence[float]]],
    *,
    unit: str,
    path: Path,
) -> None:
    """Draw panels under each other: title -> (names, planned, achieved), two bars per name."""
    sizes = [len(names) for names, _, _ in panels.values()]
    figure = _figure(7.0, 1.2 + sum(0.8 + 0.55 * size for size in sizes))
    grid = figure.subplots(
        len(panels), 1, squeeze=False, height_ratios=[size + 1 for size in sizes]
    )
    for axes, (title, (names, planned, achieved)) in zip(grid[:, 0], panels.items(), strict=True):
        places = np.arange(len(names))
        first = axes.barh(places - 0.2, planned, height=0.4, color=_LIGHT)
        second = axes.barh(places + 0.2, achieved, height=0.4, color=_DARK)
        axes.set_yticks(places, names)
        axes.invert_yaxis()
        axes.set_xlabel(unit)
        axes.set_title(title)
    handles, labels = [first, second], ["planned", "achieved"]
    figure.legend(handles, labels, loc="outside lower center", ncols=2, frameon=False)
    _save(figure, path)


def stepped_lines(
    bands: Sequence[str],
    lines: Mapping[str, Sequence[float]],
    *,
    title: str,
    axis: str,
    unit: str,
    path: Path,
) -> None:
    """Draw one stepped line per name over the same bands."""
    figure = _figure(7.0, 4.0)
    axes = figure.add_subplot()
    for number, (name, values) in enumerate(lines.items()):
        axes.step(range(len(bands)), values, where="mid", label=name, color=_LINES[number % 5])
    axes.set_xticks(range(len(bands)), bands, rotation=40, ha="right")
    axes.set_ylim(bottom=0)
    axes.set_xlabel(axis)
    axes.set_ylabel(unit)
    axes.set_title(title)
    figure.legend(loc="outside lower center", ncols=3, frameon=False)
    _save(figure, path)


def _figure(width: float, height: float) -> Figure:
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), dpi=100, layout="constrained")


def _save(figure: Figure, path: Path) -> None:
    """Write without the library's version in the file, so that the bytes stay the same."""
    figure.savefig(path, metadata={"Software": None})
