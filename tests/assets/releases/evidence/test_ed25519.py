"""Our plain check of signatures says what `cryptography` and RFC 8032 say."""

from __future__ import annotations

import random

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from assets.releases.evidence.ed25519 import _ORDER, verify_signature

RFC_8032_7_1 = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
        "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
        "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
]


@pytest.mark.parametrize(("public", "message", "signature"), RFC_8032_7_1)
def test_the_vectors_of_the_rfc_hold(public: str, message: str, signature: str) -> None:
    key, text, sig = (bytes.fromhex(part) for part in (public, message, signature))
    assert verify_signature(key, text, sig)
    assert not verify_signature(key, text + b"x", sig)


@pytest.mark.parametrize("seed", range(20))
def test_random_messages_are_judged_as_cryptography_judges_them(seed: int) -> None:
    rng = random.Random(seed)
    private = Ed25519PrivateKey.from_private_bytes(rng.randbytes(32))
    public = private.public_key()
    raw = public.public_bytes(Encoding.Raw, PublicFormat.Raw)
    message = rng.randbytes(rng.randrange(300))
    signature = private.sign(message)
    assert verify_signature(raw, message, signature)
    for position in rng.sample(range(64), 4):
        flipped = bytearray(signature)
        flipped[position] ^= 1 << rng.randrange(8)
        with pytest.raises(InvalidSignature):
            public.verify(bytes(flipped), message)
        assert not verify_signature(raw, message, bytes(flipped))


def test_a_second_form_of_a_signature_is_refused() -> None:
    private = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    raw = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    signature = private.sign(b"text")
    scalar = int.from_bytes(signature[32:], "little") + _ORDER
    assert not verify_signature(raw, b"text", signature[:32] + scalar.to_bytes(32, "little"))


@pytest.mark.parametrize(
    ("public", "signature"),
    [
        (b"", b"0" * 64),
        (b"0" * 32, b"short"),
        (b"\xff" * 32, b"0" * 64),
        (b"\x02" * 32, b"\xff" * 64),
    ],
)
def test_what_is_no_key_or_signature_is_refused(public: bytes, signature: bytes) -> None:
    assert not verify_signature(public, b"text", signature)
