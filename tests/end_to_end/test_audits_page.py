"""The commands of docs/audits.md work as they stand, on recipe `smoke` instead of `tiny`."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

from orchestration.settings import PROJECT_ROOT
from tests.end_to_end.installation import PLANTED, RECIPE, Installation

pytestmark = pytest.mark.slow

PAGE = (PROJECT_ROOT / "docs" / "audits.md").read_text()
COMMANDS = re.findall(r"^    materia (.+?)$", PAGE, re.MULTILINE)
AUDITS = {"audit", "lineage", "trace", "why", "stale", "verify", "witness"}


def test_the_page_has_an_example_of_every_audit_with_its_output() -> None:
    assert {command.split()[0] for command in COMMANDS} == AUDITS
    for command in COMMANDS:
        shown = PAGE.split(f"    materia {command}\n", 1)[1]
        assert shown.lstrip().startswith("```text"), command


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_page_works(
    installation: Installation, command: str, tmp_path: Path
) -> None:
    (tmp_path / "note.txt").write_text(PLANTED)
    (tmp_path / "answer.txt").write_text(f"As far as I know, {PLANTED[200:420]}")
    for name in ("note.txt", "answer.txt", "audit.html", "lake.witness.json"):
        command = command.replace(name, str(tmp_path / name))
    if "FINGERPRINT" in command:
        witness = ["witness", "--out", str(tmp_path / "lake.witness.json"), "--json"]
        signer = json.loads(installation.run(*witness).stdout)["signer"]
        command = command.replace("FINGERPRINT", signer)
    done = installation.run(*shlex.split(command.replace("tiny", RECIPE)))
    is_unknown = "0" * 32 in command
    assert done.returncode == (1 if is_unknown else 0), done.stdout + done.stderr
    assert done.stdout.strip()
    if "--html" in command:
        page = (tmp_path / "audit.html").read_text()
        assert f"releases/release[{RECIPE}]" in page and page.endswith("</html>\n")
