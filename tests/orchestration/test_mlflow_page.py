"""How MLflow's own page is told what our experiments are, and where a run stands in it."""

from __future__ import annotations

from pathlib import Path

from orchestration.tracker import MlflowTracker


def test_the_page_shows_our_experiments_as_training(tracker: MlflowTracker) -> None:
    experiment = tracker.connection.experiment_id("materia/kind")
    found = tracker.connection.request("read", lambda client: client.get_experiment(experiment))
    assert found.tags["mlflow.experimentKind"] == "custom_model_development"


def test_a_run_has_an_address_where_a_page_is_known(tmp_path: Path) -> None:
    embedded = MlflowTracker.embedded(tmp_path, mlflow_url="http://127.0.0.1:5000/")
    assert embedded.run_url("abc") == "http://127.0.0.1:5000/#/runs/abc"
    assert embedded.run_url("") == ""
    assert MlflowTracker.embedded(tmp_path).run_url("abc") == ""
