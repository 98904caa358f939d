"""The embedded dagster.yaml as Dagster itself understands it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from dagster import DagsterInstance

from orchestration.dagster_instance import prepare_instance, write_dagster_yaml
from orchestration.settings import PROJECT_ROOT


@pytest.mark.parametrize("folder", ["home", "it's a home: #1"])
def test_dagster_reads_every_value_as_meant(tmp_path: Path, folder: str) -> None:
    home = tmp_path / folder
    write_dagster_yaml(home)
    with DagsterInstance.from_config(str(home)) as instance:
        assert instance.telemetry_enabled is False
        assert instance.nux_enabled is False
        assert instance.run_monitoring_enabled is True
        assert instance.run_monitoring_start_timeout_seconds == 300
        assert instance.run_monitoring_cancel_timeout_seconds == 180
        assert instance.run_monitoring_max_runtime_seconds == 14 * 24 * 3600
        assert instance.run_monitoring_max_resume_run_attempts == 0
        assert instance.run_monitoring_poll_interval_seconds == 30
        assert instance.run_monitoring_settings["free_slots_after_run_end_seconds"] == 60
        assert instance.run_retries_enabled is False
        assert instance.run_retries_max_retries == 0
        assert instance.run_retries_retry_on_asset_or_op_failure is False
        concurrency = instance.get_concurrency_config()
        assert concurrency.pool_config.default_pool_limit == 1
        assert concurrency.pool_config.pool_granularity is not None
        assert concurrency.pool_config.pool_granularity.value == "op"
        assert concurrency.run_queue_config is not None
        assert concurrency.run_queue_config.max_concurrent_runs == 4
        assert instance.event_log_storage.supports_global_concurrency_limits
    assert sorted(p.name for p in (home / "storage").iterdir())[-1] == "schedules"
    assert not list(tmp_path.glob("*.db"))


def test_a_database_is_named_by_its_variable_and_never_written_down(tmp_path: Path) -> None:
    url = "postgresql+psycopg2://materia:correct-horse@db:5432/dagster"
    text = write_dagster_yaml(tmp_path, url).read_text()
    assert "correct-horse" not in text
    told = yaml.safe_load(text)
    assert told["storage"] == {"postgres": {"postgres_url": {"env": "MATERIA_DAGSTER_DB"}}}
    sqlite = yaml.safe_load(write_dagster_yaml(tmp_path).read_text())
    assert {k: v for k, v in told.items() if k != "storage"} == {
        k: v for k, v in sqlite.items() if k != "storage"
    }


def test_without_the_storage_the_error_names_the_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ValueError, match=r"not installed: pip install 'materia\[postgres\]'"):
        prepare_instance(tmp_path, "postgresql+psycopg2://db/dagster")


def test_the_file_is_renewed_while_it_is_ours(tmp_path: Path) -> None:
    path = write_dagster_yaml(tmp_path)
    wanted = path.read_text()
    path.write_text(wanted.replace("default_limit: 1", "default_limit: 7"))
    write_dagster_yaml(tmp_path)
    assert path.read_text() == wanted


def test_a_file_that_a_person_took_over_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "dagster.yaml"
    path.write_text("telemetry: {enabled: false}\n")
    write_dagster_yaml(tmp_path)
    assert path.read_text() == "telemetry: {enabled: false}\n"


def test_an_unchanged_file_is_not_touched(tmp_path: Path) -> None:
    path = write_dagster_yaml(tmp_path)
    before = path.stat().st_mtime_ns
    write_dagster_yaml(tmp_path)
    assert path.stat().st_mtime_ns == before


@pytest.mark.slow
def test_processes_that_meet_an_empty_home_at_once_all_open_it(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; import dagster; "
        "from orchestration.dagster_instance import prepare_instance; "
        "sys.stdin.read(); prepare_instance(Path(sys.argv[1]))"
    )
    openers = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(tmp_path / "home")],
            cwd=PROJECT_ROOT,
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for _ in range(4)
    ]
    for opener in openers:
        assert opener.stdin is not None
        opener.stdin.close()
    for opener in openers:
        assert opener.stderr is not None
        error = opener.stderr.read().decode()
        opener.stderr.close()
        assert opener.wait(120) == 0, error


def test_preparing_creates_every_database(tmp_path: Path) -> None:
    prepare_instance(tmp_path)
    stored = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.db")}
    assert stored == {
        "storage/history/runs.db",
        "storage/history/runs/index.db",
        "storage/schedules/schedules.db",
    }
