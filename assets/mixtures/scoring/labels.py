"""What the classifiers learn from: labels that sources state themselves, never the text judged.

Titles and provenance give labels; the classifiers see the body alone (linear_kernels.body_words),
so that no label can be read off the words that made it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import polars as pl

from assets.mixtures.scoring.departments import department_of, headings_of

UNLABELLED = None

MEDICAL_LABELS = ("general", "medical")

_BY_TYPE: Mapping[str, tuple[str, ...]] = {
    "ontology_entry": (
        "icd10cm", "hpo", "hpoa", "mondo", "efo", "uberon", "cl", "chebi", "radiology_dict",
    ),
    "encyclopedia_article": ("wikipedia_gensim106", "wikipedia_passages", "quac_passages"),
    "dictionary_entry": ("gcide", "wordnet", "edict"),
    "technical_documentation": (
        "linux_doc", "python_doc", "manpages", "manpages_dev", "manpages_zh", "manpages_ja",
        "debian_reference_zh",
    ),
    "guideline": ("open_medicine",),
    "news": ("lee_background", "bbc_news"),
    "literature": ("chinese_poetry", "fortunes_zh"),
    "code": ("python_stdlib",),
}  # fmt: skip
SOURCE_TYPES: Mapping[str, str] = {
    source: kind for kind, sources in _BY_TYPE.items() for source in sources
}
"""Sources whose documents are all of one kind; others are labelled one by one or not at all."""

PUBLICATION_TYPES = (
    ("guideline", ("guideline", "consensus development conference")),
    ("trial", ("clinical trial", "randomized controlled trial")),
    ("case_report", ("case reports",)),
    ("review", ("review", "meta-analysis", "systematic review")),
    ("editorial_or_letter", ("editorial", "letter", "comment", "news")),
)
"""PubMed's own publication types, the most telling first; matched from their beginning."""

_NUMBER_WORDS = r"(?:a|an|one|two|three|four|five|\d+)"
TITLE_WORDS = (
    (
        "guideline",
        r"\bguidelines?\b|\bconsensus (?:statement|conference)|\brecommendations? (?:for|of)\b",
    ),
    (
        "trial",
        r"double[- ]blind|\brandomi[sz]ed|\bcontrolled (?:clinical )?trial|placebo"
        r"|\bclinical trial",
    ),
    (
        "case_report",
        rf"\bcase reports?\b|\breport of {_NUMBER_WORDS} (?:\w+ )?cases?\b|\ba case of\b"
        r"|\bcase history\b",
    ),
    (
        "review",
        r"\breview\b|\boverview\b|\bstate of the art\b|\badvances in\b"
        r"|\bcurrent (?:concepts|status)\b",
    ),
    ("editorial_or_letter", r"\beditorial\b|\bletter\b"),
)
"""Where a record states no types, its title may; every other abstract is taken for research."""

RESEARCH = "research_abstract"
CODE = "code"


def label_frame(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the columns medical, department and content_type of labels; null where unknown.

    Needs source, title, domain and provenance.
    """
    details = [_details(text) for text in frame["provenance"]]
    types = [detail.get("publication_types", "") for detail in details]
    return frame.select(
        pl.when(pl.col("domain") == "medical")
        .then(pl.lit(MEDICAL_LABELS[1]))
        .when(pl.col("domain").is_in(["general", "code"]))
        .then(pl.lit(MEDICAL_LABELS[0]))
        .alias("medical"),
        pl.Series("department", [_department(text) for text in frame["provenance"]], pl.String),
        _content_type(
            pl.Series("types", types, pl.String),
            pl.Series("pubmed", ["pmid" in detail for detail in details], pl.Boolean),
        ).alias("content_type"),
    )


def _details(provenance: str | None) -> dict[str, Any]:
    found = json.loads(provenance or "{}")
    return found if isinstance(found, dict) else {}


def _department(provenance: str | None) -> str | None:
    headings = headings_of(provenance or "{}")
    return department_of(headings) if headings else UNLABELLED


def _content_type(types: pl.Series, pubmed: pl.Series) -> pl.Expr:
    stated = pl.lit(types.str.to_lowercase())
    title = pl.col("title").fill_null("").str.to_lowercase()
    found = pl.when(pl.col("source").is_in(list(SOURCE_TYPES))).then(
        pl.col("source").replace_strict(dict(SOURCE_TYPES), default=None, return_dtype=pl.String)
    )
    for name, listed in PUBLICATION_TYPES:
        found = found.when(stated.str.contains(rf"(?:^|; )(?:{'|'.join(listed)})")).then(
            pl.lit(name)
        )
    for name, words in TITLE_WORDS:
        unstated = pl.lit(pubmed) & (stated == "")
        found = found.when(unstated & title.str.contains(words)).then(pl.lit(name))
    return (
        found.when(pl.lit(pubmed))
        .then(pl.lit(RESEARCH))
        .when(pl.col("domain") == "code")
        .then(pl.lit(CODE))
        .otherwise(pl.lit(UNLABELLED, dtype=pl.String))
    )
