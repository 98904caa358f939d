"""What `materia trace` prints for people: steps whose update was dropped are told apart."""

from __future__ import annotations

from assets.lineage.trace import Trace
from orchestration.commands.console import console
from orchestration.commands.trace import _show


def test_the_table_says_which_steps_left_no_update() -> None:
    occurrence = {
        "artifact": "tokenizers/shards_stage1[tiny]", "shard": 1, "sample": 3, "tokens": [10, 20],
        "copy": 0,
        "training": [
            {"artifact": "stage1", "steps": [2, 5, 9], "steps_without_update": [5]},
            {"artifact": "stage2", "steps": [7], "steps_without_update": []},
        ],
    }  # fmt: skip
    with console.capture() as printed:
        _show(Trace(query="doc", doc_ids=["doc"], status="kept", occurrences=[occurrence]))
    told = " ".join(printed.get().split())
    assert "stage1: 2, 5, 9 (no update: 5)" in told
    assert "stage2: 7 │" in told
