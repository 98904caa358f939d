"""The fast encoder gives the reference's ids on wild text, or refuses and says why."""

from __future__ import annotations

import json
import logging
import sys
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit
from tokenizers import Regex, pre_tokenizers
from tokenizers import Tokenizer as Backend

from assets.tokenizers.bpe import alphabet_of, assemble, learn_pieces, merge_vocabulary
from model.block_kernels import ROOM_BYTES, ascii_masks
from model.columns import column_bytes, roomy_rows, row_slices
from model.cut_kernels import NUM_KINDS, find_cuts
from model.cuts import BLANK, CUT_PATTERN, DIGIT, LETTER, LINE_END, character_classes
from model.encoder import FastEncoder, NotSupported
from model.tokenizer import NUM_SPECIAL, Tokenizer, byte_tokens, special_tokens

TEXTS = [
    "The cell is the basic unit of life.  Each cell divides; aaaaaaaa aaaa aaa.\n\n",
    "\tdef cell(self):\n        return 1\n\n    def divide(self, cell):\n        return 2\n",
    "Hepatosplenomegaly and hepatitis; hepatic cells of the liver.\u2581 pain, 0.25 mg/kg.",
    "========== ---- \u60a3\u8005\u306f\u767a\u71b1\u3002\u60a3\u8005\u767a\u71b1 <s> </s> <0x41>",
] * 4


def _trained() -> Tokenizer:
    alphabet = alphabet_of(TEXTS)
    pieces = learn_pieces(TEXTS, 400)
    merged = merge_vocabulary(
        pieces,
        (),
        alphabet=alphabet,
        vocab_size=NUM_SPECIAL + 256 + len(alphabet) + 220,
        general_share=1.0,
        allow_fewer=True,
    )
    return Tokenizer(assemble(alphabet, merged.merges))


TRAINED = _trained()
CUTTER = pre_tokenizers.Split(Regex(CUT_PATTERN), behavior="isolated")

letters = st.characters(exclude_categories=("Cs",))
blanks = " \t\n\r\x0b\x0c\x1c\x85\xa0\u1680\u2003\u2028\u2029\u202f\u3000\u200b\ufeff"
wild_text = st.lists(
    st.one_of(
        st.text(letters, max_size=12),
        st.text(blanks, max_size=5),
        st.text("abcehlpt 0\u0301\u093e\u0669\u00b2", max_size=30),
        st.sampled_from([*special_tokens()[:3], *byte_tokens()[60:70], *TEXTS, "aaa" * 40]),
    ),
    max_size=8,
).map("".join)


@njit
def masks_of(data: Any, at: int) -> Any:
    return ascii_masks(data, at)


def reference(texts: list[str]) -> list[list[int]]:
    return TRAINED.encode_batch(texts)


def columnar(texts: list[str], **options: Any) -> list[list[int]]:
    ids, bounds = TRAINED.encode_into(pl.Series(texts, dtype=pl.String), **options)
    return [ids[a:b].tolist() for a, b in pairwise(bounds)]


def cuts(text: str, room: int = 512) -> list[str]:
    """Cut a text that stands among others, so many words at a time."""
    before, raw = b"ab \xe6\x82\xa3", text.encode()
    data = np.frombuffer(before + raw + b" z9\xff" * ROOM_BYTES, dtype=np.uint8)
    kinds, places = np.empty(NUM_KINDS, dtype=np.uint64), np.empty(room, dtype=np.int64)
    at, stop, found = len(before), len(before) + len(raw), []
    while at < stop:
        number = find_cuts(data, at, stop, character_classes(), kinds, places)
        ends = places[: number + 1].tolist()
        found += [data[first:end].tobytes().decode() for first, end in pairwise(ends)]
        at = ends[-1]
    return found


@settings(deadline=None, max_examples=300)
@given(wild_text, st.sampled_from([80, 512]))
def test_text_is_cut_as_the_reference_cuts_it(text: str, room: int) -> None:
    assert cuts(text, room) == [piece for piece, _ in CUTTER.pre_tokenize_str(text)]


@settings(deadline=None, max_examples=300)
@given(st.data())
def test_blocks_of_few_kinds_of_characters_are_cut_as_the_reference_cuts_them(
    data: st.DataObject,
) -> None:
    kinds = "a\u00e9\u0301\u60a3" + "1\u0669" + blanks + "._\u2013\U0001f9ec"
    some = data.draw(st.lists(st.sampled_from(kinds), min_size=1, max_size=5))
    text = "".join(data.draw(st.lists(st.sampled_from(some), max_size=300)))
    assert cuts(text) == [piece for piece, _ in CUTTER.pre_tokenize_str(text)]


