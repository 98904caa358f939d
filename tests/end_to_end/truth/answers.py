"""What a trace of an answer has to say of a passage: every packed place that holds it, and no
other, with the steps that read each.
"""

from __future__ import annotations

from typing import Any

from assets.lineage.answer import MAX_PLACES
from tests.end_to_end.truth.expected import Claim, Expected
from tests.end_to_end.truth.packed import MODELS, Piece

PASSAGE_CHARS = 160
"""Some fifty tokens, of which a run of fifteen is always found."""
MIN_CHARS = 90
PER_ANSWER = 10
"""Passages that one answer repeats; it is told of its twenty longest runs."""


def passage(text: str) -> str:
    """Return whole words out of the middle of a text."""
    start = text.find(" ", len(text) // 3) + 1
    return text[start : start + PASSAGE_CHARS].rpartition(" ")[0]


def core(words: str) -> str:
    """Return a passage without its first and its last word: a cut word has tokens of its own."""
    return words.partition(" ")[2].rpartition(" ")[0]


def wanted(expected: Expected, words: str) -> set[Claim]:
    """Return the places at which a passage lies, from the bytes of the shards."""
    found: set[Claim] = set()
    words = core(words)
    for doc_id, origin in expected.origins.items():
        if words in origin["text"]:
            for piece in expected.pieces[doc_id]:
                if not _is_cut(expected, doc_id, piece) or words in _text(expected, piece):
                    found |= _claims(expected, doc_id, piece)
    return found


def said(expected: Expected, answer: dict[str, Any], words: str) -> set[Claim]:
    """Return the places that an answer's trace names for a passage."""
    found: set[Claim] = set()
    for span in answer["spans"]:
        if core(words) not in span["text"]:
            continue
        for place in span["places"]:
            node = expected.lake.node_of(place["fingerprint"])
            if expected.lake.words_at(node, place["sample"], place["tokens"]) != span["text"]:
                found.add(("other words", node, place["sample"], *place["tokens"]))
            for run in place["training"]:
                model = expected.lake.node_of(run["fingerprint"])
                seen = tuple(run["steps"])
                found.add(("span", place["doc_id"], node, place["sample"], model, seen))
    return found


def as_many_as_told(claims: set[Claim], true: set[Claim]) -> set[Claim]:
    """Return what had to be said: of very many places the first are named, any of them."""
    return claims if len(true) > MAX_PLACES and len(claims & true) >= MAX_PLACES else true


def _claims(expected: Expected, doc_id: str, piece: Piece) -> set[Claim]:
    return {
        ("span", doc_id, piece.shards, piece.sample, node, tuple(expected.steps(node, piece)))
        for node in MODELS
        if node.split("/")[1] == piece.shards.split("_", 1)[1]
    }


def _is_cut(expected: Expected, doc_id: str, piece: Piece) -> bool:
    return any(other.piece for other in expected.pieces[doc_id] if other.shards == piece.shards)


def _text(expected: Expected, piece: Piece) -> str:
    return expected.lake.words_at(piece.shards, piece.sample, [piece.start, piece.end])
