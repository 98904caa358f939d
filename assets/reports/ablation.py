"""reports/ablation: six architectures on the same data, in the layout of the paper's Table 2."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import NormalDist
from typing import Any

from assets.lineage.workspace import InputFiles, Outcome, Workspace
from assets.recipes.ablation import VARIANTS
from assets.reports.judge import BASE
from assets.reports.paper import AVERAGE, AVERAGED, COLUMNS, HEADINGS, PAPER, Column
from assets.reports.pictures import COLOURS, error_bars, new_figure, save

SCHEMA = "materia.ablation/1"
JUDGES = ("perplexity", "benchmarks", "needle")
PICTURED = ("Wiki", "LMB", AVERAGE, "Niah")
_PERPLEXITIES = ("Wiki", "LMB")

Values = dict[str, dict[str, float] | None]
"""Heading -> value, ci_low, ci_high in the table's unit; None where nothing was judged."""


def make_ablation(ws: Workspace) -> Outcome:
    """Put the reports of the variants, which come in the order of the config, in one table."""
    variants = list(ws.config["variants"])
    given = {judge: ws.inputs(f"reports/{judge}") for judge in JUDGES}
    for judge, inputs in given.items():
        if len(inputs) != len(variants):
            raise ValueError(
                f"{ws.step.key}: {len(inputs)} inputs reports/{judge} for {len(variants)} variants"
            )
    ours = {
        variant: _values([_scores(given[judge][index]) for judge in JUDGES])
        for index, variant in enumerate(variants)
    }
    table = _table(ours)
    card = {
        "schema": SCHEMA,
        "headings": list(HEADINGS),
        "rows": [
            {
                "variant": variant,
                "title": VARIANTS[variant],
                "ours": ours[variant],
                "paper": dict(zip(HEADINGS, PAPER[variant], strict=True)),
            }
            for variant in variants
        ],
    }
    ws.out("ablation.json").write_text(json.dumps(card, indent=1, sort_keys=True) + "\n")
    ws.out("ablation.md").write_text(f"# Ablation at toy size\n\n{table}\n\n{_NOTES}\n")
    _draw(ours, ws.out("ablation.png"))
    return Outcome(
        counts={"variants": len(variants), "columns": len(HEADINGS)},
        metrics={
            f"eval/{variant}/{heading}": cell["value"]
            for variant, values in ours.items()
            for heading, cell in values.items()
            if cell is not None
        },
        summary=f"{table}\n\n{_NOTES}",
        pictures=("ablation.png",),
    )


def average(cells: Sequence[tuple[float, int]]) -> dict[str, float]:
    """Return the mean of shares (in percent) with a normal 95% interval; each has its own n.

    The benchmarks are independent samples, so the variance of the mean is the sum of theirs.
    """
    mean = sum(share for share, _ in cells) / len(cells)
    variance = sum(share * (1 - share) / n for share, n in cells) / len(cells) ** 2
    half = NormalDist().inv_cdf(0.975) * math.sqrt(variance)
    return {
        "value": 100 * mean,
        "ci_low": 100 * max(0.0, mean - half),
        "ci_high": 100 * min(1.0, mean + half),
    }


def _scores(given: InputFiles) -> dict[str, Any]:
    """Return the base model's scores of one report by benchmark."""
    report = json.loads(given.path("report.json").read_text())
    return {s["benchmark"]: s for s in report["scores"] if s["model"] == BASE}


def _values(reports: Sequence[Mapping[str, Any]]) -> Values:
    """Return one row of the table."""
    scores = {name: score for report in reports for name, score in report.items()}
    cells: Values = {c.heading: _cell(c, scores.get(c.benchmark)) for c in COLUMNS}
    members = [c for c in COLUMNS if c.heading in AVERAGED]
    shares = [
        (scores[c.benchmark]["metrics"][c.metric]["value"], scores[c.benchmark]["n"])
        for c in members
        if c.benchmark in scores
    ]
    cells[AVERAGE] = average(shares) if len(shares) == len(members) else None
    return {heading: cells[heading] for heading in HEADINGS}


def _cell(column: Column, score: Mapping[str, Any] | None) -> dict[str, float] | None:
    if score is None:
        return None
    scale = 100.0 if column.is_share else 1.0
    return {key: scale * value for key, value in score["metrics"][column.metric].items()}


def _table(ours: Mapping[str, Values]) -> str:
    header = "| model | size | " + " | ".join(HEADINGS) + " |"
    lines = [header, "| --- | --- " + "| ---: " * len(HEADINGS) + "|"]
    for variant, values in ours.items():
        paper = " | ".join(f"{value:.2f}" for value in PAPER[variant][:-1])
        own = " | ".join(_text(values[heading]) for heading in HEADINGS)
        lines.append(f"| {VARIANTS[variant]} | paper, 1.5B | {paper} | {PAPER[variant][-1]:.1f} |")
        lines.append(f"| | **ours, toy** | {own} |")
    return "\n".join(lines)


def _text(cell: Mapping[str, float] | None) -> str:
    if cell is None:
        return "n/a"
    value = cell["value"]
    return f"{value:,.0f}" if value >= 1000 else f"{value:.2f}"


_NOTES = (
    "Paper: arXiv 2502.12671, Table 2 (1.5 billion parameters, 200 billion tokens; its Avg for "
    "RoPE base 1e4 is printed as 62.02, the columns give 62.17). Ours: toy size, the same data, "
    "tokenizer and seed for every row. Wiki is held-out text of wikipedia_gensim106 (not WikiText) "
    "and LMB is LAMBADA, both perplexity per word, lower is better; the paper does not say its "
    "unit. Hella and ARC-e are normalised accuracy. Avg is the mean of the seven accuracies. "
    "At this size accuracies lie near chance and Niah near zero: the table shows that the "
    "experiment runs, not which architecture is better. Intervals are in ablation.json and in the "
    "picture."
)


def _draw(ours: Mapping[str, Values], path: Path) -> None:
    """Draw the paper's values above and ours, with intervals, below; each panel has its axis."""
    figure = new_figure(11.0, 2.0 + 0.55 * len(ours))
    grid = figure.subplots(2, len(PICTURED), sharey=True, squeeze=False)
    for column, heading in enumerate(PICTURED):
        above, below = grid[0, column], grid[1, column]
        for place, (variant, values) in enumerate(ours.items()):
            value = PAPER[variant][HEADINGS.index(heading)]
            above.plot(value, place, "s", color=COLOURS[1], markersize=5)
            cell = values[heading]
            if cell is not None:
                value, ends = error_bars(cell, 1.0)
                below.errorbar(value, place, xerr=ends, fmt="o", capsize=2.5, color=COLOURS[0])
        unit = "perplexity" if heading in _PERPLEXITIES else "%"
        above.set_title(f"{heading}, {unit}", fontsize=10)
        for axes in (above, below):
            axes.grid(axis="x", color="#dddddd", linewidth=0.6)
            axes.set_axisbelow(True)
    for axes, label in ((grid[0, 0], "paper, 1.5B"), (grid[1, 0], "ours, toy (95%)")):
        axes.set_yticks(range(len(ours)), [VARIANTS[variant] for variant in ours])
        axes.set_ylim(len(ours) - 0.5, -0.5)
        axes.set_ylabel(label)
    figure.suptitle("Ablation: the paper's Table 2 and ours at toy size")
    save(figure, path)
