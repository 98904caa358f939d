"""Tokens cover every byte, batches every row; draws depend on the id alone."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from assets.mixtures.scoring.text import Batch, batches, draws, read_batches, tokens_of
from assets.mixtures.scoring.text_kernels import CAPITAL, KIND, SPACED, UNSPACED, UPPER, WORD

wild = st.lists(st.one_of(st.none(), st.text(max_size=60)), max_size=6)


def cut(text: str) -> list[str]:
    """Return the tokens of one text as written."""
    tokens = tokens_of(pl.Series([text]))
    edges = [0, *tokens.ends.tolist()]
    data = tokens.data.tobytes()
    return [data[a:b].decode("utf-8", "replace") for a, b in pairwise(edges)]


def test_a_blank_belongs_to_the_word_behind_it() -> None:
    assert cut("The dose was 3.5 mg/dl") == [
        "The", " dose", " was", " 3", ".", "5", " mg", "/", "dl",
    ]  # fmt: skip


def test_ideographs_and_kana_stand_alone() -> None:
    assert cut("\u5929\u5730\u3042a\u00e9") == ["\u5929", "\u5730", "\u3042", "a\u00e9"]
    assert (tokens_of(pl.Series(["\u5929"])).marks[0] & KIND) == UNSPACED


def test_flags_say_how_a_word_is_written() -> None:
    marks = tokens_of(pl.Series(["a Bc DE"])).marks
    assert [int(mark & KIND) for mark in marks] == [WORD, WORD, WORD]
    assert [int(mark) & ~KIND for mark in marks] == [0, SPACED | CAPITAL, SPACED | CAPITAL | UPPER]


def test_case_and_blanks_change_the_exact_hash_only() -> None:
    tokens = tokens_of(pl.Series(["heart Heart"]))
    assert tokens.folded[0] == tokens.folded[1]
    assert tokens.exact[0] != tokens.exact[1]


@given(wild)
def test_every_byte_of_wild_text_is_in_one_token(texts: list[str | None]) -> None:
    series = pl.Series(texts, dtype=pl.String)
    tokens = tokens_of(series)
    sizes = [len((text or "").encode()) for text in texts]
    ends = np.cumsum([0, *sizes])
    assert tokens.bounds[-1] == len(tokens.ends) == len(tokens.marks)
    assert np.all(np.diff(tokens.ends) > 0)
    for index, size in enumerate(sizes):
        if size:
            assert tokens.ends[tokens.bounds[index + 1] - 1] == ends[index + 1]


@given(st.text(min_size=1, max_size=40), st.text(max_size=40))
def test_a_text_has_the_same_tokens_in_any_company(text: str, other: str) -> None:
    alone = tokens_of(pl.Series([text]))
    together = tokens_of(pl.Series([other, text]).slice(1))
    beside = tokens_of(pl.Series([other, text]))
    first, last = beside.bounds[1], beside.bounds[2]
    assert alone.folded.tolist() == together.folded.tolist()
    assert alone.exact.tolist() == beside.exact[first:last].tolist()


def test_batches_hold_every_row_and_few_bytes() -> None:
    frame = pl.DataFrame({"text": ["x" * size for size in (5, 90, 400, 1, 1)]})
    found = list(batches(frame, batch_bytes=100))
    assert [batch.height for batch in found] == [2, 1, 2]
    assert pl.concat([batch.frame for batch in found]).equals(frame)


def test_a_file_is_read_in_batches_and_in_order(tmp_path: Path) -> None:
    path = tmp_path / "documents.parquet"
    frame = pl.DataFrame({"doc_id": ["a", "b", "c"], "text": ["xx" * 40, "y", "z"], "more": 1})
    frame.write_parquet(path)
    found = list(read_batches(path, ("doc_id", "text", "absent"), batch_bytes=50))
    assert [batch.frame["doc_id"].to_list() for batch in found] == [["a"], ["b", "c"]]
    assert found[0].frame.columns == ["doc_id", "text"]


def test_draws_are_uniform_and_belong_to_the_id() -> None:
    ids = pl.Series([f"document {number}" for number in range(4000)])
    drawn = draws(ids, seed=3)
    assert draws(ids.slice(7, 1), seed=3)[0] == drawn[7]
    assert draws(ids, seed=4)[7] != drawn[7]
    counts = np.bincount((drawn >> np.uint64(60)).astype(np.int64), minlength=16)
    assert counts.min() > 180 and counts.max() < 320


def test_an_empty_batch_has_no_tokens() -> None:
    batch = Batch(pl.DataFrame({"doc_id": [], "text": []}, schema_overrides={"text": pl.String}))
    assert len(batch.tokens.ends) == 0 and batch.tokens.bounds.tolist() == [0]
