"""All recipes by name. Adding one: write its file, add it here."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from assets.recipes.ablation import VARIANTS, ablation, ablation_name
from assets.recipes.m1_1b5 import m1_1b5
from assets.recipes.m1_14b import m1_14b
from assets.recipes.m1_125m import m1_125m
from assets.recipes.m1_350m import m1_350m
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
    "m1_125m": m1_125m,
    "m1_350m": m1_350m,
    "m1_1b5": m1_1b5,
    "m1_14b": m1_14b,
    **{ablation_name(variant): _ablation(variant) for variant in VARIANTS},
}


def planned_recipe(name: str) -> Recipe:
    """Return a recipe, or an ablation variant of one (`m1_1b5-no_conv`), which nothing makes until
    it is in the catalogue but which can be planned; raises ValueError with the names there are."""
    base, _, variant = name.rpartition("-")
    if name not in RECIPES and base in RECIPES and variant in VARIANTS:
        return ablation(variant, RECIPES[base]())
    return recipe(name)


def recipe(name: str) -> Recipe:
    """Return a recipe; raises ValueError with the names there are."""
    if name not in RECIPES:
        raise ValueError(f"no recipe {name!r}: choose from {', '.join(RECIPES)}")
    return RECIPES[name]()
