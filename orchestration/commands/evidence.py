"""`materia evidence`: write what a release is, whence it comes and who says so into a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from assets.lineage.find import find_artifact
from assets.releases.evidence.pack import VERIFIER, write_pack
from assets.releases.evidence.signing import SigningKey
from orchestration.commands.console import JsonOption, console, print_json
from orchestration.lake import open_lake
from orchestration.settings import Settings


def evidence(
    release: Annotated[str, typer.Argument(help="For example 'releases/release[tiny]'.")],
    out: Annotated[Path, typer.Option("--out", help="A folder that does not exist yet.")],
    no_files: Annotated[
        bool, typer.Option("--no-files", help="Only the hashes of the release's files.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Write a release's evidence pack: manifests down to the corpora, signatures, documents.

    Example: `materia evidence 'releases/release[tiny]' --out evidence-tiny`
    """
    settings = Settings.from_env()
    lake = open_lake(settings)
    manifest = find_artifact(release, lake)
    with console.status("writing evidence") as status:
        pack = write_pack(
            lake,
            manifest,
            out.resolve(),
            signing_key(settings),
            with_files=not no_files,
            factors=settings.factors,
            progress=status.update,
        )
    if as_json:
        print_json({**vars(pack), "folder": str(pack.folder)})
        return
    console.print(
        f"{pack.release}, release {pack.sequence} of its recipe: {pack.artifacts} artifacts, "
        f"{pack.files} files in {pack.folder}",
        soft_wrap=True,
    )
    console.print(f"signed with key {pack.signer}: publish this number apart from the pack")
    for name in pack.discloses:
        console.print(f"before you publish: its manifests name the files of {name}", soft_wrap=True)
    console.print(f"to verify: python -I {out / VERIFIER} --trust {pack.signer}", soft_wrap=True)


def signing_key(settings: Settings) -> SigningKey:
    """Return the installation's key; its own is made at first use, a named one must exist."""
    if settings.signing_key is None:
        own = settings.home / "keys" / "release.pem"
        return SigningKey.load(own) if own.is_file() else SigningKey.create(own)
    if not settings.signing_key.is_file():
        raise ValueError(
            f"MATERIA_SIGNING_KEY={str(settings.signing_key)!r} is no file: name an Ed25519 "
            "private key in PEM"
        )
    return SigningKey.load(settings.signing_key)
