"""Truths that hold for mixtures: counts, no duplicate left, held-out text apart, caps, licences,
no withdrawn document, expectations.
"""

from __future__ import annotations

from assets.corpora.licences import LicenceViolation, enforce
from assets.expectations.verdicts import SUITE_CHECKS
from assets.lineage.checks import Check, Verdict
from assets.lineage.manifest import Manifest
from assets.lineage.tables import scan, sums_to, table
from assets.lineage.taint import NO_WITHDRAWN_DOCUMENT
from assets.mixtures.contamination_checks import CONTAMINATION_CHECKS
from assets.mixtures.deduplication.summary import removal_is_within_alarms
from assets.mixtures.stage_checks import PLAN_CHECKS
from assets.ports import Lake

_BUDGET_TOLERANCE = 0.05
"""Share of a stage's budget that may stay unfilled before the check warns (our choice)."""


def merges_add_up(manifest: Manifest, lake: Lake) -> Verdict:
    kept = table(lake, manifest, "documents.parquet", ["doc_id", "duplicate_count"])
    merged = table(lake, manifest, "merged", ["doc_id"]).height
    copies = int(kept["duplicate_count"].sum() or 0)
    return Verdict(
        passed=copies == kept.height + merged,
        reason=f"{kept.height} kept + {merged} merged against {copies} copies counted",
    )


def no_exact_duplicate_is_left(manifest: Manifest, lake: Lake) -> Verdict:
    hashes = table(lake, manifest, "documents.parquet", ["text_hash"])["text_hash"]
    repeated = hashes.len() - hashes.n_unique()
    return Verdict(passed=repeated == 0, reason=f"{repeated} texts stand more than once")


def split_adds_up(manifest: Manifest, lake: Lake) -> Verdict:
    return sums_to(manifest, "documents_in", "documents", "heldout", "removed")


def heldout_is_apart(manifest: Manifest, lake: Lake) -> Verdict:
    trained = table(lake, manifest, "documents.parquet", ["cluster_id"])["cluster_id"]
    heldout = table(lake, manifest, "heldout.parquet", ["cluster_id"])["cluster_id"]
    shared = heldout.is_in(trained.implode()).sum()
    return Verdict(
        passed=shared == 0, reason=f"{shared} of {heldout.len()} held-out clusters are trained on"
    )


def budget_is_met(manifest: Manifest, lake: Lake) -> Verdict:
    selection = table(lake, manifest, "selection.parquet", ["num_tokens", "repeats"])
    planned = int(manifest.config["tokens"])
    achieved = int((selection["num_tokens"].cast(int) * selection["repeats"].cast(int)).sum())
    return Verdict(
        passed=achieved >= planned * (1 - _BUDGET_TOLERANCE),
        reason=f"{achieved} of {planned} tokens; the trainer repeats the mixture for the rest",
        facts={"planned": planned, "achieved": achieved},
    )


def policy_allows_licences(manifest: Manifest, lake: Lake) -> Verdict:
    policy = manifest.config.get("policy")
    if policy is None:
        return Verdict(passed=False, reason="the recipe names no licence policy")
    try:
        held = enforce(scan(lake, manifest, "documents"), policy)
    except LicenceViolation as violation:
        return Verdict(passed=False, reason=str(violation), facts={"refused": violation.count})
    names = ", ".join(held["licence"].unique().sort().to_list())
    return Verdict(passed=True, reason=f"policy {policy} allows {names}", facts={"refused": 0})


DEDUPED_CHECKS = (
    Check(
        name="counts_add_up",
        description="Every copy counted is a document kept or merged.",
        run=merges_add_up,
    ),
    Check(
        name="no_exact_duplicate_is_left",
        description="No text stands twice.",
        run=no_exact_duplicate_is_left,
    ),
    Check(
        name="policy_allows_licences",
        description="The recipe's policy allows the licence of every document.",
        run=policy_allows_licences,
    ),
    Check(
        name="removal_is_within_alarms",
        description="No source lost, and no cluster holds, a share that asks for a look.",
        run=removal_is_within_alarms,
        blocking=False,
    ),
    NO_WITHDRAWN_DOCUMENT,
    *SUITE_CHECKS,
)
DECONTAMINATED_CHECKS = (
    *CONTAMINATION_CHECKS,
    Check(
        name="counts_add_up",
        description="Documents in = trained + held out + removed.",
        run=split_adds_up,
    ),
    Check(
        name="heldout_is_apart",
        description="No held-out document shares a cluster with a trained one.",
        run=heldout_is_apart,
    ),
    NO_WITHDRAWN_DOCUMENT,
    *SUITE_CHECKS,
)
STAGE_CHECKS = (
    *PLAN_CHECKS,
    Check(
        name="budget_is_met",
        description="The mixture fills the stage's token budget.",
        run=budget_is_met,
        blocking=False,
    ),
    NO_WITHDRAWN_DOCUMENT,
    *SUITE_CHECKS,
)
