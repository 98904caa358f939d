"""Loss spikes in real jobs: what is dropped leaves no trace, and it is the same every time."""

import json
import signal
from pathlib import Path
from typing import Any

import pytest
from training_jobs import events, finish, journal, make_spec, outputs, run, write_shards

from training.spec import SpikeSpec, TrainSpec

SKIP = SpikeSpec(action="skip", factor=3.0, window=3)
BACK = SpikeSpec(action="rollback", factor=3.0, window=3, anchor_every_steps=3)


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_shards(tmp_path_factory.mktemp("data") / "shards")


def _finish(spec: TrainSpec, *faults: str) -> dict[str, bytes]:
    ended = run(spec, faults=faults)
    assert set(ended.exit_codes) == {0}, ended.log
    return outputs(spec)


def _digests(folder: Path) -> dict[int, str]:
    lines = (folder / "digests0.jsonl").read_text().splitlines()
    return dict(json.loads(line) for line in lines)


def _result(spec: TrainSpec) -> dict[str, Any]:
    path = Path(spec.execution.output_dir) / "result.json"
    result: dict[str, Any] = json.loads(path.read_text())
    return result


@pytest.mark.parametrize(
    ("stage", "ranks", "factor"),
    [
        (0, 1, "nan"),
        pytest.param(0, 1, "10", marks=pytest.mark.slow),
        pytest.param(2, 1, "inf", marks=pytest.mark.slow),
        pytest.param(1, 2, "nan", marks=pytest.mark.slow),
        pytest.param(2, 2, "10", marks=pytest.mark.slow),
        pytest.param(3, 2, "nan", marks=pytest.mark.slow),
    ],
)
def test_a_skipped_spike_leaves_weights_and_moments_as_they_were(
    stage: int, ranks: int, factor: str, shards: Path, tmp_path: Path
) -> None:
    spec = make_spec(tmp_path, shards, spikes=SKIP, zero_stage=stage, world_size=ranks)
    _finish(spec, f"loss_of_steps:5={factor}", "state_written_down")
    digests = _digests(tmp_path)
    assert digests[5] == digests[4]
    assert events(spec, "loss_spike") == [5]
    spikes = _result(spec)["spikes"]
    assert [(s["step"], s["action"], s["back_to"]) for s in spikes] == [(5, "skip", None)]
    assert 5 in _result(spec)["skipped_steps"]
    # Some later step was taken again: gradients of the spike are not carried on.
    assert len({digests[step] for step in range(5, 12)}) > 1


def test_a_rollback_takes_the_state_of_the_anchor_and_no_batch_again(
    shards: Path, tmp_path: Path
) -> None:
    spec = make_spec(tmp_path, shards, spikes=BACK, checkpoint_every_steps=100)
    faults = ["loss_of_steps:7=nan", "state_written_down", "samples_written_down"]
    _finish(spec, *faults)
    digests = _digests(tmp_path)
    assert digests[7] == digests[5] != digests[6]
    (spike,) = _result(spec)["spikes"]
    assert (spike["step"], spike["action"], spike["back_to"]) == (7, "rollback", 6)
    assert {6, 7} <= set(_result(spec)["skipped_steps"])
    read = [json.loads(line)[0] for line in (tmp_path / "samples0.jsonl").read_text().splitlines()]
    assert read == list(range(12))
    assert [line["step"] for line in journal(spec) if line["kind"] == "metrics"] == read


TWO_SPIKES = "loss_of_steps:7=10,10=nan"


@pytest.fixture(scope="module")
def rolled_back(shards: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return _finish(make_spec(tmp_path_factory.mktemp("whole"), shards, spikes=BACK), TWO_SPIKES)


@pytest.mark.parametrize(
    "crash_at",
    [
        pytest.param("step.after_update:8", marks=pytest.mark.slow),
        "rollback.before_load:1",
        pytest.param("rollback.after_load:1", marks=pytest.mark.slow),
        pytest.param("step.after_backward:10", marks=pytest.mark.slow),
        pytest.param("output.before_result:1", marks=pytest.mark.slow),
    ],
)
def test_a_kill_around_a_rollback_changes_nothing(
    crash_at: str, rolled_back: dict[str, bytes], shards: Path, tmp_path: Path
) -> None:
    spec = make_spec(tmp_path, shards, spikes=BACK, checkpoint_in_background=True)
    assert run(spec, faults=[TWO_SPIKES], crash_at=crash_at).exit_codes == [-signal.SIGKILL]
    assert _finish(spec, TWO_SPIKES) == rolled_back
    assert [s["back_to"] for s in _result(spec)["spikes"]] == [6, 9]


@pytest.mark.slow
@pytest.mark.parametrize("stage", [1, 2, 3])
def test_two_ranks_roll_back_together(stage: int, shards: Path, tmp_path: Path) -> None:
    faults = ["loss_of_steps:7=nan"]
    changes = {"spikes": BACK, "world_size": 2, "zero_stage": stage}
    expected = _finish(make_spec(tmp_path / "whole", shards, **changes), *faults)
    spec = make_spec(tmp_path / "cut", shards, **changes)
    run(spec, faults=faults, crash_at="rollback.after_load:1", crash_rank=1)
    assert _finish(spec, *faults) == expected
    assert [s["back_to"] for s in _result(spec)["spikes"]] == [6]


@pytest.mark.slow
def test_the_same_seed_decides_the_same(shards: Path, tmp_path: Path) -> None:
    files = [
        _finish(make_spec(tmp_path / name, shards, spikes=SKIP), "loss_of_steps:4=nan,8=20")
        for name in ("one", "other")
    ]
    assert files[0] == files[1]
    assert [s["step"] for s in json.loads(files[0]["result.json"])["spikes"]] == [4, 8]


def test_a_job_with_the_policy_and_no_spike_is_the_job_without_it(
    shards: Path, tmp_path: Path
) -> None:
    plain = finish(make_spec(tmp_path / "plain", shards))
    assert finish(make_spec(tmp_path / "policy", shards, spikes=SKIP)) == plain


def test_after_too_many_spikes_the_job_stops_and_names_the_samples(
    shards: Path, tmp_path: Path
) -> None:
    spikes = SpikeSpec(action="skip", max_spikes=1)
    spec = make_spec(tmp_path, shards, spikes=spikes)
    ended = run(spec, faults=["loss_of_steps:4=nan,8=nan"])
    assert ended.exit_codes == [1]
    assert "error: the loss of step 8 is nan" in ended.log
    assert "after 1 others) is to stop" in ended.log
    assert [line["action"] for line in journal(spec) if line.get("name") == "loss_spike"] == [
        "skip",
        "stop",
    ]


def test_without_its_anchor_a_rollback_stops_and_says_so(shards: Path, tmp_path: Path) -> None:
    spec = make_spec(tmp_path, shards, spikes=BACK, checkpoint_every_steps=100)
    ended = run(spec, faults=["full_disk:6", "loss_of_steps:7=nan"])
    assert ended.exit_codes == [1]
    assert "there is no checkpoint" in ended.log
    assert "step-000006 to go back to" in ended.log
