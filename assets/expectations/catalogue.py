"""Which suites judge which artifact: the table of contents of this package."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from assets.expectations.documents import documents_suite
from assets.expectations.mixtures import (
    corpus_suite,
    merged_suite,
    scores_suite,
    selection_suite,
)
from assets.expectations.questions import questions_suite
from assets.expectations.suite import Suite

SuiteOf = Callable[[Mapping[str, Any]], Suite]
"""From an artifact's config to the suite of one of its tables."""

SUITES: Mapping[str, tuple[SuiteOf, ...]] = {
    "corpora/documents": (documents_suite,),
    "mixtures/deduped": (corpus_suite, merged_suite),
    "mixtures/decontaminated": (corpus_suite,),
    "mixtures/scores": (scores_suite,),
    "mixtures/stage1": (selection_suite,),
    "mixtures/stage2": (selection_suite,),
    "mixtures/stage3": (selection_suite,),
    "synthesis/questions": (questions_suite,),
}
"""Node -> suites of its tables."""


def suites_of(node: str, config: Mapping[str, Any]) -> tuple[Suite, ...]:
    """Return the suites of an artifact; empty for a node that has none."""
    return tuple(suite_of(config) for suite_of in SUITES.get(node, ()))
