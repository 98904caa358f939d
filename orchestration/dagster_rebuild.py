"""Dagster's materializations written anew from the lake: metadata, partitions, data versions.

Each artifact is reported as a run would have told it, under every partition it stands for, in the
order of making; then, where that is another, the one a partition stands for now. What the event
log has already is left alone, so a second rebuild reports nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import dagster as dg

from assets.lineage.build import Built
from assets.lineage.canonical import sha256_of
from assets.lineage.defs import cost_metadata, describe
from assets.lineage.manifest import Manifest
from assets.platform import Platform
from assets.ports import Lake
from assets.recipes.catalogue import RECIPES
from assets.recipes.resolve import newest_raw, resolve_graph, resolve_step
from orchestration.dagster_views import DATA_VERSION, INPUT_EVENT, DagsterViews, Told, differences

REBUILT_TAG = "materia/rebuilt"
_CODE_VERSION = "dagster/code_version"
_OURS = "dagster/data_version_is_user_provided"
_INPUT_VERSION = "dagster/input_data_version/"
_NO_EVENT, _NO_VERSION = "NULL", "INITIAL"
_OF_SOURCES = ("corpora/documents", "mixtures/signatures")

Published = Callable[[Manifest], Mapping[str, Any]]
"""What making an artifact has published about it elsewhere: its model version, say."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """One asset for one partition ("" for none)."""

    node: str
    partition: str


def places(lake: Lake) -> dict[Place, list[Manifest]]:
    """Return what every place has stood for, oldest first; the last is what it stands for now."""
    found: dict[Place, list[Manifest]] = {}
    for manifest in lake.manifests():
        place = Place(node=f"{manifest.family}/{manifest.name}", partition=manifest.partition)
        found.setdefault(place, []).append(manifest)
    for place, manifest in _current(lake, {place.partition for place in found}):
        history = found.setdefault(place, [])
        if not history or history[-1].fingerprint != manifest.fingerprint:
            history.append(manifest)
    return found


def rebuild_dagster(
    instance: dg.DagsterInstance,
    graph: dg.AssetGraph,
    platform: Platform,
    *,
    runs: Mapping[str, str],
    published: Published = lambda manifest: {},
) -> int:
    """Report what the event log lacks or has wrong; returns how many events that took.

    `runs` says which MLflow run belongs to a fingerprint.
    """
    writer = _Writer(instance, graph, platform, runs, published)
    standing = places(platform.lake)
    missing = [
        (place, manifest)
        for place, history in standing.items()
        for manifest in {m.fingerprint: m for m in history}.values()
        if not writer.has(place, manifest)
    ]
    for place, manifest in sorted(missing, key=lambda pair: pair[1].finished_at):
        writer.report(place, manifest)
    last = [(place, history[-1]) for place, history in standing.items()]
    for place, manifest in sorted(last, key=lambda pair: pair[1].finished_at):
        if not writer.is_newest(place, manifest):
            writer.report(place, manifest)
    return writer.num_reported


def report_artifact(
    instance: dg.DagsterInstance, platform: Platform, manifest: Manifest, run_id: str
) -> None:
    """Report one artifact that no run has made."""
    place = Place(node=f"{manifest.family}/{manifest.name}", partition=manifest.partition)
    runs = {manifest.fingerprint: run_id}
    graph = dg.Definitions().resolve_asset_graph()
    _Writer(instance, graph, platform, runs, lambda manifest: {}).report(place, manifest)


class _Writer:
    """Reports events and knows what has been told so far."""

    def __init__(
        self,
        instance: dg.DagsterInstance,
        graph: dg.AssetGraph,
        platform: Platform,
        runs: Mapping[str, str],
        published: Published,
    ) -> None:
        self._instance, self._graph, self._platform = instance, graph, platform
        self._runs, self._published = runs, published
        self._views = DagsterViews(instance)
        self._in_lake = {manifest.fingerprint for manifest in platform.lake.manifests()}
        self._events: dict[str, dict[str, int]] = {}
        """Node -> fingerprint -> newest event about it."""
        self._newest: dict[Place, str] = {}
        self.num_reported = 0

    def has(self, place: Place, manifest: Manifest) -> bool:
        """Whether the newest event of a place about an artifact says what the lake says."""
        run_id = self._runs.get(manifest.fingerprint, "")
        metadata = self._metadata(place, manifest)
        return any(
            event.partition == place.partition
            and not list(differences(event, manifest, metadata, run_id))
            and self._knows_its_inputs(event, manifest)
            for event in self._views.about(manifest)
        )

    def _knows_its_inputs(self, event: Told, manifest: Manifest) -> bool:
        """Whether an event points at or behind events about what was read: else Dagster would
        take an input whose events were lost and written again for a new one."""
        for node, pointer in event.pointers.items():
            read = {i.fingerprint for i in manifest.inputs if f"{i.family}/{i.name}" == node}
            if not read & self._in_lake:
                continue
            last = int(pointer) if pointer != _NO_EVENT else -1
            seen = {t.fingerprint for t in self._views.told(node) if t.storage_id <= last}
            if not read & seen:
                return False
        return True

    def is_newest(self, place: Place, manifest: Manifest) -> bool:
        newest = self._newest.get(place)
        if newest is None:
            event = self._views.newest(place.node).get(place.partition)
            newest = event.fingerprint if event else ""
        return newest == manifest.fingerprint

    def report(self, place: Place, manifest: Manifest) -> None:
        key = dg.AssetKey(place.node.split("/"))
        self._instance.report_runless_asset_event(
            dg.AssetMaterialization(
                asset_key=key,
                partition=place.partition or None,
                metadata={
                    **self._metadata(place, manifest),
                    **cost_metadata(manifest, self._platform),
                    **self._published(manifest),
                },
                tags=self._tags(key, manifest),
            )
        )
        (record,) = self._instance.fetch_materializations(key, limit=1).records
        self._events_of(place.node)[manifest.fingerprint] = record.storage_id
        self._newest[place] = manifest.fingerprint
        self.num_reported += 1

    def _metadata(self, place: Place, manifest: Manifest) -> dict[str, Any]:
        run_id = self._runs.get(manifest.fingerprint, "")
        built = Built(
            manifest=manifest,
            uri=self._platform.lake.uri(manifest),
            reused=place.partition != manifest.partition,
            mlflow_url=self._platform.tracker.run_url(run_id),
        )
        return describe(built, self._platform)

    def _tags(self, key: dg.AssetKey, manifest: Manifest) -> dict[str, str]:
        """Return the provenance that Dagster's own staleness is computed from."""
        tags = {
            _CODE_VERSION: manifest.code_version,
            DATA_VERSION: manifest.fingerprint,
            _OURS: "true",
            REBUILT_TAG: "true",
        }
        parents = self._graph.get(key).parent_keys if self._graph.has(key) else ()
        for parent in sorted(parents):
            node = "/".join(parent.path)
            read = [
                i.fingerprint for i in manifest.inputs if f"{i.family}/{i.name}" == node
            ] or self._newest_of(node)
            tags[f"{_INPUT_VERSION}{parent.to_user_string()}"] = _version_of(read)
            tags[f"{INPUT_EVENT}{parent.to_user_string()}"] = self._pointer(node, read)
        return tags

    def _newest_of(self, node: str) -> list[str]:
        """Return what Dagster notes of an input that was not read: the newest there was."""
        events = self._events_of(node)
        return [max(events, key=lambda fingerprint: events[fingerprint])] if events else []

    def _pointer(self, node: str, read: Sequence[str]) -> str:
        """Return the newest event about anything that was read of a node: later ones are news."""
        events = self._events_of(node)
        known = [events[fingerprint] for fingerprint in read if fingerprint in events]
        return str(max(known)) if known else _NO_EVENT

    def _events_of(self, node: str) -> dict[str, int]:
        if node not in self._events:
            told = reversed(self._views.told(node))
            self._events[node] = {event.fingerprint: event.storage_id for event in told}
        return self._events[node]


def _current(lake: Lake, partitions: Iterable[str]) -> list[tuple[Place, Manifest]]:
    """Return what every source and recipe that has made something stands for today."""
    known = set(partitions)
    steps = [
        (source, step)
        for source, raw in newest_raw(lake).items()
        for step in (raw, *(resolve_step(node, source, lake) for node in _OF_SOURCES))
    ]
    for name in RECIPES:
        if name not in known:
            continue
        try:
            graph = resolve_graph(name, lake)
        except ValueError:
            continue  # a corpus it needs now has never been made: it stands for nothing new
        steps += [(name, step) for step in graph.steps.values()]
    found = []
    for partition, step in steps:
        manifest = lake.find(step.family, step.name, step.fingerprint)
        if manifest is not None:
            found.append((Place(node=step.node, partition=partition), manifest))
    return found


def _version_of(read: Sequence[str]) -> str:
    """Return one version for all partitions of an input, as Dagster does."""
    if not read:
        return _NO_VERSION
    return read[0] if len(read) == 1 else sha256_of(sorted(read))
