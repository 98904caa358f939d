"""The floating-point estimate by hand, and the facts of a history."""

from dataclasses import replace
from pathlib import Path

import pytest
from training_jobs import MODEL, make_spec

from training.history import History
from training.planning.flops import train_flops
from training.result import result_facts


def _history(losses: list[float], skipped: tuple[int, ...] = (), z_loss: float = 0.0) -> History:
    history = History()
    for step, loss in enumerate(losses):
        history.append(
            loss=loss,
            lr=0.5,
            grad_norm=2.0,
            num_tokens=10,
            num_predicted=8,
            accepted=step not in skipped,
            z_loss=z_loss,
        )
    return history


def test_flops_count_matrices_and_visible_keys() -> None:
    # 6,232 parameters, 64 x 16 of them the input embedding. Mean visible keys of 32 tokens:
    # 16.5 without a window; with a window of 8, (1+...+8 + 24 x 8) / 32 = 7.125.
    per_token = 6 * (6232 - 64 * 16) + 12 * (1 * 16 * 16.5 + 2 * 8 * 7.125)
    assert MODEL.num_parameters() == 6232
    assert train_flops(MODEL, context_tokens=32, tokens=100) == pytest.approx(100 * per_token)


def test_a_window_wider_than_the_context_changes_nothing() -> None:
    wide, wider = replace(MODEL, sliding_window=32), replace(MODEL, sliding_window=999)
    assert train_flops(wide, context_tokens=32, tokens=1) == train_flops(
        wider, context_tokens=32, tokens=1
    )


def test_the_final_loss_is_the_mean_of_the_last_tenth(tmp_path: Path) -> None:
    spec = make_spec(tmp_path, tmp_path)
    facts = result_facts(spec, _history([9.0] * 18 + [3.0, 1.0], skipped=(4,)))
    assert facts["final_loss"] == 2.0
    assert facts["first_loss"] == 9.0
    assert facts["last_loss"] == 1.0
    assert facts["tokens"] == 200
    assert facts["predicted_tokens"] == 160
    assert facts["skipped_steps"] == [4]


def test_the_final_loss_of_a_short_job_is_its_last(tmp_path: Path) -> None:
    facts = result_facts(make_spec(tmp_path, tmp_path), _history([3.0, 2.0]))
    assert facts["final_loss"] == 2.0


def test_a_history_is_the_same_after_saving_bit_by_bit(tmp_path: Path) -> None:
    history = _history([0.1, 1 / 3, 1e-300], skipped=(1,))
    history.save(tmp_path / "history.safetensors")
    assert History.load(tmp_path / "history.safetensors") == history


def test_the_published_journal_has_running_tokens_and_no_times(tmp_path: Path) -> None:
    lines = list(_history([2.0, 1.0], skipped=(1,)).lines())
    assert [line.get("train/tokens") for line in lines] == [10, 20, None]
    assert lines[2] == {"kind": "event", "name": "step_skipped", "step": 1}
    assert not any("tokens_per_s" in key for line in lines for key in line)


def test_z_loss_is_published_where_there_is_one() -> None:
    assert not any("train/z_loss" in line for line in _history([2.0]).lines())
    (line,) = _history([2.0], z_loss=0.25).lines()
    assert line["train/z_loss"] == 0.25
