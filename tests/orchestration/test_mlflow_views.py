"""What MLflow says of an artifact is held against its manifest: every edit is named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from assets.corpora.withdrawn import WITHDRAWN_SCHEMA
from assets.fakes import FakeLake, commit_folder
from assets.lineage.manifest import Manifest
from orchestration.journal_projection import Point
from orchestration.mlflow_views import check_run, check_taint, stray_runs
from orchestration.tracker import MlflowTracker
from orchestration.tracker_sync import journal_points, rebuild, taint_in
from tests.artifacts import parquet
from tests.orchestration.runs import down, make_manifest, read

JOURNAL = b"".join(
    b'{"kind": "metrics", "step": %d, "train/lr": 0.5}\n' % step for step in range(3)
)
Edit = Callable[[Any, str], Any]


@pytest.fixture
def lake(tmp_path: Path) -> FakeLake:
    return FakeLake(tmp_path / "lake")


def told(tracker: MlflowTracker, manifest: Manifest, lake: FakeLake) -> list[str]:
    """Return the differences without artifact and run."""
    found = check_run(
        tracker, manifest, lake.uri(manifest), journal_points(tracker, lake, manifest)
    )
    return [text.split(": ", 2)[2] for text in found]


def recorded(
    tracker: MlflowTracker, lake: FakeLake, node: str, salt: str, **changes: Any
) -> tuple[Manifest, str]:
    """Commit an artifact with a journal, write it to MLflow, and return it with its run."""
    manifest = make_manifest(lake, node, salt, files={"journal.jsonl": JOURNAL}, **changes)
    points = journal_points(tracker, lake, manifest)
    run_id = tracker.writer.record(manifest, lake.uri(manifest), journal=points)
    return replace(manifest, mlflow_run_id=run_id), run_id


def test_what_was_written_is_what_is_expected(tracker: MlflowTracker, lake: FakeLake) -> None:
    manifest, _ = recorded(tracker, lake, "checkpoints/stage1", "honest")
    assert told(tracker, manifest, lake) == []


def _edit_param(client: Any, run_id: str) -> None:
    """Params cannot be edited through MLflow; whoever holds the database can."""
    import sqlalchemy

    engine = sqlalchemy.create_engine(client.tracking_uri)
    with engine.begin() as connection:
        connection.execute(
            sqlalchemy.text("UPDATE params SET value = '8' WHERE key = 'seed' AND run_uuid = :run"),
            {"run": run_id},
        )
    engine.dispose()


EDITS: dict[str, tuple[Edit, str]] = {
    "tag": (
        lambda client, run: client.set_tag(run, "materia.code_version", "9"),
        "tag materia.code_version is '9', the manifest says '1'",
    ),
    "tag gone": (
        lambda client, run: client.delete_tag(run, "materia.config_sha256"),
        "tag materia.config_sha256 is missing, the manifest says",
    ),
    "origin": (
        lambda client, run: client.set_tag(run, "materia.licence.CC0-1.0", "true"),
        "tag materia.licence.CC0-1.0 is set, but the lineage has no such origin",
    ),
    "summary": (
        lambda client, run: client.set_tag(run, "mlflow.note.content", "Flawless."),
        "tag mlflow.note.content does not begin with the manifest's summary",
    ),
    "status": (
        lambda client, run: client.set_terminated(run, "FAILED"),
        "its status is FAILED, but the artifact is committed",
    ),
    "param": (_edit_param, "param seed is '8', the manifest says '7'"),
    "param added": (
        lambda client, run: client.log_param(run, "dropout", "0.1"),
        "param dropout is '0.1', the manifest has none",
    ),
    "metric": (
        lambda client, run: client.log_metric(run, "eval/piqa/acc", 0.99),
        "metric eval/piqa/acc is 0.99, the manifest says 0.51",
    ),
    "point changed": (
        lambda client, run: client.log_metric(run, "train/lr", 0.25, step=1),
        "metric train/lr is [0.25, 0.5] at step 1, the journal says 0.5",
    ),
    "point added": (
        lambda client, run: client.log_metric(run, "train/lr", 0.25, step=7),
        "metric train/lr is 0.25 at step 7, the journal has no such",
    ),
}


@pytest.mark.parametrize("name", list(EDITS))
def test_every_edit_of_a_run_is_named(tracker: MlflowTracker, lake: FakeLake, name: str) -> None:
    manifest, run_id = recorded(tracker, lake, "checkpoints/stage1", f"edited {name}")
    edit, sentence = EDITS[name]
    tracker.connection.request("edit", lambda client: edit(client, run_id))
    (text,) = told(tracker, manifest, lake)
    assert text.startswith(sentence)


def test_a_point_that_was_lost_is_named(tracker: MlflowTracker, lake: FakeLake) -> None:
    manifest, _ = recorded(tracker, lake, "checkpoints/stage1", "lost point")
    points = [*journal_points(tracker, lake, manifest), Point(step=3, key="train/lr", value=0.5)]
    (text,) = check_run(tracker, manifest, lake.uri(manifest), points)
    assert text.endswith("metric train/lr lacks step 3, the journal says 0.5")


def test_a_deleted_run_is_named(tracker: MlflowTracker, lake: FakeLake) -> None:
    manifest, run_id = recorded(tracker, lake, "checkpoints/stage1", "deleted")
    tracker.connection.request("delete", lambda client: client.delete_run(run_id))
    (text,) = check_run(tracker, manifest, lake.uri(manifest))
    assert text == (
        f"checkpoints/stage1[tiny]: its MLflow run {run_id} was deleted; `materia sync` or "
        "`materia rebuild` writes it"
    )
    again = tracker.writer.record(manifest, lake.uri(manifest))
    assert again != run_id
    assert read(tracker, again).info.status == "FINISHED"


def test_other_inputs_than_the_manifests_are_named(tracker: MlflowTracker, lake: FakeLake) -> None:
    manifest, _ = recorded(tracker, lake, "checkpoints/stage1", "inputs")
    other = replace(manifest.inputs[0], digest="1" * 64)
    assert told(tracker, replace(manifest, inputs=(other,)), lake) == [
        f"input mixtures/stage1[p] with digest {'1' * 64} is missing",
        f"input mixtures/stage1[p] with digest {manifest.inputs[0].digest} was never read",
    ]


def test_a_missing_run_and_a_missing_version_are_named(
    tracker: MlflowTracker, lake: FakeLake
) -> None:
    manifest = make_manifest(lake, "releases/release", "missing")
    (text,) = check_run(tracker, manifest, "/lake/x")
    assert f"MLflow has no run of fingerprint {manifest.short}" in text
    tracker.writer.record(manifest, "/lake/x")
    (text,) = check_run(tracker, manifest, "/lake/x")
    assert "the model materia-tiny has no version of this release" in text


def test_an_edited_model_and_an_edited_version_are_named(
    tracker: MlflowTracker, lake: FakeLake
) -> None:
    manifest, run_id = recorded(tracker, lake, "releases/release", "version edited")
    tracker.register_model(
        recipe="tiny", manifest=manifest, uri=lake.uri(manifest), alias="candidate"
    )
    assert told(tracker, manifest, lake) == []
    version = tracker.writer.models.version_of(manifest, "tiny")
    model = tracker.writer.models.of_run(manifest, run_id)
    assert version is not None and model is not None
    request = tracker.connection.request
    request(
        "edit",
        lambda client: client.set_model_version_tag(
            "materia-tiny", version.version, "materia.policy", "commercial"
        ),
    )
    request(
        "edit",
        lambda client: client.set_logged_model_tags(model.model_id, {"materia.partition": "x"}),
    )
    assert told(tracker, manifest, lake) == [
        f"logged model {model.model_id}: tag materia.partition is 'x', the manifest says 'tiny'",
        f"model version {version.version}: tag materia.policy is 'commercial', "
        "the manifest says ''",
    ]
    request("delete", lambda client: client.delete_logged_model(model.model_id))
    assert told(tracker, manifest, lake)[0] == "it has no logged model of these weights"


def test_a_run_of_an_artifact_that_never_was_and_a_moved_alias_are_named(
    tracker: MlflowTracker, lake: FakeLake
) -> None:
    first, _ = recorded(tracker, lake, "releases/release", "old", config={"recipe": "strays"})
    second, _ = recorded(tracker, lake, "releases/release", "new", config={"recipe": "strays"})
    for manifest in (first, second):
        tracker.register_model(
            recipe="strays", manifest=manifest, uri=lake.uri(manifest), alias="candidate"
        )
    known = [first, second]
    before = set(stray_runs(tracker, known))  # other tests share this database
    forged = make_manifest(lake, "releases/release", "forged")
    run_id = tracker.writer.record(forged, "/lake/forged")
    tracker.writer.models.set_alias("strays", "candidate", "1")
    tracker.writer.models.set_alias("strays", "champion", "2")
    assert set(stray_runs(tracker, known)) - before == {
        f"MLflow run {run_id} claims releases/release with digest {forged.digest[:12]}, "
        "which is not in the lake",
        "materia-strays: alias candidate is at version 1, the lake says 2",
        "materia-strays: alias champion is at version 2, the lake says none",
    }


def test_marks_of_withdrawn_documents_come_back_and_their_removal_is_named(
    tracker: MlflowTracker, lake: FakeLake
) -> None:
    row = {"doc_id": "d1", "source": "s", "native_id": "n", "text_hash": "h"}
    documents = commit_folder(lake, "mixtures/deduped", {"documents.parquet": parquet([row])})
    gone = {name: "" for name in WITHDRAWN_SCHEMA} | {"file": "a", "line": 2, "doc_id": "d1"}
    content = parquet([gone], **WITHDRAWN_SCHEMA)
    commit_folder(lake, "corpora/withdrawn", {"withdrawn.parquet": content}, partition="")
    taint = taint_in(lake)
    assert taint.keys() == {documents.fingerprint}
    runs = rebuild(tracker, lake)
    run_id = runs[documents.fingerprint]
    assert read(tracker, run_id).data.tags["materia.tainted"] == "holds"
    assert check_taint(tracker, lake.manifests(), taint) == []
    tracker.connection.request("edit", lambda c: c.delete_tag(run_id, "materia.tainted"))
    (text,) = check_taint(tracker, lake.manifests(), taint)
    assert text == (
        f"mixtures/deduped[p]: MLflow run {run_id}: tag materia.tainted is missing, "
        "the manifest says 'holds'"
    )


def test_a_tracker_that_is_down_is_not_taken_for_a_difference(
    tracker: MlflowTracker, lake: FakeLake, tmp_path: Path
) -> None:
    manifest = make_manifest(lake, "checkpoints/stage1", "unreachable")
    (text,) = check_run(down(tracker, tmp_path), manifest, "/lake/x")
    assert "not compared with MLflow" in text
    (text,) = stray_runs(down(tracker, tmp_path), [manifest])
    assert "MLflow was not searched for strays" in text
