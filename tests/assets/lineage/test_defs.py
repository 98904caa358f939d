"""What Dagster does with an artifact: its page, made or reused, and what its checks stop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from assets.compute import InlineCompute
from assets.corpora.places import Places
from assets.fakes import (
    FakeLake,
    FakeRunLog,
    FakeTracker,
    RecordingJobRunner,
    commit_folder,
)
from assets.lineage.audit import ArtifactGraph
from assets.lineage.build import Built, build
from assets.lineage.checks import Check, Verdict
from assets.lineage.cost import cost_report
from assets.lineage.cost_text import markdown
from assets.lineage.defs import ACCEPT_DRIFT_TAG, artifact_asset, cost_metadata, describe
from assets.lineage.manifest import InputRecord, Manifest
from assets.lineage.provenance import Provenance
from assets.lineage.step import Step
from assets.lineage.workspace import Outcome, Workspace
from assets.platform import Platform
from assets.ports import JobRequest, JobSpec, Lake
from tests.assets.lineage.costs import factors

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


def installation(tmp_path: Path, lake: FakeLake) -> Platform:
    return Platform(
        lake=lake,
        tracker=LinkedTracker(),
        launcher=None,  # type: ignore[arg-type]
        compute=InlineCompute(),
        job_root=tmp_path / "jobs",
        places=Places(inbox=tmp_path / "inbox", fetched=tmp_path / "fetched"),
        gather_provenance=lambda run_id: Provenance(
            git_commit="", git_dirty=False, packages={}, host="", dagster_run_id=run_id
        ),
        run_and_wait=lambda launcher, spec, on_tick, say: None,
        project_journal=lambda journal, run_log: None,
        on_progress=lambda key, message: None,
    )


def page(tmp_path: Path, lake: FakeLake) -> dict[str, Any]:
    asset = artifact_asset(
        NODE,
        None,
        description="Items.",
        partitions=None,
        kinds={"json"},
        owner="team:data",
        prepare=lambda platform, partition: (STEP, work),
    )
    done = dg.materialize([asset], resources={"platform": installation(tmp_path, lake)})
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


def test_the_page_says_what_it_cost_and_only_where_factors_are_given(tmp_path: Path) -> None:
    lake = FakeLake(tmp_path / "lake")
    assert "cost" not in page(tmp_path, lake)
    made = build(
        STEP, work, lake=lake, tracker=FakeTracker(), compute=InlineCompute(),
        provenance=installation(tmp_path, lake).gather_provenance("r"), job_root=tmp_path,
        run_job=lambda run_log: RecordingJobRunner(), progress=lambda message: None,
    ).manifest  # fmt: skip
    platform = replace(installation(tmp_path, lake), factors=factors())
    assert "| price, EUR |" in cost_metadata(made, platform)["cost"].value
    assert set(cost_metadata(made, platform)) == {"cost"}
    model = replace(made, family="models", name="sft_medical")
    picture = cost_metadata(model, platform)["picture/cost"].value
    assert picture.startswith("![cost](data:image/png;base64,")
    assert "cpu_s" in describe(Built(manifest=made, uri="", reused=True, mlflow_url=""), platform)


def test_what_an_older_manifest_does_not_tell_is_not_on_the_page(tmp_path: Path) -> None:
    lake = FakeLake(tmp_path / "lake")
    old = commit_folder(lake, NODE, {"a": b"a"})
    built = Built(manifest=old, uri="", reused=True, mlflow_url="")
    assert not {"cpu_s", "device_s"} & set(describe(built, installation(tmp_path, lake)))


def test_ancestors_that_are_gone_are_said_and_not_counted_as_nothing(tmp_path: Path) -> None:
    lake = FakeLake(tmp_path / "lake")
    parent = commit_folder(lake, NODE, {"a": b"a"})
    record = InputRecord(
        family=parent.family, name=parent.name, partition="p", fingerprint=parent.fingerprint,
        digest=parent.digest, files_read=(),
    )  # fmt: skip
    child = replace(commit_folder(lake, "mixtures/deduped", {"b": b"b"}), inputs=(record,))
    assert cost_report(ArtifactGraph.of(lake).ancestors(child), factors()).num_gone == 0
    lake.committed.clear()
    left = cost_report(ArtifactGraph.of(lake).ancestors(child), factors())
    assert (left.num_gone, left.inherited.wall_s.num_unknown) == (1, 1)
    assert "1 artifacts that went into it are no longer in the lake" in markdown(left, "EUR")


def train(ws: Workspace) -> Outcome:
    spec = ws.job_dir / "spec.json"
    spec.parent.mkdir(parents=True, exist_ok=True)
    spec.write_text("{}")
    for resumes in (True, False):
        ws.run_job(
            JobRequest(
                name=f"toy-{resumes}",
                module="training.main",
                spec_path=spec,
                work_dir=ws.job_dir / str(resumes),
                resumes=resumes,
            )
        )
    return Outcome(counts={})


# Dagster's pipes session uses what Dagster itself has deprecated, or calls a preview.
@pytest.mark.filterwarnings(
    "ignore:.*run_id.*:DeprecationWarning", "ignore:.*PipesMessageReader.*preview"
)
def test_a_run_that_accepts_drift_tells_the_jobs_that_resume(tmp_path: Path) -> None:
    submitted: list[JobSpec] = []
    platform = replace(
        installation(tmp_path, FakeLake(tmp_path / "lake")),
        run_and_wait=lambda launcher, spec, on_tick, say: submitted.append(spec),
    )
    asset = artifact_asset(
        NODE, None, description="Items.", partitions=None, kinds={"json"}, owner="team:data",
        prepare=lambda platform, partition: (STEP, train),
    )  # fmt: skip
    tags = {ACCEPT_DRIFT_TAG: "program.code program.torch"}
    assert dg.materialize([asset], resources={"platform": platform}, tags=tags).success
    accepted = ("--accept-drift", "program.code", "--accept-drift", "program.torch")
    assert [spec.arguments for spec in submitted] == [accepted, ()]


@pytest.mark.filterwarnings(
    "ignore:.*run_id.*:DeprecationWarning", "ignore:.*PipesMessageReader.*preview"
)
def test_a_run_is_told_of_preemptions_and_says_how_many_its_jobs_may_take(tmp_path: Path) -> None:
    allowed: list[int] = []

    def run_and_wait(
        launcher: Any, spec: JobSpec, on_tick: Any, say: Callable[[str], None]
    ) -> None:
        allowed.append(spec.max_preemptions)
        say("toy: preempted; started again from its last checkpoint, 1 of at most 3 times")

    lake, watched = FakeLake(tmp_path / "lake"), list[str]()
    platform = replace(
        installation(tmp_path, lake),
        run_and_wait=run_and_wait,
        max_preemptions=3,
        on_progress=lambda key, message: watched.append(message),
    )
    asset = artifact_asset(
        NODE, None, description="Items.", partitions=None, kinds={"json"}, owner="team:data",
        prepare=lambda platform, partition: (STEP, train),
    )  # fmt: skip
    with dg.DagsterInstance.ephemeral() as instance:
        result = dg.materialize([asset], resources={"platform": platform}, instance=instance)
        told = [entry.user_message for entry in instance.all_logs(result.run_id)]
    for heard in (told, watched):  # Dagster's log, and whoever watches the command
        assert sum("preempted; started again" in message for message in heard) == 2
    assert allowed == [3, 3]


DEDUPED = Step(family="mixtures", name="deduped", partition="", code_version="1", config={})
DECONTAMINATED = replace(DEDUPED, name="decontaminated", inputs=(DEDUPED,))


def dedup(ws: Workspace) -> Outcome:
    ws.out("documents.txt").write_text("bile\nliver\n")
    return Outcome(counts={"documents": 2})


def decontaminate(ws: Workspace) -> Outcome:
    text = ws.input("mixtures/deduped").path("documents.txt").read_text()
    ws.out("documents.txt").write_text(text.replace("bile\n", ""))
    return Outcome(counts={"documents": len(text.splitlines()) - 1})


def at_most(limit: int, *, blocking: bool) -> Check:
    """Return a check of the real file; the toy work above writes two lines."""

    def run(manifest: Manifest, lake: Lake) -> Verdict:
        path = lake.fetch(manifest, manifest.file("documents.txt"))
        lines = len(path.read_text().splitlines())
        return Verdict(passed=lines <= limit, reason=f"{lines} lines", facts={"lines": lines})

    return Check(name="is_small", description="Few lines.", run=run, blocking=blocking)


def run_two(tmp_path: Path, lake: FakeLake, check: Check) -> dg.ExecuteInProcessResult:
    """Materialize a checked asset and the one below it, in this process."""
    upstream = artifact_asset(
        "mixtures/deduped",
        None,
        description="Lines.",
        partitions=None,
        kinds={"text"},
        owner="team:data",
        checks=(check,),
        prepare=lambda platform, partition: (DEDUPED, dedup),
    )
    downstream = artifact_asset(
        "mixtures/decontaminated",
        None,
        description="Fewer lines.",
        partitions=None,
        deps=("mixtures/deduped",),
        kinds={"text"},
        owner="team:data",
        prepare=lambda platform, partition: (DECONTAMINATED, decontaminate),
    )
    return dg.materialize(
        [upstream, downstream],
        resources={"platform": installation(tmp_path, lake)},
        raise_on_error=False,
    )


def made(lake: FakeLake) -> list[str]:
    return [manifest.name for manifest in lake.manifests()]


def test_a_failed_blocking_check_stops_what_lies_below(tmp_path: Path) -> None:
    lake = FakeLake(tmp_path / "lake")
    done = run_two(tmp_path, lake, at_most(1, blocking=True))
    (verdict,) = done.get_asset_check_evaluations()
    assert not done.success
    assert (verdict.passed, verdict.severity) == (False, dg.AssetCheckSeverity.ERROR)
    assert verdict.description == "2 lines"
    assert verdict.metadata["lines"].value == 2
    assert made(lake) == ["deduped"]


def test_a_failed_check_that_only_warns_lets_the_run_go_on(tmp_path: Path) -> None:
    lake = FakeLake(tmp_path / "lake")
    done = run_two(tmp_path, lake, at_most(1, blocking=False))
    (verdict,) = done.get_asset_check_evaluations()
    assert done.success
    assert (verdict.passed, verdict.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert made(lake) == ["deduped", "decontaminated"]


def test_a_check_judges_a_reused_artifact_again(tmp_path: Path) -> None:
    lake = FakeLake(tmp_path / "lake")
    assert run_two(tmp_path, lake, at_most(2, blocking=True)).success
    again = run_two(tmp_path, lake, at_most(1, blocking=True))
    (event,) = again.asset_materializations_for_node("mixtures__deduped")
    assert event.metadata["reused"].value is True
    assert not again.success
    assert again.asset_materializations_for_node("mixtures__decontaminated") == []


def test_a_second_run_reuses_every_artifact(tmp_path: Path) -> None:
    lake = FakeLake(tmp_path / "lake")
    check = at_most(2, blocking=True)
    first, second = run_two(tmp_path, lake, check), run_two(tmp_path, lake, check)
    for node, count in (("deduped", 2), ("decontaminated", 1)):
        (manifest,) = lake.manifests("mixtures", node)
        for done, reused in ((first, False), (second, True)):
            (event,) = done.asset_materializations_for_node(f"mixtures__{node}")
            assert event.metadata["reused"].value is reused
            assert event.metadata["digest"].value == manifest.digest
            assert event.metadata["count/documents"].value == count
