"""Dagster's account of artifacts: its materialization events, held against the manifests.

An event says what it is about by its fingerprint; several may speak of one artifact (it was
reused, or shared by recipes), and of those the newest of each partition counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import dagster as dg

from assets.lineage.manifest import Manifest

DATA_VERSION = "dagster/data_version"
INPUT_EVENT = "dagster/input_event_pointer/"
PAGE_EVENTS = 500
"""Events read at once; a page of them with pictures is some megabytes (our choice)."""
_CIRCUMSTANCES = frozenset(
    {"reused", "mlflow_run", "registered_model", "version", "alias", "passport"}
)
"""They say how a run came by the artifact and lead elsewhere; the manifest does not hold them."""
_SHOWN_CHARS = 60


@dataclass(frozen=True, kw_only=True)
class Told:
    """One materialization event."""

    storage_id: int
    partition: str
    fingerprint: str
    data_version: str
    pointers: Mapping[str, str]
    """Input node -> newest event about it when this one was written."""
    metadata: Mapping[str, dg.MetadataValue[Any]]


class DagsterViews:
    """Reads an instance's event log, each asset once."""

    def __init__(self, instance: dg.DagsterInstance, *, page_events: int = PAGE_EVENTS) -> None:
        self._instance, self._page_events = instance, page_events
        self._known: dict[str, list[Told]] = {}

    def told(self, node: str) -> list[Told]:
        """Return all events of an asset, newest first."""
        if node not in self._known:
            self._known[node] = list(self._read(node))
        return self._known[node]

    def newest(self, node: str) -> dict[str, Told]:
        """Return the newest event of each partition of an asset."""
        newest: dict[str, Told] = {}
        for event in self.told(node):
            newest.setdefault(event.partition, event)
        return newest

    def about(self, manifest: Manifest) -> list[Told]:
        """Return the newest event of each partition that speaks of an artifact."""
        found: dict[str, Told] = {}
        for event in self.told(_node(manifest)):
            if event.fingerprint == manifest.fingerprint:
                found.setdefault(event.partition, event)
        return list(found.values())

    def check(
        self, manifest: Manifest, metadata: Mapping[str, Any], mlflow_run: str = ""
    ) -> list[str]:
        """Return how Dagster disagrees with a manifest, in plain sentences.

        `metadata` is what a run would write today; `mlflow_run` is the run it should lead to.
        """
        where = f"{manifest.key}@{manifest.short}"
        events = self.about(manifest)
        if not events:
            return [f"{where}: Dagster has no materialization of it; `materia rebuild` reports one"]
        return [
            f"{where}: Dagster's event {event.storage_id}"
            f"{f' of partition {event.partition}' if event.partition else ''} {what}"
            for event in events
            for what in differences(event, manifest, metadata, mlflow_run)
        ]

    def strays(self, manifests: Iterable[Manifest]) -> list[str]:
        """Return what Dagster claims of assets beyond the lake, and where its tables disagree."""
        known: dict[str, set[str]] = {}
        for manifest in manifests:
            known.setdefault(_node(manifest), set()).add(manifest.fingerprint)
        found: list[str] = []
        for node in sorted(known):
            for event in self.newest(node).values():
                if event.fingerprint not in known[node]:
                    claim = event.fingerprint[:12] or "no fingerprint"
                    found.append(
                        f"{node}[{event.partition}]: the newest materialization in Dagster "
                        f"(event {event.storage_id}) has {claim}, which is not in the lake"
                    )
            found += self._check_tables(node)
        return found

    def _check_tables(self, node: str) -> Iterator[str]:
        """Hold Dagster's summary tables against its own events: the pages read both."""
        key = _key(node)
        events = self.told(node)
        partitions = {event.partition for event in events if event.partition}
        listed = self._instance.get_materialized_partitions(key)
        for name in sorted(partitions ^ listed):
            side = "its events" if name in partitions else "its index of partitions"
            yield f"{node}[{name}]: only {side} in Dagster know this partition"
        for record in self._instance.get_asset_records([key]):
            last = record.asset_entry.last_materialization_record
            if last is None or not events:
                continue
            shown = _told(last)
            if shown != events[0]:
                yield (
                    f"{node}: Dagster's page shows data version {shown.data_version[:12]} of "
                    f"event {shown.storage_id} as the last one, the events say "
                    f"{events[0].data_version[:12]} of event {events[0].storage_id}"
                )

    def _read(self, node: str) -> Iterator[Told]:
        cursor: str | None = None
        while True:
            page = self._instance.fetch_materializations(
                dg.AssetRecordsFilter(asset_key=_key(node)), limit=self._page_events, cursor=cursor
            )
            for record in page.records:
                yield _told(record)
            if not page.has_more:
                return
            cursor = page.cursor


def differences(
    event: Told, manifest: Manifest, metadata: Mapping[str, Any], mlflow_run: str = ""
) -> Iterator[str]:
    """Yield what an event says otherwise than the lake."""
    if event.data_version != manifest.fingerprint:
        yield (
            f"says data version {event.data_version[:12] or 'none'}, "
            f"the fingerprint is {manifest.short}"
        )
    wanted = _as_stored(metadata)
    for name in sorted(wanted.keys() - _CIRCUMSTANCES):
        if name not in event.metadata:
            yield f"lacks the metadata {name}, the lake says {_shown(wanted[name])}"
        elif event.metadata[name] != wanted[name]:
            yield (
                f"says {name} is {_shown(event.metadata[name])}, "
                f"the lake says {_shown(wanted[name])}"
            )
    link = str(event.metadata["mlflow_run"].value) if "mlflow_run" in event.metadata else ""
    if link and mlflow_run and link.rsplit("/", 1)[-1] != mlflow_run:
        yield f"leads to MLflow run {link.rsplit('/', 1)[-1]}, its run is {mlflow_run}"


def _told(record: dg.EventLogRecord) -> Told:
    materialization = record.asset_materialization
    assert materialization is not None, "an event that is no materialization was fetched"
    claim = materialization.metadata.get("fingerprint")
    tags = materialization.tags or {}
    return Told(
        storage_id=record.storage_id,
        partition=materialization.partition or "",
        fingerprint=str(claim.value) if claim is not None else "",
        data_version=tags.get(DATA_VERSION, ""),
        pointers={
            name.removeprefix(INPUT_EVENT): value
            for name, value in tags.items()
            if name.startswith(INPUT_EVENT)
        },
        metadata=materialization.metadata,
    )


def _as_stored(metadata: Mapping[str, Any]) -> Mapping[str, dg.MetadataValue[Any]]:
    return dg.AssetMaterialization(asset_key="any", metadata=dict(metadata)).metadata


def _shown(value: dg.MetadataValue[Any]) -> str:
    text = repr(value.value)
    return text if len(text) <= _SHOWN_CHARS else text[: _SHOWN_CHARS - 3] + "..."


def _node(manifest: Manifest) -> str:
    return f"{manifest.family}/{manifest.name}"


def _key(node: str) -> dg.AssetKey:
    return dg.AssetKey(node.split("/"))
