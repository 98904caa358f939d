"""Jobs that were changed since their checkpoint: refused, or accepted and remembered."""

import json
import signal
from dataclasses import replace
from pathlib import Path

import pytest
from training_jobs import events, finish, make_spec, run, write_shards


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_shards(tmp_path_factory.mktemp("data") / "shards")


def test_an_accepted_difference_is_remembered_for_good(shards: Path, tmp_path: Path) -> None:
    spec = make_spec(tmp_path, shards)
    run(spec, crash_at="step.after_update:8")
    schedule = replace(spec.identity.schedule, peak_lr=0.02)
    changed = replace(spec, identity=replace(spec.identity, schedule=schedule))
    accept = ["--accept-drift", "identity.schedule.peak_lr"]
    ended = run(changed, arguments=accept, crash_at="step.after_update:5")
    assert ended.exit_codes == [-signal.SIGKILL], ended.log
    # The checkpoint of step 9 belongs to the changed job: nothing is to be accepted again.
    result = json.loads(finish(changed)["result.json"])
    assert result["accepted_drift"] == [
        {"step": 6, "field": "identity.schedule.peak_lr", "checkpoint": 0.01, "spec": 0.02}
    ]
    state = json.loads((tmp_path / "resume" / "step-000009" / "state.json").read_text())
    assert state["accepted_drift"] == result["accepted_drift"]
    assert events(changed, "drift_accepted") == [6]


@pytest.mark.parametrize(
    ("field", "message"),
    [
        ("identity.lr", "there is no such field, only"),
        ("identity.data_seed", "an audit of this model could no longer tell"),
    ],
)
def test_what_cannot_be_accepted_is_refused(
    field: str, message: str, shards: Path, tmp_path: Path
) -> None:
    spec = make_spec(tmp_path, shards)
    run(spec, crash_at="step.after_update:5")
    ended = run(spec, arguments=["--accept-drift", field])
    assert ended.exit_codes == [1]
    assert message in ended.log


@pytest.mark.slow
def test_another_version_of_the_program_is_refused_on_resume(shards: Path, tmp_path: Path) -> None:
    spec = make_spec(tmp_path, shards)
    run(spec, crash_at="step.after_update:8")
    ended = run(spec, faults=["other_program"])
    assert ended.exit_codes == [1]
    assert "program.code: checkpoint" in ended.log
    assert "--accept-drift FIELD" in ended.log
    accepted = ["--accept-drift", "program.code"]
    assert run(spec, faults=["other_program"], arguments=accepted).exit_codes == [0]


def test_another_learning_rate_is_refused_on_resume(shards: Path, tmp_path: Path) -> None:
    spec = make_spec(tmp_path, shards)
    run(spec, crash_at="step.after_update:8")
    schedule = replace(spec.identity.schedule, peak_lr=0.5)
    ended = run(replace(spec, identity=replace(spec.identity, schedule=schedule)))
    assert ended.exit_codes == [1]
    assert "identity.schedule.peak_lr: checkpoint 0.01, spec 0.5" in ended.log


def test_other_shards_are_refused_on_resume(shards: Path, tmp_path: Path) -> None:
    run(make_spec(tmp_path, shards), crash_at="step.after_update:8")
    other = write_shards(tmp_path / "other", num_samples=24)
    ended = run(make_spec(tmp_path, other))
    assert ended.exit_codes == [1]
    assert "data: checkpoint" in ended.log
