"""The MLflow tracker on a real MLflow database."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from assets.fakes import FakeLake
from assets.ports import RunLog, Tracker
from orchestration.journal_projection import project_journal
from orchestration.mlflow_connection import TrackerUnavailable
from orchestration.mlflow_views import check_run
from orchestration.tracker import MlflowTracker
from orchestration.tracker_sync import journal_points, rebuild, sync
from tests.orchestration.runs import down, history, make_manifest, notes, read, runs_of, start
from training.journal import Journal


@pytest.fixture
def lake(tmp_path: Path) -> FakeLake:
    return FakeLake(tmp_path / "lake")


def test_it_fulfils_the_ports(tracker: MlflowTracker, lake: FakeLake) -> None:
    port: Tracker = tracker
    log: RunLog = port.start_run(
        family="reports", name="port", partition="", fingerprint="f" * 64, dagster_run_id=""
    )
    log.fail("only a test")
    assert read(tracker, log.run_id).info.status == "FAILED"


def test_a_run_tells_what_was_made_from_what_and_at_what_cost(
    tracker: MlflowTracker, lake: FakeLake
) -> None:
    manifest = make_manifest(lake, "checkpoints/stage1", "whole")
    log = start(tracker, manifest)
    log.finish(manifest, "/lake/checkpoints/stage1/x")
    run = read(tracker, log.run_id)
    assert run.info.status == "FINISHED"
    assert run.info.run_name == f"stage1-tiny-{manifest.fingerprint[:8]}"
    assert run.info.end_time == 1767225700000
    assert run.data.tags["materia.digest"] == manifest.digest
    assert run.data.tags["materia.fingerprint"] == manifest.fingerprint
    assert run.data.tags["materia.key"] == "checkpoints/stage1"
    assert run.data.tags["materia.uri"] == "/lake/checkpoints/stage1/x"
    assert run.data.tags["materia.dagster_run_id"] == "dagster-run-1"
    assert run.data.tags["materia.dagster_url"] == "http://127.0.0.1:3000/runs/dagster-run-1"
    assert json.loads(run.data.tags["materia.config"]) == manifest.config
    assert run.data.tags["mlflow.note.content"] == (
        "A **tiny** model.\n\n[Dagster run dagster-](http://127.0.0.1:3000/runs/dagster-run-1)"
    )
    assert run.data.params["schedule.peak_lr"] == "0.001"
    assert run.data.params["corpora"] == '["pubmed", "icd"]'
    assert run.data.params["stages.1.steps"] == "20"
    assert run.data.params["text"].startswith("sha256:")
    assert run.data.metrics["counts/documents"] == 12
    assert run.data.metrics["cost/device_s"] == 25.0
    assert run.data.metrics["cost/device_held_s"] == 30.0
    assert run.data.metrics["cost/cpu_s"] == 7.0
    assert "cost/device_energy_j" not in run.data.metrics
    assert run.data.metrics["eval/piqa/acc"] == 0.51
    (dataset,) = run.inputs.dataset_inputs
    assert dataset.dataset.name == "mixtures/stage1[p]"
    assert dataset.dataset.digest == manifest.inputs[0].digest[:32]
    assert {tag.key: tag.value for tag in dataset.tags}["materia.digest"] == (
        manifest.inputs[0].digest
    )
    assert notes(tracker) == []


def test_recording_twice_changes_nothing(tracker: MlflowTracker, lake: FakeLake) -> None:
    manifest = make_manifest(lake, "checkpoints/stage1", "twice")
    first = tracker.writer.record(manifest, "/lake/x")
    before = read(tracker, first).to_dictionary()
    assert tracker.writer.record(manifest, "/lake/x") == first
    assert read(tracker, first).to_dictionary() == before
    assert history(tracker, first, "train/loss") == [(0, 2.5)]
    assert len(runs_of(tracker, manifest)) == 1


def test_logged_metrics_and_the_journal_arrive_once_and_the_final_value_comes_last(
    tracker: MlflowTracker, lake: FakeLake, tmp_path: Path
) -> None:
    manifest = make_manifest(lake, "checkpoints/stage1", "journal")
    log = start(tracker, manifest)
    journal = Journal(tmp_path / "journal.jsonl")
    for step in (10, 20):
        journal.metrics(step, {"train/loss": 5.0 - step / 10})
    journal.sync()
    project_journal(tmp_path / "journal.jsonl", log, tmp_path / "state.json")
    log.log_metrics(3, {"synthesis/accepted": 4.0})
    manifest = replace(manifest, finished_at="2030-01-01T00:00:00+00:00")
    log.finish(manifest, "/lake/x")
    journal.close()
    assert history(tracker, log.run_id, "train/loss") == [(10, 4.0), (20, 2.5), (20, 3.0)]
    assert read(tracker, log.run_id).data.metrics["train/loss"] == 2.5
    assert history(tracker, log.run_id, "synthesis/accepted") == [(3, 4.0)]
    assert check_run(tracker, manifest, "/lake/x") == []


def test_a_run_has_an_address_where_a_page_is_known(tmp_path: Path) -> None:
    embedded = MlflowTracker.embedded(tmp_path, mlflow_url="http://127.0.0.1:5000/")
    assert embedded.run_url("abc") == "http://127.0.0.1:5000/#/runs/abc"
    assert embedded.run_url("") == ""
    assert MlflowTracker.embedded(tmp_path).run_url("abc") == ""


def test_a_failed_run_says_why(tracker: MlflowTracker, lake: FakeLake) -> None:
    manifest = make_manifest(lake, "checkpoints/stage1", "failed")
    log = start(tracker, manifest)
    log.fail("JobFailed: rank 1 ended with exit code 7")
    run = read(tracker, log.run_id)
    assert run.info.status == "FAILED"
    assert run.data.tags["materia.partition"] == "tiny"
    assert run.data.tags["materia.reason"] == "JobFailed: rank 1 ended with exit code 7"
    assert notes(tracker) == []


def test_a_run_that_was_made_unanswered_and_failed_is_ended_by_sync(
    tracker: MlflowTracker, lake: FakeLake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = make_manifest(lake, "checkpoints/stage1", "unanswered")
    lake.committed.clear()
    create = tracker.writer.create_run
    made: list[str] = []

    def answers_nobody(*args: Any) -> str:
        made.append(create(*args))
        raise TrackerUnavailable("cannot create run: no answer")

    monkeypatch.setattr(tracker.writer, "create_run", answers_nobody)
    log = start(tracker, manifest)
    assert log.run_id == ""
    log._tracker = down(tracker, tmp_path)
    log.fail("JobFailed: meanwhile")
    assert notes(log._tracker) == ["run"]
    assert len(sync(tracker, lake).completed) == 1
    (run_id,) = made
    assert read(tracker, run_id).info.status == "FAILED"
    assert notes(tracker) == []


def test_an_attempt_that_commits_closes_those_that_were_killed(
    tracker: MlflowTracker, lake: FakeLake
) -> None:
    manifest = make_manifest(lake, "checkpoints/stage1", "killed")
    killed, log = start(tracker, manifest), start(tracker, manifest)
    log.finish(manifest, "/lake/x")
    assert read(tracker, killed.run_id).info.status == "KILLED"


def test_a_release_has_one_version_and_the_alias(tracker: MlflowTracker, lake: FakeLake) -> None:
    first = make_manifest(lake, "releases/release", "v1")
    second = make_manifest(lake, "releases/release", "v2")
    register = tracker.register_model
    assert register(recipe="demo", manifest=first, uri="/r/1", alias="candidate") == "1"
    assert register(recipe="demo", manifest=second, uri="/r/2", alias="candidate") == "2"
    assert register(recipe="demo", manifest=second, uri="/r/2", alias="candidate") == "2"
    version = tracker.connection.request(
        "read", lambda client: client.get_model_version_by_alias("materia-demo", "candidate")
    )
    assert (version.version, version.source) == (2, "/r/2")
    assert version.tags["materia.digest"] == second.digest
    assert version.run_id is None
    assert len(tracker.writer.versions("demo")) == 2
    assert notes(tracker) == []


def test_a_version_leads_to_the_run_that_made_it(tracker: MlflowTracker, lake: FakeLake) -> None:
    manifest = make_manifest(lake, "releases/release", "leads")
    run_id = tracker.writer.record(manifest, "/r/1")
    tracker.register_model(recipe="leads", manifest=manifest, uri="/r/1", alias="candidate")
    (version,) = tracker.writer.versions("leads")
    assert version.run_id == run_id


def test_an_outage_costs_a_build_seconds_and_is_completed_later_once(
    tracker: MlflowTracker, lake: FakeLake, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    journal = b'{"kind": "metrics", "step": 1, "train/loss": 9.0}\n'
    files = {"journal.jsonl": journal}
    manifest = make_manifest(lake, "releases/release", "outage", files=files)
    broken = down(tracker, tmp_path)
    clock = time.monotonic()
    log = start(broken, manifest)
    for step in range(1000):
        log.log_metrics(step, {"synthesis/accepted": float(step)})
    (tmp_path / "j").write_bytes(journal)
    assert project_journal(tmp_path / "j", log, tmp_path / "state.json") == 0
    log.finish(manifest, lake.uri(manifest))
    version = broken.register_model(
        recipe="tiny", manifest=manifest, uri=lake.uri(manifest), alias="candidate"
    )
    assert time.monotonic() - clock < 5
    assert (log.run_id, log.url, version) == ("", "", "")
    assert caplog.text.count("could not open a run: cannot open experiment") == 1
    assert len(caplog.records) == 2
    assert notes(broken) == ["model", "run"]
    assert sync(broken, lake).completed == ()

    report = sync(tracker, lake)
    assert (len(report.completed), report.waiting) == (2, ())
    assert notes(tracker) == []
    (run,) = runs_of(tracker, manifest)
    assert run.info.status == "FINISHED"
    assert run.info.start_time == 1767225600000
    assert history(tracker, run.info.run_id, "train/loss") == [(1, 2.5), (1, 9.0)]
    accepted = history(tracker, run.info.run_id, "synthesis/accepted")
    assert accepted == [(step, float(step)) for step in range(1000)]
    assert check_run(tracker, manifest, lake.uri(manifest)) == []
    assert sync(tracker, lake).completed == ()


def test_metrics_logged_before_the_end_of_an_outage_are_not_lost(
    tracker: MlflowTracker, lake: FakeLake, tmp_path: Path
) -> None:
    manifest = make_manifest(lake, "synthesis/questions", "buffer")
    log = start(tracker, manifest)
    assert log.run_id
    log.log_metrics(1, {"synthesis/accepted": 1.0})
    log._tracker = down(tracker, tmp_path)
    log.log_metrics(2, {"synthesis/accepted": 2.0})
    log.finish(manifest, "/lake/x")
    assert notes(log._tracker) == ["run"]
    sync(tracker, lake)
    assert history(tracker, log.run_id, "synthesis/accepted") == [(1, 1.0), (2, 2.0)]
    assert read(tracker, log.run_id).info.status == "FINISHED"


def test_a_curve_that_fell_behind_is_completed_by_sync_without_a_second_copy(
    tracker: MlflowTracker, lake: FakeLake, tmp_path: Path
) -> None:
    lines = [b'{"kind": "metrics", "step": %d, "train/lr": 0.5}\n' % step for step in range(4)]
    files = {"journal.jsonl": b"".join(lines)}
    manifest = make_manifest(lake, "checkpoints/stage1", "fell behind", files=files)
    log = start(tracker, manifest)
    journal, state = tmp_path / "journal.jsonl", tmp_path / "state.json"
    journal.write_bytes(b"".join(lines[:2]))
    assert project_journal(journal, log, state) == 2
    state.write_text("torn")
    journal.write_bytes(b"".join(lines))
    assert project_journal(journal, log, state) == 0
    log.finish(manifest, "/lake/x")
    assert notes(tracker) == ["run"]
    assert sync(tracker, lake).waiting == ()
    assert history(tracker, log.run_id, "train/lr") == [(step, 0.5) for step in range(4)]
    points = journal_points(tracker, lake, manifest)
    assert check_run(tracker, manifest, lake.uri(manifest), points) == []


def test_sync_leaves_a_run_alone_while_its_maker_lives(
    tracker: MlflowTracker, lake: FakeLake
) -> None:
    manifest = make_manifest(lake, "checkpoints/stage1", "alive")
    log = start(tracker, manifest)
    assert sync(tracker, lake).waiting == ("checkpoints/stage1[tiny]: still being made",)
    assert read(tracker, log.run_id).info.status == "RUNNING"
    log.fail("end of test")


@pytest.mark.parametrize("committed", [True, False])
def test_sync_settles_the_run_of_a_maker_that_was_killed(
    tracker: MlflowTracker, lake: FakeLake, committed: bool
) -> None:
    manifest = make_manifest(lake, "checkpoints/stage2", f"maker killed, {committed}")
    log = start(tracker, manifest)
    assert log.run_id
    (path,) = tracker.pending.folder.glob("run-*.json")
    note = json.loads(path.read_text())
    note["process"]["started"] = "another boot:1"
    path.write_text(json.dumps(note))
    if not committed:
        lake.committed.clear()
    assert len(sync(tracker, lake).completed) == 1
    run = read(tracker, log.run_id)
    assert run.info.status == ("FINISHED" if committed else "KILLED")
    assert notes(tracker) == []


def test_an_empty_mlflow_is_rebuilt_from_manifests(tracker: MlflowTracker, lake: FakeLake) -> None:
    journal = b"".join(
        b'{"kind": "metrics", "step": %d, "train/loss": %d.0}\n' % (step, 9 - step)
        for step in range(5)
    )
    files = {"journal.jsonl": journal}
    checkpoint = make_manifest(
        lake, "checkpoints/stage3", "rebuild", files=files, mlflow_run_id="gone" * 8
    )
    release = make_manifest(lake, "releases/release", "rebuild too")
    runs = rebuild(tracker, lake)
    assert runs.keys() == {fingerprint for _, _, fingerprint in lake.committed}
    assert rebuild(tracker, lake) == runs
    for manifest in (checkpoint, release):
        journal = journal_points(tracker, lake, manifest)
        assert check_run(tracker, manifest, lake.uri(manifest), journal) == []
        assert len(runs_of(tracker, manifest)) == 1
    (run,) = runs_of(tracker, checkpoint)
    assert [step for step, _ in history(tracker, run.info.run_id, "train/loss")] == [
        0, 1, 2, 3, 4, 4,
    ]  # fmt: skip
    versions = [v.tags["materia.fingerprint"] for v in tracker.writer.versions("tiny")]
    assert versions.count(release.fingerprint) == 1


def test_config_beyond_what_a_page_holds_is_bounded(tracker: MlflowTracker, lake: FakeLake) -> None:
    manifest = make_manifest(lake, "checkpoints/stage1", "wide")
    wide = {f"key {n:03}/(odd)": n for n in range(500)}
    manifest = replace(manifest, config=wide | {"long": "y" * 9000})
    run_id = tracker.writer.record(manifest, "/lake/x")
    run = read(tracker, run_id)
    assert run.data.params["config.num_params_left_out"] == "301"
    assert run.data.params["key 000/_odd_"] == "0"
    assert "materia.config" not in run.data.tags
    assert len(run.data.tags["materia.config_sha256"]) == 64
    assert check_run(tracker, manifest, "/lake/x") == []
