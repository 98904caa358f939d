"""Records that MLflow will never take, with the reason: {home}/sync/dead-letters.jsonl.

One bad record must not hold up the rest, and must not vanish either. The lake still has it; this
file says that MLflow does not, and why.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

FILE = "dead-letters.jsonl"
MAX_CHARS = 500
"""Of a record and of a reason (our choice): enough to recognise both."""


@dataclass(frozen=True, kw_only=True)
class DeadLetter:
    artifact: str
    """For example checkpoints/stage1[tiny]@0123456789ab, or the run's id where no more is known."""
    record: str
    """What was set aside, as text."""
    reason: str

    def __str__(self) -> str:
        return f"{self.artifact}: {self.record}: {self.reason}"


class DeadLetters:
    """The file; a letter that lies there already is not added again."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._known: set[DeadLetter] | None = None

    def add(self, artifact: str, record: str, reason: str) -> None:
        letter = DeadLetter(artifact=artifact, record=_shortened(record), reason=_shortened(reason))
        if self._known is None:
            self._known = set(self)
        if letter in self._known:
            return
        self._known.add(letter)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        # A line at a time in append mode, so that two processes do not tear each other's lines.
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(letter)) + "\n")

    def __iter__(self) -> Iterator[DeadLetter]:
        if not self.path.exists():
            return
        for line in self.path.read_text(encoding="utf-8").splitlines():
            yield DeadLetter(**json.loads(line))


def _shortened(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= MAX_CHARS else plain[: MAX_CHARS - 3] + "..."
