"""Scores of a report as rows, and as Markdown: one row a benchmark, one column a model.

A row says plainly whether a score can be told from guessing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from assets.corpora.benchmarks import BENCHMARKS

SHARES = ("acc", "acc_norm", "exact_match")
"""Metrics shown in percent."""
_OWN_TITLES = {
    "wikipedia_heldout": "Held-out Wikipedia (wikipedia_gensim106)",
    "pubmed_heldout": "Held-out PubMed abstracts",
    "needle": "Needle in a haystack",
}
_METRIC_TITLES = {
    "acc": "accuracy, %",
    "acc_norm": "normalised accuracy, %",
    "exact_match": "greedy exact match, %",
    "perplexity": "perplexity per token",
}


@dataclass(frozen=True, kw_only=True)
class Row:
    """One benchmark with the scores of all models that were judged on it."""

    benchmark: str
    metric: str
    chance: float | None
    n: int
    scores: Mapping[str, Mapping[str, Any]]
    """Model label -> entry of report.json."""

    @property
    def title(self) -> str:
        return title_of(self.benchmark)

    @property
    def metric_title(self) -> str:
        return _METRIC_TITLES[self.metric]


def title_of(benchmark: str) -> str:
    """Return the name people know a benchmark by."""
    if benchmark in BENCHMARKS:
        return BENCHMARKS[benchmark].title
    return _OWN_TITLES[benchmark]


def rows_of(scores: Iterable[Mapping[str, Any]]) -> list[Row]:
    """Group the scores of a report by benchmark, in the order they come."""
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for score in scores:
        groups.setdefault(score["benchmark"], []).append(score)
    return [
        Row(
            benchmark=name,
            metric=group[0]["metric"],
            chance=group[0]["chance"],
            n=group[0]["n"],
            scores={score["model"]: score for score in group},
        )
        for name, group in groups.items()
    ]


def is_above_chance(score: Mapping[str, Any]) -> bool | None:
    """Return whether the whole interval lies above chance; None where there is no chance level."""
    return None if score["chance"] is None else score["ci_low"] > score["chance"]


def sentences(rows: Sequence[Row], labels: Sequence[str]) -> list[str]:
    """Say for each model what its scores allow to conclude; nothing of perplexities alone."""
    said = []
    for label in labels:
        judged = {
            row.title: is_above_chance(row.scores[label])
            for row in rows
            if label in row.scores and row.chance is not None
        }
        if judged:
            said.append(_sentence(label, judged))
    return said


def score_table(rows: Sequence[Row], labels: Sequence[str]) -> str:
    """Return a Markdown table: value and interval per model, chance and items beside them."""
    header = ["benchmark", "metric", "items", "chance", *[f"{label} [95%]" for label in labels]]
    lines = [_line(header), _line(["---", "---", *["---:"] * (len(header) - 2)])]
    for row in rows:
        chance = "" if row.chance is None else number(row.metric, row.chance)
        cells = [cell(row.scores[label]) if label in row.scores else "" for label in labels]
        lines.append(_line([row.title, row.metric_title, str(row.n), chance, *cells]))
    return "\n".join(lines)


def cell(score: Mapping[str, Any]) -> str:
    """Return `31.0 [22.8, 40.6]`."""
    metric = score["metric"]
    low, high = number(metric, score["ci_low"]), number(metric, score["ci_high"])
    return f"{number(metric, score['value'])} [{low}, {high}]"


def number(metric: str, value: float) -> str:
    """Write a share in percent with one decimal, a perplexity with three digits or more."""
    if metric in SHARES:
        # A chance of one in 100,000 is not zero.
        return f"{100 * value:.1f}" if value == 0 or value >= 5e-4 else f"{100 * value:.0e}"
    return f"{value:,.0f}" if value >= 1000 else f"{value:.4g}"


def _sentence(label: str, judged: Mapping[str, bool | None]) -> str:
    near = [title for title, is_above in judged.items() if not is_above]
    if not near:
        return f"{label}: all {len(judged)} scores lie above chance, intervals included."
    return (
        f"{label}: {len(near)} of {len(judged)} scores are no better than guessing (the 95% "
        f"interval holds chance or lies below it): {', '.join(near)}."
    )


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"
