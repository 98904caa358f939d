"""Write requests to forget and receipts into the lake, signed with the installation's key.

    corpora/tombstones           a request; it names all requests before it
    reports/receipt[RECIPE]      what was searched for the forgotten documents, and what was found

Neither is ever edited. What a request changes follows from the graph of identities alone.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import polars as pl

from assets.corpora.tombstones import (
    FAMILY,
    KEY,
    NAME,
    STATEMENT,
    envelope_problems,
    requests_in,
    signature_problems,
    statement_of,
    tombstones_of,
)
from assets.lineage.canonical import sha256_of
from assets.lineage.forgetting.receipt import Receipt
from assets.lineage.forgetting.receipt_page import receipt_page
from assets.lineage.forgetting.request import Request
from assets.lineage.manifest import Manifest
from assets.lineage.provenance import Provenance
from assets.lineage.step import Step
from assets.ports import Lake
from assets.releases.evidence.dsse import sha256_hex
from assets.releases.evidence.signing import SigningKey
from orchestration.records import commit_record

RECEIPT, PAGE = "receipt.json", "receipt.md"
RECEIPT_NODE = ("reports", "receipt")
RECEIPT_TYPE = "urn:materia:forgetting-receipt:1"
_CODE_VERSION = "1"


class AlreadyForgotten(ValueError):
    """A request that would say nothing new."""


def commit_request(
    lake: Lake, request: Request, *, key: SigningKey, now: datetime, provenance: Provenance
) -> Manifest:
    """Append a request to the list of tombstones; raises AlreadyForgotten, or CommitConflict."""
    _refuse_repetition(lake, request)
    step, rows = request.step, request.selected.rows
    statement = key.envelope(statement_of(step.config, step.fingerprint))
    rules = dict(rows.group_by("rule").len().iter_rows())
    return commit_record(
        lake,
        step,
        {**request.files, STATEMENT: statement, KEY: key.public_pem},
        counts={
            "documents": rows.height,
            **{rule: int(rules.get(rule, 0)) for rule in ("named", "copy", "near")},
        },
        summary=(
            f"{rows.height:,} documents to forget ({step.config['mode']}), asked for by "
            f"{step.config['by']} on {step.config['date']}: {step.config['reason']}"
        ),
        now=now,
        provenance=provenance,
    )


def commit_receipt(
    lake: Lake, receipt: Receipt, *, key: SigningKey, now: datetime, provenance: Provenance
) -> Manifest:
    """Keep a receipt, with its page and signature; the same findings are the same receipt."""
    found = receipt.to_dict()
    content = (json.dumps(found, indent=1, sort_keys=True) + "\n").encode()
    page = receipt_page(receipt).encode()
    config = {
        "recipe": receipt.recipe,
        "requests": [each["request"] for each in receipt.requests],
        "searched": sha256_of([[s["artifact"], s["digest"]] for s in found["searches"]]),
        "found": sha256_hex(content),
        "is_clean": receipt.is_clean,
    }
    family, name = RECEIPT_NODE
    requests = requests_in(lake)
    step = Step(
        family=family,
        name=name,
        partition=receipt.recipe,
        code_version=_CODE_VERSION,
        config=config,
        inputs=tuple(_step_of(manifest) for manifest in requests),
    )
    statement = key.envelope(_receipt_statement(config, {RECEIPT: content, PAGE: page}))
    return commit_record(
        lake,
        step,
        {RECEIPT: content, PAGE: page, STATEMENT: statement, KEY: key.public_pem},
        counts={
            "requests": len(receipt.requests),
            "documents": receipt.num_documents,
            "searches": len(receipt.searches),
            "problems": len(receipt.problems),
            "older_holders": len(receipt.older),
        },
        summary=page.decode(),
        now=now,
        provenance=provenance,
        read=requests,
    )


def signed_view(lake: Lake) -> Callable[[Manifest], list[str]]:
    """Return what compares a request or a receipt with its signature, for `materia verify`."""

    def problems(manifest: Manifest) -> list[str]:
        node = (manifest.family, manifest.name)
        if node == (FAMILY, NAME):
            lost = [p for p in manifest.config["previous"] if lake.find(*node, p) is None]
            told = f"{manifest.key}@{manifest.short}: the request before it is gone: "
            return [*signature_problems(lake, manifest), *[told + each[:12] for each in lost]]
        return _receipt_problems(lake, manifest) if node == RECEIPT_NODE else []

    return problems


def _receipt_problems(lake: Lake, receipt: Manifest) -> list[str]:
    files = {name: lake.fetch(receipt, receipt.file(name)).read_bytes() for name in (RECEIPT, PAGE)}
    expected = _receipt_statement(dict(receipt.config), files)
    envelope, key = (lake.fetch(receipt, receipt.file(name)) for name in (STATEMENT, KEY))
    found = envelope_problems(envelope, key, expected)
    return [f"{receipt.key}@{receipt.short}: {each}" for each in found]


def _refuse_repetition(lake: Lake, request: Request) -> None:
    """Refuse a request whose every document, and source, an equal or stricter one names."""
    config, rows = request.step.config, request.selected.rows
    earlier = [
        manifest
        for manifest in requests_in(lake)
        if manifest.config["mode"] in (config["mode"], "strict")
        and manifest.config["near"] in (config["near"], "drop")
    ]
    known = tombstones_of(lake, earlier)
    new = rows.join(known.select("doc_id", "text_hash"), on=["doc_id", "text_hash"], how="anti")
    sources = {name for manifest in earlier for name in manifest.config["sources"]}
    if earlier and not new.height and set(config["sources"]) <= sources:
        told = known.filter(pl.col("doc_id").is_in(rows["doc_id"].implode()))["request"]
        first = told[0] if len(told) else earlier[-1].fingerprint
        raise AlreadyForgotten(
            f"corpora/tombstones@{first[:12]} names all {rows.height} documents already: "
            "`materia materialize` makes what follows from it, `materia forget --receipt` proves it"
        )


def _step_of(manifest: Manifest) -> Step:
    return Step(
        family=manifest.family,
        name=manifest.name,
        partition=manifest.partition,
        code_version=manifest.code_version,
        config=manifest.config,
    )


def _receipt_statement(config: dict[str, Any], files: dict[str, bytes]) -> dict[str, Any]:
    return {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [
            {"name": name, "digest": {"sha256": sha256_hex(content)}}
            for name, content in sorted(files.items())
        ],
        "predicateType": RECEIPT_TYPE,
        "predicate": config,
    }
