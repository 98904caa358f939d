"""What a run will cost, from what earlier artifacts took, or from a plan, or said to be unknown."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from assets.lineage.figures import Figure
from assets.lineage.manifest import Cost
from assets.lineage.step import Step
from assets.lineage.usage import NO_JOB, Usage
from assets.resources import LAPTOP
from model.config import ModelConfig
from orchestration.forecast.forecast import Expected, Forecaster
from orchestration.forecast.growth import JOB_START_S, SPREAD
from orchestration.forecast.planned import plan_job
from orchestration.forecast.wanted import Wanted
from tests.orchestration.forecast.recorded import SAMPLES, Recorded
from training.planning.hardware import HARDWARE


def expect(forecaster: Forecaster, *steps: Step) -> list[Expected]:
    asked = Wanted(missing=steps, num_present=0, unresolved=())
    return list(forecaster.of(asked).artifacts)


def changed(step: Step, **config: object) -> Step:
    return replace(step, config={**step.config, **config})


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    here = Recorded(tmp_path_factory.mktemp("made"))
    here.make_all()
    return here


def test_a_training_scales_with_its_operations_and_its_start_does_not(made: Recorded) -> None:
    step = made.graph().step("checkpoints/stage1")
    (found,) = expect(made.forecaster(), changed(step, steps=30, init_seed=1))
    # 6480 of 7200 device seconds were steps: three times as many, and the same start.
    assert found.figures.device_hours.value == pytest.approx((3 * 6480 + 720) / 3600)
    assert found.figures.tokens.value == pytest.approx(3000)
    assert found.figures.device_hours.basis == "estimated"
    price = HARDWARE["h200"].price_per_hour
    assert found.figures.price.value == pytest.approx(price * (3 * 6480 + 720) / 3600)
    assert found.basis == f"3 x [smoke]@{step.fingerprint[:8]}"
    assert (found.has_job, found.device) == (True, "h200")


def test_data_work_scales_with_what_it_reads(made: Recorded, tmp_path: Path) -> None:
    documents = made.graph().step("mixtures/deduped").inputs[0]
    raw = documents.inputs[0]
    files = [{"path": "a", "size_bytes": 5_000_000, "sha256": "0" * 64}]
    large = replace(raw, config={**raw.config, "snapshot": {"version": "9", "files": files}})
    found = expect(made.forecaster(), large, replace(documents, inputs=(large,)))
    ratio = found[0].figures.cpu_hours.value
    assert ratio is not None
    assert found[1].figures.cpu_hours.value == pytest.approx(ratio)
    assert not found[0].has_job


def test_an_epoch_is_as_long_as_its_shards(made: Recorded) -> None:
    step = made.graph().step("models/sft_general")
    (found,) = expect(made.forecaster(), changed(step, init_seed=9))
    steps = -(-SAMPLES // step.config["batch_samples"])
    assert found.figures.tokens.value == pytest.approx(1000 * steps / 10)


def test_the_artifact_nearest_in_size_is_taken(tmp_path: Path) -> None:
    here = Recorded(tmp_path)
    here.make_all()
    step = here.graph().step("checkpoints/stage1")
    large = changed(step, init_seed=2)
    here.make([large], counts={"steps": 1000}, partition="other")
    (found,) = expect(here.forecaster(), changed(step, steps=900, init_seed=3))
    assert found.basis == f"0.9 x [other]@{large.fingerprint[:8]}"


def test_a_training_that_was_never_made_is_planned(tmp_path: Path) -> None:
    here = Recorded(tmp_path)
    here.make_sources()
    step = here.graph().step("checkpoints/stage1")
    (found,) = expect(here.forecaster(MATERIA_COST_DEVICE="h200"), step)
    assert found.basis == "planned: 1 x h200 at 35% of the peak"
    plan = plan_job(
        step.config, found.figures.tokens.value or 0, "h200", here.forecaster().training
    )
    hours = plan.device_hours + JOB_START_S / 3600
    assert found.figures.device_hours.value == pytest.approx(hours)
    assert found.figures.price.value == pytest.approx(hours * 3.8)
    config = step.config
    wanted = config["steps"] * config["batch_samples"] * config["context_tokens"]
    assert found.figures.tokens.value == wanted


def test_jobs_of_a_recipe_that_was_never_made_are_all_planned(tmp_path: Path) -> None:
    here = Recorded(tmp_path)
    here.make_sources()
    steps = here.graph().steps.values()
    jobs = {each.node: each for each in expect(here.forecaster(), *steps) if each.has_job}
    assert len(jobs) == 3 + 2 + 4
    assert {each.basis for each in jobs.values()} == {"planned: 1 x cpu at 30% of the peak"}
    assert all(each.figures.price.value for each in jobs.values())
    # 40 questions of 83 tokens fill 13 samples of 256: 4 steps of 4.
    assert jobs["models/sft_general"].figures.tokens.value == 4 * 4 * 256
    # 10 questions of MedQA, 258 tokens each, for two models.
    assert jobs["reports/medical"].figures.tokens.value == 2 * 10 * 258
    model = ModelConfig.from_dict(here.graph().step("models/sft_medical").config["model"])
    flops = jobs["reports/medical"].figures.flops.value
    assert flops == pytest.approx(2 * model.num_parameters() * 2 * 10 * 258)


def test_without_a_setting_or_an_earlier_job_it_is_planned_for_this_machine(
    tmp_path: Path,
) -> None:
    here = Recorded(tmp_path)
    here.make_sources()
    (found,) = expect(here.forecaster(), here.graph().step("checkpoints/stage1"))
    assert found.basis == "planned: 1 x cpu at 30% of the peak"
    assert found.figures.price.value is not None
    elsewhere = replace(here.forecaster(), device_here="")
    (unknown,) = expect(elsewhere, here.graph().step("checkpoints/stage1"))
    assert unknown.basis == "never made before, and what it will run on is not known"
    assert unknown.figures.price.basis == "unknown"


def test_a_training_on_other_devices_than_before_is_planned_and_not_scaled(
    made: Recorded,
) -> None:
    step = changed(made.graph().step("checkpoints/stage1"), init_seed=4)
    (found,) = expect(made.forecaster(MATERIA_COST_DEVICE="h100"), step)
    assert found.basis.startswith("planned: 1 x h100")


def test_a_job_far_larger_than_any_before_is_planned_and_not_scaled(made: Recorded) -> None:
    graph = made.graph()
    (trained,) = expect(
        made.forecaster(), changed(graph.step("checkpoints/stage1"), steps=10_000, init_seed=5)
    )
    assert trained.basis.startswith("planned: 1 x h200")
    report = graph.step("reports/medical")
    (judged,) = expect(made.forecaster(), changed(report, max_items=5000))
    assert judged.basis == "planned: 1 x h200 at 35% of the peak"
    assert judged.figures.flops.value == pytest.approx(1e12 * 500)
    assert judged.figures.tokens.value == pytest.approx(1000 * 500)
    seconds = 1e12 * 500 / (HARDWARE["h200"].fp32_flops * 0.35)
    # Jobs here hold two devices for 720 s beside their steps.
    assert judged.figures.wall_s.value == pytest.approx(360 + seconds)
    (near,) = expect(made.forecaster(), changed(report, max_items=20))
    assert near.basis.startswith("2 x [smoke]@")


def test_data_work_that_takes_time_to_start_grows_by_the_line_through_two(tmp_path: Path) -> None:
    here = Recorded(tmp_path)
    here.make_all()
    step = here.graph().step("mixtures/stage1")
    tokens = step.config["tokens"]
    twice = changed(step, tokens=4 * tokens)
    # 3600 s for one measure of work, 5400 s for four: 3000 s to start, 600 s each.
    here.make([twice], usage=replace(NO_JOB, cpu_s=5400.0))
    (found,) = expect(here.forecaster(), changed(step, tokens=10 * tokens))
    assert found.figures.cpu_hours.value == pytest.approx((3000 + 6000) / 3600)
    assert found.basis.startswith("2.5 x [smoke]@")


def test_compiling_that_was_paid_once_is_not_scaled(tmp_path: Path) -> None:
    here = Recorded(tmp_path)
    here.make_sources()
    step = here.graph().step("synthesis/questions")
    here.make([step], usage=replace(NO_JOB, cpu_s=103.0, compile_s=90.0))
    asked = {name: 4 * step.config[name] for name in ("max_general", "max_medical")}
    (found,) = expect(here.forecaster(), changed(step, **asked))
    # 90 of 103 s compiled, 3 s may have been start: the other 10 s grow with the work.
    hours = found.figures.cpu_hours
    assert hours.value == pytest.approx((3 * 2 + 4 * 10) / 3600)
    assert hours.low == pytest.approx(13 / SPREAD / 3600)
    assert hours.high == pytest.approx((4 * 13 * SPREAD + 3 + 90) / 3600)


def test_benchmarks_are_as_large_as_their_items(tmp_path: Path) -> None:
    here = Recorded(tmp_path)
    here.make_sources()
    step = here.graph().step("corpora/benchmarks")
    here.make([changed(step, benchmarks=["medqa"])])
    (found,) = expect(here.forecaster(), changed(step, benchmarks=["medqa", "piqa"]))
    assert found.basis.startswith(f"{(1273 + 1838) / 1273:.3g} x [smoke]@")
    unknown = changed(step, benchmarks=["no_longer_there"])
    assert expect(here.forecaster(), unknown)[0].basis.startswith("size not known, as [smoke]@")


def test_a_forecast_says_what_time_and_money_lie_between(made: Recorded) -> None:
    step = made.graph().step("checkpoints/stage1")
    (found,) = expect(made.forecaster(), changed(step, steps=30, init_seed=1))
    likely = (3 * 6480 + 720) / 3600
    hours, price = found.figures.device_hours, HARDWARE["h200"].price_per_hour
    assert (hours.low, hours.high) == pytest.approx((likely / SPREAD, likely * SPREAD))
    assert found.figures.price.high == pytest.approx(price * likely * SPREAD)
    assert found.figures.tokens.low is None
    told = found.to_dict()["figures"]
    assert {"value", "basis", "num_unknown", "low", "high"} == set(told["device_hours"])
    assert {"value", "basis", "num_unknown"} == set(told["tokens"])


def test_a_planned_job_lies_between_the_best_and_the_worst_use_of_its_devices(
    tmp_path: Path,
) -> None:
    here = Recorded(tmp_path)
    here.make_sources()
    step = here.graph().step("checkpoints/stage1")
    (found,) = expect(here.forecaster(), step)
    plan = plan_job(step.config, found.figures.tokens.value or 0, "cpu", LAPTOP)
    wall, cores = found.figures.wall_s, found.figures.cpu_hours
    assert wall.low == pytest.approx((JOB_START_S + 0.30 * plan.seconds) / SPREAD)
    assert wall.value == pytest.approx(JOB_START_S + plan.seconds)
    assert wall.high == pytest.approx((JOB_START_S + 0.30 / 0.19 * plan.seconds) * SPREAD)
    # Two cores of the table, of which a rank may use one.
    assert cores.value == pytest.approx(2 * (wall.value or 0) / 3600)
    assert cores.low == pytest.approx(wall.low / 3600)


def test_a_planned_job_starts_and_uses_cores_as_earlier_ones_did(tmp_path: Path) -> None:
    here = Recorded(tmp_path, device="cpu")
    here.make_all()
    step = changed(here.graph().step("checkpoints/stage1"), steps=100_000, init_seed=7)
    (found,) = expect(here.forecaster(), step)
    assert found.basis == "planned: 1 x cpu at 30% of the peak"
    plan = plan_job(step.config, found.figures.tokens.value or 0, "cpu", LAPTOP)
    # Held for 7200 s by two ranks, 6480 s of it steps; 3600 core seconds in that time.
    held = 360 + plan.seconds
    assert found.figures.wall_s.value == pytest.approx(held)
    assert found.figures.cpu_hours.value == pytest.approx(held / 2 / 3600)


def test_far_from_anything_made_before_is_said(made: Recorded) -> None:
    step = made.graph().step("mixtures/stage1")
    (found,) = expect(made.forecaster(), changed(step, tokens=1000 * step.config["tokens"]))
    assert found.basis.endswith(", far from it")


def test_a_mixture_reads_of_a_source_no_more_than_the_recipe_lets_it(made: Recorded) -> None:
    step = made.graph().step("mixtures/deduped")
    sources = {
        name: {**use, "max_text_bytes": 2 * use["max_text_bytes"]}
        for name, use in step.config["sources"].items()
    }
    # Each source holds 1000 bytes here, less than any cap.
    (found,) = expect(made.forecaster(), changed(step, sources=sources))
    assert found.basis.startswith("1 x [smoke]@")
    few = {name: {**use, "max_text_bytes": 500} for name, use in sources.items()}
    (half,) = expect(made.forecaster(), changed(step, sources=few))
    assert half.basis.startswith("0.5 x [smoke]@")


def test_a_training_that_cannot_be_laid_out_is_unknown_with_the_reason(tmp_path: Path) -> None:
    here = Recorded(tmp_path)
    here.make_sources()
    step = here.graph().step("checkpoints/stage1")
    training = replace(LAPTOP, zero_stage=0)
    bf16 = changed(step, precision="bf16")
    (found,) = expect(replace(here.forecaster(), training=training), bf16)
    assert found.basis.startswith("cannot be planned: zero stage 0 does not run in bf16")
    assert found.figures.price.basis == "unknown"


def test_work_that_was_never_done_is_unknown_and_not_free(tmp_path: Path) -> None:
    here = Recorded(tmp_path)
    (found,) = expect(here.forecaster(), here.raw["hpo"])
    assert found.basis == "never made before"
    assert found.figures.price == Figure(value=None, basis="unknown", num_unknown=1)


def test_what_older_manifests_did_not_measure_stays_unknown(tmp_path: Path) -> None:
    here = Recorded(tmp_path)
    here.make_sources()
    graph = here.graph()
    here.make([graph.step("mixtures/deduped")], usage=Usage(), cost=Cost(wall_s=60.0))
    step = changed(graph.step("mixtures/deduped"), policy="open")
    (found,) = expect(here.forecaster(), step)
    assert found.figures.wall_s.value == pytest.approx(60.0)
    assert found.figures.cpu_hours.basis == "unknown"


def test_a_forecast_adds_up_and_counts_what_it_does_not_know(tmp_path: Path) -> None:
    here = Recorded(tmp_path)
    here.make_sources()
    graph = here.graph()
    steps = (graph.step("corpora/benchmarks"), graph.step("checkpoints/stage1"))
    forecast = here.forecaster().of(Wanted(missing=steps, num_present=4, unresolved=("a",)))
    assert [each.node for each in forecast.unknown] == ["corpora/benchmarks"]
    assert forecast.total.price.num_unknown == 1
    assert set(forecast.to_dict()) == {"artifacts", "num_present", "total", "unresolved"}
