"""The suites hold for real documents: an installed ontology, read by its own reader."""

from __future__ import annotations

from pathlib import Path

import pytest

from assets.compute import InlineCompute
from assets.corpora.documents import make_documents
from assets.corpora.raw import make_raw
from assets.corpora.snapshot import resolve
from assets.corpora.sources import source
from assets.expectations.data_docs import make_data_docs
from assets.expectations.verdicts import SUITE_CHECKS
from assets.fakes import FakeLake, FakeTracker, RecordingJobRunner
from assets.lineage.build import Work, build
from assets.lineage.manifest import Manifest
from assets.lineage.provenance import Provenance
from assets.lineage.step import Step
from assets.recipes.graph import documents_step, raw_step

NOBODY = Provenance(git_commit="", git_dirty=False, packages={}, host="", dagster_run_id="")


def made(lake: FakeLake, folder: Path, step: Step, work: Work) -> Manifest:
    return build(
        step,
        work,
        lake=lake,
        tracker=FakeTracker(),
        compute=InlineCompute(),
        provenance=NOBODY,
        job_root=folder / "jobs",
        run_job=lambda run_log: RecordingJobRunner(),
        progress=lambda message: None,
    ).manifest


@pytest.mark.slow
def test_real_documents_meet_the_expectations(tmp_path: Path) -> None:
    lake = FakeLake(tmp_path / "lake")
    hpo = source("hpo")
    snapshot = resolve(hpo, tmp_path)
    raw = raw_step(hpo.to_dict(), snapshot.to_dict())
    made(lake, tmp_path, raw, make_raw(snapshot.paths))
    documents = made(lake, tmp_path, documents_step(raw), make_documents)
    for check in SUITE_CHECKS:
        verdict = check.run(documents, lake)
        assert verdict.passed, verdict.reason
        assert verdict.facts["rows_validated"] == documents.counts["kept"] > 10_000
    step = Step(
        family="reports",
        name="data_docs",
        partition="tiny",
        code_version="1",
        config={},
        inputs=(documents_step(raw),),
    )
    docs = made(lake, tmp_path, step, make_data_docs)
    assert docs.counts["unsuccessful_critical"] == docs.counts["unsuccessful_warning"] == 0
    assert docs.counts["rows"] == documents.counts["kept"]
