"""The floating-point estimate by hand, and the facts of a history."""

from dataclasses import replace
from pathlib import Path

import pytest
from training_jobs import MODEL, make_spec

from training.history import History
from training.planning.flops import train_flops
from training.result import Run, percentiles, result_facts
from training.spikes import Spike, SpikeError


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


def _run(losses: list[float], skipped: tuple[int, ...] = (), spikes: tuple[Spike, ...] = ()) -> Run:
    return Run(history=_history(losses, skipped), train_s=1.0, spikes=spikes)


def _spike(step: int, back_to: int | None = None) -> Spike:
    action = "skip" if back_to is None else "rollback"
    return Spike(step=step, action=action, loss=9.0, limit=3.0, back_to=back_to)


def test_losses_of_spikes_and_of_what_they_undid_are_no_result(tmp_path: Path) -> None:
    spikes = (_spike(2), _spike(6, back_to=4))
    run = _run([5, 4, 90, 4, 7, 8, 90, 3], skipped=(2, 4, 5, 6), spikes=spikes)
    facts = result_facts(make_spec(tmp_path, tmp_path), run)
    assert (facts["first_loss"], facts["last_loss"], facts["final_loss"]) == (5.0, 3.0, 3.0)
    assert facts["skipped_steps"] == [2, 4, 5, 6]
    assert [spike["step"] for spike in facts["spikes"]] == [2, 6]
    assert facts["spikes"][1]["back_to"] == 4


def test_a_job_of_spikes_alone_has_no_result(tmp_path: Path) -> None:
    run = _run([9.0], skipped=(0,), spikes=(_spike(0),))
    with pytest.raises(SpikeError, match="every step of the job was a loss spike"):
        result_facts(make_spec(tmp_path, tmp_path), run)


def test_a_loss_that_is_no_number_and_was_dropped_does_not_spoil_the_result(
    tmp_path: Path,
) -> None:
    run = _run([2.0, float("nan"), 1.0], skipped=(1,), spikes=(_spike(1),))
    assert result_facts(make_spec(tmp_path, tmp_path), run)["loss_finite"] is True
    run.history.write_journal(tmp_path / "journal.jsonl", run.spikes)
    text = (tmp_path / "journal.jsonl").read_text()
    assert "NaN" not in text
    assert '"name": "loss_spike", "step": 1' in text


def test_accepted_drift_stands_in_the_result_and_nothing_does_without_it(tmp_path: Path) -> None:
    spec, run = make_spec(tmp_path, tmp_path), _run([1.0])
    assert not {"accepted_drift", "spikes"} & result_facts(spec, run).keys()
    change = {"step": 3, "field": "program.torch", "checkpoint": "1", "spec": "2"}
    drifted = replace(run, accepted_drift=[change])
    assert result_facts(spec, drifted)["accepted_drift"] == [change]


def test_percentiles_are_nearest_ranks() -> None:
    assert percentiles([]) == {"count": 0}
    assert percentiles([3.0, 1.0, 2.0]) == {"count": 3, "p50": 2.0, "p99": 3.0, "max": 3.0}
    hundred = percentiles([float(n) for n in range(1, 101)])
    assert (hundred["p50"], hundred["p99"]) == (50.0, 99.0)


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
    facts = result_facts(spec, _run([9.0] * 18 + [3.0, 1.0], skipped=(4,)))
    assert facts["final_loss"] == 2.0
    assert facts["first_loss"] == 9.0
    assert facts["last_loss"] == 1.0
    assert facts["tokens"] == 200
    assert facts["predicted_tokens"] == 160
    assert facts["skipped_steps"] == [4]


def test_the_final_loss_of_a_short_job_is_its_last(tmp_path: Path) -> None:
    facts = result_facts(make_spec(tmp_path, tmp_path), _run([3.0, 2.0]))
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
