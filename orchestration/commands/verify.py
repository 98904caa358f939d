"""`materia verify`: recompute every claim of the record and name what does not hold."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import dagster as dg
import typer

from assets.lineage.audit import ArtifactGraph
from assets.lineage.find import find_artifact
from assets.releases.evidence.verify_pack import main as verify_pack
from orchestration.commands.console import JsonOption, console, print_json
from orchestration.dagster_instance import prepare_instance
from orchestration.dagster_views import DagsterViews
from orchestration.errors import FOUND_A_PROBLEM
from orchestration.forgetting import signed_view
from orchestration.lake import open_lake
from orchestration.mlflow_views import check_taint, stray_runs
from orchestration.platform import build_platform, open_tracker
from orchestration.settings import Settings, prepare_environment
from orchestration.tracker_sync import taint_in
from orchestration.verify import Speed, Verification, misplaced
from orchestration.view_checks import dagster_view, mlflow_view
from orchestration.witness import lost_since, read_witness


def verify(
    artifact: Annotated[
        str | None, typer.Argument(help="For example 'releases/release[tiny]', with all behind it.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every artifact of the lake.")] = False,
    pack: Annotated[
        Path | None, typer.Option("--pack", help="An evidence pack instead; asks no lake.")
    ] = None,
    witness: Annotated[
        Path | None,
        typer.Option(
            exists=True, dir_okay=False, help="A list kept elsewhere: all of it must be there."
        ),
    ] = None,
    trust: Annotated[
        str, typer.Option(help="Fingerprint of the key that signed the pack or the witness.")
    ] = "",
    expect: Annotated[str, typer.Option(help="Fingerprint of the release in the pack.")] = "",
    newest: Annotated[
        Path | None, typer.Option(help="The publisher's newest index.dsse.json: no replay.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Recompute hashes and fingerprints, follow the chain, compare with MLflow and Dagster.
    Or check an evidence pack as its own verify.py does, with this installation's program.

    Example: `materia verify --all`. Exit code 1: at least one claim does not hold.
    """
    if sum((artifact is not None, everything, pack is not None)) != 1:
        raise ValueError("give one of an artifact, --all, --pack FOLDER")
    if witness is not None and not (everything and trust):
        raise ValueError(
            "--witness FILE goes with --all, since it names the whole lake, and with --trust and "
            "the number that `materia witness` printed"
        )
    if pack is not None:
        given = [f"--trust={trust}", f"--expect={expect}", *(["--json"] if as_json else [])]
        given += [f"--newest={newest}"] if newest is not None else []
        raise typer.Exit(verify_pack([str(pack), *given]))
    if expect or newest or (trust and witness is None):
        raise ValueError("--expect, --newest belong to --pack FOLDER, --trust to it or --witness")
    seen = read_witness(witness, trust) if witness is not None else None
    settings = Settings.from_env()
    prepare_environment(settings)
    lake, tracker = open_lake(settings), open_tracker(settings)
    graph = ArtifactGraph.of(lake)
    chosen = (
        list(graph.nodes.values())
        if artifact is None
        else graph.ancestors(find_artifact(artifact, lake))
    )
    prepare_instance(settings.dagster_home, settings.dagster_db)
    with (
        console.status(f"verifying {len(chosen)} artifacts"),
        dg.DagsterInstance.get() as instance,
    ):
        views = DagsterViews(instance)
        verification = Verification(lake)
        compared = [
            mlflow_view(tracker, lake),
            dagster_view(views, tracker, build_platform(settings)),
            signed_view(lake),
        ]
        problems = [
            *(lost_since(lake, seen) if seen is not None else ()),
            *misplaced(lake),
            *verification.problems(chosen, compared),
        ]
        if everything:
            problems += [
                *stray_runs(tracker, chosen),
                *check_taint(tracker, chosen, taint_in(lake)),
                *views.strays(chosen),
            ]
    if as_json:
        speed = verification.speed.to_dict()
        print_json({"artifacts": len(chosen), "problems": problems, "speed": speed})
    else:
        for problem in problems:
            console.print(f"x {problem}", style="red")
        console.print(f"{len(chosen)} artifacts verified, {len(problems)} problems")
        console.print(_told(verification.speed))
    if problems:
        raise typer.Exit(FOUND_A_PROBLEM)


def _told(speed: Speed) -> str:
    busy = speed.read_s + speed.hash_s
    share = speed.read_s / busy if busy else 0.0
    return (
        f"{speed.num_bytes / 1e6:,.0f} MB at {speed.bytes_per_s / 1e6:,.0f} MB/s; "
        f"{speed.threads} threads spent {share:.0%} of their time reading and {1 - share:.0%} "
        f"hashing: the {speed.limit} is the limit"
    )
