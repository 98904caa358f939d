"""mixtures/deduped: one document per cluster of copies, over all sources of a recipe.

The order of the steps, and who tells whom; each step is a function of another file here, run by
the engine over parts or shards. Nothing depends on the order of files, the number of workers or
the engine: row numbers and labels follow doc_ids alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace

from assets.lineage.storage import StoredFile
from assets.lineage.workspace import InputFiles, Outcome, Workspace
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
    write_range,
)
from assets.mixtures.deduplication.parts import (
    CapItem,
    Measure,
    Part,
    mapped,
    measure_part,
    over_parts,
    rows_within,
)
from assets.mixtures.deduplication.proof import (
    Compared,
    CompareItem,
    SendItem,
    compare_sets,
    send_sets,
)
from assets.mixtures.deduplication.summary import outcome_of
from assets.mixtures.deduplication.texts import (
    Listed,
    ListTextsItem,
    Matched,
    MatchItem,
    list_texts,
    match_texts,
)
from assets.recipes.recipe import DedupSpec, SignatureSpec


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
    """Run all steps; raises ValueError when recipe, documents and signatures disagree."""
    spec = DedupSpec(**ws.config["dedup"])
    if not 0 < spec.threshold <= 1:
        raise ValueError(f"dedup threshold {spec.threshold} is not in (0, 1]: fix the recipe")
    signing = _signing(ws, spec)
    parts, available = _parts(ws, ws.config["sources"])
    work = _Work(ws=ws, spec=spec, signing=signing, limits=limits, parts=parts)
    listed, matched, copies = work.exact()
    buckets, links, num_pairs = work.near(sum(each.num_taken for each in listed), copies)
    explained, written = work.clusters(listed, copies, links)
    ws.publish(each.documents for each in written)
    join_merged([each.merged for each in written], ws.out("merged.parquet"))
    return outcome_of(
        available=available,
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
        count = _pieces(num_rows, self.limits.texts)
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
    ) -> tuple[list[Buckets], list[Compared], int]:
        """Propose pairs by their bands, and prove them."""
        self.ws.progress(f"{num_rows:,} documents: grouping bands")
        count = _pieces(num_rows * self.spec.num_bands, self.limits.keys)
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
        links, num_pairs = self.prove(pairs, "links", self.spec.threshold, 0)
        return buckets, links, num_pairs

    def prove(
        self, pairs: Sequence[tuple[StoredFile, ...]], name: str, threshold: float, num_tags: int
    ) -> tuple[list[Compared], int]:
        """Compare pairs, given by the part of their left document."""
        self.ws.progress("comparing shingles")
        senders = [
            SendItem(
                part=part,
                pairs=pairs[part.index],
                first_rows=self.first_rows,
                shingle_words=self.spec.shingle_words,
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
                    shingle_words=self.spec.shingle_words,
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
        compared, _ = self.prove(pairs, "similarities", 0.0, shards)
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
        return explained, self._write(explained, bounds)

    def _write(self, explained: Sequence[Explained], bounds: tuple[str, ...]) -> list[Written]:
        self.ws.progress(f"writing {len(bounds) + 1} parts")
        merged = by_receiver([each.merged for each in explained], len(bounds) + 1)
        sizes = by_receiver([each.sizes for each in explained], len(bounds) + 1)
        items = [
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
        return self.ws.compute.map(write_range, items, "write documents")

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


def _pieces(amount: int, limit: int) -> int:
    return max(1, -(-amount // limit))


def _signing(ws: Workspace, spec: DedupSpec) -> SignatureSpec:
    """Return the one spec of all signatures; raises ValueError when the recipe's differs."""
    found = {item.partition: SignatureSpec(**item.manifest.config) for item in _signatures(ws)}
    if not found:
        raise ValueError("no signatures to compare: the recipe names no source")
    first_source, first = next(iter(sorted(found.items())))
    for source, signing in sorted(found.items()):
        if signing != first:
            raise ValueError(
                f"signatures of {source} were made with {asdict(signing)}, those of "
                f"{first_source} with {asdict(first)}: make mixtures/signatures again"
            )
    for name in ("shingle_words", "num_hashes", "seed"):
        if getattr(first, name) != getattr(spec, name):
            raise ValueError(
                f"dedup wants {name} {getattr(spec, name)}, but signatures have "
                f"{getattr(first, name)}: make the recipe's dedup and signatures agree"
            )
    return first


