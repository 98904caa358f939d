"""Dagster's view of pre-training: three checkpoints, each an external DeepSpeed job."""

from __future__ import annotations

from assets.checkpoints.checks import WEIGHT_CHECKS
from assets.checkpoints.train import make_checkpoint
from assets.lineage.defs import ACCELERATOR_POOL, artifact_asset
from assets.mixtures.defs import STAGES
from assets.partitions import RECIPE_PARTITIONS

stages = [
    artifact_asset(
        f"checkpoints/{stage}",
        make_checkpoint,
        description=f"Weights and optimizer state after stage {stage[-1]} ({title}).",
        partitions=RECIPE_PARTITIONS,
        deps=[
            f"tokenizers/shards_{stage}",
            *([f"checkpoints/stage{int(stage[-1]) - 1}"] if stage != "stage1" else []),
        ],
        kinds={"deepspeed", "pytorch", "safetensors"},
        owner="team:training",
        checks=WEIGHT_CHECKS,
        pool=ACCELERATOR_POOL,
    )
    for stage, title in STAGES.items()
]

ASSETS = stages
