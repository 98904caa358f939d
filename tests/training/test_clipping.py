"""Algorithm 1 of the paper, case by case and against a second writing of it."""

import json

from hypothesis import given
from hypothesis import strategies as st

from training.clipping import StepSkipper
from training.spec import OptimizerSpec


def _skipper(window: int = 3) -> StepSkipper:
    return StepSkipper(OptimizerSpec(skip_window=window))


def _decisions(norms: list[float], window: int = 3) -> list[bool]:
    skipper = _skipper(window)
    return [skipper.accept(norm) for norm in norms]


def test_no_step_is_skipped_before_the_window_is_full() -> None:
    assert _decisions([1.0, 1.0, 99.0, 1.0]) == [True, True, True, True]


def test_the_threshold_is_factor_times_mean_plus_offset() -> None:
    limit = 1.2 * 1.0 + 0.1
    assert _decisions([1, 1, 1, limit]) == [True, True, True, True]
    assert _decisions([1, 1, 1, limit + 1e-6]) == [True, True, True, False]


def test_a_second_spike_in_a_row_is_taken_and_the_count_starts_again() -> None:
    assert _decisions([1, 1, 1, 9, 9, 30, 30]) == [True, True, True, False, True, False, True]


def test_a_skipped_norm_does_not_enter_the_mean() -> None:
    # Were 9 in the mean, 3 would pass as below 1.2 * 11/3 + 0.1.
    assert _decisions([1, 1, 1, 9, 1, 3]) == [True, True, True, False, True, False]


def test_the_window_forgets_the_oldest_norm() -> None:
    assert _decisions([9, 1, 1, 1, 3]) == [True, True, True, True, False]


def test_the_default_window_is_the_papers_hundred() -> None:
    skipper = StepSkipper(OptimizerSpec())
    assert all(skipper.accept(1.0) for _ in range(99))
    assert skipper.accept(50.0)
    assert not skipper.accept(50.0)


@given(st.lists(st.floats(0, 10), max_size=60), st.integers(0, 60))
def test_a_restored_skipper_decides_like_the_one_that_went_on(norms: list[float], cut: int) -> None:
    before = _skipper()
    for norm in norms[:cut]:
        before.accept(norm)
    after = _skipper()
    after.accept(7.0)
    after.restore(json.loads(json.dumps(before.state())))
    assert [before.accept(n) for n in norms[cut:]] == [after.accept(n) for n in norms[cut:]]


@given(st.lists(st.floats(0, 10), max_size=80))
def test_decisions_equal_algorithm_1_written_with_a_plain_list(norms: list[float]) -> None:
    accepted: list[float] = []
    skips, expected = 0, []
    for norm in norms:
        recent = accepted[-3:]
        if len(recent) >= 3 and norm > 1.2 * sum(recent) / 3 + 0.1 and skips < 1:
            skips += 1
            expected.append(False)
        else:
            accepted.append(norm)
            skips = 0
            expected.append(True)
    assert _decisions(norms) == expected
