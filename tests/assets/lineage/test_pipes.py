"""What a job says arrives once and whole, however the file is written."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from assets.lineage.pipes import SharedFileReader


class Heard:
    """Stands where Dagster's own handler would."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []

    def handle_message(self, message: dict[str, Any]) -> None:
        self.messages.append(message)

    def wait_for(self, count: int) -> list[dict[str, Any]]:
        deadline = time.monotonic() + 10
        while len(self.messages) < count and time.monotonic() < deadline:
            time.sleep(0.02)
        return self.messages


def _line(number: int) -> str:
    return json.dumps({"method": "log", "number": number}) + "\n"


def test_half_a_line_waits_for_its_other_half(tmp_path: Path) -> None:
    heard = Heard()
    path = tmp_path / "messages.jsonl"
    with (
        SharedFileReader(path).read_messages(heard) as told,  # type: ignore[arg-type]
        path.open("a") as job,
    ):
        assert told["path"] == str(path)
        job.write(_line(1)[:10])
        job.flush()
        time.sleep(0.5)
        assert heard.messages == []
        job.write(_line(1)[10:] + _line(2))
        job.flush()
        assert [m["number"] for m in heard.wait_for(2)] == [1, 2]


def test_a_second_reader_repeats_nothing_and_empties_nothing(tmp_path: Path) -> None:
    path = tmp_path / "messages.jsonl"
    path.write_text(_line(1))
    heard = Heard()
    with SharedFileReader(path).read_messages(heard):  # type: ignore[arg-type]
        with path.open("a") as job:
            job.write(_line(2))
        heard.wait_for(1)
    assert [message["number"] for message in heard.messages] == [2]
    assert path.read_text() == _line(1) + _line(2)


def test_what_is_written_just_before_the_end_is_still_read(tmp_path: Path) -> None:
    path = tmp_path / "messages.jsonl"
    heard = Heard()
    with SharedFileReader(path).read_messages(heard):  # type: ignore[arg-type]
        path.write_text(_line(1))
    assert [message["number"] for message in heard.messages] == [1]


def test_a_line_that_is_no_message_is_passed_over(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "messages.jsonl"
    heard = Heard()
    with SharedFileReader(path).read_messages(heard):  # type: ignore[arg-type]
        path.write_text("{broken\n" + _line(1))
    assert [message["number"] for message in heard.messages] == [1]
    assert "is no message" in caplog.text
