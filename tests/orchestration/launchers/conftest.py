"""Makes the contract and the toy job importable, here and in the jobs' own processes; a cluster."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = str(Path(__file__).parent)
if HERE not in sys.path:
    sys.path.append(HERE)

from slurm_cluster import SlurmCluster, slurm_cluster, why_not  # noqa: E402


@pytest.fixture(scope="module")
def cluster() -> Iterator[SlurmCluster]:
    """A real Slurm cluster for the tests of one file."""
    if reason := why_not():
        pytest.skip(reason)
    with slurm_cluster() as running:
        yield running
