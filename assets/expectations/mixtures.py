"""What is expected of mixtures: one document per cluster, evidence for merges, caps on readings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assets.expectations.documents import COLUMNS, DOMAINS, TEXTS, shared_expectations
from assets.expectations.measures import measured_columns
from assets.expectations.phrases import (
    HASH,
    at_least_one,
    at_most,
    between,
    columns_among_others,
    matches,
    one_of,
    present,
    unique,
)
from assets.expectations.suite import Expectation, Suite

CORPUS_COLUMNS = (*COLUMNS, "cluster_id", "duplicate_count")
MERGED_COLUMNS = (
    "doc_id", "source", "native_id", "text_hash", "kept_doc_id", "similarity", "rule",
    "linked_doc_id", "link_similarity",
)  # fmt: skip
SELECTION_COLUMNS = ("doc_id", "source", "domain", "num_tokens", "repeats")
WEIGHED_COLUMNS = ("language", "topic", "content_type", "group", "weight", "cap")
"""Added to a selection where scores decided the weights."""
RULES = ("exact", "near")
"""How two documents can be found to be copies."""
ENGLISH_SHARE = 0.5
"""Below this share of documents a mixture is no longer mostly English (our choice)."""
DIRECT_SHARE = 0.95
"""Share of merges that should be near the kept document itself, and not by a chain of others;
below it clusters drift (our choice)."""
MAX_COPIES = 100_000
"""A text with more copies is a template, not a text (our choice)."""
MAX_REPEATS = 10
"""Cap on readings where the artifact names none: the recipes' highest (arXiv 2502.12671, 2.1)."""


def corpus_suite(config: Mapping[str, Any]) -> Suite:
    """Return the suite of deduplicated documents, before and after decontamination."""
    return Suite(
        name="corpus",
        title="Deduplicated documents",
        table="documents",
        text_columns=TEXTS,
        expectations=(
            columns_among_others(
                measured_columns(CORPUS_COLUMNS, TEXTS),
                "the columns of a document, its cluster and its number of copies",
            ),
            at_least_one("document"),
            *shared_expectations(),
            present("cluster_id", "document"),
            present("duplicate_count", "document"),
            unique("text_hash", "no text stands twice"),
            unique("cluster_id", "one document stands for a cluster"),
            between("duplicate_count", 1, None, "a document counts among its own copies"),
            between(
                "duplicate_count",
                None,
                MAX_COPIES,
                f"no text has more than {MAX_COPIES:,} copies",
                severity="warning",
            ),
            one_of(
                "language",
                ["en"],
                f"at least {ENGLISH_SHARE:.0%} of the documents are in English",
                mostly=ENGLISH_SHARE,
                severity="warning",
            ),
        ),
    )


def merged_suite(config: Mapping[str, Any]) -> Suite:
    """Return the suite of the merge evidence; the threshold is the artifact's own."""
    threshold = float(config.get("dedup", {}).get("threshold", 0.0))
    return Suite(
        name="merged",
        title="Merged copies and their evidence",
        table="merged",
        text_columns=("native_id",),
        expectations=(
            columns_among_others(
                measured_columns(MERGED_COLUMNS, ("native_id",)),
                "who was merged, into whom, how similar they are and by which rule",
            ),
            *(present(column, "merge") for column in MERGED_COLUMNS),
            unique("doc_id", "a document is merged once"),
            matches("doc_id", HASH, "ids are 32 hexadecimal digits"),
            matches("kept_doc_id", HASH, "ids of kept documents are 32 hexadecimal digits"),
            matches("linked_doc_id", HASH, "ids of linked documents are 32 hexadecimal digits"),
            between(
                "link_similarity",
                threshold,
                1.0,
                f"every merge has a link between the recipe's threshold {threshold:g} and 1",
            ),
            between("similarity", 0, 1, "similarities to the kept document lie between 0 and 1"),
            between(
                "similarity",
                threshold,
                None,
                f"{DIRECT_SHARE:.0%} of the merged documents are as similar to the kept one itself",
                mostly=DIRECT_SHARE,
                severity="warning",
            ),
            one_of("rule", RULES, f"the rule is {' or '.join(RULES)}"),
        ),
    )


def selection_suite(config: Mapping[str, Any]) -> Suite:
    """Return the suite of a stage's selection; the cap on readings is the artifact's own."""
    cap = int(config.get("upsampling", {}).get("max_repeats", MAX_REPEATS))
    return Suite(
        name="selection",
        title="Documents of a training stage",
        table="selection",
        expectations=(
            columns_among_others(
                SELECTION_COLUMNS, "which document, of which source, how long and how often"
            ),
            at_least_one("document"),
            *(present(column, "document") for column in SELECTION_COLUMNS),
            unique("doc_id", "a document is selected once"),
            matches("doc_id", HASH, "ids are 32 hexadecimal digits"),
            one_of("domain", DOMAINS, "the domain is medical, general or code"),
            between("num_tokens", 1, None, "every document has tokens"),
            between("repeats", 1, cap, f"documents are read between once and {cap} times"),
            *(_weighed() if "mixture" in config else ()),
        ),
    )


def scores_suite(config: Mapping[str, Any]) -> Suite:
    """Return the suite of the scores: probabilities are ones, every document has a class."""
    classes, shares = ("content_type", "topic"), ("medical", "department_p", "topic_p", "quality")
    return Suite(
        name="scores",
        title="Scores and classes of documents",
        table="scores",
        expectations=(
            columns_among_others(
                ("doc_id", "department", *classes, *shares, "bits_per_byte"),
                "a row has its document's classes, probabilities and scores",
            ),
            *(present(column, "document") for column in ("doc_id", *classes, "quality")),
            unique("doc_id", "a document is scored once"),
            matches("doc_id", HASH, "ids are 32 hexadecimal digits"),
            matches("topic", r".", "no topic is empty"),
            *(between(column, 0, 1, f"{column} lies between 0 and 1") for column in shares),
            between("bits_per_byte", 0, None, "no text takes less than 0 bits a byte"),
        ),
    )


def _weighed() -> tuple[Expectation, ...]:
    return (
        columns_among_others(WEIGHED_COLUMNS, "the classes, the group and the weight"),
        *(present(column, "document") for column in WEIGHED_COLUMNS),
        between("weight", 0, None, "weights are not negative"),
        at_most("repeats", "cap", "no document is read more often than its own cap"),
    )