def test_every_character_of_ascii_has_the_class_of_the_blocks() -> None:
    data = np.frombuffer(bytes(range(128)) + bytes(ROOM_BYTES), dtype=np.uint8)
    names = {"letter": LETTER, "digit": DIGIT, "blank": BLANK, "end": LINE_END}
    for first in (0, 64):
        letters, digits, spaces, blanked, ends, wide = masks_of(data, first)
        found = dict(zip(names, (letters, digits, blanked, ends), strict=True))
        for name, kind in names.items():
            expected = character_classes()[first : first + 64] == kind
            assert [found[name] >> bit & 1 for bit in range(64)] == expected.tolist(), name
        assert (spaces, wide) == (1 << 32 if first == 0 else 0, 0)


@settings(deadline=None, max_examples=300)
@given(st.lists(wild_text, max_size=5), st.integers(1, 4))
def test_the_ids_of_wild_text_are_the_references(texts: list[str], threads: int) -> None:
    assert columnar(texts, threads=threads) == reference(texts)


@pytest.mark.slow
def test_every_character_is_encoded_as_the_reference_does() -> None:
    codes = [code for code in range(sys.maxunicode + 1) if not 0xD800 <= code < 0xE000]
    texts = ["a " + "".join(map(chr, codes[at : at + 997])) for at in range(0, len(codes), 997)]
    assert columnar(texts) == reference(texts)


def test_words_longer_than_any_buffer_are_encoded_as_the_reference_does() -> None:
    texts = ["hepatic" * 3000, "=" * 5001, "\u60a3\u8005" * 2000, "cell" * 90 + " " * 700]
    assert columnar(texts) == reference(texts)
    texts = ["the liver " * 9000 + "=" * 70_000, "x" * 100, " cell" + "ab" * 40_000 + "\n"]
    assert columnar(texts) == reference(texts)


def test_what_no_cache_can_hold_is_still_right() -> None:
    rng = np.random.default_rng(1)
    letters = np.array(list("aceilhpt"))
    words = ["".join(rng.choice(letters, size)) for size in rng.integers(1, 40, 40_000)]
    texts = [" ".join(words[at : at + 1000]) for at in range(0, len(words), 1000)]
    assert columnar(texts, threads=2) == reference(texts)


def test_marks_stand_around_every_text() -> None:
    plain = columnar(["cell", "", "liver pain"])
    assert columnar(["cell", "", "liver pain"], marks=True) == [[1, *ids, 2] for ids in plain]


def test_no_texts_give_no_ids() -> None:
    ids, bounds = TRAINED.encode_into(pl.Series([], dtype=pl.String))
    assert (len(ids), bounds.tolist()) == (0, [0])


def test_a_slice_of_a_column_is_encoded_as_itself() -> None:
    column = pl.Series([f"cell {index} of the liver" for index in range(50)])
    ids, bounds = TRAINED.encode_into(column.slice(17, 5))
    whole = columnar(column.to_list())
    assert ids.tolist() == [index for found in whole[17:22] for index in found]
    assert len(bounds) == 6


@settings(deadline=None)
@given(st.lists(wild_text, min_size=1, max_size=4))
def test_ids_spell_their_text_and_no_other(texts: list[str]) -> None:
    column = pl.Series(texts, dtype=pl.String)
    ids, bounds = TRAINED.encode_into(column, marks=True)
    assert TRAINED.spells(column, ids, bounds).all()
    others = pl.Series([text + "x" for text in texts])
    assert not TRAINED.spells(others, ids, bounds).any()


def test_one_changed_id_is_noticed() -> None:
    column = pl.Series(["the liver", "the cell", "a pain"])
    ids, bounds = TRAINED.encode_into(column)
    ids[bounds[1]] += 1
    assert TRAINED.spells(column, ids, bounds).tolist() == [True, False, True]


def test_ids_of_a_damaged_table_are_noticed() -> None:
    tokenizer = _trained()
    tokenizer.prepare()
    assert tokenizer._fast is not None
    tables = tokenizer._fast._tables
    tables.char_ids[ord("q")] = tables.char_ids[ord("x")]
    column = pl.Series(["the liver", "a quiet cell", "x"])
    ids, bounds = tokenizer.encode_into(column)
    assert tokenizer.spells(column, ids, bounds).tolist() == [True, False, True]


@pytest.mark.parametrize("cut", [0, 1, 7, 15, 16, 17, 40])
def test_one_changed_byte_is_noticed_wherever_it_is_in_a_piece(cut: int) -> None:
    word = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"[:50]
    merges = [(word[:end], word[end]) for end in range(1, len(word))]
    tokenizer = Tokenizer(assemble(word, merges))
    column = pl.Series([word, word])
    ids, bounds = tokenizer.encode_into(column)
    assert len(ids) == 2
    changed = pl.Series([word, word[:cut] + "-" + word[cut + 1 :]])
    assert tokenizer.spells(changed, ids, bounds).tolist() == [True, False]


