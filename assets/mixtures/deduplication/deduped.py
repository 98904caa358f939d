"""mixtures/deduped: one document per cluster of copies, over all sources of a recipe.

What the documents of one source are to each other was found when it was signed; here the sources
are matched with each other, clusters joined, and one document of each kept. Each step is a function
of another file here, run by the engine over parts or shards. Nothing depends on the order of files,
the number of workers or the engine: row numbers and labels follow doc_ids alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from assets.lineage.storage import StoredFile
from assets.lineage.workspace import Outcome, Workspace
from assets.mixtures.deduplication.bands import AcrossBandsItem, Buckets, match_bands_across
from assets.mixtures.deduplication.clusters import Explained, ExplainItem, explain
from assets.mixtures.deduplication.frames import by_receiver
from assets.mixtures.deduplication.keys import KeyFiles, piece_bits
from assets.mixtures.deduplication.matching import Matches, cluster
from assets.mixtures.deduplication.output import (
    PART_BYTES,
    RangeItem,
    Written,
    may_hold,
    merged_items,
    range_bounds,
    write_merged,
    write_range,
)
from assets.mixtures.deduplication.parts import over_parts
from assets.mixtures.deduplication.prover import FEW_BYTES, Prover
from assets.mixtures.deduplication.relating import MAX_EDGES
from assets.mixtures.deduplication.relations import Renumbered, RenumberItem, renumber
from assets.mixtures.deduplication.screening import SCREEN_BYTES, Sketched, least_equal
from assets.mixtures.deduplication.settled import (
    STANDING_BYTES,
    Opened,
    OpenItem,
    Standing,
    TouchItem,
    open_touched,
    touch,
)
from assets.mixtures.deduplication.summary import outcome_of
from assets.mixtures.deduplication.taking import Source, Taken, signing_of, take
from assets.mixtures.deduplication.texts import AcrossItem, AcrossTexts, match_texts_across
from assets.recipes.data import DedupSpec


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How much one worker holds at a time; changes no byte but the cut of the documents."""

    edges: int = MAX_EDGES
    part_bytes: int = PART_BYTES
    standing_bytes: int = STANDING_BYTES
    few_bytes: int = FEW_BYTES


def make_deduped(ws: Workspace) -> Outcome:
    """Merge duplicates among the documents of all sources, each up to its cap of text."""
    return dedupe(ws, Limits())


def dedupe(ws: Workspace, limits: Limits) -> Outcome:
    """Run all steps; raises what take() raises."""
    spec = DedupSpec(**ws.config["dedup"])
    if not 0 < spec.threshold <= 1:
        raise ValueError(f"dedup threshold {spec.threshold} is not in (0, 1]: fix the recipe")
    taken = take(ws, signing_of(ws, spec), spec.threshold)
    sizes = [file for source in taken.sources.values() for file in source.sizes]
    bounds = range_bounds(sizes, limits.part_bytes)
    work = _Work(ws=ws, spec=spec, limits=limits, taken=taken, bounds=bounds)
    found = work.across()
    opened = work.opened(found.relations)
    own = work.within(by_receiver([each.rows for each in opened], len(taken.parts)))
    relations = by_receiver([each.relations for each in own], len(taken.parts))
    together = [[*one, *two] for one, two in zip(relations, found.relations, strict=True)]
    num_edges = found.num_links + found.num_copies
    num_edges += sum(each.num_links + each.num_copies for each in own)
    explained = [*(each.explained for each in opened), *work.clusters(together, num_edges)]
    written = work.written(explained, [each.standing for each in opened if each.standing])
    ws.publish(each.documents for each in written)
    admission = taken.admission
    admission.table().write_parquet(ws.out("excluded.parquet"), compression="zstd")
    admission.near.write_parquet(ws.out("near_withdrawn.parquet"), compression="zstd")
    return outcome_of(
        taken=taken,
        matches=found.matches.with_others([each.matches for each in taken.sources.values()]),
        num_links=found.num_links + work.num_links_within(own),
        explained=explained,
        written=written,
    )


