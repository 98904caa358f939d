"""From conditions, pods and the ranks' records to one status."""

from __future__ import annotations

from typing import Any

import pytest

from assets.ports import JobHandle, JobState, JobStatus
from orchestration.launchers.kubernetes_verdict import verdict

HANDLE = JobHandle(
    name="toy", work_dir="/shared", launcher="kubernetes", scheduler_id="toy-1", submitted_at=""
)
LIVES: dict[str, Any] = {"metadata": {}, "status": {}}


def job(kind: str, **facts: str) -> dict[str, Any]:
    condition = {"type": kind, "status": "True", **facts}
    return {"metadata": {}, "status": {"conditions": [condition]}}


def pod(**status: Any) -> dict[str, Any]:
    return {"metadata": {}, "spec": {}, "status": status}


def rank(code: int, stopped_by: int | None = None) -> dict[str, Any]:
    return {"exit_code": code, "stopped_by": stopped_by, "ended_at": "10:00"}


def judge(
    found: dict[str, Any] | None,
    *records: dict[str, Any] | None,
    pods: tuple[dict[str, Any], ...] = (),
    cancelled: bool = False,
) -> JobStatus:
    return verdict(
        HANDLE, found, pods, records=list(records), cancelled=cancelled, log_tail="the end"
    )


def test_success_needs_the_condition_and_every_ranks_record() -> None:
    assert judge(job("Complete"), rank(0), rank(0)).state is JobState.SUCCEEDED
    missing = judge(job("Complete"), rank(0), None)
    assert missing.state is JobState.FAILED
    assert "the ranks say [0, None]: they disagree" in missing.detail
    assert judge(job("Failed"), rank(0), rank(0)).state is JobState.FAILED


def test_a_failure_without_any_record_is_told_in_the_clusters_words() -> None:
    found = job("Failed", reason="BackoffLimitExceeded", message="has reached the limit")
    status = judge(found, None, None)
    assert "BackoffLimitExceeded: has reached the limit; ranks [0, 1] left no record" in (
        status.detail
    )


def test_a_job_that_is_being_deleted_still_lives() -> None:
    found = {**job("Failed"), "metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"}}
    assert judge(found, None, pods=(pod(phase="Running"),)).state is JobState.RUNNING


def test_a_job_that_is_gone_is_lost_unless_we_cancelled_it() -> None:
    assert judge(None).state is JobState.LOST
    assert judge(None, cancelled=True).state is JobState.CANCELLED


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (
            {
                "phase": "Pending",
                "containerStatuses": [
                    {"state": {"waiting": {"reason": "ImagePullBackOff", "message": "no such"}}}
                ],
            },
            "ImagePullBackOff: no such",
        ),
        (
            {
                "phase": "Pending",
                "conditions": [
                    {
                        "type": "PodScheduled",
                        "status": "False",
                        "reason": "Unschedulable",
                        "message": "0/3 nodes are available: 3 Insufficient nvidia.com/gpu.",
                    }
                ],
            },
            "Unschedulable: 0/3 nodes are available: 3 Insufficient nvidia.com/gpu.",
        ),
        ({}, ""),
    ],
)
def test_what_a_pending_job_waits_for_is_told(status: dict[str, Any], told: str) -> None:
    found = judge(LIVES, pods=(pod(**status),))
    assert (found.state, found.detail) == (JobState.PENDING, told)
