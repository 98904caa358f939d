"""How commands print: JSON to stdout for machines, rich tables for people."""

from __future__ import annotations

import json
import sys
from typing import Annotated, Any

import typer
from rich.console import Console

_PIPED_WIDTH = 140
"""Columns when nobody's terminal says how many there are: a log keeps tables readable."""

console = Console(
    width=None if sys.stdout.isatty() else _PIPED_WIDTH,
    # Names of artifacts hold brackets, which rich would take for markup.
    markup=False,
    highlight=False,
)

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON; its fields are stable.")]


def print_json(value: Any) -> None:
    print(json.dumps(value, indent=1, ensure_ascii=False, sort_keys=True))


def tell(message: str) -> None:
    """Tell the person who waits what is happening; stdout is for what was asked."""
    print(message, file=sys.stderr)
