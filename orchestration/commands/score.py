"""`materia score`: token ids and log-probabilities of a text under a release."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from assets.lineage.find import find_artifact
from orchestration.commands.console import JsonOption
from orchestration.errors import FOUND_A_PROBLEM
from orchestration.lake import open_lake
from orchestration.settings import PROJECT_ROOT, Settings


def score(
    model: Annotated[
        str, typer.Option(help="A release ('releases/release[tiny]') or a folder with its files.")
    ],
    text_file: Annotated[Path, typer.Option(exists=True, dir_okay=False)],
    as_json: JsonOption = False,
) -> None:
    """Print the token ids of a text and the log-probability of each under a model.

    Example: `materia score --model 'releases/release[tiny]' --text-file note.txt --json`
    """
    command = [
        *[sys.executable, "-m", "evaluation.score", "--model", str(_folder(model))],
        *["--text-file", str(text_file.resolve())],
        *(["--json"] if as_json else []),
    ]
    # The control plane has no torch; the engine runs in a process of its own.
    done = subprocess.run(command, cwd=PROJECT_ROOT, check=False)
    if done.returncode:
        raise typer.Exit(FOUND_A_PROBLEM)


def _folder(model: str) -> Path:
    if (Path(model) / "config.json").is_file():
        return Path(model).resolve()
    lake = open_lake(Settings.from_env())
    manifest = find_artifact(model, lake)
    for entry in manifest.files:
        local = lake.fetch(manifest, entry)
    return local.parents[len(Path(manifest.files[-1].path).parts) - 1]
