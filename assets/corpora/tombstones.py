"""corpora/tombstones: requests to forget documents, append-only, each an artifact of its own.

    tombstones.parquet     TOMBSTONE_SCHEMA: a row per document, and per exact or near copy of it
    shingles.parquet       text_hash, shingle: hashed runs of five words, to know near copies by
    statement.dsse.json    signed by the installation's key, with public_key.pem beside it

A request names all that came before it, so one that is taken away is missed. No text is kept.
orchestration/forgetting.py writes one; assets/recipes/forgotten.py says what it changes.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import polars as pl

from assets.lineage.canonical import canonical_json, sha256_of_file
from assets.lineage.manifest import Manifest
from assets.lineage.step import Step, fingerprint_of
from assets.lineage.tables import scan
from assets.ports import Lake
from assets.releases.evidence.dsse import PAYLOAD_TYPE, pre_authentication, read_key
from assets.releases.evidence.ed25519 import verify_signature

FAMILY, NAME = "corpora", "tombstones"
NODE = f"{FAMILY}/{NAME}"
CODE_VERSION = "1"
REASON = "tombstoned"
"""Why corpora/documents drops a record that a request names."""

TABLE, SHINGLES = "tombstones.parquet", "shingles.parquet"
STATEMENT, KEY = "statement.dsse.json", "public_key.pem"
PREDICATE_TYPE = "urn:materia:tombstones:1"

TOMBSTONE_SCHEMA = {
    "doc_id": pl.String,
    "source": pl.String,
    "native_id": pl.String,
    "text_hash": pl.String,
    "rule": pl.String,
    "of_doc_id": pl.String,
    "share": pl.Float64,
    "num_shingles": pl.Int64,
    "reason": pl.String,
    "date": pl.String,
    "reference": pl.String,
}
"""`rule`: named, copy (the same text) or near; `of_doc_id` is the named document and `share` the
part of it that is repeated. Without shingles a text is known by its hash alone."""
SHINGLE_SCHEMA = {"text_hash": pl.String, "shingle": pl.UInt64}

Mode = Literal["restart", "strict"]
"""restart: taken out of the packed shards from the first stage that holds it; what was computed
from the corpus before stays. strict: dropped where documents are read, so all after is new."""
Near = Literal["drop", "report"]


@dataclass(frozen=True, kw_only=True)
class Searched:
    """Artifacts of one family that a request looked through, by fingerprint without requests."""

    holding: tuple[str, ...]
    free: tuple[str, ...]
    """Provably without the documents: these keep their identity."""

    def to_dict(self) -> dict[str, list[str]]:
        return {"holding": sorted(self.holding), "free": sorted(self.free)}


def request_config(
    *,
    previous: Sequence[str],
    reason: str,
    by: str,
    date: str,
    mode: Mode,
    near: Near,
    sources: Sequence[str],
    tables: Mapping[str, str],
    documents: Searched,
    shards: Searched,
) -> dict[str, Any]:
    """Return the literals that are a request's identity; `tables` are hashes of its two tables."""
    return {
        "previous": sorted(previous),
        "reason": reason,
        "by": by,
        "date": date,
        "mode": mode,
        "near": near,
        "sources": sorted(sources),
        "tables": dict(tables),
        "documents": documents.to_dict(),
        "shards": shards.to_dict(),
    }


def request_step(config: Mapping[str, Any]) -> Step:
    """Return a request's step; what came before stands in its config and not among its inputs, so
    that a long list of requests is no deep graph."""
    return Step(
        family=FAMILY, name=NAME, partition="", code_version=CODE_VERSION, config=dict(config)
    )


