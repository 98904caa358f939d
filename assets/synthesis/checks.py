"""Truths that hold for synthetic data: counts, no answer without a check, expectations."""

from __future__ import annotations

from assets.expectations.verdicts import SUITE_CHECKS
from assets.lineage.checks import Check, Verdict
from assets.lineage.manifest import Manifest
from assets.lineage.tables import sums_to, table
from assets.ports import Lake


def counts_add_up(manifest: Manifest, lake: Lake) -> Verdict:
    return sums_to(manifest, "made", "kept", "rejected")


def every_answer_is_checked(manifest: Manifest, lake: Lake) -> Verdict:
    checks = table(lake, manifest, "questions.parquet", ["check"])["check"]
    unchecked = checks.null_count() + int((checks == "").sum())
    return Verdict(passed=unchecked == 0, reason=f"{unchecked} of {checks.len()} without a check")


QUESTION_CHECKS = (
    Check(
        name="counts_add_up",
        description="Questions made = kept + rejected.",
        run=counts_add_up,
    ),
    Check(
        name="every_answer_is_checked",
        description="Each answer was confirmed by a look-up in the source's facts.",
        run=every_answer_is_checked,
    ),
    *SUITE_CHECKS,
)
