"""What making an artifact published elsewhere, found again without publishing anything."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assets.corpora.defs import tainted_metadata
from assets.lineage.manifest import Manifest
from assets.lineage.tables import table
from assets.lineage.taint import tainted
from assets.ports import Lake
from orchestration.dagster_rebuild import Published
from orchestration.mlflow_models import CANDIDATE, is_release, recipe_of, registered_name
from orchestration.tracker import MlflowTracker


def published_in(tracker: MlflowTracker, lake: Lake) -> Published:
    """Return the metadata that stand on a release's page and on that of the withdrawals."""

    def published(manifest: Manifest) -> Mapping[str, Any]:
        if is_release(manifest):
            recipe = recipe_of(manifest)
            version = tracker.writer.models.version_of(manifest, recipe)
            return {
                "registered_model": registered_name(recipe),
                "version": str(version.version) if version is not None else "",
                "alias": CANDIDATE,
            }
        if (manifest.family, manifest.name) == ("corpora", "withdrawn"):
            return tainted_metadata(tainted(lake, table(lake, manifest, "withdrawn.parquet")))
        return {}

    return published
