"""`materia witness`: write down what the lake holds, to be kept where nobody here can write."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from orchestration.commands.console import JsonOption, console, print_json
from orchestration.commands.evidence import signing_key
from orchestration.lake import open_lake
from orchestration.settings import Settings
from orchestration.witness import write_witness


def witness(
    out: Annotated[Path, typer.Option("--out", help="A file that does not exist yet.")],
    as_json: JsonOption = False,
) -> None:
    """Write a signed list of every artifact, for `materia verify --all --witness`.

    Example: `materia witness --out lake.witness.json`
    """
    settings = Settings.from_env()
    made = write_witness(open_lake(settings), signing_key(settings), out, datetime.now(UTC))
    if as_json:
        print_json(
            {
                "file": str(out),
                "artifacts": len(made.records),
                "made_at": made.made_at,
                "signer": made.signer,
            }
        )
        return
    console.print(f"{len(made.records)} artifacts, signed with key {made.signer}", soft_wrap=True)
    console.print(
        f"keep {out} and this number where nobody who can write to the lake can write; then "
        f"`materia verify --all --witness {out} --trust {made.signer}`",
        soft_wrap=True,
    )
