"""Truths that hold for signatures, classifiers and scores: nobody forgotten, all in range."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assets.expectations.verdicts import SUITE_CHECKS
from assets.lineage.checks import Check, Verdict
from assets.lineage.manifest import Manifest
from assets.lineage.tables import document, scan
from assets.ports import Lake

ALWAYS = ("educational", "knowledge_density", "reasoning_density", "quality", "bits_per_byte")
"""Scores that every document has; classes may be absent where nothing could be learned."""


def every_document_is_sketched(manifest: Manifest, lake: Lake) -> Verdict:
    ids = scan(lake, manifest, "signatures").select("doc_id").collect()["doc_id"]
    counted = manifest.counts.get("documents", -1)
    repeated = ids.len() - ids.n_unique()
    return Verdict(
        passed=ids.len() == counted and not repeated,
        reason=f"{ids.len()} signatures of {counted} documents, {repeated} stand twice",
    )


def classifiers_beat_chance(manifest: Manifest, lake: Lake) -> Verdict:
    """Every classifier that could be trained is better on held-out text than a constant answer."""
    heads = document(lake, manifest, "report.json")["heads"]
    poor = [
        f"{name} ({head['heldout']['macro_f1']:.2f} against {bar:.2f})"
        for name, head in heads.items()
        if head["heldout"]["macro_f1"] <= (bar := round(constant_f1(head["heldout"]), 4))
    ]
    return Verdict(
        passed=not poor,
        reason=f"{len(heads)} classifiers; no better than a constant: {', '.join(poor) or 'none'}",
    )


def every_score_is_a_number(manifest: Manifest, lake: Lake) -> Verdict:
    scores = scan(lake, manifest, "scores").select("doc_id", *ALWAYS).collect()
    # Neither null nor NaN nor infinite.
    numbers = sum(int(scores[name].is_finite().sum()) for name in ALWAYS)
    holes = scores.height * len(ALWAYS) - numbers
    repeated = scores.height - scores["doc_id"].n_unique()
    counted = manifest.counts.get("documents", -1)
    return Verdict(
        passed=not holes and not repeated and scores.height == counted,
        reason=f"{scores.height} rows of {counted} documents, {repeated} stand twice, "
        f"{holes} values are no number",
    )


def constant_f1(heldout: Mapping[str, Any]) -> float:
    """Return the macro F1 of answering the most frequent class, over the classes met.

    Its recall is 1 and its precision its share p, so its F1 is 2p / (1 + p); all others have 0.
    """
    held = [int(row["documents"]) for row in heldout["classes"].values() if row["documents"]]
    return 2 * max(held) / (sum(held) + max(held)) / len(held) if held else 0.0


SIGNATURE_CHECKS = (
    Check(
        name="every_document_is_sketched",
        description="There is one signature for every document of the source.",
        run=every_document_is_sketched,
    ),
)
CLASSIFIER_CHECKS = (
    Check(
        name="classifiers_beat_chance",
        description="Held-out macro F1 of every classifier is above that of a constant answer.",
        run=classifiers_beat_chance,
        blocking=False,
    ),
)
SCORE_CHECKS = (
    Check(
        name="every_score_is_a_number",
        description="Every document has a row, and every score in it is a number.",
        run=every_score_is_a_number,
    ),
    *SUITE_CHECKS,
)
