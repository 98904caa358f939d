"""Words as the rules count them: those of datatrove's default tokenizer."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.corpora.cleaning.characters import character_table
from assets.corpora.cleaning.edge_kernels import hash_of
from assets.corpora.cleaning.special_words import special_hashes
from assets.corpora.cleaning.word_kernels import cut_words, decode


def words(text: str) -> list[str]:
    data = np.frombuffer(text.encode(), dtype=np.uint8)
    room = len(data) + 2
    codes, starts = np.zeros(room, np.int32), np.zeros(room, np.int32)
    bits, cuts = np.zeros(room, np.uint16), np.zeros(room, np.uint8)
    size = decode(data, 0, len(data), character_table(), codes, bits)
    assert size == len(text)
    lengths, hashes, mets = starts.copy(), np.zeros(room, np.uint64), bits.copy()
    count = cut_words(codes, bits, size, special_hashes(), cuts, starts, lengths, hashes, mets)
    assert not cuts.any()
    for i in range(count):
        word = text[starts[i] : starts[i + 1]].rstrip()
        assert lengths[i] in (0, len(word))
        if lengths[i]:
            assert hashes[i] == hash_of(codes, starts[i], starts[i] + lengths[i])
            assert mets[i] == np.bitwise_or.reduce(bits[starts[i] : starts[i] + lengths[i]])
    return [text[starts[i] : starts[i + 1]].rstrip() for i in range(count)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Aspirin was given.", "Aspirin was given ."),
        ("(10 mg/kg), p<0.05;", "( 10 mg / kg ) , p<0.05 ;"),
        ("beta-blocker and COVID-19", "beta - blocker and COVID-19"),
        ("25mg or 3.5% of 20km", "25 mg or 3.5 % of 20 km"),
        ("We don't; they'll, it's", "We do n't ; they 'll , it 's"),
        ("It cannot be, e.g. by Dr. Li", "It can not be , e.g. by Dr. Li"),
        ("U.S. data, vitamin C.", "U.S. data , vitamin C."),
        ("see www.who.int/news-room/x.", "see www.who.int/news-room/x ."),
        ("write to first-last@clinic.org now", "write to first-last@clinic.org now"),
        ("wait... what", "wait ... what"),
        ("one,two a,b", "one , two a , b"),
        ("end.Next ratio 1+2", "end . Next ratio 1 + 2"),
        ('"quoted" \u201cso\u201d', '" quoted " \u201c so \u201d'),
    ],
)
def test_words_part_from_their_marks(text: str, expected: str) -> None:
    assert words(text) == expected.split(" ")


def test_every_ideograph_and_kana_is_a_word() -> None:
    assert words("\u60a3\u8005\u53d1\u70ed\u3002") == [
        "\u60a3",
        "\u8005",
        "\u53d1",
        "\u70ed",
        "\u3002",
    ]
    assert words("\u6cbb\u7642\u3067CT") == ["\u6cbb", "\u7642", "\u3067", "CT"]


@given(st.text(max_size=200))
@settings(max_examples=300, deadline=None)
def test_wild_text_loses_no_character(text: str) -> None:
    found = words(text.encode(errors="replace").decode())
    kept = "".join(text.encode(errors="replace").decode().split())
    assert "".join("".join(found).split()) == kept


@given(st.text(alphabet=".-'/:n8) a\u60a3A0@,+", max_size=60))
@settings(max_examples=300, deadline=None)
def test_runs_of_marks_lose_no_character(text: str) -> None:
    assert "".join(words(text)).replace(" ", "") == text.replace(" ", "")
