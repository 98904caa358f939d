"""Dagster's view of the corpora: raw snapshots, documents, and the benchmarks to keep out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import dagster as dg

from assets.corpora.benchmarks import make_benchmarks
from assets.corpora.checks import (
    BENCHMARK_CHECKS,
    DOCUMENT_CHECKS,
    RAW_CHECKS,
    WITHDRAWN_CHECKS,
)
from assets.corpora.documents import make_documents
from assets.corpora.raw import make_raw
from assets.corpora.snapshot import resolve
from assets.corpora.sources import source
from assets.corpora.withdrawn import make_withdrawn, resolve_withdrawn
from assets.lineage.build import Built, Work
from assets.lineage.defs import artifact_asset
from assets.lineage.step import Step
from assets.lineage.tables import table
from assets.lineage.taint import Tainted, taint_tags, tainted
from assets.partitions import RECIPE_PARTITIONS, SOURCE_PARTITIONS
from assets.platform import Platform
from assets.recipes.graph import raw_step, withdrawn_step

OWNER = "team:data"


def _look_at(platform: Platform, name: str) -> tuple[Step, Work]:
    """Take the snapshot of a source: its identity, and the copying that it implies."""
    snapshot = resolve(source(name), platform.places)
    return raw_step(source(name).to_dict(), snapshot.to_dict()), make_raw(
        snapshot.paths, snapshot.dataset
    )


def _look_for_lists(platform: Platform, partition: str) -> tuple[Step, Work]:
    """Take the snapshot of the lists of withdrawn documents."""
    snapshot = resolve_withdrawn(platform.places.inbox)
    return withdrawn_step(snapshot.to_dict()), make_withdrawn(snapshot.paths)


def _mark_tainted(platform: Platform, built: Built) -> dict[str, Any]:
    """Tag the runs of all that a withdrawn document has reached, and list them on the asset."""
    lake = platform.lake
    found = tainted(lake, table(lake, built.manifest, "withdrawn.parquet"))
    runs = {manifest.fingerprint: manifest.mlflow_run_id for manifest in lake.manifests()}
    # An artifact may be reached in several ways: its run is told the most direct, found first.
    for entry in {e.fingerprint: e for e in reversed(found)}.values():
        if run_id := runs.get(entry.fingerprint):
            platform.tracker.tag_run(run_id, taint_tags(entry, built.manifest.fingerprint))
    return tainted_metadata(found)


def tainted_metadata(found: Sequence[Tainted]) -> dict[str, Any]:
    """Return the table of tainted artifacts that stands on the asset's page."""
    rows = [f"| {e.artifact} | {e.how} | {e.num_documents} | {e.tokens:,} |" for e in found]
    head = ["| artifact | how | documents | tokens |", "| --- | --- | ---: | ---: |"]
    return {"tainted": dg.MetadataValue.md("\n".join([*head, *rows]) if found else "nothing")}


raw = artifact_asset(
    "corpora/raw",
    None,
    description="The files of a source exactly as they were found; a new snapshot is a new "
    "artifact.",
    partitions=SOURCE_PARTITIONS,
    kinds={"file"},
    owner=OWNER,
    checks=RAW_CHECKS,
    prepare=_look_at,
)

documents = artifact_asset(
    "corpora/documents",
    make_documents,
    description="One row per document in the common schema: normalised, language known, passed "
    "the quality rules. What was dropped or quarantined lies beside it with the reason.",
    partitions=SOURCE_PARTITIONS,
    deps=["corpora/raw"],
    kinds={"polars", "parquet"},
    owner=OWNER,
    checks=DOCUMENT_CHECKS,
)

withdrawn = artifact_asset(
    "corpora/withdrawn",
    None,
    description="Documents that may no longer be used: withdrawn, retracted, objected to. From the "
    "lists in the inbox folder `withdrawn`; every mixture leaves them and their exact copies out.",
    partitions=None,
    kinds={"file"},
    owner=OWNER,
    checks=WITHDRAWN_CHECKS,
    prepare=_look_for_lists,
    publish=_mark_tainted,
)

benchmarks = artifact_asset(
    "corpora/benchmarks",
    make_benchmarks,
    description="Every item of every benchmark the recipe is judged by. Never trained on: the "
    "mixtures are cleared of it.",
    partitions=RECIPE_PARTITIONS,
    kinds={"polars", "parquet"},
    owner="team:evaluation",
    checks=BENCHMARK_CHECKS,
)

ASSETS = [raw, documents, withdrawn, benchmarks]
