"""What an artifact cost, by itself and with all that went into it; pure, from manifests alone.

Measured are hours, tokens and the devices' energy; operations are counted by formula; energy as
a whole, CO2 and money follow from stated factors. What no record tells is unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from assets.lineage.factors import Factors
from assets.lineage.figures import (
    ALL_UNKNOWN,
    NOTHING,
    UNKNOWN,
    Figure,
    Figures,
    add,
    estimated,
    measured,
    total,
)
from assets.lineage.manifest import Manifest
from assets.lineage.usage import CPU

_S_PER_HOUR = 3600.0
_J_PER_KWH = 3.6e6


@dataclass(frozen=True, kw_only=True)
class ArtifactCost:
    key: str
    node: str
    fingerprint: str
    device: str
    """Kind of the devices of its job: h200, cpu; "" without a job or where nobody knows."""
    finished_at: str
    own: Figures

    def to_dict(self) -> dict[str, Any]:
        return {**vars(self), "own": self.own.to_dict()}


@dataclass(frozen=True, kw_only=True)
class NodeCost:
    """The artifacts of one node together: corpora/raw, say."""

    node: str
    num_artifacts: int
    own: Figures


@dataclass(frozen=True, kw_only=True)
class CostReport:
    """An artifact, and everything that went into it, each counted once."""

    artifacts: tuple[ArtifactCost, ...]
    """The artifact itself first."""
    num_gone: int
    """Artifacts that were read and are no longer in the lake."""
    own: Figures
    inherited: Figures
    total: Figures

    @property
    def nodes(self) -> list[NodeCost]:
        """Return costs by node, in the order of making."""
        return by_node(sorted(self.artifacts, key=lambda artifact: artifact.finished_at))

    @property
    def devices(self) -> set[str]:
        return {artifact.device for artifact in self.artifacts} - {""}


def cost_report(manifests: Sequence[Manifest], factors: Factors) -> CostReport:
    """Return the costs of an artifact, which is the first, and of its ancestors, the others.

    An ancestor that is no longer in the lake is unknown in every sum.
    """
    artifacts = tuple(cost_of(manifest, factors) for manifest in manifests)
    present = {manifest.fingerprint for manifest in manifests}
    read = {record.fingerprint for manifest in manifests for record in manifest.inputs}
    own = artifacts[0].own
    above = [artifact.own for artifact in artifacts[1:]] + [ALL_UNKNOWN] * len(read - present)
    return CostReport(
        artifacts=artifacts,
        num_gone=len(read - present),
        own=own,
        inherited=total(above),
        total=total([own, *above]),
    )


def by_node(artifacts: Iterable[ArtifactCost]) -> list[NodeCost]:
    """Return costs added up by node, in the order in which nodes first appear."""
    grouped: dict[str, list[ArtifactCost]] = {}
    for artifact in artifacts:
        grouped.setdefault(artifact.node, []).append(artifact)
    return [
        NodeCost(node=node, num_artifacts=len(members), own=total(m.own for m in members))
        for node, members in grouped.items()
    ]


def cost_of(manifest: Manifest, factors: Factors) -> ArtifactCost:
    """Return what one artifact took by itself."""
    has_job = job_was_run(manifest)
    device = factors.device_of(manifest.usage.device) if has_job else ""
    cost = manifest.cost
    return ArtifactCost(
        key=manifest.key,
        node=f"{manifest.family}/{manifest.name}",
        fingerprint=manifest.fingerprint,
        device=device,
        finished_at=manifest.finished_at,
        own=figures_of(
            factors,
            device=device,
            has_job=has_job,
            wall_s=measured(cost.wall_s),
            cpu_hours=measured(_hours(manifest.usage.cpu_s)),
            device_hours=measured(_hours(_device_s(manifest))),
            drawn=_device_energy(manifest) if has_job and device != CPU else NOTHING,
            tokens=measured(cost.tokens) if cost.tokens else NOTHING,
            flops=estimated(cost.flops) if cost.flops else NOTHING,
        ),
    )


def figures_of(
    factors: Factors,
    *,
    device: str,
    has_job: bool,
    wall_s: Figure,
    cpu_hours: Figure,
    device_hours: Figure,
    drawn: Figure,
    tokens: Figure,
    flops: Figure,
) -> Figures:
    """Return hours with the energy, CO2 and money that follow from them."""
    energy = _energy(device, has_job, cpu_hours, device_hours, drawn, factors)
    return Figures(
        wall_s=wall_s,
        cpu_hours=cpu_hours,
        device_hours=device_hours,
        tokens=tokens,
        flops=flops,
        device_energy_kwh=drawn,
        energy_kwh=energy,
        co2_kg=energy.times(factors.carbon.value / 1000),
        price=_price(device, has_job, cpu_hours, device_hours, factors),
    )


def job_was_run(manifest: Manifest) -> bool:
    """Return whether a job made it; before ranks were recorded, operations tell."""
    if manifest.usage.ranks is not None:
        return manifest.usage.ranks > 0
    return bool(manifest.cost.flops or manifest.cost.device_s)


def _price(
    device: str, has_job: bool, cpu_hours: Figure, device_hours: Figure, factors: Factors
) -> Figure:
    """Return money: of the devices that were held, or of the cores that were busy."""
    if not has_job or device == CPU:
        return cpu_hours.times(factors.core_price.value)
    if device not in factors.devices:
        return UNKNOWN
    return device_hours.times(factors.devices[device].price.value)


def _energy(
    device: str,
    has_job: bool,
    cpu_hours: Figure,
    device_hours: Figure,
    drawn: Figure,
    factors: Factors,
) -> Figure:
    if not has_job or device == CPU:
        return cpu_hours.times(factors.core_watts.value / 1000 * factors.pue.value)
    if device not in factors.devices:
        return UNKNOWN
    rate = factors.devices[device]
    # The processor's share of a node with accelerators is part of host_watts.
    of_devices = drawn if drawn.value is not None else device_hours.times(rate.watts.value / 1000)
    around = device_hours.times(rate.host_watts.value / 1000)
    if of_devices.value is None or around.value is None:
        return UNKNOWN
    return add([of_devices, around]).times(factors.pue.value)


def _device_s(manifest: Manifest) -> float | None:
    """Return seconds that devices were held; in older records only those of the steps."""
    if manifest.usage.device_s is not None:
        return manifest.usage.device_s
    if manifest.cost.device_s:
        return manifest.cost.device_s
    return None if job_was_run(manifest) else 0.0


def _device_energy(manifest: Manifest) -> Figure:
    joules = manifest.usage.energy_j
    return measured(None if joules is None else joules / _J_PER_KWH)


def _hours(seconds: float | None) -> float | None:
    return None if seconds is None else seconds / _S_PER_HOUR
