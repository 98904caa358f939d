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


def of_record(lake: Lake, source: str, name: str) -> list[str]:
    """Return the documents that a record became: a scan of its source's tables."""
    file, offset = _place(name)
    origin = pl.col("provenance")
    at_place = (origin.str.json_path_match("$.file") == file) & (
        origin.str.json_path_match("$.offset") == str(offset)
    )
    own = pl.col("native_id") == name
    found: list[str] = []
    for manifest in _documents(lake, source):
        for table in ("dropped", "documents"):
            if has_table(manifest, table):
                wanted = own | at_place if file and table == "documents" else own
                rows = scan(lake, manifest, table).filter(pl.col("source") == source, wanted)
                found += rows.select("doc_id").collect()["doc_id"].to_list()
    return list(dict.fromkeys(found))


def quarantined(lake: Lake, source: str, name: str) -> Iterator[dict[str, Any]]:
    """Yield what is known of a record that could not be read, by its place FILE:OFFSET."""
    file, offset = _place(name)
    wanted = (pl.col("file") == file) & (pl.col("offset") == offset)
    if file:
        yield from _rows(lake, _documents(lake, source), wanted)


def quarantined_text(lake: Lake, text: str) -> list[dict[str, Any]]:
    """Return the quarantined records that hold the beginning of a text."""
    begin = text.strip()[:SHOWN_CHARS]
    if len(begin) < SHOWN_CHARS:
        return []
    # As it stands in a table, in JSON, and in JSON with everything beyond ASCII written out.
    escaped = [json.dumps(begin, ensure_ascii=only)[1:-1] for only in (False, True)]
    wanted = pl.any_horizontal(
        pl.col("excerpt").str.contains(form[: SHOWN_CHARS - 2], literal=True)
        for form in (begin, *escaped)
    )
    return list(_rows(lake, _documents(lake), wanted))


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


def _documents(lake: Lake, source: str = "") -> list[Manifest]:
    graph = ArtifactGraph.of(lake)
    made = [graph.at(address) for address in lake.addresses("corpora", "documents")]
    return [
        manifest
        for manifest in made
        if manifest is not None and source in ("", manifest.config.get("source", {}).get("name"))
    ]


def _place(name: str) -> tuple[str, int]:
    """Return file and offset of FILE:OFFSET; no file when it is no place."""
    file, _, offset = name.rpartition(":")
    return (file, int(offset)) if file and offset.isdigit() else ("", 0)
