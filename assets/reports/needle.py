"""reports/needle: a fact hidden at several depths of held-out text of several exact lengths.

A model has found it when greedy decoding gives the code of the fact, digit by digit; the
perplexity of the code says how far it is from that.
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from assets.lineage.workspace import Outcome, Workspace
from assets.reports.haystack import CHANCE, CODE_DIGITS, Encode, build
from assets.reports.judge import Item, Judgement, judge, publish, tokenizer_folder
from assets.reports.pictures import draw_heat_map
from evaluation.spec import BenchmarkSpec
from model.tokenizer import Tokenizer

BENCHMARK = "needle"
TRIALS = 10
"""Needles per length and depth (our choice; the paper does not say)."""

_FILLER_CHARS = 2_000_000
"""Held-out text to cut haystacks from; more would only slow the start."""
_SPEC = BenchmarkSpec(name=BENCHMARK, metric="exact_match", chance=CHANCE, higher_is_better=True)


def make_needle(ws: Workspace) -> Outcome:
    """Judge the models on TRIALS needles per length and depth of the config."""
    heldout = ws.input("mixtures/decontaminated").table("heldout").collect()
    tokenizer = Tokenizer.load(tokenizer_folder(ws))
    config = ws.config
    ws.progress(f"hiding needles in {len(config['lengths'])} lengths of held-out text")
    items = needle_items(
        filler_of(heldout),
        tokenizer.encode,
        lengths=config["lengths"],
        depths=config["depths"],
        seed=config["seed"],
    )
    judgement = judge(ws, items, [_SPEC], seed=config["seed"])
    cells = cells_of(judgement.results)
    ws.out("cells.json").write_text(json.dumps(cells, indent=1, sort_keys=True) + "\n")
    outcome = publish(
        ws,
        judgement,
        title="Needle in a haystack",
        picture="needle.png",
        notes=_notes(judgement, cells),
    )
    heat_maps = [_draw(ws, label, cells) for label in judgement.labels]
    return replace(outcome, pictures=(*heat_maps, *outcome.pictures))


def filler_of(heldout: pl.DataFrame) -> str:
    """Return running text to hide needles in: held-out prose, no code, by doc_id."""
    prose = heldout.filter(pl.col("domain") != "code").sort("doc_id")
    text = "\n\n".join(prose["text"])[:_FILLER_CHARS]
    if not text.strip():
        raise ValueError(
            "no held-out prose to hide needles in: raise heldout_share in the recipe, or add a "
            "source that is not code"
        )
    return text


def needle_items(
    filler: str,
    encode: Encode,
    *,
    lengths: Sequence[int],
    depths: Sequence[float],
    seed: int,
) -> list[Item]:
    """Return TRIALS items per length and depth; each draws from a stream of its own."""
    items = []
    for length in lengths:
        for depth in depths:
            for trial in range(TRIALS):
                name = f"{length:06d}-{depth:.3f}-{trial:02d}"
                hay = build(
                    filler,
                    encode,
                    length=length,
                    depth=depth,
                    generator=random.Random(f"{seed}:{name}"),
                )
                items.append(
                    {
                        "benchmark": BENCHMARK,
                        "item_id": name,
                        "kind": "continuation",
                        "context": hay.context,
                        "target": hay.target,
                        "length": length,
                        "depth": depth,
                        "depth_measured": round(hay.depth, 4),
                        "place": hay.place,
                    }
                )
    return items


def cells_of(results: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return one cell per model, length and depth: share found, and nats per digit token."""
    groups: dict[tuple[str, int, float], list[Mapping[str, Any]]] = {}
    for result in results:
        key = (result["model"], result["length"], result["depth"])
        groups.setdefault(key, []).append(result)
    return [
        {
            "model": model,
            "length": length,
            "depth": depth,
            "n": len(group),
            "found": sum(r["greedy"] for r in group) / len(group),
            "nll_per_token": sum(r["nll"] for r in group) / sum(r["num_tokens"] for r in group),
        }
        for (model, length, depth), group in groups.items()
    ]


def grid_of(
    cells: Sequence[Mapping[str, Any]], label: str
) -> tuple[list[int], list[float], npt.NDArray[np.float64]]:
    """Return lengths, depths and the share found as [depth, length] of one model."""
    found = {(c["length"], c["depth"]): c["found"] for c in cells if c["model"] == label}
    lengths, depths = sorted({x for x, _ in found}), sorted({y for _, y in found})
    return lengths, depths, np.array([[found[x, y] for x in lengths] for y in depths])


def _draw(ws: Workspace, label: str, cells: Sequence[Mapping[str, Any]]) -> str:
    lengths, depths, found = grid_of(cells, label)
    name = f"needle_{label}.png"
    draw_heat_map(
        found,
        rows=[f"{depth:.0%}" for depth in depths],
        columns=[str(length) for length in lengths],
        title=f"{label}: needles found, %",
        path=ws.out(name),
    )
    return name


def _notes(judgement: Judgement, cells: Sequence[Mapping[str, Any]]) -> str:
    parts = [
        f"{TRIALS} needles per length and depth. A needle is found when greedy decoding gives all "
        f"{CODE_DIGITS} digits; a length counts every token of prompt and answer."
    ]
    for label in judgement.labels:
        lengths, depths, found = grid_of(cells, label)
        header = f"| {label}: found, % | " + " | ".join(f"{x} tokens" for x in lengths) + " |"
        rows = [
            f"| depth {depth:.0%} | " + " | ".join(f"{100 * x:.0f}" for x in row) + " |"
            for depth, row in zip(depths, found, strict=True)
        ]
        parts.append("\n".join([header, "| --- " * (len(lengths) + 1) + "|", *rows]))
    costs = [_cost_sentence(judgement, label) for label in judgement.labels]
    return "\n\n".join([*parts, "\n".join(costs)])


def _cost_sentence(judgement: Judgement, label: str) -> str:
    score = next(s for s in judgement.report["scores"] if s["model"] == label)
    own = [r["num_tokens"] for r in judgement.results if r["model"] == label]
    ignorant = 10 ** (CODE_DIGITS * len(own) / sum(own))
    return (
        f"- {label}: the code has a perplexity of {score['metrics']['perplexity']['value']:,.3g} "
        f"per token (1 is certain; {ignorant:.2g} is knowing only that digits follow)."
    )
