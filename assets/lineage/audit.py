"""The graph of what was really made: which artifact was read by which, both ways.

Built from manifests alone, so it holds after any database is gone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from assets.lineage.manifest import Manifest
from assets.ports import Lake


@dataclass(frozen=True, kw_only=True)
class Edge:
    """One input as its consumer read it."""

    input: str
    """Fingerprint of what was read."""
    consumer: str
    files_read: int


class ArtifactGraph:
    """All committed artifacts of a lake and the edges between them."""

    def __init__(self, manifests: Iterable[Manifest]) -> None:
        self.nodes = {manifest.fingerprint: manifest for manifest in manifests}
        self._consumers: dict[str, list[str]] = {}
        for manifest in self.nodes.values():
            for record in manifest.inputs:
                self._consumers.setdefault(record.fingerprint, []).append(manifest.fingerprint)

    @classmethod
    def of(cls, lake: Lake) -> ArtifactGraph:
        return cls(lake.manifests())

    def ancestors(self, start: Manifest) -> list[Manifest]:
        """Return everything that went into an artifact, itself first."""
        return list(self._walk(start, forward=False))

    def descendants(self, start: Manifest) -> list[Manifest]:
        """Return everything an artifact went into, itself first."""
        return list(self._walk(start, forward=True))

    def edges_among(self, manifests: Iterable[Manifest]) -> list[Edge]:
        chosen = {manifest.fingerprint for manifest in manifests}
        return [
            Edge(
                input=record.fingerprint,
                consumer=fingerprint,
                files_read=len(record.files_read),
            )
            for fingerprint in sorted(chosen)
            for record in self.nodes[fingerprint].inputs
            if record.fingerprint in chosen
        ]

    def _walk(self, start: Manifest, *, forward: bool) -> Iterator[Manifest]:
        queue, seen = [start.fingerprint], set()
        while queue:
            fingerprint = queue.pop(0)
            if fingerprint in seen or fingerprint not in self.nodes:
                continue
            seen.add(fingerprint)
            manifest = self.nodes[fingerprint]
            yield manifest
            if forward:
                queue.extend(self._consumers.get(fingerprint, ()))
            else:
                queue.extend(record.fingerprint for record in manifest.inputs)


def ancestry(lake: Lake, start: Manifest) -> list[Manifest]:
    """Return what `ArtifactGraph.ancestors` returns, reading only these manifests."""
    found = {start.fingerprint: start}
    queue = [start]
    while queue:
        for record in queue.pop(0).inputs:
            if record.fingerprint in found:
                continue
            manifest = lake.find(record.family, record.name, record.fingerprint)
            if manifest is not None:
                found[record.fingerprint] = manifest
                queue.append(manifest)
    return list(found.values())


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
