"""Tables as the artifacts hold them, sound unless a test changes one thing."""

from __future__ import annotations

import hashlib
from typing import Any

import polars as pl

from tests.artifacts import parquet


def hashed(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:32]


def document(name: str = "a", **change: Any) -> dict[str, Any]:
    row = {
        "doc_id": hashed(f"id {name}"),
        "source": "notes",
        "native_id": f"note {name}",
        "title": f"Note {name}",
        "text": f"The liver makes bile, and this is note {name}.",
        "text_hash": hashed(f"text {name}"),
        "language": "en",
        "domain": "medical",
        "licence": "CC-BY-4.0",
        "provenance": '{"file": "notes.jsonl", "offset": 0}',
    }
    return row | change


def corpus_document(name: str = "a", **change: Any) -> dict[str, Any]:
    row = document(name) | {"cluster_id": hashed(f"id {name}"), "duplicate_count": 1}
    return row | change


def merge(name: str = "a", **change: Any) -> dict[str, Any]:
    row = {
        "doc_id": hashed(f"id {name}"),
        "source": "notes",
        "native_id": f"note {name}",
        "text_hash": hashed(f"text {name}"),
        "kept_doc_id": hashed("id kept"),
        "similarity": 0.9,
        "rule": "near",
        "linked_doc_id": hashed("id linked"),
        "link_similarity": 0.95,
    }
    return row | change


def selected(name: str = "a", **change: Any) -> dict[str, Any]:
    row = {
        "doc_id": hashed(f"id {name}"),
        "source": "notes",
        "domain": "medical",
        "num_tokens": 12,
        "repeats": 2,
    }
    return row | change


def weighed(name: str = "a", **change: Any) -> dict[str, Any]:
    classes = {"language": "en", "topic": "oncology", "content_type": "review", "group": "other"}
    return selected(name) | classes | {"weight": 1.5, "cap": 3} | change


def score(name: str = "a", **change: Any) -> dict[str, Any]:
    row = {
        "doc_id": hashed(f"id {name}"),
        "medical": 0.9,
        "department": "",
        "department_p": None,
        "content_type": "review",
        "topic": "oncology",
        "topic_p": 0.4,
        "educational": 0.5,
        "knowledge_density": 0.5,
        "reasoning_density": 0.5,
        "quality": 0.7,
        "bits_per_byte": 1.9,
    }
    return row | change


def question(name: str = "a", **change: Any) -> dict[str, Any]:
    row = {
        "item_id": hashed(f"item {name}"),
        "domain": "medical",
        "kind": "icd10cm_title",
        "system": "You are helpful.",
        "question": f"What is the title of {name}?",
        "answer": "Cholera",
        "source": "icd10cm",
        "seed_native_id": "A00",
        "seed_doc_id": "",
        "check": "code has this title",
    }
    return row | change


def files(**tables: list[dict[str, Any]]) -> dict[str, bytes]:
    """Return the artifact's files of given tables."""
    types = {"duplicate_count": pl.UInt32, "repeats": pl.UInt32}
    return {
        f"{name}.parquet": parquet(
            rows, **{column: types[column] for column in types if rows and column in rows[0]}
        )
        for name, rows in tables.items()
    }
