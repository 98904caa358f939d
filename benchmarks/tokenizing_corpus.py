"""The corpus of the tokenizer benchmark: the real text that an installation brings, mixed.

Every source of the recipe `small` but the two whose sentences a machine wrote, each document whole
and once, in the order of a hash, so that any size is the same mix. Nothing is repeated or planted.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import polars as pl

from assets.corpora.normalise import normalise
from assets.corpora.readers.catalogue import READERS
from assets.corpora.readers.record import Record
from assets.corpora.snapshot import matches, resolve
from assets.corpora.sources import source
from assets.recipes.small import SOURCES

MIN_BYTES = 100
"""Of a text: titles and names without a definition say less (cleaning drops them too)."""

TEMPLATED = ("hpoa", "radiology_dict")
"""The same sentences over and over: any cache of words would look better than it is."""


def real_documents() -> pl.DataFrame:
    """Return source and text of every document, mixed; reading takes a minute."""
    parts = [
        pl.DataFrame({"source": name, "text": texts_of(name)})
        for name in SOURCES
        if name not in TEMPLATED
    ]
    frame = pl.concat(parts).filter(pl.col("text").str.len_bytes() >= MIN_BYTES)
    frame = frame.unique("text", maintain_order=True)
    keys = [hashlib.sha256(text.encode()).digest() for text in frame["text"]]
    return frame.with_columns(key=pl.Series(keys)).sort("key").drop("key")


def texts_of(name: str) -> list[str]:
    entry = source(name)
    return [
        normalise(record.text, keep_layout=entry.domain == "code")
        for file, path in resolve(entry, Path()).paths.items()
        if matches(file, entry.files)
        for record in READERS[entry.reader](path, file)
        if isinstance(record, Record) and record.text
    ]
