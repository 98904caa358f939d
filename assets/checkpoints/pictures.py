"""The loss curve of a training job, with the learning rate behind it."""

from __future__ import annotations

import json
from pathlib import Path

_SMOOTHING_SHARE = 0.02
"""Width of the smoothing, as a share of the steps (our choice)."""


def draw_curve(journal_path: Path, picture_path: Path, *, title: str) -> None:
    """Draw every step's loss, its running mean and the learning rate; mark skipped steps."""
    from matplotlib.figure import Figure

    lines = [json.loads(line) for line in journal_path.read_text().splitlines()]
    metrics = [line for line in lines if line["kind"] == "metrics"]
    skipped = {line["step"] for line in lines if line.get("name") == "step_skipped"}
    steps = [line["step"] for line in metrics]
    losses = [line["train/loss"] for line in metrics]
    figure = Figure(figsize=(8, 4.5), dpi=100, layout="constrained")
    axes = figure.add_subplot()
    rates = axes.twinx()
    rates.plot(steps, [line["train/lr"] for line in metrics], color="0.75", linewidth=1)
    rates.set_ylabel("learning rate", color="0.5")
    rates.set_ylim(bottom=0)
    axes.set_zorder(rates.get_zorder() + 1)
    axes.patch.set_visible(False)
    axes.plot(steps, losses, color="#9ecae1", linewidth=1, label="each step")
    smooth = running_mean(losses, max(1, round(len(losses) * _SMOOTHING_SHARE)))
    axes.plot(steps, smooth, color="#08519c", linewidth=2, label="running mean")
    marked = [(step, loss) for step, loss in zip(steps, losses, strict=True) if step in skipped]
    if marked:
        axes.plot(*zip(*marked, strict=True), "x", color="#cb181d", label="step skipped")
    axes.set_xlabel("step")
    axes.set_ylabel("loss (nats per predicted token)")
    axes.set_title(title)
    axes.legend(frameon=False)
    figure.savefig(picture_path, metadata={"Software": None})


def running_mean(values: list[float], half_width: int) -> list[float]:
    """Return the mean of each value and up to `half_width` neighbours on either side."""
    means = []
    for index in range(len(values)):
        around = values[max(0, index - half_width) : index + half_width + 1]
        means.append(sum(around) / len(around))
    return means
