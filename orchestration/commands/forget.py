"""`materia forget`: what a document has reached, taking it out, and the proof that it is out."""

from __future__ import annotations

import getpass
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import dagster as dg
import typer

from assets.corpora.withdrawal_lists import read_list
from assets.lineage.forgetting.plan import ForgetPlan, plan_forgetting
from assets.lineage.forgetting.receipting import make_receipt
from assets.lineage.forgetting.request import Asked
from assets.lineage.forgetting.restart import standing_recipes
from assets.lineage.forgetting.selection import select_documents, wanted_rows
from assets.lineage.manifest import Manifest
from assets.recipes.catalogue import recipe as recipe_named
from assets.recipes.resolve import resolve_graph
from orchestration.commands.console import JsonOption, console, print_json
from orchestration.commands.evidence import signing_key
from orchestration.commands.forget_tables import show_plan, show_receipt
from orchestration.commands.making import Plan, run_plan
from orchestration.compute.open import open_compute
from orchestration.dagster_instance import prepare_instance
from orchestration.dagster_rebuild import report_artifact
from orchestration.errors import FOUND_A_PROBLEM
from orchestration.forgetting import commit_receipt, commit_request
from orchestration.lake import ObjectLake, open_lake
from orchestration.mlflow_connection import TrackerError
from orchestration.platform import build_platform, open_tracker
from orchestration.provenance import gather
from orchestration.run import IMPLICIT_JOB
from orchestration.settings import Settings, prepare_environment
from orchestration.tracker_sync import request_taint

_UNSAID = "not said: a plan only"


