"""Templates: shingles that a source repeats in many documents (notes, labels, registry forms).

Two registry entries that differ in one word share most shingles and are two facts; what the form
says weighs nothing, so that only what an entry says of its own decides. A phrase in half of the
documents makes the source a form as a whole. All is judged on a fair sample of bounded size.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
import pyarrow.parquet as pq

from assets.lineage.storage import Folder, StoredFile
from assets.mixtures.deduplication.frames import write_frame
from assets.mixtures.deduplication.shingles import BATCH_BYTES, TemplateTable, shingles_of
from assets.mixtures.ngrams import ngrams_of
from assets.mixtures.words import U64, batches, words_of
from assets.recipes.data import SignatureSpec

SAMPLE_BYTES = 8 << 20
"""Text of the first documents by doc_id (a hash, so the sample is fair) that templates are
chosen on: some 6,000 abstracts, so that a share of 0.002 is known to about a third. Our choice."""

SCHEMA = pl.Schema({"shingle": pl.UInt64, "num_sampled": pl.UInt32, "phrase": pl.String})


@dataclass(frozen=True, kw_only=True)
class SampleItem:
    """The parts of a source, for one worker."""

    documents: tuple[StoredFile, ...]
    spec: SignatureSpec
    out: Folder


@dataclass(frozen=True, kw_only=True)
class TemplateResult:
    templates: StoredFile
    num_sampled: int
    num_templates: int
    is_form: bool
    """Some phrase stands in more than form_share of the documents: they are filled-in forms."""


def find_templates(item: SampleItem) -> TemplateResult:
    """Write the templates of a source, most frequent first, with a phrase of each."""
    from assets.mixtures.deduplication.count_kernels import first_places, frequent

    texts = _sample(item.documents)
    least = max(
        item.spec.min_template_documents,
        math.floor(item.spec.max_template_share * len(texts)) + 1,
    )
    members, bounds = shingles_of(texts, item.spec.shingle_words)
    hashes, counts = frequent(members, bounds, least)
    order = np.argsort(hashes)
    hashes, counts = hashes[order], counts[order]
    places = first_places(members, hashes, TemplateTable(hashes).slots)
    holders = np.unique(np.searchsorted(bounds, places, side="right") - 1)
    del members
    frame = pl.DataFrame(
        {
            "shingle": hashes,
            "num_sampled": counts,
            "phrase": _phrases(texts.gather(holders), item.spec.shingle_words, hashes),
        },
        schema=SCHEMA,
    ).sort(["num_sampled", "shingle"], descending=[True, False])
    return TemplateResult(
        templates=write_frame(item.out, "templates.arrow", frame),
        num_sampled=len(texts),
        num_templates=frame.height,
        is_form=bool(counts.max(initial=0) > item.spec.form_share * len(texts)),
    )


def _sample(files: Sequence[StoredFile]) -> pl.Series:
    """Return distinct texts of the first documents by doc_id, up to SAMPLE_BYTES of them."""
    sample = pl.DataFrame(schema={"text_hash": pl.String, "text": pl.String})
    held = 0
    for documents in _documents(files):
        new = documents.unique("text_hash", keep="first", maintain_order=True)
        new = new.join(sample, on="text_hash", how="anti", maintain_order="left")
        ends = new["text"].str.len_bytes().cast(pl.Int64).cum_sum()
        # The first document always fits: a source of one book has a sample too.
        taken = max(int((ends + held <= SAMPLE_BYTES).sum()), 0 if sample.height else 1)
        sample = pl.concat([sample, new.head(taken)])
        if taken < new.height:
            break
        held += int(new["text"].str.len_bytes().sum())
    return sample["text"]


def _documents(files: Sequence[StoredFile]) -> Iterator[pl.DataFrame]:
    """Yield documents by doc_id, a row group at a time: a part is read as far as it is needed."""
    columns = ["text_hash", "text"]
    for file in files:
        path = file.local()
        if not pl.read_parquet(path, columns=["doc_id"])["doc_id"].is_sorted():
            yield pl.read_parquet(path, columns=["doc_id", *columns]).sort("doc_id").select(columns)
            continue
        with pq.ParquetFile(path) as part:
            for group in range(part.num_row_groups):
                frame = pl.from_arrow(part.read_row_group(group, columns, use_threads=False))
                assert isinstance(frame, pl.DataFrame)
                yield frame


def _phrases(texts: pl.Series, shingle_words: int, wanted: U64) -> list[str]:
    """Return the words of each wanted shingle (sorted hashes) where it stands first."""
    phrases = [""] * len(wanted)
    missing = np.ones(len(wanted), dtype=np.bool_)
    for _, batch in batches(texts, BATCH_BYTES):
        if not missing.any():
            break
        words = words_of(batch)
        for _, found in ngrams_of(words, [shingle_words]):
            slots = np.searchsorted(wanted, found.hashes)
            slots[slots == len(wanted)] = 0
            hits = np.flatnonzero((wanted[slots] == found.hashes) & missing[slots])
            new, first = np.unique(slots[hits], return_index=True)
            for slot, hit in zip(new.tolist(), hits[first].tolist(), strict=True):
                phrases[slot] = words.phrase(int(found.positions[hit]), shingle_words)
            missing[new] = False
    return phrases
