"""A job of several pods as a JobSet, which deletes and makes all of them again as a whole.

Pure. JobSet (https://jobset.sigs.k8s.io, v1alpha2) is an extension that a cluster may have; 0.8 or
later is needed for restartStrategy. It makes the headless service itself.
"""

from __future__ import annotations

from typing import Any

CHILD = "r"
"""Name of the one Job in the set; it is part of every pod's name, so it is short."""
POD_LABEL = "jobset.sigs.k8s.io/jobset-name"


def child_name(name: str) -> str:
    """Return the name of a set's Job."""
    return f"{name}-{CHILD}-0"


def jobset(
    *, metadata: dict[str, Any], job_spec: dict[str, Any], max_restarts: int, keep_s: int
) -> dict[str, Any]:
    """Return the JobSet of one Job; only what was preempted is started again."""
    return {
        "apiVersion": "jobset.x-k8s.io/v1alpha2",
        "kind": "JobSet",
        "metadata": metadata,
        "spec": {
            "network": {
                "enableDNSHostnames": True,
                "subdomain": metadata["name"],
                # Ranks look for each other while none is ready yet.
                "publishNotReadyAddresses": True,
            },
            "failurePolicy": {
                # A failure is never repeated, so that this limit is of preemptions alone.
                "maxRestarts": max_restarts,
                # No pod of the next start may meet one of the last.
                "restartStrategy": "BlockingRecreate",
                "rules": [
                    {
                        "name": "preempted",
                        "action": "RestartJobSet",
                        "onJobFailureReasons": ["PodFailurePolicy"],
                    },
                    {"name": "failed", "action": "FailJobSet"},
                ],
            },
            "ttlSecondsAfterFinished": keep_s,
            "replicatedJobs": [{"name": CHILD, "replicas": 1, "template": {"spec": job_spec}}],
        },
    }
