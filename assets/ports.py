"""The doors of the asset layer: Lake (artifacts), Tracker (metrics), Launcher (jobs), Compute.

Protocols and the plain records that pass through them. The real adapters live in
orchestration/, the fakes for tests in assets/fakes.py; nothing here does any IO.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO, Protocol, TypeVar

from assets.lineage.manifest import Address, Attempt, FileEntry, Manifest
from assets.lineage.storage import StoredFile

Item = TypeVar("Item")
Result = TypeVar("Result")


class Lake(Protocol):
    """Immutable artifacts at {root}/{family}/{name}/{fingerprint12}/, committed by a manifest."""

    @property
    def root(self) -> str: ...

    @property
    def derived(self) -> Path:
        """A local folder for what can be made again from the lake: indexes that answer quickly."""

    def find(self, family: str, name: str, fingerprint: str) -> Manifest | None:
        """Return the committed manifest, or None; a folder without a manifest does not exist."""

    def manifests(self, family: str | None = None, name: str | None = None) -> Iterator[Manifest]:
        """Iterate over committed manifests, oldest first."""

    def addresses(self, family: str | None = None, name: str | None = None) -> list[Address]:
        """Return where the committed artifacts are, oldest first, without opening them again."""

    def revision(self) -> str:
        """Return a name of the set of committed artifacts: another one after every commit."""

    def consumers(self, fingerprints: Sequence[str]) -> dict[str, list[Address]]:
        """Return where the artifacts are that read each of some, oldest first."""

    def begin(self, family: str, name: str, fingerprint: str) -> Attempt:
        """Open an attempt with a fencing token above all earlier ones and a scratch folder."""

    def commit(self, attempt: Attempt, manifest: Manifest) -> None:
        """Publish files, then the manifest exclusively.

        Raises CommitConflict with the winner's digest when another attempt was first, and
        StaleAttempt when a later attempt has begun.
        """

    def abandon(self, attempt: Attempt) -> None:
        """Remove the scratch files of an attempt that failed."""

    def fetch(self, manifest: Manifest, entry: FileEntry) -> Path:
        """Return a local path of one file (downloaded and cached when the lake is remote)."""

    def source(self, manifest: Manifest, entry: FileEntry) -> Path | BinaryIO:
        """Return one file to read pieces of: its path, or an open file where the lake is remote."""

    def stored(self, manifest: Manifest, entry: FileEntry) -> StoredFile:
        """Return one file as any worker can reach it; opening it checks its bytes."""

    def uri(self, manifest: Manifest) -> str:
        """Return the address of the artifact's files, for people and for MLflow."""


class RunLog(Protocol):
    """One open tracker run."""

    @property
    def run_id(self) -> str: ...

    @property
    def url(self) -> str: ...

    def log_metrics(self, step: int, metrics: Mapping[str, float]) -> None: ...

    def finish(self, manifest: Manifest, uri: str) -> None:
        """Write params, dataset inputs, tags and final metrics of the committed artifact."""

    def fail(self, reason: str) -> None: ...


class Tracker(Protocol):
    """Experiments and metrics (MLflow): a view of the lake that can be rebuilt from it."""

    def prepare(self) -> None:
        """Begin what takes a while and the first run will need; waits for nothing."""

    def start_run(
        self, *, family: str, name: str, partition: str, fingerprint: str, dagster_run_id: str
    ) -> RunLog: ...

    def register_model(self, *, recipe: str, manifest: Manifest, uri: str, alias: str) -> str:
        """Register a release as `materia-{recipe}` and return its version."""

    def tag_run(self, run_id: str, tags: Mapping[str, str]) -> None:
        """Mark the run of an artifact with what was learned about it since; a tracker that is
        down is left alone, because the lake knows and the next materialization tells it again."""

    def run_url(self, run_id: str) -> str:
        """Return the page of a run, or "" when there is none to show; asks nobody."""


