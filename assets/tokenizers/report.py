"""How well a vocabulary fits its text: fertility by domain and language, and splits of rare terms.

Measured on held-out documents, against a vocabulary of the same size without the medical part and
against public ones.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from assets.tokenizers.terms import EXAMPLES, KINDS
from assets.tokenizers.yardsticks import PUBLIC, Yardstick, public_yardsticks
from model.tokenizer import Tokenizer

HELDOUT_BYTES = 2_000_000
"""Held-out text per domain and language; the first documents by doc_id (our choice)."""

UNSPACED = frozenset({"ja", "km", "lo", "my", "th", "zh"})
"""Languages written without blanks between words: tokens per word say nothing there."""


def heldout_sample(heldout: pl.LazyFrame) -> pl.DataFrame:
    """Return a bounded sample of the held-out documents: domain, language, text."""
    size = pl.col("text").str.len_bytes().cast(pl.Int64)
    group = ("domain", "language")
    sizes = heldout.select("doc_id", *group, size.alias("size")).collect(engine="streaming")
    before = (pl.col("size").cum_sum() - pl.col("size")).over(*group)
    chosen = sizes.sort("doc_id").filter(before < HELDOUT_BYTES)["doc_id"]
    rows = heldout.select("doc_id", *group, "text")
    return rows.filter(pl.col("doc_id").is_in(chosen.implode())).collect().sort("doc_id")


def measure(
    merged: Tokenizer, general_only: Tokenizer, heldout: pl.DataFrame, threads: int = 1
) -> dict[str, Any]:
    """Return fertility and splits of rare terms for both vocabularies and the public ones."""
    public, missing = public_yardsticks()
    sticks: dict[str, Yardstick] = {
        "merged": Own(merged, threads),
        "general_only": Own(general_only, threads),
        **public,
    }
    words = pl.col("text").str.count_matches(r"\S+").cast(pl.Int64)
    characters = pl.col("text").str.len_chars().cast(pl.Int64)
    table = heldout.select(
        "domain",
        "language",
        words.alias("words"),
        characters.alias("characters"),
        *(pl.Series(name, stick.counts(heldout["text"])) for name, stick in sticks.items()),
    )
    terms = {term: {name: s.split(term) for name, s in sticks.items()} for term in EXAMPLES}
    return {
        "general_only_vocab_size": general_only.vocab_size,
        "vocab_sizes": {name: stick.vocab_size for name, stick in sticks.items()},
        "public": {
            entry.name: {"about": entry.about, "licence": entry.licence} for entry in PUBLIC
        },
        "missing": missing,
        "fertility": _fertilities(table, "domain", list(sticks)),
        "fertility_by_language": _fertilities(table, "language", list(sticks)),
        "tokens_per_term": {
            kind: {name: _tokens_per_term(s, terms) for name, s in sticks.items()}
            for kind, terms in KINDS.items()
        },
        "splits": terms,
    }


class Own:
    """A vocabulary of ours, as the public ones are asked."""

    def __init__(self, tokenizer: Tokenizer, threads: int) -> None:
        self._tokenizer = tokenizer
        self._threads = threads
        self.vocab_size = tokenizer.vocab_size

    def counts(self, texts: pl.Series) -> npt.NDArray[np.int64]:
        return np.diff(self._tokenizer.encode_into(texts, threads=self._threads)[1])

    def split(self, term: str) -> list[str]:
        return [self._tokenizer.token(index) for index in self._tokenizer.encode(" " + term)]


def summarise(report: Mapping[str, Any]) -> str:
    """Return the report as Markdown for people."""
    entries = ", ".join(f"{number:,} {kind}" for kind, number in report["entries"].items())
    names = list(report["vocab_sizes"])
    lines = [f"{report['vocab_size']:,} entries: {entries}.", ""]
    for part, text in report["training"].items():
        lines.append(
            f"The {part} part learned from {text['documents']:,} documents, {text['bytes']:,} "
            f"bytes, {text['different_words']:,} different words "
            f"({text['words_beyond_the_cap']:,} more were cut)."
        )
    lines += ["", *_header("held-out text: tokens per character (per word)", names)]
    for kind in ("fertility", "fertility_by_language"):
        for group, row in report[kind].items():
            lines.append(f"| {group} | " + " | ".join(_cell(row[name]) for name in names) + " |")
    lines += ["", *_header("tokens per term", names)]
    for kind, row in report["tokens_per_term"].items():
        lines.append(f"| {kind} | " + " | ".join(f"{row[name]:.2f}" for name in names) + " |")
    lines += ["", *_header("term", names)]
    for term, row in report["splits"].items():
        shown = [" + ".join(row[name]).replace("|", "\\|") for name in names]
        lines.append(f"| {term} | " + " | ".join(shown) + " |")
    lines += ["", *(f"{name}: {how}." for name, how in report["missing"].items())]
    return "\n".join(lines).rstrip()


def _header(title: str, names: Sequence[str]) -> tuple[str, str]:
    heads = " | ".join(name.replace("_", " ") for name in names)
    return f"| {title} | {heads} |", "| --- |" + " ---: |" * len(names)


def _cell(row: Mapping[str, float | None]) -> str:
    per_word = row["tokens_per_word"]
    shown = "" if per_word is None else f" ({per_word:.3f})"
    return f"{row['tokens_per_character']:.4f}{shown}"


def _fertilities(table: pl.DataFrame, by: str, names: Sequence[str]) -> dict[str, Any]:
    """Return per group its size, and tokens per character and per word of each vocabulary."""
    spaced = ~pl.col("language").is_in(list(UNSPACED))
    groups = table.group_by(by).agg(
        pl.len().alias("documents"),
        pl.col("characters", *names).sum(),
        (pl.col("words") * spaced).sum(),
        *(pl.col(name).filter(spaced).sum().alias(f"{name}_spaced") for name in names),
    )
    rows: dict[str, Any] = {}
    for row in groups.sort(by).iter_rows(named=True):
        rows[row[by]] = {
            "documents": row["documents"],
            "characters": row["characters"],
            **{
                name: {
                    "tokens_per_character": row[name] / max(1, row["characters"]),
                    "tokens_per_word": (
                        row[f"{name}_spaced"] / row["words"] if row["words"] else None
                    ),
                }
                for name in names
            },
        }
    return rows


def _tokens_per_term(stick: Yardstick, terms: Sequence[str]) -> float:
    return sum(len(stick.split(term)) for term in terms) / len(terms)
