"""Where each artifact stands in the picture of a release's lineage: pure geometry, no drawing.

Artifacts of one node stand together in a box, at the row of their longest way from the corpora. A
box holds a chip for each of a few artifacts, or a small square for each of thousands.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from assets.releases.evidence.passport.rows import Slot, ordered_rows, placed_rows

# Sizes in units of the picture, one CSS pixel at full size; all are our choice.
BOX_HEIGHT, TITLE_HEIGHT, BOX_MIN_WIDTH = 46.0, 24.0, 186.0
CHIP_WIDTH, CHIP_HEIGHT, CHIP_GAP, MAX_CHIPS, CHIPS_A_ROW = 118.0, 22.0, 5.0, 40, 5
SQUARE, SQUARE_GAP, SQUARES_A_ROW = 11.0, 3.0, 48
PADDING, ROW_GAP, BOX_GAP, MARGIN = 8.0, 32.0, 18.0, 12.0
PASSING_WIDTH = 10.0
"""Room in a row for a line that passes through it."""


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One artifact in its box."""

    artifact: int
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, kw_only=True)
class Box:
    node: str
    row: int
    x: float
    y: float
    width: float
    height: float
    cells: tuple[Cell, ...]
    labelled: bool
    """Whether cells have room for a name."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """A connection of two boxes, by their places in the list, with its path."""

    start: int
    end: int
    path: str


@dataclass(frozen=True, kw_only=True)
class Picture:
    width: float
    height: float
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    """Only those that do not follow from others: a picture of all would be a felt."""
    box_of: tuple[int, ...]
    """Artifact -> its box."""


def lay_out(nodes: Sequence[str], inputs: Sequence[Sequence[int]]) -> Picture:
    """Place artifacts, given the node of each and the artifacts that each was made from."""
    depth = depths(inputs)
    groups: dict[tuple[int, str], list[int]] = defaultdict(list)
    for artifact, node in enumerate(nodes):
        groups[depth[artifact], node].append(artifact)
    keys = sorted(groups)
    box_of = [0] * len(nodes)
    for place, key in enumerate(keys):
        for artifact in groups[key]:
            box_of[artifact] = place
    edges = {(box_of[i], box_of[a]) for a, given in enumerate(inputs) for i in given}
    sizes = [_size(len(groups[key])) for key in keys]
    return _drawn(keys, [groups[key] for key in keys], sizes, _reduced(edges), tuple(box_of))


def _drawn(
    keys: Sequence[tuple[int, str]],
    members: Sequence[Sequence[int]],
    sizes: Sequence[tuple[float, float]],
    edges: Sequence[tuple[int, int]],
    box_of: tuple[int, ...],
) -> Picture:
    slots, chains = _slots([row for row, _ in keys], sizes, edges)
    centres = placed_rows(ordered_rows(slots, chains), chains, gap=BOX_GAP)
    left = min((centres[s.place] - s.width / 2 for row in slots for s in row), default=0.0)
    right = max((centres[s.place] + s.width / 2 for row in slots for s in row), default=0.0)
    tops, height = _tops(slots, sizes)
    x = [centre - left + MARGIN for centre in centres]
    boxes = tuple(
        _box(node, row, members[place], x[place] - sizes[place][0] / 2, tops[row], sizes[place])
        for place, (row, node) in enumerate(keys)
    )
    heights = [
        max((sizes[s.place][1] for s in row if s.place < len(sizes)), default=0.0) for row in slots
    ]
    lines = tuple(
        Line(start=chain[0], end=chain[-1], path=_path(chain, x, boxes, tops, heights))
        for chain in chains
    )
    return Picture(
        width=right - left + 2 * MARGIN, height=height, boxes=boxes, lines=lines, box_of=box_of
    )


def depths(inputs: Sequence[Sequence[int]]) -> list[int]:
    """Return each artifact's longest way from one without inputs, without recursion."""
    consumers: dict[int, list[int]] = defaultdict(list)
    waiting = [len(set(given)) for given in inputs]
    for artifact, given in enumerate(inputs):
        for source in set(given):
            consumers[source].append(artifact)
    found = [0] * len(inputs)
    ready = [artifact for artifact, count in enumerate(waiting) if not count]
    for artifact in ready:
        for consumer in consumers[artifact]:
            found[consumer] = max(found[consumer], found[artifact] + 1)
            waiting[consumer] -= 1
            if not waiting[consumer]:
                ready.append(consumer)
    if len(ready) != len(inputs):
        raise ValueError("the lineage goes round in a circle: a manifest in it is not what it says")
    return found


