"""tokenizers/shards_*: packed samples of a stage's documents, or of chats, with the index.

Owns what is packed and how it is written; the format is training/shards.py's, the packing
pack.py's. Memory holds lengths, never a stage's tokens.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from assets.lineage.manifest import Cost
from assets.lineage.storage import StoredFile
from assets.lineage.workspace import Outcome, Workspace
from assets.tokenizers.encoded import Chat, Encoded, encode_selection, stored_chats
from assets.tokenizers.pack import Packed, pack
from assets.tokenizers.parts import Tokens, load_tokenizer, threads_for, token_type, writer
from assets.tokenizers.redact import forgotten_documents, forgotten_items, without
from model.chat import Message, render
from model.tokenizer import FILE_NAME, Tokenizer
from training.shards import ShardsInfo

MAX_SHARD_TOKENS = 1 << 26
"""64 Mi tokens: files of 128 or 256 MiB (our choice)."""

MIN_SHARDS = 4
"""Small artifacts are split too, so that ranks read different files (our choice)."""

_BLOCK_TOKENS = 1 << 22
"""Samples are laid out and written so many tokens at a time."""

_SFT_SEED = 0
"""The training order is keyed by the job's data seed; this only undoes the order of packing."""

_LEFT_OUT_SCHEMA = {"doc_id": pl.String, "reason": pl.String, "num_tokens": pl.UInt32}


def make_shards(ws: Workspace) -> Outcome:
    """Pack the documents that a stage's mixture selected, as often as it says."""
    stage = ws.step.name.removeprefix("shards_")
    tokenizer = _load(ws)
    encoded = encode_selection(
        ws,
        ws.input("mixtures/decontaminated"),
        ws.input(f"mixtures/{stage}"),
        tokenizer.vocab_size,
    )
    return write_shards(
        ws,
        encoded,
        tokenizer,
        context_tokens=ws.config["context_tokens"],
        seed=ws.config["seed"],
        forgotten=forgotten_documents(ws),
    )


def make_sft_shards(ws: Workspace) -> Outcome:
    """Pack the chats of one domain, each whole; what is longer than the context is left out."""
    tokenizer = _load(ws)
    context = ws.config["context_tokens"]
    left_out: list[tuple[str, str, int]] = []
    questions = _questions(ws)
    chats = _chats(questions, tokenizer, context, left_out)
    with stored_chats(ws, chats, tokenizer.vocab_size) as encoded:
        pl.DataFrame(left_out, schema=_LEFT_OUT_SCHEMA, orient="row").write_parquet(
            ws.out("left_out.parquet"), compression="zstd"
        )
        return write_shards(
            ws,
            encoded,
            tokenizer,
            context_tokens=context,
            seed=_SFT_SEED,
            forgotten=forgotten_items(ws, questions),
            counts={"left_out": len(left_out)},
        )


def write_shards(
    ws: Workspace,
    encoded: Encoded,
    tokenizer: Tokenizer,
    *,
    context_tokens: int,
    seed: int,
    forgotten: pl.Series | None = None,
    counts: Mapping[str, int] | None = None,
) -> Outcome:
    """Pack, write every file of the format, and count; `forgotten` ids are packed with the others
    and then taken out, so that no other sample changes."""
    counted = rows = encoded.rows
    if rows.is_empty():
        raise ValueError(f"{ws.step.key} has nothing to pack: its selection is empty")
    lengths = rows["num_tokens"].cast(pl.Int64).to_numpy()
    ws.progress(f"packing {rows.height:,} documents of {int(lengths.sum()):,} tokens")
    packed = pack(lengths, rows["repeats"].cast(pl.Int64).to_numpy(), context_tokens, seed)
    if forgotten is not None and len(forgotten):
        is_gone = rows["doc_id"].is_in(forgotten.implode())
        packed, counted = without(packed, is_gone.to_numpy()), rows.filter(~is_gone)
        counts = {**(counts or {}), "forgotten": int(is_gone.sum())}
        if counted.is_empty():
            raise ValueError(f"{ws.step.key}: every packed document is to be forgotten: add others")
    info = ShardsInfo(
        context_tokens=context_tokens,
        vocab_size=tokenizer.vocab_size,
        pad_id=tokenizer.pad_id,
        dtype=token_type(tokenizer.vocab_size).name,
        num_samples=packed.num_samples,
        samples_per_shard=samples_per_shard(packed.num_samples, context_tokens),
        num_tokens=int(packed.length.sum()),
        has_loss_mask=bool(encoded.masks),
    )
    ws.progress(f"writing {info.num_shards} shards")
    with ThreadPoolExecutor(max_workers=threads_for(ws.compute)) as pool:
        index = pool.submit(_write_index, ws, packed, rows["doc_id"])
        files = pool.map(lambda name: _write_file(ws, name, packed, encoded, info), _names(info))
        ws.publish([*files, index.result()])
    info.write(ws.out_dir)
    return _outcome(counted, info, counts or {})


