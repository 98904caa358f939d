"""Checkpoints beside the training change nothing: same bits, in order, one at a time."""

import json
import signal
from pathlib import Path

import pytest
from training_jobs import events, finish, journal, make_spec, run, write_shards

from training.spec import TrainSpec


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_shards(tmp_path_factory.mktemp("data") / "shards")


@pytest.fixture(scope="module")
def golden(shards: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return finish(make_spec(tmp_path_factory.mktemp("golden"), shards))


def _beside(folder: Path, shards: Path, **changes: object) -> TrainSpec:
    return make_spec(folder, shards, checkpoint_in_background=True, **changes)


def test_training_beside_a_commit_gives_the_same_bits(
    golden: dict[str, bytes], shards: Path, tmp_path: Path
) -> None:
    spec = _beside(tmp_path, shards)
    assert finish(spec) == golden
    assert events(spec, "checkpoint") == [3, 6, 9]


@pytest.mark.parametrize(
    "point",
    [
        pytest.param("checkpoint.copied", marks=pytest.mark.slow),
        pytest.param("checkpoint.before_files", marks=pytest.mark.slow),
        "checkpoint.before_manifest",
    ],
)
def test_a_kill_while_a_commit_is_in_flight_goes_back_to_the_one_before(
    point: str, golden: dict[str, bytes], shards: Path, tmp_path: Path
) -> None:
    spec = _beside(tmp_path, shards)
    assert run(spec, crash_at=f"{point}:2").exit_codes == [-signal.SIGKILL]
    assert finish(spec) == golden
    assert events(spec, "resumed") == [3]


@pytest.mark.slow
def test_a_checkpoint_that_training_ran_away_from_is_the_state_of_its_step(
    golden: dict[str, bytes], shards: Path, tmp_path: Path
) -> None:
    """The commit of step 3 lasts until step 9 is long done; what it holds is step 3."""
    spec = _beside(tmp_path, shards, checkpoint_every_steps=100, keep_every_steps=3)
    early = make_spec(tmp_path / "early", shards)
    run(early, crash_at="step.after_update:5")
    late = _beside(tmp_path / "late", shards, keep_checkpoints=9)
    finish_with_slow_disk(late)
    for name in ("weights", "optimizer", "history", "rng"):
        ours = tmp_path / "late" / "resume" / "step-000003" / f"{name}.safetensors"
        theirs = tmp_path / "early" / "resume" / "step-000003" / f"{name}.safetensors"
        assert ours.read_bytes() == theirs.read_bytes(), name
    assert finish(spec) == golden


def finish_with_slow_disk(spec: TrainSpec) -> None:
    ended = run(spec, faults=["slow_disk:0.3"])
    assert ended.exit_codes == [0], ended.log


@pytest.mark.slow
def test_whoever_checkpoints_faster_than_the_disk_waits_for_it(
    golden: dict[str, bytes], shards: Path, tmp_path: Path
) -> None:
    from training_jobs import outputs

    spec = _beside(tmp_path, shards, checkpoint_every_steps=2)
    finish_with_slow_disk(spec)
    assert outputs(spec) == golden
    assert events(spec, "checkpoint") == [2, 4, 6, 8, 10]
    begun = [line for line in journal(spec) if line.get("name") == "checkpoint_begun"]
    assert begun[0]["waited_s"] < 0.05
    assert max(line["waited_s"] for line in begun[1:]) > 0.1
    timing = json.loads((tmp_path / "output" / "timing.json").read_text())
    assert timing["checkpoint_stall_s"]["count"] == 5
    assert timing["checkpoint_write_s"]["p50"] > 0.3


def test_the_stall_is_a_metric_of_the_step_it_held_up(shards: Path, tmp_path: Path) -> None:
    spec = _beside(tmp_path, shards)
    finish(spec)
    stalled = [line["step"] for line in journal(spec) if "train/checkpoint_stall_s" in line]
    assert stalled == [3, 6, 9]


@pytest.mark.slow
def test_two_ranks_checkpoint_beside_the_training(shards: Path, tmp_path: Path) -> None:
    expected = finish(make_spec(tmp_path / "whole", shards, world_size=2, zero_stage=2))
    spec = _beside(tmp_path / "cut", shards, world_size=2, zero_stage=2)
    run(spec, crash_at="checkpoint.before_manifest:2")
    assert finish(spec) == expected
    assert events(spec, "resumed") == [3]
