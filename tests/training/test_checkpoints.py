"""Committing, finding, damaging and removing step checkpoints, without any training."""

import json
import multiprocessing
import os
import random
from pathlib import Path
from typing import Any

import pytest

from training import checkpoints
from training.checkpoints import (
    CheckpointError,
    ResumeError,
    commit_checkpoint,
    exclusive,
    find_checkpoint,
    keep_only,
    open_checkpoint,
    set_aside_above,
)

FILES = {"weights.safetensors": bytes(range(200)), "state.json": b'{"seed": 1}'}


def _commit(root: Path, step: int) -> Path:
    def write(folder: Path) -> None:
        for name, content in FILES.items():
            (folder / name).write_bytes(content)

    return commit_checkpoint(root, step, write)


def _found(root: Path) -> int | None:
    checkpoint = find_checkpoint(root, lambda message: None)
    return checkpoint.step if checkpoint else None


def test_a_folder_never_written_has_no_checkpoint(tmp_path: Path) -> None:
    assert _found(tmp_path / "never") is None


def test_the_highest_committed_step_is_found_with_its_state(tmp_path: Path) -> None:
    for step in (2, 10, 9):
        _commit(tmp_path, step)
    checkpoint = find_checkpoint(tmp_path, print)
    assert checkpoint is not None
    assert checkpoint.step == 10
    assert checkpoint.state() == {"seed": 1}


def test_the_manifest_lists_every_file_with_size_and_hash(tmp_path: Path) -> None:
    manifest = json.loads((_commit(tmp_path, 2) / "manifest.json").read_text())
    assert set(manifest["files"]) == set(FILES)
    assert manifest["files"]["state.json"] == {
        "size_bytes": 11,
        "sha256": "a4bbadc1c78966d28872dbe60ff40cb9c996f884e228ed4a08eb7d6c3a24f4b8",
    }


def test_a_folder_without_a_manifest_does_not_exist(tmp_path: Path) -> None:
    _commit(tmp_path, 2)
    (_commit(tmp_path, 4) / "manifest.json").unlink()
    assert _found(tmp_path) == 2


def test_a_folder_left_without_a_manifest_is_written_anew(tmp_path: Path) -> None:
    (tmp_path / "step-000002").mkdir()
    (tmp_path / "step-000002" / "half").write_bytes(b"x")
    folder = _commit(tmp_path, 2)
    assert _found(tmp_path) == 2
    assert not (folder / "half").exists()


def test_a_committed_step_is_never_overwritten(tmp_path: Path) -> None:
    _commit(tmp_path, 2)
    with pytest.raises(CheckpointError, match="not empty"):
        _commit(tmp_path, 2)
    assert _found(tmp_path) == 2


def test_a_manifest_is_created_once(tmp_path: Path) -> None:
    checkpoints._create(tmp_path / "manifest.json", "first")
    with pytest.raises(FileExistsError):
        checkpoints._create(tmp_path / "manifest.json", "second")
    assert (tmp_path / "manifest.json").read_text() == "first"


@pytest.mark.parametrize("seed", range(40))
def test_any_flipped_bit_is_seen_and_the_checkpoint_before_is_used(
    tmp_path: Path, seed: int
) -> None:
    _commit(tmp_path, 2)
    folder = _commit(tmp_path, 4)
    rng = random.Random(seed)
    path = folder / rng.choice(sorted(FILES))
    content = bytearray(path.read_bytes())
    content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
    path.write_bytes(bytes(content))
    said: list[str] = []
    checkpoint = find_checkpoint(tmp_path, said.append)
    assert checkpoint is not None
    assert checkpoint.step == 2
    assert f"step-000004/{path.name} differs from its manifest" in said[0]


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        (lambda f: (f / "state.json").unlink(), "state.json is missing"),
        (lambda f: (f / "state.json").write_bytes(b""), "state.json differs"),
        (lambda f: (f / "manifest.json").write_bytes(b""), "is not a materia.step/2 manifest"),
        (lambda f: (f / "manifest.json").write_bytes(b"[]"), "is not a materia.step/2 manifest"),
    ],
)
def test_when_every_checkpoint_is_damaged_nothing_starts_from_zero(
    tmp_path: Path, damage, problem: str
) -> None:
    damage(_commit(tmp_path, 2))
    with pytest.raises(ResumeError, match=f"none of the 1 checkpoints .*{problem}"):
        find_checkpoint(tmp_path, lambda message: None)


