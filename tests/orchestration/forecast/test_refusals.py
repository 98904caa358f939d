"""A run above the limit: Dagster fails it at its start, automation skips it, a command refuses."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster._core.execution.asset_backfill import AssetBackfillData
from dagster._core.execution.backfill import BulkActionStatus, PartitionBackfill

from assets.fakes import FakeTracker
from assets.lineage.defs import artifact_asset
from assets.lineage.factors import Factors
from assets.lineage.scope import ACCEPT_COST_TAG
from assets.lineage.step import Step
from assets.partitions import RECIPE_PARTITIONS
from assets.platform import Platform
from assets.ports import CostVerdict, TooCostly
from orchestration.automation import FORECAST_TAG, build_schedules, ingest_on_new_files
from orchestration.commands.agree import agree, limit_of
from orchestration.cost_settings import Limit, factors_from
from orchestration.definitions import build_definitions
from orchestration.errors import FOUND_A_PROBLEM, exit_code_of
from orchestration.jobs import nodes_of
from orchestration.settings import Settings
from tests.orchestration.forecast.recorded import Recorded
from tests.orchestration.forecast.test_gate import forecast, one
from tests.orchestration.toy_platform import Toy, work

NODES = ("mixtures/stage1", "checkpoints/stage1")


@dataclass
class Gate:
    """Refuses runs that make more than it allows."""

    most: int = 0
    has_limit: bool = True
    asked: list[tuple[list[tuple[str, str]], str]] = field(default_factory=list)

    def judge(self, targets: Sequence[tuple[str, str]], run_id: str = "") -> CostVerdict:
        self.asked.append((list(targets), run_id))
        refusal = "It costs too much." if len(targets) > self.most else ""
        return CostVerdict(forecast="About USD 3.", refusal=refusal)


def steps_of(partition: str) -> dict[str, Step]:
    first = Step(
        family="mixtures", name="stage1", partition=partition, code_version="1",
        config={"of": partition},
    )  # fmt: skip
    second = replace(first, family="checkpoints", inputs=(first,))
    return {step.node: step for step in (first, second)}


def run(
    folder: Path, gate: Gate | None, tags: dict[str, str] | None = None,
    instance: dg.DagsterInstance | None = None,
) -> dg.ExecuteInProcessResult:  # fmt: skip
    """Materialize both nodes for recipe tiny."""

    def asset(node: str, deps: Sequence[str]) -> dg.AssetsDefinition:
        return artifact_asset(
            node, None, description="toy", partitions=RECIPE_PARTITIONS, deps=deps, kinds={"file"},
            owner="team:data", prepare=lambda platform, name: (steps_of(name)[node], work),
        )  # fmt: skip

    toy = Toy(home=folder, tracker=FakeTracker())  # type: ignore[arg-type]
    definitions = dg.Definitions(
        assets=[asset(NODES[0], ()), asset(NODES[1], NODES[:1])],
        resources={"platform": replace(toy.platform, gate=gate)},
        executor=dg.in_process_executor,
    )
    return definitions.resolve_implicit_global_asset_job_def().execute_in_process(
        instance=instance, partition_key="tiny", raise_on_error=False, tags=tags or {}
    )


def problems(done: dg.ExecuteInProcessResult) -> list[str]:
    found = []
    for event in done.all_events:
        if event.is_step_failure:
            error = event.step_failure_data.error
            while error is not None and error.cause is not None:
                error = error.cause
            found.append(error.message if error is not None else "")
    return found


def test_a_run_above_the_limit_fails_at_its_first_artifact_and_makes_nothing(
    tmp_path: Path,
) -> None:
    gate = Gate()
    done = run(tmp_path, gate)
    (problem,) = problems(done)
    assert "It costs too much. To agree, start the run with the tag materia/accept_cost" in problem
    assert not list((tmp_path / "lake").glob("*/*/*/manifest.json"))
    targets, run_id = gate.asked[0]
    assert sorted(targets) == sorted((node, "tiny") for node in NODES)
    assert run_id == done.run_id


def test_a_run_that_somebody_agreed_to_is_not_judged(tmp_path: Path) -> None:
    gate = Gate()
    assert run(tmp_path, gate, {ACCEPT_COST_TAG: "yes"}).success
    assert not gate.asked


@pytest.mark.parametrize("gate", [None, Gate(has_limit=False), Gate(most=2)])
def test_without_a_limit_or_below_it_a_run_starts(tmp_path: Path, gate: Gate | None) -> None:
    assert run(tmp_path, gate).success


def test_a_run_that_only_reuses_is_not_judged(tmp_path: Path) -> None:
    assert run(tmp_path, None).success
    gate = Gate()
    assert run(tmp_path, gate).success
    assert not gate.asked


@pytest.mark.parametrize("of_assets", [True, False])
def test_a_run_of_a_backfill_is_judged_with_all_its_other_runs(
    tmp_path: Path, of_assets: bool
) -> None:
    gate = Gate(most=2)
    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_backfill(_backfill(instance, of_assets))
        done = run(tmp_path, gate, {"dagster/backfill": "b1"}, instance)
    assert problems(done)
    targets, _ = gate.asked[0]
    wanted = [(node, name) for node in NODES for name in ("tiny", "smoke")]
    assert sorted(targets) == sorted(wanted)


def _backfill(instance: dg.DagsterInstance, of_assets: bool) -> PartitionBackfill:
    keys = [dg.AssetKey(node.split("/")) for node in NODES]
    common: dict[str, Any] = {
        "backfill_id": "b1", "status": BulkActionStatus.REQUESTED, "from_failure": False,
        "tags": {}, "backfill_timestamp": datetime.now(UTC).timestamp(),
    }  # fmt: skip
    if not of_assets:
        return PartitionBackfill(
            **common, asset_selection=None, partition_names=["tiny", "smoke"],
            partition_set_origin=None, last_submitted_partition_name=None, reexecution_steps=None,
        )  # fmt: skip
    specs = [dg.AssetSpec(key, partitions_def=RECIPE_PARTITIONS) for key in keys]
    graph = dg.Definitions(assets=specs).resolve_asset_graph()
    with warnings.catch_warnings():  # Dagster calls its own deprecated function here.
        warnings.simplefilter("ignore", DeprecationWarning)
        data = _data(graph, keys, instance, common["backfill_timestamp"])
    return PartitionBackfill(**common, asset_selection=keys, asset_backfill_data=data)


def _data(
    graph: dg.AssetGraph, keys: list[dg.AssetKey], instance: dg.DagsterInstance, now: float
) -> AssetBackfillData:
    return AssetBackfillData.from_asset_partitions(
        asset_graph=graph,
        partition_names=["tiny", "smoke"],
        asset_selection=keys,
        dynamic_partitions_store=instance,
        all_partitions=False,
        backfill_start_timestamp=now,
    )


@cache
def repository() -> dg.RepositoryDefinition:
    return build_definitions(Settings.from_env({})).get_repository_def()


def platform(here: Recorded, gate: Gate) -> Platform:
    toy = Toy(home=here.home, tracker=FakeTracker())  # type: ignore[arg-type]
    return replace(toy.platform, places=here.places, gate=gate)


def test_the_sensor_skips_a_source_above_the_limit_with_the_reason(tmp_path: Path) -> None:
    here, gate = Recorded(tmp_path), Gate()
    context = dg.build_sensor_context(resources={"platform": platform(here, gate)})
    done = ingest_on_new_files.evaluate_tick(context)
    assert not done.run_requests
    assert done.skip_message == "inbox: It costs too much."
    assert sorted(gate.asked[0][0]) == sorted((n, "inbox") for n in nodes_of("build_corpora"))


def test_the_sensor_tells_the_forecast_of_a_run_it_asks_for(tmp_path: Path) -> None:
    here = Recorded(tmp_path)
    context = dg.build_sensor_context(
        resources={"platform": platform(here, Gate(most=9))}, repository_def=repository()
    )
    (request,) = ingest_on_new_files.evaluate_tick(context).run_requests or ()
    assert request.tags[FORECAST_TAG] == "About USD 3."


@pytest.mark.parametrize("most", [0, 99])
def test_a_schedule_skips_what_is_above_the_limit_and_asks_for_the_rest(
    tmp_path: Path, most: int
) -> None:
    here = Recorded(tmp_path)
    here.make_sources()
    here.note.write_text('{"id": "b", "title": "B", "text": "changed"}\n')
    schedule = build_schedules(Settings.from_env({}))[0]
    context = dg.build_schedule_context(
        scheduled_execution_time=datetime(2026, 1, 1, tzinfo=UTC),
        resources={"platform": platform(here, Gate(most=most))},
        repository_def=repository(),
    )
    done = schedule.evaluate_tick(context)
    if most:
        (request,) = done.run_requests or ()
        assert (request.partition_key, request.tags[FORECAST_TAG]) == ("inbox", "About USD 3.")
    else:
        assert not done.run_requests
        assert done.skip_message == "inbox: It costs too much."


FACTORS: Factors = factors_from({})


def test_the_command_refuses_without_a_terminal_and_names_the_option_that_agrees() -> None:
    dear = forecast(one("a", 12))
    with pytest.raises(TooCostly, match=r"USD 12 is above the limit.* --yes agrees to it") as told:
        agree(dear, Limit(price=1), FACTORS, yes=False)
    assert exit_code_of(told.value) == FOUND_A_PROBLEM


def test_the_command_says_what_is_to_come_and_goes_on_below_the_limit_or_when_told(
    capsys: pytest.CaptureFixture[str],
) -> None:
    agree(forecast(one("a", 12)), Limit(price=1), FACTORS, yes=True)
    agree(forecast(one("a", 12)), Limit(price=20), FACTORS, yes=False)
    agree(forecast(), Limit(), FACTORS, yes=False)
    assert capsys.readouterr().out.count("1 artifact is to be made") == 2


def test_the_command_line_takes_the_place_of_the_settings() -> None:
    settings = Settings.from_env({"MATERIA_MAX_COST": "5", "MATERIA_MAX_DEVICE_HOURS": "7"})
    assert limit_of(settings, None, None) == Limit(price=5, device_hours=7)
    assert limit_of(settings, 9, 0) == Limit(price=9, device_hours=0)


def test_a_job_that_there_is_not_has_no_nodes() -> None:
    with pytest.raises(ValueError, match="no job 'train': use build_corpora"):
        nodes_of("train")
