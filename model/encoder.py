"""The fast encoder of our own vocabularies: the ids of `tokenizers`, over columns, in threads.

Owns the arrays that model/encode_kernels.py reads and what is asked of a tokenizer.json so that
the ids are sure to be the reference's. Anything else is refused with the reason, never tried.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from model.columns import column_bytes, roomy_rows, row_slices
from model.cuts import CUT_PATTERN, NUM_CODE_POINTS, character_classes

if TYPE_CHECKING:
    import polars as pl

    from model.encode_kernels import Cache, Desk, Tables

U8 = npt.NDArray[np.uint8]
U32 = npt.NDArray[np.uint32]
I64 = npt.NDArray[np.int64]
U64 = npt.NDArray[np.uint64]

MAX_IDS = 1 << 20
"""Ids are packed in 20 bits."""

_SHORT_SETS = 1 << 17
"""8 MiB a thread, 262,144 words: half as many cost a tenth of the speed, more gain little
(measured on 64 MB of mixed text)."""
_LONG_SLOTS = 1 << 16
"""Half of them are filled at most: the long words of some 100 MB of English (our choice)."""
_LONG_BYTES = 1 << 20
_LONG_IDS = 1 << 18
_DESK_WORDS = 512
"""Words that are looked up together: their lines of the cache come while others are worked at."""
_DESK_SYMBOLS = 1 << 16
"""Of a word (3 MiB that only a long one touches); in longer texts the longest is looked for first.
Our choice."""


class NotSupported(ValueError):
    """A tokenizer.json asks for something that the fast encoder does not do."""


class FastEncoder:
    """One vocabulary, ready to encode columns of text."""

    def __init__(self, content: str, num_special: int) -> None:
        """Build the tables; raises NotSupported unless the ids are sure to be the reference's."""
        config = json.loads(content)
        _check(config)
        self._tables = _tables(config["model"])
        self._spelling = _spelling(config["model"]["vocab"], num_special)
        self._caches: SimpleQueue[Cache] = SimpleQueue()

    def encode(self, texts: pl.Series, threads: int, marks: tuple[int, ...]) -> tuple[U32, I64]:
        """Return the ids of all texts and the bounds of each; `marks` go around every text."""
        data, offsets = column_bytes(texts)
        slices = row_slices(offsets, threads)
        if len(slices) == 1:
            return self._part(data, offsets, marks)
        with ThreadPoolExecutor(max_workers=len(slices)) as pool:
            done = list(
                pool.map(
                    lambda part: self._part(data, offsets[part[0] : part[1] + 1], marks), slices
                )
            )
        ends = np.cumsum([len(ids) for ids, _ in done])
        bounds = [
            bounds[1:] + end - len(ids) for (ids, bounds), end in zip(done, ends, strict=True)
        ]
        return np.concatenate([ids for ids, _ in done]), np.concatenate(
            [np.zeros(1, dtype=np.int64), *bounds]
        )

    def spells(
        self, texts: pl.Series, ids: U32, bounds: I64, threads: int
    ) -> npt.NDArray[np.bool_]:
        """Return for each text whether its ids spell exactly it; special ids spell nothing."""
        from model.block_kernels import ROOM_BYTES
        from model.encode_kernels import spelt

        data, offsets = column_bytes(texts)
        same = np.zeros(len(texts), dtype=np.bool_)
        slices = row_slices(offsets, threads)

        def run(part: tuple[int, int]) -> None:
            row = part[0]
            for content, places in roomy_rows(data, offsets[row : part[1] + 1], ROOM_BYTES):
                end = row + len(places) - 1
                spelt(content, places, ids, bounds[row : end + 1], *self._spelling, same[row:end])
                row = end

        if len(slices) == 1:
            run(slices[0])
            return same
        with ThreadPoolExecutor(max_workers=len(slices)) as pool:
            list(pool.map(run, slices))
        return same

    def _part(self, data: U8, offsets: I64, marks: tuple[int, ...]) -> tuple[U32, I64]:
        from model.block_kernels import ROOM_BYTES
        from model.encode_kernels import ROOM, encode

        room = int(offsets[-1] - offsets[0]) + len(marks) * (len(offsets) - 1) + ROOM
        out = np.empty(room, dtype=np.uint32)
        bounds = np.zeros(len(offsets), dtype=np.int64)
        runs = roomy_rows(data, offsets, ROOM_BYTES)
        desk = self._desk(runs)
        try:
            cache = self._caches.get_nowait()
        except Empty:
            cache = empty_cache()
        around, row = np.array(marks, dtype=np.int64), 0
        for content, places in runs:
            end = row + len(places) - 1
            encode(content, places, self._tables, cache, desk, around, out, bounds[row : end + 1])
            row = end
        self._caches.put(cache)
        return out[: bounds[-1]], bounds

    def _desk(self, runs: list[tuple[U8, I64]]) -> Desk:
        """Return a desk with room for the longest word."""
        from model.cut_kernels import longest_word

        desk = _desk(_DESK_SYMBOLS)
        if max((int(np.diff(places).max()) for _, places in runs), default=0) <= _DESK_SYMBOLS:
            return desk
        looking = self._tables.classes, desk.kinds, desk.cuts
        longest = max(longest_word(content, places, *looking) for content, places in runs)
        return _desk(longest) if longest > _DESK_SYMBOLS else desk


