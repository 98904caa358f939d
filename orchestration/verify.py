"""Recompute what the record claims: hashes, fingerprints, chains, and the views in MLflow and
Dagster. Every problem is one plain sentence that names the artifact.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from assets.lineage.audit import ArtifactGraph
from assets.lineage.manifest import Manifest, digest_of
from assets.lineage.step import fingerprint_of
from orchestration.lake import ObjectLake

View = Callable[[Manifest], list[str]]
"""Compares one manifest with another system's account of it."""


def verify(lake: ObjectLake, manifests: Iterable[Manifest], views: Iterable[View]) -> list[str]:
    """Return all problems of the given artifacts; none means every claim holds."""
    graph = ArtifactGraph.of(lake)
    checks = tuple(views)
    problems: list[str] = []
    for manifest in manifests:
        problems += [
            *_files(lake, graph, manifest),
            *_identity(manifest),
            *_chain(graph, manifest),
            *[problem for view in checks for problem in view(manifest)],
        ]
    return problems


def misplaced(lake: ObjectLake) -> Iterator[str]:
    """Yield the places at which the record of another artifact lies: an older release that was
    put back into the folder of a newer one, say."""
    for path, manifest in lake.misplaced():
        yield (
            f"{path} holds the record of {manifest.key}@{manifest.short}, made "
            f"{manifest.finished_at[:19]}: what belongs there was replaced by another artifact"
        )


def _files(lake: ObjectLake, graph: ArtifactGraph, manifest: Manifest) -> Iterator[str]:
    for entry in manifest.files:
        stored = lake.measure(manifest, entry)
        where = f"{manifest.key}@{manifest.short}: {entry.path}"
        if stored is None:
            yield f"{where} is missing"
        elif stored != (entry.size_bytes, entry.sha256):
            owner = _owner(graph, manifest, stored)
            yield (
                f"{where} has changed (sha256 {stored[1][:12]}, recorded {entry.sha256[:12]})"
                + (f": it holds the bytes of {owner}" if owner else "")
            )
    known = {entry.path for entry in manifest.files}
    for extra in sorted(lake.stored_files(manifest) - known):
        yield f"{manifest.key}@{manifest.short}: {extra} is not in the manifest"
    if digest_of(manifest.files) != manifest.digest:
        yield f"{manifest.key}@{manifest.short}: the digest is not that of the listed files"


def _owner(graph: ArtifactGraph, manifest: Manifest, stored: tuple[int, str]) -> str:
    """Return which file the bytes are recorded as, in the artifact itself or in another one."""
    others = (m for m in graph.nodes.values() if m.fingerprint != manifest.fingerprint)
    for holder in (manifest, *others):
        for entry in holder.files:
            if (entry.size_bytes, entry.sha256) == stored:
                own = holder is manifest
                return entry.path if own else f"{holder.key}@{holder.short}: {entry.path}"
    return ""


def _identity(manifest: Manifest) -> Iterator[str]:
    asked = fingerprint_of(
        f"{manifest.family}/{manifest.name}",
        manifest.config,
        manifest.code_version,
        [(f"{record.family}/{record.name}", record.fingerprint) for record in manifest.inputs],
    )
    if asked != manifest.fingerprint:
        yield (
            f"{manifest.key}@{manifest.short}: config, code version and inputs give fingerprint "
            f"{asked[:12]}, so one of them was edited"
        )


def _chain(graph: ArtifactGraph, manifest: Manifest) -> Iterator[str]:
    for record in manifest.inputs:
        found = graph.nodes.get(record.fingerprint)
        name = f"{record.family}/{record.name}[{record.partition}]"
        if found is None:
            yield f"{manifest.key}@{manifest.short}: its input {name} is not in the lake"
        elif found.digest != record.digest:
            yield (
                f"{manifest.key}@{manifest.short}: read {name} with digest {record.digest[:12]}, "
                f"the lake now has {found.digest[:12]}"
            )
