"""mixtures/stage1..3: which documents a training stage reads, how often, and why.

A plan, not a copy of the text: selection.parquet names documents, plan.json says what was planned
and what could be achieved.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from assets.lineage.workspace import Outcome, Workspace
from assets.mixtures.pictures import paired_bars
from assets.mixtures.selection import repeats_for, weights_of
from assets.recipes.recipe import UpsamplingSpec

_MEDICAL = "medical"


def make_stage(ws: Workspace) -> Outcome:
    """Fill the stage's token budget with its medical share, upsampling by duplicate count."""
    config = ws.config
    upsampling = UpsamplingSpec(**config["upsampling"])
    documents = _read(ws, upsampling)
    medical = round(config["tokens"] * config["medical_share"])
    is_medical = pl.col("domain") == _MEDICAL
    parts = [
        _filled(documents.filter(rows), kind, budget, upsampling, config["seed"])
        for kind, rows, budget in (
            ("medical", is_medical, medical),
            ("general", ~is_medical, config["tokens"] - medical),
        )
    ]
    pool = pl.concat(parts).sort("doc_id")
    selection = pool.filter(pl.col("repeats") > 0)
    ws.progress(
        f"{selection.height:,} of {pool.height:,} documents fill {config['tokens']:,} tokens"
    )
    plan = make_plan(pool, config)
    selection.select("doc_id", "source", "domain", "num_tokens", "repeats").write_parquet(
        ws.out("selection.parquet"), compression="zstd"
    )
    text = json.dumps(plan, indent=1, sort_keys=True)
    ws.out("plan.json").write_text(text + "\n", encoding="utf-8")
    sources = plan["sources"]
    paired_bars(
        list(sources),
        [100 * entry["planned_share"] for entry in sources.values()],
        [100 * entry["achieved_share"] for entry in sources.values()],
        title=f"{ws.step.name}: share of tokens by source",
        unit="% of the stage's tokens",
        path=ws.out("shares.png"),
    )
    return _outcome(plan, pool.height, selection.height)


def make_plan(pool: pl.DataFrame, config: Mapping[str, Any]) -> dict[str, Any]:
    """Return planned against achieved tokens, in total, per domain and per source.

    Within the medical and the other half, a source is planned in proportion to its weighted tokens
    (the natural distribution of duplicate counts); across the two, by the medical share.
    """
    pool = pool.with_columns(
        (pl.col("num_tokens") * pl.col("repeats")).alias("achieved"),
        (pl.col("num_tokens") * (pl.col("repeats") > 0)).alias("unique"),
    )
    achieved = int(pool["achieved"].sum())
    domains = _planned_and_achieved(pool, "domain", config["tokens"], achieved)
    empty = {"planned_tokens": 0, "achieved_tokens": 0, "planned_share": 0.0, "achieved_share": 0.0}
    domains.setdefault(_MEDICAL, {**empty, "documents": 0, "unique_tokens": 0, "max_repeats": 0})
    return {
        "planned_tokens": config["tokens"],
        "achieved_tokens": achieved,
        "unique_tokens": int(pool["unique"].sum()),
        "planned_medical_share": config["medical_share"],
        "budget_is_filled": achieved >= config["tokens"],
        "repeats_cap": config["upsampling"]["max_repeats"],
        "max_repeats": int(pool["repeats"].max() or 0),
        "domains": domains,
        "sources": _planned_and_achieved(pool, "source", config["tokens"], achieved),
    }


def _read(ws: Workspace, upsampling: UpsamplingSpec) -> pl.DataFrame:
    """Return the documents to train on with their token counts, weights and group."""
    corpus = pl.read_parquet(
        ws.input("mixtures/decontaminated").path("documents.parquet"),
        columns=["doc_id", "duplicate_count"],
    )
    tokens = pl.read_parquet(ws.input("tokenizers/tokenizer").path("token_counts.parquet"))
    documents = corpus.join(tokens, on="doc_id", how="left").sort("doc_id")
    uncounted = documents.filter(pl.col("num_tokens").is_null())
    if uncounted.height:
        raise ValueError(
            f"{uncounted.height} documents have no token count, for example "
            f"{uncounted['doc_id'][0]}: tokenizer and mixture are of different corpora"
        )
    weights = weights_of(documents["duplicate_count"].to_numpy().astype(np.int64), upsampling)
    return documents.select(
        "doc_id",
        "source",
        "domain",
        pl.col("num_tokens").cast(pl.Int64),
        pl.Series("weight", weights),
    )


