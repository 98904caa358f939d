"""Opens the launcher that an installation's settings ask for."""

from __future__ import annotations

from assets.ports import Launcher
from orchestration.launchers.kubernetes import KubernetesLauncher
from orchestration.launchers.kubernetes_api import KubernetesApi, connect
from orchestration.launchers.local import LocalLauncher
from orchestration.launchers.slurm import SlurmLauncher
from orchestration.settings import Settings, job_environment, object_store_environment

POLL_S = {"local": 0.5, "slurm": 5.0, "kubernetes": 5.0}
"""Seconds between looks at a running job (our choice): short against a job's start-up, and long
enough that a hundred waiting runs are no burden to a controller that many people share."""


def open_launcher(settings: Settings) -> Launcher:
    """Return the launcher; opening it starts nothing and asks nobody."""
    environ = job_environment(settings)
    if settings.launcher == "slurm":
        return SlurmLauncher(environ=environ, settings=settings.slurm)
    if settings.launcher == "kubernetes":
        settings.kubernetes.require()
        return KubernetesLauncher(
            environ=environ,
            settings=settings.kubernetes,
            home=settings.home,
            connect=lambda: KubernetesApi(
                connect(settings.kubernetes.context), settings.kubernetes.namespace
            ),
        )
    return LocalLauncher(environ=environ, object_store=object_store_environment(settings))
