"""Dagster's view of fine-tuning: one model per SFT stage, each an external DeepSpeed job."""

from __future__ import annotations

from assets.checkpoints.checks import WEIGHT_CHECKS
from assets.checkpoints.train import make_checkpoint
from assets.lineage.defs import ACCELERATOR_POOL, artifact_asset
from assets.partitions import RECIPE_PARTITIONS

PARENTS = {"sft_general": "checkpoints/stage3", "sft_medical": "models/sft_general"}

models = [
    artifact_asset(
        f"models/{name}",
        make_checkpoint,
        description=f"The model after {name.replace('_', ' ')}: loss on replies only, samples "
        "masked from each other.",
        partitions=RECIPE_PARTITIONS,
        deps=[f"tokenizers/shards_{name}", parent],
        kinds={"deepspeed", "pytorch", "safetensors"},
        owner="team:training",
        checks=WEIGHT_CHECKS,
        pool=ACCELERATOR_POOL,
    )
    for name, parent in PARENTS.items()
]

ASSETS = models
