"""The tokenizer on wild text: lossless, no special ids from plain text, digits one by one."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer as Backend
from tokenizers import models

from assets.tokenizers.bpe import alphabet_of, assemble, learn_pieces, merge_vocabulary
from model.tokenizer import NUM_SPECIAL, Tokenizer, byte_tokens, special_tokens

GENERAL = [
    "The cell is the basic unit of life.  Each cell divides.\n\n",
    "\tdef cell(self):\n        return 1\n\n    def divide(self, cell):\n        return 2\n",
    "A page <s>struck out</s> and a byte <0x41><0x41><0x41> in the text, 2024-11-02.",
] * 3
MEDICAL = ["Hepatosplenomegaly and hepatitis; hepatic cells of the liver.\u2581 pain, pain."] * 3


def _trained() -> Tokenizer:
    alphabet = alphabet_of(GENERAL + MEDICAL)
    merged = merge_vocabulary(
        learn_pieces(GENERAL, 120),
        learn_pieces(MEDICAL, 120),
        alphabet=alphabet,
        vocab_size=NUM_SPECIAL + 256 + len(alphabet) + 100,
        general_share=0.5,
    )
    return Tokenizer(assemble(alphabet, merged.merges))


TRAINED = _trained()

wild_text = st.lists(
    st.one_of(
        st.text(st.characters(exclude_categories=("Cs",)), max_size=12),
        st.sampled_from(special_tokens()),
        st.sampled_from(byte_tokens()),
        st.sampled_from(
            ["\u2581", " ", "   ", "\n", "\r\n", "\t", "\x00", "\x1b", "\u200d", "123"]
        ),
        st.sampled_from(GENERAL + MEDICAL),
    ),
    max_size=8,
).map("".join)


@settings(deadline=None)
@given(wild_text)
def test_any_text_comes_back_unchanged(text: str) -> None:
    assert TRAINED.decode(TRAINED.encode(text)) == text


@settings(deadline=None)
@given(wild_text)
def test_plain_text_never_gives_a_special_id(text: str) -> None:
    assert all(index >= NUM_SPECIAL for index in TRAINED.encode(text))


@settings(deadline=None)
@given(st.lists(wild_text, max_size=4))
def test_a_batch_is_encoded_as_its_texts_are(texts: list[str]) -> None:
    assert TRAINED.encode_batch(texts) == [TRAINED.encode(text) for text in texts]


@settings(deadline=None)
@given(st.from_regex(r"[0-9]{1,8}", fullmatch=True))
def test_digits_are_split_one_by_one(digits: str) -> None:
    assert [TRAINED.decode([index]) for index in TRAINED.encode(digits)] == list(digits)


def test_names_of_specials_have_the_ids_of_the_release() -> None:
    names = (
        "<unk>",
        "<s>",
        "</s>",
        "<B_SYS>",
        "<B_USYS>",
        "<C_Q>",
        "<C_A>",
        "<B_FUNC>",
        "<B_CODE>",
    )
    assert [TRAINED.special_id(name) for name in names] == [0, 1, 2, 71, 72, 73, 74, 75, 76]
    assert (TRAINED.pad_id, TRAINED.bos_id, TRAINED.eos_id) == (0, 1, 2)
    assert TRAINED.token(3) == "<reserved_3>"
    assert TRAINED.token(130) == "<reserved_130>"
    assert TRAINED.token(131) == "<0x00>"
    assert TRAINED.token(386) == "<0xFF>"


def test_a_name_that_is_not_special_is_refused() -> None:
    with pytest.raises(KeyError, match="cell"):
        TRAINED.special_id("cell")


def test_an_id_outside_the_vocabulary_is_refused() -> None:
    with pytest.raises(IndexError, match="outside 0"):
        TRAINED.token(TRAINED.vocab_size)


def test_special_ids_are_left_out_of_text_unless_asked_for() -> None:
    ids = [TRAINED.bos_id, *TRAINED.encode("cell"), TRAINED.eos_id]
    assert TRAINED.decode(ids) == "cell"
    assert TRAINED.decode(ids, keep_special=True) == "<s>cell</s>"


def test_a_lone_surrogate_is_refused_with_its_place() -> None:
    with pytest.raises(ValueError, match=r"lone surrogate U\+D800 at 2"):
        TRAINED.encode("ab\ud800")


def test_a_folder_without_a_tokenizer_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"no tokenizer\.json"):
        Tokenizer.load(tmp_path)


def test_a_foreign_vocabulary_is_refused(tmp_path: Path) -> None:
    Backend(models.BPE(vocab={"a": 0}, merges=[])).save(str(tmp_path / "tokenizer.json"))
    with pytest.raises(ValueError, match="special token <unk> has id None, not 0"):
        Tokenizer.load(tmp_path)


def test_saving_and_loading_keeps_plain_text_plain(tmp_path: Path) -> None:
    alphabet = alphabet_of(GENERAL)
    assemble(alphabet, []).save(str(tmp_path / "tokenizer.json"))
    loaded = Tokenizer.load(tmp_path)
    assert min(loaded.encode("</s><C_A>")) >= NUM_SPECIAL
