"""A signed list of every record of a lake, to be kept elsewhere: all of it must be there later.

Whoever can write to the lake, to MLflow and to Dagster can set all three back to an older day, and
nothing inside them shows it. A witness that lies where they cannot write does.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from assets.lineage.manifest import Manifest
from assets.releases.evidence.dsse import (
    PAYLOAD_TYPE,
    envelope_bytes,
    key_in,
    pre_authentication,
    sha256_hex,
)
from assets.releases.evidence.ed25519 import verify_signature
from assets.releases.evidence.signing import SigningKey
from assets.releases.evidence.verify_pack import STATEMENT_TYPE
from orchestration.lake import ObjectLake

WITNESS_TYPE = "urn:materia:lake-witness:1"


@dataclass(frozen=True, kw_only=True)
class Witness:
    """What a lake held at a moment, and who says so."""

    made_at: str
    records: Mapping[str, str]
    """SHA-256 of each record by its place in the lake."""
    names: Mapping[str, str]
    """What a person calls the artifact whose record lies there."""
    signer: str
    """Fingerprint of the key that signed it."""


def write_witness(lake: ObjectLake, key: SigningKey, path: Path, now: datetime) -> Witness:
    """Write the list of all that a lake holds; raises ValueError when there is nothing to list, or
    no place for the file. The same lake, key and time give the same bytes.
    """
    if path.exists() or not path.parent.is_dir():
        told = "exists already" if path.exists() else "lies in no folder that exists"
        raise ValueError(f"{path} {told}: a witness is a new file, name another one")
    records: dict[str, str] = {}
    names: dict[str, str] = {}
    for place, content in sorted(lake.records()):
        manifest = Manifest.from_json(content.decode())
        records[place] = sha256_hex(content)
        names[place] = f"{manifest.key}@{manifest.short}"
    if not records:
        raise ValueError(f"the lake {lake.root} holds nothing that a witness could name")
    made_at = now.isoformat(timespec="seconds")
    statement = {
        "_type": STATEMENT_TYPE,
        "subject": [{"name": p, "digest": {"sha256": sha}} for p, sha in records.items()],
        "predicateType": WITNESS_TYPE,
        "predicate": {"made_at": made_at, "names": names, "public_key": key.public_text},
    }
    with path.open("xb") as file:
        file.write(key.envelope(statement))
    return Witness(made_at=made_at, records=records, names=names, signer=key.fingerprint)


def read_witness(path: Path, trust: str) -> Witness:
    """Return what a witness says; raises ValueError unless the key `trust` has signed all of it."""
    try:
        content = path.read_bytes()
        envelope = json.loads(content)
        payload = base64.b64decode(envelope["payload"], validate=True)
        signature = base64.b64decode(envelope["signatures"][0]["sig"], validate=True)
        statement = json.loads(payload)
        predicate = statement["predicate"]
        witness = Witness(
            made_at=str(predicate["made_at"]),
            records={each["name"]: each["digest"]["sha256"] for each in statement["subject"]},
            names=dict(predicate["names"]),
            signer=sha256_hex(key := key_in(str(predicate["public_key"]))),
        )
        types = (statement["_type"], statement["predicateType"])
    except (AttributeError, IndexError, KeyError, RecursionError, TypeError, ValueError) as error:
        raise ValueError(
            f"{path} is no witness as `materia witness` writes it ({type(error).__name__}: {error})"
        ) from error
    whole = envelope_bytes(PAYLOAD_TYPE, payload, signature, witness.signer)
    signed = pre_authentication(PAYLOAD_TYPE, payload)
    if types != (STATEMENT_TYPE, WITNESS_TYPE):
        raise ValueError(f"{path} is a statement of another kind: {types[1]}")
    if content != whole or not verify_signature(key, signed, signature):
        raise ValueError(f"{path} was changed after it was signed: take an untouched copy")
    if witness.signer != trust:
        raise ValueError(
            f"{path} is signed with key {witness.signer}, not with {trust}: give the fingerprint "
            "that you wrote down when it was made with --trust"
        )
    return witness


def lost_since(lake: ObjectLake, witness: Witness) -> Iterator[str]:
    """Yield a sentence for each record that a witness has seen and the lake has no more."""
    there = {place: sha256_hex(content) for place, content in lake.records()}
    for place, seen in witness.records.items():
        name = witness.names.get(place, place)
        if place not in there:
            yield (
                f"{name} was in the lake on {witness.made_at} and is not any more: it was removed, "
                "or the lake was set back"
            )
        elif there[place] != seen:
            yield f"{name}: its record is not the one that was there on {witness.made_at}"
