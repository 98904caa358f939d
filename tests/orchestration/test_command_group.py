"""Commands are imported when they are called, and an audit imports no orchestrator."""

from __future__ import annotations

import subprocess
import sys

import pytest
from typer.testing import CliRunner

from orchestration.cli import app
from orchestration.command_group import COMMANDS, CommandGroup
from orchestration.settings import PROJECT_ROOT

_HEAVY = ("dagster", "mlflow", "matplotlib", "great_expectations", "torch", "s3fs", "numba")


@pytest.mark.parametrize("name", ["trace", "lineage", "why"])
def test_an_audit_imports_neither_orchestrator_nor_tracker(name: str) -> None:
    code = (
        "import sys; from orchestration.command_group import CommandGroup; "
        f"CommandGroup().commands['{name}']; "
        f"print(*[m for m in {_HEAVY} if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT_ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == []


def test_every_listed_command_can_be_called() -> None:
    group = CommandGroup()
    assert list(group.commands) == list(COMMANDS) == group.list_commands(None)
    assert [group.commands[name].name for name in COMMANDS] == list(COMMANDS)


def test_an_unknown_command_is_refused_with_the_nearest_one() -> None:
    done = CliRunner().invoke(app, ["trac"])
    assert done.exit_code == 2
    assert "Did you mean 'trace'?" in done.output


def test_a_listed_command_cannot_be_taken_away() -> None:
    with pytest.raises(TypeError, match="trace cannot be taken away"):
        del CommandGroup().commands["trace"]
