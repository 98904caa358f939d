"""Runs jobs on a Slurm cluster that shares MATERIA_HOME with this machine.

The handle, with a job name of our own, is on disk before sbatch is called. Success needs three
to agree: the scheduler's state, its exit code, and the record that the ranks left (attempt.py).
A job that Slurm does not know is lost: neither success nor failure.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from assets.ports import JobHandle, JobSpec, JobState, JobStatus
from orchestration.launchers.admission import (
    JobAlreadyRunning,
    exclusive,
    inheritable,
    validate,
)
from orchestration.launchers.attempt import AttemptFolder, Plan, folder_name
from orchestration.launchers.files import (
    ATTEMPT_FILES,
    CANCEL,
    EXIT,
    HANDLE,
    LOG,
    archive,
    read_json,
    tail,
    write_json,
)
from orchestration.launchers.outcome import lost_status
from orchestration.launchers.slurm_queue import (
    SlurmJob,
    SlurmQueue,
    SlurmRefused,
    SlurmUnavailable,
)
from orchestration.launchers.slurm_script import BatchScript
from orchestration.launchers.slurm_settings import SlurmSettings
from orchestration.launchers.slurm_verdict import ALIVE, WAITING, verdict
from orchestration.settings import OFF_SWITCHES, PROJECT_ROOT

logger = logging.getLogger(__name__)

_SCRIPT, _SUBMITTED = "job.sh", "submitted.json"
_CLIENT = ("PATH", "HOME", "USER", "LANG", "LC_ALL", "SLURM_CONF", "LD_LIBRARY_PATH")
_RESERVED = ("SLURM", "SBATCH", "SRUN")
"""Variables of these families would overrule the script."""
_POLL_S = 0.5
_END_S = 120.0
"""After the grace period: Slurm's KillWait (30 s by default) and the clean-up of nodes."""


