"""Who is kept, from verified links between near-duplicates.

Following links from neighbour to neighbour merges documents that hardly resemble each other: in
templated text one chain can swallow a source. So a cluster is a star: a document goes only if
it is itself linked to the one that stays.
"""

from __future__ import annotations

import numpy as np

from assets.mixtures.words import I64


def stars(num_rows: int, left: I64, right: I64) -> tuple[I64, I64]:
    """Return per row the row kept for it (itself if kept) and the link used (-1 if kept).

    Rows stand in order of preference and links have left < right. The result is the only one
    in which the best row stays, what it links to goes, and the rest is treated alike: no two
    kept rows are linked, and every removed row is linked to its kept one.
    """
    kept = np.arange(num_rows, dtype=np.int64)
    link = np.full(num_rows, -1, dtype=np.int64)
    for index in np.lexsort((right, left)):
        better, worse = left[index], right[index]
        if link[better] < 0 and link[worse] < 0:
            kept[worse], link[worse] = better, index
    return kept, link
