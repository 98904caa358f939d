"""What has become of a Kubernetes job: conditions, pods and the ranks' records, put together.

Pure: from what was read to a status. Success needs the Job's condition and every rank's record.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from assets.ports import JobHandle, JobState, JobStatus
from orchestration.launchers.attempt import ending_of
from orchestration.launchers.outcome import (
    cancelled_status,
    failed_status,
    has_succeeded,
    lost_status,
    preempted_status,
    status_of,
)

Resource = Mapping[str, Any]
_INDEX = "batch.kubernetes.io/job-completion-index"


def verdict(
    handle: JobHandle,
    job: Resource | None,
    pods: Sequence[Resource],
    *,
    records: list[dict[str, Any] | None],
    cancelled: bool,
    log_tail: str,
    child: Resource | None = None,
) -> JobStatus:
    """Return the status of a job; `records` says how each rank ended, as far as they said it.

    `child` is the Job of a JobSet that is over.
    """
    if job is None:
        if cancelled:
            return cancelled_status(handle)
        return lost_status(
            f"{handle.name}: the cluster has no job {handle.scheduler_id}: it was never created, "
            f"or somebody has deleted it\n{log_tail}"
        )
    if not has_ended(job):
        return _alive(pods)
    told = {**ending_of(records), "error": ""}
    missing = told.pop("missing")
    if _completed(job) is not None:
        if not missing and has_succeeded(told):
            return JobStatus(state=JobState.SUCCEEDED, exit_code=0, detail="")
        reason = (
            f"the cluster says complete, the ranks say {told['exit_codes']}: they disagree, so "
            "this is no success"
        )
        return failed_status(handle, reason, log_tail)
    if cancelled and told["stopped_by"] is not None:
        return cancelled_status(handle)
    failed = condition(child or {}, "Failed") or condition(job, "Failed") or {}
    return _failure(handle, failed, pods, told, missing, log_tail)


def _failure(
    handle: JobHandle,
    failed: Resource,
    pods: Sequence[Resource],
    told: Mapping[str, Any],
    missing: list[int],
    log_tail: str,
) -> JobStatus:
    if reason := _fault(failed, pods):
        return failed_status(handle, reason, log_tail)
    if reason := _disruption(pods):
        return preempted_status(handle, reason, log_tail)
    if told["first_failed"] is None:
        reason = (
            f"{failed.get('reason', 'failed')}: {failed.get('message', 'no message')}; "
            f"ranks {missing} left no record"
        )
        return failed_status(handle, reason, log_tail)
    return status_of(handle, told, cancelled=False, log_tail=log_tail)


def has_ended(job: Resource) -> bool:
    """Whether a Job is over; one that is being deleted is not, until it has gone."""
    over = _completed(job) is not None or condition(job, "Failed") is not None
    return over and "deletionTimestamp" not in job["metadata"]


def _completed(job: Resource) -> Resource | None:
    """Return the condition of a Job, or of a JobSet, that has succeeded."""
    return condition(job, "Complete") or condition(job, "Completed")


def condition(job: Resource, kind: str) -> Resource | None:
    for found in job.get("status", {}).get("conditions") or ():
        if found["type"] == kind and found["status"] == "True":
            result: Resource = found
            return result
    return None


def _alive(pods: Sequence[Resource]) -> JobStatus:
    phases = [pod.get("status", {}).get("phase") for pod in pods]
    if any(phase not in (None, "Pending") for phase in phases):
        return JobStatus(state=JobState.RUNNING, exit_code=None, detail="")
    reasons = sorted({reason for pod in pods if (reason := _waits_for(pod))})
    return JobStatus(state=JobState.PENDING, exit_code=None, detail="; ".join(reasons))


def _waits_for(pod: Resource) -> str:
    """Say why a pod does not run yet: no room, no image, no volume."""
    status = pod.get("status", {})
    for container in status.get("containerStatuses") or ():
        waiting = container.get("state", {}).get("waiting")
        if waiting:
            return f"{waiting.get('reason', 'waiting')}: {waiting.get('message', '')}".strip(": ")
    for found in status.get("conditions") or ():
        if found["type"] == "PodScheduled" and found["status"] == "False":
            return f"{found.get('reason', '')}: {found.get('message', '')}".strip(": ")
    return ""


def _fault(failed: Resource, pods: Sequence[Resource]) -> str:
    """Return what the job ran into that a new start would meet again, or ""."""
    if failed.get("reason") == "DeadlineExceeded":
        return (
            "ran into the time limit of MATERIA_KUBERNETES_TIME_MINUTES; it goes on from its last "
            "checkpoint when it is started again"
        )
    for pod in pods:
        status, rank, node = _place(pod)
        for container in status.get("containerStatuses") or ():
            if container.get("state", {}).get("terminated", {}).get("reason") == "OOMKilled":
                return (
                    f"rank {rank} was killed because it used more memory than its limit "
                    f"(OOMKilled on {node}): raise MATERIA_KUBERNETES_MEMORY"
                )
    return ""


def _disruption(pods: Sequence[Resource]) -> str:
    """Return which pod the cluster took away and why, or ""."""
    for pod in pods:
        status, rank, node = _place(pod)
        if status.get("reason") == "Evicted":
            return f"rank {rank} was evicted from {node}: {status.get('message', 'no message')}"
        for found in status.get("conditions") or ():
            if found["type"] == "DisruptionTarget" and found["status"] == "True":
                why = f"{found.get('reason', '')}: {found.get('message', '')}".strip(": ")
                return f"rank {rank} lost its node {node} ({why})"
    return ""


def _place(pod: Resource) -> tuple[Resource, str, str]:
    """Return a pod's status, index and node."""
    index = pod["metadata"].get("annotations", {}).get(_INDEX, "?")
    return pod.get("status", {}), index, pod.get("spec", {}).get("nodeName", "no node")
