"""Pictures of scores: values with their intervals beside chance, and heat maps of needles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from assets.reports.scores import SHARES, Row

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS = ("#2171b5", "#d94801", "#238b45")
_LINEAR_RANGE = 20
"""Above this ratio of largest to smallest perplexity the axis is logarithmic."""
_CHANCE_COLOUR = "#636363"


def draw_scores(rows: Sequence[Row], labels: Sequence[str], *, title: str, path: Path) -> None:
    """Draw shares in one panel and perplexities in another, the models side by side."""
    panels = [
        ([row for row in rows if row.metric in SHARES], "percent correct", 100.0),
        ([row for row in rows if row.metric not in SHARES], "perplexity per token", 1.0),
    ]
    shown = [panel for panel in panels if panel[0]]
    figure = new_figure(8.0, 1.6 + 0.42 * len(rows) + 0.7 * (len(shown) - 1))
    heights = [len(panel[0]) + 0.6 for panel in shown]
    grid = figure.subplots(len(shown), 1, squeeze=False, height_ratios=heights)
    for axes, (members, unit, scale) in zip(grid[:, 0], shown, strict=True):
        _draw_panel(axes, members, labels, scale)
        axes.set_xlabel(unit)
        # Shares and perplexities are read against the left edge; a wide range only in powers.
        if _spans_powers(members):
            axes.set_xscale("log")
        else:
            axes.set_xlim(left=0)
    figure.suptitle(title)
    figure.legend(*grid[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=4)
    save(figure, path)


def draw_heat_map(
    values: npt.NDArray[np.float64],
    *,
    rows: Sequence[str],
    columns: Sequence[str],
    title: str,
    path: Path,
) -> None:
    """Draw shares of 0..1 as a grid, depth down and length across, each cell with its percent."""
    figure = new_figure(2.6 + 0.9 * len(columns), 1.9 + 0.5 * len(rows))
    axes = figure.add_subplot()
    image = axes.imshow(values, cmap="RdYlGn", vmin=0, vmax=1, aspect="auto")
    for (row, column), value in np.ndenumerate(values):
        axes.text(column, row, f"{100 * value:.0f}", ha="center", va="center", fontsize=9)
    axes.set_xticks(range(len(columns)), columns)
    axes.set_yticks(range(len(rows)), rows)
    axes.set_xlabel("length, tokens")
    axes.set_ylabel("depth of the fact")
    axes.set_title(title, fontsize=10)
    figure.colorbar(image, ax=axes, label="share found")
    save(figure, path)


def error_bars(score: Mapping[str, Any], scale: float) -> tuple[float, list[list[float]]]:
    """Return a value and its distances to the ends of its interval, as matplotlib wants them."""
    value, low, high = (scale * score[key] for key in ("value", "ci_low", "ci_high"))
    return value, [[max(0.0, value - low)], [max(0.0, high - value)]]


def new_figure(width: float, height: float) -> Figure:
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), dpi=100, layout="constrained")


def save(figure: Figure, path: Path) -> None:
    """Write without the library's version in the file, so that the bytes stay the same."""
    figure.savefig(path, metadata={"Software": None})


def _spans_powers(rows: Sequence[Row]) -> bool:
    values = [score["value"] for row in rows for score in row.scores.values()]
    return rows[0].metric not in SHARES and max(values) > _LINEAR_RANGE * min(values)


def _draw_panel(axes: Axes, rows: Sequence[Row], labels: Sequence[str], scale: float) -> None:
    spread = 0.26
    for index, label in enumerate(labels):
        shift = spread * (index - (len(labels) - 1) / 2)
        places = [place + shift for place, row in enumerate(rows) if label in row.scores]
        scores = [row.scores[label] for row in rows if label in row.scores]
        for number, (place, score) in enumerate(zip(places, scores, strict=True)):
            value, ends = error_bars(score, scale)
            axes.errorbar(
                value,
                place,
                xerr=ends,
                fmt="o",
                markersize=5,
                capsize=2.5,
                color=COLOURS[index],
                label=label if number == 0 else None,
            )
    with_chance = [(place, row.chance) for place, row in enumerate(rows) if row.chance is not None]
    for number, (place, chance) in enumerate(with_chance):
        axes.plot(
            [scale * chance] * 2,
            [place - 0.38, place + 0.38],
            color=_CHANCE_COLOUR,
            linestyle="--",
            label="chance" if number == 0 else None,
        )
    axes.set_yticks(range(len(rows)), [row.title for row in rows])
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.grid(axis="x", color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)
