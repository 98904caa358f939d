"""What a job uses, measured around real processes; the accelerator's library is a stand-in."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from contract import ToyJobs, wait_until_ended

from assets.lineage.usage import CPU, USAGE_DIR, read_job_usage
from assets.ports import JobSpec, JobState
from orchestration.launchers.local import LocalLauncher
from orchestration.launchers.meter import Meter
from orchestration.launchers.nvml import Nvml, device_of

BUSY = "import time\nend = time.process_time() + 0.5\nwhile time.process_time() < end: pass"


class Library:
    """Two H200 with counters, called as ctypes calls NVML."""

    def __init__(self, *, starts: bool = True, counts: bool = True) -> None:
        self.millijoules = {0: 1_000_000, 1: 2_000_000}
        self._starts, self._counts = starts, counts

    def nvmlInit_v2(self) -> int:
        return 0 if self._starts else 9

    def nvmlDeviceGetHandleByIndex_v2(self, index: int, handle: Any) -> int:
        handle._obj.value = index + 1
        return 0 if index in self.millijoules else 6

    def nvmlDeviceGetHandleByUUID(self, uuid: bytes, handle: Any) -> int:
        handle._obj.value = 2
        return 0 if uuid in (b"GPU-1", b"MIG-7") else 6

    def nvmlDeviceGetName(self, handle: Any, buffer: Any, size: Any) -> int:
        buffer.value = b"NVIDIA H200"
        return 0

    def nvmlDeviceGetUUID(self, handle: Any, buffer: Any, size: Any) -> int:
        buffer.value = f"GPU-{handle.value - 1}".encode()
        return 0

    def nvmlDeviceGetTotalEnergyConsumption(self, handle: Any, counter: Any) -> int:
        counter._obj.value = self.millijoules[handle.value - 1]
        return 0 if self._counts else 3


def record_of(work_dir: Path) -> dict[str, Any]:
    (path,) = (work_dir / USAGE_DIR).glob("*.json")
    record: dict[str, Any] = json.loads(path.read_text())
    return record


def test_energy_is_what_the_counters_gained_per_device(tmp_path: Path) -> None:
    library = Library()
    meter = Meter(tmp_path, attempt="a", record="a", places=[0, 1, 1], env={}, nvml=Nvml(library))
    library.millijoules = {0: 1_250_000, 1: 2_100_000}
    meter.write()
    record = record_of(tmp_path)
    assert record["device"] == "NVIDIA H200"
    assert record["energy_j"] == {"GPU-0": 250.0, "GPU-1": 100.0}
    assert record["ranks"] == 3


@pytest.mark.parametrize(
    ("before", "after"), [({"counts": False}, {}), ({}, {0: 10, 1: 10})], ids=["none", "reset"]
)
def test_a_counter_that_is_missing_or_was_reset_is_unknown(
    tmp_path: Path, before: dict[str, Any], after: dict[int, int]
) -> None:
    library = Library(**before)
    meter = Meter(tmp_path, attempt="a", record="a", places=[0], env={}, nvml=Nvml(library))
    library.millijoules |= after
    meter.write()
    assert record_of(tmp_path)["energy_j"] == {"GPU-0": None}


@pytest.mark.parametrize(
    ("visible", "local_rank", "uuid"),
    [(None, 1, "GPU-1"), ("1,0", 0, "GPU-1"), ("1,0", 1, "GPU-0"), ("GPU-1", 0, "GPU-1")],
)
def test_a_rank_has_the_device_that_its_visible_list_gives_it(
    visible: str | None, local_rank: int, uuid: str
) -> None:
    env = {} if visible is None else {"CUDA_VISIBLE_DEVICES": visible}
    found = device_of(Nvml(Library()), env, local_rank)
    assert found is not None
    assert found.uuid == uuid


def test_a_rank_beyond_the_visible_list_is_unknown_and_one_without_a_list_is_on_the_cpu() -> None:
    nvml = Nvml(Library())
    assert device_of(nvml, {"CUDA_VISIBLE_DEVICES": "0"}, 1) is None
    for visible in ("", "-1"):
        found = device_of(nvml, {"CUDA_VISIBLE_DEVICES": visible}, 0)
        assert found is not None
        assert found.name == CPU


def test_part_of_a_device_has_no_energy_of_its_own() -> None:
    found = device_of(Nvml(Library()), {"CUDA_VISIBLE_DEVICES": "MIG-7"}, 0)
    assert found is not None
    assert found.energy_j is None


def test_a_library_that_does_not_start_is_an_error() -> None:
    with pytest.raises(OSError, match="NVML does not start"):
        Nvml(Library(starts=False))


@pytest.mark.slow
def test_the_time_of_ended_and_of_running_children_counts(tmp_path: Path) -> None:
    meter = Meter(tmp_path, attempt="a", record="a", places=[0], env={})
    subprocess.run([sys.executable, "-c", BUSY], check=True)
    meter.write()
    assert 0.4 < record_of(tmp_path)["cpu_s"] < 5.0
    waiting = f"{BUSY}\nprint('busy', flush=True)\ntime.sleep(60)"
    with subprocess.Popen(
        [sys.executable, "-c", waiting], stdout=subprocess.PIPE, process_group=0
    ) as running:
        assert running.stdout is not None
        running.stdout.readline()
        meter.write([running.pid])
        running.kill()
    assert record_of(tmp_path)["cpu_s"] > 0.9


def test_a_folder_that_cannot_be_written_stops_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / USAGE_DIR).write_text("in the way")
    Meter(tmp_path, attempt="a", record="a", places=[0], env={}).write()
    assert "what the job uses could not be written" in caplog.text


class TestOfAJob(ToyJobs):
    def test_a_failed_attempt_counts_beside_the_one_that_succeeds(
        self, make_spec: Callable[..., JobSpec], tmp_path: Path
    ) -> None:
        launcher = LocalLauncher(environ={})
        fails = {"do": "fail", "says": "no", "code": 3, "after_s": 0.5}
        first = launcher.submit(make_spec(2, all=fails))
        assert wait_until_ended(launcher, first).state is JobState.FAILED
        second = launcher.submit(make_spec(2))
        assert wait_until_ended(launcher, second).state is JobState.SUCCEEDED
        used = read_job_usage(tmp_path / "work")
        assert used is not None
        assert (used.attempts, used.ranks, used.device) == (2, 2, CPU)
        assert used.device_s is not None
        assert used.device_s > 1.0
        assert used.cpu_s is not None
        assert used.cpu_s > 0.05
        assert used.energy_j is None
