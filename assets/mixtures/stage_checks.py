"""Truths of a stage's mixture, judged from its files: the plan is what was selected, caps hold,
targets are met or their miss is explained, and every weight is the product of its factors.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from assets.lineage.checks import Check, Verdict
from assets.lineage.manifest import Manifest
from assets.lineage.tables import document, table
from assets.mixtures.groups import longest_document
from assets.mixtures.weights import FACTORS
from assets.ports import Lake

SHARE_TOLERANCE = 0.02
"""Share of a stage's tokens that a target may be off, beyond one document (our choice)."""
_WEIGHT_TOLERANCE = 1e-9
_AXES = {
    "sources": "source",
    "domains": "domain",
    "languages": "language",
    "topics": "topic",
    "content_types": "content_type",
    "targets": "group",
}


def plan_is_written(manifest: Manifest, lake: Lake) -> Verdict:
    """Every achieved figure of plan.json is the sum over selection.parquet."""
    plan = document(lake, manifest, "plan.json")
    read = _read(manifest, lake)
    wrong = [
        f"{name} is {plan.get(name)} in the plan and {value} in the selection"
        for name, value in {
            "planned_tokens": int(manifest.config["tokens"]),
            "achieved_tokens": int(read["tokens"].sum()),
            "unique_tokens": int(read["num_tokens"].sum()),
            "max_repeats": int(read["repeats"].max() or 0),
        }.items()
        if plan.get(name) != value
    ]
    for axis, column in _AXES.items():
        selected = dict(read.group_by(column).agg(pl.col("tokens").sum()).iter_rows())
        entries = plan.get(axis, {})
        for name in sorted({*entries, *selected}):
            planned = entries.get(name, {}).get("achieved_tokens")
            if (planned or 0) != selected.get(name, 0):
                wrong.append(
                    f"{axis} {name!r}: {planned} in the plan, {selected.get(name, 0)} selected"
                )
    return Verdict(
        passed=not wrong,
        reason="; ".join(wrong[:3]) or f"{read.height} documents add up to the plan",
        facts={"disagreements": len(wrong)},
    )


def caps_hold(manifest: Manifest, lake: Lake) -> Verdict:
    """No cap of the recipe is exceeded: readings, per source, per document, other languages."""
    config, read = manifest.config, _read(manifest, lake)
    mixture, limit = config["mixture"], int(config["upsampling"]["max_repeats"])
    caps = {str(source): min(limit, int(cap)) for source, cap in mixture["source_max_repeats"]}
    cap = pl.col("source").replace_strict(caps, default=limit, return_dtype=pl.Int64)
    longest = longest_document(config)
    other = read.filter(~pl.col("language").is_in(list(mixture["main_languages"])))
    allowed = int(config["tokens"] * mixture["multilingual_max_share"])
    broken = {
        "documents read more often than their source's cap": read.filter(
            pl.col("repeats") > cap
        ).height,
        f"documents above {longest} tokens in all": read.filter(pl.col("tokens") > longest).height,
        f"tokens in other languages above {allowed}": max(0, int(other["tokens"].sum()) - allowed),
    }
    found = [f"{number} {what}" for what, number in broken.items() if number]
    return Verdict(
        passed=not found,
        reason="; ".join(found) or f"all {read.height} documents keep to the caps",
    )


def shares_within_tolerance(manifest: Manifest, lake: Lake) -> Verdict:
    """Every target is met within its last document or the tolerance; a miss names its cap."""
    plan = document(lake, manifest, "plan.json")
    tokens = int(manifest.config["tokens"])
    missed: list[str] = []
    explained: list[str] = []
    for name, entry in sorted(plan["targets"].items()):
        off = int(entry["achieved_tokens"]) - int(entry["planned_tokens"])
        if abs(off) > max(SHARE_TOLERANCE * tokens, _largest(entry)):
            why = str(entry["why"])
            said = f"{name}: {off:+d} of {entry['planned_tokens']} tokens"
            (explained if why else missed).append(f"{said} ({why or 'not explained'})")
    return Verdict(
        passed=not missed and not explained,
        reason="; ".join([*missed, *explained])
        or f"{len(plan['targets'])} targets are met within a document or {SHARE_TOLERANCE:.0%}",
        facts={"missed": len(missed) + len(explained), "explained": len(explained)},
    )


def weights_are_explained(manifest: Manifest, lake: Lake) -> Verdict:
    """Every weight is positive and the product of its recorded factors."""
    factors = table(lake, manifest, "selection.parquet", ["doc_id", "weight", *FACTORS])
    product = pl.lit(1.0)
    for name in FACTORS:
        product = product * pl.col(name)
    off = ((pl.col("weight") / product) - 1).abs() > _WEIGHT_TOLERANCE
    wrong = factors.filter(off | ~(pl.col("weight") > 0))
    example = f", for example {wrong['doc_id'][0]}" if wrong.height else ""
    return Verdict(
        passed=not wrong.height,
        reason=f"{wrong.height} of {factors.height} weights are not the product of their "
        f"factors{example}",
    )


def _read(manifest: Manifest, lake: Lake) -> pl.DataFrame:
    columns = ["num_tokens", "repeats", *dict.fromkeys(_AXES.values())]
    selection = table(lake, manifest, "selection.parquet", columns)
    tokens = pl.col("num_tokens").cast(pl.Int64) * pl.col("repeats").cast(pl.Int64)
    return selection.with_columns(tokens.alias("tokens"))


def _largest(entry: Mapping[str, Any]) -> int:
    return int(entry["largest_document"])


PLAN_CHECKS = (
    Check(
        name="plan_is_written",
        description="Planned against achieved tokens are on record and agree with the selection.",
        run=plan_is_written,
    ),
    Check(
        name="caps_hold",
        description="No document, source or language part exceeds the recipe's caps.",
        run=caps_hold,
    ),
    Check(
        name="weights_are_explained",
        description="Every weight is the product of the factors recorded with it.",
        run=weights_are_explained,
    ),
    Check(
        name="shares_within_tolerance",
        description="Every group has its share of the tokens; a miss names the cap that bound.",
        run=shares_within_tolerance,
        blocking=False,
    ),
)
