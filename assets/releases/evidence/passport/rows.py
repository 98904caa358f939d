"""The order of things within the rows of a layered picture, and their horizontal places.

Order by the mean of neighbours, over and over (Sugiyama, Tagawa, Toda 1981), places by least
squares under the order (pool adjacent violators). Deterministic: equal lineage, equal picture.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

ORDER_SWEEPS, PLACE_SWEEPS = 12, 80
"""Passes down and up; further ones change nothing that is seen in our graphs."""


@dataclass(frozen=True, kw_only=True)
class Slot:
    """Room for a box or for a line that passes through the row."""

    place: int
    width: float
    passing: bool = False
    """Whether only a line passes here."""


def ordered_rows(
    rows: Sequence[Sequence[Slot]], chains: Iterable[Sequence[int]]
) -> list[list[Slot]]:
    """Return the rows in an order that keeps connected slots near each other."""
    above, below = _neighbours(chains)
    order = [list(row) for row in rows]
    for sweep in range(ORDER_SWEEPS):
        near = above if sweep % 2 == 0 else below
        rank = {slot.place: i / max(1, len(row)) for row in order for i, slot in enumerate(row)}
        for row in order if sweep % 2 == 0 else reversed(order):
            row.sort(key=lambda slot: _mean(near[slot.place], rank, rank[slot.place]))
            for i, slot in enumerate(row):
                rank[slot.place] = i / max(1, len(row))
    return order


def placed_rows(
    rows: Sequence[Sequence[Slot]], chains: Iterable[Sequence[int]], *, gap: float
) -> list[float]:
    """Return the centre of every slot by its place: near its neighbours, without overlap."""
    above, below = _neighbours(chains)
    passing = {slot.place for row in rows for slot in row if slot.passing}
    centres: dict[int, float] = {}
    for row in rows:
        total = sum(slot.width + gap for slot in row) - gap
        x = -total / 2
        for slot in row:
            centres[slot.place] = x + slot.width / 2
            x += slot.width + gap
    for sweep in range(PLACE_SWEEPS):
        near = above if sweep % 2 == 0 else below
        for row in rows if sweep % 2 == 0 else list(reversed(rows)):
            wanted = [_drawn_to(s, near[s.place], centres, passing) for s in row]
            for slot, centre in zip(row, _apart(row, wanted, gap), strict=True):
                centres[slot.place] = centre
    return [centres[place] for place in sorted(centres)]


def _apart(row: Sequence[Slot], wanted: Sequence[float], gap: float) -> list[float]:
    """Return the centres nearest to those wanted that keep the order and a gap.

    Where a box and a passing line want the same place, the line gives way.
    """
    offsets = [0.0]
    for before, after in pairwise(row):
        offsets.append(offsets[-1] + (before.width + after.width) / 2 + gap)
    pools: list[tuple[float, float, int]] = []
    for slot, want, offset in zip(row, wanted, offsets, strict=True):
        mean, weight, size = want - offset, 1.0 if slot.passing else _FIRM, 1
        while pools and pools[-1][0] > mean:
            other, heavy, count = pools.pop()
            mean = (mean * weight + other * heavy) / (weight + heavy)
            weight, size = weight + heavy, size + count
        pools.append((mean, weight, size))
    shifts = [mean for mean, _, size in pools for _ in range(size)]
    return [shift + offset for shift, offset in zip(shifts, offsets, strict=True)]


_FIRM = 300.0
"""How much firmer a box stands than a line that passes it (our choice)."""


def _neighbours(
    chains: Iterable[Sequence[int]],
) -> tuple[dict[int, list[int]], dict[int, list[int]]]:
    above: dict[int, list[int]] = defaultdict(list)
    below: dict[int, list[int]] = defaultdict(list)
    for chain in chains:
        for upper, lower in pairwise(chain):
            above[lower].append(upper)
            below[upper].append(lower)
    return above, below


def _drawn_to(
    slot: Slot, near: Sequence[int], centres: dict[int, float], passing: set[int]
) -> float:
    """Return the mean of neighbours, by how much a bend between the two would be seen."""
    if not near:
        return centres[slot.place]
    weights = [_STRAIGHT[(place in passing) + slot.passing] for place in near]
    pull = sum(w * centres[place] for w, place in zip(weights, near, strict=True))
    return pull / sum(weights)


_STRAIGHT = (4.0, 1.0, 8.0)
"""Between two boxes, a box and a line, two pieces of a line (our choice, after Gansner 1993)."""


def _mean(places: Sequence[int], values: dict[int, float], default: float) -> float:
    return sum(values[place] for place in places) / len(places) if places else default
