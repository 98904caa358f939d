"""How jobs are asked for on a Kubernetes cluster; every value is checked before it is sent."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?")
_IMAGE = re.compile(r"[a-z0-9][A-Za-z0-9._/:-]{0,254}(@sha256:[0-9a-f]{64})?")
_CPUS = re.compile(r"[1-9][0-9]{0,8}m?")
_QUANTITY = re.compile(r"[1-9][0-9]{0,8}[KMGT]i?")
_RESOURCE = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?/[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
_KEY = re.compile(r"([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?/)?[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
_VALUE = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?")
_PATH = re.compile(r"(/[A-Za-z0-9._+=@,-]{1,255}){1,32}")
_PROGRAM = re.compile(r"[A-Za-z0-9._/+-]{1,1024}")
SEVERAL_PODS = ("job", "jobset")
EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")


@dataclass(frozen=True, kw_only=True)
class Toleration:
    key: str
    value: str
    effect: str


@dataclass(frozen=True, kw_only=True)
class KubernetesSettings:
    """One cluster; see docs/settings.md for each variable."""

    image: str = ""
    """MATERIA_KUBERNETES_IMAGE: has the engine, and this project at `workdir`."""
    claim: str = ""
    """MATERIA_KUBERNETES_CLAIM: the volume claim that holds MATERIA_HOME, at the same path."""
    namespace: str = "default"
    """MATERIA_KUBERNETES_NAMESPACE."""
    context: str = ""
    """MATERIA_KUBERNETES_CONTEXT: of the kubeconfig; in a pod its own service account is used."""
    workdir: str = "/app"
    """MATERIA_KUBERNETES_WORKDIR: where the project lies in the image."""
    python: str = "python"
    """MATERIA_KUBERNETES_PYTHON: interpreter in the image."""
    ranks_per_pod: int = 1
    """MATERIA_KUBERNETES_RANKS_PER_POD: as many as a node has GPUs, so that they share NVLink."""
    several_pods: str = "job"
    """MATERIA_KUBERNETES_SEVERAL_PODS: what a job of several pods is, job or jobset."""
    cpus: str = "1"
    """MATERIA_KUBERNETES_CPUS: cores of one rank."""
    memory: str = "4Gi"
    """MATERIA_KUBERNETES_MEMORY: of one rank; it is the limit as well."""
    gpu: str = ""
    """MATERIA_KUBERNETES_GPU: resource that each rank gets one of, such as nvidia.com/gpu."""
    service_account: str = ""
    """MATERIA_KUBERNETES_SERVICE_ACCOUNT: of the pods, which get no token of it."""
    secrets: tuple[str, ...] = ()
    """MATERIA_KUBERNETES_SECRETS: names of secrets whose entries become variables."""
    pull_secrets: tuple[str, ...] = ()
    """MATERIA_KUBERNETES_PULL_SECRETS: names of secrets to pull the image with."""
    node_selector: tuple[tuple[str, str], ...] = ()
    """MATERIA_KUBERNETES_NODE_SELECTOR: labels a node must have, key=value."""
    tolerations: tuple[Toleration, ...] = ()
    """MATERIA_KUBERNETES_TOLERATIONS: taints to tolerate, key=value:Effect."""
    time_minutes: int | None = None
    """MATERIA_KUBERNETES_TIME_MINUTES: limit of a job."""
    max_restarts: int = 3
    """MATERIA_KUBERNETES_MAX_RESTARTS: new pods for a job of one pod that could not start."""
    run_as_user: int = 1000
    """MATERIA_KUBERNETES_RUN_AS_USER: user id that may write MATERIA_HOME; never 0."""
    keep_s: int = 604_800
    """MATERIA_KUBERNETES_KEEP_SECONDS: how long an ended job is kept (a week, our choice)."""
    grace_s: int = 30
    """MATERIA_KUBERNETES_GRACE_SECONDS: from a request to stop until a rank is killed."""

    def __post_init__(self) -> None:
        for name, values, pattern in (
            ("IMAGE", (self.image,), _IMAGE),
            ("CLAIM", (self.claim,), _SUBDOMAIN),
            ("NAMESPACE", (self.namespace,), _LABEL),
            ("WORKDIR", (self.workdir,), _PATH),
            ("PYTHON", (self.python,), _PROGRAM),
            ("CPUS", (self.cpus,), _CPUS),
            ("MEMORY", (self.memory,), _QUANTITY),
            ("GPU", (self.gpu,), _RESOURCE),
            ("SERVICE_ACCOUNT", (self.service_account,), _SUBDOMAIN),
            ("SECRETS", self.secrets, _SUBDOMAIN),
            ("PULL_SECRETS", self.pull_secrets, _SUBDOMAIN),
            ("NODE_SELECTOR", tuple(key for key, _ in self.node_selector), _KEY),
            ("NODE_SELECTOR", tuple(value for _, value in self.node_selector), _VALUE),
            ("TOLERATIONS", tuple(t.key for t in self.tolerations), _KEY),
            ("TOLERATIONS", tuple(t.value for t in self.tolerations), _VALUE),
        ):
            for value in values:
                if value and not pattern.fullmatch(value):
                    raise ValueError(
                        f"MATERIA_KUBERNETES_{name}={value!r} does not match {pattern.pattern}: "
                        "change it"
                    )
        if self.several_pods not in SEVERAL_PODS:
            raise ValueError(
                f"MATERIA_KUBERNETES_SEVERAL_PODS={self.several_pods!r} is not known: use "
                f"{' or '.join(SEVERAL_PODS)}"
            )
        for toleration in self.tolerations:
            if toleration.effect not in EFFECTS:
                raise ValueError(
                    f"MATERIA_KUBERNETES_TOLERATIONS: effect {toleration.effect!r} is not one of "
                    f"{', '.join(EFFECTS)}"
                )

    @property
    def threads(self) -> str:
        """Threads that fill the cores of one rank; at least one."""
        return "1" if self.cpus.endswith("m") else self.cpus

    def require(self) -> None:
        """Raise ValueError when what only the installation can know is missing."""
        for name, value in (("IMAGE", self.image), ("CLAIM", self.claim)):
            if not value:
                raise ValueError(
                    f"MATERIA_LAUNCHER=kubernetes needs MATERIA_KUBERNETES_{name}: set it "
                    "(docs/launchers.md has an example)"
                )

    @classmethod
    def from_mapping(cls, env: Mapping[str, str]) -> KubernetesSettings:
        """Read what orchestration/settings.py hands over; raises ValueError by variable."""
        time_text = env.get("MATERIA_KUBERNETES_TIME_MINUTES")
        return cls(
            image=env.get("MATERIA_KUBERNETES_IMAGE", ""),
            claim=env.get("MATERIA_KUBERNETES_CLAIM", ""),
            namespace=env.get("MATERIA_KUBERNETES_NAMESPACE", "default"),
            context=env.get("MATERIA_KUBERNETES_CONTEXT", ""),
            workdir=env.get("MATERIA_KUBERNETES_WORKDIR", "/app"),
            python=env.get("MATERIA_KUBERNETES_PYTHON", "python"),
            ranks_per_pod=_whole(
                "RANKS_PER_POD", env.get("MATERIA_KUBERNETES_RANKS_PER_POD", "1"), 1
            ),
            several_pods=env.get("MATERIA_KUBERNETES_SEVERAL_PODS", "job"),
            cpus=env.get("MATERIA_KUBERNETES_CPUS", "1"),
            memory=env.get("MATERIA_KUBERNETES_MEMORY", "4Gi"),
            gpu=env.get("MATERIA_KUBERNETES_GPU", ""),
            service_account=env.get("MATERIA_KUBERNETES_SERVICE_ACCOUNT", ""),
            secrets=_list(env.get("MATERIA_KUBERNETES_SECRETS", "")),
            pull_secrets=_list(env.get("MATERIA_KUBERNETES_PULL_SECRETS", "")),
            node_selector=_labels(env.get("MATERIA_KUBERNETES_NODE_SELECTOR", "")),
            tolerations=_tolerations(env.get("MATERIA_KUBERNETES_TOLERATIONS", "")),
            time_minutes=_whole("TIME_MINUTES", time_text, 1) if time_text else None,
            max_restarts=_whole("MAX_RESTARTS", env.get("MATERIA_KUBERNETES_MAX_RESTARTS", "3"), 0),
            run_as_user=_whole("RUN_AS_USER", env.get("MATERIA_KUBERNETES_RUN_AS_USER", "1000"), 1),
            keep_s=_whole("KEEP_SECONDS", env.get("MATERIA_KUBERNETES_KEEP_SECONDS", "604800"), 60),
            grace_s=_whole("GRACE_SECONDS", env.get("MATERIA_KUBERNETES_GRACE_SECONDS", "30"), 1),
        )


def _whole(name: str, text: str, least: int) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", text) or int(text) < least:
        raise ValueError(
            f"MATERIA_KUBERNETES_{name}={text!r} is not a whole number of {least} or more"
        )
    return int(text)


def _list(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _labels(text: str) -> tuple[tuple[str, str], ...]:
    pairs = [part.partition("=") for part in _list(text)]
    for key, equals, value in pairs:
        if not (key and equals and value):
            raise ValueError(
                f"MATERIA_KUBERNETES_NODE_SELECTOR={text!r} is not a list of key=value: fix it"
            )
    return tuple((key, value) for key, _, value in pairs)


def _tolerations(text: str) -> tuple[Toleration, ...]:
    found = []
    for part in _list(text):
        match = re.fullmatch(r"([^=:]+)(?:=([^=:]+))?:([A-Za-z]+)", part)
        if match is None:
            raise ValueError(
                f"MATERIA_KUBERNETES_TOLERATIONS={part!r} is not key=value:Effect or key:Effect"
            )
        found.append(Toleration(key=match[1], value=match[2] or "", effect=match[3]))
    return tuple(found)
