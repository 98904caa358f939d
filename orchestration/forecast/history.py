"""What earlier artifacts of a node took, and which of them is most like a step to come."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from statistics import median

from assets.lineage.audit import ArtifactGraph
from assets.lineage.manifest import Manifest
from assets.lineage.step import Step
from assets.lineage.usage import CPU
from assets.ports import Lake
from orchestration.forecast.growth import (
    JOB_START_S,
    Growth,
    Sample,
    growth_of_unknown_size,
    growth_of_work,
    line_through,
)
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


@dataclass(frozen=True, kw_only=True)
class Like:
    """An earlier artifact, and how many times its work a step is."""

    manifest: Manifest
    scale: float
    growth: Growth | None
    """How many times its hours that takes; None for a job, whose steps alone grow."""
    is_scaled: bool
    """False when a size is not known: then the earlier one is taken as it was."""

    @property
    def is_far(self) -> bool:
        return is_far(self.scale)


class History:
    """All that a lake has recorded; read once."""

    def __init__(self, lake: Lake) -> None:
        self.graph = ArtifactGraph.of(lake)
        self._by_node: dict[str, list[Manifest]] = {}
        self._works: dict[str, float | None] = {}
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
            unknown = growth_of_unknown_size()
            return Like(manifest=manifest, scale=1.0, growth=unknown, is_scaled=False)
        growth = None if has_job(step) else self._growth(manifest, work)
        return Like(manifest=manifest, scale=scale, growth=growth, is_scaled=True)

    def _growth(self, near: Manifest, work: float) -> Growth:
        """Return how data work grows from an artifact, with bounds by all that are not far."""
        samples = [
            Sample(spent_s=spent, compile_s=manifest.usage.compile_s, scale=work / other)
            for manifest in self._near_first(near)
            if (spent := _spent_s(manifest)) and (other := self._work_of(manifest))
        ]
        if not _spent_s(near):
            return growth_of_unknown_size()
        around = [each for each in samples[1:] if not is_far(each.scale)]
        return growth_of_work([samples[0], *around], line_through(samples))

    def _near_first(self, near: Manifest) -> list[Manifest]:
        made = self._by_node[f"{near.family}/{near.name}"]
        same = [m for m in made if (m.usage.cpu_s is None) == (near.usage.cpu_s is None)]
        return [near, *(m for m in same if m is not near)]

    def job_start_s(self, device_of: Callable[[str], str], kind: str) -> float:
        """Return what a job on such devices usually takes beside its steps."""
        taken = [
            (m.usage.device_s - m.cost.device_s) / (m.usage.ranks or 1)
            for m in self.graph.nodes.values()
            if m.usage.device_s and 0 < m.cost.device_s < m.usage.device_s
            if m.usage.device and device_of(m.usage.device) == kind
        ]
        return median(taken) if taken else JOB_START_S

    def cores_of_a_rank(self) -> float | None:
        """Return how many cores a job on processors usually keeps busy; None before any."""
        taken = [
            m.usage.cpu_s / m.usage.device_s
            for m in self.graph.nodes.values()
            if m.usage.device == CPU and m.usage.device_s and m.usage.cpu_s
        ]
        return median(taken) if taken else None

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
        if manifest.fingerprint not in self._works:
            self._works[manifest.fingerprint] = self._count_work(manifest)
        return self._works[manifest.fingerprint]

    def _count_work(self, manifest: Manifest) -> float | None:
        step, volumes = self._as_step(manifest)
        if not is_training(step):
            return work_of(step, lambda above: volumes.get(id(above)))
        tokens = self.tokens_of(manifest)
        return None if tokens is None else train_work(manifest.config, tokens)

    def tokens_of(self, manifest: Manifest) -> float | None:
        """Return the tokens of a training that was made, as those of one to come are counted."""
        if "steps" not in manifest.counts:
            return None
        config = {**manifest.config, "steps": manifest.counts["steps"]}
        config.pop("epochs", None)
        return train_tokens(config, None)

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


def is_far(scale: float) -> bool:
    return not 1 / _FAR <= scale <= _FAR


def _spent_s(manifest: Manifest) -> float:
    """Return its CPU time; of older records, which have none, the time by the clock."""
    return manifest.cost.wall_s if manifest.usage.cpu_s is None else manifest.usage.cpu_s


def _as_step(manifest: Manifest, inputs: Iterable[Step]) -> Step:
    return Step(
        family=manifest.family,
        name=manifest.name,
        partition=manifest.partition,
        code_version=manifest.code_version,
        config=manifest.config,
        inputs=tuple(inputs),
    )
