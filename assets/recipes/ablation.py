"""The six ablation variants of the paper's Table 2, at toy size: replacements in `tiny`.

They differ in the architecture only, so they share every artifact up to the shards; they are
judged as base models and have no SFT stages.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from assets.recipes.recipe import Recipe
from assets.recipes.tiny import tiny

VARIANTS: Mapping[str, str] = {
    "default": "Baichuan (default)",
    "head_dim_128": "global head dim 128",
    "swa_75": "75% SWA layers",
    "no_swa": "no SWA",
    "no_conv": "no conv",
    "rope_1e4": "RoPE base 1e4",
}
"""Variant -> row heading of Table 2 (arXiv 2502.12671)."""


def ablation_name(variant: str) -> str:
    return f"tiny-{variant}"


def ablation(variant: str) -> Recipe:
    """Return one variant; raises KeyError for an unknown one."""
    base = tiny()
    model: dict[str, Any] = {}
    stages = base.stages
    if variant == "head_dim_128":
        # Global heads as narrow as the sliding ones; query and kv heads doubled, so that the
        # projections keep their size (whether the paper doubled them is not stated: our choice).
        model = {
            "num_global_heads": base.model.num_swa_heads,
            "num_global_kv_heads": 2 * base.model.num_global_kv_heads,
        }
    elif variant == "swa_75":
        model = {"sliding_window_layers": (1, 2, 3)}
    elif variant == "no_swa":
        model = {"sliding_window_layers": ()}
    elif variant == "no_conv":
        model = {"conv_window": 0}
    elif variant == "rope_1e4":
        first, second, third = base.stages
        stages = (
            replace(first, rope_theta=1e4),
            replace(second, rope_theta=1e4),
            replace(third, rope_theta=1e4),
        )
    elif variant != "default":
        raise KeyError(f"no ablation variant {variant!r}: choose from {', '.join(VARIANTS)}")
    return replace(
        base,
        name=ablation_name(variant),
        title=f"Ablation at toy size: {VARIANTS[variant]}",
        model=replace(base.model, **model),
        stages=stages,
        sft=(),
        tags=("ablation",),
    )
