"""Runs jobs on a Kubernetes cluster whose pods mount the volume that holds MATERIA_HOME.

A job is an indexed Job of one or more pods, or a JobSet of several. Its name is on disk before it
is created, so a create that is repeated finds the first one. One that the cluster does not have is
lost.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

from assets.ports import JobHandle, JobSpec, JobStatus
from orchestration.launchers.admission import inheritable
from orchestration.launchers.attempt import AttemptFolder, Plan, folder_name
from orchestration.launchers.cluster import ClusterLauncher, ClusterRefused
from orchestration.launchers.files import CANCEL, LOG, read_json, tail, write_json
from orchestration.launchers.kubernetes_api import KubernetesApi
from orchestration.launchers.kubernetes_jobset import POD_LABEL, child_name
from orchestration.launchers.kubernetes_manifest import JOB_NAME_LABEL, JobManifests
from orchestration.launchers.kubernetes_settings import KubernetesSettings
from orchestration.launchers.kubernetes_verdict import has_ended, verdict
from orchestration.settings import OFF_SWITCHES

_MANIFEST = "job.json"
_NAME_LENGTH = 31
"""With a dash, a token of 16 and -r-0-9999-abcde, a pod's name in a JobSet has 63 characters."""
_POD_LABELS = {"Job": JOB_NAME_LABEL, "JobSet": POD_LABEL}
_TUNING = ("NCCL_", "GLOO_", "TORCH_", "OMP_")
"""Families that tune an engine; paths of this machine mean nothing in an image."""
_END_S = 120.0
"""For the kubelet, beyond the grace period."""


class KubernetesLauncher(ClusterLauncher[JobManifests]):
    """Launcher over the API of one cluster."""

    name = "kubernetes"

    def __init__(
        self,
        *,
        environ: Mapping[str, str],
        settings: KubernetesSettings,
        home: Path,
        connect: Callable[[], KubernetesApi],
    ) -> None:
        """`home` is MATERIA_HOME here and in the pods; `connect` is called when first needed."""
        self._settings = settings
        self._home = home.resolve()
        self._connect = connect
        self._opened: KubernetesApi | None = None
        self._inherited = {
            name: value for name, value in inheritable(environ).items() if name.startswith(_TUNING)
        }

    @property
    def _api(self) -> KubernetesApi:
        self._opened = self._opened or self._connect()
        return self._opened

    def _scheduler_id(self, spec: JobSpec, token: str) -> str:
        slug = spec.name.replace(".", "-").replace("_", "-")[:_NAME_LENGTH].strip("-")
        # A Service's name begins with a letter.
        return f"{slug if slug[0].isalpha() else f'j{slug[1:]}'}-{token}"

    def _request(self, spec: JobSpec, handle: JobHandle) -> JobManifests:
        return JobManifests(
            name=handle.scheduler_id,
            label=spec.name[:63].rstrip("._-"),
            world_size=spec.world_size,
            job_dir=Path(handle.work_dir) / folder_name(handle.scheduler_id),
            home=self._home,
            env={
                "OMP_NUM_THREADS": self._settings.threads,
                **self._inherited,
                "PYTHONUNBUFFERED": "1",
                **OFF_SWITCHES,
                **spec.env,
            },
            settings=self._settings,
            max_preemptions=spec.max_preemptions,
        )

    def _plan(self, spec: JobSpec, handle: JobHandle) -> Plan:
        request = self._request(spec, handle)
        return Plan(
            scheduler_id=handle.scheduler_id,
            module=spec.module,
            spec_path=str(Path(spec.spec_path).resolve()),
            arguments=spec.arguments,
            world_size=spec.world_size,
            cwd=self._settings.workdir,
            grace_s=self._settings.grace_s,
            cpus_per_rank=1,
            ranks_per_pod=request.ranks_per_pod,
            log=str(Path(handle.work_dir) / LOG),
            # Several pods without a JobSet fail together; the caller starts them again.
            max_preemptions=spec.max_preemptions if request.starts_again else 0,
        )

    def _text(self, request: JobManifests) -> str:
        return json.dumps(request.workload(), indent=2) + "\n"

    def _send(
        self, spec: JobSpec, handle: JobHandle, request: JobManifests, folder: AttemptFolder
    ) -> None:
        write_json(folder.path / _MANIFEST, request.workload())
        try:
            created = self._api.create_workload(request.workload())
            if request.num_pods > 1 and not request.is_set:
                self._api.create_service(request.service(created["metadata"]["uid"]))
        except ClusterRefused as error:
            raise ClusterRefused(f"job {spec.name} was not accepted: {error}") from error

    def _look(self, handle: JobHandle) -> JobStatus:
        work_dir, kind, name = Path(handle.work_dir), self._kind(handle), handle.scheduler_id
        found = self._api.workload(kind, name)
        folder = AttemptFolder.of(work_dir, name)
        is_over = kind == "JobSet" and found is not None and has_ended(found)
        return verdict(
            handle,
            found,
            self._api.pods(f"{_POD_LABELS[kind]}={name}") if found is not None else [],
            # Why a set has failed is written on its Job.
            child=self._api.workload("Job", child_name(name)) if is_over else None,
            records=folder.ranks(folder.plan().world_size, 0) if found is not None else [],
            cancelled=read_json(work_dir / CANCEL) is not None,
            log_tail=tail(work_dir / LOG),
        )

    def _is_there(self, handle: JobHandle) -> bool:
        found = self._api.workload(self._kind(handle), handle.scheduler_id)
        return found is not None and not has_ended(found)

    def _kind(self, handle: JobHandle) -> str:
        """Return what was created; the settings may have changed since."""
        folder = AttemptFolder.of(Path(handle.work_dir), handle.scheduler_id)
        manifest = read_json(folder.path / _MANIFEST)
        return str(manifest["kind"]) if manifest else "Job"

    def _end(self, handle: JobHandle) -> None:
        if not self._is_there(handle):
            return
        kind = self._kind(handle)
        self._api.delete_workload(kind, handle.scheduler_id)
        if not self._has_ended(handle, self._settings.grace_s + _END_S):
            raise RuntimeError(
                f"job {handle.name} does not end: look at `kubectl get pods -l "
                f"{_POD_LABELS[kind]}={handle.scheduler_id}` in namespace "
                f"{self._settings.namespace}"
            )
