"""A real Ray cluster of two nodes over a real S3 server: the same bytes, and a node may die."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from typing import Any

import pytest

from orchestration.compute import ray as ray_engine
from orchestration.compute.ray import RayCompute, RayUnavailable

CLUSTER_S = 300.0


def _can_isolate() -> bool:
    """A cluster binds to all interfaces: it gets a network of its own, which root may make."""
    if os.geteuid() or not all(map(shutil.which, ("unshare", "ip"))):
        return False
    probe = subprocess.run(
        ["unshare", "-n", "--pid", "--fork", "--mount-proc", "true"], capture_output=True
    )
    return probe.returncode == 0


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    if not _can_isolate():
        pytest.skip("needs root, unshare and ip to give the cluster a network of its own")
    out = tmp_path_factory.mktemp("ray") / "found.json"
    done = subprocess.run(
        [
            *("unshare", "-n", "--pid", "--fork", "--mount-proc", "--kill-child"),
            *(sys.executable, "-m", "tests.orchestration.compute.ray_cluster", str(out)),
        ],
        capture_output=True,
        text=True,
        timeout=CLUSTER_S,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    result: dict[str, Any] = json.loads(out.read_text())
    return result


@pytest.mark.slow
def test_a_cluster_over_s3_makes_the_bytes_that_one_process_makes(found: dict[str, Any]) -> None:
    assert found["workers"] == 2
    assert found["cluster"] == found["alone"]


@pytest.mark.slow
def test_no_intermediate_file_stays_in_the_lake(found: dict[str, Any]) -> None:
    assert found["scratch_left"] == []


@pytest.mark.slow
def test_a_killed_node_costs_only_its_running_shards(found: dict[str, Any]) -> None:
    killed = found["killed"]
    assert killed["results"] == [str(index) for index in range(8)]
    assert killed["done"] == [str(index) for index in range(8)]
    assert len(killed["nodes"]) == 2, "the killed node never worked"
    assert killed["attempts"] > 8, "nothing was running on the node that was killed"


def test_an_address_without_a_cluster_is_an_error_with_the_remedy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import ray

    def refuse(**options: object) -> None:
        raise ConnectionError("nobody there")

    monkeypatch.setattr(ray, "init", refuse)
    with pytest.raises(
        RayUnavailable, match=r"no Ray cluster answers at ray://10.0.0.9:10001: nobody there; start"
    ):
        RayCompute("ray://10.0.0.9:10001").map(str, [1])


def test_a_head_whose_agents_still_start_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    import ray

    answers: list[Exception | None] = [ConnectionAbortedError("still starting")] * 2 + [None]

    def answer(**options: object) -> None:
        if error := answers.pop(0):
            raise error

    monkeypatch.setattr(ray, "init", answer)
    monkeypatch.setattr(ray, "cluster_resources", lambda: {"CPU": 3.0})
    monkeypatch.setattr(ray_engine, "PAUSES_S", (0.0, 0.0))
    compute = RayCompute("ray://10.0.0.9:10001")
    assert compute.map(_length, []) == []
    assert compute.workers == 3
    answers = [ConnectionAbortedError("still starting")] * 3
    with pytest.raises(RayUnavailable, match="still starting"):
        compute.map(_length, [])


def test_a_missing_ray_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(RayUnavailable, match=r"pip install 'materia\[ray\]'"):
        RayCompute("ray://10.0.0.9:10001").map(str, [1])


def test_a_worker_keeps_to_one_thread() -> None:
    assert "POLARS_MAX_THREADS" in ray_engine.ONE_THREAD


def _length(text: str) -> int:
    return len(text)
