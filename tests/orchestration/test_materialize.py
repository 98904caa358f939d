"""`materia materialize`: what its runs are told."""

from __future__ import annotations

from assets.lineage.defs import ACCEPT_DRIFT_TAG
from orchestration.commands.making import tags_of


def test_accepted_drift_becomes_a_tag_of_the_run_and_nothing_else_does() -> None:
    assert ACCEPT_DRIFT_TAG not in tags_of([])
    tags = tags_of(["program.code", "program.torch"])
    assert tags[ACCEPT_DRIFT_TAG] == "program.code program.torch"
    assert tags["materia/launched_by"] == "materia materialize"
