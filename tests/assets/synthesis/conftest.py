"""A small tabular list, ontology and encyclopaedia in the formats of the real ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from assets.synthesis.check import Facts
from assets.synthesis.hpo import HpoFacts, read_hpo
from assets.synthesis.icd10cm import IcdFacts, read_icd10cm
from assets.synthesis.look_up import HpoLookUp, IcdLookUp

CHAPTERS = {
    "A": "Infectious diseases (A00-B99)",
    "C": "Neoplasms (C00-D49)",
    "E": "Metabolic diseases (E00-E89)",
    "G": "Diseases of nerves & brain (G00-G99)",
}

ROOT_TERM = "HP:0000118"

TERMS = (
    (ROOT_TERM, "Phenotypic abnormality", "", (), ("HP:0000001",)),
    ("HP:0000001", "All", "", (), ()),
    ("HP:0000005", "Mode of inheritance", "How a trait is passed on.", (), ("HP:0000001",)),
    ("HP:0100001", "Abnormal limb", "A limb that is unusual.", ("Odd limb",), (ROOT_TERM,)),
    ("HP:0100002", "Abnormal organ", "An organ that is unusual.", ("Odd organ",), (ROOT_TERM,)),
    ("HP:0100003", "Abnormal skin", "Skin that is unusual.", ("Odd skin",), (ROOT_TERM,)),
    ("HP:0100004", "Abnormal blood", "Blood that is unusual.", ("Odd blood",), (ROOT_TERM,)),
    *(
        (
            f"HP:02000{parent}{child}",
            f"{word} {organ}",
            f"It is {meaning} in place {parent} (\\\"so called\\\").",
            (f"{word} {organ} sign", f"{word} {organ}"),
            (f"HP:010000{parent}",),
        )
        for parent, organ in enumerate(("limb", "organ", "skin", "blood"), start=1)
        for child, (word, meaning) in enumerate(
            (("Large", "too big"), ("Small", "too little"), ("Missing", "not there"),
             ("Hard", "not soft"), ("Cold", "not warm"))
        )
    ),
)  # fmt: skip
"""Id, name, definition, exact synonyms, parents; four organs with five findings each."""

DISEASES = {
    "OMIM:1": ("Limb disease", ("HP:0200010", "HP:0200021", "HP:0200032")),
    "OMIM:2": ("Blood disease", ("HP:0200042", "HP:0200030", "HP:0200013")),
}


@pytest.fixture(scope="session")
def icd_xml() -> str:
    chapters = []
    for number, (letter, heading) in enumerate(CHAPTERS.items(), start=1):
        categories = "".join(_category(f"{letter}0{index}") for index in range(2))
        chapters.append(
            f"<chapter>\n<name>{number}</name>\n<desc>{heading.replace('&', '&amp;')}</desc>\n"
            f'<section id="{letter}00-{letter}09">\n<desc>A section</desc>\n{categories}'
            "</section>\n</chapter>\n"
        )
    return f'<?xml version="1.0" encoding="utf-8"?>\n<list>\n{"".join(chapters)}</list>\n'


@pytest.fixture(scope="session")
def obo() -> str:
    stanzas = ["format-version: 1.2"]
    for term_id, name, definition, synonyms, parents in TERMS:
        lines = ["[Term]", f"id: {term_id}", f"name: {name}"]
        lines += [f'def: "{definition}" [PMID:1]'] if definition else []
        lines += [f'synonym: "{synonym}" EXACT layperson []' for synonym in synonyms]
        lines += [f'synonym: "Something like {name}" RELATED []']
        lines += [f"is_a: {parent} ! its parent" for parent in parents]
        stanzas.append("\n".join(lines))
    stanzas.append("[Term]\nid: HP:0900000\nname: obsolete Large limb\nis_obsolete: true")
    stanzas.append("[Typedef]\nid: part_of\nname: part of")
    return "\n\n".join(stanzas) + "\n"


@pytest.fixture(scope="session")
def annotations() -> str:
    columns = (
        "database_id disease_name qualifier hpo_id reference evidence onset frequency sex modifier "
        "aspect biocuration"
    )
    lines = ["#version: 1", columns.replace(" ", "\t")]
    for disease_id, (name, findings) in DISEASES.items():
        rows = [(finding, "", "P") for finding in findings]
        rows += [("HP:0200014", "NOT", "P"), ("HP:0000005", "", "I")]
        lines += [
            "\t".join((disease_id, name, denied, term, "r", "e", "", "", "", "", aspect, "c"))
            for term, denied, aspect in rows
        ]
    return "\n".join(lines) + "\n"


@pytest.fixture
def icd(tmp_path: Path, icd_xml: str) -> IcdFacts:
    path = tmp_path / "icd.xml"
    path.write_text(icd_xml)
    return read_icd10cm(path)


@pytest.fixture
def hpo(tmp_path: Path, obo: str, annotations: str) -> HpoFacts:
    (tmp_path / "hp.obo").write_text(obo)
    (tmp_path / "phenotype.hpoa").write_text(annotations)
    return read_hpo(tmp_path / "hp.obo", tmp_path / "phenotype.hpoa")


@pytest.fixture
def look_ups(icd_xml: str, obo: str, annotations: str) -> Facts:
    return Facts(icd10cm=IcdLookUp(icd_xml), hpo=HpoLookUp(obo, annotations), texts={})


def _category(code: str) -> str:
    below = "".join(
        f"<diag>\n<name>{code}.{index}</name>\n"
        f"<desc>Disease {code}, form {index} &lt;x&gt;</desc>\n</diag>\n"
        for index in range(5)
    )
    return f"<diag>\n<name>{code}</name>\n<desc>Disease {code}</desc>\n{below}</diag>\n"
