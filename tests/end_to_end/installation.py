"""A whole installation in a folder of its own, driven only through the `materia` command."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestration.settings import PROJECT_ROOT

RECIPE = "smoke"
WORDS = (
    "the ward kept a careful record of each patient who came in with fever and a painful joint "
    "during the long winter of that year and the physicians compared what they had seen with "
    "older reports before they agreed on rest and fluids and a weekly visit by the same nurse"
)
PLANTED = f"Planted observation. {WORDS.capitalize()}. " + " ".join(
    f"On day {day} the temperature was {37 + day % 3} degrees and the pulse was {70 + day}."
    for day in range(1, 15)
)
NEAR_COPY = PLANTED.replace("a weekly visit", "one weekly visit")
OTHER = (
    "A different text about the harvest of olives on dry hillsides, where families spread nets "
    "below the trees and beat the branches with long poles until the fruit comes down, then carry "
    "it to the press before the next morning so that the oil keeps its green and bitter taste. "
) * 3


@dataclass(frozen=True, kw_only=True)
class Installation:
    home: Path

    @classmethod
    def made(cls, folder: Path) -> Installation:
        """Plant documents in the inbox and materialize the recipe."""
        self = cls(home=folder / "home")
        inbox = self.home / "inbox" / "inbox"
        inbox.mkdir(parents=True)
        records = [
            {"id": "planted", "title": "Planted", "text": PLANTED, "domain": "medical"},
            {"id": "near-copy", "title": "Near copy", "text": NEAR_COPY, "domain": "medical"},
            {"id": "other", "title": "Olives", "text": OTHER, "domain": "general"},
        ]
        lines = [json.dumps(record) for record in records]
        (inbox / "notes.jsonl").write_text("\n".join([*lines, "{broken"]) + "\n")
        done = self.run("materialize", "--recipe", RECIPE)
        assert done.returncode == 0, done.stdout + done.stderr
        return self

    def run(self, *arguments: str, timeout_s: float = 900.0) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "orchestration.cli", *arguments],
            cwd=PROJECT_ROOT,
            env=self.env,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )

    def json(self, *arguments: str, code: int = 0) -> Any:
        done = self.run(*arguments, "--json")
        assert done.returncode == code, done.stdout + done.stderr
        return json.loads(done.stdout)

    @property
    def env(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if "MATERIA" not in name}
        return {**kept, "MATERIA_HOME": str(self.home), "COLUMNS": "160"}

    @property
    def lake(self) -> Path:
        return self.home / "lake"

    def manifests(self) -> dict[str, dict[str, Any]]:
        """Return every committed manifest by `family/name[partition]`."""
        found = {}
        for path in self.lake.glob("*/*/*/manifest.json"):
            record = json.loads(path.read_text())
            record["folder"] = str(path.parent / record["data_dir"])
            found[f"{record['family']}/{record['name']}[{record['partition']}]"] = record
        return found

    def file(self, key: str, name: str) -> Path:
        return Path(self.manifests()[key]["folder"]) / name
