"""What the launchers of two clusters share: handles, attempts, and who may start in a folder.

A cluster's job lives in MATERIA_HOME, which its nodes share with this machine (attempt.py). The
handle, with a name of our own, is on disk before the cluster hears of the job.
"""

from __future__ import annotations

import logging
import time
import uuid
from abc import ABC, abstractmethod
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Generic, TypeVar

from assets.ports import JobHandle, JobSpec, JobState, JobStatus
from orchestration.launchers.admission import JobAlreadyRunning, exclusive, refuse_foreign, validate
from orchestration.launchers.attempt import AttemptFolder, Plan, folder_name
from orchestration.launchers.files import (
    ATTEMPT_FILES,
    CANCEL,
    HANDLE,
    archive,
    read_json,
    write_json,
)
from orchestration.launchers.outcome import lost_status

logger = logging.getLogger(__name__)

Request = TypeVar("Request")
_POLL_S = 0.5


class ClusterUnavailable(OSError):
    """The cluster does not answer: nothing is known about any job."""


class ClusterRefused(RuntimeError):
    """The cluster answered, and will not do it."""


class ClusterLauncher(ABC, Generic[Request]):
    """A launcher whose jobs run elsewhere."""

    name: str

    def submit(self, spec: JobSpec) -> JobHandle:
        """Persist the handle, then submit; raises JobAlreadyRunning, ValueError or OSError."""
        handle = self._new_handle(spec, uuid.uuid4().hex[:16])
        request, plan = self._request(spec, handle), self._plan(spec, handle)
        work_dir = Path(handle.work_dir)
        work_dir.mkdir(parents=True, exist_ok=True)
        with exclusive(work_dir):
            self._clear(work_dir)
            write_json(work_dir / HANDLE, asdict(handle))
            folder = AttemptFolder.of(work_dir, handle.scheduler_id)
            folder.create(plan)
            self._send(spec, handle, request, folder)
        return handle

    def poll(self, handle: JobHandle) -> JobStatus:
        """Return what the cluster and the job's files say together."""
        if not self._is_current(handle):
            return lost_status(
                f"{handle.name}: a later attempt runs in {handle.work_dir}, or it was removed"
            )
        folder = AttemptFolder.of(Path(handle.work_dir), handle.scheduler_id)
        try:
            status = self._look(handle)
            times = folder.preemptions()
            if status.state in (JobState.PENDING, JobState.RUNNING):
                # One more than the cluster may repeat is the end of this attempt, soon to be seen.
                times = min(times, folder.plan().max_preemptions) if times else 0
            return replace(status, preemptions=max(status.preemptions, times))
        except ClusterUnavailable as error:
            # A scheduler that is away says nothing about the job, which runs on without it.
            logger.warning("job %s: %s", handle.name, error)
            return JobStatus(state=JobState.RUNNING, exit_code=None, detail=str(error))

    def cancel(self, handle: JobHandle) -> None:
        """Let the ranks save and end, then end the job, and wait until it has gone."""
        if not self._is_current(handle):
            return
        status = self._look(handle)
        if status.state in (JobState.SUCCEEDED, JobState.CANCELLED):
            return
        # Ranks look for this file too: no signal reaches those that a scheduler has forgotten.
        if status.state not in (JobState.FAILED, JobState.PREEMPTED):
            now = datetime.now(UTC).isoformat()
            write_json(Path(handle.work_dir) / CANCEL, {"requested_at": now})
        self._end(handle)

    def reattach(self, work_dir: Path) -> JobHandle | None:
        record = read_json(work_dir / HANDLE)
        return JobHandle(**record) if record is not None else None

    def describe(self, spec: JobSpec) -> str:
        """Return what would be sent to the cluster, under a name of zeros."""
        handle = self._new_handle(spec, "0" * 16)
        return self._text(self._request(spec, handle))

    @abstractmethod
    def _scheduler_id(self, spec: JobSpec, token: str) -> str:
        """Return the job's name on the cluster; it ends with the token."""

    @abstractmethod
    def _request(self, spec: JobSpec, handle: JobHandle) -> Request:
        """Return what the cluster will be asked; raises ValueError for what it cannot be asked."""

    @abstractmethod
    def _plan(self, spec: JobSpec, handle: JobHandle) -> Plan: ...

    @abstractmethod
    def _text(self, request: Request) -> str: ...

    @abstractmethod
    def _send(
        self, spec: JobSpec, handle: JobHandle, request: Request, folder: AttemptFolder
    ) -> None:
        """Submit; raises RuntimeError when refused, ClusterUnavailable when nothing is known."""

    @abstractmethod
    def _look(self, handle: JobHandle) -> JobStatus:
        """Return the status of the current attempt; raises ClusterUnavailable."""

    @abstractmethod
    def _is_there(self, handle: JobHandle) -> bool:
        """Whether the cluster still holds a job that has not ended; raises ClusterUnavailable."""

    @abstractmethod
    def _end(self, handle: JobHandle) -> None:
        """Stop the job, politely first, and wait until nothing of it runs."""

    def _new_handle(self, spec: JobSpec, token: str) -> JobHandle:
        validate(spec)
        return JobHandle(
            name=spec.name,
            work_dir=str(Path(spec.work_dir).resolve()),
            launcher=self.name,
            scheduler_id=self._scheduler_id(spec, token),
            submitted_at=datetime.now(UTC).isoformat(),
        )

    def _clear(self, work_dir: Path) -> None:
        """Make room for a new attempt; raises JobAlreadyRunning while the last one lives."""
        earlier = self.reattach(work_dir)
        if earlier is None:
            return
        refuse_foreign(earlier, self.name)
        if earlier.launcher == self.name and self._is_there(earlier):
            raise JobAlreadyRunning(
                f"job {earlier.name} runs in {work_dir}: re-attach to it or cancel it first"
            )
        archive(work_dir, (*ATTEMPT_FILES, folder_name(earlier.scheduler_id)))

    def _is_current(self, handle: JobHandle) -> bool:
        current = self.reattach(Path(handle.work_dir))
        return current is not None and current.scheduler_id == handle.scheduler_id

    def _has_ended(self, handle: JobHandle, timeout_s: float) -> bool:
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            if not self._is_there(handle):
                return True
            time.sleep(_POLL_S)
        return False