def samples_per_shard(num_samples: int, context_tokens: int) -> int:
    """Return a shard's size: at least MIN_SHARDS shards, at most MAX_SHARD_TOKENS each."""
    return min(-(-num_samples // MIN_SHARDS), max(1, MAX_SHARD_TOKENS // context_tokens))


def _load(ws: Workspace) -> Tokenizer:
    return load_tokenizer(ws.input("tokenizers/tokenizer").stored(FILE_NAME))


def _questions(ws: Workspace) -> pl.DataFrame:
    return (
        pl.read_parquet(ws.input("synthesis/questions").path("questions.parquet"))
        .filter(pl.col("domain") == ws.config["domain"])
        .sort("item_id")
    )


def _chats(
    questions: pl.DataFrame,
    tokenizer: Tokenizer,
    context: int,
    left_out: list[tuple[str, str, int]],
) -> Iterator[Chat]:
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
        yield Chat(doc_id=row["item_id"], ids=list(chat.ids), loss_mask=list(chat.loss_mask))


def _names(info: ShardsInfo) -> list[str]:
    kinds = ("tokens", "segments", *(["mask"] if info.has_loss_mask else []))
    return [f"{kind}/{shard:05d}.bin" for shard in range(info.num_shards) for kind in kinds]


def _write_file(
    ws: Workspace, name: str, packed: Packed, encoded: Encoded, info: ShardsInfo
) -> StoredFile:
    """Write one file of one shard; its bytes are hashed while others are laid out."""
    kind, shard = name.removesuffix(".bin").split("/")
    first = int(shard) * info.samples_per_shard
    end = min(first + info.samples_per_shard, info.num_samples)

    def write(path: Path) -> None:
        if kind == "segments":
            low, high = np.searchsorted(packed.sample, [first, end])
            starts = np.stack([packed.sample[low:high] - first, packed.start[low:high]], axis=1)
            path.write_bytes(starts.astype("<u4").tobytes())
        else:
            values = encoded.tokens if kind == "tokens" else encoded.masks
            _write_samples(path, (first, end), packed, encoded, values, info)

    return ws.out_folder.write(name, write)


def _write_samples(
    path: Path,
    samples: tuple[int, int],
    packed: Packed,
    encoded: Encoded,
    files: tuple[Tokens, ...],
    info: ShardsInfo,
) -> None:
    """Write the values of some samples, a block at a time; padding is 0 in tokens and in masks."""
    from assets.tokenizers.pack_kernels import lay_out

    parts = encoded.rows["part"].to_numpy()
    offsets = encoded.rows["offset"].to_numpy()
    rows = max(1, _BLOCK_TOKENS // info.context_tokens)
    with path.open("wb") as handle:
        for first in range(samples[0], samples[1], rows):
            end = min(first + rows, samples[1])
            low, high = np.searchsorted(packed.sample, [first, end])
            document = packed.document[low:high]
            source = offsets[document] + packed.offset[low:high]
            place = (packed.sample[low:high] - first) * info.context_tokens + packed.start[low:high]
            block = np.full((end - first) * info.context_tokens, info.pad_id, files[0].dtype)
            for part, values in enumerate(files):
                inside = parts[document] == part
                lay_out(
                    values, source[inside], packed.length[low:high][inside], place[inside], block
                )
            block.tofile(handle)


def _write_index(ws: Workspace, packed: Packed, doc_ids: pl.Series) -> StoredFile:
    """Write where each piece of each copy of each document lies, sorted by document."""
    order = packed.by_document
    columns: dict[str, npt.NDArray[np.int64]] = {
        "sample": packed.sample,
        "start": packed.start,
        "end": packed.start + packed.length,
        "piece": packed.piece,
        "copy": packed.copy,
    }
    index = pl.DataFrame(
        {
            "doc_id": doc_ids.gather(packed.document[order]),
            **{name: values[order].astype(np.uint32) for name, values in columns.items()},
        }
    )
    return ws.out_folder.write("index.parquet", writer(index))


def _outcome(rows: pl.DataFrame, info: ShardsInfo, counts: Mapping[str, int]) -> Outcome:
    padding = info.num_samples * info.context_tokens - info.num_tokens
    num_cut = rows.filter(pl.col("num_tokens") > info.context_tokens).height
    share = padding / (info.num_samples * info.context_tokens)
    return Outcome(
        counts={
            "documents": rows.height,
            "copies": int(rows["repeats"].sum()),
            "samples": info.num_samples,
            "tokens": info.num_tokens,
            "padding": padding,
            "cut_documents": num_cut,
            **counts,
        },
        metrics={"padding_share": share},
        summary=(
            f"{info.num_tokens:,} tokens of {rows.height:,} documents in {info.num_samples:,} "
            f"samples of {info.context_tokens:,} ({info.num_shards} shards); padding {share:.3%}; "
            f"{num_cut:,} documents are longer than a sample and were cut."
        ),
        cost=Cost(tokens=info.num_tokens),
    )
