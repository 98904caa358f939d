"""tokenizers/tokenizer: one vocabulary from a general and a medical BPE, merged to the exact size.

Owns the choice of training text and the artifact's files; the merge rule is in merge.py.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from shutil import copyfile
from typing import Any

import numpy as np
import polars as pl
from tokenizers import Tokenizer as Backend

from assets.lineage.manifest import Cost
from assets.lineage.storage import StoredFile
from assets.lineage.workspace import Outcome, Workspace, table_paths
from assets.recipes.recipe import TokenizerSpec
from assets.tokenizers.bpe import (
    CHARACTER_COVERAGE,
    alphabet_from,
    assemble,
    merge_vocabulary,
    room_for_pieces,
)
from assets.tokenizers.learn import learn_merges
from assets.tokenizers.merge import Merged, VocabularyTooSmall
from assets.tokenizers.parts import (
    EncodePart,
    NotLossless,
    encode_part,
    text_batches,
    threads_for,
    writer,
)
from assets.tokenizers.pictures import draw_fertility
from assets.tokenizers.report import heldout_sample, measure, summarise
from assets.tokenizers.words import WordCounter, WordCounts
from model.tokenizer import FILE_NAME, NUM_BYTES, NUM_SPECIAL, Tokenizer

GENERAL_DOMAINS = ("general", "code")
MEDICAL_DOMAINS = ("medical",)


def make_tokenizer(ws: Workspace) -> Outcome:
    """Train both parts, merge them, prove the result on the corpus, count and report."""
    corpus = ws.input("mixtures/decontaminated")
    paths = [corpus.path(path) for path in table_paths(corpus.manifest, "documents")]
    threads = threads_for(ws.compute)
    ws.progress("learning a general and a medical BPE")
    trained = train(paths, TokenizerSpec(**ws.config), threads=threads)
    trained.backend.save(str(ws.out(FILE_NAME)))
    tokenizer = Tokenizer.load(ws.out_dir)
    check_reachable(tokenizer, [first + second for first, second in trained.merged.merges])
    ws.progress("counting the tokens of every document")
    counts = token_counts(ws, corpus.table_files("documents"))
    writer(counts)(ws.out("token_counts.parquet"))
    general_only = Tokenizer(trained.general_only)
    report: dict[str, Any] = {
        "vocab_size": tokenizer.vocab_size,
        "character_coverage": CHARACTER_COVERAGE,
        "entries": trained.entries,
        "training": trained.text,
        **measure(tokenizer, general_only, heldout_sample(corpus.table("heldout")), threads),
    }
    ws.out("report.json").write_text(json.dumps(report, indent=1, sort_keys=True) + "\n")
    draw_fertility(report, ws.out("fertility.png"))
    return _outcome(counts, trained, report)


@dataclass(frozen=True, kw_only=True)
class Trained:
    backend: Backend
    general_only: Backend
    """The yardstick: the same room filled from the general BPE alone, as far as that goes."""
    merged: Merged
    entries: Mapping[str, int]
    """How many entries of each kind."""
    text: Mapping[str, Mapping[str, int]]
    """What each part learned from: documents, bytes, words, and words beyond the cap."""


def train(paths: Sequence[Path], spec: TokenizerSpec, *, threads: int = 1) -> Trained:
    """Train on documents of both domains; raises VocabularyTooSmall when they give too little."""
    domains = {"general": GENERAL_DOMAINS, "medical": MEDICAL_DOMAINS}
    chosen = {
        part: training_text(paths, names, spec.train_text_bytes) for part, names in domains.items()
    }
    counts = count_parts(paths, chosen, threads)
    char_counts = counts["general"].char_counts + counts["medical"].char_counts
    alphabet = alphabet_from(char_counts, CHARACTER_COVERAGE)
    num_pieces = room_for_pieces(spec.vocab_size, alphabet)
    with ThreadPoolExecutor(max_workers=min(2, threads)) as pool:
        general, medical = pool.map(
            lambda part: _learned(counts[part], num_pieces), ("general", "medical")
        )
    room: dict[str, Any] = {"alphabet": alphabet, "vocab_size": spec.vocab_size}
    merged = merge_vocabulary(general, medical, general_share=spec.general_share, **room)
    yardstick = merge_vocabulary(general, (), general_share=1.0, allow_fewer=True, **room)
    return Trained(
        backend=assemble(alphabet, merged.merges),
        general_only=assemble(alphabet, yardstick.merges),
        merged=merged,
        entries={
            "special": NUM_SPECIAL,
            "byte": NUM_BYTES,
            "character": len(alphabet),
            "general": merged.num_general + merged.num_top_up,
            "medical": merged.num_medical,
        },
        text={
            part: {
                "documents": text.documents,
                "bytes": text.num_bytes,
                "different_words": counts[part].num_words,
                "words_beyond_the_cap": counts[part].cut_words,
                "occurrences_beyond_the_cap": counts[part].cut_occurrences,
            }
            for part, text in chosen.items()
        },
    )


@dataclass(frozen=True, kw_only=True)
class TrainingText:
    """The first documents by doc_id (a hash, so a fair sample) up to a size."""

    domains: tuple[str, ...]
    last_doc_id: str
    documents: int
    num_bytes: int


def training_text(
    paths: Sequence[Path], domains: tuple[str, ...], limit_bytes: int
) -> TrainingText:
    """Choose the training text of some domains; raises VocabularyTooSmall when there is none."""
    size = pl.col("text").str.len_bytes().cast(pl.Int64).alias("size")
    sizes = (
        pl.scan_parquet(list(paths))
        .filter(pl.col("domain").is_in(domains))
        .select("doc_id", size)
        .collect(engine="streaming")
        .sort("doc_id")
    )
    chosen = sizes.filter(pl.col("size").cum_sum() - pl.col("size") < limit_bytes)
    if chosen.is_empty():
        raise VocabularyTooSmall(
            f"no training document of domain {' or '.join(domains)}: add a corpus of it"
        )
    return TrainingText(
        domains=domains,
        last_doc_id=chosen["doc_id"][-1],
        documents=chosen.height,
        num_bytes=int(chosen["size"].sum()),
    )


def count_parts(
    paths: Sequence[Path], chosen: Mapping[str, TrainingText], threads: int
) -> dict[str, WordCounts]:
    """Count the words of each training text in one pass over the documents."""
    with ExitStack() as stack:
        counters = {part: stack.enter_context(WordCounter(threads=threads)) for part in chosen}
        for path in paths:
            for batch in text_batches(path, ["doc_id", "domain", "text"]):
                for part, text in chosen.items():
                    inside = pl.col("domain").is_in(text.domains)
                    rows = batch.filter(inside & (pl.col("doc_id") <= text.last_doc_id))
                    counters[part].add(rows["text"])
        return {part: counter.result() for part, counter in counters.items()}


def check_reachable(tokenizer: Tokenizer, pieces: Sequence[str]) -> None:
    """Refuse a vocabulary in which a learned piece is not its own encoding."""
    ids, bounds = tokenizer.encode_into(pl.Series(pieces, dtype=pl.String))
    split = np.flatnonzero(np.diff(bounds) != 1)
    if len(split):
        piece = pieces[split[0]]
        found = ids[bounds[split[0]] : bounds[split[0] + 1]].tolist()
        raise NotLossless(f"piece {piece!r} is encoded as {found}: its merge is never reached")


def token_counts(ws: Workspace, documents: Sequence[StoredFile]) -> pl.DataFrame:
    """Count every document as it will be packed, both marks included; check its round trip."""
    tokenizer = ws.scratch.write(FILE_NAME, lambda path: copyfile(ws.out(FILE_NAME), path))
    items = [
        EncodePart(
            documents=part,
            tokenizer=tokenizer,
            selection=(),
            out=ws.scratch.child("counted"),
            name=f"{index:05d}",
            keep=False,
            columns=("doc_id", "source", "domain"),
            threads=threads_for(ws.compute),
        )
        for index, part in enumerate(documents)
    ]
    counted = ws.compute.map(encode_part, items, label="count tokens")
    frames = [pl.read_parquet(part.lengths.local()).drop("offset") for part in counted]
    return pl.concat(frames).sort("doc_id")


def _learned(counts: WordCounts, num_pieces: int) -> tuple[str, ...]:
    return tuple(first + second for first, second in learn_merges(counts, num_pieces))


def _outcome(counts: pl.DataFrame, trained: Trained, report: Mapping[str, Any]) -> Outcome:
    num_tokens = int(counts["num_tokens"].sum())
    return Outcome(
        counts={
            "documents": counts.height,
            "tokens": num_tokens,
            "entries": report["vocab_size"],
            **{f"{kind}_entries": number for kind, number in trained.entries.items()},
        },
        metrics={
            f"fertility/{domain}/tokens_per_character": row["merged"]["tokens_per_character"]
            for domain, row in report["fertility"].items()
        },
        summary=summarise(report),
        pictures=("fertility.png",),
        cost=Cost(tokens=num_tokens),
    )
