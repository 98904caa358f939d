"""Dagster's partitions: one per source for corpora, one per recipe for what follows."""

from __future__ import annotations

import dagster as dg

from assets.corpora.sources import SOURCES
from assets.recipes.catalogue import RECIPES, recipe

SOURCE_PARTITIONS = dg.StaticPartitionsDefinition(list(SOURCES))
RECIPE_PARTITIONS = dg.StaticPartitionsDefinition(list(RECIPES))
"""One definition for all: Dagster runs assets together only when they share it. A recipe without
fine-tuning says so when one of its missing models is asked for."""


def sources_of_recipes(only: tuple[str, ...] | None = None) -> dg.StaticPartitionMapping:
    """Map each source to the recipes that read it (`only` keeps some of the sources)."""
    mapping = {
        source: [name for name in RECIPES if source in recipe(name).source_names]
        for source in only or tuple(SOURCES)
    }
    return dg.StaticPartitionMapping({source: names for source, names in mapping.items() if names})