@dataclass(frozen=True, kw_only=True)
class _Across:
    """What the matching of sources with each other found."""

    relations: Sequence[Sequence[StoredFile]]
    """Copies and proved links, per part of the right document."""
    num_copies: int
    num_links: int
    matches: Matches


@dataclass(frozen=True, kw_only=True)
class _Work:
    ws: Workspace
    spec: DedupSpec
    limits: Limits
    taken: Taken
    bounds: tuple[str, ...]
    """doc_id prefixes at which a new range of what is written begins."""

    @property
    def first_rows(self) -> tuple[int, ...]:
        return tuple(part.first_row for part in self.taken.parts)

    @property
    def prover(self) -> Prover:
        return Prover(
            compute=self.ws.compute,
            parts=self.taken.parts,
            shingle_words=self.spec.shingle_words,
            few_bytes=self.limits.few_bytes,
        )

    def across(self) -> _Across:
        """Match the sources with each other: equal texts, then near copies, proved."""
        sources = list(self.taken.sources.values())
        self.ws.progress(f"{len(sources)} sources: matching them with each other")
        texts: list[AcrossTexts] = []
        buckets: list[Buckets] = []
        if len(sources) > 1:
            compute = self.ws.compute
            items = self._items([each.texts for each in sources], "texts")
            texts = compute.map(match_texts_across, items, "copies across")
            banding = [
                AcrossBandsItem(
                    **vars(item),
                    sketches=self._screen(),
                    least_equal=least_equal(self.spec.threshold, self.spec.num_hashes),
                    num_hashes=self.spec.num_hashes,
                )
                for item in self._items([each.bands for each in sources], "bands")
            ]
            buckets = compute.map(match_bands_across, banding, "match bands across")
        proposed = [each.proposed for each in buckets]
        links, num_pairs = self.prover.prove(
            proposed, self.ws.scratch, "links", self.spec.threshold
        )
        num_copies = sum(each.num_copies for each in texts)
        num_parts = len(self.taken.parts)
        copies = by_receiver([each.copies for each in texts], num_parts)
        proved = by_receiver([each.relations for each in links], num_parts)
        return _Across(
            relations=[[*one, *two] for one, two in zip(copies, proved, strict=True)],
            num_copies=num_copies,
            num_links=sum(each.num_links for each in links),
            matches=Matches.of(num_copies, num_pairs, links, buckets),
        )

    def opened(self, relations: Sequence[Sequence[StoredFile]]) -> list[Opened]:
        """Open the settled clusters that another source touches; all others stand."""
        touching = [
            TouchItem(
                index=index,
                relations=tuple(files),
                first_rows=self.first_rows,
                out=self.ws.scratch.child("touched"),
            )
            for index, files in enumerate(relations)
            if files
        ]
        sent = self.ws.compute.map(touch, touching, "touched")
        touched = by_receiver(sent, len(self.taken.parts))
        items = []
        for name, source in self.taken.sources.items():
            parts = [part.index for part in self.taken.parts if part.source == name]
            files = tuple(file for index in parts for file in touched[index])
            items += self._opening(source, files, parts[0]) if source.settled else []
        return self.ws.compute.map(open_touched, items, "settled clusters")

    def _opening(
        self, source: Source, touched: tuple[StoredFile, ...], first_part: int
    ) -> list[OpenItem]:
        assert source.settled is not None
        shards = zip(source.settled.merged, source.settled.sizes, source.settled.rows, strict=True)
        return [
            OpenItem(
                # Sources begin at different parts.
                name=f"{first_part:05d}-{shard:05d}",
                merged=merged,
                sizes=sizes,
                rows=rows,
                touched=touched,
                source=source.rows,
                first_rows=self.first_rows,
                bounds=None if self._stands() else self.bounds,
                out=self.ws.scratch,
            )
            for shard, (merged, sizes, rows) in enumerate(shards)
        ]

    def _stands(self) -> bool:
        """Say whether each worker may open the evidence of all settled clusters."""
        held = [each.settled.merged for each in self.taken.sources.values() if each.settled]
        size = sum(file.entry.size_bytes for files in held for file in files)
        return size <= self.limits.standing_bytes

    def within(self, opened: Sequence[tuple[StoredFile, ...]]) -> list[Renumbered]:
        """Number what is known within open clusters by the rows of the mixture.

        `opened` are the documents of opened ones, per part.
        """
        items = []
        for part in self.taken.parts:
            source = self.taken.sources[part.source]
            if part.relations is None or (source.settled and not opened[part.index]):
                continue
            items.append(
                RenumberItem(
                    index=part.index,
                    relations=part.relations,
                    rows=source.rows,
                    threshold=self.spec.threshold,
                    first_rows=self.first_rows,
                    opened=opened[part.index] if source.settled else None,
                    out=self.ws.scratch.child("within"),
                )
            )
        parts = [self.taken.parts[item.index] for item in items]
        return over_parts(self.ws.compute, renumber, items, parts, "within sources")

    def num_links_within(self, own: Sequence[Renumbered]) -> int:
        """Return how many links the taken documents of a source have with each other."""
        sources = self.taken.sources
        counted = [each for each in own if not sources[self.taken.parts[each.index].source].settled]
        settled = [each.matches.num_links for each in sources.values() if each.settled]
        return sum(settled) + sum(each.num_links for each in counted)

    def clusters(
        self, relations: Sequence[Sequence[StoredFile]], num_edges: int
    ) -> list[Explained]:
        """Join relations to clusters, keep one document of each, and say why the others go."""
        shards = max(1, -(-num_edges // self.limits.edges))
        self.ws.progress(f"{num_edges:,} links: joining clusters")
        found = cluster(self.ws.compute, self.prover, relations, shards, self.ws.scratch)
        items = [
            ExplainItem(
                shard=shard,
                decisions=each.decisions,
                known=each.known,
                compared=compared,
                bounds=self.bounds,
                out=self.ws.scratch.child("explained"),
            )
            for shard, (each, compared) in enumerate(
                zip(found.chosen, found.similarities, strict=True)
            )
        ]
        return self.ws.compute.map(explain, items, "explain")

    def written(
        self, explained: Sequence[Explained], standing: Sequence[Standing]
    ) -> list[Written]:
        """Write the evidence, and the documents that stay."""
        ranges = self._ranges(explained, standing)
        self.ws.publish(self.ws.compute.map(write_merged, merged_items(ranges), "evidence"))
        self.ws.progress(f"writing {len(ranges)} parts")
        return self.ws.compute.map(write_range, ranges, "write documents")

    def _screen(self) -> tuple[Sketched, ...]:
        """Return the sketches of all sources if they are small enough to be opened anywhere."""
        every = tuple(each.sketches for each in self.taken.sources.values())
        size = sum(file.entry.size_bytes for source in every for _, file in source)
        return every if size <= SCREEN_BYTES else ()

    def _items(self, sources: Sequence[KeyFiles], name: str) -> list[AcrossItem]:
        bits = piece_bits(sources)
        return [
            AcrossItem(
                number=number,
                bits=bits,
                sources=tuple(sources),
                rows=tuple(each.rows for each in self.taken.sources.values()),
                first_rows=self.first_rows,
                out=self.ws.scratch.child(f"across-{name}"),
            )
            for number in range(1 << bits)
        ]

    def _ranges(
        self, explained: Sequence[Explained], standing: Sequence[Standing]
    ) -> list[RangeItem]:
        merged = by_receiver([each.merged for each in explained], len(self.bounds) + 1)
        sizes = by_receiver([each.sizes for each in explained], len(self.bounds) + 1)
        edges = ("", *self.bounds, "")
        return [
            RangeItem(
                index=index,
                first=first,
                last=last,
                parts=tuple(part for part in self.taken.parts if may_hold(part, first, last)),
                merged=merged[index],
                sizes=sizes[index],
                standing=tuple(standing),
                out=self.ws.out_folder,
            )
            for index, (first, last) in enumerate(pairwise(edges))
        ]
