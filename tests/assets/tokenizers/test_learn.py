"""The trainer learns what the reference's trainer learns, merge by merge."""

from __future__ import annotations

import json

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Regex, Tokenizer, models, pre_tokenizers, trainers

from assets.tokenizers.learn import MAX_PIECE_CHARS, MIN_PAIR_COUNT, Merge, learn_merges
from assets.tokenizers.words import count_words_of
from model.cuts import CUT_PATTERN
from tests.micro import TEXT


def reference(texts: list[str], num_pieces: int) -> tuple[Merge, ...]:
    backend = Tokenizer(models.BPE())
    backend.pre_tokenizer = pre_tokenizers.Split(Regex(CUT_PATTERN), behavior="isolated")
    trainer = trainers.BpeTrainer(
        vocab_size=len(set().union(*map(set, texts))) + num_pieces,
        min_frequency=MIN_PAIR_COUNT,
        max_token_length=MAX_PIECE_CHARS,
        special_tokens=[],
        show_progress=False,
    )
    backend.train_from_iterator(texts, trainer=trainer, length=len(texts))
    return tuple(
        (first, second) for first, second in json.loads(backend.to_str())["model"]["merges"]
    )


def ours(texts: list[str], num_pieces: int) -> tuple[Merge, ...]:
    return learn_merges(count_words_of(pl.Series(texts, dtype=pl.String)), num_pieces)


@pytest.mark.slow
@settings(deadline=None, max_examples=200)
@given(
    st.lists(
        st.one_of(
            st.text("abc ", max_size=60), st.text("a=", max_size=80), st.text("xyz\u60a3\n1 ")
        ),
        min_size=1,
        max_size=12,
    ),
    st.integers(1, 80),
)
def test_merges_are_the_references(texts: list[str], num_pieces: int) -> None:
    assert ours(texts, num_pieces) == reference(texts, num_pieces)


def test_merges_of_real_text_are_the_references() -> None:
    texts = [json.__doc__ or "", *TEXT, (pytest.__doc__ or "") * 2]
    assert ours(texts, 2000) == reference(texts, 2000)


def test_the_order_of_documents_does_not_matter() -> None:
    assert ours(list(reversed(TEXT)), 200) == ours(TEXT, 200)


def test_pieces_stay_below_the_longest_allowed() -> None:
    merges = ours(["=" * 500 + " " + "x" * 400] * 3, 60)
    assert max(len(first + second) for first, second in merges) < MAX_PIECE_CHARS


def test_nothing_is_learned_from_nothing() -> None:
    assert ours([""], 10) == ()
    assert ours(["ab ab"], 0) == ()
    assert ours(["ab cd"], 10) == ()
