"""A backward audit names every corpus, share, training, decision and job, and escapes them all."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from assets.fakes import FakeLake, commit_folder
from assets.lineage.manifest import Manifest
from assets.lineage.questions import audits_of
from assets.lineage.workspace import LineageError
from assets.releases.backward.ingredients import ingredients, shares_of
from assets.releases.backward.page import audit_page
from assets.releases.backward.tables import markdown, shares_table, tables
from tests.artifacts import encoded, parquet
from tests.evidence_lake import make_release
from tests.orchestration.runs import record_of

TRAINED = ("checkpoints", "models")
DRIFT = "went on from a checkpoint although program.code had changed: old -> new"
TOLD = {
    "schedule": {"peak_lr": 0.003},
    "context_tokens": 64,
}


@pytest.fixture
def lake(tmp_path: Path) -> FakeLake:
    return FakeLake(tmp_path / "lake")


@pytest.fixture
def release(lake: FakeLake) -> Manifest:
    """A release whose trainings say all that real ones say."""
    made = make_release(lake)
    for key, manifest in list(lake.committed.items()):
        if manifest.family in TRAINED:
            lake.committed[key] = replace(
                manifest,
                config={**manifest.config, **TOLD},
                metrics={"final_loss": 2.5},
                packages={"torch": "2.9"},
            )
        if (manifest.family, manifest.name) == ("corpora", "raw"):
            snapshot = {"version": "1.0", "files": []}
            lake.committed[key] = replace(
                manifest, config={**manifest.config, "snapshot": snapshot}
            )
    return made


def changed(lake: FakeLake, node: str, **changes: Any) -> Manifest:
    family, name = node.split("/")
    (found,) = lake.manifests(family, name)
    lake.committed[family, name, found.fingerprint] = replace(found, **changes)
    return found


def with_result(lake: FakeLake, node: str, **result: Any) -> None:
    """Give a training a result.json."""
    family, name = node.split("/")
    (found,) = lake.manifests(family, name)
    made = commit_folder(lake, node, {"result.json": encoded(result)}, of=node)
    del lake.committed[family, name, made.fingerprint]
    path = Path(lake.uri(found)) / "result.json"
    path.write_bytes(encoded(result))
    changed(lake, node, files=(*found.files, *made.files))


def test_every_corpus_is_told_with_its_licence_and_its_records(
    lake: FakeLake, release: Manifest
) -> None:
    found = ingredients(lake, release)
    told = {corpus.source: corpus for corpus in found.corpora}
    assert set(told) == {"pmc", "notes"}
    assert (told["pmc"].licence, told["notes"].licence) == ("CC-BY-4.0", "LicenseRef-HPO")
    assert (told["pmc"].read, told["pmc"].kept, told["pmc"].dropped) == (3, 2, 1)
    assert told["notes"].origin == "folder" and told["pmc"].version == "1.0"


def test_shares_are_those_of_the_evidence_and_sum_to_one_per_stage(
    lake: FakeLake, release: Manifest
) -> None:
    found = ingredients(lake, release)
    stages = {share.stage for share in found.shares}
    assert len(stages) == 5
    for stage in stages:
        assert sum(s.share for s in found.shares if s.stage == stage) == pytest.approx(1)
    assert shares_of(lake, release) == found.shares
    table = shares_table(found.shares)
    assert table.head[2:] == (
        "checkpoints/stage1", "checkpoints/stage2", "checkpoints/stage3", "models/sft_general",
        "models/sft_medical",
    )  # fmt: skip
    assert [row[:2] for row in table.rows] == [
        ("notes", "LicenseRef-HPO"),
        ("pmc", "CC-BY-4.0"),
        ("pmc", "CC0-1.0"),
    ]
    assert markdown(table).splitlines()[0].startswith("| source | licence | checkpoints/stage1 ")


def test_tokens_that_do_not_add_up_are_refused(lake: FakeLake, release: Manifest) -> None:
    (stage1,) = lake.manifests("checkpoints", "stage1")
    changed(lake, "checkpoints/stage1", counts={**stage1.counts, "tokens": 1})
    with pytest.raises(LineageError, match="shares that do not add up are not published"):
        ingredients(lake, release)


def test_before_any_training_there_are_no_shares(lake: FakeLake, release: Manifest) -> None:
    (deduped,) = lake.manifests("mixtures", "deduped")
    found = ingredients(lake, deduped)
    assert (found.shares, found.trainings) == ((), ())
    assert {corpus.source for corpus in found.corpora} == {"pmc", "notes"}
    assert shares_of(lake, deduped) == ()


def test_decisions_by_rules_training_and_people_are_told(lake: FakeLake, release: Manifest) -> None:
    drift = [{"field": "program.code", "checkpoint": "old", "spec": "new"}]
    with_result(lake, "checkpoints/stage2", skipped_steps=[4, 2], accepted_drift=drift)
    changed(lake, "tokenizers/tokenizer", git_dirty=True)
    promotion = commit_folder(
        lake, "releases/promotion", {"a": b"1"}, by="Ada", reason="best", number=1
    )
    changed(lake, "releases/promotion", inputs=(record_of(release),))
    assert promotion.fingerprint in {m.fingerprint for m in lake.manifests()}
    told = [(d.artifact.split("[")[0], d.by, d.what) for d in ingredients(lake, release).decisions]
    assert sorted(told[:-1]) == [
        ("checkpoints/stage2", "person", DRIFT),
        ("checkpoints/stage2", "training", "2 steps left no update, as spikes: 2, 4"),
        ("mixtures/deduped", "rule", "1 exact copies were merged"),
        (
            "releases/release",
            "person",
            "1 of 24 artifacts were made by code that was not committed",
        ),
    ]
    assert told[-1] == ("releases/promotion", "person", "promoted by Ada on 2026-01-01: best")


def test_documents_left_out_are_counted_by_rule_and_reason(lake: FakeLake) -> None:
    rows = [
        {"doc_id": "a", "rule": "doc_id", "reason": "objection"},
        {"doc_id": "b", "rule": "copy", "reason": "objection"},
        {"doc_id": "c", "rule": "licence", "reason": "MIT"},
        {"doc_id": "d", "rule": "licence", "reason": "MIT"},
    ]
    deduped = commit_folder(lake, "mixtures/deduped", {"excluded.parquet": parquet(rows)})
    told = [(d.by, d.what) for d in ingredients(lake, deduped).decisions]
    assert told == [
        ("person", "1 documents were left out by copy (objection)"),
        ("person", "1 documents were left out by doc_id (objection)"),
        ("rule", "2 documents were left out by licence (MIT)"),
    ]


def test_jobs_machines_and_dependencies_are_told(lake: FakeLake, release: Manifest) -> None:
    found = ingredients(lake, release)
    assert len(found.jobs) == 24
    assert {job.host for job in found.jobs} == {"build-host-7"}
    assert found.packages == {"torch": ("2.9",)}
    changed(lake, "models/sft_medical", packages={"torch": "2.10"})
    again = ingredients(lake, release)
    assert again.packages == {"torch": ("2.10", "2.9")}
    titles = [table.title for table in tables(again)]
    assert titles[:3] == [
        "Tokens that training read, by source and licence", "Corpora", "Training",
    ]  # fmt: skip
    assert {"Code and machines", "Jobs", "Dependencies", "Configuration"} <= set(titles)


def test_an_input_that_is_gone_ends_the_audit_there_and_is_named(
    lake: FakeLake, release: Manifest
) -> None:
    (tokenizer,) = lake.manifests("tokenizers", "tokenizer")
    del lake.committed["tokenizers", "tokenizer", tokenizer.fingerprint]
    absent = ingredients(lake, release).absent
    assert any(told.startswith(f"tokenizers/tokenizer@{tokenizer.short}, read by ")
               for told in absent)  # fmt: skip


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [str(value) for name, value in attrs if name == "href"]


def test_the_page_is_whole_fetches_nothing_and_escapes_strangers_words(
    lake: FakeLake, release: Manifest
) -> None:
    (notes,) = (m for m in lake.manifests("corpora", "raw") if m.partition == "notes")
    source = {**notes.config["source"], "title": "<script>alert(1)</script>"}
    key = "corpora", "raw", notes.fingerprint
    lake.committed[key] = replace(
        notes, config={**notes.config, "source": source}, dagster_run_id="d1", mlflow_run_id="m1"
    )
    page = audit_page(
        ingredients(lake, release),
        dagster_url="http://127.0.0.1:3000",
        mlflow_url="http://127.0.0.1:5000",
    )
    parsed = _Links()
    parsed.feed(page)
    assert "script" not in parsed.tags and "&lt;script&gt;alert(1)" in page
    outside = {link for link in parsed.links if not link.startswith("#")}
    assert outside == {"http://127.0.0.1:3000/runs/d1", "http://127.0.0.1:5000/#/runs/m1"}
    assert "img" not in parsed.tags and "link" not in parsed.tags
    for table in tables(ingredients(lake, release)):
        assert table.title in page


def test_an_asset_shows_the_audits_that_apply_to_it(lake: FakeLake, release: Manifest) -> None:
    told = audits_of(release)
    name = f"'releases/release@{release.short}'"
    for command in (
        f"materia audit {name} --html audit.html", f"materia lineage {name} --forward",
        f"materia why {name}", f"materia verify {name}", f"materia evidence {name} --out evidence",
        f"materia trace --answer-file answer.txt --model {name}", "materia stale --recipe toy",
    ):  # fmt: skip
        assert f"`{command}`" in told
    (raw,) = (m for m in lake.manifests("corpora", "raw") if m.partition == "notes")
    assert "evidence" not in audits_of(raw) and "stale" not in audits_of(raw)
    assert "`materia trace --doc ID`" in audits_of(raw)
