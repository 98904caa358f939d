"""Truths that hold for reports: scores lie in range and inside their intervals."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from assets.lineage.checks import Check, Verdict
from assets.lineage.manifest import Manifest
from assets.lineage.tables import document
from assets.ports import Lake

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


def _scores(report: Any) -> Iterator[dict[str, Any]]:
    yield from report["scores"]


REPORT_CHECKS = (
    Check(
        name="scores_in_range",
        description="Every score is a number inside its confidence interval.",
        run=scores_in_range,
    ),
)
