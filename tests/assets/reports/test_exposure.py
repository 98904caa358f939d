"""The report of what is still affected: which artifacts, through which models, and what stands."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from assets.fakes import FakeLake, commit_folder, fake_workspace
from assets.lineage.manifest import Manifest
from assets.lineage.step import Step
from assets.reports.exposure import (
    EXPOSURE_CHECKS,
    FILE,
    affected_artifacts,
    exposure_page,
    standing_artifacts,
    write_exposure,
)
from tests.assets.lineage.forgetting.test_requests import request, written
from tests.assets.lineage.test_taint import lake, only

__all__ = ["lake"]

(CHECK,) = EXPOSURE_CHECKS


def test_what_descends_from_a_model_that_read_the_document_is_listed(
    lake: FakeLake, tmp_path: Path
) -> None:
    made = written(lake, tmp_path, request(lake, "kept"))
    rows = {row.artifact.split("[")[0]: row for row in affected_artifacts(lake)}
    assert set(rows) == {"checkpoints/stage1", "models/sft_general", "releases/release"}
    release = rows["releases/release"]
    assert {name.split("[")[0] for name in release.through} == {
        "checkpoints/stage1", "models/sft_general"
    }  # fmt: skip
    assert release.stands and release.request == made.fingerprint
    assert release.read_tokens > rows["checkpoints/stage1"].read_tokens > 0


def test_a_document_that_nobody_read_affects_nothing(lake: FakeLake, tmp_path: Path) -> None:
    written(lake, tmp_path, request(lake, "unread"))
    assert affected_artifacts(lake) == []


def test_the_newest_of_a_name_stands_and_so_does_what_is_promoted(lake: FakeLake) -> None:
    old = only(lake, "releases/release")
    new = replace(
        commit_folder(lake, "releases/release", {"w": b"4"}, n=2),
        finished_at="2027-01-01T00:00:00+00:00",
    )
    lake.committed["releases", "release", new.fingerprint] = new
    assert old.fingerprint not in standing_artifacts(lake.manifests())
    assert new.fingerprint in standing_artifacts(lake.manifests())
    record = only(lake, "models/sft_general").inputs[0]
    chosen = replace(record, family=old.family, name=old.name, fingerprint=old.fingerprint)
    promotion = replace(commit_folder(lake, "releases/promotion", {"p": b"1"}), inputs=(chosen,))
    lake.committed["releases", "promotion", promotion.fingerprint] = promotion
    assert old.fingerprint in standing_artifacts(lake.manifests())


def report(lake: FakeLake, folder: Path, requests: Mapping[str, Manifest]) -> Manifest:
    step = Step(family="reports", name="exposure", partition="", code_version="1", config={})
    ws = fake_workspace(folder, step, tuple(requests.values()), lake=lake)
    outcome = write_exposure(ws, affected_artifacts(lake))
    files = {path.name: path.read_bytes() for path in ws.out_dir.iterdir()}
    assert outcome.counts["requests"] == len(requests)
    return commit_folder(lake, "reports/exposure", files, partition="", n=len(requests))


def test_the_check_fails_while_something_that_stands_is_affected(
    lake: FakeLake, tmp_path: Path
) -> None:
    empty = report(lake, tmp_path / "a", {})
    assert CHECK.run(empty, lake).passed
    made = written(lake, tmp_path, request(lake, "kept"))
    verdict = CHECK.run(report(lake, tmp_path / "b", {"one": made}), lake)
    assert not verdict.passed
    assert "3 artifacts that are newest or promoted" in verdict.reason
    newest = [m for m in lake.manifests("reports", "exposure")][-1]
    rows = json.loads(lake.fetch(newest, newest.file(FILE)).read_text())
    assert len(rows) == 3


def test_the_page_says_so_when_nothing_was_ever_forgotten() -> None:
    assert exposure_page([], []) == "No request to forget is in the lake.\n"
