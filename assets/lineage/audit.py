"""The graph of what was really made: which artifact was read by which, both ways.

Built from manifests alone, so it holds after any database is gone. A graph of a lake opens the
manifests on its way and no others.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from assets.lineage.manifest import Address, InputRecord, Manifest
from assets.ports import Lake


@dataclass(frozen=True, kw_only=True)
class Edge:
    """One input as its consumer read it."""

    input: str
    """Fingerprint of what was read."""
    consumer: str
    files_read: int


class ArtifactGraph:
    """Committed artifacts and the edges between them: some given ones, or all of a lake."""

    def __init__(self, manifests: Iterable[Manifest]) -> None:
        given = {manifest.fingerprint: manifest for manifest in manifests}
        self._lake: Lake | None = None
        self._opened: dict[str, Manifest | None] = {**given}
        self._consumers: dict[str, list[str]] = {}
        for manifest in given.values():
            for record in manifest.inputs:
                self._consumers.setdefault(record.fingerprint, []).append(manifest.fingerprint)

    @classmethod
    def of(cls, lake: Lake) -> ArtifactGraph:
        graph = cls(())
        graph._lake = lake
        return graph

    @cached_property
    def nodes(self) -> Mapping[str, Manifest]:
        """Every artifact by its fingerprint, oldest first: opens all manifests of the lake."""
        if self._lake is not None:
            return {manifest.fingerprint: manifest for manifest in self._lake.manifests()}
        return {name: manifest for name, manifest in self._opened.items() if manifest is not None}

    def at(self, place: Address | InputRecord) -> Manifest | None:
        """Return an artifact by its address, or by the record of one that read it."""
        return self.find(place.family, place.name, place.fingerprint)

    def inputs(self, manifest: Manifest) -> list[Manifest]:
        """Return what an artifact read, as far as it is still there."""
        found = (self.at(record) for record in manifest.inputs)
        return [each for each in found if each is not None]

    def consumers(self, manifest: Manifest) -> list[Manifest]:
        """Return the artifacts that read one, oldest first."""
        return self._consumers_of([manifest])

    def ancestors(self, start: Manifest) -> list[Manifest]:
        """Return everything that went into an artifact, itself first."""
        return list(self._walk(start, forward=False))

    def descendants(self, start: Manifest) -> list[Manifest]:
        """Return everything an artifact went into, itself first."""
        return list(self._walk(start, forward=True))

    def edges_among(self, manifests: Iterable[Manifest]) -> list[Edge]:
        chosen = {manifest.fingerprint: manifest for manifest in manifests}
        return [
            Edge(
                input=record.fingerprint,
                consumer=fingerprint,
                files_read=len(record.files_read),
            )
            for fingerprint in sorted(chosen)
            for record in chosen[fingerprint].inputs
            if record.fingerprint in chosen
        ]

    def _consumers_of(self, manifests: Sequence[Manifest]) -> list[Manifest]:
        asked = [manifest.fingerprint for manifest in manifests]
        if self._lake is None:
            names = [name for each in asked for name in self._consumers.get(each, ())]
            return [self.nodes[name] for name in names]
        told = self._lake.consumers(asked)
        found = (self.at(address) for each in asked for address in told.get(each, ()))
        return [each for each in found if each is not None]

    def find(self, family: str, name: str, fingerprint: str) -> Manifest | None:
        """Return an artifact, opened once; None when there is none."""
        if fingerprint not in self._opened:
            lake = self._lake
            self._opened[fingerprint] = lake.find(family, name, fingerprint) if lake else None
        return self._opened[fingerprint]

    def _walk(self, start: Manifest, *, forward: bool) -> Iterator[Manifest]:
        """Go outwards generation by generation, so that a lake is asked once for each."""
        generation, seen = [start], {start.fingerprint}
        while generation:
            yield from generation
            if forward:
                following = self._consumers_of(generation)
            else:
                following = [each for manifest in generation for each in self.inputs(manifest)]
            generation = []
            for manifest in following:
                if manifest.fingerprint not in seen:
                    seen.add(manifest.fingerprint)
                    generation.append(manifest)


def node_view(manifest: Manifest, uri: str) -> dict[str, Any]:
    """Return the fields of one node that `materia lineage --json` promises."""
    return {
        "key": f"{manifest.family}/{manifest.name}",
        "partition": manifest.partition,
        "fingerprint": manifest.fingerprint,
        "digest": manifest.digest,
        "uri": uri,
        "code_version": manifest.code_version,
        "started_at": manifest.started_at,
        "finished_at": manifest.finished_at,
        "dagster_run": manifest.dagster_run_id,
        "mlflow_run": manifest.mlflow_run_id,
        "git_commit": manifest.git_commit,
        "counts": dict(manifest.counts),
        "cost": {**vars(manifest.cost), "cpu_s": manifest.usage.cpu_s},
    }


def edge_view(edge: Edge) -> dict[str, Any]:
    return {"input": edge.input, "consumer": edge.consumer, "files_read": edge.files_read}
