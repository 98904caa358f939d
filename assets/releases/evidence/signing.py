"""The publisher's Ed25519 key, and DSSE envelopes around in-toto statements.

The key is a file that only its owner may read; nothing here asks a network.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from assets.lineage.canonical import canonical_json
from assets.releases.evidence.dsse import (
    PAYLOAD_TYPE,
    envelope_bytes,
    pre_authentication,
)


class SigningKey:
    """An Ed25519 private key; it is known by the SHA-256 of its public half."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private

    @classmethod
    def load(cls, path: Path) -> SigningKey:
        """Read a key in PEM (PKCS 8); raises ValueError when others may read it, or it is none."""
        mode = path.stat().st_mode & 0o777
        if mode & 0o077:
            raise ValueError(
                f"{path} can be read by others (mode {mode:o}), so its signatures prove nothing: "
                "make a new key, and keep it with mode 600"
            )
        try:
            private = load_pem_private_key(path.read_bytes(), password=None)
        except (TypeError, ValueError) as error:
            raise ValueError(f"{path} holds no private key in PEM without a password") from error
        if not isinstance(private, Ed25519PrivateKey):
            raise ValueError(f"{path} holds another kind of key than Ed25519")
        return cls(private)

    @classmethod
    def create(cls, path: Path) -> SigningKey:
        """Write a new key with mode 600; a key that is there already is used, never replaced."""
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        content = Ed25519PrivateKey.generate().private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
        )
        temporary = path.with_name(f".{path.name}.{os.getpid()}")
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        try:
            # Whoever comes second takes the key of the first: a link never overwrites.
            path.hardlink_to(temporary)
        except FileExistsError:
            pass
        finally:
            temporary.unlink()
        return cls.load(path)

    @property
    def fingerprint(self) -> str:
        raw = self._private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return hashlib.sha256(raw).hexdigest()

    @property
    def public_text(self) -> str:
        return self.public_pem.decode("ascii")

    @property
    def public_pem(self) -> bytes:
        return self._private.public_key().public_bytes(
            Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
        )

    def envelope(self, statement: Mapping[str, Any]) -> bytes:
        """Return a DSSE envelope; the same statement gives the same bytes."""
        payload = canonical_json(statement)
        signature = self._private.sign(pre_authentication(PAYLOAD_TYPE, payload))
        return envelope_bytes(PAYLOAD_TYPE, payload, signature, self.fingerprint)
