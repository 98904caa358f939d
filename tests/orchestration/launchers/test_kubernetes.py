"""The Kubernetes launcher against a stand-in API server that runs its pods as processes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from contract import LauncherContract
from kubernetes_server import Cluster, kubernetes_server

from assets.ports import JobSpec
from orchestration.launchers.kubernetes import KubernetesLauncher
from orchestration.launchers.kubernetes_api import KubernetesApi
from orchestration.launchers.kubernetes_settings import KubernetesSettings
from orchestration.settings import PROJECT_ROOT

Make = Callable[..., JobSpec]
SETTINGS = KubernetesSettings(
    image="registry.example/materia-engine:1",
    claim="materia-home",
    python=sys.executable,
    workdir=str(PROJECT_ROOT),
    grace_s=2,
)


@pytest.fixture
def served() -> Iterator[tuple[str, Cluster]]:
    with kubernetes_server({"s3-credentials": {"AWS_SECRET_ACCESS_KEY": "correct-horse"}}) as up:
        yield up


@pytest.fixture
def cluster(served: tuple[str, Cluster]) -> Cluster:
    return served[1]


@pytest.fixture
def open_launcher(
    served: tuple[str, Cluster], tmp_path: Path
) -> Callable[[KubernetesSettings], KubernetesLauncher]:
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
def launcher(
    open_launcher: Callable[[KubernetesSettings], KubernetesLauncher],
) -> KubernetesLauncher:
    return open_launcher(SETTINGS)


class TestKubernetesLauncher(LauncherContract):
    pass
