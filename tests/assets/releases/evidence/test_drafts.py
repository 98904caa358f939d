"""No statement of a draft stands without the artifact it comes from; what is not known is a gap."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from assets.fakes import FakeLake
from assets.lineage.audit import ArtifactGraph
from assets.releases.evidence.annex_iv import annex_iv
from assets.releases.evidence.annex_xi import annex_xi
from assets.releases.evidence.draft import MAX_NAMED, TO_FILL_IN, Gap, Section, render, state
from assets.releases.evidence.facts import Facts
from assets.releases.evidence.pack import ancestry
from assets.releases.evidence.statements import reference
from assets.releases.evidence.training_summary import size_range, training_summary
from tests.evidence_lake import make_release

DRAFTS = [training_summary, annex_xi, annex_iv]
_EVIDENCE = re.compile(r"\[(\S+/\S+?(?:\[\S+?\])?@[0-9a-f]{12})\]")


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Facts:
    lake = FakeLake(tmp_path_factory.mktemp("lake"))
    release = make_release(lake)
    return Facts.gathered(lake, release, ancestry(ArtifactGraph.of(lake), release), "ab" * 32)


def bare_statements(text: str, facts: Facts) -> list[str]:
    """Return the statements that end with no artifact of the release's chain."""
    known = {reference(manifest) for manifest in facts.chain}
    bare = []
    for line in text.splitlines():
        named = _EVIDENCE.findall(line)
        stated = line.startswith("- ") and not line.startswith(f"- {TO_FILL_IN}")
        if stated and (not named or not set(named) <= known):
            bare.append(line)
    return bare


@pytest.mark.parametrize("draft", DRAFTS)
def test_every_statement_names_artifacts_of_the_release(
    facts: Facts, draft: Callable[[Facts], str]
) -> None:
    text = draft(facts)
    assert text.count("\n- ") > 15
    assert bare_statements(text, facts) == []
    assert len(bare_statements(text + "- It is safe.\n", facts)) == 1
    assert len(bare_statements(text + f"- It is safe. [models/x[toy]@{'0' * 12}]\n", facts)) == 1


@pytest.mark.parametrize("draft", DRAFTS)
def test_a_draft_says_that_it_is_no_legal_advice_and_what_is_missing(
    facts: Facts, draft: Callable[[Facts], str]
) -> None:
    text = draft(facts)
    assert "not legal advice" in text
    assert text.count(TO_FILL_IN) >= 5
    assert text == draft(facts)


def test_a_statement_without_an_artifact_cannot_be_made(facts: Facts) -> None:
    with pytest.raises(ValueError, match="statement without an artifact it comes from: 'Safe"):
        state("Safe.")


def test_a_section_that_says_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match=r"'2\.9' says nothing"):
        render("Title", "Intro", [Section(heading="2.9", lines=())])


def test_a_statement_stays_one_line_and_names_a_bounded_number(facts: Facts) -> None:
    line = state("Two\nlines\n## heading", *[facts.release] * (MAX_NAMED + 2)).line()
    assert "\n" not in line
    assert len(_EVIDENCE.findall(line)) == MAX_NAMED
    assert line.endswith("and 2 more of its kind in `manifests/`")
    assert Gap(text="a\nb").line() == f"- {TO_FILL_IN} a b"


@pytest.mark.parametrize(
    ("tokens", "words"),
    [
        (10**9 - 1, "less than 1 billion tokens"),
        (10**9, "1 billion to 10 trillion tokens"),
        (10**13, "more than 10 trillion tokens"),
    ],
)
def test_an_amount_of_text_is_told_in_the_template_s_ranges(tokens: int, words: str) -> None:
    assert size_range(tokens) == words


def section(text: str, heading: str) -> str:
    return text.split(f"## {heading}", 1)[1].split("\n## ", 1)[0]


def test_each_source_stands_in_the_section_of_its_origin(facts: Facts) -> None:
    text = training_summary(facts)
    assert "(`pmc`, pkg-pmc 1.0)" in section(text, "2.1")
    assert "(`notes`, folder 1.0)" in section(text, "2.6")
    assert "`pmc`" not in section(text, "2.6")
    assert "None was read" in section(text, "2.3")
    tokens = sum(share.tokens_read for share in facts.of_source("pmc"))
    assert f"{tokens:,} tokens read" in section(text, "2.1")
    assert "Identifiers of persons in `notes` were masked (safe_harbor)" in section(text, "3.2")