def requests_in(lake: Lake) -> tuple[Manifest, ...]:
    """Return all requests, earlier ones first; raises ValueError when one of the chain is gone."""
    left = {manifest.fingerprint: manifest for manifest in lake.manifests(FAMILY, NAME)}
    ordered: dict[str, Manifest] = {}
    missing = {
        previous
        for manifest in left.values()
        for previous in manifest.config["previous"]
        if previous not in left
    }
    if missing:
        raise ValueError(
            f"{NODE}@{min(missing)[:12]} is missing, which a later request names: the list of "
            "tombstones is append-only; restore the artifact before anything is made"
        )
    while left:
        ready = [m for m in left.values() if all(p in ordered for p in m.config["previous"])]
        if not ready:
            raise ValueError(f"{NODE}@{min(left)[:12]} and others name each other: they are forged")
        for manifest in sorted(ready, key=lambda m: (m.finished_at, m.fingerprint)):
            ordered[manifest.fingerprint] = left.pop(manifest.fingerprint)
    return tuple(ordered.values())


def heads_of(requests: Iterable[Manifest]) -> list[str]:
    """Return the requests that no later one names."""
    every = list(requests)
    named = {previous for manifest in every for previous in manifest.config["previous"]}
    return sorted(m.fingerprint for m in every if m.fingerprint not in named)


def tombstones_of(lake: Lake, requests: Iterable[Manifest]) -> pl.DataFrame:
    """Return the rows of some requests, with `request` (its fingerprint) and `mode` beside them."""
    frames = [
        scan(lake, manifest, TABLE).with_columns(
            pl.lit(manifest.fingerprint).alias("request"),
            pl.lit(str(manifest.config["mode"])).alias("mode"),
        )
        for manifest in requests
    ]
    schema = {**TOMBSTONE_SCHEMA, "request": pl.String, "mode": pl.String}
    return pl.concat([pl.DataFrame(schema=schema).lazy(), *frames]).collect()


def base_fingerprint(manifest: Manifest) -> str:
    """Return what the artifact's fingerprint would be if there were no requests."""
    kept = [record for record in manifest.inputs if (record.family, record.name) != (FAMILY, NAME)]
    return fingerprint_of(
        f"{manifest.family}/{manifest.name}",
        manifest.config,
        manifest.code_version,
        [(f"{record.family}/{record.name}", record.fingerprint) for record in kept],
    )


def statement_of(config: Mapping[str, Any], fingerprint: str) -> dict[str, Any]:
    """Return the in-toto statement that is signed: the tables by hash, and every literal."""
    return {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [
            {"name": name, "digest": {"sha256": digest}}
            for name, digest in sorted(config["tables"].items())
        ],
        "predicateType": PREDICATE_TYPE,
        "predicate": {"fingerprint": fingerprint, "config": dict(config)},
    }


def signature_problems(lake: Lake, request: Manifest) -> list[str]:
    """Return what is wrong with a request's signature or tables; nothing is the good case."""
    where = f"{NODE}@{request.short}"
    paths = {name: lake.fetch(request, request.file(name)) for name in (TABLE, SHINGLES)}
    changed = [
        f"{where}: {name} is not the table that was signed"
        for name, path in paths.items()
        if sha256_of_file(path) != request.config["tables"][name]
    ]
    envelope, key = (lake.fetch(request, request.file(name)) for name in (STATEMENT, KEY))
    expected = statement_of(request.config, request.fingerprint)
    found = envelope_problems(envelope, key, expected)
    return [*changed, *[f"{where}: {problem}" for problem in found]]


def envelope_problems(envelope: Path, key: Path, expected: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with a DSSE envelope that should hold a statement."""
    try:
        content = json.loads(envelope.read_text())
        payload = base64.b64decode(content["payload"])
        signature = base64.b64decode(content["signatures"][0]["sig"])
        public = read_key(key)
    except (KeyError, IndexError, TypeError, ValueError, OSError) as error:
        return [f"its signature cannot be read ({error})"]
    problems = []
    if payload != canonical_json(expected):
        problems.append("what was signed is something else")
    if not verify_signature(public, pre_authentication(PAYLOAD_TYPE, payload), signature):
        problems.append("the signature does not hold")
    return problems
