"""The manifests of a Kubernetes job: an indexed Job, and a Service that gives rank 0 a name; or a
JobSet, which starts several pods again as a whole (kubernetes_jobset.py).

Pure: from checked values to plain dictionaries. The spec and all results go through the volume
that holds MATERIA_HOME; credentials go by the names of secrets alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestration.launchers.kubernetes_jobset import child_name, jobset
from orchestration.launchers.kubernetes_settings import KubernetesSettings
from orchestration.launchers.outcome import EXIT_PREEMPTED, EXIT_WORN_OUT

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
    max_preemptions: int = 0

    def __post_init__(self) -> None:
        self.settings.require()
        if not self.job_dir.is_relative_to(self.home):
            raise ValueError(
                f"{self.job_dir} does not lie in MATERIA_HOME {self.home}, which is what the pods "
                "see of this machine: write the job's files there"
            )
        per_pod = self.settings.ranks_per_pod
        if self.world_size > per_pod and self.world_size % per_pod:
            raise ValueError(
                f"job {self.label}: {self.world_size} ranks are no multiple of "
                f"MATERIA_KUBERNETES_RANKS_PER_POD={per_pod}: change one of them"
            )
        for variable in self.env:
            if _CREDENTIAL.search(variable):
                raise ValueError(
                    f"variable {variable} looks like a credential, and everybody who may read jobs "
                    "would see it: put it in a secret and name that in MATERIA_KUBERNETES_SECRETS"
                )

    @property
    def ranks_per_pod(self) -> int:
        return min(self.world_size, self.settings.ranks_per_pod)

    @property
    def num_pods(self) -> int:
        return self.world_size // self.ranks_per_pod

    @property
    def is_set(self) -> bool:
        """Whether this is a JobSet: for several pods, where the installation has JobSet."""
        return self.num_pods > 1 and self.settings.several_pods == "jobset"

    @property
    def starts_again(self) -> bool:
        """Whether the cluster itself starts a preempted job again."""
        return self.num_pods == 1 or self.is_set

    def workload(self) -> Manifest:
        """Return what is created: a Job or a JobSet, all of its pods or none."""
        metadata, keep_s = self._metadata(self.name), self.settings.keep_s
        if self.is_set:
            return jobset(
                metadata=metadata,
                job_spec=self._job_spec(_told_to_the_set()),
                max_restarts=self.max_preemptions,
                keep_s=keep_s,
            )
        # A pod that comes back alone cannot join others: several pods fail together.
        policy = _may_come_back() if self.num_pods == 1 else None
        return {
            "apiVersion": "batch/v1",
            "kind": "Job",
            "metadata": metadata,
            "spec": self._job_spec(policy, keep_s=keep_s),
        }

    def _job_spec(self, policy: Manifest | None, *, keep_s: int | None = None) -> Manifest:
        limit = self.settings.time_minutes
        return {
            "completionMode": "Indexed",
            "completions": self.num_pods,
            "parallelism": self.num_pods,
            "backoffLimit": self.settings.max_restarts if self.num_pods == 1 else 0,
            **_given("podFailurePolicy", policy),
            # Two pods of one index never run at once: the first may be a zombie.
            "podReplacementPolicy": "Failed",
            **({"activeDeadlineSeconds": 60 * limit} if limit else {}),
            **_given("ttlSecondsAfterFinished", keep_s),
            "template": {"metadata": {"labels": self._labels()}, "spec": self._pod()},
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
            # A JobSet gives its pods a subdomain itself.
            **_given("subdomain", "" if self.is_set else self.name),
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
        ranks = self.ranks_per_pod
        amount = {
            "cpu": _times(settings.cpus, ranks),
            "memory": _times(settings.memory, ranks),
            **({settings.gpu: str(ranks)} if settings.gpu else {}),
        }
        module = "orchestration.launchers." + ("rank" if ranks == 1 else "pod")
        return {
            "name": "rank",
            "image": settings.image,
            "command": [settings.python, "-m", module, str(self.job_dir)],
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
        job = child_name(self.name) if self.is_set else self.name
        first = f"{job}-0.{self.name}.{self.settings.namespace}"
        return {
            **self.env,
            "RANKS_IN_POD": str(self.ranks_per_pod),
            "MASTER_ADDR": first if self.num_pods > 1 else "127.0.0.1",
            "MASTER_PORT": str(MASTER_PORT),
        }


_NODE_WENT_AWAY = {"onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]}


def _may_come_back() -> Manifest:
    """A pod that was preempted, or whose node went away, gets another, and that counts against no
    limit of the cluster: rank.py counts, and says when it is enough. An engine that failed does
    not come back."""
    return {
        "rules": [
            {"action": "FailJob", **_exit_codes("In", EXIT_WORN_OUT)},
            {"action": "Ignore", **_NODE_WENT_AWAY},
            {"action": "Ignore", **_exit_codes("In", EXIT_PREEMPTED)},
            {"action": "FailJob", **_exit_codes("NotIn", 0)},
        ]
    }


def _told_to_the_set() -> Manifest:
    """The same for several pods: the set learns by the reason PodFailurePolicy that its Job was
    preempted; a rank that failed gives another reason, BackoffLimitExceeded."""
    return {
        "rules": [
            {"action": "FailJob", **_NODE_WENT_AWAY},
            {"action": "FailJob", **_exit_codes("In", EXIT_PREEMPTED)},
        ]
    }


def _exit_codes(operator: str, code: int) -> Manifest:
    return {"onExitCodes": {"containerName": "rank", "operator": operator, "values": [code]}}


def _times(quantity: str, count: int) -> str:
    """Multiply a quantity such as 500m or 180Gi."""
    match = re.fullmatch(r"([0-9]+)([a-zA-Z]*)", quantity)
    assert match is not None, quantity
    return f"{int(match[1]) * count}{match[2]}"


def _toleration(toleration: Any) -> Manifest:
    operator = {"operator": "Equal", "value": toleration.value} if toleration.value else {}
    return {
        "key": toleration.key,
        **(operator or {"operator": "Exists"}),
        "effect": toleration.effect,
    }


def _given(key: str, value: Any) -> Manifest:
    return {key: value} if value else {}
