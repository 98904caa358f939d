"""mixtures/decontaminated: copies of benchmark items go with evidence, the rest stays."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.assets.mixtures.decontamination_case import (
    CAP,
    FILLER,
    ITEM,
    ITEM_WORDS,
    SHORT_ITEM,
    STEM,
    TOO_SHORT,
    decontaminated,
    document,
    item,
    stems,
)


def test_a_copy_with_other_case_and_punctuation_is_removed_with_its_evidence(
    tmp_path: Path,
) -> None:
    copy = ITEM.upper().replace("-", " ").replace(";", " --").replace(",", "")
    documents = [
        document("wiki", "dirty", f"{FILLER}. {copy} {FILLER}"),
        document("wiki", "clean", FILLER * 3),
    ]
    tables, outcome, _ = decontaminated(tmp_path, documents, [item("medqa", "7", ITEM)])
    assert tables["removed"].rows(named=True) == [
        {
            "doc_id": documents[0]["doc_id"],
            "source": "wiki",
            "native_id": "dirty",
            "text_hash": documents[0]["text_hash"],
            "benchmark": "medqa",
            "item_id": "7",
            "rule": "normalised",
            "ngram": "a 67 year old man comes to the physician because of a two",
            "num_shared": len(ITEM_WORDS) - 13 + 1,
            "overlap": 1.0,
        }
    ]
    assert tables["documents"]["native_id"].to_list() == ["clean"]
    assert tables["matrix"].rows(named=True) == [
        {
            "source": "wiki",
            "benchmark": "medqa",
            "num_documents": 1,
            "exact": 0,
            "normalised": 1,
            "ngram": 0,
            "share": 0.5,
        }
    ]
    assert outcome.counts["removed"] == 1
    assert outcome.metrics == {"removed_share/wiki": 0.5}
    assert "ALARM: medqa removes 1 documents of wiki (50.0%)" in outcome.summary


def test_twelve_shared_words_of_a_longer_item_are_not_enough(tmp_path: Path) -> None:
    documents = [
        document("wiki", "twelve", " ".join([FILLER, *ITEM_WORDS[8:20], FILLER])),
        document("wiki", "thirteen", " ".join([FILLER, *ITEM_WORDS[8:21], FILLER])),
    ]
    tables, _, _ = decontaminated(tmp_path, documents, [item("medqa", "7", ITEM)])
    assert tables["removed"].select("native_id", "rule", "num_shared").rows() == [
        ("thirteen", "ngram", 1)
    ]
    assert tables["removed"]["overlap"][0] == pytest.approx(1 / (len(ITEM_WORDS) - 12))


def test_a_short_item_counts_as_a_whole_and_a_very_short_one_only_as_a_whole_document(
    tmp_path: Path,
) -> None:
    documents = [
        document("wiki", "whole", f"Quiz: where does the SPLEEN lie, in a horse? {FILLER}"),
        document("wiki", "part", f"Where does the spleen lie in a cow? {FILLER}"),
        document("wiki", "bone", f"{TOO_SHORT} {FILLER}"),
        document("wiki", "only", "name the LARGEST bone"),
    ]
    items = [item("arc", "1", SHORT_ITEM), item("arc", "2", TOO_SHORT)]
    tables, outcome, _ = decontaminated(tmp_path, documents, items)
    found = tables["removed"].sort("item_id")
    assert found.select("native_id", "item_id", "ngram", "num_shared", "rule").rows() == [
        ("whole", "1", "where does the spleen lie in a horse", 1, "normalised"),
        ("only", "2", "name the largest bone", 1, "normalised"),
    ]
    assert outcome.counts["items_by_whole_document_only"] == 1
    assert outcome.counts["items_by_whole_text_only"] == 1


def test_an_ngram_does_not_reach_across_the_end_of_a_document(tmp_path: Path) -> None:
    halves = [" ".join(ITEM_WORDS[:12]), " ".join(ITEM_WORDS[12:24])]
    documents = [document("wiki", str(n), half) for n, half in enumerate(halves)]
    documents.sort(key=lambda row: row["doc_id"])
    tables, _, _ = decontaminated(
        tmp_path, documents, [item("medqa", "7", " ".join(ITEM_WORDS[:24]))]
    )
    assert tables["removed"].height == 0


def test_a_stem_of_many_items_is_a_phrase_and_no_evidence(tmp_path: Path) -> None:
    documents = [document("notes", "1", f"{FILLER} {STEM} {FILLER}")]
    tables, outcome, _ = decontaminated(tmp_path / "more", documents, stems("medqa", 11))
    assert tables["removed"].height == 0
    assert outcome.counts["generic_ngrams_ignored"] == tables["generic"].height > 0
    assert tables["generic"]["reason"].unique().to_list() == ["items"]
    assert tables["generic"]["num_items"].max() == 11
    assert "which of the following is the most" in outcome.summary
    tables, outcome, _ = decontaminated(tmp_path / "fewer", documents, stems("medqa", 10))
    assert tables["removed"].height == 10
    assert outcome.counts["removed"] == 1


def test_the_stem_of_one_benchmark_does_not_blind_another(tmp_path: Path) -> None:
    """The same words are a template of medqa and a trace of the one item of arc."""
    documents = [document("notes", "1", f"{FILLER} {STEM} {FILLER}")]
    items = [*stems("medqa", 11), *stems("arc", 1)]
    tables, _, _ = decontaminated(tmp_path, documents, items)
    assert tables["removed"]["benchmark"].to_list() == ["arc"]
    assert tables["generic"]["benchmark"].unique().to_list() == ["medqa"]


def test_a_cap_of_one_benchmark_leaves_the_others_alone(tmp_path: Path) -> None:
    documents = [document("notes", "1", f"{FILLER} {STEM} {FILLER}")]
    caps = [CAP, replace(CAP, benchmark="medqa", max_items_per_ngram=2)]
    items = [*stems("medqa", 3), *stems("arc", 3)]
    tables, _, _ = decontaminated(tmp_path, documents, items, caps=caps)
    assert tables["removed"]["benchmark"].to_list() == ["arc"] * 3


def test_an_item_of_a_template_is_still_found_when_it_stands_whole(tmp_path: Path) -> None:
    items = stems("medqa", 40)
    documents = [
        document("notes", "whole", f"{FILLER}; {items[7]['text'].upper()} {FILLER}"),
        document("notes", "verbatim", f"{FILLER}; {items[8]['text']} {FILLER}"),
        document("notes", "stem", f"{FILLER} {STEM} {FILLER}"),
    ]
    tables, _, _ = decontaminated(tmp_path, documents, items)
    found = tables["removed"].sort("item_id")
    assert found.select("native_id", "item_id", "rule").rows() == [
        ("whole", "7", "normalised"),
        ("verbatim", "8", "exact"),
    ]


def test_a_phrase_of_a_source_is_no_evidence_there_but_is_elsewhere(tmp_path: Path) -> None:
    """Thirteen words of an item that a source prints on every page are the source's own."""
    part = " ".join(ITEM_WORDS[3:17])
    documents = [document("forms", str(n), f"{part} page {n} {FILLER}") for n in range(5)]
    documents += [document("wiki", "leak", f"{part} {FILLER}")]
    documents += [document("forms", "whole", f"{ITEM} {FILLER}")]
    tables, outcome, _ = decontaminated(
        tmp_path,
        documents,
        [item("medqa", "7", ITEM)],
        caps=[replace(CAP, max_documents_per_ngram=4)],
    )
    assert set(tables["removed"]["native_id"]) == {"leak", "whole"}
    assert (
        tables["generic"].select("reason", "source", "num_documents", "item_id").rows()
        == [("documents", "forms", 6, "7")] * 2
    )
    assert "documents of forms" in outcome.summary


def test_a_benchmark_that_removes_more_than_its_budget_stops_the_mixture(tmp_path: Path) -> None:
    documents = [document("wiki", str(n), f"{ITEM} {n}") for n in range(3)]
    documents += [document("wiki", f"clean {n}", f"{FILLER} {n}") for n in range(7)]
    items = [item("medqa", "7", ITEM)]
    with pytest.raises(ValueError, match=r"medqa removes 3 documents of wiki \(30.0%\).*25.0%"):
        decontaminated(
            tmp_path / "over", documents, items, caps=[replace(CAP, max_removed_share=0.25)]
        )
    small = replace(CAP, max_removed_share=0.25, min_removed_documents=3)
    tables, outcome, _ = decontaminated(tmp_path / "small", documents, items, caps=[small])
    assert tables["documents"].height == 7
    assert outcome.counts["alarms"] == 0
