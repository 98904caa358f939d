"""Counted words do not depend on order, batches, threads or scratch files; bounds are kept."""

from __future__ import annotations

from collections import Counter

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Regex, pre_tokenizers

from assets.tokenizers import words
from assets.tokenizers.words import MAX_WORD_BYTES, WordCounter, WordCounts, count_words_of
from model.cuts import CUT_PATTERN

CUTTER = pre_tokenizers.Split(Regex(CUT_PATTERN), behavior="isolated")
texts_of_words = st.lists(st.text("ab \n1\u60a3", max_size=30), max_size=20)


def as_dict(counts: WordCounts) -> dict[str, int]:
    return {word.decode(): count for word, count in counts.words.iter_rows()}


@settings(deadline=None)
@given(texts_of_words)
def test_words_are_the_references_cuts(texts: list[str]) -> None:
    expected = Counter(word for text in texts for word, _ in CUTTER.pre_tokenize_str(text))
    counts = count_words_of(pl.Series(texts, dtype=pl.String))
    assert as_dict(counts) == expected
    chars = Counter("".join(texts))
    assert {char: int(counts.char_counts[ord(char)]) for char in chars} == chars
    assert int(counts.char_counts.sum()) == chars.total()


@pytest.mark.slow
@settings(deadline=None, max_examples=40)
@given(texts_of_words, st.integers(1, 3), st.integers(1, 4))
def test_order_batches_threads_and_scratch_files_change_nothing(
    texts: list[str], threads: int, held: int
) -> None:
    once = count_words_of(pl.Series(texts, dtype=pl.String))
    again = list(reversed(texts))
    with WordCounter(threads=threads, held_words=held) as counter:
        for start in range(0, len(again), 3):
            counter.add(pl.Series(again[start : start + 3], dtype=pl.String))
            counter.add(pl.Series([], dtype=pl.String))
        found = counter.result()
    assert found.words.equals(once.words)
    assert found.char_counts.tolist() == once.char_counts.tolist()


@pytest.mark.parametrize("word", ["word", "awordlongerthananykey"])
def test_a_table_that_is_full_is_emptied_and_counting_goes_on(
    monkeypatch: pytest.MonkeyPatch, word: str
) -> None:
    texts = pl.Series([f"{word}{chr(97 + n % 26)}{chr(97 + n % 7)} x" for n in range(300)])
    once = count_words_of(texts)
    monkeypatch.setattr(words, "_TABLE_WORDS", 8)
    monkeypatch.setattr(words, "_TABLE_BYTES", MAX_WORD_BYTES)
    with WordCounter(threads=2, held_words=20) as counter:
        counter.add(texts)
        counter.add(texts)
        found = counter.result()
    assert found.words["word"].equals(once.words["word"])
    assert (found.words["count"] == 2 * once.words["count"]).all()


def test_the_rarest_words_beyond_the_cap_are_cut_and_counted() -> None:
    texts = pl.Series(["a" * n + "\n" for n in (1, 2, 3) for _ in range(n)])
    with WordCounter(max_words=2) as counter:
        counter.add(texts)
        counts = counter.result()
    assert as_dict(counts) == {"\n": 6, "aaa": 3}
    assert (counts.cut_words, counts.cut_occurrences) == (2, 3)
    assert counts.char_counts[ord("a")] == 1 + 4 + 9


def test_a_page_without_a_blank_is_counted_in_parts_of_whole_characters() -> None:
    counts = as_dict(count_words_of(pl.Series(["\u60a3" * 400])))
    assert sum(len(word) * count for word, count in counts.items()) == 400
    assert max(len(word.encode()) for word in counts) <= MAX_WORD_BYTES


def test_missing_texts_are_refused() -> None:
    with pytest.raises(ValueError, match="1 texts are missing"), WordCounter() as counter:
        counter.add(pl.Series(["a", None]))
