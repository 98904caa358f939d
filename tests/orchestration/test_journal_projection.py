"""Every point of a journal reaches the tracker once, whatever happens in between."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.journal_projection import (
    BATCH_POINTS,
    Point,
    project_journal,
    read_points,
)
from training.journal import Journal


class Killed(BaseException):
    """Stands for a SIGKILL of the projecting process."""


class Tracker:
    """A sink in memory that can be down, lose its answer, or be killed after storing."""

    def __init__(self, run_id: str = "run-1") -> None:
        self.run_id = run_id
        self.stored: list[tuple[str, int, float]] = []
        self.mood = "up"

    def send(self, points: Sequence[Point]) -> bool:
        assert len(points) <= BATCH_POINTS
        if self.mood == "down":
            return False
        self.stored += [(point.key, point.step, point.value) for point in points]
        if self.mood == "killed":
            raise Killed
        return self.mood != "answer lost"

    def last_steps(self, keys: Collection[str]) -> Mapping[str, int] | None:
        if self.mood == "down":
            return None
        have = {key: [step for k, step, _ in self.stored if k == key] for key in keys}
        return {key: max(steps) for key, steps in have.items() if steps}


def write_steps(path: Path, *steps: int, resume_at_bytes: int | None = None) -> int:
    size = path.stat().st_size if path.exists() else 0
    journal = Journal(path, resume_at_bytes=size if resume_at_bytes is None else resume_at_bytes)
    for step in steps:
        journal.metrics(step, {"train/loss": 10.0 - step, "train/tokens_per_s": 7.0 * step})
    journal.event("checkpoint", steps[-1] if steps else 0)
    size = journal.sync()
    journal.close()
    return size


def losses(tracker: Tracker) -> list[int]:
    return [step for key, step, _ in tracker.stored if key == "train/loss"]


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "journal.jsonl"


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "projection.json"


def test_only_new_complete_lines_are_sent(journal: Path, state: Path) -> None:
    tracker = Tracker()
    write_steps(journal, 1, 2)
    with journal.open("ab") as file:
        file.write(b'{"kind": "metrics", "step": 3, "train/lo')
    assert project_journal(journal, tracker, state) == 4
    assert project_journal(journal, tracker, state) == 0
    with journal.open("ab") as file:
        file.write(b'ss": 0.5}\n')
    assert project_journal(journal, tracker, state) == 1
    assert tracker.stored[-1] == ("train/loss", 3, 0.5)
    assert losses(tracker) == [1, 2, 3]


def test_a_journal_that_does_not_exist_yet_sends_nothing(journal: Path, state: Path) -> None:
    assert project_journal(journal, Tracker(), state) == 0
    assert not state.exists()


def test_an_outage_delays_points_and_loses_none(journal: Path, state: Path) -> None:
    tracker = Tracker()
    write_steps(journal, 1)
    project_journal(journal, tracker, state)
    tracker.mood = "down"
    for step in range(2, 40):
        write_steps(journal, step)
        assert project_journal(journal, tracker, state) == 0
    tracker.mood = "up"
    project_journal(journal, tracker, state)
    assert losses(tracker) == list(range(1, 40))


@pytest.mark.parametrize("mood", ["answer lost", "killed"])
def test_a_batch_stored_without_an_answer_is_not_sent_again(
    journal: Path, state: Path, mood: str
) -> None:
    tracker = Tracker()
    write_steps(journal, 1, 2)
    tracker.mood = mood
    try:
        assert project_journal(journal, tracker, state) == 0
    except Killed:
        assert mood == "killed"
    tracker.mood = "up"
    write_steps(journal, 3)
    project_journal(journal, tracker, state)
    assert losses(tracker) == [1, 2, 3]


def test_a_journal_cut_back_by_a_resume_repeats_no_step(journal: Path, state: Path) -> None:
    tracker = Tracker()
    at_checkpoint = write_steps(journal, 1, 2)
    write_steps(journal, 3, 4)
    project_journal(journal, tracker, state)
    write_steps(journal, 3, 4, 5, resume_at_bytes=at_checkpoint)
    with journal.open("ab") as file:
        file.write(b'{"kind": "event", "name": "resumed", "step": 2}\n' * 20)
    write_steps(journal, 6)
    project_journal(journal, tracker, state)
    assert losses(tracker) == [1, 2, 3, 4, 5, 6]


def test_a_journal_that_is_still_shorter_after_a_resume_waits(journal: Path, state: Path) -> None:
    tracker = Tracker()
    at_checkpoint = write_steps(journal, 1)
    write_steps(journal, 2, 3)
    project_journal(journal, tracker, state)
    write_steps(journal, resume_at_bytes=at_checkpoint)
    assert project_journal(journal, tracker, state) == 0
    write_steps(journal, 2, 3, 4)
    project_journal(journal, tracker, state)
    assert losses(tracker) == [1, 2, 3, 4]


def test_a_new_run_gets_the_whole_curve(journal: Path, state: Path) -> None:
    write_steps(journal, 1, 2)
    project_journal(journal, Tracker("run-1"), state)
    second = Tracker("run-2")
    project_journal(journal, second, state)
    assert losses(second) == [1, 2]


def test_a_damaged_line_is_skipped_with_a_warning_and_the_rest_flows(
    journal: Path, state: Path, caplog: pytest.LogCaptureFixture
) -> None:
    tracker = Tracker()
    write_steps(journal, 1)
    with journal.open("ab") as file:
        file.write(b"\xff\x00 not a record\n[1]\n" + b'{"kind": "metrics"}\n')
    write_steps(journal, 2)
    project_journal(journal, tracker, state)
    assert losses(tracker) == [1, 2]
    assert caplog.text.count("skipped a line that is no record") == 3


def test_large_journals_go_in_bounded_batches(journal: Path, state: Path) -> None:
    tracker = Tracker()
    write_steps(journal, *range(1, 2001))
    assert project_journal(journal, tracker, state) == 4000
    assert losses(tracker) == list(range(1, 2001))
    assert len(read_points(journal)) == 4000


@settings(max_examples=30, deadline=None)
@given(
    moods=st.lists(st.sampled_from(["up", "down", "answer lost", "killed", "resume"]), max_size=12)
)
def test_any_sequence_of_faults_ends_with_each_step_once(
    tmp_path_factory: pytest.TempPathFactory, moods: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("faults")
    journal, state, tracker = folder / "journal.jsonl", folder / "state.json", Tracker()
    step, checkpoint = 0, (0, 0)
    for mood in moods:
        if mood == "resume":
            step = checkpoint[0]
            write_steps(journal, resume_at_bytes=checkpoint[1])
            continue
        tracker.mood = mood
        checkpoint = (step, write_steps(journal))
        write_steps(journal, step + 1, step + 2)
        step += 2
        try:
            project_journal(journal, tracker, state)
        except Killed:
            assert mood == "killed"
    tracker.mood = "up"
    project_journal(journal, tracker, state)
    expected = [json.loads(line) for line in journal.read_text().splitlines()] if moods else []
    wanted = sorted({record["step"] for record in expected if record["kind"] == "metrics"})
    sent = losses(tracker)
    assert len(sent) == len(set(sent))
    assert set(wanted) <= set(sent)
