"""The record of one artifact, written last and exclusively: manifest.json.

Two identities, never mixed: `fingerprint` is what the artifact was asked to be, `digest` is what
its files are.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assets.lineage.canonical import sha256_of
from assets.lineage.usage import Usage

if TYPE_CHECKING:
    from assets.lineage.storage import Folder

SCHEMA = "materia.manifest/1"
FINGERPRINT_CHARS = 12
"""Length of the fingerprint in an address: 48 bits, and the full one is checked on reading."""


@dataclass(frozen=True, kw_only=True)
class FileEntry:
    """One file of an artifact, path relative to its data folder."""

    path: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True, kw_only=True)
class InputRecord:
    """One input as it was actually read."""

    family: str
    name: str
    partition: str
    fingerprint: str
    digest: str
    files_read: tuple[FileEntry, ...]


@dataclass(frozen=True, kw_only=True)
class Address:
    """Where a committed artifact is found, and what is asked of many before any is opened."""

    family: str
    name: str
    partition: str
    fingerprint: str
    finished_at: str

    @property
    def node(self) -> str:
        return f"{self.family}/{self.name}"


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What one artifact took, on its own."""

    tokens: int = 0
    flops: float = 0.0
    wall_s: float = 0.0
    device_s: float = 0.0
    """Seconds of accelerator or, for CPU jobs, of rank time."""

    def __add__(self, other: Cost) -> Cost:
        return Cost(
            tokens=self.tokens + other.tokens,
            flops=self.flops + other.flops,
            wall_s=self.wall_s + other.wall_s,
            device_s=self.device_s + other.device_s,
        )


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """The whole record of one committed artifact."""

    family: str
    name: str
    partition: str
    """Dagster's view at the time; not part of the identity."""
    fingerprint: str
    digest: str
    code_version: str
    config: Mapping[str, Any]
    inputs: tuple[InputRecord, ...]
    files: tuple[FileEntry, ...]
    data_dir: str
    """Folder of this attempt's files beside the manifest."""
    token: int
    """Fencing token of the attempt that committed."""
    counts: Mapping[str, int]
    metrics: Mapping[str, float]
    summary: str
    """Markdown for people: what is in it, in a few lines."""
    pictures: tuple[str, ...]
    cost: Cost
    inherited_cost: Cost
    """Sum over all distinct ancestors."""
    git_commit: str
    git_dirty: bool
    packages: Mapping[str, str]
    host: str
    dagster_run_id: str
    mlflow_run_id: str
    started_at: str
    finished_at: str
    usage: Usage = field(default_factory=Usage)
    """What machines gave; all unknown in manifests from before it was measured."""
    machine: str = ""
    """Processor and number of cores of `host`; "" in older manifests."""
    code_digest: str = ""
    """Hash of the program's source files, which a dirty checkout has too; "" in older manifests."""
    schema: str = field(default=SCHEMA)

    @property
    def key(self) -> str:
        return artifact_key(self.family, self.name, self.partition)

    @property
    def short(self) -> str:
        return self.fingerprint[:FINGERPRINT_CHARS]

    @property
    def node(self) -> str:
        return f"{self.family}/{self.name}"

    @property
    def address(self) -> Address:
        return Address(
            family=self.family,
            name=self.name,
            partition=self.partition,
            fingerprint=self.fingerprint,
            finished_at=self.finished_at,
        )

    def file(self, path: str) -> FileEntry:
        """Return the entry of a file; raises KeyError with the names there are."""
        for entry in self.files:
            if entry.path == path:
                return entry
        names = ", ".join(entry.path for entry in self.files[:20])
        raise KeyError(f"{self.key} has no file {path!r}; it has {names}")

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=1, sort_keys=True, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Manifest:
        """Parse a manifest; raises ValueError when it is not one of a schema we know."""
        data = json.loads(text)
        if not isinstance(data, dict) or data.get("schema") != SCHEMA:
            raise ValueError(f"not a {SCHEMA} manifest: written by another version?")
        return cls(
            **{
                **data,
                "inputs": tuple(
                    InputRecord(**{**i, "files_read": _entries(i["files_read"])})
                    for i in data["inputs"]
                ),
                "files": _entries(data["files"]),
                "pictures": tuple(data["pictures"]),
                "cost": Cost(**data["cost"]),
                "inherited_cost": Cost(**data["inherited_cost"]),
                "usage": Usage(**data.get("usage", {})),
            }
        )

    def with_mlflow_run(self, run_id: str) -> Manifest:
        return replace(self, mlflow_run_id=run_id)


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One try at making an artifact."""

    family: str
    name: str
    fingerprint: str
    token: int
    scratch: Path
    """Local folder the work writes into."""
    out: Folder
    """The artifact's own folder, as workers on other machines reach it."""
    shared: Folder
    """Intermediate files of this attempt that all workers reach; gone when it ends."""


class CommitConflict(RuntimeError):
    """Another attempt committed this fingerprint first."""

    def __init__(self, key: str, winner_digest: str) -> None:
        super().__init__(f"{key} was already committed with digest {winner_digest}")
        self.winner_digest = winner_digest


class StaleAttempt(RuntimeError):
    """A later attempt at the same fingerprint has begun, so this one may not commit."""


def digest_of(files: Iterable[FileEntry]) -> str:
    """Return the Merkle hash over (path, size, sha256) of an artifact's files.

    Leaves are hashed first, so that one file can be proved to belong without the others.
    """
    leaves = sorted(sha256_of([f.path, f.size_bytes, f.sha256]) for f in files)
    return sha256_of(leaves)


def artifact_key(family: str, name: str, partition: str) -> str:
    """Return the name people use: releases/release[tiny]."""
    return f"{family}/{name}[{partition}]" if partition else f"{family}/{name}"


def _entries(items: Iterable[Mapping[str, Any]]) -> tuple[FileEntry, ...]:
    return tuple(FileEntry(**item) for item in items)
