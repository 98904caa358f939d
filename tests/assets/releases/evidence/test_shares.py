"""Token shares: exact per stage and source, and never published when they do not add up."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from assets.fakes import FakeLake
from assets.lineage.audit import ArtifactGraph
from assets.lineage.manifest import Manifest
from assets.lineage.workspace import LineageError
from assets.releases.evidence.pack import ancestry
from assets.releases.evidence.shares import Share, times_read, token_shares
from tests.evidence_lake import BATCH, SAMPLES, SEED, SOURCES, STEPS, make_release
from training.shards import SampleOrder


def shares(lake: FakeLake, release: Manifest) -> tuple[Share, ...]:
    return token_shares(lake, ancestry(ArtifactGraph.of(lake), release), SOURCES)


@pytest.fixture
def lake(tmp_path: Path) -> FakeLake:
    return FakeLake(tmp_path / "lake")


def test_a_stage_is_shared_out_to_sources_and_licences_by_tokens_read(lake: FakeLake) -> None:
    found = [s for s in shares(lake, make_release(lake)) if s.stage == "checkpoints/stage1"]
    order = SampleOrder(SAMPLES, SEED)
    read = [order.sample_at(position) for position in range(BATCH * STEPS)]
    expected = {
        ("notes", "LicenseRef-HPO"): 4 * read.count(2),
        ("pmc", "CC-BY-4.0"): 10 * read.count(0) + 6 * read.count(3),
        ("pmc", "CC0-1.0"): 7 * read.count(1),
    }
    assert {(s.source, s.licence): s.tokens_read for s in found} == expected
    assert [s.tokens_packed for s in found] == [4, 16, 7]
    assert [s.documents for s in found] == [1, 1, 1]
    assert sum(s.share for s in found) == pytest.approx(1.0)


def test_questions_count_for_the_source_they_were_made_from(lake: FakeLake) -> None:
    found = {s.stage: (s.source, s.licence) for s in shares(lake, make_release(lake))}
    assert found["models/sft_general"] == ("notes", "LicenseRef-HPO")
    assert found["models/sft_medical"] == ("pmc", "CC-BY-4.0")


def test_samples_never_read_give_no_tokens_and_repeated_ones_count_again(lake: FakeLake) -> None:
    make_release(lake)
    (stage,) = lake.manifests("checkpoints", "stage1")
    epochs, more = times_read(stage, SAMPLES)
    assert (epochs, more.total()) == divmod(BATCH * STEPS, SAMPLES)
    assert times_read(stage, 100)[0] == 0


def test_shares_that_differ_from_what_training_counted_are_refused(lake: FakeLake) -> None:
    release = make_release(lake)
    (stage,) = lake.manifests("checkpoints", "stage2")
    key = (stage.family, stage.name, stage.fingerprint)
    lake.committed[key] = replace(stage, counts={**stage.counts, "tokens": 1})
    with pytest.raises(LineageError, match=r"stage2\S+ counted 1 tokens in training, the index"):
        shares(lake, release)


def test_tokens_of_an_unknown_document_are_refused(lake: FakeLake) -> None:
    release = make_release(lake)
    (clean,) = lake.manifests("mixtures", "decontaminated")
    del lake.committed[clean.family, clean.name, clean.fingerprint]
    graph = ArtifactGraph.of(lake)
    chain = [m for m in graph.nodes.values() if m.fingerprint != release.fingerprint]
    with pytest.raises(LineageError, match="holds tokens of documents that are neither in"):
        token_shares(lake, chain, SOURCES)
