"""The curriculum: what each stage of training was asked to do, and what it did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from assets.lineage.manifest import Manifest
from assets.lineage.tables import document, has_file
from assets.ports import Lake
from assets.releases.evidence.facts import Facts
from assets.releases.evidence.passport.artifacts import node_of
from assets.releases.evidence.passport.curves import Curve, curve_of

PLAN = "plan.json"


@dataclass(frozen=True, kw_only=True)
class Training:
    """One stage; None is what its record does not say."""

    artifact: int
    node: str
    learns: str
    steps: int
    tokens: int
    context_tokens: int | None
    batch_samples: int | None
    rate: str
    rope_theta: float | None
    medical_share: float | None
    """Share of medical tokens that the stage's mixture achieved."""
    final_loss: float | None
    device_s: float
    curve: Curve | None


def trainings_of(lake: Lake, facts: Facts, places: Mapping[str, int]) -> tuple[Training, ...]:
    """Return the stages in the order in which they were trained."""
    return tuple(_training(lake, facts, m, places[m.fingerprint]) for m in facts.trainings)


def _training(lake: Lake, facts: Facts, training: Manifest, artifact: int) -> Training:
    config = training.config
    return Training(
        artifact=artifact,
        node=node_of(training),
        learns="answers to questions" if training.family == "models" else "documents",
        steps=training.counts["steps"],
        tokens=training.counts["tokens"],
        context_tokens=config.get("context_tokens"),
        batch_samples=config.get("batch_samples"),
        rate=_rate(config.get("schedule")),
        rope_theta=config.get("model", {}).get("rope_theta"),
        medical_share=_medical_share(lake, facts, training),
        final_loss=training.metrics.get("final_loss"),
        device_s=training.cost.device_s,
        curve=curve_of(lake, training),
    )


def _rate(schedule: dict[str, Any] | None) -> str:
    if schedule is None:
        return ""
    if schedule["decay"] == "constant":
        return f"{schedule['peak_lr']:g}, constant"
    return f"{schedule['peak_lr']:g} to {schedule['final_lr']:g}, {schedule['decay']}"


def _medical_share(lake: Lake, facts: Facts, training: Manifest) -> float | None:
    """Return what the plan of the stage's mixture achieved, found through its shards."""
    known = {manifest.fingerprint: manifest for manifest in facts.chain}
    for record in training.inputs:
        if record.family != "tokenizers":
            continue
        for deeper in known[record.fingerprint].inputs:
            mixture = known[deeper.fingerprint]
            if mixture.family == "mixtures" and has_file(mixture, PLAN):
                domains = document(lake, mixture, PLAN)["domains"]
                return float(domains.get("medical", {"achieved_share": 0.0})["achieved_share"])
    return None
