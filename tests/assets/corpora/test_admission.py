"""Over the parts of a recipe's sources, exactly those enter who may, however they are cut."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pytest

from assets.compute import InlineCompute
from assets.corpora.admission import Admission, SourcePart, admit
from assets.corpora.exclusion import EXCLUDED_SCHEMA, exclude_withdrawn
from assets.corpora.licences import LicenceViolation
from assets.corpora.withdrawn import WITHDRAWN_SCHEMA
from assets.lineage.storage import Folder
from assets.recipes.data import LicencePolicy

LONG = "The drug lowered blood pressure in every patient of the trial. "
OTHER = "No adverse event was seen in any of them during the year. "

CORPUS = pl.DataFrame(
    [
        ("d1", "pubmed", "1", "t1", "CC-BY-4.0", LONG + OTHER),
        ("d2", "pubmed", "2", "t2", "CC-BY-NC-4.0", "A second text, about another thing."),
        ("d3", "mirror", "x", "t1", "MIT", LONG + OTHER),
        ("d4", "mirror", "y", "t4", "MIT", LONG + "It says more than that, for it was revised."),
        ("d5", "mirror", "z", "t5", "MIT", "A fifth text, about the weather of the north."),
    ],
    schema=dict.fromkeys(
        ("doc_id", "source", "native_id", "text_hash", "licence", "text"), pl.String
    ),
    orient="row",
)


def withdraw(*doc_ids: str) -> pl.DataFrame:
    blank = {name: "" for name in WITHDRAWN_SCHEMA} | {"file": "a.csv", "line": 2}
    rows = [blank | {"doc_id": doc_id, "reason": "fraud"} for doc_id in doc_ids]
    return pl.DataFrame(rows, schema=WITHDRAWN_SCHEMA)


def admission(
    folder: Path,
    *doc_ids: str,
    cuts: Sequence[int] = (2, 3),
    licences: tuple[str, ...] | None = None,
    policy: LicencePolicy = "research",
) -> Admission:
    shared, parts, at = Folder(uri=str(folder)), [], 0
    for index, size in enumerate(cuts):
        frame = CORPUS.slice(at, size)
        stored = shared.write(f"documents/{index}.parquet", frame.write_parquet)
        parts.append(SourcePart(documents=stored, licences=licences))
        at += size
    return admit(InlineCompute(), shared.child("scratch"), parts, withdraw(*doc_ids), policy)


def test_a_withdrawn_document_and_its_copy_in_another_part_are_left_out(tmp_path: Path) -> None:
    found = admission(tmp_path, "d1")
    assert found.table().select("doc_id", "rule").rows() == [("d1", "doc_id"), ("d3", "copy")]
    assert (found.num_withdrawn, found.num_other_licences) == (2, 0)
    assert [pl.read_parquet(file.local()).height for file in found.excluded] == [1, 1]


@pytest.mark.parametrize("cuts", [(5,), (1, 1, 1, 1, 1), (4, 1), (0, 5)])
def test_how_the_parts_are_cut_changes_nothing(tmp_path: Path, cuts: tuple[int, ...]) -> None:
    found = admission(tmp_path, "d1", "d5", cuts=cuts)
    _, whole = exclude_withdrawn(CORPUS, withdraw("d1", "d5"))
    assert found.table().equals(whole)
    assert found.near["doc_id"].to_list() == ["d4"]
    assert found.licences.equals(admission(tmp_path / "again", "d1", "d5").licences)


def test_what_repeats_a_withdrawn_document_is_told_and_admitted(tmp_path: Path) -> None:
    found = admission(tmp_path, "d1")
    near = found.near.select("doc_id", "withdrawn_doc_id").rows()
    assert near == [("d4", "d1")]
    assert "d4" not in found.table()["doc_id"]


def test_a_recipe_takes_only_the_licences_it_names(tmp_path: Path) -> None:
    found = admission(tmp_path, licences=("MIT",))
    rules = dict(found.table().select("doc_id", "rule").iter_rows())
    assert rules == {"d1": "licence", "d2": "licence"}
    assert found.licences.rows() == [("mirror", "MIT", 3)]
    assert found.num_other_licences == 2


def test_the_policy_judges_what_is_left(tmp_path: Path) -> None:
    with pytest.raises(LicenceViolation, match=r"does not allow 1 of 5 documents .*example d2 of"):
        admission(tmp_path, policy="commercial")
    assert admission(tmp_path / "b", "d2", policy="commercial").num_withdrawn == 1
    named = admission(tmp_path / "c", licences=("MIT", "CC-BY-4.0"), policy="commercial")
    assert named.num_other_licences == 1


def test_an_unknown_licence_is_refused_before_any_part_is_read(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="accepts MIIT, which no row"):
        admission(tmp_path, licences=("MIIT",))


def test_without_a_list_everyone_enters(tmp_path: Path) -> None:
    found = admission(tmp_path)
    assert (found.table().height, found.table().schema) == (0, EXCLUDED_SCHEMA)
    assert int(found.licences["documents"].sum()) == CORPUS.height
    assert found.near.height == 0
