"""The account of a deduplication: counts, alarms, and a page for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from assets.lineage.checks import Verdict
from assets.lineage.manifest import Manifest
from assets.lineage.workspace import Outcome
from assets.mixtures.deduplication.clusters import Explained
from assets.mixtures.deduplication.matching import Matches
from assets.mixtures.deduplication.output import Written
from assets.mixtures.deduplication.taking import Taken
from assets.ports import Lake

REMOVED_SHARE_ALARM = 0.3
"""A source that loses more than this is named; our choice. A source that repeats forms is the
usual reason, and the failure to look for (44% of a source once went into one cluster elsewhere)."""
LARGEST_CLUSTER_ALARM = 0.01
"""The same for one cluster's share of all documents; our choice."""
MIN_DOCUMENTS_FOR_CLUSTER_ALARM = 1000
"""A handful of documents always has a "large" cluster: the share says something from here on."""


@dataclass(frozen=True, kw_only=True)
class _Source:
    taken: int = 0
    exact: int = 0
    near: int = 0


def outcome_of(
    *,
    taken: Taken,
    matches: Matches,
    num_links: int,
    explained: Sequence[Explained],
    written: Sequence[Written],
) -> Outcome:
    """Return counts and metrics that a check and a person can read."""
    available, admission, parts = taken.available, taken.admission, taken.parts
    sources = _sources(available, written)
    num_taken = sum(part.num_taken for part in parts)
    exact = sum(each.exact for each in sources.values())
    near = sum(each.near for each in sources.values())
    kept = sum(each.num_kept for each in written)
    assert kept + exact + near == num_taken, (kept, exact, near, num_taken)
    largest = max((each.largest for each in explained), default=0) or min(1, num_taken)
    largest_share = largest / num_taken if num_taken else 0.0
    removed = {
        source: (each.exact + each.near) / each.taken if each.taken else 0.0
        for source, each in sources.items()
    }
    return Outcome(
        counts={
            "documents_withdrawn": admission.num_withdrawn,
            "documents_of_other_licences": admission.num_other_licences,
            "near_withdrawn": admission.near.height,
            "documents_available": sum(available.values()),
            "documents_over_cap": sum(available.values()) - num_taken,
            "documents_in": num_taken,
            "documents_kept": kept,
            "merged_exact": exact,
            "merged_near": near,
            "copies_by_text_hash": matches.num_copies,
            "documents_compared_exactly_only": sum(part.measure.num_exact_only for part in parts),
            "candidate_pairs": matches.num_pairs,
            "pairs_of_different_entries": matches.num_entries,
            "linked_pairs": num_links,
            "large_buckets": matches.num_large,
            "largest_bucket": matches.largest,
            "pairs_skipped_in_large_buckets": matches.num_skipped,
            "clusters": sum(each.num_clusters for each in explained),
            "largest_cluster": largest,
            "text_bytes_in": sum(part.measure.text_bytes for part in parts),
        },
        metrics={
            **{f"removed_share/{source}": share for source, share in removed.items()},
            "largest_cluster_share": largest_share,
        },
        summary=_summary(available, sources, removed, kept, num_taken, largest_share),
    )


def removal_is_within_alarms(manifest: Manifest, lake: Lake) -> Verdict:
    """Whether no source lost, and no cluster holds, a share that asks for a look."""
    found = alarms(manifest.metrics, int(manifest.counts["documents_in"]))
    return Verdict(passed=not found, reason=" ".join(found) or "no source, no cluster stands out")


def alarms(metrics: Mapping[str, float], num_documents: int) -> list[str]:
    """Return a sentence per share above its alarm."""
    found = [
        f"ALARM: {name.removeprefix('removed_share/')} lost {share:.0%} of its documents: look at "
        "merged/ for templates."
        for name, share in metrics.items()
        if name.startswith("removed_share/") and share > REMOVED_SHARE_ALARM
    ]
    share = metrics["largest_cluster_share"]
    if share > LARGEST_CLUSTER_ALARM and num_documents >= MIN_DOCUMENTS_FOR_CLUSTER_ALARM:
        found.append(f"ALARM: one cluster holds {share:.1%} of all documents.")
    return found


def _sources(available: Mapping[str, int], written: Sequence[Written]) -> dict[str, _Source]:
    sources = {source: _Source() for source in sorted(available)}
    for each in written:
        for source, taken, exact, near in each.stats:
            held = sources[source]
            sources[source] = _Source(
                taken=held.taken + taken, exact=held.exact + exact, near=held.near + near
            )
    return sources


def _summary(
    available: Mapping[str, int],
    sources: Mapping[str, _Source],
    removed: Mapping[str, float],
    kept: int,
    taken: int,
    largest_share: float,
) -> str:
    lines = [
        f"Kept {kept:,} of {taken:,} documents.",
        "",
        "| source | available | taken | kept | exact | near | removed |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for source, each in sources.items():
        lines.append(
            f"| {source} | {available[source]:,} | {each.taken:,} "
            f"| {each.taken - each.exact - each.near:,} | {each.exact:,} | {each.near:,} "
            f"| {removed[source]:.1%} |"
        )
    metrics = {f"removed_share/{source}": share for source, share in removed.items()}
    found = alarms({**metrics, "largest_cluster_share": largest_share}, taken)
    return "\n".join([*lines, *(["", *found] if found else [])])
