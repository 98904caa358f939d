"""From the lines of items.jsonl to the scores of report.json; a pure function of both.

Every benchmark gets all the metrics its kind allows, each with its interval; the one its spec
names is the score.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from evaluation.metrics import Estimate, FloatArray, proportion, ratio
from evaluation.spec import BenchmarkSpec, EvaluationSpec
from evaluation.tasks import Item

METRICS = {
    "choice": ("acc", "acc_norm"),
    "continuation": ("exact_match", "perplexity", "perplexity_per_word", "bits_per_byte"),
    "text": ("perplexity", "perplexity_per_word", "bits_per_byte"),
}
_BITS_PER_NAT = 1 / math.log(2)
_UNITS = {
    "perplexity": "num_tokens",
    "perplexity_per_word": "num_words",
    "bits_per_byte": "num_bytes",
}
_FLAGS = {"acc": "correct", "acc_norm": "correct_norm", "exact_match": "greedy"}


def check_items(items: Sequence[Item], benchmarks: Sequence[BenchmarkSpec]) -> None:
    """Raise ValueError unless each benchmark has items, of one kind that allows its metric."""
    kinds: dict[str, set[str]] = {benchmark.name: set() for benchmark in benchmarks}
    for item in items:
        if item.benchmark not in kinds:
            raise ValueError(
                f"{item.name} belongs to no benchmark of the spec: name {item.benchmark}"
            )
        kinds[item.benchmark].add(item.kind)
    for benchmark in benchmarks:
        kind, *others = sorted(kinds[benchmark.name]) or [""]
        if not kind:
            raise ValueError(f"benchmark {benchmark.name} has no items: leave it out of the spec")
        if others:
            raise ValueError(f"benchmark {benchmark.name} mixes the kinds {kind}, {others[0]}")
        if benchmark.metric not in METRICS[kind]:
            raise ValueError(
                f"benchmark {benchmark.name} of kind {kind} has no metric {benchmark.metric!r}: "
                f"use {', '.join(METRICS[kind])}"
            )


def summarise(spec: EvaluationSpec, results: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return one score per model and benchmark, in the order of the spec."""
    groups: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for result in results:
        groups.setdefault((result["model"], result["benchmark"]), []).append(result)
    return [
        _score(model.label, benchmark, groups[model.label, benchmark.name], spec.seed)
        for model in spec.models
        for benchmark in spec.benchmarks
    ]


def _score(
    label: str, benchmark: BenchmarkSpec, results: Sequence[Mapping[str, Any]], seed: int
) -> dict[str, Any]:
    metrics = {
        metric: _estimate(metric, results, seed=_seed(seed, benchmark.name))
        for metric in METRICS[results[0]["kind"]]
    }
    return {
        "model": label,
        "benchmark": benchmark.name,
        "metric": benchmark.metric,
        **asdict(metrics[benchmark.metric]),
        "interval": "wilson" if benchmark.metric in _FLAGS else "bootstrap",
        "chance": benchmark.chance,
        "higher_is_better": benchmark.higher_is_better,
        "n": len(results),
        "truncated": sum(result["truncated"] for result in results),
        "metrics": {metric: asdict(estimate) for metric, estimate in metrics.items()},
    }


def _estimate(metric: str, results: Sequence[Mapping[str, Any]], *, seed: int) -> Estimate:
    if metric in _FLAGS:
        return proportion(np.array([result[_FLAGS[metric]] for result in results]))
    nll, units = _column(results, "nll"), _column(results, _UNITS[metric])
    if metric == "bits_per_byte":
        return ratio(nll * _BITS_PER_NAT, units, seed=seed, exponentiate=False)
    return ratio(nll, units, seed=seed, exponentiate=True)


def _column(results: Sequence[Mapping[str, Any]], name: str) -> FloatArray:
    return np.array([result[name] for result in results], dtype=np.float64)


def _seed(seed: int, benchmark: str) -> int:
    """Give each benchmark a stream of its own, whatever stands beside it in the spec."""
    return int.from_bytes(hashlib.sha256(f"{seed}:{benchmark}".encode()).digest()[:8], "little")
