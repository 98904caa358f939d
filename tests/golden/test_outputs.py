"""What the data nodes write for pinned input is golden: when bytes change, a code version must.

Pictures are left out: their pixels belong to the plotting library.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from assets.compute import InlineCompute
from assets.corpora.benchmarks import benchmark_package, make_benchmarks
from assets.corpora.documents import make_documents
from assets.corpora.raw import make_raw
from assets.corpora.snapshot import resolve
from assets.corpora.sources import source
from assets.fakes import FakeLake, FakeTracker, RecordingJobRunner
from assets.lineage.build import Work, build
from assets.lineage.manifest import Manifest, digest_of
from assets.lineage.provenance import Provenance
from assets.lineage.step import Step
from assets.mixtures.decontaminate import make_decontaminated
from assets.mixtures.deduplication.deduped import make_deduped
from assets.mixtures.deduplication.signatures import make_signatures
from assets.mixtures.scoring.classifiers import make_classifiers
from assets.mixtures.scoring.scores import make_scores
from assets.mixtures.stages import make_stage
from assets.recipes.graph import RecipeGraph, documents_step, raw_step, signatures_step
from assets.recipes.smoke import smoke
from assets.synthesis.questions import make_questions
from assets.tokenizers.shards import make_sft_shards, make_shards
from assets.tokenizers.train import make_tokenizer
from tests.golden.text import assert_golden

PINNED = ("hpo", "icd10cm", "wikipedia_gensim106")
"""Sources from pinned packages; the standard library differs between Python versions."""

WORK: dict[str, Work] = {
    "corpora/benchmarks": make_benchmarks,
    "mixtures/deduped": make_deduped,
    "mixtures/decontaminated": make_decontaminated,
    "mixtures/classifiers": make_classifiers,
    "mixtures/scores": make_scores,
    "tokenizers/tokenizer": make_tokenizer,
    "synthesis/questions": make_questions,
    "mixtures/stage1": make_stage,
    "tokenizers/shards_stage1": make_shards,
    "tokenizers/shards_sft_medical": make_sft_shards,
}


@pytest.mark.slow
def test_the_bytes_of_every_data_node_are_golden(tmp_path: Path) -> None:
    lake = FakeLake(tmp_path / "lake")
    make = _maker(lake, tmp_path)
    found: dict[str, dict[str, str]] = {}
    raw: dict[str, Step] = {}
    for name in PINNED:
        snapshot = resolve(source(name), tmp_path)
        raw[name] = raw_step(source(name).to_dict(), snapshot.to_dict())
        documents = documents_step(raw[name])
        for step, work in (
            (raw[name], make_raw(snapshot.paths)),
            (documents, make_documents),
            (signatures_step(documents), make_signatures),
        ):
            manifest = make(step, work)
            found[manifest.key] = _view(manifest)
    base = smoke()
    recipe = replace(base, sources=tuple(use for use in base.sources if use.source in PINNED))
    graph = RecipeGraph(recipe, raw, benchmark_package())
    for node, work in WORK.items():
        found[node] = _view(make(graph.step(node), work))
    assert_golden("outputs.json", json.dumps(found, indent=1, sort_keys=True) + "\n")


def _maker(lake: FakeLake, folder: Path) -> Callable[[Step, Work], Manifest]:
    nobody = Provenance(git_commit="", git_dirty=False, packages={}, host="", dagster_run_id="")

    def make(step: Step, work: Work) -> Manifest:
        return build(
            step,
            work,
            lake=lake,
            tracker=FakeTracker(),
            provenance=nobody,
            job_root=folder / "jobs",
            compute=InlineCompute(),
            run_job=lambda run_log: RecordingJobRunner(),
            progress=lambda message: None,
        ).manifest

    return make


def _view(manifest: Manifest) -> dict[str, str]:
    files = [entry for entry in manifest.files if not entry.path.endswith(".png")]
    return {"code_version": manifest.code_version, "digest": digest_of(files)[:16]}
