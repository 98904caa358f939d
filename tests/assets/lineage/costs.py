"""Factors in round figures, and manifests with a given usage: what the tests of costs share."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from assets.fakes import FakeLake, commit_folder
from assets.lineage.factors import DeviceRate, Factor, Factors
from assets.lineage.manifest import Cost, Manifest
from assets.lineage.usage import Usage


def factor(value: float, unit: str = "") -> Factor:
    return Factor(value=value, unit=unit, source="a test")


def factors(default_device: str = "") -> Factors:
    """A core draws 10 W and costs 1, an H200 500 W and 300 around it and costs 4."""
    rate = DeviceRate(name="h200", watts=factor(500), host_watts=factor(300), price=factor(4))
    return Factors(
        devices={"h200": rate},
        default_device=default_device,
        core_watts=factor(10),
        core_price=factor(1),
        pue=factor(2),
        carbon=factor(100),
        currency="EUR",
    )


def manifest(
    folder: Path, node: str = "mixtures/deduped", *, cost: Cost | None = None, **usage: Any
) -> Manifest:
    made = commit_folder(FakeLake(folder / node), node, {"a": b"a"}, partition="tiny")
    return replace(made, cost=cost or Cost(wall_s=60.0), usage=Usage(**usage))
