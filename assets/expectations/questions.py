"""What is expected of synthesis/questions: a question, a checked answer, and their origin."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assets.expectations.measures import chars_of, controls_of, measured_columns
from assets.expectations.phrases import (
    HASH,
    between,
    columns_among_others,
    matches,
    one_of,
    present,
    unique,
)
from assets.expectations.suite import Suite

COLUMNS = (
    "item_id", "domain", "kind", "system", "question", "answer", "source", "seed_native_id",
    "seed_doc_id", "check",
)  # fmt: skip
TEXTS = ("system", "question", "answer", "seed_native_id", "check")
DOMAINS = ("medical", "general")
KIND = r"^[a-z0-9]+(_[a-z0-9]+)*$"
SEED = r"^([0-9a-f]{32})?$"
"""A document's id, or nothing when the fact is told by no training document."""
MAX_QUESTION_CHARS = 20_000
MAX_ANSWER_CHARS = 20_000
"""Longer ones fit into no training context of the recipes (our choice)."""


def questions_suite(config: Mapping[str, Any]) -> Suite:
    """Return the suite of questions that are trained on."""
    return Suite(
        name="questions",
        title="Questions and answers for fine-tuning",
        table="questions",
        text_columns=TEXTS,
        expectations=(
            columns_among_others(
                measured_columns(COLUMNS, TEXTS), "question, answer, origin and check"
            ),
            *(present(column, "question") for column in COLUMNS),
            unique("item_id", "no item stands twice"),
            matches("item_id", HASH, "ids are 32 hexadecimal digits"),
            matches("seed_doc_id", SEED, "seeds are ids of documents, or none"),
            matches("kind", KIND, "kinds are written in lower case"),
            one_of("domain", DOMAINS, "the domain is medical or general"),
            between(
                chars_of("question"),
                1,
                MAX_QUESTION_CHARS,
                f"questions are not blank and have at most {MAX_QUESTION_CHARS:,} characters",
            ),
            between(
                chars_of("answer"),
                1,
                MAX_ANSWER_CHARS,
                f"answers are not blank and have at most {MAX_ANSWER_CHARS:,} characters",
            ),
            between(chars_of("check"), 1, None, "every answer was checked"),
            *(
                between(controls_of(column), 0, 0, f"no {column} holds control characters")
                for column in ("question", "answer")
            ),
        ),
    )
