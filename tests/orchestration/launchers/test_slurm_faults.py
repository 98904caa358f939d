"""What breaks on a cluster: the controller, a node, a connection; and training in spite of it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from contract import ToyJobs, wait_until, wait_until_ended
from slurm_cluster import NODES, SlurmCluster

from assets.ports import JobSpec, JobState
from orchestration.launchers.slurm import SlurmLauncher
from orchestration.launchers.slurm_settings import SlurmSettings
from orchestration.settings import PROJECT_ROOT
from training.spec import TrainSpec

sys.path.append(str(PROJECT_ROOT / "tests" / "training"))
from training_jobs import Job, journal, make_spec, outputs, write_shards

Make = Callable[..., JobSpec]
DEATH_S = 120.0
"""Slurm looks for lost nodes every SlurmdTimeout / 3, drains, waits for credentials: 30 to 60 s."""


@pytest.fixture
def launcher(cluster: SlurmCluster) -> SlurmLauncher:
    return SlurmLauncher(environ=cluster.env, settings=SlurmSettings(grace_s=5))


@pytest.fixture(autouse=True)
def whole_cluster(request: pytest.FixtureRequest) -> Iterator[None]:
    """Each test finds all nodes and the controller at work."""
    yield
    cluster: SlurmCluster = request.getfixturevalue("cluster")
    cluster.repair()


@pytest.mark.slow
class TestFaults(ToyJobs):
    def test_a_job_that_the_controller_forgot_is_lost_and_its_number_is_given_to_another(
        self, launcher: SlurmLauncher, make_spec: Make, tmp_path: Path, cluster: SlurmCluster
    ) -> None:
        cluster.save_state()
        forgotten = launcher.submit(make_spec(all={"do": "wait"}))
        wait_until((tmp_path / "ready-0").exists, "the rank")
        cluster.kill_controller()
        status = launcher.poll(forgotten)
        assert status.state is JobState.RUNNING, "a controller that is away says nothing"
        (tmp_path / "release").touch()
        [folder] = (tmp_path / "work").glob("job-*")
        wait_until((folder / "exit.json").exists, "the job to end by itself")
        assert json.loads((folder / "exit.json").read_text())["exit_codes"] == [0]
        cluster.restore_state()
        cluster.start_controller()
        assert launcher.poll(forgotten).state is JobState.LOST
        other = replace(make_spec(name="toy-2"), work_dir=str(tmp_path / "other"))
        second = launcher.submit(other)
        numbers = [
            json.loads(path.read_text())["job_id"] for path in tmp_path.glob("*/job-*/submitted*")
        ]
        assert len(numbers) == 2
        assert len(set(numbers)) == 1, "the number was not given again: nothing was tested"
        status = wait_until_ended(launcher, second)
        assert launcher.poll(forgotten).state is JobState.LOST
        if status.state is JobState.FAILED:
            # The node remembers the number: it refuses the new job's credential as the old one's.
            assert "could not be launched: launch failed" in status.detail
            launcher.cancel(second)
            status = wait_until_ended(launcher, launcher.submit(other))
        assert status.state is JobState.SUCCEEDED, status.detail

    def test_a_node_that_was_cut_off_is_a_zombie_that_its_successor_stops(
        self, launcher: SlurmLauncher, make_spec: Make, tmp_path: Path, cluster: SlurmCluster
    ) -> None:
        handle = launcher.submit(make_spec(all={"do": "resume", "code": 0, "at_most_s": 300}))
        wait_until((tmp_path / "ready-0").exists, "the rank")
        node = json.loads((tmp_path / "env-0.json").read_text())["SLURMD_NODENAME"]
        cluster.cut_off(node)  # its rank runs on, and Slurm cannot reach it
        [start] = (tmp_path / "work").glob("job-*/start.json")
        wait_until(
            lambda: json.loads(start.read_text())["restart"] == 1, "the second start", DEATH_S
        )
        wait_until((tmp_path / "saved-0").exists, "the zombie to be told to stop")
        (tmp_path / "release").touch()
        status = wait_until_ended(launcher, handle)
        assert status.state is JobState.SUCCEEDED, status.detail
        zombie = json.loads(start.with_name("zombie-00000-0.json").read_text())
        assert zombie["replaced_by"] == "start 1 of the same job"
        second = json.loads((tmp_path / "env-0.json").read_text())
        assert second["SLURMD_NODENAME"] in set(NODES) - {node}


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_shards(tmp_path_factory.mktemp("data") / "shards")


def _job(spec: TrainSpec, folder: Path) -> JobSpec:
    folder.mkdir(parents=True, exist_ok=True)
    spec.write(folder / "spec.json")
    return JobSpec(
        name="training-micro",
        module="training.main",
        spec_path=str(folder / "spec.json"),
        work_dir=str(folder),
        world_size=spec.execution.world_size,
        env={"GLOO_SOCKET_IFNAME": "lo"},
    )


@pytest.mark.slow
def test_training_on_two_nodes_of_which_one_dies_makes_the_bytes_of_two_local_ranks(
    launcher: SlurmLauncher, shards: Path, tmp_path: Path, cluster: SlurmCluster
) -> None:
    changes = {
        "world_size": 2, "micro_batch_samples": 1, "steps": 200, "checkpoint_every_steps": 10,
    }  # fmt: skip
    spec = make_spec(tmp_path / "slurm", shards, **changes)
    handle = launcher.submit(_job(spec, tmp_path / "slurm"))
    resume = Path(spec.execution.resume_dir)
    wait_until(lambda: bool(list(resume.glob("step-*/manifest.json"))), "a checkpoint", DEATH_S)
    cluster.kill_node(NODES[1])
    assert not (tmp_path / "slurm" / "output" / "result.json").exists()
    # Slurm takes half a minute to notice: time for the run to compare with.
    whole = make_spec(tmp_path / "whole", shards, **changes)
    local = Job(whole)
    wait_until(lambda: launcher.poll(handle).state is JobState.PENDING, "the requeue", DEATH_S)
    status = wait_until_ended(launcher, handle, DEATH_S)
    assert status.state is JobState.SUCCEEDED, status.detail
    resumed = [line["step"] for line in journal(spec) if line.get("name") == "resumed"]
    assert len(resumed) == 1
    assert 10 <= resumed[0] < 200
    assert set(local.wait().exit_codes) == {0}
    assert outputs(spec) == outputs(whole)
