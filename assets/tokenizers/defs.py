"""Dagster's view of the tokenizer and the packed shards."""

from __future__ import annotations

from assets.lineage.defs import artifact_asset
from assets.mixtures.defs import STAGES
from assets.partitions import RECIPE_PARTITIONS
from assets.tokenizers.checks import SHARD_CHECKS, SPAN_CHECKS, TOKENIZER_CHECKS
from assets.tokenizers.shards import make_sft_shards, make_shards
from assets.tokenizers.spans import make_spans
from assets.tokenizers.train import make_tokenizer

OWNER = "team:data"

tokenizer = artifact_asset(
    "tokenizers/tokenizer",
    make_tokenizer,
    description="A general and a medical BPE merged to the recipe's size: byte fallback, digits "
    "split, no normalisation.",
    partitions=RECIPE_PARTITIONS,
    deps=["mixtures/decontaminated"],
    kinds={"json", "huggingface"},
    owner=OWNER,
    checks=TOKENIZER_CHECKS,
)

shards = [
    artifact_asset(
        f"tokenizers/shards_{stage}",
        make_shards,
        description=f"Tokens of stage {stage[-1]} packed into samples, with document boundaries "
        "and the index from document to token range.",
        partitions=RECIPE_PARTITIONS,
        deps=["mixtures/decontaminated", "tokenizers/tokenizer", f"mixtures/{stage}"],
        kinds={"numpy", "parquet"},
        owner=OWNER,
        checks=SHARD_CHECKS,
    )
    for stage in STAGES
]

sft_shards = [
    artifact_asset(
        f"tokenizers/shards_{name}",
        make_sft_shards,
        description="Chat-formatted questions and answers packed into samples; the loss mask "
        "covers replies only.",
        partitions=RECIPE_PARTITIONS,
        deps=["synthesis/questions", "tokenizers/tokenizer"],
        kinds={"numpy", "parquet"},
        owner=OWNER,
        checks=SHARD_CHECKS,
    )
    for name in ("sft_general", "sft_medical")
]

spans = artifact_asset(
    "tokenizers/spans",
    make_spans,
    description="Index from runs of tokens to the documents and samples that hold them: the way "
    "from an answer of a model back to what it read.",
    partitions=RECIPE_PARTITIONS,
    deps=[
        *[f"tokenizers/shards_{stage}" for stage in STAGES],
        "tokenizers/shards_sft_general",
        "tokenizers/shards_sft_medical",
    ],
    kinds={"numpy", "parquet"},
    owner=OWNER,
    checks=SPAN_CHECKS,
)

ASSETS = [tokenizer, *shards, *sft_shards, spans]
