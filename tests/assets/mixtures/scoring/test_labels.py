"""Labels come from what sources state: domain, MeSH headings, publication types, titles."""

from __future__ import annotations

import re

import polars as pl
import pytest

from assets.corpora.sources import SOURCES
from assets.mixtures.scoring.departments import (
    DEPARTMENTS,
    NO_DEPARTMENT,
    department_of,
    department_of_heading,
    headings_of,
)
from assets.mixtures.scoring.labels import SOURCE_TYPES, label_frame
from tests.assets.mixtures.scoring.conftest import row


def content_type(title: str = "", *, source: str = "pubmed", **provenance: str) -> str | None:
    record = row(source, 1, "text", domain="medical", title=title, **provenance)
    found: str | None = label_frame(pl.DataFrame([record]))["content_type"][0]
    return found


@pytest.mark.parametrize(
    ("heading", "department"),
    [
        ("Breast Neoplasms", "oncology"),
        ("Myocardial Infarction", "cardiology"),
        ("Asthma", "pulmonology"),
        ("Cholelithiasis", "gastroenterology"),
        ("Renal Dialysis", "nephrology_urology"),
        ("Diabetes Mellitus", "endocrinology"),
        ("Epilepsies, Partial", "neurology"),
        ("Schizophrenia", "psychiatry"),
        ("Tuberculosis, Pulmonary", "pulmonology"),
        ("Gonorrhea", "infectious_diseases"),
        ("Anemia, Sickle Cell", "hematology"),
        ("Lupus Erythematosus, Systemic", "immunology_rheumatology"),
        ("Pregnancy Complications", "obstetrics_gynecology"),
        ("Infant, Newborn, Diseases", "pediatrics"),
        ("Psoriasis", "dermatology"),
        ("Glaucoma", "ophthalmology"),
        ("Otitis Media", "otolaryngology"),
        ("Fractures, Bone", "orthopedics"),
        ("Dental Caries", "dentistry"),
        ("Surgical Procedures, Operative", "surgery_anesthesiology"),
        ("Contrast Media", "radiology"),
        ("Health Education", "public_health_nursing"),
        ("Humans", NO_DEPARTMENT),
        ("Escherichia coli", NO_DEPARTMENT),
        ("Learning", NO_DEPARTMENT),
    ],
)
def test_a_heading_belongs_to_one_department(heading: str, department: str) -> None:
    assert department_of_heading(heading) == department


def test_every_department_has_stems_of_its_own() -> None:
    assert len(DEPARTMENTS) >= 20
    for name, listed in DEPARTMENTS.items():
        stems = listed.split("; ")
        assert re.fullmatch("[a-z_]+", name)
        assert len(stems) == len(set(stems)), name
        assert any(department_of_heading(stem) == name for stem in stems), name


def test_the_strongest_department_wins() -> None:
    assert department_of(["Humans", "Asthma", "Heart Failure", "Bronchitis"]) == "pulmonology"


def test_ties_go_to_the_order_of_the_table() -> None:
    assert department_of(["Asthma", "Heart Failure"]) == "cardiology"


def test_what_was_studied_counts_less_than_the_field() -> None:
    assert department_of(["Infant", "Pregnancy", "Liver", "Asthma"]) == "pulmonology"
    assert department_of(["Infant", "Humans"]) == NO_DEPARTMENT


def test_headings_are_read_from_provenance() -> None:
    assert headings_of('{"mesh": "Asthma; Humans"}') == ["Asthma", "Humans"]
    assert headings_of("{}") == []


def test_a_record_without_headings_has_no_label_but_one_without_a_field_has() -> None:
    rows = [
        row("pubmed", 1, "t", domain="medical", pmid="1"),
        row("pubmed", 2, "t", domain="medical", pmid="2", mesh="Humans"),
        row("pubmed", 3, "t", domain="medical", pmid="3", mesh="Asthma; Humans"),
    ]
    assert label_frame(pl.DataFrame(rows))["department"].to_list() == [None, "", "pulmonology"]


def test_the_domain_of_a_source_says_what_is_medical() -> None:
    rows = [row("s", i, "t", domain=name) for i, name in enumerate(("medical", "general", "code"))]
    found = label_frame(pl.DataFrame(rows))["medical"].to_list()
    assert found == ["medical", "general", "general"]


@pytest.mark.parametrize(
    ("title", "kind"),
    [
        ("Aortic dissection: a case report", "case_report"),
        ("Report of three cases", "case_report"),
        ("Propranolol in a double-blind study", "trial"),
        ("A randomized comparison of diets", "trial"),
        ("Asthma: a review of the literature", "review"),
        ("Guidelines for transfusion", "guideline"),
        ("Insulin secretion in the rat", "research_abstract"),
    ],
)
def test_the_title_of_an_old_record_says_its_kind(title: str, kind: str) -> None:
    assert content_type(title, pmid="1") == kind


def test_stated_publication_types_win_over_the_title() -> None:
    stated = {"pmid": "1", "publication_types": "Journal Article; Case Reports"}
    assert content_type("A review", **stated) == "case_report"
    assert content_type("A review", pmid="1", publication_types="Journal Article") == (
        "research_abstract"
    )


def test_a_source_of_one_kind_needs_no_title() -> None:
    for source, kind in SOURCE_TYPES.items():
        assert content_type("A case report", source=source) == kind


def test_sources_of_one_kind_are_in_the_catalogue() -> None:
    assert set(SOURCE_TYPES) <= set(SOURCES)


def test_an_unknown_source_is_not_labelled() -> None:
    assert content_type("A case report", source="inbox") is None
