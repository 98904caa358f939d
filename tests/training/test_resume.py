"""Killed and resumed jobs end with the bits of an uninterrupted one, or say why they cannot.

"Same" means equal bytes of model.safetensors, optimizer.safetensors, journal.jsonl (every loss,
norm and rate) and result.json.
"""

import json
import os
import shutil
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from kill_storm import storm
from training_jobs import Job, events, finish, journal, make_spec, run, wait_for_step, write_shards

from training.crashpoints import POINTS
from training.spec import TrainSpec

QUICK = ("checkpoint.before_manifest", "output.before_result")
"""Of the crash points, those that `make check` takes: one of a checkpoint, one of the end."""


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_shards(tmp_path_factory.mktemp("data") / "shards")


@pytest.fixture(scope="module")
def golden(shards: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return finish(make_spec(tmp_path_factory.mktemp("golden"), shards))


@pytest.fixture(scope="module")
def golden_of_two(shards: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return finish(_pair(tmp_path_factory.mktemp("golden2"), shards))


def _pair(folder: Path, shards: Path, **changes: Any) -> TrainSpec:
    """Two ranks that partition moments and gradients."""
    return make_spec(folder, shards, world_size=2, zero_stage=2, **changes)


def _steps(spec: TrainSpec) -> list[int]:
    return [line["step"] for line in journal(spec) if line["kind"] == "metrics"]


def test_a_repetition_is_equal_and_the_golden_run_skips_steps(
    golden: dict[str, bytes], shards: Path, tmp_path: Path
) -> None:
    assert finish(make_spec(tmp_path, shards)) == golden
    assert b"step_skipped" in golden["journal.jsonl"]


@pytest.mark.parametrize(
    "point",
    [
        pytest.param(point, marks=[] if point in QUICK else [pytest.mark.slow])
        for point in POINTS
        if "rollback" not in point
    ],
)
def test_a_crash_at_any_point_changes_nothing(
    point: str, golden: dict[str, bytes], shards: Path, tmp_path: Path
) -> None:
    spec = make_spec(tmp_path, shards)
    nth = 1 if point.startswith("output") else 2
    assert run(spec, crash_at=f"{point}:{nth}").exit_codes == [-signal.SIGKILL]
    assert not (tmp_path / "output" / "result.json").exists()
    assert finish(spec) == golden
    assert _steps(spec) == list(range(12))


@pytest.mark.parametrize(
    "nth", [7, *(pytest.param(step, marks=pytest.mark.slow) for step in (1, 12))]
)
def test_a_crash_at_any_step_changes_nothing(
    nth: int, golden: dict[str, bytes], shards: Path, tmp_path: Path
) -> None:
    spec = make_spec(tmp_path, shards)
    assert run(spec, crash_at=f"step.after_update:{nth}").exit_codes == [-signal.SIGKILL]
    assert finish(spec) == golden
    assert events(spec, "resumed") == ([] if nth < 3 else [(nth - 1) // 3 * 3])


@pytest.mark.slow
def test_a_job_that_dies_again_and_again_gets_there(
    golden: dict[str, bytes], shards: Path, tmp_path: Path
) -> None:
    spec = make_spec(tmp_path, shards)
    for attempt in range(3):
        ended = run(spec, crash_at="step.after_backward:4")
        assert ended.exit_codes == [-signal.SIGKILL], (attempt, ended.log)
    assert finish(spec) == golden


@pytest.mark.slow
@pytest.mark.parametrize("crash_rank", [0, 1])
def test_either_rank_of_two_may_die(
    crash_rank: int, golden_of_two: dict[str, bytes], shards: Path, tmp_path: Path
) -> None:
    spec = _pair(tmp_path, shards)
    ended = run(spec, crash_at="step.after_backward:8", crash_rank=crash_rank)
    assert ended.exit_codes[crash_rank] == -signal.SIGKILL
    assert ended.exit_codes[1 - crash_rank] == 1
    assert finish(spec) == golden_of_two
    assert _steps(spec) == list(range(12))


def test_a_rank_that_loses_another_says_so(shards: Path, tmp_path: Path) -> None:
    ended = run(_pair(tmp_path, shards), crash_at="step.after_backward:2", crash_rank=1)
    assert "error: lost another rank: look at the end of its log" in ended.log


def test_sigterm_saves_the_step_and_the_next_attempt_goes_on(
    golden: dict[str, bytes], shards: Path, tmp_path: Path
) -> None:
    # Every step is logged, and no checkpoint is due: what is resumed is what SIGTERM saved.
    spec = make_spec(tmp_path, shards, checkpoint_every_steps=1000, log_every_steps=1)
    job = Job(spec)
    wait_for_step(spec, 2)
    os.kill(job.processes[0].pid, signal.SIGTERM)
    assert job.wait().exit_codes == [143]
    (stopped_at,) = events(spec, "preempted")
    assert 3 <= stopped_at < 12
    assert finish(spec) == golden
    assert events(spec, "resumed") == [stopped_at]
    assert _steps(spec) == list(range(12))


@pytest.mark.slow
def test_sigterm_to_one_rank_stops_both_at_the_same_step(
    golden_of_two: dict[str, bytes], shards: Path, tmp_path: Path
) -> None:
    spec = _pair(tmp_path, shards, log_every_steps=1)
    job = Job(spec)
    wait_for_step(spec, 1)
    os.kill(job.processes[1].pid, signal.SIGTERM)
    assert job.wait().exit_codes == [143, 143]
    assert finish(spec) == golden_of_two


@pytest.mark.slow
@pytest.mark.parametrize("stage", [0, 1, 2, 3])
def test_every_zero_stage_resumes_exactly(stage: int, shards: Path, tmp_path: Path) -> None:
    spec = make_spec(tmp_path / "whole", shards, zero_stage=stage, world_size=2)
    cut = make_spec(tmp_path / "cut", shards, zero_stage=stage, world_size=2)
    expected = finish(spec)
    run(cut, crash_at="step.after_update:8")
    assert finish(cut) == expected


@pytest.mark.slow
def test_two_ranks_go_on_as_one(shards: Path, tmp_path: Path) -> None:
    pair = _pair(tmp_path, shards)
    run(pair, crash_at="step.after_update:8")
    alone = make_spec(tmp_path, shards, world_size=1)
    finish(alone)
    assert events(alone, "resumed") == [6]
    losses = [line["train/loss"] for line in journal(alone) if line["kind"] == "metrics"]
    whole = make_spec(tmp_path / "whole", shards)
    finish(whole)
    expected = [line["train/loss"] for line in journal(whole) if line["kind"] == "metrics"]
    assert losses == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("stage", [2, pytest.param(3, marks=pytest.mark.slow)])
def test_two_ranks_go_on_as_one_and_again_as_two_on_the_same_samples(
    stage: int, shards: Path, tmp_path: Path
) -> None:
    """F11: no sample is lost or read twice, and the losses are the same up to the sum's order."""
    pair = make_spec(tmp_path, shards, world_size=2, zero_stage=stage)
    alone = make_spec(tmp_path, shards, zero_stage=stage)
    probe = ["samples_written_down"]
    run(pair, crash_at="step.after_update:4", faults=probe)
    run(alone, crash_at="step.after_update:5", faults=probe)
    finish(pair, faults=probe)
    changes = [line for line in journal(pair) if line.get("name") == "resumed"]
    assert [(c["step"], c["ranks_before"], c["ranks"]) for c in changes] == [(3, 2, 1), (6, 1, 2)]
    whole = make_spec(tmp_path / "whole", shards)
    finish(whole, faults=probe)
    assert _samples(tmp_path, ranks=2) == _samples(tmp_path / "whole", ranks=1)
    losses, expected = _losses(pair), _losses(whole)
    assert losses == pytest.approx(expected, rel=1e-4)


@pytest.mark.slow
def test_bf16_resumes_exactly_from_its_fp32_masters(shards: Path, tmp_path: Path) -> None:
    changes = {"precision": "bf16", "zero_stage": 2}
    expected = finish(make_spec(tmp_path / "whole", shards, **changes))
    cut = make_spec(tmp_path / "cut", shards, **changes)
    run(cut, crash_at="step.after_update:8")
    assert finish(cut) == expected


def test_a_stage_carries_weights_and_moments_on(shards: Path, tmp_path: Path) -> None:
    """Two constant-rate jobs of 6 steps on the same stream equal the first 6 + 6 of a whole."""
    first = make_spec(tmp_path / "first", shards, steps=6)
    finish(first)
    carried = make_spec(
        tmp_path / "second",
        shards,
        init="weights",
        init_dir=first.execution.output_dir,
        carry_optimizer=True,
    )
    fresh = replace(
        carried,
        identity=replace(carried.identity, carry_optimizer=False),
        execution=make_spec(
            tmp_path / "fresh", shards, init_dir=first.execution.output_dir
        ).execution,
    )
    with_moments, without = finish(carried), finish(fresh)
    assert _updates(with_moments) > _updates(without) == 12 - len(events(fresh, "step_skipped"))
    assert with_moments["model.safetensors"] != without["model.safetensors"]
    # Both begin at the same weights, so the first loss is the same and only later ones differ.
    one, other = journal(carried), journal(fresh)
    assert one[0]["train/loss"] == other[0]["train/loss"]
    assert one[2]["train/loss"] != other[2]["train/loss"]


def test_a_damaged_checkpoint_is_passed_over(
    golden: dict[str, bytes], shards: Path, tmp_path: Path
) -> None:
    spec = make_spec(tmp_path, shards)
    run(spec, crash_at="step.after_update:8")
    path = tmp_path / "resume" / "step-000006" / "optimizer.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(bytes(content))
    assert finish(spec) == golden
    assert events(spec, "resumed") == [3]
    assert (tmp_path / "resume" / "damaged-000006").is_dir()


@pytest.mark.slow
def test_ranks_that_see_different_checkpoints_stop(shards: Path, tmp_path: Path) -> None:
    """Each rank gets a folder of its own, as when a shared file system is not shared."""
    spec = _pair(tmp_path, shards)
    run(spec, crash_at="step.after_update:8")
    apart = tmp_path / "apart"
    shutil.copytree(tmp_path / "resume" / "step-000003", apart / "step-000003")
    job = Job(spec, spec_of_rank={1: {"resume_dir": str(apart)}})
    ended = job.wait()
    assert ended.exit_codes == [1, 1]
    assert "the ranks see different checkpoints" in ended.log
    assert json.loads((apart / "step-000003" / "manifest.json").read_text())["step"] == 3


@pytest.mark.slow
def test_a_finished_job_run_again_has_no_result_until_it_has_all_files_again(
    golden: dict[str, bytes], shards: Path, tmp_path: Path
) -> None:
    spec = make_spec(tmp_path, shards)
    finish(spec)
    run(spec, crash_at="output.before_result:1")
    assert not (tmp_path / "output" / "result.json").exists()
    assert finish(spec) == golden


@pytest.mark.slow
@pytest.mark.parametrize(("ranks", "kills"), [(1, 40), (2, 15)])
def test_kills_at_random_places_change_nothing(ranks: int, kills: int, tmp_path: Path) -> None:
    """F1, in small: kill_storm.py runs as many as one likes."""
    seed = int(os.environ.get("FAULT_SEED", "1"))
    told = storm(tmp_path, ranks=ranks, kills=kills, seed=seed)
    assert told["wrong"] == [], told
    assert told["kills"] == kills, told


def _samples(folder: Path, *, ranks: int) -> dict[int, list[int]]:
    """Return what was read for each step by the attempt that finished it, over all ranks."""
    read: dict[int, list[int]] = {}
    for rank in range(ranks):
        lines = (folder / f"samples{rank}.jsonl").read_text().splitlines()
        for step, samples in dict(json.loads(line) for line in lines).items():
            read[step] = sorted({*read.get(step, []), *samples})
    return read


def _losses(spec: TrainSpec) -> list[float]:
    return [line["train/loss"] for line in journal(spec) if line["kind"] == "metrics"]


def _updates(files: dict[str, bytes]) -> int:
    from safetensors.torch import load

    return int(load(files["optimizer.safetensors"])["num_updates"])
