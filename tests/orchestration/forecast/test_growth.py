"""How times grow: a start does not, compiling is paid once, and bounds hold what happened."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.forecast.growth import (
    COMPILE_CPU_S,
    SPREAD,
    START_CPU_S,
    UNKNOWN_SIZE,
    Growth,
    Sample,
    growth_of_job,
    growth_of_unknown_size,
    growth_of_work,
    line_through,
    time_per_token,
)


def work(spent_s: float, compile_s: float | None, scale: float) -> Growth:
    """Return the seconds that one earlier artifact foretells."""
    sample = Sample(spent_s=spent_s, compile_s=compile_s, scale=scale)
    return growth_of_work([sample], None).times(spent_s)


def near(growth: Growth, low: float, likely: float, high: float) -> None:
    told = (growth.low, growth.likely, growth.high)
    assert told == pytest.approx((low, likely, high), rel=1e-6)


def test_what_takes_no_longer_than_a_start_is_likely_half_start_half_work() -> None:
    assert START_CPU_S == 3.0
    near(work(2.0, 0.0, 49), 2 / SPREAD, 2 * 7, 98 * SPREAD + START_CPU_S)


def test_what_is_beyond_the_start_grows_with_the_work() -> None:
    near(work(103.0, 0.0, 4), 103 / SPREAD, 3 * 2 + 400, 412 * SPREAD + START_CPU_S)
    near(work(103.0, 0.0, 0.25), 25.75 / SPREAD, 3 / 2 + 25, 103 * SPREAD + START_CPU_S)


def test_compiling_is_neither_scaled_nor_expected_again_but_possible() -> None:
    near(work(19.0, 18.0, 9), 1 / SPREAD, 3.0, 9 * SPREAD + START_CPU_S + 18)


def test_what_an_older_record_may_have_spent_on_compiling_is_not_scaled() -> None:
    near(work(19.0, None, 9), 0.0, 19.0, 9 * 19 * SPREAD + START_CPU_S)
    least = 100 - COMPILE_CPU_S
    likely = COMPILE_CPU_S + 3 * 3 + 77 * 9
    near(work(100.0, None, 9), least / SPREAD, likely, 900 * SPREAD + START_CPU_S)


def test_a_line_through_two_sizes_takes_the_start_out() -> None:
    # 10 s and 2 s a unit: 1 unit was made, then 6, and 11 are to come.
    two = [
        Sample(spent_s=22.0, compile_s=0.0, scale=11 / 6),
        Sample(spent_s=32.0, compile_s=20.0, scale=11.0),
    ]
    assert line_through(two) == pytest.approx(32.0)
    assert growth_of_work(two, 32.0).likely == pytest.approx(32 / 22)


@pytest.mark.parametrize(
    ("spent_s", "scale"),
    [(22.0, 1.5), (30.0, 11.0), (1.0, 11.0)],
    ids=["as large", "less work that took longer", "no time to start"],
)
def test_two_that_tell_no_start_give_no_line(spent_s: float, scale: float) -> None:
    two = [
        Sample(spent_s=22.0, compile_s=0.0, scale=11 / 6),
        Sample(spent_s=spent_s, compile_s=0.0, scale=scale),
    ]
    assert line_through(two) is None


def test_other_artifacts_of_the_node_widen_the_bounds() -> None:
    first = Sample(spent_s=10.0, compile_s=0.0, scale=1.0)
    dear = Sample(spent_s=50.0, compile_s=0.0, scale=2.0)
    cheap = Sample(spent_s=4.0, compile_s=0.0, scale=1.0)
    one, all_three = growth_of_work([first], None), growth_of_work([first, dear, cheap], None)
    assert all_three.likely == one.likely == pytest.approx(1.0)
    assert all_three.high * 10 == pytest.approx(100 * SPREAD + START_CPU_S)
    assert all_three.low * 10 == pytest.approx(4 / SPREAD)


def test_work_of_unknown_size_is_as_before_within_wide_bounds() -> None:
    near(growth_of_unknown_size(), 1 / UNKNOWN_SIZE, 1.0, UNKNOWN_SIZE)


def job(**how: float) -> Growth:
    given = {"held_s": 10.0, "steps_s": 6.0, "tokens": 1.0, "operations": 1.0, "reached": 0.2}
    return growth_of_job(device="cpu", **{**given, **how}).times(10.0)


def test_the_start_of_a_job_is_not_scaled_and_its_steps_are() -> None:
    near(job(tokens=80), (4 + 480) / SPREAD, 4 + 480, (4 + 480) * SPREAD)


def test_a_larger_model_takes_longer_for_a_token_by_no_more_than_its_operations() -> None:
    # Ten times the operations at a fifth of the peak: at the peak a token takes twice as long.
    near(time_per_token(10, 0.2, "cpu"), 2.0, 20**0.5, 10.0)
    near(job(operations=10), (4 + 12) / SPREAD, 4 + 6 * 20**0.5, (4 + 60) * SPREAD)


def test_a_job_that_ran_as_fast_as_can_be_grows_with_its_operations() -> None:
    near(time_per_token(10, 0.5, "h200"), 10.0, 10.0, 10.0)
    near(time_per_token(2, 0.35, "h200"), 1.4, 2.8**0.5, 2.0)


def test_a_smaller_model_is_no_slower_and_no_faster_than_its_operations() -> None:
    near(time_per_token(0.25, 0.2, "cpu"), 0.25, 0.5, 1.0)


def test_a_job_whose_steps_nobody_counted_grows_as_a_whole() -> None:
    near(job(steps_s=0.0, tokens=3), 30 / SPREAD, 30.0, 30 * SPREAD)
    near(job(steps_s=12.0, tokens=3), 30 / SPREAD, 30.0, 30 * SPREAD)


@given(
    st.floats(0.001, 1e6),
    st.one_of(st.none(), st.floats(0, 1e6)),
    st.floats(0.001, 1e4),
    st.floats(0, 2),
)
def test_what_is_likely_lies_within_the_bounds(
    spent_s: float, compile_s: float | None, scale: float, reached: float
) -> None:
    for found in (
        work(spent_s, compile_s, scale),
        growth_of_job(
            held_s=spent_s, steps_s=spent_s / 2, tokens=scale, operations=1 / scale,
            reached=reached, device="cpu",
        ),
        time_per_token(scale, reached, "h100"),
        time_per_token(scale, 0.5, "h100"),
    ):  # fmt: skip
        assert 0 <= found.low <= found.likely <= found.high
