"""Pods and Jobs of the stand-in API server, as the server would show them."""

from __future__ import annotations

import subprocess
import time
from dataclasses import dataclass, field
from typing import Any

Resource = dict[str, Any]
_INDEX = "batch.kubernetes.io/job-completion-index"


@dataclass
class Pod:
    """One pod of an indexed Job, and the process that stands for its container."""

    name: str
    index: int
    process: subprocess.Popen[bytes]
    grace_s: float
    kill_at: float | None = None
    reason: str = ""
    """Error, OOMKilled or Completed, as a kubelet reports it."""
    evicted: str = ""
    disrupted: str = ""

    def resource(self) -> Resource:
        code = self.process.poll()
        phase = "Running" if code is None else "Succeeded" if code == 0 else "Failed"
        terminated = {"exitCode": exit_code(code or 0), "reason": self.reason or "Error"}
        return {
            "metadata": {"name": self.name, "annotations": {_INDEX: str(self.index)}},
            "spec": {"nodeName": "node-1"},
            "status": {
                "phase": phase,
                **({"reason": "Evicted", "message": self.evicted} if self.evicted else {}),
                "conditions": [
                    {
                        "type": "DisruptionTarget",
                        "status": "True",
                        "reason": "DeletionByTaintManager",
                        "message": self.disrupted,
                    }
                ]
                if self.disrupted
                else [],
                "containerStatuses": [
                    {"name": "rank", "state": {} if code is None else {"terminated": terminated}}
                ],
            },
        }

    def end(self) -> None:
        """Ask to stop; the grace period runs from the first time."""
        if self.kill_at is None and self.process.poll() is None:
            self.kill_at = time.monotonic() + self.grace_s
            self.process.terminate()


@dataclass
class StoredJob:
    body: Resource
    pods: list[Pod] = field(default_factory=list)
    failures: int = 0
    condition: Resource | None = None
    deleted: bool = False
    started: float = field(default_factory=time.monotonic)

    def resource(self) -> Resource:
        metadata = dict(self.body["metadata"])
        if self.deleted:
            metadata["deletionTimestamp"] = "2026-01-01T00:00:00Z"
        conditions = [self.condition] if self.condition and self.all_ended() else []
        return {**self.body, "metadata": metadata, "status": {"conditions": conditions}}

    def all_ended(self) -> bool:
        return all(pod.process.poll() is not None for pod in self.pods)


def exit_code(code: int) -> int:
    return code if code >= 0 else 128 - code
