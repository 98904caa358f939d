"""Dagster's view of the mixtures: deduplicated, decontaminated, and one plan per stage."""

from __future__ import annotations

import dagster as dg

from assets.lineage.defs import artifact_asset
from assets.mixtures.checks import DECONTAMINATED_CHECKS, DEDUPED_CHECKS, STAGE_CHECKS
from assets.mixtures.decontaminate import make_decontaminated
from assets.mixtures.deduplication.deduped import make_deduped
from assets.mixtures.deduplication.signatures import make_signatures
from assets.mixtures.score_checks import CLASSIFIER_CHECKS, SCORE_CHECKS, SIGNATURE_CHECKS
from assets.mixtures.scoring.classifiers import make_classifiers
from assets.mixtures.scoring.scores import make_scores
from assets.mixtures.stages import make_stage
from assets.partitions import RECIPE_PARTITIONS, SOURCE_PARTITIONS, sources_of_recipes

OWNER = "team:data"
STAGES = {
    "stage1": "general knowledge",
    "stage2": "medical basic knowledge",
    "stage3": "medical advanced knowledge",
}

signatures = artifact_asset(
    "mixtures/signatures",
    make_signatures,
    description="One MinHash sketch per document of a source, its templates weighed out first. "
    "Shared by all recipes, so that a new source does not sketch the others again.",
    partitions=SOURCE_PARTITIONS,
    deps=["corpora/documents"],
    kinds={"polars", "parquet"},
    owner=OWNER,
    checks=SIGNATURE_CHECKS,
)

deduped = artifact_asset(
    "mixtures/deduped",
    make_deduped,
    description="The recipe's documents with exact and near duplicates merged over all sources; "
    "each keeps its duplicate count, and every merge its evidence.",
    partitions=RECIPE_PARTITIONS,
    deps=[
        *[
            dg.AssetDep(dg.AssetKey(key), partition_mapping=sources_of_recipes())
            for key in (["corpora", "documents"], ["mixtures", "signatures"])
        ],
        "corpora/withdrawn",
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

classifiers = artifact_asset(
    "mixtures/classifiers",
    make_classifiers,
    description="Small models trained on the recipe's own documents: medical or general, medical "
    "department, content type, and the language model behind perplexity; each with held-out F1 and "
    "calibration.",
    partitions=RECIPE_PARTITIONS,
    deps=["mixtures/decontaminated"],
    kinds={"numpy", "safetensors"},
    owner=OWNER,
    checks=CLASSIFIER_CHECKS,
)

scores = artifact_asset(
    "mixtures/scores",
    make_scores,
    description="One row per document: classes, topic, educational value, knowledge and reasoning "
    "density, quality, bits per byte. Nothing is dropped here: the mixtures weigh by it.",
    partitions=RECIPE_PARTITIONS,
    deps=["mixtures/decontaminated", "mixtures/classifiers"],
    kinds={"polars", "parquet"},
    owner=OWNER,
    checks=SCORE_CHECKS,
)

stages = [
    artifact_asset(
        f"mixtures/{stage}",
        make_stage,
        description=f"Which documents stage {stage[-1]} ({title}) reads, and how often: token "
        "budget, medical share and upsampling of the recipe.",
        partitions=RECIPE_PARTITIONS,
        deps=["mixtures/decontaminated", "mixtures/scores", "tokenizers/tokenizer"],
        kinds={"polars", "parquet"},
        owner=OWNER,
        checks=STAGE_CHECKS,
    )
    for stage, title in STAGES.items()
]

ASSETS = [signatures, deduped, decontaminated, classifiers, scores, *stages]
