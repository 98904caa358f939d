"""The six ablation variants of the paper's Table 2, as replacements in a base recipe.

The table of `make ablation` is over `tiny`; `ablation(variant, base)` makes the same variant of any
other. They differ in the architecture only, so they share every artifact up to the shards; they are
judged as base models and have no SFT stages.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from assets.recipes.recipe import Recipe
from assets.recipes.tiny import tiny
from model.config import ModelConfig

VARIANTS: Mapping[str, str] = {
    "default": "Baichuan (default)",
    "head_dim_128": "global head dim 128",
    "swa_75": "75% SWA layers",
    "no_swa": "no SWA",
    "no_conv": "no conv",
    "rope_1e4": "RoPE base 1e4",
}
"""Variant -> row heading of Table 2 (arXiv 2502.12671)."""


def ablation_name(variant: str, base: str = "tiny") -> str:
    return f"{base}-{variant}"


def ablation(variant: str, base: Recipe | None = None) -> Recipe:
    """Return one variant of a base (`tiny` when none is given); raises KeyError for an unknown one.

    Raises ValueError for a base of another pattern than the paper's: layers that do not alternate,
    or sliding heads that are not narrower than the global ones.
    """
    base = tiny() if base is None else base
    stages = base.stages
    if variant == "rope_1e4":
        first, second, third = base.stages
        stages = (
            replace(first, rope_theta=1e4),
            replace(second, rope_theta=1e4),
            replace(third, rope_theta=1e4),
        )
    size = "at toy size" if base.name == "tiny" else f"of {base.name}"
    return replace(
        base,
        name=ablation_name(variant, base.name),
        title=f"Ablation {size}: {_heading(variant)}",
        model=replace(base.model, **_changes(variant, base.model)),
        stages=stages,
        sft=(),
        tags=("ablation",),
    )


def _heading(variant: str) -> str:
    if variant not in VARIANTS:
        raise KeyError(f"no ablation variant {variant!r}: choose from {', '.join(VARIANTS)}")
    return VARIANTS[variant]


def _changes(variant: str, model: ModelConfig) -> dict[str, Any]:
    """Return the fields of the architecture that a variant replaces."""
    layers = range(model.num_layers)
    if model.sliding_window_layers != tuple(layers[1::2]):
        raise ValueError(
            f"sliding layers {list(model.sliding_window_layers)} do not alternate with global ones "
            "as in the paper's default: choose another base"
        )
    if variant == "head_dim_128":
        # Global heads as narrow as the sliding ones; query and kv heads multiplied, so that the
        # projections keep their size (whether the paper doubled them is not stated: our choice).
        times, rest = divmod(model.num_swa_heads, model.num_global_heads)
        if rest or times < 2:
            raise ValueError(
                f"{model.num_swa_heads} sliding heads are not narrower by a whole number than "
                f"{model.num_global_heads} global ones: choose another base"
            )
        return {
            "num_global_heads": model.num_swa_heads,
            "num_global_kv_heads": times * model.num_global_kv_heads,
        }
    if variant == "swa_75":
        # Which layer of four stays global is not stated; the first, as in the default's pattern.
        return {"sliding_window_layers": tuple(layer for layer in layers if layer % 4)}
    if variant == "no_swa":
        return {"sliding_window_layers": ()}
    if variant == "no_conv":
        return {"conv_window": 0}
    return {}
