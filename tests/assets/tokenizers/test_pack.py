"""Packing: nothing lost, nothing over the context, copies apart, little padding, no randomness."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.tokenizers.pack import Packed, pack

CAPACITY = 16

documents = st.lists(st.tuples(st.integers(1, 50), st.integers(0, 4)), max_size=25)
Piece = tuple[int, int, int, int, int]


def packed(documents: list[tuple[int, int]], seed: int = 0, capacity: int = CAPACITY) -> Packed:
    lengths = np.array([length for length, _ in documents], dtype=np.int64)
    repeats = np.array([repeats for _, repeats in documents], dtype=np.int64)
    return pack(lengths, repeats, capacity, seed)


def samples_of(found: Packed) -> list[list[Piece]]:
    """Return (document, copy, piece, offset, length) of each piece of each sample, in order."""
    samples: dict[int, list[Piece]] = defaultdict(list)
    columns = (found.document, found.copy, found.piece, found.offset, found.length)
    rows = zip(*(column.tolist() for column in columns), strict=True)
    for sample, row in zip(found.sample.tolist(), rows, strict=True):
        samples[sample].append(row)
    assert list(samples) == list(range(found.num_samples))
    return list(samples.values())


def fills(found: Packed) -> list[list[int]]:
    return sorted(sorted(length for *_, length in sample) for sample in samples_of(found))


@settings(deadline=None)
@given(documents, st.integers(0, 3))
def test_every_token_of_every_copy_is_in_exactly_one_sample(
    lengths: list[tuple[int, int]], seed: int
) -> None:
    spans = defaultdict(list)
    for sample in samples_of(packed(lengths, seed)):
        for document, copy, piece, offset, length in sample:
            spans[document, copy].append((piece, offset, offset + length))
    expected = {
        (document, copy): [
            (piece, offset, min(offset + CAPACITY, length))
            for piece, offset in enumerate(range(0, length, CAPACITY))
        ]
        for document, (length, repeats) in enumerate(lengths)
        for copy in range(repeats)
    }
    assert {key: sorted(found) for key, found in spans.items()} == expected


@settings(deadline=None)
@given(documents)
def test_pieces_follow_one_another_and_no_sample_is_longer_than_the_context(
    lengths: list[tuple[int, int]],
) -> None:
    found = packed(lengths)
    ends: dict[int, int] = defaultdict(int)
    rows = zip(found.sample.tolist(), found.start.tolist(), found.length.tolist(), strict=True)
    for sample, start, length in rows:
        assert start == ends[sample]
        ends[sample] += length
    assert all(0 < end <= CAPACITY for end in ends.values())


@settings(deadline=None)
@given(documents)
def test_no_sample_holds_one_document_twice(lengths: list[tuple[int, int]]) -> None:
    for sample in samples_of(packed(lengths)):
        inside = [document for document, *_ in sample]
        assert len(set(inside)) == len(inside)


@settings(deadline=None)
@given(st.lists(st.integers(1, CAPACITY), min_size=1, max_size=60))
def test_no_two_samples_could_have_been_one(lengths: list[int]) -> None:
    sums = sorted(sum(sample) for sample in fills(packed([(length, 1) for length in lengths])))
    # Only then is every sample but one more than half full.
    assert len(sums) < 2 or sums[0] + sums[1] > CAPACITY


@settings(deadline=None)
@given(st.lists(st.integers(1, CAPACITY), min_size=1, max_size=60))
def test_every_piece_went_into_the_fullest_sample_with_room(lengths: list[int]) -> None:
    rooms: list[int] = []
    for length in sorted(lengths, reverse=True):
        fitting = [room for room in rooms if room >= length]
        if fitting:
            rooms.remove(min(fitting))
            rooms.append(min(fitting) - length)
        else:
            rooms.append(CAPACITY - length)
    found = fills(packed([(length, 1) for length in lengths]))
    assert sorted(CAPACITY - sum(sample) for sample in found) == sorted(rooms)


def test_a_long_document_is_cut_into_full_contexts_and_a_rest() -> None:
    pieces = sorted(piece for sample in samples_of(packed([(35, 1)])) for piece in sample)
    assert [piece[2:] for piece in pieces] == [(0, 0, 16), (1, 16, 16), (2, 32, 3)]


def test_a_document_as_long_as_the_context_is_not_cut() -> None:
    assert samples_of(packed([(CAPACITY, 1)])) == [[(0, 0, 0, 0, CAPACITY)]]


def test_the_fullest_sample_with_room_is_taken() -> None:
    assert fills(packed([(10, 1), (13, 1), (3, 1), (6, 1)])) == [[3, 13], [6, 10]]


def test_contexts_longer_than_a_block_of_rooms_are_searched_to_the_end() -> None:
    lengths = [(900, 1), (100, 1), (500, 1), (524, 1), (24, 1)]
    assert fills(packed(lengths, capacity=1024)) == [[24, 100, 900], [500, 524]]


def test_another_seed_gives_another_order_of_the_same_samples() -> None:
    lengths = [(length, 1) for length in range(1, 17)] * 3
    first, second = (samples_of(packed(lengths, seed)) for seed in (1, 2))
    assert first != second
    assert sorted(map(sorted, first)) == sorted(map(sorted, second))


def test_samples_do_not_lie_in_the_order_of_their_lengths() -> None:
    first = [sample[0][-1] for sample in samples_of(packed([(n % 15 + 1, 1) for n in range(200)]))]
    assert first != sorted(first, reverse=True)


def test_an_empty_document_is_refused() -> None:
    with pytest.raises(ValueError, match="document 1 has 0 tokens: leave empty ones out"):
        packed([(3, 1), (0, 1)])
