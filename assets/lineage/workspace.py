"""What an asset's work sees: its config, its inputs through one logging reader, a place to write.

The reader logs every path it hands out with size and hash, and checks the bytes against the
input's manifest, so the record says what was read and not what was declared.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from assets.lineage.checked import holds
from assets.lineage.manifest import Cost, FileEntry, InputRecord, Manifest
from assets.lineage.step import Step
from assets.lineage.storage import Folder, StoredFile
from assets.resources import TrainingResources

if TYPE_CHECKING:
    from assets.ports import Compute, JobRequest, JobRunner, Lake, RunLog

logger = logging.getLogger(__name__)


class LineageError(RuntimeError):
    """Reads and declarations disagree, or bytes are not what their manifest says."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a piece of work says about what it made."""

    counts: Mapping[str, int]
    metrics: Mapping[str, float] = field(default_factory=dict)
    summary: str = ""
    pictures: tuple[str, ...] = ()
    """PNG files of the artifact worth showing on the asset."""
    cost: Cost = field(default_factory=Cost)
    """tokens and flops of the work; wall time is measured around it."""


def part_name(table: str, index: int) -> str:
    """Return the path of a table's part; parts sort as their indices do."""
    return f"{table}/{index:05d}.parquet"


def table_paths(manifest: Manifest, name: str) -> tuple[str, ...]:
    """Return the files of a table: `name.parquet`, or its parts `name/00000.parquet` and on.

    Raises KeyError when the artifact has no such table.
    """
    paths = sorted(
        entry.path
        for entry in manifest.files
        if entry.path == f"{name}.parquet"
        or (entry.path.startswith(f"{name}/") and entry.path.endswith(".parquet"))
    )
    if not paths:
        names = ", ".join(entry.path for entry in manifest.files[:20])
        raise KeyError(f"{manifest.key} has no table {name!r}; its files are {names}")
    return tuple(paths)


class InputFiles:
    """One declared input; every file handed out is verified and logged."""

    def __init__(self, lake: Lake, manifest: Manifest) -> None:
        self._lake = lake
        self._read: dict[str, FileEntry] = {}
        self.manifest = manifest

    @property
    def partition(self) -> str:
        return self.manifest.partition

    def path(self, name: str) -> Path:
        """Return a local path of a file; raises LineageError when its bytes have changed."""
        entry = self.manifest.file(name)
        local = self._lake.fetch(self.manifest, entry)
        if name not in self._read:
            if not local.is_file():
                raise LineageError(f"{self.manifest.key}: {name} is missing at {local}")
            if not holds(local, entry):
                raise LineageError(
                    f"{self.manifest.key}: {name} differs from its manifest; "
                    f"run `materia verify '{self.manifest.key}'`"
                )
            self._read[name] = entry
        return local

    def stored(self, name: str) -> StoredFile:
        """Return a file for a worker elsewhere, which checks its bytes when it opens it."""
        entry = self.manifest.file(name)
        self._read[name] = entry
        return self._lake.stored(self.manifest, entry)

    def table_files(self, name: str) -> tuple[StoredFile, ...]:
        """Return the parts of a table in their order, for workers; one part when it is small."""
        return tuple(self.stored(path) for path in table_paths(self.manifest, name))

    def table(self, name: str) -> pl.LazyFrame:
        """Return a whole table, checked and not yet loaded."""
        return pl.scan_parquet([self.path(path) for path in table_paths(self.manifest, name)])

    def directory(self) -> Path:
        """Return a local folder with all files (all of them count as read)."""
        for entry in self.manifest.files:
            self.path(entry.path)
        first = self.manifest.files[0].path
        local = self._lake.fetch(self.manifest, self.manifest.file(first))
        return local.parents[len(Path(first).parts) - 1]

    def record(self) -> InputRecord:
        if not self._read:
            raise LineageError(f"{self.manifest.key} is declared as an input but was not read")
        return InputRecord(
            family=self.manifest.family,
            name=self.manifest.name,
            partition=self.manifest.partition,
            fingerprint=self.manifest.fingerprint,
            digest=self.manifest.digest,
            files_read=tuple(self._read[name] for name in sorted(self._read)),
        )


class Workspace:
    """Config, inputs and output folder of one attempt."""

    def __init__(
        self,
        *,
        step: Step,
        inputs: tuple[InputFiles, ...],
        out: Path,
        out_folder: Folder,
        scratch: Folder,
        compute: Compute,
        job_dir: Path,
        run_job: JobRunner,
        training: TrainingResources,
        run_log: RunLog | None = None,
        progress: Callable[[str], None] | None = None,
    ) -> None:
        self.step = step
        self.config: Mapping[str, Any] = step.config
        self.out_dir = out
        self.out_folder = out_folder
        """The artifact's folder as workers reach it; give what they return to `publish`."""
        self.scratch = scratch
        """Intermediate files that all workers reach; gone when the attempt ends."""
        self.compute = compute
        self.published: dict[str, FileEntry] = {}
        self.job_dir = job_dir
        """Scratch folder that survives attempts of the same fingerprint (resume lives here)."""
        self.jobs_run = 0
        """Jobs that the work has asked for, so that none is never taken for unknown."""
        self._run_job = run_job
        self.training = training
        self.run_log = run_log
        self._inputs = inputs
        self._progress = progress or logger.info

    def input(self, node: str, partition: str | None = None) -> InputFiles:
        """Return the one declared input of a node ("mixtures/deduped"); raises LineageError."""
        found = self.inputs(node)
        if partition is not None:
            found = tuple(i for i in found if i.partition == partition)
        if len(found) != 1:
            declared = ", ".join(i.manifest.key for i in self._inputs)
            raise LineageError(f"{self.step.key} read {node}, but declares: {declared}")
        return found[0]

    def inputs(self, node: str) -> tuple[InputFiles, ...]:
        """Return all declared inputs of a node, in the declared order."""
        return tuple(i for i in self._inputs if f"{i.manifest.family}/{i.manifest.name}" == node)

    def all_inputs(self) -> tuple[InputFiles, ...]:
        return self._inputs

    def out(self, name: str) -> Path:
        """Return a path to write a file of the artifact; parents are created."""
        path = self.out_dir / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def publish(self, files: Iterable[StoredFile]) -> None:
        """Count files that workers wrote into `out_folder` as files of the artifact."""
        for stored in files:
            if stored.folder != self.out_folder:
                raise LineageError(f"{stored.uri} does not lie in {self.out_folder.uri}")
            self.published[stored.entry.path] = stored.entry

    def write_table(self, name: str, parts: Sequence[pl.DataFrame]) -> None:
        """Write a table from this process, one file per part."""
        for index, part in enumerate(parts):
            part.write_parquet(self.out(part_name(name, index)), compression="zstd")

    def run_job(self, request: JobRequest) -> None:
        """Run a job outside and wait for it; raises JobFailed."""
        self.jobs_run += 1
        self._run_job(request)

    def progress(self, message: str) -> None:
        """Tell the person who waits what is happening."""
        self._progress(message)
