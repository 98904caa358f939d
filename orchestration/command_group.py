"""The sub-commands of `materia`, each imported when it is called.

An audit answers in less time than Dagster and MLflow take to import, and asks neither.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from importlib import import_module
from typing import Any

import typer
import typer.main
from typer.core import TyperGroup

COMMANDS: Mapping[str, str] = {
    "materialize": "materialize",
    "fetch": "fetch",
    "ui": "ui",
    "lineage": "lineage",
    "audit": "audit",
    "trace": "trace",
    "forget": "forget",
    "verify": "verify",
    "witness": "witness",
    "evidence": "evidence",
    "passport": "passport",
    "why": "why",
    "cost": "cost",
    "plan": "plan",
    "stale": "stale",
    "score": "score",
    "report": "report",
    "reproduce": "reproduce",
    "promote": "promote",
    "sync": "sync",
    "rebuild": "sync",
}
"""Command -> its file in orchestration/commands, which has a function of the command's name."""


class CommandGroup(TyperGroup):
    """Lists all commands, imports the one that runs; --help of the group imports them all."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands = _Commands()

    def list_commands(self, ctx: Any) -> list[str]:
        return list(self.commands)


class _Commands(MutableMapping[str, Any]):
    def __init__(self) -> None:
        self._loaded: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._loaded:
            if name not in COMMANDS:
                raise KeyError(name)
            self._loaded[name] = _load(name)
        return self._loaded[name]

    def __setitem__(self, name: str, command: Any) -> None:
        self._loaded[name] = command

    def __delitem__(self, name: str) -> None:
        raise TypeError(f"command {name} cannot be taken away: it is listed in COMMANDS")

    def __iter__(self) -> Iterator[str]:
        return iter({**COMMANDS, **self._loaded})

    def __len__(self) -> int:
        return len({**COMMANDS, **self._loaded})


def _load(name: str) -> Any:
    function = getattr(import_module(f"orchestration.commands.{COMMANDS[name]}"), name)
    alone = typer.Typer(add_completion=False, rich_markup_mode="markdown")
    alone.command(name)(function)
    return typer.main.get_command(alone)
