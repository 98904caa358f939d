"""mixtures/stage1..3: which documents a training stage reads, how often, and why.

A plan, not a copy of the text: selection.parquet names documents with the factors of their
weight, plan.json says what was planned, what could be achieved, and what stood in the way.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import polars as pl

from assets.lineage.workspace import Outcome, Workspace
from assets.mixtures.groups import (
    MEDICAL,
    fill,
    longest_document,
    refuse_impossible,
    targets_of,
    with_caps,
    with_groups,
)
from assets.mixtures.plan import make_plan
from assets.mixtures.stage_report import draw_stage, stage_summary
from assets.mixtures.weights import FACTORS, RANKS, with_weights
from assets.recipes.data import UpsamplingSpec

_SCORES = ("content_type", "topic", "quality", "bits_per_byte")
SELECTION_COLUMNS = (
    "doc_id", "source", "domain", "num_tokens", "repeats", "language", "topic", "content_type",
    "group", *RANKS, "weight", *FACTORS, "cap", "capped_by",
)  # fmt: skip
"""selection.parquet, one row per document that is read; see FORMULAS in weights.py."""


def make_stage(ws: Workspace) -> Outcome:
    """Fill the stage's token budget: groups and medical share, weights by scores, under caps."""
    config = ws.config
    targets = targets_of(config)
    documents = with_caps(with_groups(_read(ws), config), config)
    refuse_impossible(documents, targets, longest_document(config))
    upsampling = UpsamplingSpec(**config["upsampling"])
    pool = fill(with_weights(documents, config["mixture"], upsampling), targets, config)
    selection = pool.filter(pl.col("repeats") > 0).select(SELECTION_COLUMNS)
    ws.progress(
        f"{selection.height:,} of {pool.height:,} documents fill {config['tokens']:,} tokens"
    )
    plan = make_plan(pool, targets, config)
    selection.write_parquet(ws.out("selection.parquet"), compression="zstd")
    text = json.dumps(plan, indent=1, sort_keys=True)
    ws.out("plan.json").write_text(text + "\n", encoding="utf-8")
    pictures = draw_stage(plan, ws.step.name, ws.out)
    return _outcome(plan, pool.height, selection.height, pictures)


def _read(ws: Workspace) -> pl.DataFrame:
    """Return the documents to train on with token counts and scores, sorted by doc_id."""
    if not ws.inputs("mixtures/scores"):
        raise ValueError(
            f"{ws.step.key} needs mixtures/scores, since weights follow quality and perplexity: "
            "declare it as an input in assets/recipes/graph.py"
        )
    corpus = ws.input("mixtures/decontaminated").table("documents")
    tokens = ws.input("tokenizers/tokenizer").table("token_counts")
    scores = ws.input("mixtures/scores").table("scores")
    documents = (
        corpus.select("doc_id", "source", "domain", "language", "duplicate_count")
        .join(tokens.select("doc_id", pl.col("num_tokens").cast(pl.Int64)), on="doc_id", how="left")
        .join(scores.select("doc_id", *_SCORES), on="doc_id", how="left")
        .collect()
        .sort("doc_id")
    )
    _refuse_missing(documents, "num_tokens", "token count", "tokenizer")
    for column in _SCORES:
        _refuse_missing(documents, column, f"score {column}", "scores")
    return documents


def _refuse_missing(documents: pl.DataFrame, column: str, what: str, whose: str) -> None:
    missing = pl.col(column).is_null()
    if documents.schema[column].is_float():
        missing = missing | pl.col(column).is_nan()
    found = documents.filter(missing)["doc_id"]
    if len(found):
        raise ValueError(
            f"{len(found)} documents have no {what}, for example {found[0]}: {whose} and mixture "
            "are of different corpora"
        )


def _outcome(
    plan: Mapping[str, Any], available: int, selected: int, pictures: tuple[str, ...]
) -> Outcome:
    planned, achieved = plan["planned_tokens"], plan["achieved_tokens"]
    return Outcome(
        counts={
            "documents_available": available,
            "documents_selected": selected,
            "documents_too_long": plan["too_long"]["documents"],
            "tokens_planned": planned,
            "tokens_achieved": achieved,
            "tokens_unique": plan["unique_tokens"],
            "max_repeats": plan["max_repeats"],
            "targets_missed": sum(bool(entry["why"]) for entry in plan["targets"].values()),
        },
        metrics={
            "medical_share_planned": plan["planned_medical_share"],
            "medical_share_achieved": plan["domains"][MEDICAL]["achieved_share"],
            "multilingual_share": plan["multilingual"]["achieved_share"],
            "mean_difficulty": plan["mean_difficulty"],
            "mean_quality_rank": plan["mean_quality_rank"],
            "budget_filled": achieved / planned if planned else 1.0,
            "mean_repeats": achieved / max(1, plan["unique_tokens"]),
        },
        summary=stage_summary(plan),
        pictures=pictures,
    )
