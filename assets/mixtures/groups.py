"""Who competes with whom for a stage's tokens: target groups, their budgets, and the caps. Pure.

A group is medical or not, and takes a share of that half's tokens. Within a group, documents in
the recipe's main languages are sampled by weight; those in other languages are taken best quality
first, and all of them together stay below the multilingual cap.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from assets.mixtures.selection import best_first, repeats_for
from assets.mixtures.words import I64

MEDICAL = "medical"
REST = "general"
"""Names of the groups of what no group of the recipe claims, and of the two halves."""

_CONDITIONS = {
    "domains": "domain",
    "languages": "language",
    "sources": "source",
    "topics": "topic",
    "content_types": "content_type",
}


@dataclass(frozen=True, kw_only=True)
class Target:
    """One group and the tokens it is to have."""

    name: str
    medical: bool
    tokens: int


def targets_of(config: Mapping[str, Any]) -> list[Target]:
    """Return the groups of a stage with budgets that sum to its tokens."""
    total = int(config["tokens"])
    medical = round(total * config["medical_share"])
    targets = []
    for is_medical, tokens, rest in ((True, medical, MEDICAL), (False, total - medical, REST)):
        groups = [g for g in config["mixture"]["stage"]["groups"] if g["medical"] is is_medical]
        shares = [float(group["share"]) for group in groups]
        # Rounded along the running sum, so that nothing is lost between the groups.
        edges = [round(tokens * edge) for edge in np.cumsum([0.0, *shares])]
        targets += [
            Target(name=group["name"], medical=is_medical, tokens=high - low)
            for group, low, high in zip(groups, edges, edges[1:], strict=False)
        ]
        targets.append(Target(name=rest, medical=is_medical, tokens=tokens - edges[-1]))
    names = [target.name for target in targets]
    if len(set(names)) < len(names):
        raise ValueError(
            f"groups {', '.join(names)}: each needs a name of its own, and {MEDICAL} and {REST} "
            "are taken by what no group claims; fix the recipe"
        )
    return targets


def with_groups(documents: pl.DataFrame, config: Mapping[str, Any]) -> pl.DataFrame:
    """Add each document's group (the first whose conditions it meets) and whether it is in one
    of the main languages.
    """
    is_medical = pl.col("domain") == MEDICAL
    group = pl.when(is_medical).then(pl.lit(MEDICAL)).otherwise(pl.lit(REST))
    for entry in reversed(config["mixture"]["stage"]["groups"]):
        meets = is_medical if entry["medical"] else ~is_medical
        for condition, column in _CONDITIONS.items():
            if entry[condition]:
                meets = meets & pl.col(column).is_in(list(entry[condition]))
        group = pl.when(meets).then(pl.lit(entry["name"])).otherwise(group)
    main = pl.col("language").is_in(list(config["mixture"]["main_languages"]))
    return documents.with_columns(group.alias("group"), main.alias("is_main"))


def with_caps(documents: pl.DataFrame, config: Mapping[str, Any]) -> pl.DataFrame:
    """Add how often each document may be read, and which cap decides that.

    A document whose one reading would exceed the stage's document share may not be read at all.
    """
    mixture = config["mixture"]
    limit = int(config["upsampling"]["max_repeats"])
    sources = {str(source): int(cap) for source, cap in mixture["source_max_repeats"]}
    longest = longest_document(config)
    of_source = pl.col("source").replace_strict(sources, default=limit, return_dtype=pl.Int64)
    of_length = longest // pl.max_horizontal("num_tokens", 1)
    cap = pl.min_horizontal(pl.lit(limit, dtype=pl.Int64), of_source, of_length)
    return documents.with_columns(
        cap.alias("cap"),
        pl.when(cap == limit)
        .then(pl.lit("max_repeats"))
        .when(cap == of_length)
        .then(pl.lit("max_document_share"))
        .otherwise(pl.lit("source_max_repeats"))
        .alias("capped_by"),
    )


def longest_document(config: Mapping[str, Any]) -> int:
    """Return the tokens that all readings of one document may have together."""
    return int(config["tokens"] * config["mixture"]["max_document_share"])


def refuse_impossible(documents: pl.DataFrame, targets: list[Target], longest: int) -> None:
    """Raise ValueError for a target that no document can serve, before anything is computed."""
    usable = documents.filter(pl.col("cap") > 0, pl.col("num_tokens") > 0)
    present = set(usable["group"].unique())
    for target in targets:
        if target.tokens and target.name not in present:
            kind = MEDICAL if target.medical else REST
            lost = documents.filter(pl.col("group") == target.name).height
            why = f"its {lost} documents are longer than {longest} tokens" if lost else "none"
            raise ValueError(
                f"{target.tokens} tokens are planned for group {target.name} ({kind}) but there "
                f"is no text for it ({why}): add a source, or change medical_share, the groups or "
                "max_document_share in the recipe"
            )


def fill(documents: pl.DataFrame, targets: list[Target], config: Mapping[str, Any]) -> pl.DataFrame:
    """Add repeats and planned tokens to every document; sorted by doc_id."""
    allowed = int(config["tokens"] * config["mixture"]["multilingual_max_share"])
    natural = {target.name: _natural_multilingual(documents, target) for target in targets}
    scale = min(1.0, allowed / max(1.0, sum(natural.values())))
    parts = [
        _fill_group(
            documents.filter(pl.col("group") == target.name),
            target,
            multilingual=int(natural[target.name] * scale),
            seed=int(config["seed"]),
        )
        for target in targets
    ]
    return pl.concat(parts).sort("doc_id")


def _natural_multilingual(documents: pl.DataFrame, target: Target) -> float:
    """Return the tokens other languages would have in a group by weight alone."""
    usable = documents.filter(pl.col("group") == target.name, pl.col("cap") > 0)
    weighted = usable.select((pl.col("num_tokens") * pl.col("weight")).alias("w"), "is_main")
    total = float(weighted["w"].sum())
    other = float(weighted.filter(~pl.col("is_main"))["w"].sum())
    return target.tokens * other / total if total else 0.0


def _fill_group(
    documents: pl.DataFrame, target: Target, *, multilingual: int, seed: int
) -> pl.DataFrame:
    other = documents.filter(~pl.col("is_main"))
    best = best_first(
        other["doc_id"].to_list(),
        other["num_tokens"].to_numpy(),
        other["quality_rank"].to_numpy(),
        other["cap"].to_numpy(),
        budget_tokens=multilingual,
    )
    # What the others leave is filled in the main languages.
    left = target.tokens - int((other["num_tokens"].to_numpy() * best).sum())
    main = documents.filter("is_main")
    repeats = repeats_for(
        main["doc_id"].to_list(),
        main["num_tokens"].to_numpy(),
        main["weight"].to_numpy(),
        main["source"].rank("dense").cast(pl.Int64).to_numpy(),
        budget_tokens=left,
        max_repeats=main["cap"].to_numpy(),
        seed=seed,
    )
    return pl.concat([_planned(main, repeats, left), _planned(other, best, target.tokens - left)])


def _planned(documents: pl.DataFrame, repeats: I64, budget_tokens: int) -> pl.DataFrame:
    """Plan by weight what the budget gives to the documents that may be read at all."""
    usable = (documents["cap"] > 0).to_numpy()
    weighted = documents["num_tokens"].to_numpy() * documents["weight"].to_numpy() * usable
    total = float(weighted.sum())
    return documents.with_columns(
        pl.Series("repeats", repeats, dtype=pl.UInt32),
        pl.Series("planned", weighted * (budget_tokens / total if total else 0.0)),
    )
