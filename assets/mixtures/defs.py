"""Dagster's view of the mixtures: deduplicated, decontaminated, and one plan per stage."""

from __future__ import annotations

import dagster as dg

from assets.lineage.defs import artifact_asset
from assets.mixtures.checks import DECONTAMINATED_CHECKS, DEDUPED_CHECKS, STAGE_CHECKS
from assets.mixtures.decontaminate import make_decontaminated
from assets.mixtures.dedup import make_deduped
from assets.mixtures.stages import make_stage
from assets.partitions import RECIPE_PARTITIONS, sources_of_recipes

OWNER = "team:data"
STAGES = {
    "stage1": "general knowledge",
    "stage2": "medical basic knowledge",
    "stage3": "medical advanced knowledge",
}

deduped = artifact_asset(
    "mixtures/deduped",
    make_deduped,
    description="The recipe's documents with exact and near duplicates merged over all sources; "
    "each keeps its duplicate count, and every merge its evidence.",
    partitions=RECIPE_PARTITIONS,
    deps=[
        dg.AssetDep(dg.AssetKey(["corpora", "documents"]), partition_mapping=sources_of_recipes())
    ],
    kinds={"polars", "parquet"},
    owner=OWNER,
    checks=DEDUPED_CHECKS,
)

decontaminated = artifact_asset(
    "mixtures/decontaminated",
    make_decontaminated,
    description="The deduplicated documents without those that share a 13-gram with a benchmark; "
    "a held-out split for perplexity is set apart.",
    partitions=RECIPE_PARTITIONS,
    deps=["mixtures/deduped", "corpora/benchmarks"],
    kinds={"polars", "parquet"},
    owner=OWNER,
    checks=DECONTAMINATED_CHECKS,
)

stages = [
    artifact_asset(
        f"mixtures/{stage}",
        make_stage,
        description=f"Which documents stage {stage[-1]} ({title}) reads, and how often: token "
        "budget, medical share and upsampling of the recipe.",
        partitions=RECIPE_PARTITIONS,
        deps=["mixtures/decontaminated", "tokenizers/tokenizer"],
        kinds={"polars", "parquet"},
        owner=OWNER,
        checks=STAGE_CHECKS,
    )
    for stage, title in STAGES.items()
]

ASSETS = [deduped, decontaminated, *stages]
