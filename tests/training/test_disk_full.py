"""A disk that fills up: the checkpoint before is kept, and the job goes on or stops as told."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from training_jobs import events, finish, journal, make_spec, outputs, run, write_shards

from training.checkpoints import CheckpointError, commit_checkpoint, find_checkpoint


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_shards(tmp_path_factory.mktemp("data") / "shards")


@pytest.fixture(scope="module")
def golden(shards: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return finish(make_spec(tmp_path_factory.mktemp("golden"), shards))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system of 1 MiB, in memory."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if mounted.returncode != 0:
        pytest.skip(f"a tmpfs cannot be mounted here: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_job_goes_on_after_a_checkpoint_that_found_no_room(
    golden: dict[str, bytes], shards: Path, tmp_path: Path
) -> None:
    spec = make_spec(tmp_path, shards)
    ended = run(spec, faults=["full_disk:6"])
    assert ended.exit_codes == [0], ended.log
    assert outputs(spec) == golden
    assert events(spec, "checkpoint") == [3, 9]
    (failed,) = [line for line in journal(spec) if line.get("name") == "checkpoint_failed"]
    assert failed["step"] == 6
    assert str(tmp_path / "resume" / "step-000006") in failed["error"]
    assert "No space left on device" in failed["error"]


@pytest.mark.slow
@pytest.mark.parametrize("beside", [True, False])
def test_a_job_stops_after_as_many_failures_as_it_was_told(
    beside: bool, golden: dict[str, bytes], shards: Path, tmp_path: Path
) -> None:
    changes = {"checkpoint_failures_allowed": 1, "checkpoint_in_background": beside}
    spec = make_spec(tmp_path, shards, steps=15, **changes)
    ended = run(spec, faults=["full_disk:6,9"])
    assert ended.exit_codes == [1]
    assert "error: checkpoint" in ended.log
    assert "step-000009 of about 0.1 MB was not written" in ended.log
    spec = make_spec(tmp_path, shards, steps=15)
    expected = finish(make_spec(tmp_path / "whole", shards, steps=15))
    assert finish(spec) == expected
    assert events(spec, "resumed") == [3]


def test_a_job_on_a_full_file_system_saves_again_when_there_is_room(
    golden: dict[str, bytes], shards: Path, tmp_path: Path, small_disk: Path
) -> None:
    changes = {"resume_dir": str(small_disk / "resume"), "checkpoint_failures_allowed": 0}
    spec = make_spec(tmp_path, shards, **changes)
    assert run(spec, crash_at="step.after_update:5").exit_codes == [-9]
    filler = small_disk / "filler"
    with filler.open("wb", buffering=0) as file, pytest.raises(OSError, match="No space"):
        while True:
            file.write(bytes(4096))
    ended = run(spec)
    assert ended.exit_codes == [1]
    assert "make room or mend the disk; the checkpoints before are whole" in ended.log
    filler.unlink()
    assert finish(spec) == golden
    assert events(spec, "resumed") == [3]
    assert events(spec, "checkpoint") == [6, 9]


@pytest.mark.parametrize("size", [300_000, 900_000])
def test_what_outgrows_a_file_system_is_removed_again(size: int, small_disk: Path) -> None:
    """The first 600 kB fit; the next find no room in the middle of a file."""

    def write(folder: Path, num_bytes: int) -> None:
        import numpy as np
        from safetensors.numpy import save_file

        save_file({"x": np.zeros(num_bytes, dtype=np.uint8)}, folder / "a.safetensors")
        save_file({"x": np.zeros(num_bytes, dtype=np.uint8)}, folder / "b.safetensors")

    commit_checkpoint(small_disk, 1, lambda folder: write(folder, 300_000))
    with pytest.raises(CheckpointError, match=r"step-000002 .*(No space|os error 28)"):
        commit_checkpoint(small_disk, 2, lambda folder: write(folder, size))
    assert [path.name for path in small_disk.iterdir()] == ["step-000001"]
    found = find_checkpoint(small_disk, pytest.fail)
    assert found is not None
    assert found.step == 1
    commit_checkpoint(small_disk, 2, lambda folder: write(folder, 100_000))


def test_too_little_room_is_seen_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"about 1,000,000,000\.0 MB was not"):
        commit_checkpoint(tmp_path, 1, lambda folder: None, num_bytes=10**15)
    assert list(tmp_path.iterdir()) == []
