"""The suite can fail: each broken promise of a resume is noticed by the test of that promise.

A mutant is applied in the resumed process; the equality that holds without it must not hold.
"""

from pathlib import Path
from typing import Any

import pytest
from training_jobs import finish, make_spec, outputs, run, write_shards

from training.spec import TrainSpec


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_shards(tmp_path_factory.mktemp("data") / "shards")


def _noisy(spec: TrainSpec, *, resumed_with: tuple[str, ...] = (), **arguments: Any) -> Any:
    """Run a job whose loss draws random numbers."""
    return run(spec, faults=("noisy_network", *resumed_with), **arguments)


@pytest.fixture(scope="module")
def golden(shards: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    spec = make_spec(tmp_path_factory.mktemp("golden"), shards)
    assert _noisy(spec).exit_codes == [0]
    return outputs(spec)


def _resumed(shards: Path, folder: Path, *faults: str) -> dict[str, bytes]:
    spec = make_spec(folder, shards)
    _noisy(spec, crash_at="step.after_update:8")
    ended = _noisy(spec, resumed_with=faults)
    assert ended.exit_codes == [0], ended.log
    return outputs(spec)


def test_without_a_mutant_the_resumed_job_equals_the_whole_one(
    golden: dict[str, bytes], shards: Path, tmp_path: Path
) -> None:
    assert _resumed(shards, tmp_path) == golden


@pytest.mark.parametrize(
    ("mutant", "seen_in"),
    [
        ("without_rng", "journal.jsonl"),
        pytest.param("without_second_moments", "optimizer.safetensors", marks=pytest.mark.slow),
        pytest.param("without_update_count", "model.safetensors", marks=pytest.mark.slow),
        pytest.param("loader_off_by_one", "journal.jsonl", marks=pytest.mark.slow),
        pytest.param("without_clipping_state", "result.json", marks=pytest.mark.slow),
    ],
)
def test_a_state_that_is_not_restored_is_noticed(
    mutant: str, seen_in: str, golden: dict[str, bytes], shards: Path, tmp_path: Path
) -> None:
    files = _resumed(shards, tmp_path, mutant)
    assert files[seen_in] != golden[seen_in]


@pytest.mark.slow
def test_a_digest_that_is_not_checked_is_noticed(
    golden: dict[str, bytes], shards: Path, tmp_path: Path
) -> None:
    """The control is test_a_damaged_checkpoint_is_passed_over (test_resume.py)."""
    for fault, equal in (("", True), ("without_digest_check", False)):
        spec = make_spec(tmp_path / (fault or "checked"), shards)
        _noisy(spec, crash_at="step.after_update:8")
        path = Path(spec.execution.resume_dir) / "step-000006" / "optimizer.safetensors"
        content = bytearray(path.read_bytes())
        content[-3] ^= 64
        path.write_bytes(bytes(content))
        _noisy(spec, resumed_with=(fault,) if fault else ())
        assert (outputs(spec) == golden) is equal, fault


@pytest.mark.slow
def test_a_snapshot_that_is_no_copy_is_noticed(shards: Path, tmp_path: Path) -> None:
    changes = {"checkpoint_in_background": True, "keep_checkpoints": 9}
    whole = make_spec(tmp_path / "whole", shards, **changes)
    finish(whole)
    spec = make_spec(tmp_path / "mutant", shards, **changes)
    assert run(spec, faults=["slow_disk:0.3", "copy_not_taken"]).exit_codes == [0]
    name = "step-000003/weights.safetensors"
    ours, theirs = (Path(s.execution.resume_dir) / name for s in (spec, whole))
    assert ours.read_bytes() != theirs.read_bytes()


@pytest.mark.slow
def test_forgotten_spikes_are_noticed(shards: Path, tmp_path: Path) -> None:
    from training.spec import SpikeSpec

    changes = {"spikes": SpikeSpec(action="skip", factor=3.0, window=3)}
    files = []
    for mutants in ((), ("spikes_forgotten",)):
        spec = make_spec(tmp_path / str(len(mutants)), shards, **changes)
        spikes = "loss_of_steps:4=nan"
        run(spec, faults=[spikes], crash_at="step.after_update:8")
        assert run(spec, faults=[spikes, *mutants]).exit_codes == [0]
        files.append(outputs(spec))
    assert b'"spikes"' in files[0]["result.json"]
    assert files[0] != files[1]
