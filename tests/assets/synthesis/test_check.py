"""Rules: what the generators write is true, and any error in it is caught."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

import pytest

from assets.synthesis.check import RULES, Facts, check
from assets.synthesis.hpo import HpoFacts
from assets.synthesis.hpo_questions import hpo_kinds
from assets.synthesis.icd10cm import IcdFacts, icd10cm_kinds
from assets.synthesis.item import Item, Kind, options_of
from assets.synthesis.look_up import HpoLookUp, IcdLookUp

MEDICAL_KINDS = sorted(name for name in RULES if name.startswith(("icd10cm", "hpo")))


def items_of(kinds: Sequence[Kind], name: str) -> list[Item]:
    kind = next(kind for kind in kinds if kind.name == name)
    rng = random.Random(4)
    drafts = [(subject, kind.write(subject, rng)) for subject in kind.subjects]
    return [
        Item(
            domain=kind.domain,
            kind=kind.name,
            question=draft.question,
            answer=draft.answer,
            source=kind.source,
            seed_native_id=subject,
            seed_doc_id="",
        )
        for subject, draft in drafts
        if draft is not None
    ]


@pytest.fixture
def kinds(icd: IcdFacts, hpo: HpoFacts) -> tuple[Kind, ...]:
    return (*icd10cm_kinds(icd), *hpo_kinds(hpo))


def test_every_kind_of_question_has_a_rule(kinds: tuple[Kind, ...]) -> None:
    assert sorted(kind.name for kind in kinds) == MEDICAL_KINDS


@pytest.mark.parametrize("name", MEDICAL_KINDS)
def test_what_the_generators_write_is_true(
    kinds: tuple[Kind, ...], look_ups: Facts, name: str
) -> None:
    items = items_of(kinds, name)
    assert items
    assert [check(item, look_ups)[1] for item in items] == [""] * len(items)


@pytest.mark.parametrize("name", MEDICAL_KINDS)
def test_an_answer_to_another_question_is_caught(
    kinds: tuple[Kind, ...], look_ups: Facts, name: str
) -> None:
    items = items_of(kinds, name)
    wrong = [
        replace(item, answer=other.answer)
        for item, other in zip(items, items[1:] + items[:1], strict=True)
        if other.answer != item.answer
    ]
    assert wrong
    assert all(check(item, look_ups)[1] for item in wrong)


@pytest.mark.parametrize("name", [name for name in MEDICAL_KINDS if name.endswith("_choice")])
def test_another_letter_is_caught(kinds: tuple[Kind, ...], look_ups: Facts, name: str) -> None:
    for item in items_of(kinds, name):
        for letter, option in options_of(item.question).items():
            answer = f"{letter}. {option}"
            fault = check(replace(item, answer=answer), look_ups)[1]
            assert bool(fault) == (answer != item.answer)


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("icd10cm_title", "form 3", "form 9"),
        ("icd10cm_title_choice", "form 3", "form 9"),
        ("icd10cm_code", "<name>A00.3<", "<name>A00.9<"),
        ("icd10cm_code_choice", "<name>A00.3<", "<name>A00.9<"),
        ("icd10cm_category", "<desc>Disease A00<", "<desc>Disorder A00<"),
        ("icd10cm_chapter_choice", "(A00-B99)", "(A50-B99)"),
        ("hpo_definition", "too big", "too long"),
        ("hpo_term", "too big", "too long"),
        ("hpo_term_choice", "too big", "too long"),
        ("hpo_synonym", 'sign" EXACT', 'sign" BROAD'),
        ("hpo_synonym_choice", 'sign" EXACT', 'sign" BROAD'),
        ("hpo_parent", "is_a: HP:0100002", "is_a: HP:0100001"),
        ("hpo_parent_choice", "is_a: HP:0100002", "is_a: HP:0100001"),
        ("hpo_findings", "\t\tHP:0200021", "\tNOT\tHP:0200021"),
        ("hpo_finding_choice", "\t\tHP:02000", "\tNOT\tHP:02000"),
    ],
)
def test_a_fact_that_was_read_wrongly_is_caught(
    kinds: tuple[Kind, ...],
    icd_xml: str,
    obo: str,
    annotations: str,
    name: str,
    before: str,
    after: str,
) -> None:
    """The generators keep what they read; the look-up reads a source that says otherwise."""
    texts = [icd_xml, obo, annotations]
    assert sum(before in text for text in texts) == 1
    icd, terms, findings = (text.replace(before, after) for text in texts)
    facts = Facts(icd10cm=IcdLookUp(icd), hpo=HpoLookUp(terms, findings), texts={})
    assert any(check(item, facts)[1] for item in items_of(kinds, name))


def test_a_second_true_option_is_caught(look_ups: Facts) -> None:
    question = (
        "Which finding is described in Limb disease (OMIM:1)?\n"
        "A. Large limb\nB. Cold limb\nC. {}\nD. Missing blood"
    )
    item = Item(
        domain="medical",
        kind="hpo_finding_choice",
        question=question.format("Hard skin"),
        answer="A. Large limb",
        source="hpo",
        seed_native_id="OMIM:1",
        seed_doc_id="",
    )
    assert check(item, look_ups) == ("disease has this option alone", "")
    # Who has a large limb has an abnormal limb.
    above = replace(item, question=question.format("Abnormal limb"))
    assert check(above, look_ups)[1] == "the true options are A, C"


def test_an_option_that_is_not_offered_is_caught(kinds: tuple[Kind, ...], look_ups: Facts) -> None:
    item = replace(items_of(kinds, "icd10cm_title_choice")[0], answer="E. Something else")
    assert check(item, look_ups)[1] == "'E. Something else' is not among the options"


def test_a_title_of_two_codes_is_no_fair_question(icd_xml: str, kinds: tuple[Kind, ...]) -> None:
    twice = icd_xml.replace("Disease A01, form 2", "Disease A00, form 2")
    facts = Facts(icd10cm=IcdLookUp(twice), hpo=None, texts={})
    faults = {
        item.seed_native_id: check(item, facts)[1] for item in items_of(kinds, "icd10cm_code")
    }
    assert faults["A00.2"] == "codes of this title: A00.2, A01.2"
    assert faults["A00.1"] == ""


def test_a_question_about_another_subject_is_caught(
    kinds: tuple[Kind, ...], look_ups: Facts
) -> None:
    title = items_of(kinds, "icd10cm_title")[1]
    assert check(replace(title, seed_native_id="E00"), look_ups)[1] == (
        "the question does not name E00"
    )
    for name in ("icd10cm_category", "icd10cm_chapter_choice"):
        item = replace(items_of(kinds, name)[0], seed_native_id="E00.1")
        assert "does not name E00.1 by its title" in check(item, look_ups)[1]
    disease = replace(items_of(kinds, "hpo_findings")[0], seed_native_id="OMIM:2")
    assert check(disease, look_ups)[1] == "the question does not name OMIM:2"


def test_findings_given_twice_are_too_few(kinds: tuple[Kind, ...], look_ups: Facts) -> None:
    item = items_of(kinds, "hpo_findings")[0]
    first = item.answer.split("; ")[0]
    fault = check(replace(item, answer=f"{first}; {first}; {first}"), look_ups)[1]
    assert fault == "1 findings are given"
