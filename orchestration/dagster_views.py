"""Dagster's account of an artifact: its materialization events, compared with the manifest."""

from __future__ import annotations

import dagster as dg

from assets.lineage.manifest import Manifest

_DATA_VERSION_TAG = "dagster/data_version"


def check_materialization(instance: dg.DagsterInstance, manifest: Manifest) -> list[str]:
    """Return how Dagster's event log disagrees with a manifest, in plain sentences."""
    key = dg.AssetKey([manifest.family, manifest.name])
    records = instance.fetch_materializations(
        dg.AssetRecordsFilter(asset_key=key), limit=1000
    ).records
    where = f"{manifest.key}@{manifest.short}"
    for record in records:  # newest first
        materialization = record.asset_materialization
        if materialization is None:
            continue
        told = materialization.metadata.get("fingerprint")
        if told is not None and told.value == manifest.fingerprint:
            claim = (materialization.tags or {}).get(_DATA_VERSION_TAG)
            if claim == manifest.digest:
                return []
            return [
                f"{where}: Dagster says data version {str(claim)[:12]}, "
                f"the digest is {manifest.digest[:12]}"
            ]
    return [f"{where}: Dagster has no materialization of it; materialize it again to record one"]
