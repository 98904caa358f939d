"""Who compares which pairs: where the shingles lie, or where the sets of both documents meet.

What a comparison is stands in proof.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from assets.lineage.storage import Folder, StoredFile
from assets.mixtures.deduplication.frames import Fragments
from assets.mixtures.deduplication.parts import Part, over_parts
from assets.mixtures.deduplication.proof import (
    Compared,
    CompareItem,
    CutItem,
    DirectItem,
    Proposed,
    compare_direct,
    compare_sets,
    cut_sets,
)
from assets.ports import Compute

DIRECT_BYTES = 256 << 20
"""Shingles of a source that each worker may open, about 400 MB of text; our choice."""


FEW_BYTES = 1 << 18
"""Files of pairs that are few, up to some ten thousand; our choice."""


@dataclass(frozen=True, kw_only=True)
class Prover:
    """Compares proposed pairs of the documents of some parts.

    Where the shingles of all parts are at hand and small, or the pairs are few, a worker opens what
    it needs; else sets travel.
    """

    compute: Compute
    parts: tuple[Part, ...]
    shingle_words: int
    few_bytes: int = FEW_BYTES

    def prove(
        self,
        proposed: Sequence[Proposed],
        scratch: Folder,
        name: str,
        threshold: float | None,
        num_tags: int = 0,
    ) -> tuple[list[Compared], int]:
        """Compare all pairs; return what came out of every worker, and how many pairs."""
        pairs = _gathered([each.pairs for each in proposed])
        rights = _gathered([each.rights for each in proposed])
        are_few = self._are_few(pairs, rights)
        if are_few or self._is_direct():
            items = [
                DirectItem(
                    part=self.parts[index],
                    pairs=tuple(files),
                    parts=self.parts,
                    rights=span,
                    shingle_words=self.shingle_words,
                    threshold=threshold,
                    num_tags=num_tags,
                    out=scratch.child(name),
                )
                for index, files in sorted(pairs.items())
                for span in self._spans(are_few)
            ]
            parts = [item.part for item in items]
            found = over_parts(self.compute, compare_direct, items, parts, f"compare {name}")
            return found, sum(each.num_pairs for each in found)
        cutting = [
            CutItem(
                part=self.parts[index],
                pairs=tuple(pairs.get(index, ())),
                rights=tuple(rights.get(index, ())),
                shingle_words=self.shingle_words,
                first_rows=tuple(part.first_row for part in self.parts),
                out=scratch.child(f"{name}-sets"),
            )
            for index in sorted({*pairs, *rights})
        ]
        sent = over_parts(
            self.compute, cut_sets, cutting, [item.part for item in cutting], f"cut {name}"
        )
        own = {item.part.index: each.own for item, each in zip(cutting, sent, strict=True)}
        incoming: dict[int, list[tuple[StoredFile, StoredFile | None]]] = {}
        for each in sent:
            for to, file in each.pairs:
                incoming.setdefault(to, []).append((file, dict(each.sets).get(to)))
        comparing = [
            CompareItem(
                part=self.parts[index],
                pairs=tuple(file for file, _ in incoming[index]),
                sets=tuple(sets for _, sets in incoming[index]),
                own=own[index],
                threshold=threshold,
                num_tags=num_tags,
                out=scratch.child(name),
            )
            for index in sorted(incoming)
        ]
        compared = over_parts(
            self.compute,
            compare_sets,
            comparing,
            [item.part for item in comparing],
            f"compare {name}",
        )
        return compared, sum(each.num_pairs for each in sent)

    def _are_few(
        self, pairs: Mapping[int, Sequence[StoredFile]], rights: Mapping[int, object]
    ) -> bool:
        """Say whether workers that open both sides hold little and open hardly more parts."""
        held = sum(file.entry.size_bytes for files in pairs.values() for file in files)
        most_opened = len(pairs) * (1 + len(rights))
        return held <= self.few_bytes and most_opened <= 2 * len({*pairs, *rights})

    def _spans(self, are_few: bool) -> list[range]:
        """Return the right parts of each worker: all, or for few pairs some of them."""
        # Few pairs may all have one left part, which is then opened once per worker.
        count = min(len(self.parts), self.compute.workers) if are_few else 1
        bounds = [len(self.parts) * number // count for number in range(count + 1)]
        return [range(first, last) for first, last in pairwise(bounds)]

    def _is_direct(self) -> bool:
        held = [part.shingles for part in self.parts]
        sizes = [file.entry.size_bytes for file in held if file is not None]
        return len(sizes) == len(held) and sum(sizes) <= DIRECT_BYTES


def _gathered(writers: Sequence[Fragments]) -> dict[int, list[StoredFile]]:
    held: dict[int, list[StoredFile]] = {}
    for fragments in writers:
        for to, file in fragments:
            held.setdefault(to, []).append(file)
    return held
