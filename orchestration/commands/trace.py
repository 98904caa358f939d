"""`materia trace`: where one document went, down to the training steps."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import polars as pl
import typer
from rich.table import Table

from assets.corpora.normalise import normalise, text_hash_of
from assets.lineage.answer import trace_answer
from assets.lineage.find import find_artifact
from assets.lineage.records import quarantined_text
from assets.lineage.trace import Trace
from assets.lineage.trace import trace as trace_document
from assets.ports import Lake
from orchestration.commands.answer import show_answer
from orchestration.commands.console import JsonOption, console, print_json
from orchestration.errors import FOUND_A_PROBLEM
from orchestration.lake import open_lake
from orchestration.settings import Settings


def trace(
    doc: Annotated[str | None, typer.Option("--doc", help="Document id.")] = None,
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
    Or follow a model's answer back to the documents that share its longest runs of words.

    Example: `materia trace --doc 0f3a... --json`. Exit code 1: the document is not known, or the
    answer shares no run.
    """
    if sum(given is not None for given in (doc, text_file, record, answer_file)) != 1:
        raise ValueError(
            "give one of --doc ID, --text-file FILE, --record SOURCE:NAME, --answer-file FILE"
        )
    if (answer_file is None) != (model is None):
        raise ValueError("--answer-file FILE and --model ARTIFACT belong together: give both")
    lake = open_lake(Settings.from_env())
    if answer_file is not None and model is not None:
        _answer(lake, model, answer_file.read_text(encoding="utf-8"), as_json=as_json)
        return
    if doc is not None:
        found = trace_document(lake, doc_id=doc)
    elif record is not None:
        found = trace_document(lake, record=_named(record))
    else:
        assert text_file is not None
        text = text_file.read_text(encoding="utf-8")
        hashes = _hashes(text, title, with_masked=_has_masked(lake))
        found = trace_document(lake, text_hashes=hashes)
        if not found.doc_ids:
            found.add_quarantined(quarantined_text(lake, text))
    if as_json:
        print_json(vars(found))
    else:
        _show(found)
    if not found.decisions:
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


def _answer(lake: Lake, model: str, text: str, *, as_json: bool) -> None:
    found = trace_answer(lake, find_artifact(model, lake), text.strip())
    if as_json:
        print_json(found.to_dict())
    else:
        show_answer(found)
    if not found.spans:
        raise typer.Exit(FOUND_A_PROBLEM)


def _hashes(text: str, title: str, *, with_masked: bool) -> tuple[str, ...]:
    """Return the hashes that a text may have: as prose, as code, and without its identifiers.

    A name in the title is masked wherever the text repeats it, so the title may decide the hash.
    """
    texts = [text]
    if with_masked:
        from assets.corpora.deidentify.mask import deidentify_frame

        forms = [[normalise(part, keep_layout=False)] for part in (title, text)]
        masked = deidentify_frame(pl.DataFrame(forms, schema=["title", "text"])).frame
        texts.append(str(masked["text"].item()))
    hashes = [text_hash_of(each, keep_layout=keep) for each in texts for keep in (False, True)]
    return tuple(dict.fromkeys(hashes))


def _has_masked(lake: Lake) -> bool:
    """Return whether some corpus of the lake was de-identified before its texts had a hash."""
    return any(
        manifest.config["source"].get("deidentify") == "safe_harbor"
        for manifest in lake.manifests("corpora", "raw")
    )


def _show(found: Trace) -> None:
    console.print(f"{found.query}: {found.status}", style="bold")
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
            seen = [
                f"{t['artifact']}: {', '.join(map(str, t['steps'])) or 'packed, not read'}"
                for t in item["training"]
            ]
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
