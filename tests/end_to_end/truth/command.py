"""The `materia` command with one recipe more: `python -m tests.end_to_end.truth.command ...`."""

from __future__ import annotations

from assets.recipes import catalogue
from tests.end_to_end.truth.recipe import NAME, truth


def main() -> None:
    recipe = truth()
    catalogue.RECIPES[NAME] = lambda: recipe  # type: ignore[index]
    # Partitions are fixed when this is imported.
    from orchestration.cli import main as materia

    materia()


if __name__ == "__main__":
    main()
