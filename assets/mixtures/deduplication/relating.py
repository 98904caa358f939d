"""What the documents of one source are to each other: copies, proved near copies, similarities.

Found once, when a source is signed, and kept in its artifact; a mixture looks across sources only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assets.lineage.storage import Folder, StoredFile
from assets.lineage.workspace import Workspace
from assets.mixtures.deduplication.bands import OwnBandsItem, match_own_bands
from assets.mixtures.deduplication.frames import (
    Fragments,
    by_receiver,
    read_frames,
    write_frame,
)
from assets.mixtures.deduplication.matching import Clustering, Matches, cluster
from assets.mixtures.deduplication.parts import Part, over_parts
from assets.mixtures.deduplication.proof import Compared
from assets.mixtures.deduplication.prover import Prover
from assets.mixtures.deduplication.relations import RELATIONS
from assets.mixtures.deduplication.settled import SettledShard, SettleItem, settle
from assets.mixtures.deduplication.sketching import PartResult
from assets.mixtures.deduplication.texts import OwnItem, match_own_texts
from assets.recipes.data import SignatureSpec

MAX_EDGES = 1 << 22
"""Links of one shard, about 100 bytes each while they are joined; our choice."""


@dataclass(frozen=True, kw_only=True)
class JoinItem:
    part: Part
    files: tuple[StoredFile, ...]
    out: Folder


@dataclass(frozen=True, kw_only=True)
class Related:
    files: tuple[StoredFile, ...]
    """Of the artifact: keys of texts and bands, relations of every part, settled clusters."""
    matches: Matches


def relate(
    ws: Workspace,
    parts: Sequence[Part],
    signed: Sequence[PartResult],
    bits: int,
    spec: SignatureSpec,
    max_edges: int,
) -> Related:
    """Find what the documents of a source, with rows numbered within it, are to each other."""
    first_rows = tuple(part.first_row for part in parts)
    ws.progress("comparing text hashes")
    texts = ws.compute.map(
        match_own_texts,
        [
            OwnItem(
                number=number,
                bits=bits,
                files=files,
                first_rows=first_rows,
                out=ws.out_folder,
                scratch=ws.scratch,
            )
            for number, files in enumerate(_by_file([each.texts for each in signed], bits, parts))
        ],
        "copies",
    )
    copies = by_receiver([each.copies for each in texts], len(parts))
    ws.progress("grouping bands")
    buckets = ws.compute.map(
        match_own_bands,
        [
            OwnBandsItem(
                number=number,
                bits=bits,
                files=files,
                first_rows=first_rows,
                out=ws.out_folder,
                scratch=ws.scratch,
                copies=tuple(file for own in copies for file in own),
            )
            for number, files in enumerate(_by_file([each.bands for each in signed], bits, parts))
        ],
        "match bands",
    )
    ws.progress("comparing shingles")
    prover = Prover(compute=ws.compute, parts=tuple(parts), shingle_words=spec.shingle_words)
    links, num_pairs = prover.prove(
        [each.proposed for each in buckets], ws.scratch, "links", spec.threshold
    )
    known = [[*own, *more] for own, more in zip(copies, _per_part(parts, links), strict=True)]
    num_edges = sum(each.num_links for each in links) + sum(each.num_copies for each in texts)
    shards = max(1, -(-num_edges // max_edges))
    found = cluster(ws.compute, prover, known, shards, ws.scratch)
    settled = _settled(ws, found, first_rows)
    more = by_receiver([each.compared for each in settled], len(parts))
    items = [
        JoinItem(part=part, files=(*known[part.index], *more[part.index]), out=ws.out_folder)
        for part in parts
    ]
    relations = over_parts(ws.compute, join_relations, items, parts, "relations")
    keys = [*(each.keys for each in texts), *(each.keys for each in buckets)]
    clusters = [file for each in settled for file in (each.merged, each.sizes, each.rows)]
    return Related(
        files=(*keys, *relations, *clusters),
        matches=Matches.of(sum(each.num_copies for each in texts), num_pairs, links, buckets),
    )


def _settled(ws: Workspace, found: Clustering, first_rows: tuple[int, ...]) -> list[SettledShard]:
    items = [
        SettleItem(
            shard=shard,
            decisions=each.decisions,
            known=each.known,
            compared=compared,
            first_rows=first_rows,
            out=ws.out_folder,
            scratch=ws.scratch,
        )
        for shard, (each, compared) in enumerate(zip(found.chosen, found.similarities, strict=True))
    ]
    return ws.compute.map(settle, items, "settle")


def join_relations(item: JoinItem) -> StoredFile:
    """Write all that is known of the documents of one part."""
    relations = read_frames(item.files, RELATIONS).sort("right", "left", "kind")
    return write_frame(item.out, f"relations/{item.part.index:05d}.arrow", relations)


def _by_file(
    sent: Sequence[Fragments], bits: int, parts: Sequence[Part]
) -> list[tuple[tuple[int, StoredFile], ...]]:
    """Return per file of keys what each part sent, with the first row of the part."""
    files: list[list[tuple[int, StoredFile]]] = [[] for _ in range(1 << bits)]
    for part, fragments in zip(parts, sent, strict=True):
        for to, file in fragments:
            files[to].append((part.first_row, file))
    return [tuple(each) for each in files]


def _per_part(parts: Sequence[Part], compared: Sequence[Compared]) -> list[tuple[StoredFile, ...]]:
    return by_receiver([each.relations for each in compared], len(parts))
