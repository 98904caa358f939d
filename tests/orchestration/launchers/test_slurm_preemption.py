"""Preemption on a real cluster: urgent jobs take the nodes of jobs in partitions below theirs."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from contract import ToyJobs, wait_until, wait_until_ended
from preemption_contract import Preempt, Preempting, PreemptionContract, starts
from slurm_cluster import SlurmCluster

from assets.ports import JobHandle, JobSpec, JobState
from orchestration.launchers.slurm import SlurmLauncher
from orchestration.launchers.slurm_settings import SlurmSettings
from orchestration.launchers.wait import run_and_wait

Make = Callable[..., JobSpec]
pytestmark = pytest.mark.slow


def in_partition(cluster: SlurmCluster, partition: str) -> SlurmLauncher:
    settings = SlurmSettings(partition=partition, grace_s=2)
    return SlurmLauncher(environ=cluster.env, settings=settings)


@pytest.fixture
def launcher(cluster: SlurmCluster) -> SlurmLauncher:
    """Where Slurm preempts without a grace period of its own, and queues again by itself."""
    return in_partition(cluster, "spare")


@pytest.fixture
def preempt(cluster: SlurmCluster, tmp_path: Path) -> Preempt:
    def send_urgent_job(handle: JobHandle) -> None:
        script = tmp_path / "urgent.sh"
        script.write_text("#!/bin/bash\nsleep 1\n")
        told = cluster.run(
            "sbatch", "--partition=urgent", "--nodes=3", "--exclusive", "--output=/dev/null",
            str(script),
        )  # fmt: skip
        assert "Submitted batch job" in told, told

    return send_urgent_job


class TestSlurmPreemption(PreemptionContract):
    pass


class TestOtherWays(ToyJobs):
    @pytest.mark.parametrize("partition", ["polite", "taken"])
    def test_a_job_goes_on_whether_slurm_waits_for_it_or_takes_its_place_for_good(
        self, cluster: SlurmCluster, preempt: Preempt, make_spec: Make, tmp_path: Path,
        partition: str,
    ) -> None:  # fmt: skip
        launcher = in_partition(cluster, partition)
        spec = replace(make_spec(2, all={"do": "resume", "code": 143}), max_preemptions=1)
        preempting = Preempting(launcher, preempt, tmp_path, times=1, ranks=2)
        run_and_wait(launcher, spec, poll_s=0.1, on_tick=preempting)
        logs = [path.read_text() for path in (tmp_path / "work").rglob("stdout.log")]
        assert "rank 0 goes on from what it saved" in "".join(logs)
        # With time to save, the job queued itself again, under its own name.
        assert len(logs) == (1 if partition == "polite" else 2)

    def test_ranks_told_to_stop_by_somebody_queue_their_job_again(
        self, cluster: SlurmCluster, make_spec: Make, tmp_path: Path
    ) -> None:
        launcher = in_partition(cluster, "main")
        spec = replace(make_spec(2, all={"do": "resume", "code": 143}), max_preemptions=1)
        handle = launcher.submit(spec)
        wait_until(lambda: len(list(tmp_path.glob("ready-*"))) == 2, "both ranks")
        cluster.run("scancel", f"--name={handle.scheduler_id}", "--signal=TERM")
        status = wait_until_ended(launcher, handle)
        assert (status.state, status.preemptions) == (JobState.SUCCEEDED, 1), status.detail
        assert starts(tmp_path) == 2
        [start] = (tmp_path / "work").glob("job-*/start.json")
        assert json.loads(start.read_text())["restart"] == 1

    def test_what_somebody_else_cancels_is_not_queued_again(
        self, cluster: SlurmCluster, make_spec: Make, tmp_path: Path
    ) -> None:
        launcher = in_partition(cluster, "main")
        spec = replace(make_spec(2, all={"do": "resume", "code": 143}), max_preemptions=9)
        handle = launcher.submit(spec)
        wait_until(lambda: len(list(tmp_path.glob("ready-*"))) == 2, "both ranks")
        cluster.run("scancel", f"--name={handle.scheduler_id}")
        status = wait_until_ended(launcher, handle)
        assert status.state is JobState.FAILED
        assert "was cancelled by somebody else" in status.detail
        assert starts(tmp_path) == 1
