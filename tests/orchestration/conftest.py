"""A real lake on a disk and on S3, and one real MLflow database: creating one takes seconds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestration.lake import ObjectLake
from orchestration.stores import FileStore, S3Store
from orchestration.tracker import MlflowTracker
from tests.s3 import ACCESS_KEY, BUCKET, SECRET_KEY, s3_server


@pytest.fixture(scope="session")
def mlflow_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home folder whose MLflow database exists and is open."""
    home = tmp_path_factory.mktemp("mlflow-home")
    tracker = MlflowTracker.embedded(home)
    tracker.connection.request("create the database", lambda client: client)
    yield home


@pytest.fixture
def tracker(mlflow_home: Path, tmp_path: Path) -> MlflowTracker:
    """A tracker over the session's database with notes of its own."""
    uri = f"sqlite:///{mlflow_home / 'mlflow.db'}"
    return MlflowTracker(uri, tmp_path, dagster_url="http://127.0.0.1:3000")


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with s3_server(tmp_path_factory.mktemp("s3")) as address:
        yield address


@pytest.fixture(params=["file", "s3"])
def lake(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> ObjectLake:
    if request.param == "file":
        return ObjectLake(FileStore(tmp_path / "lake"), tmp_path / "cache")
    address = request.getfixturevalue("endpoint")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCESS_KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
    prefix = f"s3://{BUCKET}/{tmp_path.name}"
    return ObjectLake(S3Store(prefix, address), tmp_path / "cache")
