"""plan.json: planned against achieved tokens along every axis, and which cap stood in the way.

Pure. A target (group) is planned by its share. Along the other axes a value is planned in
proportion to its weighted tokens within its group: what the weights ask for, caps not regarded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from assets.mixtures.groups import MEDICAL, Target, longest_document
from assets.mixtures.weights import FORMULAS

AXES = {
    "domains": "domain",
    "sources": "source",
    "languages": "language",
    "topics": "topic",
    "content_types": "content_type",
    "quality_bands": "quality_band",
    "difficulty_bands": "difficulty_band",
}
"""Entry of plan.json -> column of the pool."""
BANDS = 10
"""Deciles of the percentile within language and domain."""

_NOTHING = {
    "planned_tokens": 0,
    "achieved_tokens": 0,
    "planned_share": 0.0,
    "achieved_share": 0.0,
    "documents": 0,
    "unique_tokens": 0,
    "available_tokens": 0,
    "supply_tokens": 0,
    "max_repeats": 0,
}


def make_plan(
    pool: pl.DataFrame, targets: Sequence[Target], config: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the plan of a filled pool (all documents, with repeats and planned tokens)."""
    pool = pool.with_columns(
        (pl.col("num_tokens") * pl.col("repeats")).alias("achieved"),
        (pl.col("num_tokens") * (pl.col("repeats") > 0)).alias("unique"),
        (pl.col("num_tokens") * pl.col("cap")).alias("supply"),
        band_of("quality_rank").alias("quality_band"),
        band_of("difficulty").alias("difficulty_band"),
    )
    achieved, tokens = int(pool["achieved"].sum()), int(config["tokens"])
    axes = {name: _along(pool, column, tokens, achieved) for name, column in AXES.items()}
    axes["domains"].setdefault(MEDICAL, dict(_NOTHING))
    known = set(pool["topic"].unique())
    topics = [str(topic) for topic, _ in config["mixture"]["topic_weights"]]
    return {
        "planned_tokens": tokens,
        "achieved_tokens": achieved,
        "unique_tokens": int(pool["unique"].sum()),
        "planned_medical_share": config["medical_share"],
        "budget_is_filled": achieved >= tokens,
        "repeats_cap": config["upsampling"]["max_repeats"],
        "max_repeats": int(pool["repeats"].max() or 0),
        "mean_difficulty": _mean(pool, "difficulty"),
        "mean_quality_rank": _mean(pool, "quality_rank"),
        "targets": _targets(pool, targets, config),
        "multilingual": _multilingual(pool, config),
        "too_long": _too_long(pool, config),
        "unclaimed_documents": _unclaimed(pool, targets),
        "unused_topic_weights": sorted(topic for topic in topics if topic not in known),
        "formulas": dict(FORMULAS),
        **axes,
    }


def band_of(rank: str) -> pl.Expr:
    """Return the tenth in which a percentile lies, as "0.3-0.4"."""
    tenth = (pl.col(rank) * BANDS).floor().clip(0, BANDS - 1).cast(pl.Int64)
    names = {n: f"{n / BANDS:.1f}-{(n + 1) / BANDS:.1f}" for n in range(BANDS)}
    return tenth.replace_strict(names, return_dtype=pl.String)


def _mean(pool: pl.DataFrame, column: str) -> float:
    """Return the mean of a percentile over the tokens that are read."""
    achieved = int(pool["achieved"].sum())
    weighted = float((pool[column] * pool["achieved"]).sum())
    return round(weighted / max(1, achieved), 6)


