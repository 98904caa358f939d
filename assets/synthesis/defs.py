"""Dagster's view of synthetic data."""

from __future__ import annotations

import dagster as dg

from assets.lineage.defs import artifact_asset
from assets.partitions import RECIPE_PARTITIONS, sources_of_recipes
from assets.recipes.graph import FACT_SOURCES
from assets.synthesis.checks import QUESTION_CHECKS
from assets.synthesis.questions import make_questions

questions = artifact_asset(
    "synthesis/questions",
    make_questions,
    description="Questions made from the ontologies' facts and from real documents; every answer "
    "is checked against the facts, rejects lie beside with their reason.",
    partitions=RECIPE_PARTITIONS,
    deps=[
        dg.AssetDep(
            dg.AssetKey(["corpora", "raw"]), partition_mapping=sources_of_recipes(FACT_SOURCES)
        ),
        "mixtures/decontaminated",
        "corpora/benchmarks",
    ],
    kinds={"polars", "parquet"},
    owner="team:data",
    checks=QUESTION_CHECKS,
)

ASSETS = [questions]
