"""The limit: which forecasts pass, and what is said of one that does not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from assets.lineage.figures import ALL_UNKNOWN, NOTHING, Figures, estimated, total
from orchestration.cost_settings import Limit
from orchestration.forecast.forecast import Expected, Forecast
from orchestration.forecast.gate import ForecastGate, judge, sentence
from orchestration.jobs import targets_of
from tests.orchestration.forecast.recorded import Recorded


def one(key: str, price: float | None, hours: float = 2.0, *, has_job: bool = True) -> Expected:
    known = Figures(
        wall_s=estimated(7200), cpu_hours=estimated(0.5), device_hours=estimated(hours),
        tokens=NOTHING, flops=NOTHING, device_energy_kwh=NOTHING, energy_kwh=estimated(1),
        co2_kg=estimated(1), price=estimated(price),
    )  # fmt: skip
    return Expected(
        key=key, node=key, fingerprint="f", has_job=has_job, device="h200",
        figures=ALL_UNKNOWN if price is None else known, basis="",
    )  # fmt: skip


def forecast(*artifacts: Expected) -> Forecast:
    return Forecast(
        artifacts=artifacts, num_present=0, unresolved=(),
        total=total(each.figures for each in artifacts),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("limit", "reason"),
    [
        (Limit(), ""),
        (Limit(price=20), ""),
        (Limit(price=10), ""),
        (Limit(price=9.5), "USD 10 is above the limit of USD 9.5 (MATERIA_MAX_COST, --max-cost)."),
        (Limit(device_hours=4), ""),
        (
            Limit(device_hours=1),
            "4 device hours are above the limit of 1 (MATERIA_MAX_DEVICE_HOURS, --max-hours).",
        ),
    ],
)
def test_a_forecast_is_refused_above_either_limit(limit: Limit, reason: str) -> None:
    verdict = judge(forecast(one("a", 4), one("b", 6)), limit, "USD")
    assert verdict.forecast in verdict.refusal or not reason
    assert verdict.refusal.endswith(reason)
    assert bool(verdict.refusal) is bool(reason)


def test_work_of_unknown_cost_passes_and_a_job_of_unknown_cost_does_not() -> None:
    work, job = one("corpora/raw", None, has_job=False), one("checkpoints/stage1", None)
    assert judge(forecast(one("a", 4), work), Limit(price=5), "USD").refusal == ""
    refusal = judge(forecast(one("a", 4), job), Limit(price=5), "USD").refusal
    assert "What the jobs of checkpoints/stage1 will cost cannot be told" in refusal
    assert "MATERIA_COST_DEVICE" in refusal
    assert judge(forecast(job), Limit(), "USD").refusal == ""


def test_many_jobs_of_unknown_cost_are_named_in_part() -> None:
    jobs = [one(f"job{number}", None) for number in range(5)]
    refusal = judge(forecast(*jobs), Limit(device_hours=1), "USD").refusal
    assert "job0, job1, job2 and 2 more" in refusal


def test_a_forecast_is_one_sentence_that_says_what_it_leaves_out() -> None:
    assert sentence(forecast(), "USD") == "Nothing is to be made."
    told = sentence(forecast(one("a", 4), one("b", 1), one("c", None)), "EUR")
    assert told == (
        "3 artifacts are to be made: about 4 h, 1 core hours, 4 device hours, EUR 5 for 2 of "
        "them; of 1 it is not known."
    )
    assert sentence(forecast(one("a", 4)), "EUR").startswith("1 artifact is to be made: about 2 h")
    unknown = sentence(forecast(one("b", None)), "EUR")
    assert unknown == "1 artifact is to be made, at a cost that is not known."


def test_the_verdict_on_a_run_stays_as_its_artifacts_appear(tmp_path: Path) -> None:
    here = Recorded(tmp_path)
    here.make_sources()
    gate = ForecastGate(here.forecaster(), Limit(price=1e-9))
    assert gate.has_limit
    targets = targets_of("train_recipe", "smoke")
    first = gate.judge(targets, "run-1")
    assert "are to be made" in first.refusal
    here.make(here.graph().steps.values())
    assert gate.judge(targets, "run-1") is first
    assert gate.judge(targets, "run-2").refusal == ""


def test_the_sentence_says_what_a_forecast_lies_between() -> None:
    each = one("a", 4)
    figures = replace(
        each.figures,
        wall_s=each.figures.wall_s.between(60, 36_000),
        price=each.figures.price.between(1, 9.5),
    )
    told = sentence(forecast(replace(each, figures=figures)), "USD")
    assert told == (
        "1 artifact is to be made: about 2 h (60 s to 10 h), 0.5 core hours, 2 device hours, "
        "USD 4 (1 to 9.5)."
    )
