"""From a text to documents: exact, in normal form, without its identifiers, and near."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from assets.corpora.deidentify.mask import deidentify_text
from assets.corpora.normalise import normalise, text_hash_of
from assets.fakes import FakeLake, commit_folder
from assets.lineage import near
from assets.lineage.text_query import trace_text
from assets.mixtures.deduplication import signed_source
from tests.artifacts import link
from tests.assets.mixtures.deduplication.case import (
    brute_jaccard,
    committed,
    document,
    sentence,
    signed,
)

WORDS = sentence(1)
CHANGED = [*WORDS[:28], "changed", *WORDS[29:]]
HALF = [*WORDS[:45], *sentence(7)[:20]]
NOTE = "Seen by Dr. Meyer on 3 March 2021, phone 555-867-5309. " + " ".join(sentence(2))


def stored(source: str, native_id: str, text: str) -> dict[str, Any]:
    return {**document(source, native_id, text), "text_hash": text_hash_of(text)}


def sign(lake: FakeLake, documents: list[dict[str, Any]], parts: int = 1, **source: Any) -> None:
    """Commit a corpus with its snapshot and its signatures."""
    for name, manifest in committed(lake, documents, parts).items():
        raw = commit_folder(
            lake, "corpora/raw", {"x": b""}, partition=name, source={"name": name, **source}
        )
        made = link(lake, replace(manifest, config={"source": {"name": name}}), raw)
        signatures, _ = signed(lake.folder / "work" / name, lake, made)
        link(lake, signatures, made)


@pytest.fixture
def lake(tmp_path: Path) -> FakeLake:
    lake = FakeLake(tmp_path / "lake")
    texts = {"whole": WORDS, "changed": CHANGED, "half": HALF, "other": sentence(3)}
    documents = [stored("journal", name, " ".join(words)) for name, words in texts.items()]
    sign(lake, documents, parts=3)
    return lake


def found(lake: FakeLake, text: str) -> list[tuple[str, str]]:
    return [(match["native_id"], match["how"]) for match in trace_text(lake, text).matches]


def test_a_text_finds_its_document_and_those_like_it_with_their_true_similarity(
    lake: FakeLake,
) -> None:
    result = trace_text(lake, " ".join(WORDS))
    told = {m["native_id"]: (m["how"], m["similarity"]) for m in result.matches}
    assert told["whole"] == ("exact", 1.0)
    for name, words in (("changed", CHANGED), ("half", HALF)):
        similarity = brute_jaccard(" ".join(WORDS), " ".join(words))
        assert told[name] == ("near", round(similarity, 4))
    assert "other" not in told
    assert result.searched == {"sources": 1, "left_out": 0}


def test_only_the_documents_that_have_the_text_are_traced(lake: FakeLake) -> None:
    result = trace_text(lake, " ".join(WORDS))
    (whole,) = [m["doc_id"] for m in result.matches if m["how"] == "exact"]
    assert result.doc_ids == [whole]
    assert result.status == "kept"


def test_other_spaces_and_line_ends_are_the_same_text(lake: FakeLake) -> None:
    assert ("whole", "normalised") in found(lake, "  ".join(WORDS) + "\r\n")


def test_other_case_and_punctuation_are_a_text_of_similarity_one(lake: FakeLake) -> None:
    result = trace_text(lake, ", ".join(WORDS).upper() + "!")
    assert result.doc_ids == []
    best = result.matches[0]
    assert (best["native_id"], best["how"], best["similarity"]) == ("whole", "near", 1.0)


def test_a_text_unlike_all_finds_nothing(lake: FakeLake) -> None:
    result = trace_text(lake, " ".join(sentence(99)))
    assert (result.matches, result.doc_ids, result.status) == ([], [], "unknown")


def test_a_text_of_a_masked_source_is_found_although_its_identifiers_are_gone(
    lake: FakeLake,
) -> None:
    masked = normalise(deidentify_text(NOTE)[0], keep_layout=False)
    assert "Meyer" not in masked
    sign(lake, [stored("notes", "note", masked)], deidentify="safe_harbor")
    assert found(lake, NOTE) == [("note", "deidentified")]
    longer = f"{NOTE} And some words more."
    assert found(lake, longer) == [("note", "near")]


def test_what_is_not_looked_at_is_counted(lake: FakeLake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(near, "MAX_PROVED", 2)
    assert trace_text(lake, " ".join(WORDS)).searched["left_out"] == 1
    monkeypatch.setattr(signed_source, "MAX_CANDIDATES", 1)
    result = trace_text(lake, " ".join(WORDS))
    assert result.searched["left_out"] == 2
    assert [match["how"] for match in result.matches] == ["exact"]


def test_signatures_of_other_documents_are_refused(lake: FakeLake) -> None:
    ((_, documents),) = [
        (key, m) for key, m in lake.committed.items() if m.node == "corpora/documents"
    ]
    parts = [entry.path for entry in documents.files]
    folder = Path(lake.uri(documents))
    contents = [(folder / path).read_bytes() for path in parts]
    for path, content in zip(parts, reversed(contents), strict=True):
        (folder / path).write_bytes(content)
    with pytest.raises(LookupError, match="documents in different orders: make the signatures"):
        trace_text(lake, ", ".join(WORDS))


@pytest.mark.parametrize("text", ["", " \n", "\u200b"])
def test_an_empty_text_is_refused(lake: FakeLake, text: str) -> None:
    with pytest.raises(ValueError, match="the text is empty: give the text of a document"):
        trace_text(lake, text)


def test_a_source_without_documents_is_asked_in_vain(tmp_path: Path) -> None:
    lake = FakeLake(tmp_path / "lake")
    short = {**stored("notes", "short", "one word"), "text": "one"}
    sign(lake, [short])
    result = trace_text(lake, " ".join(WORDS))
    assert result.searched["sources"] == 1
    assert result.matches == []
