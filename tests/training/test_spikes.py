"""The loss-spike policy: what is a spike, what is done, and that it is the same every time."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.spec import SpikeSpec
from training.spikes import SpikePolicy

NAN = float("nan")


def _feed(policy: SpikePolicy, losses: list[float], first: int = 0) -> list[str]:
    actions = []
    for step, loss in enumerate(losses, start=first):
        actions.append(policy.decide(step, loss))
        if actions[-1] == "take":
            policy.took(loss)
    return actions


def _policy(**fields: object) -> SpikePolicy:
    return SpikePolicy(SpikeSpec(**{"action": "skip", "factor": 2.0, "window": 3, **fields}))  # type: ignore[arg-type]


def test_by_default_only_what_is_no_number_is_a_spike_and_stops() -> None:
    policy = SpikePolicy(SpikeSpec())
    assert _feed(policy, [1.0] * 200 + [1e9, NAN]) == ["take"] * 201 + ["stop"]


@pytest.mark.parametrize("loss", [NAN, math.inf, -math.inf])
def test_what_is_no_number_is_a_spike_from_the_first_step(loss: float) -> None:
    assert _feed(_policy(), [loss]) == ["skip"]


def test_a_loss_is_a_spike_above_factor_times_the_median_of_a_full_window() -> None:
    assert _feed(_policy(), [9, 1, 1, 2]) == ["take"] * 4
    assert _feed(_policy(), [9, 1, 1, 2.01]) == ["take", "take", "take", "skip"]
    assert _feed(_policy(), [1, 1, 99]) == ["take"] * 3


def test_a_skipped_loss_does_not_enter_the_median() -> None:
    assert _feed(_policy(), [1, 1, 1, 9, 9, 2.5]) == ["take"] * 3 + ["skip"] * 3


def test_after_so_many_spikes_the_job_stops() -> None:
    assert _feed(_policy(max_spikes=2), [NAN, NAN, NAN]) == ["skip", "skip", "stop"]


def test_a_rollback_goes_back_to_the_anchor_before_and_skips_where_there_is_none() -> None:
    policy = _policy(action="rollback", anchor_every_steps=4)
    assert [step for step in range(10) if policy.is_anchor(step)] == [4, 8]
    for step in (2, 4, 6):
        policy.decide(step, NAN)
    assert [(s.action, s.back_to) for s in policy.spikes] == [
        ("skip", None),
        ("skip", None),
        ("rollback", 4),
    ]
    assert policy.rolled_back() == [(4, 6)]


def test_a_spike_says_what_the_limit_was() -> None:
    policy = _policy()
    _feed(policy, [1, 1, 1, 5])
    assert policy.spikes[0].facts() == {
        "action": "skip", "loss": 5, "limit": 2.0, "back_to": None,
    }  # fmt: skip
    policy.decide(4, NAN)
    assert policy.spikes[1].loss == "nan"


@given(st.lists(st.floats(0, 10) | st.just(NAN), max_size=60), st.integers(0, 60))
def test_a_restored_policy_decides_like_the_one_that_went_on(losses: list[float], cut: int) -> None:
    whole, before = _policy(max_spikes=5), _policy(max_spikes=5)
    expected = _feed(whole, losses)
    _feed(before, losses[:cut])
    after = _policy(max_spikes=5)
    after.decide(0, NAN)
    after.restore(json.loads(json.dumps(before.state(), allow_nan=False)))
    assert _feed(after, losses[cut:], first=cut) == expected[cut:]
    assert after.spikes == whole.spikes


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"factor": 0.5}, "spikes.factor 0.5 is not above 1"),
        ({"action": "rollback"}, "rollback but anchor_every_steps is 0"),
    ],
)
def test_a_policy_that_makes_no_sense_is_refused(fields: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        SpikeSpec(**fields)  # type: ignore[arg-type]
