"""Costs from manifests: what is measured, what follows from factors, what nobody knows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from assets.lineage.cost import CostReport, cost_of, cost_report, job_was_run
from assets.lineage.cost_picture import draw_costs
from assets.lineage.cost_text import columns_of, markdown, told
from assets.lineage.figures import NOTHING, UNKNOWN, Figure, estimated, measured
from assets.lineage.manifest import Cost
from tests.assets.lineage.costs import factors, manifest

TRAINED = Cost(tokens=1000, flops=1e12, wall_s=3600.0, device_s=3000.0)


def test_work_without_a_job_costs_its_cores(tmp_path: Path) -> None:
    made = manifest(tmp_path, cpu_s=7200.0, ranks=0, device_s=0.0, attempts=0)
    own = cost_of(made, factors()).own
    assert (own.wall_s, own.cpu_hours) == (measured(60), measured(2))
    assert own.device_hours == measured(0)
    # Two hours of 10 W, twice that with the data centre; 100 g of CO2 a kWh.
    assert own.energy_kwh == estimated(0.04)
    assert own.co2_kg.value == pytest.approx(0.004)
    assert own.price == estimated(2)
    assert own.tokens == own.flops == own.device_energy_kwh == NOTHING


def test_a_job_on_accelerators_costs_the_hours_they_were_held(tmp_path: Path) -> None:
    made = manifest(
        tmp_path, "checkpoints/stage1", cost=TRAINED, cpu_s=60.0, device="NVIDIA H200", ranks=2,
        device_s=7200.0, energy_j=1.8e6, attempts=1,
    )  # fmt: skip
    found = cost_of(made, factors())
    assert found.device == "h200"
    assert found.own.device_hours == measured(2)
    assert found.own.device_energy_kwh == measured(0.5)
    # Half a kWh by the counters, 2 hours of 300 W around, twice that with the data centre.
    assert found.own.energy_kwh.value == pytest.approx(2 * (0.5 + 0.6))
    assert found.own.energy_kwh.basis == "estimated"
    assert found.own.price == estimated(8)
    assert (found.own.tokens, found.own.flops) == (measured(1000), estimated(1e12))


def test_energy_that_no_counter_has_told_is_that_of_the_design(tmp_path: Path) -> None:
    made = manifest(
        tmp_path, "checkpoints/stage1", cost=TRAINED, cpu_s=60.0, device="NVIDIA H200", ranks=1,
        device_s=3600.0, attempts=1,
    )  # fmt: skip
    own = cost_of(made, factors()).own
    assert own.device_energy_kwh == UNKNOWN
    assert own.energy_kwh.value == pytest.approx(2 * 0.8)


def test_a_job_on_a_processor_costs_its_cores(tmp_path: Path) -> None:
    made = manifest(
        tmp_path, "checkpoints/stage1", cost=TRAINED, cpu_s=3600.0, device="cpu", ranks=1,
        device_s=4000.0, attempts=1,
    )  # fmt: skip
    own = cost_of(made, factors()).own
    assert (own.price, own.device_energy_kwh) == (estimated(1), NOTHING)


@pytest.mark.parametrize(
    ("device", "default", "price"),
    [("Tesla T4", "", None), ("", "", None), ("", "h200", 4.0)],
    ids=["not in the table", "nobody said", "the setting says"],
)
def test_a_device_without_a_price_leaves_the_money_unknown(
    tmp_path: Path, device: str, default: str, price: float | None
) -> None:
    made = manifest(
        tmp_path, "checkpoints/stage1", cost=TRAINED, cpu_s=1.0, device=device, ranks=1,
        device_s=3600.0, attempts=1,
    )  # fmt: skip
    own = cost_of(made, factors(default)).own
    assert own.price.value == price
    assert own.energy_kwh.basis == ("unknown" if price is None else "estimated")


def test_an_older_record_tells_its_steps_and_its_time_and_the_rest_is_unknown(
    tmp_path: Path,
) -> None:
    trained = cost_of(manifest(tmp_path, "checkpoints/stage1", cost=TRAINED), factors()).own
    assert trained.device_hours == measured(3000 / 3600)
    assert trained.cpu_hours == trained.price == trained.energy_kwh == UNKNOWN
    cleaned = cost_of(manifest(tmp_path), factors()).own
    assert cleaned.device_hours == measured(0)
    assert cleaned.cpu_hours == cleaned.price == UNKNOWN
    judged = manifest(tmp_path, "reports/medical", cost=Cost(flops=1e9, wall_s=1))
    assert job_was_run(judged)
    assert cost_of(judged, factors()).own.device_hours == UNKNOWN


def report(folder: Path) -> CostReport:
    usage: dict[str, Any] = {"cpu_s": 3600.0, "ranks": 0, "device_s": 0.0, "attempts": 0}
    days = iter(range(9, 0, -1))
    chain = [
        manifest(folder / "a", "releases/release", **usage),
        manifest(folder / "b", "checkpoints/stage1", cost=TRAINED),
        manifest(folder / "c", "corpora/raw", **usage),
        manifest(folder / "d", "corpora/raw", **usage),
    ]
    chain = [replace(made, finished_at=f"2026-01-0{next(days)}") for made in chain]
    return cost_report(chain, factors())


def test_inherited_is_everything_but_the_artifact_itself(tmp_path: Path) -> None:
    found = report(tmp_path)
    assert found.artifacts[0].node == "releases/release"
    assert found.own.cpu_hours == measured(1)
    assert found.inherited.cpu_hours == Figure(value=2.0, basis="measured", num_unknown=1)
    assert found.total.price == Figure(value=3.0, basis="estimated", num_unknown=1)
    assert [(node.node, node.num_artifacts) for node in found.nodes] == [
        ("corpora/raw", 2), ("checkpoints/stage1", 1), ("releases/release", 1),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("figure", "text"),
    [
        (measured(1234.5), "1,234"),
        (estimated(0.0123456), "~0.0123"),
        (measured(0.0), "0"),
        (UNKNOWN, "?"),
        (NOTHING, ""),
        (Figure(value=1.0, basis="estimated", num_unknown=2), "~1 +?"),
    ],
)
def test_marks_say_how_a_figure_is_known(figure: Figure, text: str) -> None:
    assert told("price", figure) == text


def test_the_page_of_an_asset_gets_a_table_and_bars(tmp_path: Path) -> None:
    table = markdown(report(tmp_path), "EUR")
    assert "| price, EUR | ~1 | ~2 +? | ~3 +? |" in table
    assert "devices, Wh |  | ? | ? |" in table
    assert draw_costs(report(tmp_path), "EUR").startswith(b"\x89PNG")


def test_a_column_has_the_largest_unit_in_which_its_sum_is_at_least_one(tmp_path: Path) -> None:
    small = cost_report([manifest(tmp_path, cpu_s=1800.0, ranks=0, device_s=0.0)], factors())
    titles = {name: title for name, (title, _) in columns_of(small.total, "EUR").items()}
    assert titles["cpu_hours"] == "core s"
    assert titles["energy_kwh"] == "energy, Wh"
    large = columns_of(report(tmp_path).total, "EUR")
    assert large["cpu_hours"] == ("core hours", 1)
    assert large["wall_s"][0] == "time, h"


def test_bars_show_time_when_nobody_knows_any_money(tmp_path: Path) -> None:
    old = cost_report([manifest(tmp_path)], factors())
    assert old.total.price == UNKNOWN
    assert draw_costs(old, "EUR").startswith(b"\x89PNG")
