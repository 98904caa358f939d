"""Packing: nothing lost, nothing over the context, copies apart, little padding, no randomness."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.tokenizers.pack import Piece, cut, pack

CAPACITY = 16

documents = st.lists(st.tuples(st.integers(1, 50), st.integers(1, 4)), min_size=1, max_size=25)


def pieces_of(lengths: list[tuple[int, int]]) -> list[Piece]:
    return [
        piece
        for index, (length, repeats) in enumerate(lengths)
        for piece in cut(index, length, repeats, CAPACITY)
    ]


@settings(deadline=None)
@given(documents, st.integers(0, 3))
def test_every_piece_is_in_exactly_one_sample(lengths: list[tuple[int, int]], seed: int) -> None:
    pieces = pieces_of(lengths)
    packed = [piece for sample in pack(pieces, CAPACITY, seed) for piece in sample]
    assert Counter(packed) == Counter(pieces)


@settings(deadline=None)
@given(documents)
def test_no_sample_is_longer_than_the_context(lengths: list[tuple[int, int]]) -> None:
    for sample in pack(pieces_of(lengths), CAPACITY, seed=0):
        assert 0 < sum(piece.length for piece in sample) <= CAPACITY


@settings(deadline=None)
@given(documents)
def test_no_sample_holds_one_document_twice(lengths: list[tuple[int, int]]) -> None:
    for sample in pack(pieces_of(lengths), CAPACITY, seed=0):
        inside = [piece.document for piece in sample]
        assert len(set(inside)) == len(inside)


@settings(deadline=None)
@given(documents, st.randoms())
def test_the_order_of_the_input_does_not_matter(
    lengths: list[tuple[int, int]], shuffled: random.Random
) -> None:
    pieces = pieces_of(lengths)
    again = pieces.copy()
    shuffled.shuffle(again)
    assert pack(again, CAPACITY, seed=5) == pack(pieces, CAPACITY, seed=5)


@settings(deadline=None)
@given(st.lists(st.integers(1, CAPACITY), min_size=1, max_size=60))
def test_no_two_samples_could_have_been_one(lengths: list[int]) -> None:
    samples = pack(pieces_of([(length, 1) for length in lengths]), CAPACITY, seed=0)
    fills = sorted(sum(piece.length for piece in sample) for sample in samples)
    # Only then is every sample but one more than half full.
    assert len(fills) < 2 or fills[0] + fills[1] > CAPACITY


def test_a_long_document_is_cut_into_full_contexts_and_a_rest() -> None:
    pieces = cut(7, 35, 1, CAPACITY)
    assert [(p.piece, p.offset, p.length) for p in pieces] == [(0, 0, 16), (1, 16, 16), (2, 32, 3)]


def test_a_document_as_long_as_the_context_is_not_cut() -> None:
    assert [(p.offset, p.length) for p in cut(0, CAPACITY, 1, CAPACITY)] == [(0, CAPACITY)]


def test_the_fullest_sample_with_room_is_taken() -> None:
    samples = pack(pieces_of([(10, 1), (13, 1), (3, 1), (6, 1)]), CAPACITY, seed=0)
    assert sorted(sorted(p.length for p in sample) for sample in samples) == [[3, 13], [6, 10]]


def test_another_seed_gives_another_order_of_the_same_samples() -> None:
    pieces = pieces_of([(length, 1) for length in range(1, 17)] * 3)
    first, second = pack(pieces, CAPACITY, seed=1), pack(pieces, CAPACITY, seed=2)
    assert first != second
    assert sorted(tuple(sorted(s)) for s in first) == sorted(tuple(sorted(s)) for s in second)


def test_a_piece_over_the_context_is_refused() -> None:
    piece = Piece(document=0, copy=0, piece=0, offset=0, length=17)
    with pytest.raises(ValueError, match="17 tokens does not fit a context of 16"):
        pack([piece], CAPACITY, seed=0)
