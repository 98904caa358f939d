"""Which source gave how many tokens to which stage of training, counted as they were read.

Packed tokens come from the index of a stage's shards; tokens read from the order in which the stage
read its samples, which is computed and not stored.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import polars as pl

from assets.lineage.manifest import Manifest
from assets.lineage.tables import document, scan
from assets.lineage.workspace import LineageError
from assets.ports import Lake
from assets.releases.evidence.statements import reference
from training.shards import SampleOrder


@dataclass(frozen=True, kw_only=True)
class Share:
    """What one source gave to one stage, under one licence."""

    stage: str
    """Node of the model that the stage made: checkpoints/stage1."""
    model: str
    """That artifact, as statements name it."""
    shards: str
    """The artifact that holds the tokens."""
    source: str
    licence: str
    documents: int
    """Documents or, in fine-tuning, questions of which a token was read."""
    tokens_packed: int
    tokens_read: int
    """Every reading counted: training goes round, or stops before the end."""
    share: float
    """Part of the stage's tokens read; the shares of a stage sum to 1."""


def token_shares(
    lake: Lake, chain: Sequence[Manifest], sources: Sequence[dict[str, Any]]
) -> tuple[Share, ...]:
    """Return the shares of all stages behind a release, by stage, then by source."""
    known = {manifest.fingerprint: manifest for manifest in chain}
    texts = _texts(lake, chain, {entry["name"]: entry["licence"] for entry in sources})
    found: list[Share] = []
    for model in sorted(chain, key=lambda m: (m.family, m.name)):
        if model.family not in ("checkpoints", "models"):
            continue
        inputs = [known[record.fingerprint] for record in model.inputs]
        for shards in inputs:
            if shards.family == "tokenizers":
                found += _of_stage(lake, model, shards, texts)
    return tuple(found)


def shares_record(shares: Sequence[Share]) -> list[dict[str, Any]]:
    return [asdict(share) for share in shares]


def times_read(model: Manifest, num_samples: int) -> tuple[int, Counter[int]]:
    """Return how often every sample was read, and which ones were read once more than that."""
    steps, batch = int(model.counts["steps"]), int(model.config["batch_samples"])
    epochs, rest = divmod(steps * batch, num_samples)
    order = SampleOrder(num_samples, int(model.config["data_seed"]))
    start = epochs * num_samples
    return epochs, Counter(order.sample_at(start + place) for place in range(rest))


def _of_stage(lake: Lake, model: Manifest, shards: Manifest, texts: pl.LazyFrame) -> list[Share]:
    rows = _tokens_by_source(lake, model, shards, texts)
    if any(row["source"] is None for row in rows):
        raise LineageError(
            f"{reference(shards)} holds tokens of documents that are neither in "
            "mixtures/decontaminated nor in synthesis/questions: its sources are not known"
        )
    total = sum(row["read"] for row in rows)
    if total != model.counts["tokens"]:
        raise LineageError(
            f"{reference(model)} counted {model.counts['tokens']} tokens in training, the index of "
            f"{reference(shards)} gives {total}: shares that do not add up are not published"
        )
    return [
        Share(
            stage=f"{model.family}/{model.name}",
            model=reference(model),
            shards=reference(shards),
            source=row["source"],
            licence=row["licence"],
            documents=row["documents"],
            tokens_packed=row["packed"],
            tokens_read=row["read"],
            share=row["read"] / total if total else 0.0,
        )
        for row in rows
    ]


def _tokens_by_source(
    lake: Lake, model: Manifest, shards: Manifest, texts: pl.LazyFrame
) -> list[dict[str, Any]]:
    """Return documents, tokens packed and tokens read of each source and licence."""
    num_samples = int(document(lake, shards, "shards.json")["num_samples"])
    epochs, once_more = times_read(model, num_samples)
    extra = pl.LazyFrame(
        {"sample": list(once_more), "more": list(once_more.values())},
        schema={"sample": pl.Int64, "more": pl.Int64},
    )
    tokens = pl.col("end").cast(pl.Int64) - pl.col("start").cast(pl.Int64)
    per_document = (
        scan(lake, shards, "index")
        .select("doc_id", pl.col("sample").cast(pl.Int64), tokens.alias("packed"))
        .join(extra, on="sample", how="left")
        .with_columns(read=pl.col("packed") * (epochs + pl.col("more").fill_null(0)))
        .group_by("doc_id")
        .agg(pl.col("packed", "read").sum())
    )
    rows: list[dict[str, Any]] = (
        per_document.join(texts, on="doc_id", how="left")
        .group_by("source", "licence")
        .agg((pl.col("read") > 0).sum().alias("documents"), pl.col("packed", "read").sum())
        .sort("source", "licence", nulls_last=False)
        .collect(engine="streaming")
        .to_dicts()
    )
    return rows


def _texts(lake: Lake, chain: Sequence[Manifest], licences: dict[str, str]) -> pl.LazyFrame:
    """Return source and licence of every document and question that tokens can come from."""
    frames = []
    for manifest in chain:
        node = f"{manifest.family}/{manifest.name}"
        if node == "mixtures/decontaminated":
            frames.append(scan(lake, manifest, "documents").select("doc_id", "source", "licence"))
        elif node == "synthesis/questions":
            # A question is made from its source's facts and carries the source's licence.
            licence = pl.col("source").replace_strict(licences, default="unknown")
            frames.append(
                scan(lake, manifest, "questions").select(
                    pl.col("item_id").alias("doc_id"), "source", licence.alias("licence")
                )
            )
    if not frames:
        raise LineageError("neither mixtures/decontaminated nor synthesis/questions in the chain")
    return pl.concat(frames).unique("doc_id")
