"""Arming crash points; that each is survived is shown in test_resume.py."""

import pytest

from training.crashpoints import arm, crashpoint


@pytest.mark.parametrize("text", ["nowhere:1", "step.after_update", "step.after_update:0", ""])
def test_what_is_no_crash_point_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=f"no crash point '{text}': write NAME:N"):
        arm(text)


def test_an_unarmed_point_does_nothing() -> None:
    crashpoint("step.after_update")
