"""The publisher's key: made once, read by its owner only; envelopes are DSSE's."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_public_key,
)

from assets.releases.evidence.dsse import pre_authentication, read_key
from assets.releases.evidence.ed25519 import verify_signature
from assets.releases.evidence.signing import SigningKey


def test_a_new_key_is_for_its_owner_only_and_is_never_replaced(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "release.pem"
    first, second = SigningKey.create(path), SigningKey.create(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert first.fingerprint == second.fingerprint == SigningKey.load(path).fingerprint
    assert [p.name for p in path.parent.iterdir()] == ["release.pem"]


def test_a_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "release.pem"
    SigningKey.create(path)
    path.chmod(0o640)
    with pytest.raises(ValueError, match=r"can be read by others \(mode 640\)"):
        SigningKey.load(path)


def test_what_is_no_ed25519_key_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    path.write_text("hello")
    path.chmod(0o600)
    with pytest.raises(ValueError, match="holds no private key in PEM"):
        SigningKey.load(path)
    other = generate_private_key(SECP256R1())
    path.write_bytes(other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    with pytest.raises(ValueError, match="another kind of key than Ed25519"):
        SigningKey.load(path)


def test_the_protocol_s_own_example_of_what_is_signed() -> None:
    signed = pre_authentication("http://example.com/HelloWorld", b"hello world")
    assert signed == b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"


def test_an_envelope_holds_under_the_public_key_and_is_the_same_each_time(tmp_path: Path) -> None:
    key = SigningKey.create(tmp_path / "release.pem")
    written = key.envelope({"b": 1, "a": "text"})
    assert written == key.envelope({"a": "text", "b": 1})
    envelope = json.loads(written)
    payload = base64.b64decode(envelope["payload"])
    signature = base64.b64decode(envelope["signatures"][0]["sig"])
    signed = pre_authentication(envelope["payloadType"], payload)
    public = tmp_path / "public.pem"
    public.write_bytes(key.public_pem)
    load_pem_public_key(key.public_pem).verify(signature, signed)  # type: ignore[union-attr, call-arg]
    assert verify_signature(read_key(public), signed, signature)
    assert json.loads(payload) == {"a": "text", "b": 1}


def test_a_file_that_is_no_public_key_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    path.write_text("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n")
    with pytest.raises(ValueError, match="holds no Ed25519 public key"):
        read_key(path)
