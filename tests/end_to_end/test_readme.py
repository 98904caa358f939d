"""The commands of the README work as they stand, on recipe `smoke` instead of `tiny`."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from orchestration.settings import PROJECT_ROOT
from tests.end_to_end.installation import PLANTED, RECIPE, Installation

pytestmark = pytest.mark.slow

LINE = re.compile(r"^    \.venv/bin/materia (.+?)(?:\s+#.*)?$", re.MULTILINE)
COMMANDS = LINE.findall((PROJECT_ROOT / "README.md").read_text())


def test_the_readme_shows_commands() -> None:
    assert len(COMMANDS) >= 4


@pytest.mark.parametrize("command", [c for c in COMMANDS if not c.startswith("verify")])
def test_a_command_of_the_readme_works(
    installation: Installation, command: str, tmp_path: Path
) -> None:
    (tmp_path / "note.txt").write_text(PLANTED)
    command = command.replace("note.txt", str(tmp_path / "note.txt")).replace("tiny", RECIPE)
    done = installation.run(*shlex.split(command))
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.strip()
