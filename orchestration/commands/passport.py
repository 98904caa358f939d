"""`materia passport`: one release on one page, for people who have only a browser."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Annotated

import typer

from assets.lineage.find import find_artifact
from assets.releases.evidence.pack import release_passport
from assets.releases.evidence.statements import reference
from orchestration.commands.console import JsonOption, console, print_json
from orchestration.commands.evidence import signing_key
from orchestration.lake import open_lake
from orchestration.settings import Settings


def passport(
    release: Annotated[str, typer.Argument(help="For example 'releases/release[tiny]'.")],
    out: Annotated[Path, typer.Option("--out", help="The page; one that is there is replaced.")],
    as_json: JsonOption = False,
) -> None:
    """Write a release's passport: lineage, data, training, scores, cost and proof on one page.

    Example: `materia passport 'releases/release[tiny]' --out passport.html`
    """
    settings = Settings.from_env()
    lake = open_lake(settings)
    manifest = find_artifact(release, lake)
    with console.status("writing the passport"):
        page = release_passport(lake, manifest, signing_key(settings), settings.factors)
        content = page.encode()
        write_whole(out.resolve(), content)
    digest = hashlib.sha256(content).hexdigest()
    if as_json:
        told = {"file": str(out.resolve()), "release": reference(manifest), "sha256": digest}
        print_json({**told, "bytes": len(content)})
        return
    console.print(f"passport of {reference(manifest)} in {out}: {len(content):,} bytes")
    console.print(f"sha256 {digest}, as in the index of its evidence pack", soft_wrap=True)


def write_whole(path: Path, content: bytes) -> None:
    """Write a file that is never seen half written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.write_bytes(content)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
