"""A whole installation in a folder of its own, driven only through the `materia` command."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestration.settings import PROJECT_ROOT

RECIPE = "smoke"
PLANTED = """Planted observation

An elderly farmer came to the clinic after three weeks of fever, a painful left knee and poor \
sleep. He had lost weight since the harvest, and his daughter reported that he no longer \
finished his meals. On examination the joint was warm and swollen, movement was limited, and \
a soft murmur could be heard over the heart. Blood was drawn before any treatment began, and \
fluid from the knee showed many white cells without crystals. Because endocarditis could not \
be excluded, the team arranged an echocardiogram, which revealed one small vegetation on the \
mitral valve. Penicillin was given for four weeks under close supervision, with weekly \
measurements of kidney function. By the second month the murmur had become fainter, appetite \
returned, and walking without a stick was possible again. The case reminds us that arthritis \
with fever deserves a search for its source, even when the patient looks comfortable at \
first."""
NEAR_COPY = PLANTED.replace("one small vegetation", "a small vegetation")
OTHER = """Olive harvest

Families on dry hillsides spread nets below the trees in late autumn and beat the branches \
with long poles until the fruit comes down. Children gather what rolls away, while older \
people sort leaves from the heap and tell stories about better years. The sacks are carried \
to a press in the valley before the next morning, since bruised olives ferment quickly and \
spoil the taste of the oil. Inside the mill, heavy stones turn slowly, water runs over the \
paste, and a green stream collects in steel vats. Each household takes home its share in \
tins, keeps some for the winter kitchen, and sells the rest to merchants who arrive with \
scales and strong opinions. Good weather in spring matters more than anything done by hand, \
yet nobody would admit this at the table where new bread is dipped."""


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
        return self.run_with({}, *arguments, timeout_s=timeout_s)

    def run_with(
        self, settings: Mapping[str, str], *arguments: str, timeout_s: float = 900.0
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "orchestration.cli", *arguments],
            cwd=PROJECT_ROOT,
            env={**self.env, **settings},
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
