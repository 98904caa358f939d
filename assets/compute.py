"""The simplest engine of assets/ports.py: shard-wise functions here, one after another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class InlineCompute:
    """Runs everything in this process; what the other engines must equal."""

    name = "inline"
    workers = 1

    def map(
        self, function: Callable[[Item], Result], items: Sequence[Item], label: str = ""
    ) -> list[Result]:
        return [function(item) for item in items]

    def release(self) -> None:
        pass
