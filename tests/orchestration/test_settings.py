"""Settings: sane defaults, and every wrong value refused by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.settings import Settings, job_environment


def test_without_an_environment_everything_lies_under_one_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = Settings.from_env({})
    home = tmp_path / ".materia"
    assert settings.home == home
    assert settings.lake == str(home / "lake")
    assert settings.tracking_uri == f"sqlite:///{home / 'mlflow.db'}"
    assert settings.inbox == home / "inbox"


@pytest.mark.parametrize(
    ("name", "value"),
    [("MATERIA_THREADS", "0"), ("MATERIA_THREADS", "two"), ("MATERIA_LAUNCHER", "cloud")],
)
def test_a_wrong_value_is_refused_by_name_and_value(name: str, value: str) -> None:
    with pytest.raises(ValueError, match=f"{name}='{value}'"):
        Settings.from_env({name: value})


def test_an_s3_lake_is_kept_as_it_is_written() -> None:
    assert Settings.from_env({"MATERIA_LAKE": "s3://bucket/lake"}).lake == "s3://bucket/lake"


def test_jobs_get_a_thread_limit_only_when_one_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    assert "OMP_NUM_THREADS" not in job_environment(Settings.from_env({}))
    limited = job_environment(Settings.from_env({"MATERIA_THREADS": "3"}))
    assert limited["OMP_NUM_THREADS"] == "3"