def test_scraped_sources_and_buckets_have_their_own_sections(facts: Facts) -> None:
    sources = [
        {**entry, **({"web": True} if entry["name"] == "pmc" else {"origin": "s3"})}
        for entry in facts.sources
    ]
    release = replace(facts.release, config={**facts.release.config, "sources": sources})
    text = training_summary(replace(facts, release=release))
    assert "`pmc`" in section(text, "2.3")
    assert "the main domains" in section(text, "2.3")
    assert "`notes`" in section(text, "2.2")


def test_a_source_that_was_not_read_is_said_not_to_be(facts: Facts) -> None:
    unread = replace(facts, shares=tuple(s for s in facts.shares if s.source != "notes"))
    text = training_summary(unread)
    assert "In the recipe, but not read in training: notes." in section(text, "2.1")
    assert "`notes`" not in section(text, "2.6")


def test_the_annex_gives_shares_stages_in_order_and_scores(facts: Facts) -> None:
    text = annex_xi(facts)
    stages = re.findall(r"- (\S+/\S+): learns", section(text, "2(b)"))
    assert stages == [
        "checkpoints/stage1", "checkpoints/stage2", "checkpoints/stage3", "models/sft_general",
        "models/sft_medical",
    ]  # fmt: skip
    (share,) = [s for s in facts.shares if s.stage == "models/sft_medical"]
    assert f"pmc under CC-BY-4.0 {share.tokens_read:,} tokens (100.00%)" in section(text, "2(c)")
    scored = "MedQA, model final: accuracy 0.25 (95% interval 0.1 to 0.4), chance 0.25, 10 items."
    assert scored in section(text, "Evaluation")


def test_energy_is_told_where_a_counter_was_read_and_asked_for_elsewhere(facts: Facts) -> None:
    assert "energy: no counter of a device was read" in section(annex_xi(facts), "2(e)")
    chain = tuple(
        replace(m, usage=replace(m.usage, energy_j=7.2e6)) if m.family == "models" else m
        for m in facts.chain
    )
    told = section(annex_xi(replace(facts, chain=chain)), "2(e)")
    assert "The devices of 2 of 5 stages took 4 kWh by their own counters" in told
    assert f"{TO_FILL_IN} energy around the devices" in told


def test_annex_iv_has_all_nine_points_and_leaves_the_use_to_the_provider(facts: Facts) -> None:
    text = annex_iv(facts)
    headings = re.findall(r"^## (\d)", text, re.MULTILINE)
    assert sorted(set(headings)) == [str(point) for point in range(1, 10)]
    assert headings.count("1") == len("abcdefgh") == headings.count("2")
    for heading in ("1(b)", "1(h)", "2(e)", "5 Risk", "7 Standards", "8 Declaration", "9 Post"):
        lines = [line for line in section(text, heading).splitlines() if line.startswith("- ")]
        assert len(lines) == 1 and lines[0].startswith(f"- {TO_FILL_IN}")
    assert TO_FILL_IN in section(text, "1(a)")


def test_annex_iv_tells_data_tests_and_limits_from_the_records(facts: Facts) -> None:
    near = tuple({**row, "above_chance": False} for row in facts.scores)
    text = annex_iv(replace(facts, scores=near))
    assert "Cleaning kept 2 of 3 records, identifiers of persons masked." in section(text, "2(d)")
    assert "0 of 3 documents held an item of a benchmark" in section(text, "2(g)")
    assert "MedQA, model final: accuracy 0.25" in section(text, "2(g)")
    assert "1 of 1 scores are no better than guessing: MedQA." in section(text, "3 Monitoring")
    assert "no better than guessing" not in annex_iv(facts)
    assert f"signed with key {facts.signer}" in section(text, "2(h)")


def test_a_model_that_began_from_another_is_not_said_to_be_from_scratch(facts: Facts) -> None:
    assert "Training began from random weights" in section(annex_iv(facts), "2(a)")
    begun = tuple(
        replace(m, config={**m.config, "init": "weights"}) if m.family == "checkpoints" else m
        for m in facts.chain
    )
    text = section(annex_iv(replace(facts, chain=begun)), "2(a)")
    assert "random weights" not in text and "the pre-trained model" in text
