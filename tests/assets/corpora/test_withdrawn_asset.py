"""Materializing corpora/withdrawn tags the MLflow runs of all that a withdrawn document reached."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from assets.corpora.defs import withdrawn
from assets.fakes import FakeLake, FakeTracker, commit_folder
from assets.lineage.manifest import Manifest
from tests.artifacts import parquet
from tests.assets.lineage.test_defs import installation
from tests.assets.lineage.test_taint import CONFIG, STEPS, linked, piece, row, shards

HEADER = "source,native_id,doc_id,text_hash,reason,date,reference\n"


def tracked(
    lake: FakeLake, run_id: str, manifest: Manifest, *inputs: Manifest, steps: int = 0
) -> Manifest:
    known = replace(manifest, mlflow_run_id=run_id)
    return linked(lake, known, *inputs, steps=steps)


@pytest.fixture
def lake(tmp_path: Path) -> FakeLake:
    """A document from its mixture to two models; the second was trained on a question about it."""
    lake = FakeLake(tmp_path / "lake")
    rows = parquet([row("kept"), row("other")])
    clean = tracked(
        lake,
        "run-clean",
        commit_folder(lake, "mixtures/decontaminated", {"documents.parquet": rows}),
    )
    asked = [{"item_id": "item", "seed_doc_id": "kept"}]
    questions = tracked(
        lake,
        "run-questions",
        commit_folder(lake, "synthesis/questions", {"questions.parquet": parquet(asked)}),
        clean,
    )
    # Shards of an installation without MLflow: there is no run to tag.
    packed = tracked(lake, "", shards(lake, "shards_stage1", piece("kept", 3, 10)), clean)
    sft = tracked(lake, "", shards(lake, "shards_sft_general", piece("item", 1, 8)), questions)
    unread = tracked(lake, "run-unread", shards(lake, "shards_stage2", piece("other", 3, 5)), clean)
    base = tracked(
        lake,
        "run-base",
        commit_folder(lake, "checkpoints/stage1", {"w": b"1"}, **CONFIG),
        packed,
        steps=STEPS,
    )
    tracked(
        lake,
        "run-elsewhere",
        commit_folder(lake, "checkpoints/stage2", {"w": b"2"}, **CONFIG),
        unread,
        steps=STEPS,
    )
    model = tracked(
        lake,
        "run-model",
        commit_folder(lake, "models/sft_general", {"w": b"3"}, **CONFIG),
        sft,
        base,
        steps=STEPS,
    )
    release = commit_folder(lake, "releases/release", {"w": b"4"})
    tracked(lake, "run-release", release, model)
    return lake


def listed(
    tmp_path: Path, lake: FakeLake, *rows: str
) -> tuple[FakeTracker, Manifest, dict[str, Any]]:
    """Put a list into the inbox and materialize it."""
    path = tmp_path / "inbox" / "withdrawn" / "list.csv"
    path.parent.mkdir(parents=True)
    path.write_text(HEADER + "".join(f"{line}\n" for line in rows))
    tracker = FakeTracker()
    platform = replace(installation(tmp_path, lake), tracker=tracker)
    done = dg.materialize([withdrawn], resources={"platform": platform})
    assert done.success
    (event,) = done.asset_materializations_for_node("corpora__withdrawn")
    (manifest,) = lake.manifests("corpora", "withdrawn")
    return tracker, manifest, {name: value.value for name, value in event.metadata.items()}


def test_the_runs_of_all_tainted_artifacts_are_tagged_and_no_other(
    tmp_path: Path, lake: FakeLake
) -> None:
    tracker, manifest, _ = listed(tmp_path, lake, "s,n kept,,,fraud,,")
    how = {run_id: tags["materia.tainted"] for run_id, tags in tracker.tags.items()}
    assert how == {
        "run-clean": "holds",
        "run-questions": "asks",
        "run-base": "trained_on",
        "run-model": "trained_on",
        "run-release": "descends",
    }
    lists = {tags["materia.tainted.list"] for tags in tracker.tags.values()}
    assert lists == {manifest.fingerprint[:12]}
    assert {tags["materia.tainted.documents"] for tags in tracker.tags.values()} == {"1"}


def test_a_model_that_read_the_document_and_descends_from_one_is_told_the_tokens_it_read(
    tmp_path: Path, lake: FakeLake
) -> None:
    tracker, _, _ = listed(tmp_path, lake, "s,n kept,,,fraud,,")
    tags = tracker.tags["run-model"]
    assert tags["materia.tainted"] == "trained_on"
    assert int(tags["materia.tainted.tokens"]) % 8 == 0
    assert int(tags["materia.tainted.tokens"]) > 0


def test_the_page_of_the_list_names_what_is_tainted(tmp_path: Path, lake: FakeLake) -> None:
    _, _, metadata = listed(tmp_path, lake, "s,n kept,,,fraud,,")
    told = metadata["tainted"]
    assert "| checkpoints/stage1[p] | trained_on | 1 |" in told
    assert "| releases/release[p] | descends | 1 | 0 |" in told
    assert "stage2" not in told


@pytest.mark.parametrize("rows", [(), ("s,nobody,,,fraud,,",)])
def test_a_list_that_names_nobody_tags_no_run(
    tmp_path: Path, lake: FakeLake, rows: tuple[str, ...]
) -> None:
    tracker, _, metadata = listed(tmp_path, lake, *rows)
    assert not tracker.tags
    assert metadata["tainted"] == "nothing"
