"""The local launcher: the shared contract, and what only processes on one machine can show."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from contract import LauncherContract, ToyJobs, wait_until, wait_until_ended
from preemption_contract import Preempt, PreemptionContract

from assets.ports import JobFailed, JobHandle, JobSpec, JobState
from orchestration.launchers.local import JobAlreadyRunning, LocalLauncher
from orchestration.launchers.wait import run_and_wait
from orchestration.processes import from_record, identify, is_alive, send, wait_until_gone
from orchestration.settings import PROJECT_ROOT

SECRET = "correct-horse-battery-staple"


@pytest.fixture
def launcher() -> LocalLauncher:
    environ = {k: v for k, v in os.environ.items() if k != "OMP_NUM_THREADS"}
    environ |= {"AWS_SECRET_ACCESS_KEY": SECRET, "NCCL_DEBUG": "WARN"}
    return LocalLauncher(environ=environ, grace_s=1.0)


@pytest.fixture(autouse=True)
def none_is_left(tmp_path: Path) -> Iterator[None]:
    """After each test nothing may run that it has started, whatever the outcome."""
    yield
    started = []
    for record in tmp_path.glob("work/**/processes.json"):
        processes = json.loads(record.read_text())
        started += [from_record(found) for found in (processes["supervisor"], *processes["ranks"])]
    left = wait_until_gone(started, timeout_s=5)
    for process in left:
        send(process, signal.SIGKILL)
    assert not left


@pytest.fixture
def preempt() -> Preempt:
    """As a machine does that goes down: SIGTERM to what runs there."""
    return lambda handle: os.kill(_supervisor(handle), signal.SIGTERM)


class TestLocalLauncher(LauncherContract):
    pass


class TestLocalPreemption(PreemptionContract):
    pass


Make = Callable[..., JobSpec]


class TestOnThisMachine(ToyJobs):
    def test_the_job_survives_the_death_of_whoever_submitted_it(
        self, launcher: LocalLauncher, make_spec: Make, tmp_path: Path
    ) -> None:
        spec = make_spec(all={"do": "wait"})
        program = (
            "import json, os, signal, sys\n"
            "from assets.ports import JobSpec\n"
            "from orchestration.launchers.local import LocalLauncher\n"
            "spec = JobSpec(**json.loads(sys.argv[1]))\n"
            "LocalLauncher(environ=os.environ).submit(spec)\n"
            "os.killpg(0, signal.SIGKILL)\n"
        )
        caller = subprocess.run(
            [sys.executable, "-c", program, json.dumps(asdict(spec))],
            cwd=PROJECT_ROOT,
            start_new_session=True,
            check=False,
        )
        assert caller.returncode == -signal.SIGKILL
        handle = launcher.reattach(tmp_path / "work")
        assert handle is not None
        assert launcher.poll(handle).state is JobState.RUNNING
        (tmp_path / "release").touch()
        assert wait_until_ended(launcher, handle).state is JobState.SUCCEEDED

    def test_a_job_whose_supervisor_was_killed_is_lost_and_a_new_attempt_ends_its_ranks(
        self, launcher: LocalLauncher, make_spec: Make, tmp_path: Path
    ) -> None:
        handle = launcher.submit(make_spec(all={"do": "wait"}))
        wait_until((tmp_path / "ready-0").exists, "the rank")
        processes = _processes(tmp_path)
        os.kill(processes["supervisor"]["pid"], signal.SIGKILL)
        wait_until(lambda: launcher.poll(handle).state is JobState.LOST, "the loss to be seen")
        orphan = from_record(processes["ranks"][0])
        assert is_alive(orphan)
        second = launcher.submit(make_spec(name="toy-2"))
        assert not is_alive(orphan)
        assert wait_until_ended(launcher, second).state is JobState.SUCCEEDED

    def test_cancelling_a_lost_job_ends_its_ranks(
        self, launcher: LocalLauncher, make_spec: Make, tmp_path: Path
    ) -> None:
        handle = launcher.submit(make_spec(all={"do": "wait"}))
        wait_until((tmp_path / "ready-0").exists, "the rank")
        processes = _processes(tmp_path)
        os.kill(processes["supervisor"]["pid"], signal.SIGKILL)
        wait_until(lambda: launcher.poll(handle).state is JobState.LOST, "the loss to be seen")
        launcher.cancel(handle)
        assert not is_alive(from_record(processes["ranks"][0]))

    def test_waiting_for_a_job_that_gets_lost_ends_what_is_left_of_it(
        self, launcher: LocalLauncher, make_spec: Make, tmp_path: Path
    ) -> None:
        def kill_the_supervisor() -> None:
            if (tmp_path / "ready-0").exists():
                with suppress(ProcessLookupError):  # the last tick comes after its end
                    os.kill(_processes(tmp_path)["supervisor"]["pid"], signal.SIGKILL)

        with pytest.raises(JobFailed, match="job lost: toy-1: its supervisor is gone"):
            run_and_wait(
                launcher,
                make_spec(all={"do": "wait"}),
                poll_s=0.2,
                on_tick=kill_the_supervisor,
            )
        assert not is_alive(from_record(_processes(tmp_path)["ranks"][0]))

    def test_an_interrupt_during_submission_leaves_no_job_behind(
        self, make_spec: Make, tmp_path: Path
    ) -> None:
        class Interrupted(LocalLauncher):
            def submit(self, spec: JobSpec) -> JobHandle:
                super().submit(spec)
                raise KeyboardInterrupt

        launcher = Interrupted(environ=os.environ, grace_s=1.0)
        with pytest.raises(KeyboardInterrupt):
            run_and_wait(launcher, make_spec(all={"do": "wait"}))
        handle = launcher.reattach(tmp_path / "work")
        assert handle is not None
        assert launcher.poll(handle).state is JobState.CANCELLED

    def test_a_reused_pid_is_not_taken_for_the_supervisor(
        self, launcher: LocalLauncher, make_spec: Make, tmp_path: Path
    ) -> None:
        handle = launcher.submit(make_spec())
        wait_until_ended(launcher, handle)
        (tmp_path / "work" / "exit.json").unlink()
        path = tmp_path / "work" / "processes.json"
        record = json.loads(path.read_text())
        honest = path.read_text()
        # Our own pid with another start time: alive, but not the supervisor.
        record["supervisor"]["pid"] = os.getpid()
        path.write_text(json.dumps(record))
        state = launcher.poll(handle).state
        path.write_text(honest)
        assert state is JobState.LOST

    def test_what_a_rank_has_started_ends_with_it(
        self, launcher: LocalLauncher, make_spec: Make, tmp_path: Path
    ) -> None:
        handle = launcher.submit(make_spec(all={"do": "spawn"}))
        wait_until((tmp_path / "ready-0").exists, "the rank")
        grandchild = identify(int((tmp_path / "grandchild").read_text()))
        assert grandchild is not None
        (tmp_path / "release").touch()
        assert wait_until_ended(launcher, handle).state is JobState.SUCCEEDED
        assert not is_alive(grandchild)

    def test_a_signal_from_outside_is_forwarded_and_is_no_success(
        self, launcher: LocalLauncher, make_spec: Make, tmp_path: Path
    ) -> None:
        handle = launcher.submit(make_spec(all={"do": "trap", "code": 0}))
        wait_until((tmp_path / "ready-0").exists, "the rank")
        os.kill(_processes(tmp_path)["supervisor"]["pid"], signal.SIGTERM)
        status = wait_until_ended(launcher, handle)
        assert (tmp_path / "saved-0").exists()
        assert status.state is JobState.PREEMPTED
        assert "stopped from outside by signal 15" in status.detail

    def test_a_rank_that_is_asked_to_stop_by_itself_is_preempted_too(
        self, launcher: LocalLauncher, make_spec: Make, tmp_path: Path
    ) -> None:
        handle = launcher.submit(make_spec(2, all={"do": "trap", "code": 143}))
        wait_until(lambda: len(list(tmp_path.glob("ready-*"))) == 2, "both ranks")
        os.kill(_processes(tmp_path)["ranks"][1]["pid"], signal.SIGTERM)
        status = wait_until_ended(launcher, handle)
        assert status.state is JobState.PREEMPTED
        assert "rank 1 of 2 was asked to stop" in status.detail
        assert len(list(tmp_path.glob("saved-*"))) == 2

    def test_ranks_that_fail_while_they_stop_have_failed(
        self, launcher: LocalLauncher, make_spec: Make, tmp_path: Path
    ) -> None:
        handle = launcher.submit(make_spec(all={"do": "trap", "code": 1}))
        wait_until((tmp_path / "ready-0").exists, "the rank")
        os.kill(_supervisor(handle), signal.SIGTERM)
        status = wait_until_ended(launcher, handle)
        assert status.state is JobState.FAILED
        assert "stopped from outside by signal 15, and its ranks ended with [1]" in status.detail

    def test_a_stopped_rank_is_killed_after_the_grace_period(
        self, launcher: LocalLauncher, make_spec: Make, tmp_path: Path
    ) -> None:
        handle = launcher.submit(make_spec(all={"do": "wait"}))
        wait_until((tmp_path / "ready-0").exists, "the rank")
        os.kill(_processes(tmp_path)["ranks"][0]["pid"], signal.SIGSTOP)
        launcher.cancel(handle)
        assert launcher.poll(handle).state is JobState.CANCELLED

    def test_ranks_see_an_allow_list_and_never_a_credential(
        self, launcher: LocalLauncher, make_spec: Make, tmp_path: Path
    ) -> None:
        spec = make_spec()
        handle = launcher.submit(replace(spec, env={**spec.env, "DAGSTER_PIPES_CONTEXT": "abc"}))
        wait_until_ended(launcher, handle)
        env = json.loads((tmp_path / "env-0.json").read_text())
        assert SECRET not in json.dumps(env)
        assert (env["NCCL_DEBUG"], env["DAGSTER_PIPES_CONTEXT"]) == ("WARN", "abc")
        assert (env["MASTER_ADDR"], env["LOCAL_RANK"]) == ("127.0.0.1", "0")
        assert env["MLFLOW_DISABLE_TELEMETRY"] == "true"
        assert int(env["OMP_NUM_THREADS"]) == (os.cpu_count() or 1)
        assert f"started in {PROJECT_ROOT}" in (tmp_path / "work" / "stdout.log").read_text()

    def test_a_rank_gets_the_threads_of_the_installation(
        self, make_spec: Make, tmp_path: Path
    ) -> None:
        launcher = LocalLauncher(environ={**os.environ, "OMP_NUM_THREADS": "3"})
        wait_until_ended(launcher, launcher.submit(make_spec()))
        assert json.loads((tmp_path / "env-0.json").read_text())["OMP_NUM_THREADS"] == "3"

    def test_of_two_submissions_at_once_only_one_starts(
        self, launcher: LocalLauncher, make_spec: Make, tmp_path: Path
    ) -> None:
        spec = make_spec(all={"do": "wait"})

        def submit(_: int) -> str:
            try:
                return launcher.submit(spec).scheduler_id
            except JobAlreadyRunning:
                return "refused"

        with ThreadPoolExecutor(4) as threads:
            answers = list(threads.map(submit, range(4)))
        assert answers.count("refused") == 3
        (tmp_path / "release").touch()
        handle = launcher.reattach(tmp_path / "work")
        assert handle is not None
        assert handle.scheduler_id in answers
        assert wait_until_ended(launcher, handle).state is JobState.SUCCEEDED
        assert not list((tmp_path / "work").glob("attempt-*"))

    def test_arguments_are_never_read_by_a_shell(
        self, launcher: LocalLauncher, make_spec: Make, tmp_path: Path
    ) -> None:
        spec = make_spec()
        odd = tmp_path / "a $(touch hacked); 'b.json"
        odd.write_text(Path(spec.spec_path).read_text())
        handle = launcher.submit(replace(spec, spec_path=str(odd)))
        assert wait_until_ended(launcher, handle).state is JobState.SUCCEEDED
        assert not (PROJECT_ROOT / "hacked").exists()

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"module": "os; import x"}, "is not a dotted Python name"),
            ({"module": "--help"}, "is not a dotted Python name"),
            ({"world_size": 0}, "world_size is 0, must be at least 1"),
            ({"spec_path": "/nowhere/spec.json"}, "spec /nowhere/spec.json does not exist"),
        ],
    )
    def test_a_wrong_spec_is_refused_before_anything_is_written(
        self,
        launcher: LocalLauncher,
        make_spec: Make,
        tmp_path: Path,
        change: dict[str, Any],
        message: str,
    ) -> None:
        with pytest.raises(ValueError, match=message):
            launcher.submit(replace(make_spec(), **change))
        assert not (tmp_path / "work").exists()

    def test_a_module_that_does_not_exist_is_a_failure_with_its_traceback(
        self, launcher: LocalLauncher, make_spec: Make
    ) -> None:
        handle = launcher.submit(replace(make_spec(), module="no_such_engine"))
        status = wait_until_ended(launcher, handle)
        assert status.state is JobState.FAILED
        assert "No module named no_such_engine" in status.detail


def _supervisor(handle: JobHandle) -> int:
    record = json.loads((Path(handle.work_dir) / "processes.json").read_text())
    return int(record["supervisor"]["pid"])


def _processes(tmp_path: Path) -> dict[str, Any]:
    record: dict[str, Any] = json.loads((tmp_path / "work" / "processes.json").read_text())
    return record
