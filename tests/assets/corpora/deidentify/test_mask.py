"""Masking: every class has its placeholder, and what is no identifier stays as it was."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.corpora.deidentify import mask
from assets.corpora.deidentify.classes import CLASSES, PLACEHOLDERS
from assets.corpora.deidentify.mask import deidentify_frame, deidentify_text, mask_excerpt

MASKED = [
    ("Dr. Okonjo saw her.", "Dr. [NAME] saw her."),
    ("Patient: Roe, Jane A. Well.", "Patient: [NAME] Well."),
    ("Signed by Kemi Abara, MD", "Signed by [NAME], MD"),
    ("Crohn's disease; Mr. Crohn is well.", "Crohn's disease; Mr. [NAME] is well."),
    ("seen on March 3, 2019.", "seen on [DATE 2019]."),
    ("seen on 3/14/19.", "seen on [DATE]."),
    ("born 12.03.1921", "born [DATE]"),
    ("a 92-year-old man", "a 90 or older man"),
    ("a 89-year-old man", "a 89-year-old man"),
    ("Call (617) 555-0134 x12", "Call [PHONE]"),
    ("Fax: 617-555-0134", "Fax: [FAX]"),
    ("jane.roe@example.org", "[EMAIL]"),
    ("SSN 123-45-6789", "SSN [SSN]"),
    ("MRN: 00123456", "MRN: [MRN]"),
    ("Medicare number 1EG4-TE5-MK73", "Medicare number [HEALTH_PLAN]"),
    ("Acct #: AC-991827", "Acct #: [ACCOUNT]"),
    ("paid with 4111 1111 1111 1111", "paid with [ACCOUNT]"),
    ("license no. D1234567", "license no. [LICENCE]"),
    ("NPI 1234567893", "NPI [LICENCE]"),
    ("VIN 1HGCM82633A004352", "VIN [VEHICLE]"),
    ("license plate ABC-1234", "license plate [VEHICLE]"),
    ("serial number PJN123456H", "serial number [DEVICE]"),
    ("https://example.org/a?b=1", "[URL]"),
    ("from 10.0.0.17 and fe80::1:2", "from [IP] and [IP]"),
    ("Fingerprint template FP-88213", "Fingerprint template [BIOMETRIC]"),
    ("see IMG_0042.jpg", "see [PHOTO]"),
    ("data:image/png;base64,iVBORw0KGgo=", "[PHOTO]"),
    ("550e8400-e29b-41d4-a716-446655440000", "[ID]"),
    ("12 Quarry Lane, Yelmport, OR 97302", "[LOCATION], OR [ZIP 973]"),
    ("Yelmport, VT 05901", "[LOCATION], VT [ZIP 000]"),
    ("\u60a3\u8005\uff1a\u738b\u5c0f\u660e\uff0c92\u5c81",
     "\u60a3\u8005\uff1a[NAME]\uff0c90 or older"),
    ("2019\u5e743\u670814\u65e5", "[DATE 2019]"),
    ("\u4ee4\u548c3\u5e745\u67081\u65e5", "[DATE]"),
]  # fmt: skip
KEPT = [
    "Blood pressure 120/80, pulse 98, temperature 98.6.",
    "Aspirin 81 mg daily since 2012; heparin 5000 units.",
    "Parkinson's disease and Hodgkin lymphoma.",
    "PMID 31978945, NCT01234567, rs1801133.",
    "Codes E11.9 and I25.10; section 1.2.3.4 applies.",
    "Strength 5/5, murmur 2/6, pain 7/10.",
    "She lives in Ohio.",
    "\u8840\u538b120/80mmHg\uff0c\u4f53\u6e2936.5\u5ea6\u3002",
]


@pytest.mark.parametrize(("text", "expected"), MASKED, ids=lambda x: "")
def test_an_identifier_becomes_its_placeholder(text: str, expected: str) -> None:
    assert deidentify_text(text)[0] == expected


@pytest.mark.parametrize("text", KEPT, ids=lambda x: "")
def test_what_identifies_nobody_stays(text: str) -> None:
    masked, counts = deidentify_text(text)
    assert masked == text
    assert not any(counts.values())


def test_every_class_of_the_regulation_is_masked_somewhere_above() -> None:
    total = dict.fromkeys(CLASSES, 0)
    for text, _ in MASKED:
        for name, count in deidentify_text(text)[1].items():
            total[name] += count
    assert all(total.values()), total
    assert len(PLACEHOLDERS) == 18


def test_a_name_found_once_goes_from_the_whole_document() -> None:
    frame = pl.DataFrame({"title": ["Zelmanko, discharge"], "text": ["Mr. Zelmanko was well."]})
    masked = deidentify_frame(frame).frame
    assert masked.row(0) == ("[NAME], discharge", "Mr. [NAME] was well.")


def test_a_name_of_one_document_stays_in_another() -> None:
    frame = pl.DataFrame({"text": ["Mr. Zelmanko was well.", "The Zelmanko graft was used."]})
    masked = deidentify_frame(frame, columns=["text"]).frame
    assert masked["text"][1] == "The Zelmanko graft was used."


def test_counts_are_per_document_and_class() -> None:
    frame = pl.DataFrame(
        {"doc_id": ["a", "b", "c"], "title": ["", None, "x"],
         "text": ["SSN 123-45-6789 and 987-65-4321", None, "nothing"]}
    )  # fmt: skip
    masked = deidentify_frame(frame)
    assert masked.counts["doc_id"].to_list() == ["a", "b", "c"]
    assert masked.counts["ssn"].to_list() == [2, 0, 0]
    assert masked.totals()["ssn"] == 2
    assert masked.frame["text"][1] is None
    assert masked.frame.columns == frame.columns


def test_chunks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = pl.DataFrame(
        {"text": [f"Dr. Okonjo, MRN: 99{i:06}, call 617-555-{i:04}" for i in range(50)]}
    )
    whole = deidentify_frame(frame, columns=["text"])
    monkeypatch.setattr(mask, "CHUNK_BYTES", 100)
    parts = deidentify_frame(frame, columns=["text"])
    assert whole.frame.equals(parts.frame)
    assert whole.counts.equals(parts.counts)


def test_an_empty_frame_has_empty_counts() -> None:
    frame = pl.DataFrame({"text": []}, schema={"text": pl.String})
    masked = deidentify_frame(frame, columns=["text"])
    assert masked.frame.equals(frame)
    assert masked.counts.height == 0


def test_a_column_that_is_missing_is_named() -> None:
    with pytest.raises(ValueError, match=r"columns \['body'\] are not String columns"):
        deidentify_frame(pl.DataFrame({"text": ["SSN 123-45-6789"]}), columns=["body"])


def test_an_excerpt_is_masked_and_ends_before_a_cut_identifier() -> None:
    text = "x " * 2040 + "Fax: 617-555-0134 and more text that is cut away here"
    excerpt = mask_excerpt(text)
    assert "617" not in excerpt
    assert mask_excerpt("SSN 123-45-6789") == "SSN [SSN]"


PIECES = st.sampled_from(
    ["Dr. ", "Smith", "Okonjo", ", ", "MD", "\n", " ", "MRN: ", "12345678", "3/14/2019", "|",
     "name",
     ",dob,mrn\n", "@", "://", "\u60a3\u8005", "\uff1a", "\u738b", "\u69d8", "90",
     " years old", "[NAME]",
     "[DATE 2019]", "PID|", "^", "\x00", "\ud800", "\U0001f600", "\u00e9", "St", "12 ",
     "Box", "OR ", "97302"]
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(), st.lists(PIECES, max_size=30).map("".join)))
def test_wild_text_is_masked_to_a_fixed_point(text: str) -> None:
    masked, counts = deidentify_text(text)
    assert set(counts) == set(CLASSES)
    again, more = deidentify_text(masked)
    assert again == masked
    assert not any(more.values())
