"""Wikitext to text: one case per construct, and hostile input in linear time."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.corpora.readers.wikitext import wikitext_to_text


@pytest.mark.parametrize(
    ("wikitext", "text"),
    [
        ("'''Bold''' and ''italic''", "Bold and italic"),
        ("a [[moral code]] of [[state (polity)|the state]]", "a moral code of the state"),
        ("[[Category:Anarchism]]text[[fr:Anarchisme]]", "text"),
        ("see [[:Category:Anarchism]]", "see Category:Anarchism"),
        ("[[File:a.png|thumb|A [[cat]] {{small|here}}]]after", "after"),
        ("one<ref>a source</ref> two<ref name=x /> three<ref name=\"y\">z</ref>", "one two three"),
        ("x<!-- a secret -->y", "xy"),
        ("a {{cite web |url=x |title={{lang|fr|y}} }}b", "a b"),
        ("{{convert|10|km|mi}} and {{convert|5|to|7|kg|lb}}", "10 km and 5 to 7 kg"),
        ("1775{{ndash}}1783", "1775\u20131783"),
        ("{{lang|grc|logos}} means word", "logos means word"),
        ("{{infobox|a=1|}}text", "text"),
        ("before\n{| class=x\n|-\n| cell {{small|z}}\n|}\nafter", "before\n\nafter"),
        ("{{box|\n{| class=x\n| cell\n|}\n}}after", "after"),
        ("see [http://example.org the site] and [http://example.org]", "see the site and"),
        ("H<sub>2</sub>O<br/>next", "H2O\nnext"),
        ("<math>x^2 < y</math>is left out", "is left out"),
        ("AT&amp;T &ndash; a&nbsp;firm", "AT&T \u2013 a firm"),
        ("* one\n# two\n: three", "- one\n- two\nthree"),
        ("Name ({{IPA|x}}; {{lang-fr|y}}), a place", "Name, a place"),
        ("__NOTOC__text", "text"),
        ("== History ==\nold\n=== Early ===\nolder", "History\nold\n\nEarly\nolder"),
        ("text\n== See also ==\n* [[x]]\n=== More ===\n* y\n== Law ==\nz", "text\n\nLaw\nz"),
    ],
)  # fmt: skip
def test_each_construct_reads_as_text(wikitext: str, text: str) -> None:
    assert wikitext_to_text(wikitext) == text


@pytest.mark.parametrize(
    ("wikitext", "text"),
    [
        ("good {{broken start and the rest", "good {{broken start and the rest"),
        ("{{a [[b }}c", "c"),
        ("a }} b ]] c", "a }} b ]] c"),
        ("one <ref>never closed, two", "one never closed, two"),
        ("one <!-- never closed", "one <!-- never closed"),
    ],
)
def test_broken_markup_loses_no_more_than_itself(wikitext: str, text: str) -> None:
    assert wikitext_to_text(wikitext) == text


@pytest.mark.parametrize(
    "unit",
    [pytest.param("{{", marks=pytest.mark.slow), pytest.param("{|\n", marks=pytest.mark.slow),
     "}}", "[[", "[http://a", "<ref>", "<!--", "<", "'", "=", "(", "|}", "[//x y",
     "{{a|", "[[a|b]]", "\u0130<ref>", "&amp", "__A"],
)  # fmt: skip
def test_hostile_markup_takes_linear_time(unit: str) -> None:
    started = time.process_time()
    wikitext_to_text(unit * (600_000 // len(unit)))
    assert time.process_time() - started < 4


@given(st.text(alphabet="{}[]|<>/'=ab\n&;ref!-* "))
def test_any_markup_gives_some_text(wikitext: str) -> None:
    text = wikitext_to_text(wikitext)
    assert not text.startswith("\n") and not text.endswith("\n")
