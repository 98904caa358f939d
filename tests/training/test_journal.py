"""Lines, durability and the cut that a resume makes."""

import json
import resource
from pathlib import Path

import pytest

from training.journal import Journal, JournalError


def _lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_metrics_and_events_are_json_lines(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "new" / "journal.jsonl")
    journal.metrics(3, {"train/loss": 0.1})
    journal.event("checkpoint", 4, note="x")
    journal.close()
    assert _lines(tmp_path / "new" / "journal.jsonl") == [
        {"kind": "metrics", "step": 3, "train/loss": 0.1},
        {"kind": "event", "name": "checkpoint", "step": 4, "note": "x"},
    ]


def test_a_resume_cuts_the_journal_where_the_checkpoint_was_made(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    journal = Journal(path)
    journal.metrics(0, {"train/loss": 2.0})
    length = journal.sync()
    journal.metrics(1, {"train/loss": 1.0})
    journal.close()
    resumed = Journal(path, resume_at_bytes=length)
    resumed.metrics(1, {"train/loss": 1.0})
    resumed.close()
    assert [line["step"] for line in _lines(path)] == [0, 1]


def test_a_half_written_last_line_is_cut_with_the_rest(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_bytes(b'{"kind": "metrics", "st')
    Journal(path).close()
    assert path.read_bytes() == b""


def test_synced_lines_can_be_read_by_others(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    journal.metrics(0, {"train/loss": 2.0})
    assert journal.sync() == len((tmp_path / "journal.jsonl").read_bytes()) > 0
    journal.close()


def test_a_journal_shorter_than_its_checkpoint_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_bytes(b"{}\n")
    with pytest.raises(JournalError, match="has 3 bytes, the checkpoint saw 10: restore it"):
        Journal(path, resume_at_bytes=10)


def test_a_value_that_is_not_json_is_refused(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    with pytest.raises(ValueError, match="not JSON compliant"):
        journal.metrics(0, {"train/loss": float("nan")})
    journal.close()


def test_a_journal_that_cannot_grow_says_what_to_do(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    journal.metrics(0, {"train/loss": 2.0})
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, hard))
    try:
        with pytest.raises(JournalError, match=r"journal\.jsonl cannot be written .*make room"):
            journal.sync()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    journal.close()
    assert _lines(tmp_path / "journal.jsonl")[0]["step"] == 0
