"""The fields of `materia cost --json`, and the factors as rows for people."""

from __future__ import annotations

from typing import Any

from assets.lineage.cost import CostReport
from assets.lineage.cost_text import few
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
    named = [
        ("one busy core", factors.core_watts),
        ("one core", factors.core_price),
        ("data centre over machines (PUE)", factors.pue),
        ("electricity", factors.carbon),
    ]
    for kind in sorted(report.devices & factors.devices.keys()):
        rate = factors.devices[kind]
        named += [
            (f"one {kind}", rate.watts),
            (f"around one {kind}", rate.host_watts),
            (f"one {kind}", rate.price),
        ]
    rows = []
    for name, factor in named:
        unit = f"{factors.currency} {factor.unit}" if factor.unit == "an hour" else factor.unit
        rows.append((name, f"{few(factor.value)} {unit}".strip(), factor.source))
    return rows