class SlurmLauncher:
    """Launcher over sbatch, squeue and scancel."""

    name = "slurm"

    def __init__(self, *, environ: Mapping[str, str], settings: SlurmSettings) -> None:
        """Pass on what the allow-list lets through of `environ`."""
        self._settings = settings
        self._inherited = inheritable(environ)
        self._queue = SlurmQueue({k: v for k, v in environ.items() if k in _CLIENT})

    def submit(self, spec: JobSpec) -> JobHandle:
        """Persist the handle, then submit; raises JobAlreadyRunning, ValueError or OSError."""
        self._admit(spec)
        work_dir = Path(spec.work_dir).resolve()
        handle = JobHandle(
            name=spec.name,
            work_dir=str(work_dir),
            launcher=self.name,
            scheduler_id=f"{spec.name}.{uuid.uuid4().hex[:16]}",
            submitted_at=datetime.now(UTC).isoformat(),
        )
        script = self._script(spec, handle)
        work_dir.mkdir(parents=True, exist_ok=True)
        with exclusive(work_dir):
            self._clear(work_dir)
            write_json(work_dir / HANDLE, asdict(handle))
            folder = AttemptFolder.of(work_dir, handle.scheduler_id)
            folder.create(self._plan(spec, handle))
            (folder.path / _SCRIPT).write_text(script.render())
            self._submit(spec, handle, folder)
        return handle

    def poll(self, handle: JobHandle) -> JobStatus:
        """Return what Slurm and the job's files say together."""
        work_dir = Path(handle.work_dir)
        if not self._is_current(handle):
            return lost_status(
                f"{handle.name}: a later attempt runs in {work_dir}, or it was removed"
            )
        folder = AttemptFolder.of(work_dir, handle.scheduler_id)
        try:
            job = self._find(handle)
        except SlurmUnavailable as error:
            # A controller that is away says nothing about the job, which runs on without it.
            logger.warning("job %s: %s", handle.name, error)
            return JobStatus(state=JobState.RUNNING, exit_code=None, detail=str(error))
        return verdict(
            handle,
            job,
            ended=read_json(folder.path / EXIT),
            cancelled=read_json(work_dir / CANCEL) is not None,
            log_tail=tail(work_dir / LOG),
            time_minutes=self._settings.time_minutes,
        )

    def cancel(self, handle: JobHandle) -> None:
        """Let the ranks save and end, then end the job, and wait until it has gone."""
        if not self._is_current(handle):
            return
        job = self._find(handle)
        if job is not None and job.state not in ALIVE:
            return
        # Ranks look for this file too: a signal reaches none that Slurm has forgotten.
        write_json(Path(handle.work_dir) / CANCEL, {"requested_at": datetime.now(UTC).isoformat()})
        if job is None:
            return
        if job.state not in WAITING:
            self._queue.signal(handle.scheduler_id)
            if self._has_ended(handle, self._settings.grace_s + 10.0):
                return
        self._queue.cancel(handle.scheduler_id)
        if not self._has_ended(handle, _END_S):
            raise RuntimeError(
                f"job {handle.name} (Slurm job {job.job_id}) does not end: look at "
                f"`squeue --name={handle.scheduler_id}` and its nodes {job.nodes}"
            )

    def reattach(self, work_dir: Path) -> JobHandle | None:
        record = read_json(work_dir / HANDLE)
        return JobHandle(**record) if record is not None else None

    def describe(self, spec: JobSpec) -> str:
        """Return the batch script of a job that is not submitted."""
        self._admit(spec)
        handle = JobHandle(
            name=spec.name,
            work_dir=str(Path(spec.work_dir).resolve()),
            launcher=self.name,
            scheduler_id=f"{spec.name}.{'0' * 16}",
            submitted_at="",
        )
        return self._script(spec, handle).render()

    def _admit(self, spec: JobSpec) -> None:
        validate(spec)
        for variable in spec.env:
            if variable.startswith(_RESERVED):
                raise ValueError(
                    f"job {spec.name}: variable {variable} would overrule the batch script: set "
                    "MATERIA_SLURM_* instead"
                )

    def _script(self, spec: JobSpec, handle: JobHandle) -> BatchScript:
        work_dir = Path(handle.work_dir)
        return BatchScript(
            job_name=handle.scheduler_id,
            world_size=spec.world_size,
            job_dir=work_dir / folder_name(handle.scheduler_id),
            log=work_dir / LOG,
            project=PROJECT_ROOT,
            settings=self._settings,
        )

    def _plan(self, spec: JobSpec, handle: JobHandle) -> Plan:
        settings = self._settings
        return Plan(
            scheduler_id=handle.scheduler_id,
            module=spec.module,
            spec_path=str(Path(spec.spec_path).resolve()),
            world_size=spec.world_size,
            cwd=str(PROJECT_ROOT),
            grace_s=settings.grace_s,
            cpus_per_rank=settings.cpus_per_task,
            time_limit_s=60.0 * settings.time_minutes if settings.time_minutes else None,
            warn_s=settings.warn_seconds,
            max_restarts=settings.max_restarts,
        )

    def _clear(self, work_dir: Path) -> None:
        """Make room for a new attempt; raises JobAlreadyRunning while the last one lives."""
        earlier = self.reattach(work_dir)
        if earlier is None:
            return
        job = self._find(earlier)
        if job is not None and job.state in ALIVE:
            raise JobAlreadyRunning(
                f"job {earlier.name} runs in {work_dir}: re-attach to it or cancel it first"
            )
        archive(work_dir, (*ATTEMPT_FILES, folder_name(earlier.scheduler_id)))

    def _submit(self, spec: JobSpec, handle: JobHandle, folder: AttemptFolder) -> None:
        try:
            job_id = self._queue.submit(folder.path / _SCRIPT, self._job_env(spec))
        except SlurmUnavailable:
            # It may have been accepted although the answer was lost: its name tells.
            job = self._queue.find(handle.scheduler_id)
            if job is None:
                raise
            job_id = job.job_id
        except SlurmRefused as error:
            raise RuntimeError(f"job {spec.name} was not accepted: {error}") from error
        write_json(folder.path / _SUBMITTED, {"job_id": job_id})

    def _job_env(self, spec: JobSpec) -> dict[str, str]:
        """Return what sbatch passes on: through Slurm, and so in no file of ours."""
        return {
            "OMP_NUM_THREADS": str(self._settings.cpus_per_task),
            "GOMP_SPINCOUNT": "2000",
            **self._inherited,
            "PYTHONUNBUFFERED": "1",
            **OFF_SWITCHES,
            **spec.env,
        }

    def _find(self, handle: JobHandle) -> SlurmJob | None:
        folder = AttemptFolder.of(Path(handle.work_dir), handle.scheduler_id)
        submitted = read_json(folder.path / _SUBMITTED)
        return self._queue.find(handle.scheduler_id, submitted["job_id"] if submitted else "")

    def _is_current(self, handle: JobHandle) -> bool:
        current = self.reattach(Path(handle.work_dir))
        return current is not None and current.scheduler_id == handle.scheduler_id

    def _has_ended(self, handle: JobHandle, timeout_s: float) -> bool:
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            job = self._find(handle)
            if job is None or job.state not in ALIVE:
                return True
            time.sleep(_POLL_S)
        return False