def test_missing_texts_are_refused() -> None:
    with pytest.raises(ValueError, match="1 texts are missing"):
        TRAINED.encode_into(pl.Series(["a", None]))


def test_a_column_that_is_not_text_is_refused() -> None:
    with pytest.raises(ValueError, match="column of Int64, not of text"):
        column_bytes(pl.Series([1, 2]))


@given(st.lists(st.integers(0, 50), max_size=20), st.integers(1, 5))
def test_slices_cover_all_rows_once(sizes: list[int], parts: int) -> None:
    offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    found = row_slices(offsets, parts)
    assert [row for first, end in found for row in range(first, end)] == list(range(len(sizes)))
    assert len(found) <= parts


@given(st.lists(st.binary(max_size=30), max_size=12), st.integers(0, 40), st.integers(0, 20))
def test_behind_the_rows_of_each_run_there_is_room(
    rows: list[bytes], room: int, behind: int
) -> None:
    data = np.frombuffer(b"".join(rows) + bytes(behind), dtype=np.uint8)
    offsets = np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int64)
    found = []
    for content, places in roomy_rows(data, offsets, room):
        assert places[-1] + room <= len(content)
        found += [content[first:end].tobytes() for first, end in pairwise(places.tolist())]
    assert found == rows


def changed(**change: Any) -> str:
    config = json.loads(TRAINED._backend.to_str())
    model = change.pop("model", {})
    return json.dumps({**config, **change, "model": {**config["model"], **model}})


CUT = json.loads(TRAINED._backend.to_str())["pre_tokenizer"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (changed(normalizer={"type": "NFC"}), "normalizer is"),
        (changed(pre_tokenizer=None), "pre_tokenizer is None"),
        (changed(pre_tokenizer={**CUT, "pattern": {"Regex": " "}}), "pre_tokenizer is"),
        (changed(pre_tokenizer={**CUT, "invert": True}), "pre_tokenizer is"),
        (changed(model={"byte_fallback": False}), "byte_fallback is False"),
        (changed(model={"ignore_merges": True}), "ignore_merges is True"),
        (changed(model={"dropout": 0.1}), r"dropout is 0\.1"),
        (changed(model={"type": "WordPiece"}), "type is 'WordPiece'"),
    ],
)
def test_what_is_not_sure_to_be_right_is_refused(content: str, reason: str) -> None:
    with pytest.raises(NotSupported, match=reason):
        FastEncoder(content, NUM_SPECIAL)


def test_two_ways_to_one_piece_are_refused() -> None:
    config = json.loads(assemble("abc", [("a", "b"), ("b", "c"), ("ab", "c")]).to_str())
    config["model"]["merges"].append(["a", "bc"])
    with pytest.raises(NotSupported, match="two merges make the same piece"):
        FastEncoder(json.dumps(config), NUM_SPECIAL)


def test_a_vocabulary_without_a_byte_is_refused() -> None:
    config = json.loads(assemble("abc", []).to_str())
    config["model"]["vocab"]["<0x4X>"] = config["model"]["vocab"].pop("<0x41>")
    with pytest.raises(NotSupported, match="byte token <0x41> is not in the vocabulary"):
        FastEncoder(json.dumps(config), NUM_SPECIAL)


def test_ids_that_do_not_fit_are_refused() -> None:
    config = json.loads(assemble("abc", []).to_str())
    config["model"]["vocab"]["c"] = 1 << 20
    with pytest.raises(NotSupported, match="more than 1,048,576 ids"):
        FastEncoder(json.dumps(config), NUM_SPECIAL)


def test_another_kind_of_tokenizer_is_encoded_by_the_reference_and_the_log_says_so(
    caplog: pytest.LogCaptureFixture,
) -> None:
    tokenizer = Tokenizer(Backend.from_str(changed(normalizer={"type": "Lowercase"})))
    column = pl.Series(["The Liver", "", "cell"])
    with caplog.at_level(logging.WARNING):
        ids, bounds = tokenizer.encode_into(column, marks=True)
    assert "slow reference encoder: normalizer is" in caplog.text
    found = [ids[a:b].tolist() for a, b in pairwise(bounds)]
    assert found == [[1, *each, 2] for each in tokenizer.encode_batch(column.to_list())]
    assert tokenizer.spells(column, ids, bounds).tolist() == [False, True, True]
    with pytest.raises(ValueError, match="1 texts are missing"):
        tokenizer.encode_into(pl.Series(["a", None]))
