"""Recompute what the record claims: hashes, fingerprints, chains, and the views in MLflow and
Dagster. Every problem is one plain sentence that names the artifact.

Files are read and hashed by a few threads, so that the disk and the processor work at the same
time; memory is theirs, whatever the size of a lake.
"""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import Any

from assets.lineage.audit import ArtifactGraph
from assets.lineage.canonical import HashMeter
from assets.lineage.manifest import FileEntry, Manifest, digest_of
from assets.lineage.step import fingerprint_of
from orchestration.lake import ObjectLake

View = Callable[[Manifest], list[str]]
"""Compares one manifest with another system's account of it."""


THREADS = min(8 * (os.cpu_count() or 1), 128)
"""Eight per core: some hash while enough others wait for the disk to keep it busy. Our choice: two
per core left a fast disk idle a fifth of the time (`benchmarks.audits verify`)."""
_AHEAD = 4
"""Files handed to a thread before their results are wanted."""

_Measured = tuple[int, str] | None


@dataclass(frozen=True, kw_only=True)
class Speed:
    """How fast the files of a verification were read and hashed, and what held it up."""

    num_bytes: int
    wall_s: float
    threads: int
    read_s: float
    """Of all threads together, as `hash_s`."""
    hash_s: float

    @property
    def bytes_per_s(self) -> float:
        return self.num_bytes / self.wall_s if self.wall_s else 0.0

    @property
    def limit(self) -> str:
        """What the threads spent most of their time with: `disk` or `hash`."""
        return "disk" if self.read_s > self.hash_s else "hash"

    def to_dict(self) -> dict[str, Any]:
        return {**vars(self), "bytes_per_s": self.bytes_per_s, "limit": self.limit}


class Verification:
    """Problems of some artifacts, and how fast they were found."""

    def __init__(self, lake: ObjectLake, threads: int = THREADS) -> None:
        self._lake, self._threads = lake, threads
        self._meter = HashMeter()
        self._wall_s = 0.0

    @property
    def speed(self) -> Speed:
        return Speed(
            num_bytes=self._meter.num_bytes,
            wall_s=self._wall_s,
            threads=self._threads,
            read_s=self._meter.read_s,
            hash_s=self._meter.hash_s,
        )

    def problems(self, manifests: Iterable[Manifest], views: Iterable[View]) -> list[str]:
        """Return all problems of the given artifacts; none means every claim holds."""
        graph = ArtifactGraph.of(self._lake)
        checks, chosen = tuple(views), list(manifests)
        started = time.perf_counter()
        found = self._of_files(graph, chosen)
        self._wall_s += time.perf_counter() - started
        problems: list[str] = []
        for manifest, of_files in zip(chosen, found, strict=True):
            problems += [
                *of_files,
                *_identity(manifest),
                *_chain(graph, manifest),
                *[problem for view in checks for problem in view(manifest)],
            ]
        return problems

    def _of_files(self, graph: ArtifactGraph, manifests: Sequence[Manifest]) -> list[list[str]]:
        asked = ((manifest, entry) for manifest in manifests for entry in manifest.files)
        with ThreadPoolExecutor(self._threads) as pool:
            measured = self._measured(pool, asked)
            return [
                list(
                    _files(self._lake, graph, manifest, list(islice(measured, len(manifest.files))))
                )
                for manifest in manifests
            ]

    def _measured(
        self, pool: ThreadPoolExecutor, asked: Iterable[tuple[Manifest, FileEntry]]
    ) -> Iterator[_Measured]:
        """Yield size and hash of each file in order, some files ahead of who asks."""
        waiting: deque[Future[_Measured]] = deque()
        for manifest, entry in asked:
            waiting.append(pool.submit(self._lake.measure, manifest, entry, self._meter))
            if len(waiting) >= _AHEAD * self._threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def verify(lake: ObjectLake, manifests: Iterable[Manifest], views: Iterable[View]) -> list[str]:
    """Return all problems of the given artifacts; none means every claim holds."""
    return Verification(lake).problems(manifests, views)


def misplaced(lake: ObjectLake) -> Iterator[str]:
    """Yield the places at which the record of another artifact lies: an older release that was
    put back into the folder of a newer one, say."""
    for path, manifest in lake.misplaced():
        yield (
            f"{path} holds the record of {manifest.key}@{manifest.short}, made "
            f"{manifest.finished_at[:19]}: what belongs there was replaced by another artifact"
        )


def _files(
    lake: ObjectLake, graph: ArtifactGraph, manifest: Manifest, measured: Sequence[_Measured]
) -> Iterator[str]:
    for entry, stored in zip(manifest.files, measured, strict=True):
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
        found = graph.at(record)
        name = f"{record.family}/{record.name}[{record.partition}]"
        if found is None:
            yield f"{manifest.key}@{manifest.short}: its input {name} is not in the lake"
        elif found.digest != record.digest:
            yield (
                f"{manifest.key}@{manifest.short}: read {name} with digest {record.digest[:12]}, "
                f"the lake now has {found.digest[:12]}"
            )
