"""What is stale, and why: a fingerprint, computed now, that has no artifact in the lake.

Fingerprints decide, not times: what was made anew with the same content is not news, and two
processes that finish at once cannot make each other stale.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from assets.corpora.places import Places
from assets.corpora.snapshot import resolve
from assets.corpora.sources import SOURCES, source
from assets.lineage.audit import ArtifactGraph
from assets.lineage.difference import flatten
from assets.lineage.manifest import Manifest
from assets.lineage.step import Step
from assets.ports import Lake
from assets.recipes.catalogue import RECIPES, recipe
from assets.recipes.graph import documents_step, raw_step, signatures_step
from assets.recipes.resolve import forgotten_in, resolve_graph

MAX_REASONS = 20
"""Own reasons told of one artifact (our choice): a changed recipe can differ in everything."""
_ABSENT = "nothing"


@dataclass(frozen=True, kw_only=True)
class Stale:
    """One artifact that a partition stands for now and that the lake has not."""

    key: str
    node: str
    partition: str
    wanted: str
    """Its fingerprint."""
    last: str
    """Fingerprint of what was made before, or ""."""
    reasons: tuple[str, ...]
    roots: tuple[str, ...]
    """Keys of the artifacts whose own change this one follows; itself where it changed."""


def stale_sources(lake: Lake, places: Places) -> list[str]:
    """Return materialized sources whose files, reader or rules have changed since."""
    known = {manifest.partition for manifest in lake.manifests("corpora", "raw")}
    forgotten = forgotten_in(lake)
    stale = []
    for name in SOURCES:
        if name not in known:
            continue
        raw = raw_step(source(name).to_dict(), resolve(source(name), places).to_dict())
        documents = documents_step(raw, forgotten)
        steps = (raw, documents, signatures_step(documents))
        if not all(lake.find(step.family, step.name, step.fingerprint) for step in steps):
            stale.append(name)
    return stale


def released_recipes(lake: Lake) -> list[str]:
    """Return the recipes of the catalogue that have a release."""
    released = {manifest.partition for manifest in lake.manifests("releases", "release")}
    return [name for name in RECIPES if name in released and recipe(name).sft]


def stale_recipes(lake: Lake) -> list[str]:
    """Return released recipes of which some artifact is missing under today's fingerprint."""
    return [name for name in released_recipes(lake) if stale_artifacts(lake, name)]


def stale_artifacts(lake: Lake, name: str) -> list[Stale]:
    """Return what is stale of a recipe, inputs first, each with the reasons.

    Raises ValueError naming the corpora that the recipe still needs.
    """
    return explain(resolve_graph(name, lake).steps.values(), name, lake)


def explain(steps: Iterable[Step], partition: str, lake: Lake) -> list[Stale]:
    """Return which of some steps, and of all above them, have no artifact, inputs first."""
    before = _LastMade(ArtifactGraph.of(lake), partition)
    stale: dict[str, Stale] = {}
    for step in _inputs_first(steps):
        if lake.find(step.family, step.name, step.fingerprint) is not None:
            continue
        last = before.of(step)
        own = tuple(_own_reasons(step, last))
        above = [stale[i.fingerprint] for i in step.inputs if i.fingerprint in stale]
        renewed = [i.key for i in _renewed(step, last) if i.fingerprint not in stale]
        inherited = [
            *[f"its input {key} was made anew" for key in renewed],
            *[f"its input {entry.key} is stale" for entry in above],
        ]
        roots = [*renewed, *[root for entry in above for root in entry.roots]]
        stale[step.fingerprint] = Stale(
            key=step.key,
            node=step.node,
            partition=step.partition,
            wanted=step.fingerprint,
            last=last.fingerprint if last else "",
            reasons=(*own, *inherited),
            roots=tuple(dict.fromkeys([*([step.key] if own else []), *roots])),
        )
    return list(stale.values())


class _LastMade:
    """What a partition stood for before; recipes share artifacts, so its own lineage says it."""

    def __init__(self, graph: ArtifactGraph, partition: str) -> None:
        self._by_place: dict[tuple[str, str], Manifest] = {}
        self._by_node: dict[str, Manifest] = {}
        newest_first = sorted(graph.nodes.values(), key=lambda m: m.finished_at, reverse=True)
        for manifest in newest_first:
            self._by_place.setdefault((_node(manifest), manifest.partition), manifest)
        for manifest in newest_first:
            if manifest.partition == partition:
                for ancestor in graph.ancestors(manifest):
                    self._by_node.setdefault(_node(ancestor), ancestor)

    def of(self, step: Step) -> Manifest | None:
        found = self._by_place.get((step.node, step.partition))
        return found or self._by_node.get(step.node)


def _renewed(step: Step, last: Manifest | None) -> list[Step]:
    """Return the inputs that are not those which the last artifact read."""
    read = {record.fingerprint for record in last.inputs} if last else set()
    return [above for above in step.inputs if last and above.fingerprint not in read]


def _own_reasons(step: Step, last: Manifest | None) -> Iterator[str]:
    """Yield what the step itself asks otherwise than what was made last."""
    if last is None:
        yield "it was never made"
        return
    if step.code_version != last.code_version:
        yield f"code version {last.code_version} -> {step.code_version}"
    changes = list(_changes(flatten(last.config), flatten(step.config)))
    yield from changes[:MAX_REASONS]
    if len(changes) > MAX_REASONS:
        yield f"and {len(changes) - MAX_REASONS} more fields"
    yield from _input_changes(step, last)


def _changes(before: Mapping[str, object], after: Mapping[str, object]) -> Iterator[str]:
    for field in dict.fromkeys([*before, *after]):
        old, new = before.get(field, _ABSENT), after.get(field, _ABSENT)
        if old != new:
            yield f"{field} {old!r:.60} -> {new!r:.60}"


def _input_changes(step: Step, last: Manifest) -> Iterator[str]:
    """Yield inputs that came, went, or were exchanged; a stale one is told of by itself."""
    wanted = Counter(i.node for i in step.inputs)
    read = Counter(f"{record.family}/{record.name}" for record in last.inputs)
    for node in sorted((wanted - read).keys()):
        yield f"{wanted[node]} inputs {node} instead of {read[node]}"
    for node in sorted((read - wanted).keys()):
        yield f"{wanted[node]} inputs {node} instead of {read[node]}"


def _inputs_first(steps: Iterable[Step]) -> Iterator[Step]:
    seen: set[str] = set()

    def visit(step: Step) -> Iterator[Step]:
        if step.fingerprint in seen:
            return
        seen.add(step.fingerprint)
        for above in step.inputs:
            yield from visit(above)
        yield step

    for step in steps:
        yield from visit(step)


def _node(manifest: Manifest) -> str:
    return f"{manifest.family}/{manifest.name}"
