"""Documents of a part are encoded to the same bytes however many threads share them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from assets.lineage.storage import Folder
from assets.tokenizers import parts
from assets.tokenizers.bpe import assemble
from assets.tokenizers.parts import EncodedPart, EncodePart, NotLossless, encode_part
from model.tokenizer import Tokenizer

BACKEND = assemble("abcdefghij ", [("a", "b"), ("ab", "c")])
TEXTS = ["abc " * (number % 9) + "defg" * (number % 4) for number in range(200)]


def encoded(folder: Path, threads: int = 1, content: str = BACKEND.to_str()) -> EncodedPart:
    stored = Folder(uri=str(folder))
    names = [f"{number:032x}" for number in range(len(TEXTS))]
    frame = pl.DataFrame({"doc_id": names, "text": TEXTS})
    chosen = pl.DataFrame({"doc_id": names[::2]})
    item = EncodePart(
        documents=stored.write("documents.parquet", frame.write_parquet),
        tokenizer=stored.write("tokenizer.json", lambda path: path.write_text(content)),
        selection=(stored.write("selection.parquet", chosen.write_parquet),),
        out=stored.child("out"),
        name="00000",
        keep=True,
        columns=("doc_id",),
        threads=threads,
    )
    return encode_part(item)


@pytest.mark.parametrize("unit_bytes", [1, 60, 1 << 20])
@pytest.mark.parametrize("batch", [7, 4096])
def test_threads_units_and_batches_change_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, unit_bytes: int, batch: int
) -> None:
    once = encoded(tmp_path / "once")
    monkeypatch.setattr(parts, "UNIT_BYTES", unit_bytes)
    monkeypatch.setattr(parts, "BATCH_DOCUMENTS", batch)
    again = encoded(tmp_path / "again", threads=3)
    assert once.tokens is not None
    assert again.tokens is not None
    assert again.tokens.entry == once.tokens.entry
    lengths = pl.read_parquet(again.lengths.local())
    assert lengths.equals(pl.read_parquet(once.lengths.local()))
    ids = np.fromfile(again.tokens.local(), dtype="<u2")
    tokenizer = Tokenizer(BACKEND)
    for text, (_, size, offset) in zip(TEXTS[::2], lengths.iter_rows(), strict=True):
        assert ids[offset : offset + size].tolist() == [1, *tokenizer.encode(text), 2]


def test_a_document_that_does_not_come_back_is_named(tmp_path: Path) -> None:
    config = json.loads(BACKEND.to_str())
    config["normalizer"] = {"type": "Replace", "pattern": {"String": "d"}, "content": "e"}
    with pytest.raises(NotLossless, match=r"document 0{31}2 is not what its tokens say"):
        encoded(tmp_path, content=json.dumps(config))
