"""Dagster's events are held against the manifests, and every edit of its database is named."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from assets.fakes import FakeLake, commit_folder
from assets.lineage.manifest import Manifest
from orchestration.dagster_instance import prepare_instance
from orchestration.dagster_views import DagsterViews

KEY = dg.AssetKey(["corpora", "raw"])


@pytest.fixture
def lake(tmp_path: Path) -> FakeLake:
    return FakeLake(tmp_path / "lake")


@pytest.fixture
def manifest(lake: FakeLake) -> Manifest:
    return commit_folder(lake, "corpora/raw", {"a": b"1"}, partition="hpo")


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of an instance with its databases; to create them takes a third of a second."""
    home = tmp_path_factory.mktemp("untouched")
    prepare_instance(home)
    return home


@pytest.fixture
def instance(untouched: Path, tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    shutil.copytree(untouched / "storage", tmp_path / "dagster" / "storage")
    prepare_instance(tmp_path / "dagster")
    with dg.DagsterInstance.from_config(str(tmp_path / "dagster")) as real:
        yield real


def metadata_of(manifest: Manifest, **changes: Any) -> dict[str, Any]:
    return {
        "fingerprint": manifest.fingerprint,
        "digest": manifest.digest,
        "count/rows": 12,
        "reused": False,
        **changes,
    }


def tell(
    instance: dg.DagsterInstance,
    manifest: Manifest,
    version: str = "",
    partition: str = "hpo",
    **changes: Any,
) -> None:
    instance.report_runless_asset_event(
        dg.AssetMaterialization(
            asset_key=KEY,
            partition=partition,
            metadata=metadata_of(manifest, **changes),
            tags={"dagster/data_version": version or manifest.fingerprint},
        )
    )


def check(instance: dg.DagsterInstance, manifest: Manifest, run: str = "") -> list[str]:
    return DagsterViews(instance).check(manifest, metadata_of(manifest), run)


def edit(instance: dg.DagsterInstance, table: str, statement: str, *values: Any) -> None:
    """Write into Dagster's SQLite files as an intruder would."""
    found = 0
    for path in Path(instance.root_directory).rglob("*.db"):
        connection = sqlite3.connect(path)
        tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
        if table in tables:
            found += connection.execute(statement, values).rowcount
            connection.commit()
        connection.close()
    assert found


def edit_events(instance: dg.DagsterInstance, before: str, after: str) -> None:
    edit(
        instance, "event_logs", "UPDATE event_logs SET event = REPLACE(event, ?, ?)", before, after
    )


def test_an_artifact_that_dagster_tells_as_it_is_has_no_problem(
    instance: dg.DagsterInstance, manifest: Manifest
) -> None:
    tell(instance, manifest)
    assert check(instance, manifest) == []
    assert DagsterViews(instance).strays([manifest]) == []


def test_an_artifact_dagster_never_saw_is_named(
    instance: dg.DagsterInstance, manifest: Manifest
) -> None:
    (problem,) = check(instance, manifest)
    assert problem == (
        f"corpora/raw[hpo]@{manifest.short}: Dagster has no materialization of it; "
        "`materia rebuild` reports one"
    )


def test_an_edited_data_version_is_named(instance: dg.DagsterInstance, manifest: Manifest) -> None:
    tell(instance, manifest)
    edit_events(
        instance,
        f'"dagster/data_version": "{manifest.fingerprint}"',
        '"dagster/data_version": "forged"',
    )
    (problem,) = check(instance, manifest)
    assert problem.startswith(f"corpora/raw[hpo]@{manifest.short}: Dagster's event ")
    assert problem.endswith(f"says data version forged, the fingerprint is {manifest.short}")


def test_edited_and_removed_metadata_are_named(
    instance: dg.DagsterInstance, manifest: Manifest
) -> None:
    tell(instance, manifest)
    edit_events(instance, '"value": 12', '"value": 13')
    (problem,) = check(instance, manifest)
    assert problem.endswith("of partition hpo says count/rows is 13, the lake says 12")
    edit_events(instance, '"count/rows"', '"count/lines"')
    (problem,) = check(instance, manifest)
    assert problem.endswith("lacks the metadata count/rows, the lake says 12")


def test_an_edited_fingerprint_makes_an_unknown_artifact_and_a_missing_one(
    instance: dg.DagsterInstance, manifest: Manifest
) -> None:
    tell(instance, manifest)
    edit_events(instance, f'"{manifest.fingerprint}"', f'"{"0" * 64}"')
    assert "Dagster has no materialization of it" in check(instance, manifest)[0]
    (problem,) = DagsterViews(instance).strays([manifest])[:1]
    assert problem.startswith("corpora/raw[hpo]: the newest materialization in Dagster (event ")
    assert problem.endswith("has 000000000000, which is not in the lake")


def test_an_edited_row_of_the_page_of_assets_is_named(
    instance: dg.DagsterInstance, manifest: Manifest
) -> None:
    tell(instance, manifest)
    edit(
        instance,
        "asset_keys",
        "UPDATE asset_keys SET last_materialization = REPLACE(last_materialization, ?, ?)",
        f'"dagster/data_version": "{manifest.fingerprint}"',
        '"dagster/data_version": "forged"',
    )
    assert check(instance, manifest) == []
    (problem,) = DagsterViews(instance).strays([manifest])
    assert problem.startswith("corpora/raw: Dagster's page shows data version forged of event")


def test_an_edited_partition_is_named(instance: dg.DagsterInstance, manifest: Manifest) -> None:
    tell(instance, manifest)
    edit(instance, "event_logs", "UPDATE event_logs SET partition = 'icd'")
    assert DagsterViews(instance).strays([manifest]) == [
        "corpora/raw[hpo]: only its events in Dagster know this partition",
        "corpora/raw[icd]: only its index of partitions in Dagster know this partition",
    ]


def test_a_link_to_another_mlflow_run_is_named(
    instance: dg.DagsterInstance, manifest: Manifest
) -> None:
    link = dg.MetadataValue.url("http://127.0.0.1:5000/#/runs/theirs")
    tell(instance, manifest, mlflow_run=link)
    assert check(instance, manifest, run="theirs") == []
    (problem,) = check(instance, manifest, run="ours")
    assert problem.endswith("leads to MLflow run theirs, its run is ours")


def test_the_newest_account_of_each_partition_decides(
    instance: dg.DagsterInstance, manifest: Manifest
) -> None:
    tell(instance, manifest, "of a removed attempt")
    tell(instance, manifest)
    assert check(instance, manifest) == []
    tell(instance, manifest, "of a sibling", partition="icd10cm")
    (problem,) = check(instance, manifest)
    assert "of partition icd10cm says data version of a sibling" in problem


def test_many_events_are_read_page_by_page(
    instance: dg.DagsterInstance, manifest: Manifest
) -> None:
    for number in range(5):
        tell(instance, manifest, partition=f"p{number}")
    told = DagsterViews(instance, page_events=2).told("corpora/raw")
    assert [event.partition for event in told] == ["p4", "p3", "p2", "p1", "p0"]
