"""Requests to stop in real jobs: within the grace, beyond it, repeated, while a commit runs."""

import os
import signal
from pathlib import Path

import pytest
from training_jobs import (
    Job,
    events,
    finish,
    journal,
    make_spec,
    outputs,
    run,
    wait_for_step,
    write_shards,
)


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_shards(tmp_path_factory.mktemp("data") / "shards")


@pytest.fixture(scope="module")
def golden(shards: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return finish(make_spec(tmp_path_factory.mktemp("golden"), shards))


@pytest.mark.slow
@pytest.mark.parametrize(
    "numbers",
    [
        [signal.SIGTERM] * 2,
        [signal.SIGUSR1, signal.SIGTERM],
    ],
)
def test_a_second_request_changes_nothing(
    numbers: list[int], golden: dict[str, bytes], shards: Path, tmp_path: Path
) -> None:
    spec = make_spec(tmp_path, shards, checkpoint_every_steps=1000, log_every_steps=1)
    job = Job(spec)
    wait_for_step(spec, 2)
    for number in numbers:
        os.kill(job.processes[0].pid, number)
    assert job.wait().exit_codes == [143]
    (stopped_at,) = events(spec, "preempted")
    assert finish(spec) == golden
    assert events(spec, "resumed") == [stopped_at]


@pytest.mark.slow
def test_requests_during_a_commit_let_it_end(
    golden: dict[str, bytes], shards: Path, tmp_path: Path
) -> None:
    spec = make_spec(tmp_path, shards, checkpoint_in_background=True, log_every_steps=1, steps=12)
    job = Job(spec, faults=["slow_disk:0.5"])
    wait_for_step(spec, 3)
    for _ in range(3):
        os.kill(job.processes[0].pid, signal.SIGTERM)
    assert job.wait().exit_codes == [143]
    assert not list((tmp_path / "resume").glob(".staging-*"))
    assert finish(spec) == golden
    assert events(spec, "resumed")[0] >= 3


def test_a_grace_too_short_for_a_checkpoint_keeps_the_last_one(
    golden: dict[str, bytes], shards: Path, tmp_path: Path
) -> None:
    spec = make_spec(tmp_path, shards, checkpoint_every_steps=4, log_every_steps=1, grace_s=0.0)
    job = Job(spec)
    wait_for_step(spec, 5)
    os.kill(job.processes[0].pid, signal.SIGTERM)
    ended = job.wait()
    assert ended.exit_codes == [143]
    (line,) = [line for line in journal(spec) if line.get("name") == "preempted"]
    assert line["saved_step"] == line["step"] // 4 * 4 >= 4
    assert f"a new attempt goes on from {line['saved_step']}" in ended.log
    assert finish(spec) == golden
    assert events(spec, "resumed") == [line["saved_step"]]


def test_a_disk_that_is_full_when_asked_to_stop_keeps_the_last_one(
    golden: dict[str, bytes], shards: Path, tmp_path: Path
) -> None:
    every = ",".join(str(step) for step in range(4, 13))
    spec = make_spec(tmp_path, shards, log_every_steps=1, checkpoint_failures_allowed=9)
    job = Job(spec, faults=[f"full_disk:{every}"])
    wait_for_step(spec, 4)
    os.kill(job.processes[0].pid, signal.SIGTERM)
    assert job.wait().exit_codes == [143]
    assert run(spec).exit_codes == [0]
    assert outputs(spec) == golden
    assert events(spec, "resumed") == [3]
