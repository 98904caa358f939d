"""Runs jobs on a Slurm cluster that shares MATERIA_HOME with this machine.

Success needs three to agree: the scheduler's state, its exit code, and the record that the ranks
left (attempt.py). A job that Slurm does not know is lost: neither success nor failure.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from assets.ports import JobHandle, JobSpec, JobStatus
from orchestration.launchers.admission import inheritable
from orchestration.launchers.attempt import AttemptFolder, Plan, folder_name
from orchestration.launchers.cluster import ClusterLauncher, ClusterRefused, ClusterUnavailable
from orchestration.launchers.files import CANCEL, EXIT, LOG, read_json, tail, write_json
from orchestration.launchers.slurm_queue import SlurmJob, SlurmQueue
from orchestration.launchers.slurm_script import BatchScript
from orchestration.launchers.slurm_settings import SlurmSettings
from orchestration.launchers.slurm_verdict import ALIVE, WAITING, verdict
from orchestration.settings import OFF_SWITCHES, PROJECT_ROOT

_SCRIPT, _SUBMITTED = "job.sh", "submitted.json"
_CLIENT = ("PATH", "HOME", "USER", "LANG", "LC_ALL", "SLURM_CONF", "LD_LIBRARY_PATH")
_RESERVED = ("SLURM", "SBATCH", "SRUN")
"""Variables of these families would overrule the script."""
_LINGER_S = 10.0
"""How much longer than the grace period the ranks may take to write how they ended."""
_END_S = 120.0
"""For Slurm's KillWait (30 s by default) and the clean-up of its nodes."""


class SlurmLauncher(ClusterLauncher[BatchScript]):
    """Launcher over sbatch, squeue and scancel."""

    name = "slurm"

    def __init__(self, *, environ: Mapping[str, str], settings: SlurmSettings) -> None:
        """Pass on what the allow-list lets through of `environ`."""
        self._settings = settings
        self._inherited = inheritable(environ)
        self._queue = SlurmQueue({k: v for k, v in environ.items() if k in _CLIENT})

    def _scheduler_id(self, spec: JobSpec, token: str) -> str:
        return f"{spec.name}.{token}"

    def _request(self, spec: JobSpec, handle: JobHandle) -> BatchScript:
        for variable in spec.env:
            if variable.startswith(_RESERVED):
                raise ValueError(
                    f"job {spec.name}: variable {variable} would overrule the batch script: set "
                    "MATERIA_SLURM_* instead"
                )
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
            arguments=spec.arguments,
            world_size=spec.world_size,
            cwd=str(PROJECT_ROOT),
            grace_s=settings.grace_s,
            cpus_per_rank=settings.cpus_per_task,
            time_limit_s=60.0 * settings.time_minutes if settings.time_minutes else None,
            warn_s=settings.warn_seconds,
            max_restarts=settings.max_restarts,
            max_preemptions=spec.max_preemptions,
        )

    def _text(self, request: BatchScript) -> str:
        return request.render()

    def _send(
        self, spec: JobSpec, handle: JobHandle, request: BatchScript, folder: AttemptFolder
    ) -> None:
        script = folder.path / _SCRIPT
        script.write_text(request.render())
        try:
            job_id = self._queue.submit(script, self._job_env(spec))
        except ClusterUnavailable:
            # It may have been accepted although the answer was lost: its name tells.
            job = self._queue.find(handle.scheduler_id)
            if job is None:
                raise
            job_id = job.job_id
        except ClusterRefused as error:
            raise ClusterRefused(f"job {spec.name} was not accepted: {error}") from error
        write_json(folder.path / _SUBMITTED, {"job_id": job_id})

    def _job_env(self, spec: JobSpec) -> dict[str, str]:
        """Return what sbatch passes on: through Slurm, and so in no file of ours."""
        return {
            "OMP_NUM_THREADS": str(self._settings.cpus_per_task),
            "GOMP_SPINCOUNT": "2000",  # as in local.py
            **self._inherited,
            "PYTHONUNBUFFERED": "1",
            **OFF_SWITCHES,
            **spec.env,
        }

    def _look(self, handle: JobHandle) -> JobStatus:
        work_dir = Path(handle.work_dir)
        job = self._find(handle)
        return verdict(
            handle,
            job,
            ended=read_json(self._folder(handle) / EXIT),
            cancelled=read_json(work_dir / CANCEL) is not None,
            log_tail=tail(work_dir / LOG),
            time_minutes=self._settings.time_minutes,
        )

    def _is_there(self, handle: JobHandle) -> bool:
        job = self._find(handle)
        return job is not None and job.state in ALIVE

    def _end(self, handle: JobHandle) -> None:
        job = self._find(handle)
        if job is None or job.state not in ALIVE:
            return
        if job.state not in WAITING:
            self._queue.signal(handle.scheduler_id)
            if self._has_ended(handle, self._settings.grace_s + _LINGER_S):
                return
        self._queue.cancel(handle.scheduler_id)
        if not self._has_ended(handle, _END_S):
            raise RuntimeError(
                f"job {handle.name} (Slurm job {job.job_id}) does not end: look at "
                f"`squeue --name={handle.scheduler_id}` and its nodes {job.nodes}"
            )

    def _find(self, handle: JobHandle) -> SlurmJob | None:
        submitted = read_json(self._folder(handle) / _SUBMITTED)
        return self._queue.find(handle.scheduler_id, submitted["job_id"] if submitted else "")

    def _folder(self, handle: JobHandle) -> Path:
        return Path(handle.work_dir) / folder_name(handle.scheduler_id)
