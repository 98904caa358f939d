"""From a record of a source to the documents it became, or to the quarantine it ended in.

A record is known as its owner knows it: by the id it has in its source, or by its place,
FILE:OFFSET. What was quarantined never was a document and has nothing but its place.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import polars as pl

from assets.lineage.audit import ArtifactGraph
from assets.lineage.manifest import Manifest
from assets.lineage.tables import has_table, scan
from assets.ports import Lake

SHOWN_CHARS = 60
"""So much of a text's beginning must stand in a quarantined record's excerpt, which holds 200
characters with the record's own keys; our choice."""


def of_record(lake: Lake, graph: ArtifactGraph, source: str, name: str) -> pl.Expr:
    """Return the condition that a row is of a document that a record became."""
    own = (pl.col("source") == source) & (pl.col("native_id") == name)
    placed: list[str] = []
    file, offset = _place(name)
    for manifest in _documents(graph, source) if file else ():
        if has_table(manifest, "documents"):
            origin = pl.col("provenance")
            at_place = (origin.str.json_path_match("$.file") == file) & (
                origin.str.json_path_match("$.offset") == str(offset)
            )
            found = scan(lake, manifest, "documents").filter(at_place).select("doc_id").collect()
            placed.extend(found["doc_id"].to_list())
    return own | pl.col("doc_id").is_in(placed) if placed else own


def quarantined(
    lake: Lake, graph: ArtifactGraph, source: str, name: str
) -> Iterator[dict[str, Any]]:
    """Yield what is known of a record that could not be read, by its place FILE:OFFSET."""
    file, offset = _place(name)
    wanted = (pl.col("file") == file) & (pl.col("offset") == offset)
    if file:
        yield from _rows(lake, _documents(graph, source), wanted)


def quarantined_text(lake: Lake, text: str) -> list[dict[str, Any]]:
    """Return the quarantined records that hold the beginning of a text."""
    begin = text.strip()[:SHOWN_CHARS]
    if len(begin) < SHOWN_CHARS:
        return []
    graph = ArtifactGraph.of(lake)
    # As it stands in a table, in JSON, and in JSON with everything beyond ASCII written out.
    escaped = [json.dumps(begin, ensure_ascii=only)[1:-1] for only in (False, True)]
    wanted = pl.any_horizontal(
        pl.col("excerpt").str.contains(form[: SHOWN_CHARS - 2], literal=True)
        for form in (begin, *escaped)
    )
    return list(_rows(lake, _documents(graph), wanted))


def _rows(lake: Lake, documents: list[Manifest], wanted: pl.Expr) -> Iterator[dict[str, Any]]:
    for manifest in documents:
        if not has_table(manifest, "quarantine"):
            continue
        for row in scan(lake, manifest, "quarantine").filter(wanted).collect().to_dicts():
            yield {
                "artifact": manifest.key,
                "fingerprint": manifest.fingerprint,
                "doc_id": "",
                "status": "quarantined",
                **row,
            }


def _documents(graph: ArtifactGraph, source: str = "") -> list[Manifest]:
    return [
        manifest
        for manifest in graph.nodes.values()
        if (manifest.family, manifest.name) == ("corpora", "documents")
        and source in ("", manifest.config.get("source", {}).get("name"))
    ]


def _place(name: str) -> tuple[str, int]:
    """Return file and offset of FILE:OFFSET; no file when it is no place."""
    file, _, offset = name.rpartition(":")
    return (file, int(offset)) if file and offset.isdigit() else ("", 0)
