"""From a recipe's name and the lake to its graph of fingerprints.

A raw corpus stands for itself by its newest committed snapshot; everything after it follows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from assets.corpora.benchmarks import benchmark_package
from assets.corpora.sources import SOURCES
from assets.corpora.tombstones import request_step, requests_in
from assets.lineage.manifest import Address, Manifest
from assets.lineage.step import Step
from assets.ports import Lake
from assets.recipes.ablation import VARIANTS, ablation_name
from assets.recipes.catalogue import recipe
from assets.recipes.forgotten import Forgotten
from assets.recipes.graph import (
    RecipeGraph,
    ablation_step,
    documents_step,
    raw_step,
    signatures_step,
    withdrawn_step,
)


def newest_raw(lake: Lake) -> dict[str, Step]:
    """Return, per source, the raw step of the newest committed snapshot."""
    addresses: dict[str, list[Address]] = {}
    for address in lake.addresses("corpora", "raw"):
        addresses.setdefault(address.partition, []).append(address)
    newest = {name: _newest(lake, found) for name, found in addresses.items() if name in SOURCES}
    return {
        name: raw_step(SOURCES[name].to_dict(), manifest.config["snapshot"])
        for name, manifest in newest.items()
        if manifest is not None
    }


def newest_withdrawn(lake: Lake) -> Step | None:
    """Return the step of the newest committed list of withdrawn documents, if there is any."""
    newest = _newest(lake, lake.addresses("corpora", "withdrawn"))
    if newest is None or not newest.config["snapshot"]["files"]:
        return None  # an empty list changes nothing, so it makes nothing anew
    return withdrawn_step(newest.config["snapshot"])


def forgotten_in(lake: Lake) -> Forgotten:
    """Return the requests to forget that a lake holds; raises ValueError when one is missing."""
    return Forgotten(requests=tuple(request_step(m.config) for m in requests_in(lake)))


def resolve_graph(name: str, lake: Lake, forgotten: Forgotten | None = None) -> RecipeGraph:
    """Return the graph of a recipe; raises ValueError naming the corpora it still needs.

    `forgotten` stands in for the lake's requests, to see what others would change.
    """
    return RecipeGraph(
        recipe(name),
        newest_raw(lake),
        benchmark_package(),
        newest_withdrawn(lake),
        forgotten_in(lake) if forgotten is None else forgotten,
    )


def resolve_step(node: str, partition: str, lake: Lake) -> Step:
    """Return the step a node stands for now; raises ValueError when it cannot be known yet."""
    if node == "reports/ablation":
        return ablation_step(_variants(lake))
    if node in ("corpora/documents", "mixtures/signatures"):
        raw = newest_raw(lake)
        if partition not in raw:
            raise ValueError(
                f"corpora/raw[{partition}] is not materialized: run "
                f"`materia materialize 'corpora/raw[{partition}]'`"
            )
        documents = documents_step(raw[partition], forgotten_in(lake))
        return documents if node == "corpora/documents" else signatures_step(documents)
    if node == "corpora/withdrawn":
        withdrawn = newest_withdrawn(lake)
        if withdrawn is None:
            raise ValueError(
                "corpora/withdrawn is not materialized: run `materia materialize corpora/withdrawn`"
            )
        return withdrawn
    return resolve_graph(partition, lake).step(node)


def _newest(lake: Lake, addresses: Sequence[Address]) -> Manifest | None:
    """Return the last of some artifacts that is still there."""
    for address in reversed(addresses):
        found = lake.find(address.family, address.name, address.fingerprint)
        if found is not None:
            return found
    return None


def _variants(lake: Lake) -> Mapping[str, RecipeGraph]:
    raw, package, withdrawn = newest_raw(lake), benchmark_package(), newest_withdrawn(lake)
    known = (raw, package, withdrawn, forgotten_in(lake))
    return {variant: RecipeGraph(recipe(ablation_name(variant)), *known) for variant in VARIANTS}
