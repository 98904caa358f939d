"""From a recipe's name and the lake to its graph of fingerprints.

A raw corpus stands for itself by its newest committed snapshot; everything after it follows.
"""

from __future__ import annotations

from collections.abc import Mapping

from assets.corpora.benchmarks import benchmark_package
from assets.corpora.sources import SOURCES
from assets.lineage.manifest import Manifest
from assets.lineage.step import Step
from assets.ports import Lake
from assets.recipes.ablation import VARIANTS, ablation_name
from assets.recipes.catalogue import recipe
from assets.recipes.graph import RecipeGraph, ablation_step, documents_step, raw_step


def newest_raw(lake: Lake) -> dict[str, Step]:
    """Return, per source, the raw step of the newest committed snapshot."""
    newest: dict[str, Manifest] = {}
    for manifest in lake.manifests("corpora", "raw"):
        newest[manifest.partition] = manifest
    return {
        name: raw_step(SOURCES[name].to_dict(), manifest.config["snapshot"])
        for name, manifest in newest.items()
        if name in SOURCES
    }


def resolve_graph(name: str, lake: Lake) -> RecipeGraph:
    """Return the graph of a recipe; raises ValueError naming the corpora it still needs."""
    return RecipeGraph(recipe(name), newest_raw(lake), benchmark_package())


def resolve_step(node: str, partition: str, lake: Lake) -> Step:
    """Return the step a node stands for now; raises ValueError when it cannot be known yet."""
    if node == "reports/ablation":
        return ablation_step(_variants(lake))
    if node == "corpora/documents":
        raw = newest_raw(lake)
        if partition not in raw:
            raise ValueError(
                f"corpora/raw[{partition}] is not materialized: run "
                f"`materia materialize 'corpora/raw[{partition}]'`"
            )
        return documents_step(raw[partition])
    return resolve_graph(partition, lake).step(node)


def _variants(lake: Lake) -> Mapping[str, RecipeGraph]:
    raw, package = newest_raw(lake), benchmark_package()
    return {
        variant: RecipeGraph(recipe(ablation_name(variant)), raw, package) for variant in VARIANTS
    }
