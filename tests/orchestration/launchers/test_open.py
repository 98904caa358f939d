"""The setting MATERIA_LAUNCHER opens one launcher, and a wrong installation is told at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.launchers.open import POLL_S, open_launcher
from orchestration.settings import LAUNCHERS, Settings

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
