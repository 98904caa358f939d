"""Settings: sane defaults, and every wrong value refused by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from assets.resources import AutoLayout, TrainingResources
from orchestration.mlflow_connection import TrackerUnavailable
from orchestration.platform import build_platform
from orchestration.settings import Settings, job_environment, object_store_environment
from orchestration.tracker import MlflowTracker


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
    [
        ("MATERIA_THREADS", "0"),
        ("MATERIA_THREADS", "two"),
        ("MATERIA_LAUNCHER", "cloud"),
        ("MATERIA_RANKS", "0"),
        ("MATERIA_SEQUENCE_PARALLEL", "-1"),
        ("MATERIA_MICRO_BATCH_TOKENS", "8K"),
        ("MATERIA_ZERO_STAGE", "4"),
        ("MATERIA_OFFLOAD_OPTIMIZER", "yes"),
        ("MATERIA_ACTIVATION_CHECKPOINTING", ""),
    ],
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


def test_training_takes_one_rank_and_no_more_memory_tricks_than_asked_for() -> None:
    assert Settings.from_env({}).training == TrainingResources()


def test_a_node_says_what_a_job_may_use() -> None:
    node = {
        "MATERIA_RANKS": "8",
        "MATERIA_SEQUENCE_PARALLEL": "4",
        "MATERIA_MICRO_BATCH_TOKENS": "8192",
        "MATERIA_ZERO_STAGE": "3",
        "MATERIA_OFFLOAD_OPTIMIZER": "1",
        "MATERIA_ACTIVATION_CHECKPOINTING": "1",
    }
    expected = TrainingResources(
        ranks=8,
        sequence_parallel=4,
        micro_batch_tokens=8192,
        zero_stage=3,
        offload_optimizer=True,
        activation_checkpointing=True,
    )
    settings = Settings.from_env(node)
    assert settings.training == expected
    assert build_platform(settings).training == expected


def test_a_sample_cannot_be_shared_by_more_ranks_than_there_are() -> None:
    with pytest.raises(
        ValueError, match="MATERIA_SEQUENCE_PARALLEL=4 is more than MATERIA_RANKS=2"
    ):
        Settings.from_env({"MATERIA_RANKS": "2", "MATERIA_SEQUENCE_PARALLEL": "4"})


@pytest.mark.parametrize("value", ["-1", "often", "1.5", ""])
def test_a_number_of_preemptions_is_whole(value: str) -> None:
    with pytest.raises(ValueError, match=r"MATERIA_MAX_PREEMPTIONS=.* is not a whole number of 0"):
        Settings.from_env({"MATERIA_MAX_PREEMPTIONS": value})


def test_preempted_jobs_are_started_again_as_often_as_the_installation_says() -> None:
    assert Settings.from_env({}).max_preemptions == 10
    settings = Settings.from_env({"MATERIA_MAX_PREEMPTIONS": "0"})
    assert build_platform(settings).max_preemptions == settings.max_preemptions == 0


@pytest.mark.parametrize(
    ("env", "mirror"),
    [
        ({}, None),
        ({"MATERIA_LAKE": "s3://bucket/lake/"}, "s3://bucket/lake/.steps"),
        ({"MATERIA_LAKE": "s3://bucket/lake", "MATERIA_STEP_MIRROR": "off"}, None),
        ({"MATERIA_LAKE": "s3://bucket/lake", "MATERIA_LAUNCHER": "slurm"}, None),
        ({"MATERIA_STEP_MIRROR": "s3://other/steps/"}, "s3://other/steps"),
        ({"MATERIA_STEP_MIRROR": "/network/steps"}, "/network/steps"),
    ],
)
def test_step_checkpoints_are_mirrored_where_the_ranks_can_reach_the_lake(
    env: dict[str, str], mirror: str | None
) -> None:
    assert Settings.from_env(env).training.step_mirror == mirror


@pytest.mark.parametrize("place", ["steps", "on", "", "gs://bucket"])
def test_a_mirror_that_is_no_place_is_refused(place: str) -> None:
    with pytest.raises(ValueError, match=r"MATERIA_STEP_MIRROR=.* is not known: use auto, off, s3"):
        Settings.from_env({"MATERIA_STEP_MIRROR": place})


def test_jobs_get_the_credentials_of_the_lake_only_when_it_is_on_s3(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "correct-horse")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://other:1")
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "battery-staple")
    assert object_store_environment(Settings.from_env({})) == {}
    on_s3 = {"MATERIA_LAKE": "s3://bucket", "MATERIA_S3_ENDPOINT": "http://store:8333"}
    found = object_store_environment(Settings.from_env(on_s3))
    assert found["AWS_SECRET_ACCESS_KEY"] == "correct-horse"
    assert found["AWS_ENDPOINT_URL"] == "http://store:8333"
    assert not any("MLFLOW" in name for name in found)


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("postgresql://u:p@h:5432/d", "postgresql+psycopg2://u:p@h:5432/d"),
        ("postgres://h/d", "postgresql+psycopg2://h/d"),
        ("postgresql+psycopg2://h/d", "postgresql+psycopg2://h/d"),
        ("", ""),
    ],
)
def test_a_postgresql_address_gets_the_driver_that_is_installed(given: str, used: str) -> None:
    settings = Settings.from_env({"MATERIA_DAGSTER_DB": given, "MATERIA_TRACKING_URI": given})
    assert (settings.dagster_db, settings.tracking_uri) == (used, used)


def test_other_trackers_stay_as_they_are() -> None:
    for uri in ("http://mlflow:5000", "sqlite:////data/mlflow.db"):
        assert Settings.from_env({"MATERIA_TRACKING_URI": uri}).tracking_uri == uri


def test_dagsters_database_is_postgresql_and_its_password_is_not_told() -> None:
    with pytest.raises(
        ValueError, match=r"MATERIA_DAGSTER_DB='mysql://u:\*\*\*@h/d' is no Postgre"
    ):
        Settings.from_env({"MATERIA_DAGSTER_DB": "mysql://u:correct-horse@h/d"})


def test_a_tracker_that_is_away_is_told_without_its_password(tmp_path: Path) -> None:
    tracker = MlflowTracker("http://user:correct-horse@127.0.0.1:9", tmp_path, timeout_s=1)
    with pytest.raises(TrackerUnavailable, match=r"http://user:\*\*\*@127.0.0.1:9") as caught:
        tracker.connection.request("ask", lambda client: client.search_experiments())
    assert "MLflow at http://user:***@127.0.0.1:9" in str(caught.value)


def test_the_planner_decides_what_no_variable_does() -> None:
    auto = {"MATERIA_LAYOUT": "auto", "MATERIA_DEVICE": "h200"}
    assert Settings.from_env(auto).training.auto == AutoLayout(device="h200")
    decided = {
        **auto, "MATERIA_RANKS": "8", "MATERIA_ZERO_STAGE": "0", "MATERIA_SEQUENCE_PARALLEL": "2",
        "MATERIA_MICRO_BATCH_TOKENS": "4096", "MATERIA_ACTIVATION_CHECKPOINTING": "0",
    }  # fmt: skip
    assert Settings.from_env(decided).training.auto == AutoLayout(
        device="h200", zero_stage=0, sequence_parallel=2, micro_batch_tokens=4096,
        activation_checkpointing=False,
    )  # fmt: skip
    assert Settings.from_env({"MATERIA_DEVICE": "h200"}).training.auto is None


@pytest.mark.parametrize(
    ("env", "message"),
    [
        ({"MATERIA_LAYOUT": "best"}, "MATERIA_LAYOUT='best' is not known: use given or auto"),
        ({"MATERIA_LAYOUT": "auto"}, "MATERIA_LAYOUT=auto needs MATERIA_DEVICE: one of h100"),
        ({"MATERIA_DEVICE": "tpu"}, "MATERIA_DEVICE='tpu' is not in the table: use h100"),
    ],
)
def test_a_layout_that_cannot_be_planned_is_refused(env: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Settings.from_env(env)
