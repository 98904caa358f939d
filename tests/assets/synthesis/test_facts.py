"""Facts of the two ontologies, as the generators read them and as the look-up does."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from assets.synthesis.check import Facts
from assets.synthesis.hpo import HpoFacts, read_hpo
from assets.synthesis.icd10cm import Diagnosis, IcdFacts, read_icd10cm
from assets.synthesis.item import choice, options_of


def test_a_diagnosis_knows_its_place(icd: IcdFacts) -> None:
    assert len(icd.diagnoses) == 4 * 2 * 6
    assert icd.diagnoses["A01.3"] == Diagnosis(
        code="A01.3",
        title="Disease A01, form 3 <x>",
        parent="A01",
        chapter="Infectious diseases",
    )
    assert icd.siblings["A01"] == [f"A01.{index}" for index in range(5)]
    assert icd.chapters[0] == "Diseases of nerves & brain"


def test_terms_are_the_live_ones_below_the_root(hpo: HpoFacts) -> None:
    assert len(hpo.terms) == 4 + 20
    large = hpo.terms["HP:0200010"]
    assert (large.name, large.parents) == ("Large limb", ("HP:0100001",))
    assert large.definition == 'It is too big in place 1 ("so called").'
    assert large.synonyms == ("Large limb sign",), "related ones and the name itself left out"


def test_findings_are_those_annotated_as_present(hpo: HpoFacts) -> None:
    assert sorted(hpo.diseases) == ["OMIM:1", "OMIM:2"]
    disease = hpo.diseases["OMIM:1"]
    assert disease.name == "Limb disease"
    assert disease.findings == {"HP:0200010", "HP:0200021", "HP:0200032"}


def test_relations_go_up_and_sideways(hpo: HpoFacts) -> None:
    assert hpo.ancestors(["HP:0200010", "HP:0200021"]) == {"HP:0100001", "HP:0100002"}
    assert hpo.siblings("HP:0200010") == [f"HP:020001{index}" for index in range(1, 5)]


def test_the_look_up_agrees_with_what_the_generators_read(
    icd: IcdFacts, hpo: HpoFacts, look_ups: Facts
) -> None:
    assert look_ups.icd10cm is not None and look_ups.hpo is not None
    for code, diagnosis in icd.diagnoses.items():
        assert look_ups.icd10cm.titles[code] == diagnosis.title
        assert look_ups.icd10cm.chapter(code) == diagnosis.chapter
    for term_id, term in hpo.terms.items():
        assert look_ups.hpo.names[term_id] == term.name
        assert look_ups.hpo.definitions[term_id] == term.definition
        assert set(term.synonyms) <= look_ups.hpo.synonyms[term_id]
        above = {hpo.terms[t].name for t in hpo.ancestors([term_id])}
        assert above <= look_ups.hpo.names_above([term_id])
    for disease_id, disease in hpo.diseases.items():
        names = {hpo.terms[term_id].name for term_id in disease.findings}
        assert look_ups.hpo.findings_of(disease_id) == names


def test_files_of_another_kind_are_refused(tmp_path: Path) -> None:
    (tmp_path / "other.xml").write_text("<list></list>")
    with pytest.raises(ValueError, match=r"other\.xml holds no diagnoses"):
        read_icd10cm(tmp_path / "other.xml")
    (tmp_path / "other.obo").write_text("[Term]\nid: GO:1\nname: other\n")
    with pytest.raises(ValueError, match=r"other\.obo has no HP:0000118"):
        read_hpo(tmp_path / "other.obo", tmp_path / "none.hpoa")


def test_a_choice_has_the_right_answer_once_among_four() -> None:
    draft = choice("Which?", "right", ["w1", "w2", "right", "w3", "w4", "w1"], random.Random(0))
    assert draft is not None
    options = options_of(draft.question)
    assert list(options) == ["A", "B", "C", "D"]
    assert len(set(options.values())) == 4
    assert options[draft.answer[0]] == draft.answer[3:] == "right"


def test_too_few_distractors_make_no_question() -> None:
    assert choice("Which?", "right", ["w1", "w2", "right", "w2"], random.Random(0)) is None
