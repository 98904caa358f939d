"""Costs, decisions and corpora of a passport, each from the records and from nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from assets.fakes import FakeLake, commit_folder
from assets.lineage.manifest import Cost, Manifest
from assets.lineage.usage import Usage
from assets.releases.evidence.facts import Facts
from assets.releases.evidence.passport.artifacts import Lineage, compact, operations
from assets.releases.evidence.passport.corpora import corpora_of
from assets.releases.evidence.passport.costs import costs_of
from assets.releases.evidence.passport.decisions import MAX_LISTED, Decision, decisions_of
from assets.releases.evidence.passport.page import passport
from assets.releases.evidence.passport.rosette import rosette
from tests.artifacts import encoded
from tests.assets.lineage.costs import factors
from tests.passport_page import gathered, rows, section

Made = tuple[FakeLake, Facts]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return gathered(tmp_path_factory.mktemp("lake"))[:2]


def decided(lake: FakeLake, facts: Facts) -> tuple[Decision, ...]:
    return decisions_of(lake, facts, {m.fingerprint: i for i, m in enumerate(facts.chain)})


def with_result(made: Made, folder: Path, **result: Any) -> tuple[Decision, ...]:
    """Return the decisions when the first stage left another result."""
    facts = made[1]
    lake = FakeLake(folder)
    first = facts.trainings[0]
    files = {"result.json": encoded({"steps": 9, "skipped_steps": [], **result})}
    other = replace(
        commit_folder(lake, "checkpoints/stage1", files),
        counts=first.counts, inputs=first.inputs, config=first.config,
    )  # fmt: skip
    chain = tuple(m for m in facts.chain if m.family not in ("checkpoints", "models"))
    return decided(lake, replace(facts, chain=(*chain, other)))


def titles(decisions: tuple[Decision, ...]) -> list[str]:
    return [decision.title for decision in decisions]


def test_accepted_drift_is_told_field_by_field_and_first(made: Made, tmp_path: Path) -> None:
    drift = [{"field": "program.torch", "checkpoint": "2.10", "spec": "2.13"}]
    found = with_result(made, tmp_path, accepted_drift=drift)
    told = next(d for d in found if d.title == "Accepted drift")
    assert told.level == "look" and found.index(told) <= titles(found).count("Accepted drift")
    assert "another program.torch: 2.10 there, 2.13 now. A person accepted it." in told.text


def test_a_rollback_says_what_was_seen_and_what_was_done(made: Made, tmp_path: Path) -> None:
    spike = {"step": 7, "action": "rollback", "loss": 40.0, "limit": 9.5, "back_to": 4}
    found = with_result(made, tmp_path, spikes=[spike], skipped_steps=[4, 5, 6, 7])
    told = next(d for d in found if d.title == "Loss spike").text
    assert "step 7: the loss was 40, above the limit of 9.5" in told
    assert "to go back to the state of step 4" in told
    assert "4 of 9 steps" in next(d for d in found if d.title == "Steps without update").text


def test_a_spike_that_is_no_number_is_told_as_it_was(made: Made, tmp_path: Path) -> None:
    spike = {"step": 1, "action": "skip", "loss": "nan", "limit": None, "back_to": None}
    found = with_result(made, tmp_path, spikes=[spike])
    told = next(d for d in found if d.title == "Loss spike").text
    assert "the loss was nan; the policy was to drop the update." in told


def test_a_long_list_of_steps_is_cut_and_counted(made: Made, tmp_path: Path) -> None:
    found = with_result(made, tmp_path, skipped_steps=list(range(100)))
    told = next(d for d in found if d.title == "Steps without update").text
    assert told.endswith(f"{MAX_LISTED - 1} and {100 - MAX_LISTED} more.")


def test_a_training_without_a_result_is_looked_at(made: Made, tmp_path: Path) -> None:
    lake, facts = made
    bare = tuple(
        replace(m, files=tuple(f for f in m.files if f.path != "result.json")) for m in facts.chain
    )
    found = decided(lake, replace(facts, chain=bare))
    assert titles(found).count("No result") == 5
    assert "Every step left its update" not in titles(found)


def test_uncommitted_changes_and_failed_expectations_are_looked_at(made: Made) -> None:
    lake, facts = made
    dirty = (replace(facts.chain[0], git_dirty=True), *facts.chain[1:])
    found = decided(lake, replace(facts, chain=dirty))
    looked = [d.title for d in found if d.level == "look"]
    assert looked == ["Expectations of the data", "Uncommitted changes"]
    assert found[0].level == "look"


def test_every_decision_but_the_commits_names_artifacts(made: Made) -> None:
    assert [d.title for d in decided(*made) if not d.artifacts] == ["Code"]


def used(chain: Sequence[Manifest], **usage: Any) -> tuple[Manifest, ...]:
    return tuple(replace(m, usage=Usage(ranks=1, device="cpu", **usage)) for m in chain)


def test_costs_add_up_to_what_the_release_inherited(made: Made) -> None:
    costs = costs_of(made[1].chain, None)
    total = sum((row.cost for row in costs.rows[:-1]), Cost())
    assert costs.rows[-1].cost == total and costs.rows[-1].artifacts == len(made[1].chain)
    assert (costs.heads, costs.factors, costs.rows[0].figures) == ((), (), ())


def test_energy_co2_and_money_are_those_of_the_cost_of_each_artifact(made: Made) -> None:
    # An hour of a busy core each: 10 W by a PUE of 2, 100 g a kWh, and 1 euro.
    chain = used(made[1].chain, cpu_s=3600.0, device_s=0.0)
    costs = costs_of(chain, factors())
    number = len(chain)
    assert [head.split(",")[0] for head in costs.heads] == ["core hours", "energy", "CO2", "price"]
    assert costs.rows[-1].figures == (
        f"{number}", f"~{number * 20}", f"~{number * 2}", f"~{number}",
    )  # fmt: skip
    assert ("electricity", "100", "a test") in costs.factors


def test_what_records_do_not_tell_is_marked_and_never_zero(made: Made) -> None:
    chain = made[1].chain
    some = (*used(chain[:1], cpu_s=3600.0, device_s=0.0), *chain[1:])
    assert costs_of(some, factors()).rows[-1].figures[0] == "1 +?"
    assert set(costs_of(chain, factors()).rows[-1].figures) == {"?"}


def test_the_page_shows_costs_with_the_factors_they_rest_on(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    lake, facts, proof = gathered(tmp_path_factory.mktemp("costs"))
    chain = used(facts.chain, cpu_s=3600.0, device_s=0.0)
    release = next(m for m in chain if m.family == "releases")
    page = passport(lake, replace(facts, chain=chain, release=release), proof, factors())
    assert rows(page, "Cost of the release and all that went into it")[-1][6] == f"{len(chain)}"
    told = rows(page, "Factors with their sources; another factor changes every estimate")
    assert ["electricity", "100", "a test"] in told
    assert "not recorded" not in section(page, "cost")


def test_shares_of_a_stage_fill_its_bar(made: Made) -> None:
    corpora = corpora_of(made[1])
    for _, slices in corpora.bars:
        assert slices[0].start == 0
        assert sum(piece.width for piece in slices) == pytest.approx(1)
        for before, after in pairwise(slices):
            assert after.start == pytest.approx(before.start + before.width)


def test_a_source_that_no_stage_read_is_said_to_be_unread(made: Made) -> None:
    facts = made[1]
    unread = replace(facts, shares=tuple(s for s in facts.shares if s.source != "notes"))
    assert corpora_of(unread).unread == ("notes",)


def test_a_source_outside_the_list_is_said_to_be(made: Made) -> None:
    facts = made[1]
    odd = replace(facts, shares=tuple(replace(s, source="stranger") for s in facts.shares))
    (part,) = corpora_of(odd).sources
    assert (part.title, part.note) == ("stranger", "not in the release's list of sources")


def test_names_too_long_for_a_chip_are_cut(made: Made) -> None:
    long = replace(made[1].all("corpora/raw")[0], partition="a" * 40)
    assert Lineage.of([long]).chip(0) == f"{'a' * 12}..."


@pytest.mark.parametrize(
    ("number", "words"),
    [(9_999, "9,999"), (12_100, "12.1 k"), (3.2e6, "3.2 M"), (2e11, "200 B"), (2.0e13, "20 T")],
)
def test_numbers_are_told_as_people_say_them(number: float, words: str) -> None:
    assert compact(number) == words


@pytest.mark.parametrize(
    ("flops", "words"),
    [(0, "0"), (1.72e11, "172 GFLOP"), (1.7e24, "1.7 YFLOP"), (3e20, "300 EFLOP")],
)
def test_operations_have_their_prefix(flops: float, words: str) -> None:
    assert operations(flops) == words


def test_the_ornament_is_that_of_the_digest() -> None:
    one, two = "ab" * 32, "cd" * 32
    assert list(rosette(one)) == list(rosette(one)) != list(rosette(two))
