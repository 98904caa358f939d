"""The planted documents made into a release through the command, and asked about through it."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import typer.main

from orchestration.cli import app
from orchestration.settings import PROJECT_ROOT
from tests.end_to_end.truth.groups import make_plan
from tests.end_to_end.truth.packed import PackedLake
from tests.end_to_end.truth.plan import NOTES, Plan, write_files
from tests.end_to_end.truth.recipe import NAME

COMMAND = typer.main.get_command(app)
RELEASE = f"releases/release[{NAME}]"


@dataclass(frozen=True, kw_only=True)
class Truth:
    """One installation, its plan, and its lake as the bytes tell it."""

    home: Path
    plan: Plan
    lake: PackedLake

    @classmethod
    def made(cls, folder: Path) -> Truth:
        home, plan = folder / "home", make_plan()
        write_files(plan, home / "inbox")
        done = run(home, "materialize", "--recipe", NAME)
        assert done.returncode == 0, done.stdout + done.stderr
        lake = PackedLake(home / "lake", NAME)
        _learn_masked(plan, lake)
        return cls(home=home, plan=plan, lake=lake)

    def ask(self, *arguments: str, code: int | None = 0) -> Any:
        """Ask the command itself, in this process; return what it prints as JSON."""
        said = io.StringIO()
        env = {"MATERIA_HOME": str(self.home)}
        with patch.dict(os.environ, env), redirect_stdout(said):
            done = COMMAND.main([*arguments, "--json"], "materia", standalone_mode=False)
        assert code is None or (done or 0) == code, said.getvalue()
        return json.loads(said.getvalue())


def run(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command that knows the recipe of the planted documents."""
    kept = {name: value for name, value in os.environ.items() if "MATERIA" not in name}
    return subprocess.run(
        [sys.executable, "-m", "tests.end_to_end.truth.command", *arguments],
        cwd=PROJECT_ROOT,
        env={**kept, "MATERIA_HOME": str(home), "COLUMNS": "160"},
        capture_output=True,
        text=True,
        check=False,
    )


def _learn_masked(plan: Plan, lake: PackedLake) -> None:
    """Take the masked texts of notes from the lake: masking has tests of its own."""
    rows = lake.table(f"corpora/documents[{NOTES}]", "documents")
    texts = dict(rows.select("native_id", "text").iter_rows())
    for each in plan.planted:
        if each.source == NOTES:
            each.original, each.text = each.text, texts[each.native_id]
            if each.fate == "kept" and each.is_held_out:
                each.fate = "held_out"