def test_a_checkpoint_of_another_version_of_the_format_is_refused(tmp_path: Path) -> None:
    manifest = _commit(tmp_path, 2) / "manifest.json"
    manifest.write_text(manifest.read_text().replace("step/2", "step/1"))
    with pytest.raises(ResumeError, match=r"step-000002 is of materia\.step/1, and this program"):
        find_checkpoint(tmp_path, print)


def test_damaged_checkpoints_are_set_aside_so_that_their_step_can_be_written(
    tmp_path: Path,
) -> None:
    for step in (2, 4, 6):
        _commit(tmp_path, step)
    set_aside_above(tmp_path, 2)
    assert _found(tmp_path) == 2
    assert (tmp_path / "damaged-000006" / "state.json").exists()
    _commit(tmp_path, 4)
    assert _found(tmp_path) == 4


@pytest.mark.parametrize(
    ("rules", "kept"),
    [
        ({"newest": 2}, [8, 10]),
        ({"newest": 1, "every_steps": 4}, [4, 8, 10]),
        ({"newest": 1, "anchor_of": lambda step: step // 6 * 6 or None}, [6, 10]),
        ({"newest": 9}, [2, 4, 6, 8, 10]),
    ],
)
def test_what_the_rules_do_not_keep_is_removed(
    rules: dict[str, Any], kept: list[int], tmp_path: Path
) -> None:
    for step in (2, 4, 6, 8, 10):
        _commit(tmp_path, step)
    keep_only(tmp_path, **rules)
    assert sorted(p.name for p in tmp_path.iterdir()) == [f"step-{step:06d}" for step in kept]


def test_steps_are_compared_as_numbers_also_past_a_million(tmp_path: Path) -> None:
    for step in (999_999, 1_000_000):
        _commit(tmp_path, step)
    assert _found(tmp_path) == 1_000_000
    keep_only(tmp_path, newest=1)
    assert [p.name for p in tmp_path.iterdir()] == ["step-1000000"]


def test_a_step_to_go_back_to_is_opened_verified(tmp_path: Path) -> None:
    folder = _commit(tmp_path, 2)
    assert open_checkpoint(tmp_path, 2).step == 2
    with pytest.raises(ResumeError, match=r"no checkpoint .*step-000004 to go back to"):
        open_checkpoint(tmp_path, 4)
    (folder / "state.json").write_bytes(b"{}")
    with pytest.raises(ResumeError, match=r"state\.json differs from its manifest"):
        open_checkpoint(tmp_path, 2)


def _hold(root: Path, ready, release) -> None:
    with exclusive(root):
        ready.set()
        release.wait()


def test_two_attempts_never_share_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoints, "_LOCK_WAIT_S", 0.3)
    context = multiprocessing.get_context("fork")
    ready, release = context.Event(), context.Event()
    other = context.Process(target=_hold, args=(tmp_path, ready, release))
    other.start()
    assert ready.wait(10)
    with pytest.raises(ResumeError, match="in use by another attempt"), exclusive(tmp_path):
        pass
    os.kill(other.pid, 9)  # The lock dies with its process, however that ends.
    other.join()
    with exclusive(tmp_path):
        pass


def test_what_a_dead_attempt_left_is_removed(tmp_path: Path) -> None:
    _commit(tmp_path, 2)
    (tmp_path / ".staging-000004").mkdir()
    (_commit(tmp_path, 6) / "manifest.json").unlink()
    with exclusive(tmp_path):
        assert sorted(p.name for p in tmp_path.iterdir()) == ["lock", "step-000002"]
