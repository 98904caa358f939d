"""Every point of a journal reaches the tracker once, whatever happens in between."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.journal_projection import (
    BATCH_POINTS,
    project_journal,
    read_points,
)
from orchestration.pending import Buffered
from training.journal import Journal


class Killed(BaseException):
    """Stands for a SIGKILL of the projecting process."""


class Tracker:
    """A sink in memory that can be down, lose its answer, store late, or be killed after storing.

    Like MLflow it stores an equal row once.
    """

    def __init__(self, run_id: str = "run-1") -> None:
        self.run_id = run_id
        self.stored: list[Buffered] = []
        self.late: list[Buffered] = []
        self.aside: list[tuple[str, str]] = []
        self.is_behind = False
        self.mood = "up"

    def send(self, rows: Sequence[Buffered]) -> bool:
        assert len(rows) <= BATCH_POINTS
        if self.mood == "down":
            return False
        if self.mood == "late":
            self.late += rows
            return False
        self.store([*rows, *self.late])
        if self.mood == "killed":
            raise Killed
        return self.mood != "answer lost"

    def store(self, rows: Sequence[Buffered]) -> None:
        self.stored += [row for row in dict.fromkeys(rows) if row not in self.stored]

    def fall_behind(self) -> None:
        self.is_behind = True

    def set_aside(self, record: str, reason: str) -> None:
        self.aside.append((record, reason))


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
    return [step for key, _, _, step in tracker.stored if key == "train/loss"]


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
    key, value, _, step = tracker.stored[-1]
    assert (key, value, step) == ("train/loss", 0.5, 3)
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


@pytest.mark.parametrize("mood", ["answer lost", "killed", "late"])
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
    assert len(tracker.aside) == 3


def test_a_batch_that_arrives_after_its_repetition_is_stored_once(
    journal: Path, state: Path
) -> None:
    tracker = Tracker()
    write_steps(journal, 1, 2)
    tracker.mood = "late"
    project_journal(journal, tracker, state)
    tracker.mood = "up"
    time.sleep(0.002)  # a new time would make the repetition another point
    write_steps(journal, 3)
    project_journal(journal, tracker, state)
    assert losses(tracker) == [1, 2, 3]


@pytest.mark.parametrize(
    ("line", "record", "reason"),
    [
        (b'{"kind": "metrics", "step": 2, "train/loss": NaN}', "train/loss = nan", "finite"),
        (b'{"kind": "metrics", "step": 2, "train/loss": 1e999}', "train/loss = inf", "finite"),
        (
            b'{"kind": "metrics", "step": 2, "train/loss": 1' + b"0" * 400 + b"}",
            "train/loss = 1000",
            "finite",
        ),
        (b'{"kind": "metrics", "step": -1, "train/loss": 1.0}', "journal line", "whole number"),
        (b'{"kind": "metrics", "step": 1.5, "train/loss": 1.0}', "journal line", "whole number"),
        (
            b'{"kind": "metrics", "step": 9223372036854775808, "train/loss": 1.0}',
            "journal line",
            "whole number",
        ),
        (b"[" * 100_000, "journal line", "no record of metrics"),
    ],
)
def test_a_point_no_tracker_can_take_is_set_aside_with_the_reason(
    journal: Path, state: Path, line: bytes, record: str, reason: str
) -> None:
    tracker = Tracker()
    write_steps(journal, 1)
    with journal.open("ab") as file:
        file.write(line + b"\n")
    write_steps(journal, 3)
    project_journal(journal, tracker, state)
    project_journal(journal, tracker, state)
    assert losses(tracker) == [1, 3]
    ((what, why),) = tracker.aside
    assert record in what and reason in why


@pytest.mark.parametrize("content", ["{", "[]", '{"run_id": "run-1"}'])
def test_a_state_file_that_cannot_be_read_costs_the_live_curve_and_not_the_job(
    journal: Path, state: Path, content: str, caplog: pytest.LogCaptureFixture
) -> None:
    tracker = Tracker()
    write_steps(journal, 1)
    state.write_text(content)
    assert project_journal(journal, tracker, state) == 0
    assert tracker.stored == []
    assert tracker.is_behind
    assert "`materia sync` sends it" in caplog.text


def test_a_run_that_was_deleted_gets_the_whole_curve_again_under_its_new_id(
    journal: Path, state: Path
) -> None:
    tracker = Tracker()
    write_steps(journal, 1, 2)
    project_journal(journal, tracker, state)
    tracker.stored, tracker.run_id = [], "run-2"
    write_steps(journal, 3)
    project_journal(journal, tracker, state)
    assert losses(tracker) == [1, 2, 3]


def test_large_journals_go_in_bounded_batches(journal: Path, state: Path) -> None:
    tracker = Tracker()
    write_steps(journal, *range(1, 2001))
    assert project_journal(journal, tracker, state) == 4000
    assert losses(tracker) == list(range(1, 2001))
    assert len(read_points(journal)) == 4000


@settings(max_examples=30, deadline=None)
@given(
    moods=st.lists(
        st.sampled_from(["up", "down", "answer lost", "killed", "late", "resume"]), max_size=12
    )
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
