"""tokenizers/shards_*: packed samples of a stage's documents, or of chats, with the index.

Owns what is packed and how it is written; the format is training/shards.py's, the packing
pack.py's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from assets.lineage.manifest import Cost
from assets.lineage.workspace import Outcome, Workspace
from assets.tokenizers.pack import Piece, cut, pack
from model.chat import Message, render
from model.tokenizer import FILE_NAME, Tokenizer
from training.shards import ShardsInfo

MAX_SHARD_TOKENS = 1 << 26
"""64 Mi tokens: files of 128 or 256 MiB (our choice)."""

MIN_SHARDS = 4
"""Small artifacts are split too, so that ranks read different files (our choice)."""

_SFT_SEED = 0
"""The training order is keyed by the job's data seed; this only undoes the order of packing."""

_ENCODE_DOCUMENTS = 1000
_LEFT_OUT_SCHEMA = {"doc_id": pl.String, "reason": pl.String, "num_tokens": pl.UInt32}


@dataclass(frozen=True, kw_only=True)
class PackedText:
    """One document or chat, ready to be packed."""

    doc_id: str
    ids: npt.NDArray[np.uint32]
    repeats: int
    loss_mask: npt.NDArray[np.uint8] | None = None


def make_shards(ws: Workspace) -> Outcome:
    """Pack the documents that a stage's mixture selected, as often as it says."""
    stage = ws.step.name.removeprefix("shards_")
    tokenizer = _load(ws)
    chosen = pl.read_parquet(ws.input(f"mixtures/{stage}").path("selection.parquet"))
    corpus = pl.read_parquet(
        ws.input("mixtures/decontaminated").path("documents.parquet"), columns=["doc_id", "text"]
    )
    rows = chosen.select("doc_id", "repeats").join(corpus, on="doc_id", how="left").sort("doc_id")
    missing = rows.filter(pl.col("text").is_null())
    if missing.height:
        raise ValueError(
            f"{missing.height} selected documents are not in mixtures/decontaminated, first "
            f"{missing['doc_id'][0]}: make mixtures/{stage} again"
        )
    texts: list[PackedText] = []
    for batch in rows.iter_slices(_ENCODE_DOCUMENTS):
        ws.progress(f"encoding documents: {len(texts):,} of {rows.height:,}")
        for row, ids in zip(
            batch.iter_rows(named=True),
            tokenizer.encode_batch(batch["text"].to_list()),
            strict=True,
        ):
            marked = np.array([tokenizer.bos_id, *ids, tokenizer.eos_id], dtype=np.uint32)
            texts.append(PackedText(doc_id=row["doc_id"], ids=marked, repeats=row["repeats"]))
    return write_shards(
        ws,
        texts,
        tokenizer,
        context_tokens=ws.config["context_tokens"],
        seed=ws.config["seed"],
    )


def make_sft_shards(ws: Workspace) -> Outcome:
    """Pack the chats of one domain, each whole; what is longer than the context is left out."""
    tokenizer = _load(ws)
    context = ws.config["context_tokens"]
    questions = (
        pl.read_parquet(ws.input("synthesis/questions").path("questions.parquet"))
        .filter(pl.col("domain") == ws.config["domain"])
        .sort("item_id")
    )
    texts: list[PackedText] = []
    left_out: list[tuple[str, str, int]] = []
    for row in questions.iter_rows(named=True):
        messages = [
            Message(role="system", content=row["system"]),
            Message(role="user", content=row["question"]),
            Message(role="assistant", content=row["answer"]),
        ]
        chat = render(messages, tokenizer)
        if len(chat.ids) > context:
            # Cut in two, the reply's second half would be learned without its question.
            left_out.append((row["item_id"], "longer than the context", len(chat.ids)))
            continue
        texts.append(
            PackedText(
                doc_id=row["item_id"],
                ids=np.array(chat.ids, dtype=np.uint32),
                repeats=1,
                loss_mask=np.array(chat.loss_mask, dtype=np.uint8),
            )
        )
    pl.DataFrame(left_out, schema=_LEFT_OUT_SCHEMA, orient="row").write_parquet(
        ws.out("left_out.parquet"), compression="zstd"
    )
    counts = {"left_out": len(left_out)}
    return write_shards(ws, texts, tokenizer, context_tokens=context, seed=_SFT_SEED, counts=counts)


