"""mixtures/deduped: one document per cluster of copies, over all sources of a recipe.

The order of the steps, and who tells whom; each step is a function of another file here, run by
the engine over parts or shards. Nothing depends on the order of files, the number of workers or
the engine: row numbers and labels follow doc_ids alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assets.lineage.storage import StoredFile
from assets.lineage.workspace import Outcome, Workspace
from assets.mixtures.deduplication.bands import Buckets, ListBandsItem, list_bands, match_bands
from assets.mixtures.deduplication.clusters import (
    ChooseItem,
    Explained,
    ExplainItem,
    MembersItem,
    choose_kept,
    explain,
    gather_members,
)
from assets.mixtures.deduplication.components import label_components
from assets.mixtures.deduplication.frames import Fragments, by_receiver
from assets.mixtures.deduplication.output import (
    PART_BYTES,
    RangeItem,
    Written,
    join_merged,
    range_bounds,
    sort_merged,
    write_range,
)
from assets.mixtures.deduplication.parts import Part, over_parts
from assets.mixtures.deduplication.proof import (
    Compared,
    CompareItem,
    CutItem,
    SendItem,
    compare_sets,
    cut_sets,
    send_sets,
)
from assets.mixtures.deduplication.summary import outcome_of
from assets.mixtures.deduplication.taking import signing_of, take
from assets.mixtures.deduplication.texts import (
    Listed,
    ListTextsItem,
    Matched,
    MatchItem,
    list_texts,
    match_texts,
)
from assets.recipes.data import DedupSpec, SignatureSpec

MIN_PIECE = 1 << 16
"""Hashes or keys below which another worker costs more than it saves."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How much one worker holds at a time; changes no byte but the cut of the documents."""

    texts: int = 1 << 20
    """Text hashes, about 200 bytes each."""
    keys: int = 1 << 20
    """Band keys, about 60 bytes each with what sorting them takes."""
    edges: int = 1 << 22
    """Links, about 100 bytes each while they are joined."""
    part_bytes: int = PART_BYTES


def make_deduped(ws: Workspace) -> Outcome:
    """Merge duplicates among the documents of all sources, each up to its cap of text."""
    return dedupe(ws, Limits())


def dedupe(ws: Workspace, limits: Limits) -> Outcome:
    """Run all steps; raises what take() raises."""
    spec = DedupSpec(**ws.config["dedup"])
    if not 0 < spec.threshold <= 1:
        raise ValueError(f"dedup threshold {spec.threshold} is not in (0, 1]: fix the recipe")
    signing = signing_of(ws, spec)
    taken = take(ws)
    work = _Work(ws=ws, spec=spec, signing=signing, limits=limits, parts=taken.parts)
    listed, matched, copies = work.exact()
    buckets, cut, links, num_pairs = work.near(sum(each.num_taken for each in listed), copies)
    explained, written = work.clusters(listed, copies, cut, links)
    ws.publish(each.documents for each in written)
    admission = taken.admission
    admission.table().write_parquet(ws.out("excluded.parquet"), compression="zstd")
    admission.near.write_parquet(ws.out("near_withdrawn.parquet"), compression="zstd")
    return outcome_of(
        available=taken.available,
        admission=admission,
        listed=listed,
        matched=matched,
        buckets=buckets,
        num_pairs=num_pairs,
        links=links,
        explained=explained,
        written=written,
    )


