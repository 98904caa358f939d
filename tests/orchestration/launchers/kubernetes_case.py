"""Fixtures of tests that run jobs on the stand-in API server."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from kubernetes_server import Cluster, kubernetes_server
from preemption_contract import Preempt

from assets.ports import JobHandle
from orchestration.launchers.kubernetes import KubernetesLauncher
from orchestration.launchers.kubernetes_api import KubernetesApi
from orchestration.launchers.kubernetes_settings import KubernetesSettings
from orchestration.settings import PROJECT_ROOT

Open = Callable[[KubernetesSettings], KubernetesLauncher]
SETTINGS = KubernetesSettings(
    image="registry.example/materia-engine:1",
    claim="materia-home",
    python=sys.executable,
    workdir=str(PROJECT_ROOT),
    grace_s=2,
)


class KubernetesCase:
    """A class of tests inherits these; each test has a server of its own."""

    settings = SETTINGS

    @pytest.fixture
    def served(self) -> Iterator[tuple[str, Cluster]]:
        secrets = {"s3-credentials": {"AWS_SECRET_ACCESS_KEY": "correct-horse"}}
        with kubernetes_server(secrets) as up:
            yield up

    @pytest.fixture
    def cluster(self, served: tuple[str, Cluster]) -> Cluster:
        return served[1]

    @pytest.fixture
    def open_launcher(self, served: tuple[str, Cluster], tmp_path: Path) -> Open:
        from kubernetes import client

        def open_one(settings: KubernetesSettings) -> KubernetesLauncher:
            configuration = client.Configuration(host=served[0])
            configuration.retries = False
            return KubernetesLauncher(
                environ={"NCCL_DEBUG": "WARN", "HOME": "/home/me", "AWS_SECRET_ACCESS_KEY": "no"},
                settings=settings,
                home=tmp_path,
                connect=lambda: KubernetesApi(client.ApiClient(configuration), settings.namespace),
            )

        return open_one

    @pytest.fixture
    def launcher(self, open_launcher: Open) -> KubernetesLauncher:
        return open_launcher(self.settings)

    @pytest.fixture
    def preempt(self, cluster: Cluster) -> Preempt:
        """As `kubectl drain` of the node of the first pod."""

        def drain(handle: JobHandle) -> None:
            with cluster.lock:
                cluster.drain(handle.scheduler_id, 0, "node drained")

        return drain
