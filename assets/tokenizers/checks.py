"""Truths that hold for tokenizers and shards: size, lossless round trip, a complete index."""

from __future__ import annotations

import json

import polars as pl

from assets.corpora.tombstones import requests_in, tombstones_of
from assets.lineage.checks import Check, Verdict
from assets.lineage.manifest import Manifest
from assets.lineage.readings import questions_about
from assets.lineage.tables import table
from assets.ports import Lake
from assets.tokenizers.span_search import SpanIndex
from model.tokenizer import Tokenizer

_PROBES = (
    "Give 0.5 mg/kg IV q8h; SpO2 < 92%.\n\tHbA1c 6.5 %  (48 mmol/mol)",
    "def f(x):\n    return x  # \u2581 and <s> </s> <C_Q> stay text",
    "\u60a3\u8005\u3001\u767a\u71b1 39.2\u2103 \U0001f9ec \x00\x7f\r\n \u200d",
)
"""Doses, code, literal marker strings, CJK, emoji and control characters."""


def size_is_exact(manifest: Manifest, lake: Lake) -> Verdict:
    asked = int(manifest.config["vocab_size"])
    made = _tokenizer(manifest, lake).vocab_size
    return Verdict(passed=made == asked, reason=f"{made} entries; the recipe asks for {asked}")


def round_trip_is_lossless(manifest: Manifest, lake: Lake) -> Verdict:
    tokenizer = _tokenizer(manifest, lake)
    bad = [text for text in _PROBES if tokenizer.decode(tokenizer.encode(text)) != text]
    return Verdict(passed=not bad, reason=f"{len(bad)} of {len(_PROBES)} probes changed: {bad!r}")


def index_covers_every_token(manifest: Manifest, lake: Lake) -> Verdict:
    info = json.loads(lake.fetch(manifest, manifest.file("shards.json")).read_text())
    index = table(lake, manifest, "index.parquet", ["start", "end"])
    indexed = int(
        index.select((pl.col("end").cast(pl.Int64) - pl.col("start").cast(pl.Int64)).sum()).item()
    )
    return Verdict(
        passed=indexed == info["num_tokens"],
        reason=f"the index holds {indexed} tokens, the shards {info['num_tokens']}",
        facts={"tokens": info["num_tokens"], "samples": info["num_samples"]},
    )


def no_forgotten_document(manifest: Manifest, lake: Lake) -> Verdict:
    """Hold the index against every request to forget, and against questions about its documents."""
    requests = requests_in(lake)
    named = tombstones_of(lake, requests)["doc_id"].unique()
    asked = [
        questions_about(lake, questions, named)["item_id"]
        for record in manifest.inputs
        if (questions := lake.find(record.family, record.name, record.fingerprint)) is not None
    ]
    packed = table(lake, manifest, "index.parquet", ["doc_id"])["doc_id"].unique()
    found = packed.filter(packed.is_in(pl.concat([named, *asked]).implode())).sort()
    return Verdict(
        passed=not len(found),
        reason=f"{len(found)} documents of {len(requests)} requests to forget are packed"
        + (f", for example {found[0]}" if len(found) else ""),
        facts={"forgotten_documents": len(found), "requests": len(requests)},
    )


def spans_are_found(manifest: Manifest, lake: Lake) -> Verdict:
    """Search the tokens of some samples: each must be found where it lies."""
    index = SpanIndex(lake, manifest)
    asked, lost = 0, []
    for shards in index.info.shards:
        for sample in {0, shards.num_samples // 2, shards.num_samples - 1}:
            asked += 1
            if not index.holds(shards, sample):
                lost.append(f"sample {sample} of {shards.node}")
    return Verdict(
        passed=not lost, reason=f"{len(lost)} of {asked} samples not found: {', '.join(lost)}"
    )


def _tokenizer(manifest: Manifest, lake: Lake) -> Tokenizer:
    return Tokenizer.load(lake.fetch(manifest, manifest.file("tokenizer.json")).parent)


TOKENIZER_CHECKS = (
    Check(
        name="size_is_exact",
        description="The vocabulary has exactly the recipe's size.",
        run=size_is_exact,
    ),
    Check(
        name="round_trip_is_lossless",
        description="Decoding gives back doses, code, wild Unicode and literal marker strings.",
        run=round_trip_is_lossless,
    ),
)
SHARD_CHECKS = (
    Check(
        name="index_covers_every_token",
        description="The document index accounts for every token in the shards.",
        run=index_covers_every_token,
    ),
    Check(
        name="no_forgotten_document",
        description="No document of a request to forget is packed, and no question about one.",
        run=no_forgotten_document,
    ),
)
SPAN_CHECKS = (
    Check(
        name="spans_are_found",
        description="The longest document piece of samples of every stage is found where it lies.",
        run=spans_are_found,
    ),
)
