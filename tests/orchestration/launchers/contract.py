"""What every launcher promises; a test class per adapter inherits these tests.

The adapter's class provides the fixture `launcher` and may override `env` (how the toy job is
found). Jobs are real processes; nothing is mocked.
"""

from __future__ import annotations

import json
import os
import time
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from assets.lineage.pipes import SharedFileReader
from assets.ports import JobFailed, JobHandle, JobSpec, JobState, JobStatus, Launcher
from orchestration.launchers.wait import run_and_wait
from orchestration.settings import PROJECT_ROOT

PATIENCE_S = 60.0


def wait_until(condition: Callable[[], bool], what: str, timeout_s: float = PATIENCE_S) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, f"waited {timeout_s} s for {what}"
        time.sleep(0.02)


def wait_until_ended(
    launcher: Launcher, handle: JobHandle, timeout_s: float = PATIENCE_S
) -> JobStatus:
    alive = (JobState.PENDING, JobState.RUNNING)
    wait_until(lambda: launcher.poll(handle).state not in alive, f"{handle.name} to end", timeout_s)
    return launcher.poll(handle)


class ToyJobs:
    """Fixtures that make job specs; shared with an adapter's own tests."""

    @pytest.fixture
    def env(self) -> dict[str, str]:
        here = str(Path(__file__).parent)
        return {"PYTHONPATH": os.pathsep.join([str(PROJECT_ROOT), here])}

    @pytest.fixture
    def make_spec(self, tmp_path: Path, env: dict[str, str]) -> Callable[..., JobSpec]:
        def make(world_size: int = 1, name: str = "toy-1", **actions: Any) -> JobSpec:
            spec_path = tmp_path / f"{name}.json"
            spec_path.write_text(json.dumps({"out": str(tmp_path), **actions}))
            return JobSpec(
                name=name,
                module="toy_job",
                spec_path=str(spec_path),
                work_dir=str(tmp_path / "work"),
                world_size=world_size,
                env=env,
            )

        return make


