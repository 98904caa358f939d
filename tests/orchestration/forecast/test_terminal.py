"""A person at a terminal is shown the forecast and asked; a real terminal, a real process."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from orchestration.settings import PROJECT_ROOT
from tests.orchestration.forecast.recorded import Recorded

QUESTION = b"Start it all the same?"
NODE = "corpora/benchmarks"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An installation that has made the node before, for another list of benchmarks."""
    here = Recorded(tmp_path / "home")
    here.make_sources()
    step = here.graph().step(NODE)
    here.make([replace(step, config={**step.config, "benchmarks": ["medqa"]})])
    return here.home


def answer(home: Path, text: str) -> tuple[int, str]:
    """Run the command on a terminal, answer its question, return exit code and what was shown."""
    ours, theirs = pty.openpty()
    kept = {name: value for name, value in os.environ.items() if "MATERIA" not in name}
    process = subprocess.Popen(
        [sys.executable, "-m", "orchestration.cli", "materialize", f"{NODE}[smoke]",
         "--max-cost", "0.01"],
        cwd=PROJECT_ROOT, stdin=theirs, stdout=theirs, stderr=theirs,
        env={**kept, "MATERIA_HOME": str(home), "COLUMNS": "160", "TERM": "dumb"},
    )  # fmt: skip
    os.close(theirs)
    shown, answered = b"", False
    while True:
        try:
            part = os.read(ours, 4096)
        except OSError:  # the other side of a terminal is closed like this on Linux
            break
        if not part:
            break
        shown += part
        if not answered and QUESTION in shown:
            os.write(ours, text.encode() + b"\n")
            answered = True
    os.close(ours)
    assert answered, shown.decode()
    return process.wait(timeout=60), shown.decode()


@pytest.mark.slow
def test_no_starts_nothing_and_yes_starts_it(home: Path) -> None:
    code, shown = answer(home, "n")
    assert code == 1
    assert "USD 0.344 is above the limit of USD 0.01" in shown
    assert shown.startswith("Forecast")
    assert "Nothing was started." in shown
    assert len(list((home / "lake").glob(f"{NODE}/*/manifest.json"))) == 1
    code, shown = answer(home, "y")
    assert code == 0, shown
    assert len(list((home / "lake").glob(f"{NODE}/*/manifest.json"))) == 2
