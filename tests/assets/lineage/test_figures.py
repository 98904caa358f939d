"""Figures that say how they are known, and sums of them."""

from __future__ import annotations

import pytest

from assets.lineage.figures import NOTHING, UNKNOWN, Figure, add, estimated, measured


def test_a_value_that_nobody_knows_is_unknown_and_not_zero() -> None:
    assert measured(None) == estimated(None) == UNKNOWN
    assert UNKNOWN.value is None
    assert measured(0.0).value == 0.0


@pytest.mark.parametrize(
    ("parts", "value", "basis", "num_unknown"),
    [
        ([measured(1), measured(2)], 3.0, "measured", 0),
        ([measured(1), estimated(2)], 3.0, "estimated", 0),
        ([measured(1), UNKNOWN, UNKNOWN], 1.0, "measured", 2),
        ([UNKNOWN], None, "unknown", 1),
        ([NOTHING, NOTHING], None, "none", 0),
        ([NOTHING, UNKNOWN], None, "unknown", 1),
        ([NOTHING, measured(1)], 1.0, "measured", 0),
        ([], None, "none", 0),
        ([Figure(value=2.0, basis="measured", num_unknown=3), UNKNOWN], 2.0, "measured", 4),
    ],
)
def test_a_sum_says_how_its_parts_are_known(
    parts: list[Figure], value: float | None, basis: str, num_unknown: int
) -> None:
    assert add(parts) == Figure(value=value, basis=basis, num_unknown=num_unknown)  # type: ignore[arg-type]


def test_a_product_with_a_factor_is_an_estimate() -> None:
    assert measured(2).times(3) == estimated(6)
    assert UNKNOWN.times(3) == UNKNOWN


def test_bounds_are_scaled_and_added_and_a_part_without_them_stands_for_itself() -> None:
    forecast = estimated(10).between(5, 20)
    assert forecast.times(2) == estimated(20).between(10, 40)
    assert add([forecast, measured(1), UNKNOWN]) == Figure(
        value=11.0, basis="estimated", num_unknown=1, low=6.0, high=21.0
    )
    assert UNKNOWN.between(1, 2) == UNKNOWN


def test_bounds_are_told_only_where_there_are_any() -> None:
    plain = {"value": 10.0, "basis": "estimated", "num_unknown": 0}
    assert estimated(10).to_dict() == plain
    assert estimated(10).between(5, 20).to_dict() == {**plain, "low": 5, "high": 20}