class Compute(Protocol):
    """Runs a shard-wise function over many shards: here, in processes, or on a cluster."""

    name: str
    workers: int
    """How many items run at the same time; never part of what comes out."""

    def map(
        self, function: Callable[[Item], Result], items: Sequence[Item], label: str = ""
    ) -> list[Result]:
        """Return function(item) for every item, in their order.

        The function is importable by name, its items and results are small and picklable, and it
        may run twice for one item (a node died): what it writes goes through Folder.write.
        """

    def release(self) -> None:
        """Give back what is held between calls (processes); the next call takes it again."""


class JobState(StrEnum):
    """Lost means unknown to the scheduler: neither success nor failure. Preempted means that
    somebody other than its user made the job stop: it goes on when it is started again."""

    PENDING = "pending"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    PREEMPTED = "preempted"
    LOST = "lost"


@dataclass(frozen=True, kw_only=True)
class JobSpec:
    """One external job: a module of ours run with a spec file, on `world_size` ranks."""

    name: str
    """Unique name, chosen by us and known before submission."""
    module: str
    """training.main or evaluation.main."""
    spec_path: str
    work_dir: str
    """Receives handle.json, stdout.log and exit.json."""
    world_size: int = 1
    env: Mapping[str, str] = field(default_factory=dict)
    arguments: tuple[str, ...] = ()
    """What follows the spec file on the module's command line."""
    max_preemptions: int = 0
    """How often the job is started again after it was preempted, by whoever can do it."""


@dataclass(frozen=True, kw_only=True)
class JobHandle:
    """Persisted in work_dir before submission, so that a restarted caller can re-attach."""

    name: str
    work_dir: str
    launcher: str
    scheduler_id: str
    submitted_at: str


@dataclass(frozen=True, kw_only=True)
class JobStatus:
    state: JobState
    exit_code: int | None
    detail: str
    """Last lines of the job's log when it failed."""
    preemptions: int = 0
    """How often this attempt was preempted; its scheduler may have started it again since."""


class Launcher(Protocol):
    """Where jobs run: local processes, Slurm, Kubernetes."""

    name: str

    def submit(self, spec: JobSpec) -> JobHandle: ...

    def poll(self, handle: JobHandle) -> JobStatus: ...

    def cancel(self, handle: JobHandle) -> None:
        """Ask the job to stop (SIGTERM, grace period, SIGKILL) and wait until it has."""

    def reattach(self, work_dir: Path) -> JobHandle | None:
        """Return the handle of a job submitted earlier from work_dir, or None."""

    def describe(self, spec: JobSpec) -> str:
        """Return the job as it would be started (script, manifest, commands); starts nothing."""


@dataclass(frozen=True, kw_only=True)
class JobRequest:
    """What an asset's work asks for; where and how it runs is decided by who passes the runner."""

    name: str
    module: str
    spec_path: Path
    work_dir: Path
    journal_path: Path | None = None
    """Metrics journal to project to the tracker while the job runs."""
    world_size: int = 1
    resumes: bool = False
    """The job goes on from step checkpoints, so it may be told which drift to accept."""


class JobRunner(Protocol):
    """Submit a job, stream what it reports, and wait for it."""

    def __call__(self, request: JobRequest) -> None:
        """Return when the job has succeeded; raises JobFailed otherwise."""


@dataclass(frozen=True, kw_only=True)
class CostVerdict:
    """What a run is forecast to cost, and whether it may start without anybody's agreement."""

    forecast: str
    """One sentence."""
    refusal: str
    """Why it may not start, with what to do; "" when it may."""


class CostGate(Protocol):
    """Knows the limit of an installation, and what runs are going to cost."""

    @property
    def has_limit(self) -> bool: ...

    def judge(self, targets: Sequence[tuple[str, str]], run_id: str = "") -> CostVerdict:
        """Return the verdict on a run that makes these (node, partition), or those of them that
        the lake has not; asked again about the same run, the same."""


class TooCostly(RuntimeError):
    """A run is forecast to cost more than the limit, and nobody has agreed."""


class JobFailed(RuntimeError):
    """An external job ended without success; the message carries the tail of its log."""