def _signatures(ws: Workspace) -> tuple[InputFiles, ...]:
    return ws.inputs("mixtures/signatures")


def _parts(ws: Workspace, caps: Mapping[str, int]) -> tuple[tuple[Part, ...], dict[str, int]]:
    """Return the parts with their rows numbered, and how many documents each source has."""
    documents = {item.partition: item for item in ws.inputs("corpora/documents")}
    signatures = {item.partition: item for item in _signatures(ws)}
    for inputs, what in ((documents, "documents"), (signatures, "signatures")):
        if set(inputs) != set(caps):
            raise ValueError(
                f"the recipe names the sources {sorted(caps)}, but the {what} are of "
                f"{sorted(inputs)}: make them the same"
            )
    parts: list[Part] = []
    for source in sorted(caps):
        files = documents[source].table_files("documents")
        signed = signatures[source].table_files("signatures")
        if len(files) != len(signed):
            raise ValueError(
                f"{source} has {len(files)} parts of documents, but {len(signed)} of signatures: "
                f"make mixtures/signatures[{source}] again"
            )
        templates = signatures[source].stored("templates.parquet")
        parts += [
            Part(
                index=len(parts) + number,
                source=source,
                documents=file,
                signatures=sketch,
                templates=templates,
            )
            for number, (file, sketch) in enumerate(zip(files, signed, strict=True))
        ]
    ws.progress(f"measuring {len(parts)} parts")
    measures = over_parts(ws.compute, measure_part, parts, parts, "measure")
    available = dict.fromkeys(sorted(caps), 0)
    for part, measure in zip(parts, measures, strict=True):
        available[part.source] += measure.num_documents
    return _taken(ws, caps, parts, measures), available


def _taken(
    ws: Workspace, caps: Mapping[str, int], parts: Sequence[Part], measures: Sequence[Measure]
) -> tuple[Part, ...]:
    """Number the first documents by doc_id of each source whose text fits into its cap."""
    room = dict(caps)
    within: dict[int, int] = {}
    cut: list[CapItem] = []
    last_id: dict[str, str] = {}
    for part, measure in zip(parts, measures, strict=True):
        if measure.num_documents and last_id.get(part.source, "") >= measure.first_id:
            raise ValueError(
                f"documents of {part.source} are not sorted by doc_id over their parts: make "
                "corpora/documents again"
            )
        last_id[part.source] = measure.last_id or last_id.get(part.source, "")
        if measure.text_bytes <= room[part.source]:
            within[part.index] = measure.num_documents
            room[part.source] -= measure.text_bytes
        else:
            cut.append(CapItem(part=part, room_bytes=room[part.source]))
            room[part.source] = -1
    counted = mapped(ws.compute, rows_within, cut, [1] * len(cut), "cap")
    within |= {item.part.index: count for item, count in zip(cut, counted, strict=True)}
    numbered: list[Part] = []
    first_row = 0
    for part in parts:
        numbered.append(replace(part, first_row=first_row, num_taken=within[part.index]))
        first_row += within[part.index]
    _refuse_tiny_caps(caps, numbered, measures)
    return tuple(numbered)


def _refuse_tiny_caps(
    caps: Mapping[str, int], parts: Sequence[Part], measures: Sequence[Measure]
) -> None:
    for source, cap in caps.items():
        own = [(p, m) for p, m in zip(parts, measures, strict=True) if p.source == source]
        if any(m.num_documents for _, m in own) and not any(p.num_taken for p, _ in own):
            raise ValueError(
                f"source {source}: max_text_bytes {cap} is below its first document: raise the "
                "cap in the recipe"
            )
