"""Stage plans as people read them: summary, pictures, and the three stages side by side. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from assets.mixtures.pictures import paired_bars, paired_panels, stepped_lines
from assets.mixtures.plan import BANDS

_CLASSES = {"domains": "domain", "languages": "language", "content_types": "content type"}
_BANDS = tuple(f"{n / BANDS:.1f}-{(n + 1) / BANDS:.1f}" for n in range(BANDS))

Plan = Mapping[str, Any]


def draw_stage(plan: Plan, stage: str, out: Callable[[str], Path]) -> tuple[str, ...]:
    """Draw shares by source, by class and by topic, and the difficulty; return the file names."""
    names, planned, achieved = _bars(plan["sources"])
    paired_bars(
        names,
        planned,
        achieved,
        title=f"{stage}: share of tokens by source",
        unit="% of the stage's tokens",
        path=out("shares.png"),
    )
    classes = {f"{stage}: by {word}": _bars(plan[axis]) for axis, word in _CLASSES.items()}
    topics = {f"{stage}: by topic": _bars(plan["topics"])}
    unit = "% of the stage's tokens"
    paired_panels(classes, unit=unit, path=out("classes.png"))
    paired_panels(topics, unit=unit, path=out("topics.png"))
    bands = plan["difficulty_bands"]
    available = sum(entry["available_tokens"] for entry in bands.values())
    lines = {
        "all text": _over_bands(bands, "available_tokens", available),
        "planned": _over_bands(bands, "planned_tokens", plan["planned_tokens"]),
        "achieved": _over_bands(bands, "achieved_tokens", plan["achieved_tokens"]),
    }
    _draw_bands(lines, f"{stage}: difficulty of what is read", out("difficulty.png"))
    return ("shares.png", "classes.png", "topics.png", "difficulty.png")


def draw_curriculum(plans: Mapping[str, Plan], path: Path) -> None:
    """Draw the difficulty of the stages over each other, from their plans by stage name."""
    first = next(iter(plans.values()))["difficulty_bands"]
    available = sum(entry["available_tokens"] for entry in first.values())
    lines = {"all text": _over_bands(first, "available_tokens", available)}
    for stage, plan in plans.items():
        bands = plan["difficulty_bands"]
        lines[stage] = _over_bands(bands, "achieved_tokens", plan["achieved_tokens"])
    _draw_bands(lines, "Difficulty over the stages", path)


def mixture_report(plans: Mapping[str, Plan]) -> str:
    """Return a Markdown table of the stages side by side: planned / achieved, in percent."""
    lines = [
        "| | " + " | ".join(plans) + " |",
        "| --- |" + " ---: |" * len(plans),
        _line("tokens", plans, lambda plan: f"{plan['planned_tokens']:,}"),
        _line("tokens read", plans, lambda plan: f"{plan['achieved_tokens']:,}"),
        _line("unique tokens", plans, lambda plan: f"{plan['unique_tokens']:,}"),
        _line("mean difficulty", plans, lambda plan: f"{plan['mean_difficulty']:.3f}"),
        _line("mean quality percentile", plans, lambda plan: f"{plan['mean_quality_rank']:.3f}"),
        _line("other languages", plans, lambda p: f"{p['multilingual']['achieved_share']:.1%}"),
    ]
    for axis in ("targets", "sources", "domains", "languages", "content_types", "topics"):
        names = sorted({name for plan in plans.values() for name in plan[axis]})
        for name in names:
            label = f"{axis.removesuffix('s').replace('_', ' ')}: {name or '(none)'}"
            lines.append(_line(label, plans, lambda plan, a=axis, n=name: _shares(plan[a].get(n))))  # type: ignore[misc]
    missed = [
        f"- {stage}, {name}: {entry['why']}"
        for stage, plan in plans.items()
        for name, entry in plan["targets"].items()
        if entry["why"]
    ]
    return "\n".join([*lines, *(["", "Missed targets:", "", *missed] if missed else [])])


def stage_summary(plan: Plan) -> str:
    """Return the summary of one stage, in Markdown."""
    lines = [
        f"{plan['achieved_tokens']:,} of {plan['planned_tokens']:,} tokens, "
        f"{plan['unique_tokens']:,} of them unique; at most {plan['max_repeats']} readings of a "
        f"document (cap {plan['repeats_cap']}). Mean difficulty percentile "
        f"{plan['mean_difficulty']:.2f}, quality {plan['mean_quality_rank']:.2f}; "
        f"{plan['multilingual']['achieved_share']:.1%} in other languages.",
        "",
        "| target | planned | achieved | why not |",
        "| --- | ---: | ---: | --- |",
        *(
            f"| {name} | {entry['planned_share']:.1%} | {entry['achieved_share']:.1%} "
            f"| {entry['why']} |"
            for name, entry in plan["targets"].items()
        ),
        "",
        "| source | planned | achieved | unique tokens | readings at most |",
        "| --- | ---: | ---: | ---: | ---: |",
        *(
            f"| {name} | {entry['planned_share']:.1%} | {entry['achieved_share']:.1%} "
            f"| {entry['unique_tokens']:,} | {entry['max_repeats']} |"
            for name, entry in plan["sources"].items()
        ),
    ]
    return "\n".join([*lines, *_remarks(plan)])


def _remarks(plan: Plan) -> list[str]:
    remarks = []
    too_long = plan["too_long"]
    if too_long["documents"]:
        remarks.append(
            f"{too_long['documents']:,} documents ({too_long['tokens']:,} tokens) are longer than "
            f"{too_long['limit_tokens']:,} tokens, the share of one document, and are not read."
        )
    if plan["unclaimed_documents"]:
        remarks.append(
            f"{plan['unclaimed_documents']:,} documents belong to no group that has tokens."
        )
    if plan["unused_topic_weights"]:
        listed = ", ".join(plan["unused_topic_weights"])
        remarks.append(f"No document has these weighted topics: {listed}.")
    if not plan["budget_is_filled"]:
        remarks.append(
            "The text under the caps does not fill the budget: the trainer begins the mixture "
            "again for the rest."
        )
    return [line for remark in remarks for line in ("", remark)]


def _bars(entries: Mapping[str, Plan]) -> tuple[list[str], list[float], list[float]]:
    return (
        [name or "(none)" for name in entries],
        [100 * entry["planned_share"] for entry in entries.values()],
        [100 * entry["achieved_share"] for entry in entries.values()],
    )


def _over_bands(bands: Mapping[str, Plan], what: str, total: int) -> list[float]:
    return [100 * bands[band][what] / max(1, total) if band in bands else 0.0 for band in _BANDS]


def _draw_bands(lines: Mapping[str, list[float]], title: str, path: Path) -> None:
    stepped_lines(
        _BANDS,
        lines,
        title=title,
        axis="difficulty percentile within language and domain, easy to hard",
        unit="% of tokens",
        path=path,
    )


def _line(label: str, plans: Mapping[str, Plan], cell: Callable[[Plan], str]) -> str:
    return f"| {label} | " + " | ".join(cell(plan) for plan in plans.values()) + " |"


def _shares(entry: Plan | None) -> str:
    if entry is None:
        return "-"
    return f"{100 * entry['planned_share']:.1f} / {100 * entry['achieved_share']:.1f}"
