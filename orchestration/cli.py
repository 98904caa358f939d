"""The `materia` command: one sub-command per file in orchestration/commands.

Exit codes: 0 fine, 1 found a problem, 2 bad usage. A user never sees a traceback: what nobody
foresaw goes to a file under the home folder, and its name is printed.
"""

from __future__ import annotations

import sys
import warnings

import typer

from orchestration.command_group import CommandGroup

app = typer.Typer(
    name="materia",
    cls=CommandGroup,
    help="Grow a medical language model from raw corpora to an audited release.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)


@app.callback()
def materia() -> None:
    """Grow a medical language model from raw corpora to an audited release."""


def main() -> None:
    """Run one command and exit with its code."""
    # Dagster's own Pipes code uses a preview function of Dagster's; users can do nothing about it.
    # By its message: importing Dagster's class takes half a second.
    warnings.filterwarnings("ignore", message=".*is currently in preview, and may have breaking")
    try:
        app()
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        sys.exit(130)
    except Exception as error:  # the last line of defence; known errors are told apart below
        sys.exit(_told(error))


def _told(error: Exception) -> int:
    """Say what is wrong; return the exit code."""
    from orchestration.errors import FOUND_A_PROBLEM, exit_code_of

    code = exit_code_of(error)
    if code is None:
        print(f"materia: unexpected {type(error).__name__}: {error}", file=sys.stderr)
        print(f"materia: details are in {_write_log()}", file=sys.stderr)
        return FOUND_A_PROBLEM
    print(f"materia: {error}", file=sys.stderr)
    return code


def _write_log() -> str:
    import traceback
    from datetime import UTC, datetime

    from orchestration.settings import Settings

    folder = Settings.from_env().home / "logs"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"error-{datetime.now(UTC):%Y%m%dT%H%M%S}.log"
    path.write_text(traceback.format_exc())
    return str(path)


if __name__ == "__main__":
    main()
