"""tokenizers/tokenizer: one vocabulary from a general and a medical BPE, merged to the exact size.

Owns the choice of training text and the artifact's files; the merge rule is in merge.py.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
from tokenizers import Tokenizer as Backend

from assets.lineage.manifest import Cost
from assets.lineage.workspace import Outcome, Workspace
from assets.recipes.recipe import TokenizerSpec
from assets.tokenizers.bpe import (
    CHARACTER_COVERAGE,
    alphabet_of,
    assemble,
    learn_pieces,
    merge_vocabulary,
    room_for_pieces,
)
from assets.tokenizers.merge import Merged, VocabularyTooSmall
from assets.tokenizers.report import draw_fertility, measure, summarise
from model.tokenizer import FILE_NAME, NUM_BYTES, NUM_SPECIAL, Tokenizer

GENERAL_DOMAINS = ("general", "code")
MEDICAL_DOMAINS = ("medical",)

MARKS_PER_DOCUMENT = 2
"""`<s>` and `</s>`, which packing puts around every document."""

_BATCH_DOCUMENTS = 1000


class NotLossless(RuntimeError):
    """The vocabulary that was built does not do what every later artifact relies on."""


def make_tokenizer(ws: Workspace) -> Outcome:
    """Train both parts, merge them, prove the result on the corpus, count and report."""
    corpus = ws.input("mixtures/decontaminated")
    documents = pl.read_parquet(corpus.path("documents.parquet")).sort("doc_id")
    heldout = pl.read_parquet(corpus.path("heldout.parquet")).sort("doc_id")
    ws.progress("learning a general and a medical BPE")
    trained = train(documents, TokenizerSpec(**ws.config))
    trained.backend.save(str(ws.out(FILE_NAME)))
    tokenizer = Tokenizer.load(ws.out_dir)
    check_reachable(tokenizer, [first + second for first, second in trained.merged.merges])
    ws.progress(f"counting the tokens of {documents.height:,} documents")
    counts = token_counts(tokenizer, documents)
    counts.write_parquet(ws.out("token_counts.parquet"), compression="zstd")
    report: dict[str, Any] = {
        "vocab_size": tokenizer.vocab_size,
        "character_coverage": CHARACTER_COVERAGE,
        "entries": trained.entries,
        **measure(tokenizer, Tokenizer(trained.general_only), heldout),
    }
    ws.out("report.json").write_text(json.dumps(report, indent=1, sort_keys=True) + "\n")
    draw_fertility(report, ws.out("fertility.png"))
    num_tokens = int(counts["num_tokens"].sum())
    return Outcome(
        counts={
            "documents": documents.height,
            "tokens": num_tokens,
            "entries": tokenizer.vocab_size,
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


@dataclass(frozen=True, kw_only=True)
class Trained:
    backend: Backend
    general_only: Backend
    """The yardstick: the same room filled from the general BPE alone, as far as that goes."""
    merged: Merged
    entries: Mapping[str, int]
    """How many entries of each kind."""


def train(documents: pl.DataFrame, spec: TokenizerSpec) -> Trained:
    """Train on documents of both domains; raises VocabularyTooSmall when they give too little."""
    general = training_text(documents, GENERAL_DOMAINS, spec.train_text_bytes)
    medical = training_text(documents, MEDICAL_DOMAINS, spec.train_text_bytes)
    alphabet = alphabet_of([*general, *medical])
    num_pieces = room_for_pieces(spec.vocab_size, alphabet)
    general_pieces = learn_pieces(general, num_pieces)
    room: dict[str, Any] = {"alphabet": alphabet, "vocab_size": spec.vocab_size}
    merged = merge_vocabulary(
        general_pieces,
        learn_pieces(medical, num_pieces),
        general_share=spec.general_share,
        **room,
    )
    yardstick = merge_vocabulary(general_pieces, (), general_share=1.0, allow_fewer=True, **room)
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
    )


def training_text(documents: pl.DataFrame, domains: tuple[str, ...], limit_bytes: int) -> list[str]:
    """Return the texts of the first documents by doc_id (a hash, so a fair sample) up to a size."""
    chosen = documents.filter(pl.col("domain").is_in(domains)).sort("doc_id")
    if chosen.is_empty():
        raise VocabularyTooSmall(
            f"no training document of domain {' or '.join(domains)}: add a corpus of it"
        )
    before = pl.col("text").str.len_bytes().cum_sum() - pl.col("text").str.len_bytes()
    texts: list[str] = chosen.filter(before < limit_bytes)["text"].to_list()
    return texts


def check_reachable(tokenizer: Tokenizer, pieces: Sequence[str]) -> None:
    """Refuse a vocabulary in which a learned piece is not its own encoding."""
    for piece, ids in zip(pieces, tokenizer.encode_batch(pieces), strict=True):
        if len(ids) != 1:
            raise NotLossless(f"piece {piece!r} is encoded as {ids}: its merge is never reached")


def token_counts(tokenizer: Tokenizer, documents: pl.DataFrame) -> pl.DataFrame:
    """Count every document as it will be packed, both marks included; check its round trip."""
    numbers: list[int] = []
    for doc_ids, texts in _batches(documents):
        for doc_id, text, ids in zip(doc_ids, texts, tokenizer.encode_batch(texts), strict=True):
            if tokenizer.decode(ids) != text:
                raise NotLossless(f"document {doc_id} is not what its tokens say")
            numbers.append(len(ids) + MARKS_PER_DOCUMENT)
    return documents.select(
        "doc_id", "source", "domain", pl.Series("num_tokens", numbers, dtype=pl.UInt32)
    )


def _batches(documents: pl.DataFrame) -> Iterator[tuple[list[str], list[str]]]:
    for batch in documents.select("doc_id", "text").iter_slices(_BATCH_DOCUMENTS):
        yield batch["doc_id"].to_list(), batch["text"].to_list()
