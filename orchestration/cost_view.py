"""The fields of `materia cost --json`, and the factors as rows for people."""

from __future__ import annotations

from typing import Any

from assets.lineage.cost import CostReport
from assets.lineage.factor_rows import factor_rows as rows_of
from assets.lineage.factors import Factors


def cost_view(report: CostReport, factors: Factors) -> dict[str, Any]:
    first = report.artifacts[0]
    return {
        "artifact": first.key,
        "fingerprint": first.fingerprint,
        "currency": factors.currency,
        "num_gone": report.num_gone,
        "own": report.own.to_dict(),
        "inherited": report.inherited.to_dict(),
        "total": report.total.to_dict(),
        "nodes": [
            {"node": n.node, "num_artifacts": n.num_artifacts, "own": n.own.to_dict()}
            for n in report.nodes
        ],
        "artifacts": [artifact.to_dict() for artifact in report.artifacts],
        "factors": factors.to_dict(report.devices),
    }


def factor_rows(report: CostReport, factors: Factors) -> list[tuple[str, str, str]]:
    """Return (name, value with unit, source) of the factors that the report rests on."""
    return rows_of(report.devices, factors)
