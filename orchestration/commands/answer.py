"""How `materia trace --answer-file` shows what an answer shares with training documents."""

from __future__ import annotations

from typing import Any

from rich.table import Table

from assets.lineage.answer import AnswerTrace, Span
from orchestration.commands.console import console

_SHOWN_PLACES = 3
_SHOWN_STEPS = 6


def show_answer(found: AnswerTrace) -> None:
    share = found.covered_tokens / found.num_tokens
    console.print(
        f"{found.covered_tokens} of {found.num_tokens} tokens ({share:.0%}) stand in runs that "
        f"documents trained on have too; runs of {found.certain_tokens} are always found",
        style="bold",
    )
    if found.places_left_out:
        console.print(f"  {found.places_left_out} places of common runs were not looked at")
    for name in found.not_indexed:
        console.print(f"  not indexed: {name}")
    if not found.spans:
        return
    table = Table(title="The longest shared runs")
    for heading in ("tokens", "places", "text", "documents", "training steps"):
        table.add_column(heading, overflow="fold")
    for span in found.spans:
        shown = span.places[:_SHOWN_PLACES]
        table.add_row(
            str(span.tokens[1] - span.tokens[0]),
            str(span.num_places),
            span.text,
            "\n".join(_document(place) for place in shown) + _more(span),
            "\n".join(line for place in shown for line in _steps(place)),
        )
    console.print(table)


def _document(place: dict[str, Any]) -> str:
    if "seed_doc_id" in place:
        return f"question made from {place['seed_doc_id'][:12]}"
    about = [str(place[key]) for key in ("source", "native_id") if place.get(key)]
    return " ".join([*about, f"({place['doc_id'][:12]})"])


def _steps(place: dict[str, Any]) -> list[str]:
    lines = []
    for seen in place["training"]:
        shown = ", ".join(map(str, seen["steps"][:_SHOWN_STEPS]))
        more = ", ..." if len(seen["steps"]) > _SHOWN_STEPS else ""
        lines.append(f"{seen['artifact']}: {shown or 'packed, not read'}{more}")
    return lines


def _more(span: Span) -> str:
    left = span.num_places - _SHOWN_PLACES
    return f"\nand {left} more places" if left > 0 else ""
