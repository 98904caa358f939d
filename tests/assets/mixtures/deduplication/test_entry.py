"""mixtures/deduped lets nobody enter who was withdrawn, or whose licence is not taken."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from assets.corpora.licences import LicenceViolation
from assets.corpora.withdrawn import WITHDRAWN_SCHEMA
from assets.fakes import FakeLake, commit_folder, fake_workspace
from assets.lineage.step import Step
from assets.lineage.workspace import Outcome
from assets.mixtures.deduplication.deduped import Limits, dedupe
from tests.assets.mixtures.deduplication.case import (
    DEDUP,
    Threads,
    committed,
    document,
    sentence,
    signed,
)

SHARED = " ".join(sentence(1))
JOURNAL = document("journal", "withdrawn", SHARED)
COPY = document("wiki", "copy", SHARED)
OTHERS = [
    document("journal", "a", " ".join(sentence(2))),
    document("wiki", "b", " ".join(sentence(2)) + " and more"),
    document("wiki", "c", " ".join(sentence(3))),
    document("wiki", "d", " ".join(sentence(4))),
]
EVERYTHING = [JOURNAL, COPY, *OTHERS]
FRAUD = {"source": "journal", "native_id": "withdrawn", "reason": "fraud"}


@dataclass(frozen=True, kw_only=True)
class Entered:
    folder: Path
    outcome: Outcome

    def table(self, name: str) -> pl.DataFrame:
        whole = self.folder / f"{name}.parquet"
        return pl.read_parquet(whole if whole.exists() else self.folder / name / "*.parquet")

    def bytes_of(self, *names: str) -> dict[str, bytes]:
        return {
            str(path.relative_to(self.folder)): path.read_bytes()
            for path in sorted(self.folder.rglob("*.parquet"))
            if str(path.relative_to(self.folder)).startswith(names)
        }


def licensed(item: Mapping[str, Any], licence: str) -> dict[str, Any]:
    return {**item, "licence": licence}


def listing(withdrawn: Sequence[Mapping[str, str]]) -> bytes:
    blank = {name: "" for name in WITHDRAWN_SCHEMA} | {"file": "list.csv", "line": 2}
    buffer = io.BytesIO()
    pl.DataFrame([blank | row for row in withdrawn], WITHDRAWN_SCHEMA).write_parquet(buffer)
    return buffer.getvalue()


def entered(
    folder: Path,
    documents: Sequence[Mapping[str, Any]] = EVERYTHING,
    *,
    withdrawn: Sequence[Mapping[str, str]] | None = None,
    licences: Mapping[str, list[str]] | None = None,
    policy: str = "research",
    num_parts: int = 1,
) -> Entered:
    """Make mixtures/deduped with a list of withdrawn documents; None for no list at all."""
    lake = FakeLake(folder / "lake")
    manifests = list(committed(lake, documents, num_parts).values())
    inputs = [*manifests, *[signed(folder, lake, each)[0] for each in manifests]]
    if withdrawn is not None:
        files = {"withdrawn.parquet": listing(withdrawn)}
        inputs.append(commit_folder(lake, "corpora/withdrawn", files))
    sources = {
        each.partition: {
            "max_text_bytes": 10**9,
            "licences": (licences or {}).get(each.partition),
        }
        for each in manifests
    }
    config = {"policy": policy, "sources": sources, "dedup": dict(DEDUP)}
    step = Step(family="mixtures", name="deduped", partition="p", code_version="1", config=config)
    ws = fake_workspace(folder, step, tuple(inputs), lake=lake, compute=Threads())
    outcome = dedupe(ws, Limits())
    assert all(files.record().files_read for files in ws.all_inputs())
    return Entered(folder=ws.out_dir, outcome=outcome)


@pytest.mark.parametrize("num_parts", [1, 2])
def test_a_withdrawn_document_and_its_copy_in_another_source_do_not_enter(
    tmp_path: Path, num_parts: int
) -> None:
    found = entered(tmp_path, withdrawn=[FRAUD], num_parts=num_parts)
    gone = {JOURNAL["doc_id"], COPY["doc_id"]}
    for name in ("documents", "merged"):
        assert not gone & set(found.table(name)["doc_id"])
    ids = {*found.table("documents")["doc_id"], *found.table("merged")["doc_id"]}
    assert ids == {item["doc_id"] for item in OTHERS}
    assert found.outcome.counts["documents_withdrawn"] == 2
    assert found.outcome.counts["documents_in"] == len(OTHERS)


def test_who_was_left_out_stands_with_rule_reason_and_whom_it_repeats(tmp_path: Path) -> None:
    row = {**FRAUD, "date": "2021-02-03", "reference": "notice 7"}
    excluded = entered(tmp_path, withdrawn=[row]).table("excluded")
    told = excluded.sort("source").select(
        "doc_id", "rule", "reason", "date", "reference", "withdrawn_doc_id"
    )
    named = JOURNAL["doc_id"]
    assert told.rows() == [
        (named, "native_id", "fraud", "2021-02-03", "notice 7", named),
        (COPY["doc_id"], "copy", "fraud", "2021-02-03", "notice 7", named),
    ]


@pytest.mark.parametrize("rule", ["doc_id", "text_hash"])
def test_a_list_may_name_a_document_by_its_id_or_its_text(tmp_path: Path, rule: str) -> None:
    row = {rule: str(COPY[rule]), "reason": "objected to"}
    excluded = entered(tmp_path, withdrawn=[row]).table("excluded")
    assert set(excluded["doc_id"]) == {JOURNAL["doc_id"], COPY["doc_id"]}
    assert set(excluded["rule"]) == ({"doc_id", "copy"} if rule == "doc_id" else {"text_hash"})
    assert set(excluded["reason"]) == {"objected to"}


def test_what_repeats_most_of_a_withdrawn_document_enters_and_is_told(tmp_path: Path) -> None:
    text = "The trial was said to have enrolled ninety patients. It found that all were cured."
    near = document("wiki", "near", f"{text} Nobody could repeat it, and nobody has tried since.")
    first = document("journal", "withdrawn", text)
    found = entered(tmp_path, [first, near, *OTHERS], withdrawn=[FRAUD])
    told = found.table("near_withdrawn").select("doc_id", "withdrawn_doc_id", "share").rows()
    assert told == [(near["doc_id"], first["doc_id"], 1.0)]
    assert near["doc_id"] in set(found.table("documents")["doc_id"])
    assert found.outcome.counts["near_withdrawn"] == 1


def test_a_licence_that_the_recipe_does_not_take_is_left_out(tmp_path: Path) -> None:
    documents = [licensed(OTHERS[3], "CC-BY-SA-4.0"), JOURNAL, *OTHERS[:3]]
    found = entered(tmp_path, documents, licences={"wiki": ["CC0-1.0"]})
    excluded = found.table("excluded").select("doc_id", "licence", "rule", "withdrawn_doc_id")
    assert excluded.rows() == [(OTHERS[3]["doc_id"], "CC-BY-SA-4.0", "licence", "")]
    assert OTHERS[3]["doc_id"] not in set(found.table("documents")["doc_id"])
    assert found.outcome.counts["documents_of_other_licences"] == 1


def test_a_licence_that_the_policy_refuses_stops_the_mixture(tmp_path: Path) -> None:
    refused = licensed(JOURNAL, "CC-BY-NC-4.0")
    says = (
        rf"policy commercial does not allow 1 of 5 documents.* for example {refused['doc_id']} "
        r"of journal under CC-BY-NC-4\.0"
    )
    with pytest.raises(LicenceViolation, match=says):
        entered(tmp_path, [refused, *OTHERS], policy="commercial")


def test_a_refused_licence_that_the_recipe_does_not_take_stops_nothing(tmp_path: Path) -> None:
    documents = [licensed(JOURNAL, "CC-BY-NC-4.0"), *OTHERS]
    taken = {"journal": ["CC0-1.0"]}
    found = entered(tmp_path, documents, licences=taken, policy="commercial")
    assert found.table("excluded")["doc_id"].to_list() == [JOURNAL["doc_id"]]


def test_a_withdrawn_document_of_a_refused_licence_stops_nothing(tmp_path: Path) -> None:
    documents = [licensed(JOURNAL, "CC-BY-NC-4.0"), *OTHERS]
    found = entered(tmp_path, documents, withdrawn=[FRAUD], policy="commercial")
    assert found.table("excluded")["rule"].to_list() == ["native_id"]


def test_a_licence_that_nobody_has_described_is_not_taken(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="the recipe accepts LicenseRef-Mine, which no row"):
        entered(tmp_path, licences={"wiki": ["LicenseRef-Mine"]})


@pytest.mark.parametrize(
    "rows", [[], [{"source": "journal", "native_id": "nobody", "reason": "fraud"}]]
)
def test_a_list_that_names_nobody_changes_no_byte(
    tmp_path: Path, rows: list[dict[str, str]]
) -> None:
    without = entered(tmp_path / "without")
    listed = entered(tmp_path / "listed", withdrawn=rows)
    names = ("documents/", "merged/")
    assert len(without.bytes_of(*names)) > 1
    assert listed.bytes_of(*names) == without.bytes_of(*names)
    assert listed.table("excluded").height == 0


def test_leaving_out_is_as_if_the_document_had_never_been_there(tmp_path: Path) -> None:
    listed = entered(tmp_path / "listed", withdrawn=[FRAUD])
    never = entered(tmp_path / "never", OTHERS)
    names = ("documents/", "merged/")
    assert listed.bytes_of(*names) == never.bytes_of(*names)
