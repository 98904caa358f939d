"""Pictures of the classifiers and of the scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw_f1(heads: Mapping[str, Any], path: Path) -> None:
    """Draw held-out F1 per class, one panel per classifier."""
    rows = {name: head["heldout"]["classes"] for name, head in heads.items()}
    figure = _figure(8.0, 1.5 + 0.28 * sum(len(found) + 2 for found in rows.values()))
    ratios = [len(found) + 1 for found in rows.values()]
    axes = figure.subplots(max(1, len(rows)), 1, squeeze=False, height_ratios=ratios or [1])[:, 0]
    for panel, (name, found) in zip(axes, rows.items(), strict=False):
        labels = [f"{label or '(none)'} ({row['documents']:,})" for label, row in found.items()]
        bars = panel.barh(labels, [row["f1"] for row in found.values()], color="#2a7f62")
        panel.bar_label(bars, fmt="%.2f", padding=3, fontsize=8)
        panel.set_xlim(0, 1.1)
        panel.invert_yaxis()
        macro = heads[name]["heldout"]["macro_f1"]
        panel.set_title(f"{name}: held-out F1 by class (documents), macro {macro:.2f}")
    _save(figure, path)


def draw_reliability(heads: Mapping[str, Any], path: Path) -> None:
    """Draw accuracy against stated confidence on held-out documents, before and after."""
    figure = _figure(4.2 * max(1, len(heads)), 4.2)
    axes = figure.subplots(1, max(1, len(heads)), squeeze=False)[0]
    for panel, (name, head) in zip(axes, heads.items(), strict=False):
        panel.plot([0, 1], [0, 1], color="#999999", linewidth=1)
        for kind, colour in (("before", "#c6a15b"), ("after", "#2a7f62")):
            found = head["calibration"][kind]
            said = [row["confidence"] for row in found["table"]]
            held = [row["accuracy"] for row in found["table"]]
            label = f"{kind} calibration, ECE {found['ece']:.3f}"
            panel.plot(said, held, marker="o", color=colour, label=label)
        panel.set_title(name)
        panel.set_xlabel("confidence")
        panel.set_ylabel("accuracy")
        panel.legend(fontsize=8, loc="upper left")
    _save(figure, path)


def draw_scores(
    quantiles: Mapping[str, Mapping[str, Sequence[float]]], path: Path, columns: Sequence[str]
) -> None:
    """Draw per source the 10, 25, 50, 75 and 90% quantiles of each score as bars and whiskers."""
    sources = sorted(quantiles)
    figure = _figure(3.2 * len(columns), 1.6 + 0.4 * len(sources))
    axes = figure.subplots(1, len(columns), squeeze=False, sharey=True)[0]
    places = np.arange(len(sources))
    for panel, column in zip(axes, columns, strict=True):
        table = np.array([quantiles[source][column] for source in sources], dtype=np.float64)
        table = table.reshape(len(sources), 5)
        panel.hlines(places, table[:, 0], table[:, 4], color="#2a7f62", linewidth=1)
        panel.barh(places, table[:, 3] - table[:, 1], left=table[:, 1], color="#9fcfbd")
        panel.plot(table[:, 2], places, "|", color="#14523d", markersize=12)
        panel.set_title(column, fontsize=9)
        if column == "medical":
            panel.set_xlim(-0.05, 1.05)  # most documents stand at the very ends
    axes[0].set_yticks(places, sources)
    axes[0].invert_yaxis()
    figure.supxlabel("10, 25, 50, 75 and 90% of the documents", fontsize=9)
    _save(figure, path)


def _figure(width: float, height: float) -> Figure:
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), dpi=100, layout="constrained")


def _save(figure: Figure, path: Path) -> None:
    """Write without the library's version in the file, so that the bytes stay the same."""
    figure.savefig(path, metadata={"Software": None})
