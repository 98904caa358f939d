"""Tells Dagster what our fingerprints say: stale or current, with the reasons, per partition.

Dagster's own judgement looks one edge up, at data versions, and knows no recipe. An observation
on the asset's page says what it cannot see; one is written only when something has changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import dagster as dg

from assets.ports import Lake
from assets.recipes.resolve import resolve_graph
from orchestration.staleness import Stale, stale_artifacts

STALE = "stale"


def tell_pages(instance: dg.DagsterInstance, lake: Lake, recipe: str) -> int:
    """Write on a recipe's pages what is stale and what is current again; returns how many."""
    steps = resolve_graph(recipe, lake).steps.values()
    found = stale_artifacts(lake, recipe)
    return report_staleness(instance, found, [(step.node, step.partition) for step in steps])


def report_staleness(
    instance: dg.DagsterInstance, stale: Iterable[Stale], current: Iterable[tuple[str, str]]
) -> int:
    """Observe stale places, and current ones (node, partition) that were said to be stale.

    Returns how many observations that took.
    """
    wanted = {(entry.node, entry.partition): _metadata(entry) for entry in stale}
    for place in current:
        wanted.setdefault(place, {STALE: dg.MetadataValue.bool(False)})
    num_reported = 0
    for (node, partition), metadata in sorted(wanted.items(), key=lambda item: item[0]):
        told = _last_told(instance, node, partition)
        is_news = bool(metadata[STALE].value) if told is None else told != metadata
        if is_news:
            instance.report_runless_asset_event(
                dg.AssetObservation(
                    asset_key=dg.AssetKey(node.split("/")),
                    partition=partition or None,
                    metadata=metadata,
                )
            )
            num_reported += 1
    return num_reported


def _metadata(entry: Stale) -> Mapping[str, dg.MetadataValue[Any]]:
    return {
        STALE: dg.MetadataValue.bool(True),
        "why": dg.MetadataValue.text("; ".join(entry.reasons)),
        "because_of": dg.MetadataValue.text(", ".join(entry.roots)),
        "wanted_fingerprint": dg.MetadataValue.text(entry.wanted),
        "last_fingerprint": dg.MetadataValue.text(entry.last or "none"),
    }


def _last_told(
    instance: dg.DagsterInstance, node: str, partition: str
) -> Mapping[str, dg.MetadataValue[Any]] | None:
    """Return the metadata of our newest observation of a place, if there is one."""
    found = instance.fetch_observations(
        dg.AssetRecordsFilter(
            asset_key=dg.AssetKey(node.split("/")),
            asset_partitions=[partition] if partition else None,
        ),
        limit=20,
    ).records
    for record in found:
        observation = record.asset_observation
        if observation is not None and STALE in observation.metadata:
            return observation.metadata
    return None
