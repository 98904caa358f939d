"""Pictures of a vocabulary: tokens per 100 characters and per rare term, beside the yardsticks."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

_COLOURS = ("#08519c", "#9ecae1", "#bdbdbd", "#737373")


def draw_fertility(report: Mapping[str, Any], path: Path) -> None:
    """Draw bars per vocabulary by domain, by language, and by kind of rare term."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    names = list(report["vocab_sizes"])
    panels = {
        "tokens per 100 characters, by domain": _per_100(report["fertility"], names),
        "tokens per 100 characters, by language": _per_100(report["fertility_by_language"], names),
        "tokens per rare term": report["tokens_per_term"],
    }
    figure = Figure(figsize=(13, 4), layout="constrained")
    FigureCanvasAgg(figure)
    for place, (title, groups) in enumerate(panels.items()):
        axes = figure.add_subplot(1, len(panels), place + 1)
        width = 0.8 / len(names)
        for index, name in enumerate(names):
            shift = (index - (len(names) - 1) / 2) * width
            places = [number + shift for number in range(len(groups))]
            heights = [row[name] for row in groups.values()]
            label = f"{name.replace('_', ' ')}, {report['vocab_sizes'][name]:,} entries"
            colour = _COLOURS[index % len(_COLOURS)]
            bars = axes.bar(places, heights, width=width, label=label, color=colour)
            axes.bar_label(bars, fmt="%.1f", fontsize=6)
        axes.set_xticks(range(len(groups)), list(groups))
        axes.set_title(title, fontsize=10)
        if place == 0 and groups:
            # Room above the bars for the legend.
            axes.margins(y=0.45)
            axes.legend(loc="upper center", fontsize=7)
    figure.suptitle("Held-out text (lower is better)", fontsize=11)
    figure.savefig(path, dpi=120, metadata={"Software": None})


def _per_100(groups: Mapping[str, Any], names: list[str]) -> dict[str, dict[str, float]]:
    return {
        group: {name: 100 * row[name]["tokens_per_character"] for name in names}
        for group, row in groups.items()
    }
