"""The manifests of a Kubernetes job: an indexed Job, and a Service that gives rank 0 a name.

Pure: from checked values to plain dictionaries. The spec and all results go through the volume
that holds MATERIA_HOME; credentials go by the names of secrets alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestration.launchers.kubernetes_settings import KubernetesSettings

Manifest = dict[str, Any]
JOB_NAME_LABEL = "batch.kubernetes.io/job-name"
MASTER_PORT = 29500
"""torch's own default; each pod has its own address, so nothing else listens there."""
_CREDENTIAL = re.compile(
    r"SECRET|PASSWORD|PASSWD|CREDENTIAL|ACCESS_KEY|API_KEY|(^|_)TOKEN(_|$)", re.IGNORECASE
)
_LINGER_S = 15
"""The rank kills its engine after the grace period; the kubelet must leave it time to say so."""
_SHARED_MEMORY = "8Gi"
"""Of /dev/shm, over which NCCL and loaders talk; the default of 64Mi stops both (our choice)."""


@dataclass(frozen=True, kw_only=True)
class JobManifests:
    """Everything that differs between two jobs."""

    name: str
    """Unique, chosen by us: it makes a repeated create harmless."""
    label: str
    """The name that people know."""
    world_size: int
    job_dir: Path
    home: Path
    env: Mapping[str, str]
    settings: KubernetesSettings

    def __post_init__(self) -> None:
        self.settings.require()
        if not self.job_dir.is_relative_to(self.home):
            raise ValueError(
                f"{self.job_dir} does not lie in MATERIA_HOME {self.home}, which is what the pods "
                "see of this machine: write the job's files there"
            )
        for variable in self.env:
            if _CREDENTIAL.search(variable):
                raise ValueError(
                    f"variable {variable} looks like a credential, and everybody who may read jobs "
                    "would see it: put it in a secret and name that in MATERIA_KUBERNETES_SECRETS"
                )

    def job(self) -> Manifest:
        """Return the Job: one pod per rank, all of them or none."""
        settings = self.settings
        alone = self.world_size == 1
        limit = settings.time_minutes
        return {
            "apiVersion": "batch/v1",
            "kind": "Job",
            "metadata": self._metadata(self.name),
            "spec": {
                "completionMode": "Indexed",
                "completions": self.world_size,
                "parallelism": self.world_size,
                # A rank that comes back alone cannot join the others: the job starts again whole.
                "backoffLimit": settings.max_restarts if alone else 0,
                **({"podFailurePolicy": _node_went_away()} if alone else {}),
                # Two pods of one rank never run at once: the first may be a zombie.
                "podReplacementPolicy": "Failed",
                **({"activeDeadlineSeconds": 60 * limit} if limit else {}),
                "ttlSecondsAfterFinished": settings.keep_s,
                "template": {"metadata": {"labels": self._labels()}, "spec": self._pod()},
            },
        }

    def service(self, owner_uid: str) -> Manifest:
        """Return the headless Service; it goes when the Job that owns it goes."""
        return {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {
                **self._metadata(self.name),
                "ownerReferences": [
                    {
                        "apiVersion": "batch/v1",
                        "kind": "Job",
                        "name": self.name,
                        "uid": owner_uid,
                    }
                ],
            },
            "spec": {
                "clusterIP": "None",
                "selector": {JOB_NAME_LABEL: self.name},
                # Ranks look for each other while none is ready yet.
                "publishNotReadyAddresses": True,
                "ports": [{"name": "rendezvous", "port": MASTER_PORT}],
            },
        }

    def _metadata(self, name: str) -> Manifest:
        return {"name": name, "namespace": self.settings.namespace, "labels": self._labels()}

    def _labels(self) -> dict[str, str]:
        return {
            "app.kubernetes.io/name": "materia",
            "app.kubernetes.io/component": "job",
            "materia/job": self.label,
        }

    def _pod(self) -> Manifest:
        settings = self.settings
        return {
            "restartPolicy": "Never",
            "subdomain": self.name,
            "terminationGracePeriodSeconds": settings.grace_s + _LINGER_S,
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            **_given("serviceAccountName", settings.service_account),
            **_given("nodeSelector", dict(settings.node_selector)),
            **_given("imagePullSecrets", [{"name": name} for name in settings.pull_secrets]),
            **_given("tolerations", [_toleration(t) for t in settings.tolerations]),
            "securityContext": {
                "runAsNonRoot": True,
                "runAsUser": settings.run_as_user,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "containers": [self._container()],
            "volumes": [
                {"name": "home", "persistentVolumeClaim": {"claimName": settings.claim}},
                {"name": "shm", "emptyDir": {"medium": "Memory", "sizeLimit": _SHARED_MEMORY}},
            ],
        }

    def _container(self) -> Manifest:
        settings = self.settings
        amount = {
            "cpu": settings.cpus,
            "memory": settings.memory,
            **({settings.gpu: "1"} if settings.gpu else {}),
        }
        return {
            "name": "rank",
            "image": settings.image,
            "command": [settings.python, "-m", "orchestration.launchers.rank", str(self.job_dir)],
            "workingDir": settings.workdir,
            "env": [{"name": k, "value": v} for k, v in sorted(self._variables().items())],
            **_given("envFrom", [{"secretRef": {"name": name}} for name in settings.secrets]),
            "resources": {"requests": amount, "limits": amount},
            "securityContext": {
                "allowPrivilegeEscalation": False,
                "capabilities": {"drop": ["ALL"]},
            },
            # The last lines of the log then stand in the pod's status too.
            "terminationMessagePolicy": "FallbackToLogsOnError",
            "volumeMounts": [
                {"name": "home", "mountPath": str(self.home)},
                {"name": "shm", "mountPath": "/dev/shm"},
            ],
        }

    def _variables(self) -> dict[str, str]:
        if self.world_size == 1:
            return dict(self.env)
        first = f"{self.name}-0.{self.name}.{self.settings.namespace}"
        return {**self.env, "MASTER_ADDR": first, "MASTER_PORT": str(MASTER_PORT)}


def _node_went_away() -> Manifest:
    """A pod whose node was drained or died gets another; an engine that failed does not."""
    return {
        "rules": [
            {
                "action": "Ignore",
                "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}],
            },
            {
                "action": "FailJob",
                "onExitCodes": {"containerName": "rank", "operator": "NotIn", "values": [0]},
            },
        ]
    }


def _toleration(toleration: Any) -> Manifest:
    operator = {"operator": "Equal", "value": toleration.value} if toleration.value else {}
    return {
        "key": toleration.key,
        **(operator or {"operator": "Exists"}),
        "effect": toleration.effect,
    }


def _given(key: str, value: Any) -> Manifest:
    return {key: value} if value else {}
