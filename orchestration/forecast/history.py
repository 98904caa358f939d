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
    asked_size,
    bytes_of,
    bytes_read,
    is_training,
    train_tokens,
    train_work,
    written_size,
)


@dataclass(frozen=True, kw_only=True)
class Like:
    """An earlier artifact, and how many times its work a step is."""

    manifest: Manifest
    scale: float
    is_scaled: bool
    """False when a size is not known: then the earlier one is taken as it was."""


class History:
    """All that a lake has recorded; read once."""

    def __init__(self, lake: Lake) -> None:
        self._lake = lake
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
        best: tuple[tuple[bool, float, bool], Like] | None = None
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
                like = Like(manifest=manifest, scale=scale or 1.0, is_scaled=scale is not None)
                best = (rank, like)
        return best[1] if best else None

    def newest_device(self) -> str:
        """Return what the last job ran on, as its driver named it; "" when nobody told."""
        newest = sorted(self.graph.nodes.values(), key=lambda m: m.finished_at, reverse=True)
        return next((m.usage.device for m in newest if m.usage.device), "")

    def bytes_written(self, step: Step, like: Like) -> float:
        """Return about how many bytes a step will write, as its earlier artifact did."""
        now, then = written_size(step), written_size(self._as_step(like.manifest))
        growth = now / then if now and then else like.scale
        return bytes_of(like.manifest) * growth

    def _work_of(self, manifest: Manifest) -> float | None:
        step = self._as_step(manifest)
        if not is_training(step):
            return asked_size(step) or bytes_read(manifest, self._lake)
        if "steps" not in manifest.counts:
            return None
        config = {**manifest.config, "steps": manifest.counts["steps"]}
        config.pop("epochs", None)
        tokens = train_tokens(config, None)
        return None if tokens is None else train_work(config, tokens)

    def _as_step(self, manifest: Manifest) -> Step:
        """Return the step of an artifact, as far as sizes look: with its direct inputs."""
        found = (self.graph.nodes.get(record.fingerprint) for record in manifest.inputs)
        return _as_step(manifest, [each for each in found if each is not None])


def _as_step(manifest: Manifest, inputs: Iterable[Manifest]) -> Step:
    return Step(
        family=manifest.family,
        name=manifest.name,
        partition=manifest.partition,
        code_version=manifest.code_version,
        config=manifest.config,
        inputs=tuple(_as_step(each, ()) for each in inputs),
    )
