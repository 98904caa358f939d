"""Jobs: the selections people launch and schedule; their assets say by which partition."""

from __future__ import annotations

from functools import cache

import dagster as dg

from assets.recipes.code_versions import CODE_VERSIONS

_CORPORA = dg.AssetSelection.assets(
    ["corpora", "raw"], ["corpora", "documents"], ["mixtures", "signatures"]
)
_BASE = dg.AssetSelection.assets(
    ["corpora", "benchmarks"],
    *[["mixtures", name] for name in ("deduped", "decontaminated", "classifiers", "scores")],
    *[["mixtures", f"stage{i}"] for i in (1, 2, 3)],
    *[["tokenizers", name] for name in ("tokenizer", *[f"shards_stage{i}" for i in (1, 2, 3)])],
    *[["checkpoints", f"stage{i}"] for i in (1, 2, 3)],
)
_JUDGES = dg.AssetSelection.assets(
    *[["reports", name] for name in ("perplexity", "benchmarks", "medical", "needle", "scorecard")]
)
_TUNING = dg.AssetSelection.assets(
    ["synthesis", "questions"],
    ["reports", "data_docs"],
    *[["tokenizers", f"shards_{name}"] for name in ("sft_general", "sft_medical")],
    ["tokenizers", "spans"],
    *[["models", name] for name in ("sft_general", "sft_medical")],
    ["releases", "release"],
)

build_corpora = dg.define_asset_job(
    "build_corpora",
    selection=_CORPORA,
    description="Take a fresh snapshot of one source, turn it into documents and sketch them.",
)
read_withdrawals = dg.define_asset_job(
    "read_withdrawals",
    selection=dg.AssetSelection.assets(["corpora", "withdrawn"]),
    description="Read the lists of withdrawn documents; what they tainted is marked.",
)
train_recipe = dg.define_asset_job(
    "train_recipe",
    selection=_BASE | _TUNING | _JUDGES,
    description="Everything of one recipe, from mixtures to the release.",
)
judge_base = dg.define_asset_job(
    "judge_base",
    selection=_BASE | _JUDGES,
    description="One recipe up to its base model and the reports on it: the ablation's variants.",
)
tabulate_ablation = dg.define_asset_job(
    "tabulate_ablation",
    selection=dg.AssetSelection.assets(["reports", "ablation"]),
    description="The ablation table, once its six variants are judged.",
)

JOBS = [build_corpora, read_withdrawals, train_recipe, judge_base, tabulate_ablation]


@cache
def nodes_of(job: str) -> tuple[str, ...]:
    """Return the nodes that a job makes; raises ValueError for one that there is not."""
    for known in JOBS:
        if known.name == job:
            specs = [dg.AssetSpec(dg.AssetKey(node.split("/"))) for node in CODE_VERSIONS]
            graph = dg.Definitions(assets=specs).resolve_asset_graph()
            return tuple("/".join(key.path) for key in sorted(known.selection.resolve(graph)))
    raise ValueError(f"no job {job!r}: use {', '.join(known.name for known in JOBS)}")


def targets_of(job: str, partition: str) -> list[tuple[str, str]]:
    """Return the (node, partition) that a run of a job makes."""
    return [(node, partition) for node in nodes_of(job)]
