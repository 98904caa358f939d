"""The Kubernetes launcher against a stand-in API server that runs its pods as processes."""

from __future__ import annotations

import json
import sys
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
from orchestration.launchers.kubernetes_api import connect

Make = Callable[..., JobSpec]


@pytest.mark.slow
class TestKubernetesLauncher(KubernetesCase, LauncherContract):
    pass


@pytest.mark.slow
class TestKubernetesPreemption(KubernetesCase, PreemptionContract):
    pass


class TestOnACluster(KubernetesCase, ToyJobs):
    def test_ranks_get_secrets_that_stand_in_no_manifest_and_no_path_of_this_machine(
        self, open_launcher: Open, make_spec: Make, tmp_path: Path, cluster: Cluster
    ) -> None:
        launcher = open_launcher(replace(SETTINGS, secrets=("s3-credentials",)))
        handle = launcher.submit(make_spec())
        assert wait_until_ended(launcher, handle).state is JobState.SUCCEEDED
        env = json.loads((tmp_path / "env-0.json").read_text())
        assert env["AWS_SECRET_ACCESS_KEY"] == "correct-horse"
        assert env["NCCL_DEBUG"] == "WARN"
        assert "HOME" not in env
        assert "correct-horse" not in json.dumps(cluster.jobs[handle.scheduler_id].body)
        written = [path.read_text() for path in (tmp_path / "work").glob("job-*/*")]
        assert written
        assert not any("correct-horse" in text for text in written)

    def test_a_rank_killed_for_its_memory_is_told_with_its_node(
        self, launcher: KubernetesLauncher, make_spec: Make, tmp_path: Path, cluster: Cluster
    ) -> None:
        handle = launcher.submit(make_spec(2, all={"do": "wait"}))
        wait_until((tmp_path / "ready-1").exists, "the ranks")
        cluster.oom_kill(handle.scheduler_id, 1)
        status = wait_until_ended(launcher, handle)
        assert status.state is JobState.FAILED
        assert "rank 1 was killed because it used more memory than its limit" in status.detail
        assert "OOMKilled on node-1" in status.detail

    def test_an_evicted_rank_is_told_with_the_clusters_words(
        self, launcher: KubernetesLauncher, make_spec: Make, tmp_path: Path, cluster: Cluster
    ) -> None:
        handle = launcher.submit(make_spec(2, all={"do": "wait"}))
        wait_until((tmp_path / "ready-0").exists, "the ranks")
        cluster.evict(handle.scheduler_id, 0, "The node was low on resource: ephemeral-storage")
        status = wait_until_ended(launcher, handle)
        assert status.state is JobState.PREEMPTED
        assert "rank 0 was evicted from node-1: The node was low on resource" in status.detail

    def test_one_rank_alone_goes_on_in_a_new_pod_when_its_node_is_drained(
        self, launcher: KubernetesLauncher, make_spec: Make, tmp_path: Path, cluster: Cluster
    ) -> None:
        resuming = make_spec(all={"do": "resume", "code": 143})
        handle = launcher.submit(replace(resuming, max_preemptions=1))
        wait_until((tmp_path / "ready-0").exists, "the rank")
        cluster.drain(handle.scheduler_id, 0, "node drained")
        status = wait_until_ended(launcher, handle)
        assert status.state is JobState.SUCCEEDED, status.detail
        assert "goes on from what it saved" in (tmp_path / "work" / "stdout.log").read_text()

    def test_several_pods_are_preempted_together_when_one_loses_its_node(
        self, launcher: KubernetesLauncher, make_spec: Make, tmp_path: Path, cluster: Cluster
    ) -> None:
        handle = launcher.submit(make_spec(2, all={"do": "trap", "code": 143}))
        wait_until(lambda: len(list(tmp_path.glob("ready-*"))) == 2, "the ranks")
        cluster.drain(handle.scheduler_id, 1, "node drained")
        status = wait_until_ended(launcher, handle)
        assert status.state is JobState.PREEMPTED
        assert "rank 1 lost its node node-1 (DeletionByTaintManager: node drained)" in status.detail
        assert len(list(tmp_path.glob("saved-*"))) == 2

    @pytest.mark.parametrize("world_size", [2, pytest.param(4, marks=pytest.mark.slow)])
    def test_ranks_may_share_a_pod(
        self, open_launcher: Open, make_spec: Make, tmp_path: Path, world_size: int
    ) -> None:
        launcher = open_launcher(replace(SETTINGS, ranks_per_pod=2))
        handle = launcher.submit(make_spec(world_size))
        assert wait_until_ended(launcher, handle).state is JobState.SUCCEEDED
        ranks = [
            json.loads((tmp_path / f"env-{rank}.json").read_text()) for rank in range(world_size)
        ]
        assert [rank["LOCAL_RANK"] for rank in ranks] == ["0", "1"] * (world_size // 2)
        assert {rank["LOCAL_WORLD_SIZE"] for rank in ranks} == {"2"}

    def test_one_failing_rank_ends_the_others_of_its_pod(
        self, open_launcher: Open, make_spec: Make
    ) -> None:
        launcher = open_launcher(replace(SETTINGS, ranks_per_pod=2))
        actions = {"0": {"do": "wait"}, "1": {"do": "fail", "code": 7, "says": "no data"}}
        status = wait_until_ended(launcher, launcher.submit(make_spec(2, **actions)))
        assert (status.state, status.exit_code) == (JobState.FAILED, 7)
        assert "rank 1 of 2 ended with exit code 7" in status.detail

    @pytest.mark.slow
    def test_cancelling_lets_every_rank_of_a_pod_save(
        self, open_launcher: Open, make_spec: Make, tmp_path: Path
    ) -> None:
        launcher = open_launcher(replace(SETTINGS, ranks_per_pod=2))
        handle = launcher.submit(make_spec(2, all={"do": "trap", "code": 0}))
        wait_until(lambda: len(list(tmp_path.glob("ready-*"))) == 2, "both ranks")
        launcher.cancel(handle)
        assert launcher.poll(handle).state is JobState.CANCELLED
        assert len(list(tmp_path.glob("saved-*"))) == 2

    def test_ranks_that_share_a_pod_go_on_together_in_a_new_one(
        self, open_launcher: Open, make_spec: Make, tmp_path: Path, cluster: Cluster
    ) -> None:
        launcher = open_launcher(replace(SETTINGS, ranks_per_pod=2))
        resuming = make_spec(2, all={"do": "resume", "code": 143})
        handle = launcher.submit(replace(resuming, max_preemptions=1))
        wait_until(lambda: len(list(tmp_path.glob("ready-*"))) == 2, "both ranks")
        with cluster.lock:
            cluster.pod(handle.scheduler_id, 0).end()  # a plain SIGTERM: no condition tells why
        status = wait_until_ended(launcher, handle)
        assert (status.state, status.preemptions) == (JobState.SUCCEEDED, 1), status.detail
        log = (tmp_path / "work" / "stdout.log").read_text()
        assert [log.count(f"rank {rank} goes on from what it saved") for rank in (0, 1)] == [1, 1]

    def test_a_job_over_its_deadline_has_failed(
        self, open_launcher: Open, make_spec: Make, tmp_path: Path, cluster: Cluster
    ) -> None:
        launcher = open_launcher(replace(SETTINGS, time_minutes=1))
        handle = launcher.submit(make_spec(all={"do": "wait"}))
        wait_until((tmp_path / "ready-0").exists, "the rank")
        cluster.jobs[handle.scheduler_id].started -= 60
        status = wait_until_ended(launcher, handle)
        assert status.state is JobState.FAILED
        assert "time limit of MATERIA_KUBERNETES_TIME_MINUTES" in status.detail

    def test_a_job_that_somebody_deletes_is_lost(
        self, launcher: KubernetesLauncher, make_spec: Make, tmp_path: Path, cluster: Cluster
    ) -> None:
        handle = launcher.submit(make_spec(all={"do": "wait"}))
        wait_until((tmp_path / "ready-0").exists, "the rank")
        cluster.jobs[handle.scheduler_id].deleted = True
        status = wait_until_ended(launcher, handle)
        assert status.state is JobState.LOST
        assert "somebody has deleted it" in status.detail

    def test_a_job_without_room_is_pending(
        self, launcher: KubernetesLauncher, make_spec: Make, cluster: Cluster
    ) -> None:
        cluster.paused = True
        handle = launcher.submit(make_spec())
        assert launcher.poll(handle).state is JobState.PENDING
        launcher.cancel(handle)
        assert launcher.poll(handle).state is JobState.CANCELLED

    @pytest.mark.parametrize(
        "broken", [0, *(pytest.param(code, marks=pytest.mark.slow) for code in (500, 503, 429))]
    )
    def test_a_create_whose_answer_is_lost_makes_one_job(
        self, launcher: KubernetesLauncher, make_spec: Make, cluster: Cluster, broken: int
    ) -> None:
        cluster.broken = [broken]
        handle = launcher.submit(make_spec())
        assert list(cluster.jobs) == [handle.scheduler_id]
        assert [r.split("?")[0].rpartition("/")[2] for r in cluster.requests[:2]] == ["jobs"] * 2
        assert wait_until_ended(launcher, handle).state is JobState.SUCCEEDED

    def test_a_server_that_is_away_says_nothing_about_a_job(
        self, launcher: KubernetesLauncher, make_spec: Make, cluster: Cluster
    ) -> None:
        handle = launcher.submit(make_spec())
        cluster.broken = [503]
        status = launcher.poll(handle)
        assert (status.state, status.detail) == (
            JobState.RUNNING, "Kubernetes API: GET gave 503: told to fail",
        )  # fmt: skip
        assert wait_until_ended(launcher, handle).state is JobState.SUCCEEDED

    def test_what_the_server_refuses_is_told_in_its_words(
        self, launcher: KubernetesLauncher, make_spec: Make, cluster: Cluster
    ) -> None:
        cluster.broken = [403]
        with pytest.raises(RuntimeError, match=r"not accepted: .* gave 403: told to fail"):
            launcher.submit(make_spec())

    def test_the_name_of_rank_0_goes_with_the_job(
        self, launcher: KubernetesLauncher, make_spec: Make, cluster: Cluster
    ) -> None:
        handle = launcher.submit(make_spec(2))
        [service] = cluster.services.values()
        owner = service["metadata"]["ownerReferences"][0]
        assert owner["uid"] == cluster.jobs[handle.scheduler_id].body["metadata"]["uid"]
        assert wait_until_ended(launcher, handle).state is JobState.SUCCEEDED

    @pytest.mark.parametrize("variable", ["AWS_SECRET_ACCESS_KEY", "hf_token", "DB_PASSWORD"])
    def test_a_variable_that_looks_like_a_credential_is_refused(
        self, launcher: KubernetesLauncher, make_spec: Make, variable: str, cluster: Cluster
    ) -> None:
        with pytest.raises(ValueError, match=f"{variable} looks like a credential"):
            launcher.submit(replace(make_spec(), env={variable: "x"}))
        assert not cluster.requests

    def test_a_folder_that_pods_do_not_see_is_refused(
        self, launcher: KubernetesLauncher, make_spec: Make
    ) -> None:
        with pytest.raises(ValueError, match=r"/elsewhere.* does not lie in MATERIA_HOME"):
            launcher.submit(replace(make_spec(), work_dir="/elsewhere"))

    def test_describing_a_job_asks_nobody(
        self, launcher: KubernetesLauncher, make_spec: Make, cluster: Cluster
    ) -> None:
        manifest = json.loads(launcher.describe(make_spec(2)))
        assert manifest["spec"]["completions"] == 2
        assert not cluster.requests


def test_without_the_client_the_error_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "kubernetes", None)
    with pytest.raises(ClusterRefused, match=r"pip install 'materia\[kubernetes\]'"):
        connect("")


def test_without_a_cluster_the_error_says_what_to_set(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    with pytest.raises(ClusterRefused, match=r"no Kubernetes cluster is configured .* KUBECONFIG"):
        connect("no-such-context")
