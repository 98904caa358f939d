"""The `materia` command: one sub-command per file in orchestration/commands.

Exit codes: 0 fine, 1 found a problem, 2 bad usage. A user never sees a traceback: what nobody
foresaw goes to a file under the home folder, and its name is printed.
"""

from __future__ import annotations

import sys
import traceback
import warnings
from datetime import UTC, datetime

import typer
from dagster import PreviewWarning

from orchestration.commands.audit import audit
from orchestration.commands.cost import cost
from orchestration.commands.evidence import evidence
from orchestration.commands.fetch import fetch
from orchestration.commands.forget import forget
from orchestration.commands.lineage import lineage
from orchestration.commands.materialize import materialize
from orchestration.commands.passport import passport
from orchestration.commands.plan import plan
from orchestration.commands.promote import promote
from orchestration.commands.report import report
from orchestration.commands.reproduce import reproduce
from orchestration.commands.score import score
from orchestration.commands.stale import stale
from orchestration.commands.sync import rebuild, sync
from orchestration.commands.trace import trace
from orchestration.commands.ui import ui
from orchestration.commands.verify import verify
from orchestration.commands.why import why
from orchestration.errors import FOUND_A_PROBLEM, exit_code_of
from orchestration.settings import Settings

app = typer.Typer(
    name="materia",
    help="Grow a medical language model from raw corpora to an audited release.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)
for command in (
    materialize, fetch, ui, lineage, audit, trace, forget, verify, evidence, passport, why, cost,
    plan, stale, score, report, reproduce, promote, sync, rebuild,
):  # fmt: skip
    app.command()(command)


def main() -> None:
    """Run one command and exit with its code."""
    # Dagster's own Pipes code uses a preview function of Dagster's; users can do nothing about it.
    warnings.filterwarnings("ignore", category=PreviewWarning)
    try:
        app()
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        sys.exit(130)
    except Exception as error:  # the last line of defence; known errors are told apart below
        code = exit_code_of(error)
        if code is None:
            print(f"materia: unexpected {type(error).__name__}: {error}", file=sys.stderr)
            print(f"materia: details are in {_write_log()}", file=sys.stderr)
            sys.exit(FOUND_A_PROBLEM)
        print(f"materia: {error}", file=sys.stderr)
        sys.exit(code)


def _write_log() -> str:
    folder = Settings.from_env().home / "logs"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"error-{datetime.now(UTC):%Y%m%dT%H%M%S}.log"
    path.write_text(traceback.format_exc())
    return str(path)


if __name__ == "__main__":
    main()
