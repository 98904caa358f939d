"""Jobs of several pods as JobSets, on a stand-in API server with JobSet's rules for one Job."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from contract import LauncherContract, ToyJobs, wait_until, wait_until_ended
from kubernetes_case import SETTINGS, KubernetesCase, Open
from kubernetes_server import Cluster
from preemption_contract import PreemptionContract

from assets.ports import JobSpec, JobState
from orchestration.launchers.cluster import ClusterRefused
from orchestration.launchers.kubernetes import KubernetesLauncher

Make = Callable[..., JobSpec]
JOBSET = replace(SETTINGS, several_pods="jobset")


@pytest.mark.slow
class TestJobSet(KubernetesCase, LauncherContract):
    """The same promises once more: the launcher is the one above, and only the manifest differs."""

    settings = JOBSET


@pytest.mark.slow
class TestJobSetPreemption(KubernetesCase, PreemptionContract):
    settings = JOBSET


class TestOnACluster(KubernetesCase, ToyJobs):
    settings = JOBSET

    def test_a_set_of_several_pods_starts_again_as_a_whole_without_its_launcher(
        self, launcher: KubernetesLauncher, make_spec: Make, tmp_path: Path, cluster: Cluster
    ) -> None:
        resuming = make_spec(2, all={"do": "resume", "code": 143})
        handle = launcher.submit(replace(resuming, max_preemptions=1))
        wait_until(lambda: len(list(tmp_path.glob("ready-*"))) == 2, "the ranks")
        with cluster.lock:
            cluster.drain(handle.scheduler_id, 1, "node drained")
        status = wait_until_ended(launcher, handle)
        assert (status.state, status.preemptions) == (JobState.SUCCEEDED, 1), status.detail
        assert cluster.sets[handle.scheduler_id].restarts == 1
        log = (tmp_path / "work" / "stdout.log").read_text()
        assert [log.count(f"rank {rank} goes on from what it saved") for rank in (0, 1)] == [1, 1]
        assert not cluster.services  # the set has its own

    def test_a_set_over_its_deadline_has_failed_and_is_not_started_again(
        self, open_launcher: Open, make_spec: Make, tmp_path: Path, cluster: Cluster
    ) -> None:
        launcher = open_launcher(replace(JOBSET, time_minutes=1))
        trapping = make_spec(2, all={"do": "trap", "code": 143})
        handle = launcher.submit(replace(trapping, max_preemptions=1))
        wait_until(lambda: len(list(tmp_path.glob("ready-*"))) == 2, "the ranks")
        cluster.jobs[f"{handle.scheduler_id}-r-0"].started -= 60
        status = wait_until_ended(launcher, handle)
        assert status.state is JobState.FAILED
        assert "time limit of MATERIA_KUBERNETES_TIME_MINUTES" in status.detail
        assert cluster.sets[handle.scheduler_id].restarts == 0

    @pytest.mark.slow
    def test_a_set_that_somebody_deletes_is_lost(
        self, launcher: KubernetesLauncher, make_spec: Make, tmp_path: Path, cluster: Cluster
    ) -> None:
        handle = launcher.submit(make_spec(2, all={"do": "wait"}))
        wait_until((tmp_path / "ready-0").exists, "the rank")
        cluster.sets[handle.scheduler_id].deleted = True
        assert wait_until_ended(launcher, handle).state is JobState.LOST

    @pytest.mark.slow
    def test_a_set_is_followed_to_its_end_whatever_the_settings_say_by_then(
        self, launcher: KubernetesLauncher, open_launcher: Open, make_spec: Make, tmp_path: Path
    ) -> None:
        handle = launcher.submit(make_spec(2, all={"do": "wait"}))
        (tmp_path / "release").touch()
        assert wait_until_ended(open_launcher(SETTINGS), handle).state is JobState.SUCCEEDED

    def test_a_job_of_one_pod_is_a_job_all_the_same(
        self, launcher: KubernetesLauncher, make_spec: Make, cluster: Cluster
    ) -> None:
        handle = launcher.submit(make_spec())
        assert wait_until_ended(launcher, handle).state is JobState.SUCCEEDED
        assert list(cluster.jobs) == [handle.scheduler_id]
        assert not cluster.sets

    def test_a_cluster_without_jobset_is_an_error_that_says_what_to_do(
        self, launcher: KubernetesLauncher, make_spec: Make, cluster: Cluster
    ) -> None:
        cluster.has_jobset = False
        with pytest.raises(ClusterRefused, match=r"the cluster has no JobSet: install it"):
            launcher.submit(make_spec(2))
