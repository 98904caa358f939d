"""Dagster's account of an artifact is compared with the manifest, newest event first."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from assets.fakes import FakeLake, commit_folder
from assets.lineage.manifest import Manifest
from orchestration.dagster_views import check_materialization


@pytest.fixture
def manifest(tmp_path: Path) -> Manifest:
    return commit_folder(FakeLake(tmp_path), "corpora/raw", {"a": b"1"}, partition="hpo")


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as ephemeral:
        yield ephemeral


def tell(instance: dg.DagsterInstance, manifest: Manifest, digest: str) -> None:
    instance.report_runless_asset_event(
        dg.AssetMaterialization(
            asset_key=dg.AssetKey(["corpora", "raw"]),
            partition="hpo",
            metadata={"fingerprint": manifest.fingerprint},
            tags={"dagster/data_version": digest},
        )
    )


def test_an_artifact_dagster_knows_by_its_digest_is_fine(
    instance: dg.DagsterInstance, manifest: Manifest
) -> None:
    tell(instance, manifest, manifest.digest)
    assert check_materialization(instance, manifest) == []


def test_another_data_version_is_named(instance: dg.DagsterInstance, manifest: Manifest) -> None:
    tell(instance, manifest, "forged")
    (problem,) = check_materialization(instance, manifest)
    assert "Dagster says data version forged" in problem


def test_the_newest_account_decides(instance: dg.DagsterInstance, manifest: Manifest) -> None:
    tell(instance, manifest, "of a removed attempt")
    tell(instance, manifest, manifest.digest)
    assert check_materialization(instance, manifest) == []


def test_an_artifact_dagster_never_saw_is_named(
    instance: dg.DagsterInstance, manifest: Manifest
) -> None:
    (problem,) = check_materialization(instance, manifest)
    assert "Dagster has no materialization of it" in problem
