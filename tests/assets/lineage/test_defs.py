"""What an asset's page in Dagster shows of an artifact, made or reused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import dagster as dg

from assets.fakes import FakeLake, FakeRunLog, FakeTracker
from assets.lineage.defs import artifact_asset
from assets.lineage.provenance import Provenance
from assets.lineage.step import Step
from assets.lineage.workspace import Outcome, Workspace
from assets.platform import Platform

NODE = "corpora/benchmarks"
STEP = Step(family="corpora", name="benchmarks", partition="", code_version="1", config={})
LONGEST_LABEL = 35
"""Dagster prints longer ones over their values."""


class LinkedTracker(FakeTracker):
    def start_run(self, **about: str) -> FakeRunLog:  # type: ignore[override]
        return FakeRunLog(run_id="r1", url=self.run_url("r1"))

    def run_url(self, run_id: str) -> str:
        return f"http://127.0.0.1:5000/#/runs/{run_id}"


def work(ws: Workspace) -> Outcome:
    ws.out("curve.png").write_bytes(b"a picture")
    return Outcome(
        counts={"items": 3},
        metrics={"eval/final/wikipedia_heldout/perplexity": 491.1430425399737, "share": 1 / 3},
        summary="Three items.",
        pictures=("curve.png",),
    )


def page(tmp_path: Path, lake: FakeLake) -> dict[str, Any]:
    platform = Platform(
        lake=lake,
        tracker=LinkedTracker(),
        launcher=None,  # type: ignore[arg-type]
        job_root=tmp_path / "jobs",
        inbox=tmp_path / "inbox",
        gather_provenance=lambda run_id: Provenance(
            git_commit="", git_dirty=False, packages={}, host="", dagster_run_id=run_id
        ),
        run_and_wait=lambda launcher, spec, on_tick: None,
        project_journal=lambda journal, run_log: None,
        on_progress=lambda key, message: None,
    )
    asset = artifact_asset(
        NODE,
        None,
        description="Items.",
        partitions=None,
        kinds={"json"},
        owner="team:data",
        prepare=lambda platform, partition: (STEP, work),
    )
    done = dg.materialize([asset], resources={"platform": platform})
    (event,) = done.asset_materializations_for_node("corpora__benchmarks")
    return {name: entry.value for name, entry in event.metadata.items()}


def test_the_page_begins_with_what_a_person_asks_first(tmp_path: Path) -> None:
    shown = page(tmp_path, FakeLake(tmp_path / "lake"))
    assert list(shown)[:3] == ["summary", "picture/curve", "mlflow_run"]
    assert shown["summary"] == "Three items."
    assert shown["picture/curve"] == "![curve](data:image/png;base64,YSBwaWN0dXJl)"
    assert shown["count/items"] == 3


def test_numbers_and_labels_are_short_enough_to_read(tmp_path: Path) -> None:
    shown = page(tmp_path, FakeLake(tmp_path / "lake"))
    assert shown["final/wikipedia_heldout/perplexity"] == 491.143
    assert shown["share"] == 0.333333
    assert max(map(len, shown)) <= LONGEST_LABEL


def test_a_reused_artifact_still_leads_to_the_run_that_made_it(tmp_path: Path) -> None:
    lake = FakeLake(tmp_path / "lake")
    made, reused = page(tmp_path, lake), page(tmp_path, lake)
    assert (made["reused"], reused["reused"]) == (False, True)
    assert made["mlflow_run"] == reused["mlflow_run"] == "http://127.0.0.1:5000/#/runs/r1"
