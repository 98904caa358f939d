"""Who signs for the release that a passport is about, and how a reader checks it without us.

The signature shown is that of the release's attestation. It was made before the page and does not
cover it; the page is a file of the evidence pack, whose signed index covers that. So no circle.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass

from assets.lineage.manifest import Manifest
from assets.releases.evidence.dsse import sha256_hex
from assets.releases.evidence.signing import SigningKey
from assets.releases.evidence.statements import provenance_statement


@dataclass(frozen=True, kw_only=True)
class Proof:
    signer: str
    """SHA-256 of the public key."""
    public_key: str
    """In PEM."""
    signature: str
    """Of the release's attestation, in base64."""
    statement: str
    """SHA-256 of what was signed."""
    sequence: int
    """The how-manieth release of its recipe it is."""
    earlier: tuple[str, ...]

    @classmethod
    def of(cls, release: Manifest, earlier: Sequence[Manifest], key: SigningKey) -> Proof:
        envelope = json.loads(key.envelope(provenance_statement(release)))
        return cls(
            signer=key.fingerprint,
            public_key=key.public_text,
            signature=envelope["signatures"][0]["sig"],
            statement=sha256_hex(base64.b64decode(envelope["payload"])),
            sequence=len(earlier) + 1,
            earlier=tuple(manifest.short for manifest in earlier),
        )
