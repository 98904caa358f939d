"""What is expected of corpora/documents: ten columns, ids that are hashes, text that is text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assets.corpora.languages import OTHERS
from assets.expectations.measures import chars_of, controls_of, measured_columns
from assets.expectations.phrases import (
    HASH,
    at_least_one,
    between,
    columns_in_order,
    matches,
    one_of,
    present,
    unique,
    where_not,
)
from assets.expectations.suite import Expectation, Suite

COLUMNS = (
    "doc_id", "source", "native_id", "title", "text", "text_hash", "language", "domain",
    "licence", "provenance",
)  # fmt: skip
TEXTS = ("native_id", "title", "text", "provenance")
"""Columns that hold what people wrote, names of files among it."""
DOMAINS = ("medical", "general", "code")

LANGUAGE = rf"^(?:[a-z]{{2}}|{'|'.join(sorted(OTHERS))})$"
"""`mul`, several languages, is what a source may declare: a document is in one."""
LICENCE = r"^[A-Za-z0-9(][A-Za-z0-9.+() -]{0,127}$"
"""SPDX identifiers, LicenseRef-* and expressions of them."""
MAX_TEXT_CHARS = 20_000_000
"""A longer document is a reader's fault, not a text; six times War and Peace (our choice)."""
SHORT_TEXT_CHARS = 20
"""Shorter ones are usual only among terms of an ontology (our choice)."""
USUAL_SHARE = 0.95
"""Share of texts that must not be short before a warning (our choice)."""

_ANY_LANGUAGE = "mul"


def documents_suite(config: Mapping[str, Any]) -> Suite:
    """Return the suite of one source's documents; `config` is the artifact's."""
    source = config.get("source", {})
    language = source.get("language", _ANY_LANGUAGE)
    declared: list[Expectation] = []
    if "name" in source:
        declared.append(one_of("source", [source["name"]], "every document is of this source"))
    if language != _ANY_LANGUAGE:
        says = "every document but programs is in the language that the catalogue declares"
        declared.append(where_not("domain", "code", one_of("language", [language], says)))
    return Suite(
        name="documents",
        title="Documents of a source",
        table="documents",
        text_columns=TEXTS,
        expectations=(
            columns_in_order(
                measured_columns(COLUMNS, TEXTS), "the ten columns of a document, in their order"
            ),
            at_least_one("document", "warning"),
            *shared_expectations(),
            *declared,
        ),
    )


def shared_expectations() -> tuple[Expectation, ...]:
    """Return what holds for documents everywhere, after deduplication too."""
    return (
        *(present(column, "document") for column in COLUMNS),
        unique("doc_id", "no id stands twice"),
        matches("doc_id", HASH, "ids are 32 hexadecimal digits"),
        matches("text_hash", HASH, "text hashes are 32 hexadecimal digits"),
        matches("language", LANGUAGE, "every document is in one language, by its ISO 639 code"),
        matches("licence", LICENCE, "licences are SPDX expressions or LicenseRef-*"),
        one_of("domain", DOMAINS, "the domain is medical, general or code"),
        between(
            chars_of("text"),
            1,
            MAX_TEXT_CHARS,
            f"texts are not blank and have at most {MAX_TEXT_CHARS:,} characters",
        ),
        between(chars_of("native_id"), 1, None, "native ids are not blank"),
        between(controls_of("text"), 0, 0, "texts hold no control characters"),
        between(controls_of("title"), 0, 0, "titles hold no control characters"),
        between(
            chars_of("text"),
            SHORT_TEXT_CHARS,
            None,
            f"{USUAL_SHARE:.0%} of the texts have {SHORT_TEXT_CHARS} characters or more",
            mostly=USUAL_SHARE,
            severity="warning",
        ),
    )