def _filled(
    documents: pl.DataFrame,
    kind: str,
    budget_tokens: int,
    upsampling: UpsamplingSpec,
    seed: int,
) -> pl.DataFrame:
    """Add each document's repeats, and the tokens planned for it."""
    tokens = documents["num_tokens"].to_numpy()
    weights = documents["weight"].to_numpy()
    if budget_tokens and not tokens.sum():
        raise ValueError(
            f"{budget_tokens} {kind} tokens are planned but there is no {kind} text: "
            "add a source or change medical_share in the recipe"
        )
    repeats = repeats_for(
        documents["doc_id"].to_list(),
        tokens,
        weights,
        documents["source"].rank("dense").cast(pl.Int64).to_numpy(),
        budget_tokens=budget_tokens,
        max_repeats=upsampling.max_repeats,
        seed=seed,
    )
    weighted = tokens * weights
    planned = weighted * (budget_tokens / max(1, int(weighted.sum())))
    return documents.with_columns(
        pl.Series("repeats", repeats, dtype=pl.UInt32), pl.Series("planned", planned)
    )


def _planned_and_achieved(
    pool: pl.DataFrame, by: str, planned_tokens: int, achieved_tokens: int
) -> dict[str, dict[str, float]]:
    sums = pool.group_by(by).agg(
        pl.col("planned").sum(),
        pl.col("achieved").sum(),
        pl.col("unique").sum(),
        (pl.col("repeats") > 0).sum().alias("documents"),
        pl.col("repeats").max().alias("max_repeats"),
    )
    return {
        row[by]: {
            "planned_tokens": round(row["planned"]),
            "achieved_tokens": row["achieved"],
            "planned_share": round(row["planned"] / max(1, planned_tokens), 6),
            "achieved_share": round(row["achieved"] / max(1, achieved_tokens), 6),
            "documents": row["documents"],
            "unique_tokens": row["unique"],
            "max_repeats": row["max_repeats"],
        }
        for row in sums.sort(by).iter_rows(named=True)
    }


def _outcome(plan: Mapping[str, Any], documents_available: int, documents_selected: int) -> Outcome:
    planned = plan["planned_tokens"]
    achieved = plan["achieved_tokens"]
    return Outcome(
        counts={
            "documents_available": documents_available,
            "documents_selected": documents_selected,
            "tokens_planned": planned,
            "tokens_achieved": achieved,
            "tokens_unique": plan["unique_tokens"],
            "max_repeats": plan["max_repeats"],
        },
        metrics={
            "medical_share_planned": plan["planned_medical_share"],
            "medical_share_achieved": plan["domains"][_MEDICAL]["achieved_share"],
            "budget_filled": achieved / planned if planned else 1.0,
            "mean_repeats": achieved / max(1, plan["unique_tokens"]),
        },
        summary=_summary(plan),
        pictures=("shares.png",),
    )


def _summary(plan: Mapping[str, Any]) -> str:
    lines = [
        f"{plan['achieved_tokens']:,} of {plan['planned_tokens']:,} tokens, "
        f"{plan['unique_tokens']:,} of them unique; at most {plan['max_repeats']} readings of a "
        f"document (cap {plan['repeats_cap']}).",
        "",
        "| source | planned | achieved | unique tokens | readings at most |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for name, entry in plan["sources"].items():
        lines.append(
            f"| {name} | {entry['planned_share']:.1%} | {entry['achieved_share']:.1%} "
            f"| {entry['unique_tokens']:,} | {entry['max_repeats']} |"
        )
    if not plan["budget_is_filled"]:
        lines += [
            "",
            "The text under the cap does not fill the budget: the trainer begins the mixture "
            "again for the rest.",
        ]
    return "\n".join(lines)