def _check(config: Mapping[str, Any]) -> None:
    model = config["model"]
    cutter = {
        "type": "Split",
        "pattern": {"Regex": CUT_PATTERN},
        "behavior": "Isolated",
        "invert": False,
    }
    asked: dict[str, tuple[Any, Any]] = {
        "model.type": (model.get("type"), "BPE"),
        "model.byte_fallback": (model.get("byte_fallback"), True),
        "model.dropout": (model.get("dropout") or 0.0, 0.0),
        "model.ignore_merges": (bool(model.get("ignore_merges")), False),
        "model.continuing_subword_prefix": (model.get("continuing_subword_prefix") or "", ""),
        "model.end_of_word_suffix": (model.get("end_of_word_suffix") or "", ""),
        "normalizer": (config.get("normalizer"), None),
        "post_processor": (config.get("post_processor"), None),
        "truncation": (config.get("truncation"), None),
        "padding": (config.get("padding"), None),
        "pre_tokenizer": (config.get("pre_tokenizer"), cutter),
        "added tokens that are not special": (
            [t["content"] for t in config.get("added_tokens", ()) if not t["special"]],
            [],
        ),
    }
    for name, (found, expected) in asked.items():
        if found != expected:
            raise NotSupported(f"{name} is {found!r}, not {expected!r}")


def _tables(model: Mapping[str, Any]) -> Tables:
    from model.encode_kernels import Tables
    from model.merge_kernels import add_pairs

    vocab: Mapping[str, int] = model["vocab"]
    pairs = [tuple(m.split(" ")) if isinstance(m, str) else tuple(m) for m in model["merges"]]
    made = [vocab[first + second] for first, second in pairs]
    if len(set(made)) != len(made):
        raise NotSupported("two merges make the same piece")
    missing = [name for name in map("<0x{:02X}>".format, range(256)) if name not in vocab]
    if missing:
        raise NotSupported(f"byte token {missing[0]} is not in the vocabulary")
    char_ids = np.full(NUM_CODE_POINTS, -1, dtype=np.int32)
    for entry, index in vocab.items():
        if len(entry) == 1:
            char_ids[ord(entry)] = index
    if max(vocab.values()) >= MAX_IDS:
        raise NotSupported(f"the vocabulary has more than {MAX_IDS:,} ids")
    merges = [(vocab[first], vocab[second]) for first, second in pairs]
    table = empty_pairs(len(merges))
    add_pairs(table, np.array(merges, dtype=np.int64).reshape(-1, 2))
    return Tables(
        classes=character_classes(),
        char_ids=char_ids,
        byte_ids=np.array([vocab[f"<0x{byte:02X}>"] for byte in range(256)], dtype=np.int32),
        pairs=table,
        merged_ids=np.array(made, dtype=np.int32),
    )


def empty_pairs(num_merges: int) -> npt.NDArray[np.uint64]:
    """Return a hash table with room for so many merges, at most half full."""
    return np.full(1 << max(4, (2 * num_merges).bit_length()), np.iinfo(np.uint64).max, np.uint64)


def _spelling(vocab: Mapping[str, int], num_special: int) -> tuple[U8, U32]:
    """Return the bytes of all ids after one another, and where each begins."""
    from model.block_kernels import ROOM_BYTES

    by_byte = {f"<0x{byte:02X}>": bytes([byte]) for byte in range(256)}
    spelt = [b""] * (max(vocab.values()) + 1)
    for entry, index in vocab.items():
        if index >= num_special:
            spelt[index] = by_byte.get(entry, entry.encode())
    bounds = np.concatenate([[0], np.cumsum([len(piece) for piece in spelt])])
    content = b"".join([*spelt, bytes(ROOM_BYTES)])
    return np.frombuffer(content, dtype=np.uint8), bounds.astype(np.uint32)


def _desk(num_symbols: int) -> Desk:
    from model.cut_kernels import NUM_KINDS
    from model.encode_kernels import Desk
    from model.merge_kernels import ROOM_PER_SYMBOL

    return Desk(
        cuts=np.empty(_DESK_WORDS + 1, dtype=np.int64),
        keys=np.empty((_DESK_WORDS, 2), dtype=np.uint64),
        sets=np.empty(_DESK_WORDS, dtype=np.int64),
        symbols=np.empty(num_symbols, dtype=np.int64),
        room=np.empty(ROOM_PER_SYMBOL * num_symbols, dtype=np.int64),
        kinds=np.empty(NUM_KINDS, dtype=np.uint64),
    )


def empty_cache() -> Cache:
    from model.encode_kernels import Cache

    return Cache(
        short=np.zeros(8 * _SHORT_SETS, dtype=np.uint64),
        hashes=np.zeros(_LONG_SLOTS, dtype=np.uint64),
        word_starts=np.zeros(_LONG_SLOTS, dtype=np.int64),
        word_sizes=np.zeros(_LONG_SLOTS, dtype=np.int32),
        id_starts=np.zeros(_LONG_SLOTS, dtype=np.int64),
        id_counts=np.zeros(_LONG_SLOTS, dtype=np.int32),
        words=np.empty(_LONG_BYTES, dtype=np.uint8),
        ids=np.empty(_LONG_IDS, dtype=np.uint32),
        used=np.zeros(3, dtype=np.int64),
    )
