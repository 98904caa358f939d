"""Merging ranked pieces: every piece is reached, shares are kept, nothing forbidden is made."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.tokenizers.merge import Merge, Merged, VocabularyTooSmall, merge_pieces

LETTERS = "abcd"

pieces = st.lists(st.text(LETTERS, min_size=2, max_size=6), unique=True, max_size=30)


def split(text: str, merges: tuple[Merge, ...]) -> list[str]:
    """Apply merges in rank order, each from left to right: slow and plain."""
    parts = list(text)
    for first, second in merges:
        at = 0
        while at < len(parts) - 1:
            if (parts[at], parts[at + 1]) == (first, second):
                parts[at : at + 2] = [first + second]
            at += 1
    return parts


def merge(general: list[str], medical: list[str], num: int, **changes: object) -> Merged:
    settings = {"alphabet": LETTERS, "forbidden": (), "general_share": 0.5, **changes}
    return merge_pieces(general, medical, num_pieces=num, **settings)  # type: ignore[arg-type]


@settings(deadline=None)
@given(pieces, pieces)
def test_every_piece_of_the_result_is_reached_from_its_characters(
    general: list[str], medical: list[str]
) -> None:
    merged = merge(general, medical, 40, allow_fewer=True)
    made = [first + second for first, second in merged.merges]
    assert len(set(made)) == len(made)
    assert all(split(piece, merged.merges) == [piece] for piece in made)


@settings(deadline=None)
@given(pieces, pieces)
def test_every_merge_joins_parts_that_exist_before_it(
    general: list[str], medical: list[str]
) -> None:
    known = set(LETTERS)
    for first, second in merge(general, medical, 40, allow_fewer=True).merges:
        assert {first, second} <= known
        known.add(first + second)


def test_general_pieces_come_first_and_keep_their_share() -> None:
    merged = merge(["ab", "cd", "abc"], ["da", "dad"], 4)
    assert merged.merges == (("a", "b"), ("c", "d"), ("d", "a"), ("da", "d"))
    assert (merged.num_general, merged.num_medical, merged.num_top_up) == (2, 2, 0)


def test_a_medical_piece_gets_the_merge_that_the_general_ones_leave_possible() -> None:
    # The medical BPE made "abc" of "ab" + "c"; with "bc" ranked first only "a" + "bc" is left.
    merged = merge(["bc"], ["ab", "abc"], 2)
    assert merged.merges == (("b", "c"), ("a", "b"))
    assert merge(["bc"], ["abc"], 2).merges == (("b", "c"), ("a", "bc"))


def test_a_piece_in_three_parts_waits_until_two_make_it() -> None:
    assert merge([], ["abc", "bc"], 2, general_share=0.0).merges == (("b", "c"), ("a", "bc"))


def test_general_pieces_fill_up_when_the_medical_ones_run_out() -> None:
    merged = merge(["ab", "cd", "bc"], ["ab"], 3)
    assert (merged.num_general, merged.num_medical, merged.num_top_up) == (2, 0, 1)


def test_forbidden_strings_and_strange_characters_are_never_made() -> None:
    merged = merge(["ab", "ax", "abc"], [], 3, forbidden={"ab"}, allow_fewer=True)
    assert merged.merges == ()


def test_too_little_text_is_a_clear_error() -> None:
    with pytest.raises(VocabularyTooSmall, match="gives 2 pieces, the vocabulary needs 5: lower"):
        merge(["ab"], ["cd"], 5)


def test_a_share_outside_its_range_is_refused() -> None:
    with pytest.raises(ValueError, match=r"general_share 1\.5 not in 0\.\.1"):
        merge(["ab"], ["cd"], 1, general_share=1.5)
