"""`materia trace`: where one document went, down to the training steps."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from assets.lineage.trace import Trace
from assets.lineage.trace import trace as trace_document
from assets.ports import Lake
from orchestration.commands.console import JsonOption, console, print_json, tell
from orchestration.errors import FOUND_A_PROBLEM
from orchestration.lake import open_lake
from orchestration.settings import Settings


def trace(
    doc: Annotated[str | None, typer.Option("--doc", help="Document id.")] = None,
    text: Annotated[str | None, typer.Option("--text", help="A text, or a part of one.")] = None,
    text_file: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="A file with the text.")
    ] = None,
    title: Annotated[
        str, typer.Option(help="Title of the text, if its source was de-identified with one.")
    ] = "",
    record: Annotated[
        str | None,
        typer.Option(
            metavar="SOURCE:NAME",
            help="A record as its source knows it: by its id, or by its place FILE:OFFSET.",
        ),
    ] = None,
    source: Annotated[str | None, typer.Option(help="Every document of a source.")] = None,
    licence: Annotated[
        str | None, typer.Option(help="Every document under a licence: its SPDX identifier.")
    ] = None,
    answer_file: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="A file with what a model answered."),
    ] = None,
    model: Annotated[
        str | None, typer.Option(help="Who answered: 'releases/release[tiny]', say.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Follow a document: what was decided about it; shards, samples, steps, models, releases.
    A text finds the documents that have it and those like it; a source or a licence, the fates of
    all its documents. Or follow a model's answer back to the documents that share its longest runs
    of words.

    Example: `materia trace --doc 0f3a... --json`. Exit code 1: nothing is known of it, or the
    answer shares no run.
    """
    asked = (doc, text, text_file, record, source, licence, answer_file)
    if sum(given is not None for given in asked) != 1:
        raise ValueError(
            "give one of --doc ID, --text TEXT, --text-file FILE, --record SOURCE:NAME, "
            "--source NAME, --licence SPDX, --answer-file FILE"
        )
    if (answer_file is None) != (model is None):
        raise ValueError("--answer-file FILE and --model ARTIFACT belong together: give both")
    lake = open_lake(Settings.from_env())
    if answer_file is not None and model is not None:
        known = _answer(lake, model, answer_file.read_text(encoding="utf-8"), as_json=as_json)
    elif source is not None or licence is not None:
        known = _origin(lake, source or "", licence or "", as_json=as_json)
    elif doc is not None:
        known = _document(trace_document(lake, doc_id=doc, progress=tell), as_json=as_json)
    elif record is not None:
        found = trace_document(lake, record=_named(record), progress=tell)
        known = _document(found, as_json=as_json)
    else:
        assert text is not None or text_file is not None
        given = text_file.read_text(encoding="utf-8") if text_file else str(text)
        known = _text(lake, given, title, as_json=as_json)
    if not known:
        raise typer.Exit(FOUND_A_PROBLEM)


def _named(record: str) -> tuple[str, str]:
    """Return source and name; raises ValueError when one of them is missing."""
    source, _, name = record.partition(":")
    if not source or not name:
        raise ValueError(
            f"--record {record!r} names no record: write SOURCE:ID or SOURCE:FILE:OFFSET, "
            "'inbox:notes.jsonl:0' say"
        )
    return source, name


def _text(lake: Lake, text: str, title: str, *, as_json: bool) -> bool:
    from assets.lineage.text_query import trace_text

    return _document(trace_text(lake, text, title=title, progress=tell), as_json=as_json)


def _document(found: Trace, *, as_json: bool) -> bool:
    if as_json:
        print_json(vars(found))
    else:
        _show(found)
    return bool(found.decisions or found.matches)


def _origin(lake: Lake, source: str, licence: str, *, as_json: bool) -> bool:
    from assets.lineage.origin import trace_origin
    from orchestration.commands.origin import show_origin

    found = trace_origin(lake, source=source, licence=licence, progress=tell)
    if as_json:
        print_json(vars(found))
    else:
        show_origin(found)
    return found.is_known


def _answer(lake: Lake, model: str, text: str, *, as_json: bool) -> bool:
    from assets.lineage.answer import trace_answer
    from assets.lineage.find import find_artifact
    from orchestration.commands.answer import show_answer

    found = trace_answer(lake, find_artifact(model, lake), text.strip())
    if as_json:
        print_json(found.to_dict())
    else:
        show_answer(found)
    return bool(found.spans)


def _show(found: Trace) -> None:
    console.print(f"{found.query}: {found.status}", style="bold")
    for match in found.matches:
        about = [str(match[key]) for key in ("source", "native_id", "title") if match.get(key)]
        told = f"{match['how']} ({match['similarity']:.2f})"
        console.print(f"  {told} {match['doc_id']}: {' '.join(about)}")
    if found.searched.get("left_out"):
        console.print(f"  {found.searched['left_out']} less similar texts were not looked at")
    for doc_id, fate in found.merged_into.items():
        console.print(f"  merged into {doc_id}: {fate}")
    for decision in found.decisions:
        facts = {k: v for k, v in decision.items() if k not in ("artifact", "fingerprint")}
        told = ", ".join(f"{key} {value}" for key, value in facts.items())
        console.print(f"  {decision['artifact']}: {told}")
    chosen = [f"{item['artifact']} x{item['repeats']}" for item in found.selections]
    if chosen:
        console.print(f"  selected by {', '.join(chosen)}")
    if found.occurrences:
        table = Table(title="Where its tokens lie, and when they were trained on")
        for heading in ("shards", "shard", "sample", "tokens", "copy", "training steps"):
            table.add_column(heading, overflow="fold")
        for item in found.occurrences:
            seen = [_steps(training) for training in item["training"]]
            start, end = item["tokens"]
            table.add_row(
                item["artifact"],
                str(item["shard"]),
                str(item["sample"]),
                f"{start}..{end}",
                str(item["copy"]),
                "\n".join(seen),
            )
        console.print(table)
    for heading in ("checkpoints", "models", "reports", "releases"):
        names = getattr(found, heading)
        if names:
            console.print(f"  {heading}: {', '.join(names)}")
    if found.synthetic_items:
        console.print(f"  questions made from it: {len(found.synthetic_items)}")


def _steps(training: Mapping[str, Any]) -> str:
    """Return the steps that read a sample, and which of them the weights have not learned from."""
    read = ", ".join(map(str, training["steps"])) or "packed, not read"
    told = f"{training['artifact']}: {read}"
    dropped = training["steps_without_update"]
    return f"{told} (no update: {', '.join(map(str, dropped))})" if dropped else told
