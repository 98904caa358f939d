"""One real MLflow database for the session: creating one takes seconds."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestration.tracker import MlflowTracker


@pytest.fixture(scope="session")
def mlflow_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home folder whose MLflow database exists and is open."""
    home = tmp_path_factory.mktemp("mlflow-home")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tracker = MlflowTracker.embedded(home)
        tracker.connection.request("create the database", lambda client: client)
    yield home


@pytest.fixture
def tracker(mlflow_home: Path, tmp_path: Path) -> MlflowTracker:
    """A tracker over the session's database with notes of its own."""
    uri = f"sqlite:///{mlflow_home / 'mlflow.db'}"
    return MlflowTracker(uri, tmp_path, dagster_url="http://127.0.0.1:3000")
