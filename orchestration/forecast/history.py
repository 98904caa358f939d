"""What earlier artifacts of a node took, and which of them is most like a step to come."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from assets.lineage.audit import ArtifactGraph
from assets.lineage.manifest import Manifest
from assets.lineage.step import Step
from assets.ports import Lake
from orchestration.forecast.size import (
    has_job,
    is_training,
    train_tokens,
    train_work,
    volume_of,
    work_of,
    written_size,
)

_FAR = 100.0
"""Times the work, beyond which an earlier artifact says little (our choice)."""
_APART = 2.0
"""Times the work, from which two artifacts tell a start from what grows (our choice)."""


@dataclass(frozen=True, kw_only=True)
class Like:
    """An earlier artifact, and how many times its work a step is."""

    manifest: Manifest
    scale: float
    growth: float
    """How many times its hours that takes; of a job, of its steps alone."""
    is_scaled: bool
    """False when a size is not known: then the earlier one is taken as it was."""

    @property
    def is_far(self) -> bool:
        return not 1 / _FAR <= self.scale <= _FAR


class History:
    """All that a lake has recorded; read once."""

    def __init__(self, lake: Lake) -> None:
        self.graph = ArtifactGraph.of(lake)
        self._by_node: dict[str, list[Manifest]] = {}
        for manifest in self.graph.nodes.values():
            node = f"{manifest.family}/{manifest.name}"
            self._by_node.setdefault(node, []).append(manifest)

    def find(self, step: Step) -> Manifest | None:
        return self.graph.nodes.get(step.fingerprint)

    def like(self, step: Step, work: float | None) -> Like | None:
        """Return the artifact of the same node whose work is nearest, the newest of equals.

        One of an older version, whose CPU time nobody measured, is the last resort.
        """
        best: tuple[tuple[bool, float, bool], Manifest, float | None] | None = None
        made = self._by_node.get(step.node, ())
        for manifest in sorted(made, key=lambda m: m.finished_at, reverse=True):
            earlier = self._work_of(manifest)
            scale = work / earlier if work and earlier else None
            rank = (
                manifest.usage.cpu_s is None,
                abs(math.log(scale)) if scale else math.inf,
                manifest.partition != step.partition,
            )
            if best is None or rank < best[0]:
                best = (rank, manifest, scale)
        if best is None:
            return None
        _, manifest, scale = best
        if scale is None or work is None:
            return Like(manifest=manifest, scale=1.0, growth=1.0, is_scaled=False)
        growth = scale if has_job(step) else self._growth(manifest, work) or scale
        return Like(manifest=manifest, scale=scale, growth=growth, is_scaled=True)

    def _growth(self, near: Manifest, work: float) -> float | None:
        """Return how CPU time grows by the line through an artifact and the one least like it.

        None where there is no such line: a start that takes time, and more work that takes more.
        """
        here, spent = self._work_of(near), near.usage.cpu_s
        others = [
            (other, manifest.usage.cpu_s)
            for manifest in self._by_node[f"{near.family}/{near.name}"]
            if manifest.usage.cpu_s and (other := self._work_of(manifest))
        ]
        if not here or not spent or not others:
            return None
        other, taken = max(others, key=lambda pair: abs(math.log(pair[0] / here)))
        if not (other / here >= _APART or here / other >= _APART):
            return None
        slope = (taken - spent) / (other - here)
        start = spent - slope * here
        return (start + slope * work) / spent if slope > 0 and start >= 0 else None

    def newest_device(self) -> str:
        """Return what the last job ran on, as its driver named it; "" when nobody told."""
        newest = sorted(self.graph.nodes.values(), key=lambda m: m.finished_at, reverse=True)
        return next((m.usage.device for m in newest if m.usage.device), "")

    def volume_to_come(self, step: Step, like: Like) -> float:
        """Return about how much a step will hold, as its earlier artifact did."""
        return volume_of(like.manifest) * self.output_growth(step, like)

    def output_growth(self, step: Step, like: Like) -> float:
        """Return how many times what an earlier artifact wrote a step will write."""
        now, then = written_size(step), written_size(self._as_step(like.manifest)[0])
        return now / then if now and then else like.scale

    def _work_of(self, manifest: Manifest) -> float | None:
        step, volumes = self._as_step(manifest)
        if not is_training(step):
            return work_of(step, lambda above: volumes.get(id(above)))
        if "steps" not in manifest.counts:
            return None
        config = {**manifest.config, "steps": manifest.counts["steps"]}
        config.pop("epochs", None)
        tokens = train_tokens(config, None)
        return None if tokens is None else train_work(config, tokens)

    def _as_step(self, manifest: Manifest) -> tuple[Step, dict[int, float]]:
        """Return the step of an artifact as far as sizes look, and what its inputs hold.

        An input that is gone leaves the step without inputs, so that its work is not known.
        """
        found = [self.graph.nodes.get(record.fingerprint) for record in manifest.inputs]
        known = [each for each in found if each is not None]
        steps = [self._deep(each) for each in known] if len(known) == len(found) else []
        volumes = {id(step): volume_of(each) for step, each in zip(steps, known, strict=False)}
        return _as_step(manifest, steps), volumes

    def _deep(self, manifest: Manifest) -> Step:
        """Return an input's step with its own inputs: shards of a mixture look that far."""
        found = [self.graph.nodes.get(record.fingerprint) for record in manifest.inputs]
        return _as_step(manifest, [_as_step(each, ()) for each in found if each is not None])


def _as_step(manifest: Manifest, inputs: Iterable[Step]) -> Step:
    return Step(
        family=manifest.family,
        name=manifest.name,
        partition=manifest.partition,
        code_version=manifest.code_version,
        config=manifest.config,
        inputs=tuple(inputs),
    )
