"""What a policy lets in: the algebra of licences, and documents held against it."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.corpora.licence_table import LICENCES
from assets.corpora.licences import POLICIES, LicenceViolation, decide, enforce, select
from assets.corpora.sources import SOURCES

KNOWN = sorted(LICENCES)


def documents(*licences: str | None, source: str = "notes") -> pl.DataFrame:
    return pl.DataFrame(
        {
            "doc_id": [f"id{n}" for n in range(len(licences))],
            "source": [source] * len(licences),
            "licence": pl.Series(licences, dtype=pl.String),
        }
    )


@pytest.mark.parametrize(
    ("licence", "research", "commercial", "public"),
    [
        ("CC0-1.0", True, True, True),
        ("CC-BY-4.0", True, True, True),
        ("CC-BY-SA-3.0", True, True, True),
        ("CC-BY-NC-4.0", True, False, False),
        ("CC-BY-NC-ND-4.0", True, False, False),
        ("CC-BY-ND-4.0", True, True, False),
        ("MIT", True, True, True),
        ("GPL-2.0-or-later", True, True, True),
        ("LicenseRef-US-Public-Domain", True, True, True),
        ("LicenseRef-NLM-PubMed-Terms", True, True, True),
        ("LicenseRef-Publisher-Copyright", True, False, False),
        ("LicenseRef-User-Provided", True, False, False),
        ("LicenseRef-Nobody-Knows", False, False, False),
        ("NOASSERTION", False, False, False),
        ("", False, False, False),
    ],
)
def test_each_licence_is_decided_under_each_policy(
    licence: str, research: bool, commercial: bool, public: bool
) -> None:
    decided = tuple(decide(licence, policy).allowed for policy in POLICIES)
    assert decided == (research, commercial, public)


@pytest.mark.parametrize(
    ("expression", "allowed"),
    [
        ("MIT OR CC-BY-NC-4.0", True),
        ("CC-BY-NC-4.0 OR MIT", True),
        ("MIT AND CC-BY-NC-4.0", False),
        ("MIT AND (CC-BY-NC-4.0 OR Apache-2.0)", True),
        ("(MIT AND CC-BY-NC-4.0) OR Apache-2.0", True),
        ("MIT OR CC-BY-NC-4.0 AND CC-BY-NC-4.0", True),
        ("GPL-2.0-only WITH Classpath-exception-2.0", True),
        ("mit", True),
        ("Artistic-1.0-Perl OR GPL-1.0-or-later", True),
    ],
)
def test_one_side_of_an_or_is_enough_and_both_of_an_and_are_needed(
    expression: str, allowed: bool
) -> None:
    assert decide(expression, "commercial").allowed is allowed


@pytest.mark.parametrize(
    "expression",
    ["MIT OR", "OR MIT", "(MIT", "MIT)", "MIT Apache-2.0", "()", "MIT / BSD", "a" * 600, "(" * 90],
)
def test_what_is_no_expression_is_refused_and_not_guessed(expression: str) -> None:
    decision = decide(expression, "research")
    assert not decision.allowed
    assert decision.reason.startswith("not a licence expression")


def test_a_choice_of_licences_takes_the_one_that_asks_for_least() -> None:
    decision = decide("GPL-1.0-or-later OR Artistic-1.0-Perl", "weights-public")
    assert [term.id for term in decision.terms] == ["Artistic-1.0-Perl"]


def test_a_decision_says_why_and_where_that_stands() -> None:
    decision = decide("CC-BY-NC-4.0", "commercial")
    assert "CC-BY-NC-4.0 does not allow commercial" in decision.reason
    assert "creativecommons.org/licenses/by-nc/4.0" in decision.reason


@given(st.text())
def test_wild_licences_never_crash(expression: str) -> None:
    decide(expression, "research")


@given(
    st.recursive(
        st.sampled_from(KNOWN),
        lambda inner: st.tuples(inner, st.sampled_from(["AND", "OR"]), inner).map(
            lambda parts: f"({parts[0]} {parts[1]} {parts[2]})"
        ),
        max_leaves=6,
    )
)
def test_every_expression_of_known_licences_is_fit_for_research(expression: str) -> None:
    assert decide(expression, "research").allowed


@given(st.sampled_from(KNOWN), st.sampled_from(KNOWN), st.sampled_from(POLICIES))
def test_order_does_not_matter(left: str, right: str, policy: str) -> None:
    for word in ("AND", "OR"):
        one = decide(f"{left} {word} {right}", policy)  # type: ignore[arg-type]
        other = decide(f"{right} {word} {left}", policy)  # type: ignore[arg-type]
        assert one.allowed == other.allowed


def test_a_policy_there_is_not_is_refused() -> None:
    with pytest.raises(ValueError, match="no licence policy 'anything': choose from research"):
        decide("MIT", "anything")  # type: ignore[arg-type]


def test_documents_that_a_policy_allows_are_counted_by_licence() -> None:
    counted = enforce(documents("MIT", "CC-BY-4.0", "MIT"), "weights-public")
    assert counted.rows() == [("notes", "CC-BY-4.0", 1), ("notes", "MIT", 2)]


def test_a_violation_names_count_example_and_remedy() -> None:
    frame = documents("MIT", "CC-BY-NC-4.0", "CC-BY-NC-4.0").lazy()
    with pytest.raises(
        LicenceViolation,
        match=r"does not allow 2 of 3 documents .*for example id1 of notes under CC-BY-NC-4\.0",
    ) as caught:
        enforce(frame, "commercial")
    assert (caught.value.count, caught.value.doc_id) == (2, "id1")
    assert "Name the licences to take" in str(caught.value)


@pytest.mark.parametrize("licence", [None, "", "unknown", "See LICENSE.txt", "\x1b[31m"])
def test_a_document_without_a_known_licence_enters_no_recipe(licence: str | None) -> None:
    with pytest.raises(LicenceViolation) as caught:
        enforce(documents("MIT", licence), "research")
    assert "\x1b" not in str(caught.value)


def test_a_recipe_may_take_only_some_licences_of_a_source() -> None:
    kept, left = select(documents("MIT", "CC-BY-NC-4.0", None), ["MIT"])
    assert (kept["doc_id"].to_list(), left["doc_id"].to_list()) == (["id0"], ["id1", "id2"])


def test_accepting_an_unknown_licence_is_refused() -> None:
    with pytest.raises(ValueError, match="accepts LicenseRef-Mine, which no row"):
        select(documents("MIT"), ["MIT", "LicenseRef-Mine"])


def test_every_licence_of_the_catalogue_is_known() -> None:
    unknown = {
        source.name: source.licence
        for source in SOURCES.values()
        if not decide(source.licence, "research").allowed
    }
    assert not unknown
