"""Take documents out of packed samples and leave every other sample, and their order, as they are.

So a step that read none of them reads the same bytes as before, and the weights until then are
those that a training without them would have. The place they leave is padding at a sample's end.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import polars as pl

from assets.corpora.tombstones import NODE, TABLE
from assets.lineage.workspace import Workspace
from assets.tokenizers.pack import Packed


def forgotten_documents(ws: Workspace) -> pl.Series:
    """Return the doc_ids that the requests among the inputs name; none without requests."""
    tables = [
        pl.read_parquet(files.path(TABLE), columns=["doc_id"])
        for files in ws.inputs(NODE)
    ]  # fmt: skip
    named = pl.concat([pl.DataFrame(schema={"doc_id": pl.String}), *tables])["doc_id"]
    return named.filter(named != "").unique().sort()


def forgotten_items(ws: Workspace, questions: pl.DataFrame) -> pl.Series:
    """Return the ids of the questions that ask about forgotten documents."""
    named = forgotten_documents(ws)
    if not len(named):
        return named
    return questions.filter(pl.col("seed_doc_id").is_in(named.implode()))["item_id"].sort()


def without(packed: Packed, is_gone: npt.NDArray[np.bool_]) -> Packed:
    """Return the packing without the documents marked in `is_gone` (by row of the caller).

    Samples keep their numbers, also one that has become empty; what else stood in a sample moves
    together in its order.
    """
    from assets.tokenizers.pack_kernels import starts_in_samples

    stays = ~is_gone[packed.document]
    if stays.all():
        return packed
    fields = ("document", "copy", "piece", "offset", "length", "sample")
    left = replace(packed, **{name: getattr(packed, name)[stays] for name in fields})
    starts = np.empty_like(left.length)
    starts_in_samples(left.sample, left.length, starts)
    by_document = np.lexsort((left.piece, left.copy, left.document))
    return replace(left, start=starts, by_document=by_document)
