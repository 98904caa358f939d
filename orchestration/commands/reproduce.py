"""`materia reproduce`: make an artifact again from its record, and say whether it is the same."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from assets.lineage.audit import ArtifactGraph
from assets.lineage.find import find_artifact
from assets.lineage.manifest import Manifest
from orchestration.commands.console import JsonOption, console, print_json
from orchestration.errors import FOUND_A_PROBLEM
from orchestration.lake import ObjectLake, open_lake
from orchestration.provenance import gather
from orchestration.reproduce.bench import open_bench
from orchestration.reproduce.circumstances import Other, others
from orchestration.reproduce.compare import Tolerances
from orchestration.reproduce.outcome import Reproduction, Result
from orchestration.reproduce.rebuild import Rebuilder
from orchestration.settings import Settings, prepare_environment

_SHOWN_FILES = 5


def reproduce(
    artifact: Annotated[str, typer.Argument(help="For example 'checkpoints/stage1[tiny]'.")],
    into: Annotated[
        Path | None, typer.Option("--into", help="Rebuild here and keep it; a new folder.")
    ] = None,
    from_corpora: Annotated[
        bool, typer.Option("--from-corpora", help="Rebuild everything behind it as well.")
    ] = False,
    allow_other_code: Annotated[
        bool, typer.Option("--allow-other-code", help="Go on with another program or packages.")
    ] = False,
    tolerance: Annotated[
        float | None, typer.Option(help="Largest relative difference; instead of the table's.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Rebuild from the record in a clean place; compare; name what explains a difference.

    Example: `materia reproduce 'checkpoints/stage1[tiny]'`. Exit code 1: it is not the same.
    """
    settings = Settings.from_env()
    prepare_environment(settings)
    tolerances = _tolerances(tolerance)
    lake = open_lake(settings)
    start = find_artifact(artifact, lake)
    behind = ArtifactGraph.of(lake).ancestors(start)
    wanted = in_order(behind) if from_corpora else [start]
    changed = others(wanted, gather(""))
    if not as_json:
        _show_others(start, changed)
    found = None
    if not changed or allow_other_code:
        found = _rebuild(settings, lake, wanted, behind, tolerances, into)
    if as_json:
        print_json(_view(start, changed, found, into))
    else:
        _show(found, into)
    if found is None or not found.is_equal:
        raise typer.Exit(FOUND_A_PROBLEM)


def in_order(manifests: Sequence[Manifest]) -> list[Manifest]:
    """Return manifests such that none comes before one of its inputs."""
    known = {manifest.fingerprint: manifest for manifest in manifests}
    done: dict[str, Manifest] = {}

    def visit(manifest: Manifest) -> None:
        if manifest.fingerprint in done:
            return
        for record in manifest.inputs:
            if record.fingerprint in known:
                visit(known[record.fingerprint])
        done[manifest.fingerprint] = manifest

    for manifest in manifests:
        visit(manifest)
    return list(done.values())


def _tolerances(given: float | None) -> Tolerances:
    return Tolerances() if given is None else Tolerances(weights=given, losses=given, metrics=given)


def _rebuild(
    settings: Settings,
    lake: ObjectLake,
    wanted: Sequence[Manifest],
    behind: Sequence[Manifest],
    tolerances: Tolerances,
    into: Path | None,
) -> Reproduction:
    with (
        console.status("rebuilding") as status,
        # Names of artifacts hold brackets, which would be taken for markup.
        open_bench(settings, lake, into, lambda text: status.update(Text(text))) as bench,
    ):
        rebuilder = Rebuilder(lake=lake, bench=bench, tolerances=tolerances)
        return rebuilder.reproduce(wanted, behind)


def _view(
    start: Manifest, changed: Sequence[Other], found: Reproduction | None, into: Path | None
) -> dict[str, object]:
    return {
        "artifact": start.key,
        "fingerprint": start.fingerprint,
        "into": str(into) if into else "",
        "circumstances": [dict(vars(each)) for each in changed],
        "rebuilt": found is not None,
        "equal": found is not None and found.is_equal,
        "artifacts": [result.to_dict() for result in found.results] if found else [],
        "damaged": list(found.damaged) if found else [],
    }


def _show_others(start: Manifest, changed: Sequence[Other]) -> None:
    console.print(f"{start.key}@{start.short}", style="bold")
    if not changed:
        console.print("program and packages are those it was made with")
    for each in changed:
        console.print(each.sentence(), style="yellow", soft_wrap=True)


def _show(found: Reproduction | None, into: Path | None) -> None:
    if found is None:
        console.print("Nothing was rebuilt; --allow-other-code goes on.")
        return
    for result in found.results:
        style = "green" if result.is_equal else "red"
        console.print(
            f"{result.key}@{result.fingerprint[:12]}: {result.verdict}", style=style,
            soft_wrap=True,
        )  # fmt: skip
        for line in _details(result):
            console.print(f"  {line}", soft_wrap=True)
    for sentence in found.damaged:
        console.print(f"in the lake, {sentence}", style="red", soft_wrap=True)
    counts: dict[str, int] = {}
    for result in found.results:
        counts[result.verdict] = counts.get(result.verdict, 0) + 1
    told = ", ".join(f"{count} {verdict}" for verdict, count in counts.items())
    console.print(f"together: {told}")
    if into is not None:
        console.print(f"the rebuild lies in {into}", soft_wrap=True)


def _details(result: Result) -> list[str]:
    lines = []
    for each in result.files[:_SHOWN_FILES]:
        if each.tolerance is None:
            what = (
                "drawn from the numbers, does not count" if each.kind == "drawn" else each.verdict
            )
            lines.append(f"{each.path}: {what}{f' ({each.where})' if each.where else ''}")
        elif not each.largest:
            lines.append(f"{each.path}: {each.kind} equal, written otherwise: {each.verdict}")
        else:
            lines.append(
                f"{each.path}: {each.kind} {each.largest:.2g} apart at most, in {each.where} "
                f"(tolerance {each.tolerance:g}): {each.verdict}"
            )
    if len(result.files) > _SHOWN_FILES:
        lines.append(f"and {len(result.files) - _SHOWN_FILES} more files")
    lines += [
        f"explained by {each.field}: {each.before} -> {each.after}" for each in result.explained_by
    ]
    return [*lines, result.reason] if result.reason else lines
