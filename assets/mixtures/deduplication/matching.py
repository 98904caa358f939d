"""One way from proposed pairs to what is known of them: proof, clusters, the similarities left.

Signing runs it over the parts of one source, a mixture over those of all sources; the steps are
functions of other files here, run by the engine over parts or shards.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assets.lineage.storage import Folder, StoredFile
from assets.mixtures.deduplication.bands import Buckets
from assets.mixtures.deduplication.clusters import (
    ChooseItem,
    Chosen,
    MembersItem,
    choose_kept,
    gather_members,
)
from assets.mixtures.deduplication.components import label_components
from assets.mixtures.deduplication.frames import by_receiver
from assets.mixtures.deduplication.parts import over_parts
from assets.mixtures.deduplication.proof import Compared
from assets.mixtures.deduplication.prover import Prover
from assets.ports import Compute


@dataclass(frozen=True, kw_only=True)
class Matches:
    """How the pairs of one run of matching came about."""

    num_copies: int = 0
    num_pairs: int = 0
    num_links: int = 0
    num_entries: int = 0
    """Pairs at the threshold that are two entries of a form, so no link."""
    num_large: int = 0
    largest: int = 0
    num_skipped: int = 0

    @classmethod
    def of(
        cls,
        num_copies: int,
        num_pairs: int,
        links: Sequence[Compared],
        buckets: Sequence[Buckets],
    ) -> Matches:
        return cls(
            num_copies=num_copies,
            num_pairs=num_pairs,
            num_links=sum(each.num_links for each in links),
            num_entries=sum(each.num_entries for each in links),
            num_large=sum(each.num_large for each in buckets),
            largest=max((each.largest for each in buckets), default=0),
            num_skipped=sum(each.num_skipped for each in buckets),
        )

    def with_others(self, others: Sequence[Matches]) -> Matches:
        every = (self, *others)
        return Matches(
            num_copies=sum(each.num_copies for each in every),
            num_pairs=sum(each.num_pairs for each in every),
            num_links=sum(each.num_links for each in every),
            num_entries=sum(each.num_entries for each in every),
            num_large=sum(each.num_large for each in every),
            largest=max(each.largest for each in every),
            num_skipped=sum(each.num_skipped for each in every),
        )


@dataclass(frozen=True, kw_only=True)
class Clustering:
    """Clusters by the shards of their labels."""

    chosen: tuple[Chosen, ...]
    similarities: tuple[tuple[StoredFile, ...], ...]
    """Per shard, those that nobody had found before."""


def cluster(
    compute: Compute,
    prover: Prover,
    relations: Sequence[Sequence[StoredFile]],
    num_shards: int,
    scratch: Folder,
) -> Clustering:
    """Join documents to clusters by their relations, given per part, and choose who is kept."""
    parts = prover.parts
    first_rows = tuple(part.first_row for part in parts)
    files = [file for own in relations for file in own]
    if not files:
        return Clustering(chosen=(), similarities=())
    labels = by_receiver(
        label_components(compute, files, first_rows, num_shards, scratch.child("components")),
        len(parts),
    )
    items = [
        MembersItem(
            part=part,
            labels=labels[part.index],
            relations=tuple(relations[part.index]),
            num_shards=num_shards,
            out=scratch.child("clusters"),
        )
        for part in parts
        if labels[part.index]
    ]
    gathered = over_parts(
        compute, gather_members, items, [item.part for item in items], "cluster members"
    )
    members = by_receiver([each.members for each in gathered], num_shards)
    known = by_receiver([each.relations for each in gathered], num_shards)
    choosing = [
        ChooseItem(
            shard=shard,
            members=members[shard],
            relations=known[shard],
            first_rows=first_rows,
            out=scratch.child("chosen"),
        )
        for shard in range(num_shards)
    ]
    chosen = compute.map(choose_kept, choosing, "choose")
    compared, _ = prover.prove(
        [each.missing for each in chosen],
        scratch,
        "similarities",
        None,
        num_shards,
    )
    similarities = by_receiver([each.relations for each in compared], num_shards)
    return Clustering(chosen=tuple(chosen), similarities=tuple(similarities))
