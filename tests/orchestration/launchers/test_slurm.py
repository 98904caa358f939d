"""The Slurm launcher on a real cluster: the shared contract, and its own ways."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from contract import LauncherContract, ToyJobs, wait_until, wait_until_ended
from slurm_cluster import SlurmCluster

from assets.ports import JobSpec, JobState
from orchestration.launchers.cluster import ClusterUnavailable
from orchestration.launchers.slurm import SlurmLauncher
from orchestration.launchers.slurm_settings import SlurmSettings
from orchestration.launchers.wait import run_and_wait
from orchestration.settings import PROJECT_ROOT

Make = Callable[..., JobSpec]
pytestmark = pytest.mark.slow
"""A second or two each, but fifty of them: make check leaves them to make test."""

SECRET = "correct-horse-battery-staple"


@pytest.fixture
def launcher(cluster: SlurmCluster) -> SlurmLauncher:
    environ = {**cluster.env, "AWS_SECRET_ACCESS_KEY": SECRET, "SBATCH_PARTITION": "nowhere"}
    return SlurmLauncher(environ=environ, settings=SlurmSettings(partition="main", grace_s=2))


class TestSlurmLauncher(LauncherContract):
    pass


class TestOnACluster(ToyJobs):
    def test_ranks_run_on_the_nodes_they_were_asked_for(
        self, launcher: SlurmLauncher, make_spec: Make, tmp_path: Path
    ) -> None:
        wait_until_ended(launcher, launcher.submit(make_spec(2)))
        ranks = [json.loads((tmp_path / f"env-{rank}.json").read_text()) for rank in (0, 1)]
        assert [rank["SLURMD_NODENAME"] for rank in ranks] == ["n1", "n2"]
        assert [rank["LOCAL_RANK"] for rank in ranks] == ["0", "0"]
        assert ranks[0]["MASTER_ADDR"] == ranks[1]["MASTER_ADDR"]

    def test_ranks_may_share_a_node(
        self, cluster: SlurmCluster, make_spec: Make, tmp_path: Path
    ) -> None:
        settings = SlurmSettings(ranks_per_node=2, cpus_per_task=2)
        environ = {k: v for k, v in cluster.env.items() if k != "OMP_NUM_THREADS"}
        launcher = SlurmLauncher(environ=environ, settings=settings)
        handle = launcher.submit(make_spec(2))
        assert wait_until_ended(launcher, handle).state is JobState.SUCCEEDED
        ranks = [json.loads((tmp_path / f"env-{rank}.json").read_text()) for rank in (0, 1)]
        assert {rank["SLURMD_NODENAME"] for rank in ranks} == {"n1"}
        assert [rank["LOCAL_RANK"] for rank in ranks] == ["0", "1"]
        assert {rank["OMP_NUM_THREADS"] for rank in ranks} == {"2"}

    def test_the_job_survives_whoever_submitted_it_and_is_found_again(
        self, launcher: SlurmLauncher, make_spec: Make, tmp_path: Path, cluster: SlurmCluster
    ) -> None:
        spec = make_spec(all={"do": "wait"})
        program = (
            "import json, os, signal, sys\n"
            "from assets.ports import JobSpec\n"
            "from orchestration.launchers.slurm import SlurmLauncher\n"
            "from orchestration.launchers.slurm_settings import SlurmSettings\n"
            "spec = JobSpec(**json.loads(sys.argv[1]))\n"
            "SlurmLauncher(environ=os.environ, settings=SlurmSettings()).submit(spec)\n"
            "os.killpg(0, signal.SIGKILL)\n"
        )
        caller = subprocess.run(
            [sys.executable, "-c", program, json.dumps(asdict(spec))],
            cwd=PROJECT_ROOT,
            env=dict(cluster.env),
            start_new_session=True,
            check=False,
        )
        assert caller.returncode == -signal.SIGKILL
        run_and_wait(launcher, spec, poll_s=0.1, on_tick=(tmp_path / "release").touch)
        assert (tmp_path / "work" / "stdout.log").read_text().count("started") == 1

    def test_a_submitter_killed_before_sbatch_leaves_a_lost_job_and_no_second_one(
        self, launcher: SlurmLauncher, make_spec: Make, tmp_path: Path
    ) -> None:
        handle = launcher.submit(make_spec())
        wait_until_ended(launcher, handle)
        never = replace(handle, scheduler_id="toy-1.0000000000000000")
        (tmp_path / "work" / "handle.json").write_text(json.dumps(asdict(never)))
        status = launcher.poll(never)
        assert status.state is JobState.LOST
        assert "Slurm knows no job toy-1.0000000000000000" in status.detail
        second = launcher.submit(make_spec())
        assert wait_until_ended(launcher, second).state is JobState.SUCCEEDED

    def test_a_job_that_somebody_else_cancels_has_failed(
        self, launcher: SlurmLauncher, make_spec: Make, tmp_path: Path, cluster: SlurmCluster
    ) -> None:
        handle = launcher.submit(make_spec(all={"do": "wait"}))
        wait_until((tmp_path / "ready-0").exists, "the rank")
        cluster.run("scancel", f"--name={handle.scheduler_id}")
        status = wait_until_ended(launcher, handle)
        assert status.state is JobState.FAILED
        assert "was cancelled by somebody else" in status.detail

    def test_a_job_that_still_waits_is_cancelled_without_a_run(
        self, cluster: SlurmCluster, make_spec: Make, tmp_path: Path
    ) -> None:
        settings = SlurmSettings(constraint="", cpus_per_task=4)
        launcher = SlurmLauncher(environ=cluster.env, settings=settings)
        first = make_spec(2, all={"do": "wait"})
        running = launcher.submit(first)
        wait_until((tmp_path / "ready-1").exists, "two nodes to be taken")
        waits = replace(make_spec(2, name="toy-2"), work_dir=str(tmp_path / "other"))
        waiting = launcher.submit(waits)
        assert launcher.poll(waiting).state is JobState.PENDING
        launcher.cancel(waiting)
        assert launcher.poll(waiting).state is JobState.CANCELLED
        assert not (tmp_path / "other" / "stdout.log").exists()
        (tmp_path / "release").touch()
        assert wait_until_ended(launcher, running).state is JobState.SUCCEEDED

    def test_success_needs_the_ranks_record_and_not_only_slurms_word(
        self, launcher: SlurmLauncher, make_spec: Make, tmp_path: Path
    ) -> None:
        handle = launcher.submit(make_spec())
        wait_until_ended(launcher, handle)
        [record] = (tmp_path / "work").glob("job-*/exit.json")
        record.unlink()
        status = launcher.poll(handle)
        assert status.state is JobState.FAILED
        assert "completed with exit code 0, but left no exit.json" in status.detail

    def test_a_zombie_stops_and_writes_nothing_over_its_successor(
        self, launcher: SlurmLauncher, make_spec: Make, tmp_path: Path
    ) -> None:
        handle = launcher.submit(make_spec(all={"do": "trap", "code": 0}))
        wait_until((tmp_path / "ready-0").exists, "the rank")
        # As after a controller that forgot the job: another attempt is the current one.
        newer = replace(handle, scheduler_id="toy-1.ffffffffffffffff")
        (tmp_path / "work" / "handle.json").write_text(json.dumps(asdict(newer)))
        wait_until((tmp_path / "saved-0").exists, "the zombie to be stopped")
        log = tmp_path / "work" / "stdout.log"
        wait_until(lambda: "it does nothing" in log.read_text(), "its first process to see it")
        assert "rank 0 was replaced by another attempt" in log.read_text()
        assert launcher.poll(handle).state is JobState.LOST
        names = {path.name for path in (tmp_path / "work").glob("job-*/*")}
        assert names.isdisjoint({"exit.json", "rank-00000.json"})

    def test_ranks_see_an_allow_list_and_no_file_holds_a_variable(
        self, launcher: SlurmLauncher, make_spec: Make, tmp_path: Path
    ) -> None:
        spec = make_spec()
        handle = launcher.submit(replace(spec, env={**spec.env, "DAGSTER_PIPES_CONTEXT": "abc"}))
        assert wait_until_ended(launcher, handle).state is JobState.SUCCEEDED
        env = json.loads((tmp_path / "env-0.json").read_text())
        assert SECRET not in json.dumps(env)
        assert env["DAGSTER_PIPES_CONTEXT"] == "abc"
        assert env["MLFLOW_DISABLE_TELEMETRY"] == "true"
        written = [p.read_text() for p in (tmp_path / "work").glob("job-*/*")]
        assert not any("DAGSTER_PIPES_CONTEXT" in text or SECRET in text for text in written)

    def test_a_rank_at_its_memory_limit_fails_with_its_own_words(
        self, launcher: SlurmLauncher, make_spec: Make
    ) -> None:
        handle = launcher.submit(make_spec(all={"do": "grow", "limit_bytes": 500_000_000}))
        status = wait_until_ended(launcher, handle)
        assert (status.state, status.exit_code) == (JobState.FAILED, 1)
        assert "MemoryError" in status.detail

    def test_what_slurm_refuses_is_told_in_its_words(
        self, cluster: SlurmCluster, make_spec: Make
    ) -> None:
        launcher = SlurmLauncher(
            environ=cluster.env, settings=SlurmSettings(partition="no_such_partition")
        )
        with pytest.raises(
            RuntimeError, match=r"toy-1 was not accepted: sbatch: .*[Ii]nvalid part"
        ):
            launcher.submit(make_spec())

    @pytest.mark.parametrize("name", ["a$(touch x)", "a\n#SBATCH --uid=0", "a`id`", "a b", "a%j"])
    def test_a_name_that_a_script_could_read_is_refused_before_a_file_is_written(
        self, launcher: SlurmLauncher, make_spec: Make, tmp_path: Path, name: str
    ) -> None:
        with pytest.raises(ValueError, match=r"job name .* does not match"):
            launcher.submit(replace(make_spec(), name=name))
        assert not (tmp_path / "work").exists()

    @pytest.mark.parametrize("folder", ["a $(touch x)", "a%j", "a'b", "a\n#SBATCH --uid=0"])
    def test_a_folder_that_a_script_could_read_is_refused(
        self, launcher: SlurmLauncher, make_spec: Make, tmp_path: Path, folder: str
    ) -> None:
        with pytest.raises(ValueError, match=r"path .* does not match"):
            launcher.submit(replace(make_spec(), work_dir=str(tmp_path / folder)))
        assert not (tmp_path / folder).exists()

    @pytest.mark.parametrize("variable", ["SBATCH_PARTITION", "SLURM_CONF", "SRUN_DEBUG"])
    def test_a_variable_that_would_overrule_the_script_is_refused(
        self, launcher: SlurmLauncher, make_spec: Make, variable: str
    ) -> None:
        with pytest.raises(ValueError, match=f"variable {variable} would overrule"):
            launcher.submit(replace(make_spec(), env={variable: "x"}))

    def test_describing_a_job_shows_its_script_and_submits_nothing(
        self, launcher: SlurmLauncher, make_spec: Make, tmp_path: Path, cluster: SlurmCluster
    ) -> None:
        before = cluster.run("squeue", "--states=all", "--noheader")
        assert "#SBATCH --partition=main" in launcher.describe(make_spec(2))
        assert cluster.run("squeue", "--states=all", "--noheader") == before
        assert not (tmp_path / "work").exists()


class TestWithoutACluster(ToyJobs):
    def test_a_controller_that_is_away_is_an_error_when_submitting(
        self, make_spec: Make, tmp_path: Path, cluster: SlurmCluster
    ) -> None:
        conf = tmp_path / "slurm.conf"
        text = Path(cluster.env["SLURM_CONF"]).read_text()
        text = text.replace("MessageTimeout=10", "MessageTimeout=2")
        conf.write_text(text.replace("SlurmctldPort=", "SlurmctldPort=1#"))
        environ = {**cluster.env, "SLURM_CONF": str(conf)}
        launcher = SlurmLauncher(environ=environ, settings=SlurmSettings())
        with pytest.raises(ClusterUnavailable, match="Unable to contact slurm controller"):
            launcher.submit(make_spec())

    def test_a_missing_client_is_an_error_that_names_it(
        self, make_spec: Make, tmp_path: Path
    ) -> None:
        launcher = SlurmLauncher(environ={"PATH": str(tmp_path)}, settings=SlurmSettings())
        with pytest.raises(RuntimeError, match=r"sbatch is not installed here: install Slurm"):
            launcher.submit(make_spec())
