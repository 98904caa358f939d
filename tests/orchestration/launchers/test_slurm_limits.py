"""Time limits on a real cluster; Slurm's are whole minutes, so both jobs run side by side."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from contract import ToyJobs, wait_until
from slurm_cluster import SlurmCluster

from assets.ports import JobSpec, JobState
from orchestration.launchers.slurm import SlurmLauncher
from orchestration.launchers.slurm_settings import SlurmSettings

LIMIT_S = 180.0


@pytest.mark.slow
class TestTimeLimits(ToyJobs):
    def test_a_job_over_its_limit_has_failed_and_one_that_was_warned_goes_on(
        self, make_spec: Callable[..., JobSpec], tmp_path: Path, cluster: SlurmCluster
    ) -> None:
        blunt = SlurmLauncher(environ=cluster.env, settings=SlurmSettings(time_minutes=1))
        warned = SlurmLauncher(
            environ=cluster.env,
            settings=SlurmSettings(time_minutes=1, warn_seconds=40, max_restarts=1, grace_s=5),
        )
        (tmp_path / "blunt").mkdir()
        ignoring = make_spec(
            name="toy-1", out=str(tmp_path / "blunt"), all={"do": "ignore", "at_most_s": 300}
        )
        saving = make_spec(name="toy-2", all={"do": "resume", "code": 143, "at_most_s": 300})
        first = blunt.submit(ignoring)
        second = warned.submit(replace(saving, work_dir=str(tmp_path / "other")))
        alive = (JobState.PENDING, JobState.RUNNING)
        wait_until(lambda: warned.poll(second).state not in alive, "the warned job", LIMIT_S)
        assert warned.poll(second).state is JobState.SUCCEEDED, warned.poll(second).detail
        log = (tmp_path / "other" / "stdout.log").read_text()
        assert log.count("started") == 2
        assert "rank 0 goes on from what it saved" in log
        wait_until(lambda: blunt.poll(first).state not in alive, "the time limit", LIMIT_S)
        status = blunt.poll(first)
        assert status.state is JobState.FAILED
        assert "ran into the time limit of 1 minutes" in status.detail
        assert "rank 0 of 1 started" in status.detail