def write_shards(
    ws: Workspace,
    texts: Sequence[PackedText],
    tokenizer: Tokenizer,
    *,
    context_tokens: int,
    seed: int,
    counts: Mapping[str, int] | None = None,
) -> Outcome:
    """Pack, write every file of the format, and count."""
    if not texts:
        raise ValueError(f"{ws.step.key} has nothing to pack: its selection is empty")
    pieces = [
        piece
        for index, text in enumerate(texts)
        for piece in cut(index, len(text.ids), text.repeats, context_tokens)
    ]
    ws.progress(f"packing {len(pieces):,} pieces of {len(texts):,} documents")
    samples = pack(pieces, context_tokens, seed)
    info = ShardsInfo(
        context_tokens=context_tokens,
        vocab_size=tokenizer.vocab_size,
        pad_id=tokenizer.pad_id,
        dtype="uint16" if tokenizer.vocab_size <= 1 << 16 else "uint32",
        num_samples=len(samples),
        samples_per_shard=samples_per_shard(len(samples), context_tokens),
        num_tokens=sum(piece.length for piece in pieces),
        has_loss_mask=any(text.loss_mask is not None for text in texts),
    )
    for shard in range(info.num_shards):
        first = shard * info.samples_per_shard
        _write_shard(ws, shard, samples[first : first + info.samples_per_shard], texts, info)
    _index(samples, texts).write_parquet(ws.out("index.parquet"), compression="zstd")
    info.write(ws.out_dir)
    return _outcome(texts, info, counts or {})


def samples_per_shard(num_samples: int, context_tokens: int) -> int:
    """Return a shard's size: at least MIN_SHARDS shards, at most MAX_SHARD_TOKENS each."""
    return min(-(-num_samples // MIN_SHARDS), max(1, MAX_SHARD_TOKENS // context_tokens))


def _load(ws: Workspace) -> Tokenizer:
    return Tokenizer.load(ws.input("tokenizers/tokenizer").path(FILE_NAME).parent)


def _write_shard(
    ws: Workspace,
    shard: int,
    samples: Sequence[Sequence[Piece]],
    texts: Sequence[PackedText],
    info: ShardsInfo,
) -> None:
    shape = (len(samples), info.context_tokens)
    tokens = np.full(shape, info.pad_id, dtype=np.dtype(info.dtype).newbyteorder("<"))
    mask = np.zeros(shape, dtype=np.uint8)
    starts: list[tuple[int, int]] = []
    for row, sample in enumerate(samples):
        at = 0
        for piece in sample:
            text = texts[piece.document]
            taken = slice(piece.offset, piece.offset + piece.length)
            tokens[row, at : at + piece.length] = text.ids[taken]
            if text.loss_mask is not None:
                mask[row, at : at + piece.length] = text.loss_mask[taken]
            starts.append((row, at))
            at += piece.length
    _write(ws.out(f"tokens/{shard:05d}.bin"), tokens)
    _write(ws.out(f"segments/{shard:05d}.bin"), np.array(starts, dtype="<u4"))
    if info.has_loss_mask:
        _write(ws.out(f"mask/{shard:05d}.bin"), mask)


def _write(path: Path, values: npt.NDArray[np.generic]) -> None:
    path.write_bytes(values.tobytes())


def _index(samples: Sequence[Sequence[Piece]], texts: Sequence[PackedText]) -> pl.DataFrame:
    """Return where each piece of each copy of each document lies, sorted by document."""
    rows: list[tuple[str, int, int, int, int, int]] = []
    for number, sample in enumerate(samples):
        at = 0
        for piece in sample:
            doc_id = texts[piece.document].doc_id
            rows.append((doc_id, number, at, at + piece.length, piece.piece, piece.copy))
            at += piece.length
    numbers = {name: pl.UInt32 for name in ("sample", "start", "end", "piece", "copy")}
    frame = pl.DataFrame(rows, schema={"doc_id": pl.String, **numbers}, orient="row")
    return frame.sort("doc_id", "copy", "piece")


def _outcome(texts: Sequence[PackedText], info: ShardsInfo, counts: Mapping[str, int]) -> Outcome:
    padding = info.num_samples * info.context_tokens - info.num_tokens
    num_cut = sum(len(text.ids) > info.context_tokens for text in texts)
    share = padding / (info.num_samples * info.context_tokens)
    return Outcome(
        counts={
            "documents": len(texts),
            "copies": sum(text.repeats for text in texts),
            "samples": info.num_samples,
            "tokens": info.num_tokens,
            "padding": padding,
            "cut_documents": num_cut,
            **counts,
        },
        metrics={"padding_share": share},
        summary=(
            f"{info.num_tokens:,} tokens of {len(texts):,} documents in {info.num_samples:,} "
            f"samples of {info.context_tokens:,} ({info.num_shards} shards); padding {share:.3%}; "
            f"{num_cut:,} documents are longer than a sample and were cut."
        ),
        cost=Cost(tokens=info.num_tokens),
    )
