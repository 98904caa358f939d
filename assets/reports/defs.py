"""Dagster's view of the reports: four judges, the scorecard, and the ablation table."""

from __future__ import annotations

from typing import Any

import dagster as dg

from assets.expectations.data_docs import DATA_DOCS_CHECKS, INDEX, index_url, make_data_docs
from assets.lineage.build import Built
from assets.lineage.defs import ACCELERATOR_POOL, artifact_asset
from assets.partitions import RECIPE_PARTITIONS, sources_of_recipes
from assets.recipes.ablation import VARIANTS, ablation_name
from assets.recipes.graph import JUDGES, VALIDATED
from assets.reports.ablation import make_ablation
from assets.reports.checks import ABLATION_CHECKS, REPORT_CHECKS, SCORECARD_CHECKS
from assets.reports.exposure import EXPOSURE_CHECKS, prepare_exposure
from assets.reports.judge import make_report
from assets.reports.needle import make_needle
from assets.reports.perplexity import make_perplexity
from assets.reports.scorecard import make_scorecard

OWNER = "team:evaluation"
MODELS = ["checkpoints/stage3", "models/sft_medical", "tokenizers/tokenizer"]
_WORK = {
    "perplexity": (make_perplexity, ["corpora/benchmarks", "mixtures/decontaminated"]),
    "benchmarks": (make_report, ["corpora/benchmarks"]),
    "medical": (make_report, ["corpora/benchmarks"]),
    "needle": (make_needle, ["mixtures/decontaminated"]),
}
_ABOUT = {
    "perplexity": "Perplexity on LAMBADA and on held-out Wikipedia and PubMed text.",
    "benchmarks": "General multiple-choice benchmarks, base and final model side by side.",
    "medical": "Medical multiple-choice benchmarks, base and final model side by side.",
    "needle": "A fact hidden at several depths of haystacks of several lengths.",
}


def _link_index(built: Built) -> dict[str, Any]:
    # A browser opens no file from a web page, so a local site is shown as a path to open.
    is_local = "://" not in built.uri
    address = f"{built.uri}/{INDEX}" if is_local else index_url(built.uri)
    return {"data_docs": (dg.MetadataValue.path if is_local else dg.MetadataValue.url)(address)}


judges = [
    artifact_asset(
        f"reports/{name}",
        work,
        description=_ABOUT[name],
        partitions=RECIPE_PARTITIONS,
        deps=[*MODELS, *deps],
        kinds={"pytorch", "json"},
        owner=OWNER,
        checks=REPORT_CHECKS,
        pool=ACCELERATOR_POOL,
    )
    for name, (work, deps) in _WORK.items()
]

scorecard = artifact_asset(
    "reports/scorecard",
    make_scorecard,
    description="All scores of one recipe in one table and one picture, with chance beside them.",
    partitions=RECIPE_PARTITIONS,
    deps=[f"reports/{judge}" for judge in JUDGES],
    kinds={"json", "markdown"},
    owner=OWNER,
    checks=SCORECARD_CHECKS,
)

data_docs = artifact_asset(
    "reports/data_docs",
    make_data_docs,
    description="Every expectation on the recipe's documents, mixtures and questions, and whether "
    "it holds, as pages to read.",
    partitions=RECIPE_PARTITIONS,
    deps=[
        dg.AssetDep(dg.AssetKey(["corpora", "documents"]), partition_mapping=sources_of_recipes()),
        *VALIDATED,
    ],
    kinds={"html"},
    owner="team:data",
    checks=DATA_DOCS_CHECKS,
    show=_link_index,
)

ablation = artifact_asset(
    "reports/ablation",
    make_ablation,
    description="Table 2 of the paper at toy size: six architectures on the same data.",
    partitions=None,
    deps=[
        dg.AssetDep(
            dg.AssetKey(["reports", judge]),
            partition_mapping=dg.SpecificPartitionsPartitionMapping(
                [ablation_name(variant) for variant in VARIANTS]
            ),
        )
        for judge in ("perplexity", "benchmarks", "needle")
    ],
    kinds={"json", "markdown"},
    owner=OWNER,
    checks=ABLATION_CHECKS,
)

exposure = artifact_asset(
    "reports/exposure",
    None,
    description="Which models, reports and releases descend from weights that have learned from "
    "forgotten documents, request by request, and which of them still stand for a recipe.",
    partitions=None,
    kinds={"json", "markdown"},
    owner=OWNER,
    checks=EXPOSURE_CHECKS,
    prepare=prepare_exposure,
)

ASSETS = [*judges, scorecard, data_docs, ablation, exposure]
