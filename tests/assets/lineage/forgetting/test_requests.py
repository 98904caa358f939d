"""A request as it is written: its search of the lake, its chain, its signature, its checks."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from assets.corpora.tombstones import (
    STATEMENT,
    TABLE,
    TOMBSTONE_SCHEMA,
    base_fingerprint,
    heads_of,
    requests_in,
    signature_problems,
    tombstones_of,
)
from assets.fakes import FakeLake
from assets.lineage.audit import ArtifactGraph
from assets.lineage.forgetting.exposure import affected_by, exposures
from assets.lineage.forgetting.request import Asked, Request, make_request
from assets.lineage.forgetting.searching import held_by_id
from assets.lineage.forgetting.selection import Selected
from assets.lineage.manifest import Manifest
from assets.lineage.provenance import Provenance
from assets.lineage.taint import no_withdrawn_document
from assets.releases.evidence.signing import SigningKey
from orchestration.forgetting import AlreadyForgotten, commit_request, signed_view
from tests.assets.lineage.test_taint import BATCH, SAMPLES, SEED, STEPS, lake, only
from training.shards import SampleOrder

__all__ = ["lake"]

NOBODY = Provenance(git_commit="abc", git_dirty=False, packages={}, host="h", dagster_run_id="")
SCHEMA = {"text_hash": pl.String, "shingle": pl.UInt64}


def selected(*doc_ids: str, sources: tuple[str, ...] = ()) -> Selected:
    blank = {name: "" for name in TOMBSTONE_SCHEMA} | {"share": 1.0, "num_shingles": 0}
    rows = [
        blank | {"doc_id": name, "text_hash": f"hash {name}", "rule": "named", "reason": "asked"}
        for name in doc_ids
    ]
    frame = pl.DataFrame(rows, schema=TOMBSTONE_SCHEMA)
    none = pl.DataFrame(schema=TOMBSTONE_SCHEMA)
    shingles = pl.DataFrame(schema=SCHEMA)
    return Selected(rows=frame, near=none, shingles=shingles, sources=sources)


def asked(**changes: Any) -> Asked:
    words: dict[str, Any] = {
        "reason": "asked", "by": "ada", "date": "2026-01-02", "mode": "restart", "near": "drop",
    }  # fmt: skip
    return Asked(**{**words, **changes})


def request(lake: FakeLake, *doc_ids: str, **changes: Any) -> Request:
    return make_request(lake, ArtifactGraph.of(lake), selected(*doc_ids), asked(**changes))


def written(lake: FakeLake, folder: Path, made: Request, day: int = 1) -> Manifest:
    return commit_request(
        lake,
        made,
        key=SigningKey.create(folder / "key.pem"),
        now=datetime(2026, 1, day, tzinfo=UTC),
        provenance=NOBODY,
    )


def test_a_request_says_which_shards_hold_the_document_or_a_question_about_it(
    lake: FakeLake,
) -> None:
    config = request(lake, "kept").step.config
    names = {base_fingerprint(m): m.name for m in lake.manifests("tokenizers")}
    assert {names[f] for f in config["shards"]["holding"]} == {
        "shards_stage1", "shards_sft_general"
    }  # fmt: skip
    assert config["shards"]["free"] == []
    other = request(lake, "other").step.config["shards"]
    assert {names[f] for f in other["holding"]} == {"shards_stage1"}
    assert {names[f] for f in other["free"]} == {"shards_sft_general"}


def test_exposure_is_in_exact_steps(lake: FakeLake) -> None:
    graph = ArtifactGraph.of(lake)
    found = {e.stage: e for e in exposures(lake, graph, pl.Series(["kept"]))}
    order = SampleOrder(SAMPLES, SEED)
    steps = [p // BATCH for p in range(BATCH * STEPS) if order.sample_at(p) == 3]
    stage = found["checkpoints/stage1"]
    assert stage.steps == tuple(steps)
    assert (stage.first_step, stage.last_step, stage.num_steps) == (
        steps[0], steps[-1], len(steps)
    )  # fmt: skip
    assert stage.read_tokens == 10 * len(steps)
    assert stage.has_learned
    assert found["models/sft_general"].packed_tokens == 8
    reached = affected_by(graph, list(found.values()), ("models", "releases"))
    assert {graph.nodes[f].family for f in reached} == {"models", "releases"}


def test_steps_that_left_no_update_are_no_learning(lake: FakeLake) -> None:
    graph = ArtifactGraph.of(lake)
    (stage,) = [
        e for e in exposures(lake, graph, pl.Series(["other"])) if e.stage == "checkpoints/stage1"
    ]
    unlearned = replace(stage, steps_without_update=stage.steps)
    assert not unlearned.has_learned
    assert affected_by(graph, [unlearned], ("models", "releases")) == {}


def test_tables_that_name_a_document_are_found(lake: FakeLake) -> None:
    ids, hashes = pl.Series(["kept"]), pl.Series(["hash kept"])
    held = {(m.name, h.table) for m in lake.manifests() for h in held_by_id(lake, m, ids, hashes)}
    assert held == {
        ("documents", "documents"), ("deduped", "documents"), ("deduped", "merged"),
        ("decontaminated", "documents"), ("stage1", "selection"), ("shards_stage1", "index"),
        ("questions", "questions"),
    }  # fmt: skip


def test_requests_are_a_signed_chain(lake: FakeLake, tmp_path: Path) -> None:
    first = written(lake, tmp_path, request(lake, "kept"))
    second = written(lake, tmp_path, request(lake, "other"), day=2)
    assert [m.fingerprint for m in requests_in(lake)] == [first.fingerprint, second.fingerprint]
    assert second.config["previous"] == [first.fingerprint]
    assert heads_of(requests_in(lake)) == [second.fingerprint]
    assert signature_problems(lake, first) == signature_problems(lake, second) == []
    rows = tombstones_of(lake, requests_in(lake))
    assert dict(rows.select("doc_id", "request").iter_rows()) == {
        "kept": first.fingerprint, "other": second.fingerprint
    }  # fmt: skip


def test_a_request_that_was_taken_away_is_missed(lake: FakeLake, tmp_path: Path) -> None:
    first = written(lake, tmp_path, request(lake, "kept"))
    later = written(lake, tmp_path, request(lake, "other"), day=2)
    del lake.committed["corpora", "tombstones", first.fingerprint]
    with pytest.raises(ValueError, match=f"{first.short} is missing, which a later request names"):
        requests_in(lake)
    told = f"corpora/tombstones@{later.short}: the request before it is gone: {first.short}"
    assert signed_view(lake)(later) == [told]


def test_a_table_that_was_edited_is_told(lake: FakeLake, tmp_path: Path) -> None:
    made = written(lake, tmp_path, request(lake, "kept"))
    lake.fetch(made, made.file(TABLE)).write_bytes(b"")
    assert signature_problems(lake, made) == [
        f"corpora/tombstones@{made.short}: {TABLE} is not the table that was signed"
    ]


def test_a_signature_over_something_else_is_told(lake: FakeLake, tmp_path: Path) -> None:
    one = written(lake, tmp_path, request(lake, "kept"))
    two = written(lake, tmp_path, request(lake, "other"), day=2)
    path = lake.fetch(one, one.file(STATEMENT))
    path.write_bytes(lake.fetch(two, two.file(STATEMENT)).read_bytes())
    assert signature_problems(lake, one) == [
        f"corpora/tombstones@{one.short}: what was signed is something else"
    ]
    assert signed_view(lake)(one) == signature_problems(lake, one)
    envelope = json.loads(path.read_text())
    envelope["signatures"][0]["sig"] = "AAAA"
    path.write_text(json.dumps(envelope))
    assert f"corpora/tombstones@{one.short}: the signature does not hold" in signature_problems(
        lake, one
    )
    path.write_text("{}")
    assert "its signature cannot be read" in signature_problems(lake, one)[0]


def test_a_request_that_says_nothing_new_is_refused_and_a_stricter_one_is_not(
    lake: FakeLake, tmp_path: Path
) -> None:
    written(lake, tmp_path, request(lake, "kept", near="report"))
    with pytest.raises(AlreadyForgotten, match="names all 1 documents already"):
        written(lake, tmp_path, request(lake, "kept", near="report", reason="again"), day=2)
    written(lake, tmp_path, request(lake, "kept", mode="strict"), day=3)
    with pytest.raises(AlreadyForgotten):
        written(lake, tmp_path, request(lake, "kept"), day=4)


def test_a_request_without_documents_or_words_is_refused(lake: FakeLake) -> None:
    with pytest.raises(ValueError, match="names no document: give --doc"):
        request(lake)
    with pytest.raises(ValueError, match="write one line that people can read"):
        asked(reason="a\nb")


def test_a_release_that_learned_from_a_tombstone_fails_its_check_and_mixtures_only_if_strict(
    lake: FakeLake, tmp_path: Path
) -> None:
    release, mixture = only(lake, "releases/release"), only(lake, "mixtures/stage1")
    assert no_withdrawn_document(release, lake).passed
    made = written(lake, tmp_path, request(lake, "kept"))
    verdict = no_withdrawn_document(release, lake)
    assert not verdict.passed
    assert made.short in verdict.reason
    assert no_withdrawn_document(mixture, lake).passed
    written(lake, tmp_path, request(lake, "kept", mode="strict"), day=2)
    assert not no_withdrawn_document(mixture, lake).passed
