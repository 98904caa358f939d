"""Everything that went into one artifact, gathered from manifests and the tables they name.

Owns what a backward audit says; pages and tables are made from it elsewhere. Reads, never writes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from assets.lineage.audit import ArtifactGraph
from assets.lineage.difference import flatten
from assets.lineage.manifest import Manifest
from assets.ports import Lake
from assets.releases.backward.decisions import Decision, decisions
from assets.releases.evidence.shares import Share, token_shares
from assets.releases.evidence.statements import reference

TRAINED = ("checkpoints", "models")


@dataclass(frozen=True, kw_only=True)
class Corpus:
    """One source, as it was read."""

    source: str
    title: str
    licence: str
    """What the catalogue states; the licences of what was trained on stand in the shares."""
    origin: str
    version: str
    raw: str
    """The snapshot, as an artifact."""
    files: int
    bytes: int
    read: int
    kept: int
    dropped: int
    quarantined: int


@dataclass(frozen=True, kw_only=True)
class Training:
    """One stage that made weights."""

    artifact: str
    steps: int
    tokens: int
    batch_samples: int
    context_tokens: int
    peak_lr: float
    final_loss: float
    wall_s: float
    device_s: float
    flops: float


@dataclass(frozen=True, kw_only=True)
class Job:
    """How one artifact was made, where and when."""

    artifact: str
    code_version: str
    git_commit: str
    git_dirty: bool
    host: str
    dagster_run: str
    mlflow_run: str
    started_at: str
    finished_at: str
    wall_s: float


@dataclass(frozen=True, kw_only=True)
class Ingredients:
    """The backward audit of one artifact."""

    artifact: str
    fingerprint: str
    digest: str
    uri: str
    corpora: tuple[Corpus, ...]
    shares: tuple[Share, ...]
    """Tokens that training read, by stage, source and licence; the shares of a stage sum to 1."""
    trainings: tuple[Training, ...]
    decisions: tuple[Decision, ...]
    jobs: tuple[Job, ...]
    packages: dict[str, tuple[str, ...]]
    """Name -> versions, over all jobs; more than one where they were made at different times."""
    config: dict[str, Any]
    """The artifact's own literals, flat."""
    absent: tuple[str, ...]
    """What was read and is no longer in the lake: the audit ends there."""

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def ingredients(lake: Lake, artifact: Manifest) -> Ingredients:
    """Gather what went into an artifact, itself included; raises LineageError when tokens that
    training counted are not those of the shards it read."""
    graph = ArtifactGraph.of(lake)
    chain = sorted(graph.ancestors(artifact), key=lambda m: (m.finished_at, m.fingerprint))
    return Ingredients(
        artifact=reference(artifact),
        fingerprint=artifact.fingerprint,
        digest=artifact.digest,
        uri=lake.uri(artifact),
        corpora=tuple(_corpora(chain)),
        shares=_shares(lake, chain),
        trainings=tuple(_training(m) for m in chain if m.family in TRAINED),
        decisions=tuple(decisions(lake, graph, chain, artifact)),
        jobs=tuple(_job(manifest) for manifest in chain),
        packages=_packages(chain),
        config=flatten(artifact.config),
        absent=tuple(_absent(graph, chain)),
    )


def _corpora(chain: Sequence[Manifest]) -> Iterator[Corpus]:
    documents = {
        record.fingerprint: manifest
        for manifest in chain
        if (manifest.family, manifest.name) == ("corpora", "documents")
        for record in manifest.inputs
    }
    raw = [m for m in chain if (m.family, m.name) == ("corpora", "raw")]
    for manifest in sorted(raw, key=lambda m: (m.partition, m.fingerprint)):
        source = manifest.config["source"]
        made = documents.get(manifest.fingerprint)
        counts = made.counts if made is not None else {}
        yield Corpus(
            source=source["name"],
            title=source["title"],
            licence=source["licence"],
            origin=source["origin"],
            version=str(manifest.config["snapshot"]["version"]),
            raw=reference(manifest),
            files=len(manifest.files),
            bytes=sum(entry.size_bytes for entry in manifest.files),
            read=counts.get("read", 0),
            kept=counts.get("kept", 0),
            dropped=counts.get("dropped", 0),
            quarantined=counts.get("quarantined", 0),
        )


def shares_of(lake: Lake, artifact: Manifest) -> tuple[Share, ...]:
    """Return the token shares behind an artifact; none where no training counted its tokens."""
    chain = ArtifactGraph.of(lake).ancestors(artifact)
    trained = [manifest for manifest in chain if manifest.family in TRAINED]
    if any("tokens" not in manifest.counts for manifest in trained):
        return ()
    return _shares(lake, chain)


def _shares(lake: Lake, chain: Sequence[Manifest]) -> tuple[Share, ...]:
    if not any(manifest.family in TRAINED for manifest in chain):
        return ()
    raw = [m for m in chain if (m.family, m.name) == ("corpora", "raw")]
    return token_shares(lake, chain, [dict(manifest.config["source"]) for manifest in raw])


def _training(manifest: Manifest) -> Training:
    config = manifest.config
    return Training(
        artifact=reference(manifest),
        steps=int(manifest.counts["steps"]),
        tokens=int(manifest.counts["tokens"]),
        batch_samples=int(config["batch_samples"]),
        context_tokens=int(config["context_tokens"]),
        peak_lr=float(config["schedule"]["peak_lr"]),
        final_loss=float(manifest.metrics["final_loss"]),
        wall_s=manifest.cost.wall_s,
        device_s=manifest.cost.device_s,
        flops=manifest.cost.flops,
    )


def _job(manifest: Manifest) -> Job:
    return Job(
        artifact=reference(manifest),
        code_version=manifest.code_version,
        git_commit=manifest.git_commit,
        git_dirty=manifest.git_dirty,
        host=manifest.host,
        dagster_run=manifest.dagster_run_id,
        mlflow_run=manifest.mlflow_run_id,
        started_at=manifest.started_at,
        finished_at=manifest.finished_at,
        wall_s=manifest.cost.wall_s,
    )


def _packages(chain: Sequence[Manifest]) -> dict[str, tuple[str, ...]]:
    found: dict[str, set[str]] = {}
    for manifest in chain:
        for name, version in manifest.packages.items():
            found.setdefault(name, set()).add(version)
    return {name: tuple(sorted(found[name])) for name in sorted(found)}


def _absent(graph: ArtifactGraph, chain: Sequence[Manifest]) -> Iterator[str]:
    for manifest in chain:
        for record in manifest.inputs:
            if record.fingerprint not in graph.nodes:
                name = f"{record.family}/{record.name}@{record.fingerprint[:12]}"
                yield f"{name}, read by {reference(manifest)}"
