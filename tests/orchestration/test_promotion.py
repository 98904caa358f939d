"""A promotion is kept in the lake, refused where it must be, and shown as an alias."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from assets.compute import InlineCompute
from assets.fakes import FakeTracker, RecordingJobRunner
from assets.lineage.build import build
from assets.lineage.manifest import Manifest
from assets.lineage.provenance import Provenance
from assets.lineage.step import Step
from assets.lineage.workspace import Outcome, Workspace
from orchestration.lake import ObjectLake
from orchestration.mlflow_views import check_run, stray_runs
from orchestration.promotion import FILE, NotPromoted, champions, promote
from orchestration.stores import FileStore
from orchestration.tracker import MlflowTracker
from orchestration.tracker_sync import rebuild
from orchestration.verify import verify

PROVENANCE = Provenance(git_commit="a", git_dirty=False, packages={}, host="h", dagster_run_id="")


def work(ws: Workspace) -> Outcome:
    ws.out("model.safetensors").write_text(ws.step.fingerprint)
    return Outcome(counts={})


@pytest.fixture
def lake(tmp_path: Path) -> ObjectLake:
    return ObjectLake(FileStore(tmp_path / "lake"), tmp_path / "cache")


def made(lake: ObjectLake, tmp_path: Path, number: int, node: str = "releases/release") -> Manifest:
    family, name = node.split("/")
    step = Step(
        family=family,
        name=name,
        partition="promo",
        code_version="1",
        config={"recipe": "promo", "policy": "research", "sources": [], "number": number},
    )
    return build(
        step,
        work,
        lake=lake,
        tracker=FakeTracker(),
        provenance=PROVENANCE,
        job_root=tmp_path / "jobs",
        compute=InlineCompute(),
        run_job=lambda run_log: RecordingJobRunner(),
        progress=lambda message: None,
    ).manifest


def choose(lake: ObjectLake, release: Manifest, second: int = 0) -> Manifest:
    return promote(
        lake,
        release,
        reason="best score",
        by="ada",
        now=datetime(2030, 1, 1, 0, 0, second, tzinfo=UTC),
        provenance=PROVENANCE,
    )


def test_the_last_promotion_decides_and_going_back_is_another_one(
    lake: ObjectLake, tmp_path: Path
) -> None:
    first, second = made(lake, tmp_path, 1), made(lake, tmp_path, 2)
    assert champions(lake) == {}
    for number, release in enumerate((first, second, first)):
        promotion = choose(lake, release, number)
        assert promotion.config["number"] == number + 1
        assert champions(lake) == {"promo": release.fingerprint}
    assert verify(lake, list(lake.manifests()), []) == []
    assert "promoted by ada: best score" in promotion.summary
    assert lake.fetch(promotion, promotion.file(FILE)).read_text().count(first.fingerprint) == 1


def test_the_champion_is_not_promoted_again(lake: ObjectLake, tmp_path: Path) -> None:
    release = made(lake, tmp_path, 1)
    choose(lake, release)
    with pytest.raises(NotPromoted, match="is the champion already"):
        choose(lake, release, 1)


def test_what_is_no_release_is_refused(lake: ObjectLake, tmp_path: Path) -> None:
    with pytest.raises(NotPromoted, match="is no release"):
        choose(lake, made(lake, tmp_path, 1, "checkpoints/stage1"))


def test_a_release_with_a_flipped_byte_is_refused(lake: ObjectLake, tmp_path: Path) -> None:
    release = made(lake, tmp_path, 1)
    path = lake.fetch(release, release.file("model.safetensors"))
    path.chmod(0o644)
    path.write_text("x")
    with pytest.raises(NotPromoted, match=r"model\.safetensors has changed .* not promoted"):
        choose(lake, release)
    assert champions(lake) == {}


def test_an_empty_mlflow_gets_both_aliases_from_the_lake(
    lake: ObjectLake, tmp_path: Path, tracker: MlflowTracker
) -> None:
    first, second = made(lake, tmp_path, 1), made(lake, tmp_path, 2)
    promotion = choose(lake, first)
    rebuild(tracker, lake)
    models = tracker.writer.models
    champion, candidate = models.version_of(first, "promo"), models.version_of(second, "promo")
    assert champion is not None and candidate is not None
    assert models.aliases("promo") == {
        "champion": str(champion.version),
        "candidate": str(candidate.version),
    }
    assert check_run(tracker, promotion, lake.uri(promotion)) == []
    before = stray_runs(tracker, lake.manifests())
    assert not any("materia-promo" in text for text in before)
    models.set_alias("promo", "champion", str(candidate.version))
    told = set(stray_runs(tracker, lake.manifests())) - set(before)
    assert told == {
        f"materia-promo: alias champion is at version {candidate.version}, "
        f"the lake says {champion.version}"
    }
