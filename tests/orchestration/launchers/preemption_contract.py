"""What every launcher promises of a job that somebody else than its user makes stop.

The adapter's class provides the fixtures `launcher` and `preempt`, which does to the current
attempt's ranks what its scheduler does when it wants their place.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import dagster as dg
import pytest
from contract import ToyJobs, wait_until, wait_until_ended

from assets.lineage.pipes import SharedFileReader
from assets.ports import JobFailed, JobHandle, JobSpec, JobState, Launcher
from orchestration.launchers.wait import run_and_wait
from training.main import EXIT_PREEMPTED

Preempt = Callable[[JobHandle], None]
Make = Callable[..., JobSpec]


class Preempting:
    """Called at every tick: preempts the job at each of its first starts, once it listens."""

    def __init__(
        self, launcher: Launcher, preempt: Preempt, out: Path, *, times: int, ranks: int = 1
    ) -> None:
        self._launcher, self._preempt, self._left = launcher, preempt, times
        self._out, self._ready = out, [out / f"ready-{rank}" for rank in range(ranks)]

    def __call__(self) -> None:
        if self._left and all(path.exists() for path in self._ready):
            handle = self._launcher.reattach(self._out / "work")
            assert handle is not None
            for path in self._ready:
                path.unlink()
            self._left -= 1
            self._preempt(handle)


def starts(tmp_path: Path) -> int:
    """Return how often rank 0 was started, over all attempts."""
    logs = (tmp_path / "work").rglob("stdout.log")
    return sum(log.read_text().count("rank 0 of") for log in logs)


class PreemptionContract(ToyJobs):
    def test_a_preempted_job_is_neither_failed_nor_cancelled_and_has_saved(
        self, launcher: Launcher, preempt: Preempt, make_spec: Make, tmp_path: Path
    ) -> None:
        handle = launcher.submit(make_spec(all={"do": "resume", "code": EXIT_PREEMPTED}))
        wait_until((tmp_path / "ready-0").exists, "the rank")
        preempt(handle)
        status = wait_until_ended(launcher, handle)
        assert (status.state, status.preemptions) == (JobState.PREEMPTED, 1), status.detail
        assert (tmp_path / "saved-0").exists()
        assert starts(tmp_path) == 1

    def test_a_preempted_job_is_started_again_and_goes_on_from_what_it_saved(
        self, launcher: Launcher, preempt: Preempt, make_spec: Make, tmp_path: Path
    ) -> None:
        told: list[str] = []
        spec = replace(
            make_spec(2, all={"do": "resume", "code": EXIT_PREEMPTED}), max_preemptions=1
        )
        preempting = Preempting(launcher, preempt, tmp_path, times=1, ranks=2)
        run_and_wait(launcher, spec, poll_s=0.1, on_tick=preempting, say=told.append)
        logs = "".join(p.read_text() for p in (tmp_path / "work").rglob("stdout.log"))
        assert "rank 0 goes on from what it saved" in logs
        assert starts(tmp_path) == 2
        [line] = told
        assert "toy-1" in line and "preempted" in line and "1 of at most once" in line

    def test_the_dagster_run_hears_both_starts_and_of_the_preemption_between(
        self, launcher: Launcher, preempt: Preempt, make_spec: Make, tmp_path: Path
    ) -> None:
        action = {"do": "resume", "code": EXIT_PREEMPTED, "reports": True}
        spec = replace(make_spec(all=action), max_preemptions=1)
        preempting = Preempting(launcher, preempt, tmp_path, times=1)

        @dg.asset
        def trained(context) -> dg.MaterializeResult:  # type: ignore[no-untyped-def]
            (tmp_path / "work").mkdir()
            reader = SharedFileReader(tmp_path / "work" / "pipes-messages.jsonl")
            with dg.open_pipes_session(
                context=context,
                context_injector=dg.PipesEnvContextInjector(),
                message_reader=reader,
            ) as session:
                env = {**spec.env, **session.get_bootstrap_env_vars()}
                run_and_wait(
                    launcher,
                    replace(spec, env=env),
                    poll_s=0.1,
                    on_tick=preempting,
                    say=context.log.warning,
                )
            return dg.MaterializeResult()

        with warnings.catch_warnings(), dg.DagsterInstance.ephemeral() as instance:
            warnings.simplefilter("ignore")  # Dagster's Pipes code calls previews of its own
            result = dg.materialize([trained], instance=instance)
            told = [entry.user_message for entry in instance.all_logs(result.run_id)]
        assert told.count("said by rank 0") == 2
        assert sum("preempted" in line and "1 of at most once" in line for line in told) == 1
        assert not [line for line in told if "unexpected message" in line]

    def test_a_job_without_a_handler_is_started_again_too(
        self, launcher: Launcher, preempt: Preempt, make_spec: Make, tmp_path: Path
    ) -> None:
        spec = replace(make_spec(all={"do": "wait"}), max_preemptions=1)
        preempting = Preempting(launcher, preempt, tmp_path, times=1)

        def release_the_second() -> None:
            preempting()
            if starts(tmp_path) == 2:
                (tmp_path / "release").touch()

        run_and_wait(launcher, spec, poll_s=0.1, on_tick=release_the_second)
        assert starts(tmp_path) == 2

    def test_a_job_is_preempted_no_more_often_than_it_may_be(
        self, launcher: Launcher, preempt: Preempt, make_spec: Make, tmp_path: Path
    ) -> None:
        spec = replace(make_spec(all={"do": "trap", "code": EXIT_PREEMPTED}), max_preemptions=2)
        preempting = Preempting(launcher, preempt, tmp_path, times=9)
        told: list[str] = []
        with pytest.raises(
            JobFailed, match=r"job preempted 3 times, and MATERIA_MAX_PREEMPTIONS=2 allows no new"
        ):
            run_and_wait(launcher, spec, poll_s=0.1, on_tick=preempting, say=told.append)
        assert starts(tmp_path) == 3
        assert [line.partition(" of at most ")[0][-1] for line in told] == ["1", "2"]

    def test_a_cancel_stays_a_cancel_however_many_starts_are_left(
        self, launcher: Launcher, make_spec: Make, tmp_path: Path
    ) -> None:
        spec = replace(make_spec(all={"do": "trap", "code": EXIT_PREEMPTED}), max_preemptions=9)
        handle = launcher.submit(spec)
        wait_until((tmp_path / "ready-0").exists, "the rank")
        launcher.cancel(handle)
        status = launcher.poll(handle)
        assert (status.state, status.preemptions) == (JobState.CANCELLED, 0)
        assert (tmp_path / "saved-0").exists()
        assert starts(tmp_path) == 1

    def test_a_job_preempted_before_is_cancelled_like_any_other(
        self, launcher: Launcher, preempt: Preempt, make_spec: Make, tmp_path: Path
    ) -> None:
        class Interrupt(BaseException):
            pass

        preempting = Preempting(launcher, preempt, tmp_path, times=1)

        def interrupt_the_second() -> None:
            preempting()
            if starts(tmp_path) == 2 and (tmp_path / "ready-0").exists():
                raise Interrupt

        spec = replace(make_spec(all={"do": "trap", "code": EXIT_PREEMPTED}), max_preemptions=9)
        with pytest.raises(Interrupt):
            run_and_wait(launcher, spec, poll_s=0.1, on_tick=interrupt_the_second)
        handle = launcher.reattach(tmp_path / "work")
        assert handle is not None
        assert launcher.poll(handle).state is JobState.CANCELLED
        assert starts(tmp_path) == 2

    def test_a_fault_is_not_taken_for_a_preemption(
        self, launcher: Launcher, make_spec: Make, tmp_path: Path
    ) -> None:
        spec = replace(
            make_spec(2, **{"0": {"do": "trap", "code": EXIT_PREEMPTED},
                            "1": {"do": "fail", "code": 7, "after_s": 1, "says": "no data"}}),
            max_preemptions=9,
        )  # fmt: skip
        with pytest.raises(JobFailed, match="rank 1 of 2 ended with exit code 7"):
            run_and_wait(launcher, spec, poll_s=0.1)
        assert starts(tmp_path) == 1
