"""How far documents have reached the weights: tokens, readings and exact steps, model by model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import polars as pl

from assets.lineage.audit import ArtifactGraph
from assets.lineage.forgetting.searching import packed_ids
from assets.lineage.manifest import Manifest
from assets.lineage.readings import models_of, packed_pieces, readings
from assets.lineage.tables import document, has_file, has_table
from assets.ports import Lake
from training.shards import steps_without_update

MAX_STEPS = 1000
"""Steps listed by number; all are counted."""


@dataclass(frozen=True, kw_only=True)
class Exposure:
    """One model, or one set of shards that it was trained on, and what it read of documents."""

    model: str
    fingerprint: str
    partition: str
    stage: str
    """Its node: checkpoints/stage2."""
    shards: str
    shards_fingerprint: str
    documents: int
    packed_tokens: int
    read_tokens: int
    """Every reading counted."""
    readings: int
    """Samples with such tokens that training read, every time."""
    max_epochs: int
    """Most readings of one sample."""
    first_step: int | None
    last_step: int | None
    """0-based; None when training ended before their turn."""
    num_steps: int
    steps: tuple[int, ...]
    steps_without_update: tuple[int, ...]
    """Those of the steps that were dropped or undone: read, but not learned from."""

    @property
    def has_learned(self) -> bool:
        """Whether some step that read them has updated the weights."""
        return self.num_steps > len(self.steps_without_update)


def exposures(lake: Lake, graph: ArtifactGraph, doc_ids: pl.Series) -> list[Exposure]:
    """Return the models whose shards hold some documents, or questions about them."""
    nodes = list(graph.nodes.values())
    asking = [m for m in nodes if f"{m.family}/{m.name}" == "synthesis/questions"]
    packable = packed_ids(lake, asking, doc_ids)
    found = []
    for shards in nodes:
        if shards.family != "tokenizers" or not has_table(shards, "index"):
            continue
        packed = packed_pieces(lake, shards, packable)
        if packed.height:
            found += list(_of_shards(lake, graph, shards, packed))
    return sorted(found, key=lambda e: (e.partition, e.stage, e.fingerprint))


def affected_by(
    graph: ArtifactGraph, found: list[Exposure], families: tuple[str, ...]
) -> dict[str, list[Exposure]]:
    """Return, by fingerprint, what descends from models that have learned from the documents."""
    reached: dict[str, list[Exposure]] = {}
    for exposure in found:
        if not exposure.has_learned:
            continue
        for manifest in graph.descendants(graph.nodes[exposure.fingerprint]):
            if manifest.family in families:
                reached.setdefault(manifest.fingerprint, []).append(exposure)
    return reached


def _of_shards(
    lake: Lake, graph: ArtifactGraph, shards: Manifest, packed: pl.DataFrame
) -> Iterator[Exposure]:
    length = packed["end"].cast(pl.Int64) - packed["start"].cast(pl.Int64)
    for model in models_of(graph, shards):
        read = readings(lake, shards, model, packed["sample"])
        times = pl.Series([len(read[sample]) for sample in packed["sample"].to_list()])
        steps = sorted({step for found in read.values() for step in found})
        undone = _without_update(lake, model)
        seen = packed.filter(times > 0)
        yield Exposure(
            model=model.key,
            fingerprint=model.fingerprint,
            partition=model.partition,
            stage=f"{model.family}/{model.name}",
            shards=shards.key,
            shards_fingerprint=shards.fingerprint,
            documents=seen["doc_id"].n_unique(),
            packed_tokens=int(length.sum()),
            read_tokens=int((length * times).sum()),
            readings=sum(len(found) for found in read.values()),
            max_epochs=max(len(found) for found in read.values()),
            first_step=steps[0] if steps else None,
            last_step=steps[-1] if steps else None,
            num_steps=len(steps),
            steps=tuple(steps[:MAX_STEPS]),
            steps_without_update=tuple(step for step in steps if step in undone),
        )


def _without_update(lake: Lake, model: Manifest) -> frozenset[int]:
    if not has_file(model, "result.json"):
        return frozenset()
    result: dict[str, Any] = document(lake, model, "result.json")
    return steps_without_update(result)
