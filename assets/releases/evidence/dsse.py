"""DSSE envelopes and public keys, as a pack holds them; the standard library alone.

A part of every pack's verify.py; it signs nothing and opens no private key.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from pathlib import Path

PAYLOAD_TYPE = "application/vnd.in-toto+json"
_SPKI = bytes.fromhex("302a300506032b6570032100")
"""What stands before the 32 bytes of an Ed25519 key in its PEM file (RFC 8410)."""


def envelope_bytes(payload_type: str, payload: bytes, signature: bytes, key_id: str) -> bytes:
    """Return the one form of a DSSE envelope that a pack holds."""
    entry = {"keyid": key_id, "sig": base64.b64encode(signature).decode()}
    envelope = {
        "payload": base64.b64encode(payload).decode(),
        "payloadType": payload_type,
        "signatures": [entry],
    }
    return (json.dumps(envelope, indent=1, sort_keys=True) + "\n").encode()


def pre_authentication(payload_type: str, payload: bytes) -> bytes:
    """Return the bytes that a DSSE signature signs (PAE, version 1 of the protocol)."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def read_key(path: Path) -> bytes:
    """Return the 32 bytes of an Ed25519 public key in a PEM file; raises ValueError."""
    return key_in(path.read_text(encoding="ascii"), str(path))


def key_in(text: str, where: str = "the text") -> bytes:
    """Return the 32 bytes of an Ed25519 public key in PEM; raises ValueError."""
    encoded = base64.b64decode(
        re.sub(r"-----(BEGIN|END) PUBLIC KEY-----|\s", "", text), validate=True
    )
    if len(encoded) != len(_SPKI) + 32 or not encoded.startswith(_SPKI):
        raise ValueError(f"{where} holds no Ed25519 public key in PEM")
    return encoded[len(_SPKI) :]


def sha256_hex(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
