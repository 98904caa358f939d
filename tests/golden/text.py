"""Compare text with a golden file; `make golden` writes the files anew."""

from __future__ import annotations

import os
from pathlib import Path

GOLDEN = Path(__file__).parent


def assert_golden(name: str, text: str) -> None:
    """Assert that a text equals tests/golden/`name`."""
    path = GOLDEN / name
    if os.environ.get("MATERIA_GOLDEN") == "write":
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text, (
        f"{name} differs from its golden file: if that is meant, run `make golden` and review"
    )
