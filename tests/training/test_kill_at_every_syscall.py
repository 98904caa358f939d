"""A commit killed at each of its system calls leaves the old checkpoint or the new one (F2)."""

import errno
import json
from pathlib import Path
from typing import Any

import pytest
from training_jobs import call


def _trials(folder: Path, *, fault: str = "", most_trials: int = 0) -> dict[str, Any]:
    return _ask(folder, "main", fault, most_trials)


def _ask(folder: Path, function: str, *arguments: Any) -> dict[str, Any]:
    answer = folder / "answer.json"
    call("commit_trials", function, folder, answer, *arguments)
    told: dict[str, Any] = json.loads(answer.read_text())
    if "skip" in told:
        pytest.skip(told["skip"])
    return told


@pytest.mark.slow
def test_every_kill_leaves_the_old_checkpoint_or_the_new_one(tmp_path: Path) -> None:
    told = _trials(tmp_path)
    assert told["wrong"] == []
    assert told["old"] + told["new"] == told["syscalls"] > 100
    assert told["old"] > 50
    assert told["new"] > 10


def test_kills_spread_over_a_commit_leave_the_old_checkpoint_or_the_new_one(
    tmp_path: Path,
) -> None:
    told = _trials(tmp_path, most_trials=15)
    assert told["wrong"] == []
    assert told["old"] > 5 < told["syscalls"]
    assert told["new"] > 1


@pytest.mark.parametrize(
    "numbers",
    [
        pytest.param([errno.ENOSPC], id="disk full", marks=pytest.mark.slow),
        pytest.param(
            [errno.EDQUOT, errno.EROFS, errno.EMFILE, errno.EIO],
            id="quota, read-only, too many files, broken",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_an_error_at_any_file_operation_keeps_the_checkpoints_before(
    numbers: list[int], tmp_path: Path
) -> None:
    """F18: refused with a CheckpointError and cleaned up; the next commit of the step works."""
    told = _ask(tmp_path, "errors", numbers)
    assert told["wrong"] == []
    assert told["operations"] > 20
    assert told["refused"] > 0.7 * told["operations"] * len(numbers)


def test_what_a_manifest_vouches_for_is_safe_from_a_power_loss(tmp_path: Path) -> None:
    assert _trials(tmp_path, most_trials=1)["unsafe"] == []


@pytest.mark.parametrize(
    ("mutant", "problem"),
    [
        ("without_fsync", "weights.safetensors was not synced"),
        ("without_fsync_of_names", "the name step-000009 was not synced"),
        ("manifest_before_files", "no manifest"),
    ],
)
def test_a_commit_without_its_syncs_or_in_another_order_is_noticed(
    mutant: str, problem: str, tmp_path: Path
) -> None:
    told = _trials(tmp_path, fault=mutant, most_trials=20 if "before" in mutant else 1)
    if mutant == "manifest_before_files":
        assert any("is missing" in wrong for wrong in told["wrong"]), told
    else:
        assert any(problem in unsafe for unsafe in told["unsafe"]), told
