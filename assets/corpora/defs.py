"""Dagster's view of the corpora: raw snapshots, documents, and the benchmarks to keep out."""

from __future__ import annotations

from assets.corpora.benchmarks import make_benchmarks
from assets.corpora.checks import BENCHMARK_CHECKS, DOCUMENT_CHECKS, RAW_CHECKS
from assets.corpora.documents import make_documents
from assets.corpora.raw import make_raw
from assets.corpora.snapshot import resolve
from assets.corpora.sources import source
from assets.lineage.build import Work
from assets.lineage.defs import artifact_asset
from assets.lineage.step import Step
from assets.partitions import RECIPE_PARTITIONS, SOURCE_PARTITIONS
from assets.platform import Platform
from assets.recipes.graph import raw_step

OWNER = "team:data"


def _look_at(platform: Platform, name: str) -> tuple[Step, Work]:
    """Take the snapshot of a source: its identity, and the copying that it implies."""
    snapshot = resolve(source(name), platform.inbox)
    return raw_step(source(name).to_dict(), snapshot.to_dict()), make_raw(snapshot.paths)


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

ASSETS = [raw, documents, benchmarks]
