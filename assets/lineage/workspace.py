"""What an asset's work sees: its config, its inputs through one logging reader, a place to write.

The reader logs every path it hands out with size and hash, and checks the bytes against the
input's manifest, so the record says what was read and not what was declared.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assets.lineage.canonical import sha256_of_file
from assets.lineage.manifest import Cost, FileEntry, InputRecord, Manifest
from assets.lineage.step import Step

if TYPE_CHECKING:
    from assets.ports import JobRunner, Lake, RunLog

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
            if local.stat().st_size != entry.size_bytes or sha256_of_file(local) != entry.sha256:
                raise LineageError(
                    f"{self.manifest.key}: {name} differs from its manifest; "
                    f"run `materia verify '{self.manifest.key}'`"
                )
            self._read[name] = entry
        return local

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
        job_dir: Path,
        run_job: JobRunner,
        run_log: RunLog | None = None,
        progress: Callable[[str], None] | None = None,
    ) -> None:
        self.step = step
        self.config: Mapping[str, Any] = step.config
        self.out_dir = out
        self.job_dir = job_dir
        """Scratch folder that survives attempts of the same fingerprint (resume lives here)."""
        self.run_job = run_job
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

    def progress(self, message: str) -> None:
        """Tell the person who waits what is happening."""
        self._progress(message)
