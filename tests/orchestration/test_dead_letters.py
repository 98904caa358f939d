"""What MLflow refuses is set aside with the reason, and everything else arrives."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from assets.fakes import FakeLake
from orchestration.dead_letters import MAX_CHARS, DeadLetters
from orchestration.journal_projection import project_journal
from orchestration.tracker import MlflowTracker
from tests.orchestration.runs import history, make_manifest, notes, read, start


@pytest.fixture
def lake(tmp_path: Path) -> FakeLake:
    return FakeLake(tmp_path / "lake")


def test_a_letter_is_kept_once_and_bounded(tmp_path: Path) -> None:
    letters = DeadLetters(tmp_path / "sync" / "letters.jsonl")
    for _ in range(2):
        letters.add("checkpoints/stage1[tiny]", "metric a\n= 1", "x" * 10_000)
    DeadLetters(letters.path).add("checkpoints/stage1[tiny]", "metric a = 1", "x" * 10_000)
    (letter,) = letters
    assert letter.record == "metric a = 1"
    assert len(letter.reason) == MAX_CHARS
    assert str(letter).startswith("checkpoints/stage1[tiny]: metric a = 1: xxx")


def test_metrics_that_mlflow_refuses_do_not_hold_up_the_others(
    tracker: MlflowTracker, lake: FakeLake, tmp_path: Path
) -> None:
    manifest = make_manifest(lake, "checkpoints/stage1", "poison")
    log = start(tracker, manifest)
    journal = tmp_path / "journal.jsonl"
    lines = [
        b'{"kind": "metrics", "step": %d, "train/loss": %d.5, "train/norm": 1.0}\n' % (step, step)
        for step in range(300)
    ]
    lines[100] = b'{"kind": "metrics", "step": 100, "train/loss": 1.0, "bad\\u0007key": 2.0}\n'
    lines[200] = b'{"kind": "metrics", "step": 200, "train/loss": 2.0, "%s": 2.0}\n' % (b"k" * 300)
    lines[250] = b"garbage\n"
    journal.write_bytes(b"".join(lines))
    project_journal(journal, log, tmp_path / "state.json")
    log.finish(manifest, "/lake/x")
    steps = [step for step, _ in history(tracker, log.run_id, "train/norm")]
    assert steps == [step for step in range(300) if step not in (100, 200, 250)]
    assert len(history(tracker, log.run_id, "train/loss")) == 299 + 1  # and the final value
    assert read(tracker, log.run_id).info.status == "FINISHED"
    assert notes(tracker) == []
    told = {letter.record.split(" ")[0]: letter for letter in tracker.dead_letters}
    assert len(list(tracker.dead_letters)) == 3
    assert "garbage" in told["journal"].record
    assert all(letter.reason for letter in tracker.dead_letters)


def test_a_param_that_somebody_logged_before_with_another_value_is_set_aside(
    tracker: MlflowTracker, lake: FakeLake
) -> None:
    manifest = make_manifest(lake, "checkpoints/stage1", "param conflict")
    log = start(tracker, manifest)
    tracker.connection.request("forge", lambda client: client.log_param(log.run_id, "seed", "1234"))
    log.finish(manifest, "/lake/x")
    run = read(tracker, log.run_id)
    assert run.info.status == "FINISHED"
    assert run.data.params["schedule.peak_lr"] == "0.001"
    assert run.data.metrics["eval/piqa/acc"] == 0.51
    (letter,) = tracker.dead_letters
    assert letter.artifact == f"run {log.run_id}"
    assert letter.record == "param seed = '7'"
    assert "Changing param values is not allowed" in letter.reason
    assert notes(tracker) == []


def test_an_input_that_mlflow_refuses_is_set_aside_and_the_others_are_linked(
    tracker: MlflowTracker, lake: FakeLake
) -> None:
    manifest = make_manifest(lake, "checkpoints/stage1", "bad input")
    long = replace(manifest.inputs[0], partition="p" * 600)
    manifest = replace(manifest, inputs=(long, *manifest.inputs))
    run_id = tracker.writer.record(manifest, "/lake/x")
    assert len(read(tracker, run_id).inputs.dataset_inputs) == 1
    (letter,) = tracker.dead_letters
    assert letter.record.startswith("input mixtures/stage1[ppp")


def test_a_run_that_is_deleted_under_a_build_is_opened_anew_with_the_whole_curve(
    tracker: MlflowTracker, lake: FakeLake, tmp_path: Path
) -> None:
    manifest = make_manifest(lake, "checkpoints/stage1", "deleted under it")
    log = start(tracker, manifest)
    journal, state = tmp_path / "journal.jsonl", tmp_path / "state.json"
    with journal.open("ab") as file:
        file.write(b'{"kind": "metrics", "step": 0, "train/lr": 5.0}\n')
    project_journal(journal, log, state)
    first = log.run_id
    tracker.connection.request("delete", lambda client: client.delete_run(first))
    with journal.open("ab") as file:
        file.write(b'{"kind": "metrics", "step": 1, "train/lr": 4.0}\n')
    for _ in range(2):
        project_journal(journal, log, state)
    log.finish(manifest, "/lake/x")
    assert log.run_id != first
    assert history(tracker, log.run_id, "train/lr") == [(0, 5.0), (1, 4.0)]
    assert list(tracker.dead_letters) == []
