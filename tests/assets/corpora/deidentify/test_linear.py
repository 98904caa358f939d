"""Time grows with the text and no faster, whatever the text."""

from __future__ import annotations

import re
import time

import pytest

from assets.corpora.deidentify.mask import deidentify_text
from assets.corpora.deidentify.patterns import ALL

MAX_WIDTH = 5_000
"""Bytes: a line of a table or a segment; everything else is far shorter."""
MAX_GROWTH = 3.0
"""Double the text takes twice the time; quadratic work would take four times."""
EMBEDDED = 1 << 20
"""Embedded content, consumed once and without going back: what is inside it begins nothing."""

ADVERSARIAL = (
    "A", "1", "1-", "1.", "1:", "a:", "@", "a@", "a.", "://", "http://a", "Dr. ", "Smith, ", "J. ",
    "O'", "name: ", "MRN ", "MRN-", "Box ", "12 A ", "St ", "County ", "[", "(1", "+1 ", "90 ",
    "\u738b", "\u60a3\u8005", "\u5e02", "\u69d8", "12\u6708", "PID|", "PID|a^",
    "name,dob,mrn\n", "|",
    "data:image/png;base64,", "a1", "1a", "aA1+/", "March ", "Hospital ", ", OR ", "X, MD ",
    "account number ", "fingerprint id ",
    "lives alone with her ", "\u00e9", "www.", ".com",
)  # fmt: skip


def test_every_expression_has_a_bounded_width() -> None:
    assert len(ALL) > 80
    for pattern in ALL:
        text = pattern.pattern.decode("latin-1")
        width = re._parser.parse(text).getwidth()[1]  # type: ignore[attr-defined]
        assert width < (2 * EMBEDDED if str(EMBEDDED) in text else MAX_WIDTH), text


@pytest.mark.slow
@pytest.mark.parametrize("piece", ADVERSARIAL, ids=ascii)
def test_twice_the_text_takes_twice_the_time(piece: str) -> None:
    size = 1 << 14
    deidentify_text(piece * 8)
    once = _seconds(piece * (size // len(piece.encode())))
    twice = _seconds(piece * (2 * size // len(piece.encode())))
    assert twice < MAX_GROWTH * once + 0.2


@pytest.mark.slow
@pytest.mark.parametrize("piece", ["A", "1a", "Dr. ", "a@", "PID|a^"], ids=ascii)
def test_a_megabyte_of_one_trick_takes_seconds(piece: str) -> None:
    text = piece * ((1 << 20) // len(piece))
    assert _seconds(text) < 60


def test_many_different_names_of_one_document_cost_no_more_than_their_bytes() -> None:
    names = " ".join(
        f"Mr. Z{chr(97 + i % 26)}{chr(97 + i // 26 % 26)}l{chr(97 + i // 676)}" for i in range(8000)
    )
    assert _seconds(names) < 30


def _seconds(text: str) -> float:
    start = time.perf_counter()
    deidentify_text(text)
    return time.perf_counter() - start
