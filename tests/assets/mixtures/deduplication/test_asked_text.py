"""A text that is asked for is signed and compared as the documents of a source are."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.mixtures.deduplication import asked_text
from assets.mixtures.deduplication.asked_text import CHUNK, Asked
from assets.mixtures.deduplication.shingles import (
    Sketches,
    TemplateTable,
    halves_of,
    sets_of,
    shingles_of,
    sketches_of,
)
from assets.mixtures.shingle_kernels import jaccard
from assets.mixtures.words import U64
from assets.recipes.data import SignatureSpec
from tests.assets.mixtures.deduplication.case import SIGNATURES, WORDS

SPEC = SignatureSpec(**SIGNATURES)
NONE: U64 = np.zeros(0, dtype=np.uint64)

wild_texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
repeating = st.lists(st.sampled_from(["a", "b", "\u00c9", "longer-words,"]), max_size=40).map(
    " ".join
)
texts = st.one_of(wild_texts, repeating)


def templates_of(text: str, seed: int) -> U64:
    """Return some of a text's shingles, as templates, with others and with what is none."""
    own, _ = shingles_of(pl.Series([text]), SPEC.shingle_words)
    kept = [member for member in own.tolist() if random.Random(member + seed).random() < 0.5]
    return np.array([*kept, 5, 1 << 63, 0], dtype=np.uint64)


def similarity_of(left: str, right: str, templates: U64) -> float:
    """Return the similarity as a mixture's proof has it."""
    both = pl.Series([left, right], dtype=pl.String)
    whole, bounds = sets_of(both, SPEC.shingle_words, TemplateTable(templates))
    halves = (whole >> np.uint64(32)).astype(np.uint32)
    members, bounds = halves_of(halves, bounds, np.arange(2))
    out = np.zeros(1, dtype=np.float64)
    first, second = np.zeros(1, dtype=np.int64), np.ones(1, dtype=np.int64)
    jaccard(members, bounds, first, members, bounds, second, out)
    return float(out[0])


def assert_signed(text: str, templates: U64, spec: SignatureSpec = SPEC) -> None:
    asked = Asked(text, templates, spec)
    compiled = sketches_of(pl.Series([text], dtype=pl.String), TemplateTable(templates), spec)
    assert asked.halves.dtype == compiled.halves.dtype
    assert asked.halves.tolist() == compiled.halves.tolist()
    assert len(asked.halves) == compiled.num_kept[0]
    assert asked.keys.tolist() == compiled.keys[0].tolist()
    assert asked.lows.tolist() == compiled.lows[0].tolist()


@given(texts, st.integers(0, 3))
def test_any_text_is_signed_as_documents_are(text: str, seed: int) -> None:
    assert_signed(text, NONE)
    assert_signed(text, templates_of(text, seed))


@given(texts, texts, st.integers(0, 3))
def test_any_two_texts_are_as_similar_as_a_proof_says(left: str, right: str, seed: int) -> None:
    for one, two in ((left, right), (left, f"{left} {right}"), (left, left)):
        for templates in (NONE, templates_of(one, seed)):
            assert Asked(one, templates, SPEC).similarity(two) == similarity_of(one, two, templates)


@pytest.mark.parametrize("count", [1, 2, 3, CHUNK + 1, CHUNK + 2, CHUNK + 3, 40_000])
def test_texts_of_every_length_are_signed_as_documents_are(count: int) -> None:
    words = random.Random(count).choices(WORDS, k=count)
    assert_signed(" ".join(words), NONE)
    assert_signed(" ".join(words), templates_of(" ".join(words), 1))


@pytest.mark.parametrize(
    "change", [{"shingle_words": 1}, {"shingle_words": 9}, {"num_hashes": 6, "num_bands": 2}]
)
def test_other_specs_are_followed(change: dict[str, int]) -> None:
    text = " ".join(random.Random(7).choices(WORDS, k=200))
    assert_signed(text, NONE, SignatureSpec(**{**SIGNATURES, **change}))


def test_a_text_of_templates_alone_has_no_shingle_and_no_key() -> None:
    text = "one two three"
    templates, _ = shingles_of(pl.Series([text]), SPEC.shingle_words)
    asked = Asked(text, templates, SPEC)
    assert (len(asked.halves), asked.keys.any(), asked.lows.any()) == (0, False, False)


def test_long_texts_go_through_the_compiled_loops_with_the_same_result(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one = " ".join(random.Random(1).choices(WORDS, k=30))
    two = f"{one} and a little more"
    templates = templates_of(one, 2)
    expected = Asked(one, templates, SPEC)
    similarity = expected.similarity(two)
    compiled: list[str] = []

    def sketched(texts: pl.Series, *arguments: Any) -> Sketches:
        compiled.extend(texts)
        return sketches_of(texts, *arguments)

    monkeypatch.setattr(asked_text, "sketches_of", sketched)
    for most, long in ((0, [one, two]), (len(one), [two]), (len(two), [])):
        monkeypatch.setattr(asked_text, "MAX_CHARS", most)
        compiled.clear()
        asked = Asked(one, templates, SPEC)
        assert asked.similarity(two) == similarity
        assert asked.keys.tolist() == expected.keys.tolist()
        assert asked.lows.tolist() == expected.lows.tolist()
        assert compiled == long
