"""Are the tokens of some texts still in packed shards? Every token of every shard is read.

Independent of the index that was written with the shards: what the index does not know of would be
found here. A run is measured on the tokens themselves; hashes only say where to look.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from assets.lineage.manifest import Manifest
from assets.ports import Lake
from training.shards import ShardsInfo

GRAM_TOKENS = 8
"""As in tokenizers/spans."""
MIN_TOKENS = 15
"""A shorter text is a phrase that others have too (our choice; spans are certain from here on)."""
_BLOCK_TOKENS = 1 << 22
"""Tokens hashed at a time: some 60 MB of temporaries (our choice)."""

U64 = npt.NDArray[np.uint64]
I64 = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Longest:
    """The longest run of tokens that one text shares with one shards artifact."""

    text_hash: str
    num_tokens: int
    """Of the text."""
    run_tokens: int
    sample: int
    start: int
    is_whole: bool
    """The whole text, or as much of it as a sample has room for."""


@dataclass(frozen=True, kw_only=True)
class TokenScan:
    """What reading one shards artifact gave."""

    num_tokens_read: int
    longest: tuple[Longest, ...]
    """One per text that shares any run, in the order of the texts' hashes."""
    too_short: tuple[str, ...]
    """Hashes of the texts that were not looked for."""


def scan_tokens(lake: Lake, shards: Manifest, texts: Mapping[str, Sequence[int]]) -> TokenScan:
    """Search packed shards for the tokens of texts (by hash, without marks)."""
    info = ShardsInfo(**json.loads(lake.fetch(shards, shards.file("shards.json")).read_text()))
    wanted = {
        name: np.asarray(ids, dtype=np.int64)
        for name, ids in sorted(texts.items())
        if len(ids) >= MIN_TOKENS
    }
    names = list(wanted)
    known = _grams(list(wanted.values()))
    best: dict[str, Longest] = {}
    read = 0
    for first_sample, block in _blocks(lake, shards, info):
        read += block.size
        for text, sample, start, run in _runs(block, known, list(wanted.values())):
            name = names[text]
            if name not in best or run > best[name].run_tokens:
                size = len(wanted[name])
                best[name] = Longest(
                    text_hash=name,
                    num_tokens=size,
                    run_tokens=run,
                    sample=first_sample + sample,
                    start=start,
                    # A cut text fills whole samples; its first one also holds the opening mark.
                    is_whole=run >= min(size, info.context_tokens - 1),
                )
    return TokenScan(
        num_tokens_read=read,
        longest=tuple(best[name] for name in names if name in best),
        too_short=tuple(sorted(set(texts) - set(wanted))),
    )


def _grams(texts: Sequence[I64]) -> pl.DataFrame:
    """Return gram, text (row) and at (first token) of every run of GRAM_TOKENS."""
    from assets.tokenizers.span_kernels import gram_hashes

    parts = [pl.DataFrame(schema={"gram": pl.UInt64, "text": pl.Int64, "at": pl.Int64})]
    for row, ids in enumerate(texts):
        hashes = np.empty(len(ids), dtype=np.uint64)
        count = gram_hashes(ids, len(ids), GRAM_TOKENS, hashes)
        columns = {"gram": hashes[:count], "text": np.full(count, row), "at": np.arange(count)}
        parts.append(pl.DataFrame(columns, schema=parts[0].schema))
    return pl.concat(parts)


def _blocks(
    lake: Lake, shards: Manifest, info: ShardsInfo
) -> Iterator[tuple[int, npt.NDArray[np.unsignedinteger]]]:
    """Yield (first sample, tokens [samples, context]) of all shards."""
    rows = max(1, _BLOCK_TOKENS // info.context_tokens)
    for number in range(info.num_shards):
        path = lake.fetch(shards, shards.file(f"tokens/{number:05d}.bin"))
        tokens = np.memmap(path, np.dtype(info.dtype).newbyteorder("<"), mode="r")
        table = tokens.reshape(-1, info.context_tokens)
        for first in range(0, len(table), rows):
            block = np.ascontiguousarray(table[first : first + rows])
            yield number * info.samples_per_shard + first, block


def _runs(
    block: npt.NDArray[np.unsignedinteger], known: pl.DataFrame, texts: Sequence[I64]
) -> Iterator[tuple[int, int, int, int]]:
    """Yield (text, sample in the block, start, tokens) of the longest run of each text there."""
    from assets.tokenizers.span_kernels import gram_hashes

    context = block.shape[1]
    if not known.height or context < GRAM_TOKENS:
        return
    flat = block.reshape(-1)
    hashes = np.empty(len(flat), dtype=np.uint64)
    count = gram_hashes(flat, len(flat), GRAM_TOKENS, hashes)
    every = known["gram"].unique().sort().to_numpy()
    places = np.searchsorted(every, hashes[:count])
    places[places == len(every)] = 0
    at = np.flatnonzero(every[places] == hashes[:count])
    # A run does not go on into the next sample.
    at = at[at % context <= context - GRAM_TOKENS]
    hits = pl.DataFrame(
        {"gram": hashes[at], "place": at}, schema={"gram": pl.UInt64, "place": pl.Int64}
    )
    met = hits.join(known, on="gram", how="inner").with_columns(
        (pl.col("place") // context).alias("sample"),
        (pl.col("place") - pl.col("at")).alias("diagonal"),
    )
    keys = ["text", "sample", "diagonal"]
    met = met.sort(*keys, "at").with_columns(
        # Neighbours on one diagonal of one sample are one run.
        (pl.col("at") - pl.int_range(pl.len()).over(keys)).alias("run")
    )
    runs = met.group_by(*keys, "run").agg(pl.col("at").min(), pl.len().alias("grams"))
    longest = runs.sort("grams", "sample", "at", descending=[True, False, False]).unique(
        "text", keep="first", maintain_order=True
    )
    for row in longest.iter_rows(named=True):
        size = int(row["grams"]) + GRAM_TOKENS - 1
        first = int(row["diagonal"]) + int(row["at"])
        ids = texts[row["text"]][row["at"] : row["at"] + size]
        if np.array_equal(flat[first : first + size], ids):
            yield int(row["text"]), int(row["sample"]), first % context, size
