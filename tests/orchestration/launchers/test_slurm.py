"""The Slurm launcher on a real cluster of two nodes: the shared contract, and its own ways."""

from __future__ import annotations

import pytest
from contract import LauncherContract
from slurm_cluster import SlurmCluster

from orchestration.launchers.slurm import SlurmLauncher
from orchestration.launchers.slurm_settings import SlurmSettings


@pytest.fixture
def launcher(cluster: SlurmCluster) -> SlurmLauncher:
    return SlurmLauncher(environ=cluster.env, settings=SlurmSettings(partition="main", grace_s=2))


class TestSlurmLauncher(LauncherContract):
    pass
