"""The setting MATERIA_LAUNCHER opens one launcher, and a wrong installation is told at once."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from contract import ToyJobs, wait_until_ended

from assets.ports import JobSpec
from orchestration.launchers.admission import JobAlreadyRunning
from orchestration.launchers.local import LocalLauncher
from orchestration.launchers.open import POLL_S, open_launcher
from orchestration.launchers.slurm import SlurmLauncher
from orchestration.launchers.slurm_settings import SlurmSettings
from orchestration.settings import LAUNCHERS, Settings


class TestAnotherLaunchersJob(ToyJobs):
    def test_it_is_not_run_beside_while_it_may_live(
        self, make_spec: Callable[..., JobSpec], tmp_path: Path
    ) -> None:
        local = LocalLauncher(environ=os.environ, grace_s=1.0)
        slurm = SlurmLauncher(environ={"PATH": str(tmp_path)}, settings=SlurmSettings())
        handle = local.submit(make_spec(all={"do": "wait"}))
        with pytest.raises(JobAlreadyRunning, match=r"by the launcher local .* or remove handle.j"):
            slurm.submit(make_spec())
        (tmp_path / "release").touch()
        wait_until_ended(local, handle)
        with pytest.raises(RuntimeError, match="sbatch is not installed here"):
            slurm.submit(make_spec())
        assert (tmp_path / "work" / "attempt-1" / "exit.json").exists()

    def test_nor_does_the_local_launcher_start_beside_a_clusters_job(
        self, make_spec: Callable[..., JobSpec], tmp_path: Path
    ) -> None:
        slurm = SlurmLauncher(environ={"PATH": str(tmp_path)}, settings=SlurmSettings())
        with pytest.raises(RuntimeError, match="sbatch is not installed here"):
            slurm.submit(make_spec())
        with pytest.raises(JobAlreadyRunning, match="cancel it with MATERIA_LAUNCHER=slurm"):
            LocalLauncher(environ=os.environ).submit(make_spec())


KUBERNETES = {
    "MATERIA_KUBERNETES_IMAGE": "registry.example/engine:1",
    "MATERIA_KUBERNETES_CLAIM": "materia-home",
}


@pytest.mark.parametrize("name", LAUNCHERS)
def test_each_launcher_opens_by_its_name_without_asking_anybody(name: str, tmp_path: Path) -> None:
    env = {"MATERIA_HOME": str(tmp_path), "MATERIA_LAUNCHER": name, **KUBERNETES}
    assert open_launcher(Settings.from_env(env)).name == name
    assert name in POLL_S


def test_an_unknown_launcher_is_refused_with_the_names_of_those_there_are() -> None:
    with pytest.raises(ValueError, match="'pbs' is not known: use local or slurm or kubernetes"):
        Settings.from_env({"MATERIA_LAUNCHER": "pbs"})


def test_kubernetes_without_an_image_is_refused_at_once(tmp_path: Path) -> None:
    env = {"MATERIA_HOME": str(tmp_path), "MATERIA_LAUNCHER": "kubernetes"}
    with pytest.raises(ValueError, match="needs MATERIA_KUBERNETES_IMAGE: set it"):
        open_launcher(Settings.from_env(env))
