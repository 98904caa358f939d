"""All recipes by name. Adding one: write its file, add it here."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from assets.recipes.ablation import VARIANTS, ablation, ablation_name
from assets.recipes.m1_14b import m1_14b
from assets.recipes.recipe import Recipe
from assets.recipes.small import small, small_multilingual
from assets.recipes.smoke import smoke
from assets.recipes.tiny import tiny


def _ablation(variant: str) -> Callable[[], Recipe]:
    return lambda: ablation(variant)


RECIPES: Mapping[str, Callable[[], Recipe]] = {
    "tiny": tiny,
    "smoke": smoke,
    "small": small,
    "small-multilingual": small_multilingual,
    "m1_14b": m1_14b,
    **{ablation_name(variant): _ablation(variant) for variant in VARIANTS},
}


def recipe(name: str) -> Recipe:
    """Return a recipe; raises ValueError with the names there are."""
    if name not in RECIPES:
        raise ValueError(f"no recipe {name!r}: choose from {', '.join(RECIPES)}")
    return RECIPES[name]()