def _reduced(edges: set[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the edges that no longer way implies; boxes are numbered from the corpora down."""
    after: dict[int, set[int]] = defaultdict(set)
    for start, end in edges:
        after[start].add(end)
    reach: dict[int, set[int]] = {}
    kept = []
    for start in sorted(after, reverse=True):
        seen: set[int] = set()
        for end in sorted(after[start]):
            if end not in seen:
                kept.append((start, end))
            seen |= reach.get(end, set()) | {end}
        reach[start] = seen
    return sorted(kept)


def _size(num_cells: int) -> tuple[float, float]:
    if num_cells == 1:
        return BOX_MIN_WIDTH, BOX_HEIGHT
    columns, width, height, gap = _grid(num_cells)
    rows = math.ceil(num_cells / columns)
    return (
        max(BOX_MIN_WIDTH, columns * (width + gap) - gap + 2 * PADDING),
        TITLE_HEIGHT + rows * (height + gap) - gap + PADDING,
    )


def _grid(num_cells: int) -> tuple[int, float, float, float]:
    """Return columns, and a cell's width, height and gap."""
    if num_cells <= MAX_CHIPS:
        return min(CHIPS_A_ROW, num_cells), CHIP_WIDTH, CHIP_HEIGHT, CHIP_GAP
    return SQUARES_A_ROW, SQUARE, SQUARE, SQUARE_GAP


def _box(
    node: str, row: int, members: Sequence[int], x: float, y: float, size: tuple[float, float]
) -> Box:
    width, height = size
    cells: tuple[Cell, ...]
    if len(members) == 1:
        cells = (Cell(artifact=members[0], x=x, y=y, width=width, height=height),)
    else:
        columns, wide, high, gap = _grid(len(members))
        left = x + (width - (min(columns, len(members)) * (wide + gap) - gap)) / 2
        cells = tuple(
            Cell(
                artifact=artifact,
                x=left + place % columns * (wide + gap),
                y=y + TITLE_HEIGHT + place // columns * (high + gap),
                width=wide,
                height=high,
            )
            for place, artifact in enumerate(members)
        )
    labelled = len(members) <= MAX_CHIPS
    return Box(
        node=node, row=row, x=x, y=y, width=width, height=height, cells=cells, labelled=labelled
    )


def _slots(
    rows: Sequence[int], sizes: Sequence[tuple[float, float]], edges: Sequence[tuple[int, int]]
) -> tuple[list[list[Slot]], list[list[int]]]:
    """Return the slots of each row, those of passing lines among them, and each line's slots."""
    slots: list[list[Slot]] = [[] for _ in range(max(rows, default=-1) + 1)]
    for place, row in enumerate(rows):
        slots[row].append(Slot(place=place, width=sizes[place][0]))
    chains, free = [], len(rows)
    for start, end in edges:
        chain = [start]
        for row in range(rows[start] + 1, rows[end]):
            slots[row].append(Slot(place=free, width=PASSING_WIDTH, passing=True))
            chain.append(free)
            free += 1
        chains.append([*chain, end])
    return slots, chains


def _tops(
    slots: Sequence[Sequence[Slot]], sizes: Sequence[tuple[float, float]]
) -> tuple[list[float], float]:
    tops, y = [], MARGIN
    for row in slots:
        tops.append(y)
        y += max((sizes[s.place][1] for s in row if s.place < len(sizes)), default=0.0) + ROW_GAP
    return tops, y - ROW_GAP + MARGIN


def _path(
    chain: Sequence[int],
    x: Sequence[float],
    boxes: Sequence[Box],
    tops: Sequence[float],
    heights: Sequence[float],
) -> str:
    """Return a curve from the lower edge of the first box to the upper edge of the last."""
    first, last = boxes[chain[0]], boxes[chain[-1]]
    here_x, here_y = x[chain[0]], first.y + first.height
    parts = [f"M{here_x:.1f} {here_y:.1f}"]
    for step, place in enumerate(chain[1:], start=1):
        there_x = x[place]
        there_y = last.y if place == chain[-1] else tops[first.row + step]
        middle = (here_y + there_y) / 2
        parts.append(
            f"C{here_x:.1f} {middle:.1f} {there_x:.1f} {middle:.1f} {there_x:.1f} {there_y:.1f}"
        )
        here_x, here_y = there_x, there_y
        if place != chain[-1]:
            here_y += heights[first.row + step]
            parts.append(f"V{here_y:.1f}")
    return "".join(parts)
