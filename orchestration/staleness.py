"""Which partitions are stale: their fingerprint, computed now, has no artifact in the lake."""

from __future__ import annotations

from assets.corpora.places import Places
from assets.corpora.snapshot import resolve
from assets.corpora.sources import SOURCES, source
from assets.ports import Lake
from assets.recipes.catalogue import RECIPES, recipe
from assets.recipes.graph import documents_step, raw_step, signatures_step
from assets.recipes.resolve import resolve_graph


def stale_sources(lake: Lake, places: Places) -> list[str]:
    """Return materialized sources whose files, reader or rules have changed since."""
    known = {manifest.partition for manifest in lake.manifests("corpora", "raw")}
    stale = []
    for name in SOURCES:
        if name not in known:
            continue
        raw = raw_step(source(name).to_dict(), resolve(source(name), places).to_dict())
        documents = documents_step(raw)
        steps = (raw, documents, signatures_step(documents))
        if not all(lake.find(step.family, step.name, step.fingerprint) for step in steps):
            stale.append(name)
    return stale


def stale_recipes(lake: Lake) -> list[str]:
    """Return released recipes of which some artifact is missing under today's fingerprint."""
    released = {manifest.partition for manifest in lake.manifests("releases", "release")}
    stale = []
    for name in RECIPES:
        if name in released and recipe(name).sft:
            steps = resolve_graph(name, lake).steps.values()
            if not all(lake.find(step.family, step.name, step.fingerprint) for step in steps):
                stale.append(name)
    return stale
