"""A request to forget before it is written: its documents, what was searched, its identity.

Making one changes nothing, so that a plan can see exactly what the same request would change.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

import polars as pl

from assets.corpora.tombstones import (
    SHINGLES,
    TABLE,
    Mode,
    Near,
    heads_of,
    request_config,
    request_step,
    requests_in,
)
from assets.lineage.audit import ArtifactGraph
from assets.lineage.forgetting.searching import packed_ids, searched_documents, searched_shards
from assets.lineage.forgetting.selection import Selected
from assets.lineage.step import Step
from assets.ports import Lake
from assets.releases.evidence.dsse import sha256_hex


@dataclass(frozen=True, kw_only=True)
class Request:
    """What would be committed."""

    step: Step
    selected: Selected
    files: dict[str, bytes]
    """The two tables, byte for byte as their hashes in the identity say."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Who asks for what; the words of a request."""

    reason: str
    by: str
    date: str
    mode: Mode
    near: Near

    def __post_init__(self) -> None:
        for name in ("reason", "by", "date"):
            value = getattr(self, name)
            if not value.strip() or not value.isprintable():
                raise ValueError(
                    f"the {name} of a request is {value!r}: write one line that people can read"
                )


def make_request(lake: Lake, graph: ArtifactGraph, selected: Selected, asked: Asked) -> Request:
    """Search the lake for the documents and return the request, its step as the graph sees it.

    Raises ValueError when nothing is selected, or the list of requests is broken.
    """
    if selected.rows.is_empty():
        raise ValueError("the request names no document: give --doc, --source or --list")
    nodes = list(graph.nodes.values())
    asking = [m for m in nodes if f"{m.family}/{m.name}" == "synthesis/questions"]
    packable = packed_ids(lake, asking, selected.doc_ids)["packed_id"].unique()
    files = {TABLE: _bytes(selected.rows), SHINGLES: _bytes(selected.shingles)}
    config = request_config(
        previous=heads_of(requests_in(lake)),
        reason=asked.reason,
        by=asked.by,
        date=asked.date,
        mode=asked.mode,
        near=asked.near,
        sources=selected.sources,
        tables={name: sha256_hex(content) for name, content in files.items()},
        documents=searched_documents(
            lake,
            [m for m in nodes if f"{m.family}/{m.name}" == "corpora/documents"],
            selected.doc_ids,
            selected.sources,
        ),
        shards=searched_shards(
            lake, [m for m in nodes if m.family == "tokenizers" and m.name != "spans"], packable
        ),
    )
    return Request(step=request_step(config), selected=selected, files=files)


def _bytes(frame: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.write_parquet(buffer, compression="zstd")
    return buffer.getvalue()
