"""How commands print: JSON to stdout for machines, rich tables for people."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer
from rich.console import Console

console = Console()

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON; its fields are stable.")]


def print_json(value: Any) -> None:
    print(json.dumps(value, indent=1, ensure_ascii=False, sort_keys=True))
