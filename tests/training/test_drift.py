"""Differences between a checkpoint and a spec: refused, accepted by name, remembered."""

from typing import Any

import pytest

from training.checkpoints import ResumeError
from training.drift import accepted_drift, program_facts

SAVED: dict[str, Any] = {
    "identity": {"steps": 10, "schedule": {"peak_lr": 0.1}, "data_seed": 1},
    "data": "a",
}
ASKED: dict[str, Any] = {
    "identity": {"steps": 10, "schedule": {"peak_lr": 0.2}, "data_seed": 1, "new": 1},
    "data": "a",
}


def test_equal_jobs_have_no_drift() -> None:
    assert accepted_drift(SAVED, SAVED, ()) == []


def test_drift_is_refused_field_by_field() -> None:
    with pytest.raises(ResumeError, match="another job") as refused:
        accepted_drift(SAVED, {**ASKED, "data": "b"}, ())
    assert str(refused.value).splitlines()[1:4] == [
        "  data: checkpoint 'a', spec 'b'",
        "  identity.new: checkpoint None, spec 1",
        "  identity.schedule.peak_lr: checkpoint 0.1, spec 0.2",
    ]


def test_what_is_accepted_is_returned_and_the_rest_refused() -> None:
    accept = ("identity.schedule.peak_lr", "identity.new")
    assert accepted_drift(SAVED, ASKED, accept) == [
        {"field": "identity.new", "checkpoint": None, "spec": 1},
        {"field": "identity.schedule.peak_lr", "checkpoint": 0.1, "spec": 0.2},
    ]
    with pytest.raises(ResumeError, match=r"identity\.new") as refused:
        accepted_drift(SAVED, ASKED, accept[:1])
    assert "peak_lr" not in str(refused.value)


def test_accepting_what_has_not_changed_changes_nothing() -> None:
    assert accepted_drift(SAVED, SAVED, ("identity.steps",)) == []


def test_a_name_that_is_no_field_is_refused_with_the_list() -> None:
    with pytest.raises(ValueError, match="there is no such field, only") as refused:
        accepted_drift(SAVED, ASKED, ("identity.lr",))
    assert "  identity.schedule.peak_lr" in str(refused.value)
    assert "data_seed" not in str(refused.value)


@pytest.mark.parametrize("name", ["data", "identity.data_seed"])
def test_what_decides_the_order_of_samples_is_never_accepted(name: str) -> None:
    with pytest.raises(ValueError, match="an audit of this model could no longer tell"):
        accepted_drift(SAVED, ASKED, (name,))


def test_a_tuple_and_the_list_that_json_makes_of_it_are_equal() -> None:
    assert accepted_drift({"identity": {"x": [1]}}, {"identity": {"x": (1,)}}, ()) == []


def test_the_program_is_its_code_and_its_engines() -> None:
    facts = program_facts()
    assert set(facts) == {"code", "torch", "deepspeed"}
    assert len(facts["code"]) == 64
