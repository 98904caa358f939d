"""A receipt as a page that people read. Says what receipt.json says, shorter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assets.lineage.forgetting.receipt import Receipt

MAX_OLDER = 50
"""Older artifacts named on the page; receipt.json has them all (our choice)."""


def receipt_page(receipt: Receipt) -> str:
    """Return the page in Markdown."""
    lines = [*_head(receipt), "", "## What was searched", ""]
    lines += [
        "| artifact | digest | for | looked at | found |",
        "| --- | --- | --- | ---: | --- |",
        *[
            f"| {s.artifact} | `{s.digest[:16]}` | {s.kind} | {s.looked_at:,} | "
            f"{_found(s.found, by_design=s.by_design)} |"
            for s in receipt.searches
        ],
    ]
    lines += _section(
        "Controls: the same search for tokens where they do stand",
        [f"{c['artifact']}: {_control(c)}" for c in receipt.controls],
    )
    lines += _section("What was not searched", receipt.not_searched)
    lines += _section(
        "What stays by design",
        [f"{r['artifact']}@{r['fingerprint'][:12]}: {r['told']}" for r in receipt.residual],
    )
    older = [f"{o['artifact']}: {o['told']}" for o in receipt.older[:MAX_OLDER]]
    if len(receipt.older) > MAX_OLDER:
        older.append(f"and {len(receipt.older) - MAX_OLDER} more, in `receipt.json`")
    lines += _section("Older artifacts that still hold them, or learned from them", older)
    return "\n".join(lines) + "\n"


def _head(receipt: Receipt) -> list[str]:
    looked = len({search.artifact for search in receipt.searches})
    verdict = (
        f"**Nothing was found.** Recipe `{receipt.recipe}` as it stands trains on none of the "
        f"{receipt.num_documents:,} documents of {len(receipt.requests)} requests; {looked} "
        "artifacts were searched."
        if receipt.is_clean
        else f"**{len(receipt.problems)} problems were found** in recipe `{receipt.recipe}`."
    )
    lines = ["# Receipt of what was forgotten", "", verdict, ""]
    lines += [f"- {problem}" for problem in receipt.problems]
    lines += [
        "",
        "## Requests",
        "",
        "| request | date | by | documents | mode | near copies | reason |",
        "| --- | --- | --- | ---: | --- | --- | --- |",
        *[
            f"| `{r['request'][:12]}` | {r['date']} | {r['by']} | {r['documents']:,} | {r['mode']} "
            f"| {r['near']} | {_cell(r['reason'])} |"
            for r in receipt.requests
        ],
    ]
    return lines


def _control(control: Mapping[str, Any]) -> str:
    return f"{control['whole']} whole texts found, longest run {control['longest']:,} tokens"


def _section(title: str, lines: list[str]) -> list[str]:
    return ["", f"## {title}", "", *[f"- {line}" for line in lines or ["nothing"]]]


def _found(count: int, *, by_design: bool) -> str:
    if not count:
        return "nothing"
    return f"{count} (by design: mode restart)" if by_design else f"**{count}**"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