@dataclass(frozen=True, kw_only=True)
class _Work:
    ws: Workspace
    spec: DedupSpec
    signing: SignatureSpec
    limits: Limits
    parts: tuple[Part, ...]

    @property
    def first_rows(self) -> tuple[int, ...]:
        return tuple(part.first_row for part in self.parts)

    def exact(self) -> tuple[list[Listed], list[Matched], list[tuple[StoredFile, ...]]]:
        """Find copies by their text hash; return them per part."""
        self.ws.progress(f"{len(self.parts)} parts: comparing text hashes")
        num_rows = sum(part.num_taken for part in self.parts)
        count = _pieces(num_rows, self.limits.texts, self.ws.compute.workers)
        items = [
            ListTextsItem(
                part=part,
                num_partitions=count,
                min_shingles=self.signing.min_shingles,
                out=self.ws.scratch.child("texts"),
            )
            for part in self.parts
        ]
        listed = over_parts(self.ws.compute, list_texts, items, self.parts, "list texts")
        matched = self.ws.compute.map(
            match_texts,
            self._matches([each.fragments for each in listed], count, "copies"),
            "copies",
        )
        return listed, matched, by_receiver([each.fragments for each in matched], len(self.parts))

    def near(
        self, num_rows: int, copies: Sequence[tuple[StoredFile, ...]]
    ) -> tuple[list[Buckets], list[StoredFile], list[Compared], int]:
        """Propose pairs by their bands, and prove them."""
        self.ws.progress(f"{num_rows:,} documents: grouping bands")
        count = _pieces(num_rows * self.spec.num_bands, self.limits.keys, self.ws.compute.workers)
        items = [
            ListBandsItem(
                part=part,
                num_partitions=count,
                min_shingles=self.signing.min_shingles,
                copies=copies[part.index],
                num_hashes=self.spec.num_hashes,
                num_bands=self.spec.num_bands,
                out=self.ws.scratch.child("bands"),
            )
            for part in self.parts
        ]
        listed = over_parts(self.ws.compute, list_bands, items, self.parts, "list bands")
        buckets = self.ws.compute.map(
            match_bands, self._matches(listed, count, "candidates"), "match bands"
        )
        pairs = by_receiver([each.fragments for each in buckets], len(self.parts))
        cut = self.cut(pairs, by_receiver([each.rights for each in buckets], len(self.parts)))
        links, num_pairs = self.prove(pairs, cut, "links", self.spec.threshold, 0)
        return buckets, cut, links, num_pairs

    def cut(
        self, pairs: Sequence[tuple[StoredFile, ...]], rights: Sequence[tuple[StoredFile, ...]]
    ) -> list[StoredFile]:
        """Cut the shingle sets that all comparisons need, per part."""
        self.ws.progress("cutting shingles")
        items = [
            CutItem(
                part=part,
                pairs=pairs[part.index],
                rights=rights[part.index],
                shingle_words=self.spec.shingle_words,
                out=self.ws.scratch.child("sets"),
            )
            for part in self.parts
        ]
        return over_parts(self.ws.compute, cut_sets, items, self.parts, "cut shingles")

    def prove(
        self,
        pairs: Sequence[tuple[StoredFile, ...]],
        cut: Sequence[StoredFile],
        name: str,
        threshold: float,
        num_tags: int,
    ) -> tuple[list[Compared], int]:
        """Compare pairs, given by the part of their left document."""
        self.ws.progress("comparing shingles")
        senders = [
            SendItem(
                part=part,
                pairs=pairs[part.index],
                cut=cut[part.index],
                first_rows=self.first_rows,
                out=self.ws.scratch.child(f"{name}-sent"),
            )
            for part in self.parts
        ]
        sent = over_parts(self.ws.compute, send_sets, senders, self.parts, "send shingles")
        items = []
        for part in self.parts:
            incoming = [
                (file, dict(each.sets).get(part.index))
                for each in sent
                for to, file in each.pairs
                if to == part.index
            ]
            items.append(
                CompareItem(
                    part=part,
                    pairs=tuple(file for file, _ in incoming),
                    sets=tuple(sets for _, sets in incoming),
                    cut=cut[part.index],
                    threshold=threshold,
                    num_tags=num_tags,
                    out=self.ws.scratch.child(name),
                )
            )
        compared = over_parts(self.ws.compute, compare_sets, items, self.parts, "compare shingles")
        return compared, sum(each.num_pairs for each in sent)

    def clusters(
        self,
        listed: Sequence[Listed],
        copies: Sequence[tuple[StoredFile, ...]],
        cut: Sequence[StoredFile],
        links: Sequence[Compared],
    ) -> tuple[list[Explained], list[Written]]:
        """Join links to clusters, keep one document of each, and write both with the evidence."""
        link_files = [each.links for each in links if each.links is not None]
        assert len(link_files) == len(self.parts)
        num_edges = sum(each.num_links for each in links)
        edges = [*link_files, *(file for files in copies for file in files)]
        shards = _pieces(num_edges, self.limits.edges)
        self.ws.progress(f"{num_edges:,} links: joining clusters")
        labels = by_receiver(
            label_components(
                self.ws.compute, edges, self.first_rows, shards, self.ws.scratch.child("components")
            ),
            len(self.parts),
        )
        items = [
            MembersItem(
                part=part,
                labels=labels[part.index],
                copies=copies[part.index],
                links=link_files[part.index],
                num_shards=shards,
                out=self.ws.scratch.child("clusters"),
            )
            for part in self.parts
        ]
        gathered = over_parts(self.ws.compute, gather_members, items, self.parts, "clusters")
        members = by_receiver([each.members for each in gathered], shards)
        known = by_receiver([each.links for each in gathered], shards)
        choosing = [
            ChooseItem(
                shard=shard,
                members=members[shard],
                links=known[shard],
                first_rows=self.first_rows,
                out=self.ws.scratch.child("chosen"),
            )
            for shard in range(shards)
        ]
        chosen = self.ws.compute.map(choose_kept, choosing, "choose")
        pairs = by_receiver([each.pairs for each in chosen], len(self.parts))
        compared, _ = self.prove(pairs, cut, "similarities", 0.0, shards)
        asked = by_receiver([each.fragments for each in compared], shards)
        bounds = range_bounds([each.sizes for each in listed], self.limits.part_bytes)
        explaining = [
            ExplainItem(
                shard=shard,
                decisions=each.decisions,
                links=known[shard],
                compared=asked[shard],
                bounds=bounds,
                out=self.ws.scratch.child("explained"),
            )
            for shard, each in enumerate(chosen)
        ]
        explained = self.ws.compute.map(explain, explaining, "explain")
        ranges = self._ranges(explained, bounds)
        evidence = self.ws.compute.map(sort_merged, ranges, "evidence")
        join_merged(evidence, self.ws.out("merged.parquet"))
        self.ws.progress(f"writing {len(ranges)} parts")
        return explained, self.ws.compute.map(write_range, ranges, "write documents")

    def _ranges(self, explained: Sequence[Explained], bounds: tuple[str, ...]) -> list[RangeItem]:
        merged = by_receiver([each.merged for each in explained], len(bounds) + 1)
        sizes = by_receiver([each.sizes for each in explained], len(bounds) + 1)
        return [
            RangeItem(
                index=index,
                bounds=bounds,
                parts=self.parts,
                merged=merged[index],
                sizes=sizes[index],
                out=self.ws.out_folder,
                scratch=self.ws.scratch,
            )
            for index in range(len(bounds) + 1)
        ]

    def _matches(self, listed: Sequence[Fragments], count: int, name: str) -> list[MatchItem]:
        return [
            MatchItem(
                partition=partition,
                files=files,
                first_rows=self.first_rows,
                out=self.ws.scratch.child(name),
            )
            for partition, files in enumerate(by_receiver(listed, count))
        ]


def _pieces(amount: int, limit: int, workers: int = 1) -> int:
    """Return into how many pieces to cut, so that each worker has one unless they are tiny."""
    return max(1, -(-amount // limit), min(workers, amount // MIN_PIECE))
