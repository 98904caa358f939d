"""What a job's attempts have used, added up from the records that their watchers left."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from assets.lineage.usage import USAGE_DIR, USAGE_SCHEMA, Usage, close_job_usage, read_job_usage


def leave(job_dir: Path, name: str, **changes: Any) -> None:
    record = {
        "schema": USAGE_SCHEMA,
        "attempt": "one",
        "host": "node1",
        "ranks": 2,
        "device": "NVIDIA H200",
        "started_at": "2026-01-01T00:00:00+00:00",
        "seconds": 10.0,
        "cpu_s": 4.0,
        "energy_j": {"GPU-a": 500.0, "GPU-b": 700.0},
        **changes,
    }
    folder = job_dir / USAGE_DIR
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.json").write_text(json.dumps(record))


def test_a_job_without_records_is_unknown_and_not_free(tmp_path: Path) -> None:
    assert read_job_usage(tmp_path) is None


def test_attempts_add_up_with_the_failed_ones(tmp_path: Path) -> None:
    leave(tmp_path, "a")
    leave(tmp_path, "b", attempt="two", seconds=5.0, cpu_s=1.0, energy_j={"GPU-a": 100.0})
    assert read_job_usage(tmp_path) == Usage(
        cpu_s=5.0, device="NVIDIA H200", ranks=2, device_s=30.0, energy_j=1300.0, attempts=2
    )


def test_ranks_that_are_watched_one_by_one_are_one_attempt(tmp_path: Path) -> None:
    leave(tmp_path, "r0", ranks=1, energy_j={"GPU-a": 500.0})
    leave(tmp_path, "r1", ranks=1, energy_j={"GPU-b": 700.0})
    found = read_job_usage(tmp_path)
    assert found is not None
    assert (found.ranks, found.attempts, found.device_s, found.energy_j) == (2, 1, 20.0, 1200.0)


def test_a_device_that_two_ranks_share_is_counted_once(tmp_path: Path) -> None:
    leave(tmp_path, "r0", ranks=1, energy_j={"GPU-a": 500.0})
    leave(tmp_path, "r1", ranks=1, energy_j={"GPU-a": 510.0})
    found = read_job_usage(tmp_path)
    assert found is not None
    assert found.energy_j == 510.0


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"energy_j": {"GPU-a": None}}, "energy_j"),
        ({"energy_j": {}}, "energy_j"),
        ({"cpu_s": None}, "cpu_s"),
    ],
)
def test_one_unknown_part_leaves_the_whole_unknown(
    tmp_path: Path, changes: dict[str, Any], field: str
) -> None:
    leave(tmp_path, "a", **changes)
    assert getattr(read_job_usage(tmp_path), field) is None


def test_attempts_on_different_devices_have_no_common_name(tmp_path: Path) -> None:
    leave(tmp_path, "a")
    leave(tmp_path, "b", attempt="two", device="NVIDIA H100")
    found = read_job_usage(tmp_path)
    assert found is not None
    assert found.device == ""


def test_what_a_committed_artifact_has_counted_is_not_counted_again(tmp_path: Path) -> None:
    leave(tmp_path, "a")
    close_job_usage(tmp_path, 1)
    assert read_job_usage(tmp_path) is None
    close_job_usage(tmp_path, 2)


def test_a_record_of_another_schema_is_left_alone(tmp_path: Path) -> None:
    leave(tmp_path, "a", schema="other/1")
    assert read_job_usage(tmp_path) is None
