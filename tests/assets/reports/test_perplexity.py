"""reports/perplexity: LAMBADA and held-out text."""

from __future__ import annotations

import json
import math
from typing import Any

import polars as pl
import pytest

from assets.fakes import commit_folder
from assets.reports.perplexity import MAX_TEXT_CHARS, heldout_items, make_perplexity
from tests.assets.reports.conftest import World, benchmark_frame, heldout_frame, parquet

CONFIG = {"max_items": 5, "seed": 11, "heldout_documents": 2}


def test_three_sets_are_judged_per_token_word_and_byte(world: World) -> None:
    inputs = (world.base, world.final, world.tokenizer, world.items, world.corpus)
    ws = world.workspace("perplexity", inputs, CONFIG)
    outcome = make_perplexity(ws)
    report = json.loads((ws.out_dir / "report.json").read_text())
    results = [json.loads(x) for x in (ws.out_dir / "items.jsonl").read_text().splitlines()]
    base = {s["benchmark"]: s for s in report["scores"] if s["model"] == "base"}
    assert {name: s["n"] for name, s in base.items()} == {
        "lambada": 5,
        "wikipedia_heldout": 2,
        "pubmed_heldout": 2,
    }
    wiki = [r for r in results if r["benchmark"] == "wikipedia_heldout" and r["model"] == "base"]
    nats = sum(r["nll"] for r in wiki)
    metrics = base["wikipedia_heldout"]["metrics"]
    assert metrics["perplexity"]["value"] == pytest.approx(
        math.exp(nats / sum(r["num_tokens"] for r in wiki))
    )
    assert metrics["bits_per_byte"]["value"] == pytest.approx(
        nats / math.log(2) / sum(r["num_bytes"] for r in wiki)
    )
    assert "bits per byte" in (ws.out_dir / "report.md").read_text()
    assert outcome.pictures == ("perplexity.png",)


def test_a_set_without_text_is_left_out_and_said_so(world: World) -> None:
    frame = heldout_frame().filter(pl.col("source") != "pubmed_1976_1980")
    corpus = commit_folder(
        world.lake, "mixtures/decontaminated", {"heldout.parquet": parquet(frame)}, v=2
    )
    inputs = (world.base, world.tokenizer, world.items, corpus)
    ws = world.workspace("perplexity", inputs, CONFIG)
    assert make_perplexity(ws).counts["benchmarks"] == 2
    assert "No held-out text for: Held-out PubMed" in (ws.out_dir / "report.md").read_text()


def test_nothing_to_judge_on_is_an_error(world: World) -> None:
    items = benchmark_frame().filter(pl.col("benchmark") != "lambada")
    code = heldout_frame().filter(pl.col("domain") == "code")
    commits: list[tuple[str, dict[str, Any]]] = [
        ("corpora/benchmarks", {"items.parquet": parquet(items)}),
        ("mixtures/decontaminated", {"heldout.parquet": parquet(code)}),
    ]
    given = [commit_folder(world.lake, node, files, v=3) for node, files in commits]
    ws = world.workspace("perplexity", (world.base, world.tokenizer, *given), CONFIG)
    with pytest.raises(ValueError, match="no LAMBADA items and no held-out document"):
        make_perplexity(ws)


def test_the_sample_of_documents_does_not_depend_on_their_order() -> None:
    frame = heldout_frame()
    first = heldout_items(frame, "pubmed_heldout", "pubmed_", limit=2, seed=5)
    again = heldout_items(frame.reverse(), "pubmed_heldout", "pubmed_", limit=2, seed=5)
    assert first == again
    assert len(first) == 2


def test_a_long_document_is_cut() -> None:
    frame = pl.DataFrame({"doc_id": ["d"], "source": ["pubmed_x"], "text": ["a b " * 20_000]})
    item = heldout_items(frame, "pubmed_heldout", "pubmed_", limit=2, seed=5)[0]
    assert len(item["text"]) == MAX_TEXT_CHARS
