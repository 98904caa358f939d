"""The rule scorers: what raises them, what lowers them, and what they must not react to."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.mixtures.scoring.lexicon import PHRASES, lexicon
from assets.mixtures.scoring.rules import RuleScorer, rule_counts
from assets.mixtures.scoring.terms import TermFrequency, count_terms
from assets.mixtures.scoring.text import Batch

NO_TERMS = TermFrequency(windows=np.zeros(1 << 10, dtype=np.uint32), num_windows=0)

TEXTBOOK = (
    "Diffusion is the net movement of molecules from a region of higher concentration to one of "
    "lower concentration. For example, oxygen moves from the alveoli into the blood because its "
    "partial pressure is higher in the lung. Therefore, when ventilation falls, the arterial "
    "oxygen tension decreases to about 60 mmHg. In other words, the gradient determines the rate "
    "of transport. If the membrane thickens, however, the exchange is slower."
)
NAMES = (
    "John Smith, Mary Jones, Peter Brown, Anna White, Karl Braun, Li Wei, Paul Martin, Eva Novak, "
    "Tom Green, Sara Black, Jim Hill, Rosa Diaz, Ivan Petrov, Emma Stone, Luis Garcia, Nina Rossi."
)
ADVERT = (
    "Click here to subscribe to our newsletter and get a discount! Free shipping on all orders. "
    "Buy now, limited time offer. Follow us and share this page with your friends."
)
CHAT = (
    "yeah ok see you later then, i was so tired yesterday and my phone died on the bus so i went "
    "home and watched something and fell asleep and now it is monday again"
)
SCORES = ("educational", "knowledge_density", "reasoning_density")


def scores(*texts: str, terms: TermFrequency = NO_TERMS) -> pl.DataFrame:
    return RuleScorer(terms).score(Batch(pl.DataFrame({"text": texts})))


def counts(text: str, terms: TermFrequency = NO_TERMS) -> dict[str, int]:
    return rule_counts(Batch(pl.DataFrame({"text": [text]})), terms).row(0, named=True)


@pytest.mark.parametrize("column", SCORES)
@pytest.mark.parametrize("other", [NAMES, ADVERT, CHAT], ids=["names", "advert", "chat"])
def test_a_textbook_beats_everything_else(column: str, other: str) -> None:
    found = scores(TEXTBOOK, other)[column]
    assert found[0] > found[1] + 0.05


@pytest.mark.parametrize(
    ("column", "marker"),
    [
        ("reasoning_density", "Therefore it fails."),
        ("reasoning_density", "It fails because of that."),
        ("reasoning_density", "If so, it fails."),
        ("reasoning_density", "\u56e0\u6b64"),
        ("knowledge_density", "It took 20 mg."),
        ("knowledge_density", "This is defined as that."),
        ("educational", "For example, this one."),
        ("educational", "In other words, it is so."),
    ],
)
def test_a_marker_raises_its_score(column: str, marker: str) -> None:
    plain = "The man went to the market and came home with a bag of red apples. " * 3
    found = scores(plain + "He ate it.", plain + marker)[column]
    assert found[1] > found[0]


def test_promotion_lowers_educational_value() -> None:
    found = scores(TEXTBOOK, TEXTBOOK + " Click here to subscribe and buy now.")["educational"]
    assert found[1] < found[0]


def test_density_does_not_depend_on_length() -> None:
    found = scores(*("\n".join([TEXTBOOK] * times) for times in (8, 32)))
    for column in SCORES:
        assert found[column][0] == pytest.approx(found[column][1], abs=0.03)


def test_a_short_text_proves_little() -> None:
    found = scores("Therefore.", TEXTBOOK)["reasoning_density"]
    assert 0 < found[0] < found[1]


def test_every_phrase_is_counted_for_what_it_marks() -> None:
    table, seen = lexicon(), set()
    for category, listed in PHRASES.items():
        for phrase in listed.split("; "):
            if phrase in seen or category == "unit":
                continue
            seen.add(phrase)
            assert counts(phrase)[category] >= 1, phrase
    assert np.count_nonzero(table.keys) < len(table.keys) / 2


def test_the_longest_phrase_wins_and_counts_once() -> None:
    found = counts("it fell as a result of the wind")
    assert found["cause"] == 1


def test_phrases_do_not_reach_over_lines() -> None:
    assert counts("for\nexample")["explanation"] == 0


def test_a_unit_counts_only_behind_a_number() -> None:
    assert counts("5 mg and 3.5 cm of mg")["measures"] == 2


def test_relations_need_a_number() -> None:
    assert counts("p < 0.05 and a < b")["relations"] == 1


def test_sentences_end_where_a_new_one_begins() -> None:
    assert (
        counts("Dr. Who met him at 3.5 p.m. there. Then he left! \u5b8c\u4e86\u3002")["sentences"]
        == 4
    )  # "Dr." before a capital is taken for an end: stated in docs/scoring.md


def test_headings_and_items_are_told_from_text() -> None:
    found = counts("Methods of work\nWe did it, and it was good.\n- one\n2. two\nas it goes on")
    assert (found["headings"], found["items"], found["lines"]) == (1, 2, 5)


def test_terms_are_known_and_rare_words_and_no_names() -> None:
    rare = ["the hepatocyte and the weather are here"] * 5
    common = ["the weather is fine"] * 400
    batch = Batch(pl.DataFrame({"text": rare + common}))
    terms = count_terms([batch])
    assert terms.num_windows == 405
    assert counts("a hepatocyte", terms)["terms"] == 1
    assert counts("a weather", terms)["terms"] == 0
    assert counts("a Hepatocyte", terms)["terms"] == 0
    assert counts("a unseenword", terms)["terms"] == 0
    assert counts("hepatocyte " * 50, terms)["terms"] == 1


def test_terms_do_not_depend_on_the_order_of_batches() -> None:
    parts = [Batch(pl.DataFrame({"text": [text] * 3})) for text in (TEXTBOOK, NAMES, CHAT)]
    assert np.array_equal(count_terms(parts).windows, count_terms(parts[::-1]).windows)


@given(st.lists(st.text(max_size=80), min_size=1, max_size=4))
def test_wild_text_has_scores_between_zero_and_one(texts: list[str]) -> None:
    found = scores(*texts)
    for column in SCORES:
        values = found[column].to_numpy()
        assert np.all((values >= 0) & (values <= 1))
    for first, second in pairwise([*texts, texts[0]]):
        assert scores(first, second).row(1) == scores(second).row(0)