def forget(
    doc: Annotated[
        list[str] | None, typer.Option("--doc", help="Document id; may be repeated.")
    ] = None,
    source: Annotated[
        list[str] | None, typer.Option(help="A whole source; may be repeated.")
    ] = None,
    list_file: Annotated[
        Path | None,
        typer.Option(
            "--list", exists=True, dir_okay=False, help="A list as of withdrawn documents."
        ),
    ] = None,
    reason: Annotated[str, typer.Option(help="Why; it is kept for ever.")] = "",
    near: Annotated[
        bool, typer.Option("--near/--no-near", help="Near copies too, or only tell of them.")
    ] = True,
    strict: Annotated[
        bool, typer.Option("--strict", help="Make everything again, the tokenizer too.")
    ] = False,
    apply: Annotated[
        bool, typer.Option("--apply", help="Write the tombstones; without it nothing changes.")
    ] = False,
    run: Annotated[
        bool, typer.Option("--run", help="With --apply: also the re-run, and its receipts.")
    ] = False,
    receipt: Annotated[
        bool, typer.Option("--receipt", help="Search what stands now for all that was forgotten.")
    ] = False,
    recipe: Annotated[str | None, typer.Option(help="With --receipt: this recipe only.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Plan what forgetting documents means; with --apply do it, with --receipt prove it.

    Example: `materia forget --doc 0f3a... --reason 'request 17' --apply --run`. Exit code 1: a
    receipt found something, or cannot be given yet.
    """
    selects = bool(doc or source or list_file)
    _check_usage(selects, receipt, apply, run, reason, recipe, as_json=as_json)
    settings = Settings.from_env()
    prepare_environment(settings)
    lake = open_lake(settings)
    if receipt:
        _give_receipts(settings, lake, [recipe] if recipe else None, as_json=as_json)
        return
    asked = Asked(
        reason=reason or _UNSAID,
        by=getpass.getuser(),
        date=f"{datetime.now(UTC):%Y-%m-%d}",
        mode="strict" if strict else "restart",
        near="drop" if near else "report",
    )
    with console.status("looking through the lake"):
        plan = _plan(settings, lake, doc or [], source or [], list_file, asked)
    if not apply:
        print_json(plan.to_dict()) if as_json else show_plan(plan)
        return
    made = _apply(settings, lake, plan)
    found = {**plan.to_dict(), "applied": True, "request": made.fingerprint}
    print_json(found) if as_json else _tell_applied(lake, plan, made)
    if run:
        _rerun(settings, plan)
        _give_receipts(settings, lake, [each.recipe for each in plan.restarts], as_json=False)


def _check_usage(
    selects: bool, receipt: bool, apply: bool, run: bool, reason: str, recipe: str | None,
    *, as_json: bool,
) -> None:  # fmt: skip
    if selects == receipt:
        raise ValueError("give documents (--doc, --source, --list), or --receipt")
    if run and not apply:
        raise ValueError("--run goes with --apply: a plan alone changes nothing")
    if run and as_json:
        raise ValueError("--json does not go with --run: ask for `materia forget --receipt --json`")
    if apply and not reason:
        raise ValueError("--apply needs --reason TEXT: the request is kept for ever")
    if recipe is not None and not receipt:
        raise ValueError("--recipe goes with --receipt: a request concerns every recipe")


def _plan(
    settings: Settings,
    lake: ObjectLake,
    docs: list[str],
    sources: list[str],
    list_file: Path | None,
    asked: Asked,
) -> ForgetPlan:
    rows = [{"doc_id": each, "reason": asked.reason, "date": asked.date} for each in docs]
    if list_file is not None:
        listed = read_list(list_file, list_file.name)
        if listed.faults:
            fault = listed.faults[0]
            raise ValueError(
                f"{list_file.name} line {fault['line']}: {fault['reason']} "
                f"({len(listed.faults)} rows not understood): nothing is forgotten by half"
            )
        rows += listed.rows
    for row in rows:
        _check_id(row.get("doc_id", ""))
    compute = open_compute(settings)
    try:
        selected = select_documents(
            lake,
            wanted_rows(rows),
            sources,
            drop_near=asked.near == "drop",
            why=asked.reason,
            compute=compute,
        )
    finally:
        compute.release()
    return plan_forgetting(lake, selected, asked, settings.job_root)


def _check_id(doc_id: str) -> None:
    if doc_id and (len(doc_id) != 32 or set(doc_id) - set("0123456789abcdef")):
        raise ValueError(
            f"{doc_id!r} is no document id: 32 hexadecimal digits, as `materia trace` prints them"
        )


def _apply(settings: Settings, lake: ObjectLake, plan: ForgetPlan) -> Manifest:
    """Commit the request, then tell MLflow and Dagster, which can be told again."""
    made = commit_request(
        lake,
        plan.request,
        key=signing_key(settings),
        now=datetime.now(UTC),
        provenance=gather(""),
    )
    _tell_views(settings, lake, made)
    tracker = open_tracker(settings, lake)
    runs = {manifest.fingerprint: manifest.mlflow_run_id for manifest in lake.manifests()}
    for fingerprint, tags in request_taint(lake, made).items():
        if runs.get(fingerprint):
            tracker.tag_run(runs[fingerprint], tags)
    return made


def _tell_views(settings: Settings, lake: ObjectLake, manifest: Manifest) -> None:
    """Record a new artifact in MLflow and in Dagster; the lake has it whatever becomes of that."""
    tracker = open_tracker(settings, lake)
    run_id = ""
    try:
        run_id = tracker.writer.record(manifest, lake.uri(manifest))
    except TrackerError as error:
        print(f"kept in the lake; MLflow does not know it yet: {error}", file=sys.stderr)
    prepare_instance(settings.dagster_home)
    with dg.DagsterInstance.get() as instance:
        report_artifact(instance, build_platform(settings), manifest, run_id)


def _tell_applied(lake: ObjectLake, plan: ForgetPlan, made: Manifest) -> None:
    console.print(
        f"{made.key}@{made.short}: {made.counts['documents']} documents are tombstones now, signed "
        f"and kept in {lake.uri(made)}",
        soft_wrap=True,
    )
    for restart in plan.restarts:
        if restart.remade:
            console.print(
                f"next: materia materialize --recipe {restart.recipe}   ({len(restart.remade)} "
                f"artifacts are made again, {len(restart.reused)} stay)",
                soft_wrap=True,
            )


def _rerun(settings: Settings, plan: ForgetPlan) -> None:
    """Make again what the request changes; raw corpora are not read anew."""
    jobs: Plan = []
    for restart in plan.restarts:
        for each in restart.remade:
            if each.node.startswith("corpora/documents["):
                partition = each.node.split("[")[1].rstrip("]")
                work = (IMPLICIT_JOB, partition, ("corpora/documents", "mixtures/signatures"))
                jobs += [work] if work not in jobs else []
    jobs += [
        ("train_recipe" if recipe_named(each.recipe).sft else "judge_base", each.recipe, ())
        for each in plan.restarts
        if each.remade
    ]
    jobs.append((IMPLICIT_JOB, "", ("reports/exposure",)))
    run_plan(jobs, settings, {"materia/launched_by": "materia forget"})


def _give_receipts(
    settings: Settings, lake: ObjectLake, recipes: list[str] | None, *, as_json: bool
) -> None:
    names = list(standing_recipes(lake)) if recipes is None else recipes
    if not names:
        raise LookupError(f"no recipe has trained anything in {lake.root}: nothing to search")
    given = []
    for name in names:
        with console.status(f"searching what recipe {name} stands for"):
            receipt = make_receipt(lake, resolve_graph(name, lake))
        now = datetime.now(UTC)
        made = commit_receipt(
            lake, receipt, key=signing_key(settings), now=now, provenance=gather("")
        )
        if made.finished_at == now.isoformat():
            _tell_views(settings, lake, made)
        given.append({**receipt.to_dict(), "artifact": f"{made.key}@{made.short}"})
        if not as_json:
            show_receipt(receipt, made, lake.uri(made))
    if as_json:
        print_json(given)
    if not all(each["is_clean"] for each in given):
        raise typer.Exit(FOUND_A_PROBLEM)
