"""mixtures/classifiers: what is trained, what is reported, and what is absent and says so."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from assets.lineage.manifest import Manifest
from assets.lineage.storage import Folder, StoredFile
from assets.lineage.workspace import Outcome
from assets.mixtures.scoring.heads import splits
from assets.mixtures.scoring.models import FILES, load
from assets.mixtures.scoring.spec import ClassifierSpec, classifier_config
from assets.mixtures.scoring.text import draws
from tests.assets.mixtures.scoring.conftest import SPEC, World, corpus, world

Trained = tuple[World, Manifest, Outcome]


def report_of(found: World, manifest: Manifest) -> Any:
    return json.loads(Path(found.lake.uri(manifest), "report.json").read_text())


def stored(found: World, manifest: Manifest) -> tuple[StoredFile, ...]:
    folder = Folder(uri=found.lake.uri(manifest))
    return tuple(StoredFile(folder=folder, entry=manifest.file(name)) for name in FILES)


def test_three_classifiers_are_trained_and_judged(trained: Trained) -> None:
    found, manifest, outcome = trained
    report = report_of(found, manifest)
    assert set(report["heads"]) == {"medical", "department", "content_type"}
    assert report["absent"] == {}
    for head in report["heads"].values():
        assert head["labels_from"]
        assert head["heldout"]["documents"] == sum(
            row["tested"] for row in head["documents"].values()
        )
        assert {"temperature", "shift", "before", "after"} <= set(head["calibration"])
    assert report["heads"]["medical"]["heldout"]["macro_f1"] > 0.95
    assert report["heads"]["department"]["heldout"]["macro_f1"] > 0.95
    assert outcome.counts["classifiers"] == 3
    assert "macro_f1/department" in outcome.metrics


def test_every_labelled_document_is_in_one_split(trained: Trained) -> None:
    found, manifest, _ = trained
    rows = report_of(found, manifest)["heads"]["medical"]["documents"]
    assert {name: sum(row.values()) for name, row in rows.items()} == {
        "general": 120, "medical": 220,
    }  # fmt: skip


def test_transfer_leaves_every_source_out_once(trained: Trained) -> None:
    found, manifest, outcome = trained
    rows = report_of(found, manifest)["heads"]["medical"]["transfer"]
    assert [row["source"] for row in rows] == ["hpo", "pubmed", "python_stdlib", "towns"]
    for row in rows:
        assert row["source"] not in row["trained_on"]
    # Neurology is also in PubMed: its terms are recognised from there.
    assert rows[0]["recall"] > 0.9
    assert "Trained without `hpo`, tested on it" in outcome.summary


def test_the_language_model_says_what_it_read(trained: Trained) -> None:
    found, manifest, outcome = trained
    report = report_of(found, manifest)["language_model"]
    assert len(report["folds"]) == 2
    kept = sum(row["documents"] for row in report["reference"].values())
    assert kept == outcome.counts["reference_documents"]
    # The better half of each source, ties included.
    assert 0.4 * 340 < kept < 0.9 * 340


def test_pictures_and_plain_files_are_written(trained: Trained) -> None:
    _, manifest, outcome = trained
    names = {entry.path for entry in manifest.files}
    assert names == {*FILES, "report.json", "f1.png", "reliability.png"}
    assert outcome.pictures == ("f1.png", "reliability.png")


def test_models_survive_being_written(trained: Trained) -> None:
    found, manifest, _ = trained
    models = load(stored(found, manifest))
    assert [head.name for head in models.heads] == ["medical", "department", "content_type"]
    assert models.chunk_words == SPEC.chunk_words
    assert models.heads[1].labels == ("cardiology", "neurology")
    assert models.terms.num_windows > 0


def test_parts_give_the_same_bytes_as_one_file(trained: Trained, tmp_path: Path) -> None:
    _, manifest, _ = trained
    other, _ = world(tmp_path, corpus(), num_parts=3).classifiers()
    digests = {entry.path: entry.sha256 for entry in other.files}
    assert digests == {entry.path: entry.sha256 for entry in manifest.files}


def test_without_mesh_there_is_no_department_classifier(tmp_path: Path) -> None:
    found = world(tmp_path, corpus(mesh=False))
    manifest, outcome = found.classifiers()
    report = report_of(found, manifest)
    assert "department" not in report["heads"]
    assert "labels found: none" in report["absent"]["department"]
    assert "No department" in outcome.summary
    assert "department" not in [head.name for head in load(stored(found, manifest)).heads]


def test_one_domain_alone_trains_nothing_and_says_so(tmp_path: Path) -> None:
    found = world(tmp_path, corpus(mesh=False).filter(pl.col("source") == "hpo"))
    manifest, outcome = found.classifiers()
    assert set(report_of(found, manifest)["absent"]) == {"medical", "department", "content_type"}
    assert outcome.counts["classifiers"] == 0 and outcome.pictures == ()


def test_splits_are_apart_and_hold_about_their_share() -> None:
    ids = pl.Series([f"document {number}" for number in range(4000)])
    learn, tune, test = splits(draws(ids, 1))
    assert (learn.astype(int) + tune + test == 1).all()
    assert 500 < tune.sum() < 700 and 500 < test.sum() < 700


def test_a_bad_literal_is_named() -> None:
    with pytest.raises(ValueError, match="chunk_words is 0: give the recipe's ScoringSpec at"):
        ClassifierSpec(**{**classifier_config(SPEC), "chunk_words": 0})
