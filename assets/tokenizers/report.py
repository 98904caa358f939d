"""How well a vocabulary fits its text: fertility by domain, and how rare terms are split.

Measured on held-out documents, against a vocabulary of the same size without the medical part.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from model.tokenizer import Tokenizer

RARE_TERMS = (
    "cholangiocarcinoma",
    "hepatosplenomegaly",
    "pheochromocytoma",
    "glomerulonephritis",
    "hyperbilirubinemia",
    "thrombocytopenic purpura",
    "electroencephalogram",
    "lymphangioleiomyomatosis",
    "azathioprine",
    "methylprednisolone",
    "Pseudomonas aeruginosa",
    "Wolff-Parkinson-White syndrome",
)
"""Terms of several specialties, chosen by us; most are rare in general text."""


def measure(merged: Tokenizer, general_only: Tokenizer, heldout: pl.DataFrame) -> dict[str, Any]:
    """Return fertility by domain and splits of rare terms for both vocabularies."""
    fertility: dict[str, Any] = {}
    for domain in sorted(heldout["domain"].unique().to_list()):
        texts = heldout.filter(pl.col("domain") == domain)["text"].to_list()
        fertility[domain] = {
            "documents": len(texts),
            "characters": sum(map(len, texts)),
            "merged": _fertility(merged, texts),
            "general_only": _fertility(general_only, texts),
        }
    splits = {
        term: {"merged": _split(merged, term), "general_only": _split(general_only, term)}
        for term in RARE_TERMS
    }
    return {
        "general_only_vocab_size": general_only.vocab_size,
        "fertility": fertility,
        "splits": splits,
    }


def draw_fertility(report: Mapping[str, Any], path: Path) -> None:
    """Draw tokens per 100 characters by domain, as two bars each."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    fertility = report["fertility"]
    figure = Figure(figsize=(6, 3.5), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    sizes = report["vocab_size"], report["general_only_vocab_size"]
    bars = (
        ("merged", f"general + medical, {sizes[0]:,} entries", -0.2),
        ("general_only", f"general only, {sizes[1]:,} entries", 0.2),
    )
    for kind, label, shift in bars:
        heights = [100 * row[kind]["tokens_per_character"] for row in fertility.values()]
        places = [index + shift for index in range(len(heights))]
        axes.bar_label(axes.bar(places, heights, width=0.4, label=label), fmt="%.1f")
    axes.set_xticks(range(len(fertility)), list(fertility))
    axes.set_ylabel("tokens per 100 characters")
    axes.set_title("Held-out text (lower is better)")
    # Room above the bars for the legend.
    axes.margins(y=0.3)
    if fertility:
        axes.legend(loc="upper center", ncols=2, fontsize="small")
    figure.savefig(path, dpi=120, metadata={"Software": None})


def summarise(report: Mapping[str, Any]) -> str:
    """Return the report as Markdown for people."""
    entries = ", ".join(f"{number:,} {kind}" for kind, number in report["entries"].items())
    lines = [
        f"{report['vocab_size']:,} entries: {entries}.",
        "",
        "| held-out text | tokens per character | general only | tokens per word | general only |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for domain, row in report["fertility"].items():
        merged, general = row["merged"], row["general_only"]
        lines.append(
            f"| {domain} | {merged['tokens_per_character']:.4f} "
            f"| {general['tokens_per_character']:.4f} | {merged['tokens_per_word']:.3f} "
            f"| {general['tokens_per_word']:.3f} |"
        )
    lines += ["", "| term | merged | general only |", "| --- | --- | --- |"]
    for term, row in report["splits"].items():
        shown = {kind: " + ".join(parts).replace("|", "\\|") for kind, parts in row.items()}
        lines.append(f"| {term} | {shown['merged']} | {shown['general_only']} |")
    return "\n".join(lines)


def _fertility(tokenizer: Tokenizer, texts: list[str]) -> dict[str, float]:
    num_tokens = sum(len(ids) for ids in tokenizer.encode_batch(texts))
    num_characters = sum(map(len, texts))
    num_words = sum(len(text.split()) for text in texts)
    return {
        "tokens_per_character": num_tokens / max(1, num_characters),
        "tokens_per_word": num_tokens / max(1, num_words),
    }


def _split(tokenizer: Tokenizer, term: str) -> list[str]:
    """Split a term as it stands inside a sentence, after a space."""
    return [tokenizer.token(index) for index in tokenizer.encode(" " + term)]
