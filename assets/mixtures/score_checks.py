"""Truths that hold for signatures, classifiers and scores: nobody forgotten, all in range."""

from __future__ import annotations

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
        f"{name} ({head['heldout']['macro_f1']:.2f})"
        for name, head in heads.items()
        # A constant answer has an F1 of at most 1 on one class and 0 on all others.
        if head["heldout"]["macro_f1"] * len(head["heldout"]["classes"]) <= 1
    ]
    return Verdict(
        passed=not poor,
        reason=f"{len(heads)} classifiers; no better than a constant: {', '.join(poor) or 'none'}",
    )


def every_score_is_a_number(manifest: Manifest, lake: Lake) -> Verdict:
    scores = scan(lake, manifest, "scores").select(ALWAYS).collect()
    holes = sum(
        int((scores[name].is_null() | scores[name].is_nan()).sum()) for name in scores.columns
    )
    counted = manifest.counts.get("documents", -1)
    return Verdict(
        passed=not holes and scores.height == counted,
        reason=f"{scores.height} rows of {counted} documents, {holes} values are no number",
    )


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