class LauncherContract(ToyJobs):
    def test_a_job_whose_ranks_all_end_well_has_succeeded(
        self, launcher: Launcher, make_spec: Callable[..., JobSpec], tmp_path: Path
    ) -> None:
        handle = launcher.submit(make_spec(2))
        status = wait_until_ended(launcher, handle)
        assert (status.state, status.exit_code) == (JobState.SUCCEEDED, 0)
        ranks = [json.loads((tmp_path / f"env-{rank}.json").read_text()) for rank in (0, 1)]
        assert [rank["RANK"] for rank in ranks] == ["0", "1"]
        assert {rank["WORLD_SIZE"] for rank in ranks} == {"2"}
        assert ranks[0]["MASTER_PORT"] == ranks[1]["MASTER_PORT"]
        assert "rank 0 done" in (tmp_path / "work" / "stdout.log").read_text()

    def test_arguments_follow_the_spec_word_by_word(
        self, launcher: Launcher, make_spec: Callable[..., JobSpec], tmp_path: Path
    ) -> None:
        arguments = ("--accept-drift", "program.code", "$(touch x) 'y'")
        handle = launcher.submit(replace(make_spec(2), arguments=arguments))
        assert wait_until_ended(launcher, handle).state is JobState.SUCCEEDED
        for rank in (0, 1):
            told = json.loads((tmp_path / f"arguments-{rank}.json").read_text())
            assert told == list(arguments)

    def test_the_handle_lies_in_the_work_dir_and_is_enough_to_reattach(
        self, launcher: Launcher, make_spec: Callable[..., JobSpec], tmp_path: Path
    ) -> None:
        handle = launcher.submit(make_spec())
        assert json.loads((tmp_path / "work" / "handle.json").read_text())["name"] == "toy-1"
        assert launcher.reattach(tmp_path / "work") == handle
        assert wait_until_ended(launcher, handle).state is JobState.SUCCEEDED

    def test_nothing_is_attached_to_where_nothing_was_submitted(
        self, launcher: Launcher, tmp_path: Path
    ) -> None:
        assert launcher.reattach(tmp_path) is None

    def test_one_failing_rank_fails_the_job_and_ends_the_others(
        self, launcher: Launcher, make_spec: Callable[..., JobSpec], tmp_path: Path
    ) -> None:
        actions = {"0": {"do": "wait"}, "1": {"do": "fail", "code": 7, "says": "no data"}}
        status = wait_until_ended(launcher, launcher.submit(make_spec(2, **actions)))
        assert (status.state, status.exit_code) == (JobState.FAILED, 7)
        assert "rank 1 of 2 ended with exit code 7" in status.detail
        assert "rank 1 gives up: no data" in status.detail
        assert "rank 0 done" not in (tmp_path / "work" / "stdout.log").read_text()

    def test_a_rank_killed_for_memory_is_a_failure_that_says_so(
        self, launcher: Launcher, make_spec: Callable[..., JobSpec]
    ) -> None:
        status = wait_until_ended(launcher, launcher.submit(make_spec(all={"do": "kill"})))
        assert (status.state, status.exit_code) == (JobState.FAILED, -9)
        assert "killed by signal 9 (out of memory?)" in status.detail

    def test_cancelling_lets_the_job_save_its_work_first(
        self, launcher: Launcher, make_spec: Callable[..., JobSpec], tmp_path: Path
    ) -> None:
        handle = launcher.submit(make_spec(2, all={"do": "trap", "code": 0}))
        wait_until(lambda: len(list(tmp_path.glob("ready-*"))) == 2, "both ranks")
        launcher.cancel(handle)
        assert launcher.poll(handle).state is JobState.CANCELLED
        assert {path.name for path in tmp_path.glob("saved-*")} == {"saved-0", "saved-1"}

    def test_cancelling_ends_a_job_that_does_not_listen(
        self, launcher: Launcher, make_spec: Callable[..., JobSpec], tmp_path: Path
    ) -> None:
        handle = launcher.submit(make_spec(all={"do": "ignore"}))
        wait_until((tmp_path / "ready-0").exists, "the rank")
        launcher.cancel(handle)
        assert launcher.poll(handle).state is JobState.CANCELLED
        assert "rank 0 done" not in (tmp_path / "work" / "stdout.log").read_text()

    def test_cancelling_a_finished_job_leaves_its_success_alone(
        self, launcher: Launcher, make_spec: Callable[..., JobSpec]
    ) -> None:
        handle = launcher.submit(make_spec())
        wait_until_ended(launcher, handle)
        launcher.cancel(handle)
        assert launcher.poll(handle).state is JobState.SUCCEEDED

    def test_a_second_submission_beside_a_live_job_is_refused(
        self, launcher: Launcher, make_spec: Callable[..., JobSpec], tmp_path: Path
    ) -> None:
        handle = launcher.submit(make_spec(all={"do": "wait"}))
        with pytest.raises(RuntimeError, match=r"job toy-1 runs in .*re-attach to it or cancel"):
            launcher.submit(make_spec(name="toy-2"))
        (tmp_path / "release").touch()
        assert wait_until_ended(launcher, handle).state is JobState.SUCCEEDED

    def test_a_new_attempt_keeps_the_files_of_the_old_one(
        self, launcher: Launcher, make_spec: Callable[..., JobSpec], tmp_path: Path
    ) -> None:
        first = launcher.submit(make_spec(all={"do": "fail", "code": 3, "says": "first"}))
        wait_until_ended(launcher, first)
        second = launcher.submit(make_spec())
        assert wait_until_ended(launcher, second).state is JobState.SUCCEEDED
        old = tmp_path / "work" / "attempt-1"
        assert "gives up: first" in (old / "stdout.log").read_text()
        assert json.loads((old / "handle.json").read_text())["scheduler_id"] == first.scheduler_id
        assert launcher.poll(first).state is JobState.LOST

    @pytest.mark.parametrize("name", ["", "-x", "a b", "a;touch x", "../up", "A", "x" * 129])
    def test_a_name_that_could_mean_something_else_is_refused(
        self, launcher: Launcher, make_spec: Callable[..., JobSpec], name: str
    ) -> None:
        with pytest.raises(ValueError, match=r"job name .* does not match"):
            launcher.submit(replace(make_spec(), name=name))

    def test_describing_a_job_is_repeatable_and_starts_nothing(
        self, launcher: Launcher, make_spec: Callable[..., JobSpec], tmp_path: Path
    ) -> None:
        spec = make_spec(2)
        assert launcher.describe(spec)
        assert launcher.describe(spec) == launcher.describe(spec)
        assert launcher.reattach(tmp_path / "work") is None
        assert not (tmp_path / "work").exists()
        with pytest.raises(ValueError, match=r"job name .* does not match"):
            launcher.describe(replace(spec, name="a b"))

    def test_waiting_returns_on_success_and_ticks_meanwhile(
        self, launcher: Launcher, make_spec: Callable[..., JobSpec], tmp_path: Path
    ) -> None:
        ticks: list[int] = []

        def release_on_third() -> None:
            ticks.append(1)
            if len(ticks) == 3:
                (tmp_path / "release").touch()

        spec = make_spec(all={"do": "wait"})
        run_and_wait(launcher, spec, poll_s=0.02, on_tick=release_on_third)
        assert len(ticks) > 3

    def test_what_a_job_says_reaches_the_dagster_run(
        self, launcher: Launcher, make_spec: Callable[..., JobSpec], tmp_path: Path
    ) -> None:
        @dg.asset
        def trained(context) -> dg.MaterializeResult:  # type: ignore[no-untyped-def]
            (tmp_path / "work").mkdir()
            reader = SharedFileReader(tmp_path / "work" / "pipes-messages.jsonl")
            with dg.open_pipes_session(
                context=context,
                context_injector=dg.PipesEnvContextInjector(),
                message_reader=reader,
            ) as session:
                spec = make_spec(all={"do": "report"})
                env = {**spec.env, **session.get_bootstrap_env_vars()}
                run_and_wait(launcher, replace(spec, env=env), poll_s=0.1)
            return dg.MaterializeResult()

        with warnings.catch_warnings(), dg.DagsterInstance.ephemeral() as instance:
            warnings.simplefilter("ignore")  # Dagster's Pipes code calls previews of its own
            result = dg.materialize([trained], instance=instance)
            told = [entry.user_message for entry in instance.all_logs(result.run_id)]
        assert any("said by rank 0" in message for message in told)

    def test_waiting_raises_with_the_end_of_the_log(
        self, launcher: Launcher, make_spec: Callable[..., JobSpec]
    ) -> None:
        spec = make_spec(all={"do": "fail", "code": 5, "says": "bad shard 3"})
        with pytest.raises(JobFailed, match=r"job failed: toy-1: rank 0[\s\S]*bad shard 3"):
            run_and_wait(launcher, spec, poll_s=0.05)

    def test_an_interrupted_wait_cancels_the_job(
        self, launcher: Launcher, make_spec: Callable[..., JobSpec], tmp_path: Path
    ) -> None:
        class Interrupt(BaseException):
            pass

        def interrupt_when_ready() -> None:
            if (tmp_path / "ready-0").exists():
                raise Interrupt

        with pytest.raises(Interrupt):
            run_and_wait(
                launcher,
                make_spec(all={"do": "wait"}),
                poll_s=0.02,
                on_tick=interrupt_when_ready,
            )
        handle = launcher.reattach(tmp_path / "work")
        assert handle is not None
        assert launcher.poll(handle).state is JobState.CANCELLED

    def test_waiting_again_joins_the_running_job_instead_of_starting_another(
        self, launcher: Launcher, make_spec: Callable[..., JobSpec], tmp_path: Path
    ) -> None:
        spec = make_spec(all={"do": "wait"})
        handle = launcher.submit(spec)
        run_and_wait(launcher, spec, poll_s=0.02, on_tick=(tmp_path / "release").touch)
        assert launcher.reattach(tmp_path / "work") == handle
        assert (tmp_path / "work" / "stdout.log").read_text().count("started") == 1
