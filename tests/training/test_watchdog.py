"""A rank without progress ends itself, with the stacks that say where."""

import os
import re
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from training_jobs import Job, finish, make_spec, write_shards

from training.watchdog import EXIT_HUNG, Watchdog


def _run(body: str) -> subprocess.CompletedProcess[str]:
    program = "import ctypes, time\nfrom training.watchdog import Watchdog\n" + textwrap.dedent(
        body
    )
    return subprocess.run(
        [sys.executable, "-c", program],
        cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


def test_a_hang_ends_with_its_own_code_and_the_stacks_of_all_threads() -> None:
    ended = _run(
        """
        def stuck_in_a_collective():
            time.sleep(60)

        with Watchdog(0.3).watching() as watchdog:
            watchdog.beat("step 7")
            stuck_in_a_collective()
        """
    )
    assert ended.returncode == EXIT_HUNG
    assert "error: no progress for" in ended.stderr
    assert "while step 7" in ended.stderr
    assert "stuck_in_a_collective" in ended.stderr


def test_a_hang_that_holds_the_interpreter_ends_too() -> None:
    ended = _run(
        """
        with Watchdog(0.3).watching():
            ctypes.PyDLL(None).sleep(60)
        """
    )
    assert ended.returncode == 1
    assert "Timeout" in ended.stderr


def test_a_job_that_makes_progress_is_left_alone() -> None:
    ended = _run(
        """
        with Watchdog(0.5).watching() as watchdog:
            for step in range(8):
                time.sleep(0.1)
                watchdog.beat(f"step {step}")
        print("done")
        """
    )
    assert (ended.returncode, ended.stdout) == (0, "done\n"), ended.stderr


def test_slow_steps_raise_the_limit_and_quick_ones_do_not_lower_it() -> None:
    with Watchdog(5.0).watching() as watchdog:
        watchdog.beat("step 1", step_s=0.01)
        assert watchdog.limit_s == 5.0
        watchdog.beat("step 2", step_s=2.0)
        assert watchdog.limit_s == 20.0


def test_a_limit_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="hang_after_s 0 is not above 0"):
        Watchdog(0)


@pytest.mark.slow
def test_a_stopped_rank_of_two_is_noticed_by_the_other_within_the_limit(tmp_path: Path) -> None:
    """F10: SIGSTOP; and the job goes on exactly when it is started again."""
    shards = write_shards(tmp_path / "shards")
    pair = {"world_size": 2, "zero_stage": 2}
    expected = finish(make_spec(tmp_path / "whole", shards, **pair))
    spec = make_spec(tmp_path / "hung", shards, hang_after_s=5.0, **pair)
    job = Job(spec, faults=["hang_at:1@7"])
    job.processes[0].join(120)
    assert job.processes[0].exitcode == EXIT_HUNG
    os.kill(job.processes[1].pid, signal.SIGKILL)
    ended = job.wait()
    assert ended.exit_codes == [EXIT_HUNG, -signal.SIGKILL]
    noticed = re.search(r"no progress for (\d+) s while step 7 \(limit 5 s\)", ended.log)
    assert noticed, ended.log
    assert 5 <= int(noticed[1]) <= 15
    assert "_backward" in ended.log or "all_reduce" in ended.log
    assert finish(spec) == expected
