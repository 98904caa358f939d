"""Truths that hold for reports: scores lie in range and inside their intervals."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from assets.lineage.checks import Check, Verdict
from assets.lineage.manifest import Manifest
from assets.lineage.tables import document
from assets.ports import Lake
from assets.recipes.ablation import VARIANTS

_UNBOUNDED = ("perplexity",)


def scores_in_range(manifest: Manifest, lake: Lake) -> Verdict:
    scores = list(_scores(document(lake, manifest, "report.json")))
    bad = [
        f"{score['model']}/{score['benchmark']}"
        for score in scores
        if not math.isfinite(score["value"])
        or not score["ci_low"] <= score["value"] <= score["ci_high"]
        or (score["metric"] not in _UNBOUNDED and not 0 <= score["value"] <= 1)
    ]
    return Verdict(
        passed=bool(scores) and not bad,
        reason=f"{len(scores)} scores, out of range: {', '.join(bad) or 'none'}",
    )


def every_model_has_every_score(manifest: Manifest, lake: Lake) -> Verdict:
    scores = list(_scores(document(lake, manifest, "scorecard.json")))
    told = {(score["model"], score["benchmark"]) for score in scores}
    models, benchmarks = {m for m, _ in told}, {b for _, b in told}
    missing = sorted(f"{m}/{b}" for m in models for b in benchmarks if (m, b) not in told)
    return Verdict(
        passed=bool(told) and not missing,
        reason=f"{len(models)} models, {len(benchmarks)} benchmarks, missing: {missing or 'none'}",
    )


def every_variant_has_a_row(manifest: Manifest, lake: Lake) -> Verdict:
    text = lake.fetch(manifest, manifest.file("ablation.md")).read_text()
    missing = [VARIANTS[v] for v in manifest.config["variants"] if VARIANTS[v] not in text]
    return Verdict(
        passed=not missing and "toy" in text,
        reason=f"{len(manifest.config['variants'])} variants, without a row: {missing or 'none'}",
    )


def _scores(report: Any) -> Iterator[dict[str, Any]]:
    yield from report["scores"]


REPORT_CHECKS = (
    Check(
        name="scores_in_range",
        description="Every score is a number inside its confidence interval.",
        run=scores_in_range,
    ),
)
SCORECARD_CHECKS = (
    Check(
        name="every_model_has_every_score",
        description="Every judged model has a score on every benchmark.",
        run=every_model_has_every_score,
    ),
)
ABLATION_CHECKS = (
    Check(
        name="every_variant_has_a_row",
        description="All variants are in the table, labelled as toy size.",
        run=every_variant_has_a_row,
    ),
)