def _along(
    pool: pl.DataFrame, column: str, planned_tokens: int, achieved_tokens: int
) -> dict[str, dict[str, Any]]:
    sums = pool.group_by(column).agg(
        pl.col("planned", "achieved", "unique", "supply").sum(),
        pl.col("num_tokens").sum().alias("available"),
        (pl.col("repeats") > 0).sum().alias("documents"),
        pl.col("repeats").max().alias("max_repeats"),
    )
    return {
        row[column]: {
            "planned_tokens": round(row["planned"]),
            "achieved_tokens": row["achieved"],
            "planned_share": round(row["planned"] / max(1, planned_tokens), 6),
            "achieved_share": round(row["achieved"] / max(1, achieved_tokens), 6),
            "documents": row["documents"],
            "unique_tokens": row["unique"],
            "available_tokens": row["available"],
            "supply_tokens": row["supply"],
            "max_repeats": row["max_repeats"],
        }
        for row in sums.sort(column).iter_rows(named=True)
    }


def _targets(
    pool: pl.DataFrame, targets: Sequence[Target], config: Mapping[str, Any]
) -> dict[str, dict[str, Any]]:
    tokens, achieved = int(config["tokens"]), int(pool["achieved"].sum())
    entries = {}
    for target in targets:
        group = pool.filter(pl.col("group") == target.name)
        found = int(group["achieved"].sum())
        if target.tokens or group.height:
            entries[target.name] = {
                "medical": target.medical,
                "planned_tokens": target.tokens,
                "achieved_tokens": found,
                "planned_share": round(target.tokens / max(1, tokens), 6),
                "achieved_share": round(found / max(1, achieved), 6),
                "supply_tokens": int(group["supply"].sum()),
                "largest_document": int(
                    group.filter(pl.col("repeats") > 0)["num_tokens"].max() or 0
                ),
                "why": _why(group, target, config) if found < target.tokens else "",
            }
    return entries


def _why(group: pl.DataFrame, target: Target, config: Mapping[str, Any]) -> str:
    """Say which cap keeps a group below its target, from the widest to the narrowest."""
    limit = int(config["upsampling"]["max_repeats"])
    text = int(group["num_tokens"].sum())
    if text * limit < target.tokens:
        return f"max_repeats: {text:,} tokens of text at {limit} readings are too few"
    by_cap = {
        str(cap): int(lost)
        for cap, lost in group.group_by("capped_by")
        .agg((pl.col("num_tokens") * (limit - pl.col("cap"))).sum())
        .sort("capped_by")
        .iter_rows()
        if lost
    }
    if int(group["supply"].sum()) < target.tokens:
        bound = ", ".join(f"{cap} holds back {lost:,} tokens" for cap, lost in by_cap.items())
        return f"{bound}; all other text is at its cap"
    others = int(group.filter(~pl.col("is_main"))["supply"].sum())
    return f"multilingual_max_share: {others:,} tokens of its text are in other languages"


def _multilingual(pool: pl.DataFrame, config: Mapping[str, Any]) -> dict[str, Any]:
    others = pool.filter(~pl.col("is_main"))
    read = others.filter(pl.col("repeats") > 0)
    found, total = int(others["achieved"].sum()), max(1, int(config["tokens"]))
    return {
        "cap_tokens": int(config["tokens"] * config["mixture"]["multilingual_max_share"]),
        "achieved_tokens": found,
        "achieved_share": round(found / total, 6),
        "available_tokens": int(others["num_tokens"].sum()),
        "documents": read.height,
        "lowest_quality_rank": float(read["quality_rank"].min() or 0.0),
    }


def _too_long(pool: pl.DataFrame, config: Mapping[str, Any]) -> dict[str, int]:
    """Documents that may not be read, since one reading exceeds the share of a document."""
    left = pool.filter(pl.col("cap") == 0)
    return {
        "limit_tokens": longest_document(config),
        "documents": left.height,
        "tokens": int(left["num_tokens"].sum()),
    }


def _unclaimed(pool: pl.DataFrame, targets: Sequence[Target]) -> int:
    """Documents in no group that has tokens: the groups claim all, or the share is zero."""
    empty = [target.name for target in targets if not target.tokens]
    return int(pool.select(pl.col("group").is_in(empty).sum()).item())
