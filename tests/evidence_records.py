"""What trainings and a release leave behind, for lakes made by hand: journals, results, credits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.artifacts import encoded

CREDITS = [
    {
        "attribution": "document",
        "basis": "attribution of each work is all it asks",
        "citation": "Authors of pmc",
        "documents": 2,
        "licence": "CC-BY-4.0",
        "questions": 1,
        "share_alike": False,
        "source": "pmc",
        "terms": ["CC-BY-4.0"],
        "title": "PMC",
        "tokens": 23,
    }
]
SETTINGS = {
    "context_tokens": 512,
    "schedule": {"decay": "cosine", "final_lr": 1e-4, "peak_lr": 1e-3, "warmup_steps": 1},
}


def journal(losses: Sequence[float], skipped: Sequence[int] = ()) -> bytes:
    """Return a training's journal of these losses; the update of some steps was dropped."""
    lines: list[dict[str, Any]] = []
    for step, loss in enumerate(losses):
        lines.append({"kind": "metrics", "step": step, "train/loss": loss})
        if step in skipped:
            lines.append({"kind": "event", "name": "step_skipped", "step": step})
    return b"".join(encoded(line) + b"\n" for line in lines)


def training_files(steps: int, skipped: Sequence[int]) -> dict[str, bytes]:
    """Return journal and result of a training whose loss falls, but for its third step."""
    losses = [9.0 if step == 2 else 7.5 - step / 2 for step in range(steps)]
    result = {"steps": steps, "skipped_steps": list(skipped)}
    return {"journal.jsonl": journal(losses, skipped), "result.json": encoded(result)}
