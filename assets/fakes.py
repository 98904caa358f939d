"""Fakes of the ports for unit tests: a lake over plain folders, a silent tracker, a job runner.

They ship beside the ports so that every test means the same thing by "a lake".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assets.compute import InlineCompute
from assets.lineage.build import hash_files
from assets.lineage.canonical import sha256_of
from assets.lineage.manifest import (
    Address,
    Attempt,
    CommitConflict,
    Cost,
    FileEntry,
    Manifest,
    digest_of,
)
from assets.lineage.step import Step
from assets.lineage.storage import Folder, StoredFile
from assets.lineage.workspace import InputFiles, Workspace
from assets.ports import Compute, JobRequest
from assets.resources import LAPTOP, TrainingResources


@dataclass
class FakeLake:
    """A lake in a local folder, without fencing or concurrency."""

    folder: Path
    committed: dict[tuple[str, str, str], Manifest] = field(default_factory=dict)

    @property
    def root(self) -> str:
        return str(self.folder)

    def find(self, family: str, name: str, fingerprint: str) -> Manifest | None:
        return self.committed.get((family, name, fingerprint))

    def manifests(self, family: str | None = None, name: str | None = None) -> Iterator[Manifest]:
        for manifest in self.committed.values():
            if family in (None, manifest.family) and name in (None, manifest.name):
                yield manifest

    def addresses(self, family: str | None = None, name: str | None = None) -> list[Address]:
        found = [manifest.address for manifest in self.manifests(family, name)]
        return sorted(found, key=lambda address: address.finished_at)

    def revision(self) -> str:
        return sha256_of(sorted((m.fingerprint, m.finished_at) for m in self.committed.values()))

    def consumers(self, fingerprints: Sequence[str]) -> dict[str, list[Address]]:
        found: dict[str, list[Address]] = {}
        for manifest in sorted(self.committed.values(), key=lambda each: each.finished_at):
            for read in {record.fingerprint for record in manifest.inputs} & set(fingerprints):
                found.setdefault(read, []).append(manifest.address)
        return found

    @property
    def derived(self) -> Path:
        return self.folder / ".derived"

    def begin(self, family: str, name: str, fingerprint: str) -> Attempt:
        scratch = self.folder / family / name / fingerprint[:12] / "a1"
        scratch.mkdir(parents=True, exist_ok=True)
        return Attempt(
            family=family,
            name=name,
            fingerprint=fingerprint,
            token=1,
            scratch=scratch,
            out=Folder(uri=str(scratch)),
            shared=Folder(uri=str(self.folder / ".shared" / fingerprint[:12]), is_scratch=True),
        )

    def commit(self, attempt: Attempt, manifest: Manifest) -> None:
        key = (manifest.family, manifest.name, manifest.fingerprint)
        if key in self.committed:
            raise CommitConflict(manifest.key, self.committed[key].digest)
        self.committed[key] = manifest

    def abandon(self, attempt: Attempt) -> None:
        pass

    def fetch(self, manifest: Manifest, entry: FileEntry) -> Path:
        return Path(self.uri(manifest)) / entry.path

    def source(self, manifest: Manifest, entry: FileEntry) -> Path:
        return self.fetch(manifest, entry)

    def stored(self, manifest: Manifest, entry: FileEntry) -> StoredFile:
        return StoredFile(folder=Folder(uri=self.uri(manifest)), entry=entry)

    def uri(self, manifest: Manifest) -> str:
        folder = self.folder / manifest.family / manifest.name / manifest.short
        return str(folder / manifest.data_dir)


@dataclass
class FakeRunLog:
    run_id: str = "fake-run"
    url: str = ""
    metrics: list[tuple[int, dict[str, float]]] = field(default_factory=list)
    outcome: str = "running"

    def log_metrics(self, step: int, metrics: Mapping[str, float]) -> None:
        self.metrics.append((step, dict(metrics)))

    def finish(self, manifest: Manifest, uri: str) -> None:
        self.outcome = "finished"

    def fail(self, reason: str) -> None:
        self.outcome = f"failed: {reason}"


@dataclass
class FakeTracker:
    runs: list[FakeRunLog] = field(default_factory=list)
    tags: dict[str, dict[str, str]] = field(default_factory=dict)

    def prepare(self) -> None:
        pass

    def start_run(
        self, *, family: str, name: str, partition: str, fingerprint: str, dagster_run_id: str
    ) -> FakeRunLog:
        self.runs.append(FakeRunLog(run_id=f"fake-run-{len(self.runs)}"))
        return self.runs[-1]

    def register_model(self, *, recipe: str, manifest: Manifest, uri: str, alias: str) -> str:
        return "1"

    def tag_run(self, run_id: str, tags: Mapping[str, str]) -> None:
        self.tags[run_id] = dict(tags)

    def run_url(self, run_id: str) -> str:
        return ""


@dataclass
class RecordingJobRunner:
    """Remembers requests and runs nothing."""

    requests: list[JobRequest] = field(default_factory=list)

    def __call__(self, request: JobRequest) -> None:
        self.requests.append(request)


def commit_folder(
    lake: FakeLake, node: str, files: Mapping[str, bytes], *, partition: str = "p", **config: Any
) -> Manifest:
    """Commit given files as an artifact of `node` and return its manifest."""
    family, name = node.split("/")
    step = Step(family=family, name=name, partition=partition, code_version="1", config=config)
    attempt = lake.begin(family, name, step.fingerprint)
    for path, content in files.items():
        target = attempt.scratch / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    manifest = fake_manifest(step, attempt.scratch)
    lake.commit(attempt, manifest)
    return manifest


def fake_manifest(step: Step, folder: Path) -> Manifest:
    """Return a manifest of the files in a folder, with empty provenance."""
    files = hash_files(folder)
    return Manifest(
        family=step.family,
        name=step.name,
        partition=step.partition,
        fingerprint=step.fingerprint,
        digest=digest_of(files),
        code_version=step.code_version,
        config=step.config,
        inputs=(),
        files=files,
        data_dir="a1",
        token=1,
        counts={},
        metrics={},
        summary="",
        pictures=(),
        cost=Cost(),
        inherited_cost=Cost(),
        git_commit="",
        git_dirty=False,
        packages={},
        host="",
        dagster_run_id="",
        mlflow_run_id="",
        started_at="2026-01-01T00:00:00+00:00",
        finished_at="2026-01-01T00:00:00+00:00",
    )


def fake_workspace(
    folder: Path,
    step: Step,
    inputs: tuple[Manifest, ...] = (),
    *,
    lake: FakeLake | None = None,
    run_job: RecordingJobRunner | None = None,
    compute: Compute | None = None,
    training: TrainingResources = LAPTOP,
) -> Workspace:
    """Return a workspace of `step` over manifests that `commit_folder` made."""
    lake = lake or FakeLake(folder / "lake")
    attempt = lake.begin(step.family, step.name, step.fingerprint)
    return Workspace(
        step=step,
        inputs=tuple(InputFiles(lake, manifest) for manifest in inputs),
        out=attempt.scratch,
        out_folder=attempt.out,
        scratch=attempt.shared,
        compute=compute or InlineCompute(),
        job_dir=folder / "jobs",
        run_job=run_job or RecordingJobRunner(),
        training=training,
        run_log=FakeRunLog(),
    )
